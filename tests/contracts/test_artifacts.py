"""The committed artifacts belong to the sources, and the check notices when they do not."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from scripts import compile_command
from tests.contracts.chain import ARTIFACTS, NAMES, artifact
from tests.evm.tools import long_tests, needs_compiler

ROOT = Path(__file__).resolve().parents[2]
RUNTIME_BYTES_MAX = 24_576
INIT_BYTES_MAX = 49_152


@pytest.fixture(scope="module")
def compile_script() -> ModuleType:
    return compile_command.load()


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of sources and artifacts that a test may spoil."""
    ignored = shutil.ignore_patterns("node_modules")
    shutil.copytree(ROOT / "contracts", tmp_path / "contracts", ignore=ignored)
    shutil.copytree(ARTIFACTS, tmp_path / "backend" / "chain" / "artifacts")
    return tmp_path


def spoil(file: Path) -> None:
    file.write_text(file.read_text() + "\n")


def test_the_artifacts_belong_to_the_sources(compile_script: ModuleType) -> None:
    assert list(compile_script.differences(ROOT)) == []


def test_an_untouched_copy_agrees(compile_script: ModuleType, copy: Path) -> None:
    assert list(compile_script.differences(copy)) == []


@pytest.mark.parametrize("source", ["FlexMarket.sol", "libraries/LineMath.sol"])
def test_a_changed_source_is_named(compile_script: ModuleType, copy: Path, source: str) -> None:
    spoil(copy / "contracts" / source)
    (found,) = compile_script.differences(copy)
    assert found.startswith(f"sources/{source}: recorded ")


def test_a_new_and_a_missing_source_are_named(compile_script: ModuleType, copy: Path) -> None:
    (copy / "contracts" / "New.sol").write_text("// nothing\n")
    (copy / "contracts" / "libraries" / "Series.sol").unlink()
    assert list(compile_script.differences(copy)) == [
        "sources/New.sol: not recorded",
        "sources/libraries/Series.sol: missing",
    ]


def test_a_changed_artifact_is_named(compile_script: ModuleType, copy: Path) -> None:
    folder = copy / "backend" / "chain" / "artifacts"
    spoil(folder / "FlexMarket.json")
    (folder / "TestEuro.json").unlink()
    changed, missing = compile_script.differences(copy)
    assert changed.startswith("artifacts/FlexMarket.json: recorded ")
    assert missing == "artifacts/TestEuro.json: missing"


def test_another_compiler_is_named(compile_script: ModuleType, copy: Path) -> None:
    package = copy / "contracts" / "package.json"
    package.write_text(package.read_text().replace('"solc": "0.8.37"', '"solc": "0.8.36"'))
    assert list(compile_script.differences(copy)) == [
        "versions/solc: recorded 0.8.37, found 0.8.36"
    ]


def test_a_missing_record_is_named(compile_script: ModuleType, copy: Path) -> None:
    (copy / "backend" / "chain" / "artifacts" / "sources.json").unlink()
    assert list(compile_script.differences(copy)) == ["sources.json: missing"]


def test_sources_have_to_exist(compile_script: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(compile_script.CompileError, match="no Solidity files"):
        compile_script.sources_of(tmp_path)


@pytest.mark.parametrize("name", NAMES)
def test_contracts_fit_the_chain(name: str) -> None:
    compiled = artifact(name)
    assert 0 < len(compiled["runtime_bytecode"]) // 2 - 1 <= RUNTIME_BYTES_MAX
    assert len(compiled["bytecode"]) // 2 - 1 <= INIT_BYTES_MAX


@pytest.mark.parametrize("name", [*NAMES, "sources"])
def test_artifacts_are_written_in_one_form_only(name: str, compile_script: ModuleType) -> None:
    content = (ARTIFACTS / f"{name}.json").read_bytes()
    assert compile_script.canonical(json.loads(content)) == content


def test_the_command_reports_by_its_exit_code() -> None:
    command = [sys.executable, str(ROOT / "scripts" / "compile"), "--check"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_recompiling_goes_with_checking() -> None:
    command = [sys.executable, str(ROOT / "scripts" / "compile"), "--recompile"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 2
    assert "--recompile goes with --check" in result.stderr


@long_tests
def test_the_sources_compile_to_the_same_bytes(compile_script: ModuleType) -> None:
    """Half a minute; the comparison of hashes above is of every run."""
    needs_compiler()
    assert list(compile_script.byte_differences(ROOT)) == []
