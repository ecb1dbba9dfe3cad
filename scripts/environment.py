"""Make a virtual environment with this project in it, once, and print its Python.

usage: python3 scripts/environment.py base|market|dev|analysis|proving|bench-NAME

Uses the standard library alone, so that it runs before anything is installed. An environment is
made again when what it is made from changes, and not otherwise.
"""

import hashlib
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EXTRAS = {"base": "", "market": "[market]", "dev": "[dev]"}
TOOLS = {name: ROOT / "scripts" / name / "requirements.txt" for name in ("analysis", "proving")}
"""Environments of tools alone: these need other versions of packages than this project."""
RIVALS = {
    f"bench-{path.stem}": path for path in sorted((ROOT / "scripts" / "benchmarks").glob("*.txt"))
}
"""What a benchmark is compared with, one requirement a line; an environment for each benchmark."""


def main(kind: str) -> str:
    """Return the path of the environment's Python, after making it if needed."""
    folder = ROOT / f".venv-{kind}"
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    stamp = folder / "made-for.txt"
    wanted = content_hash(kind)
    if not stamp.is_file() or stamp.read_text() != wanted:
        say(f"Making the {kind} environment in {folder.name}, a few minutes at the first time ...")
        venv.EnvBuilder(clear=True, with_pip=True).create(folder)
        install(python, kind)
        stamp.write_text(wanted)
    return str(python)


def content_hash(kind: str) -> str:
    """Hash what decides the content of an environment: requirements, versions, interpreter.

    The base environment holds a copy of `settlement`, so its sources count as well.
    """
    files = [ROOT / "pyproject.toml", ROOT / "constraints.txt"]
    if kind in RIVALS:
        files.append(RIVALS[kind])
    if kind in TOOLS:
        files = [TOOLS[kind]]
    if kind == "base":
        files += sorted(path for path in (ROOT / "settlement").rglob("*") if path.suffix != ".pyc")
    parts = [path.read_bytes() for path in files if path.is_file()]
    parts.append(sys.version.encode())
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def install(python: Path, kind: str) -> None:
    """Install the project; the base environment gets a built copy, as a prosumer would."""
    command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    if kind in TOOLS:
        command += ["--requirement", str(TOOLS[kind])]
    else:
        editable = [] if kind == "base" else ["--editable"]
        command += ["--constraint", str(ROOT / "constraints.txt"), *editable]
        command.append(f"{ROOT}{EXTRAS.get(kind, EXTRAS['dev'])}")
    result = subprocess.run(command, stdout=sys.stderr, check=False)
    if result.returncode:
        say(f"The installation failed with status {result.returncode}.")
        raise SystemExit(result.returncode)
    if kind in RIVALS:
        install_rivals(python, RIVALS[kind])


def install_rivals(python: Path, listed: Path) -> None:
    """Install each rival that can be; a benchmark says which ones it had to leave out."""
    command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    for line in listed.read_text().splitlines():
        requirement = line.partition("#")[0].strip()
        if not requirement:
            continue
        result = subprocess.run([*command, requirement], stdout=sys.stderr, check=False)
        if result.returncode:
            say(f"{requirement} cannot be installed here: the benchmark runs without it.")


def say(text: str) -> None:
    """Tell progress without touching what is printed for scripts."""
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    kinds = [*EXTRAS, *TOOLS, *RIVALS]
    if len(sys.argv) != 2 or sys.argv[1] not in kinds:
        raise SystemExit(f"usage: {sys.argv[0]} {'|'.join(kinds)}")
    print(main(sys.argv[1]))
