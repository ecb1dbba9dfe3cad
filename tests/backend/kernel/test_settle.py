"""The kernel against the reference, bit by bit."""

from collections import Counter

import pytest

from backend.kernel.settle import settle
from settlement.clock import day_of
from tests.backend.kernel.comparing import (
    cases_by_group,
    figures_of_kernel,
    figures_of_reference,
    portfolio_of_cases,
)

CHUNKS, CASES_PER_CHUNK = 4, 150


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_equal_to_the_reference_on_random_portfolios(chunk):
    numbers = range(chunk * CASES_PER_CHUNK, (chunk + 1) * CASES_PER_CHUNK)
    seen = Counter()
    for (_, period), cases in cases_by_group(numbers).items():
        portfolio = portfolio_of_cases(cases)
        holidays = {day_of(day) for day in cases[0].holidays}
        found = figures_of_kernel(portfolio, settle(portfolio, period, holidays))
        expected = figures_of_reference(cases)
        for identity, figures in expected.items():
            assert found[identity] == figures
        assert list(found) == sorted(expected)
        seen.update("reasons" in figures for figures in expected.values())
    assert min(seen[True], seen[False]) > CASES_PER_CHUNK // 10
