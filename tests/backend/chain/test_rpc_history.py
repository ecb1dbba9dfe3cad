"""What the checker reads of accounts, smart accounts and the ledger's history, on the contracts."""

import pytest

from backend.chain.adapter import Contract
from backend.chain.ledger import PublishedRun as Publication
from backend.chain.log_history import LogHistory
from backend.chain.wallet import address_of
from settlement.chain.json_rpc import JsonRpc
from settlement.chain.rpc import RpcChain
from settlement.chain.view import Account, CommittedRoot, PublishedRun
from settlement.identity import agreement_id, signing_digest
from settlement.rule_set import rule_set_1
from tests.backend import parties
from tests.backend.defaults import (
    CHALLENGE_WINDOW_S,
    DEALS,
    FIRST_METER_DAY,
    LAST_METER_DAY,
    MONDAY,
    PERIOD,
)
from tests.backend.town import Town

DEAL = "bakery evening"


@pytest.fixture
def view(served: str, published: Town) -> RpcChain:
    return RpcChain(JsonRpc(served), published.market.address, published.ledger.address)


def test_recorded_terms_are_found_by_agreement_and_by_owner(view, published):
    terms = published.terms(DEAL)
    assert view.terms_of(agreement_id(terms)) == terms
    assert view.terms_of(bytes(32)) is None
    of_bakery = [published.terms(deal.name) for deal in DEALS if deal.site_id == "bakery"]
    assert len(of_bakery) > 1
    found = view.agreements_of(terms.prosumer)
    assert sorted(map(agreement_id, found)) == sorted(map(agreement_id, of_bakery))
    assert view.agreements_of(terms.aggregator) == []


def test_every_version_of_a_run_is_found(view, published):
    dso, aggregator, run = address_of(parties.DSO), address_of(parties.AGGREGATOR), published.run()
    first = PublishedRun(
        PERIOD.first_day, PERIOD.last_day, 1, run.root, run.sum, run.depth, run.block
    )
    assert view.runs(dso, aggregator) == [first]
    corrected = Publication(aggregator, PERIOD, bytes(32), 0, 0, rule_set_1(), 0)
    receipt = published.ledger.contract.send(parties.DSO, "publishCorrection", as_input(corrected))
    second = PublishedRun(PERIOD.first_day, PERIOD.last_day, 2, bytes(32), 0, 0, receipt.block)
    assert view.runs(dso, aggregator) == [first, second]
    assert view.runs(aggregator, dso) == []
    standing = view.run(dso, aggregator, MONDAY)
    assert standing is not None
    assert standing.published_at_s == published.chain.now_s()
    assert not standing.void


def as_input(run: Publication) -> tuple[object, ...]:
    address = parties.AGGREGATOR.address
    days = (run.period.first_day, run.period.last_day)
    return (address, *days, run.root, run.sum, run.depth, run.rule_set, run.statements)


def test_meter_roots_are_found_with_version_and_block(view, published):
    mdc, days = address_of(parties.MDC), [FIRST_METER_DAY, MONDAY, LAST_METER_DAY + 9]
    before = view.meter_commitments(mdc, days)
    assert [(one.utc_day, one.version) for one in before] == [(FIRST_METER_DAY, 0), (MONDAY, 0)]
    receipt = published.ledger.commit_meter_data(parties.MDC, MONDAY, [bytes(31) + b"\x01"])
    anew = CommittedRoot(MONDAY, 1, bytes(31) + b"\x01", receipt.block)
    assert view.meter_commitments(mdc, days) == [*before, anew]
    assert view.meter_commitments(mdc, []) == []
    for one in before:
        direct = published.ledger.contract.view(
            "commitmentAt", 0, parties.MDC.address, one.utc_day, one.version
        )
        assert tuple(direct) == (one.root, one.block)


def test_an_account_without_claims_is_empty(view, published):
    assert view.account(published.identity(DEAL), MONDAY) == Account(0, 0, 0, 0, 0, 0)
    assert view.challenge_window_s() == CHALLENGE_WINDOW_S
    assert view.now_s() == published.chain.now_s()


def test_a_smart_account_is_asked_for_its_signature(view, published):
    owner = parties.OWNERS["bakery"]
    account = Contract.deploy(published.chain, parties.ADMIN, "TestAccount", owner.address)
    address = bytes.fromhex(account.address[2:])
    digest = signing_digest(published.identity(DEAL), published.market.domain())
    signature = published.row(DEAL).prosumer_signature
    assert view.accepts(address, digest, signature)
    assert not view.accepts(address, bytes(32), signature), "another digest"
    assert not view.accepts(address, digest, signature[:-1]), "the account reverts"
    assert not view.accepts(address_of(owner), digest, signature), "an address without code"


def test_a_history_reads_on_and_forgets_what_was_taken_back(published):
    web3, contract = published.chain.web3, published.ledger.contract.address
    history, asked = LogHistory(web3), {"address": contract, "fromBlock": "earliest"}
    before = history.matching(asked)
    snapshot = web3.provider.ethereum_tester.take_snapshot()
    published.ledger.commit_nominations(parties.AGGREGATOR, MONDAY, [bytes(range(32))])
    assert len(history.matching(asked)) == len(before) + 1
    web3.provider.ethereum_tester.revert_to_snapshot(snapshot)
    assert history.matching(asked) == before
    web3.provider.ethereum_tester.mine_blocks(2)
    assert history.matching(asked) == before, "another block of the same height"


def test_the_history_is_that_of_the_chain(published):
    """Searching in memory finds what the chain itself finds, and blocks bound it."""
    web3, contract = published.chain.web3, published.ledger.contract.address
    history = LogHistory(web3)
    whole = history.matching({"address": contract, "fromBlock": "earliest"})
    assert whole == web3.eth.get_logs({"address": contract, "fromBlock": 0, "toBlock": "latest"})
    blocks = sorted({log["blockNumber"] for log in whole})
    some = history.matching(
        {"address": contract, "fromBlock": hex(blocks[1]), "toBlock": hex(blocks[2])}
    )
    assert {log["blockNumber"] for log in some} == {blocks[1], blocks[2]}
    last = history.matching({"address": contract})
    assert {log["blockNumber"] for log in last} == {published.chain.block_number()}
    with pytest.raises(ValueError, match="yesterday"):
        history.matching({"address": contract, "fromBlock": "yesterday"})
