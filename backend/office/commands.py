"""Commands of a DSO's settlement office and of a meter data company.

Each one can be given again: what is done already is left as it is.
"""

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from backend.arguments import add_days
from backend.chain.adapter import ContractRefused
from backend.chain.connecting import connect_contracts
from backend.chain.keystore import read_keystore
from backend.chain.wallet import address_of
from backend.db.models import RunRow
from backend.db.store import Session, close_store, open_existing_store
from backend.office.file import OfficeFile, read_office_file
from backend.services.claiming import claim_unpaid
from backend.services.history import describe_history, history_document, history_of
from backend.services.message_text import render_message
from backend.services.meter_import import import_meter_file
from backend.services.metering import commit_new_days
from backend.services.runs import aggregators_of, count_complete, settled_of, standing_run
from backend.services.settlement_job import Office, correct_run, settle_run
from backend.services.settlement_messages import messages_to
from backend.services.settling import RunScope
from settlement.clock import date_text
from settlement.day_list_file import read_days
from settlement.document import canonical_json
from settlement.errors import SettlementError
from settlement.statement import Period
from settlement.units import format_eur
from settlement.words import ADDRESS_BYTES, WORD_BYTES, bytes_of, hex_of

DONE, REFUSED, UNUSABLE = 0, 1, 2
Command = Callable[[OfficeFile, Session, argparse.Namespace], int]


