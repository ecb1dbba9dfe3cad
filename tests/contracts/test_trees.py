"""The specifications beside the tests, `*.tree`: each leaf names the tests that show it.

The first word of a root is a function of the contracts; what is indented says when, and what then.
"""

import re
from pathlib import Path

import pytest

from tests.contracts.chain import artifact

FOLDER = Path(__file__).resolve().parent
INTERFACES = FOLDER.parents[1] / "contracts" / "interfaces"
TREES = sorted(FOLDER.glob("*.tree"))
WITHOUT_A_TREE = {
    *("test_artifacts", "test_docs", "test_trees", "test_vectors"),
    *("test_activation_differential", "test_recomputation", "test_ledger_invariants"),
    *("test_rebuild", "test_market_invariants"),
}
"""Not about one action: comparisons, sequences of actions, and files."""

CONTRACTS = ("FlexMarket", "SettlementLedger", "StatementReferee", "TestEuro")


def abi_names(kind: str) -> set[str]:
    """The names of all functions, or of all errors."""
    entries = (entry for name in CONTRACTS for entry in artifact(name)["abi"])
    return {entry["name"] for entry in entries if entry["type"] == kind}


def own_actions() -> set[str]:
    """The functions of the interfaces that change something."""
    text = "".join(path.read_text() for path in INTERFACES.glob("*.sol"))
    declared = re.findall(r"function (\w+)\(([^;]*);", text)
    return {name for name, rest in declared if not re.search(r"\b(view|pure)\b", rest)}


def own_errors() -> set[str]:
    """The errors that the interfaces declare."""
    text = "".join(path.read_text() for path in INTERFACES.glob("*.sol"))
    return set(re.findall(r"^ +error (\w+)\(", text, re.MULTILINE))


def roots(tree: Path) -> list[set[str]]:
    """The functions that each part of a tree is about; words after the names tell a case."""
    lines = (line for line in tree.read_text().splitlines() if line[0] not in "├└│ ")
    return [{one for one in line.split(", ") if one.isidentifier()} for line in lines]


def leaves(tree: Path) -> list[str]:
    return [line for line in tree.read_text().splitlines() if " should " in line]


def shown_by(leaf: str) -> list[str]:
    found = re.search(r" \((test_\w+(?:, test_\w+)*)\)$", leaf)
    assert found, f"no test is named: {leaf}"
    return found[1].split(", ")


def errors_named(tree: Path) -> set[str]:
    return set(re.findall(r"should refuse: (\w+)", tree.read_text()))


def test_every_action_has_a_tree() -> None:
    tested = {file.stem for file in FOLDER.glob("test_*.py")} - WITHOUT_A_TREE
    assert {tree.stem for tree in TREES} == tested


@pytest.mark.parametrize("tree", TREES, ids=lambda one: one.stem)
def test_a_tree_and_its_tests_tell_the_same(tree: Path) -> None:
    code = tree.with_suffix(".py").read_text()
    named = {name for leaf in leaves(tree) for name in shown_by(leaf)}
    assert named == set(re.findall(r"^def (test_\w+)", code, re.MULTILINE))
    assert [error for error in errors_named(tree) if error not in code] == []
    assert errors_named(tree) <= abi_names("error")
    assert all(part and part <= abi_names("function") for part in roots(tree))


@pytest.mark.parametrize("tree", TREES, ids=lambda one: one.stem)
def test_every_branch_of_a_tree_ends_in_a_leaf(tree: Path) -> None:
    lines = tree.read_text().splitlines()
    depths = [len(re.match(r"[├└│─ ]*", line)[0]) // 4 for line in lines]  # type: ignore[index]
    for line, depth, following in zip(lines, depths, [*depths[1:], 0], strict=True):
        is_leaf = following <= depth
        assert is_leaf == (" should " in line), line


def test_every_function_and_every_error_is_in_a_tree() -> None:
    assert (
        own_actions() - {name for tree in TREES for part in roots(tree) for name in part} == set()
    )
    assert own_errors() - {name for tree in TREES for name in errors_named(tree)} == set()
    assert len(own_actions()) > 25
    assert len(own_errors()) > 60
