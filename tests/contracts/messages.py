"""What parties sign, built by a library that knows nothing of this project."""

from collections.abc import Sequence
from dataclasses import dataclass

from eth_account import Account
from eth_account.messages import encode_typed_data
from web3.contract import Contract

from settlement.identity import FIELDS
from settlement.keccak import keccak256
from settlement.terms import Terms
from tests.contracts.actors import Actor
from tests.contracts.defaults import words

_TYPES = {
    "Agreement": [(kind, name) for _, name, kind in FIELDS],
    "Termination": [("bytes32", "agreementId"), ("uint32", "lastDay"), ("uint64", "signBefore")],
    "TerminationNotice": [
        ("bytes32", "agreementId"),
        ("uint32", "lastDay"),
        ("uint64", "signBefore"),
    ],
    "Override": [
        ("bytes32", "agreementId"),
        ("uint32", "firstIsp"),
        ("uint16", "isps"),
        ("uint64", "signBefore"),
    ],
    "AssetRegistration": [
        ("address", "owner"),
        ("bytes32[]", "assetHashes"),
        ("uint64", "signBefore"),
    ],
}


@dataclass(frozen=True, slots=True)
class Message:
    """Typed data for one market on one chain."""

    chain_id: int
    market: str
    kind: str
    values: tuple[object, ...]

    def _parts(self) -> tuple[dict[str, object], dict[str, object], dict[str, object]]:
        domain: dict[str, object] = {
            "name": "FlexMarket",
            "version": "1",
            "chainId": self.chain_id,
            "verifyingContract": self.market,
        }
        members = _TYPES[self.kind]
        types: dict[str, object] = {
            self.kind: [{"type": kind, "name": name} for kind, name in members]
        }
        values = {name: value for (_, name), value in zip(members, self.values, strict=True)}
        return domain, types, values

    def digest(self) -> bytes:
        """Return what is signed."""
        signable = encode_typed_data(*self._parts())
        return keccak256(b"\x19" + signable.version + signable.header + signable.body)

    def signed_by(self, actor: Actor) -> bytes:
        """Return an actor's signature."""
        return bytes(Account.sign_typed_data(actor.key.to_bytes(), *self._parts()).signature)


@dataclass(frozen=True, slots=True)
class Messages:
    """The messages of one market."""

    chain_id: int
    market: Contract

    def _of(self, kind: str, *values: object) -> Message:
        return Message(self.chain_id, self.market.address, kind, values)

    def agreement(self, value: Terms) -> Message:
        return self._of("Agreement", *words(value))

    def termination(self, agreement_id: bytes, last_day: int, sign_before: int) -> Message:
        return self._of("Termination", agreement_id, last_day, sign_before)

    def notice(self, agreement_id: bytes, last_day: int, sign_before: int) -> Message:
        return self._of("TerminationNotice", agreement_id, last_day, sign_before)

    def override(self, agreement_id: bytes, first_isp: int, isps: int, sign_before: int) -> Message:
        return self._of("Override", agreement_id, first_isp, isps, sign_before)

    def assets(self, owner: Actor, hashes: Sequence[bytes], sign_before: int) -> Message:
        return self._of("AssetRegistration", owner.checksum, list(hashes), sign_before)
