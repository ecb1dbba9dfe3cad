"""Keys from files, encrypted as wallets and nodes do it: Web3 Secret Storage, version 3."""

from pathlib import Path

from eth_account import Account

from backend.chain.wallet import Wallet
from settlement.errors import InputError


def read_keystore(keystore: Path, password: Path) -> Wallet:
    """Open an encrypted key.

    Args:
        keystore: the JSON file.
        password: a text file whose first line is the password.

    Raises:
        InputError: a file that cannot be read, another form, or another password.
    """
    secret = _text(password).partition("\n")[0]
    expected = "an encrypted key (Web3 Secret Storage, version 3) and its password"
    try:
        wallet: Wallet = Account.from_key(Account.decrypt(_text(keystore), secret))
    except (AttributeError, KeyError, NotImplementedError, TypeError, ValueError) as error:
        # The library may repeat what it was given, which must not be printed: name its kind only.
        raise InputError(type(error).__name__, str(keystore), expected) from None
    return wallet


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not text"
        raise InputError(reason, str(path), "a readable text file") from None
