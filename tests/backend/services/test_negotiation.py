"""S02: templates, offers, counter-offers, refusals, signatures, recording."""

from dataclasses import replace

import pytest
from sqlalchemy import func, select

from backend.chain.adapter import ContractRefused
from backend.chain.wallet import sign_agreement
from backend.db.models import AgreementRow, TemplateRow
from backend.services import negotiation
from backend.services.negotiation import (
    accept,
    counter,
    publish_template,
    record_signed,
    refuse,
    sign_both,
)
from backend.services.records import (
    OFFERED,
    RECORDED,
    REFUSED,
    SIGNED,
    count_registered,
    points_of,
    read_terms,
    recorded_agreements,
)
from settlement.errors import InputError, TermsError
from settlement.identity import agreement_id, template_id
from settlement.meter import elements_hash
from settlement.terms import Terms
from tests.backend import parties
from tests.backend.defaults import (
    CLOCK,
    DEALS,
    MONDAY,
    SIGN_BEFORE_S,
    SUNDAY,
    TEMPLATES,
    utc_s,
)
from tests.backend.stages import make_offer
from tests.backend.town import Town

OWNER = parties.OWNERS["bakery"]
EVENING = "bakery evening"
RECORDED_ON_CHAIN = 1


def agreements(town: Town) -> list[AgreementRow]:
    return list(town.session.scalars(select(AgreementRow)))


def row_of(town: Town, terms: Terms) -> AgreementRow:
    return town.session.get_one(AgreementRow, agreement_id(terms))


def signatures(town: Town, terms: Terms, aggregator=parties.AGGREGATOR, prosumer=OWNER):
    """What the two parties sign for these terms."""
    identity, domain = agreement_id(terms), town.market.domain()
    return sign_agreement(aggregator, domain, identity), sign_agreement(prosumer, domain, identity)


def signed(town: Town, deal: str = EVENING, **changes: object) -> Terms:
    """An offer that both parties have signed."""
    terms = make_offer(town, deal, **changes)
    owner = parties.OWNERS[deal.split()[0]]
    sign_both(town.session, town.market, terms, parties.AGGREGATOR, owner)
    return terms


def status_on_chain(town: Town, terms: Terms) -> int:
    return int(town.market.contract.view("agreementState", agreement_id(terms))[0])


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


# Signatures


@pytest.mark.parametrize("party", ["aggregator", "prosumer"])
def test_a_signature_of_somebody_else_is_refused(offering, party):
    offered = make_offer(offering, EVENING)
    forged = signatures(offering, offered, **{party: parties.STRANGER})
    with pytest.raises(InputError, match=f"agreement: signature of the {party}; expected one"):
        accept(offering.session, offering.market, offered, *forged)
    assert row_of(offering, offered).status == OFFERED


def test_signatures_in_the_place_of_each_other_are_refused(offering):
    offered = make_offer(offering, EVENING)
    with pytest.raises(InputError, match="signature of the aggregator"):
        accept(offering.session, offering.market, offered, *reversed(signatures(offering, offered)))


def test_a_signature_over_other_terms_is_refused(offering):
    offered, other = make_offer(offering, EVENING), make_offer(offering, EVENING)
    own, others = signatures(offering, offered), signatures(offering, other)
    with pytest.raises(InputError, match="signature of the prosumer"):
        accept(offering.session, offering.market, offered, own[0], others[1])


@pytest.mark.parametrize("broken", [b"", bytes(65), b"\x01" * 64, b"\x01" * 66])
def test_a_signature_that_is_none_is_refused(offering, broken):
    offered = make_offer(offering, EVENING)
    own = signatures(offering, offered)
    with pytest.raises(InputError, match="signature of the prosumer"):
        accept(offering.session, offering.market, offered, own[0], broken)


@pytest.mark.parametrize("changes", [{"chain_id": 1}, {"market": bytes(19) + b"\x01"}])
def test_a_signature_for_another_market_is_refused(offering, changes):
    offered = make_offer(offering, EVENING)
    elsewhere = replace(offering.market.domain(), **changes)
    aggregator, _ = signatures(offering, offered)
    prosumer = sign_agreement(OWNER, elsewhere, agreement_id(offered))
    with pytest.raises(InputError, match="signature of the prosumer"):
        accept(offering.session, offering.market, offered, aggregator, prosumer)


