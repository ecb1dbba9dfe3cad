"""The adapter: refusals with name and values, nonces, gas by label, time, views."""

import pytest
from web3 import Web3
from web3.exceptions import ABIFunctionNotFound, ContractLogicError, MismatchedABI, Web3RPCError

from backend.chain.adapter import Chain, Contract, ContractRefused, refusal_of
from backend.chain.artifacts import load_artifact
from backend.chain.market import ledger_terms
from backend.chain.wallet import address_of
from settlement.identity import FIELDS, template_id
from tests.backend import parties
from tests.backend.defaults import NEGOTIATION_S, TEMPLATES
from tests.backend.town import Town

ZERO_ADDRESS = bytes(20)
ZERO_TEXT = "0x" + ZERO_ADDRESS.hex()


def deploy_token(chain: Chain) -> Contract:
    return Contract.deploy(chain, parties.ADMIN, "TestEuro")


def approve_nobody(town: Town) -> None:
    """A transaction that the token refuses: an allowance for the zero address."""
    town.token.approve(parties.AGGREGATOR, ZERO_ADDRESS, 1)


# Refusals


def test_a_refusal_has_the_name_and_the_values_of_the_error(deployed):
    with pytest.raises(ContractRefused) as refused:
        approve_nobody(deployed)
    assert refused.value.name == "ERC20InvalidSpender"
    assert refused.value.values == (ZERO_TEXT,)
    assert str(refused.value) == f"ERC20InvalidSpender({ZERO_TEXT})"


def test_a_refusal_carries_the_limit_and_what_was_asked(deployed):
    admin, stranger = parties.ADMIN.address, parties.STRANGER.address
    role = deployed.ledger.contract.view("DSO_ROLE")
    with pytest.raises(ContractRefused) as refused:
        deployed.ledger.contract.send(parties.STRANGER, "grantRole", role, admin)
    assert refused.value.name == "AccessControlUnauthorizedAccount"
    assert refused.value.values == (stranger.lower(), bytes(32))


def test_an_error_of_the_market_is_told_from_one_of_the_token(deployed):
    with pytest.raises(ContractRefused) as refused:
        deployed.market.publish_template(parties.STRANGER, TEMPLATES["evening"])
    aggregator = "0x" + TEMPLATES["evening"].aggregator.hex()
    assert refused.value.name == "NotAggregator"
    assert refused.value.values == (parties.STRANGER.address.lower(), aggregator)


def test_a_view_that_is_refused_says_why_too(deployed):
    ledger = deployed.ledger.contract
    with pytest.raises(ContractRefused) as refused:
        ledger.view("commitmentAt", 0, parties.MDC.address, 1, 7)
    assert (refused.value.name, refused.value.values) == ("UnknownCommitment", (7, 0))


def test_a_transaction_may_be_tried_as_a_view(deployed):
    arguments = parties.ADMIN.address, 10
    with pytest.raises(ContractRefused) as refused:
        deployed.token.contract.view("transfer", *arguments)
    assert refused.value.name == "ERC20InsufficientBalance"
    assert refused.value.values[1:] == (0, 10)


@pytest.mark.parametrize("arguments", [(), (5,), ("0x12",), (ZERO_TEXT, ZERO_TEXT)])
def test_a_view_with_other_arguments_is_an_error_of_the_program(deployed, arguments):
    with pytest.raises(MismatchedABI):
        deployed.token.contract.view("balanceOf", *arguments)


def test_a_view_that_the_contract_lacks_is_an_error_of_the_program(deployed):
    with pytest.raises(ABIFunctionNotFound):
        deployed.token.contract.view("owner")


@pytest.mark.parametrize(
    "error",
    [
        Web3RPCError("refused", {"error": {"data": "0x"}}),  # type: ignore[typeddict-item]
        ContractLogicError("execution reverted"),
        ContractLogicError("execution reverted", data="0x12"),
    ],
)
def test_a_refusal_without_an_error_keeps_the_words_of_the_node(error):
    found = refusal_of(error)
    assert (found.name, found.values) == (str(error), ())


def selector_and(name: str, *words: int) -> bytes:
    """An error as a contract returns it; its selector is asked of a library, not of the adapter."""
    (entry,) = (one for one in load_artifact("SettlementLedger").abi if one.get("name") == name)
    kinds = ",".join(part["type"] for part in entry["inputs"])
    return bytes(Web3.keccak(text=f"{name}({kinds})")[:4]) + b"".join(
        word.to_bytes(32, "big") for word in words
    )


RETURNED = selector_and("ClaimsNotOpen", 11, 22)


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(ContractLogicError("reverted", data="0x" + RETURNED.hex()), id="hexadecimal"),
        pytest.param(
            ContractLogicError("reverted", data={"data": "0x" + RETURNED.hex()}), id="map"
        ),
        pytest.param(ContractLogicError(str(RETURNED)), id="literal"),
    ],
)
def test_the_forms_in_which_nodes_return_an_error_are_read_alike(error):
    found = refusal_of(error)
    assert (found.name, found.values) == ("ClaimsNotOpen", (11, 22))


def test_an_error_within_another_exception_is_found():
    outer = Web3RPCError("the call failed")
    outer.__context__ = ContractLogicError("reverted", data="0x" + RETURNED.hex())
    assert refusal_of(outer).values == (11, 22)


