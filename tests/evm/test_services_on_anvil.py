"""A week of the services on a node, checked by every prosumer over the node's own JSON-RPC."""

from collections.abc import Iterator
from itertools import pairwise

import pytest

from backend.db.models import StatementRow
from backend.db.store import close_store, open_store
from backend.services.claiming import claim_all, proven_statements
from tests.backend import parties
from tests.backend.defaults import CHALLENGE_WINDOW_S, DEALS, NEGOTIATION_S
from tests.backend.services.checking import NAMES, checks_of, findings
from tests.backend.stages import STEPS
from tests.backend.town import Town
from tests.evm import anvil
from tests.evm.small_month import Stage


@pytest.fixture(scope="module")
def published(node: str) -> Iterator[Town]:
    """The small market whose steps have all been taken on the node."""
    sessions = open_store()
    with sessions() as session:
        stage = Stage.deploy(anvil.connected(node))
        town = Town(stage.chain, stage.market, stage.ledger, stage.token, session)
        stage.move_to(NEGOTIATION_S)
        for _, step in STEPS:
            step(town)
            session.commit()
        yield town
    close_store(sessions)


@pytest.mark.parametrize("name", NAMES)
def test_the_checker_of_every_prosumer_finds_nothing(published: Town, node: str, name: str) -> None:
    checks = checks_of(published, published.bundles()[name], node, name.split()[0])
    assert findings(checks) == []
    assert len(checks) > 10, "the bundle, the ledger and the meter are all compared"


def test_blocks_of_the_node_are_in_time_order(published: Town) -> None:
    web3 = published.chain.web3
    times = [web3.eth.get_block(at)["timestamp"] for at in range(web3.eth.block_number + 1)]
    assert all(before <= after for before, after in pairwise(times))


def test_every_statement_is_paid(published: Town) -> None:
    settled, run = published.settled(), published.run()
    assert published.chain.advance_to is not None
    published.chain.advance_to(published.chain.now_s() + CHALLENGE_WINDOW_S + 60)
    before = published.token.balance(published.ledger.address)
    proven = proven_statements(published.session, settled)
    claim_all(published.session, published.ledger, parties.RELAYER, run, proven, print)
    assert len(proven) == len(DEALS)
    total = sum(one.statement.amount for one in proven)
    assert total == settled.run.tree.root[1] > 0
    assert published.token.balance(published.ledger.address) == before - total
    assert all(row.paid for row in published.session.query(StatementRow))
