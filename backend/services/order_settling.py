"""The DSO settles what it ordered of an aggregator: accepted messages, committed meter data, rules.

Both parties get here from their own book, so that the aggregator can answer a settlement message
from its own computation.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.db.models import AgreementRow, MeteringPointRow, SiteRow
from backend.services.records import (
    ANY_BLOCK,
    agreements_between,
    committed_sum,
    read_terms,
    standing_of,
)
from backend.services.runs import in_period
from backend.uftp.stated import SettledAtPoint
from flexmanager.vpp.baseline import BaselineReference, DPrognosis
from flexmanager.vpp.book import Book
from flexmanager.vpp.order import FlexOrder
from flexmanager.vpp.settled import dealings_of
from settlement.activation import touched_days
from settlement.baselines.baseline import LOOK_BACK_DAYS, Baseline, History
from settlement.errors import InputError
from settlement.orders.baseline import Method, computed_by, validate_method
from settlement.orders.capacity import Dealings, PowerByIsp
from settlement.orders.contract import Contract
from settlement.orders.settle import settle_contract
from settlement.orders.settled import IncompleteContract
from settlement.statement import Period


@dataclass(frozen=True, slots=True)
class OrderScope:
    """What is settled between a DSO and an aggregator.

    Attributes:
        dso: address of the DSO.
        aggregator: address of the aggregator.
        congestion_point: where.
        contract: the contract, or the conditions of trade without one.
        period: local days, inclusive.
        bilateral: False settles the orders that no option contract stands behind.
        methods: agreed baseline methods by the names that messages give them.
        non_working_days: the published list.
        outage_days: local days of declared outages.
    """

    dso: bytes
    aggregator: bytes
    congestion_point: str
    contract: Contract
    period: Period
    bilateral: bool = True
    methods: Mapping[str, Method] = field(default_factory=dict)
    non_working_days: Collection[int] = ()
    outage_days: Collection[int] = ()

    @property
    def contract_id(self) -> str | None:
        """What messages about it name."""
        return self.contract.contract_id if self.bilateral else None


def settle_orders(
    session: Session,
    book: Book,
    scope: OrderScope,
    declared_w: PowerByIsp | None = None,
    before_block: int = ANY_BLOCK,
) -> SettledAtPoint | IncompleteContract:
    """Settle the orders of one contract and period from a party's book and the store.

    Args:
        session: an open session.
        book: of the DSO or of the aggregator.
        scope: what is settled.
        declared_w: W that the aggregator declared available, by ISP; no message says it.
        before_block: meter data committed in this block or later does not count.

    Returns:
        The settlement as messages state it, or the reasons why it waits for data.

    Raises:
        InputError: a baseline that is not in the book and no agreed method, or records that
            contradict each other.
    """
    for method in scope.methods.values():
        validate_method(method)
    orders = orders_at(book, scope)
    history = _history(session, book, scope, orders, before_block)
    baselines = _Baselines(book, scope, orders, history)
    told = dealings_of(book, scope.contract.contract_id) if scope.bilateral else Dealings()
    settled = settle_contract(
        scope.contract,
        [one.as_settled() for one in orders],
        scope.period,
        baselines.of,
        history.readings,
        replace(told, declared_w=declared_w or {}),
    )
    if isinstance(settled, IncompleteContract):
        return settled
    names = {one.baseline.method for one in orders if one.baseline.method is not None}
    if len(names) > 1:
        where = f"contract {scope.contract.contract_id}"
        raise InputError(f"baselines {', '.join(sorted(names))}", where, "one agreed method")
    return SettledAtPoint(
        settled,
        scope.congestion_point,
        next(iter(names), None),
        {
            one.order_reference: one.baseline.prognosis_id
            for one in orders
            if one.baseline.prognosis_id is not None
        },
        scope.bilateral,
    )


def orders_at(book: Book, scope: OrderScope) -> tuple[FlexOrder, ...]:
    """Return the accepted orders of a contract at its point, in order of acceptance."""
    return tuple(
        one
        for one in book.all(FlexOrder)
        if one.contract_id == scope.contract_id
        and one.scope.congestion_point == scope.congestion_point
    )


def _history(
    session: Session,
    book: Book,
    scope: OrderScope,
    orders: Sequence[FlexOrder],
    before_block: int,
) -> History:
    """Gather what the aggregator's sites at the point used, and when they were activated."""
    agreements = _agreements(session, scope)
    sites = {row.site_id for row in agreements}
    query = select(MeteringPointRow).where(MeteringPointRow.site_id.in_(sites))
    points = session.scalars(query.order_by(MeteringPointRow.name)).all()
    clock, period = scope.contract.clock, scope.period
    isps = [isp for one in orders for isp, _ in one.isps]
    isps += [clock.day_isps(period.first_day)[0], clock.day_isps(period.last_day)[-1]]
    utc_days = range(clock.utc_day(min(isps)) - LOOK_BACK_DAYS - 2, clock.utc_day(max(isps)) + 2)
    ordered = {
        isp
        for one in book.all(FlexOrder)
        if one.scope.congestion_point == scope.congestion_point
        for isp, power_w in one.isps
        if power_w
    }
    days = {clock.local_day(isp) for isp in ordered}
    for row in agreements:
        standing = standing_of(session, row.agreement_id)
        days |= set(touched_days(read_terms(row.terms), standing))
        ordered |= {isp for one in standing for isp in one.ordered_isps()}
    return History(
        committed_sum(session, points, clock.isp_minutes, utc_days, before_block),
        frozenset(days),
        frozenset(ordered),
        scope.non_working_days,
        scope.outage_days,
    )


