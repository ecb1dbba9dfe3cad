"""S02: templates, offers, and the answers of an owner."""

import pytest
from sqlalchemy import func, select

from backend.chain.adapter import ContractRefused
from backend.db.models import AgreementRow, TemplateRow
from backend.services.negotiation import counter, publish_template, record_signed, refuse, sign_both
from backend.services.records import OFFERED, REFUSED, count_registered, points_of, read_terms
from settlement.errors import InputError, TermsError
from settlement.identity import template_id
from settlement.meter import elements_hash
from tests.backend import parties
from tests.backend.defaults import CLOCK, MONDAY, SIGN_BEFORE_S, SUNDAY, TEMPLATES
from tests.backend.services.negotiating import (
    EVENING,
    OWNER,
    RECORDED_ON_CHAIN,
    row_of,
    status_on_chain,
)
from tests.backend.stages import make_offer
from tests.backend.town import Town


def agreements(town: Town) -> list[AgreementRow]:
    return list(town.session.scalars(select(AgreementRow)))


# Templates


def test_a_template_is_published_by_its_aggregator_alone(registered):
    with pytest.raises(ContractRefused) as refused:
        publish_template(
            registered.session, registered.market, parties.STRANGER, "x", TEMPLATES["evening"]
        )
    assert refused.value.name == "NotAggregator"
    assert registered.session.scalar(select(func.count()).select_from(TemplateRow)) == 0


def test_a_template_is_published_once(offering):
    with pytest.raises(ContractRefused, match="TemplateAlreadyPublished"):
        publish_template(
            offering.session, offering.market, parties.AGGREGATOR, "again", TEMPLATES["evening"]
        )
    assert offering.session.scalar(select(func.count()).select_from(TemplateRow)) == 4


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_has_the_same_id_in_store_and_on_ledger(offering, name):
    identity = template_id(TEMPLATES[name])
    stored = offering.session.get_one(TemplateRow, identity)
    assert read_terms(stored.terms) == TEMPLATES[name]
    publisher = offering.market.contract.view("templateAggregator", identity)
    assert publisher == parties.AGGREGATOR.address


# Offers that are refused


def test_an_offer_needs_a_template_that_is_known(offering):
    with pytest.raises(InputError, match="offer: unknown template; expected one that is"):
        make_offer(offering, EVENING, template=bytes(32))
    assert agreements(offering) == []


def test_an_offer_needs_a_site_that_is_known(offering):
    with pytest.raises(InputError, match="offer: unknown site brewery; expected one that is"):
        make_offer(offering, EVENING, site_id="brewery")
    assert agreements(offering) == []


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("amount_w", {"amount_w": 0}),
        ("amount_w", {"amount_w": -(2**31)}),
        ("start_day", {"start_day": SUNDAY + 1}),
    ],
)
def test_terms_against_the_rules_are_refused_by_their_field(offering, field, changes):
    with pytest.raises(TermsError) as refused:
        make_offer(offering, EVENING, **changes)
    assert refused.value.field == field
    assert agreements(offering) == []


@pytest.mark.parametrize(
    "changes", [{"sign_before_s": -1}, {"sign_before_s": 2**64}, {"start_day": -1}]
)
def test_terms_that_do_not_fit_the_ledger_are_refused(offering, changes):
    with pytest.raises(InputError, match=next(iter(changes)).removesuffix("_s")):
        make_offer(offering, EVENING, **changes)
    assert agreements(offering) == []


@pytest.mark.parametrize(
    ("zone", "minutes"), [("Asia/Tokyo", 540), ("America/New_York", -240), ("Europe/Lisbon", 0)]
)
def test_a_zone_with_another_clock_is_refused(offering, zone, minutes):
    with pytest.raises(InputError) as refused:
        make_offer(offering, EVENING, zone=zone)
    assert f"{zone} is {minutes} minutes from UTC at 2040-03-18" in str(refused.value)
    assert agreements(offering) == []


def test_a_zone_that_differs_only_after_the_clock_change_is_known_by_its_instant(offering):
    """Lagos has the winter offset of the agreement all year."""
    with pytest.raises(InputError, match=r"2040-03-25T01:00:00\+00:00; expected 120 minutes"):
        make_offer(offering, EVENING, zone="Africa/Lagos")
    assert agreements(offering) == []


