"""The pages about a house's week and a car park's day: true to what was lived, and whole."""

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from backend.cli import main
from backend.district import District, load_district
from backend.report.flexibility_cars import short_wh
from backend.report.flexibility_findings import rows
from backend.report.flexibility_outlook import first_isp_of
from backend.report.flexibility_park import ParkDay, live_park_day
from backend.report.flexibility_park_page import render_car_park_day
from backend.report.flexibility_week import HouseWeek, live_house_week
from backend.report.flexibility_week_page import render_building_week
from backend.report.wording import NOTHING
from flexmanager.local.finding import Cause, Finding
from settlement.activation import Activation
from settlement.errors import InputError
from tests.backend.report.parsed import Element, parsed

MONDAY, WEDNESDAY = date(2016, 2, 15), date(2016, 3, 16)


@pytest.fixture(scope="module")
def district() -> District:
    return load_district()


@pytest.fixture(scope="module")
def week(district: District) -> HouseWeek:
    return live_house_week(district, "LV4-12", MONDAY)


@pytest.fixture(scope="module")
def week_page(district: District, week: HouseWeek) -> Element:
    quiet = live_house_week(district, "LV4-12", MONDAY, with_events=False)
    assert not any(one.offered for one in quiet.lived)
    return parsed(render_building_week(week, quiet))


@pytest.fixture(scope="module")
def parks(district: District) -> list[ParkDay]:
    first = first_isp_of(district) + district.quarters_of_day(WEDNESDAY).start
    order = Activation(first + 44, 2, -12_000)
    return [live_park_day(district, WEDNESDAY, order, early) for early in (0.5, 0.0, 1.0)]


@pytest.fixture(scope="module")
def park_page(parks: list[ParkDay]) -> Element:
    return parsed(render_car_park_day(parks))


def test_the_owner_decides_when_there_are_events(week: HouseWeek) -> None:
    chosen = [one.chosen is not None for one in week.lived]
    # Not on Wednesday ("not today"), and no fifth in the week ("at most four events").
    assert chosen == [True, True, False, True, True, False, False]
    assert [bool(one.offered) for one in week.lived] == chosen


def test_every_trouble_is_noticed_with_its_cause(week: HouseWeek) -> None:
    for one in week.lived:
        noticed = {finding.cause for finding in one.manager.findings} - {Cause.DRIFT}
        assert noticed == {trouble.cause for trouble in one.planned.troubles}


def test_what_is_promised_is_delivered_unless_the_owner_takes_back_control(week: HouseWeek) -> None:
    for one in week.lived:
        if one.chosen is None:
            assert one.delivered_wh == 0.0
            continue
        event = one.chosen.activation
        ordered_wh = -event.ordered_w * event.isps / 4
        overridden = any(trouble.cause is Cause.OVERRIDE for trouble in one.planned.troubles)
        share = one.delivered_wh / ordered_wh
        assert share < 0.6 if overridden else share == pytest.approx(1.0, abs=0.02)


def test_the_house_stays_as_warm_as_its_owner_asks(week: HouseWeek) -> None:
    below = week.band.low_c - week.air_c
    # People and sun give another heat than forecast: the thermostat corrects it each quarter hour.
    assert below.max() < 0.2
    assert week.power_w.max() <= week.house.device.heater.rated_w
    saturday = 5 * 96
    assert week.band.low_c[saturday + 36 : saturday + 88].min() == 20.5


def test_the_page_of_a_week_tells_every_day_and_finding(
    week: HouseWeek, week_page: Element
) -> None:
    days, findings = (table.rows() for table in week_page.all("table"))
    assert [row[0] for row in days[1:]] == [
        f"{week.day(at):%a} {week.day(at).day} Feb" for at in range(7)
    ]
    assert days[3][2] == "not today, said the owner"
    assert days[6][2] == "4 events this week are enough, said the owner"
    causes = [row[2] for row in findings[1:]]
    assert {"override", "no reading", "failure", "late or stale reading"} <= set(causes)
    assert len(week_page.all("svg")) > 6
    check_self_contained(week_page)


def test_no_car_is_short_but_one_that_left_before_it_had_said(parks: list[ParkDay]) -> None:
    for park in parks:
        for car in park.cars:
            assert car.got_wh <= car.takes_wh + 1
            assert not short_wh(car) or car.left_early
    at_once = parks[1]
    assert sum(short_wh(car) for car in at_once.cars) < 500


def test_the_park_adds_up(parks: list[ParkDay]) -> None:
    for park in parks:
        drawn_wh = park.total_w("power_w").sum() / 4
        assert drawn_wh == pytest.approx(sum(car.got_wh for car in park.cars), abs=len(park.cars))
        assert (park.delivered_w <= 0).all()
        assert (park.delivered_w >= park.order.ordered_w).all()
        late = [car for car in park.cars if car.session.requested_wh is None]
        for car in late:
            np.testing.assert_allclose(car.power_w, car.at_once_w, atol=30)


def test_the_page_of_a_park_tells_every_car(parks: list[ParkDay], park_page: Element) -> None:
    cares, cars = (table.rows() for table in park_page.all("table"))
    assert [row[0] for row in cares[1:]] == ["at once", "in between", "when due"]
    assert [row[0] for row in cars[1:]] == [car.session.session_id for car in parks[0].cars]
    unsaid = [row for row in cars[1:] if row[7] == "nothing said: charged at once"]
    assert {row[2] for row in unsaid} == {row[4] for row in unsaid} == {NOTHING}
    check_self_contained(park_page)


def check_self_contained(page: Element) -> None:
    ids = [one.attributes["id"] for one in page.everything() if "id" in one.attributes]
    assert len(ids) == len(set(ids))
    for one in page.everything():
        for name in ("src", "href", "xlink:href"):
            assert (one.attributes.get(name) or "#").startswith("#")


def test_findings_on_end_are_one_row() -> None:
    first = 1_617_788
    causes = [(0, Cause.MISSING), (1, Cause.MISSING), (3, Cause.MISSING), (4, Cause.STALE)]
    found = rows([Finding(first + at, cause, f"at {at}") for at, cause in causes])
    assert [(one.hours, one.cause, one.text) for one in found] == [
        ("00:00 to 00:30", Cause.MISSING, "at 0"),
        ("00:45 to 01:00", Cause.MISSING, "at 3"),
        ("01:00 to 01:15", Cause.STALE, "at 4"),
    ]
    assert found[0].day == "Sun 21 Feb"
    assert all(one.reaction for one in found)


def test_what_cannot_be_lived_is_refused(district: District) -> None:
    with pytest.raises(InputError, match="a Monday from"):
        live_house_week(district, "LV4-12", date(2016, 2, 16))
    with pytest.raises(InputError, match="a part of 2016-03-16"):
        live_park_day(district, WEDNESDAY, Activation(1_617_788, 4, -12_000))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["building-week", "--site", "nowhere"], "nowhere"),
        (["building-week", "--monday", "2016-02-16"], "a Monday"),
        (["car-park-day", "--early", "2"], "early_share is 2.0"),
        (["car-park-day", "--day", "2016-01-01"], "2016-01-01"),
        (["car-park-day", "--from", "12:00", "--to", "11:00"], "at least one"),
    ],
)
def test_a_command_that_cannot_be_run_says_why(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    assert said in capsys.readouterr().err


def test_a_command_writes_its_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "new" / "week.html"
    assert main(["building-week", "--site", "LV4-9", "--out", str(page)]) == 0
    assert str(page) in capsys.readouterr().out
    assert "house LV4-9" in page.read_text(encoding="utf-8")
