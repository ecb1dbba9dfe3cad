"""What an owner does without gas: note an override, register assets."""

from typing import Any

import pytest

from settlement.identity import agreement_id
from tests.contracts import actors
from tests.contracts.actors import Actor
from tests.contracts.defaults import FIRST_ISP, NOW_S, STANDARD, words
from tests.contracts.world import World

IDENTITY = agreement_id(STANDARD)
LATER_S = NOW_S + 3600
ASSETS = [bytes([number]) * 32 for number in (1, 2)]


def noted(world: World, isps: int = 4) -> Any:
    return world.market.functions.noteOverride(words(STANDARD), FIRST_ISP, isps)


def noted_by_signature(world: World, signer: Actor, isps: int = 4) -> Any:
    message = world.messages.override(IDENTITY, FIRST_ISP, 4, LATER_S)
    return world.market.functions.noteOverrideBySignature(
        words(STANDARD), FIRST_ISP, isps, LATER_S, message.signed_by(signer)
    )


def registration(
    world: World,
    hashes: list[bytes],
    owner: Actor = actors.PROSUMER,
    signer: Actor = actors.PROSUMER,
) -> Any:
    message = world.messages.assets(owner, hashes, LATER_S)
    return world.market.functions.registerAssets(
        owner.checksum, hashes, LATER_S, message.signed_by(signer)
    )


def owner_of(world: World, asset: bytes) -> str:
    return world.chain.read(world.market.functions.assetOwner(asset))


def test_only_the_prosumer_notes_an_override(world: World) -> None:
    world.record()
    assert world.chain.refusal(noted(world), actors.AGGREGATOR) == (
        "NotProsumer",
        (actors.AGGREGATOR.address, actors.PROSUMER.address),
    )
    forged = noted_by_signature(world, actors.AGGREGATOR)
    assert world.chain.refusal(forged, actors.RELAYER)[0] == "InvalidSignature"


def test_an_override_belongs_to_a_recorded_agreement(world: World) -> None:
    assert world.chain.refusal(noted(world), actors.PROSUMER) == ("UnknownAgreement", (IDENTITY,))


def test_an_override_covers_at_least_one_isp(world: World) -> None:
    world.record()
    assert world.chain.refusal(noted(world, isps=0), actors.PROSUMER) == ("NoIsps", (IDENTITY,))


def test_a_signed_override_says_how_long(world: World) -> None:
    world.record()
    longer = noted_by_signature(world, actors.PROSUMER, isps=5)
    assert world.chain.refusal(longer, actors.RELAYER)[0] == "InvalidSignature"


def test_a_signed_override_expires(world: World) -> None:
    world.record()
    world.chain.at(LATER_S + 1)
    call = noted_by_signature(world, actors.PROSUMER)
    assert world.chain.refusal(call, actors.RELAYER)[0] == "SignatureExpired"


def test_an_override_is_an_event_and_changes_nothing(world: World) -> None:
    world.record()
    before = world.state(IDENTITY), world.head(IDENTITY)
    expected = [("OverrideNoted", (IDENTITY, FIRST_ISP, 4))]
    assert world.chain.emitted(noted(world), actors.PROSUMER) == expected
    call = noted_by_signature(world, actors.PROSUMER)
    assert world.chain.emitted(call, actors.RELAYER) == expected
    assert (world.state(IDENTITY), world.head(IDENTITY)) == before


def test_assets_are_registered_by_their_owner(world: World) -> None:
    forged = registration(world, ASSETS, signer=actors.STRANGER)
    name, (signer, _) = world.chain.refusal(forged, actors.RELAYER)
    assert (name, signer) == ("InvalidSignature", actors.PROSUMER.address)


def test_a_registration_expires(world: World) -> None:
    world.chain.at(LATER_S + 1)
    assert world.chain.refusal(registration(world, ASSETS), actors.RELAYER) == (
        "SignatureExpired",
        (LATER_S, LATER_S + 1),
    )


def test_a_registration_without_assets_is_refused(world: World) -> None:
    assert world.chain.refusal(registration(world, []), actors.RELAYER) == ("NoAssets", ())


@pytest.mark.parametrize(
    "second", [ASSETS, [bytes([3]) * 32, ASSETS[1]]], ids=["again", "one of two"]
)
def test_an_asset_is_registered_once(world: World, second: list[bytes]) -> None:
    world.chain.send(registration(world, ASSETS), actors.RELAYER)
    call = registration(world, second, actors.OTHER_PROSUMER, actors.OTHER_PROSUMER)
    taken = next(one for one in second if one in ASSETS)
    assert world.chain.refusal(call, actors.RELAYER) == (
        "AssetAlreadyRegistered",
        (taken, actors.PROSUMER.address),
    )


def test_a_hash_twice_in_one_registration_is_refused(world: World) -> None:
    call = registration(world, [ASSETS[0], ASSETS[0]])
    assert world.chain.refusal(call, actors.RELAYER) == (
        "AssetAlreadyRegistered",
        (ASSETS[0], actors.PROSUMER.address),
    )


def test_registered_assets_have_an_owner(world: World) -> None:
    assert world.chain.emitted(registration(world, ASSETS), actors.RELAYER) == [
        ("AssetRegistered", (asset, actors.PROSUMER.address)) for asset in ASSETS
    ]
    assert [owner_of(world, asset) for asset in ASSETS] == [actors.PROSUMER.checksum] * 2
