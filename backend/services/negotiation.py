"""S02: templates are published, agreements offered, answered, signed by both and recorded."""

import secrets
from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.chain.adapter import ContractRefused
from backend.chain.market import Market, SignedTerms
from backend.chain.wallet import Wallet, address_of, sign_agreement
from backend.db.models import AgreementRow, SiteRow, TemplateRow
from backend.services.records import (
    LAPSED,
    OFFERED,
    RECORDED,
    REFUSED,
    SIGNED,
    points_of,
    read_terms,
    write_terms,
)
from settlement.clock import check_zone
from settlement.errors import InputError
from settlement.identity import agreement_id, encode, signing_digest, template_id, template_of
from settlement.meter import elements_hash
from settlement.signature import recover_signer
from settlement.terms import Terms, validate

BATCH = 20
_RECORDED_ALREADY = "AgreementAlreadyRecorded"
_TOO_LATE = ("SignatureExpired", "AgreementAlreadyStarted")
SALT_BYTES = 32


def publish_template(
    session: Session, market: Market, aggregator: Wallet, name: str, terms: Terms
) -> bytes:
    """Publish a template under a name and return its id."""
    template = template_of(terms)
    identity = template_id(template)
    market.publish_template(aggregator, template)
    session.add(TemplateRow(template_id=identity, name=name, terms=write_terms(template)))
    session.flush()
    return identity


def offer(
    session: Session,
    template: bytes,
    site_id: str,
    *,
    amount_w: int,
    start_day: int,
    end_day: int,
    sign_before_s: int,
    zone: str,
) -> Terms:
    """Make an offer to a site out of a template and store it.

    Args:
        session: an open session.
        template: id of a published template.
        site_id: the site.
        amount_w: the largest change of the baseline, signed.
        start_day: first local day.
        end_day: last local day, inclusive.
        sign_before_s: last block time at which it may be recorded.
        zone: IANA name of the site's time zone; it must agree with the terms' clock rule.

    Raises:
        InputError: an unknown template or site, terms against the rules, or another clock.
    """
    found = session.get(TemplateRow, template)
    site = session.get(SiteRow, site_id)
    if found is None or site is None:
        what = "template" if found is None else f"site {site_id}"
        raise InputError(f"unknown {what}", "offer", "one that is registered")
    terms = replace(
        read_terms(found.terms),
        template_id=template,
        prosumer=site.owner,
        elements=elements_hash(point.key for point in points_of(session, site_id)),
        amount_w=amount_w,
        start_day=start_day,
        end_day=end_day,
        salt=secrets.token_bytes(SALT_BYTES),
        sign_before=sign_before_s,
    )
    validate(terms)
    encode(terms)
    check_zone(terms.clock, zone, start_day, end_day)
    _store(session, terms, site_id, OFFERED)
    return terms


def counter(session: Session, offered: Terms, volume_rate: int) -> Terms:
    """Answer an offer with another volume rate: the offer is refused, a new one stands.

    Raises:
        InputError: the offer does not stand, or a rate that the terms cannot hold; it stands then.
    """
    row = _row(session, offered, OFFERED)
    terms = replace(offered, volume_rate=volume_rate, salt=secrets.token_bytes(SALT_BYTES))
    validate(terms)
    encode(terms)
    row.status, row.reason = REFUSED, f"asked for {volume_rate} instead of {offered.volume_rate}"
    _store(session, terms, row.site_id, OFFERED)
    return terms


def refuse(session: Session, offered: Terms, reason: str) -> None:
    """Refuse an offer for good."""
    row = _row(session, offered, OFFERED)
    row.status, row.reason = REFUSED, reason
    session.flush()


def accept(
    session: Session,
    market: Market,
    offered: Terms,
    aggregator_signature: bytes,
    prosumer_signature: bytes,
) -> None:
    """Store the signatures of both parties.

    Raises:
        InputError: a signature is not by its party over these terms.
    """
    row = _row(session, offered, OFFERED)
    digest = signing_digest(agreement_id(offered), market.domain())
    for party, address, signature in (
        ("aggregator", offered.aggregator, aggregator_signature),
        ("prosumer", offered.prosumer, prosumer_signature),
    ):
        if recover_signer(digest, signature) != address:
            raise InputError(f"signature of the {party}", "agreement", "one over these terms")
    row.aggregator_signature, row.prosumer_signature = aggregator_signature, prosumer_signature
    row.status = SIGNED
    session.flush()


def sign_both(
    session: Session,
    market: Market,
    offered: Terms,
    aggregator: Wallet,
    prosumer: Wallet,
) -> None:
    """Have both wallets sign an offer and accept it."""
    identity, domain = agreement_id(offered), market.domain()
    assert (address_of(aggregator), address_of(prosumer)) == (offered.aggregator, offered.prosumer)
    accept(
        session,
        market,
        offered,
        sign_agreement(aggregator, domain, identity),
        sign_agreement(prosumer, domain, identity),
    )


def record_signed(session: Session, market: Market, relayer: Wallet) -> int:
    """Record all signed agreements in batches; returns how many.

    An agreement whose time has run out lapses with the ledger's reason, and does not hold up the
    others. The store is committed after each batch.

    Raises:
        ContractRefused: the ledger refused an agreement for another reason.
    """
    query = select(AgreementRow).where(AgreementRow.status == SIGNED)
    rows = session.scalars(query.order_by(AgreementRow.agreement_id)).all()
    return sum(
        _record_batch(session, market, relayer, rows[start : start + BATCH])
        for start in range(0, len(rows), BATCH)
    )


def _record_batch(
    session: Session, market: Market, relayer: Wallet, rows: Sequence[AgreementRow]
) -> int:
    """Record a batch, halving it where it is refused until the one that is to blame is alone."""
    signed = [
        SignedTerms(read_terms(row.terms), row.aggregator_signature, row.prosumer_signature)
        for row in rows
    ]
    try:
        market.record_agreements(relayer, signed)
    except ContractRefused as refusal:
        if len(rows) > 1:
            half = len(rows) // 2
            parts = rows[:half], rows[half:]
            return sum(_record_batch(session, market, relayer, part) for part in parts)
        if refusal.name == _RECORDED_ALREADY:
            rows[0].status = RECORDED
        elif refusal.name in _TOO_LATE:
            rows[0].status, rows[0].reason = LAPSED, str(refusal)
        else:
            raise
    else:
        for row in rows:
            row.status = RECORDED
    session.commit()
    return sum(row.status == RECORDED for row in rows)


def _store(session: Session, terms: Terms, site_id: str, status: str) -> None:
    session.add(
        AgreementRow(
            agreement_id=agreement_id(terms),
            template_id=terms.template_id,
            site_id=site_id,
            aggregator=terms.aggregator,
            dso=terms.dso,
            terms=write_terms(terms),
            status=status,
        )
    )
    session.flush()


def _row(session: Session, terms: Terms, status: str) -> AgreementRow:
    row = session.get(AgreementRow, agreement_id(terms))
    if row is None or row.status != status:
        found = "unknown" if row is None else row.status
        raise InputError(f"agreement is {found}", "negotiation", status)
    return row
