"""The checked-in vectors through the contracts on a third virtual machine.

The tests are those of `tests/contracts/test_vectors.py`, all that ask the pure rules alone: the
list of calls and the encoding of each stand there once.
"""

import inspect
from collections.abc import Iterator

import pytest
from web3.exceptions import ContractLogicError

from tests.contracts import test_vectors
from tests.evm.ethereumjs import EthereumJs, Rules
from tests.evm.tools import node_program

LEAST_TESTS = 13
DIVISION_BY_ZERO = "0x4e487b71" + "12".rjust(64, "0")

shared = {
    name: test
    for name, test in inspect.getmembers(test_vectors, inspect.isfunction)
    if name.startswith("test_")
    and "rules" in (needed := inspect.signature(test).parameters)
    and not needed.keys() & {"world", "deployed"}
}
globals().update(shared)


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EthereumJs]:
    node = node_program("@ethereumjs/vm")
    made = EthereumJs(node, tmp_path_factory.mktemp("ethereumjs") / "errors.log")
    yield made
    made.close()


@pytest.fixture(scope="module")
def rules(provider: EthereumJs) -> Rules:
    return Rules(provider)


def test_a_call_that_reverts_is_no_answer(rules: Rules) -> None:
    with pytest.raises(ContractLogicError, match=f"failed: revert {DIVISION_BY_ZERO}"):
        rules.divideHalfEven(1, 0)


def test_what_the_rules_compute_is_not_taken_from_the_vectors(rules: Rules) -> None:
    assert [rules.divideHalfEven(odd, 2) for odd in (1, 3, 5)] == [0, 2, 2]


def test_all_shared_tests_are_found() -> None:
    assert len(shared) >= LEAST_TESTS
    assert {"test_identities", "test_lines", "test_leaves_and_roots", "test_series"} <= set(shared)
