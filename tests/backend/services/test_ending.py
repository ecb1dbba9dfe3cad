"""What ends early: activations that are cancelled, agreements that are terminated."""

import pytest

from backend.chain.adapter import ContractRefused
from backend.services.activating import note_override
from backend.services.candidates import Available, candidate_of
from backend.services.ending import cancel_last, give_notice, terminate
from backend.services.local_day import LocalDay
from backend.services.negotiation import record_signed
from backend.services.records import log_of, standing_of
from backend.services.settling import settle_agreement
from settlement.activation import Activation
from settlement.clock import date_text
from settlement.errors import ActivationRefused, InputError
from tests.backend import parties
from tests.backend.defaults import (
    CLOCK,
    MONDAY,
    NON_WORKING_DAYS,
    PERIOD,
    SIGN_BEFORE_S,
    SUNDAY,
    THURSDAY,
    TUESDAY,
    WEDNESDAY,
    isp_at,
)
from tests.backend.services.checking import checks_of, findings
from tests.backend.services.negotiating import row_of, signed
from tests.backend.services.ordering import EVENING, ORDERED, head_in_store
from tests.backend.stages import commit_week
from tests.backend.town import Town

LATE_S = 2**40
LATER = Activation(isp_at(TUESDAY, 20), 4, -1000)


def cancel(town: Town, deal: str = EVENING, now_s: int | None = None) -> Activation:
    moment = town.now_s if now_s is None else now_s
    return cancel_last(town.session, town.market, parties.AGGREGATOR, town.identity(deal), moment)


def end(town: Town, last_day: int, deal: str = EVENING) -> None:
    owner = parties.OWNERS[deal.split()[0]]
    terminate(
        town.session,
        town.market,
        parties.RELAYER,
        town.identity(deal),
        last_day,
        LATE_S,
        parties.AGGREGATOR,
        owner,
    )


def last_day_on_chain(town: Town, deal: str = EVENING) -> tuple[int, int]:
    state = town.market.contract.view("agreementState", town.identity(deal))
    return int(state[0]), int(state[4])


# Cancelled


def test_the_last_activation_is_cancelled_in_store_and_ledger(begun):
    begun.order(begun.wanted(EVENING, ORDERED), begun.wanted(EVENING, LATER))
    assert cancel(begun) == LATER
    begun.session.rollback()
    identity = begun.identity(EVENING)
    assert standing_of(begun.session, identity) == (ORDERED,)
    assert [entry.activation.ordered_w for entry in log_of(begun.session, identity)] == [
        ORDERED.ordered_w,
        LATER.ordered_w,
        0,
    ]
    assert head_in_store(begun, EVENING) == begun.head(EVENING)


def test_what_was_cancelled_can_be_ordered_again(begun):
    begun.order(begun.wanted(EVENING, ORDERED))
    cancel(begun)
    begun.order(begun.wanted(EVENING, ORDERED))
    assert standing_of(begun.session, begun.identity(EVENING)) == (ORDERED,)
    assert head_in_store(begun, EVENING) == begun.head(EVENING)


@pytest.mark.parametrize(
    ("prepare", "what"),
    [
        (lambda town: None, "no last activation that stands"),
        (lambda town: (town.order(town.wanted(EVENING, ORDERED)), cancel(town)), "no last"),
    ],
)
def test_nothing_to_cancel_is_told(begun, prepare, what):
    prepare(begun)
    block = begun.chain.block_number()
    with pytest.raises(InputError, match=f"cancellation: {what}"):
        cancel(begun)
    assert begun.chain.block_number() == block


def test_an_activation_that_has_begun_stands(begun):
    begun.order(begun.wanted(EVENING, ORDERED))
    with pytest.raises(InputError, match="activation of 2040-03-20 17:00 has begun"):
        cancel(begun, now_s=CLOCK.start_s(ORDERED.first_isp))
    assert standing_of(begun.session, begun.identity(EVENING)) == (ORDERED,)


def test_nobody_overrides_what_is_cancelled(begun):
    begun.order(begun.wanted(EVENING, ORDERED))
    cancel(begun)
    wanted, owner = begun.wanted(EVENING, ORDERED), parties.OWNERS["bakery"]
    with pytest.raises(InputError, match="override"):
        note_override(
            begun.session, begun.market, parties.RELAYER, owner, wanted, ORDERED.first_isp
        )


