"""The read-only JSON-RPC: what it refuses, and that it answers what the chain says."""

import http.client
import json
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import pytest
from web3 import Web3

from backend.chain.adapter import Chain
from backend.chain.artifacts import load_artifact
from backend.chain.rpc_server import serve
from backend.chain.wallet import address_of
from settlement.chain_view import AgreementRecord
from settlement.errors import ChainError
from settlement.rpc import JsonRpc, RpcChain
from tests.backend import parties
from tests.backend.defaults import DEALS, FIRST_METER_DAY, MONDAY, THURSDAY
from tests.backend.town import Town

METHOD_NOT_FOUND, INVALID_REQUEST, SERVER_ERROR = -32601, -32600, -32000
DAYS = 30


@pytest.fixture
def rpc(served: str, published: Town) -> str:
    """The address of the service while the run of the period is published."""
    return served


def post(url: str, body: bytes, method: str = "POST", path: str = "/") -> tuple[int, bytes]:
    """Send raw bytes; returns status and body of the answer."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=20)
    try:
        connection.request(method, path, body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def ask(url: str, document: object) -> Any:
    status, body = post(url, json.dumps(document).encode())
    assert status == 200
    return json.loads(body)


def call(url: str, method: str, *params: object) -> Any:
    return ask(url, {"jsonrpc": "2.0", "id": 7, "method": method, "params": list(params)})


# What it refuses


@pytest.mark.parametrize(
    "method",
    [
        "eth_sendRawTransaction",
        "eth_sendTransaction",
        "eth_sign",
        "eth_accounts",
        "eth_getBalance",
        "eth_newFilter",
        "evm_mine",
        "evm_increaseTime",
        "evm_revert",
        "evm_snapshot",
        "eth_call ",
        "ETH_CALL",
        "",
    ],
)
def test_a_method_that_does_not_read_the_ledger_is_not_offered(rpc, published, method):
    before = published.chain.block_number()
    answer = call(rpc, method)
    assert answer["id"] == 7
    assert answer["error"]["code"] == METHOD_NOT_FOUND
    assert "result" not in answer
    assert published.chain.block_number() == before


def test_a_signed_transaction_that_the_chain_would_take_changes_nothing(rpc, published):
    web3, sender = published.chain.web3, parties.ADMIN
    signed = sender.sign_transaction(
        {
            "chainId": web3.eth.chain_id,
            "nonce": web3.eth.get_transaction_count(sender.address),
            "to": parties.STRANGER.address,
            "value": 1,
            "gas": 21_000,
            "maxFeePerGas": 10**12,
            "maxPriorityFeePerGas": 10**9,
        }
    )
    before = web3.eth.get_balance(parties.STRANGER.address)
    answer = call(rpc, "eth_sendRawTransaction", "0x" + signed.raw_transaction.hex())
    assert answer["error"]["code"] == METHOD_NOT_FOUND
    assert web3.eth.get_balance(parties.STRANGER.address) == before
    web3.eth.send_raw_transaction(signed.raw_transaction)
    assert web3.eth.get_balance(parties.STRANGER.address) == before + 1, "it was a good one"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"null",
        b"7",
        b'"eth_chainId"',
        b"[]",
        b'[{"jsonrpc":"2.0","id":1,"method":"eth_chainId"}]',
        b"{}",
        b'{"jsonrpc":"2.0","id":1}',
        b'{"jsonrpc":"2.0","id":1,"method":7}',
        b'{"jsonrpc":"2.0","id":1,"method":["eth_chainId"]}',
        b'{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":{}}',
        b'{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":"x"}',
        pytest.param(b"[" * 100_000, id="deep list"),
        pytest.param(b'{"a":' * 100_000, id="deep object"),
        pytest.param(b'"' + b"x" * 1_000_000 + b'"', id="long text"),
        b'{"jsonrpc":"2.0","id":NaN,"method":7}',
    ],
)
def test_what_is_not_a_request_is_answered_as_such(rpc, body):
    status, answer = post(rpc, body)
    assert status == 200
    assert json.loads(answer)["error"] == {
        "code": INVALID_REQUEST,
        "message": "a JSON-RPC request was expected",
    }


@pytest.mark.parametrize(
    ("given", "answered"),
    [("7", 7), ('"seven"', "seven"), ("null", None), ("NaN", None), ("[1]", None), ("{}", None)],
)
def test_the_answer_has_the_id_of_the_request_if_it_is_one(rpc, given, answered):
    body = f'{{"jsonrpc":"2.0","id":{given},"method":"eth_blockNumber"}}'.encode()
    status, answer = post(rpc, body)
    assert status == 200
    assert json.loads(answer)["id"] == answered


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("eth_call", []),
        ("eth_call", ["0x", "latest"]),
        ("eth_call", [{"to": "0x12", "data": "0x"}, "latest"]),
        ("eth_call", [{"to": "0x" + "11" * 20, "data": "no"}, "latest"]),
        ("eth_getLogs", []),
        ("eth_getLogs", [{}]),
        ("eth_getLogs", [{"address": "0x12"}]),
        ("eth_getLogs", ["0x"]),
        ("eth_getLogs", [{"address": ["0x" + "11" * 20]}]),
        ("eth_getCode", []),
        ("eth_getCode", ["0x12", "latest"]),
        ("eth_getBlockByNumber", ["yesterday", False]),
    ],
)
def test_a_call_that_cannot_be_answered_is_an_error_not_a_result(rpc, method, params):
    answer = call(rpc, method, *params)
    assert answer["error"]["code"] == SERVER_ERROR
    assert answer["error"]["message"]
    assert "result" not in answer


def test_a_view_that_the_contract_refuses_is_an_error(rpc, published):
    ledger = published.ledger.contract
    to, data = ledger.address, selector(ledger, "commitmentAt", 0, parties.STRANGER.address, 1, 0)
    answer = call(rpc, "eth_call", {"to": to, "data": data}, "latest")
    assert "TransactionFailed" in answer["error"]["message"]


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/", 405), ("POST", "/x", 404), ("GET", "/docs", 404)]
)
def test_there_is_nothing_but_the_one_entry(rpc, method, path, status):
    assert post(rpc, b"", method, path)[0] == status


def test_it_listens_on_the_loopback_address_alone(rpc):
    address = urlsplit(rpc)
    assert address.hostname == "127.0.0.1"
    with socket.create_connection(("127.0.0.1", address.port), timeout=5):
        pass
    # The whole of 127/8 leads to this machine, but only one address of it was bound.
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", address.port), timeout=5)


def test_it_is_gone_after_its_context(published):
    with serve(published.chain.web3) as url:
        assert call(url, "eth_chainId")["result"]
    with pytest.raises(ConnectionRefusedError):
        post(url, b"{}")


def test_two_services_have_two_addresses(published):
    with serve(published.chain.web3) as one, serve(published.chain.web3) as other:
        assert one != other
        assert call(one, "eth_blockNumber") == call(other, "eth_blockNumber")


# What it answers


def selector(contract: Any, function: str, *arguments: object) -> str:
    """The data of a call."""
    web3 = contract.chain.web3
    bound = web3.eth.contract(
        address=Web3.to_checksum_address(contract.address), abi=load_artifact(contract.name).abi
    )
    return str(bound.encode_abi(function, arguments))


def test_plain_figures_equal_those_of_the_chain(rpc, published):
    web3 = published.chain.web3
    assert int(call(rpc, "eth_chainId")["result"], 16) == web3.eth.chain_id
    assert int(call(rpc, "eth_blockNumber")["result"], 16) == web3.eth.block_number
    code = call(rpc, "eth_getCode", published.market.contract.address, "latest")["result"]
    assert code == "0x" + bytes(web3.eth.get_code(published.market.contract.address)).hex()
    assert len(code) > 1_000
    found = call(rpc, "eth_getBlockByNumber", hex(3), False)["result"]
    block = web3.eth.get_block(3)
    assert found["hash"] == "0x" + bytes(block["hash"]).hex()
    assert int(found["timestamp"], 16) == block["timestamp"]
    assert call(rpc, "eth_getBlockByNumber", "0xffffffff", False)["result"] is None


def test_a_view_equals_the_direct_answer(rpc, published):
    identity = published.identity("bakery evening")
    market = published.market.contract
    answer = call(
        rpc,
        "eth_call",
        {"to": market.address, "data": selector(market, "activationHead", identity)},
        "latest",
    )
    assert answer == {
        "jsonrpc": "2.0",
        "id": 7,
        "result": "0x" + published.head("bakery evening").hex(),
    }


def test_logs_equal_the_direct_answer(rpc, published):
    address = published.market.contract.address
    first, last = hex(1), hex(published.chain.block_number())
    wanted = {"address": address.lower(), "fromBlock": first, "toBlock": last}
    found = call(rpc, "eth_getLogs", wanted)["result"]
    direct = published.chain.web3.eth.get_logs({**wanted, "address": address})
    assert len(found) == len(direct) > 10
    for theirs, ours in zip(found, direct, strict=True):
        assert theirs["data"] == "0x" + bytes(ours["data"]).hex()
        assert theirs["topics"] == ["0x" + bytes(topic).hex() for topic in ours["topics"]]
        assert int(theirs["blockNumber"], 16) == ours["blockNumber"]


# The checker's view of the ledger over it


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


def test_a_service_over_an_empty_chain_says_that_it_is_empty():
    with serve(Chain.in_process().web3) as url:
        assert call(url, "eth_getCode", "0x" + "11" * 20, "latest")["result"] == "0x"
