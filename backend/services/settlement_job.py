"""Periodic settlement as a job: compute, publish, tell every party, write every bundle.

Each step ends with a commit of the store, and what the ledger already has is taken over. So a job
that was killed anywhere goes on where it was, and one that is finished does nothing again.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.orm import Session

from backend.chain.ledger import Ledger, PublishedRun
from backend.chain.market import Market
from backend.chain.wallet import Wallet, address_of
from backend.db.models import RunRow
from backend.services.bundling import Bundler
from backend.services.records import agreement_of
from backend.services.runs import (
    COMPUTED,
    DELIVERED,
    PUBLISHED,
    TOLD,
    check_period,
    count_complete,
    describe_period,
    non_working_days_of,
    recommitted_days,
    scope_of,
    settled_of,
    standing_run,
    store_run,
    versions_of,
)
from backend.services.settlement_messages import store_messages
from backend.services.settling import RunScope, SettledPeriod, settle_period
from settlement.bundle.writer import write_bundle
from settlement.clock import date_text
from settlement.errors import InputError
from settlement.rule_set import rule_set_1
from settlement.statement import Period

FIRST = "the period is over"
_EVERY = 10


@dataclass(frozen=True, slots=True)
class Office:
    """What a DSO's settlement works with; `bundles` is a folder, `say` takes lines of progress."""

    session: Session
    market: Market
    ledger: Ledger
    dso: Wallet
    bundles: Path
    say: Callable[[str], None]


def settle_run(
    office: Office,
    aggregator: bytes,
    period: Period,
    non_working_days: Sequence[int],
    now_s: int,
) -> RunRow:
    """Settle a period of an aggregator, or go on with it; a finished one is left as it is.

    Args:
        office: the DSO's.
        aggregator: address of the aggregator.
        period: local days, inclusive, at most a month.
        non_working_days: the published list; a run that was computed keeps the one it has.
        now_s: UTC second of the call.

    Returns:
        The standing version of the run.

    Raises:
        InputError: a period that cannot be settled, or another run of it on the ledger.
        ContractRefused: the ledger refused the run, such as for lack of escrow.
    """
    scope = RunScope(address_of(office.dso), aggregator, period)
    versions = versions_of(office.session, scope)
    if not versions:
        check_period(office.session, scope, now_s)
        return _carry_on(office, _compute(office, scope, 1, FIRST, non_working_days))
    run = versions[-1]
    if run.status == DELIVERED:
        office.say(f"{_name(run)} was published in block {run.block}: nothing to do")
        return run
    office.say(f"{_name(run)} is {run.status}: going on from there")
    return _carry_on(office, run)


def correct_run(
    office: Office,
    aggregator: bytes,
    period: Period,
    non_working_days: Sequence[int],
    reason: str = "",
) -> RunRow:
    """Correct the run of a period if what is committed now settles it otherwise.

    A correction holds every complete statement of the period again and supersedes the run before.

    Args:
        office: the DSO's.
        aggregator: address of the aggregator.
        period: that of a run.
        non_working_days: the published list.
        reason: added to the days whose meter data was committed again.

    Returns:
        The standing version of the run: the one before where nothing has changed.

    Raises:
        InputError: the period has no run, or the ledger has another one.
        ContractRefused: the ledger refused the correction.
    """
    scope = RunScope(address_of(office.dso), aggregator, period)
    run = standing_run(office.session, scope)
    if run.status != DELIVERED:
        office.say(f"{_name(run)} is {run.status}: going on from there")
        run = _carry_on(office, run)
    settled = settle_period(office.session, scope, non_working_days)
    if settled.run.tree.root == (run.root, run.sum):
        office.say(f"{_name(run)} stands: what is committed now gives the same root")
        return run
    cause = _cause(office, run, non_working_days, reason)
    run = _compute(office, scope, run.version + 1, cause, non_working_days)
    return _carry_on(office, run)


def _cause(office: Office, run: RunRow, non_working_days: Sequence[int], reason: str) -> str:
    days = recommitted_days(office.session, run)
    found = [reason] if reason else []
    if days:
        found.append("meter data committed for " + ", ".join(date_text(day) for day in days))
    if tuple(sorted(non_working_days)) != non_working_days_of(run):
        found.append("another list of non-working days")
    return "; ".join(found)


