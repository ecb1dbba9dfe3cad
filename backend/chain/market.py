"""The market contract, in the words of `settlement`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from web3 import Web3

from backend.chain.adapter import Chain, Contract, Receipt
from backend.chain.wallet import Wallet
from settlement.activation import Activation
from settlement.identity import FIELDS, Domain
from settlement.terms import Terms


@dataclass(frozen=True, slots=True)
class SignedTerms:
    """Terms with the signatures of both parties."""

    terms: Terms
    aggregator_signature: bytes
    prosumer_signature: bytes


@dataclass(frozen=True, slots=True)
class WantedActivation:
    """An activation together with the terms that allow it."""

    terms: Terms
    activation: Activation


def ledger_terms(terms: Terms) -> tuple[Any, ...]:
    """Put terms in the order and the types of the contract's struct."""
    values = []
    for name, _, kind in FIELDS:
        value = getattr(terms, name)
        values.append(Web3.to_checksum_address(value) if kind == "address" else value)
    return tuple(values)


@dataclass(frozen=True, slots=True)
class Market:
    """A deployed FlexMarket."""

    contract: Contract

    @classmethod
    def deploy(cls, chain: Chain, sender: Wallet) -> "Market":
        """Deploy a market."""
        return cls(Contract.deploy(chain, sender, "FlexMarket"))

    @property
    def address(self) -> bytes:
        """The contract's address."""
        return bytes.fromhex(self.contract.address[2:])

    def domain(self) -> Domain:
        """Return where signatures for this market are valid."""
        return Domain(self.contract.chain.chain_id, self.address)

    def publish_template(self, aggregator: Wallet, template: Terms) -> Receipt:
        """Publish a template; the sender is its aggregator."""
        return self.contract.send(aggregator, "publishTemplate", ledger_terms(template))

    def record_agreements(self, relayer: Wallet, batch: Sequence[SignedTerms]) -> Receipt:
        """Record signed agreements in one transaction; anyone may relay them."""
        signed = [
            (ledger_terms(one.terms), one.aggregator_signature, one.prosumer_signature)
            for one in batch
        ]
        return self.contract.send(relayer, "recordAgreements", signed)

    def register_assets(
        self,
        relayer: Wallet,
        owner: bytes,
        asset_hashes: Sequence[bytes],
        sign_before_s: int,
        signature: bytes,
    ) -> Receipt:
        """Register an owner's assets by the owner's signature; anyone may relay it."""
        owner_address = Web3.to_checksum_address(owner)
        return self.contract.send(
            relayer, "registerAssets", owner_address, list(asset_hashes), sign_before_s, signature
        )

    def note_override(
        self,
        relayer: Wallet,
        terms: Terms,
        first_isp: int,
        isps: int,
        sign_before_s: int,
        signature: bytes,
    ) -> Receipt:
        """Note by the owner's signature that it takes back control; it changes no money rule."""
        arguments = (ledger_terms(terms), first_isp, isps, sign_before_s, signature)
        return self.contract.send(relayer, "noteOverrideBySignature", *arguments)

    def activate(self, aggregator: Wallet, batch: Sequence[WantedActivation]) -> Receipt:
        """Record activations in one transaction; the market enforces the terms."""
        wanted = [
            (
                ledger_terms(one.terms),
                one.activation.first_isp,
                one.activation.isps,
                one.activation.ordered_w,
            )
            for one in batch
        ]
        return self.contract.send(aggregator, "activateBatch", wanted)

    def cancel_activation(
        self, aggregator: Wallet, terms: Terms, previous_head: bytes, last: Activation
    ) -> Receipt:
        """Cancel the last standing activation before it begins; `previous_head` is that before."""
        arguments = (ledger_terms(terms), previous_head, last.first_isp, last.isps, last.ordered_w)
        return self.contract.send(aggregator, "cancelActivation", *arguments)

    def terminate(
        self, relayer: Wallet, signed: SignedTerms, last_day: int, sign_before_s: int
    ) -> Receipt:
        """End an agreement with a local day by the signatures of both parties over just that."""
        arguments = (
            ledger_terms(signed.terms),
            last_day,
            sign_before_s,
            signed.aggregator_signature,
            signed.prosumer_signature,
        )
        return self.contract.send(relayer, "terminate", *arguments)

    def give_notice(
        self,
        relayer: Wallet,
        terms: Terms,
        last_day: int,
        sign_before_s: int,
        party: bytes,
        signature: bytes,
    ) -> Receipt:
        """End an agreement with a local day, a month ahead, by the signature of one party."""
        address = Web3.to_checksum_address(party)
        arguments = (ledger_terms(terms), last_day, sign_before_s, address, signature)
        return self.contract.send(relayer, "giveNoticeBySignature", *arguments)
