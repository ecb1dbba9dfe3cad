"""Where the grid is limited, when it is expected to be congested, and what a DSO asks for then.

A transformer feeds its feeders, and what relieves a feeder relieves the transformer: points are
served from the bottom up, each with the load that is left after what was ordered below it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from flexmanager.checks import check_sign, check_whole
from flexmanager.errors import HorizonError, ParameterError
from flexmanager.rounding import BoolArray, IntArray
from flexmanager.vpp.message import Header, Scope
from flexmanager.vpp.request import FlexRequest
from settlement.orders.capacity import RequestedIsp
from settlement.units import BASIS_POINTS


@dataclass(frozen=True, slots=True)
class Limits:
    """What a congestion point can carry, both as magnitudes in W."""

    import_w: int
    export_w: int

    def __post_init__(self) -> None:
        """Refuse a limit below 0."""
        for name, limit_w in (("import_w", self.import_w), ("export_w", self.export_w)):
            if limit_w < 0:
                raise ParameterError("limits", name, limit_w, "0 or more")

    def less(self, margin_bp: int) -> "Limits":
        """Return the limits with a margin kept free, in basis points of each; rounded down."""
        if not 0 <= margin_bp <= BASIS_POINTS:
            raise ParameterError("limits", "margin_bp", margin_bp, f"0 to {BASIS_POINTS}")
        kept_bp = BASIS_POINTS - margin_bp
        return Limits(
            self.import_w * kept_bp // BASIS_POINTS, self.export_w * kept_bp // BASIS_POINTS
        )


class PointKind(StrEnum):
    """What limits the power."""

    TRANSFORMER = "transformer"
    FEEDER = "feeder"


@dataclass(frozen=True, slots=True)
class GridPoint:
    """A congestion point in the grid.

    Attributes:
        name: as messages call it.
        kind: what it is.
        limits: what it can carry.
        above: name of the point that feeds it, None at the top.
    """

    name: str
    kind: PointKind
    limits: Limits
    above: str | None = None


def bottom_up(points: Sequence[GridPoint]) -> tuple[GridPoint, ...]:
    """Return points so that each comes after all that it feeds, else in the order given.

    Raises:
        ParameterError: a name stands twice, what feeds a point is unknown, or points feed each
            other in a ring.
    """
    by_name = {one.name: one for one in points}
    if len(by_name) < len(points):
        raise ParameterError("grid", "name", [one.name for one in points], "each name once")
    depth = {one.name: len(chain(by_name, one.name)) for one in points}
    return tuple(sorted(points, key=lambda one: -depth[one.name]))


def chain(points: Mapping[str, GridPoint], name: str) -> tuple[str, ...]:
    """Return a point and all that feed it, the point itself first.

    Raises:
        ParameterError: what feeds a point is unknown, or points feed each other in a ring.
    """
    found: list[str] = []
    at: str | None = name
    while at is not None:
        if at not in points:
            raise ParameterError(found[-1] if found else "grid", "above", at, "a point of the grid")
        if at in found:
            raise ParameterError(at, "above", found, "no ring")
        found.append(at)
        at = points[at].above
    return tuple(found)


@dataclass(frozen=True, slots=True, eq=False)
class Outlook:
    """The load that a point expects over n ISPs, consumption positive.

    The distance of the two is the caution: a low and a high quantile, or a mean with a margin.

    Attributes:
        low_w: load that it will hardly fall below, shape (n,) [W].
        high_w: load that it will hardly exceed, shape (n,) [W].
    """

    low_w: IntArray
    high_w: IntArray

    def __post_init__(self) -> None:
        """Refuse series that do not fit or that cross."""
        check_whole("low_w", self.low_w, len(self.low_w))
        check_whole("high_w", self.high_w, len(self.low_w))
        crossed = np.flatnonzero(self.low_w > self.high_w)
        if len(crossed):
            first = int(crossed[0])
            expected = f"at least low_w, {self.low_w[first]}"
            raise HorizonError(f"high_w, ISP {first}", self.high_w[first], expected)

    def after(self, ordered_w: IntArray) -> "Outlook":
        """Return the outlook once flexibility is ordered, shape (n,) [W], signed."""
        return Outlook(self.low_w + ordered_w, self.high_w + ordered_w)


def needed_w(outlook: Outlook, limits: Limits) -> IntArray:
    """Return the change that keeps the load within the limits, 0 where it is, shape (n,) [W].

    Negative relieves imports, positive exports. Where the outlook exceeds both limits no change
    helps against both, and the larger excess counts; equal ones count as imports.
    """
    over_import_w = np.maximum(0, outlook.high_w - limits.import_w)
    over_export_w = np.maximum(0, -limits.export_w - outlook.low_w)
    change_w: IntArray = np.where(over_import_w >= over_export_w, -over_import_w, over_export_w)
    return change_w


def room_w(outlook: Outlook, limits: Limits) -> tuple[IntArray, IntArray]:
    """Return how far the load may change without leaving the limits: down (<= 0) and up (>= 0)."""
    down_w = np.minimum(0, -limits.export_w - outlook.low_w)
    up_w = np.maximum(0, limits.import_w - outlook.high_w)
    return down_w, up_w


def request_for(
    header: Header,
    scope: Scope,
    revision: int,
    expires_s: int,
    outlook: Outlook,
    limits: Limits,
    sign: int,
    open_isps: BoolArray,
    contract_id: str | None = None,
    *,
    asked_isps: BoolArray | None = None,
) -> FlexRequest | None:
    """Ask for what keeps a point within its limits in one direction.

    ISPs that are not asked for are named as available, with the room that is left in them, so that
    loads may be shifted there; those congested the other way have no room and are left out.

    Args:
        header: from the DSO.
        scope: the point and the local day.
        revision: above all earlier requests of the series.
        expires_s: UTC second until which it may be answered.
        outlook: expected load of every ISP of the day.
        limits: the limits, with any margin taken off.
        sign: -1 to relieve imports, +1 to relieve exports.
        open_isps: ISPs that can still be ordered, shape (n,).
        contract_id: contract under which it is asked, if any.
        asked_isps: open ISPs in which relief is asked for now, shape (n,); None asks in all.

    Returns:
        None if no ISP that is asked for is congested in that direction.

    Raises:
        HorizonError: the outlook has not the ISPs of the day.
    """
    check_sign(sign)
    isps = scope.clock.day_isps(scope.day)
    check_whole("outlook", outlook.low_w, len(isps))
    change_w = needed_w(outlook, limits)
    needed_isps = open_isps & (change_w * sign > 0)
    if asked_isps is not None:
        needed_isps = needed_isps & asked_isps
    if not needed_isps.any():
        return None
    open_isps = open_isps & (change_w * sign >= 0)
    named = _named(isps, change_w, room_w(outlook, limits), open_isps, needed_isps)
    return FlexRequest(header, scope, revision, expires_s, tuple(named), contract_id)


def _named(
    isps: Sequence[int],
    change_w: IntArray,
    room: tuple[IntArray, IntArray],
    open_isps: BoolArray,
    needed_isps: BoolArray,
) -> Iterable[tuple[int, RequestedIsp]]:
    """Yield what is needed, and the room of the other open ISPs."""
    down_w, up_w = room
    for at in np.flatnonzero(open_isps).tolist():
        isp, need_w = isps[at], int(change_w[at])
        if needed_isps[at]:
            yield isp, RequestedIsp(True, min(0, need_w), max(0, need_w))
        elif down_w[at] or up_w[at]:
            yield isp, RequestedIsp(False, int(down_w[at]), int(up_w[at]))


def remaining(request: FlexRequest, ordered_w: Mapping[int, int]) -> FlexRequest | None:
    """Return what is left of a request once some of it is ordered, None if nothing is.

    Bands shrink by what is ordered. An ISP that is covered keeps no room: how far its load may
    change from there was not asked.

    Args:
        request: what was asked for.
        ordered_w: what is ordered by ISP, signed [W].
    """
    change_w = requested_change_w(request)
    left = list[tuple[int, RequestedIsp]]()
    for isp, asked in request.isps:
        power_w = ordered_w.get(isp, 0)
        low_w, high_w = asked.min_w - power_w, asked.max_w - power_w
        if isp not in change_w:
            left.append((isp, replace(asked, min_w=min(0, low_w), max_w=max(0, high_w))))
        elif abs(power_w) < abs(change_w[isp]):
            down = change_w[isp] < 0
            low_w, high_w = (low_w, min(0, high_w)) if down else (max(0, low_w), high_w)
            left.append((isp, replace(asked, min_w=low_w, max_w=high_w)))
    if not any(asked.requested for _, asked in left):
        return None
    return replace(request, isps=tuple(left))


def requested_change_w(request: FlexRequest) -> dict[int, int]:
    """Return the change that a request asks for by ISP [W, signed], without ISPs of room only."""
    return {
        isp: asked.min_w if asked.max_w <= 0 else asked.max_w
        for isp, asked in request.isps
        if asked.requested and (asked.min_w or asked.max_w)
    }
