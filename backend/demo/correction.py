"""The correction in the demonstration: a reading comes late, and one more statement is paid."""

from collections.abc import Sequence
from dataclasses import dataclass

from backend.chain.wallet import address_of
from backend.db.models import RunRow
from backend.demo import plan
from backend.demo.checking import COMPLETE_BY_OWN_METER
from backend.demo.preparation import metering_point
from backend.demo.unfolding import Month
from backend.services.history import StatementVersion, history_of
from backend.services.metering import commit_new_days, take_in_day
from backend.services.runs import scope_of, settled_of
from backend.services.settlement_job import Office, correct_run
from backend.services.verification import CheckResult


@dataclass(frozen=True, slots=True)
class Correction:
    """What a correction run was about.

    Attributes:
        site_id: where a reading was missing.
        agreement: name of the template.
        missed: local start of the quarter hour without a reading.
        finding: what the prosumer's own checker said before.
        history: the versions of the statement, the first one incomplete.
        unchanged: statements that the correction repeats as they were.
    """

    site_id: str
    agreement: str
    missed: str
    finding: str
    history: tuple[StatementVersion, ...]
    unchanged: int


def correct_month(
    month: Month,
    office: Office,
    run: RunRow,
    checks: Sequence[CheckResult],
    non_working: Sequence[int],
) -> tuple[RunRow, Correction]:
    """Let the missed reading arrive, commit its day again, and have the run corrected.

    Args:
        month: the month, with a missed reading.
        office: the DSO's.
        run: what is corrected.
        checks: what the checkers said about it.
        non_working: the published list.

    Returns:
        The standing version of the run, and what it was about.
    """
    stage, missed = month.stage, month.missed
    assert missed is not None, "there is something to correct"
    (waiting,) = settled_of(stage.session, run).incomplete
    (agreed,) = (
        one.agreed
        for one in month.ordered
        if one.agreed.site_id == missed.site_id and missed.isp in one.activation.ordered_isps()
    )
    utc_day, position = divmod(missed.isp, plan.ISPS_PER_UTC_DAY)
    late: list[int | None] = [None] * plan.ISPS_PER_UTC_DAY
    late[position] = month.world.utc_day_values(missed.site_id, utc_day)[position]
    mdc = address_of(stage.parties.mdc)
    take_in_day(stage.session, mdc, utc_day, {metering_point(missed.site_id): late})
    commit_new_days(stage.session, stage.ledger, stage.parties.mdc)
    office.say(f"the reading of {missed.site_id} at {plan.CLOCK.describe(missed.isp)} arrives late")
    scope = scope_of(run)
    corrected = correct_run(office, scope.aggregator, scope.period, non_working)
    return corrected, Correction(
        missed.site_id,
        agreed.template.name,
        plan.CLOCK.describe(missed.isp),
        _finding(checks, waiting.agreement_id),
        history_of(stage.session, waiting.agreement_id, scope.period),
        len(settled_of(stage.session, run).run.settled),
    )


def _finding(checks: Sequence[CheckResult], agreement_id: bytes) -> str:
    (text,) = (one.text for one in checks if one.job.bundle.stem == agreement_id.hex())
    (found,) = {line.strip() for line in text.splitlines() if COMPLETE_BY_OWN_METER in line}
    return found
