"""The checker, from the base install alone.

`verify BUNDLE` checks a settlement. Exit status: 0 everything holds, 1 something does not, 2 the
input could not be used. `find AGREEMENT` shows what the ledger alone has of an agreement.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from settlement.bundle.reader import read_bundle
from settlement.bundle.records import Bundle
from settlement.chain.json_rpc import JsonRpc
from settlement.chain.lookup import describe_agreement
from settlement.chain.rpc import RpcChain
from settlement.checker.chain_check import challenges_close_s, check_against_chain
from settlement.checker.challenge import find_challenges, remedies
from settlement.checker.challenge_document import write_challenges
from settlement.checker.evidence import Evidence
from settlement.checker.non_working import check_non_working_days
from settlement.checker.own_meter import TOLERANCE, check_own_meter
from settlement.checker.plausibility import check_bundle
from settlement.checker.report import Check, Report, as_json, as_text
from settlement.day_list_file import read_days
from settlement.errors import InputError, SettlementError
from settlement.meter_file import read_meter_file
from settlement.units import format_eur, parse_eur
from settlement.words import ADDRESS_BYTES, WORD_BYTES, bytes_of

HOLDS, DOES_NOT_HOLD, UNUSABLE = 0, 1, 2
_BUNDLE_BYTES_MAX = 64_000_000


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    options = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = options.command
    try:
        return command(options)
    except SettlementError as error:
        sys.stderr.write(f"Cannot check: {error}\n")
        return UNUSABLE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m settlement", description=__doc__)
    commands = parser.add_subparsers(required=True)
    verify = commands.add_parser("verify", help="check a settlement bundle")
    verify.set_defaults(command=_verify)
    verify.add_argument("bundle", type=Path, metavar="BUNDLE", help="the bundle, JSON")
    verify.add_argument("--meter", type=Path, metavar="CSV", help="your own meter file")
    verify.add_argument(
        "--tolerance",
        default=format_eur(TOLERANCE),
        metavar="EUR",
        help="what the amount may differ by with your own meter file (%(default)s)",
    )
    verify.add_argument(
        "--non-working", type=Path, metavar="FILE", help="your own list of non-working days"
    )
    verify.add_argument("--rpc", metavar="URL", help="a node of the chain, to read from")
    verify.add_argument("--json", action="store_true", help="print findings for machines")
    verify.add_argument(
        "--challenge", type=Path, metavar="FILE", help="write the challenges that would succeed"
    )
    find = commands.add_parser("find", help="show what the ledger has of an agreement")
    find.set_defaults(command=_find)
    find.add_argument("agreement", metavar="AGREEMENT", help="its id, 0x and 64 digits")
    for name, text in (
        ("--market", "address of the FlexMarket contract"),
        ("--ledger", "address of the SettlementLedger contract"),
        ("--rpc", "a node of the chain, to read from"),
    ):
        find.add_argument(name, required=True, help=text)
    return parser


def _find(options: argparse.Namespace) -> int:
    market = bytes_of(options.market, "--market", ADDRESS_BYTES)
    ledger = bytes_of(options.ledger, "--ledger", ADDRESS_BYTES)
    identity = bytes_of(options.agreement, "AGREEMENT", WORD_BYTES)
    chain = RpcChain(JsonRpc(options.rpc), market, ledger)
    sys.stdout.write(describe_agreement(chain, identity))
    return HOLDS


def _verify(options: argparse.Namespace) -> int:
    tolerance = parse_eur(options.tolerance, "--tolerance")
    bundle = _read(options.bundle)
    report, evidence = check_bundle(bundle)
    checks, closes_s, now_s = list(report.checks), None, None
    if options.rpc is not None:
        chain = RpcChain(JsonRpc(options.rpc), bundle.domain.market, bundle.ledger)
        checks += check_against_chain(bundle, evidence, chain)
        closes_s, now_s = challenges_close_s(bundle, chain), chain.now_s()
    if options.meter is not None and evidence is not None:
        checks.append(_own_meter(bundle, evidence, options.meter, tolerance))
    if options.non_working is not None and evidence is not None:
        own = read_days(options.non_working)
        checks.append(check_non_working_days(bundle, evidence, own))
    report = Report(tuple(checks), report.settled)
    challenges = find_challenges(bundle, report, evidence)
    report = replace(report, remedies=remedies(report, challenges, closes_s, now_s))
    if options.challenge is not None:
        _write(options.challenge, write_challenges(bundle, challenges))
    sys.stdout.write(as_json(bundle, report) if options.json else as_text(bundle, report))
    return HOLDS if report.holds else DOES_NOT_HOLD


def _read(path: Path) -> Bundle:
    try:
        with path.open("rb") as stream:
            data = stream.read(_BUNDLE_BYTES_MAX + 1)
    except OSError as error:
        raise SettlementError(f"{path}: {error.strerror}") from None
    if len(data) > _BUNDLE_BYTES_MAX:
        raise SettlementError(f"{path}: larger than {_BUNDLE_BYTES_MAX} bytes")
    try:
        return read_bundle(data.decode(), str(path))
    except UnicodeDecodeError:
        raise SettlementError(f"{path}: not text, expected JSON in UTF-8") from None


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise SettlementError(f"{path}: {error.strerror}") from None


def _own_meter(bundle: Bundle, evidence: Evidence, meter: Path, tolerance: int) -> Check:
    names = [point.name for point in bundle.metering_points]
    default = names[0] if len(names) == 1 else ""
    own = read_meter_file(meter, bundle.terms.clock, default)
    if "" in own:
        expected = f"one of {', '.join(names)} in the column metering_point of each row"
        raise InputError("readings without a metering point", str(meter), expected)
    return check_own_meter(bundle, evidence, own, tolerance)


if __name__ == "__main__":
    sys.exit(main())
