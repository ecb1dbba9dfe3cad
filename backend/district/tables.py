"""Reading the CSV tables of the district, with errors that say what and where."""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import TypeVar

STAMP_FORMAT = "%Y-%m-%dT%H:%M:%SZ"

T = TypeVar("T")


class DistrictDataError(ValueError):
    """The district data break a rule.

    Attributes:
        file: name of the file.
        row: line of the file, the header being line 1; None if the rule concerns the whole file.
        rule: what was found and what was expected.
    """

    def __init__(self, file: str, row: int | None, rule: str) -> None:
        """Name the file, the row (None for the whole file) and the rule."""
        self.file = file
        self.row = row
        self.rule = rule
        super().__init__(f"{file}: {rule}" if row is None else f"{file} row {row}: {rule}")


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table: its file, its line (the header is line 1) and its text by column."""

    file: str
    line: int
    texts: dict[str, str]

    def error(self, column: str, rule: str) -> DistrictDataError:
        """Return the error of a broken `rule` in `column`, quoting the text."""
        return DistrictDataError(
            self.file, self.line, f"column {column}: {self.texts[column]!r}: {rule}"
        )

    def text(self, column: str) -> str:
        """Return the text of a column that may not be empty."""
        found = self.texts[column]
        if not found or found != found.strip():
            raise self.error(column, "expected text without spaces around it")
        return found

    def integer(self, column: str, least: int, most: int = 2**31 - 1) -> int:
        """Return a whole number from `least` to `most`."""
        found = self.texts[column]
        digits = found.removeprefix("-")
        if not (digits.isascii() and digits.isdigit()):
            raise self.error(column, "expected a whole number")
        value = int(found)
        if not least <= value <= most:
            raise self.error(column, f"expected {least} to {most}")
        return value

    def scaled(self, column: str, decimals: int) -> int:
        """Return a decimal number in units of 10 to the power of -`decimals`, exactly."""
        try:
            value = Decimal(self.texts[column]).scaleb(decimals)
            whole = value.to_integral_value(ROUND_HALF_EVEN)
        except InvalidOperation:
            raise self.error(column, "expected a decimal number") from None
        if not value.is_finite() or whole != value:
            raise self.error(column, f"expected a number with at most {decimals} decimals")
        return int(whole)

    def stamp(self, column: str) -> int:
        """Return the UTC second of a stamp such as 2016-02-01T07:15:30Z."""
        found = self.texts[column]
        try:
            utc_s = round(datetime.fromisoformat(found).timestamp())
        except ValueError:
            utc_s = 0
        # Only the one form that the tables are written in, so that no offset slips through.
        if format_stamp(utc_s) != found:
            raise self.error(column, "expected a UTC stamp YYYY-MM-DDTHH:MM:SSZ")
        return utc_s

    def optional(self, column: str, read: Callable[[str], T]) -> T | None:
        """Return what `read` makes of the column, None where it is empty."""
        return read(column) if self.texts[column] else None


def format_stamp(utc_s: int) -> str:
    """Return the text of a UTC second as the tables hold it."""
    return datetime.fromtimestamp(utc_s, UTC).strftime(STAMP_FORMAT)


def read_rows(file: str, content: bytes, columns: Sequence[str]) -> Iterator[Row]:
    """Yield the rows of a table.

    Args:
        file: name used in errors.
        content: the bytes of the file, UTF-8 with commas.
        columns: the columns that the header has to name, in this order.

    Raises:
        DistrictDataError: not UTF-8, a missing or unknown column, a row of another length, no rows.
    """
    try:
        lines = csv.reader(io.StringIO(content.decode("utf-8"), newline=""), strict=True)
        header = next(lines, [])
        for missing in [name for name in columns if name not in header]:
            raise DistrictDataError(file, 1, f"column {missing} is missing")
        if header != list(columns):
            raise DistrictDataError(file, 1, f"header {header}: expected {list(columns)}")
        empty = True
        for cells in lines:
            if len(cells) != len(columns):
                rule = f"{len(cells)} cells, expected {len(columns)}"
                raise DistrictDataError(file, lines.line_num, rule)
            empty = False
            yield Row(file, lines.line_num, dict(zip(columns, cells, strict=True)))
    except UnicodeDecodeError as error:
        raise DistrictDataError(file, None, f"byte {error.start} is not UTF-8") from None
    except csv.Error as error:
        raise DistrictDataError(file, lines.line_num, f"not a CSV row: {error}") from None
    if empty:
        raise DistrictDataError(file, None, "no rows, expected at least one")
