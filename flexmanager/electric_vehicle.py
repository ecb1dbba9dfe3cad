"""Shifting of recorded charging inside its own session.

The recorded series is uncontrolled charging. A request to take less defers charging, a request to
take more brings later charging forward; the energy of the session stays what it was. What is
deferred goes into the cheapest ISPs that are left in the session, sorted by price, which is the
exact optimum for a charger that cannot feed back. Deferring stops where the rest of the session
could not catch up, less what the owner allows to be missing at departure. Requests are taken in
time order and nothing is moved before a request begins, because it was not known earlier.

Two borders keep this honest: an ISP that two sessions share is left alone, because its recorded
energy cannot be told apart, and a session that outlasts the horizon is caught up inside it.
"""

from dataclasses import dataclass

import numpy as np

from flexmanager.assets import ElectricVehicle, Preferences, Session
from flexmanager.horizon import Horizon, Stretch, least_ahead, request_stretches
from flexmanager.manager import (
    AT_REST,
    AssetState,
    Note,
    Response,
    check_runtime,
    check_sign,
    checked_order,
)
from flexmanager.rounding import FloatArray, IntArray

SHIFT_EUR_PER_MWH = 5.0


@dataclass(slots=True, eq=False)
class _Stay:
    """A session as it lies in a horizon; powers of whole ISPs, so sums of W stand for energy.

    Attributes:
        first: offset of its first ISP.
        recorded_w: recorded charging, shape (m,).
        planned_w: charging as it stands after the requests so far, shape (m,).
        cap_w: most that may be charged, shape (m,).
        spare_w_sum: W over ISPs that the owner allows to be missing at departure.
    """

    first: int
    recorded_w: IntArray
    planned_w: IntArray
    cap_w: IntArray
    spare_w_sum: int

    @property
    def stop(self) -> int:
        return self.first + len(self.recorded_w)


@dataclass(frozen=True, slots=True)
class ElectricVehicleManager:
    """Defers charging or brings it forward, so that the vehicle leaves as full as it did."""

    asset: ElectricVehicle
    preferences: Preferences

    @property
    def asset_id(self) -> str:
        """Name of the asset."""
        return self.asset.asset_id

    @property
    def nuisance_eur_per_mwh(self) -> float:
        """Shifting costs nothing but the trust that the vehicle will be full [EUR/MWh]."""
        return SHIFT_EUR_PER_MWH

    def capability_w(
        self, horizon: Horizon, sign: int, runtime_isps: int = 1, state: AssetState = AT_REST
    ) -> IntArray:
        """Return what can be deferred or brought forward throughout, within one session."""
        check_sign(sign)
        check_runtime(runtime_isps)
        promised_w = np.zeros(horizon.isps, dtype=np.int64)
        for stay in self._stays(horizon):
            inside = slice(stay.first, stay.stop)
            promised_w[inside] = sign * _promise_w(stay, sign, runtime_isps)
        return promised_w

    def respond(
        self,
        horizon: Horizon,
        requested_w: IntArray,
        state: AssetState = AT_REST,
        order_w: IntArray | None = None,
    ) -> Response:
        """Shift charging as asked; every session is settled within the horizon."""
        order_w = checked_order(self.asset_id, horizon, requested_w, order_w)
        delta_w = np.zeros(horizon.isps, dtype=np.int64)
        stretches = tuple(request_stretches(order_w))
        stays = self._stays(horizon) if stretches else []
        for stretch in stretches:
            for stay in stays:
                if stay.first < stretch.stop and stretch.start < stay.stop:
                    _answer(stay, stretch, requested_w, horizon.price_eur_per_mwh)
        for stay in stays:
            delta_w[stay.first : stay.stop] = stay.planned_w - stay.recorded_w
        called = requested_w != 0
        short = np.flatnonzero(called & (delta_w != requested_w))
        notes = tuple(Note(int(t), _reason(int(t), horizon, stays)) for t in short)
        return Response(delta_w, state, notes)

    def _stays(self, horizon: Horizon) -> list[_Stay]:
        """Lay the sessions on the horizon, without the ISPs that two of them share."""
        start_s = horizon.first_isp * horizon.isp_seconds
        stop_s = start_s + horizon.isps * horizon.isp_seconds
        sessions = [
            session
            for session in self.asset.sessions
            if session.plug_in_utc_s < stop_s and session.plug_out_utc_s > start_s
        ]
        bounds = [_touched(horizon, session) for session in sessions]
        users = np.zeros(horizon.isps, dtype=np.int64)
        for first, stop in bounds:
            users[first:stop] += 1
        stays = []
        for session, (first, stop) in zip(sessions, bounds, strict=True):
            own = first + np.flatnonzero(users[first:stop] == 1)
            if len(own):
                stays.append(self._stay(horizon, session, int(own[0]), int(own[-1]) + 1))
        return stays

    def _stay(self, horizon: Horizon, session: Session, first: int, stop: int) -> _Stay:
        recorded_w = horizon.recorded_w[first:stop]
        connected = _connected_share(horizon, session, first, stop)
        cap_w = np.floor(connected * self.asset.rated_w).astype(np.int64)
        return _Stay(
            first=first,
            recorded_w=recorded_w,
            planned_w=recorded_w.copy(),
            cap_w=np.maximum(cap_w, recorded_w),
            spare_w_sum=int((1.0 - self.preferences.departure_share) * recorded_w.sum()),
        )


