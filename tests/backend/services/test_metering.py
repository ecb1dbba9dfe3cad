"""Meter data: what is refused, what is stored, and that committed roots are those of the trees."""

import pytest
from sqlalchemy import func, select

from backend.chain.adapter import ContractRefused
from backend.db.models import CommitmentRow, MeterDayRow
from backend.services.metering import METER, commit_meter_days, meter_commitment, take_in_day
from backend.services.records import commitments_of, points_of, readings_of
from settlement.clock import date_of
from settlement.commitment import CommittedBlob, build_commitment
from settlement.errors import InputError
from settlement.meter import encode_blob
from tests.backend import parties
from tests.backend.defaults import FIRST_METER_DAY, ISPS_PER_DAY, LAST_METER_DAY, MONDAY, POINTS
from tests.backend.meters import day_values
from tests.backend.stages import take_in
from tests.backend.town import Town

KIND_ON_CHAIN = 0
FULL = [100] * ISPS_PER_DAY


def stored(town: Town) -> int:
    """Meter days as another session would count them after a commit."""
    town.session.commit()
    return town.session.scalar(select(func.count()).select_from(MeterDayRow)) or 0


def on_chain(town: Town, utc_day: int) -> list[tuple[bytes, int]]:
    """Every committed root of a UTC day with its block."""
    arguments = KIND_ON_CHAIN, parties.MDC.address, utc_day
    count = town.ledger.contract.view("commitmentCount", *arguments)
    return [
        tuple(town.ledger.contract.view("commitmentAt", *arguments, index))
        for index in range(count)
    ]


def tree_root(town: Town, utc_day: int, values: dict[str, list[int | None]]) -> bytes:
    """The root over some values, built from the keys of the points."""
    keys = {
        point.name: point.key for site_id in POINTS for point in points_of(town.session, site_id)
    }
    return build_commitment(
        CommittedBlob(keys[name], utc_day, encode_blob(day)) for name, day in values.items()
    ).root


# Refused


def test_an_unknown_metering_point_is_refused_with_all_of_its_day(registered):
    values = {**day_values(MONDAY), "brewery kettle": FULL}
    with pytest.raises(InputError) as refused:
        take_in_day(registered.session, parties.address("mdc"), MONDAY, values)
    assert str(refused.value) == (
        f"meter data of brewery kettle, {date_of(MONDAY)} (UTC): unknown metering point; "
        "expected one that is registered"
    )
    assert stored(registered) == 0


@pytest.mark.parametrize("count", [0, 24, 95, 97, 100])
def test_another_number_of_values_is_refused_with_all_of_its_day(registered, count):
    values = {**day_values(MONDAY), "mill grinder": [100] * count}
    with pytest.raises(InputError) as refused:
        take_in_day(registered.session, parties.address("mdc"), MONDAY, values)
    assert str(refused.value) == (
        f"meter data of mill grinder, {date_of(MONDAY)} (UTC): {4 * count} bytes; "
        "expected 384 bytes, one UTC day"
    )
    assert stored(registered) == 0


def test_a_point_of_another_company_is_refused_with_all_of_its_day(registered):
    stranger = parties.address("stranger")
    with pytest.raises(InputError) as refused:
        take_in_day(registered.session, stranger, MONDAY, {"mill grinder": FULL})
    assert str(refused.value) == (
        f"meter data of mill grinder, {date_of(MONDAY)} (UTC): metering point of another company; "
        f"expected one of the meter data company 0x{stranger.hex()}"
    )
    assert stored(registered) == 0


def test_nobody_but_a_meter_data_company_can_commit(registered):
    take_in(registered, MONDAY, MONDAY)
    with pytest.raises(ContractRefused) as refused:
        commit_meter_days(registered.session, registered.ledger, parties.STRANGER, MONDAY, MONDAY)
    assert refused.value.name == "AccessControlUnauthorizedAccount"
    registered.session.commit()
    assert registered.session.scalar(select(func.count()).select_from(CommitmentRow)) == 0


# Taken in


