"""`python -m settlement verify BUNDLE`: check a settlement alone, from the base install.

Exit status: 0 everything holds, 1 something does not, 2 the input could not be used.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from settlement.bundle import Bundle
from settlement.bundle_document import read_bundle
from settlement.chain_check import check_against_chain
from settlement.errors import InputError, SettlementError
from settlement.evidence import Evidence
from settlement.json_rpc import JsonRpc
from settlement.meter_file import read_meter_file
from settlement.own_meter import check_own_meter
from settlement.plausibility import check_bundle
from settlement.report import Check, Report, as_json, as_text
from settlement.rpc import RpcChain

HOLDS, DOES_NOT_HOLD, UNUSABLE = 0, 1, 2
_BUNDLE_BYTES_MAX = 64_000_000


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    options = _parser().parse_args(arguments)
    try:
        bundle = _read(options.bundle)
        report = verify(bundle, options.meter, options.rpc)
    except SettlementError as error:
        sys.stderr.write(f"Cannot check: {error}\n")
        return UNUSABLE
    sys.stdout.write(as_json(bundle, report) if options.json else as_text(bundle, report))
    return HOLDS if report.holds else DOES_NOT_HOLD


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m settlement", description=__doc__)
    commands = parser.add_subparsers(required=True)
    verify_parser = commands.add_parser("verify", help="check a settlement bundle")
    verify_parser.add_argument("bundle", type=Path, metavar="BUNDLE", help="the bundle, JSON")
    verify_parser.add_argument("--meter", type=Path, metavar="CSV", help="your own meter file")
    verify_parser.add_argument("--rpc", metavar="URL", help="a node of the chain, to read from")
    verify_parser.add_argument("--json", action="store_true", help="print findings for machines")
    return parser


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


def verify(bundle: Bundle, meter: Path | None, rpc: str | None) -> Report:
    """Run all checks that the given inputs allow.

    Args:
        bundle: the bundle.
        meter: the party's own meter file, or None.
        rpc: address of a node, or None.
    """
    report, evidence = check_bundle(bundle)
    checks = list(report.checks)
    if rpc is not None:
        chain = RpcChain(JsonRpc(rpc), bundle.domain.market, bundle.ledger)
        checks.extend(check_against_chain(bundle, evidence, chain))
    if meter is not None and evidence is not None:
        checks.append(_own_meter(bundle, evidence, meter))
    return Report(tuple(checks), report.settled)


def _own_meter(bundle: Bundle, evidence: Evidence, meter: Path) -> Check:
    names = [point.name for point in bundle.metering_points]
    default = names[0] if len(names) == 1 else ""
    own = read_meter_file(meter, bundle.terms.clock, default)
    if "" in own:
        expected = f"one of {', '.join(names)} in the column metering_point of each row"
        raise InputError("readings without a metering point", str(meter), expected)
    return check_own_meter(bundle, evidence, own)


if __name__ == "__main__":
    sys.exit(main())
