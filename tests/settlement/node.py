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

from settlement.chain_view import ChainView

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
    (output,) = interface(contract)[function]["outputs"]
    if output["type"] == "tuple":
        value = tuple(value[field["name"]] for field in output["components"])
    return abi_encode(_types([output]), [value])


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
        "publishedAt": 0,
        "blockNumber": run.block if run else 0,
        "periodLastDay": run.period_last_day if run else 0,
        "depth": run.depth if run else 0,
        "version": run.version if run else 0,
        "status": 0,
    }


def _roots(chain: ChainView, kind: int, *arguments: Any) -> list[bytes]:
    roots = (chain.meter_roots, chain.nomination_roots)[kind](*arguments)
    return [root or bytes(32) for root in roots]


def _events(chain: ChainView, query: dict[str, Any]) -> list[dict[str, Any]]:
    agreement_id = bytes.fromhex(query["topics"][1][2:])
    return [
        {
            "topics": query["topics"],
            "data": "0x"
            + abi_encode(
                ["uint32", "uint16", "int32"], [one.first_isp, one.isps, one.ordered_w]
            ).hex(),
        }
        for one in chain.activations_in(agreement_id, int(query["fromBlock"], 16))
    ]


_VIEWS: dict[tuple[str, str], Callable[..., Any]] = {
    ("FlexMarket", "agreementState"): _agreement_state,
    ("FlexMarket", "activationHead"): lambda chain, key: chain.agreement(key).log_head,
    ("SettlementLedger", "runOf"): _run,
    ("SettlementLedger", "rootsBefore"): _roots,
}


def chain_node(chain: ChainView) -> Callable[[dict[str, Any]], bytes]:
    """Answer the calls of the checker from a ledger in memory."""
    by_selector = {selector(*key): key for key in _VIEWS}

    def result_of(method: str, params: list[Any]) -> Any:
        if method == "eth_chainId":
            return hex(chain.chain_id())
        if method == "eth_getLogs":
            return _events(chain, params[0])
        assert method == "eth_call"
        key = by_selector[params[0]["data"][:10]]
        value = _VIEWS[key](chain, *_arguments(*key, params[0]))
        return "0x" + encoded(*key, value).hex()

    def answer(request: dict[str, Any]) -> bytes:
        result = result_of(request["method"], request["params"])
        return http(json.dumps({"jsonrpc": "2.0", "id": request["id"], "result": result}).encode())

    return answer
