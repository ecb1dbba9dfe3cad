"""How a site lives: it answers one series of wanted changes and goes on from where it was.

Nobody knows of an order before it begins, so nothing moves before its first ISP. Then it is shared:
each device in turn, the cheapest first, takes what it can hold throughout, and where that is not
enough, in the same turn what is still open in each ISP and takes nothing from another. So a site
keeps every promise that is the sum of its devices' promises. In the ISPs of an order nobody gives
back.

From an ISP in which the owner takes back control to the end of that order all promises end. The
devices then give back at once, which may point against the order: that is physics, not a fault.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

import numpy as np

from flexmanager.errors import ParameterError
from flexmanager.local.hearing import hear
from flexmanager.local.manager import Manager, begin, followed
from flexmanager.local.site import Site
from flexmanager.local.site_order import SiteOrder, cheapest_first, order_at, shared
from flexmanager.local.telemetry import OwnerOverride
from flexmanager.rounding import IntArray
from settlement.clock import MINUTES_PER_DAY, Clock


def lived(
    site: Site,
    first_isp: int,
    end_isp: int,
    wanted_w: Mapping[int, int],
    overridden: Collection[int] = (),
) -> tuple[Site, dict[str, IntArray]]:
    """Let a site live a stretch of time; it goes on from where it was.

    Args:
        site: the site before `first_isp`.
        first_isp: first ISP (UTC index).
        end_isp: the ISP after the last.
        wanted_w: ISP to the change wanted in it [W]; may reach beyond the stretch. An order that is
            running stays as it was when it began, whatever is wanted of its ISPs now.
        overridden: ISPs in which the owner takes back control.

    Returns:
        The site before `end_isp`, and how each device that moved changed its own course, by name,
        shape (n,) each [W].

    Raises:
        ParameterError: an override by an owner who is allowed none.
    """
    if overridden and not site.overrides_allowed:
        raise ParameterError(site.site_id, "overrides_allowed", False, "True to override")
    changes: dict[str, IntArray] = {}
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
        for name in site.managers:
            changes.setdefault(name, np.zeros(end_isp - first_isp, dtype=np.int64))
        part = slice(now - first_isp, stop - first_isp)
        site = _followed(site, now, stop, {name: one[part] for name, one in changes.items()})
        now = stop
    return site, changes


def _events(
    site: Site, now: int, wanted_w: Mapping[int, int], overridden: Collection[int]
) -> Iterator[int]:
    """Yield the ISPs after `now` in which something may change."""
    yield from (isp for isp in overridden if isp > now)
    first = max(now + 1, site.shared_to)
    yield from (isp for isp, power in wanted_w.items() if power and isp >= first)
    yield from (manager.outlook.end_isp for manager in site.managers.values())


def _begun(site: Site, name: str, now: int, until: int) -> Manager:
    """Return a manager for a device from now, or from its arrival, to the end of its horizon."""
    one = site.devices[name]
    start = max(now, one.first_isp) - one.first_isp
    end = min(_restored_by(site, one.outlook.clock, until), one.end_isp)
    stop = end - one.first_isp
    own = one.own.part(one.outlook, start, stop)
    state = one.state_off(one.first_isp + start, site.off_now().get(name))
    return begin(one.device, one.outlook.part(start, stop), state, site.wishes, own)


def _restored_by(site: Site, clock: Clock, isp: int) -> int:
    """Return the first ISP from `isp` on that begins when all is to be given back."""
    while clock.local_minutes(isp) % MINUTES_PER_DAY != site.restored_by_minute:
        isp += 1
    return isp


def _ordered(site: Site, order: SiteOrder) -> Site:
    """Share an order among the devices that are there in it."""
    there = [
        name
        for name, one in site.devices.items()
        if one.first_isp < order.end_isp and order.first_isp < one.end_isp
    ]
    free = {name: _begun(site, name, order.first_isp, order.end_isp) for name in there}
    devices = {name: site.devices[name].device for name in there}
    taken = shared(cheapest_first(free, devices, order), order)
    off = site.off_now()
    managers = {
        name: one
        for name, one in taken.items()
        if (one.power_w != one.baseline_w).any()
        or (name in off and site.devices[name].is_astray(off[name]))
    }
    asleep = {name: by for name, by in off.items() if name not in managers}
    return replace(site, managers=managers, off=asleep, shared_to=order.end_isp)


def _taken_back(site: Site, now: int) -> Site:
    """End all promises of the order that is running."""
    managers = dict(site.managers)
    for name, manager in site.managers.items():
        first = max(now, manager.now_isp)
        until = min(site.shared_to, manager.outlook.end_isp)
        if first < until and not manager.overridden[first - manager.outlook.first_isp]:
            seconds = manager.outlook.isp_seconds
            record = OwnerOverride(manager.device.asset_id, first * seconds, until * seconds)
            managers[name] = hear(manager, record)
    return replace(site, managers=managers)


def _followed(site: Site, now: int, stop: int, changes: Mapping[str, IntArray]) -> Site:
    """Let the devices do as they are told; writes what each changes into `changes`."""
    managers = dict(site.managers)
    for name, manager in site.managers.items():
        first, end = max(now, manager.now_isp), min(stop, manager.outlook.end_isp)
        if first >= end:
            continue
        origin = manager.outlook.first_isp
        done = followed(manager, end - origin)
        part = slice(first - origin, end - origin)
        moved = done.metered_w[part].astype(np.int64) - done.baseline_w[part]
        changes[name][first - now : end - now] = moved
        managers[name] = done
    return replace(site, managers=managers)


def _rolled_over(site: Site, now: int) -> Site:
    """Where a horizon is over: begin another, or go the own way if all has been given back."""
    over = {name for name, manager in site.managers.items() if manager.outlook.end_isp <= now}
    if not over:
        return site
    managers = {name: one for name, one in site.managers.items() if name not in over}
    off = {name: by for name, by in site.off_now().items() if name not in managers}
    for name in over:
        one = site.devices[name]
        if now < one.end_isp and one.is_astray(off[name]):
            managers[name] = _begun(site, name, now, now + 1)
        if name in managers or now >= one.end_isp:
            del off[name]
    return replace(site, managers=managers, off=off)