def _agreements(session: Session, scope: OrderScope) -> list[AgreementRow]:
    """Return the agreements at the point that have a day in the period: the aggregator's pool."""
    query = select(SiteRow.site_id).where(SiteRow.congestion_point == scope.congestion_point)
    sites = set(session.scalars(query))
    rows = agreements_between(session, scope.dso, scope.aggregator)
    return [row for row in rows if row.site_id in sites and in_period(row, scope.period)]


class _Baselines:
    """Baselines of activations: each ISP by what the first order of it was counted from.

    Once ordered, a baseline is frozen: later prognoses change nothing.
    """

    def __init__(
        self, book: Book, scope: OrderScope, orders: Sequence[FlexOrder], history: History
    ) -> None:
        self._book, self._scope, self._history = book, scope, history
        self._first: dict[int, FlexOrder] = {}
        for order in orders:
            for isp, power_w in order.isps:
                if power_w:
                    self._first.setdefault(isp, order)

    def of(self, isps: range) -> Baseline:
        """Return the baseline of an activation."""
        kinds = dict.fromkeys(self._first[isp].baseline for isp in isps)
        parts = [self._part(kind, isps) for kind in kinds]
        if len(parts) == 1:
            return parts[0]
        lacking = next((one for one in parts if one.values_w is None), None)
        if lacking is not None:
            return lacking
        of_kind = {
            kind: dict(zip(self._own(kind, isps), part.values_w or (), strict=True))
            for kind, part in zip(kinds, parts, strict=True)
        }
        values_w = tuple(of_kind[self._first[isp].baseline][isp] for isp in isps)
        return Baseline(values_w, (), "; ".join(part.note for part in parts))

    def _own(self, kind: BaselineReference, isps: range) -> list[int]:
        return [isp for isp in isps if self._first[isp].baseline == kind]

    def _part(self, kind: BaselineReference, isps: range) -> Baseline:
        """Return the baseline of the ISPs of an activation that are counted from one reference."""
        own = self._own(kind, isps)
        prognosis = self._book.find(DPrognosis, kind.prognosis_id)
        if prognosis is not None:
            declared_w = dict(prognosis.isps)
            return Baseline(tuple(declared_w[isp] for isp in own), (), "declared by D-Prognosis")
        agreed = self._scope.methods.get(kind.method) if kind.method is not None else None
        if agreed is None:
            what = f"baseline {kind.method or kind.prognosis_id}"
            where = f"contract {self._scope.contract.contract_id}"
            raise InputError(what, where, "a prognosis in the book or an agreed method")
        whole = computed_by(agreed, self._scope.contract.clock, isps, self._history)
        if whole.values_w is None:
            return whole
        values_w = dict(zip(isps, whole.values_w, strict=True))
        return replace(whole, values_w=tuple(values_w[isp] for isp in own))
