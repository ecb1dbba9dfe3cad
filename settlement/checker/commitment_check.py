"""Whether the meter data and nominations of a bundle are under the committed roots. Rule 0.10."""

from collections.abc import Iterator, Mapping

from settlement.bundle.records import AbsentDay, Bundle, CommittedDay
from settlement.checker.evidence import keys_of
from settlement.clock import date_of
from settlement.commitment import Neighbour
from settlement.identity import agreement_id
from settlement.merkle import EMPTY, Node, Proof, parent, proves
from settlement.meter import day_leaf, leaf_of_hash


def commitment_findings(bundle: Bundle) -> Iterator[str]:
    """Follow every proof of a bundle to the root that it names."""
    keys = keys_of(bundle)
    seen: set[tuple[str | None, int, int]] = set()
    for day in (*bundle.meter_days, *bundle.nominations):
        nomination = day.metering_point is None
        key = agreement_id(bundle.terms) if nomination else keys.get(day.metering_point or "")
        name = "nomination" if nomination else f"meter data of {day.metering_point}"
        utc_date = date_of(day.utc_day)
        place = (day.metering_point, day.utc_day, day.version if nomination else 0)
        if key is None:
            yield f"There is {name}, which is not a metering point of the agreement."
        elif not _is_committed(day, key):
            yield f"The {name} on {utc_date} (UTC) does not lead to the committed root."
        if place in seen:
            yield f"The {name} on {utc_date} (UTC) is there twice."
        seen.add(place)
    for absent in bundle.absent_days:
        yield from _absence_findings(absent, keys, seen)


def _is_committed(day: CommittedDay, key: bytes) -> bool:
    leaf: Node = (day_leaf(key, day.utc_day, day.blob), 0)
    return _leads(leaf, day.proof, day.root)


def _leads(leaf: Node, proof: Proof, root: bytes) -> bool:
    return proves(leaf, proof, (root, 0), len(proof.siblings))


def _absence_findings(
    absent: AbsentDay, keys: Mapping[str, bytes], seen: set[tuple[str | None, int, int]]
) -> Iterator[str]:
    point, utc_date = absent.metering_point, date_of(absent.utc_day)
    if point not in keys:
        yield f"Data of {point} is said to be missing, which is no metering point of the agreement."
    elif (point, absent.utc_day, 0) in seen:
        yield f"The meter data of {point} on {utc_date} (UTC) is there, and is said to be missing."
    elif not _is_absent(absent, keys[point]):
        yield (
            f"It is not shown that meter data of {point} on {utc_date} (UTC) is missing from "
            "the committed data."
        )


def _is_absent(absent: AbsentDay, key: bytes) -> bool:
    """Tell whether two leaves side by side, or one at an end, leave no room for the key."""
    before, after = absent.before, absent.after
    if before is not None and not (before.key < key and _is_leaf(absent, before)):
        return False
    if after is not None and not (key < after.key and _is_leaf(absent, after)):
        return False
    if before is None:
        return after is not None and after.proof.index == 0
    if after is None:
        return _is_last(absent.root, before)
    same_depth = len(before.proof.siblings) == len(after.proof.siblings)
    return same_depth and after.proof.index == before.proof.index + 1


def _is_leaf(absent: AbsentDay, leaf: Neighbour) -> bool:
    node: Node = (leaf_of_hash(leaf.key, absent.utc_day, leaf.blob_hash), 0)
    return _leads(node, leaf.proof, absent.root)


def _is_last(root: bytes, leaf: Neighbour) -> bool:
    """Tell whether nothing but padding can stand to the right of a leaf.

    To the right are whole subtrees of padding: where the way up goes from a left child, the
    sibling must be one.
    """
    padding = EMPTY
    index = leaf.proof.index
    for sibling in leaf.proof.siblings:
        if index & 1 == 0 and sibling != padding:
            return False
        padding = parent(padding, padding)
        index >>= 1
    return True
