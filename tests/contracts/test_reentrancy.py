"""A hostile token calls back into the ledger while it is being moved."""

from typing import Any

import pytest
from web3.contract import Contract

from settlement.keccak import keccak256
from tests.contracts import actors
from tests.contracts.defaults import BOND_UNITS, CHALLENGE_WINDOW_S, STANDARD
from tests.contracts.settling import AFTER_PERIOD_S, Settlement, open_claims
from tests.contracts.world import PURSE, Stages, World

REENTERED = keccak256(b"ReentrancyGuardReentrantCall()")[:4]
RUN = Settlement.of([(STANDARD, 1000)])
FUNDS = 500_000
DSO = actors.DSO.checksum


LEDGERS: list[Contract] = []
"""The ledger over the hostile token, once it is deployed."""


@pytest.fixture
def hostile(stages: Stages) -> Contract:
    """A ledger over the hostile token, with a claimable run."""
    stages.at(__name__, lambda world: LEDGERS.append(deploy_hostile(world)))
    return LEDGERS[0]


def deploy_hostile(world: World) -> Contract:
    chain = world.chain
    token = chain.deploy("ReentrantToken")
    ledger = chain.deploy(
        "SettlementLedger",
        world.market.address,
        token.address,
        actors.ADMIN.checksum,
        CHALLENGE_WINDOW_S,
        BOND_UNITS,
    )
    role = chain.read(ledger.functions.DSO_ROLE())
    chain.send(ledger.functions.grantRole(role, DSO), actors.ADMIN)
    for payer in (actors.AGGREGATOR, actors.DSO):
        chain.send(token.functions.mint(payer.checksum, PURSE), actors.ADMIN)
        chain.send(token.functions.approve(ledger.address, PURSE), payer)
    chain.send(ledger.functions.depositBond(3 * BOND_UNITS), actors.DSO)
    world.record()
    chain.at(AFTER_PERIOD_S)
    chain.send(ledger.functions.deposit(DSO, FUNDS), actors.AGGREGATOR)
    chain.send(ledger.functions.publishRun(RUN.run_input()), actors.DSO)
    open_claims(world)
    return ledger


def token_of(world: World, ledger: Contract) -> Contract:
    address = world.chain.read(ledger.functions.token())
    return world.chain.w3.eth.contract(address=address, abi=world.token.abi + ARM)


ARM: list[Any] = [
    {
        "type": "function",
        "name": "arm",
        "stateMutability": "nonpayable",
        "inputs": [{"name": "callback_", "type": "bytes"}],
        "outputs": [],
    }
]


@pytest.mark.parametrize("outer", ["deposit", "withdraw", "claim", "claimBatch"])
@pytest.mark.parametrize(
    "inner",
    ["deposit", "withdraw", "claim", "claimBatch", "depositBond", "withdrawBond"],
)
def test_no_money_function_runs_inside_another(
    world: World, hostile: Contract, outer: str, inner: str
) -> None:
    arguments: dict[str, tuple[Any, ...]] = {
        "deposit": (DSO, 100),
        "withdraw": (DSO, 100),
        "claim": (RUN.claim(0),),
        "claimBatch": ([RUN.claim(0)],),
        "depositBond": (100,),
        "withdrawBond": (100,),
    }
    callback = hostile.encode_abi(inner, arguments[inner])
    token = token_of(world, hostile)
    world.chain.send(token.functions.arm(callback), actors.STRANGER)
    call = hostile.functions[outer](*arguments[outer])
    assert world.chain.refusal(call, actors.AGGREGATOR) == ("CallbackRefused", (REENTERED,))


def test_disarmed_the_token_is_an_ordinary_one(world: World, hostile: Contract) -> None:
    world.chain.send(hostile.functions.claim(RUN.claim(0)), actors.STRANGER)
    token = token_of(world, hostile)
    paid = world.chain.read(token.functions.balanceOf(actors.PROSUMER.checksum))
    assert paid == 100_000
