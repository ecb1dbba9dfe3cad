"""The report of a month: sections laid out by a template."""

from pathlib import Path

from backend.demo.outcome import Outcome
from backend.report import key_figures, plots, sections, vpp_relief, vpp_trade
from backend.report.measures import add_up, month_days
from backend.report.templates import environment

_TEMPLATE = "report.html.jinja"


def write_report(outcome: Outcome, path: Path) -> Path:
    """Write the report of a finished demonstration.

    Args:
        outcome: what happened.
        path: the file to write; its folder is made if missing, an earlier file is replaced.

    Returns:
        The path.

    Raises:
        UnfitOutcome: a load series does not fit the dates of the month.
    """
    text = render(outcome)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def render(outcome: Outcome) -> str:
    """Return the report as one HTML document that refers to nothing outside itself.

    Raises:
        UnfitOutcome: a load series does not fit the dates of the month.
    """
    days = month_days(outcome)
    return (
        environment()
        .get_template(_TEMPLATE)
        .render(
            outcome=outcome,
            days=days,
            tiles=key_figures.tiles(outcome),
            peak_tiles=key_figures.peak_tiles(outcome.points),
            points=[sections.point_view(p, days, at) for at, p in enumerate(outcome.points)],
            trade=vpp_trade.trade_view(outcome),
            reliefs=vpp_relief.relief_views(outcome),
            site_days=sections.site_day_views(outcome.site_days),
            groups=sections.agreement_groups(outcome.statements),
            sums=add_up(outcome.statements),
            money=sections.money_drawing(outcome.statements),
            gas_rows=sections.gas_rows(outcome),
            colors=plots,
            more=sections.MORE,
        )
    )
