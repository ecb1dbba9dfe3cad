"""Paying out: statements of a run are claimed by proof, in batches, for anybody by anybody."""

from collections.abc import Callable, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.chain.adapter import ContractRefused
from backend.chain.ledger import Ledger, ProvenStatement
from backend.chain.wallet import Wallet
from backend.db.models import RunRow, StatementRow
from backend.services.records import agreement_of, read_terms
from backend.services.settling import SettledPeriod

BATCH = 10


def proven_statements(session: Session, settled: SettledPeriod) -> list[ProvenStatement]:
    """Return every statement of a run with its terms and proof."""
    found = []
    for one in settled.run.settled:
        identity = one.statement.agreement_id
        row = agreement_of(session, identity)
        found.append(
            ProvenStatement(read_terms(row.terms), one.statement, settled.run.proof_of(identity))
        )
    return found


def claim_all(
    session: Session,
    ledger: Ledger,
    sender: Wallet,
    run: RunRow,
    proven: Sequence[ProvenStatement],
    say: Callable[[str], None],
) -> None:
    """Claim statements in batches and note them as paid.

    Raises:
        ContractRefused: the ledger refused a proof, or claims are not open yet.
    """
    for start in range(0, len(proven), BATCH):
        batch = proven[start : start + BATCH]
        ledger.claim(sender, batch)
        for one in batch:
            row = session.get(StatementRow, (run.run_id, one.statement.agreement_id))
            assert row is not None, "a published statement is stored"
            row.paid = True
        session.commit()
        say(f"{min(start + BATCH, len(proven))} of {len(proven)} statements paid")


def claim_unpaid(
    session: Session,
    ledger: Ledger,
    sender: Wallet,
    run: RunRow,
    settled: SettledPeriod,
    say: Callable[[str], None],
) -> tuple[tuple[bytes, ContractRefused], ...]:
    """Claim what the store does not hold as paid; what is refused does not hold up the others.

    A statement that was claimed by somebody else is noted as paid, and nothing is paid twice.

    Args:
        session: an open session.
        ledger: the ledger contract.
        sender: pays for the transactions; each prosumer gets the money.
        run: the standing version of a run.
        settled: what it settled.
        say: takes progress.

    Returns:
        Agreements whose claims were refused, each with the reason.
    """
    query = select(StatementRow.agreement_id).where(
        StatementRow.run_id == run.run_id, StatementRow.paid.is_(False)
    )
    unpaid = set(session.scalars(query))
    proven = [
        one for one in proven_statements(session, settled) if one.statement.agreement_id in unpaid
    ]
    refused: list[tuple[bytes, ContractRefused]] = []
    for start in range(0, len(proven), BATCH):
        batch = proven[start : start + BATCH]
        try:
            claim_all(session, ledger, sender, run, batch, say)
        except ContractRefused:
            # The ledger takes a batch as a whole or not at all.
            for one in batch:
                try:
                    claim_all(session, ledger, sender, run, [one], say)
                except ContractRefused as refusal:
                    refused.append((one.statement.agreement_id, refusal))
    return tuple(refused)
