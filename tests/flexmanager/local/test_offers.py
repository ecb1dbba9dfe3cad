"""Offers hold, keep to the agreement and the owner's wishes, and cost what they cost."""

from dataclasses import replace

import numpy as np
import pytest

from flexmanager.local.manager import Manager, activate, begin, close_isp, followed
from flexmanager.local.offers import PricedOffer, offers
from flexmanager.local.telling import missing_w
from flexmanager.local.wishes import Wishes, understood
from settlement.activation import Activation, check_activation
from settlement.clock import ClockRule
from settlement.terms import Terms
from settlement.window import weekly_window
from tests.flexmanager.local.devices import CLOCK, FIRST_ISP, SAMPLES
from tests.settlement.defaults import terms as any_terms

TODAY = CLOCK.local_day(FIRST_ISP)
NOTHING = Wishes()


def agreement(amount_w: int = -2_000, **other: int) -> Terms:
    window = weekly_window(range(7), 16 * 60, 20 * 60)
    return replace(
        any_terms(),
        start_day=TODAY - 5,
        end_day=TODAY + 20,
        utc_offset_minutes=60,
        clock_rule=ClockRule.EU,
        isp_minutes=15,
        window0=window[0],
        window1=window[1],
        window2=window[2],
        amount_w=amount_w,
        max_runtime_isps=4,
        **other,
    )


def manager_of(kind: str, wishes: Wishes = NOTHING) -> Manager:
    sample = SAMPLES[kind]
    return begin(sample.device, sample.outlook, sample.state, wishes)


def found(kind: str, terms: Terms, wishes: Wishes = NOTHING) -> tuple[PricedOffer, ...]:
    return offers(manager_of(kind, wishes), terms, ())


@pytest.mark.parametrize(
    ("kind", "amount_w"),
    [
        ("battery", -3_000),
        ("battery", 3_000),
        ("vehicle that feeds back", -6_000),
        ("heat pump", -1_500),
        ("heat pump", 1_500),
        ("direct heating", -4_000),
        ("heat and power", -3_000),
        ("curtailable", -1_000),
    ],
)
def test_every_offer_holds_and_breaks_no_limit(kind: str, amount_w: int) -> None:
    terms = agreement(amount_w, recovery_isps=4)
    manager = manager_of(kind)
    standing = (Activation(CLOCK.day_isps(TODAY)[0] + 60, 2, amount_w),)
    given = offers(manager, terms, standing)
    assert given
    for one in given:
        check_activation(terms, standing, one.activation)
        taken = activate(manager, one.activation)
        assert not missing_w(taken).any()
        assert one.price_eur_per_mwh >= 0
        inside = one.activation.first_isp - FIRST_ISP
        assert not one.rebound_w[inside : inside + one.activation.isps].any()


def test_the_price_is_what_the_owner_pays() -> None:
    manager = manager_of("battery")
    for one in found("battery", agreement(-3_000)):
        taken = activate(manager, one.activation).power_w
        device, look = manager.device, manager.outlook
        after = device.simulated(look, manager.state, taken).cost_eur
        without = device.simulated(look, manager.state, manager.baseline_w).cost_eur
        assert one.cost_eur + one.comfort_eur == pytest.approx(after - without, abs=1e-6)
        energy = abs(one.activation.ordered_w) * one.activation.isps * 0.25 / 1e6
        least = max((one.cost_eur + one.comfort_eur) / energy, 0.0)
        assert one.price_eur_per_mwh == pytest.approx(least)


def test_the_owner_decides() -> None:
    terms = agreement(-2_000)
    free = found("battery", terms)
    assert free
    today = understood(NOTHING, "not today", TODAY)
    assert found("battery", terms, today) == ()
    assert found("battery", terms, understood(NOTHING, "not on sundays", TODAY)) == ()
    dear = understood(NOTHING, "not for less than 900 euros a megawatt hour", TODAY)
    assert all(one.price_eur_per_mwh >= 900 for one in found("battery", terms, dear))
    weekly = understood(NOTHING, "at most three events a week", TODAY)
    week = [Activation(CLOCK.day_isps(TODAY - day)[64], 1, -2_000) for day in (3, 2, 1)]
    manager = manager_of("battery", weekly)
    assert offers(manager, terms, week[:2])
    assert offers(manager, terms, week) == ()


def test_a_higher_minimum_leaves_less_to_offer() -> None:
    terms = agreement(-1_500)
    free = sum(one.activation.ordered_w for one in found("heat pump", terms))
    warm = understood(NOTHING, "never below 20.9 degrees", TODAY)
    assert free < sum(one.activation.ordered_w for one in found("heat pump", terms, warm)) <= 0


def test_a_car_that_is_full_by_seven_takes_no_more_after_it() -> None:
    window = weekly_window(range(7), 7 * 60, 9 * 60)
    terms = agreement(9_000)
    terms = replace(terms, window0=window[0], window1=window[1], window2=window[2])
    sample = SAMPLES["vehicle"]
    look = replace(sample.outlook, price_eur_per_mwh=np.linspace(200, 100, 96))
    wish = understood(NOTHING, "car full by seven", TODAY)
    free = begin(sample.device, look, sample.state)
    full = begin(sample.device, look, sample.state, wish)
    plan = full.granted.simulated(look, sample.state, full.baseline_w)
    assert plan.states[28, 0] >= 50_000 - 1
    assert len(offers(free, terms, ())) == 8
    assert offers(full, terms, ()) == ()


def test_nothing_is_offered_too_late_or_by_a_device_that_is_not_trusted() -> None:
    terms, manager = agreement(-2_000, notice_isps=8), manager_of("battery")
    noon_s = (FIRST_ISP + 66) * 900
    starts = [one.activation.first_isp for one in offers(manager, terms, (), noon_s)]
    assert min(starts) == FIRST_ISP + 66 + 8
    silent = close_isp(close_isp(manager))
    assert offers(silent, terms, ()) == ()


def test_nothing_is_offered_when_the_horizon_is_over() -> None:
    over = followed(manager_of("battery"), 96)
    assert offers(over, agreement(), ()) == ()
