"""Print what each action on the ledger costs, beside its floor, and how large the contracts are.

It runs on an in-process chain with the committed artifacts, some ten seconds. The first table is
the one of docs/contracts.md, line by line.
"""

from collections.abc import Iterator

from tests.contracts.chain import artifact
from tests.contracts.gas import Bench, Cost, measure
from tests.contracts.gas_challenges import measure_challenges
from tests.contracts.world import World

RUNTIME_BYTES_MAX = 24_576
TARGETS = {
    ("record an agreement", 1): 92_000,
    ("record an agreement", 100): 66_000,
    ("order 8 ISPs, first", 1): 85_000,
    ("order 8 ISPs, first", 100): 62_000,
    ("order 8 ISPs, later", 1): 70_000,
    ("order 8 ISPs, later", 100): 45_000,
    ("publish a run", 1): 120_000,
    ("claim", 1): 110_000,
    ("challenge 8 ISPs, too high", 1): 170_000,
    ("challenge 96 ISPs, too high", 1): 350_000,
    ("challenge 2976 ISPs, too high", 1): 4_300_000,
}
"""Gas that an action may cost each time, by its name and how often one transaction does it."""


def main() -> None:
    """Print both tables."""
    for line in table():
        print(line)
    print()
    for name in ("FlexMarket", "SettlementLedger", "StatementReferee"):
        size = len(artifact(name)["runtime_bytecode"]) // 2 - 1
        print(f"{name} {size:,} bytes of {RUNTIME_BYTES_MAX:,}")


def table() -> Iterator[str]:
    """Measure everything; write it as a table in Markdown."""
    yield "| action | in one transaction | gas each | floor | target |"
    yield "| --- | ---: | ---: | ---: | ---: |"
    for cost in (*measure(), *measure_challenges(Bench(World.create(), ()))):
        yield row(cost)


def row(cost: Cost) -> str:
    """Write one action; a missed target is bold."""
    target = TARGETS.get((cost.action, cost.count))
    told = f"{target:,}" if target else ""
    if target and cost.each > target:
        told = f"**{told}**"
    return f"| {cost.action} | {cost.count} | {cost.each:,} | {cost.floor:,} | {told} |"


if __name__ == "__main__":
    main()
