"""What the tests of settlement jobs share: settling, correcting, and ending at any step."""

from collections.abc import Callable

import pytest
from sqlalchemy import select

from backend.db.models import MessageRow, RunRow, StatementRow
from backend.services import settlement_job
from backend.services.settlement_job import Office, correct_run, settle_run
from settlement.statement import Period
from tests.backend import parties
from tests.backend.defaults import DEALS, NON_WORKING_DAYS, PERIOD

AGGREGATOR = parties.address("aggregator")
STEPS = 2 * (4 + 1 + len(DEALS))
"""Just before and just after each of four commits, one transaction and one file per bundle."""


class Killed(BaseException):
    """The process ends here."""


def settle(office: Office, period: Period = PERIOD) -> RunRow:
    now_s = office.ledger.contract.chain.now_s()
    return settle_run(office, AGGREGATOR, period, NON_WORKING_DAYS, now_s)


def correct(office: Office) -> RunRow:
    return correct_run(office, AGGREGATOR, PERIOD, NON_WORKING_DAYS)


def left_behind(office: Office) -> tuple[object, ...]:
    """All that a settlement leaves in store and folder, and the runs that the ledger published."""
    session = office.session
    session.rollback()
    session.expire_all()
    runs = [
        (row.version, row.status, row.root, row.sum, row.cause)
        for row in session.scalars(select(RunRow).order_by(RunRow.version))
    ]
    statements = sorted(
        (row.run_id, row.agreement_id, row.amount if row.amount is not None else row.reason)
        for row in session.scalars(select(StatementRow))
    )
    messages = sorted(
        (row.run_id, row.role, row.party) for row in session.scalars(select(MessageRow))
    )
    files = sorted(str(path.relative_to(office.bundles)) for path in office.bundles.rglob("*.json"))
    contract = office.ledger.contract
    bound = contract.chain.web3.eth.contract(address=contract.address, abi=contract._bound().abi)
    published = [one["args"]["version"] for one in bound.events.RunPublished.get_logs(from_block=0)]
    return runs, statements, messages, files, published


def count_steps(office: Office, monkeypatch: pytest.MonkeyPatch, kill_at: int = 0) -> list[int]:
    """Count what cannot be undone, and end the process at the step with a number.

    Each commit, transaction and written file counts twice: just before it and just after it.
    """
    passed: list[int] = []

    def passing() -> None:
        passed.append(len(passed) + 1)
        if passed[-1] == kill_at:
            raise Killed

    def around(owner: object, name: str) -> None:
        real = getattr(owner, name)

        def step(*given: object, **named: object) -> object:
            passing()
            result = real(*given, **named)
            passing()
            return result

        monkeypatch.setattr(owner, name, step)

    around(office.session, "commit")
    around(settlement_job, "publish_run")
    around(settlement_job.os, "replace")
    return passed


def kill(office: Office, kill_at: int, act: Callable[[Office], RunRow]) -> None:
    """Let a settlement or a correction end at a step; what was not committed is gone."""
    with pytest.MonkeyPatch.context() as patch:
        count_steps(office, patch, kill_at)
        with pytest.raises(Killed):
            act(office)
    office.session.rollback()
    office.session.expire_all()
