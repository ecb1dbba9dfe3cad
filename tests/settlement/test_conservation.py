"""Properties of statements and runs that hold whatever the agreements and the data."""

from dataclasses import replace
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from settlement.clock import day_of
from settlement.merkle import proves
from settlement.run import build_run
from settlement.settle import Incomplete, Settled
from settlement.statement import series_hash, statement_leaf
from settlement.terms import BaselineMethod
from settlement.units import line_amount
from tests.settlement.defaults import word
from tests.settlement.random_cases import random_case
from tests.settlement.test_oracle import activation_of, settle_case

seeds = st.integers(0, 10**9)


def case_of(seed: int):
    return random_case(Random(seed))[0]


@given(seeds)
def test_a_statement_is_the_sum_of_its_lines(seed):
    result = settle_case(case_of(seed))
    if isinstance(result, Incomplete):
        assert result.reasons
        return
    statement, lines = result.statement, result.lines
    some_terms = case_of(seed).terms
    assert statement.volume == sum(line.volume for line in lines)
    assert statement.penalty <= sum(line.penalty for line in lines)
    assert statement.amount == statement.capacity + statement.volume - statement.penalty
    gross = statement.capacity + statement.volume
    assert 10_000 * statement.penalty <= some_terms.penalty_cap_bp * gross
    assert 0 <= statement.amount <= gross
    pairs = [pair for line in lines for pair in line.pairs]
    assert statement.series_hash == series_hash(pairs)
    capacity = line_amount(
        abs(some_terms.amount_w) * statement.capacity_isps,
        some_terms.isp_minutes,
        some_terms.capacity_rate,
    )
    assert statement.capacity == capacity


@given(seeds)
def test_no_line_pays_more_than_its_order(seed):
    result = settle_case(case_of(seed))
    if isinstance(result, Incomplete):
        return
    some_terms = case_of(seed).terms
    for line in result.lines:
        ordered = abs(line.activation.ordered_w) * line.activation.isps
        assert line.delivery.ordered_w_sum == ordered
        assert 0 <= line.delivery.delivered_w_sum <= ordered
        at_most = line_amount(ordered, some_terms.isp_minutes, some_terms.volume_rate)
        assert 0 <= line.volume <= at_most


@settings(max_examples=15)
@given(st.lists(seeds, min_size=1, max_size=6, unique=True), st.randoms(use_true_random=False))
def test_a_run_does_not_depend_on_the_order_of_its_agreements(some_seeds, random):
    cases = []
    for number, seed in enumerate(some_seeds):
        case = case_of(seed)
        cases.append(replace(case, terms=replace(case.terms, salt=word(1000 + number))))
    results = [settle_case(case) for case in cases]
    shuffled = [*cases]
    random.shuffle(shuffled)
    again = [settle_case(case) for case in shuffled]
    complete = [one for one in results if isinstance(one, Settled)]
    run = build_run(complete)
    assert run.tree.root == build_run(one for one in again if isinstance(one, Settled)).tree.root
    assert run.tree.root[1] == sum(one.statement.amount for one in complete)
    for one in complete:
        proof = run.proof_of(one.statement.agreement_id)
        assert proves(statement_leaf(one.statement), proof, run.tree.root, run.tree.depth)


@given(seeds, st.data())
def test_unknown_is_not_zero(seed, data):
    """Taking a reading of an order away never gives a statement; a zero in its place may."""
    case = case_of(seed)
    orders = [one for one in case.orders if one.isps]
    if not orders or isinstance(settle_case(case), Incomplete):
        return
    order = data.draw(st.sampled_from(orders))
    clock = case.terms.clock
    first_isp = activation_of(order, case.terms.isp_minutes).first_isp
    if not day_of(case.first) <= clock.local_day(first_isp) <= day_of(case.last):
        return
    second = order.start_s + 60 * case.terms.isp_minutes * data.draw(st.integers(0, order.isps - 1))
    without = [dict(meter) for meter in case.meters]
    del without[0][second]
    result = settle_case(replace(case, meters=without))
    assert isinstance(result, Incomplete)
    assert "meter readings are missing" in " ".join(result.reasons)
    zero = [dict(meter) for meter in case.meters]
    zero[0][second] = 0
    assert isinstance(settle_case(replace(case, meters=zero)), Settled)


@given(seeds)
def test_without_history_there_is_no_baseline(seed):
    """Days before the connection was measured are unknown, not days of 0 W."""
    case = case_of(seed)
    if case.terms.baseline_method is BaselineMethod.NOMINATED or not case.orders:
        return
    from_order = min(order.start_s for order in case.orders) - 86_400
    recent = [{s: w for s, w in meter.items() if s >= from_order} for meter in case.meters]
    if case.terms.y > 2:
        assert isinstance(settle_case(replace(case, meters=recent)), Incomplete)


@given(seeds, st.integers(1, 3))
def test_splitting_a_metering_point_changes_nothing(seed, part):
    case = case_of(seed)
    first = case.meters[0]
    halves = [
        {second: w // (part + 1) for second, w in first.items()},
        {second: w - w // (part + 1) for second, w in first.items()},
    ]
    split = replace(case, meters=[*case.meters[1:], *halves])
    assert settle_case(split) == settle_case(case)
