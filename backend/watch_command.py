"""The command that rehearses an order in which agreements fail."""

import argparse
import sys
from pathlib import Path

from backend.demo.watch_day import watch_day
from backend.report.vpp_watch import as_text, write_watch_day
from settlement.errors import InputError

DONE, UNUSABLE = 0, 2


def add_watch_command(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `watch-day` to a command line; it sets `run`."""
    parser = commands.add_parser("watch-day", help="watch and repair an order that partly fails")
    parser.add_argument("--agreements", type=int, default=100, help="how many are drawn")
    parser.add_argument("--troubled", type=float, default=0.2, help="share that fails, 0 to 1")
    parser.add_argument("--seed", type=int, default=1, help="of what is drawn")
    parser.add_argument("--out", type=Path, metavar="HTML", help="write a page with a picture")
    parser.set_defaults(run=_watch_day)


def _watch_day(options: argparse.Namespace) -> int:
    try:
        day = watch_day(options.agreements, options.troubled, options.seed)
    except InputError as error:
        sys.stderr.write(f"{error}\n")
        return UNUSABLE
    sys.stdout.write(as_text(day) + "\n")
    if options.out is not None:
        sys.stdout.write(f"Page: {write_watch_day(day, options.out)}\n")
    return DONE
