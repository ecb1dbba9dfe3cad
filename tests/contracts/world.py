"""The deployed contracts and the everyday actions of the parties."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from web3.contract import Contract

from settlement.identity import agreement_id
from settlement.terms import Terms
from tests.contracts import actors
from tests.contracts.actors import Actor
from tests.contracts.chain import Chain, Moment, artifact
from tests.contracts.decoding import Named
from tests.contracts.defaults import (
    BOND_UNITS,
    CHALLENGE_WINDOW_S,
    FIRST_ISP,
    NOW_S,
    STANDARD,
    TEMPLATE,
    words,
)
from tests.contracts.messages import Messages

PURSE = 10**15
BONDS = 8
"""Bonds that each DSO has paid in at the start."""


@dataclass(frozen=True, slots=True)
class World:
    """One chain with market, ledger, token and the pure rules."""

    chain: Chain
    market: Contract
    ledger: Contract
    token: Contract
    harness: Contract
    messages: Messages

    @classmethod
    def create(cls) -> "World":
        """Deploy everything, grant the roles, publish the standard template, fill the purses."""
        chain = Chain.starting(NOW_S - 1000)
        market = chain.deploy("FlexMarket")
        token = chain.deploy("TestEuro")
        ledger = chain.deploy(
            "SettlementLedger",
            market.address,
            token.address,
            actors.ADMIN.checksum,
            CHALLENGE_WINDOW_S,
            BOND_UNITS,
        )
        world = cls(
            chain,
            market,
            ledger,
            token,
            chain.deploy("RulesHarness"),
            Messages(chain.w3.eth.chain_id, market),
        )
        for role, holders in {
            chain.read(ledger.functions.DSO_ROLE()): (actors.DSO, actors.OTHER_DSO),
            chain.read(ledger.functions.MDC_ROLE()): (actors.MDC,),
            chain.read(ledger.functions.GUARDIAN_ROLE()): (actors.GUARDIAN,),
        }.items():
            for holder in holders:
                chain.send(ledger.functions.grantRole(role, holder.checksum), actors.ADMIN)
        payers = (actors.AGGREGATOR, actors.OTHER_AGGREGATOR, actors.DSO, actors.OTHER_DSO)
        for payer in payers:
            chain.send(token.functions.mint(payer.checksum, PURSE), actors.ADMIN)
            chain.send(token.functions.approve(ledger.address, PURSE), payer)
        for dso in payers[2:]:
            chain.send(ledger.functions.depositBond(BONDS * BOND_UNITS), dso)
        chain.send(market.functions.publishTemplate(words(TEMPLATE)), actors.AGGREGATOR)
        chain.at(NOW_S)
        return world

    def signed(
        self,
        value: Terms,
        aggregator: Actor = actors.AGGREGATOR,
        prosumer: Actor = actors.PROSUMER,
    ) -> tuple[object, ...]:
        """Terms with both signatures."""
        message = self.messages.agreement(value)
        return words(value), message.signed_by(aggregator), message.signed_by(prosumer)

    def record(self, value: Terms = STANDARD) -> bytes:
        """Record an agreement through a relayer and return its id."""
        self.chain.send(self.market.functions.recordAgreement(self.signed(value)), actors.RELAYER)
        return agreement_id(value)

    def activation(
        self,
        value: Terms = STANDARD,
        first_isp: int = FIRST_ISP,
        isps: int = 8,
        ordered_w: int = -3000,
    ) -> Any:
        """The call that orders an activation."""
        return self.market.functions.activate((words(value), first_isp, isps, ordered_w))

    def activate(self, value: Terms = STANDARD, **order: int) -> list[Named]:
        """Order an activation and return the events."""
        return self.chain.emitted(self.activation(value, **order), actors.AGGREGATOR)

    def state(self, identity: bytes) -> Mapping[str, Any]:
        """The stored state of an agreement by field name."""
        names = (
            "status",
            "activations",
            "lastEndIsp",
            "previousEndIsp",
            "lastDay",
            "lastWasCancelled",
        )
        found = self.chain.read(self.market.functions.agreementState(identity))
        return dict(zip(names, found, strict=True))

    def head(self, identity: bytes) -> bytes:
        """The head of an agreement's activation log."""
        return self.chain.read(self.market.functions.activationHead(identity))

    @property
    def referee(self) -> Contract:
        """The contract that judges evidence; the ledger created it."""
        return self.chain.w3.eth.contract(
            address=self.chain.read(self.ledger.functions.referee()),
            abi=artifact("StatementReferee")["abi"],
        )

    @property
    def held(self) -> int:
        """Token units of the ledger besides the bonds that were paid in at the start."""
        return self.balance(self.ledger.address) - 2 * BONDS * BOND_UNITS

    def balance(self, address: bytes | str) -> int:
        """Token units of an account."""
        return self.chain.read(self.token.functions.balanceOf(address))


@dataclass(frozen=True, slots=True)
class Stages:
    """One world and the moments in it from which tests start; each is built once."""

    world: World
    deployed: Moment
    moments: dict[object, Moment] = field(default_factory=dict)

    def at(self, name: object, build: Callable[[World], object]) -> World:
        """Go to the moment after `build` was done on the deployed contracts."""
        if name in self.moments:
            self.world.chain.back_to(self.moments[name])
            return self.world
        self.world.chain.back_to(self.deployed)
        build(self.world)
        self.moments[name] = self.world.chain.moment()
        return self.world
