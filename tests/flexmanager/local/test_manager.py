"""A manager follows its plan, notices what goes otherwise and why, and plans again."""

from dataclasses import replace

import numpy as np
import pytest

from flexmanager.errors import HorizonError, ParameterError
from flexmanager.local.finding import Cause
from flexmanager.local.hearing import hear
from flexmanager.local.manager import (
    Manager,
    activate,
    begin,
    close_isp,
    expected_w,
    missing_w,
    rebound_w,
)
from flexmanager.local.telemetry import Departed, MeterReading, OwnerOverride, StateReading
from settlement.activation import Activation
from tests.flexmanager.local.devices import DAY_ISPS, FIRST_ISP, SAMPLES, at_s, check_physics

EVENT = Activation(FIRST_ISP + 60, 8, -600)


def manager_of(kind: str) -> Manager:
    sample = SAMPLES[kind]
    return begin(sample.device, sample.outlook, sample.state)


def lived(manager: Manager, stop: int, power_w: int | None = None) -> Manager:
    """Let time pass: metered is what was told, or a power of its own."""
    while manager.now < stop:
        told = manager.set_point_w if power_w is None else power_w
        reading = MeterReading(manager.device.asset_id, at_s(manager.now), told)
        manager = close_isp(hear(manager, reading))
    return manager


@pytest.mark.parametrize("kind", sorted(SAMPLES))
def test_a_day_that_goes_as_planned_has_nothing_to_tell(kind: str) -> None:
    manager = lived(manager_of(kind), DAY_ISPS)
    assert manager.finished
    assert manager.findings == ()
    assert (manager.power_w == manager.baseline.power_w).all()
    assert manager.state == pytest.approx(manager.baseline.state(DAY_ISPS), abs=1e-6)
    with pytest.raises(HorizonError):
        close_isp(manager)


def busy_house() -> Manager:
    """A house that heats in the event's ISPs, so that there is something to shed."""
    sample = SAMPLES["heat pump"]
    price = sample.outlook.price_eur_per_mwh.copy()
    price[:] = 200.0
    look = replace(sample.outlook, price_eur_per_mwh=price)
    return begin(sample.device, look, sample.state)


def test_an_activation_is_executed_and_its_rebound_told() -> None:
    manager = activate(busy_house(), EVENT)
    change = manager.power_w - manager.baseline.power_w
    assert change[60:68].tolist() == [-600] * 8
    assert not missing_w(manager).any()
    rebound = rebound_w(manager)
    assert not rebound[60:68].any()
    assert (change[:60] == rebound[:60]).all()
    # What is not heated has to be heated some other time, nearly all of it.
    assert 0.5 * 600 * 8 < rebound.sum() < 1.1 * 600 * 8
    check_physics(replace(SAMPLES["heat pump"], outlook=manager.outlook), manager.power_w)


def test_more_than_there_is_shows_as_missing() -> None:
    manager = activate(busy_house(), replace(EVENT, ordered_w=-9_000))
    power = manager.baseline.power_w[60:68]
    assert missing_w(manager)[60:68] == pytest.approx(9_000 - power, abs=1)
    assert not missing_w(manager)[:60].any()


def test_an_activation_outside_the_horizon_is_refused() -> None:
    with pytest.raises(HorizonError, match="ISPs 1617788 to 1617883"):
        activate(busy_house(), replace(EVENT, first_isp=FIRST_ISP + 95))
    with pytest.raises(HorizonError):
        activate(lived(busy_house(), 61), EVENT)


def test_an_override_ends_the_promise_in_the_same_isp() -> None:
    manager = lived(activate(busy_house(), EVENT), 62)
    heard = hear(manager, OwnerOverride("house", at_s(62.4), at_s(64)))
    assert heard.now == 62
    assert heard.set_point_w != manager.set_point_w
    assert [f.cause for f in heard.findings] == [Cause.OVERRIDE]
    assert missing_w(heard)[62:64].any()
    assert not missing_w(heard)[64:68].any()


