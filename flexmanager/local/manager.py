"""The local manager of a device: plan, activate, follow, notice, plan again.

It is the same for a building, a vehicle, a battery, a generator or a load; what differs stands in
the device. A manager is a value, and every step gives the next one:

    begin -> activate -> hear (any number of records, at any time) -> close_isp -> ...

`hear` (in `hearing`) plans again at once, within the running ISP. `close_isp` compares the ISP with
its plan when its time is over, finds the cause of a difference, and goes on from what the device
really did.
"""

from dataclasses import dataclass, replace

import numpy as np

from flexmanager.errors import HorizonError
from flexmanager.local.device import Course, Device, Outlook, State, nothing_wanted
from flexmanager.local.finding import Cause, Finding, judge
from flexmanager.rounding import BoolArray, FloatArray, IntArray
from settlement.activation import Activation

TRUST_LOST_ISPS = 2
"""ISPs on end without following, or without a reading, after which nothing is expected any more."""


@dataclass(frozen=True, slots=True, eq=False)
class Manager:
    """What a local manager knows; series have shape (n,) over its horizon.

    Attributes:
        device: the device.
        outlook: the horizon.
        baseline: the plan without any activation, fixed when the manager began.
        power_w: set-points: those of past ISPs as they were, the others as planned now [W].
        wanted_w: power promised by activations, NaN where the device is free [W].
        overridden: ISPs in which the owner has control.
        metered_w: mean power as metered, NaN where no reading came [W].
        now: offset of the running ISP.
        state: the state before it, as far as known.
        activations: all that were taken on.
        findings: what went otherwise, in time order.
        silent_isps: ISPs on end without a reading.
        unruly_isps: ISPs on end in which the device did not follow.
    """

    device: Device
    outlook: Outlook
    baseline: Course
    power_w: IntArray
    wanted_w: FloatArray
    overridden: BoolArray
    metered_w: FloatArray
    now: int
    state: State
    activations: tuple[Activation, ...] = ()
    findings: tuple[Finding, ...] = ()
    silent_isps: int = 0
    unruly_isps: int = 0

    @property
    def set_point_w(self) -> int:
        """What the device is told in the running ISP [W]."""
        return int(self.power_w[self.now])

    @property
    def trusted(self) -> bool:
        """Whether the device can be expected to do what it is told."""
        return max(self.silent_isps, self.unruly_isps) < TRUST_LOST_ISPS

    @property
    def finished(self) -> bool:
        """Whether the horizon is over."""
        return self.now == self.outlook.isps


def begin(device: Device, outlook: Outlook, state: State) -> Manager:
    """Return a manager with its baseline plan."""
    baseline = device.planned(outlook, state, nothing_wanted(outlook.isps))
    return Manager(
        device=device,
        outlook=outlook,
        baseline=baseline,
        power_w=baseline.power_w.copy(),
        wanted_w=nothing_wanted(outlook.isps),
        overridden=np.zeros(outlook.isps, dtype=np.bool_),
        metered_w=np.full(outlook.isps, np.nan),
        now=0,
        state=state,
    )


def activate(manager: Manager, activation: Activation) -> Manager:
    """Take on an activation and plan what is left of the horizon for it.

    Raises:
        HorizonError: it does not lie within what is left of the horizon.
    """
    start = activation.first_isp - manager.outlook.first_isp
    stop = start + activation.isps
    if not manager.now <= start < stop <= manager.outlook.isps:
        first = manager.outlook.first_isp
        expected = f"ISPs {first + manager.now} to {first + manager.outlook.isps - 1}"
        raise HorizonError(f"activation of {manager.device.asset_id}", activation, expected)
    wanted = manager.wanted_w.copy()
    wanted[start:stop] = manager.baseline.power_w[start:stop] + activation.ordered_w
    taken = (*manager.activations, activation)
    return planned_again(replace(manager, wanted_w=wanted, activations=taken))


def close_isp(manager: Manager) -> Manager:
    """Compare the running ISP with its plan, and go on to the next.

    Raises:
        HorizonError: the horizon is over.
    """
    if manager.finished:
        raise HorizonError(manager.device.asset_id, f"ISP {manager.now}", "an ISP of the horizon")
    now, metered = manager.now, manager.metered_w[manager.now]
    silent = bool(np.isnan(metered))
    finding = judge(
        manager.outlook.first_isp + now,
        planned_w=manager.set_point_w,
        metered_w=None if silent else int(metered),
        overridden=bool(manager.overridden[now]),
        silent_isps=manager.silent_isps,
    )
    done = np.array([manager.set_point_w if silent else int(metered)], dtype=np.int64)
    running = manager.outlook.part(now, now + 1)
    went = manager.device.simulated(running, manager.state, done)
    unruly = finding is not None and finding.cause in (Cause.FAILURE, Cause.UNRULY)
    following = replace(
        manager,
        now=now + 1,
        state=went.state(1),
        findings=manager.findings if finding is None else (*manager.findings, finding),
        silent_isps=manager.silent_isps + 1 if silent else 0,
        unruly_isps=manager.unruly_isps + 1 if unruly else 0,
    )
    return planned_again(following) if unruly and not following.finished else following


def expected_w(manager: Manager) -> IntArray:
    """Return what can be expected of all ISPs, shape (n,) [W].

    Of a device that is not trusted: what it did last, as far as its physics lets it go on.
    """
    power = manager.power_w.copy()
    if manager.trusted or manager.finished:
        return power
    known = np.flatnonzero(~np.isnan(manager.metered_w[: manager.now]))
    last_w = int(manager.metered_w[known[-1]]) if len(known) else 0
    rest = manager.outlook.part(manager.now)
    going_on = np.full(rest.isps, last_w, dtype=np.int64)
    power[manager.now :] = manager.device.simulated(rest, manager.state, going_on).power_w
    return power


def rebound_w(manager: Manager) -> IntArray:
    """Return how the plan differs from the baseline where nothing is ordered, shape (n,) [W]."""
    free = np.isnan(manager.wanted_w)
    return np.where(free, manager.power_w - manager.baseline.power_w, 0)


def missing_w(manager: Manager) -> IntArray:
    """Return how far each activation is expected to stay short, shape (n,) [W, 0 or positive]."""
    change = expected_w(manager) - manager.baseline.power_w
    short = np.zeros(manager.outlook.isps, dtype=np.int64)
    for one in manager.activations:
        start = one.first_isp - manager.outlook.first_isp
        inside, sign = slice(start, start + one.isps), 1 if one.ordered_w > 0 else -1
        short[inside] = np.maximum(abs(one.ordered_w) - sign * change[inside], 0)
    return short


def planned_again(manager: Manager) -> Manager:
    """Return the manager with a new plan from the running ISP on."""
    course = plan_rest(manager, manager.wanted_w)
    power = np.concatenate((manager.power_w[: manager.now], course.power_w))
    return replace(manager, power_w=power)


def plan_rest(manager: Manager, wanted_w: FloatArray) -> Course:
    """Return the plan from the running ISP on, with other promises; nothing of it is kept.

    Args:
        manager: the manager.
        wanted_w: power promised, NaN where the device is free, shape (n,) [W].
    """
    now, base = manager.now, manager.baseline
    wanted = np.where(manager.overridden, np.nan, wanted_w)[now:]
    like = Course(base.power_w[now:], base.states[now:], 0.0, 0.0, base.short[now:])
    return manager.device.planned(manager.outlook.part(now), manager.state, wanted, like)
