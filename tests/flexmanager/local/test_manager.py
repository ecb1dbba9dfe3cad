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
    followed,
)
from flexmanager.local.telemetry import (
    Departed,
    MeterReading,
    MomentaryPower,
    OwnerOverride,
    OwnerWish,
    StateReading,
    StillThere,
    TakesNoMore,
)
from flexmanager.local.telling import bounds, expected_w, missing_w, rebound_w
from flexmanager.local.vehicle import ParkedVehicle
from settlement.activation import Activation
from tests.flexmanager.local.devices import (
    CAR,
    DAY_ISPS,
    FIRST_ISP,
    SAMPLES,
    STAY,
    at_s,
    check_physics,
    outlook,
)

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
    assert (manager.power_w == manager.baseline_w).all()
    assert manager.state == pytest.approx(manager.end, abs=1e-6)
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
    change = manager.power_w - manager.baseline_w
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
    power = manager.baseline_w[60:68]
    assert missing_w(manager)[60:68] == pytest.approx(9_000 - power, abs=1)
    assert not missing_w(manager)[:60].any()


@pytest.mark.parametrize("kind", sorted(SAMPLES))
def test_following_until_an_isp_is_closing_all_before_it_as_planned(kind: str) -> None:
    begun = activate(manager_of(kind), EVENT)
    closed, at_once = lived(begun, 66), followed(followed(begun, 31), 66)
    assert at_once.state == closed.state
    assert at_once.metered_w[:66].tolist() == closed.metered_w[:66].tolist()
    assert (at_once.now_isp, at_once.power_w.tolist()) == (FIRST_ISP + 66, closed.power_w.tolist())
    for beyond in (30, DAY_ISPS + 1):
        with pytest.raises(HorizonError, match="found"):
            followed(at_once, beyond)


def test_activations_taken_on_together_are_the_same_as_one_after_the_other() -> None:
    begun, other = manager_of("battery"), Activation(FIRST_ISP + 20, 4, 700)
    together = activate(begun, EVENT, other)
    assert together.power_w.tolist() == activate(activate(begun, EVENT), other).power_w.tolist()


def test_a_manager_may_be_given_its_baseline() -> None:
    sample = SAMPLES["vehicle"]
    assert isinstance(sample.device, ParkedVehicle)
    at_once = sample.device.uncontrolled(sample.outlook, sample.state)
    given = begin(sample.device, sample.outlook, sample.state, own=at_once)
    assert given.baseline_w.tolist() == given.power_w.tolist() == at_once.power_w.tolist()
    behind = begin(sample.device, sample.outlook, (7_000.0,), own=at_once)
    assert behind.baseline_w.tolist() == at_once.power_w.tolist()
    assert behind.power_w.tolist() != at_once.power_w.tolist(), "it plans its way back"


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
    base = twice.baseline_w[63:68]
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


def test_a_device_that_strays_is_noticed_within_the_isp() -> None:
    manager = lived(activate(busy_house(), EVENT), 61)
    half = hear(manager, MomentaryPower("house", at_s(61.5), 3_000))
    assert half.now == 61
    assert half.findings[-1].cause is Cause.UNRULY
    assert half.set_point_w == manager.set_point_w
    mean = round((manager.set_point_w + 3_000) / 2)
    assert expected_w(half)[61] == mean
    assert missing_w(half)[61] == mean - manager.set_point_w
    # The meter of the ISP confirms it, and that is no second finding.
    closed = close_isp(hear(half, MeterReading("house", at_s(61), mean)))
    assert closed.findings == half.findings
    assert closed.unruly_isps == 1
    as_told = MomentaryPower("house", at_s(61.2), manager.set_point_w)
    assert hear(manager, as_told).findings == ()
    late = hear(manager, MomentaryPower("house", at_s(60.9), 3_000))
    assert late.findings[-1].cause is Cause.STALE


