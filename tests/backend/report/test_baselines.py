"""Trying baseline methods on a site's history, and the page about it."""

from datetime import date
from math import isclose

import pytest

from backend.cli import main
from backend.district import load_district
from backend.report.baseline_evaluation import (
    CLOCK,
    METHODS,
    Evaluation,
    Method,
    evaluate,
    site_readings,
)
from backend.report.baseline_page import as_table, left_reasons, render_baselines, write_baselines
from settlement.baselines.baseline import rounded_baseline, zero_baseline
from settlement.errors import InputError
from tests.backend.report.parsed import parsed

SITE = "LV4-37"
EVENING = (17 * 60, 20 * 60)


@pytest.fixture(scope="module")
def district():
    return load_district()


@pytest.fixture(scope="module")
def trial(district) -> Evaluation:
    return evaluate(district, SITE, *EVENING)


def test_every_method_is_ranked_by_its_error(trial):
    assert {score.method for score in trial.scores} == set(METHODS)
    errors = [score.accuracy.rmse_w for score in trial.scores]
    assert errors == sorted(errors)
    assert trial.scores[-1].method.name == "zero"


def test_all_methods_are_compared_on_the_same_days(trial, district):
    compared = [day.day for day in trial.days]
    left = [day for day, _ in trial.left]
    assert sorted(compared + left) == [
        date.fromordinal(number)
        for number in range(district.first_day.toordinal(), district.last_day.toordinal() + 1)
    ]
    for day in trial.days:
        assert set(day.baselines_w) == {method.name for method in METHODS}
        assert len(day.actual_w) == len(day.isps) == 12
    # Ten working days are needed: two weeks of the recording pass before the first.
    assert min(compared) == date(2016, 2, 15)


def test_actual_is_what_the_meter_of_the_site_shows(trial, district):
    day = trial.days[20]
    columns = district.quarters_of_day(day.day)
    at_17h = columns.start + 17 * 4
    assert list(day.actual_w) == district.site_w(SITE)[at_17h : at_17h + 12].tolist()


def _oracle_of_future(district, error_w: int) -> Method:
    """A method that knows the reading and is off by a constant."""
    readings = site_readings(district, SITE)
    return Method(
        f"off by {error_w}",
        "",
        lambda isps, _: rounded_baseline([readings.at(isp) + error_w for isp in isps], (), ""),
    )


def test_a_method_that_knows_better_comes_first(district):
    methods = [_oracle_of_future(district, error) for error in (-300, 0, 100)]
    found = evaluate(district, SITE, *EVENING, methods)
    names = [score.method.name for score in found.scores]
    assert names == ["off by 0", "off by 100", "off by -300"]
    best, second, third = (score.accuracy for score in found.scores)
    assert (best.rmse_w, best.bias) == (0, 0)
    assert isclose(second.rmse_w, 100)
    assert third.bias < 0 < second.bias
    assert len(found.days) == 91
    assert found.left == ()


def test_hours_that_a_day_does_not_have_leave_it_out(district):
    zero = [Method("zero", "", lambda isps, _: zero_baseline(isps))]
    night = evaluate(district, SITE, 2 * 60, 3 * 60, zero)
    assert night.left == (
        (date(2016, 3, 27), "the event lies in the hour that the clock change leaves out"),
    )
    partly = evaluate(district, SITE, 60, 4 * 60, zero)
    assert sorted({len(day.isps) for day in partly.days}) == [8, 12]
    assert "2016-05-01" in render_baselines(partly)


@pytest.mark.parametrize(
    ("site", "hours", "message"),
    [
        ("LV9-1", EVENING, "site 'LV9-1'; expected a site such as LV1-1"),
        (SITE, (1200, 1020), "minutes 1200 to 1020"),
        (SITE, (1020, 1025), "full quarter hours"),
        (SITE, (-15, 60), "minutes -15"),
        (SITE, (0, 1455), "minutes 0 to 1455"),
    ],
)
def test_what_cannot_be_tried_is_refused(district, site, hours, message):
    with pytest.raises(InputError, match=message):
        evaluate(district, site, *hours)


def test_a_whole_day_leaves_nothing_to_compare_for_match_day(district):
    with pytest.raises(InputError, match="a day on which all methods work"):
        evaluate(district, SITE, 0, 24 * 60)


def test_table_has_a_row_per_method_and_tells_what_was_left_out(trial):
    table = as_table(trial)
    assert (
        table.splitlines()[0]
        == f"Site {SITE}, 17:00 to 20:00, 71 days from 2016-02-15 to 2016-05-01"
    )
    for method in METHODS:
        assert f"\n{method.name} " in table
    assert left_reasons(trial) == {"too few like days before it for high 5 of 10": 20}
    assert "20 days left out: too few like days" in table


def test_page_shows_every_method_and_refers_to_nothing_outside(trial, tmp_path):
    path = write_baselines(trial, tmp_path / "new" / "page.html")
    text = path.read_text(encoding="utf-8")
    page = parsed(text)
    names = [row.all("th")[0].text for row in page.all("tbody")[0].all("tr")]
    assert names == [score.method.name for score in trial.scores]
    assert "http" not in text
    assert text.count("<svg viewBox") >= 6
    assert text == render_baselines(trial)


def test_command(tmp_path, capsys):
    path = tmp_path / "page.html"
    assert (
        main(["baselines", "--site", SITE, "--from", "12:00", "--to", "13:00", "--out", str(path)])
        == 0
    )
    assert path.exists()
    assert "12:00 to 13:00" in capsys.readouterr().out
    assert main(["baselines", "--site", "nowhere"]) == 2
    assert "site 'nowhere'" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["baselines", "--site", SITE, "--from", "5 pm"])


def test_clock_is_that_of_the_recording(district):
    assert CLOCK.describe(CLOCK.isp_of(district.first_quarter_utc_s)) == "2016-02-01 00:00"
