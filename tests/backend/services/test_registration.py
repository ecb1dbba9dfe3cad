"""S01: what a registration refuses, and what store and ledger hold afterwards."""

from dataclasses import replace

import pytest
from sqlalchemy import func, select

from backend.chain.adapter import ContractRefused
from backend.chain.wallet import address_of
from backend.db.models import AssetRow, Base, MeteringPointRow, SiteRow
from backend.services import registration
from backend.services.records import count_registered, points_of
from backend.services.registration import AssetDescription, register_site
from settlement.errors import InputError
from settlement.keccak import keccak256
from settlement.meter import meter_key
from tests.backend import parties
from tests.backend.defaults import NEGOTIATION_S, POINTS, SIGN_BEFORE_S
from tests.backend.stages import describe
from tests.backend.town import Town

BAKERY = describe("bakery")
OWNER = parties.OWNERS["bakery"]
NEWCOMER = parties.wallet("newcomer")
ELSEWHERE = replace(
    BAKERY,
    site_id="brewery",
    metering_points=("brewery kettle",),
    assets=[AssetDescription("brewery-battery", "battery", {"rated_w": 1})],
)


def register(town: Town, site=BAKERY, owner=OWNER, sign_before_s=SIGN_BEFORE_S) -> None:
    register_site(town.session, town.market, parties.RELAYER, owner, site, sign_before_s)


def stored(town: Town) -> dict[str, int]:
    """Rows per table, as another session would find them after a commit."""
    town.session.commit()
    found = {
        table.name: town.session.scalar(select(func.count()).select_from(table))
        for table in Base.metadata.sorted_tables
    }
    return {name: count for name, count in found.items() if count}


def refused_for_input(town: Town, site, owner=NEWCOMER) -> str:
    """Register and return what the refusal says; neither store nor ledger may change."""
    before, block = stored(town), town.chain.block_number()
    with pytest.raises(InputError) as refused:
        register(town, site, owner)
    assert stored(town) == before
    assert town.chain.block_number() == block, "nothing was sent"
    return str(refused.value)


# Refused before anything is sent


def test_a_site_registers_once(registered):
    text = refused_for_input(registered, replace(ELSEWHERE, site_id="bakery"))
    assert text == "registration: site bakery; expected a site that is not registered"


def test_a_site_has_a_metering_point(registered):
    text = refused_for_input(registered, replace(ELSEWHERE, metering_points=()))
    assert text == "registration: site brewery; expected at least one metering point"


def test_an_owner_has_one_site(registered):
    text = refused_for_input(registered, ELSEWHERE, OWNER)
    assert "owner" in text
    assert address_of(OWNER).hex() in text


def test_a_metering_point_belongs_to_one_site(registered):
    taken = ("brewery kettle", POINTS["mill"][0])
    text = refused_for_input(registered, replace(ELSEWHERE, metering_points=taken))
    assert f"metering point {POINTS['mill'][0]}" in text


def test_a_metering_point_is_named_once(registered):
    twice = ("brewery kettle", "brewery kettle")
    text = refused_for_input(registered, replace(ELSEWHERE, metering_points=twice))
    assert "metering point brewery kettle" in text


def test_an_asset_belongs_to_one_site(registered):
    text = refused_for_input(registered, replace(ELSEWHERE, assets=BAKERY.assets))
    assert "asset bakery-battery" in text


def test_an_asset_is_described_once(registered):
    twice = [*ELSEWHERE.assets, *ELSEWHERE.assets]
    text = refused_for_input(registered, replace(ELSEWHERE, assets=twice))
    assert "asset brewery-battery" in text


# Refused by the ledger


def test_nothing_is_stored_if_the_deadline_has_passed(deployed):
    with pytest.raises(ContractRefused) as refused:
        register(deployed, sign_before_s=NEGOTIATION_S - 1)
    assert refused.value.name == "SignatureExpired"
    assert refused.value.values[0] == NEGOTIATION_S - 1
    assert stored(deployed) == {}
    register(deployed)
    assert stored(deployed) == {"site": 1, "metering_point": 2, "asset": 1}


