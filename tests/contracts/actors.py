"""The named parties of these tests, each with a key of its own."""

from dataclasses import dataclass

from eth_keys import keys
from eth_utils import to_checksum_address

from settlement.keccak import keccak256


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody with a key; `address` has 20 bytes."""

    name: str

    @property
    def key(self) -> keys.PrivateKey:
        return keys.PrivateKey(keccak256(self.name.encode()))

    @property
    def address(self) -> bytes:
        return self.key.public_key.to_canonical_address()

    @property
    def checksum(self) -> str:
        return to_checksum_address(self.address)

    def sign(self, digest: bytes) -> bytes:
        """Sign 32 bytes: r, s and v of 27 or 28."""
        signature = self.key.sign_msg_hash(digest).to_bytes()
        return signature[:64] + bytes([signature[64] + 27])


AGGREGATOR = Actor("aggregator")
OTHER_AGGREGATOR = Actor("other aggregator")
PROSUMER = Actor("prosumer")
OTHER_PROSUMER = Actor("other prosumer")
DSO = Actor("dso")
OTHER_DSO = Actor("other dso")
MDC = Actor("mdc")
ADMIN = Actor("admin")
GUARDIAN = Actor("guardian")
CHALLENGER = Actor("challenger")
RELAYER = Actor("relayer")
STRANGER = Actor("stranger")

ALL = (
    AGGREGATOR,
    OTHER_AGGREGATOR,
    PROSUMER,
    OTHER_PROSUMER,
    DSO,
    OTHER_DSO,
    MDC,
    ADMIN,
    GUARDIAN,
    CHALLENGER,
    RELAYER,
    STRANGER,
)
