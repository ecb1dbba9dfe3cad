"""Paying out: statements of a run are claimed by proof, in batches, for anybody by anybody."""

from collections.abc import Callable, Sequence

from sqlalchemy.orm import Session

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
