"""What the shipped data hold."""

import hashlib
import json
from collections import Counter
from datetime import date

import numpy as np
import pytest

from backend.district import AssetKind, District
from backend.district.charging import SECONDS_PER_HOUR
from backend.district.loader import DATA_FOLDER, FILES, MANIFEST
from backend.district.tables import format_stamp

MOST_BYTES = 2_000_000


def test_manifest_lists_every_data_file_with_its_hash_and_size():
    manifest = json.loads((DATA_FOLDER / MANIFEST).read_text())
    found = {path.name for path in DATA_FOLDER.iterdir()} - {MANIFEST, "README.md"}
    assert found == set(manifest["files"]) == set(FILES)
    for name, entry in manifest["files"].items():
        content = (DATA_FOLDER / name).read_bytes()
        assert entry["sha256"] == hashlib.sha256(content).hexdigest(), name
        assert entry["bytes"] == len(content), name


def test_folder_is_small_enough_to_ship():
    assert sum(path.stat().st_size for path in DATA_FOLDER.iterdir()) <= MOST_BYTES


def test_sites_and_assets_are_those_of_the_two_grids(district: District):
    assert [point.congestion_point_id for point in district.congestion_points] == ["LV1", "LV4"]
    fed = Counter(site.congestion_point_id for site in district.sites)
    assert fed == {"LV1": 13, "LV4": 39}
    assert Counter(asset.kind for asset in district.assets) == {
        AssetKind.HOUSEHOLD: 35,
        AssetKind.BUSINESS: 9,
        AssetKind.FARM: 10,
        AssetKind.HEAT_PUMP: 18,
        AssetKind.ELECTRIC_VEHICLE: 14,
        AssetKind.PHOTOVOLTAIC: 14,
        AssetKind.BATTERY: 9,
    }


def test_thirteen_weeks_begin_on_a_monday_and_hold_the_clock_change(district: District):
    assert district.first_day == date(2016, 2, 1)
    assert district.last_day == date(2016, 5, 1)
    assert format_stamp(district.first_quarter_utc_s) == "2016-01-31T23:00:00Z"
    assert district.quarters == 13 * 7 * 96 - 4
    assert district.quarters_of_day(date(2016, 3, 27)) == slice(55 * 96, 55 * 96 + 92)
    assert len(district.day_ahead_price) == district.quarters // 4
    assert len(district.temperature_centi_celsius) == district.quarters // 4


def test_reverse_flow_exceeds_the_rating_of_the_smaller_transformer(district: District):
    small, large = district.congestion_points
    assert (small.rated_va, small.export_limit_w) == (160_000, 160_000)
    assert (large.rated_va, large.export_limit_w) == (400_000, 400_000)
    assert district.congestion_point_w("LV1").min() == -226_756
    assert np.count_nonzero(district.congestion_point_w("LV1") < -small.export_limit_w) == 312
    assert district.congestion_point_w("LV4").min() > -large.export_limit_w


@pytest.mark.parametrize(("point", "quarters_above"), [(0, 827), (1, 1748)])
def test_both_points_exceed_their_import_limit(district: District, point: int, quarters_above: int):
    found = district.congestion_points[point]
    power_w = district.congestion_point_w(found.congestion_point_id)
    assert np.count_nonzero(power_w > found.import_limit_w) == quarters_above


def test_photovoltaics_only_generate_and_are_dark_at_night(district: District):
    plants = [a.asset_id for a in district.assets if a.kind is AssetKind.PHOTOVOLTAIC]
    total_w = sum(district.asset_w(asset_id).astype(np.int64) for asset_id in plants)
    assert total_w.max() == 0
    night = [district.quarters_of_day(date(2016, 3, 1)).start + quarter for quarter in range(16)]
    assert not total_w[night].any()
    assert total_w.min() < -200_000


def test_batteries_have_a_nameplate_and_no_series(district: District):
    for asset in district.assets:
        if asset.kind is AssetKind.BATTERY:
            assert asset.capacity_wh >= asset.rated_w > 0
            assert asset.efficiency_bp == 9_500
            assert asset.asset_id not in district.series_asset_ids
        else:
            assert (asset.capacity_wh, asset.efficiency_bp) == (None, None)


def test_every_vehicle_charges_exactly_what_its_sessions_deliver(district: District):
    vehicles = [a for a in district.assets if a.kind is AssetKind.ELECTRIC_VEHICLE]
    for asset in vehicles:
        delivered_wh = sum(s.delivered_wh for s in district.sessions_of(asset.asset_id))
        assert int(district.asset_wh(asset.asset_id).sum()) == delivered_wh > 0
    assert sum(len(district.sessions_of(a.asset_id)) for a in vehicles) == len(district.sessions)


def test_no_vehicle_charges_outside_a_session(district: District):
    for asset in district.assets:
        if asset.kind is not AssetKind.ELECTRIC_VEHICLE:
            continue
        connected = np.zeros(district.quarters, dtype=bool)
        for session in district.sessions_of(asset.asset_id):
            first = (session.plug_in_utc_s - district.first_quarter_utc_s) // 900
            last = -((district.first_quarter_utc_s - session.plug_out_utc_s) // 900)
            connected[first:last] = True
        assert not district.asset_wh(asset.asset_id)[~connected].any()


def test_sessions_lie_within_the_period_and_never_overlap(district: District):
    end_utc_s = district.first_quarter_utc_s + district.quarters * 900
    for asset_id in {session.asset_id for session in district.sessions}:
        last_utc_s = district.first_quarter_utc_s
        for session in district.sessions_of(asset_id):
            assert last_utc_s <= session.plug_in_utc_s < session.plug_out_utc_s <= end_utc_s
            last_utc_s = session.plug_out_utc_s


def test_a_capped_session_charges_what_fits_and_says_so(district: District):
    rated_w = {asset.asset_id: asset.rated_w for asset in district.assets}
    capped = [session for session in district.sessions if session.capped]
    assert len(capped) == 43
    for session in capped:
        connected_s = session.plug_out_utc_s - session.plug_in_utc_s
        missing_ws = rated_w[session.asset_id] * connected_s - session.delivered_wh * 3_600
        assert 0 <= missing_ws < SECONDS_PER_HOUR
        assert session.delivered_wh < session.recorded_wh


def test_a_driver_who_stated_nothing_is_unknown_not_zero(district: District):
    silent = [s for s in district.sessions if s.stated_departure_utc_s is None]
    assert len(silent) == 146
    assert all(session.requested_wh is None for session in silent)


def test_session_counts_add_up_to_the_rows_of_the_source(district: District):
    counts = json.loads((DATA_FOLDER / MANIFEST).read_text())["sessions"]
    reasons = ("outside_period", "at_clock_change", "overlapping", "other_stations", "kept")
    assert sum(counts[reason] for reason in reasons) == counts["rows"] == 3_527
    assert counts["kept"] == len(district.sessions)
    assert counts["at_clock_change"] == 1


def test_a_business_rests_on_the_recorded_holidays(district: District):
    asset = next(a for a in district.assets if a.profile == "G1-A")

    def day_wh(day: date) -> int:
        return int(district.asset_wh(asset.asset_id)[district.quarters_of_day(day)].sum())

    assert day_wh(date(2016, 3, 25)) * 4 < day_wh(date(2016, 3, 18))
    assert day_wh(date(2016, 3, 28)) * 4 < day_wh(date(2016, 3, 21))