def _name(run: RunRow) -> str:
    return f"run {describe_period(scope_of(run).period)}, version {run.version},"


def _compute(
    office: Office, scope: RunScope, version: int, cause: str, non_working_days: Sequence[int]
) -> RunRow:
    data_block = office.ledger.contract.chain.block_number() + 1
    settled = settle_period(office.session, scope, non_working_days, data_block)
    run = store_run(office.session, settled, version, cause, non_working_days, data_block)
    office.session.commit()
    office.say(
        f"{_name(run)} is computed: {len(settled.run.settled)} statements, "
        f"{len(settled.incomplete)} incomplete"
    )
    return run


def _carry_on(office: Office, run: RunRow) -> RunRow:
    """Take the steps that are left of a run."""
    if run.status == COMPUTED:
        run = _publish(office, run)
    settled = settled_of(office.session, run)
    if run.status == PUBLISHED:
        store_messages(office.session, run, settled)
        run.status = TOLD
        office.session.commit()
        office.say("a message to every party is stored")
    if run.status == TOLD:
        _write_bundles(office, run, settled)
        run.status = DELIVERED
        office.session.commit()
    return run


def _publish(office: Office, run: RunRow) -> RunRow:
    """Publish a computed run, unless the ledger has it already."""
    standing = office.ledger.run_of(run.dso, run.aggregator, run.first_day)
    if standing.version < run.version:
        if recommitted_days(office.session, run):
            office.say("meter data was committed in the meantime: computing again")
            days = non_working_days_of(run)
            run = _compute(office, scope_of(run), run.version, run.cause, days)
        publish_run(office.session, office.ledger, office.dso, run)
        standing = office.ledger.run_of(run.dso, run.aggregator, run.first_day)
    else:
        office.say("the ledger has it already")
    found = (standing.version, standing.last_day, standing.root, standing.sum)
    if found != (run.version, run.last_day, run.root, run.sum):
        expected = f"version {run.version} with root 0x{run.root.hex()}"
        what = f"version {standing.version} with root 0x{standing.root.hex()} is on the ledger"
        raise InputError(what, _name(run).rstrip(","), expected)
    run.block, run.status = standing.block, PUBLISHED
    office.session.commit()
    office.say(f"{_name(run)} is published in block {run.block}")
    if recommitted_days(office.session, run):
        office.say("meter data was committed while it was published: have it corrected")
    return run


def publish_run(session: Session, ledger: Ledger, dso: Wallet, run: RunRow) -> None:
    """Send a computed run to the ledger: a first one, or a correction.

    Raises:
        ContractRefused: the ledger refused it.
    """
    published = PublishedRun(
        aggregator=run.aggregator,
        period=scope_of(run).period,
        root=run.root,
        sum=run.sum,
        depth=run.depth,
        rule_set=rule_set_1(),
        statements=count_complete(session, run),
    )
    if run.version == 1:
        ledger.publish_run(dso, published)
    else:
        ledger.publish_correction(dso, published)


def bundle_path(folder: Path, run: RunRow, agreement_id: bytes) -> Path:
    """Return where the bundle of an agreement in a run is written."""
    days = f"{date_text(run.first_day)}_{date_text(run.last_day)}"
    name = f"{days}_{run.aggregator.hex()[:8]}_v{run.version}"
    return folder / name / f"{agreement_id.hex()}.json"


def _write_bundles(office: Office, run: RunRow, settled: SettledPeriod) -> None:
    """Write the bundles that are not there yet; each appears whole or not at all."""
    session = office.session
    before = [one for one in versions_of(session, settled.scope) if one.version < run.version]
    superseded = (settled_of(session, before[-1]), before[-1]) if before else None
    days = non_working_days_of(run)
    bundler = Bundler(session, office.market, office.ledger, settled, run, days, superseded)
    rows = [agreement_of(session, identity) for identity in settled.agreement_ids]
    for at, row in enumerate(rows, 1):
        path = bundle_path(office.bundles, run, row.agreement_id)
        if not path.exists():
            _write_whole(path, write_bundle(bundler.bundle(row)))
        if at % _EVERY == 0 or at == len(rows):
            office.say(f"{at} of {len(rows)} bundles are written")


def _write_whole(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_text(text)
    os.replace(part, path)
