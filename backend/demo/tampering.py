"""Three attempts to cheat, each of which has to be refused: a statement, a series, a proof."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from backend.chain.adapter import ContractRefused
from backend.chain.ledger import ProvenStatement
from backend.demo.stage import Stage
from backend.services.claiming import proven_statements
from backend.services.settling import SettledPeriod
from backend.services.verification import CheckJob, run_checker
from settlement.document import canonical_json
from settlement.merkle import Proof

ADDED_AMOUNT = 100_000
ADDED_W = 500


@dataclass(frozen=True, slots=True)
class Refusal:
    """What was altered, who refused it, and the reason given."""

    altered: str
    by: str
    reason: str


class AcceptedForgery(Exception):
    """Something altered was accepted."""


def tamper_with_bundles(jobs: Sequence[CheckJob], checker: str) -> tuple[Refusal, ...]:
    """Alter a statement, a meter series and a proof; return why the checker refused each.

    Raises:
        AcceptedForgery: one of them was accepted.
    """
    job = next(job for job in jobs if _has_lines(job))
    return (
        _by_checker(checker, job, "statement: 10 EUR added to an amount", _raise_amount),
        _by_checker(checker, job, f"meter series: {ADDED_W} W added to a reading", _alter_meter),
        _by_checker(checker, job, "proof: one bit of a sibling turned", _alter_proof),
    )


def _has_lines(job: CheckJob) -> bool:
    stated = json.loads(job.bundle.read_text())["stated"]
    return stated is not None and bool(stated["lines"])


def _raise_amount(document: dict) -> None:  # type: ignore[type-arg]
    statement = document["stated"]["statement"]
    statement["volume"] += ADDED_AMOUNT
    statement["amount"] += ADDED_AMOUNT


def _alter_meter(document: dict) -> None:  # type: ignore[type-arg]
    first_isp = document["stated"]["lines"][0]["first_isp"]
    utc_day, position = divmod(first_isp, 96)
    day = next(day for day in document["meter_days"] if day["utc_day"] == utc_day)
    blob = bytearray.fromhex(day["blob"][2:])
    at = slice(4 * position, 4 * position + 4)
    value_w = int.from_bytes(blob[at], "big", signed=True) + ADDED_W
    blob[at] = value_w.to_bytes(4, "big", signed=True)
    day["blob"] = "0x" + blob.hex()


def _alter_proof(document: dict) -> None:  # type: ignore[type-arg]
    sibling = document["stated"]["proof"]["siblings"][0]
    turned = int(sibling["hash"], 16) ^ 1
    sibling["hash"] = f"0x{turned:064x}"


def _by_checker(
    checker: str,
    job: CheckJob,
    altered: str,
    alter: Callable[[dict], None],  # type: ignore[type-arg]
) -> Refusal:
    document = json.loads(job.bundle.read_text())
    alter(document)
    forged: Path = job.bundle.with_suffix(".forged.json")
    forged.write_text(canonical_json(document))
    result = run_checker(checker, replace(job, bundle=forged))
    if result.status != 1:
        raise AcceptedForgery(f"{altered}: exit status {result.status}\n{result.text}")
    return Refusal(altered, "the prosumer's checker", _first_finding(result.text))


def _first_finding(text: str) -> str:
    lines = text.splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith("  no  "))
    return lines[at + 1].strip()


def tamper_with_claims(stage: Stage, settled: SettledPeriod) -> tuple[Refusal, ...]:
    """Claim a forged statement and a forged proof; return why the ledger refused each.

    Raises:
        AcceptedForgery: one of them was paid.
    """
    honest = next(one for one in proven_statements(stage.session, settled) if one.statement.amount)
    raised = replace(
        honest, statement=replace(honest.statement, amount=honest.statement.amount + ADDED_AMOUNT)
    )
    forged = replace(honest, proof=_turned(honest.proof))
    return (
        _claim_refused(stage, "statement: 10 EUR added to an amount", raised),
        _claim_refused(stage, "proof: one bit of a sibling turned", forged),
    )


def _turned(proof: Proof) -> Proof:
    """Turn one bit of the lowest sibling; a tree of one leaf has none, so one is added."""
    (first, amount), *rest = proof.siblings or ((bytes(32), 0),)
    turned = bytes([first[0] ^ 1]) + first[1:]
    return Proof(proof.index, ((turned, amount), *rest))


def _claim_refused(stage: Stage, altered: str, proven: ProvenStatement) -> Refusal:
    try:
        stage.ledger.claim(stage.parties.relayer, [proven])
    except ContractRefused as refusal:
        return Refusal(altered, "the ledger", refusal.name)
    raise AcceptedForgery(f"{altered}: the ledger paid it")
