"""The page about a baseline trial: which method meets a site's own history best."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from backend.report import baseline_plots
from backend.report.baseline_evaluation import ComparedDay, Evaluation
from backend.report.canvas import NARROW, WIDE
from backend.report.key_figures import Tile
from backend.report.sections import Drawing
from backend.report.templates import environment
from backend.report.wording import NOTHING, counted, kilo, number, percent

_TEMPLATE = "baselines.html.jinja"


@dataclass(frozen=True, slots=True)
class ShownDay:
    """A day drawn closely."""

    title: str
    note: str
    drawing: Drawing


def write_baselines(trial: Evaluation, path: Path) -> Path:
    """Write the page of a trial; its folder is made if missing, an earlier file is replaced."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(render_baselines(trial), encoding="utf-8")
    return path


def render_baselines(trial: Evaluation) -> str:
    """Return the page as one HTML document that refers to nothing outside itself."""
    best = trial.scores[0].method.name
    ranking = f"Error of each method; the smallest is that of {best}"
    return (
        environment()
        .get_template(_TEMPLATE)
        .render(
            trial=trial,
            best=trial.scores[0],
            hours=f"{clock_text(trial.from_minute)} to {clock_text(trial.to_minute)}",
            tiles=_tiles(trial),
            ranking=Drawing(
                baseline_plots.draw_ranking(trial.scores, WIDE, "ranking", ranking),
                baseline_plots.draw_ranking(trial.scores, NARROW, "rankingn", ranking),
            ),
            profile=Drawing(
                baseline_plots.draw_profile(trial, "profile", "The event on average, by method")
            ),
            errors=Drawing(
                baseline_plots.draw_errors(trial, "errors", f"Error of {best} on each day")
            ),
            shown_days=_shown_days(trial),
            left=left_reasons(trial),
            colors=baseline_plots,
        )
    )


def clock_text(minute: int) -> str:
    """Write a minute of the day such as "17:00"."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


def left_reasons(trial: Evaluation) -> dict[str, int]:
    """Return how many days were left out, by reason; like days that lack are one reason."""
    reasons: Counter[str] = Counter()
    for _, reason in trial.left:
        name, _, note = reason.partition(": ")
        lacking = note.startswith("only ")
        reasons[f"too few like days before it for {name}" if lacking else reason] += 1
    return dict(reasons)


def _tiles(trial: Evaluation) -> tuple[Tile, ...]:
    best, worst = trial.scores[0].accuracy, trial.scores[-1].accuracy
    mean_w = sum(sum(day.actual_w) for day in trial.days) / best.isps
    return (
        Tile("Most accurate", trial.scores[0].method.name, "", trial.scores[0].method.text),
        Tile(
            "Its error (RRMSE)",
            percent(best.rrmse),
            "",
            f"{kilo(best.rmse_w, 2)} kW; the least accurate: {kilo(worst.rmse_w, 2)} kW",
        ),
        Tile("Its bias", percent(best.bias), "", "above 0: the baseline was too high"),
        Tile(
            "Compared",
            number(len(trial.days), 0),
            "days",
            f"{counted(len(trial.left), 'day')} left out; mean power {kilo(mean_w, 2)} kW",
        ),
    )


def _shown_days(trial: Evaluation) -> tuple[ShownDay, ...]:
    """Return an ordinary day and the worst day of the best method."""
    name = trial.scores[0].method.name
    by_error = sorted(trial.days, key=lambda day: _rms_w(day, name))
    chosen = [("An ordinary day", by_error[len(by_error) // 2]), ("The worst day", by_error[-1])]
    return tuple(
        ShownDay(
            f"{title}: {day.day:%A} {day.day}",
            f"off by {kilo(_rms_w(day, name), 2)} kW, {_direction(day.mean_error_w(name))}",
            Drawing(
                baseline_plots.draw_compared_day(
                    trial, day, f"day{at}", f"{title} as metered and the baseline of {name}"
                )
            ),
        )
        for at, (title, day) in enumerate(chosen)
    )


def _direction(error_w: float) -> str:
    return f"{kilo(abs(error_w), 2)} kW too {'high' if error_w > 0 else 'low'} on average"


def _rms_w(day: ComparedDay, name: str) -> float:
    pairs = zip(day.baselines_w[name], day.actual_w, strict=True)
    return float((sum((b - a) ** 2 for b, a in pairs) / len(day.actual_w)) ** 0.5)


def as_table(trial: Evaluation) -> str:
    """Write the ranking for a terminal."""
    hours = f"{clock_text(trial.from_minute)} to {clock_text(trial.to_minute)}"
    period = f"{trial.days[0].day} to {trial.days[-1].day}"
    lines = [
        f"Site {trial.site_id}, {hours}, {counted(len(trial.days), 'day')} from {period}",
        "",
        f"{'method':<22}{'RRMSE':>10}{'bias':>10}{'MAPE':>10}{'RMSE kW':>10}",
    ]
    for one in trial.scores:
        found = one.accuracy
        shares = "".join(f"{percent(x):>10}" for x in (found.rrmse, found.bias, found.mape))
        lines.append(f"{one.method.name:<22}{shares}{kilo(found.rmse_w, 2):>10}")
    lines += [
        "",
        *(f"{counted(n, 'day')} left out: {why}" for why, n in left_reasons(trial).items()),
    ]
    if any(one.accuracy.rrmse is None for one in trial.scores):
        lines.append(f"{NOTHING}: undefined, as the site used and exported equally much")
    return "\n".join(lines).replace("\N{NO-BREAK SPACE}", " ")
