"""Ordering activations: checked by the rules, recorded on the ledger, stored with their block."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.chain.market import Market, WantedActivation
from backend.chain.wallet import Wallet, sign_override
from backend.db.models import ActivationRow, AgreementRow
from backend.services.records import RECORDED, log_of, standing_of
from settlement.activation import Activation, check_activation
from settlement.errors import ActivationRefused, InputError
from settlement.identity import agreement_id

BATCH = 25


def order_activations(
    session: Session,
    market: Market,
    aggregator: Wallet,
    order_id: int,
    wanted: Sequence[WantedActivation],
    now_s: int,
) -> None:
    """Record activations in batches; what breaks a rule is refused before anything is sent.

    The store is committed after each batch: what the ledger has stays, whatever comes next.

    Args:
        session: an open session.
        market: the market contract, which enforces the terms once more.
        aggregator: party to all the agreements.
        order_id: the DSO's order that they serve.
        wanted: activations with their terms, in time order per agreement.
        now_s: UTC second of recording.

    Raises:
        ActivationRefused: an activation breaks its terms, or a metering point is ordered twice.
        ContractRefused: the ledger refused a batch.
    """
    _check_all(session, wanted, now_s)
    for start in range(0, len(wanted), BATCH):
        batch = wanted[start : start + BATCH]
        receipt = market.activate(aggregator, batch)
        for one in batch:
            _store(session, one, order_id, receipt.block)
        session.commit()


def busy_isps(session: Session, site_id: str, except_id: bytes) -> frozenset[int]:
    """Return the ISPs that other agreements of a site have ordered.

    Agreements here cover all metering points of their site, so sharing a site is sharing one.
    """
    others = overlapping_agreements(session, site_id, except_id)
    return frozenset(
        isp
        for row in others
        for one in standing_of(session, row.agreement_id)
        for isp in one.ordered_isps()
    )


def overlapping_agreements(
    session: Session, site_id: str, except_id: bytes
) -> Sequence[AgreementRow]:
    """Return the other recorded agreements of a site."""
    query = select(AgreementRow).where(
        AgreementRow.site_id == site_id,
        AgreementRow.status == RECORDED,
        AgreementRow.agreement_id != except_id,
    )
    return session.scalars(query.order_by(AgreementRow.agreement_id)).all()


def _check_all(session: Session, wanted: Sequence[WantedActivation], now_s: int) -> None:
    """Refuse what breaks a rule, given what is recorded and what stands earlier in the call."""
    earlier: list[tuple[bytes, str, Activation]] = []
    for one in wanted:
        identity, activation = agreement_id(one.terms), one.activation
        row = session.get(AgreementRow, identity)
        if row is None or row.status != RECORDED:
            raise InputError("agreement", "activation", "one that is recorded")
        own = [before for other, _, before in earlier if other == identity]
        standing = [*standing_of(session, identity), *own]
        check_activation(one.terms, standing, activation, end_day=row.end_day, now_s=now_s)
        taken = busy_isps(session, row.site_id, identity).union(
            *(
                before.ordered_isps()
                for other, site_id, before in earlier
                if site_id == row.site_id and other != identity
            )
        )
        shared = taken.intersection(activation.ordered_isps())
        if shared:
            limit = "one agreement per metering point and ISP"
            raise ActivationRefused("double order", limit, f"{len(shared)} ISPs ordered already")
        earlier.append((identity, row.site_id, activation))


def _store(session: Session, wanted: WantedActivation, order_id: int, block: int) -> None:
    identity = agreement_id(wanted.terms)
    session.add(
        ActivationRow(
            agreement_id=identity,
            position=len(log_of(session, identity)),
            first_isp=wanted.activation.first_isp,
            isps=wanted.activation.isps,
            ordered_w=wanted.activation.ordered_w,
            block=block,
            order_id=order_id,
        )
    )


def note_override(
    session: Session,
    market: Market,
    relayer: Wallet,
    prosumer: Wallet,
    wanted: WantedActivation,
    first_isp: int,
) -> None:
    """Note that the owner takes back control from `first_isp` to the end of an activation.

    Raises:
        InputError: the activation is not recorded, or the ISP is not one of it.
        ContractRefused: the ledger refused the owner's signature, or it comes too late.
    """
    identity, activation = agreement_id(wanted.terms), wanted.activation
    query = select(ActivationRow).where(
        ActivationRow.agreement_id == identity, ActivationRow.first_isp == activation.first_isp
    )
    row = session.scalars(query.order_by(ActivationRow.position.desc())).first()
    if row is None or activation not in standing_of(session, identity):
        raise InputError(f"ISP {activation.first_isp}", "override", "a recorded activation")
    if first_isp not in activation.ordered_isps():
        raise InputError(f"ISP {first_isp}", "override", "one of the activation")
    isps = activation.end_isp - first_isp
    sign_before_s = wanted.terms.clock.start_s(activation.end_isp)
    signature = sign_override(prosumer, market.domain(), identity, first_isp, isps, sign_before_s)
    market.note_override(relayer, wanted.terms, first_isp, isps, sign_before_s, signature)
    row.override_isp = first_isp
    session.flush()
