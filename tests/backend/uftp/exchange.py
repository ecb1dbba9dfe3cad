"""A DSO and an aggregator on loopback, and what came of it."""

import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager

import uvicorn

from backend.uftp.answer import Answer
from backend.uftp.answering import Expectation
from backend.uftp.desk import AggregatorDesk, DsoDesk
from backend.uftp.endpoint import CONTENT_TYPE, PATH, Desk, build_app, deliver
from backend.uftp.library import FlexSettlement, UsefRole
from backend.uftp.memory import Memory
from backend.uftp.parties import Counterparty, Identity, directory_of
from backend.uftp.stated import StatedSettlement
from settlement.statement import Period
from tests.backend.uftp.keys import (
    AGGREGATOR_KEY,
    AGGREGATOR_PUBLIC,
    DSO_KEY,
    DSO_PUBLIC,
)
from tests.backend.uftp.stating import AGGREGATOR, DSO, HEADER
from tests.settlement.defaults import VIENNA


@contextmanager
def listening() -> Iterator[tuple[socket.socket, str]]:
    """A free port on loopback and the address of messages there."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.bind(("127.0.0.1", 0))
        yield listener, f"http://127.0.0.1:{listener.getsockname()[1]}{PATH}"


@contextmanager
def serving(desk: Desk, listener: socket.socket) -> Iterator[None]:
    config = uvicorn.Config(build_app(desk), log_level="critical", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        while not server.started:
            thread.join(0.01)
            assert thread.is_alive(), "the service did not start"
        yield
    finally:
        server.should_exit = True
        thread.join()


class Exchange:
    """Both parties, at whatever addresses; the aggregator expects what a test puts here."""

    def __init__(self, dso_endpoint: str, aggregator_endpoint: str) -> None:
        self.expected: dict[Period, Expectation] = {}
        self.answers: list[tuple[str, FlexSettlement, Answer]] = []
        self._answered = threading.Event()
        as_dso = Counterparty(DSO, UsefRole.DSO, DSO_PUBLIC, dso_endpoint)
        as_aggregator = Counterparty(
            AGGREGATOR, UsefRole.AGR, AGGREGATOR_PUBLIC, aggregator_endpoint
        )
        self.dso = DsoDesk(
            Identity(DSO, UsefRole.DSO, DSO_KEY, lambda: HEADER.time),
            directory_of([as_aggregator]),
            Memory(),
            self.take_answer,
        )
        self.aggregator = AggregatorDesk(
            Identity(AGGREGATOR, UsefRole.AGR, AGGREGATOR_KEY, lambda: HEADER.time),
            directory_of([as_dso]),
            Memory(),
            VIENNA,
            self.expectation_of,
        )

    def take_answer(self, sender: str, sent: FlexSettlement, answer: Answer) -> None:
        self.answers.append((sender, sent, answer))
        self._answered.set()

    def expectation_of(self, sender: str, period: Period) -> Expectation:
        assert sender == DSO
        return self.expected[period]

    def settle(self, stated: StatedSettlement) -> Answer:
        """Send a settlement over HTTP and wait for its answer to come back over HTTP."""
        self._answered.clear()
        self.dso.send(stated, AGGREGATOR)
        deliver(self.dso)
        return self.wait_for_answer()

    def wait_for_answer(self) -> Answer:
        assert self._answered.wait(20), "no answer came"
        return self.answers[-1][2]

    def close(self) -> None:
        self.dso.memory.close()
        self.aggregator.memory.close()


@contextmanager
def exchange() -> Iterator[Exchange]:
    """Both parties, each behind its own port."""
    with (
        listening() as (dso_port, dso_url),
        listening() as (aggregator_port, aggregator_url),
        closing(Exchange(dso_url, aggregator_url)) as found,
        serving(found.dso, dso_port),
        serving(found.aggregator, aggregator_port),
    ):
        yield found


def post(url: str, document: bytes, **headers: str) -> tuple[int, str]:
    """Post a document and return status and text of what came back."""
    request = urllib.request.Request(url, document, {"Content-Type": CONTENT_TYPE, **headers})
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()