def _touched(horizon: Horizon, session: Session) -> tuple[int, int]:
    """Return the offsets of the ISPs a session touches within the horizon, stop excluded."""
    first = session.plug_in_utc_s // horizon.isp_seconds - horizon.first_isp
    stop = -(-session.plug_out_utc_s // horizon.isp_seconds) - horizon.first_isp
    return max(first, 0), min(stop, horizon.isps)


def _connected_share(horizon: Horizon, session: Session, first: int, stop: int) -> FloatArray:
    """Return which part of each ISP the vehicle is there."""
    begins_s = (horizon.first_isp + np.arange(first, stop)) * horizon.isp_seconds
    from_s = np.maximum(begins_s, session.plug_in_utc_s)
    to_s = np.minimum(begins_s + horizon.isp_seconds, session.plug_out_utc_s)
    share: FloatArray = (to_s - from_s) / horizon.isp_seconds
    return share


def _promise_w(stay: _Stay, sign: int, isps: int) -> IntArray:
    """Return the W (positive) that can be moved out of, or into, `isps` ISPs on end."""
    spare_w = stay.cap_w - stay.recorded_w
    movable_w, partner_w = (stay.recorded_w, spare_w) if sign < 0 else (spare_w, stay.recorded_w)
    # Everything after the request can take part in the exchange.
    after = np.append(np.cumsum(partner_w[::-1])[::-1], 0)
    starts = np.minimum(np.arange(len(movable_w)) + isps, len(movable_w))
    exchange_w_sum = after[starts] + (stay.spare_w_sum if sign < 0 else 0)
    promise_w: IntArray = np.minimum(least_ahead(movable_w, isps), exchange_w_sum // isps)
    return promise_w


def _answer(stay: _Stay, stretch: Stretch, requested_w: IntArray, price: FloatArray) -> None:
    """Move charging out of a stretch or into it, and the same energy the other way after it."""
    begin, end = max(stretch.start, stay.first), min(stretch.stop, stay.stop)
    inside = slice(begin - stay.first, end - stay.first)
    after = slice(end - stay.first, None)
    planned_w, cap_w = stay.planned_w[inside], stay.cap_w[inside]
    target_w = stay.recorded_w[inside] + requested_w[begin:end]
    if stretch.sign < 0:
        movable_w = planned_w - np.clip(target_w, 0, planned_w)
        partner_w = stay.cap_w[after] - stay.planned_w[after]
        missing_w_sum = int((stay.recorded_w - stay.planned_w).sum())
        limit = int(partner_w.sum()) + max(stay.spare_w_sum - missing_w_sum, 0)
        order = np.argsort(price[end : stay.stop], kind="stable")
    else:
        movable_w = np.clip(target_w, planned_w, cap_w) - planned_w
        partner_w = stay.planned_w[after]
        limit = int(partner_w.sum())
        order = np.argsort(-price[end : stay.stop], kind="stable")
    moved_w = _earliest_first(movable_w, limit)
    returned_w = np.zeros(len(partner_w), dtype=np.int64)
    returned_w[order] = _earliest_first(partner_w[order], int(moved_w.sum()))
    stay.planned_w[inside] = planned_w + stretch.sign * moved_w
    stay.planned_w[after] = stay.planned_w[after] - stretch.sign * returned_w


def _earliest_first(movable_w: IntArray, limit: int) -> IntArray:
    """Take from the front until the sum of W reaches `limit`."""
    before = np.cumsum(movable_w) - movable_w
    taken_w: IntArray = np.clip(limit - before, 0, movable_w)
    return taken_w


def _reason(offset: int, horizon: Horizon, stays: list[_Stay]) -> str:
    for stay in stays:
        if stay.first <= offset < stay.stop:
            return "the session has no more charging to shift"
    return "no vehicle with charging to shift is connected"
