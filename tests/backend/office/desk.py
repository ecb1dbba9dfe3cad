"""What the tests of the office share: files of a party, meter files, and how a command answers."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from eth_account import Account

from backend.chain.wallet import Wallet
from settlement.words import hex_of
from tests.backend.defaults import ISP_S, ISPS_PER_DAY
from tests.backend.meters import day_values

PASSWORD = "correct horse"


def office_file(folder: Path, name: str, wallet: Wallet, **members: object) -> Path:
    """Write the office file of a party with its key; members are added or replaced."""
    # One round, since these keys guard nothing; real ones take a quarter of a million.
    key = Account.encrypt(wallet.key, PASSWORD, kdf="pbkdf2", iterations=1)
    (folder / f"{name}.json").write_text(json.dumps(key))
    (folder / f"{name}.password").write_text(PASSWORD + "\n")
    content: dict[str, object] = {
        "store": "market.sqlite",
        "bundles": "bundles",
        "rpc": "http://127.0.0.1:1",
        "market": hex_of(bytes(20)),
        "ledger": hex_of(bytes(20)),
        "keystore": f"{name}.json",
        "password_file": f"{name}.password",
        "utc_offset_minutes": 60,
        "clock_rule": "EU",
        **members,
    }
    path = folder / f"{name}.toml"
    # Text and numbers of JSON are those of TOML.
    path.write_text("".join(f"{key} = {json.dumps(value)}\n" for key, value in content.items()))
    return path


def meter_file(path: Path, utc_days: Iterable[int], hole: tuple[str, int] | None = None) -> Path:
    """Write what the meters read; one reading of a metering point may be missing."""
    rows = ["metering_point,start_utc,power_w"]
    for utc_day in utc_days:
        for point, values in day_values(utc_day).items():
            for isp, value in enumerate(values, utc_day * ISPS_PER_DAY):
                told = "" if (point, isp) == hole else value
                rows.append(f"{point},{datetime.fromtimestamp(isp * ISP_S, UTC):%FT%RZ},{told}")
    path.write_text("\n".join(rows) + "\n")
    return path
