"""The figures that the report opens with."""

from dataclasses import dataclass

from backend.demo.outcome import Outcome, PointOutcome
from backend.report.measures import Direction, Sums, add_up, directions, share
from backend.report.wording import counted, eur, kilo, number, percent
from settlement.units import AMOUNT_PER_EUR


@dataclass(frozen=True, slots=True)
class Tile:
    """One key figure: what it is, the figure, its unit and a line below."""

    label: str
    value: str
    unit: str
    note: str


def tiles(outcome: Outcome) -> tuple[Tile, ...]:
    """Return the key figures of the market."""
    sums = add_up(outcome.statements)
    delivered = f"{percent(sums.delivered_share)} of what was ordered"
    confirmed = f"{outcome.checked} of {outcome.agreements}"
    checkers = f"by the prosumer's own checker; {outcome.incomplete} incomplete"
    refused = counted(outcome.refused_offers, "offer") + " refused by owners"
    return (
        Tile("Agreements on the ledger", number(outcome.agreements, 0), "", refused),
        Tile(
            "Activations",
            number(outcome.activations, 0),
            "",
            f"{outcome.overridden} overridden by the owner",
        ),
        Tile("Ordered", number(sums.ordered_kwh), "kWh", f"in {counted(outcome.orders, 'order')}"),
        Tile("Delivered", number(sums.delivered_kwh), "kWh", delivered),
        Tile("Missing", number(sums.missing_kwh), "kWh", f"{eur(sums.penalty)} EUR of penalties"),
        Tile("Paid to prosumers", eur(outcome.paid), "EUR", _price(outcome.paid, sums)),
        Tile("Statements confirmed", confirmed, "", checkers),
        Tile("Forgeries refused", str(len(outcome.refusals)), "", _attempts(outcome)),
    )


def _price(paid: int, sums: Sums) -> str:
    price = share(paid / AMOUNT_PER_EUR, sums.delivered_kwh)
    return "nothing delivered" if price is None else f"{number(price, 2)} EUR per delivered kWh"


def _attempts(outcome: Outcome) -> str:
    # A demonstration ends with an error at the first forgery that passes: what is here was refused.
    attempts = len(outcome.refusals)
    return f"of {counted(attempts, 'attempt')}" if attempts else "none attempted"


def peak_tiles(points: tuple[PointOutcome, ...]) -> tuple[Tile, ...]:
    """Return the peaks before and after, of each direction that exceeds its limit or comes closest.

    Every congestion point has at least one.
    """
    found = []
    for point in points:
        both = directions(point)
        exceeded = [one for one in both if one.exceeded]
        closest = min(both, key=lambda one: one.limit_w - one.peak_before_w)
        for one in exceeded or [closest]:
            arrow = f"{kilo(one.peak_before_w)} \N{RIGHTWARDS ARROW} {kilo(one.peak_after_w)}"
            limit = f"limit {kilo(one.limit_w)} kW, {_exceeded_for(one)}"
            found.append(Tile(f"{point.name} {one.name} peak", arrow, "kW", limit))
    return tuple(found)


def _exceeded_for(direction: Direction) -> str:
    if not direction.exceeded:
        return "never exceeded"
    return f"exceeded for {number(direction.hours_before, 2)} h before, " + (
        f"{number(direction.hours_after, 2)} h after" if direction.hours_after else "never after"
    )