def test_a_missing_reading_is_missing_and_zero_is_zero(registered):
    values = [None, 0, -5, 2**31 - 1, 2**31, -(2**31)] + [7] * 90
    take_in_day(registered.session, parties.address("mdc"), MONDAY, {"mill grinder": values})
    readings = readings_of(registered.session, "mill grinder", 15)
    first = MONDAY * ISPS_PER_DAY
    assert [readings.at(first + offset) for offset in range(7)] == [
        None,
        0,
        -5,
        2**31 - 1,
        None,
        None,
        7,
    ]
    assert readings.at(first - 1) is None
    assert readings.at(first + ISPS_PER_DAY) is None


def test_points_of_a_day_may_come_one_after_the_other(registered):
    for point, values in day_values(MONDAY).items():
        take_in_day(registered.session, parties.address("mdc"), MONDAY, {point: values})
    assert stored(registered) == 4


def test_a_day_without_points_is_nothing(registered):
    take_in_day(registered.session, parties.address("mdc"), MONDAY, {})
    assert stored(registered) == 0


# Committed


@pytest.mark.parametrize("utc_day", [FIRST_METER_DAY, MONDAY - 1, MONDAY, LAST_METER_DAY])
def test_the_root_on_the_ledger_is_that_of_the_tree(metered, utc_day):
    root = tree_root(metered, utc_day, day_values(utc_day))
    assert [found for found, _ in on_chain(metered, utc_day)] == [root]
    assert meter_commitment(metered.session, parties.address("mdc"), utc_day).root == root
    row = commitments_of(metered.session, METER, parties.address("mdc"), [utc_day])[utc_day]
    assert (row.root, row.version) == (root, 0)
    assert [(row.root, row.block)] == on_chain(metered, utc_day)


def test_the_days_of_one_commitment_share_a_transaction(metered):
    blocks = {day: on_chain(metered, day)[0][1] for day in range(FIRST_METER_DAY, LAST_METER_DAY)}
    assert len({block for day, block in blocks.items() if day < MONDAY}) == 1
    assert len({block for day, block in blocks.items() if day >= MONDAY}) == 1
    assert blocks[MONDAY - 1] < blocks[MONDAY]


def test_the_root_depends_on_every_reading(registered):
    roots = set()
    values = day_values(MONDAY)
    for position in (0, 47, 95):
        altered = {**values, "dairy cooling": list(values["dairy cooling"])}
        altered["dairy cooling"][position] = None
        roots.add(tree_root(registered, MONDAY, altered))
    assert len(roots | {tree_root(registered, MONDAY, values)}) == 4


def test_readings_that_come_late_make_a_new_version(registered):
    values = day_values(MONDAY)
    late = {"mill grinder": values.pop("mill grinder")}
    mdc = parties.address("mdc")
    take_in_day(registered.session, parties.address("mdc"), MONDAY, values)
    commit_meter_days(registered.session, registered.ledger, parties.MDC, MONDAY, MONDAY)
    first_block = registered.chain.block_number()
    take_in_day(registered.session, parties.address("mdc"), MONDAY, late)
    commit_meter_days(registered.session, registered.ledger, parties.MDC, MONDAY, MONDAY)
    roots = [root for root, _ in on_chain(registered, MONDAY)]
    assert roots == [
        tree_root(registered, MONDAY, values),
        tree_root(registered, MONDAY, values | late),
    ]
    latest = commitments_of(registered.session, METER, mdc, [MONDAY])
    assert (latest[MONDAY].version, latest[MONDAY].root) == (1, roots[1])
    earlier = commitments_of(registered.session, METER, mdc, [MONDAY], before_block=first_block + 1)
    assert (earlier[MONDAY].version, earlier[MONDAY].root) == (0, roots[0])
    assert commitments_of(registered.session, METER, mdc, [MONDAY], before_block=first_block) == {}


def test_a_day_without_data_is_committed_as_empty(registered):
    commit_meter_days(registered.session, registered.ledger, parties.MDC, MONDAY, MONDAY + 1)
    assert [root for root, _ in on_chain(registered, MONDAY)] == [bytes(32)]


def test_commitments_are_told_apart_by_kind_and_committer(metered):
    session, mdc = metered.session, parties.address("mdc")
    assert commitments_of(session, METER, mdc, [MONDAY - 1, LAST_METER_DAY + 1]).keys() == {
        MONDAY - 1
    }
    assert commitments_of(session, "nomination", mdc, [MONDAY]) == {}
    assert commitments_of(session, METER, parties.address("stranger"), [MONDAY]) == {}
