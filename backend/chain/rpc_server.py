"""A read-only JSON-RPC of an in-process chain, on loopback, for checkers in other processes.

Only methods that read are answered. It exists because an in-process chain has no address of its
own; a real node needs none of this.
"""

import json
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from web3 import Web3
from web3.types import RPCEndpoint

from backend.chain.log_history import LogHistory

READ_METHODS = frozenset(
    {
        "eth_blockNumber",
        "eth_call",
        "eth_chainId",
        "eth_getBlockByNumber",
        "eth_getCode",
        "eth_getLogs",
    }
)
_LOOPBACK = "127.0.0.1"
_BODY_BYTES_MAX = 1_000_000
_BRACKETS_MAX = 100
"""No request nests this deep. The in-process chain lifts Python's recursion limit above what the
stack holds, so that deeper JSON would end the process."""

_METHOD_NOT_FOUND, _INVALID_REQUEST, _SERVER_ERROR = -32601, -32600, -32000


def build_app(web3: Web3, history: LogHistory) -> FastAPI:
    """Build the service over a connection and its history."""
    app = FastAPI(openapi_url=None)
    one_at_a_time = threading.Lock()
    caller = web3.eth.accounts[0]

    def answer(body: Any) -> dict[str, Any]:
        method = body.get("method") if isinstance(body, dict) else None
        request_id = body.get("id") if isinstance(body, dict) else None
        head = {"jsonrpc": "2.0", "id": request_id if isinstance(request_id, int | str) else None}
        if not isinstance(method, str) or not isinstance(body.get("params", []), list):
            return {**head, "error": _error(_INVALID_REQUEST, "a JSON-RPC request was expected")}
        if method not in READ_METHODS:
            return {**head, "error": _error(_METHOD_NOT_FOUND, f"{method:.40} is not offered")}
        try:
            with one_at_a_time:
                found = _ask(web3, history, method, list(body.get("params", [])), caller)
        except Exception as error:  # whatever the in-process chain raises is the caller's answer
            return {**head, "error": _error(_SERVER_ERROR, f"{type(error).__name__}: {error}")}
        return {**head, "result": _plain(found)}

    @app.post("/")
    async def rpc(request: Request) -> JSONResponse:
        return JSONResponse(answer(await _read(request)))

    return app


async def _read(request: Request) -> Any:
    """Return the JSON of a request, None for what is none or too large."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > _BODY_BYTES_MAX:
            return None
    if body.count(b"[") + body.count(b"{") > _BRACKETS_MAX:
        return None
    try:
        return json.loads(body)
    except ValueError:
        return None


def _ask(web3: Web3, history: LogHistory, method: str, params: list[Any], caller: str) -> Any:
    """Ask the in-process chain, with what it wants said and a node does not need."""
    if method in ("eth_call", "eth_getLogs"):
        if not params or not isinstance(params[0], dict):
            raise ValueError(f"{method} takes an object first")
        if method == "eth_getLogs":
            return history.matching(params[0])
        params[0] = {"from": caller, **params[0]}
    return web3.manager.request_blocking(RPCEndpoint(method), params)


def _error(code: int, message: str) -> dict[str, Any]:
    return {"code": code, "message": message}


def _plain(value: Any) -> Any:
    """Write what the in-process chain returns the way a node would."""
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, int):
        return hex(value)
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return str(value)


@contextmanager
def serve(web3: Web3, history: LogHistory | None = None) -> Iterator[str]:
    """Serve on a free loopback port while the context lasts; yields the address.

    Args:
        web3: connection to an in-process chain.
        history: its events as far as they were read; without it they are read when asked for.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.bind((_LOOPBACK, 0))
    port = listener.getsockname()[1]
    config = uvicorn.Config(
        build_app(web3, history or LogHistory(web3)), log_level="error", lifespan="off"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        while not server.started:
            thread.join(0.01)
            if not thread.is_alive():
                raise RuntimeError("the JSON-RPC service did not start")
        yield f"http://{_LOOPBACK}:{port}/"
    finally:
        server.should_exit = True
        thread.join()
        listener.close()
