"""A site: several devices with habits of their own answer one series of wanted changes.

Nobody knows of an order before it begins, so nothing moves before its first ISP. Then it is shared:
each device in turn, the cheapest first, takes what it can hold throughout, and where that is not
enough, in the same turn what is still open in each ISP and takes nothing from another. So a site
keeps every promise that is the sum of its devices' promises. In the ISPs of an order nobody gives
back.

From an ISP in which the owner takes back control to the end of that order all promises end. The
devices then give back at once, which may point against the order: that is physics, not a fault.

A device that goes its own way costs nothing: only those that were asked, or still have to give
back, have a manager.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from flexmanager.errors import ParameterError
from flexmanager.local.device import Course, HabitualDevice, Outlook, State
from flexmanager.local.hearing import hear
from flexmanager.local.manager import Manager, begin, followed
from flexmanager.local.site_order import Order, cheapest_first, order_at, shared
from flexmanager.local.telemetry import OwnerOverride
from flexmanager.local.wishes import Wishes
from flexmanager.rounding import IntArray
from settlement.clock import MINUTES_PER_DAY, Clock


@dataclass(frozen=True, slots=True, eq=False)
class Member:
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
        return self.outlook.first_isp + self.outlook.isps


def member(device: HabitualDevice, outlook: Outlook, state: State) -> Member:
    """Return a member that goes its own course from a state on."""
    own_w = np.rint(outlook.own_w).astype(np.int64)
    return Member(device, outlook, device.simulated(outlook, state, own_w))


@dataclass(frozen=True, slots=True, eq=False)
class Site:
    """The devices behind one connection; a value, every step gives the next one.

    Attributes:
        site_id: name of the site.
        members: name to device with its own course.
        wishes: what the owner said.
        overrides_allowed: the owner may take back control during an order.
        restored_by_minute: local minute of the day by which all is to be given back.
        managers: name to manager of those that were asked or give back.
        off: name to how its state differs from its own course, where it goes its own way but does
            so from elsewhere.
        shared_to: orders are shared out up to this ISP, itself excluded.
    """

    site_id: str
    members: Mapping[str, Member]
    wishes: Wishes = field(default_factory=Wishes)
    overrides_allowed: bool = True
    restored_by_minute: int = 0
    managers: Mapping[str, Manager] = field(default_factory=dict)
    off: Mapping[str, State] = field(default_factory=dict)
    shared_to: int = 0

    def off_now(self) -> dict[str, State]:
        """Return by how much each device that is not on its own course is off it."""
        found = dict(self.off)
        for name, manager in self.managers.items():
            found[name] = _off(self.members[name], manager)
        return found


def held_w(site: Site, first_isp: int, end_isp: int, sign: int, isps: int) -> IntArray:
    """Return what a site could hold from each ISP on: the sum over its devices, shape (n,) [W].

    Args:
        site: the site; its devices are as far off their own course as they are now.
        first_isp: first ISP (UTC index), of any recorded day.
        end_isp: the ISP after the last.
        sign: +1 for more consumption or less generation, -1 for less consumption.
        isps: for how many ISPs on end.
    """
    total = np.zeros(end_isp - first_isp, dtype=np.int64)
    off = site.off_now()
    for name, one in site.members.items():
        first, end = max(first_isp, one.first_isp), min(end_isp, one.end_isp)
        if first < end:
            start, stop = first - one.first_isp, end - one.first_isp
            state = _moved(one.own.state(start), off.get(name))
            held = one.device.held_w(one.outlook.part(start, stop), state, sign, isps)
            total[first - first_isp : end - first_isp] += held
    return total


def lived(
    site: Site,
    first_isp: int,
    end_isp: int,
    wanted_w: Mapping[int, int],
    overridden: Collection[int] = (),
) -> tuple[Site, IntArray]:
    """Let a site live a stretch of time; it goes on from where it was.

    Args:
        site: the site before `first_isp`.
        first_isp: first ISP (UTC index).
        end_isp: the ISP after the last.
        wanted_w: ISP to the change wanted in it [W]; may reach beyond the stretch.
        overridden: ISPs in which the owner takes back control.

    Returns:
        The site before `end_isp`, and its change against its own course, shape (n,) [W].

    Raises:
        ParameterError: an override by an owner who is allowed none.
    """
    if overridden and not site.overrides_allowed:
        raise ParameterError(site.site_id, "overrides_allowed", False, "True to override")
    change = np.zeros(end_isp - first_isp, dtype=np.int64)
    now = first_isp
    while now < end_isp:
        site = _rolled_over(site, now)
        order = order_at(now, wanted_w) if now >= site.shared_to else None
        if order is not None:
            site = _ordered(site, order)
        if now in overridden:
            site = _taken_back(site, now)
        stop = min(_events(site, now, wanted_w, overridden), default=end_isp)
        stop = min(stop, end_isp)
        site = _followed(site, now, stop, change[now - first_isp : stop - first_isp])
        now = stop
    return site, change


def _events(
    site: Site, now: int, wanted_w: Mapping[int, int], overridden: Collection[int]
) -> Iterator[int]:
    """Yield the ISPs after `now` in which something may change."""
    yield from (isp for isp in overridden if isp > now)
    first = max(now + 1, site.shared_to)
    yield from (isp for isp, power in wanted_w.items() if power and isp >= first)
    yield from (_end_isp(manager) for manager in site.managers.values())


def _end_isp(manager: Manager) -> int:
    return manager.outlook.first_isp + manager.outlook.isps


def _now_isp(manager: Manager) -> int:
    return manager.outlook.first_isp + manager.now


def _off(one: Member, manager: Manager) -> State:
    own = one.own.state(_now_isp(manager) - one.first_isp)
    return tuple(is_ - was for is_, was in zip(manager.state, own, strict=True))


def _astray(one: Member, off: State | None) -> bool:
    """Tell whether a device is so far off its own course that it has to go back to it."""
    if off is None:
        return False
    return any(abs(by) > step for by, step in zip(off, one.device.rest_step, strict=True))


def _moved(state: State, off: State | None) -> State:
    if off is None:
        return state
    return tuple(own + more for own, more in zip(state, off, strict=True))


def _begun(site: Site, name: str, now: int, until: int) -> Manager:
    """Return a manager for a member from now, or from its arrival, to the end of its horizon."""
    one = site.members[name]
    start = max(now, one.first_isp) - one.first_isp
    end = min(_restored_by(site, one.outlook.clock, until), one.end_isp)
    stop = end - one.first_isp
    own = one.own.part(one.outlook, start, stop)
    state = _moved(own.state(0), site.off_now().get(name))
    return begin(one.device, one.outlook.part(start, stop), state, site.wishes, own)


def _restored_by(site: Site, clock: Clock, isp: int) -> int:
    """Return the first ISP from `isp` on that begins when all is to be given back."""
    while clock.local_minutes(isp) % MINUTES_PER_DAY != site.restored_by_minute:
        isp += 1
    return isp


def _ordered(site: Site, order: Order) -> Site:
    """Share an order among the devices that are there in it."""
    there = [
        name
        for name, one in site.members.items()
        if one.first_isp < order.end_isp and order.first_isp < one.end_isp
    ]
    free = {name: _begun(site, name, order.first_isp, order.end_isp) for name in there}
    devices = {name: site.members[name].device for name in there}
    taken = shared(cheapest_first(free, devices, order), order)
    off = site.off_now()
    managers = {
        name: one
        for name, one in taken.items()
        if (one.power_w != one.baseline_w).any() or _astray(site.members[name], off.get(name))
    }
    asleep = {name: by for name, by in off.items() if name not in managers}
    return replace(site, managers=managers, off=asleep, shared_to=order.end_isp)


def _taken_back(site: Site, now: int) -> Site:
    """End all promises of the order that is running."""
    managers = dict(site.managers)
    for name, manager in site.managers.items():
        first = max(now, _now_isp(manager))
        until = min(site.shared_to, _end_isp(manager))
        if first < until and not manager.overridden[first - manager.outlook.first_isp]:
            seconds = manager.outlook.isp_seconds
            record = OwnerOverride(manager.device.asset_id, first * seconds, until * seconds)
            managers[name] = hear(manager, record)
    return replace(site, managers=managers)


def _followed(site: Site, now: int, stop: int, change: IntArray) -> Site:
    """Let the devices do as they are told; adds what they change to `change`."""
    managers = dict(site.managers)
    for name, manager in site.managers.items():
        first, end = max(now, _now_isp(manager)), min(stop, _end_isp(manager))
        if first >= end:
            continue
        origin = manager.outlook.first_isp
        done = followed(manager, end - origin)
        part = slice(first - origin, end - origin)
        moved = done.metered_w[part].astype(np.int64) - done.baseline_w[part]
        change[first - now : end - now] += moved
        managers[name] = done
    return replace(site, managers=managers)


def _rolled_over(site: Site, now: int) -> Site:
    """Where a horizon is over: begin another, or go the own way if all has been given back."""
    over = {name for name, manager in site.managers.items() if _end_isp(manager) <= now}
    if not over:
        return site
    managers = {name: one for name, one in site.managers.items() if name not in over}
    off = {name: by for name, by in site.off_now().items() if name not in managers}
    for name in over:
        one = site.members[name]
        if now < one.end_isp and _astray(one, off[name]):
            managers[name] = _begun(site, name, now, now + 1)
        if name in managers or now >= one.end_isp:
            del off[name]
    return replace(site, managers=managers, off=off)