def test_a_cancelled_activation_is_not_settled_and_its_bundle_holds(begun, served):
    begun.order(begun.wanted(EVENING, ORDERED), begun.wanted(EVENING, LATER))
    cancel(begun)
    begun.chain.advance_to((SUNDAY + 2) * 86_400)
    commit_week(begun)
    begun.publish()
    bundle = begun.bundles()[EVENING]
    assert bundle.stated is not None
    assert [line.first_isp for line in bundle.stated.lines] == [ORDERED.first_isp]
    assert findings(checks_of(begun, bundle, served, "bakery")) == []


# Ended


def test_both_end_an_agreement_in_store_and_ledger(begun):
    end(begun, WEDNESDAY)
    begun.session.rollback()
    assert begun.row(EVENING).end_day == WEDNESDAY
    assert last_day_on_chain(begun) == (2, WEDNESDAY)


def test_after_the_end_nothing_is_ordered(begun):
    end(begun, WEDNESDAY)
    begun.order(begun.wanted(EVENING, ORDERED))
    with pytest.raises(ActivationRefused, match="dates"):
        begun.order(begun.wanted(EVENING, Activation(isp_at(THURSDAY, 17), 4, -500)))
    offered = Available(begun.row(EVENING), 10_000, 1.0)
    for day, isps in ((WEDNESDAY, 16), (THURSDAY, 0)):
        noon_s = CLOCK.start_s(isp_at(day, 12))
        candidate = candidate_of(begun.session, offered, LocalDay(CLOCK, day), noon_s)
        assert candidate.allowed.sum() == isps


def test_capacity_is_paid_until_the_end_and_the_bundle_holds(begun, served):
    end(begun, WEDNESDAY)
    begun.chain.advance_to((SUNDAY + 2) * 86_400)
    commit_week(begun)
    settled = settle_agreement(begun.session, begun.row(EVENING), PERIOD, NON_WORKING_DAYS)
    assert settled.statement.capacity_isps == 3 * 16
    begun.publish()
    bundle = begun.bundles()[EVENING]
    assert bundle.end_day == WEDNESDAY
    assert findings(checks_of(begun, bundle, served, "bakery")) == []


@pytest.mark.parametrize("last_day", [SUNDAY, SUNDAY + 1])
def test_an_end_has_to_come_nearer(begun, last_day):
    with pytest.raises(InputError, match=f"expected a day before {date_text(SUNDAY)}"):
        end(begun, last_day)
    end(begun, WEDNESDAY)
    with pytest.raises(InputError, match=f"expected a day before {date_text(WEDNESDAY)}"):
        end(begun, WEDNESDAY)


def test_an_end_before_what_is_ordered_is_refused_by_the_ledger(begun):
    begun.order(begun.wanted(EVENING, ORDERED))
    with pytest.raises(ContractRefused, match="TerminationTooEarly"):
        end(begun, MONDAY)
    begun.session.rollback()
    assert begun.row(EVENING).end_day is None


@pytest.mark.parametrize("party", [parties.AGGREGATOR, parties.OWNERS["bakery"]])
def test_one_party_gives_notice_a_month_ahead(offering, party):
    terms = signed(offering, end_day=MONDAY + 60)
    record_signed(offering.session, offering.market, parties.RELAYER)
    row = row_of(offering, terms)
    given = (offering.session, offering.market, parties.RELAYER, row.agreement_id)
    with pytest.raises(ContractRefused, match="TerminationTooEarly"):
        give_notice(*given, MONDAY - 1, SIGN_BEFORE_S, party)
    give_notice(*given, MONDAY + 20, SIGN_BEFORE_S, party)
    offering.session.rollback()
    assert row.end_day == MONDAY + 20


def test_a_notice_of_somebody_else_is_refused(begun):
    given = (begun.session, begun.market, parties.RELAYER, begun.identity(EVENING))
    with pytest.raises(ContractRefused):
        give_notice(*given, WEDNESDAY, LATE_S, parties.STRANGER)
    assert begun.row(EVENING).end_day is None


def test_only_what_is_recorded_ends(offering):
    terms = signed(offering)
    identity = row_of(offering, terms).agreement_id
    with pytest.raises(InputError, match="agreement is signed; expected one that is recorded"):
        give_notice(
            offering.session,
            offering.market,
            parties.RELAYER,
            identity,
            WEDNESDAY,
            LATE_S,
            parties.AGGREGATOR,
        )
