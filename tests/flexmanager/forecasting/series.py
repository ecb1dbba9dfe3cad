"""A made-up house: a day and a week, colder means more, noise."""

import numpy as np

from flexmanager.forecasting.known import HOURS_PER_DAY, HOURS_PER_WEEK, LEADS_MAX, Known


def house(seed: int, weeks: int = 6, noise_w: float = 40.0) -> Known:
    random, hours = np.random.default_rng(seed), weeks * HOURS_PER_WEEK
    ahead = np.arange(hours + LEADS_MAX)
    outside = 6.0 - 5.0 * np.cos(ahead / HOURS_PER_DAY * 2 * np.pi) + drift(random, len(ahead))
    weekend = ahead % HOURS_PER_WEEK >= 5 * HOURS_PER_DAY
    evening = np.abs(ahead % HOURS_PER_DAY - 19) < 3
    load = 200.0 + 300.0 * evening + 150.0 * weekend + 25.0 * np.maximum(15.0 - outside, 0.0)
    return Known(
        values=load[:hours] + random.normal(0.0, noise_w, hours),
        outside_c=outside,
        hour_of_week=ahead % HOURS_PER_WEEK,
        free_day=ahead % HOURS_PER_WEEK >= 6 * HOURS_PER_DAY,
    )


def drift(random: np.random.Generator, hours: int) -> np.ndarray:
    """Weather that changes over days."""
    days = random.normal(0.0, 4.0, hours // HOURS_PER_DAY + 2)
    return np.interp(np.arange(hours) / HOURS_PER_DAY, np.arange(len(days)), days)
