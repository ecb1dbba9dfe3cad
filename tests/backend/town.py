"""Chain, contracts and store of the small market, and the stages it goes through."""

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from eth_tester import EthereumTester
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.chain.adapter import Chain, Contract
from backend.chain.ledger import Ledger, Token
from backend.chain.market import Market, WantedActivation
from backend.chain.wallet import address_of
from backend.db.models import AgreementRow, OrderRow, RunRow, TemplateRow
from backend.db.store import close_store, open_store
from backend.services.activating import order_activations
from backend.services.bundling import Bundler
from backend.services.records import RECORDED, read_terms
from backend.services.settlement_job import Office, settle_run
from backend.services.settling import RunScope, SettledPeriod, settle_period
from settlement.activation import Activation
from settlement.bundle.records import Bundle
from settlement.identity import agreement_id
from settlement.terms import Terms
from tests.backend import parties
from tests.backend.defaults import (
    BOND_AMOUNT,
    CHALLENGE_WINDOW_S,
    DEALS,
    ESCROW_AMOUNT,
    MONDAY,
    NEGOTIATION_S,
    NON_WORKING_DAYS,
    PERIOD,
)

SCOPE = RunScope(address_of(parties.DSO), address_of(parties.AGGREGATOR), PERIOD)
"""What the run of these tests settles."""


@dataclass(frozen=True, slots=True)
class Town:
    """The market as a test finds it; what a test does to it is undone afterwards."""

    chain: Chain
    market: Market
    ledger: Ledger
    token: Token
    session: Session

    @property
    def now_s(self) -> int:
        """Block time of the next transaction, at the earliest."""
        return self.chain.now_s() + 1

    def row(self, deal: str) -> AgreementRow:
        """The stored agreement of a deal."""
        (found,) = (one for one in DEALS if one.name == deal)
        query = (
            select(AgreementRow)
            .join(TemplateRow)
            .where(
                AgreementRow.site_id == found.site_id,
                TemplateRow.name == found.template,
                AgreementRow.status == RECORDED,
            )
        )
        return self.session.scalars(query).one()

    def terms(self, deal: str) -> Terms:
        """The terms of a deal."""
        return read_terms(self.row(deal).terms)

    def identity(self, deal: str) -> bytes:
        """The agreement id of a deal."""
        return agreement_id(self.terms(deal))

    def template(self, name: str) -> bytes:
        """The id of a published template."""
        query = select(TemplateRow.template_id).where(TemplateRow.name == name)
        return self.session.scalars(query).one()

    def place_order(self) -> int:
        """Store an order of the DSO, which activations refer to; returns its id."""
        order = OrderRow(
            congestion_point="point",
            direction="less consumption",
            local_day=MONDAY,
            first_isp=0,
            required_w="[]",
            shortfall_w="[]",
            objective_eur=0.0,
            bound_eur=0.0,
            gap=0.0,
        )
        self.session.add(order)
        self.session.flush()
        return order.order_id

    def wanted(self, deal: str, activation: Activation) -> WantedActivation:
        """An activation of a deal."""
        return WantedActivation(self.terms(deal), activation)

    def order(self, *wanted: WantedActivation, now_s: int | None = None) -> None:
        """Have activations ordered; it is `now_s`, or the time of the chain."""
        moment = self.now_s if now_s is None else now_s
        order_activations(
            self.session, self.market, parties.AGGREGATOR, self.place_order(), wanted, moment
        )

    def head(self, deal: str) -> bytes:
        """The head of a deal's activation log on the ledger."""
        found: bytes = self.market.contract.view("activationHead", self.identity(deal))
        return found

    def settled(self) -> SettledPeriod:
        """The week, settled from what is stored."""
        return settle_period(self.session, SCOPE, NON_WORKING_DAYS)

    def office(self, bundles: Path, say: Callable[[str], None] = print) -> Office:
        """The DSO's settlement office with a folder for bundles."""
        return Office(self.session, self.market, self.ledger, parties.DSO, bundles, say)

    def publish(self) -> RunRow:
        """Settle the week and see it through; its bundles are not kept."""
        aggregator = address_of(parties.AGGREGATOR)
        with TemporaryDirectory() as folder:
            office = self.office(Path(folder), lambda _: None)
            return settle_run(office, aggregator, PERIOD, NON_WORKING_DAYS, self.now_s)

    def run(self) -> RunRow:
        """The standing version of the published run."""
        return self.session.scalars(select(RunRow).order_by(RunRow.version.desc())).first()

    def bundles(self) -> Mapping[str, Bundle]:
        """The bundle of every deal."""
        bundler = Bundler(
            self.session, self.market, self.ledger, self.settled(), self.run(), NON_WORKING_DAYS
        )
        return {deal.name: bundler.bundle(self.row(deal.name)) for deal in DEALS}


