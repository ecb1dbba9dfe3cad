"""S03 in the demonstration: settle, publish, hand out bundles, let everybody check, pay."""

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from backend.chain.adapter import ContractRefused
from backend.chain.rpc_server import serve
from backend.chain.wallet import address_of
from backend.db.models import AgreementRow, RunRow
from backend.demo import plan
from backend.demo.month import Month
from backend.demo.preparation import metering_point
from backend.demo.tampering import Refusal, tamper_with_bundles, tamper_with_claims
from backend.services.claiming import claim_all, proven_statements
from backend.services.records import recorded_agreements
from backend.services.runs import settled_of
from backend.services.settlement_job import Office, bundle_path, settle_run
from backend.services.settling import SettledPeriod
from backend.services.verification import CheckJob, CheckResult, run_checkers
from settlement.clock import day_of
from settlement.statement import Period

Progress = Callable[[str], None]


BUNDLES, METERS = "bundles", "meters"
"""Folders of the results; what an earlier demonstration left in them is replaced."""


class Mismatch(Exception):
    """Two parties disagree on what both can compute."""


@dataclass(frozen=True, slots=True)
class Closing:
    """The outcome of the settlement.

    Attributes:
        settled: the run and incomplete statements.
        run: the stored run.
        checks: what each checker answered.
        refusals: what was tampered with, and why it was refused.
        paid: 1e-4 EUR that arrived at the prosumers.
    """

    settled: SettledPeriod
    run: RunRow
    checks: tuple[CheckResult, ...]
    refusals: tuple[Refusal, ...]
    paid: int


def close_month(month: Month, out: Path, checker: str, say: Progress) -> Closing:
    """Settle the month and see it through to the last payment.

    Args:
        month: the finished month.
        out: folder for bundles and meter files.
        checker: Python of an environment with the base install.
        say: takes progress.

    Raises:
        Mismatch: a checker did not confirm a statement, an altered input was accepted, or the
            money paid is not the money stated.
    """
    stage = month.stage
    period = Period(month.prepared.first_day, month.prepared.last_day)
    non_working = [day_of(day) for day in month.world.district.non_working_days]
    office = Office(
        stage.session, stage.market, stage.ledger, stage.parties.dso, out / BUNDLES, say
    )
    aggregator = address_of(stage.parties.aggregator)
    run = settle_run(office, aggregator, period, non_working, stage.chain.now_s())
    settled = settled_of(stage.session, run)
    total = run.sum / 10_000
    say(f"one root for {len(settled.run.settled)} statements, {total:.2f} EUR locked")
    rows = recorded_agreements(stage.session)
    with serve(stage.chain.web3) as rpc:
        jobs = [_job(month, run, row, out, rpc) for row in rows]
        checks = _check_all(checker, jobs, say)
        refusals = tamper_with_bundles(jobs, checker)
    _open_claims(month, settled, run, say)
    refusals += tamper_with_claims(stage, settled)
    for refusal in refusals:
        say(f"{refusal.altered}; refused by {refusal.by}: {refusal.reason}")
    paid = _pay(month, settled, run, say)
    return Closing(settled, run, checks, refusals, paid)


def _job(month: Month, run: RunRow, row: AgreementRow, out: Path, rpc: str) -> CheckJob:
    """Write the prosumer's own meter file, apart from the bundle that it was handed."""
    bundle = bundle_path(out / BUNDLES, run, row.agreement_id)
    meter = out / METERS / f"{row.site_id}.csv"
    meter.parent.mkdir(parents=True, exist_ok=True)
    if not meter.exists():
        _write_meter(month, row.site_id, meter)
    return CheckJob(f"{row.site_id}-{row.agreement_id.hex()[:8]}", bundle, meter, rpc)


def _write_meter(month: Month, site_id: str, path: Path) -> None:
    """Write what the prosumer's own meter recorded, straight from the simulated meter."""
    world = month.world
    with path.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["metering_point", "start_utc", "power_w"])
        for column, value_w in enumerate(world.sites[site_id].actual_w.tolist()):
            start = datetime.fromtimestamp((world.first_isp + column) * 900, UTC)
            stamp = start.strftime("%Y-%m-%dT%H:%MZ")
            writer.writerow([metering_point(site_id), stamp, value_w])


def _check_all(checker: str, jobs: Sequence[CheckJob], say: Progress) -> tuple[CheckResult, ...]:
    results = []
    for result in run_checkers(checker, jobs):
        results.append(result)
        if result.status != 0:
            raise Mismatch(f"the checker of {result.job.name} answered:\n{result.text}")
        if len(results) % 10 == 0 or len(results) == len(jobs):
            say(f"{len(results)} of {len(jobs)} prosumers' checkers confirm their statements")
    return tuple(results)


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
    stage.session.commit()
    owed: dict[bytes, int] = {}
    for one in proven:
        prosumer = one.terms.prosumer
        owed[prosumer] = owed.get(prosumer, 0) + one.statement.amount
    for prosumer, amount in owed.items():
        balance = stage.token.balance(prosumer)
        if balance != amount:
            raise Mismatch(f"0x{prosumer.hex()} was paid {balance}, its statements say {amount}")
    return sum(owed.values())
