"""A demonstration that is short enough for a test: one feeder, two days, a clock change."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date

import pytest

from backend.demo import pipeline, plan
from backend.district import District, load_district

SATURDAY, SUNDAY = date(2016, 3, 26), date(2016, 3, 27)
"""Recorded days; the clock was put forward on the second."""


FEEDER = "LV1"


def one_feeder() -> District:
    """The recorded district without all but one of its congestion points."""
    district = load_district()
    return replace(
        district,
        congestion_points=tuple(
            one for one in district.congestion_points if one.congestion_point_id == FEEDER
        ),
        sites=tuple(one for one in district.sites if one.congestion_point_id == FEEDER),
    )


@contextmanager
def shortened() -> Iterator[pytest.MonkeyPatch]:
    """Shorten every demonstration for a while."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plan, "FIRST_RECORDED_DAY", SATURDAY)
        patch.setattr(plan, "LAST_RECORDED_DAY", SUNDAY)
        patch.setattr(pipeline, "load_district", one_feeder)
        yield patch