@dataclass(frozen=True, slots=True)
class _Saved:
    """A moment to come back to: what the chain has in memory, its next block, and the store.

    The chain's own snapshots lead back to one moment alone; between several of them its blocks
    are mixed up by number.
    """

    memory: Mapping[bytes, bytes]
    next_block: object
    store: sqlite3.Connection


@dataclass(slots=True)
class StagedTown:
    """One chain for all tests; each stage is built once, on top of the one before it.

    Attributes:
        first: the deployed town, whose store is empty.
        steps: what leads from each stage to the next, in order.
    """

    first: Town
    tester: EthereumTester
    steps: tuple[tuple[str, Callable[[Town], None]], ...]
    saved: dict[str, _Saved] = field(default_factory=dict)

    @classmethod
    def deploy(cls, steps: tuple[tuple[str, Callable[[Town], None]], ...]) -> "StagedTown":
        """Deploy the contracts, give the roles and fill escrow and bond."""
        chain = Chain.in_process()
        chain.fund(list(parties.PAYING))
        market = Market.deploy(chain, parties.ADMIN)
        token = Token.deploy_test_euro(chain, parties.ADMIN)
        ledger = Ledger.deploy(chain, parties.ADMIN, market, token, CHALLENGE_WINDOW_S, BOND_AMOUNT)
        ledger.grant(parties.ADMIN, "DSO_ROLE", parties.DSO)
        ledger.grant(parties.ADMIN, "MDC_ROLE", parties.MDC)
        token.mint(parties.ADMIN, address_of(parties.AGGREGATOR), ESCROW_AMOUNT)
        token.approve(parties.AGGREGATOR, ledger.address, ESCROW_AMOUNT)
        ledger.deposit(parties.AGGREGATOR, parties.DSO, ESCROW_AMOUNT)
        token.mint(parties.ADMIN, address_of(parties.DSO), BOND_AMOUNT)
        token.approve(parties.DSO, ledger.address, BOND_AMOUNT)
        ledger.deposit_bond(parties.DSO, BOND_AMOUNT)
        chain.advance_to(NEGOTIATION_S)
        tester = chain.web3.provider.ethereum_tester  # type: ignore[union-attr]
        with open_store()() as session:
            first = Town(chain, market, ledger, token, session)
            staged = cls(first, tester, steps)
            staged._save("deployed", session)
        return staged

    @contextmanager
    def at(self, stage: str) -> Iterator[Town]:
        """Go to a stage for a while."""
        self._build(stage)
        with self._restored(stage) as town:
            yield town

    def _build(self, stage: str) -> None:
        before = "deployed"
        for name, step in self.steps:
            if stage in self.saved:
                return
            if name not in self.saved:
                with self._restored(before) as town:
                    step(town)
                    town.session.commit()
                    self._save(name, town.session)
            before = name

    def _save(self, stage: str, session: Session) -> None:
        copy = sqlite3.connect(":memory:")
        _driver_of(session).backup(copy)
        chain = self.tester.backend.chain
        self.saved[stage] = _Saved(dict(_memory_of(self.tester)), chain.header, copy)

    @contextmanager
    def _restored(self, stage: str) -> Iterator[Town]:
        saved, first = self.saved[stage], self.first
        memory = _memory_of(self.tester)
        memory.clear()
        memory.update(saved.memory)
        self.tester.backend.chain.header = saved.next_block
        # A connection of its own, so that nonces are counted from what the chain says.
        chain = Chain(first.chain.web3, first.chain.gas_limit, first.chain.advance_to)
        sessions = open_store()
        with sessions() as session:
            saved.store.backup(_driver_of(session))
            yield Town(
                chain,
                Market(_moved(first.market.contract, chain)),
                Ledger(_moved(first.ledger.contract, chain)),
                Token(_moved(first.token.contract, chain)),
                session,
            )
        close_store(sessions)


def _moved(contract: Contract, chain: Chain) -> Contract:
    return replace(contract, chain=chain)


def _memory_of(tester: EthereumTester) -> dict[bytes, bytes]:
    found: dict[bytes, bytes] = tester.backend.chain.chaindb.db.wrapped_db.kv_store
    return found


def _driver_of(session: Session) -> sqlite3.Connection:
    driver = session.connection().connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    return driver
