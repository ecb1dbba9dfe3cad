"""Whole events: a fifth fails in the middle, and the rest delivers where capacity remains.

Every activation of these tests, planned or of a repair, is judged by settlement's own rules when it
is recorded (`rehearsal.recorded`), notice included.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flexmanager.errors import HorizonError
from flexmanager.local.finding import Cause
from flexmanager.watch.event import Event, Known
from flexmanager.watch.journal import journal, standing_of
from flexmanager.watch.outlook import outlook
from flexmanager.watch.rehearsal import Rehearsed, Troubles
from settlement.delivery import deficiency_w
from settlement.units import line_amount
from tests.flexmanager.watch.live import (
    FIRST_ISP,
    ISPS,
    MIDDLE_ISP,
    PENALTY_RATE,
    a_fifth,
    added,
    live,
    order,
    portfolio,
)
from tests.settlement.defaults import VIENNA


def penalty_of(lived: Rehearsed) -> int:
    """By the true powers."""
    missing = [
        deficiency_w(0, done, asked)
        for done, asked in zip(
            lived.changed_w.tolist(), lived.event.required_w.tolist(), strict=True
        )
    ]
    return line_amount(sum(missing), 15, PENALTY_RATE)


@pytest.mark.parametrize(("agreements", "seed"), [(100, 1), (100, 4), (100, 5), (1_000, 0)])
def test_a_fifth_fails_and_the_rest_still_delivers(agreements, seed):
    terms = portfolio(agreements, seed)
    event, failing = order(terms), a_fifth(terms, seed)
    alone = live(terms, event, Troubles(failing), repairs=False)
    repaired = live(terms, event, Troubles(failing))
    assert alone.delivered_share < 0.95 <= repaired.delivered_share
    assert penalty_of(repaired) == repaired.outcome.penalty < alone.outcome.penalty
    active = {key for key in failing if alone.members[key].activation_in(MIDDLE_ISP)}
    found = next(one for one in repaired.watched if one.isp == MIDDLE_ISP)
    assert {one.agreement_id for one in found.findings} == active
    assert {one.cause for one in found.findings} == {Cause.FAILURE}
    assert found.repair.added, "ordered anew within the ISP in which it was found"
    assert min(one.activation.first_isp for one in found.repair.added) == MIDDLE_ISP + 2, "notice 1"
    assert found.repair.after.delivered_share > found.repair.before.delivered_share
    assert found.repair.after.penalty < found.repair.before.penalty


def test_where_no_capacity_remains_the_shortfall_is_stated():
    terms = portfolio(60, 2, max_runtime_isps=ISPS, max_activations=1)
    event, failing = order(terms, share=1.0), a_fifth(terms, 2)
    lived = live(terms, event, Troubles(failing))
    first = next(one for one in lived.watched if one.isp == MIDDLE_ISP)
    assert lived.delivered_share < 0.95
    to_come = first.repair.after.missing_w[MIDDLE_ISP + 1 - FIRST_ISP :]
    assert to_come.max() > 0.05 * np.abs(event.required_w).max()
    last = lived.watched[-1].repair.after
    assert last.delivered_share == pytest.approx(lived.delivered_share)
    assert last.penalty == penalty_of(lived)
    text = "\n".join(journal(lived.watched))
    assert f"expected without a repair: {standing_of(first.repair.before)}" in text
    assert "no repair: no other agreement is open in time" in text


def test_agreements_with_long_notice_come_too_late():
    terms = portfolio(60, 3, notice_isps=8)
    failing = Troubles(a_fifth(terms))
    lived = live(terms, order(terms), failing)
    assert added(lived) == []
    assert "no repair: no other agreement is open in time" in "\n".join(journal(lived.watched))


def test_an_event_that_goes_as_planned_is_left_alone():
    terms = portfolio(60, 4)
    lived = live(terms, order(terms))
    assert not any(one.findings for one in lived.watched)
    assert added(lived) == []
    assert journal(lived.watched) == ()
    assert (lived.changed_w == lived.planned_w).all()


def test_an_override_and_a_silence_are_told_apart_and_both_repaired():
    terms = portfolio(60, 5)
    event = order(terms)
    members = live(terms, event, repairs=False).members
    active = [key for key, one in members.items() if one.activation_in(MIDDLE_ISP)]
    takes, silent = active[0], active[1]
    lived = live(terms, event, Troubles({}, {takes: MIDDLE_ISP}, {silent: MIDDLE_ISP}))
    causes = [
        {one.agreement_id: one.cause for one in step.findings}
        for step in lived.watched
        if step.isp in (MIDDLE_ISP, MIDDLE_ISP + 1)
    ]
    assert causes[0] == {takes: Cause.OVERRIDE, silent: Cause.STALE}
    unknown = next(one for one in lived.watched if one.isp == MIDDLE_ISP).repair.before.unknown_w
    ordered_w = members[silent].activation_in(MIDDLE_ISP).ordered_w
    assert unknown[MIDDLE_ISP - FIRST_ISP] == ordered_w, "unknown, and said to be so"
    assert "nobody knows yet" in "\n".join(journal(lived.watched))
    new = {one.agreement_id for step in lived.watched for one in step.repair.added}
    assert new
    assert new.isdisjoint({takes, silent})


def test_the_journal_reads_like_this():
    terms = portfolio(100, 1, notice_isps=0)
    lived = live(terms, order(terms), Troubles(a_fifth(terms, 1)))
    step = next(one for one in lived.watched if one.isp == MIDDLE_ISP)
    lines = [line for line in journal(lived.watched) if line.startswith("2027-06-07 19:00  ")]
    failed = step.findings[0]
    ordered_w = lived.members[failed.agreement_id].activation_in(MIDDLE_ISP).ordered_w
    assert lines[0][18:] == (
        f"{failed.name}: failure; changed by +0 W, ordered were {ordered_w:+,} W: "
        "it does not answer to the order"
    )
    assert len(lines) == len(step.findings) + 3
    repair = step.repair
    agreements = len({one.agreement_id for one in repair.added})
    assert [line[18:] for line in lines[-3:]] == [
        f"expected without a repair: {standing_of(repair.before)}",
        f"repair: {len(repair.added)} activations of {agreements} other agreements from 19:15 on, "
        f"{repair.cost / 10_000:.2f} EUR if delivered",
        f"expected with it: {standing_of(repair.after)}",
    ]
    lasting = [line for line in journal(lived.watched) if "as before: " in line]
    assert lasting[0].startswith("2027-06-07 19:15  as before: ")
    assert lasting[0].endswith(" x failure")


agreement_sets = st.integers(3, 14)


@settings(max_examples=15, deadline=None)
@given(agreement_sets, st.integers(0, 99), st.data())
def test_repairs_keep_all_terms_and_never_deliver_less(agreements, seed, data):
    terms = portfolio(agreements, seed)
    event = order(terms, share=data.draw(st.sampled_from([0.3, 0.6, 0.9])))
    when = st.dictionaries(st.sampled_from(sorted(terms)), st.integers(FIRST_ISP, FIRST_ISP + ISPS))
    troubles = Troubles(data.draw(when), data.draw(when), data.draw(when))
    alone, repaired = live(terms, event, troubles, repairs=False), live(terms, event, troubles)
    assert (repaired.changed_w <= alone.changed_w).all(), "less consumption is what was ordered"
    assert repaired.delivered_share >= alone.delivered_share
    again = live(terms, event, troubles)
    assert added(again) == added(repaired)
    for step in repaired.watched:
        assert step.repair.after.penalty <= step.repair.before.penalty


@settings(max_examples=15, deadline=None)
@given(agreement_sets, st.integers(0, 99), st.data())
def test_with_all_readings_the_watch_ends_with_the_truth(agreements, seed, data):
    terms = portfolio(agreements, seed)
    event = order(terms)
    when = st.dictionaries(st.sampled_from(sorted(terms)), st.integers(FIRST_ISP, FIRST_ISP + ISPS))
    lived = live(terms, event, Troubles(data.draw(when), data.draw(when)))
    last = outlook(event, lived.members, lived.watched[-1].known, FIRST_ISP + ISPS)
    assert last.changed_w.tolist() == lived.changed_w.tolist()
    assert not last.unknown_w.any()
    assert last.penalty == penalty_of(lived)


def test_an_event_goes_one_way():
    with pytest.raises(HorizonError, match="both signs"):
        Event(VIENNA, FIRST_ISP, np.array([1, -1]), 0)


def test_an_event_without_an_order_is_delivered_in_full():
    nothing = Event(VIENNA, FIRST_ISP, np.zeros(4, dtype=np.int64), PENALTY_RATE)
    now = outlook(nothing, {}, Known(), FIRST_ISP)
    assert (now.delivered_share, now.penalty) == (1.0, 0)
