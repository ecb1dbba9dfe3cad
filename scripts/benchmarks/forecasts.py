"""Score the quantile model against seasonal-naive floors on the pilot district.

Rolling origin over the last four weeks: 48 hours ahead every seven hours, with what was known then;
the model is fitted anew each week. The floor is the better of last day and last week, chosen by
what came, which flatters it. The weather ahead is taken as measured, which flatters the model; a
row with yesterday's weather instead shows by how much. Prints Markdown; a minute. With `--series`
the hourly series of a file are scored instead, over its last eight weeks, without any weather.
"""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from time import process_time

from backend.demo import plan
from backend.district import District, load_district
from flexmanager.forecasting.known import HOURS_PER_DAY, HOURS_PER_WEEK, LEADS_MAX, MIDDLE, Known
from flexmanager.forecasting.naive import SEASONS, seasonal_naive
from flexmanager.forecasting.quantile_model import QuantileModel, fit
from flexmanager.forecasting.scores import Score, actual_values, naive_error, rolling, score
from flexmanager.rounding import FloatArray
from scripts.benchmarks.forecasts_bench.mornings import compare_mornings
from scripts.benchmarks.forecasts_bench.recorded import COLUMNS, read_series
from scripts.benchmarks.forecasts_bench.series import (
    calendar_of,
    hourly,
    series_of,
    weather_of_yesterday,
    with_values,
)

SCORED_WEEKS, FILE_SCORED_WEEKS = 4, 8
ORIGIN_EVERY_HOURS, SITE_ORIGIN_EVERY_HOURS = 7, 47
HORIZONS = {"1-6": slice(0, 6), "7-24": slice(6, 24), "25-48": slice(24, 48)}
SEASON_NAMES = {HOURS_PER_DAY: "day", HOURS_PER_WEEK: "week"}

Fitted = dict[int, QuantileModel]


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    columns = ",".join(COLUMNS)
    parser.add_argument("--series", type=Path, metavar="CSV", help=f"hourly series: {columns}")
    given = parser.parse_args()
    if given.series:
        print_file(read_series(given.series))
        return
    district = load_district()
    calendar = calendar_of(district)
    first = calendar.hours - SCORED_WEEKS * HOURS_PER_WEEK
    print_quantities(series_of(district, calendar), first)
    print_sites(district, calendar, first)
    print_mornings(district, calendar, first)


def print_quantities(series: dict[str, Known], first: int) -> None:
    """Print a row for each series and horizon."""
    table_head(
        "series", "hours ahead", "floor", "floor MASE", "model MASE", "floor pinball",
        "model pinball", "saved", "floor within 10-90 %", "model within 10-90 %",
    )  # fmt: skip
    for name, known in series.items():
        fitted: Fitted = {}
        print_horizons(name, known, first, partial(weekly_model, fitted, first))
        if name.startswith("heat"):
            blind = partial(without_weather, fitted, first)
            print_horizons(f"{name}, weather of yesterday", known, first, blind)


def print_file(series: dict[str, Known]) -> None:
    """Print a row for each series of a file, and how many beat their floor."""
    table_head("series", "floor", "floor MASE", "model MASE", "saved", "within 10-90 %")
    won = 0
    for name, known in series.items():
        first = known.hours - FILE_SCORED_WEEKS * HOURS_PER_WEEK
        one = fitted_once(known, first, ORIGIN_EVERY_HOURS)
        won += one.found.pinball < one.floor.pinball
        table_row(
            name, f"last {SEASON_NAMES[one.season]}", f"{one.floor.mase:.2f}",
            f"{one.found.mase:.2f}", saving(one.floor, one.found), f"{one.found.inside:.0%}",
        )  # fmt: skip
    print(f"\n{won} of {len(series)} series beat their floor")


def print_horizons(
    name: str, known: Known, first: int, forecaster: Callable[[Known, int], FloatArray]
) -> None:
    """Print the rows of a series."""
    origins = range(first, known.hours - LEADS_MAX + 1, ORIGIN_EVERY_HOURS)
    actual = actual_values(known, origins, LEADS_MAX)
    scale = naive_error(known.until(first))
    floors = floors_from(known, origins)
    made = rolling(known, forecaster, origins, LEADS_MAX)
    for ahead, hours in HORIZONS.items():
        season, floor = best_floor(
            {one: score(actual[:, hours], floors[one][:, hours], scale) for one in SEASONS}
        )
        found = score(actual[:, hours], made[:, hours], scale)
        table_row(
            name, ahead, f"last {SEASON_NAMES[season]}", f"{floor.mase:.2f}", f"{found.mase:.2f}",
            f"{floor.pinball:.4g}", f"{found.pinball:.4g}", saving(floor, found),
            f"{floor.inside:.0%}", f"{found.inside:.0%}",
        )  # fmt: skip


