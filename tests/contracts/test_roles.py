"""The admin: one at a time, handed over in two steps with a delay in between."""

from tests.contracts import actors
from tests.contracts.defaults import DAY_S
from tests.contracts.world import World

DELAY_S = 2 * DAY_S
ADMIN_ROLE = bytes(32)


def announce(world: World) -> int:
    """The admin names a stranger; return the moment from which that one may accept."""
    call = world.ledger.functions.beginDefaultAdminTransfer(actors.STRANGER.checksum)
    world.chain.send(call, actors.ADMIN)
    return world.chain.w3.eth.get_block("latest")["timestamp"] + DELAY_S


def admin_of(world: World) -> str:
    return world.chain.read(world.ledger.functions.defaultAdmin())


def test_the_role_of_the_admin_is_not_granted_like_another(world: World) -> None:
    call = world.ledger.functions.grantRole(ADMIN_ROLE, actors.STRANGER.checksum)
    assert world.chain.refusal(call, actors.ADMIN) == (
        "AccessControlEnforcedDefaultAdminRules",
        (),
    )


def test_only_the_admin_names_a_new_one(world: World) -> None:
    call = world.ledger.functions.beginDefaultAdminTransfer(actors.STRANGER.checksum)
    assert world.chain.refusal(call, actors.DSO) == (
        "AccessControlUnauthorizedAccount",
        (actors.DSO.address, ADMIN_ROLE),
    )


def test_only_the_new_one_accepts(world: World) -> None:
    world.chain.at(announce(world) + 1)
    call = world.ledger.functions.acceptDefaultAdminTransfer()
    assert world.chain.refusal(call, actors.DSO) == (
        "AccessControlInvalidDefaultAdmin",
        (actors.DSO.address,),
    )


def test_the_new_one_waits_for_the_delay(world: World) -> None:
    accepts_from = announce(world)
    world.chain.at(accepts_from)
    call = world.ledger.functions.acceptDefaultAdminTransfer()
    assert world.chain.refusal(call, actors.STRANGER) == (
        "AccessControlEnforcedDefaultAdminDelay",
        (accepts_from,),
    )


def test_a_mistake_is_taken_back(world: World) -> None:
    accepts_from = announce(world)
    world.chain.send(world.ledger.functions.cancelDefaultAdminTransfer(), actors.ADMIN)
    world.chain.at(accepts_from + 1)
    call = world.ledger.functions.acceptDefaultAdminTransfer()
    assert world.chain.refusal(call, actors.STRANGER)[0] == "AccessControlInvalidDefaultAdmin"
    assert admin_of(world) == actors.ADMIN.checksum


def test_after_the_second_step_the_new_one_grants_roles(world: World) -> None:
    world.chain.at(announce(world) + 1)
    world.chain.send(world.ledger.functions.acceptDefaultAdminTransfer(), actors.STRANGER)
    assert admin_of(world) == actors.STRANGER.checksum
    role = world.chain.read(world.ledger.functions.MDC_ROLE())
    call = world.ledger.functions.grantRole(role, actors.RELAYER.checksum)
    assert world.chain.refusal(call, actors.ADMIN)[0] == "AccessControlUnauthorizedAccount"
    world.chain.send(call, actors.STRANGER)
