from datetime import date

import numpy as np
import pytest

from backend.district import District


def test_site_power_is_the_sum_of_its_assets_times_four(district: District):
    site_id = "LV1-8"
    series = [
        district.asset_wh(asset.asset_id)
        for asset in district.assets_of(site_id)
        if asset.asset_id in district.series_asset_ids
    ]
    assert len(series) > 2
    power_w = district.site_w(site_id)
    assert power_w.dtype == np.int32
    assert power_w.tolist() == [4 * sum(column) for column in zip(*map(list, series), strict=True)]


def test_the_sites_add_up_to_the_congestion_points(district: District):
    sites_w = sum(district.site_w(site.site_id) for site in district.sites)
    points_w = sum(
        district.congestion_point_w(p.congestion_point_id) for p in district.congestion_points
    )
    assert np.array_equal(sites_w, points_w)
    assert np.array_equal(sites_w, 4 * district.energy_wh.sum(axis=0))


def test_unknown_names_are_refused(district: District):
    with pytest.raises(KeyError, match="LV9-1"):
        district.site_w("LV9-1")
    with pytest.raises(KeyError, match="LV9"):
        district.congestion_point_w("LV9")
    with pytest.raises(KeyError, match="nobody"):
        district.asset_wh("nobody")


def test_a_battery_has_no_series(district: District):
    battery = next(asset for asset in district.assets if asset.capacity_wh is not None)
    with pytest.raises(KeyError, match="has no series"):
        district.asset_w(battery.asset_id)


def test_days_tile_the_quarters(district: District):
    day, end = district.first_day, 0
    while day <= district.last_day:
        columns = district.quarters_of_day(day)
        assert columns.start == end
        end, day = columns.stop, date.fromordinal(day.toordinal() + 1)
    assert end == district.quarters


def test_a_day_outside_is_refused(district: District):
    with pytest.raises(ValueError, match="2016-05-02: expected 2016-02-01 to 2016-05-01"):
        district.quarters_of_day(date(2016, 5, 2))


def test_the_series_cannot_be_changed(district: District):
    for series in (
        district.energy_wh,
        district.asset_wh("LV1-1-Load8"),
        district.day_ahead_price,
        district.temperature_centi_celsius,
    ):
        with pytest.raises(ValueError, match="read-only"):
            series[0] = 1


def test_moved_shifts_every_stamp_and_no_value(district: District):
    moved = district.moved(574)
    shift_s = 574 * 7 * 86_400
    assert moved.first_quarter_utc_s - district.first_quarter_utc_s == shift_s
    assert (moved.first_day, moved.last_day) == (date(2027, 2, 1), date(2027, 5, 2))
    assert moved.non_working_days == (date(2027, 3, 26), date(2027, 3, 29), date(2027, 5, 2))
    assert moved.quarters_of_day(date(2027, 3, 28)) == district.quarters_of_day(date(2016, 3, 27))
    assert moved.energy_wh is district.energy_wh
    assert moved.day_ahead_price is district.day_ahead_price
    for before, after in zip(district.sessions, moved.sessions, strict=True):
        assert after.plug_in_utc_s - before.plug_in_utc_s == shift_s
        assert after.plug_out_utc_s - before.plug_out_utc_s == shift_s
        if before.stated_departure_utc_s is None:
            assert after.stated_departure_utc_s is None
        else:
            assert after.stated_departure_utc_s - before.stated_departure_utc_s == shift_s
        assert (after.session_id, after.delivered_wh) == (before.session_id, before.delivered_wh)


def test_moves_add_up_and_lead_back(district: District):
    there = district.moved(52).moved(574 - 52)
    assert there.sessions == district.moved(574).sessions
    assert there.moved(-574).sessions == district.sessions


def test_a_move_off_the_clock_change_is_refused(district: District):
    with pytest.raises(ValueError, match="on 2027-03-21, expected 2027-03-28"):
        district.moved(573)
