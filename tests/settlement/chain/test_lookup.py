"""What a party without a bundle sees of its agreement on the ledger."""

from dataclasses import replace

import pytest

from settlement.activation import Activation
from settlement.chain.lookup import describe_agreement
from settlement.chain.view import Account
from settlement.errors import InputError
from tests.settlement.build import run, run_of
from tests.settlement.corrections import corrected_chain
from tests.settlement.market import MONDAY, PERIOD, market
from tests.settlement.memory_chain import MemoryChain, honest_chain


def told(chain: MemoryChain, name: str = "evening") -> str:
    return describe_agreement(chain, market().agreements[name].identity)


def test_the_agreement_and_its_parties_are_named():
    text, terms = told(honest_chain()), market().agreements["evening"].terms
    assert "From 2027-01-01 to 2027-12-31, 2 activations stand." in text
    assert f"Settled by the DSO 0x{terms.dso.hex()}" in text
    assert "none was ever ordered." in told(honest_chain(), "quiet")


def test_a_run_and_what_it_credited_are_shown():
    chain = honest_chain()
    assert "  2027-03-22 to 2027-03-28, version 1 in block 500, " in told(chain)
    assert "nothing was credited to you yet." in told(chain)
    place = (market().agreements["evening"].identity, PERIOD.first_day)
    chain.accounts[place] = Account(12257, 1, 0, 0, 0, 0)
    assert "1.2257 EUR were credited to you by version 1." in told(chain)


def test_a_superseded_run_is_shown_as_such():
    text = told(corrected_chain())
    assert "version 1 in block 500" in text
    assert "superseded by version 2." in text
    assert text.count("nothing was credited") == 1


@pytest.mark.parametrize(("last_day", "covered"), [(MONDAY - 1, False), (MONDAY, True)])
def test_runs_that_lie_beyond_the_agreement_are_not_shown(last_day, covered):
    chain, own = honest_chain(), market().agreements["quiet"]
    chain.record(own.terms, end_day=last_day)
    assert ("No run covers a day of it yet." in told(chain, "quiet")) is not covered


def test_an_agreement_that_is_not_recorded_is_refused():
    with pytest.raises(InputError, match="expected an agreement that is recorded"):
        describe_agreement(honest_chain(), bytes(32))


def test_days_that_no_calendar_has_do_not_break_it():
    chain = MemoryChain()
    terms = replace(market().agreements["quiet"].terms, start_day=0, end_day=2**32 - 1)
    chain.record(terms, Activation(5, 1, -5))
    chain.publish(run_of(run()))
    assert "From 1970-01-01 to " in describe_agreement(chain, next(iter(chain.recorded)))
