"""Horizons refuse series that do not fit, and orders fall into stretches of one sign."""

import numpy as np
import pytest

from flexmanager.errors import HorizonError
from flexmanager.horizon import Horizon, SiteHorizon, Stretch, least_ahead, request_stretches
from tests.flexmanager.defaults import FIRST_ISP, HEAT_PUMP, horizon, site_horizon, whole

TWO = np.zeros(2)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"isp_minutes": 20}, "isp_minutes: found 20; expected one of"),
        ({"first_isp": -1}, "first_isp: found -1"),
        ({"first_isp": 2**32}, "first_isp"),
        ({"recorded_w": np.zeros(2)}, "recorded_w: found values of type float64"),
        ({"recorded_w": np.zeros((1, 2), dtype=np.int64)}, "recorded_w: found shape"),
        ({"temperature_c": np.zeros(3)}, r"temperature_c: found shape \(3,\); expected shape \(2,"),
        ({"temperature_c": np.array([1.0, np.nan])}, "temperature_c, ISP 1: found nan"),
        ({"price_eur_per_mwh": np.array([np.inf, 1.0])}, "price_eur_per_mwh, ISP 0: found inf"),
    ],
)
def test_a_bad_series_is_named(change: dict[str, object], message: str) -> None:
    good: dict[str, object] = {
        "first_isp": FIRST_ISP,
        "isp_minutes": 15,
        "recorded_w": whole([0, 0]),
        "temperature_c": TWO,
        "price_eur_per_mwh": TWO,
    }
    with pytest.raises(HorizonError, match=message):
        Horizon(**(good | change))  # type: ignore[arg-type]


def test_a_site_names_the_asset_whose_series_does_not_fit() -> None:
    with pytest.raises(HorizonError, match="recorded_w of LV1-13-Load27"):
        SiteHorizon(FIRST_ISP, 15, {HEAT_PUMP.asset_id: whole([1, 2, 3])}, TWO, TWO)


def test_an_asset_without_a_series_idles() -> None:
    assert site_horizon({}, 3).asset("b").recorded_w.tolist() == [0, 0, 0]


def test_length_of_an_isp() -> None:
    assert horizon([0]).isp_hours == 0.25
    assert horizon([0]).isp_seconds == 900


def test_stretches_end_where_the_sign_changes() -> None:
    stretches = list(request_stretches(whole([0, -1, -5, 2, 0, 0, 7])))
    assert stretches == [Stretch(1, 3, -1), Stretch(3, 4, 1), Stretch(6, 7, 1)]


def test_no_order_has_no_stretch() -> None:
    assert list(request_stretches(whole([0, 0]))) == []
    assert list(request_stretches(whole([]))) == []


@pytest.mark.parametrize(
    ("isps", "least"),
    [(1, [3, 1, 4]), (2, [1, 1, 0]), (3, [1, 0, 0]), (4, [0, 0, 0])],
)
def test_least_ahead_knows_nothing_beyond_the_end(isps: int, least: list[int]) -> None:
    assert least_ahead(whole([3, 1, 4]), isps).tolist() == least
