"""The `flexledger` command."""

import argparse
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from backend.baselines_command import add_baseline_commands
from backend.bulk_commands import add_bulk_commands
from backend.demo.checking import Mismatch
from backend.demo.pipeline import run_demo
from backend.demo.table import as_table
from backend.demo.tampering import AcceptedForgery
from backend.flexibility_command import add_flexibility_commands
from backend.office.commands import add_office_commands
from backend.report.page import write_report
from backend.watch_command import add_watch_command
from settlement.__main__ import main as settlement_main

DONE, MISMATCH = 0, 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given[:1] == ["verify"]:
        return settlement_main(given)
    options = _parser().parse_args(given)
    status: int = options.run(options)
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="flexledger", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    demo = commands.add_parser("demo", help="run a month of the pilot district, end to end")
    demo.add_argument("--out", type=Path, default=Path("out"), help="folder for all results")
    demo.add_argument(
        "--checker",
        type=_interpreter,
        default=sys.executable,
        help="Python of an environment with the base install, for the prosumers' checkers",
    )
    demo.set_defaults(run=lambda options: _demo(options.out, options.checker))
    add_baseline_commands(commands)
    add_flexibility_commands(commands)
    add_office_commands(commands)
    add_bulk_commands(commands)
    add_watch_command(commands)
    commands.add_parser("verify", help="check a settlement bundle (see: flexledger verify --help)")
    return parser


def _interpreter(given: str) -> str:
    """Return the absolute path of an interpreter; links stay, an environment is known by them."""
    found = shutil.which(given)
    if found is None:
        raise argparse.ArgumentTypeError(f"{given} is no program; expected a Python interpreter")
    return os.path.abspath(found)


def _demo(out: Path, checker: str) -> int:
    try:
        outcome = run_demo(out, checker, _say)
    except (Mismatch, AcceptedForgery) as error:
        sys.stderr.write(f"MISMATCH: {error}\n")
        return MISMATCH
    report = write_report(outcome, out / "report.html")
    _say("")
    _say(as_table(outcome))
    _say(f"Report: {report}")
    return DONE


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
