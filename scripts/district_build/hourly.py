"""Hourly day-ahead prices and temperatures of the district's weeks."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from backend.district.parse import SECONDS_PER_HOUR
from scripts.district_build.sources import BuildError, read_table

PRICE_TABLE = "ev2gym/data/Netherlands_day-ahead-2015-2024.csv"
TEMPERATURE_TABLE = "emobpy/data/ERA5-hourly-t2m.csv"
ZERO_CELSIUS_IN_KELVIN = Decimal("273.15")
HUNDREDTH = Decimal("0.01")


def read_prices(ev2gym: Path, start_utc_s: int, end_utc_s: int) -> list[tuple[int, Decimal]]:
    """Read the day-ahead price of the Netherlands, which stands in for the German zone.

    The table is two exports one below the other; the second writes its stamps in another form and
    begins in 2023, so only stamps of the first form are read.

    Returns:
        UTC second and EUR per MWh of every hour from `start_utc_s` to before `end_utc_s`.

    Raises:
        BuildError: an hour is missing or stands twice.
    """
    columns = ("Datetime (UTC)", "Price (EUR/MWhe)")
    values: dict[int, Decimal] = {}
    for stamp, price in read_table(ev2gym, PRICE_TABLE, columns):
        if "-" in stamp:
            utc_s = round(datetime.fromisoformat(stamp).replace(tzinfo=UTC).timestamp())
            _add(PRICE_TABLE, values, utc_s, Decimal(price))
    return _every_hour(PRICE_TABLE, values, start_utc_s, end_utc_s)


def read_temperatures(emobpy: Path, start_utc_s: int, end_utc_s: int) -> list[tuple[int, Decimal]]:
    """Read the air temperature two metres above ground, one series for Germany.

    Returns:
        UTC second and degrees Celsius of every hour from `start_utc_s` to before `end_utc_s`.

    Raises:
        BuildError: an hour is missing or stands twice.
    """
    values: dict[int, Decimal] = {}
    for stamp, kelvin in read_table(emobpy, TEMPERATURE_TABLE, ("date", "DE")):
        parsed = datetime.strptime(stamp, "%Y-%m-%d %H:%M:%S GMT").replace(tzinfo=UTC)
        degrees = Decimal(kelvin) - ZERO_CELSIUS_IN_KELVIN
        _add(TEMPERATURE_TABLE, values, round(parsed.timestamp()), degrees)
    return _every_hour(TEMPERATURE_TABLE, values, start_utc_s, end_utc_s)


def _add(table: str, values: dict[int, Decimal], utc_s: int, value: Decimal) -> None:
    """Add the value of an hour, which may not have one yet, with two decimals."""
    stamp = datetime.fromtimestamp(utc_s, UTC)
    if utc_s in values:
        raise BuildError(f"{table}: {stamp} stands twice")
    values[utc_s] = value.quantize(HUNDREDTH)
    if values[utc_s] != value:
        raise BuildError(f"{table}: {stamp}: {value} has more than two decimals")


def _every_hour(
    table: str, values: dict[int, Decimal], start_utc_s: int, end_utc_s: int
) -> list[tuple[int, Decimal]]:
    hours = range(start_utc_s, end_utc_s, SECONDS_PER_HOUR)
    missing = [utc_s for utc_s in hours if utc_s not in values]
    if missing:
        first = datetime.fromtimestamp(missing[0], UTC)
        raise BuildError(f"{table}: {len(missing)} hours missing, the first {first}")
    return [(utc_s, values[utc_s]) for utc_s in hours]
