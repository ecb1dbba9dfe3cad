"""What a bundle lets one recompute: readings, history and nominations, straight from its blobs."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from settlement.activation import Activation, standing_activations, touched_days
from settlement.baselines.baseline import History
from settlement.bundle.records import Bundle, CommittedDay, Signature, entries_of
from settlement.meter import Readings, decode_blob, meter_key, sum_readings
from settlement.settle import Incomplete, Settled, settle
from settlement.terms import BaselineMethod


@dataclass(frozen=True, slots=True)
class Evidence:
    """The inputs of a settlement as a bundle gives them.

    Attributes:
        standing: the agreement's activations that were not cancelled.
        points: readings per metering point.
        history: their sum, with what baselines leave out.
        nominations: for each activation the nomination in force when it was recorded.
    """

    standing: tuple[Activation, ...]
    points: Mapping[str, Readings]
    history: History
    nominations: Mapping[Activation, Readings]


def keys_of(bundle: Bundle) -> dict[str, bytes]:
    """Return the ledger key of each metering point by its name."""
    return {point.name: meter_key(point.name, point.salt) for point in bundle.metering_points}


def signatures_of(bundle: Bundle) -> tuple[tuple[str, bytes, Signature], ...]:
    """Return for each party its name, its address and its signature."""
    terms = bundle.terms
    return (
        ("aggregator", terms.aggregator, bundle.aggregator_signature),
        ("prosumer", terms.prosumer, bundle.prosumer_signature),
    )


def nominations_before(bundle: Bundle, utc_day: int, block: int) -> list[CommittedDay]:
    """Return the nominations of a UTC day committed before a block, by their version."""
    earlier = [one for one in bundle.nominations if one.utc_day == utc_day and one.block < block]
    return sorted(earlier, key=lambda one: one.version)


def nomination_in_force(bundle: Bundle, utc_day: int, block: int) -> CommittedDay | None:
    """Return the last nomination of a UTC day committed before a block."""
    earlier = nominations_before(bundle, utc_day, block)
    return earlier[-1] if earlier else None


def recorded_block(bundle: Bundle, activation: Activation) -> int:
    """Return the block that recorded a standing activation.

    One that was cancelled and made again counts by its last record.
    """
    return next(entry.block for entry in reversed(bundle.log) if entry.activation == activation)


def gather(bundle: Bundle) -> Evidence:
    """Read the evidence out of a bundle.

    Raises:
        InputError: an activation log whose cancellations contradict each other.
    """
    terms = bundle.terms
    standing = standing_activations(entries_of(bundle.log))
    sharing = list(standing)
    for other in bundle.overlaps:
        sharing.extend(standing_activations(entries_of(other.log)))
    points = {point.name: _readings(bundle, point.name) for point in bundle.metering_points}
    empty = Readings(terms.isp_minutes, {})
    history = History(
        sum_readings(list(points.values())) if points else empty,
        touched_days(terms, sharing),
        frozenset(isp for one in sharing for isp in one.ordered_isps()),
        frozenset(bundle.non_working_days),
    )
    return Evidence(standing, points, history, _nominations(bundle, standing))


def _readings(bundle: Bundle, name: str) -> Readings:
    isp_minutes = bundle.terms.isp_minutes
    return Readings(
        isp_minutes,
        {
            day.utc_day: decode_blob(day.blob, isp_minutes, "bundle")
            for day in bundle.meter_days
            if day.metering_point == name
        },
    )


def _nominations(bundle: Bundle, standing: tuple[Activation, ...]) -> dict[Activation, Readings]:
    if bundle.terms.baseline_method is not BaselineMethod.NOMINATED:
        return {}
    clock = bundle.terms.clock
    found: dict[Activation, Readings] = {}
    for activation in standing:
        utc_days = {clock.utc_day(isp) for isp in activation.ordered_isps()}
        block = recorded_block(bundle, activation)
        days = {day: nomination_in_force(bundle, day, block) for day in utc_days}
        found[activation] = Readings(
            clock.isp_minutes,
            {
                day: decode_blob(one.blob, clock.isp_minutes, "bundle")
                for day, one in days.items()
                if one is not None
            },
        )
    return found


def recompute(
    bundle: Bundle, evidence: Evidence, readings: Readings | None = None
) -> Settled | Incomplete:
    """Settle the bundle's agreement and period again.

    Args:
        bundle: the bundle.
        evidence: what `gather` read from it.
        readings: readings to use in the place of the committed ones, or None.
    """
    history = evidence.history
    if readings is not None:
        history = replace(history, readings=readings)
    return settle(
        bundle.terms,
        evidence.standing,
        bundle.period,
        history,
        evidence.nominations,
        bundle.end_day,
    )
