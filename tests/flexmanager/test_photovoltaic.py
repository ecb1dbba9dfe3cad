"""Curtailment delivers what the sun gives."""

import pytest

from flexmanager.assets import Preferences
from flexmanager.errors import HorizonError
from flexmanager.photovoltaic import PhotovoltaicManager
from tests.flexmanager.defaults import PHOTOVOLTAIC, PREFERENCES, horizon, order_w, whole

SUNNY = horizon([0, -4000, -12000, -8000, 0])
MANAGER = PhotovoltaicManager(PHOTOVOLTAIC, PREFERENCES)


def test_curtails_as_ordered() -> None:
    response = MANAGER.respond(SUNNY, order_w(5, (1, 4, 3000)))
    assert response.delta_w.tolist() == [0, 3000, 3000, 3000, 0]
    assert response.notes == ()


def test_a_dark_day_delivers_what_there_is_and_says_so() -> None:
    response = MANAGER.respond(SUNNY, order_w(5, (0, 4, 10_000)))
    assert response.delta_w.tolist() == [0, 4000, 10_000, 8000, 0]
    assert [note.offset for note in response.notes] == [0, 1, 3]


def test_the_owner_limits_the_share() -> None:
    manager = PhotovoltaicManager(PHOTOVOLTAIC, Preferences(curtailment_share_max=0.25))
    assert manager.capability_w(SUNNY, 1).tolist() == [0, 1000, 3000, 2000, 0]
    assert manager.respond(SUNNY, order_w(5, (2, 3, 9000))).delta_w[2] == 3000


def test_promises_the_least_over_the_runtime() -> None:
    assert MANAGER.capability_w(SUNNY, 1, 2).tolist() == [0, 4000, 8000, 0, 0]


def test_cannot_reduce() -> None:
    assert not MANAGER.capability_w(SUNNY, -1).any()
    response = MANAGER.respond(SUNNY, order_w(5, (1, 2, -1000)))
    assert not response.delta_w.any()


def test_generation_is_negative() -> None:
    with pytest.raises(HorizonError, match="LV1-2-SGen7, ISP 1: found 5; expected generation"):
        MANAGER.capability_w(horizon(whole([0, 5])), 1)
