"""What a meter CSV file holds, as whoever imports it states it: columns, units, clock."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from settlement.errors import InputError


class Unit(Enum):
    """What a value column holds, as W or as Wh and multiples of them."""

    W = ("power", 1)
    KW = ("power", 1_000)
    WH = ("energy", 1)
    KWH = ("energy", 1_000)

    def w_factor(self, isp_minutes: int) -> int:
        """Return by what a value is multiplied to be W averaged over an ISP."""
        kind, factor = self.value
        return int(factor) * (60 // isp_minutes if kind == "energy" else 1)


@dataclass(frozen=True, slots=True)
class Mapping:
    """Which columns of a CSV file hold what.

    Attributes:
        point: column of the metering point.
        start: column of the start of an ISP.
        value: column of the consumption, or of what is taken from the grid.
        export: column of what is fed into the grid, subtracted; None without one.
        unit: of both value columns.
        local: True where the start is local time by `clock` and has no zone; False where it is
            UTC ("Z") or has an offset.
        day_first: True for 28.03.2027 03:00, False for 2027-03-28 03:00.
        decimal_comma: True for 0,25.
        delimiter: between columns.
    """

    point: str
    start: str
    value: str
    unit: Unit
    export: str | None = None
    local: bool = False
    day_first: bool = False
    decimal_comma: bool = False
    delimiter: str = ","

    def __post_init__(self) -> None:
        """Refuse a delimiter that cannot part columns."""
        if len(self.delimiter) != 1:
            raise InputError(f"{self.delimiter!r:.20}", "delimiter", "one character")

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that are read."""
        export = () if self.export is None else (self.export,)
        return (self.point, self.start, self.value, *export)


def check_mapping(mapping: Mapping, header: Sequence[str], where: str) -> None:
    """Refuse a header that lacks a mapped column or has it twice.

    Args:
        mapping: the columns that are read.
        header: all columns of the file.
        where: file and row.

    Raises:
        InputError: names the column.
    """
    for name in mapping.columns:
        if header.count(name) != 1:
            found = f"column {name} stands {header.count(name)} times"
            raise InputError(found, where, f"once each: {', '.join(mapping.columns)}")
