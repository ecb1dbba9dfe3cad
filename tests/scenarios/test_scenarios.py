"""The scenarios: given, when, then; and the arithmetic beside every figure."""

from pathlib import Path

import pytest

from tests.scenarios import agreement_form, order_form
from tests.scenarios.form import check_arithmetic, rows, without_arithmetic

HERE = Path(__file__).parent
AGREEMENTS = sorted(folder for folder in (HERE / "agreement").iterdir() if folder.is_dir())
ORDERS = sorted(folder for folder in (HERE / "order").iterdir() if folder.is_dir())
CORRECTED = [one for one in (*AGREEMENTS, *ORDERS) if (one / "when_corrected_meter.csv").exists()]


def name_of(folder):
    return folder.name


def check_agreement(folder, *, corrected):
    some_terms, result = agreement_form.run(folder, corrected=corrected)
    then = "then_corrected" if corrected else "then"
    statement, lines = rows(folder / f"{then}_statement.csv"), rows(folder / f"{then}_lines.csv")
    assert agreement_form.statement_rows(result) == without_arithmetic(statement)
    assert agreement_form.line_rows(some_terms.clock, result) == without_arithmetic(lines)


def check_order(folder, *, corrected):
    contract, result = order_form.run(folder, corrected=corrected)
    then = "then_corrected" if corrected else "then"
    found = {
        "totals": order_form.total_rows(result),
        "orders": order_form.order_rows(result),
        "isps": order_form.isp_rows(contract, result),
    }
    for name, figures in found.items():
        assert figures == without_arithmetic(rows(folder / f"{then}_{name}.csv")), name


@pytest.mark.parametrize("folder", AGREEMENTS, ids=name_of)
def test_agreement(folder):
    check_agreement(folder, corrected=False)


@pytest.mark.parametrize("folder", ORDERS, ids=name_of)
def test_order(folder):
    check_order(folder, corrected=False)


@pytest.mark.parametrize("folder", CORRECTED, ids=name_of)
def test_correction(folder):
    check = check_agreement if folder.parent.name == "agreement" else check_order
    check(folder, corrected=True)


@pytest.mark.parametrize("folder", [*AGREEMENTS, *ORDERS], ids=name_of)
def test_every_amount_is_worked_out_beside_it(folder):
    files = sorted(folder.glob("then_*.csv"))
    assert len(files) >= 2, "a scenario says what comes out"
    assert (folder / "README.md").exists()
    complete = any(
        row["value"] == "complete" for path in files for row in rows(path) if "figure" in row
    )
    worked_out = sum(check_arithmetic(rows(path)) for path in files)
    assert worked_out >= 3 or not complete


def test_all_scenarios_are_there():
    assert len(AGREEMENTS) >= 20
    assert len(ORDERS) >= 26
    assert CORRECTED