def test_an_error_that_no_contract_here_has_is_shown_as_it_came():
    unknown = "0xdeadbeef" + "00" * 31 + "05"
    found = refusal_of(ContractLogicError("reverted", data=unknown))
    assert (found.name, found.values) == (unknown, ())


# Nonces


def test_the_next_transaction_works_after_a_refused_one(deployed):
    with pytest.raises(ContractRefused):
        approve_nobody(deployed)
    deployed.token.approve(parties.AGGREGATOR, deployed.ledger.address, 5)
    allowance = deployed.token.contract.view(
        "allowance", parties.AGGREGATOR.address, deployed.ledger.contract.address
    )
    assert allowance == 500


def test_the_next_transaction_works_after_one_that_could_not_be_sent(deployed):
    poor = parties.wallet("without coins")
    with pytest.raises(Exception, match="cannot afford"):
        deployed.token.mint(poor, address_of(poor), 1)
    deployed.chain.fund([poor])
    deployed.token.mint(poor, address_of(poor), 1)
    assert deployed.token.balance(address_of(poor)) == 1


def test_nonces_are_counted_on_from_what_the_chain_says(deployed):
    sent = deployed.chain.web3.eth.get_transaction_count(parties.ADMIN.address)
    assert sent > 0, "the administrator has deployed the contracts by another connection"
    deployed.token.mint(parties.ADMIN, ZERO_ADDRESS[:19] + b"\x01", 1)
    assert deployed.chain.web3.eth.get_transaction_count(parties.ADMIN.address) == sent + 1


def test_senders_have_nonces_of_their_own(deployed):
    receiver = address_of(parties.STRANGER)
    for sender in (parties.ADMIN, parties.RELAYER, parties.ADMIN, parties.RELAYER):
        deployed.token.mint(sender, receiver, 3)
    assert deployed.token.balance(receiver) == 12


# Gas


def test_gas_is_booked_by_label(deployed):
    assert deployed.chain.gas_used == {}, "nothing was sent by this connection"
    receiver = address_of(parties.STRANGER)
    receipts = [deployed.token.mint(parties.ADMIN, receiver, 1) for _ in range(3)]
    approved = deployed.token.approve(parties.AGGREGATOR, deployed.ledger.address, 5)
    assert all(receipt.gas_used > 21_000 for receipt in receipts)
    assert deployed.chain.gas_used == {
        "mint": sum(receipt.gas_used for receipt in receipts),
        "approve": approved.gas_used,
    }
    assert deployed.chain.transactions == {"mint": 3, "approve": 1}


def test_a_refused_transaction_is_not_booked(deployed):
    with pytest.raises(ContractRefused):
        approve_nobody(deployed)
    assert (deployed.chain.gas_used, deployed.chain.transactions) == ({}, {})


def test_a_deployment_is_booked_and_has_an_address(deployed):
    first, second = deploy_token(deployed.chain), deploy_token(deployed.chain)
    assert first.address != second.address
    assert deployed.chain.transactions == {"deploy": 2}
    assert first.view("symbol") == second.view("symbol")


# Time


def test_the_chain_cannot_be_moved_back(deployed):
    with pytest.raises(Exception, match="backwards in time"):
        deployed.chain.advance_to(NEGOTIATION_S - 1_000)
    deployed.token.mint(parties.ADMIN, address_of(parties.ADMIN), 1)
    assert deployed.chain.now_s() >= NEGOTIATION_S


def test_the_next_block_has_the_time_to_which_the_chain_was_moved(deployed):
    wanted = NEGOTIATION_S + 86_400
    deployed.chain.advance_to(wanted)
    receipt = deployed.token.mint(parties.ADMIN, address_of(parties.ADMIN), 1)
    block = deployed.chain.web3.eth.get_block(receipt.block)
    assert block["timestamp"] == wanted
    assert deployed.chain.now_s() == wanted
    assert deployed.chain.block_number() == receipt.block


def test_a_chain_of_its_own_is_empty_and_knows_its_id():
    first, second = Chain.in_process(), Chain.in_process()
    assert first.chain_id == second.chain_id > 0
    first.fund([parties.ADMIN])
    assert first.web3.eth.get_balance(parties.ADMIN.address) == 100 * 10**18
    assert second.web3.eth.get_balance(parties.ADMIN.address) == 0


# Terms for the contracts


def test_terms_become_the_struct_of_the_contract(deployed):
    terms = TEMPLATES["evening"]
    (entry,) = (
        one for one in load_artifact("FlexMarket").abi if one.get("name") == "publishTemplate"
    )
    names = [part["name"] for part in entry["inputs"][0]["components"]]
    assert names == [name for _, name, _ in FIELDS]
    values = dict(zip(names, ledger_terms(terms), strict=True))
    assert values["amountW"] == terms.amount_w
    assert bytes.fromhex(values["aggregator"][2:]) == terms.aggregator
    receipt = deployed.market.publish_template(parties.AGGREGATOR, terms)
    assert receipt.gas_used > 0
    publisher = deployed.market.contract.view("templateAggregator", template_id(terms))
    assert publisher == parties.AGGREGATOR.address
