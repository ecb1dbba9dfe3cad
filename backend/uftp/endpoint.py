"""Messages over HTTP: one address that takes them, and delivery of what waits in the memory.

The protocol asks for TLS in front of it: signatures show who wrote a message, they hide nothing.
"""

import logging
import urllib.error
import urllib.request
from typing import Protocol

from fastapi import FastAPI, Request, Response
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool

from backend.uftp.document import ENVELOPE_BYTES_MAX
from backend.uftp.memory import Memory, Outgoing
from backend.uftp.parties import Directory
from backend.uftp.rejection import TransportRefused
from backend.uftp.sealing import BAD_DOCUMENT

PATH = "/shapeshifter/api/v3/message"
CONTENT_TYPE = "text/xml; charset=utf-8"
LENGTH_REQUIRED = 411
_TIMEOUT_S = 30
_FINAL = range(400, 500)
_TRY_AGAIN = (404, 408, 429)
"""The protocol takes 4xx as final except 404; 408 and 429 ask for another try by their meaning."""

_log = logging.getLogger(__name__)


class Desk(Protocol):
    """A party that takes messages."""

    memory: Memory
    directory: Directory

    def receive(self, document: bytes) -> None:
        """Take an envelope, or raise TransportRefused."""


def build_app(desk: Desk) -> FastAPI:
    """Build the service of one party; run it on loopback, behind a server that speaks TLS."""
    app = FastAPI(openapi_url=None)

    @app.post(PATH)
    async def message(request: Request) -> Response:
        try:
            document = await _read(request)
            await run_in_threadpool(desk.receive, document)
        except TransportRefused as refusal:
            _log.warning("message refused: %s", refusal)
            return Response(refusal.why, refusal.status, media_type="text/plain")
        # The answer is a message of its own, after this one has been acknowledged.
        return Response(status_code=200, background=BackgroundTask(deliver, desk))

    return app


async def _read(request: Request) -> bytes:
    """Return the body of a request of the right kind and size."""
    kind = request.headers.get("content-type", "").replace(" ", "").replace('"', "").lower()
    if kind not in ("text/xml", "text/xml;charset=utf-8"):
        raise TransportRefused(BAD_DOCUMENT, f"content type {kind!r:.60}, expected {CONTENT_TYPE}")
    if "content-length" not in request.headers:
        raise TransportRefused(LENGTH_REQUIRED, "no Content-Length")
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > ENVELOPE_BYTES_MAX:
            raise TransportRefused(BAD_DOCUMENT, f"more than {ENVELOPE_BYTES_MAX} bytes")
    return body


def deliver(desk: Desk) -> None:
    """Try to deliver all that waits, oldest first; what fails for now waits for the next call."""
    with desk.memory.delivering:
        endpoints = {one.domain: one.endpoint for one in desk.directory.values()}
        for number, outgoing in desk.memory.waiting().items():
            _deliver_one(desk.memory, number, outgoing, endpoints[outgoing.recipient])


def _deliver_one(memory: Memory, number: int, outgoing: Outgoing, endpoint: str) -> None:
    try:
        _post(endpoint, outgoing)
    except urllib.error.HTTPError as error:
        with error:
            why = f"HTTP {error.code}: {error.read(500).decode(errors='replace')!r}"
        if error.code in _FINAL and error.code not in _TRY_AGAIN:
            memory.refused(number, why)
        _log.warning("to %s: %s", outgoing.recipient, why)
    except OSError as error:
        _log.warning("to %s: %s", outgoing.recipient, error)
    else:
        memory.delivered(number)


def _post(endpoint: str, outgoing: Outgoing) -> None:
    headers = {"Content-Type": CONTENT_TYPE}
    request = urllib.request.Request(endpoint, outgoing.document, headers)
    with urllib.request.urlopen(request, timeout=_TIMEOUT_S):
        pass
