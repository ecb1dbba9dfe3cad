"""Nominated baselines: committed before delivery, the last one before the activation counts."""

from dataclasses import replace

import pytest
from sqlalchemy import func, select

from backend.db.models import CommitmentRow, NominationRow
from backend.services.metering import nominate, nomination_commitment
from backend.services.negotiation import publish_template, record_signed, sign_both
from backend.services.records import log_of
from backend.services.settling import nominations_of
from settlement.commitment import CommittedBlob, build_commitment
from settlement.errors import InputError
from settlement.identity import agreement_id
from settlement.meter import encode_blob
from settlement.terms import Terms
from tests.backend import parties
from tests.backend.defaults import CLOCK, ISPS_PER_DAY, ORDERS, TEMPLATES, THURSDAY
from tests.backend.meters import nominated_w
from tests.backend.stages import make_offer
from tests.backend.town import Town

MIDDAY = "bakery midday"
(ACTIVATION,) = (activation for deal, activation in ORDERS if deal == MIDDAY)
KIND_ON_CHAIN = 1
Values = dict[bytes, list[int | None]]


def flat(watts: int) -> list[int | None]:
    return [watts] * ISPS_PER_DAY


def nominate_values(town: Town, values: Values, aggregator=parties.AGGREGATOR) -> None:
    nominate(town.session, town.ledger, aggregator, THURSDAY, values)


def stored(town: Town) -> tuple[int, int]:
    """Nominations and commitments as another session would count them after a commit."""
    town.session.commit()
    rows, roots = (
        town.session.scalar(select(func.count()).select_from(table)) or 0
        for table in (NominationRow, CommitmentRow)
    )
    return rows, roots


def roots_on_chain(town: Town, aggregator=parties.AGGREGATOR) -> list[bytes]:
    """Every committed root of Thursday."""
    arguments = KIND_ON_CHAIN, aggregator.address, THURSDAY
    count = town.ledger.contract.view("commitmentCount", *arguments)
    return [town.ledger.contract.view("commitmentAt", *arguments, at)[0] for at in range(count)]


def tree_root(values: Values) -> bytes:
    return build_commitment(
        CommittedBlob(identity, THURSDAY, encode_blob(day)) for identity, day in values.items()
    ).root


def in_force(town: Town, deal: str = MIDDAY) -> list[int | None]:
    """What the nomination in force says for each ordered ISP of the first activation."""
    row = town.row(deal)
    found = nominations_of(town.session, row, town.terms(deal))
    activation = log_of(town.session, row.agreement_id)[0].activation
    return [found[activation].at(isp) for isp in activation.ordered_isps()]


# Refused


@pytest.mark.parametrize("count", [0, 24, 95, 97])
def test_another_number_of_values_is_refused_and_nothing_stored(begun, count):
    before, block = stored(begun), begun.chain.block_number()
    values = {begun.identity("mill night"): flat(1), begun.identity(MIDDAY): [1] * count}
    with pytest.raises(InputError, match=f"{4 * count} bytes; expected 384 bytes"):
        nominate_values(begun, values)
    assert stored(begun) == before
    assert begun.chain.block_number() == block


def test_an_agreement_that_nobody_knows_is_refused(begun):
    before, block = stored(begun), begun.chain.block_number()
    with pytest.raises(InputError, match=r"2040-03-22 \(UTC\): unknown agreement 0x00"):
        nominate_values(begun, {bytes(32): flat(1)})
    assert stored(begun) == before
    assert begun.chain.block_number() == block


def test_an_agreement_of_another_aggregator_is_refused(begun):
    before, block = stored(begun), begun.chain.block_number()
    with pytest.raises(InputError, match="expected an agreement of the aggregator that nominates"):
        nominate_values(begun, {begun.identity(MIDDAY): flat(1)}, parties.STRANGER)
    assert stored(begun) == before
    assert begun.chain.block_number() == block


# Versions


def test_a_nomination_is_committed_as_the_root_of_its_tree(begun):
    values = {begun.identity(MIDDAY): flat(500)}
    nominate_values(begun, values)
    assert roots_on_chain(begun) == [tree_root(values)]
    (row,) = begun.session.scalars(select(NominationRow)).all()
    assert (row.version, row.utc_day) == (0, THURSDAY)


