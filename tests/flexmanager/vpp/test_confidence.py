"""How surely activations deliver, against all outcomes counted one by one."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flexmanager.errors import ParameterError
from flexmanager.vpp.confidence import Effects, confidence_in, effects_of, held_w, sampled_w
from flexmanager.vpp.plan import Planned
from settlement.activation import Activation
from tests.flexmanager.vpp.agreements import ISPS, candidate, identity, member
from tests.flexmanager.vpp.trading import FIVE_PM


def outcomes(effects: Effects):
    """Every combination of agreements that deliver, with its probability."""
    for delivers in product((0, 1), repeat=len(effects.reliability)):
        each = np.where(delivers, effects.reliability, 1 - effects.reliability)
        yield float(each.prod()), np.array(delivers, dtype=float) @ effects.relief_w


@st.composite
def some_effects(draw: st.DrawFn) -> Effects:
    rows = draw(st.integers(1, 7))
    in_two_isps = st.lists(st.integers(0, 5), min_size=2, max_size=2)
    shares = st.sampled_from([1.0, 0.9, 0.6, 0.3])
    relief = draw(st.lists(in_two_isps, min_size=rows, max_size=rows))
    reliability = draw(st.lists(shares, min_size=rows, max_size=rows))
    return Effects(1_000.0 * np.array(relief), np.array(reliability))


@settings(deadline=None, max_examples=40)
@given(some_effects(), st.integers(1, 12), st.integers(0, 3))
def test_samples_agree_with_all_outcomes_counted(effects, kilowatts, seed):
    offered_w = np.array([1_000 * kilowatts, 500])
    draws = 4_000
    found = confidence_in(offered_w, sampled_w(effects, draws, seed))
    full = [(p, w >= offered_w, np.minimum(w, offered_w).sum()) for p, w in outcomes(effects)]
    exact_least = min(sum(p for p, held, _ in full if held[at]) for at in (0, 1))
    exact_whole = sum(p for p, held, _ in full if held.all())
    exact_share = sum(p * share for p, _, share in full) / offered_w.sum()
    # Five standard errors of a share that is drawn this often.
    tolerance = 5 * 0.5 / draws**0.5
    assert abs(found.least - exact_least) < tolerance
    assert abs(found.whole - exact_whole) < tolerance
    assert abs(found.expected_share - exact_share) < tolerance
    assert found.whole <= found.least


@given(some_effects(), st.sampled_from([0.5, 0.8, 0.95, 1.0]))
def test_what_is_held_is_delivered_in_that_many_samples(effects, probability):
    samples = sampled_w(effects, 200)
    held = held_w(samples, probability)
    assert ((samples >= held).mean(axis=0) >= probability - 1e-9).all()
    assert (held >= 0).all()
    more = (samples >= held + 1_000).mean(axis=0)
    assert (more < probability + 1e-9).all()


def test_the_same_seed_draws_the_same():
    effects = Effects(np.ones((5, 3)), np.full(5, 0.5))
    assert (sampled_w(effects, 900, 7) == sampled_w(effects, 900, 7)).all()
    assert (sampled_w(effects, 900, 7) != sampled_w(effects, 900, 8)).any()
    assert sampled_w(effects, 1_234, 7).shape == (1_234, 3)


def test_sure_agreements_always_deliver():
    effects = Effects(np.array([[1_000.0, 0.0]]), np.ones(1))
    found = confidence_in(np.array([1_000, 0]), sampled_w(effects, 10))
    assert (found.least, found.whole, found.expected_share) == (1.0, 1.0, 1.0)


def test_energy_comes_back_after_an_activation():
    """Half of 4 kW for two quarters comes back over four quarters: 1 kW each."""
    one = member(1)
    plan = (Planned(identity(1), Activation(FIVE_PM, 2, -4_000)),)
    found = effects_of(plan, {identity(1): candidate(one, 0.7, rebound=(0.5, 4))}, ISPS)
    at = FIVE_PM - ISPS[0]
    assert found.relief_w[0, at - 1 : at + 7].tolist() == [
        0, 4_000, 4_000, -1_000, -1_000, -1_000, -1_000, 0
    ]  # fmt: skip
    assert found.reliability.tolist() == [0.7]
    late = (Planned(identity(1), Activation(ISPS[-1], 1, -4_000)),)
    assert (
        effects_of(late, {identity(1): candidate(one, 0.7, rebound=(0.5, 4))}, ISPS).relief_w.sum()
        == 4_000
    )


def test_ids_decide_nothing_that_is_sampled():
    """Two unlike agreements that swap their ids deliver the same in every sample."""
    long, short = Activation(ISPS[70], 6, -3_000), Activation(ISPS[72], 2, -1_000)

    def drawn(of_long: int, of_short: int):
        plan = (Planned(identity(of_long), long), Planned(identity(of_short), short))
        known = {
            identity(of_long): candidate(member(of_long), 0.7),
            identity(of_short): candidate(member(of_short), 0.9),
        }
        return sampled_w(effects_of(plan, known, ISPS), 50, seed=3)

    assert (drawn(1, 2) == drawn(2, 1)).all()


def test_what_cannot_be_asked_is_refused():
    effects = Effects(np.ones((1, 1)), np.ones(1))
    with pytest.raises(ParameterError, match="draws"):
        sampled_w(effects, 0)
    for probability in (0.0, 1.1):
        with pytest.raises(ParameterError, match="probability"):
            held_w(np.ones((1, 1)), probability)
    with pytest.raises(ParameterError, match="some power"):
        confidence_in(np.zeros(1, dtype=np.int64), np.ones((1, 1)))
