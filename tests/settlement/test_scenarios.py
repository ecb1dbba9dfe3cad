"""The scenarios: given terms and meter data, when activated, then statement and lines."""

import pytest

from tests.settlement.scenario import SCENARIOS, line_rows, rows, run, statement_rows

FOLDERS = sorted(folder for folder in SCENARIOS.iterdir() if folder.is_dir())


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_scenario(folder):
    some_terms, result = run(folder)
    assert statement_rows(result) == rows(folder / "then_statement.csv")
    assert line_rows(some_terms.clock, result) == rows(folder / "then_lines.csv")


def test_all_scenarios_are_there():
    assert {folder.name for folder in FOLDERS} >= {
        "activation_over_midnight",
        "autumn_doubled_hour",
        "holiday_and_adjustment",
        "increase_on_exporting_site",
        "missing_reading",
        "penalty_cap",
        "spring_missing_hour",
        "wrong_way_under_threshold",
    }
