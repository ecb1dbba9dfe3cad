"""The analysis of the contracts: what its answers have to be, and that planted defects are seen."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.analysis import slither_tool, solhint
from scripts.analysis.answers import differences, read_answers
from scripts.analysis.finding import AnalysisError, Finding
from tests.evm.tools import ROOT, long_tests, node_program

HEAD = "| tool | check | place | times | answer |\n| --- | --- | --- | --- | --- |\n"
LOOP = Finding("slither", "calls-loop", "Market.pay")
NAME = Finding("solhint", "naming", "Market.sol")


@pytest.fixture
def table(tmp_path: Path) -> Path:
    return tmp_path / "findings.md"


def answers(table: Path, *rows: str) -> Path:
    another = "\n\n| another | table |\n| --- | --- |\n"
    table.write_text("# Text" + another + "\n" + HEAD + "\n".join(rows) + another)
    return table


def test_what_is_answered_as_often_as_found_is_no_difference(table: Path) -> None:
    rows = (f"| slither | calls-loop | `{LOOP.place}` | 2 | It may. |",)
    assert list(differences([LOOP, LOOP], read_answers(answers(table, *rows)))) == []


def test_every_difference_is_named(table: Path) -> None:
    rows = ("| slither | calls-loop | Market.pay | 1 | It may. |",)
    answered = read_answers(answers(table, *rows))
    assert list(differences([LOOP, NAME], answered)) == [f"{NAME}: 1 times, not answered"]
    assert list(differences([], answered)) == [f"{LOOP}: answered, but no longer found"]
    assert list(differences([LOOP] * 3, answered)) == [f"{LOOP}: found 3 times, answered 1"]


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("| slither | calls-loop | Market.pay | 1 | |", "expected 5 filled cells"),
        ("| slither | calls-loop | 1 | It may. |", "expected 5 filled cells"),
        ("| slither | calls-loop | Market.pay | 0 | It may. |", "from 1, not '0'"),
        ("| slither | calls-loop | Market.pay | some | It may. |", "from 1, not 'some'"),
    ],
)
def test_half_an_answer_is_refused_with_its_line(table: Path, row: str, told: str) -> None:
    with pytest.raises(AnalysisError, match=told) as refused:
        read_answers(answers(table, row))
    assert str(refused.value).startswith(f"{table}:8: ")


def test_an_answer_stands_once(table: Path) -> None:
    row = "| slither | calls-loop | Market.pay | 1 | It may. |"
    with pytest.raises(AnalysisError, match="answered twice"):
        read_answers(answers(table, row, row))


def test_without_the_table_there_is_an_error(table: Path) -> None:
    with pytest.raises(AnalysisError, match="missing"):
        read_answers(table)
    table.write_text("# Findings\n")
    with pytest.raises(AnalysisError, match="expected one table with the columns tool, check"):
        read_answers(table)


def element(file: str, kind: str = "function") -> dict[str, object]:
    parent = {"type": "contract", "name": "Market", "type_specific_fields": {}}
    return {
        "type": kind,
        "name": "pay",
        "source_mapping": {"filename_relative": file},
        "type_specific_fields": {"parent": parent},
    }


OWN, PACKAGE = element("Market.sol"), element("node_modules/@openzeppelin/Token.sol")


def test_a_result_is_placed_by_names_and_not_by_lines() -> None:
    results = [{"check": "calls-loop", "elements": [OWN, PACKAGE]}]
    assert slither_tool.findings_of(results) == [LOOP]


def test_results_inside_of_packages_are_theirs() -> None:
    assert slither_tool.findings_of([{"check": "calls-loop", "elements": [PACKAGE, OWN]}]) == []


def test_pragmas_belong_to_all_files_in_any_order() -> None:
    own, package = element("Market.sol", "pragma"), element("node_modules/a.sol", "pragma")
    for elements in ([own, package], [package, own]):
        (found,) = slither_tool.findings_of([{"check": "pragma", "elements": elements}])
        assert found.place == "all files"
    assert slither_tool.findings_of([{"check": "pragma", "elements": [package]}]) == []


def test_a_file_that_solhint_cannot_parse_is_no_finding_but_a_failure() -> None:
    entry = {"filePath": "Market.sol", "line": 3, "message": "Parse error: missing ';'"}
    with pytest.raises(AnalysisError, match=r"Market.sol:3: Parse error"):
        solhint.findings_of([entry])


# On copies of the contracts with a defect each


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The contracts and what analyses them, in a folder of their own."""
    copy = tmp_path / "checkout"
    packages = shutil.ignore_patterns("node_modules", "__pycache__")
    for folder in ("contracts", "scripts", "docs"):
        shutil.copytree(ROOT / folder, copy / folder, ignore=packages)
    for folder in ("contracts", "tests/evm"):
        (copy / folder).mkdir(parents=True, exist_ok=True)
        (copy / folder / "node_modules").symlink_to(ROOT / folder / "node_modules")
    return copy