def test_a_change_within_an_isp_counts_by_the_time_that_is_left() -> None:
    manager = lived(activate(busy_house(), EVENT), 62)
    heard = hear(manager, OwnerOverride("house", at_s(62.4), at_s(64)))
    mean = round(0.4 * manager.set_point_w + 0.6 * heard.set_point_w)
    assert expected_w(heard)[62] == pytest.approx(mean, abs=1)
    closed = close_isp(hear(heard, MeterReading("house", at_s(62), mean)))
    assert closed.findings == heard.findings
    assert closed.now == 63


def test_an_owner_is_heard_in_the_middle_of_the_day() -> None:
    manager = lived(busy_house(), 40)
    warm = hear(manager, OwnerWish("house", at_s(40.2), "never below 21 degrees"))
    course = warm.granted.simulated(manager.outlook.part(40), manager.state, warm.power_w[40:])
    # States are those at the end of ISP 41 and on, up to the quarter hour before they sleep.
    assert course.states[2 : 91 - 39, 0].min() >= 21.0 - 0.01
    assert warm.power_w[40:].sum() > manager.power_w[40:].sum()
    relaxed = hear(warm, OwnerWish("house", at_s(40.4), "never below 18 degrees"))
    assert relaxed.power_w[41:] == pytest.approx(manager.power_w[41:], abs=15)
    today = hear(manager, OwnerWish("house", at_s(40.2), "not today"))
    assert today.wishes.days_off == {manager.outlook.clock.local_day(FIRST_ISP + 40)}
    assert today.power_w == pytest.approx(manager.power_w, abs=15)
    with pytest.raises(ParameterError, match="sentence"):
        hear(manager, OwnerWish("house", at_s(40.2), "be nice"))
    with pytest.raises(ParameterError, match="a sentence"):
        OwnerWish("house", at_s(40.2), " ")


def charging_car() -> Manager:
    """A car that charges at 11 kW from ISP 20 to 29, because that is when it is cheap."""
    sample = SAMPLES["vehicle"]
    price = np.where((np.arange(DAY_ISPS) >= 20) & (np.arange(DAY_ISPS) < 33), 100.0, 300.0)
    return begin(sample.device, replace(sample.outlook, price_eur_per_mwh=price), sample.state)


