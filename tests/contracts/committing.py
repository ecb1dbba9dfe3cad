"""Committed blobs of the agreements in dispute, and the proofs that challenges hand in."""

from collections.abc import Callable, Mapping
from typing import Any

from settlement.commitment import Commitment, CommittedBlob, build_commitment
from settlement.meter import elements_hash, encode_blob, meter_key
from tests.contracts import actors
from tests.contracts.disputing import Case, case
from tests.contracts.world import World

ISPS_PER_DAY = 96
METER_KEYS = sorted(meter_key(name, bytes([7]) * 32) for name in ("heat pump", "roof", "car"))
METERED = case(0, elements=elements_hash(METER_KEYS))
FIRST_ISP = METERED.log[0].first_isp
Change = Callable[[bytes, int, int], int | None]
"""From key, ISP and right W to what is committed; None for missing."""


def _kept(key: bytes, isp: int, watts: int) -> int | None:
    return watts


def share_w(position: int, total_w: int) -> int:
    """What one of the three meters reads, so that they add up to a total."""
    return (total_w // 3, -50, total_w - total_w // 3 + 50)[position]


def _by_day(values: Mapping[int, int | None]) -> dict[int, list[int | None]]:
    days: dict[int, list[int | None]] = {}
    for isp, watts in values.items():
        days.setdefault(isp // ISPS_PER_DAY, [None] * ISPS_PER_DAY)[isp % ISPS_PER_DAY] = watts
    return days


def meter_commitments(change: Change = _kept) -> dict[int, Commitment]:
    """The commitment of each UTC day: three meters, and one of somebody else."""
    blobs: dict[int, list[CommittedBlob]] = {}
    for position, key in enumerate(METER_KEYS):
        values = {
            isp: change(key, isp, share_w(position, pair[1]))
            for isp, pair in METERED.values.items()
        }
        for day, row in _by_day(values).items():
            blobs.setdefault(day, []).append(CommittedBlob(key, day, encode_blob(row)))
    for day, own in blobs.items():
        own.append(CommittedBlob(bytes([255]) * 32, day, encode_blob([1] * ISPS_PER_DAY)))
    return {day: build_commitment(own) for day, own in blobs.items()}


def nominations(about: Case, shift_w: int = 0) -> dict[int, Commitment]:
    """The commitment of each UTC day: the baselines of a case, shifted, and another agreement's."""
    values = {isp: pair[0] + shift_w for isp, pair in about.values.items()}
    other = encode_blob([5] * ISPS_PER_DAY)
    return {
        day: build_commitment(
            [
                CommittedBlob(about.identity, day, encode_blob(row)),
                CommittedBlob(bytes(32), day, other),
            ]
        )
        for day, row in _by_day(dict(values)).items()
    }


def commit(world: World, name: str, commitments: Mapping[int, Commitment]) -> None:
    """Commit the roots of some days, as meter data or as nominations."""
    sender = actors.MDC if name == "commitMeterData" else actors.AGGREGATOR
    for day, one in commitments.items():
        world.chain.send(world.ledger.functions[name](day, [one.root]), sender)


def blob_proof(commitment: Commitment, key: bytes) -> tuple[object, ...]:
    """A blob with its way to the root."""
    index = [one.key for one in commitment.blobs].index(key)
    siblings = [node for node, _ in commitment.tree.proof(index).siblings]
    return commitment.blobs[index].blob, index, siblings


def reading_proof(
    commitments: Mapping[int, Commitment], isp: int = FIRST_ISP, version: int = 0
) -> Any:
    """The committed readings of an ISP."""
    day = commitments[isp // ISPS_PER_DAY]
    return isp, version, METER_KEYS, [blob_proof(day, key) for key in METER_KEYS]


def nomination_proof(
    about: Case, versions: list[dict[int, Commitment]], isp: int = FIRST_ISP
) -> Any:
    """The nominations of an ISP, one for each version."""
    day = isp // ISPS_PER_DAY
    return isp, [blob_proof(one[day], about.identity) for one in versions]
