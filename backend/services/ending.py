"""What ends early: the last activation is cancelled, an agreement is terminated or given notice."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.chain.market import Market, SignedTerms
from backend.chain.wallet import Wallet, address_of, sign_notice, sign_termination
from backend.db.models import ActivationRow, AgreementRow
from backend.services.records import RECORDED, log_of, read_terms
from settlement.activation import Activation, log_head
from settlement.clock import date_text
from settlement.errors import InputError


def cancel_last(
    session: Session, market: Market, aggregator: Wallet, agreement_id: bytes, now_s: int
) -> Activation:
    """Cancel the last standing activation of an agreement; it gives back count and recovery.

    Args:
        session: an open session.
        market: the market contract.
        aggregator: party to the agreement.
        agreement_id: 32 bytes.
        now_s: UTC second of the call, at the latest.

    Returns:
        What was cancelled.

    Raises:
        InputError: nothing to cancel, twice in a row, or the activation has begun. Nothing is sent.
        ContractRefused: the ledger refused it.
    """
    terms = read_terms(_recorded(session, agreement_id, "cancellation").terms)
    query = select(ActivationRow).where(ActivationRow.agreement_id == agreement_id)
    rows = session.scalars(query.order_by(ActivationRow.position)).all()
    if not rows or rows[-1].ordered_w == 0:
        raise InputError("no last activation that stands", "cancellation", "one, not cancelled yet")
    *before, last = [entry.activation for entry in log_of(session, agreement_id)]
    if now_s >= terms.clock.start_s(last.first_isp):
        start = terms.clock.describe(last.first_isp)
        raise InputError(f"activation of {start} has begun", "cancellation", "one still to come")
    receipt = market.cancel_activation(aggregator, terms, log_head(before), last)
    session.add(
        ActivationRow(
            agreement_id=agreement_id,
            position=len(rows),
            first_isp=last.first_isp,
            isps=last.isps,
            ordered_w=0,
            block=receipt.block,
            order_id=rows[-1].order_id,
        )
    )
    session.commit()
    return last


def terminate(
    session: Session,
    market: Market,
    relayer: Wallet,
    agreement_id: bytes,
    last_day: int,
    sign_before_s: int,
    aggregator: Wallet,
    prosumer: Wallet,
) -> None:
    """End an agreement with a local day, by the signatures of both parties.

    Args:
        session: an open session.
        market: the market contract, which asks that nothing recorded lies after the last day.
        relayer: pays for the transaction.
        agreement_id: 32 bytes.
        last_day: last local day, earlier than the present end.
        sign_before_s: last block time at which the signatures are good.
        aggregator: signs.
        prosumer: signs.

    Raises:
        InputError: an unknown agreement, or a day that is not earlier. Nothing is sent.
        ContractRefused: the ledger refused it.
    """
    row, domain = _recorded(session, agreement_id, "termination"), market.domain()
    _check_earlier(row, last_day, "termination")
    by_aggregator, by_prosumer = (
        sign_termination(party, domain, agreement_id, last_day, sign_before_s)
        for party in (aggregator, prosumer)
    )
    signed = SignedTerms(read_terms(row.terms), by_aggregator, by_prosumer)
    market.terminate(relayer, signed, last_day, sign_before_s)
    row.end_day = last_day
    session.commit()


def give_notice(
    session: Session,
    market: Market,
    relayer: Wallet,
    agreement_id: bytes,
    last_day: int,
    sign_before_s: int,
    party: Wallet,
) -> None:
    """End an agreement with a local day at least 30 days ahead, by one party's signature.

    Arguments and errors as for `terminate`; `party` is the one that gives notice.
    """
    row = _recorded(session, agreement_id, "notice")
    _check_earlier(row, last_day, "notice")
    signature = sign_notice(party, market.domain(), agreement_id, last_day, sign_before_s)
    market.give_notice(
        relayer, read_terms(row.terms), last_day, sign_before_s, address_of(party), signature
    )
    row.end_day = last_day
    session.commit()


def _recorded(session: Session, agreement_id: bytes, where: str) -> AgreementRow:
    row = session.get(AgreementRow, agreement_id)
    if row is None or row.status != RECORDED:
        found = "unknown" if row is None else row.status
        raise InputError(f"agreement is {found}", where, "one that is recorded")
    return row


def _check_earlier(row: AgreementRow, last_day: int, where: str) -> None:
    end_day = read_terms(row.terms).end_day if row.end_day is None else row.end_day
    if last_day >= end_day:
        expected = f"a day before {date_text(end_day)}"
        raise InputError(f"last day {date_text(last_day)}", where, expected)