def test_a_full_battery_is_no_failure_and_ends_plan_and_promise() -> None:
    manager = activate(charging_car(), replace(EVENT, first_isp=FIRST_ISP + 24, isps=4))
    manager = lived(manager, 25)
    told = manager.set_point_w
    assert told == 11_000 - 600
    full = hear(manager, TakesNoMore("car", at_s(25.5)))
    assert [one.cause for one in full.findings] == [Cause.FULL]
    held_wh = manager.state[0] + told / 2 * 0.25 * 0.92
    assert f"it has {int(held_wh):,} of the 42,000 Wh planned" in full.findings[0].text
    assert full.set_point_w == 0
    assert not full.power_w[25:].any()
    assert full.baseline_w[25] == 5_500
    assert not full.baseline_w[26:].any()
    assert expected_w(full)[25] == told / 2
    # What it no longer draws anyhow is not delivered.
    assert missing_w(full)[26:28].tolist() == [600, 600]
    closed = close_isp(hear(full, MeterReading("car", at_s(25), told // 2)))
    assert closed.findings == full.findings
    assert closed.trusted
    with pytest.raises(ParameterError, match="a record of a vehicle"):
        hear(busy_house(), TakesNoMore("house", at_s(0)))
    assert hear(manager, TakesNoMore("car", at_s(3))).findings[-1].cause is Cause.STALE


def test_who_left_early_delivers_nothing_by_being_away() -> None:
    manager = activate(charging_car(), replace(EVENT, first_isp=FIRST_ISP + 24, isps=4))
    gone = hear(lived(manager, 25), Departed("car", at_s(25.25)))
    assert gone.baseline_w[25] == 11_000 / 4
    assert not gone.baseline_w[26:].any()
    assert missing_w(gone)[26:28].tolist() == [600, 600]
    assert expected_w(gone)[25] == (11_000 - 600) / 4


@pytest.mark.parametrize("kind", sorted(SAMPLES))
def test_what_is_left_can_be_planned_within_the_bounds_told(kind: str) -> None:
    manager = lived(manager_of(kind), 50)
    told = bounds(manager)
    slack_w = 60.0 if "heat" in kind else 1.0
    assert (manager.power_w[50:] >= told.power_w_min - slack_w).all()
    assert (manager.power_w[50:] <= told.power_w_max + slack_w).all()


def test_a_car_that_stays_is_charged_on_until_it_has_what_it_needs() -> None:
    hurried = replace(STAY, departure_utc_s=at_s(10.4))
    sample = SAMPLES["vehicle"]
    manager = begin(ParkedVehicle(CAR, hurried), sample.outlook, sample.state)
    manager = lived(manager, 10)
    told = manager.set_point_w
    assert told == 0.4 * 11_000
    stays = hear(manager, StillThere("car", at_s(10.4)))
    assert stays.findings[-1].cause is Cause.STAYED
    assert expected_w(stays)[10] == told + 0.6 * 11_000
    closed = close_isp(hear(stays, MeterReading("car", at_s(10), 11_000)))
    assert closed.findings == stays.findings
    assert closed.set_point_w == 11_000
    done = lived(closed, 40)
    assert done.state[0] == pytest.approx(42_000, abs=1)
    # It may leave any time now, and that is nothing to note.
    assert hear(done, Departed("car", at_s(40.5))).findings == done.findings
    assert hear(manager, StillThere("car", at_s(10.1))) is manager


@pytest.mark.parametrize("kind", sorted(SAMPLES))
def test_a_record_after_the_horizon_changes_nothing_but_is_told(kind: str) -> None:
    over = followed(manager_of(kind), DAY_ISPS)
    name, end_s = over.device.asset_id, at_s(DAY_ISPS)
    for record in (
        OwnerOverride(name, end_s, end_s + 900),
        OwnerWish(name, end_s, "not today"),
        StateReading(name, end_s, over.state),
        MomentaryPower(name, end_s, 500),
    ):
        heard = hear(over, record)
        assert [one.cause for one in heard.findings] == [Cause.STALE]
        assert (heard.power_w is over.power_w, heard.now) == (True, over.now)
        assert heard.state == over.state
    late = hear(over, MeterReading(name, at_s(DAY_ISPS - 1), 500))
    assert late.metered_w[-1] == 500


def test_an_outlook_has_an_isp() -> None:
    look = outlook()
    assert look.part(DAY_ISPS - 1).isps == 1
    with pytest.raises(HorizonError, match="at least one"):
        look.part(DAY_ISPS)


def test_promises_in_one_isp_add_up() -> None:
    idle = activate(manager_of("battery"), Activation(FIRST_ISP + 60, 8, 0))
    first = activate(idle, Activation(FIRST_ISP + 60, 4, -300))
    both = activate(first, Activation(FIRST_ISP + 62, 4, -500))
    change = both.power_w[60:68] - both.baseline_w[60:68]
    assert change == pytest.approx([-300, -300, -800, -800, -500, -500, 0, 0], abs=1)
    assert missing_w(both).max() <= 1
    dead = replace(both, power_w=both.baseline_w)
    assert missing_w(dead)[60:68].tolist() == [300, 300, 800, 800, 500, 500, 0, 0]


@pytest.mark.parametrize("kind", sorted(SAMPLES))
def test_a_state_that_is_none_is_refused(kind: str) -> None:
    sample = SAMPLES[kind]
    for state in ((*sample.state, 1.0), sample.state[:-1], (np.nan,) * len(sample.state)):
        if state != sample.state:
            with pytest.raises(ParameterError, match="state"):
                begin(sample.device, sample.outlook, state)


@pytest.mark.parametrize("minute", [0, 8 * 15 + 8])
def test_a_car_that_leaves_as_it_comes_or_never_came_draws_nothing(minute: int) -> None:
    begun = followed(manager_of("vehicle"), minute // 15)
    gone = hear(begun, Departed("car", at_s(minute / 15)))
    assert gone.findings[-1].cause is Cause.LEFT
    assert not gone.power_w[gone.now :].any()
    assert gone.end == begun.state
