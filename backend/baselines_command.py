"""The commands about baselines: trying methods on a site, proposing non-working days."""

import argparse
import sys
from pathlib import Path

from backend.arguments import minute_of_day
from backend.district import load_district
from backend.non_working_days import as_list, propose
from backend.report.baseline_evaluation import evaluate
from backend.report.baseline_page import as_table, write_baselines
from settlement.errors import InputError

DONE, UNUSABLE = 0, 2


def add_baseline_commands(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
) -> None:
    """Add `baselines` and `holidays` to a command line; each sets `run`."""
    baselines = commands.add_parser("baselines", help="try baseline methods on a site's history")
    baselines.add_argument("--site", required=True, help="a site of the pilot district")
    baselines.add_argument(
        "--from", dest="begin", type=minute_of_day, default="17:00", metavar="HH:MM"
    )
    baselines.add_argument("--to", dest="end", type=minute_of_day, default="20:00", metavar="HH:MM")
    baselines.add_argument("--out", type=Path, metavar="HTML", help="write a page with pictures")
    baselines.set_defaults(run=_baselines)
    holidays = commands.add_parser("holidays", help="propose the non-working days of a year")
    holidays.add_argument("--country", required=True, metavar="AT")
    holidays.add_argument("--subdivision", metavar="PART", help="a part of the country")
    holidays.add_argument("--year", required=True, type=int)
    holidays.set_defaults(run=_holidays)


def _baselines(options: argparse.Namespace) -> int:
    try:
        trial = evaluate(load_district(), options.site, options.begin, options.end)
    except InputError as error:
        return _refuse(error)
    sys.stdout.write(as_table(trial) + "\n")
    if options.out is not None:
        sys.stdout.write(f"Page: {write_baselines(trial, options.out)}\n")
    return DONE


def _holidays(options: argparse.Namespace) -> int:
    try:
        sys.stdout.write(as_list(propose(options.country, options.year, options.subdivision)))
    except InputError as error:
        return _refuse(error)
    return DONE


def _refuse(error: InputError) -> int:
    sys.stderr.write(f"{error}\n")
    return UNUSABLE
