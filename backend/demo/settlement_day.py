"""S03 in the demonstration: settle, publish, let everybody check, pay, correct and pay again."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from backend.chain.adapter import ContractRefused
from backend.chain.rpc_server import serve
from backend.chain.wallet import address_of
from backend.db.models import RunRow
from backend.demo import plan
from backend.demo.checking import Mismatch, check_all, jobs_of
from backend.demo.correction import Correction, correct_month
from backend.demo.tampering import Refusal, tamper_with_bundles, tamper_with_claims
from backend.demo.unfolding import Month
from backend.services.claiming import claim_all, proven_statements
from backend.services.message_text import render_message
from backend.services.runs import settled_of
from backend.services.settlement_job import Office, settle_run
from backend.services.settlement_messages import messages_of, read_message
from backend.services.settling import RunScope, SettledPeriod, settle_period
from backend.services.verification import CheckResult
from settlement.clock import day_of
from settlement.statement import Period
from settlement.units import format_eur

Progress = Callable[[str], None]


BUNDLES, METERS, MESSAGES = "bundles", "meters", "messages"
"""Folders of the results; what an earlier demonstration left in them is replaced."""


@dataclass(frozen=True, slots=True)
class Closing:
    """The outcome of the settlement.

    Attributes:
        settled: the standing run and incomplete statements.
        run: its stored version.
        checks: what each checker answered to it.
        refusals: what was tampered with, and why it was refused.
        correction: what the correction run changed, None where nothing was missed.
        paid: 1e-4 EUR that arrived at the prosumers.
    """

    settled: SettledPeriod
    run: RunRow
    checks: tuple[CheckResult, ...]
    refusals: tuple[Refusal, ...]
    correction: Correction | None
    paid: int


def close_month(month: Month, out: Path, checker: str, say: Progress) -> Closing:
    """Settle the month and see it through to the last payment.

    Args:
        month: the finished month.
        out: folder for bundles, messages and meter files.
        checker: Python of an environment with the base install.
        say: takes progress.

    Raises:
        Mismatch: a checker did not confirm a statement, an altered input was accepted, or the
            money paid is not the money stated.
    """
    stage = month.stage
    period = Period(month.prepared.first_day, month.prepared.last_day)
    non_working = [day_of(day) for day in month.world.district.non_working_days]
    parties = stage.parties
    office = Office(stage.session, stage.market, stage.ledger, parties.dso, out / BUNDLES, say)
    aggregator = address_of(parties.aggregator)
    say(_timed(month, RunScope(address_of(parties.dso), aggregator, period), non_working))
    run = settle_run(office, aggregator, period, non_working, stage.chain.now_s())
    settled = settled_of(stage.session, run)
    with serve(stage.chain.web3, stage.history) as rpc:
        jobs = jobs_of(month, run, out / BUNDLES, out / METERS, rpc)
        checks = check_all(checker, jobs, settled, say)
        confirmed = [result.job for result in checks if result.status == 0]
        refusals = tamper_with_bundles(confirmed, checker)
    _open_claims(month, settled, run, say)
    refusals += tamper_with_claims(stage, settled)
    for refusal in refusals:
        say(f"{refusal.altered}; refused by {refusal.by}: {refusal.reason}")
    paid = _pay(month, settled, run, say)
    correction = None
    if month.missed is not None:
        run, correction = correct_month(month, office, run, checks, non_working)
        settled = settled_of(stage.session, run)
        with serve(stage.chain.web3, stage.history) as rpc:
            jobs = jobs_of(month, run, out / BUNDLES, out / METERS, rpc)
            checks = check_all(checker, jobs, settled, say)
        stage.chain.advance_to(stage.chain.now_s() + plan.CHALLENGE_WINDOW_S)
        before, paid = paid, _pay(month, settled, run, say)
        say(f"the correction paid {format_eur(paid - before)} EUR more")
    _write_messages(month, run, out / MESSAGES)
    return Closing(settled, run, checks, refusals, correction, paid)


def _timed(month: Month, scope: RunScope, non_working: Sequence[int]) -> str:
    """Settle the month without publishing it, for the time it takes."""
    started = time.monotonic()
    settled = settle_period(month.stage.session, scope, non_working)
    seconds = time.monotonic() - started
    statements = len(settled.agreement_ids)
    return f"{statements} statements are settled in {seconds:.2f} s, without the chain"


def _open_claims(month: Month, settled: SettledPeriod, run: RunRow, say: Progress) -> None:
    """See a claim within the challenge window refused, then wait until the window has passed."""
    stage = month.stage
    early = proven_statements(stage.session, settled)[:1]
    try:
        claim_all(stage.session, stage.ledger, stage.parties.relayer, run, early, say)
    except ContractRefused as refusal:
        say(f"a claim within the challenge window is refused by the ledger: {refusal.name}")
    else:
        raise Mismatch("a claim within the challenge window was paid")
    stage.chain.advance_to(stage.chain.now_s() + plan.CHALLENGE_WINDOW_S)


def _pay(month: Month, settled: SettledPeriod, run: RunRow, say: Progress) -> int:
    """Claim everything and compare each prosumer's balance with its statements."""
    stage = month.stage
    proven = proven_statements(stage.session, settled)
    claim_all(stage.session, stage.ledger, stage.parties.relayer, run, proven, say)
    owed: dict[bytes, int] = {}
    for one in proven:
        prosumer = one.terms.prosumer
        owed[prosumer] = owed.get(prosumer, 0) + one.statement.amount
    for prosumer, amount in owed.items():
        balance = stage.token.balance(prosumer)
        if balance != amount:
            raise Mismatch(f"0x{prosumer.hex()} was paid {balance}, its statements say {amount}")
    return sum(owed.values())


def _write_messages(month: Month, run: RunRow, folder: Path) -> None:
    """Write the message to each party about the standing run, as people read it."""
    folder.mkdir(parents=True, exist_ok=True)
    for row in messages_of(month.stage.session, run):
        path = folder / f"{row.role}-{row.party.hex()[:8]}.txt"
        path.write_text(render_message(read_message(row)))
