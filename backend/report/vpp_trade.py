"""The section about the trade: what was asked for at each gate, offered, ordered and recorded."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from backend.demo.outcome import Outcome, TradeOutcome


@dataclass(frozen=True, slots=True)
class GateRow:
    """A request; `left_out` counts agreements by the number of the reason."""

    trade: TradeOutcome
    left_out: str


@dataclass(frozen=True, slots=True)
class PointTrade:
    """The requests of a congestion point in one direction.

    Attributes:
        title: congestion point and direction.
        rows: a row per gate with a request, in time order.
        offers: how many requests were answered.
        offered_kwh, ordered_kwh, recorded_kwh: sums over all gates.
        activations: recorded on the ledger.
        refused: activations that the ledger refused; others were chosen where any were left.
    """

    title: str
    rows: tuple[GateRow, ...]
    offers: int
    offered_kwh: float
    ordered_kwh: float
    recorded_kwh: float
    activations: int
    refused: int


@dataclass(frozen=True, slots=True)
class TradeView:
    """All requests, and why agreements or offers are missing.

    Attributes:
        points: congestion points and directions with a request.
        reasons: why agreements took no part, with how often, numbered from 1 in this order.
        no_offer: why requests got no offer, with how often, the most frequent first.
    """

    points: tuple[PointTrade, ...]
    reasons: tuple[tuple[str, int], ...]
    no_offer: tuple[tuple[str, int], ...]


def trade_view(outcome: Outcome) -> TradeView:
    """Lay out the trade of a month."""
    counts = Counter[str]()
    for one in outcome.trade:
        counts.update(dict(one.left_out))
    reasons = _by_frequency(counts)
    numbers = {reason: at for at, (reason, _) in enumerate(reasons, 1)}
    places = dict.fromkeys((one.point, one.direction) for one in outcome.trade)
    return TradeView(
        tuple(
            _point(
                f"{point}, {direction}",
                [one for one in outcome.trade if (one.point, one.direction) == (point, direction)],
                numbers,
            )
            for point, direction in sorted(places)
        ),
        reasons,
        _by_frequency(Counter(one.no_offer for one in outcome.trade if one.no_offer)),
    )


def _point(title: str, trades: Sequence[TradeOutcome], numbers: dict[str, int]) -> PointTrade:
    return PointTrade(
        title,
        tuple(GateRow(one, _left_out(one, numbers)) for one in trades),
        sum(one.confidence is not None for one in trades),
        sum(one.offered_kwh for one in trades),
        sum(one.ordered_kwh for one in trades),
        sum(one.recorded_kwh for one in trades),
        sum(one.activations for one in trades),
        sum(one.refused for one in trades),
    )


def _left_out(trade: TradeOutcome, numbers: dict[str, int]) -> str:
    """Write how many agreements were left out for which numbered reason."""
    return ", ".join(f"{count} ({numbers[reason]})" for reason, count in trade.left_out)


def _by_frequency(counts: Counter[str]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(counts.items(), key=lambda one: (-one[1], one[0])))