def test_an_offer_is_signed_once(offering):
    terms = signed(offering)
    assert row_of(offering, terms).status == SIGNED
    with pytest.raises(InputError, match="agreement is signed; expected offered"):
        sign_both(offering.session, offering.market, terms, parties.AGGREGATOR, OWNER)


# Recording


def test_what_is_only_offered_is_not_recorded(offering):
    offered = make_offer(offering, EVENING)
    before = offering.chain.block_number()
    assert record_signed(offering.session, offering.market, parties.RELAYER) == 0
    assert offering.chain.block_number() == before
    assert status_on_chain(offering, offered) == 0


def test_all_that_is_signed_is_recorded_in_batches(offering, monkeypatch):
    monkeypatch.setattr(negotiation, "BATCH", 2)
    every = [signed(offering, deal) for deal in (EVENING, "dairy steady", "mill night", EVENING)]
    every.append(signed(offering, "bakery midday"))
    before = offering.chain.block_number()
    assert record_signed(offering.session, offering.market, parties.RELAYER) == 5
    assert offering.chain.block_number() == before + 3
    assert offering.chain.transactions["recordAgreements"] == 3
    for terms in every:
        assert row_of(offering, terms).status == RECORDED
        assert status_on_chain(offering, terms) == RECORDED_ON_CHAIN
    assert record_signed(offering.session, offering.market, parties.RELAYER) == 0


def test_recorded_agreements_are_listed_by_site(agreed):
    rows = recorded_agreements(agreed.session)
    assert [row.site_id for row in rows] == ["bakery", "bakery", "dairy", "mill"]
    assert {row.agreement_id for row in rows} == {agreed.identity(deal.name) for deal in DEALS}


@pytest.mark.parametrize("deal", [deal.name for deal in DEALS])
def test_the_ledger_has_the_very_terms(agreed, deal):
    state = agreed.market.contract.view("agreementState", agreed.identity(deal))
    assert state[0] == RECORDED_ON_CHAIN
    assert agreed.head(deal) == bytes(32)


def test_the_deadline_is_the_last_second_of_recording(offering):
    terms = signed(offering)
    offering.chain.advance_to(terms.sign_before)
    assert record_signed(offering.session, offering.market, parties.RELAYER) == 1
    assert offering.chain.now_s() == terms.sign_before


def test_nothing_is_recorded_after_the_deadline(offering):
    deadline = utc_s(2040, 3, 1, 12)
    late = signed(offering, sign_before_s=deadline)
    offering.chain.advance_to(deadline + 1)
    with pytest.raises(ContractRefused) as refused:
        record_signed(offering.session, offering.market, parties.RELAYER)
    assert (refused.value.name, refused.value.values) == (
        "SignatureExpired",
        (deadline, deadline + 1),
    )
    assert row_of(offering, late).status == SIGNED
    assert status_on_chain(offering, late) == 0


def test_nothing_is_recorded_once_the_first_day_has_begun(offering):
    late = signed(offering, sign_before_s=SIGN_BEFORE_S + 3600)
    offering.chain.advance_to(SIGN_BEFORE_S + 1)
    with pytest.raises(ContractRefused) as refused:
        record_signed(offering.session, offering.market, parties.RELAYER)
    assert refused.value.name == "AgreementAlreadyStarted"
    assert refused.value.values == (agreement_id(late), MONDAY, MONDAY)


def test_a_refused_batch_leaves_its_agreements_signed(offering):
    good = signed(offering, "mill night")
    late = signed(offering, sign_before_s=utc_s(2040, 3, 1))
    offering.chain.advance_to(utc_s(2040, 3, 2))
    with pytest.raises(ContractRefused, match="SignatureExpired"):
        record_signed(offering.session, offering.market, parties.RELAYER)
    for terms in (good, late):
        assert row_of(offering, terms).status == SIGNED
        assert status_on_chain(offering, terms) == 0
