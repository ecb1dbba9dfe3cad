"""Prove the functions of `contracts/mocks/RulesProofs.sol` with halmos; exit 1 where one fails.

usage: python -m scripts.proving.command HALMOS, by scripts/prove

halmos reads what a build by forge leaves. Here the project's own compiler writes the same files,
and in the place of forge stands a program that does nothing.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from scripts import compile_command

ROOT = Path(__file__).resolve().parents[2]
CONTRACT = "RulesProofs"
SOURCE = f"mocks/{CONTRACT}.sol"
PREFIX = "proves"
SIBLINGS = 3
"""Levels of the way to a root; each one repeats the step before."""

COLOUR = re.compile("\x1b\\[[0-9;]*m")
SOLVER_LIMIT_MS = 60_000
TIME_LIMIT_S = 300
OUTPUTS = ("abi", "metadata", "evm.bytecode", "evm.deployedBytecode", "evm.methodIdentifiers")


def main(halmos: Path, root: Path) -> int:
    """Return the exit code: 0 if every property is proven, 1 if one is not, 2 on a failure."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        functions = write_build(root, folder)
        result = run(halmos, folder)
    told = COLOUR.sub("", result.stdout)
    print(told)
    proven = set(re.findall(rf"\[PASS\] ({PREFIX}\w+)\(", told))
    refuted = set(re.findall(rf"\[FAIL\] ({PREFIX}\w+)\(", told))
    undecided = functions - proven - refuted
    if undecided:
        print(f"not decided: {', '.join(sorted(undecided))}\n{result.stderr}", file=sys.stderr)
        return 2
    return 1 if refuted else 0


def run(halmos: Path, folder: Path) -> "subprocess.CompletedProcess[str]":
    """Run halmos over a build."""
    forge = folder / "bin" / "forge"
    forge.parent.mkdir()
    forge.write_text("#!/bin/sh\n")
    forge.chmod(0o755)
    command = [str(halmos), "--root", str(folder), "--contract", CONTRACT, "--function", PREFIX]
    command += ["--loop", str(SIBLINGS), "--default-array-lengths", str(SIBLINGS), "--no-status"]
    command += ["--solver-timeout-assertion", "0"]
    environment = {
        **os.environ,
        "NO_COLOR": "1",
        "PATH": f"{forge.parent}{os.pathsep}{os.environ['PATH']}",
    }
    return subprocess.run(
        command,
        env=environment,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=TIME_LIMIT_S,
        check=False,
    )


def write_build(root: Path, folder: Path) -> set[str]:
    """Compile and write what halmos reads; return the names of the properties."""
    script = compile_command.load()
    outputs = {SOURCE: {"": ["ast"], CONTRACT: OUTPUTS}}
    settings = {**script.SETTINGS, "outputSelection": outputs}
    answer = script.ask_compiler(root, settings)
    compiled = answer["contracts"][SOURCE][CONTRACT]
    place = folder / "out" / f"{CONTRACT}.sol" / f"{CONTRACT}.json"
    place.parent.mkdir(parents=True)
    place.write_text(json.dumps(as_forge_writes(compiled, answer["sources"][SOURCE]["ast"])))
    names = (signature.partition("(")[0] for signature in compiled["evm"]["methodIdentifiers"])
    return {name for name in names if name.startswith(PREFIX)}


def as_forge_writes(compiled: Mapping[str, Any], tree: Mapping[str, Any]) -> dict[str, Any]:
    """Return one contract in the form of forge's output."""
    evm = compiled["evm"]
    return {
        "abi": compiled["abi"],
        "ast": tree,
        "metadata": json.loads(compiled["metadata"]),
        "methodIdentifiers": evm["methodIdentifiers"],
        "bytecode": {**evm["bytecode"], "object": "0x" + evm["bytecode"]["object"]},
        "deployedBytecode": {
            **evm["deployedBytecode"],
            "object": "0x" + evm["deployedBytecode"]["object"],
        },
    }


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), ROOT))
