"""The commands `flexledger bulk ...`: meter data and periods of millions of connections.

They need the extra `scale`, which is imported only once one of them runs.
"""

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path

from backend.arguments import add_days
from backend.db.store import Session, close_store, open_existing_store
from backend.kernel.bulk.executors import PLACES, executor_of
from backend.kernel.bulk.meter_mapping import Mapping, Unit
from settlement.clock import ISP_MINUTES_ALLOWED, Clock, ClockRule
from settlement.day_list_file import read_days
from settlement.errors import SettlementError
from settlement.statement import Period
from settlement.units import format_eur
from settlement.words import ADDRESS_BYTES, bytes_of

DONE, UNUSABLE = 0, 2
Options = argparse.Namespace


def add_bulk_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `bulk` with its commands to a command line; each sets `run`."""
    bulk = commands.add_parser("bulk", help="meter data and periods of millions of connections")
    kinds = bulk.add_subparsers(required=True, metavar="COMMAND")
    _add_import_csv(_add(kinds, "import-csv", "meter readings to day blobs", _import_csv))
    _add_export_csv(_add(kinds, "export-csv", "day blobs to meter readings", _export_csv))
    days = _add(kinds, "import-days", "day blobs into the store, not committed yet", _import_days)
    _add_store(days, "mdc")
    days.add_argument("files", nargs="+", type=Path, metavar="PARQUET")
    days = _add(kinds, "export-days", "day blobs out of the store", _export_days)
    _add_store(days, "mdc")
    add_days(days)
    days.add_argument("target", type=Path, metavar="PARQUET")
    partition = _add(kinds, "partition", "a run's agreements to a folder of partitions", _partition)
    _add_store(partition, "dso", "aggregator")
    add_days(partition)
    partition.add_argument("folder", type=Path, help="new or empty")
    partition.add_argument("--agreements", type=_positive, default=5_000, help="of a partition")
    _add_settle(_add(kinds, "settle", "a folder of partitions to statements and a root", _settle))


def _add(
    kinds: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    text: str,
    command: Callable[[Options], Sequence[str]],
) -> argparse.ArgumentParser:
    parser = kinds.add_parser(name, help=text, description=text)
    parser.set_defaults(run=lambda options: _run(command, options))
    return parser


def _run(command: Callable[[Options], Sequence[str]], options: Options) -> int:
    try:
        lines = command(options)
    except (SettlementError, OSError) as error:
        sys.stderr.write(f"Cannot go on: {error}\n")
        return UNUSABLE
    except ModuleNotFoundError as error:
        sys.stderr.write(f"Cannot go on: {error.name} is missing; install flexledger[scale]\n")
        return UNUSABLE
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    return DONE


def _import_csv(options: Options) -> list[str]:
    from backend.kernel.bulk.meter_csv import import_csv

    names = ("point", "start", "value", "export", "local", "day_first", "decimal_comma")
    chosen = {name: getattr(options, name) for name in names}
    mapping = Mapping(unit=Unit[options.unit.upper()], delimiter=options.delimiter, **chosen)
    rule = ClockRule[options.clock.upper()]
    clock = Clock(options.isp_minutes, options.utc_offset_minutes, rule)
    result = import_csv(
        options.source, mapping, clock, options.target, options.quarantine, options.buckets
    )
    return [f"rows {result.rows}", f"quarantined {result.quarantined}", f"blobs {result.blobs}"]


def _export_csv(options: Options) -> list[str]:
    from backend.kernel.bulk.meter_export import export_csv
    from backend.kernel.bulk.meter_parquet import read_meter_days

    days = chain.from_iterable(read_meter_days(path) for path in options.files)
    return [f"rows {export_csv(days, options.isp_minutes, options.target)}"]


def _import_days(options: Options) -> list[str]:
    from backend.services.bulk_metering import import_meter_days

    mdc = _address(options.mdc, "--mdc")
    with _opened(options.store) as session:
        stored = sum(import_meter_days(session, mdc, path) for path in options.files)
        session.commit()
    return [f"stored {stored}"]


def _export_days(options: Options) -> list[str]:
    from backend.services.bulk_metering import export_meter_days

    mdc, days = _address(options.mdc, "--mdc"), (options.first, options.last)
    with _opened(options.store) as session:
        return [f"blobs {export_meter_days(session, mdc, *days, options.target)}"]


def _partition(options: Options) -> list[str]:
    from backend.services.bulk_settling import write_period
    from backend.services.settling import RunScope

    scope = RunScope(
        _address(options.dso, "--dso"),
        _address(options.aggregator, "--aggregator"),
        Period(options.first, options.last),
    )
    with _opened(options.store) as session:
        written = write_period(session, scope, options.folder, agreements=options.agreements)
    agreements = sum(one.agreements for one in written)
    return [f"partitions {len(written)}", f"agreements {agreements}"]


def _settle(options: Options) -> list[str]:
    from backend.kernel.bulk.run import run_partitions

    period = Period(options.first, options.last)
    days = read_days(options.non_working)
    with executor_of(options.on, options.workers, options.scheduler) as executor:
        result = run_partitions(options.folder, options.results, period, days, executor, _say)
    return [
        f"root 0x{result.root.hex()}",
        f"sum {format_eur(result.sum)} EUR",
        f"depth {result.depth}",
        f"statements {result.statements}",
        f"incomplete {result.incomplete}",
    ]


@contextmanager
def _opened(url: str) -> Iterator[Session]:
    sessions = open_existing_store(url)
    try:
        with sessions() as session:
            yield session
    finally:
        close_store(sessions)


def _address(text: str, where: str) -> bytes:
    return bytes_of(text, where, ADDRESS_BYTES)


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")


def _add_store(command: argparse.ArgumentParser, *parties: str) -> None:
    command.add_argument("--store", required=True, metavar="URL", help="address of the store")
    for party in parties:
        command.add_argument(f"--{party}", required=True, metavar="ADDRESS")


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of at least 1")
    return int(text)


def _add_settle(command: argparse.ArgumentParser) -> None:
    command.add_argument("folder", type=Path, help="partitions with their manifest")
    command.add_argument("results", type=Path, help="folder of the statements; what is there stays")
    add_days(command)
    command.add_argument(
        "--non-working", type=Path, required=True, metavar="FILE", help="the published list"
    )
    command.add_argument("--on", choices=PLACES, default="here", help="where to settle")
    command.add_argument("--workers", type=_positive, default=2, help="processes, or Dask workers")
    command.add_argument("--scheduler", metavar="ADDRESS", help="a running Dask scheduler")


def _add_export_csv(command: argparse.ArgumentParser) -> None:
    command.add_argument("files", nargs="+", type=Path, metavar="PARQUET", help="day blobs")
    command.add_argument("target", type=Path, metavar="CSV")
    command.add_argument("--isp-minutes", type=int, choices=ISP_MINUTES_ALLOWED, default=15)


def _add_import_csv(command: argparse.ArgumentParser) -> None:
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
    command.add_argument("--buckets", type=_positive, default=16, help="files; each fits memory")
