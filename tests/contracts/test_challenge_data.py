"""Ground 2: a statement that differs from committed data is on hold until a correction."""

from dataclasses import replace
from typing import Any

import pytest

from settlement.keccak import keccak256
from settlement.statement import Statement
from tests.contracts import actors
from tests.contracts.committing import (
    FIRST_ISP,
    ISPS_PER_DAY,
    METER_KEYS,
    METERED,
    commit,
    meter_commitments,
    nomination_proof,
    nominations,
    reading_proof,
)
from tests.contracts.defaults import BOND_UNITS, ISP_S
from tests.contracts.disputing import (
    Case,
    arithmetic,
    case,
    dispute_of,
    evidence_of,
    order_all,
    publish_over,
    run_over,
    stand,
)
from tests.contracts.settling import (
    FIRST_DAY,
    Settlement,
    agreement,
    claim,
    correct,
    open_claims,
)
from tests.contracts.world import Stages, World

RIGHT = METERED.statement
COMMITTED = meter_commitments()
KEY = (actors.DSO.address, actors.AGGREGATOR.address, FIRST_DAY)
LAST_ISP = max(METERED.values)
DAY = FIRST_ISP // ISPS_PER_DAY


@pytest.fixture
def world(stages: Stages) -> World:
    """The agreements are recorded and their logs written."""
    return stages.at(__name__, lambda world: order_all(world, [METERED]))


def with_actual(watts: int, isp: int = FIRST_ISP) -> Case:
    """The case as a DSO states it with another actual in one ISP."""
    return replace(METERED, values={**METERED.values, isp: (METERED.values[isp][0], watts)})


def settled(world: World, about: Case = METERED, stated: Statement | None = None) -> Settlement:
    """Meter data is committed, then the run is published."""
    commit(world, "commitMeterData", COMMITTED)
    return publish_over(world, [(about, stated or about.statement)], spare=10**6)


def challenge(world: World, run: Settlement, about: Case, proof: Any) -> Any:
    return world.ledger.functions.challengeActual(*evidence_of(run, about), proof)


def refusal(world: World, proof: Any, about: Case = METERED) -> Any:
    run = settled(world, about)
    return world.chain.refusal(challenge(world, run, about, proof), actors.CHALLENGER)


@pytest.mark.parametrize("isp", [FIRST_ISP, LAST_ISP])
def test_what_was_committed_holds(world: World, isp: int) -> None:
    found = refusal(world, reading_proof(COMMITTED, isp))
    assert found == ("DataHolds", (isp, METERED.values[isp][1]))


@pytest.mark.parametrize("isp", [FIRST_ISP - 1, FIRST_ISP + 6, FIRST_ISP + 96])
def test_the_isp_was_ordered(world: World, isp: int) -> None:
    """The last one belongs to the activation that was cancelled."""
    _, *rest = reading_proof(COMMITTED)
    assert refusal(world, (isp, *rest)) == ("IspNotOrdered", (isp,))


def test_a_series_that_ends_before_the_isp_is_refused(world: World) -> None:
    """The statement hashes such a series; its arithmetic is what to challenge."""
    run = settled(world, stated=METERED.stating(series_hash=keccak256(b"")))
    handed_in = evidence_of(run, METERED, series=[])
    call = world.ledger.functions.challengeActual(*handed_in, reading_proof(COMMITTED, LAST_ISP))
    refused = world.chain.refusal(call, actors.CHALLENGER)
    assert refused == ("SeriesTooShort", (len(METERED.values) - 1, 0))


def test_all_elements_are_handed_in(world: World) -> None:
    isp, version, keys, blobs = reading_proof(COMMITTED)
    name, (_, agreed) = refusal(world, (isp, version, keys[:-1], blobs[:-1]))
    assert (name, agreed) == ("ElementsMismatch", METERED.terms.elements)


def test_each_element_has_its_blob(world: World) -> None:
    isp, version, keys, blobs = reading_proof(COMMITTED)
    assert refusal(world, (isp, version, keys, blobs[:-1])) == ("BlobCount", (2, 3))


def test_a_blob_is_a_utc_day(world: World) -> None:
    isp, version, keys, ((blob, *way), *others) = reading_proof(COMMITTED)
    proof = (isp, version, keys, [(blob[:-4], *way), *others])
    assert refusal(world, proof) == ("BlobLength", (380, 384))


