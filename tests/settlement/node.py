"""A node for tests: HTTP on the loopback, answers encoded by the committed contract interfaces."""

import json
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

from eth_abi import decode as abi_decode
from eth_abi import encode as abi_encode
from eth_utils import keccak

from settlement.chain.view import ChainView
from settlement.identity import agreement_id, encode
from tests.settlement.market import PERIOD

ARTIFACTS = Path(__file__).parents[2] / "backend" / "chain" / "artifacts"


@contextmanager
def node(answer: Callable[[dict[str, Any]], bytes]) -> Iterator[str]:
    """A server on the loopback that answers each request with raw bytes; yields its address."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.rfile.readline()
            length = 0
            while (line := self.rfile.readline().strip()) != b"":
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            self.wfile.write(answer(json.loads(self.rfile.read(length))))

    with socketserver.TCPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def http(body: bytes, status: str = "200 OK") -> bytes:
    return f"HTTP/1.0 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


@lru_cache(maxsize=2)
def interface(contract: str) -> dict[str, Any]:
    abi = json.loads((ARTIFACTS / f"{contract}.json").read_text())["abi"]
    return {entry["name"]: entry for entry in abi if "name" in entry}


def _types(parameters: list[dict[str, Any]]) -> list[str]:
    return [
        "(" + ",".join(_types(one["components"])) + ")" if one["type"] == "tuple" else one["type"]
        for one in parameters
    ]


def selector(contract: str, function: str) -> str:
    entry = interface(contract)[function]
    signature = f"{function}({','.join(_types(entry['inputs']))})"
    return "0x" + keccak(signature.encode())[:4].hex()


def encoded(contract: str, function: str, value: Any) -> bytes:
    """Encode an answer by the committed interface; a struct is given by its field names."""
    outputs = interface(contract)[function]["outputs"]
    if len(outputs) > 1:
        return abi_encode(_types(outputs), value)
    if outputs[0]["type"] == "tuple":
        value = tuple(value[field["name"]] for field in outputs[0]["components"])
    return abi_encode(_types(outputs), [value])


def _arguments(contract: str, function: str, call: dict[str, str]) -> tuple[Any, ...]:
    types = _types(interface(contract)[function]["inputs"])
    values = abi_decode(types, bytes.fromhex(call["data"][10:]))
    return tuple(
        bytes.fromhex(value[2:]) if kind == "address" else value
        for kind, value in zip(types, values, strict=True)
    )


def _agreement_state(chain: ChainView, agreement_id: bytes) -> dict[str, Any]:
    record = chain.agreement(agreement_id)
    return {
        "status": 0 if not record.recorded else 1 if record.end_day is None else 2,
        "activations": record.activations,
        "lastEndIsp": 0,
        "previousEndIsp": 0,
        "lastDay": record.end_day or 0,
        "lastWasCancelled": False,
    }


def _run(chain: ChainView, dso: bytes, aggregator: bytes, first_day: int) -> dict[str, Any]:
    run = chain.run(dso, aggregator, first_day)
    return {
        "root": run.root if run else bytes(32),
        "ruleSet": run.rule_set if run else bytes(32),
        "sum": run.sum if run else 0,
        "claimed": 0,
        "publishedAt": run.published_at_s if run else 0,
        "blockNumber": run.block if run else 0,
        "periodLastDay": run.period_last_day if run else 0,
        "depth": run.depth if run else 0,
        "version": run.version if run else 0,
        "status": 3 if run and run.void else 0,
    }


def _roots(chain: ChainView, kind: int, *arguments: Any) -> list[bytes]:
    roots = (chain.meter_roots, chain.nomination_roots)[kind](*arguments)
    return [root or bytes(32) for root in roots]


def _credit(chain: ChainView, key: bytes, first_day: int) -> tuple[int, int]:
    account = chain.account(key, first_day)
    return account.credited, account.credited_version


def _balance(chain: ChainView, key: bytes) -> int:
    return chain.account(key, PERIOD.first_day).balance


def _dispute(chain: ChainView, key: bytes, first_day: int) -> tuple[int, int, int]:
    account = chain.account(key, first_day)
    return account.recomputed_version, account.recomputed, account.held_version


def _activated(chain: ChainView, query: dict[str, Any]) -> list[dict[str, Any]]:
    key, block = bytes.fromhex(query["topics"][1][2:]), int(query["fromBlock"], 16)
    return [
        event(
            query["topics"], ["uint32", "uint16", "int32"], [one.first_isp, one.isps, one.ordered_w]
        )
        for one in chain.activations_in(key, block)
    ]


def _recorded(chain: ChainView, query: dict[str, Any]) -> list[dict[str, Any]]:
    words = [None if topic is None else bytes.fromhex(topic[2:]) for topic in query["topics"]]
    one = chain.terms_of(words[1]) if words[1] else None
    found = [one] if one else [] if words[1] else chain.agreements_of(words[3][12:])
    return [
        {
            "topics": [
                query["topics"][0],
                "0x" + agreement_id(terms).hex(),
                "0x" + terms.aggregator.rjust(32, b"\0").hex(),
                "0x" + terms.prosumer.rjust(32, b"\0").hex(),
            ],
            "data": "0x" + encode(terms).hex(),
            "blockNumber": "0x1",
        }
        for terms in found
    ]


def _published(chain: ChainView, query: dict[str, Any]) -> list[dict[str, Any]]:
    dso, aggregator = (bytes.fromhex(topic[26:]) for topic in query["topics"][1:3])
    return [
        event(
            [*query["topics"], "0x" + run.period_first_day.to_bytes(32, "big").hex()],
            ["uint32", "uint8", "bytes32", "uint64", "uint8", "bytes32", "uint32"],
            [run.period_last_day, run.version, run.root, run.sum, run.depth, bytes(32), 0],
            run.block,
        )
        for run in chain.runs(dso, aggregator)
    ]


def _committed(chain: ChainView, query: dict[str, Any]) -> list[dict[str, Any]]:
    topic, kind, mdc, days = query["topics"]
    return [
        event(
            [topic, kind, mdc, "0x" + one.utc_day.to_bytes(32, "big").hex()],
            ["uint256", "bytes32"],
            [one.version + 1, one.root],
            one.block,
        )
        for one in chain.meter_commitments(bytes.fromhex(mdc[26:]), [int(day, 16) for day in days])
    ]


def event(topics: list[str], types: list[str], values: list[Any], block: int = 1) -> dict[str, Any]:
    """An event as a node answers it."""
    data = "0x" + abi_encode(types, values).hex()
    return {"topics": topics, "data": data, "blockNumber": hex(block)}


def topic(contract: str, name: str) -> str:
    """The first topic of an event, by the committed interface."""
    signature = f"{name}({','.join(_types(interface(contract)[name]['inputs']))})"
    return "0x" + keccak(signature.encode()).hex()


_EVENTS: dict[tuple[str, str], Callable[..., list[dict[str, Any]]]] = {
    ("FlexMarket", "Activated"): _activated,
    ("FlexMarket", "AgreementRecorded"): _recorded,
    ("SettlementLedger", "RunPublished"): _published,
    ("SettlementLedger", "Committed"): _committed,
}


_VIEWS: dict[tuple[str, str], Callable[..., Any]] = {
    ("FlexMarket", "agreementState"): _agreement_state,
    ("FlexMarket", "activationHead"): lambda chain, key: chain.agreement(key).log_head,
    ("SettlementLedger", "runOf"): _run,
    ("SettlementLedger", "rootsBefore"): _roots,
    ("SettlementLedger", "creditOf"): _credit,
    ("SettlementLedger", "accountOf"): lambda chain, key: (
        chain.account(key, PERIOD.first_day).balance
    ),
    ("SettlementLedger", "disputeOf"): _dispute,
    ("SettlementLedger", "challengeWindowS"): lambda chain: chain.challenge_window_s(),
}


def chain_node(chain: ChainView) -> Callable[[dict[str, Any]], bytes]:
    """Answer the calls of the checker from a ledger in memory."""
    events = {topic(*key): answer for key, answer in _EVENTS.items()}
    by_selector = {selector(*key): key for key in _VIEWS}

    def result_of(method: str, params: list[Any]) -> Any:
        if method == "eth_chainId":
            return hex(chain.chain_id())
        if method == "eth_getBlockByNumber":
            return {"timestamp": hex(chain.now_s())}
        if method == "eth_getLogs":
            return events[params[0]["topics"][0]](chain, params[0])
        assert method == "eth_call"
        key = by_selector[params[0]["data"][:10]]
        value = _VIEWS[key](chain, *_arguments(*key, params[0]))
        return "0x" + encoded(*key, value).hex()

    def answer(request: dict[str, Any]) -> bytes:
        result = result_of(request["method"], request["params"])
        return http(json.dumps({"jsonrpc": "2.0", "id": request["id"], "result": result}).encode())

    return answer
