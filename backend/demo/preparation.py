"""S01 and S02 in the demonstration: register every site, publish templates, negotiate, record."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from backend.chain.wallet import Wallet, address_of, new_wallet
from backend.demo import plan
from backend.demo.owners import Preferences
from backend.demo.plan import TemplatePlan
from backend.demo.stage import Stage
from backend.demo.world import World
from backend.district import Asset, AssetKind
from backend.services.negotiation import (
    counter,
    offer,
    publish_template,
    record_signed,
    refuse,
    sign_both,
)
from backend.services.registration import AssetDescription, SiteDescription, register_site
from flexmanager.local.standing_offer import StandingOffer, standing_offer
from settlement.clock import day_of
from settlement.terms import Terms
from settlement.window import in_window

_FIXED_LOAD = (AssetKind.HOUSEHOLD, AssetKind.BUSINESS, AssetKind.FARM)
GENERATION_SHARE = 0.12
"""A site with generation offers what it holds in the sunniest eighth of the window; on other days
less is ordered. Other sites offer what they hold nearly always."""

STEADY_SHARE = 0.9
COUNTER_MAX = 1.3
"""The aggregator accepts a counter-offer up to this multiple of the template's volume rate."""


@dataclass(frozen=True, slots=True)
class Agreed:
    """An agreement that came about."""

    site_id: str
    template: TemplatePlan
    terms: Terms


@dataclass(frozen=True, slots=True)
class Prepared:
    """What preparation leaves for the month: wallets of the owners and the agreements."""

    owners: Mapping[str, Wallet]
    agreed: tuple[Agreed, ...]
    first_day: int
    last_day: int


def metering_point(site_id: str) -> str:
    """Return the name of a site's only metering point."""
    return f"meter-{site_id}"


def register_all(stage: Stage, world: World, sign_before_s: int) -> dict[str, Wallet]:
    """Register every site with its assets; returns the owners' wallets."""
    owners, district = {}, world.district
    for site in district.sites:
        owner = new_wallet()
        description = SiteDescription(
            site.site_id,
            site.congestion_point_id,
            address_of(stage.parties.mdc),
            [metering_point(site.site_id)],
            [
                AssetDescription(asset.asset_id, str(asset.kind), _parameters(asset))
                for asset in district.assets_of(site.site_id)
                if asset.kind not in _FIXED_LOAD
            ],
            world.sites[site.site_id].preferences.document(),
        )
        register_site(
            stage.session, stage.market, stage.parties.relayer, owner, description, sign_before_s
        )
        owners[site.site_id] = owner
    stage.session.commit()
    return owners


def _parameters(asset: Asset) -> dict[str, int | str]:
    found: dict[str, int | str] = {"rated_w": asset.rated_w, "site_id": asset.site_id}
    if asset.capacity_wh is not None:
        found["capacity_wh"] = asset.capacity_wh
    if asset.efficiency_bp is not None:
        found["efficiency_bp"] = asset.efficiency_bp
    return found


def negotiate_all(
    stage: Stage,
    world: World,
    owners: Mapping[str, Wallet],
    first_day: int,
    last_day: int,
) -> Prepared:
    """Publish templates, make an offer to every site that can deliver, record what is signed."""
    start_s = plan.CLOCK.start_s(plan.CLOCK.day_isps(first_day)[0])
    agreed: list[Agreed] = []
    for template in plan.templates():
        terms = _with_parties(stage, template.terms)
        aggregator = stage.parties.aggregator
        identity = publish_template(stage.session, stage.market, aggregator, template.name, terms)
        for site in world.district.sites:
            proposed = _proposal(world, site.site_id, template, first_day)
            if proposed is None or proposed.amount_w == 0:
                continue
            offered = offer(
                stage.session,
                identity,
                site.site_id,
                amount_w=proposed.amount_w,
                start_day=first_day,
                end_day=last_day,
                sign_before_s=start_s - 1,
                zone=plan.ZONE,
            )
            preferences = world.sites[site.site_id].preferences
            signed = _answer(stage, template, preferences, offered)
            if signed is None:
                continue
            sign_both(stage.session, stage.market, signed, aggregator, owners[site.site_id])
            agreed.append(Agreed(site.site_id, template, signed))
    record_signed(stage.session, stage.market, stage.parties.relayer)
    stage.session.commit()
    return Prepared(owners, tuple(agreed), first_day, last_day)


def _with_parties(stage: Stage, terms: Terms) -> Terms:
    parties = stage.parties
    return replace(
        terms,
        aggregator=address_of(parties.aggregator),
        dso=address_of(parties.dso),
        mdc=address_of(parties.mdc),
    )


def _proposal(
    world: World, site_id: str, template: TemplatePlan, first_day: int
) -> StandingOffer | None:
    """Let the site judge its recorded history; None where the template is not for it.

    Refusals of a direction are left to the negotiation, where they are stored with their reason.
    """
    site = world.sites[site_id].site
    kinds = {asset.kind for asset in world.district.assets_of(site_id)}
    generates = AssetKind.PHOTOVOLTAIC in kinds
    if not site.devices or template.for_generation not in (None, generates):
        return None
    history = range(world.first_isp, plan.CLOCK.day_isps(first_day)[0])
    within = [in_window(template.terms.window, plan.CLOCK.local_minutes(isp)) for isp in history]
    return standing_offer(
        site,
        plan.CLOCK,
        world.first_isp,
        np.array(within),
        template.sign,
        template.terms.max_runtime_isps,
        GENERATION_SHARE if template.for_generation else STEADY_SHARE,
    )


def _answer(
    stage: Stage, template: TemplatePlan, preferences: Preferences, offered: Terms
) -> Terms | None:
    """Answer for the owner: refuse, ask for more, or take it. Returns what both will sign."""
    evening = template.sign == plan.EVENING
    if preferences.refuses_evening if evening else preferences.refuses_midday:
        refuse(stage.session, offered, f"no {template.name}")
        return None
    asked = preferences.volume_rate_min
    if asked <= offered.volume_rate:
        return offered
    if asked > offered.volume_rate * COUNTER_MAX:
        refuse(stage.session, offered, f"asked for a volume rate of {asked}")
        return None
    return counter(stage.session, offered, asked)


def moved_day(recorded: date, weeks: int) -> int:
    """Return the day number of a recorded day after the move."""
    return day_of(recorded) + 7 * weeks
