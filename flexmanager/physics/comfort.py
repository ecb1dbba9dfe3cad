"""The band in which a building's air has to stay, by hour and by whether somebody is there."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from flexmanager.checks import between, check_parameters, parameter, whole
from flexmanager.rounding import FloatArray

HOURS_PER_WEEK = 168
HOURS_PER_DAY = 24
MINUTES_PER_HOUR = 60
_EPOCH_WEEKDAY = 3  # 1970-01-01 was a Thursday; Monday is 0


@dataclass(frozen=True, slots=True)
class Comfort:
    """What the people in a building want.

    Attributes:
        asset_id: name of the building.
        wished_c: temperature they like while they are there and awake [degC].
        low_c: least temperature then [degC].
        night_low_c: least temperature while they sleep [degC].
        away_low_c: least temperature while nobody is there [degC].
        high_c: highest temperature up to which it may be heated [degC].
        eur_per_kelvin_hour: what an hour one degree below the wish is worth to them [EUR/(K h)].
        hours_away: hours of the week in which nobody is there, Monday 00:00 to 01:00 = 0.
        hours_asleep: hours of the day in which they sleep.
    """

    asset_id: str
    wished_c: float = parameter(21.0, 5.0, 35.0, "degC")
    low_c: float = parameter(19.5, 5.0, 35.0, "degC")
    night_low_c: float = parameter(17.5, 5.0, 35.0, "degC")
    away_low_c: float = parameter(17.0, 5.0, 35.0, "degC")
    high_c: float = parameter(24.0, 5.0, 40.0, "degC")
    eur_per_kelvin_hour: float = parameter(0.05, 0.0, 10.0, "EUR/(K h)")
    hours_away: frozenset[int] = frozenset()
    hours_asleep: frozenset[int] = frozenset((23, 0, 1, 2, 3, 4, 5))

    def __post_init__(self) -> None:
        """Refuse hours that do not exist, and lows above the wish or the high."""
        check_parameters(self)
        for hour in self.hours_away:
            whole(self.asset_id, "hours_away", hour, 0, HOURS_PER_WEEK - 1)
        for hour in self.hours_asleep:
            whole(self.asset_id, "hours_asleep", hour, 0, HOURS_PER_DAY - 1)
        between(self.asset_id, "wished_c", self.wished_c, self.low_c, self.high_c)
        for name in ("night_low_c", "away_low_c"):
            between(self.asset_id, name, getattr(self, name), 5.0, self.high_c)


@dataclass(frozen=True, slots=True, eq=False)
class Band:
    """Comfort at the end of each ISP, shape (n,) each [degC].

    The wish falls to the low at night and while nobody is there.
    """

    low_c: FloatArray
    wished_c: FloatArray
    high_c: FloatArray


def comfort_band(comfort: Comfort, local_minutes: npt.NDArray[np.int64]) -> Band:
    """Return the band at local times, given in minutes since 1970 local, shape (n,)."""
    hour = local_minutes // MINUTES_PER_HOUR
    of_week = (hour + _EPOCH_WEEKDAY * HOURS_PER_DAY) % HOURS_PER_WEEK
    away = np.isin(of_week, list(comfort.hours_away))
    asleep = np.isin(hour % HOURS_PER_DAY, list(comfort.hours_asleep))
    low = np.where(asleep, comfort.night_low_c, comfort.low_c)
    low = np.where(away, comfort.away_low_c, low)
    wished = np.where(asleep | away, low, comfort.wished_c)
    return Band(low, wished, np.full(len(hour), comfort.high_c))
