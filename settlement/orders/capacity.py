"""Capacity of a contract: reserved, requested, available, offered and ordered. Order rules 6.

All W are signed like the reservation.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from settlement.errors import InputError
from settlement.orders.contract import Contract
from settlement.orders.excess import count_bucket, counts
from settlement.orders.order import OrderActivation
from settlement.statement import Period

PowerByIsp = Mapping[int, int]
"""Signed W by ISP (UTC index); an ISP that is not there was not named."""


@dataclass(frozen=True, slots=True)
class RequestedIsp:
    """An ISP of the DSO's request.

    Attributes:
        requested: flexibility is requested; False if the ISP only leaves room for it.
        min_w: lower end of the band allowed around the baseline.
        max_w: upper end of that band.
    """

    requested: bool
    min_w: int
    max_w: int


@dataclass(frozen=True, slots=True)
class Dealings:
    """What DSO and aggregator told each other about capacity; all of it accepted in time.

    Attributes:
        updates: reservation updates in time order, each the W still reserved in its ISPs.
        declared_w: W that the aggregator declared available; an ISP not named is available.
        requests: the request in force per ISP.
        offers: offers (or options of one) for one local day each, in time order.
    """

    updates: Sequence[PowerByIsp] = ()
    declared_w: PowerByIsp = field(default_factory=dict)
    requests: Mapping[int, RequestedIsp] = field(default_factory=dict)
    offers: Sequence[PowerByIsp] = ()


@dataclass(frozen=True, slots=True)
class CapacityIsp:
    """One ISP of a contract; None where there was no request, offer or order.

    Attributes:
        isp: UTC index.
        reserved_w: after reservation updates.
        requested_w: the smaller of reserved and requested, 0 if the request only leaves room.
        available_w: how far an offer may go.
        offered_w: by the most compliant offer.
        ordered_w: by all orders of the contract.
        entitled_w: magnitude that capacity is paid for.
    """

    isp: int
    reserved_w: int
    requested_w: int | None
    available_w: int | None
    offered_w: int | None
    ordered_w: int | None
    entitled_w: Fraction


def still_reserved(contract: Contract, updates: Sequence[PowerByIsp]) -> Callable[[int], int]:
    """Return the W reserved per ISP after all updates.

    Raises:
        InputError: an update raises the reservation or turns its direction.
    """
    latest: dict[int, int] = {}
    for number, update in enumerate(updates, start=1):
        for isp, w in update.items():
            before = latest.get(isp, contract.reserved_in(isp))
            if w * before < 0 or abs(w) > abs(before):
                what = f"{w} W at {contract.clock.describe(isp)}"
                raise InputError(what, f"reservation update {number}", f"0 to {before} W")
            latest[isp] = w
    return lambda isp: latest.get(isp, contract.reserved_in(isp))


def capacity_isps(
    contract: Contract,
    period: Period,
    dealings: Dealings,
    activations: Sequence[OrderActivation],
    unpaid: Callable[[int], bool],
) -> tuple[CapacityIsp, ...]:
    """Return the ISPs of a contract in a period, in time order.

    Those of its window, and those outside it that were requested, offered or ordered.

    Args:
        contract: the contract.
        period: local days.
        dealings: what was reserved, requested and offered.
        activations: all activations of the contract.
        unpaid: tells the ISPs that lost their capacity pay.

    Raises:
        InputError: a reservation update raises the reservation.
    """
    reserved = still_reserved(contract, dealings.updates)
    ordered = {
        isp: w for one in activations for isp, w in zip(one.isps, one.ordered_w, strict=True)
    }
    rows = []
    for day in range(period.first_day, period.last_day + 1):
        isps = contract.clock.day_isps(day)
        asked = {isp: _requested_w(reserved(isp), dealings.requests.get(isp)) for isp in isps}
        offer = _most_compliant(dealings.offers, asked)
        named = (ordered, dealings.requests, offer)
        for isp in isps:
            if not contract.in_window(isp) and not any(isp in one for one in named):
                continue
            entitled_w = Fraction(0)
            if not unpaid(isp):
                entitled_w = _entitled_w(contract, dealings, isp, reserved(isp), asked[isp], offer)
            rows.append(
                CapacityIsp(
                    isp,
                    reserved(isp),
                    asked[isp],
                    _available_w(contract.reserved_w, dealings.requests.get(isp)),
                    offer.get(isp),
                    ordered.get(isp),
                    entitled_w,
                )
            )
    return tuple(rows)


def _available_w(direction: int, request: RequestedIsp | None) -> int | None:
    """Return the end of the band that lies in the direction of the contract."""
    if request is None:
        return None
    down = direction < 0 or (direction == 0 and request.min_w < 0)
    return min(0, request.min_w) if down else max(0, request.max_w)


def _requested_w(reserved_w: int, request: RequestedIsp | None) -> int | None:
    limit_w = _available_w(reserved_w, request)
    if request is None or limit_w is None:
        return None
    if not request.requested or reserved_w == 0:
        return 0
    return max(reserved_w, limit_w) if reserved_w < 0 else min(reserved_w, limit_w)


def _most_compliant(offers: Sequence[PowerByIsp], asked: Mapping[int, int | None]) -> PowerByIsp:
    """Return the offer that covers most of what is requested; among equals the earlier one."""

    def covered(offer: PowerByIsp) -> int:
        return sum(min(abs(w), _along(offer.get(isp, 0), w)) for isp, w in asked.items() if w)

    candidates = [offer for offer in offers if any(isp in asked for isp in offer)]
    return max(candidates, key=covered, default={})


def _along(w: int, direction: int) -> int:
    """Return the magnitude of a power in a direction, 0 if it points the other way."""
    return max(0, w if direction > 0 else -w)


def _entitled_w(
    contract: Contract,
    dealings: Dealings,
    isp: int,
    reserved_w: int,
    requested_w: int | None,
    offer: PowerByIsp,
) -> Fraction:
    """Return the magnitude that is paid for: reserved, available, and offered when requested."""
    base_w = contract.reserved_in(isp) if contract.pays_released else reserved_w
    entitled = abs(base_w)
    if isp in dealings.declared_w:
        entitled = min(entitled, _along(dealings.declared_w[isp], base_w))
    if not requested_w:
        return Fraction(entitled)
    offered = _along(offer.get(isp, 0), requested_w)
    return entitled * min(Fraction(1), Fraction(offered, abs(requested_w)))


def used_up(contract: Contract, activations: Sequence[OrderActivation]) -> Callable[[int], bool]:
    """Tell the ISPs after the last activation that may be ordered in their stretch of days."""
    if contract.max_activations is None:
        return lambda isp: False
    ends: dict[tuple[int, ...], list[int]] = {}
    for one in activations:
        if counts(contract, one):
            ends.setdefault(count_bucket(contract, one.isps.start), []).append(one.isps.stop)
    last = contract.max_activations - 1
    used_from = {bucket: stops[last] for bucket, stops in ends.items() if len(stops) > last}
    return lambda isp: isp >= used_from.get(count_bucket(contract, isp), isp + 1)
