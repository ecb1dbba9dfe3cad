"""A site: several devices with habits of their own, seen from outside as one.

A device that goes its own way costs nothing: only those that were asked, or still have to give
back, have a manager.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from flexmanager.checks import whole
from flexmanager.errors import HorizonError, ParameterError
from flexmanager.local.device import Course, HabitualDevice, Outlook, State
from flexmanager.local.manager import Manager, followed
from flexmanager.local.wishes import Wishes, granted
from flexmanager.rounding import IntArray
from settlement.clock import MINUTES_PER_DAY


@dataclass(frozen=True, slots=True, eq=False)
class RecordedDevice:
    """A device of a site with its own course, over all the time it is there.

    Attributes:
        device: the device.
        outlook: that time; a vehicle's stay, or all that is recorded.
        own: what it does by itself.
    """

    device: HabitualDevice
    outlook: Outlook
    own: Course

    @property
    def first_isp(self) -> int:
        """UTC index of the first ISP in which it is there."""
        return self.outlook.first_isp

    @property
    def end_isp(self) -> int:
        """The ISP after the last."""
        return self.outlook.end_isp

    def off_course(self, state: State, isp: int) -> State:
        """Return how a state before an ISP differs from the device's own course."""
        own = self.own.state(isp - self.first_isp)
        return tuple(found - usual for found, usual in zip(state, own, strict=True))

    def state_off(self, isp: int, off: State | None) -> State:
        """Return the state before an ISP of a device that is off its own course, None if not."""
        own = self.own.state(isp - self.first_isp)
        if off is None:
            return own
        return tuple(usual + by for usual, by in zip(own, off, strict=True))

    def is_astray(self, off: State) -> bool:
        """Tell whether a device is so far off its own course that it has to go back to it."""
        return any(abs(by) > step for by, step in zip(off, self.device.rest_step, strict=True))


def recorded_device(device: HabitualDevice, outlook: Outlook, state: State) -> RecordedDevice:
    """Return a device that goes its own course from a state on.

    Raises:
        HorizonError: its own course is none that it can do.
    """
    own_w = np.rint(outlook.own_w).astype(np.int64)
    own = device.simulated(outlook, state, own_w)
    beyond = np.flatnonzero(own.power_w != own_w)
    if len(beyond):
        first = int(beyond[0])
        what = f"own_w of {device.asset_id}, ISP {first}"
        raise HorizonError(what, own_w[first], f"what it can do, such as {own.power_w[first]}")
    return RecordedDevice(device, outlook, own)


@dataclass(frozen=True, slots=True, eq=False)
class Site:
    """The devices behind one connection; a value, every step gives the next one.

    Attributes:
        site_id: name of the site.
        devices: name to device with its own course.
        wishes: what the owner said.
        overrides_allowed: the owner may take back control during an order.
        restored_by_minute: local minute of the day by which all is to be given back.
        managers: name to manager of those that were asked or give back.
        off: name to how its state differs from its own course, where it goes its own way but does
            so from elsewhere.
        shared_to: orders are shared out up to this ISP, itself excluded.
    """

    site_id: str
    devices: Mapping[str, RecordedDevice]
    wishes: Wishes = field(default_factory=Wishes)
    overrides_allowed: bool = True
    restored_by_minute: int = 0
    managers: Mapping[str, Manager] = field(default_factory=dict)
    off: Mapping[str, State] = field(default_factory=dict)
    shared_to: int = 0

    def __post_init__(self) -> None:
        """Refuse a time for giving back at which no ISP begins."""
        whole(self.site_id, "restored_by_minute", self.restored_by_minute, 0, MINUTES_PER_DAY - 1)
        for isp_minutes in {one.outlook.clock.isp_minutes for one in self.devices.values()}:
            if self.restored_by_minute % isp_minutes:
                found, expected = self.restored_by_minute, f"a multiple of {isp_minutes} minutes"
                raise ParameterError(self.site_id, "restored_by_minute", found, expected)

    def off_now(self) -> dict[str, State]:
        """Return by how much each device that is not on its own course is off it."""
        found = dict(self.off)
        for name, manager in self.managers.items():
            found[name] = self.devices[name].off_course(manager.state, manager.now_isp)
        return found

    def off_promised(self) -> dict[str, State]:
        """Return the same as it will be when what the devices have taken on is done."""
        found = dict(self.off)
        for name, manager in self.managers.items():
            promised = np.flatnonzero(~np.isnan(manager.wanted_w) & ~manager.overridden)
            done = followed(manager, max([manager.now, *(promised[-1:] + 1).tolist()]))
            found[name] = self.devices[name].off_course(done.state, done.now_isp)
        return found


def held_w(site: Site, first_isp: int, end_isp: int, sign: int, isps: int) -> IntArray:
    """Return what a site could hold from each ISP on: the sum over its devices, shape (n,) [W].

    Args:
        site: the site; its devices are as far off their own course as when they have done what
            they took on.
        first_isp: first ISP (UTC index), of any recorded day.
        end_isp: the ISP after the last.
        sign: +1 for more consumption or less generation, -1 for less consumption.
        isps: for how many ISPs on end.

    Raises:
        ParameterError: the sign is none, there is no ISP to hold, or a wish contradicts a device.
    """
    total = np.zeros(end_isp - first_isp, dtype=np.int64)
    off = site.off_promised()
    for name, one in site.devices.items():
        first, end = max(first_isp, one.first_isp), min(end_isp, one.end_isp)
        if first < end:
            start, stop = first - one.first_isp, end - one.first_isp
            state = one.state_off(first, off.get(name))
            device = granted(site.wishes, one.device, one.outlook.clock)
            held = device.held_w(one.outlook.part(start, stop), state, sign, isps)
            total[first - first_isp : end - first_isp] += held
    return total