def analysed(checkout: Path) -> "subprocess.CompletedProcess[str]":
    made = subprocess.run(
        [sys.executable, ROOT / "scripts" / "environment.py", "analysis"],
        capture_output=True,
        text=True,
        check=True,
    )
    command = [made.stdout.strip(), "-m", "scripts.analysis.command"]
    return subprocess.run(command, cwd=checkout, capture_output=True, text=True, check=False)


def plant(file: Path, before: str, code: str) -> None:
    text = file.read_text()
    assert text.count(before) == 1
    file.write_text(text.replace(before, code + before))


PAY_TWICE = """
    mapping(address => uint256) private purse;

    function emptyPurse() external {
        (bool sent,) = msg.sender.call{value: purse[msg.sender]}("");
        require(sent);
        purse[msg.sender] = 0;
    }

"""
"""The textbook case of reentrancy, with a refusal that gives no reason."""

FIRST_FUNCTION = "    /// @inheritdoc IFlexMarket\n    function publishTemplate("


@long_tests
def test_planted_defects_are_found_by_both_tools(checkout: Path) -> None:
    node_program("solhint")
    plant(checkout / "contracts" / "FlexMarket.sol", FIRST_FUNCTION, PAY_TWICE)
    done = analysed(checkout)
    assert done.returncode == 1, done.stderr
    assert "slither: reentrancy-eth in FlexMarket.emptyPurse: 1 times, not answered" in done.stdout
    assert "solhint: reason-string in FlexMarket.sol: 1 times, not answered" in done.stdout


@long_tests
def test_a_contract_that_does_not_compile_is_a_failure(checkout: Path) -> None:
    node_program("solhint")
    plant(checkout / "contracts" / "FlexMarket.sol", FIRST_FUNCTION, "    uint256 x = false;\n")
    done = analysed(checkout)
    assert done.returncode == 2
    assert "is not implicitly convertible" in done.stderr


@long_tests
def test_a_contract_that_slither_does_not_see_is_a_failure(checkout: Path) -> None:
    node_program("solhint")
    (checkout / "contracts" / "libraries" / "Apart.sol").write_text(
        "// SPDX-License-Identifier: Apache-2.0\npragma solidity 0.8.37;\n\n"
        "/// @title Imported by nobody\nlibrary Apart {}\n"
    )
    done = analysed(checkout)
    assert done.returncode == 2
    assert "slither did not see Apart" in done.stderr


@long_tests
def test_what_slither_cannot_read_is_a_failure(checkout: Path) -> None:
    node_program("solhint")
    correction = checkout / "scripts" / "analysis" / "slither_types.py"
    correction.write_text("def correct_integer_types() -> None:\n    pass\n")
    done = analysed(checkout)
    assert done.returncode == 2
    assert "Impossible to generate IR for CommitmentLog.commit" in done.stderr
