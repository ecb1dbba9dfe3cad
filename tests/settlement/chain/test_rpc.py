"""The ledger over JSON-RPC: answers as the contracts give them, and every wrong answer refused."""

from typing import Any

import pytest
from eth_abi import encode as abi_encode
from eth_utils import keccak

from settlement.activation import Activation
from settlement.chain.json_rpc import JsonRpc
from settlement.chain.rpc import RpcChain
from settlement.chain.view import AgreementRecord, RunRecord
from settlement.errors import ChainError
from tests.settlement.defaults import address, word
from tests.settlement.node import encoded, http, node, selector

MARKET, LEDGER = address(0xAA), address(0xBB)


def test_a_call_sends_its_method_and_parameters():
    seen = []

    def answer(request: dict[str, Any]) -> bytes:
        seen.append(request)
        return http(b'{"jsonrpc":"2.0","id":1,"result":"0x7a69"}')

    with node(answer) as url:
        assert RpcChain(JsonRpc(url), MARKET, LEDGER).chain_id() == 31337
    assert seen == [{"jsonrpc": "2.0", "id": 1, "method": "eth_chainId", "params": []}]


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (http(b'{"error":{"code":-32000,"message":"no such block"}}'), "no such block"),
        (http(b'{"id":1}'), "was refused"),
        (http(b"[]"), r"was refused: \[\]"),
        (http(b"<html>"), "Expecting value"),
        (http(b"\xff\xfe\x00"), "http://127"),
        (http(b"[" * 200_000), "http://127"),
        (http(b"{}", "500 Oh"), "HTTP Error 500"),
        (b"SSH-2.0-server\r\n", "SSH"),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 9\r\n\r\n{", "http://127"),
        (b"", "closed|Remote end"),
    ],
)
def test_a_node_that_does_not_answer_properly(raw, told):
    with node(lambda _: raw) as url, pytest.raises(ChainError, match=told):
        JsonRpc(url).call("eth_chainId")


@pytest.mark.parametrize("url", ["ftp://127.0.0.1", "file:///etc/passwd", "127.0.0.1:8545", ""])
def test_only_http_addresses_are_called(url):
    with pytest.raises(ChainError, match="is not an http or https address"):
        JsonRpc(url)


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "http://", "http://a b/", "http://[::"])
def test_nobody_there(url):
    with pytest.raises(ChainError):
        JsonRpc(url).call("eth_chainId")


class Scripted:
    """A node that answers `eth_call` by selector with words as the contracts would encode them."""

    def __init__(self, answers: dict[str, bytes], other: Any = None) -> None:
        self.answers, self.other = answers, other
        self.calls: list[tuple[str, Any]] = []

    def call(self, method: str, *params: Any) -> Any:
        self.calls.append((method, params))
        if method != "eth_call":
            return self.other
        selector = params[0]["data"][:10]
        return "0x" + self.answers[selector].hex()


def state_of(status: int) -> dict[str, Any]:
    return {
        "status": status,
        "activations": 3,
        "lastEndIsp": 1_900_000,
        "previousEndIsp": 1_800_000,
        "lastDay": 20_990,
        "lastWasCancelled": True,
    }


@pytest.mark.parametrize(
    ("status", "record"),
    [
        (0, AgreementRecord(False, 3, None, word(5))),
        (1, AgreementRecord(True, 3, None, word(5))),
        (2, AgreementRecord(True, 3, 20_990, word(5))),
    ],
)
def test_an_agreement_as_the_market_has_it(status, record):
    scripted = Scripted(
        {
            selector("FlexMarket", "agreementState"): encoded(
                "FlexMarket", "agreementState", state_of(status)
            ),
            selector("FlexMarket", "activationHead"): word(5),
        }
    )
    chain = RpcChain(scripted, MARKET, LEDGER)  # type: ignore[arg-type]
    assert chain.agreement(word(9)) == record
    assert all(params[0]["to"] == "0x" + MARKET.hex() for _, params in scripted.calls)
    assert all(params[0]["data"][10:] == word(9).hex() for _, params in scripted.calls)


def run_of(version: int) -> dict[str, Any]:
    return {
        "root": word(1),
        "ruleSet": word(2),
        "sum": 3,
        "claimed": 4,
        "publishedAt": 5,
        "blockNumber": 6,
        "periodLastDay": 7,
        "depth": 8,
        "version": version,
        "status": 0,
    }


