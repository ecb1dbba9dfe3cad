"""What the demonstration assumes: valid templates, gates in time, owners that do not change."""

from dataclasses import replace
from datetime import date

import pytest

from backend.demo import owners, plan
from backend.demo.unfolding import Gate
from backend.district import District, load_district
from backend.services.local_day import LocalDay
from settlement.clock import check_zone, day_of
from settlement.identity import encode, template_id, template_of
from settlement.terms import validate
from settlement.window import in_window

TEMPLATES = plan.templates()
names = pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.name)


@pytest.fixture(scope="module")
def district() -> District:
    return load_district()


@names
def test_a_template_keeps_to_the_rules(template):
    validate(template.terms)
    encode(template.terms)
    assert template_of(template.terms) == template.terms, "instance fields are 0"
    assert template.terms.amount_w * template.sign > 0


def test_templates_are_told_apart():
    assert len({template_id(template.terms) for template in TEMPLATES}) == len(TEMPLATES)
    assert len({template.name for template in TEMPLATES}) == len(TEMPLATES)


@names
def test_the_window_is_the_stated_one(template):
    for minute in range(0, 1440, 15):
        inside = template.from_minute <= minute < template.to_minute
        for day in range(4, 11):
            assert in_window(template.terms.window, day * 1440 + minute) == inside


@names
def test_the_first_gate_leaves_time_for_the_notice(template):
    """Orders are recorded within minutes after the gate; the first quarter can still be ordered."""
    notice_minutes = template.terms.notice_isps * plan.ISP_MINUTES
    assert template.gate_minute + notice_minutes + plan.ISP_MINUTES <= template.from_minute


@names
def test_every_gate_leaves_something_to_order_and_the_next_one_nothing(template):
    earliest = plan.ISP_MINUTES * (1 + template.terms.notice_isps)
    gates = template.gate_minutes
    assert gates[0] == template.gate_minute
    assert gates[-1] + earliest < template.to_minute <= gates[-1] + gates.step + earliest


def test_templates_of_one_gate_go_one_way():
    gates = plan.templates_by_gate()
    assert list(gates) == sorted(gates)
    for of_gate in gates.values():
        assert len({template.sign for template in of_gate}) == 1
        assert len({(one.from_minute, one.to_minute, one.look_ahead_isps) for one in of_gate}) == 1


@pytest.mark.parametrize("day", [plan.FIRST_RECORDED_DAY, date(2016, 3, 27)])
def test_a_gate_asks_for_what_can_still_be_ordered_and_no_further(day):
    """The notice counts from the ISP after the running one; on the 27th a clock changes."""
    today = LocalDay(plan.CLOCK, day_of(day))
    for minute, templates in plan.templates_by_gate().items():
        window = templates[0]
        isps = Gate(today, minute, templates).asked_isps
        minutes = [plan.CLOCK.local_minutes(isp) % 1_440 for isp in isps]
        earliest = minute + plan.ISP_MINUTES * (1 + window.terms.notice_isps)
        assert minutes[0] == max(window.from_minute, earliest)
        last = min(window.to_minute, minutes[0] + plan.ISP_MINUTES * window.look_ahead_isps)
        assert minutes[-1] == last - plan.ISP_MINUTES


def test_the_clock_is_that_of_the_zone():
    first, last = day_of(plan.FIRST_RECORDED_DAY), day_of(plan.LAST_RECORDED_DAY)
    clock = plan.CLOCK
    assert {template.terms.clock for template in TEMPLATES} == {clock}
    check_zone(clock, plan.ZONE, first, last)
    assert any(clock.has_clock_change(day) for day in range(first, last + 1))
    assert last - first == 30


def test_a_template_knows_no_parties_yet():
    for template in TEMPLATES:
        parties = replace(template.terms, aggregator=bytes(20), dso=bytes(20), mdc=bytes(20))
        assert parties == template.terms


def test_owners_answer_the_same_in_every_run(district):
    sites = [site.site_id for site in district.sites]
    first = [owners.preferences_of(district, site_id) for site_id in sites]
    assert first == [owners.preferences_of(district, site_id) for site_id in sites]
    assert len(set(map(repr, first))) > 5, "owners differ"


def test_some_owners_refuse_and_some_ask_for_more(district):
    every = [owners.preferences_of(district, site.site_id) for site in district.sites]
    assert 0 < sum(one.refuses_evening for one in every) < len(every) / 4
    assert 0 < sum(one.refuses_midday for one in every) < len(every) / 4
    assert {one.volume_rate_min for one in every} == {0, 1_000_000, 2_000_000}


def test_few_activations_are_overridden_and_only_within_themselves():
    taken = [owners.overrides(f"site {number}", 1_000, 9) for number in range(1_000)]
    overridden = [isp for isp in taken if isp is not None]
    assert 10 < len(overridden) < 80
    assert set(overridden) == {1_003}
    assert owners.overrides("site 1", 1_000, 9) == taken[1]