def test_a_dead_device_is_a_failure_and_nothing_more_is_expected_of_it() -> None:
    sample = SAMPLES["battery"]
    manager = activate(begin(sample.device, sample.outlook, sample.state), EVENT)
    manager = lived(manager, 61)
    once = lived(manager, 62, power_w=0)
    assert once.findings[-1].cause is Cause.FAILURE
    assert once.findings[-1].off_w == -once.power_w[61]
    assert once.trusted
    twice = lived(once, 63, power_w=0)
    assert not twice.trusted
    assert not expected_w(twice)[63:].any()
    base = twice.baseline.power_w[63:68]
    assert missing_w(twice)[63:68].tolist() == np.maximum(600 + base, 0).tolist()
    back = lived(twice, 64)
    assert back.trusted
    assert not missing_w(back)[64:68].any()


def test_a_device_of_its_own_will_does_not_follow() -> None:
    manager = lived(activate(busy_house(), EVENT), 61)
    wild = lived(manager, 62, power_w=3_000)
    assert wild.findings[-1].cause is Cause.UNRULY
    assert "3,000 W instead of" in wild.findings[-1].text
    assert wild.state[0] > manager.state[0]
    assert (wild.power_w[62:] != manager.power_w[62:]).any()


def test_silence_is_unknown_not_zero() -> None:
    manager = lived(activate(busy_house(), EVENT), 61)
    silent = close_isp(manager)
    assert silent.findings[-1].cause is Cause.MISSING
    assert np.isnan(silent.metered_w[61])
    assert silent.state == manager.device.simulated(
        manager.outlook.part(61, 62), manager.state, manager.power_w[61:62]
    ).state(1)
    assert not close_isp(silent).trusted
    late = hear(silent, MeterReading("house", at_s(61), 900))
    assert late.findings[-1].cause is Cause.STALE
    assert late.metered_w[61] == 900


def test_a_measured_state_is_believed_and_planned_for() -> None:
    manager = lived(busy_house(), 20)
    same = hear(manager, StateReading("house", at_s(20.2), (manager.state[0] + 0.05, np.nan)))
    assert same.findings == ()
    assert (same.power_w == manager.power_w).all()
    cold = hear(manager, StateReading("house", at_s(20.2), (manager.state[0] - 1.0, np.nan)))
    assert cold.findings[-1].cause is Cause.DRIFT
    assert cold.state[1] == manager.state[1]
    assert cold.power_w[20:].sum() > manager.power_w[20:].sum()
    old = hear(manager, StateReading("house", at_s(17), (5.0, np.nan)))
    assert old.findings[-1].cause is Cause.STALE
    assert old.state == manager.state


def test_a_driver_who_leaves_early_is_told_what_is_missing() -> None:
    manager = lived(manager_of("vehicle"), 30)
    gone = hear(manager, Departed("car", at_s(30.5)))
    assert gone.findings[-1].cause is Cause.LEFT
    assert "631 minutes before its stated departure" in gone.findings[-1].text
    assert not gone.power_w[31:].any()
    stated = hear(manager, Departed("car", at_s(72.6)))
    assert stated.findings == ()


def test_records_that_do_not_belong_are_refused() -> None:
    manager = busy_house()
    with pytest.raises(ParameterError, match="asset_id"):
        hear(manager, MeterReading("another", at_s(0), 0))
    with pytest.raises(ParameterError, match="a record of a vehicle"):
        hear(manager, Departed("house", at_s(0)))
    with pytest.raises(ParameterError, match="2 numbers"):
        hear(manager, StateReading("house", at_s(0), (20.0,)))
    assert hear(manager, MeterReading("house", 5, 0)).findings[0].cause is Cause.STALE
    with pytest.raises(ParameterError, match="power_w"):
        MeterReading("house", at_s(0), 2**31)
    with pytest.raises(ParameterError, match="until_utc_s"):
        OwnerOverride("house", 900, 900)
    with pytest.raises(ParameterError, match="state"):
        StateReading("house", 900, (np.inf,))
