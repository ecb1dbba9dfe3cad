"""The ledger has moved on or says otherwise: corrections, terminations, commitments, re-orders."""

from dataclasses import replace

import pytest

from settlement.activation import Activation, log_head
from settlement.bundle.records import LogEntry
from settlement.clock import date_of
from settlement.commitment import needed_utc_days
from settlement.identity import agreement_id
from settlement.terms import BaselineMethod, Terms
from tests.settlement.build import bundle_of
from tests.settlement.defaults import STANDARD, terms, word
from tests.settlement.market import (
    MONDAY,
    NOMINATED_AGAIN,
    NOMINATED_FIRST,
    PERIOD,
    RUN_BLOCK,
    isp_at,
    market,
)
from tests.settlement.memory_chain import MemoryChain, findings_on_ledger, honest_chain
from tests.settlement.tampering import (
    AGREEMENT,
    LEDGER_METER,
    LEDGER_RUN,
    NOMINATED,
    cancellation_of,
    without_meter_day,
)

TUESDAY, WEDNESDAY, THURSDAY = MONDAY + 1, MONDAY + 2, MONDAY + 3


def changed_run(**changes: object) -> MemoryChain:
    chain = honest_chain()
    (key,) = chain.runs_of
    chain.runs_of[key] = replace(chain.runs_of[key], **changes)  # type: ignore[arg-type]
    return chain


def test_a_run_by_other_rules_is_told():
    found = findings_on_ledger(bundle_of("evening"), changed_run(rule_set=word(4)))
    assert found == {LEDGER_RUN: ("The run was made by another rule set than the agreement's.",)}


def test_a_corrected_run_is_told():
    found = findings_on_ledger(bundle_of("evening"), changed_run(version=2, root=word(9)))
    assert found[LEDGER_RUN] == (
        "The bundle is of version 1, the run has version 2.",
        "The root of the run is not the one on the ledger.",
    )


def test_a_run_that_was_never_published_is_told():
    chain = honest_chain()
    chain.runs_of.clear()
    for name in ("quiet", "night"):
        found = findings_on_ledger(bundle_of(name), chain)
        assert found == {LEDGER_RUN: ("No run of this period is published.",)}, name


def test_a_termination_left_out_is_told():
    chain, bundle = honest_chain(), bundle_of("quiet")
    identity = agreement_id(bundle.terms)
    chain.agreements[identity] = replace(chain.agreements[identity], end_day=TUESDAY)
    assert findings_on_ledger(bundle, chain)[AGREEMENT] == (
        "The agreement is stated to have no earlier end, on the ledger to end on 2027-03-23.",
    )


def test_meter_data_corrected_before_the_run_counts_and_after_it_does_not():
    bundle = bundle_of("evening")
    for block, told in ((RUN_BLOCK - 1, True), (RUN_BLOCK, False), (RUN_BLOCK + 1, False)):
        chain = honest_chain()
        chain.meter[bundle.terms.mdc, TUESDAY].append((block, word(1)))
        assert (LEDGER_METER in findings_on_ledger(bundle, chain)) is told


def test_a_day_never_committed_and_not_in_the_bundle_is_no_finding():
    bundle = without_meter_day(MONDAY - 20)(bundle_of("evening"))
    chain = honest_chain()
    assert LEDGER_METER in findings_on_ledger(bundle, chain)
    del chain.meter[bundle.terms.mdc, MONDAY - 20]
    assert LEDGER_METER not in findings_on_ledger(bundle, chain)


def test_a_day_in_the_bundle_that_was_never_committed_is_told():
    bundle, chain = bundle_of("evening"), honest_chain()
    del chain.meter[bundle.terms.mdc, MONDAY - 20]
    assert (
        "2027-03-02 (UTC) is not what was committed"
        in findings_on_ledger(bundle, chain)[LEDGER_METER][0]
    )


def test_an_order_cancelled_and_made_again_reads_the_newer_nomination():
    """The nomination in force is that of the standing record, not of the cancelled one."""
    honest, chain = bundle_of("midday"), honest_chain()
    *before, entry = honest.log
    again = LogEntry(entry.activation, entry.block)
    earlier = LogEntry(entry.activation, NOMINATED_FIRST + 1)
    cancelled = cancellation_of(entry.activation, NOMINATED_FIRST + 2)
    log = (*before, earlier, cancelled, again)
    bundle = replace(
        honest,
        log=log,
        nominations=tuple(day for day in honest.nominations if day.version == 1),
    )
    identity = agreement_id(bundle.terms)
    head = log_head(one.activation for one in log)
    chain.agreements[identity] = replace(chain.agreements[identity], log_head=head)
    assert findings_on_ledger(bundle, chain) == {}


def test_a_nomination_in_the_block_of_the_activation_came_too_late():
    honest, chain = bundle_of("midday"), honest_chain()
    (*before, entry), aggregator = honest.log, honest.terms.aggregator
    changed = LogEntry(entry.activation, NOMINATED_AGAIN)
    bundle = replace(honest, log=(*before, changed))
    chain.activated[agreement_id(honest.terms), NOMINATED_AGAIN] = [entry.activation]
    assert NOMINATED not in findings_on_ledger(bundle, chain)
    # The first nomination is in force, so the later one in its place is told.
    later = replace(
        bundle, nominations=tuple(one for one in bundle.nominations if one.version == 1)
    )
    assert NOMINATED in findings_on_ledger(later, chain)
    (root,) = chain.nomination_roots(aggregator, WEDNESDAY, 1, NOMINATED_AGAIN)
    assert root == market().nominations[WEDNESDAY][0][1].root


def needed(*activations: Activation, some_terms: Terms = STANDARD) -> tuple[int, int]:
    return needed_utc_days(some_terms, activations, PERIOD)


def test_utc_days_that_a_settlement_reads():
    noon = isp_at(WEDNESDAY, 12)
    assert needed(Activation(noon, 4, -1)) == (WEDNESDAY - 47, WEDNESDAY)
    # 01:00 local is midnight UTC.
    midnight = isp_at(THURSDAY, 1)
    assert needed(Activation(midnight - 4, 4, -1)) == (WEDNESDAY - 47, WEDNESDAY)
    assert needed(Activation(midnight - 4, 5, -1)) == (WEDNESDAY - 47, THURSDAY)
    assert needed(Activation(midnight, 4, -1)) == (THURSDAY - 47, THURSDAY)
    both = (Activation(noon, 4, -1), Activation(noon + 192, 4, -1))
    assert needed(*both) == (WEDNESDAY - 47, WEDNESDAY + 2)
    nominated = terms(baseline_method=BaselineMethod.NOMINATED, x=0, y=0)
    assert needed(*both, some_terms=nominated) == (WEDNESDAY, WEDNESDAY + 2)
    outside = Activation(noon + 7 * 96, 4, -1)
    assert needed(both[0], outside) == (WEDNESDAY - 47, WEDNESDAY)
    first, last = needed(outside)
    assert first > last


@pytest.mark.parametrize("which", [0, -1])
def test_the_first_and_the_last_day_are_asked_for(which):
    bundle = bundle_of("evening")
    day = bundle.meter_days[which].utc_day
    found = findings_on_ledger(without_meter_day(day)(bundle))
    assert f"{date_of(day)} (UTC) is committed but not in the bundle" in found[LEDGER_METER][0]
