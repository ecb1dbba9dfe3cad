"""Print what each action on the ledger costs, beside its floor, and how large the contracts are.

It runs on an in-process chain with the committed artifacts; a few seconds.
"""

from tests.contracts.chain import artifact
from tests.contracts.gas import Bench, measure
from tests.contracts.gas_challenges import measure_challenges
from tests.contracts.world import World

RUNTIME_BYTES_MAX = 24_576


def main() -> None:
    """Print both tables."""
    print(f"{'action':30} {'in':>4} {'gas each':>10} {'floor':>10} {'above':>8}")
    for cost in (*measure(), *measure_challenges(Bench(World.create(), ()))):
        above = cost.each - cost.floor
        print(f"{cost.action:30} {cost.count:>4} {cost.each:>10,} {cost.floor:>10,} {above:>8,}")
    print()
    for name in ("FlexMarket", "SettlementLedger", "StatementReferee"):
        size = len(artifact(name)["runtime_bytecode"]) // 2 - 1
        print(f"{name:30} {size:>15,} bytes of {RUNTIME_BYTES_MAX:,}")


if __name__ == "__main__":
    main()
