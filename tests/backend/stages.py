"""The steps of the small market from the empty store to the published run."""

from backend.chain.wallet import address_of
from backend.services.metering import commit_meter_days, nominate, take_in_day
from backend.services.negotiation import offer, publish_template, record_signed, sign_both
from backend.services.registration import AssetDescription, SiteDescription, register_site
from settlement.terms import Terms
from tests.backend import parties
from tests.backend.defaults import (
    CLOCK,
    DAY_S,
    DEALS,
    FIRST_METER_DAY,
    LAST_METER_DAY,
    MONDAY,
    ORDERS,
    POINTS,
    SIGN_BEFORE_S,
    SUNDAY,
    TEMPLATES,
    THURSDAY,
    ZONE,
)
from tests.backend.meters import day_values, nominated_w
from tests.backend.town import Town


def describe(site_id: str) -> SiteDescription:
    """What the owner of a site tells."""
    assets = [AssetDescription(f"{site_id}-battery", "battery", {"rated_w": 5_000})]
    preferences = {"reserve_bp": 1_000, "excluded_weekdays": [6]}
    return SiteDescription(
        site_id, "point", address_of(parties.MDC), POINTS[site_id], assets, preferences
    )


def register(town: Town) -> None:
    """The three sites register."""
    for site_id, owner in parties.OWNERS.items():
        register_site(
            town.session, town.market, parties.RELAYER, owner, describe(site_id), SIGN_BEFORE_S
        )


def publish_templates(town: Town) -> None:
    """The aggregator publishes its four templates."""
    for name, terms in TEMPLATES.items():
        publish_template(town.session, town.market, parties.AGGREGATOR, name, terms)


def make_offer(town: Town, deal: str, **changes: object) -> Terms:
    """Offer a deal; some of the figures of the offer may be changed."""
    (found,) = (one for one in DEALS if one.name == deal)
    chosen = {
        "template": town.template(found.template),
        "site_id": found.site_id,
        "amount_w": found.amount_w,
        "start_day": MONDAY,
        "end_day": SUNDAY,
        "sign_before_s": SIGN_BEFORE_S,
        "zone": ZONE,
        **changes,
    }
    return offer(town.session, **chosen)  # type: ignore[arg-type]


def agree(town: Town) -> None:
    """Every deal is offered, signed and recorded."""
    for deal in DEALS:
        terms = make_offer(town, deal.name)
        owner = parties.OWNERS[deal.site_id]
        sign_both(town.session, town.market, terms, parties.AGGREGATOR, owner)
    record_signed(town.session, town.market, parties.RELAYER)


def commit_history(town: Town) -> None:
    """All days before the week are metered and committed; the week begins."""
    town.chain.advance_to(MONDAY * DAY_S)
    take_in(town, FIRST_METER_DAY, MONDAY - 1)
    commit_meter_days(town.session, town.ledger, parties.MDC, FIRST_METER_DAY, MONDAY - 1)


def take_in(town: Town, first_utc_day: int, last_utc_day: int) -> None:
    """Take in the meter data of some UTC days."""
    for utc_day in range(first_utc_day, last_utc_day + 1):
        take_in_day(town.session, address_of(parties.MDC), utc_day, day_values(utc_day))


def nominate_thursday(town: Town, share_percent: int) -> None:
    """The aggregator nominates the bakery's Thursday."""
    values = {town.identity("bakery midday"): nominated_w(share_percent)}
    nominate(town.session, town.ledger, parties.AGGREGATOR, THURSDAY, values)


def order_week(town: Town) -> None:
    """The orders of the week, each in time; Thursday is nominated twice before and once after."""
    for deal, activation in ORDERS:
        town.chain.advance_to(CLOCK.start_s(activation.first_isp - 20))
        if deal == "bakery midday":
            nominate_thursday(town, 90)
            nominate_thursday(town, 100)
        town.order(town.wanted(deal, activation))
        if deal == "bakery midday":
            nominate_thursday(town, 110)
    town.chain.advance_to((SUNDAY + 1) * DAY_S + DAY_S // 2)


def commit_week(town: Town) -> None:
    """The days of the week are metered and committed."""
    take_in(town, MONDAY, LAST_METER_DAY)
    commit_meter_days(town.session, town.ledger, parties.MDC, MONDAY, LAST_METER_DAY)


def publish(town: Town) -> None:
    """The DSO settles and publishes."""
    town.publish()


STEPS = (
    ("registered", register),
    ("offering", publish_templates),
    ("agreed", agree),
    ("begun", commit_history),
    ("ordered", order_week),
    ("metered", commit_week),
    ("published", publish),
)
