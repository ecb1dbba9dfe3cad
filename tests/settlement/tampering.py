"""Small ways to falsify a bundle, for the tests of the checks."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from settlement.activation import Activation
from settlement.bundle.records import Bundle, CommittedDay, LogEntry, Stated
from settlement.checker.plausibility import check_bundle
from settlement.commitment import CommittedBlob, build_commitment
from settlement.merkle import Proof
from settlement.meter import decode_blob, encode_blob, meter_key
from settlement.run import build_run
from settlement.settle import Settled
from tests.settlement.build import committed_day, results, run_of, stated_by
from tests.settlement.market import market

Change = Callable[[Bundle], Bundle]

TERMS = "terms"
SIGNED = "signatures"
POINTS = "elements"
METER = "meter-data"
LOG = "log"
LIMITS = "activations"
STATEMENT = "statement"
RUN = "run"
CHAIN = "chain"
AGREEMENT = "ledger-agreement"
COMPLETE = "ledger-log"
LEDGER_RUN = "ledger-run"
LEDGER_METER = "ledger-meter-data"
NOMINATED = "ledger-nominations"
ACCOUNT = "ledger-account"
OVERLAPS = "ledger-overlaps"
REPLACED = "ledger-correction"
VERSIONS = "ledger-versions"
DAYS = "baseline-days"
CORRECTION = "correction"

CASE = ("name", "change", "check", "told")


def case(identifier: str, name: str, change: Change, check: str, told: str) -> object:
    """A falsified bundle: agreement, what is changed, the check that tells and what it tells."""
    return pytest.param(name, change, check, told, id=identifier)


def terms_with(**changes: Any) -> Change:
    return lambda bundle: replace(bundle, terms=replace(bundle.terms, **changes))


def bundle_with(**changes: Any) -> Change:
    return lambda bundle: replace(bundle, **changes)


def _stated(bundle: Bundle) -> Stated:
    assert bundle.stated is not None
    return bundle.stated


def stated_with(**changes: Any) -> Change:
    return lambda bundle: replace(bundle, stated=replace(_stated(bundle), **changes))


def statement_with(**changes: Any) -> Change:
    """Change figures of the statement; a callable is applied to the honest figure."""

    def change(bundle: Bundle) -> Bundle:
        statement = _stated(bundle).statement
        values = {
            name: value(getattr(statement, name)) if callable(value) else value
            for name, value in changes.items()
        }
        return stated_with(statement=replace(statement, **values))(bundle)

    return change


def run_with(**changes: Any) -> Change:
    """Change the stated run; a callable is applied to the honest value."""

    def change(bundle: Bundle) -> Bundle:
        values = {
            name: value(getattr(bundle.run, name)) if callable(value) else value
            for name, value in changes.items()
        }
        return replace(bundle, run=replace(bundle.run, **values))

    return change


def line_with(position: int, **changes: Any) -> Change:
    """Change a line; a callable is applied to the honest value."""

    def change(bundle: Bundle) -> Bundle:
        lines = list(_stated(bundle).lines)
        line = lines[position]
        values = {
            name: value(getattr(line, name)) if callable(value) else value
            for name, value in changes.items()
        }
        lines[position] = replace(line, **values)
        return stated_with(lines=tuple(lines))(bundle)

    return change


def without_line(position: int) -> Change:
    def change(bundle: Bundle) -> Bundle:
        lines = _stated(bundle).lines
        return stated_with(lines=lines[:position] + lines[position + 1 :])(bundle)

    return change


def log_with(position: int, *entries: LogEntry, drop: int = 1) -> Change:
    """Replace log entries from a position on."""

    def change(bundle: Bundle) -> Bundle:
        log = bundle.log[:position] + entries + bundle.log[position + drop :]
        return replace(bundle, log=log)

    return change


def entry_with(position: int, block: int | None = None, **changes: Any) -> Change:
    def change(bundle: Bundle) -> Bundle:
        entry = bundle.log[position]
        changed = LogEntry(
            replace(entry.activation, **changes), entry.block if block is None else block
        )
        return log_with(position, changed)(bundle)

    return change


def cancellation_of(activation: Activation, block: int) -> LogEntry:
    return LogEntry(Activation(activation.first_isp, activation.isps, 0), block)


def at_day(days: tuple[CommittedDay, ...], utc_day: int) -> int:
    return [one.utc_day for one in days].index(utc_day)


def meter_day_with(utc_day: int, change_day: Callable[[CommittedDay], CommittedDay]) -> Change:
    """Change the meter data of the first metering point on one UTC day."""

    def change(bundle: Bundle) -> Bundle:
        days = list(bundle.meter_days)
        position = at_day(bundle.meter_days, utc_day)
        days[position] = change_day(days[position])
        return replace(bundle, meter_days=tuple(days))

    return change


def without_meter_day(utc_day: int) -> Change:
    def change(bundle: Bundle) -> Bundle:
        kept = tuple(one for one in bundle.meter_days if one.utc_day != utc_day)
        return replace(bundle, meter_days=kept)

    return change


def more_consumption(day: CommittedDay, watts: int = 500) -> CommittedDay:
    values = [None if w is None else w + watts for w in decode_blob(day.blob, 15, "test")]
    return replace(day, blob=encode_blob(values))


def recommitted(day: CommittedDay) -> CommittedDay:
    """Changed readings with a commitment of their own, which is not the one on the ledger."""
    changed = more_consumption(day)
    own = next(
        point
        for one in market().agreements.values()
        for point in one.points
        if point.name == day.metering_point
    )
    key = meter_key(own.name, own.salt)
    commitment = build_commitment([CommittedBlob(key, day.utc_day, changed.blob)])
    return committed_day(commitment, key, day.metering_point, day.version, day.block)


def bent(value: bytes) -> bytes:
    return bytes([value[0] ^ 1]) + value[1:]


def bent_proof(proof: Proof) -> Proof:
    (first_hash, first_sum), *rest = proof.siblings
    return replace(proof, siblings=((bent(first_hash), first_sum), *rest))


def restated(name: str, change: Callable[[Settled], Settled]) -> Change:
    """Have the DSO falsify a statement before it builds the whole run and its proofs."""
    honest = results()
    settled = honest[name]
    assert isinstance(settled, Settled)
    false = change(settled)
    others = [one for other, one in honest.items() if other != name and isinstance(one, Settled)]
    forged = build_run([*others, false])
    return bundle_with(run=run_of(forged), stated=stated_by(false, forged))


def findings_alone(bundle: Bundle) -> dict[str, tuple[str, ...]]:
    """Findings without the ledger, by the id of their check."""
    report, _ = check_bundle(bundle)
    return {check.id: check.findings for check in report.checks if check.findings}
