"""Commands of the bulk path; `python -m backend.kernel.bulk -h` lists them.

    import-csv  meter readings of any number to day blobs, bad rows to a quarantine file
    settle      a folder of partitions to statements, with one root at the end

Exit status: 0 done, 2 an input could not be used.
"""

import argparse
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from backend.kernel.bulk.executors import PLACES, executor_of
from backend.kernel.bulk.meter_csv import import_csv
from backend.kernel.bulk.meter_parse import Mapping, Unit
from backend.kernel.bulk.run import run_partitions
from settlement.clock import ISP_MINUTES_ALLOWED, Clock, ClockRule, day_of
from settlement.errors import SettlementError
from settlement.statement import Period
from settlement.units import format_eur

DONE, UNUSABLE = 0, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    options = _parser().parse_args(arguments)
    try:
        lines = options.run(options)
    except SettlementError as error:
        sys.stderr.write(f"Cannot go on: {error}\n")
        return UNUSABLE
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    return DONE


def _settle(options: argparse.Namespace) -> list[str]:
    period = Period(day_of(options.first_day), day_of(options.last_day))
    non_working = [day_of(day) for day in options.non_working]
    with executor_of(options.on, options.workers, options.scheduler) as executor:
        result = run_partitions(
            options.folder, options.results, period, non_working, executor, _say
        )
    return [
        f"root 0x{result.root.hex()}",
        f"sum {format_eur(result.sum)} EUR",
        f"depth {result.depth}",
        f"statements {result.statements}",
        f"incomplete {result.incomplete}",
    ]


def _import_csv(options: argparse.Namespace) -> list[str]:
    names = ("point", "start", "value", "export", "local", "day_first", "decimal_comma")
    chosen = {name: getattr(options, name) for name in names}
    mapping = Mapping(unit=Unit[options.unit.upper()], delimiter=options.delimiter, **chosen)
    rule = ClockRule[options.clock.upper()]
    clock = Clock(options.isp_minutes, options.utc_offset_minutes, rule)
    result = import_csv(
        options.source, mapping, clock, options.target, options.quarantine, options.buckets
    )
    return [f"rows {result.rows}", f"quarantined {result.quarantined}", f"blobs {result.blobs}"]


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m backend.kernel.bulk")
    commands = parser.add_subparsers(required=True)
    _add_settle(commands.add_parser("settle", help="settle a folder of partitions"))
    _add_import(commands.add_parser("import-csv", help="make day blobs of a CSV file"))
    return parser


def _add_settle(settle: argparse.ArgumentParser) -> None:
    settle.set_defaults(run=_settle)
    settle.add_argument("folder", type=Path, help="partitions with their manifest")
    settle.add_argument("results", type=Path, help="folder of the statements; what is there stays")
    for name in ("--first-day", "--last-day"):
        settle.add_argument(name, type=date.fromisoformat, required=True, metavar="DATE")
    settle.add_argument(
        "--non-working", type=date.fromisoformat, nargs="*", default=[], metavar="DATE"
    )
    settle.add_argument("--on", choices=PLACES, default="here", help="where partitions are settled")
    settle.add_argument("--workers", type=int, default=2, help="processes, or Dask workers")
    settle.add_argument("--scheduler", metavar="ADDRESS", help="a running Dask scheduler")


def _add_import(command: argparse.ArgumentParser) -> None:
    command.set_defaults(run=_import_csv)
    command.add_argument("source", type=Path, help="CSV file in UTF-8 with a header")
    command.add_argument("target", type=Path, help="folder for the day blobs, Parquet")
    command.add_argument("quarantine", type=Path, help="CSV file for rows that cannot be used")
    for name in ("point", "start", "value"):
        command.add_argument(f"--{name}", required=True, metavar="COLUMN")
    command.add_argument("--export", metavar="COLUMN", help="feed-in, subtracted from the value")
    units = [unit.name.lower() for unit in Unit]
    command.add_argument("--unit", choices=units, required=True, help="of the values")
    command.add_argument("--local", action="store_true", help="starts are local, without a zone")
    command.add_argument("--utc-offset-minutes", type=int, default=0, help="winter offset")
    rules = [rule.name.lower() for rule in ClockRule]
    command.add_argument("--clock", choices=rules, default="none", help="clock changes")
    command.add_argument("--isp-minutes", type=int, choices=ISP_MINUTES_ALLOWED, default=15)
    command.add_argument("--day-first", action="store_true", help="28.03.2027, not 2027-03-28")
    command.add_argument("--decimal-comma", action="store_true", help="0,25, not 0.25")
    command.add_argument("--delimiter", default=",", help="between columns")
    command.add_argument("--buckets", type=int, default=16, help="files; each fits memory")


if __name__ == "__main__":
    sys.exit(main())
