"""The adapter and the contracts on a node: the same answers as in this process, to the last gas."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from backend.chain.adapter import Chain, Contract, ContractRefused
from backend.chain.ledger import Token
from backend.chain.market import Market
from backend.chain.wallet import Wallet, address_of, sign_registration
from settlement.identity import agreement_id, template_id
from settlement.keccak import keccak256
from tests.backend import parties
from tests.backend.defaults import BOND_AMOUNT, NEGOTIATION_S, PERIOD
from tests.evm import anvil
from tests.evm.anvil import ask
from tests.evm.small_month import (
    AGREEMENTS,
    AMOUNT_W,
    AMOUNTS,
    CHALLENGE_WINDOW_S,
    ESCROW_AMOUNT,
    EVENING_ISP,
    PUBLICATION_S,
    TEMPLATE,
    Played,
)

IDENTITY = agreement_id(AGREEMENTS[0])
EXPECTED = {
    "a template of another": (
        "NotAggregator",
        (parties.STRANGER.address.lower(), parties.AGGREGATOR.address.lower()),
    ),
    "a template twice": ("TemplateAlreadyPublished", (template_id(TEMPLATE),)),
    "recorded twice": ("AgreementAlreadyRecorded", (agreement_id(AGREEMENTS[1]),)),
    "more W than agreed": ("AmountOutOfRange", (IDENTITY, AMOUNT_W - 1, AMOUNT_W)),
    "the wrong direction": ("AmountOutOfRange", (IDENTITY, 1, AMOUNT_W)),
    "too long": ("RuntimeOutOfRange", (IDENTITY, 13, TEMPLATE.max_runtime_isps)),
    "too soon after the one before": (
        "RecoveryNotOver",
        (IDENTITY, EVENING_ISP + 6, EVENING_ISP + 4 + TEMPLATE.recovery_isps),
    ),
    "a period twice": ("PeriodOverlap", (PERIOD.first_day, PERIOD.last_day + 1)),
}
"""Refusals whose values are known beforehand; the others are compared between the machines."""

ONLY_COMPARED = {
    "the signature of another": "InvalidSignature",
    "outside of the window": "OutsideWindow",
    "outside of the dates": "OutsideDates",
    "no meter data company": "AccessControlUnauthorizedAccount",
    "a period that is not over": "PeriodNotOver",
    "a higher amount": "ProofMismatch",
}
TIMED = "a claim too early"


def test_every_refusal_has_its_name_and_values(on_anvil: Played) -> None:
    assert {key: on_anvil.refusals[key] for key in EXPECTED} == EXPECTED
    assert {key: on_anvil.refusals[key][0] for key in ONLY_COMPARED} == ONLY_COMPARED
    assert on_anvil.refusals.keys() == EXPECTED.keys() | ONLY_COMPARED.keys() | {TIMED}


def test_refusals_are_those_of_the_chain_in_this_process(
    on_py_evm: Played, on_anvil: Played
) -> None:
    assert {key: one for key, one in on_anvil.refusals.items() if key != TIMED} == {
        key: one for key, one in on_py_evm.refusals.items() if key != TIMED
    }


@pytest.mark.parametrize("machine", ["on_py_evm", "on_anvil"])
def test_a_claim_before_its_time_says_when_it_opens(
    machine: str, request: pytest.FixtureRequest
) -> None:
    name, (block_s, opens_s) = request.getfixturevalue(machine).refusals[TIMED]
    assert (name, opens_s) == ("ClaimsNotOpen", PUBLICATION_S + CHALLENGE_WINDOW_S)
    assert PUBLICATION_S <= block_s < opens_s


def test_prosumers_are_paid_what_the_run_grants(on_anvil: Played) -> None:
    views = on_anvil.views
    assert (views["balance 0"], views["balance 1"]) == AMOUNTS
    assert views["ledger holds"] == ESCROW_AMOUNT + BOND_AMOUNT - sum(AMOUNTS)
    assert views["run"] == (sum(AMOUNTS), sum(AMOUNTS), 1)


def test_the_state_is_that_of_the_chain_in_this_process(
    on_py_evm: Played, on_anvil: Played
) -> None:
    assert on_anvil.views == on_py_evm.views


def test_the_gas_is_that_of_the_chain_in_this_process(on_py_evm: Played, on_anvil: Played) -> None:
    assert on_anvil.gas == on_py_evm.gas
    assert min(on_anvil.gas.values()) > 21_000


# What only a node does: gas is estimated, blocks are mined by others


@pytest.fixture(scope="module")
def market(node: str) -> Market:
    chain = anvil.connected(node)
    chain.fund([parties.ADMIN, parties.RELAYER, parties.STRANGER])
    return Market.deploy(chain, parties.ADMIN)


def test_a_wallet_without_coins_is_told_so_and_may_try_again(market: Market) -> None:
    chain, poor = market.contract.chain, parties.wallet("without coins")
    with pytest.raises(ContractRefused, match=r"gas required exceeds allowance"):
        Token.deploy_test_euro(chain, poor)
    chain.fund([poor])
    token = Token.deploy_test_euro(chain, poor)
    token.mint(poor, address_of(poor), 3)
    assert token.balance(address_of(poor)) == 3


def test_a_refusal_in_the_block_is_told_as_well(market: Market, node: str) -> None:
    """Two relayers hand in the same registration; both estimates hold, one transaction fails."""
    web3, owner = market.contract.chain.web3, parties.OWNERS["mill"]
    asset, until_s = keccak256(b"an asset of two relayers"), NEGOTIATION_S + 10**9
    signature = sign_registration(owner, market.domain(), [asset], until_s)

    def relay(relayer: Wallet) -> ContractRefused | None:
        contract = Contract(Chain.connect(node), "FlexMarket", market.contract.address)
        arguments = relayer, address_of(owner), [asset], until_s, signature
        try:
            Market(contract).register_assets(*arguments)
        except ContractRefused as refusal:
            return refusal
        return None

    ask(web3, "evm_setAutomine", False)
    try:
        with ThreadPoolExecutor(2) as pool:
            waiting = [pool.submit(relay, one) for one in (parties.RELAYER, parties.STRANGER)]
            wait_for_pending(market.contract.chain, 2)
            ask(web3, "evm_mine")
            (refusal,) = [one.result() for one in waiting if one.result() is not None]
    finally:
        ask(web3, "evm_setAutomine", True)
    assert (refusal.name, refusal.values) == (
        "AssetAlreadyRegistered",
        (asset, owner.address.lower()),
    )


def wait_for_pending(chain: Chain, transactions: int) -> None:
    """Wait for a bounded time until this many transactions wait for a block."""
    end = time.monotonic() + 20
    while (found := ask(chain.web3, "txpool_status"))["pending"] != hex(transactions):
        assert time.monotonic() < end, f"expected {transactions} waiting transactions: {found}"
        time.sleep(0.05)
