"""The installation of npm packages: only when the lock changed, and plain words where it fails."""

from pathlib import Path

import pytest

from scripts.node_packages import main

INSTALLS = """#!/bin/sh
while [ "$1" != --prefix ]; do shift; done
mkdir -p "$2/node_modules" && echo installed >> "$2/count"
"""
FAILS = "#!/bin/sh\nexit 7\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "package"
    made.mkdir()
    (made / "package-lock.json").write_text('{"lockfileVersion": 3}')
    return made


@pytest.fixture
def npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program in the place of npm, which counts how often it installs."""
    program = tmp_path / "bin" / "npm"
    program.parent.mkdir()
    program.write_text(INSTALLS)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    return program


def installations(folder: Path) -> int:
    count = folder / "count"
    return len(count.read_text().splitlines()) if count.exists() else 0


def test_packages_are_installed_once(folder: Path, npm: Path) -> None:
    assert [main([folder]), main([folder]), installations(folder)] == [0, 0, 1]


@pytest.mark.parametrize("changed", ["package-lock.json", "package.json"])
def test_another_lock_is_installed_again(folder: Path, npm: Path, changed: str) -> None:
    main([folder])
    (folder / changed).write_text('{"lockfileVersion": 3, "name": "other"}')
    assert (main([folder]), installations(folder)) == (0, 2)


def test_half_an_installation_is_made_again(folder: Path, npm: Path) -> None:
    (folder / "node_modules" / "solc").mkdir(parents=True)
    assert (main([folder]), installations(folder)) == (0, 1)


def test_a_failure_is_told_and_does_not_count(
    folder: Path, npm: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    npm.write_text(FAILS)
    assert main([folder]) == 7
    assert f"npm ci in {folder} failed with status 7" in capsys.readouterr().err
    npm.write_text(INSTALLS)
    assert (main([folder]), installations(folder)) == (0, 1)


def test_without_npm_it_says_so(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(folder))
    assert main([folder]) == 0
    assert f"the packages of {folder} are not installed" in capsys.readouterr().err


def test_a_folder_without_a_lock_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([tmp_path]) == 2
    assert str(tmp_path / "package-lock.json") in capsys.readouterr().err