def test_each_nomination_of_a_day_is_a_version_and_none_is_lost(ordered):
    identity = ordered.identity(MIDDAY)
    query = select(NominationRow).order_by(NominationRow.version)
    rows = ordered.session.scalars(query).all()
    shares = (90, 100, 110)
    assert [(row.version, row.blob) for row in rows] == [
        (version, encode_blob(nominated_w(share))) for version, share in enumerate(shares)
    ]
    assert roots_on_chain(ordered) == [
        tree_root({identity: nominated_w(share)}) for share in shares
    ]


def test_days_have_versions_of_their_own(begun):
    values = {begun.identity(MIDDAY): flat(500)}
    for utc_day in (THURSDAY, THURSDAY + 1, THURSDAY):
        nominate(begun.session, begun.ledger, parties.AGGREGATOR, utc_day, values)
    query = select(NominationRow.utc_day, NominationRow.version)
    found = begun.session.execute(query.order_by(NominationRow.utc_day, NominationRow.version))
    assert [tuple(row) for row in found] == [(THURSDAY, 0), (THURSDAY, 1), (THURSDAY + 1, 0)]


# In force


def test_the_last_nomination_before_the_activation_is_in_force(ordered):
    assert in_force(ordered) == [14_000] * ACTIVATION.isps


def test_a_nomination_after_the_activation_does_not_count(begun):
    begun.order(begun.wanted(MIDDAY, ACTIVATION))
    nominate_values(begun, {begun.identity(MIDDAY): flat(9_000)})
    assert in_force(begun) == [None] * ACTIVATION.isps


def test_a_reading_that_was_not_nominated_is_missing(begun):
    values = flat(9_000)
    values[ACTIVATION.first_isp % ISPS_PER_DAY] = None
    nominate_values(begun, {begun.identity(MIDDAY): values})
    begun.order(begun.wanted(MIDDAY, ACTIVATION))
    assert in_force(begun) == [None] + [9_000] * (ACTIVATION.isps - 1)


def test_other_baselines_have_no_nomination(ordered):
    row = ordered.row("bakery evening")
    assert nominations_of(ordered.session, row, ordered.terms("bakery evening")) == {}


@pytest.fixture
def two_nominated(agreed: Town) -> tuple[Town, Terms]:
    """The mill has an agreement with a nominated baseline as well."""
    second = make_offer(agreed, "bakery midday", site_id="mill")
    sign_both(agreed.session, agreed.market, second, parties.AGGREGATOR, parties.OWNERS["mill"])
    record_signed(agreed.session, agreed.market, parties.RELAYER)
    agreed.chain.advance_to(CLOCK.start_s(ACTIVATION.first_isp - 40))
    return agreed, second


def test_a_nomination_for_one_agreement_leaves_those_of_the_others_in_force(two_nominated):
    """A root supersedes the one before it as a whole, so it has to hold what still stands."""
    town, second = two_nominated
    first = town.identity(MIDDAY)
    nominate_values(town, {first: flat(7_000), agreement_id(second): flat(3_000)})
    nominate_values(town, {agreement_id(second): flat(3_500)})
    assert roots_on_chain(town)[1] == tree_root(
        {first: flat(7_000), agreement_id(second): flat(3_500)}
    )
    town.order(town.wanted(MIDDAY, ACTIVATION))
    assert in_force(town) == [7_000] * ACTIVATION.isps


def test_aggregators_have_trees_of_their_own(agreed):
    """Two aggregators nominate the same day; neither root holds anything of the other."""
    foreign = replace(TEMPLATES["midday"], aggregator=parties.address("stranger"))
    template = publish_template(
        agreed.session, agreed.market, parties.STRANGER, "of another aggregator", foreign
    )
    second = make_offer(agreed, MIDDAY, site_id="mill", template=template)
    sign_both(agreed.session, agreed.market, second, parties.STRANGER, parties.OWNERS["mill"])
    record_signed(agreed.session, agreed.market, parties.RELAYER)
    own, others = {agreed.identity(MIDDAY): flat(500)}, {agreement_id(second): flat(300)}
    nominate_values(agreed, own)
    nominate_values(agreed, others, parties.STRANGER)
    for values, aggregator in ((own, "aggregator"), (others, "stranger")):
        assert roots_on_chain(agreed, parties.wallet(aggregator)) == [tree_root(values)]
        found = nomination_commitment(agreed.session, parties.address(aggregator), THURSDAY, 0)
        assert found.root == tree_root(values)
