"""Run both tools over the contracts; exit 1 on a difference to `docs/findings.md`, 2 on a failure.

Run by scripts/analyse, which makes the environment.
"""

import sys
from pathlib import Path

from scripts.analysis import slither_tool, solhint
from scripts.analysis.answers import differences, read_answers
from scripts.analysis.finding import AnalysisError

ROOT = Path(__file__).resolve().parents[2]


def main(root: Path) -> int:
    """Return the exit code."""
    try:
        answered = read_answers(root / "docs" / "findings.md")
        found = [*solhint.run(root), *slither_tool.run(root)]
    except AnalysisError as error:
        print(error, file=sys.stderr)
        return 2
    told = list(differences(found, answered))
    for line in told:
        print(line)
    if not told:
        print(f"{len(found)} findings, all answered in docs/findings.md")
    return 1 if told else 0


if __name__ == "__main__":
    sys.exit(main(ROOT))
