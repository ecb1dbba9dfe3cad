"""A winter week of a house: its manager plans by a forecast, the house lives with what is recorded.

People, devices and the sun give another heat than forecast, so temperatures drift from the plan and
the manager plans again. What the owner says and what breaks is made up, the same in every run.
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from backend.demo import plan
from backend.district import District
from backend.report.flexibility_house import TARIFF_EUR_PER_MWH, House, house_at, house_outlook
from backend.report.flexibility_house_day import DayLived, DayPlan, Trouble, live_house_day
from backend.report.flexibility_outlook import outlook_of
from flexmanager.local.building import HeatedBuilding
from flexmanager.local.device import WH_PER_MWH, Outlook
from flexmanager.local.finding import Cause
from flexmanager.local.manager import begin
from flexmanager.local.wishes import Wishes
from flexmanager.physics.comfort import Band, comfort_band
from flexmanager.rounding import FloatArray, IntArray
from settlement.activation import Activation
from settlement.clock import day_of
from settlement.errors import InputError
from settlement.terms import Terms
from settlement.window import weekly_window

DAYS = 7
HORIZON_ISPS = 144
"""A day is planned with the half day after it, so that it does not end cold."""

WISHES = Wishes(events_per_week_max=4)
"""Said before the week: at most four events a week."""

_ORDER_AT = 15 * 4
_NOTHING: dict[int, str] = {}
WEEK = (
    DayPlan(_NOTHING, (), _ORDER_AT),
    DayPlan(_NOTHING, (Trouble(Cause.OVERRIDE, range(76, 82)),), _ORDER_AT),
    DayPlan({40: "not today"}, (), _ORDER_AT),
    DayPlan(_NOTHING, (Trouble(Cause.MISSING, range(70, 74)),), _ORDER_AT),
    DayPlan(_NOTHING, (Trouble(Cause.FAILURE, range(80, 86)),), _ORDER_AT),
    DayPlan({36: "never below 20.5 degrees"}, (), _ORDER_AT),
    DayPlan(_NOTHING, (Trouble(Cause.STALE, range(50, 51)),), _ORDER_AT),
)
"""What happens on each day: the aggregator chooses at 15:00."""


@dataclass(frozen=True, slots=True, eq=False)
class HouseWeek:
    """A week of a house; series over its n ISPs.

    Attributes:
        house: the house.
        first_day: its Monday.
        outlook: the week's ISPs with what was really paid and what the weather was.
        band: what the owner asked for at the end of each ISP.
        recorded_wh: what the recorded heat pump used in the week.
        energy_eur: what the heat pump's energy cost; own generation costs what it would earn.
        lived: its days.
    """

    house: House
    first_day: date
    outlook: Outlook
    band: Band
    recorded_wh: float
    energy_eur: float
    lived: tuple[DayLived, ...]

    def day(self, number: int) -> date:
        """Return a day by its number, Monday = 0."""
        return self.first_day + timedelta(days=number)

    @property
    def air_c(self) -> FloatArray:
        """Air at the end of each ISP, shape (n,) [degC]."""
        return np.concatenate([one.state[1:, 0] for one in self.lived])

    @property
    def power_w(self) -> IntArray:
        """Power of the heat pump, shape (n,) [W]."""
        return np.concatenate([one.power_w for one in self.lived])

    @property
    def baseline_w(self) -> IntArray:
        """Plan without events, each day anew, shape (n,) [W]."""
        return np.concatenate([one.baseline_w for one in self.lived])

    @property
    def comfort_eur(self) -> float:
        """What the owner missed in comfort, in money as the owner values it [EUR]."""
        missed = np.maximum(self.band.wished_c - self.air_c, 0.0).sum() * self.outlook.isp_hours
        return float(missed) * self.house.device.comfort.eur_per_kelvin_hour


def live_house_week(
    district: District, site_id: str, monday: date, *, with_events: bool = True
) -> HouseWeek:
    """Let a house live a week.

    Args:
        district: the district.
        site_id: a site with a heat pump.
        monday: a Monday; the district goes on at least a day after its week.
        with_events: False lets the same week pass without any order.

    Raises:
        InputError: the site has no heat pump, or the week does not lie in the district.
    """
    last = district.last_day - timedelta(days=DAYS)
    if monday.weekday() or not district.first_day <= monday <= last:
        expected = f"a Monday from {district.first_day} to {last}"
        raise InputError(str(monday), "first day", expected)
    house = house_at(district, site_id)
    terms, wishes = _agreement(house, monday), WISHES
    standing: tuple[Activation, ...] = ()
    known = start = np.full(2, house.device.comfort.night_low_c + 1.0)
    lived: list[DayLived] = []
    for number, planned in enumerate(WEEK):
        columns = district.quarters_of_day(monday + timedelta(days=number))
        ahead = slice(columns.start, min(columns.start + HORIZON_ISPS, district.quarters))
        outlook = house_outlook(district, house, ahead)
        state = (float(known[0]), float(known[1]))
        manager = begin(house.device, outlook, state, wishes)
        day = planned if with_events else replace(planned, order_at=None)
        isps = columns.stop - columns.start
        one = live_house_day(district, house, manager, start, isps, day, terms, standing)
        lived.append(one)
        # The thermostat shows the air; the mass is what the manager believes.
        start, known = one.state[-1], np.array([one.state[-1, 0], one.manager.state[1]])
        wishes, standing = one.manager.wishes, (*standing, *one.manager.activations)
    return _week(district, house, monday, tuple(lived))


def _agreement(house: House, monday: date) -> Terms:
    """Return an agreement like the demonstration's on less consumption, from 17:00 to 22:00."""
    window = weekly_window(range(DAYS), 17 * 60, 22 * 60)
    return replace(
        plan.templates()[0].terms,
        window0=window[0],
        window1=window[1],
        window2=window[2],
        max_activations=DAYS,
        max_runtime_isps=8,
        recovery_isps=4,
        notice_isps=4,
        start_day=day_of(monday),
        end_day=day_of(monday) + DAYS,
        amount_w=-house.device.heater.rated_w,
    )


