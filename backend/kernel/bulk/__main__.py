"""`python -m backend.kernel.bulk settle FOLDER RESULTS`: settle partitions, one root at the end.

Exit status: 0 settled, 2 an input could not be used.
"""

import argparse
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from backend.kernel.bulk.executors import PLACES, executor_of
from backend.kernel.bulk.run import run_partitions
from settlement.clock import day_of
from settlement.errors import SettlementError
from settlement.statement import Period
from settlement.units import format_eur

SETTLED, UNUSABLE = 0, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    options = _parser().parse_args(arguments)
    period = Period(day_of(options.first_day), day_of(options.last_day))
    non_working = [day_of(day) for day in options.non_working]
    try:
        with executor_of(options.on, options.workers, options.scheduler) as executor:
            result = run_partitions(
                options.folder, options.results, period, non_working, executor, _say
            )
    except SettlementError as error:
        sys.stderr.write(f"Cannot settle: {error}\n")
        return UNUSABLE
    sys.stdout.write(
        f"root 0x{result.root.hex()}\nsum {format_eur(result.sum)} EUR\ndepth {result.depth}\n"
        f"statements {result.statements}\nincomplete {result.incomplete}\n"
    )
    return SETTLED


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m backend.kernel.bulk", description=__doc__)
    commands = parser.add_subparsers(required=True)
    settle = commands.add_parser("settle", help="settle a folder of partitions")
    settle.add_argument("folder", type=Path, help="partitions with their manifest")
    settle.add_argument("results", type=Path, help="folder of the statements; started again, kept")
    settle.add_argument("--first-day", type=date.fromisoformat, required=True, metavar="DATE")
    settle.add_argument("--last-day", type=date.fromisoformat, required=True, metavar="DATE")
    settle.add_argument(
        "--non-working", type=date.fromisoformat, nargs="*", default=[], metavar="DATE"
    )
    settle.add_argument("--on", choices=PLACES, default="here", help="where partitions are settled")
    settle.add_argument("--workers", type=int, default=2, help="processes, or Dask workers")
    settle.add_argument("--scheduler", metavar="ADDRESS", help="a running Dask scheduler")
    return parser


if __name__ == "__main__":
    sys.exit(main())
