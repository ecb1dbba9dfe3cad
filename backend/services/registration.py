"""S01: sites become visible with their metering points, flexible assets and owner's preferences."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.chain.market import Market
from backend.chain.wallet import Wallet, address_of, sign_registration
from backend.db.models import AssetRow, Base, MeteringPointRow, SiteRow
from settlement.document import canonical_json
from settlement.errors import InputError
from settlement.keccak import keccak256
from settlement.meter import meter_key

SALT_BYTES = 32


@dataclass(frozen=True, slots=True)
class AssetDescription:
    """What an owner tells of an asset; parameters are whole numbers and text, units in names."""

    asset_id: str
    kind: str
    parameters: Mapping[str, int | str]


@dataclass(frozen=True, slots=True)
class SiteDescription:
    """What an owner tells of a site; `mdc` is the address of who meters its points."""

    site_id: str
    congestion_point: str
    mdc: bytes
    metering_points: Sequence[str]
    assets: Sequence[AssetDescription]
    preferences: Mapping[str, int | str | list[int]]


def register_site(
    session: Session,
    market: Market,
    relayer: Wallet,
    owner: Wallet,
    site: SiteDescription,
    sign_before_s: int,
) -> None:
    """Store a site and register its assets on the ledger by salted hashes.

    Args:
        session: an open session; nothing is stored if the ledger refuses.
        market: the market contract.
        relayer: pays for the transaction.
        owner: signs the registration.
        site: what the owner tells.
        sign_before_s: last block time at which the signature is good.

    Raises:
        InputError: the site, its owner, a metering point or an asset is known already, or the
            site has no metering point.
        ContractRefused: the ledger refused the registration.
    """
    _refuse_known(session, address_of(owner), site)
    points = [_point_row(site, name) for name in site.metering_points]
    assets = [_asset_row(site.site_id, asset) for asset in site.assets]
    hashes = [asset.asset_hash for asset in assets]
    if hashes:
        signature = sign_registration(owner, market.domain(), hashes, sign_before_s)
        market.register_assets(relayer, address_of(owner), hashes, sign_before_s, signature)
    session.add(
        SiteRow(
            site_id=site.site_id,
            owner=address_of(owner),
            congestion_point=site.congestion_point,
            preferences=canonical_json(dict(site.preferences)),
        )
    )
    session.flush()
    session.add_all([*points, *assets])
    session.flush()


def _refuse_known(session: Session, owner: bytes, site: SiteDescription) -> None:
    """Refuse what the store could not hold, before the ledger is asked."""
    if session.get(SiteRow, site.site_id) is not None:
        raise InputError(f"site {site.site_id}", "registration", "a site that is not registered")
    if session.scalar(select(SiteRow).where(SiteRow.owner == owner)) is not None:
        raise InputError(f"owner 0x{owner.hex()}", "registration", "an owner without a site")
    if not site.metering_points:
        raise InputError(f"site {site.site_id}", "registration", "at least one metering point")
    points = list(site.metering_points)
    assets = [asset.asset_id for asset in site.assets]
    kinds: tuple[tuple[str, type[Base], list[str]], ...] = (
        ("metering point", MeteringPointRow, points),
        ("asset", AssetRow, assets),
    )
    for kind, table, names in kinds:
        for name in names:
            if names.count(name) > 1 or session.get(table, name) is not None:
                raise InputError(f"{kind} {name}", "registration", "one that is new, named once")


def _point_row(site: SiteDescription, name: str) -> MeteringPointRow:
    salt = secrets.token_bytes(SALT_BYTES)
    return MeteringPointRow(
        name=name, site_id=site.site_id, mdc=site.mdc, salt=salt, key=meter_key(name, salt)
    )


def _asset_row(site_id: str, asset: AssetDescription) -> AssetRow:
    salt = secrets.token_bytes(SALT_BYTES)
    text = canonical_json({"asset_id": asset.asset_id, "kind": asset.kind, **asset.parameters})
    return AssetRow(
        asset_id=asset.asset_id,
        site_id=site_id,
        kind=asset.kind,
        parameters=text,
        salt=salt,
        asset_hash=keccak256(text.encode() + salt),
    )
