"""The settlement ledger contract and its token, in the words of `settlement`."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass

from web3 import Web3

from backend.chain.adapter import Chain, Contract, Receipt
from backend.chain.market import Market, ledger_terms
from backend.chain.wallet import Wallet
from settlement.merkle import Proof
from settlement.statement import Period, Statement
from settlement.terms import Terms
from settlement.units import TOKEN_UNITS_PER_AMOUNT


@dataclass(frozen=True, slots=True)
class PublishedRun:
    """What a DSO publishes for an aggregator and period; `sum` in 1e-4 EUR."""

    aggregator: bytes
    period: Period
    root: bytes
    sum: int
    depth: int
    rule_set: bytes
    statements: int


@dataclass(frozen=True, slots=True)
class RunRecord:
    """The part of a stored run that services read; version 0 means that there is none."""

    root: bytes
    sum: int
    claimed: int
    version: int
    block: int
    last_day: int


@dataclass(frozen=True, slots=True)
class ProvenStatement:
    """A statement with the terms it belongs to and its place in a run."""

    terms: Terms
    statement: Statement
    proof: Proof


@dataclass(frozen=True, slots=True)
class Token:
    """A settlement token; the test token can be minted by anyone."""

    contract: Contract

    @classmethod
    def deploy_test_euro(cls, chain: Chain, sender: Wallet) -> "Token":
        """Deploy the test token."""
        return cls(Contract.deploy(chain, sender, "TestEuro"))

    def mint(self, sender: Wallet, owner: bytes, amount: int) -> Receipt:
        """Mint 1e-4 EUR amounts of the test token."""
        units = amount * TOKEN_UNITS_PER_AMOUNT
        return self.contract.send(sender, "mint", Web3.to_checksum_address(owner), units)

    def approve(self, owner: Wallet, spender: bytes, amount: int) -> Receipt:
        """Let a contract take an amount of 1e-4 EUR."""
        units = amount * TOKEN_UNITS_PER_AMOUNT
        return self.contract.send(owner, "approve", Web3.to_checksum_address(spender), units)

    def balance(self, owner: bytes) -> int:
        """Return what an account holds, in 1e-4 EUR."""
        units = self.contract.view("balanceOf", Web3.to_checksum_address(owner))
        return int(units) // TOKEN_UNITS_PER_AMOUNT


@dataclass(frozen=True, slots=True)
class Ledger:
    """A deployed SettlementLedger."""

    contract: Contract

    @classmethod
    def deploy(
        cls,
        chain: Chain,
        admin: Wallet,
        market: Market,
        token: Token,
        challenge_window_s: int,
        bond_amount: int,
    ) -> "Ledger":
        """Deploy a ledger over a market and a token; every run ties a bond of 1e-4 EUR."""
        arguments = (
            market.contract.address,
            token.contract.address,
            admin.address,
            challenge_window_s,
            bond_amount * TOKEN_UNITS_PER_AMOUNT,
        )
        return cls(Contract.deploy(chain, admin, "SettlementLedger", *arguments))

    @property
    def address(self) -> bytes:
        """The contract's address."""
        return bytes.fromhex(self.contract.address[2:])

    def grant(self, admin: Wallet, role: str, account: Wallet) -> Receipt:
        """Grant DSO_ROLE, MDC_ROLE or GUARDIAN_ROLE."""
        role_id = self.contract.view(role)
        return self.contract.send(admin, "grantRole", role_id, account.address)

    def deposit(self, aggregator: Wallet, dso: Wallet, amount: int) -> Receipt:
        """Pay 1e-4 EUR into the escrow for a DSO's runs."""
        return self.contract.send(
            aggregator, "deposit", dso.address, amount * TOKEN_UNITS_PER_AMOUNT
        )

    def deposit_bond(self, dso: Wallet, amount: int) -> Receipt:
        """Pay in 1e-4 EUR for the bonds of a DSO's runs; the token has to be approved."""
        return self.contract.send(dso, "depositBond", amount * TOKEN_UNITS_PER_AMOUNT)

    def commit_meter_data(self, mdc: Wallet, first_utc_day: int, roots: Sequence[bytes]) -> Receipt:
        """Commit the roots of consecutive UTC days."""
        return self.contract.send(mdc, "commitMeterData", first_utc_day, list(roots))

    def commit_nominations(
        self, aggregator: Wallet, first_utc_day: int, roots: Sequence[bytes]
    ) -> Receipt:
        """Commit the roots of the nominated baselines of consecutive UTC days."""
        return self.contract.send(aggregator, "commitNominations", first_utc_day, list(roots))

    def publish_run(self, dso: Wallet, run: PublishedRun) -> Receipt:
        """Publish the first run of a period and lock its sum."""
        return self.contract.send(dso, "publishRun", _run_input(run))

    def publish_correction(self, dso: Wallet, run: PublishedRun) -> Receipt:
        """Replace the run of a period: release what it has not paid and lock the new sum."""
        return self.contract.send(dso, "publishCorrection", _run_input(run))

    def next_period_day(self, dso: bytes, aggregator: bytes) -> int:
        """Return the first local day from which the next run of an aggregator may begin."""
        found = self.contract.view(
            "escrowOf", Web3.to_checksum_address(aggregator), Web3.to_checksum_address(dso)
        )
        return int(found[1])

    def account_of(self, agreement_id: bytes) -> int:
        """Return what an agreement's account holds in 1e-4 EUR: 0, or below it what is owed."""
        return int(self.contract.view("accountOf", agreement_id))

    def run_of(self, dso: bytes, aggregator: bytes, first_day: int) -> RunRecord:
        """Return the standing version of the run whose period begins with a day."""
        found = self.contract.view(
            "runOf",
            Web3.to_checksum_address(dso),
            Web3.to_checksum_address(aggregator),
            first_day,
        )
        root, _, total, claimed, _, block, last_day, _, version, _ = found
        return RunRecord(root, total, claimed, version, block, last_day)

    def credit_of(self, agreement_id: bytes, first_day: int) -> tuple[int, int]:
        """Return what was last credited for a period, 1e-4 EUR, and by which version of its run."""
        amount, version = self.contract.view("creditOf", agreement_id, first_day)
        return amount, version

    def claim(self, sender: Wallet, batch: Sequence[ProvenStatement]) -> Receipt:
        """Claim several statements in one transaction; each prosumer is paid."""
        claims = [
            (
                ledger_terms(one.terms),
                astuple(one.statement),
                (one.proof.index, list(one.proof.siblings)),
            )
            for one in batch
        ]
        return self.contract.send(sender, "claimBatch", claims)


def _run_input(run: PublishedRun) -> tuple[object, ...]:
    return (
        Web3.to_checksum_address(run.aggregator),
        run.period.first_day,
        run.period.last_day,
        run.root,
        run.sum,
        run.depth,
        run.rule_set,
        run.statements,
    )
