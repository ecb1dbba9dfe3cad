"""On the recorded sessions no car leaves with less than was asked for, whatever is activated."""

from dataclasses import dataclass, replace
from random import Random

import numpy as np
import pytest

from backend.district import District, EvSession, load_district
from backend.report.flexibility_cars import UNSAID_WH, at_once_w, parked, takes_wh
from backend.report.flexibility_outlook import first_isp_of, outlook_of
from flexmanager.local.device import Outlook
from flexmanager.local.hearing import hear
from flexmanager.local.manager import activate, begin, close_isp
from flexmanager.local.telemetry import MeterReading
from settlement.activation import Activation

QUARTER_S, HOUR_S = 900, 3_600


@pytest.fixture(scope="module")
def district() -> District:
    return load_district()


@dataclass(frozen=True)
class Stayed:
    """What a simulated car had at the end of each quarter hour [Ws], and what it could have had."""

    energy_ws: list[int]
    at_once_ws: list[int]


def outlook_on(district: District, session: EvSession) -> Outlook:
    first, stated_s = first_isp_of(district), session.stated_departure_utc_s
    assert stated_s is not None
    end = min(-(-stated_s // QUARTER_S) - first, district.quarters)
    return outlook_of(district, slice(session.plug_in_utc_s // QUARTER_S - first, end))


def lived(session: EvSession, outlook: Outlook, rated_w: int, early: float, seed: int) -> Stayed:
    """Let a car stay as long as stated under orders at random, in a simulation of its own.

    Asserts that no set-point is beyond what the charging point can while the car is there.
    """
    chance = Random(seed)
    end_s = (outlook.first_isp + outlook.isps) * QUARTER_S
    stated_s = min(session.stated_departure_utc_s or 0, end_s)
    asked_ws = (session.requested_wh or 0) * HOUR_S
    manager = begin(parked(session, rated_w, end_s, early), outlook, (0.0,))
    stayed, now_ws = Stayed([], []), 0
    for isp in range(outlook.first_isp, outlook.first_isp + outlook.isps):
        left = outlook.first_isp + outlook.isps - isp
        if chance.random() < 0.1:
            start = isp + chance.randrange(left)
            isps = chance.randint(1, min(8, outlook.first_isp + outlook.isps - start))
            ordered_w = chance.randint(-2 * rated_w, 2 * rated_w) or rated_w
            manager = activate(manager, Activation(start, isps, ordered_w))
        there_s = min((isp + 1) * QUARTER_S, stated_s) - max(isp * QUARTER_S, session.plug_in_utc_s)
        told_w = manager.set_point_w
        assert 0 <= told_w <= rated_w * max(there_s, 0) / QUARTER_S + 1
        now_ws += told_w * QUARTER_S
        assert now_ws <= asked_ws + QUARTER_S
        stayed.energy_ws.append(now_ws)
        connected_s = min((isp + 1) * QUARTER_S, stated_s) - session.plug_in_utc_s
        stayed.at_once_ws.append(min(asked_ws, rated_w * connected_s))
        if chance.random() < 0.9:
            reading = MeterReading(session.asset_id, isp * QUARTER_S, told_w)
            manager = hear(manager, reading)
        manager = close_isp(manager)
    return stayed


@pytest.mark.parametrize(("early", "every"), [(1.0, 2), (0.5, 5), (0.0, 5)])
def test_a_car_has_what_was_asked_for_by_its_stated_departure(
    district: District, early: float, every: int
) -> None:
    rated = {asset.asset_id: asset.rated_w for asset in district.assets}
    claimed = [one for one in district.sessions if one.requested_wh is not None]
    for seed, one in enumerate(claimed[::every]):
        stayed = lived(one, outlook_on(district, one), rated[one.asset_id], early, seed)
        # Whole W leave a Wh or two over a stay.
        assert stayed.energy_ws[-1] >= stayed.at_once_ws[-1] - 2 * HOUR_S, one
        if early == 0.0:
            # Whoever leaves early has all that could be charged before that quarter hour.
            pairs = zip(stayed.energy_ws, stayed.at_once_ws, strict=True)
            assert all(had >= could - 2 * HOUR_S for had, could in pairs), one


def test_what_a_car_takes_is_what_the_recording_tells(district: District) -> None:
    rated = {asset.asset_id: asset.rated_w for asset in district.assets}
    unclaimed = next(one for one in district.sessions if one.requested_wh is None)
    assert takes_wh(unclaimed, 3_700) == unclaimed.delivered_wh
    claimed = next(
        one for one in district.sessions if one.requested_wh and one.delivered_wh < one.requested_wh
    )
    leaves_s = claimed.plug_in_utc_s + HOUR_S
    brief = replace(claimed, plug_out_utc_s=leaves_s, requested_wh=9_000, delivered_wh=3_000)
    # In an hour 3.7 kW cannot give 9 kWh: that less was delivered tells nothing of the battery.
    assert takes_wh(brief, 3_700) == 9_000
    assert takes_wh(brief, 21_800) == 3_000
    more = replace(claimed, requested_wh=1_000, delivered_wh=1_500)
    assert takes_wh(more, 3_700) == 1_500
    outlook = outlook_on(district, claimed)
    drawn = at_once_w(claimed, rated[claimed.asset_id], outlook)
    assert (drawn <= rated[claimed.asset_id]).all()
    assert drawn.sum() / 4 <= takes_wh(claimed, rated[claimed.asset_id]) + outlook.isps / 8


def test_a_driver_who_said_nothing_is_charged_at_once(district: District) -> None:
    unclaimed = next(one for one in district.sessions if one.requested_wh is None)
    first = unclaimed.plug_in_utc_s // QUARTER_S - first_isp_of(district)
    outlook = outlook_of(district, slice(first, first + 80))
    end_s = (outlook.first_isp + 80) * QUARTER_S
    manager = begin(parked(unclaimed, 3_700, end_s, 1.0), outlook, (0.0,))
    assert manager.baseline_w.sum() / 4 == pytest.approx(UNSAID_WH, abs=1)
    charging = np.flatnonzero(manager.baseline_w)
    assert charging.tolist() == list(range(len(charging)))
