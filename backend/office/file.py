"""The office file: where store, chain, contracts and key of a party are. TOML, every member needed.

    store = "market.sqlite"                 # a file, or an SQLAlchemy address with ://
    bundles = "bundles"                     # folder
    rpc = "http://127.0.0.1:8545"           # a node that takes transactions
    market = "0x..."                        # address of FlexMarket
    ledger = "0x..."                        # address of SettlementLedger
    keystore = "dso.json"                   # encrypted key of the party
    password_file = "dso.password"
    utc_offset_minutes = 60                 # winter time of meter files with local stamps
    clock_rule = "EU"                       # NONE, EU or US

Paths are relative to the file.
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from backend.services.metering import ISP_MINUTES
from settlement.clock import Clock, ClockRule
from settlement.document import Field
from settlement.errors import InputError
from settlement.words import ADDRESS_BYTES

_OFFSET_MINUTES_MAX = 14 * 60


@dataclass(frozen=True, slots=True)
class OfficeFile:
    """What an office file says.

    Attributes:
        store: SQLAlchemy address.
        bundles: folder for bundles.
        rpc: address of a node.
        market: address of FlexMarket.
        ledger: address of SettlementLedger.
        keystore: file with the party's encrypted key.
        password: file with its password.
        clock: local time of meter files.
    """

    store: str
    bundles: Path
    rpc: str
    market: bytes
    ledger: bytes
    keystore: Path
    password: Path
    clock: Clock


def read_office_file(path: Path) -> OfficeFile:
    """Read an office file.

    Raises:
        InputError: names the file and the member, and what was expected.
    """
    store, bundles, rpc, market, ledger, keystore, password, offset, rule = _document(path).take(
        "store",
        "bundles",
        "rpc",
        "market",
        "ledger",
        "keystore",
        "password_file",
        "utc_offset_minutes",
        "clock_rule",
    )
    folder = path.absolute().parent
    offset_minutes = offset.integer(-_OFFSET_MINUTES_MAX, _OFFSET_MINUTES_MAX)
    if offset_minutes % ISP_MINUTES:
        raise InputError(f"{offset_minutes}", offset.where, f"a multiple of {ISP_MINUTES}")
    return OfficeFile(
        _store(store.text(), folder),
        folder / bundles.text(),
        rpc.text(),
        market.binary(ADDRESS_BYTES),
        ledger.binary(ADDRESS_BYTES),
        folder / keystore.text(),
        folder / password.text(),
        Clock(ISP_MINUTES, offset_minutes, ClockRule[rule.one_of("NONE", "EU", "US")]),
    )


def _store(told: str, folder: Path) -> str:
    return told if "://" in told else f"sqlite:///{folder / told}"


def _document(path: Path) -> Field:
    try:
        with path.open("rb") as stream:
            return Field(tomllib.load(stream), str(path))
    except OSError as error:
        reason = error.strerror or "it cannot be read"
        raise InputError(reason, str(path), "a readable file") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(str(error), str(path), "TOML") from None