def test_the_deadline_is_the_last_second(deployed):
    deployed.chain.advance_to(SIGN_BEFORE_S)
    register(deployed)
    assert deployed.chain.now_s() == SIGN_BEFORE_S
    with pytest.raises(ContractRefused, match="SignatureExpired"):
        register(deployed, ELSEWHERE, NEWCOMER)


def test_nothing_is_stored_if_the_ledger_has_an_asset_already(deployed, monkeypatch):
    monkeypatch.setattr(registration.secrets, "token_bytes", bytes)
    register(deployed)
    deployed.session.rollback()
    assert stored(deployed) == {}, "the store has lost what the ledger has"
    with pytest.raises(ContractRefused) as refused:
        register(deployed)
    assert refused.value.name == "AssetAlreadyRegistered"
    assert refused.value.values[1] == "0x" + address_of(OWNER).hex()
    assert stored(deployed) == {}


# What is registered


def test_the_owner_on_the_ledger_is_the_owner_of_the_site(registered):
    rows = registered.session.scalars(select(AssetRow)).all()
    assert len(rows) == 3
    for row in rows:
        owner = registered.market.contract.view("assetOwner", row.asset_hash)
        site = registered.session.get_one(SiteRow, row.site_id)
        assert bytes.fromhex(owner[2:]) == site.owner == address_of(parties.OWNERS[row.site_id])


def test_a_site_without_assets_needs_no_transaction(deployed):
    before = deployed.chain.block_number()
    register(deployed, replace(BAKERY, assets=[]))
    assert deployed.chain.block_number() == before
    assert stored(deployed) == {"site": 1, "metering_point": 2}


def test_the_relayer_pays_and_the_owner_needs_no_coins(registered):
    web3 = registered.chain.web3
    for owner in parties.OWNERS.values():
        assert web3.eth.get_balance(owner.address) == 0
        assert web3.eth.get_transaction_count(owner.address) == 0


def test_the_ledger_has_salted_hashes_and_nothing_readable(registered):
    sent = _everything_sent(registered)
    assert sent
    private = [BAKERY.site_id, BAKERY.congestion_point, "battery", "rated_w", "reserve", "5000"]
    private += [point for points in POINTS.values() for point in points]
    for word in private:
        assert word.encode() not in sent
    for row in registered.session.scalars(select(AssetRow)):
        assert row.asset_hash in sent
        assert row.asset_hash == keccak256(row.parameters.encode() + row.salt)
        assert row.salt not in sent
        assert keccak256(row.parameters.encode()) not in sent, "the hash is salted"


def _everything_sent(town: Town) -> bytes:
    """All data of transactions and events of the chain."""
    web3, found = town.chain.web3, b""
    for number in range(town.chain.block_number() + 1):
        for transaction in web3.eth.get_block(number, True)["transactions"]:
            if transaction["to"] == town.market.contract.address:
                found += bytes(transaction["data"])
                receipt = web3.eth.get_transaction_receipt(transaction["hash"])
                for log in receipt["logs"]:
                    found += b"".join(bytes(topic) for topic in log["topics"]) + bytes(log["data"])
    return found


def test_every_salt_is_its_own(registered):
    assets = registered.session.scalars(select(AssetRow)).all()
    points = registered.session.scalars(select(MeteringPointRow)).all()
    salts = {row.salt for row in (*assets, *points)}
    assert len(salts) == len(assets) + len(points) == 7
    assert {len(salt) for salt in salts} == {32}


def test_a_metering_point_is_stored_with_its_key(registered):
    points = points_of(registered.session, "bakery")
    assert [point.name for point in points] == sorted(POINTS["bakery"])
    for point in points:
        assert point.key == meter_key(point.name, point.salt)


def test_what_the_owner_told_is_stored(registered):
    site = registered.session.get_one(SiteRow, "dairy")
    assert (site.congestion_point, site.preferences) == (
        "point",
        '{"excluded_weekdays":[6],"reserve_bp":1000}\n',
    )
    asset = registered.session.get_one(AssetRow, "dairy-battery")
    assert asset.kind == "battery"
    assert asset.parameters == '{"asset_id":"dairy-battery","kind":"battery","rated_w":5000}\n'


def test_registered_sites_are_counted(registered):
    counted = count_registered(registered.session)
    assert (counted.sites, counted.assets, counted.refused_offers) == (3, 3, 0)
