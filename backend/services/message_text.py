"""A settlement message as people read it."""

from backend.services.settlement_messages import DSO, PROSUMER, Document
from settlement.units import format_eur

_W_MINUTES_PER_KWH = 60_000


def render_message(message: Document) -> str:
    """Write a settlement message as text; energy in kWh, money in EUR.

    Args:
        message: the document, as `read_message` returns it.
    """
    run, minutes = message["run"], message["isp_minutes"]
    recipient = message["recipient"]
    lines = [
        f"Settlement {run['first_day']} to {run['last_day']}, version {run['version']}",
        f"To the {recipient['role']} {recipient['address']}",
        f"Reason: {run['cause']}",
        f"Run 0x{run['root'][2:]} in block {run['block']}, {format_eur(run['sum'])} EUR in all",
        "",
        *_sums("This period", message["totals"], minutes),
        "",
        *_sums(f"Since the first of {message['month']['month']}", message["month"], minutes),
        "",
    ]
    for point in message.get("congestion_points", ()):
        lines += _point(point, minutes, detailed=recipient["role"] == DSO)
    for agreement in message["agreements"]:
        lines += _agreement(agreement, minutes, detailed=recipient["role"] == PROSUMER)
    return "\n".join(lines) + "\n"


def _kwh(w_isps: int, minutes: int) -> str:
    return f"{w_isps * minutes / _W_MINUTES_PER_KWH:,.2f} kWh"


def _sums(heading: str, sums: Document, minutes: int) -> list[str]:
    found = [f"{heading}: {sums['statements']} statements, {sums['incomplete']} wait for data"]
    for name in ("ordered", "delivered", "deficiency", "deviation"):
        found.append(f"  {name:10} {_kwh(sums[f'{name}_w_isps'], minutes):>16}")
    for name in ("capacity", "volume", "penalty", "amount"):
        found.append(f"  {name:10} {format_eur(sums[name]):>12} EUR")
    return found


def _point(point: Document, minutes: int, *, detailed: bool) -> list[str]:
    forecast = point["forecast"]
    found = [
        f"{point['congestion_point']}: {_kwh(point['ordered_w_isps'], minutes)} procured, "
        f"{format_eur(point['price'])} EUR if delivered in full",
        f"  load less forecast and orders: {_kwh(forecast['deviation_w_isps'], minutes)} in sum, "
        f"{_kwh(forecast['absolute_deviation_w_isps'], minutes)} as magnitudes, over "
        f"{forecast['compared_isps']} ISPs; {forecast['unknown_isps']} ISPs unknown",
    ]
    for one in point["procured"] if detailed else ():
        found.append(
            f"  {one['start_utc']}  {one['ordered_w']:>9,} W  {format_eur(one['volume_rate'])} "
            f"EUR/MWh  {format_eur(one['price'])} EUR"
        )
    return [*found, ""]


def _agreement(agreement: Document, minutes: int, *, detailed: bool) -> list[str]:
    name = f"{agreement['site_id']}, agreement {agreement['agreement_id'][:10]}"
    if agreement["incomplete"]:
        return [f"{name}: waits for data: {agreement['incomplete']}"]
    found = f"{name}: {format_eur(agreement['amount'])} EUR"
    if agreement["previous_amount"] is not None:
        found += f" (before: {format_eur(agreement['previous_amount'])} EUR)"
    if not detailed:
        return [found]
    return [
        found,
        f"  capacity {format_eur(agreement['capacity'])} EUR",
        *(
            f"  {line['start_utc']}  {line['isps']} ISPs of {line['ordered_w']:,} W: delivered "
            f"{_kwh(line['delivered_w_isps'], minutes)}, missing "
            f"{_kwh(line['deficiency_w_isps'], minutes)}, deviation "
            f"{_kwh(line['deviation_w_isps'], minutes)}; {format_eur(line['volume'])} EUR, "
            f"penalty {format_eur(line['penalty'])} EUR"
            for line in agreement["lines"]
        ),
        f"  penalty after the cap {format_eur(agreement['penalty'])} EUR",
    ]
