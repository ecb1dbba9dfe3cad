"""Vectors of local time around clock changes, and of the ISPs that lie in a window."""

from random import Random

from settlement.clock import ISP_MINUTES_ALLOWED, Clock, ClockRule, switch_instants_s
from settlement.terms_document import to_document
from settlement.window import count_window_isps, window_bit
from tests.vectors.samples import random_terms

YEARS = (2016, 2024, 2027, 2040)
ZONES = (
    (ClockRule.EU, 0),
    (ClockRule.EU, 60),
    (ClockRule.EU, 120),
    (ClockRule.EU, -60),
    (ClockRule.US, -300),
    (ClockRule.US, -480),
    (ClockRule.NONE, 480),
)
WINDOW_CASES = 40


def build_clocks(random: Random) -> object:
    """Six hours around each change of some years and zones, in ISPs of a random length."""
    cases = []
    for rule, offset in ZONES:
        for year in YEARS:
            changing = ClockRule.EU if rule is ClockRule.NONE else rule
            for instant in switch_instants_s(year, changing, offset):
                clock = Clock(random.choice(ISP_MINUTES_ALLOWED), offset, rule)
                first = clock.isp_of(instant) - 180 // clock.isp_minutes
                cases.append(_clock_case(clock, first, 360 // clock.isp_minutes))
    return cases


def _clock_case(clock: Clock, first_isp: int, count: int) -> dict[str, object]:
    local = [clock.local_minutes(isp) for isp in range(first_isp, first_isp + count)]
    return {
        "clockRule": int(clock.rule),
        "utcOffsetMinutes": clock.utc_offset_minutes,
        "ispMinutes": clock.isp_minutes,
        "firstIsp": first_isp,
        "localDays": [one // 1440 for one in local],
        "minutesOfDay": [one % 1440 for one in local],
        "windowBits": [window_bit(one) for one in local],
    }


def build_windows(random: Random) -> object:
    """The number of window ISPs of up to three months of random agreements."""
    cases = []
    for _ in range(WINDOW_CASES):
        terms = random_terms(random)
        first_day = terms.start_day
        last_day = first_day + random.randrange(90)
        count = count_window_isps(terms.window, terms.clock, first_day, last_day)
        cases.append(
            {
                "terms": to_document(terms),
                "firstDay": first_day,
                "lastDay": last_day,
                "isps": count,
            }
        )
    return cases