def add_office_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the commands of a settlement office; each sets `run`."""
    settle = _add(commands, "settle", "settle a period, or go on with it", _settle)
    _add_period(settle)
    settle.add_argument("--aggregator", metavar="ADDRESS", help="only this one (default: all)")
    correct = _add(commands, "correct", "settle a period again by corrected data", _correct)
    _add_period(correct)
    correct.add_argument("--aggregator", metavar="ADDRESS", required=True)
    correct.add_argument("--reason", default="", help="added to the cause of the correction")
    claim = _add(commands, "claim", "have a settled period paid out", _claim)
    add_days(claim)
    claim.add_argument("--aggregator", metavar="ADDRESS", required=True)
    meters = _add(commands, "meter-import", "take in meter files and commit them", _import)
    meters.add_argument("files", nargs="+", type=Path, metavar="CSV")
    history = _add(commands, "history", "show all versions of an agreement's statements", _history)
    history.add_argument("agreement", metavar="AGREEMENT", help="its id, 0x and 64 digits")
    messages = _add(commands, "messages", "show the messages to a party", _messages)
    messages.add_argument("--party", required=True, metavar="ADDRESS")
    for command in (history, messages):
        command.add_argument("--json", action="store_true", help="print for machines")


def _add(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    text: str,
    command: Command,
) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=text)
    parser.add_argument("office", type=Path, metavar="OFFICE", help="the office file, TOML")
    parser.set_defaults(run=lambda options: _run(command, options))
    return parser


def _add_period(parser: argparse.ArgumentParser) -> None:
    add_days(parser)
    parser.add_argument(
        "--non-working", type=Path, required=True, metavar="FILE", help="the published list"
    )


def _run(command: Command, options: argparse.Namespace) -> int:
    try:
        office = read_office_file(options.office)
        with _opened(office) as session:
            return command(office, session, options)
    except SettlementError as error:
        return _refuse(error, UNUSABLE)
    except ContractRefused as refusal:
        return _refuse(refusal, REFUSED)


@contextmanager
def _opened(office: OfficeFile) -> Iterator[Session]:
    sessions = open_existing_store(office.store)
    try:
        with sessions() as session:
            yield session
    finally:
        close_store(sessions)


def _settle(file: OfficeFile, session: Session, options: argparse.Namespace) -> int:
    """Settle each aggregator; what one is refused for does not hold up the others."""
    office, period = _office(file, session), Period(options.first, options.last)
    days = sorted(read_days(options.non_working))
    if options.aggregator is None:
        aggregators = aggregators_of(session, address_of(office.dso), period)
    else:
        aggregators = (bytes_of(options.aggregator, "--aggregator", ADDRESS_BYTES),)
    if not aggregators:
        _say("no aggregator has an agreement in the period")
    status = DONE
    for aggregator in aggregators:
        _say(f"aggregator {hex_of(aggregator)}")
        now_s = office.ledger.contract.chain.now_s()
        try:
            _summarise(session, settle_run(office, aggregator, period, days, now_s))
        except ContractRefused as refusal:
            status = max(status, _refuse(refusal, REFUSED))
        except SettlementError as error:
            status = max(status, _refuse(error, UNUSABLE))
    return status


def _correct(file: OfficeFile, session: Session, options: argparse.Namespace) -> int:
    aggregator = bytes_of(options.aggregator, "--aggregator", ADDRESS_BYTES)
    period, days = Period(options.first, options.last), sorted(read_days(options.non_working))
    office = _office(file, session)
    _summarise(session, correct_run(office, aggregator, period, days, options.reason))
    return DONE


def _claim(file: OfficeFile, session: Session, options: argparse.Namespace) -> int:
    """Claim every statement that is not paid yet; anybody may."""
    office, period = _office(file, session), Period(options.first, options.last)
    aggregator = bytes_of(options.aggregator, "--aggregator", ADDRESS_BYTES)
    run = standing_run(session, RunScope(address_of(office.dso), aggregator, period))
    settled = settled_of(session, run)
    refused = claim_unpaid(session, office.ledger, office.dso, run, settled, _say)
    for identity, refusal in refused:
        sys.stderr.write(f"The ledger refused the claim of {hex_of(identity)}: {refusal}\n")
    paid = len(settled.run.settled) - len(refused)
    _say(f"{paid} of {len(settled.run.settled)} statements of version {run.version} are paid")
    return REFUSED if refused else DONE


def _import(file: OfficeFile, session: Session, options: argparse.Namespace) -> int:
    """Take in every file, then commit; a refused file leaves those before it taken in."""
    _, ledger = connect_contracts(file.rpc, file.market, file.ledger)
    company = read_keystore(file.keystore, file.password)
    for path in options.files:
        stored = import_meter_file(session, address_of(company), path, file.clock)
        session.commit()
        _say(f"{path}: {stored} days of metering points are new or changed")
    days = commit_new_days(session, ledger, company)
    _say(f"{len(days)} UTC days are committed" + (f": {_range(days)}" if days else ""))
    return DONE


def _history(_: OfficeFile, session: Session, options: argparse.Namespace) -> int:
    versions = history_of(session, bytes_of(options.agreement, "AGREEMENT", WORD_BYTES))
    if options.json:
        sys.stdout.write(canonical_json(history_document(versions)))
    else:
        sys.stdout.write(describe_history(versions) or "no statement yet\n")
    return DONE


def _messages(_: OfficeFile, session: Session, options: argparse.Namespace) -> int:
    found = messages_to(session, bytes_of(options.party, "--party", ADDRESS_BYTES))
    if options.json:
        sys.stdout.write(canonical_json(found))
    else:
        sys.stdout.write("\n".join(render_message(one) for one in found) or "no message yet\n")
    return DONE


def _office(file: OfficeFile, session: Session) -> Office:
    market, ledger = connect_contracts(file.rpc, file.market, file.ledger)
    dso = read_keystore(file.keystore, file.password)
    return Office(session, market, ledger, dso, file.bundles, _say)


def _summarise(session: Session, run: RunRow) -> None:
    statements = count_complete(session, run)
    _say(
        f"version {run.version} stands in block {run.block}: {statements} statements, "
        f"{format_eur(run.sum)} EUR"
    )


def _range(days: list[int]) -> str:
    return f"{date_text(days[0])} to {date_text(days[-1])}"


def _refuse(error: Exception, status: int) -> int:
    told = "The ledger refused" if status == REFUSED else "Cannot do it"
    sys.stderr.write(f"{told}: {error}\n")
    return status


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
