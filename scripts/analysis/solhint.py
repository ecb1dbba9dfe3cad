"""solhint over all contracts, with the rules of `contracts/.solhint.json`."""

import json
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from scripts.analysis.finding import AnalysisError, Finding

TOOL = "solhint"
PROGRAM = Path("tests") / "evm" / "node_modules" / "solhint" / "solhint.js"
TIME_LIMIT_S = 300


def run(root: Path) -> list[Finding]:
    """Return what solhint finds in the contracts of a checkout.

    Raises:
        AnalysisError: node or solhint is missing, or a file was not understood.
    """
    node = shutil.which("node")
    if node is None:
        raise AnalysisError("solhint needs node, which is not on the path")
    if not (root / PROGRAM).is_file():
        raise AnalysisError(f"{root / PROGRAM} is missing: npm ci --prefix tests/evm")
    folder = root / "contracts"
    files = [file for file in sorted(folder.rglob("*.sol")) if is_own(file.relative_to(folder))]
    command = [node, str(root / PROGRAM), "--config", ".solhint.json", "--noPoster", "--disc"]
    command += ["--formatter", "json", *(str(file.relative_to(folder)) for file in files)]
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=TIME_LIMIT_S, check=False
    )
    try:
        entries = json.loads(done.stdout or "[]")
    except ValueError:
        entries = None
    if entries is None or done.stderr.strip() or done.returncode not in (0, 1):
        told = f"{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
        raise AnalysisError(f"solhint ended with status {done.returncode}:\n{told}")
    return findings_of(entries)


def is_own(path: Path) -> bool:
    """Tell whether a path below contracts/ is no package."""
    return "node_modules" not in path.parts


def findings_of(entries: Iterable[Mapping[str, Any]]) -> list[Finding]:
    """Turn the entries of solhint's JSON into findings.

    Raises:
        AnalysisError: solhint could not parse a file.
    """
    found = []
    for entry in entries:
        if "conclusion" in entry:
            continue
        if not entry.get("ruleId"):
            where = f"{entry.get('filePath')}:{entry.get('line')}"
            raise AnalysisError(f"solhint, {where}: {entry.get('message')}")
        found.append(Finding(TOOL, entry["ruleId"], entry["filePath"]))
    return found
