"""Arguments that several commands take, checked while the command line is read."""

import argparse
from datetime import date

from settlement.clock import day_of


def add_days(parser: argparse.ArgumentParser) -> None:
    """Add `--from` and `--to`, both inclusive; they become the days `first` and `last`."""
    for name, target in (("--from", "first"), ("--to", "last")):
        parser.add_argument(
            name, dest=target, type=_day, required=True, metavar="DATE", help="inclusive"
        )


def _day(text: str) -> int:
    try:
        return day_of(date.fromisoformat(text))
    except ValueError:
        message = f"{text!r} is no date; expected one such as 2027-03-29"
        raise argparse.ArgumentTypeError(message) from None


def minute_of_day(text: str) -> int:
    """Read a time of the day such as 17:00, in minutes since midnight."""
    hours, colon, minutes = text.partition(":")
    if not (colon and hours.isdecimal() and minutes.isdecimal() and int(minutes) < 60):
        raise argparse.ArgumentTypeError(f"{text!r} is no time; expected one such as 17:00")
    return 60 * int(hours) + int(minutes)
