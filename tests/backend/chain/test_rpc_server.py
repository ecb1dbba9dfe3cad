"""The read-only JSON-RPC: what it refuses, and that it answers what the chain says."""

import json
import socket
from urllib.parse import urlsplit

import pytest

from backend.chain.adapter import Chain
from backend.chain.rpc_server import serve
from tests.backend import parties
from tests.backend.chain.asking import call, post, selector

METHOD_NOT_FOUND, INVALID_REQUEST, SERVER_ERROR = -32601, -32600, -32000


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


def test_a_service_over_an_empty_chain_says_that_it_is_empty():
    with serve(Chain.in_process().web3) as url:
        assert call(url, "eth_getCode", "0x" + "11" * 20, "latest")["result"] == "0x"
