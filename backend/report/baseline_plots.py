"""The drawings of a baseline trial, as SVG elements. Power in kW, consumption upwards."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from backend.report.baseline_evaluation import CLOCK, ComparedDay, Evaluation, Score
from backend.report.canvas import HALF, as_svg, empty_figure, style
from backend.report.lines import stepped
from backend.report.plots import AFTER, BASELINE, BEFORE, ORDERED
from settlement.clock import MINUTES_PER_DAY, day_of

ACTUAL, BEST, OTHERS, EVENT = BASELINE, AFTER, BEFORE, ORDERED
_BAR_PX, _FRAME_PX, _DAY_PX = 24, 60, 270
_BAND_ALPHA, _W_PER_KW, _DATES_SHOWN = 0.13, 1_000, 6


def draw_ranking(scores: Sequence[Score], width: int, name: str, label: str) -> str:
    """Draw each method's error as a bar and its bias as a diamond.

    Args:
        scores: the methods, the best first; in percent of the mean power where that is defined
            for all of them, else without the bias and in kW.
        width: width of the page in px.
        name: unique on the page.
        label: text for those who do not see the drawing.
    """
    relative = all(one.accuracy.rrmse is not None for one in scores)
    rows = np.arange(len(scores))
    with style():
        figure = empty_figure(width, _BAR_PX * len(scores) + _FRAME_PX)
        axes = figure.subplots()
        errors = [
            100 * (one.accuracy.rrmse or 0) if relative else one.accuracy.rmse_w / _W_PER_KW
            for one in scores
        ]
        colors = [BEST, *[OTHERS] * (len(scores) - 1)]
        axes.barh(rows, errors, color=colors, height=0.72)
        if relative:
            biases = [100 * (one.accuracy.bias or 0) for one in scores]
            axes.plot(biases, rows, "D", color=ACTUAL, markersize=4)
        axes.axvline(0, color="#3b4552", linewidth=0.8)
        axes.set_yticks(rows, [one.method.name for one in scores])
        axes.set_ylim(len(scores) - 0.4, -0.6)
        axes.tick_params(axis="y", length=0)
        axes.set_xlabel("percent of the mean power" if relative else "kW")
        axes.grid(True, axis="x")
        return as_svg(figure, name, label)


def draw_profile(trial: Evaluation, name: str, label: str) -> str:
    """Draw the event as it was on average, and as each method had it."""
    # A day without one of the hours has another length and cannot be averaged with the others.
    length = max(len(day.isps) for day in trial.days)
    days = [day for day in trial.days if len(day.isps) == length]
    minutes = trial.from_minute + CLOCK.isp_minutes * np.arange(length)
    with style():
        figure = empty_figure(HALF, _DAY_PX)
        axes = figure.subplots()
        for score in reversed(trial.scores):
            is_best = score is trial.scores[0]
            means = np.mean([day.baselines_w[score.method.name] for day in days], axis=0)
            x, y = stepped(minutes, means / _W_PER_KW)
            axes.plot(x, y, color=BEST if is_best else OTHERS, linewidth=2.2 if is_best else 0.9)
        x, y = stepped(minutes, np.mean([day.actual_w for day in days], axis=0) / _W_PER_KW)
        axes.plot(x, y, color=ACTUAL, linewidth=2.2, linestyle=(0, (1, 1.2)))
        _clock_axis(axes, trial.from_minute, trial.to_minute)
        return as_svg(figure, name, label)


def draw_errors(trial: Evaluation, name: str, label: str) -> str:
    """Draw by how much the best method was above (below) the actual, day by day."""
    best = trial.scores[0].method.name
    numbers = np.array([day_of(day.day) for day in trial.days])
    errors = np.array([day.mean_error_w(best) for day in trial.days]) / _W_PER_KW
    with style():
        figure = empty_figure(HALF, _DAY_PX)
        axes = figure.subplots()
        axes.bar(numbers, errors, color=BEST, width=0.8)
        axes.axhline(0, color="#3b4552", linewidth=0.8)
        shown = trial.days[:: -(-len(trial.days) // _DATES_SHOWN)]
        axes.set_xticks([day_of(one.day) for one in shown], [f"{one.day:%m-%d}" for one in shown])
        axes.set_ylabel("mean error in kW")
        axes.grid(True)
        return as_svg(figure, name, label)


def draw_compared_day(trial: Evaluation, day: ComparedDay, name: str, label: str) -> str:
    """Draw a whole day as metered, with the best method's baseline in the event."""
    isps = CLOCK.day_isps(day_of(day.day))
    minutes = np.array([CLOCK.local_minutes(isp) % MINUTES_PER_DAY for isp in isps])
    read = [trial.readings.at(isp) for isp in isps]
    metered_w = np.array([np.nan if w is None else w for w in read], dtype=np.float64)
    inside = np.array([isp in day.isps for isp in isps])
    baseline_w = np.full(len(isps), np.nan)
    baseline_w[inside] = day.baselines_w[trial.scores[0].method.name]
    with style():
        figure = empty_figure(HALF, _DAY_PX)
        axes = figure.subplots()
        axes.plot(*stepped(minutes, metered_w / _W_PER_KW), color=ACTUAL, linewidth=1.4)
        axes.plot(*stepped(minutes, baseline_w / _W_PER_KW), color=BEST, linewidth=2.4)
        axes.axvspan(
            trial.from_minute, trial.to_minute, color=EVENT, alpha=_BAND_ALPHA, linewidth=0
        )
        _clock_axis(axes, 0, MINUTES_PER_DAY)
        return as_svg(figure, name, label)


def _clock_axis(axes: Axes, from_minute: int, to_minute: int) -> None:
    """Label local time by full hours, not more than about nine of them."""
    step = 60 * max(1, -(-(to_minute - from_minute) // (60 * 8)))
    ticks = range(-(-from_minute // 60) * 60, to_minute + 1, step)
    axes.set_xticks(list(ticks), [f"{tick // 60:02d}:00" for tick in ticks])
    axes.set_xlim(from_minute, to_minute)
    axes.set_xlabel("local time")
    axes.set_ylabel("power in kW, export below 0")
    axes.grid(True)
