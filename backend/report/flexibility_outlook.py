"""What the pilot district tells a local manager of the hours ahead: prices, weather, the clock."""

import numpy as np

from backend.district import District
from backend.district.calendar import SECONDS_PER_QUARTER, WINTER_OFFSET_MINUTES
from backend.district.district import QUARTERS_PER_HOUR
from flexmanager.local.device import Outlook
from flexmanager.rounding import FloatArray
from settlement.clock import Clock, ClockRule
from settlement.units import AMOUNT_PER_EUR

CLOCK = Clock(SECONDS_PER_QUARTER // 60, WINTER_OFFSET_MINUTES, ClockRule.EU)
GRID_AND_TAXES_EUR_PER_MWH = 180.0
"""What a small consumer pays on top of the recorded day-ahead price; an assumption."""

_CENTI = 100


def first_isp_of(district: District) -> int:
    """Return the UTC index of the district's first quarter hour."""
    return district.first_quarter_utc_s // SECONDS_PER_QUARTER


def day_ahead_eur_per_mwh(district: District, quarters: slice) -> FloatArray:
    """Return the recorded day-ahead price of some quarter hours, shape (n,) [EUR/MWh]."""
    hours = np.arange(quarters.start, quarters.stop) // QUARTERS_PER_HOUR
    price: FloatArray = district.day_ahead_price[hours] / AMOUNT_PER_EUR
    return price


def outside_c(district: District, quarters: slice) -> FloatArray:
    """Return the recorded temperature in some quarter hours, shape (n,) [degC]."""
    hours = np.arange(quarters.start, quarters.stop) // QUARTERS_PER_HOUR
    temperature: FloatArray = district.temperature_centi_celsius[hours] / _CENTI
    return temperature


def outlook_of(
    district: District,
    quarters: slice,
    *,
    price_eur_per_mwh: FloatArray | None = None,
    sun_w_per_m2: FloatArray | None = None,
    own_w: FloatArray | None = None,
) -> Outlook:
    """Return the outlook on some quarter hours, as if weather and prices were known.

    Args:
        district: the district.
        quarters: its quarter hours, start and stop given.
        price_eur_per_mwh: price of a MWh taken, shape (n,); None for day-ahead with grid and taxes.
        sun_w_per_m2: sun on a building, shape (n,); None for none.
        own_w: what the device does by itself, shape (n,); None for nothing.
    """
    feed_in = day_ahead_eur_per_mwh(district, quarters)
    nothing = np.zeros(len(feed_in))
    bought = feed_in + GRID_AND_TAXES_EUR_PER_MWH
    return Outlook(
        first_isp=first_isp_of(district) + quarters.start,
        clock=CLOCK,
        price_eur_per_mwh=bought if price_eur_per_mwh is None else price_eur_per_mwh,
        feed_in_eur_per_mwh=feed_in,
        outside_c=outside_c(district, quarters),
        sun_w_per_m2=nothing if sun_w_per_m2 is None else sun_w_per_m2,
        own_w=nothing if own_w is None else own_w,
    )