def test_a_blob_is_the_one_that_was_committed(world: World) -> None:
    isp, version, keys, ((blob, *way), *others) = reading_proof(COMMITTED)
    forged = bytes([blob[0] ^ 1]) + blob[1:]
    name, (key, day, _, root) = refusal(world, (isp, version, keys, [(forged, *way), *others]))
    assert (name, key, day) == ("BlobMismatch", METER_KEYS[0], DAY)
    assert root == COMMITTED[DAY].root


def test_a_blob_of_another_day_does_not_count(world: World) -> None:
    _, *elsewhere = reading_proof(COMMITTED, LAST_ISP)
    assert refusal(world, (FIRST_ISP, *elsewhere))[0] == "BlobMismatch"


def test_where_nothing_was_committed_the_statement_stands(world: World) -> None:
    run = publish_over(world, [(METERED, RIGHT)])
    call = challenge(world, run, METERED, reading_proof(COMMITTED))
    assert world.chain.refusal(call, actors.CHALLENGER) == ("UnknownCommitment", (0, 0))


def test_a_root_after_the_run_does_not_count(world: World) -> None:
    late = meter_commitments(lambda key, isp, watts: watts + 1)
    run = settled(world)
    commit(world, "commitMeterData", late)
    call = challenge(world, run, METERED, reading_proof(late, version=1))
    assert world.chain.refusal(call, actors.CHALLENGER)[0] == "NotTheLastBefore"
    holds = challenge(world, run, METERED, reading_proof(COMMITTED))
    assert world.chain.refusal(holds, actors.CHALLENGER)[0] == "DataHolds"


def test_the_last_root_before_the_run_counts(world: World) -> None:
    commit(world, "commitMeterData", meter_commitments(lambda key, isp, watts: watts + 1))
    run = settled(world)
    first = meter_commitments(lambda key, isp, watts: watts + 1)
    superseded = challenge(world, run, METERED, reading_proof(first))
    assert world.chain.refusal(superseded, actors.CHALLENGER)[0] == "NotTheLastBefore"
    holds = challenge(world, run, METERED, reading_proof(COMMITTED, version=1))
    assert world.chain.refusal(holds, actors.CHALLENGER)[0] == "DataHolds"


def test_after_the_window_data_is_not_challenged(world: World) -> None:
    wrong = with_actual(0)
    run = settled(world, wrong)
    open_claims(world)
    call = challenge(world, run, wrong, reading_proof(COMMITTED))
    assert world.chain.refusal(call, actors.CHALLENGER)[0] == "ChallengeTooLate"


@pytest.mark.parametrize("isp", [FIRST_ISP, FIRST_ISP + 5, LAST_ISP])
def test_another_actual_puts_the_statement_on_hold(world: World, isp: int) -> None:
    wrong = with_actual(METERED.values[isp][1] - 1, isp)
    run = settled(world, wrong)
    call = challenge(world, run, wrong, reading_proof(COMMITTED, isp))
    assert world.chain.emitted(call, actors.CHALLENGER) == [
        ("StatementHeld", (METERED.identity, *KEY, 1, 1))
    ]
    assert world.chain.refusal(call, actors.CHALLENGER)[0] == "StatementOnHold"
    assert world.balance(actors.CHALLENGER.checksum) == 0
    open_claims(world)
    claimed = world.ledger.functions.claim(run.claim_of(METERED.terms))
    assert world.chain.refusal(claimed, actors.STRANGER)[0] == "StatementOnHold"


def test_a_missing_reading_puts_the_statement_on_hold(world: World) -> None:
    """Whatever is stated: unknown is not zero."""

    def without_roof(key: bytes, isp: int, watts: int) -> int | None:
        return None if key == METER_KEYS[1] and isp == FIRST_ISP else watts

    lacking = meter_commitments(without_roof)
    commit(world, "commitMeterData", lacking)
    run = publish_over(world, [(METERED, RIGHT)])
    world.chain.send(challenge(world, run, METERED, reading_proof(lacking)), actors.CHALLENGER)
    assert dispute_of(world, METERED) == (0, 0, 1)


def test_a_correction_pays_what_was_on_hold(world: World) -> None:
    wrong = with_actual(0)
    run = settled(world, wrong)
    world.chain.send(challenge(world, run, wrong, reading_proof(COMMITTED)), actors.CHALLENGER)
    corrected = run_over([(METERED, RIGHT)])
    correct(world, corrected)
    open_claims(world)
    assert claim(world, corrected, METERED.terms) == RIGHT.amount


