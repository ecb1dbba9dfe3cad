"""A list of days as a file: one date per line, such as 2027-03-29, and comments after #."""

from datetime import date
from pathlib import Path

from settlement.clock import day_of
from settlement.errors import InputError


def read_days(path: Path) -> frozenset[int]:
    """Read the days of a list, in any order.

    Raises:
        InputError: names file, row and what was expected there.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(str(error), str(path), "a text file in UTF-8") from None
    days = set()
    for row, line in enumerate(lines, start=1):
        text = line.partition("#")[0].strip()
        if text:
            try:
                days.add(day_of(date.fromisoformat(text)))
            except ValueError:
                where = f"{path}, row {row}"
                raise InputError(f"{text!r:.40}", where, "a date such as 2027-03-29") from None
    return frozenset(days)
