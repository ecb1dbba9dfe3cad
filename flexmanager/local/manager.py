"""The local manager of a device: plan, activate, follow, notice, plan again.

It is the same for a building, a vehicle, a battery, a generator or a load; what differs stands in
the device. A manager is a value, and every step gives the next one:

    begin -> activate -> hear (any number of records, at any time) -> close_isp -> ...

`hear` (in `hearing`) plans again at once, within the running ISP. `close_isp` compares the ISP with
its plan when its time is over, finds the cause of a difference, and goes on from what the device
really did.
"""

from dataclasses import dataclass, replace
from math import isnan, nan

import numpy as np

from flexmanager.errors import HorizonError
from flexmanager.local.device import Course, Device, Outlook, State, nothing_wanted
from flexmanager.local.finding import Cause, Finding, judge
from flexmanager.local.telemetry import check_state
from flexmanager.local.wishes import Wishes, granted
from flexmanager.rounding import BoolArray, FloatArray, IntArray
from settlement.activation import Activation

TRUST_LOST_ISPS = 2
"""ISPs on end without following, or without a reading, after which nothing is expected any more."""


@dataclass(frozen=True, slots=True, eq=False)
class Manager:
    """What a local manager knows; series have shape (n,) over its horizon.

    Attributes:
        device: the device, without what its owner wishes.
        outlook: the horizon.
        wishes: what the owner said.
        baseline_w: the plan without any activation, as it was when the manager began; renewed only
            when a vehicle leaves early or takes no more [W].
        end: the state in which the baseline leaves the device.
        power_w: set-points: those of past ISPs as they were, the others as planned now [W].
        wanted_w: power promised by activations, NaN where the device is free [W].
        overridden: ISPs in which the owner has control.
        metered_w: mean power as metered, NaN where no reading came [W].
        now: offset of the running ISP.
        state: the state before it, as far as known.
        running_w: mean power expected of the running ISP after a change within it; NaN if it is
            the set-point [W].
        activations: all that were taken on.
        findings: what went otherwise, in time order.
        silent_isps: ISPs on end without a reading.
        unruly_isps: ISPs on end in which the device did not follow.
    """

    device: Device
    outlook: Outlook
    wishes: Wishes
    baseline_w: IntArray
    end: State
    power_w: IntArray
    wanted_w: FloatArray
    overridden: BoolArray
    metered_w: FloatArray
    now: int
    state: State
    running_w: float = nan
    activations: tuple[Activation, ...] = ()
    findings: tuple[Finding, ...] = ()
    silent_isps: int = 0
    unruly_isps: int = 0

    @property
    def granted(self) -> Device:
        """The device within the limits that its owner's wishes set for it."""
        return granted(self.wishes, self.device, self.outlook.clock)

    @property
    def now_isp(self) -> int:
        """UTC index of the running ISP."""
        return self.outlook.first_isp + self.now

    @property
    def set_point_w(self) -> int:
        """What the device is told in the running ISP [W]."""
        return int(self.power_w[self.now])

    @property
    def expected_now_w(self) -> int:
        """Mean power expected of the running ISP [W]."""
        return self.set_point_w if isnan(self.running_w) else round(self.running_w)

    @property
    def trusted(self) -> bool:
        """Whether the device can be expected to do what it is told."""
        return max(self.silent_isps, self.unruly_isps) < TRUST_LOST_ISPS

    @property
    def finished(self) -> bool:
        """Whether the horizon is over."""
        return self.now == self.outlook.isps


def begin(
    device: Device,
    outlook: Outlook,
    state: State,
    wishes: Wishes | None = None,
    own: Course | None = None,
) -> Manager:
    """Return a manager with its baseline plan.

    Args:
        device: the device.
        outlook: the horizon.
        state: the state of the device before it.
        wishes: what the owner said so far; None for nothing.
        own: what a device with a habit does by itself, such as was recorded: the baseline; None
            for a device that plans it. A device that is elsewhere at the beginning plans its way
            back.

    Raises:
        ParameterError: a wish contradicts the device, or the state is none of its states.
    """
    check_state(device.asset_id, state, len(device.state_step), known=True)
    said, free = wishes or Wishes(), nothing_wanted(outlook.isps)
    baseline = own or granted(said, device, outlook.clock).planned(outlook, state, free)
    manager = Manager(
        device=device,
        outlook=outlook,
        wishes=said,
        baseline_w=baseline.power_w,
        end=baseline.state(-1),
        power_w=baseline.power_w,
        wanted_w=free,
        overridden=np.zeros(outlook.isps, dtype=np.bool_),
        metered_w=np.full(outlook.isps, np.nan),
        now=0,
        state=state,
    )
    return manager if baseline.state(0) == state else planned_again(manager)


