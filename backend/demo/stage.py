"""The parties and contracts of the demonstration on a chain of its own."""

from dataclasses import dataclass
from pathlib import Path

from backend.chain.adapter import Chain
from backend.chain.ledger import Ledger, Token
from backend.chain.log_history import LogHistory
from backend.chain.market import Market
from backend.chain.wallet import Wallet, address_of, new_wallet
from backend.db.store import Session, open_store
from backend.demo import plan


@dataclass(frozen=True, slots=True)
class Parties:
    """Wallets with fresh keys, held in memory for the time of the demonstration."""

    admin: Wallet
    aggregator: Wallet
    dso: Wallet
    mdc: Wallet
    relayer: Wallet

    @classmethod
    def fresh(cls) -> "Parties":
        """Make new wallets."""
        return cls(*(new_wallet() for _ in range(5)))

    def all(self) -> list[Wallet]:
        """Return every wallet that pays gas."""
        return [self.admin, self.aggregator, self.dso, self.mdc, self.relayer]


@dataclass(frozen=True, slots=True)
class Stage:
    """Chain with its history, contracts, parties and the open session of the store."""

    chain: Chain
    history: LogHistory
    market: Market
    ledger: Ledger
    token: Token
    parties: Parties
    session: Session


def set_stage(store: Path) -> Stage:
    """Start a chain, deploy the contracts, give roles, and fund escrow and bond.

    Args:
        store: file of the SQLite store; an earlier one is replaced.
    """
    store.unlink(missing_ok=True)
    chain, parties = Chain.in_process(), Parties.fresh()
    chain.fund(parties.all())
    market = Market.deploy(chain, parties.admin)
    token = Token.deploy_test_euro(chain, parties.admin)
    ledger = Ledger.deploy(
        chain, parties.admin, market, token, plan.CHALLENGE_WINDOW_S, plan.BOND_AMOUNT
    )
    ledger.grant(parties.admin, "DSO_ROLE", parties.dso)
    ledger.grant(parties.admin, "MDC_ROLE", parties.mdc)
    token.mint(parties.admin, address_of(parties.aggregator), plan.ESCROW_AMOUNT)
    token.approve(parties.aggregator, ledger.address, plan.ESCROW_AMOUNT)
    ledger.deposit(parties.aggregator, parties.dso, plan.ESCROW_AMOUNT)
    token.mint(parties.admin, address_of(parties.dso), plan.BOND_AMOUNT)
    token.approve(parties.dso, ledger.address, plan.BOND_AMOUNT)
    ledger.deposit_bond(parties.dso, plan.BOND_AMOUNT)
    session = open_store(f"sqlite:///{store}")()
    return Stage(chain, LogHistory(chain.web3), market, ledger, token, parties, session)
