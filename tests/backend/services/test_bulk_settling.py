"""A period in partitions: from the same store the same statements and root as one by one."""

from pathlib import Path

import pytest

from backend.kernel.bulk.executors import Here
from backend.kernel.bulk.files import read_manifest, read_table
from backend.kernel.bulk.run import RunResult, run_partitions
from backend.services.bulk_settling import settle_in_partitions, write_period
from backend.services.settling import SettledPeriod, settle_period
from settlement.baselines.baseline import LOOK_BACK_DAYS
from settlement.errors import InputError
from tests.backend.defaults import (
    FRIDAY,
    MONDAY,
    NON_WORKING_DAYS,
    SUNDAY,
    THURSDAY,
    TUESDAY,
    WEDNESDAY,
    isp_at,
)
from tests.backend.services.test_incomplete import meter_week
from tests.backend.services.test_settling import scope_of
from tests.backend.town import SCOPE, Town

BLOB_BYTES = 384
WEEKS = [(MONDAY, SUNDAY), (TUESDAY, TUESDAY), (THURSDAY, SUNDAY), (MONDAY - 7, MONDAY)]


def in_partitions(
    town: Town, folder: Path, agreements: int, scope=SCOPE, before_block: int = 2**62
) -> RunResult:
    write_period(town.session, scope, folder / "in", before_block, agreements)
    period = scope.period
    return run_partitions(
        folder / "in", folder / "out", period, NON_WORKING_DAYS, Here(), lambda _: None
    )


def reasons_in(folder: Path) -> dict[bytes, tuple[str, ...]]:
    rows = [
        row
        for part in read_manifest(folder / "in")
        for row in read_table(folder / "out" / part.name).to_pylist()
    ]
    return {row["agreement_id"]: tuple(row["reasons"]) for row in rows if not row["complete"]}


def assert_same(found: RunResult, expected: SettledPeriod) -> None:
    assert (found.root, found.sum) == expected.run.tree.root
    assert found.depth == expected.run.tree.depth
    assert found.statements == len(expected.run.settled)
    assert found.incomplete == len(expected.incomplete)


@pytest.mark.parametrize("agreements", [1, 3, 100])
@pytest.mark.parametrize(("first_day", "last_day"), WEEKS)
def test_the_root_is_that_of_the_reference(metered, tmp_path, first_day, last_day, agreements):
    scope = scope_of(first_day, last_day)
    expected = settle_period(metered.session, scope, NON_WORKING_DAYS)
    assert expected.run.settled
    assert_same(in_partitions(metered, tmp_path, agreements, scope), expected)


def test_all_in_one_call_with_progress(metered, tmp_path):
    said: list[str] = []
    result = settle_in_partitions(
        metered.session, SCOPE, NON_WORKING_DAYS, tmp_path, Here(), said.append
    )
    assert_same(result, metered.settled())
    assert said[0] == "4 agreements in 1 partitions"
    with pytest.raises(InputError, match="a manifest is there already"):
        settle_in_partitions(
            metered.session, SCOPE, NON_WORKING_DAYS, tmp_path, Here(), said.append
        )


@pytest.mark.parametrize("agreements", [1, 100])
def test_gaps_make_the_same_statements_wait_for_the_same_reasons(ordered, tmp_path, agreements):
    holes = {
        "dairy cooling": [isp_at(TUESDAY, 18), isp_at(TUESDAY, 18, 15), isp_at(FRIDAY, 17)],
        "bakery ovens": [isp_at(SUNDAY, 17)],
    }
    expected = meter_week(ordered, holes)
    assert len(expected.incomplete) == 2
    assert_same(in_partitions(ordered, tmp_path, agreements), expected)
    assert reasons_in(tmp_path) == {one.agreement_id: one.reasons for one in expected.incomplete}


def test_data_that_is_not_committed_in_time_does_not_count(metered, tmp_path):
    """No block is before the first, so that all that needs meter data waits."""
    expected = settle_period(metered.session, SCOPE, NON_WORKING_DAYS, before_block=1)
    assert expected.incomplete
    assert_same(in_partitions(metered, tmp_path, 100, before_block=1), expected)
    assert reasons_in(tmp_path) == {one.agreement_id: one.reasons for one in expected.incomplete}


def test_a_run_of_others_has_no_partitions(metered, tmp_path):
    scope = scope_of(SUNDAY + 1, SUNDAY + 7)
    assert write_period(metered.session, scope, tmp_path) == ()
    assert read_manifest(tmp_path) == ()


def test_a_partition_holds_the_days_that_its_statements_may_read(metered, tmp_path):
    """The midday baseline is nominated: of the meter data it needs the day of the order alone."""
    write_period(metered.session, SCOPE, tmp_path, agreements=1)
    held = {}
    for part in read_manifest(tmp_path):
        (row,) = read_table(tmp_path / part.name).to_pylist()
        days = {len(blob) // BLOB_BYTES for blob in row["meters"]}
        held[row["agreement_id"]] = row["first_utc_day"], days
    assert held[metered.identity("bakery midday")] == (THURSDAY, {1})
    first, (days,) = held[metered.identity("bakery evening")]
    assert first < TUESDAY - LOOK_BACK_DAYS
    assert days == SUNDAY - first + 1


def test_what_ended_early_ends_early_in_partitions(metered, tmp_path):
    before = metered.settled().run.tree.root
    for deal in ("mill night", "bakery evening"):
        metered.row(deal).end_day = WEDNESDAY
    metered.session.flush()
    assert metered.settled().run.tree.root != before
    assert_same(in_partitions(metered, tmp_path, 2), metered.settled())
