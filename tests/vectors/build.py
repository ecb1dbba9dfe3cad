"""Write the vectors: inputs and results of the rules, as the Python side computes them.

    python -m tests.vectors.build

The same files are run through the contracts. A vector that changes is a change of the rules.
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random

from tests.vectors import clocks, hashes, identities, money

FOLDER = Path(__file__).resolve().parent
SEED = 20_400_301
BUILDERS: Mapping[str, Callable[[Random], object]] = {
    "identities": identities.build,
    "clocks": clocks.build_clocks,
    "windows": clocks.build_windows,
    "lines": money.build,
    "statements": hashes.build_statements,
    "activation_logs": hashes.build_logs,
    "series": hashes.build_series,
    "meter_data": hashes.build_meter_data,
}


def render(name: str) -> str:
    """Return the text of one vector file; the same on every run."""
    return json.dumps(BUILDERS[name](Random(SEED)), indent=1, sort_keys=True) + "\n"


def main() -> None:
    for name in BUILDERS:
        (FOLDER / f"{name}.json").write_text(render(name))


if __name__ == "__main__":
    main()