def test_a_zone_that_nobody_knows_is_refused(offering):
    with pytest.raises(InputError, match="Europe/Atlantis"):
        make_offer(offering, EVENING, zone="Europe/Atlantis")


# Offers


def test_an_offer_is_stored_with_the_terms_of_its_template(offering):
    terms = make_offer(offering, EVENING)
    row = row_of(offering, terms)
    assert (row.status, row.reason, row.site_id) == (OFFERED, "", "bakery")
    assert read_terms(row.terms) == terms
    assert template_id(terms) != terms.template_id, "the amount differs from the template's"
    assert terms.template_id == template_id(TEMPLATES["evening"])
    assert (terms.amount_w, terms.start_day, terms.end_day) == (-3000, MONDAY, SUNDAY)
    assert terms.sign_before == SIGN_BEFORE_S
    assert terms.prosumer == parties.address("owner of bakery")
    assert terms.volume_rate == TEMPLATES["evening"].volume_rate


def test_an_offer_covers_all_metering_points_of_the_site(offering):
    terms = make_offer(offering, EVENING)
    keys = [point.key for point in points_of(offering.session, "bakery")]
    assert len(keys) == 2
    assert terms.elements == elements_hash(keys)


def test_the_same_offer_twice_is_two_offers(offering):
    first, second = make_offer(offering, EVENING), make_offer(offering, EVENING)
    assert first.salt != second.salt
    assert len(agreements(offering)) == 2


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Europe/Paris", "Africa/Ceuta"])
def test_every_zone_with_the_same_clock_will_do(offering, zone):
    assert make_offer(offering, EVENING, zone=zone).clock == CLOCK


# Answers


def test_a_counter_offer_takes_the_place_of_the_offer(offering):
    offered = make_offer(offering, EVENING)
    answer = counter(offering.session, offered, 2_500_000)
    assert (answer.volume_rate, offered.volume_rate) == (2_500_000, 2_000_000)
    assert answer.salt != offered.salt
    refused, stands = row_of(offering, offered), row_of(offering, answer)
    assert (refused.status, refused.reason) == (REFUSED, "asked for 2500000 instead of 2000000")
    assert (stands.status, stands.site_id) == (OFFERED, "bakery")
    sign_both(offering.session, offering.market, answer, parties.AGGREGATOR, OWNER)
    assert record_signed(offering.session, offering.market, parties.RELAYER) == 1
    assert status_on_chain(offering, answer) == RECORDED_ON_CHAIN


@pytest.mark.parametrize("volume_rate", [-1, 2**32])
def test_a_counter_offer_against_the_rules_leaves_the_offer_standing(offering, volume_rate):
    offered = make_offer(offering, EVENING)
    with pytest.raises(InputError, match="volume_rate"):
        counter(offering.session, offered, volume_rate)
    offering.session.commit()
    assert [(row.status, row.reason) for row in agreements(offering)] == [(OFFERED, "")]


def test_a_refused_offer_keeps_its_reason(offering):
    offered = make_offer(offering, EVENING)
    refuse(offering.session, offered, "the ovens are on in the evening")
    offering.session.commit()
    row = row_of(offering, offered)
    assert (row.status, row.reason) == (REFUSED, "the ovens are on in the evening")
    assert count_registered(offering.session).refused_offers == 1


def test_a_refused_offer_can_be_neither_signed_nor_answered_again(offering):
    offered = make_offer(offering, EVENING)
    refuse(offering.session, offered, "no")
    for act in (
        lambda: sign_both(offering.session, offering.market, offered, parties.AGGREGATOR, OWNER),
        lambda: counter(offering.session, offered, 1),
        lambda: refuse(offering.session, offered, "no again"),
    ):
        with pytest.raises(InputError, match="agreement is refused; expected offered"):
            act()
    assert row_of(offering, offered).reason == "no"
    assert record_signed(offering.session, offering.market, parties.RELAYER) == 0


def test_terms_that_were_never_offered_cannot_be_signed(offering):
    offered = make_offer(offering, EVENING)
    offering.session.rollback()
    with pytest.raises(InputError, match="agreement is unknown; expected offered"):
        sign_both(offering.session, offering.market, offered, parties.AGGREGATOR, OWNER)
