"""The closing table of the demonstration."""

from backend.demo.outcome import Outcome
from settlement.units import format_eur


def as_table(outcome: Outcome) -> str:
    """Write the figures of a finished demonstration as a table for the terminal."""
    statements = outcome.statements
    rows: list[tuple[str, str]] = [
        ("period", f"{outcome.first_date} to {outcome.last_date}"),
        ("recorded from", f"{outcome.recorded_first_date}, moved {outcome.weeks_moved} weeks"),
        ("sites / assets registered", f"{outcome.sites} / {outcome.assets}"),
        ("agreements recorded", f"{outcome.agreements}, offers refused {outcome.refused_offers}"),
        ("activations", f"{outcome.activations}, {outcome.overridden} overridden by the owner"),
        ("requests / orders", f"{len(outcome.trade)} / {outcome.orders}"),
        ("ordered", f"{sum(one.ordered_kwh for one in statements):.1f} kWh"),
        ("delivered", f"{sum(one.delivered_kwh for one in statements):.1f} kWh"),
        ("missing", f"{sum(one.missing_kwh for one in statements):.1f} kWh"),
        ("capacity pay", f"{format_eur(sum(one.capacity for one in statements))} EUR"),
        ("volume pay", f"{format_eur(sum(one.volume for one in statements))} EUR"),
        ("penalties", f"{format_eur(sum(one.penalty for one in statements))} EUR"),
        ("paid to prosumers", f"{format_eur(outcome.paid)} EUR"),
        ("statements confirmed", f"{outcome.checked} checkers, {outcome.incomplete} incomplete"),
        ("correction", _correction(outcome)),
        ("forgeries refused", f"{len(outcome.refusals)} of {len(outcome.refusals)}"),
    ]
    for point in outcome.points:
        before, after = point.excess_kwh(point.before_w), point.excess_kwh(point.after_w)
        rows += [
            (f"{point.name} import peak", _change(point.before_w.max(), point.after_w.max(), "W")),
            (
                f"{point.name} export peak",
                _change(-point.before_w.min(), -point.after_w.min(), "W"),
            ),
            (f"{point.name} above import limit", _change(before[0], after[0], "kWh")),
            (f"{point.name} above export limit", _change(before[1], after[1], "kWh")),
        ]
    for found in outcome.overloads:
        name = f"{found.name} {found.direction} overloads relieved"
        rows.append((name, f"{found.relieved} of {found.relievable} quarter hours that can be"))
    total_gas, count = sum(outcome.gas_used.values()), sum(outcome.transactions.values())
    rows.append(("gas used", f"{total_gas:,} in {count} transactions"))
    rows.append(("time", f"{outcome.seconds:.0f} s"))
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"{name.ljust(width)}  {value}" for name, value in rows) + "\n"


def _correction(outcome: Outcome) -> str:
    found = outcome.correction
    if found is None:
        return "none, nothing was missed"
    last = found.history[-1]
    assert last.amount is not None, "the correction completed the statement"
    return (
        f"{found.site_id} lacked a reading of {found.missed}; run version {last.version} "
        f"adds {format_eur(last.amount)} EUR"
    )


def _change(before: float, after: float, unit: str) -> str:
    digits = 0 if unit == "W" else 1
    return f"{before:,.{digits}f} -> {after:,.{digits}f} {unit}"