def _week(district: District, house: House, monday: date, lived: tuple[DayLived, ...]) -> HouseWeek:
    first = district.quarters_of_day(monday).start
    power = np.concatenate([one.power_w for one in lived])
    columns = slice(first, first + len(power))
    outlook = outlook_of(
        district,
        columns,
        price_eur_per_mwh=np.full(len(power), TARIFF_EUR_PER_MWH),
        sun_w_per_m2=house.sun_w_per_m2[columns],
    )
    own = np.minimum(house.surplus_w[columns], power)
    paid = (power - own) @ outlook.price_eur_per_mwh + own @ outlook.feed_in_eur_per_mwh
    energy_eur = float(paid) * outlook.isp_hours / WH_PER_MWH
    bands = [_band(one, planned) for one, planned in zip(lived, WEEK, strict=True)]
    parts = ([getattr(band, name) for band in bands] for name in ("low_c", "wished_c", "high_c"))
    band = Band(*(np.concatenate(part) for part in parts))
    recorded_wh = float(house.recorded_w[columns].sum()) * outlook.isp_hours
    return HouseWeek(house, monday, outlook, band, recorded_wh, energy_eur, lived)


def _band(one: DayLived, planned: DayPlan) -> Band:
    """Return what the owner asked for on a day; what was said in its middle counts from then on."""
    manager, isps = one.manager, len(one.power_w)
    minutes = manager.outlook.local_minutes[:isps]
    assert isinstance(manager.device, HeatedBuilding)
    said = min(planned.said, default=0)
    before = replace(manager, wishes=one.wishes_before).granted
    assert isinstance(before, HeatedBuilding)
    assert isinstance(manager.granted, HeatedBuilding)
    early = comfort_band(before.comfort, minutes[:said])
    late = comfort_band(manager.granted.comfort, minutes[said:])
    return Band(
        np.concatenate((early.low_c, late.low_c)),
        np.concatenate((early.wished_c, late.wished_c)),
        np.concatenate((early.high_c, late.high_c)),
    )
