"""The parties of these tests: keys made from names, worth nothing anywhere."""

from eth_account import Account

from backend.chain.wallet import Wallet, address_of
from settlement.keccak import keccak256


def wallet(name: str) -> Wallet:
    """The wallet of a named party, the same in every run."""
    made: Wallet = Account.from_key(keccak256(b"flexledger test wallet of " + name.encode()))
    return made


ADMIN = wallet("admin")
AGGREGATOR = wallet("aggregator")
DSO = wallet("dso")
MDC = wallet("mdc")
RELAYER = wallet("relayer")
STRANGER = wallet("stranger")
PAYING = (ADMIN, AGGREGATOR, DSO, MDC, RELAYER, STRANGER)
"""Everybody who sends transactions; owners of sites never do."""

OWNERS = {site_id: wallet(f"owner of {site_id}") for site_id in ("bakery", "dairy", "mill")}


def address(name: str) -> bytes:
    """The 20-byte address of a named party."""
    return address_of(wallet(name))
