"""A partition as an Arrow table gives the statements of the reference, in any order and mix."""

import pyarrow as pa
import pytest

from backend.kernel.bulk.arrow import settle_table
from backend.kernel.bulk.arrow_writing import table_of
from settlement.clock import day_of
from settlement.errors import InputError
from tests.backend.kernel.comparing import (
    cases_by_group,
    figures_of_reference,
    portfolio_of_cases,
)


def groups_of_one_period(count):
    """Groups of random cases that differ in their ISP length alone."""
    groups = cases_by_group(range(5000, 5000 + count))
    period = next(iter(groups))[1]
    same = {length: cases for (length, of), cases in groups.items() if of == period}
    holidays = next(iter(same.values()))[0].holidays
    for cases in same.values():
        for case in cases:
            case.holidays = holidays
    return period, same, {day_of(day) for day in holidays}


def rows_of(table):
    names = ("series_hash", "capacity_isps", "capacity", "volume", "penalty", "amount")
    return {
        row["agreement_id"]: {**{n: row[n] for n in names}, "leaf": row["leaf_hash"]}
        if row["complete"]
        else {"reasons": tuple(row["reasons"])}
        for row in table.to_pylist()
    }


def test_mixed_isp_lengths_and_any_order():
    period, groups, holidays = groups_of_one_period(300)
    assert len(groups) == 3
    tables = [table_of(portfolio_of_cases(cases)) for cases in groups.values()]
    mixed = pa.concat_tables(tables)
    mixed = mixed.take(list(reversed(range(len(mixed)))))
    found = rows_of(settle_table(mixed, period, holidays))
    expected = {}
    for cases in groups.values():
        for identity, figures in figures_of_reference(cases).items():
            figures.pop("lines", None)
            expected[identity] = figures
    assert found == expected
    assert list(found) == sorted(found)


def test_a_slice_of_a_table_is_settled_alone():
    period, groups, holidays = groups_of_one_period(120)
    table = table_of(portfolio_of_cases(groups[15]))
    whole = settle_table(table, period, holidays)
    parts = [settle_table(part, period, holidays) for part in (table[:3], table[3:5], table[5:])]
    assert pa.concat_tables(parts).equals(whole)


def test_no_rows_give_no_statements():
    period, groups, _ = groups_of_one_period(60)
    table = table_of(portfolio_of_cases(groups[15]))
    assert len(settle_table(table[:0], period, ())) == 0


def test_an_agreement_that_stands_twice_is_refused():
    period, groups, _ = groups_of_one_period(60)
    table = table_of(portfolio_of_cases(groups[15]))
    with pytest.raises(InputError, match="agreement_id"):
        settle_table(pa.concat_tables([table, table]), period, ())
