"""The checker's view of the ledger over the JSON-RPC, against the contracts asked directly."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from backend.chain.wallet import address_of
from settlement.chain.json_rpc import JsonRpc
from settlement.chain.rpc import RpcChain
from settlement.chain.view import AgreementRecord
from settlement.errors import ChainError
from tests.backend import parties
from tests.backend.defaults import DEALS, FIRST_METER_DAY, MONDAY, THURSDAY
from tests.backend.town import Town

DAYS = 30


@pytest.fixture
def view(rpc: str, published: Town) -> RpcChain:
    return RpcChain(JsonRpc(rpc), published.market.address, published.ledger.address)


@pytest.mark.parametrize("deal", [deal.name for deal in DEALS])
def test_an_agreement_is_as_the_market_has_it(view, published, deal):
    state = published.market.contract.view("agreementState", published.identity(deal))
    status, activations = state[0], state[1]
    assert (status, activations > 0) == (1, True)
    assert view.agreement(published.identity(deal)) == AgreementRecord(
        True, activations, None, published.head(deal)
    )


def test_an_agreement_that_the_market_lacks_is_not_recorded(view):
    assert view.agreement(bytes(32)) == AgreementRecord(False, 0, None, bytes(32))


def test_a_run_is_as_the_ledger_has_it(view, published):
    dso, aggregator = address_of(parties.DSO), address_of(parties.AGGREGATOR)
    found, stored = view.run(dso, aggregator, MONDAY), published.run()
    assert found is not None
    direct = published.ledger.contract.view(
        "runOf", parties.DSO.address, parties.AGGREGATOR.address, MONDAY
    )
    root, rule_set, total, _, _, block, last_day, depth, version, _ = direct
    assert (found.root, found.rule_set, found.sum) == (root, rule_set, total)
    assert (found.block, found.period_last_day) == (block, last_day)
    assert (found.depth, found.version) == (depth, version)
    assert (root, total, depth, version) == (stored.root, stored.sum, stored.depth, stored.version)
    assert view.run(dso, aggregator, MONDAY + 1) is None
    assert view.run(aggregator, dso, MONDAY) is None


@pytest.mark.parametrize("before_block", [1, 50, 2**40])
def test_meter_roots_are_as_the_ledger_has_them(view, published, before_block):
    mdc, first = address_of(parties.MDC), FIRST_METER_DAY - 2
    direct = published.ledger.contract.view(
        "rootsBefore", 0, parties.MDC.address, first, DAYS, before_block
    )
    found = view.meter_roots(mdc, first, DAYS, before_block)
    assert [root or bytes(32) for root in found] == direct
    assert found[:2] == [None, None], "nothing was committed before the first day"
    assert (found[2] is None) == (before_block == 1)


def test_nomination_roots_are_as_the_ledger_has_them_before_each_block(view, published):
    aggregator = address_of(parties.AGGREGATOR)
    roots = set()
    for before_block in range(1, published.chain.block_number() + 2):
        (found,) = view.nomination_roots(aggregator, THURSDAY, 1, before_block)
        (direct,) = published.ledger.contract.view(
            "rootsBefore", 1, parties.AGGREGATOR.address, THURSDAY, 1, before_block
        )
        assert (found or bytes(32)) == direct
        roots.add(found)
    assert len(roots) == 4, "Thursday was nominated three times, and once it was not yet"


def test_activations_are_those_of_the_agreement_and_the_block(view, published):
    for deal in DEALS:
        bundle_log = published.bundles()[deal.name].log
        assert bundle_log
        for entry in bundle_log:
            found = view.activations_in(published.identity(deal.name), entry.block)
            assert list(found) == [entry.activation]
        assert view.activations_in(published.identity(deal.name), bundle_log[0].block - 1) == []


def test_the_checker_reports_a_ledger_without_the_contract(rpc):
    elsewhere = RpcChain(JsonRpc(rpc), bytes(19) + b"\x77", bytes(19) + b"\x78")
    with pytest.raises(ChainError):
        elsewhere.agreement(bytes(32))


def test_requests_at_the_same_time_get_their_own_answers(rpc, published):
    def asked(number: int) -> tuple[int, object]:
        deal = DEALS[number % len(DEALS)].name
        own = RpcChain(JsonRpc(rpc), published.market.address, published.ledger.address)
        return number, own.agreement(identities[deal]).log_head

    identities = {deal.name: published.identity(deal.name) for deal in DEALS}
    heads = [published.head(deal.name) for deal in DEALS]
    with ThreadPoolExecutor(max_workers=16) as pool:
        found = list(pool.map(asked, range(64)))
    assert found == [(number, heads[number % len(DEALS)]) for number in range(64)]
