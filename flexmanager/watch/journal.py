"""The journal of an event: what was found, what was done about it, and what it changed."""

from collections import Counter
from collections.abc import Sequence

from flexmanager.watch.outlook import Outlook
from flexmanager.watch.repairing import Repair
from flexmanager.watch.watching import Watched
from settlement.units import AMOUNT_PER_EUR

W_PER_KW, MINUTES_PER_HOUR = 1_000, 60


def journal(watched: Sequence[Watched]) -> tuple[str, ...]:
    """Write the journal, a line per finding or step, each with the local time of its ISP.

    A finding is written when it is new; as long as it lasts it is only counted.

    Args:
        watched: the ISPs of one event, in time order.
    """
    lines: list[str] = []
    before: set[tuple[bytes, str]] = set()
    for one in watched:
        here = {(found.agreement_id, str(found.cause)) for found in one.findings}
        at = one.repair.before.event.clock.describe(one.isp)
        news = [
            f"{found.name}: {found.cause}; {found.text}"
            for found in one.findings
            if (found.agreement_id, str(found.cause)) not in before
        ]
        lasting = Counter(cause for _, cause in sorted(here & before))
        if lasting:
            counts = ", ".join(f"{count} x {cause}" for cause, count in sorted(lasting.items()))
            news.append(f"as before: {counts}")
        if here - before or one.repair.added:
            news += _steps(one.repair)
        lines += [f"{at}  {text}" for text in news]
        before = here
    return tuple(lines)


def standing_of(now: Outlook) -> str:
    """Say how an event stands, such as "97.5 % of the order, 1.2 kWh missing, penalty 0.29 EUR"."""
    hours = now.event.clock.isp_minutes / MINUTES_PER_HOUR
    missing_kwh = now.delivery.deficiency_w_sum * hours / W_PER_KW
    unknown_kwh = abs(int(now.unknown_w.sum())) * hours / W_PER_KW
    text = (
        f"{100 * now.delivered_share:.1f} % of the order, {missing_kwh:,.1f} kWh missing, "
        f"penalty {now.penalty / AMOUNT_PER_EUR:,.2f} EUR"
    )
    if unknown_kwh:
        text += f"; {unknown_kwh:,.1f} kWh of it nobody knows yet"
    return text


def _steps(done: Repair) -> list[str]:
    """Tell the outlook, and the repair or why there is none."""
    told = [f"expected without a repair: {standing_of(done.before)}"]
    if done.added:
        clock = done.before.event.clock
        first = min(one.activation.first_isp for one in done.added)
        agreements = len({one.agreement_id for one in done.added})
        told.append(
            f"repair: {len(done.added)} activations of {agreements} other agreements from "
            f"{clock.describe(first)[-5:]} on, {done.cost / AMOUNT_PER_EUR:,.2f} EUR if delivered"
        )
        told.append(f"expected with it: {standing_of(done.after)}")
    elif done.before.missing_w[done.before.next_isp - done.before.event.first_isp :].any():
        told.append("no repair: no other agreement is open in time")
    else:
        told.append("no repair: nothing will be missing from here on")
    return told
