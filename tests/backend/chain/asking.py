"""Asking the JSON-RPC as any client does, with what is sent in full view."""

import http.client
import json
from typing import Any
from urllib.parse import urlsplit

from web3 import Web3

from backend.chain.artifacts import load_artifact


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


def selector(contract: Any, function: str, *arguments: object) -> str:
    """The data of a call."""
    web3 = contract.chain.web3
    bound = web3.eth.contract(
        address=Web3.to_checksum_address(contract.address), abi=load_artifact(contract.name).abi
    )
    return str(bound.encode_abi(function, arguments))