def test_a_hold_does_not_shield_the_bond(world: World) -> None:
    wrong = with_actual(0)
    told = replace(wrong.statement, amount=wrong.statement.amount + 1)
    run = settled(world, wrong, told)
    world.chain.send(challenge(world, run, wrong, reading_proof(COMMITTED)), actors.STRANGER)
    world.chain.send(arithmetic(world, evidence_of(run, wrong)), actors.CHALLENGER)
    assert world.balance(actors.CHALLENGER.checksum) == BOND_UNITS
    assert dispute_of(world, METERED) == (1, told.amount - 1, 1)


# Baselines


NOMINATED = case(1)
EARLY, RENEWED, LATE = (nominations(NOMINATED, shift_w) for shift_w in (0, 10, 20))
LATEST_S = (FIRST_ISP - NOMINATED.terms.notice_isps) * ISP_S


def nominate_and_settle(world: World, about: Case) -> Settlement:
    """One version comes before the order, one at the last moment for ordering, one too late."""
    commit(world, "commitNominations", EARLY)
    order_all(world, [NOMINATED])
    world.chain.at(LATEST_S)
    commit(world, "commitNominations", {DAY: RENEWED[DAY]})
    commit(world, "commitNominations", {DAY: LATE[DAY]})
    return publish_over(world, [(about, about.statement)])


def stating_baseline(shift_w: int) -> Case:
    """The case as a DSO states it, with shifted baselines."""
    values = {isp: (pair[0] + shift_w, pair[1]) for isp, pair in NOMINATED.values.items()}
    return replace(NOMINATED, values=values)


def baseline_challenge(
    world: World, run: Settlement, about: Case, versions: Any, isp: int = FIRST_ISP
) -> Any:
    proof = nomination_proof(NOMINATED, versions, isp)
    return world.ledger.functions.challengeBaseline(*evidence_of(run, about), proof)


def test_a_computed_baseline_is_not_a_nominated_one(world: World) -> None:
    computed = replace(NOMINATED, terms=agreement(1))
    run = stand(world, [(computed, NOMINATED.stating(agreement_id=computed.identity))])
    call = baseline_challenge(world, run, computed, [EARLY])
    assert world.chain.refusal(call, actors.CHALLENGER) == (
        "BaselineNotNominated",
        (computed.identity,),
    )


@pytest.mark.parametrize("versions", [[], [EARLY], [EARLY, RENEWED, LATE]], ids=len)
def test_every_nomination_in_time_is_handed_in(world: World, versions: Any) -> None:
    wrong = stating_baseline(-1)
    run = nominate_and_settle(world, wrong)
    call = baseline_challenge(world, run, wrong, versions)
    assert world.chain.refusal(call, actors.CHALLENGER) == (
        "NotAllNominations",
        (len(versions), LATEST_S),
    )


def test_where_nothing_was_nominated_the_statement_stands(world: World) -> None:
    wrong = stating_baseline(-1)
    order_all(world, [NOMINATED])
    run = publish_over(world, [(wrong, wrong.statement)])
    for versions in ([], [EARLY]):
        call = baseline_challenge(world, run, wrong, versions)
        assert world.chain.refusal(call, actors.CHALLENGER)[0] == "NotAllNominations"


@pytest.mark.parametrize("shift_w", [0, 10])
def test_a_baseline_that_may_have_been_in_force_holds(world: World, shift_w: int) -> None:
    about = stating_baseline(shift_w)
    run = nominate_and_settle(world, about)
    call = baseline_challenge(world, run, about, [EARLY, RENEWED])
    watts = about.values[FIRST_ISP][0]
    assert world.chain.refusal(call, actors.CHALLENGER) == ("DataHolds", (FIRST_ISP, watts))


def test_a_nomination_is_the_one_that_was_committed(world: World) -> None:
    wrong = stating_baseline(20)
    run = nominate_and_settle(world, wrong)
    call = baseline_challenge(world, run, wrong, [EARLY, LATE])
    assert world.chain.refusal(call, actors.CHALLENGER)[0] == "BlobMismatch"


@pytest.mark.parametrize("shift_w", [20, -1])
def test_another_baseline_puts_the_statement_on_hold(world: World, shift_w: int) -> None:
    """Also that of a nomination that came too late to count."""
    wrong = stating_baseline(shift_w)
    run = nominate_and_settle(world, wrong)
    call = baseline_challenge(world, run, wrong, [EARLY, RENEWED])
    assert world.chain.emitted(call, actors.CHALLENGER) == [
        ("StatementHeld", (NOMINATED.identity, *KEY, 1, 2))
    ]
    open_claims(world)
    claimed = world.ledger.functions.claim(run.claim_of(NOMINATED.terms))
    assert world.chain.refusal(claimed, actors.STRANGER)[0] == "StatementOnHold"