def print_sites(district: District, calendar: Known, first: int) -> None:
    """Fit a model for the net power of each site, once, and print how many beat their floor."""
    fit_s, ratios = 0.0, []
    for site in district.sites:
        known = with_values(calendar, hourly(district.site_w(site.site_id)))
        one = fitted_once(known, first, SITE_ORIGIN_EVERY_HOURS)
        fit_s += one.fit_s
        ratios.append(one.found.pinball / one.floor.pinball)
    print(
        f"\n{len(ratios)} sites, net power, fitted once: {fit_s:.0f} CPU s for all fits; "
        f"{sum(one < 1 for one in ratios)} beat their floor; pinball saved: median "
        f"{1 - median(ratios):.0%}, least {1 - max(ratios):.0%}, most {1 - min(ratios):.0%}"
    )


@dataclass(frozen=True, slots=True)
class FittedOnce:
    """How a model that is fitted once does beside the best floor.

    Attributes:
        season: that of the floor [h].
        floor: its score.
        found: that of the model.
        fit_s: CPU time of the fit [s].
    """

    season: int
    floor: Score
    found: Score
    fit_s: float


def fitted_once(known: Known, first: int, every_hours: int) -> FittedOnce:
    """Fit to the hours before `first`; score the rest, 48 hours ahead every so many hours."""
    origins = range(first, known.hours - LEADS_MAX + 1, every_hours)
    actual, scale = actual_values(known, origins, LEADS_MAX), naive_error(known.until(first))
    began = process_time()
    model = fit(known.until(first))
    fit_s = process_time() - began
    floors = floors_from(known, origins)
    season, floor = best_floor({one: score(actual, floors[one], scale) for one in SEASONS})
    found = score(actual, rolling(known, model.forecast, origins, LEADS_MAX), scale)
    return FittedOnce(season, floor, found, fit_s)


def floors_from(known: Known, origins: range) -> dict[int, FloatArray]:
    """Return what last day and last week say from each origin, by season."""
    return {
        season: rolling(known, partial(seasonal_naive, season_hours=season), origins, LEADS_MAX)
        for season in SEASONS
    }


def print_mornings(district: District, calendar: Known, first: int) -> None:
    """Print the error of the demonstration's forecast beside that of the model's middle."""
    print("\nThe demonstration's task: mean absolute error within the window, seen from its gate\n")
    table_head("congestion point", "window", "days like today [W]", "model [W]", "hours")
    windows = {(one.gate_minute, one.from_minute): one for one in plan.templates()}
    for point in district.congestion_points:
        name, fitted = point.congestion_point_id, Fitted()
        for window in windows.values():
            model = partial(weekly_middle, fitted, first)
            found = compare_mornings(district, name, window, calendar, first, model)
            hours = f"{window.from_minute // 60}-{window.to_minute // 60} h"
            table_row(
                name, hours, f"{found.mornings_w:,.0f}", f"{found.model_w:,.0f}", str(found.hours)
            )


def weekly_model(fitted: Fitted, first: int, known: Known, leads: int) -> FloatArray:
    """Forecast with the model that was fitted at the last full week."""
    week = (known.hours - first) // HOURS_PER_WEEK
    if week not in fitted:
        fitted[week] = fit(known.until(first + week * HOURS_PER_WEEK))
    return fitted[week].forecast(known, leads)


def weekly_middle(fitted: Fitted, first: int, known: Known, leads: int) -> FloatArray:
    """Return the middle alone, shape (leads,)."""
    middle: FloatArray = weekly_model(fitted, first, known, leads)[:, MIDDLE]
    return middle


def without_weather(fitted: Fitted, first: int, known: Known, leads: int) -> FloatArray:
    """Forecast as if no weather forecast came in."""
    return weekly_model(fitted, first, weather_of_yesterday(known, known.hours), leads)


def best_floor(scores: dict[int, Score]) -> tuple[int, Score]:
    """Return the season that turned out best, with its score."""
    return min(scores.items(), key=lambda one: one[1].pinball)


def saving(floor: Score, found: Score) -> str:
    """Tell by how much the loss is smaller."""
    saved = 1.0 - found.pinball / floor.pinball
    return f"{saved:.0%}" if saved > 0 else f"{saved:.0%}, does not beat the floor"


def table_head(*names: str) -> None:
    """Begin a Markdown table."""
    table_row(*names)
    table_row(*("---" for _ in names))


def table_row(*cells: str) -> None:
    """Print a row of a Markdown table."""
    print("| " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