def activate(manager: Manager, *activations: Activation) -> Manager:
    """Take on activations and plan what is left of the horizon for them.

    Raises:
        HorizonError: one does not lie within what is left of the horizon.
    """
    for one in activations:
        start = one.first_isp - manager.outlook.first_isp
        if not manager.now <= start < start + one.isps <= manager.outlook.isps:
            first = manager.outlook.first_isp
            expected = f"ISPs {first + manager.now} to {first + manager.outlook.isps - 1}"
            raise HorizonError(f"activation of {manager.device.asset_id}", one, expected)
    taken = (*manager.activations, *activations)
    return planned_again(promised(replace(manager, activations=taken)))


def promised(manager: Manager) -> Manager:
    """Return the manager with its promises as baseline and activations say, from now on."""
    wanted = manager.baseline_w + ordered_w(manager)
    wanted[: manager.now] = manager.wanted_w[: manager.now]
    return replace(manager, wanted_w=wanted)


def ordered_w(manager: Manager) -> FloatArray:
    """Return what all activations ask in sum, NaN where none does, shape (n,) [W]."""
    ordered = nothing_wanted(manager.outlook.isps)
    for one in manager.activations:
        start = one.first_isp - manager.outlook.first_isp
        inside = slice(start, start + one.isps)
        ordered[inside] = np.nan_to_num(ordered[inside]) + one.ordered_w
    return ordered


def close_isp(manager: Manager) -> Manager:
    """Compare the running ISP with what was expected of it, and go on to the next.

    Raises:
        HorizonError: the horizon is over.
    """
    if manager.finished:
        raise HorizonError(manager.device.asset_id, f"ISP {manager.now}", "an ISP of the horizon")
    now, metered = manager.now, manager.metered_w[manager.now]
    silent = bool(np.isnan(metered))
    finding = judge(
        manager.outlook.first_isp + now,
        planned_w=manager.expected_now_w,
        metered_w=None if silent else int(metered),
        overridden=bool(manager.overridden[now]),
        silent_isps=manager.silent_isps,
    )
    done = np.array([manager.expected_now_w if silent else int(metered)], dtype=np.int64)
    running = manager.outlook.part(now, now + 1)
    went = manager.granted.simulated(running, manager.state, done)
    strays = {Cause.FAILURE, Cause.UNRULY}
    noted = {one.cause for one in manager.findings if one.isp == manager.outlook.first_isp + now}
    unruly = bool(strays & noted) or (finding is not None and finding.cause in strays)
    if finding is not None and finding.cause in noted:
        finding = None
    following = replace(
        manager,
        now=now + 1,
        state=went.state(1),
        running_w=nan,
        findings=manager.findings if finding is None else (*manager.findings, finding),
        silent_isps=manager.silent_isps + 1 if silent else 0,
        unruly_isps=manager.unruly_isps + 1 if unruly else 0,
    )
    otherwise = unruly or not isnan(manager.running_w)
    return planned_again(following) if otherwise and not following.finished else following


def followed(manager: Manager, stop: int) -> Manager:
    """Return the manager before the ISP at an offset, if the device does as it is told until then.

    Raises:
        HorizonError: the offset lies in the past or beyond the horizon.
    """
    now = manager.now
    if not now <= stop <= manager.outlook.isps:
        raise HorizonError(manager.device.asset_id, stop, f"{now} to {manager.outlook.isps}")
    if stop == now:
        return manager
    told = manager.power_w[now:stop].copy()
    told[0] = manager.expected_now_w
    went = manager.granted.simulated(manager.outlook.part(now, stop), manager.state, told)
    metered = manager.metered_w.copy()
    metered[now:stop] = went.power_w
    return replace(manager, metered_w=metered, now=stop, state=went.state(-1), running_w=nan)


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
    wanted = np.where(manager.overridden, np.nan, wanted_w)[manager.now :]
    rest = manager.outlook.part(manager.now)
    return manager.granted.planned(rest, manager.state, wanted, manager.end)