@pytest.mark.parametrize(
    ("version", "record"),
    [(0, None), (9, RunRecord(7, word(1), 3, 8, 9, 6, word(2), 5, False))],
)
def test_a_run_as_the_ledger_has_it(version, record):
    answer = encoded("SettlementLedger", "runOf", run_of(version))
    scripted = Scripted({selector("SettlementLedger", "runOf"): answer})
    chain = RpcChain(scripted, MARKET, LEDGER)  # type: ignore[arg-type]
    assert chain.run(address(1), address(2), 20_900) == record
    ((_, (call, block)),) = scripted.calls
    assert (call["to"], block) == ("0x" + LEDGER.hex(), "latest")
    arguments = abi_encode(
        ["address", "address", "uint32"], ["0x" + "01" * 20, "0x" + "02" * 20, 20_900]
    )
    assert call["data"][10:] == arguments.hex()


@pytest.mark.parametrize("kind", ["meter_roots", "nomination_roots"])
def test_roots_of_days(kind):
    answer = encoded("SettlementLedger", "rootsBefore", [word(7), word(0), word(8)])
    scripted = Scripted({selector("SettlementLedger", "rootsBefore"): answer})
    chain = RpcChain(scripted, MARKET, LEDGER)  # type: ignore[arg-type]
    assert list(getattr(chain, kind)(address(1), 20_900, 3, 77)) == [word(7), None, word(8)]
    ((_, (call, _)),) = scripted.calls
    expected = [["meter_roots", "nomination_roots"].index(kind), "0x" + "01" * 20, 20_900, 3, 77]
    types = ["uint8", "address", "uint32", "uint32", "uint64"]
    assert call["data"][10:] == abi_encode(types, expected).hex()
    assert list(getattr(chain, kind)(address(1), 20_900, 0, 77)) == []
    with pytest.raises(ChainError, match="answered 5 words, expected 4"):
        getattr(chain, kind)(address(1), 20_900, 2, 77)


def test_activations_of_a_block():
    topic = "0x" + keccak(b"Activated(bytes32,uint32,uint16,int32)").hex()
    data = abi_encode(["uint32", "uint16", "int32"], [2_000_000, 8, -3000])
    topics = [topic, "0x" + word(9).hex()]
    log = {"topics": topics, "data": "0x" + data.hex(), "blockNumber": "0xc"}
    scripted = Scripted({}, [log])
    chain = RpcChain(scripted, MARKET, LEDGER)  # type: ignore[arg-type]
    assert chain.activations_in(word(9), 12) == [Activation(2_000_000, 8, -3000)]
    ((method, (query,)),) = scripted.calls
    assert (method, query["fromBlock"], query["toBlock"]) == ("eth_getLogs", "0xc", "0xc")
    assert (query["address"], query["topics"]) == ("0x" + MARKET.hex(), topics)
    for wrong in (
        None,
        [None],
        [{**log, "topics": None}],
        [{**log, "topics": [topic]}],
        [{**log, "topics": [topic, topic]}],
        [{**log, "topics": [topic, 5]}],
        [{**log, "data": "0x" + data.hex()[64:]}],
        [{**log, "data": "0x" + data.hex()[2:]}],
        [{**log, "data": data.hex()}],
        [{**log, "blockNumber": None}],
        [{**log, "blockNumber": "12"}, {"topics": topics, "data": log["data"]}],
    ):
        scripted.other = wrong
        with pytest.raises(ChainError, match=r"the node answered|an event has"):
            chain.activations_in(word(9), 12)


@pytest.mark.parametrize("chain_id", [None, 5, "", "0xzz", ["0x1"]])
def test_a_chain_id_that_is_none(chain_id):
    chain = RpcChain(Scripted({}, chain_id), MARKET, LEDGER)  # type: ignore[arg-type]
    with pytest.raises(ChainError, match="as its chain id"):
        chain.chain_id()


@pytest.mark.parametrize("block", [None, 5, {}, {"timestamp": None}, {"timestamp": "0xzz"}])
def test_a_last_block_without_its_time(block):
    chain = RpcChain(Scripted({}, block), MARKET, LEDGER)  # type: ignore[arg-type]
    with pytest.raises(ChainError, match="as the time of its last block"):
        chain.now_s()


@pytest.mark.parametrize("answer", [None, 5, "7a69", "0xzz", "0x00"])
def test_a_view_that_answers_no_words(answer):
    class Odd:
        def call(self, _method: str, *_params: Any) -> Any:
            return answer

    chain = RpcChain(Odd(), MARKET, LEDGER)  # type: ignore[arg-type]
    with pytest.raises(ChainError, match="the node answered"):
        chain.agreement(word(9))
