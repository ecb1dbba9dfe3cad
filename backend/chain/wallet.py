"""What a party's wallet signs: agreements and asset registrations, as EIP-712 typed data."""

from collections.abc import Sequence

from eth_account import Account
from eth_account.signers.local import LocalAccount

from settlement.identity import Domain, signing_digest
from settlement.keccak import keccak256
from settlement.words import address_word, uint_word

Wallet = LocalAccount
"""A party's key, able to sign; the only name by which other packages know the library's class."""

_TERMINATION_TYPE = b"Termination(bytes32 agreementId,uint32 lastDay,uint64 signBefore)"
_NOTICE_TYPE = b"TerminationNotice(bytes32 agreementId,uint32 lastDay,uint64 signBefore)"
_OVERRIDE_TYPE = b"Override(bytes32 agreementId,uint32 firstIsp,uint16 isps,uint64 signBefore)"
_REGISTRATION_TYPE = b"AssetRegistration(address owner,bytes32[] assetHashes,uint64 signBefore)"


def new_wallet() -> Wallet:
    """Make a wallet with a fresh random key, held in memory only."""
    wallet: Wallet = Account.create()
    return wallet


def address_of(wallet: Wallet) -> bytes:
    """Return the 20-byte address of a wallet."""
    return bytes.fromhex(wallet.address[2:])


def sign_agreement(wallet: Wallet, domain: Domain, agreement_id: bytes) -> bytes:
    """Sign the terms of an agreement."""
    return _sign(wallet, signing_digest(agreement_id, domain))


def sign_registration(
    wallet: Wallet, domain: Domain, asset_hashes: Sequence[bytes], sign_before_s: int
) -> bytes:
    """Sign the registration of assets, so that anyone can relay it."""
    struct_hash = keccak256(
        keccak256(_REGISTRATION_TYPE)
        + address_word(address_of(wallet), "owner")
        + keccak256(b"".join(asset_hashes))
        + uint_word(sign_before_s, 64, "sign_before_s")
    )
    return _sign(wallet, signing_digest(struct_hash, domain))


def sign_override(
    wallet: Wallet,
    domain: Domain,
    agreement_id: bytes,
    first_isp: int,
    isps: int,
    sign_before_s: int,
) -> bytes:
    """Sign that the owner takes back control for some ISPs, so that anyone can relay it."""
    struct_hash = keccak256(
        keccak256(_OVERRIDE_TYPE)
        + agreement_id
        + uint_word(first_isp, 32, "first_isp")
        + uint_word(isps, 16, "isps")
        + uint_word(sign_before_s, 64, "sign_before_s")
    )
    return _sign(wallet, signing_digest(struct_hash, domain))


def sign_termination(
    wallet: Wallet, domain: Domain, agreement_id: bytes, last_day: int, sign_before_s: int
) -> bytes:
    """Sign that both parties end an agreement with a local day."""
    return _sign_end(wallet, domain, _TERMINATION_TYPE, agreement_id, last_day, sign_before_s)


def sign_notice(
    wallet: Wallet, domain: Domain, agreement_id: bytes, last_day: int, sign_before_s: int
) -> bytes:
    """Sign the notice of one party that it ends an agreement with a local day."""
    return _sign_end(wallet, domain, _NOTICE_TYPE, agreement_id, last_day, sign_before_s)


def _sign_end(
    wallet: Wallet,
    domain: Domain,
    type_string: bytes,
    agreement_id: bytes,
    last_day: int,
    sign_before_s: int,
) -> bytes:
    struct_hash = keccak256(
        keccak256(type_string)
        + agreement_id
        + uint_word(last_day, 32, "last_day")
        + uint_word(sign_before_s, 64, "sign_before_s")
    )
    return _sign(wallet, signing_digest(struct_hash, domain))


def _sign(wallet: Wallet, digest: bytes) -> bytes:
    return bytes(wallet.unsafe_sign_hash(digest).signature)
