"""Random sequences of everything that moves money: nothing appears, nothing is lost."""

from collections import Counter
from collections.abc import Iterable
from random import Random

import pytest

from tests.contracts.defaults import DAY_S
from tests.contracts.ledger_driver import AGREEMENTS, PERIOD_DAYS, PERIODS, Driver
from tests.contracts.settling import FIRST_DAY, record_all
from tests.contracts.world import World
from tests.evm.tools import long_tests

STEPS = 120
SEEDS = (0, 5)
CHECK_ALL_EVERY = 12


def drive(world: World, seed: int) -> Counter[str]:
    """Run one sequence from the deployed state and return what happened in it."""
    before = world.chain.moment()
    record_all(world, AGREEMENTS)
    world.chain.at((FIRST_DAY + (PERIODS + 1) * PERIOD_DAYS) * DAY_S)
    driver = Driver(world, Random(seed))
    for step in range(1, STEPS + 1):
        driver.step()
        driver.check()
        if step % CHECK_ALL_EVERY == 0:
            driver.check_all()
    world.chain.back_to(before)
    return driver.seen


@pytest.mark.parametrize(
    "seeds", [SEEDS, pytest.param(range(6, 36), marks=long_tests)], ids=["few", "many"]
)
def test_money_is_conserved(deployed: World, seeds: Iterable[int]) -> None:
    seen: Counter[str] = Counter()
    for seed in seeds:
        seen.update(drive(deployed, seed))
    met = {name for name, times in seen.items() if times}
    expected = {
        *("deposit", "withdraw", "publish", "correct", "claim", "release"),
        *("paid", "paid late", "kept back", "paid otherwise"),
        *("challenge", "hold", "void", "free bond", "withdraw bonds", "deposit bond"),
        *("EscrowShort", "ClaimsNotOpen", "ProofMismatch", "ReleaseTooEarly", "AlreadyReleased"),
        *("BondShort", "BondStillTied", "BondNotTied", "ChallengeTooLate", "RunIsVoid"),
        *("ArithmeticHolds", "StatementOnHold"),
    }
    assert met >= expected, "the sequences have to meet every case, else they prove little"
