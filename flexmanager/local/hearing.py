"""What a local manager makes of each record that reaches it.

A record that changes what can be expected leads to a new plan at once, within the running ISP. The
mean power of that ISP then is what it was told before, and what it is told now, by their times.
"""

from dataclasses import replace
from math import floor, isnan

import numpy as np

from flexmanager.errors import ParameterError
from flexmanager.local.device import State, nothing_wanted
from flexmanager.local.finding import Cause, Finding, judge
from flexmanager.local.manager import Manager, planned_again, promised
from flexmanager.local.telemetry import (
    Departed,
    MeterReading,
    MomentaryPower,
    OwnerOverride,
    OwnerWish,
    Record,
    StateReading,
    StillThere,
    TakesNoMore,
    check_state,
)
from flexmanager.local.vehicle import ParkedVehicle
from flexmanager.local.wishes import understood


def hear(manager: Manager, record: Record) -> Manager:
    """Take in a record; where it changes what can be expected, plan again at once.

    When the horizon is over nothing but late readings is taken in.

    Raises:
        ParameterError: the record is of another asset, does not fit the device, or is a sentence
            that is not understood.
    """
    if record.asset_id != manager.device.asset_id:
        raise ParameterError("record", "asset_id", record.asset_id, manager.device.asset_id)
    if isinstance(record, MeterReading):
        return _metered(manager, record)
    if manager.finished:
        return _noted(manager, Cause.STALE, f"a record of {_when(manager, record)} came too late")
    if isinstance(record, MomentaryPower):
        return _seen(manager, record)
    if isinstance(record, StateReading):
        return _corrected(manager, record)
    if isinstance(record, OwnerOverride):
        return _overridden(manager, record)
    if isinstance(record, OwnerWish):
        return _wished(manager, record)
    if isinstance(record, Departed):
        return _departed(manager, record)
    return _stayed(manager, record) if isinstance(record, StillThere) else _full(manager, record)


def _offset(manager: Manager, utc_s: int) -> int:
    """Return the offset of the ISP that holds an instant; it may lie outside the horizon."""
    return utc_s // manager.outlook.isp_seconds - manager.outlook.first_isp


def _when(manager: Manager, record: Record) -> str:
    """Return the local time of the ISP that a record is about."""
    return manager.outlook.clock.describe(record.utc_s // manager.outlook.isp_seconds)


def _past_share(manager: Manager, utc_s: int) -> float:
    """Return which part of the running ISP is over at an instant, 0 for an instant outside it."""
    if _offset(manager, utc_s) != manager.now:
        return 0.0
    return utc_s % manager.outlook.isp_seconds / manager.outlook.isp_seconds


def _noted(manager: Manager, cause: Cause, text: str) -> Manager:
    return replace(manager, findings=(*manager.findings, Finding(manager.now_isp, cause, text)))


def _changed_within(manager: Manager, utc_s: int, power_w: float) -> Manager:
    """Expect another power from an instant of the running ISP to its end."""
    expected = manager.set_point_w if isnan(manager.running_w) else manager.running_w
    rest = 1.0 - _past_share(manager, utc_s)
    return replace(manager, running_w=expected + rest * (power_w - manager.set_point_w))


def _planned_within(manager: Manager, utc_s: int) -> Manager:
    """Plan again at an instant of the running ISP."""
    again = planned_again(manager)
    if again.set_point_w == manager.set_point_w:
        return again
    mixed = _changed_within(manager, utc_s, again.set_point_w)
    return replace(again, running_w=mixed.running_w)


def _state_at(manager: Manager, utc_s: int) -> State:
    """Return the state expected at an instant of the running ISP, on a straight line."""
    running = manager.outlook.part(manager.now, manager.now + 1)
    told = np.array([manager.expected_now_w], dtype=np.int64)
    after = manager.granted.simulated(running, manager.state, told).state(1)
    share = _past_share(manager, utc_s)
    pairs = zip(manager.state, after, strict=True)
    return tuple(old + share * (new - old) for old, new in pairs)


def _metered(manager: Manager, record: MeterReading) -> Manager:
    offset, told = _offset(manager, record.utc_s), _when(manager, record)
    if not 0 <= offset < manager.outlook.isps:
        return _noted(manager, Cause.STALE, f"a reading of {told} is not of today")
    metered = manager.metered_w.copy()
    metered[offset] = record.power_w
    heard = replace(manager, metered_w=metered)
    if offset < manager.now:
        return _noted(heard, Cause.STALE, f"the reading of {told} came after its ISP")
    return heard


def _seen(manager: Manager, record: MomentaryPower) -> Manager:
    """Notice within the ISP that a device does not follow, and expect that it goes on so."""
    if _offset(manager, record.utc_s) != manager.now:
        return _noted(manager, Cause.STALE, f"a power of {_when(manager, record)} is out of date")
    finding = judge(
        manager.now_isp,
        planned_w=manager.set_point_w,
        metered_w=record.power_w,
        overridden=bool(manager.overridden[manager.now]),
        silent_isps=0,
    )
    if finding is None:
        return manager
    straying = _changed_within(manager, record.utc_s, record.power_w)
    return replace(straying, findings=(*manager.findings, finding))


def _corrected(manager: Manager, record: StateReading) -> Manager:
    """Believe a fresh measurement, and plan again if it matters."""
    if _offset(manager, record.utc_s) != manager.now:
        return _noted(manager, Cause.STALE, f"a state of {_when(manager, record)} is out of date")
    check_state(record.asset_id, record.state, len(manager.state), known=False)
    thought = _state_at(manager, record.utc_s)
    pairs = zip(record.state, thought, strict=True)
    off = tuple(0.0 if isnan(new) else new - old for new, old in pairs)
    moved = zip(off, manager.device.state_step, strict=True)
    state = tuple(old + more for old, more in zip(manager.state, off, strict=True))
    heard = replace(manager, state=state)
    if not any(abs(more) > step for more, step in moved):
        return heard
    text = f"measured {_written(record.state)}, expected {_written(thought)}"
    return _planned_within(_noted(heard, Cause.DRIFT, text), record.utc_s)


def _written(state: State) -> str:
    return " and ".join("unknown" if isnan(part) else f"{part:,.1f}" for part in state)


def _overridden(manager: Manager, record: OwnerOverride) -> Manager:
    begins, ends = _offset(manager, record.utc_s), _offset(manager, record.until_utc_s - 1) + 1
    overridden = manager.overridden.copy()
    overridden[max(begins, manager.now) : max(ends, manager.now)] = True
    heard = replace(manager, overridden=overridden)
    noted = _noted(heard, Cause.OVERRIDE, "the owner took back control")
    return _planned_within(noted, record.utc_s)


def _wished(manager: Manager, record: OwnerWish) -> Manager:
    """Plan at once by what the owner says; what was promised before stays promised."""
    today = manager.outlook.clock.local_day(record.utc_s // manager.outlook.isp_seconds)
    wishes = understood(manager.wishes, record.sentence, today)
    return _planned_within(replace(manager, wishes=wishes), record.utc_s)


def _vehicle(manager: Manager, record: Record) -> ParkedVehicle:
    if isinstance(manager.device, ParkedVehicle):
        return manager.device
    expected = "a record of a vehicle"
    raise ParameterError(record.asset_id, "record", type(record).__name__, expected)


def _departed(manager: Manager, record: Departed) -> Manager:
    """Let a vehicle go; one that leaves as stated, or stated nothing, is nothing to note."""
    device = _vehicle(manager, record)
    stay = device.stay
    if record.utc_s >= stay.departure_utc_s:
        return manager
    if not device.open_end:
        minutes = (stay.departure_utc_s - record.utc_s) // 60
        text = f"the vehicle left {minutes} minutes before its stated departure"
        missing_wh = stay.needed_wh - _state_at(manager, record.utc_s)[0]
        if missing_wh >= 1:
            text += f", with {missing_wh:,.0f} Wh less than it needed by then"
        manager = _noted(manager, Cause.LEFT, text)
    # From the beginning of the ISP it is planned without; what it was told so far counts.
    running_s = manager.now_isp * manager.outlook.isp_seconds
    arrived_s = min(stay.plug_in_utc_s, running_s - 1)
    left = replace(stay, plug_in_utc_s=arrived_s, departure_utc_s=running_s)
    gone = replace(manager, device=replace(device, stay=left))
    return _rebased(gone, record.utc_s)


def _stayed(manager: Manager, record: StillThere) -> Manager:
    """Charge what is still missing at once, as the vehicle may leave any time."""
    device = _vehicle(manager, record)
    if record.utc_s < device.stay.departure_utc_s:
        return manager
    outlook = manager.outlook
    done_wh = manager.set_point_w * outlook.isp_hours * device.vehicle.charge_efficiency
    missing_wh = device.stay.needed_wh - manager.state[0] - done_wh
    if missing_wh < 1 or _offset(manager, record.utc_s) != manager.now:
        return manager
    end_s = (outlook.first_isp + outlook.isps) * outlook.isp_seconds
    stay = replace(device.stay, departure_utc_s=end_s)
    there = replace(manager, device=replace(device, stay=stay, open_end=True, due_utc_s=None))
    text = f"the vehicle is still there and needs {missing_wh:,.0f} Wh"
    again = _rebased(_noted(there, Cause.STAYED, text), record.utc_s)
    # What was planned until the stated departure stays; what is planned now comes on top of it.
    rest = 1.0 - _past_share(manager, record.utc_s)
    baseline = again.baseline_w.copy()
    baseline[manager.now] += round(rest * int(manager.baseline_w[manager.now]))
    running_w = manager.set_point_w + rest * again.set_point_w
    return replace(again, baseline_w=baseline, running_w=running_w)


def _full(manager: Manager, record: TakesNoMore) -> Manager:
    """Believe a vehicle that its battery is full, whatever was asked for."""
    device = _vehicle(manager, record)
    if _offset(manager, record.utc_s) != manager.now:
        return _noted(manager, Cause.STALE, f"a state of {_when(manager, record)} is out of date")
    held_wh = max(floor(_state_at(manager, record.utc_s)[0]), 1)
    stay = device.stay
    text = f"the vehicle takes no more: it has {held_wh:,} of the {stay.needed_wh:,} Wh planned"
    vehicle = replace(device.vehicle, capacity_wh=held_wh)
    least = replace(
        stay, energy_wh=min(stay.energy_wh, held_wh), needed_wh=min(stay.needed_wh, held_wh)
    )
    changed = replace(device, vehicle=vehicle, stay=least)
    full = replace(manager, device=changed, state=(float(held_wh),))
    return _rebased(_noted(full, Cause.FULL, text), record.utc_s)


def _rebased(manager: Manager, utc_s: int) -> Manager:
    """Renew the baseline by what is known now: nobody is paid for what could not have been."""
    now, rest = manager.now, manager.outlook.part(manager.now)
    course = manager.granted.planned(rest, manager.state, nothing_wanted(rest.isps))
    baseline = manager.baseline_w.copy()
    past = _past_share(manager, utc_s) * int(baseline[now])
    baseline[now:] = course.power_w
    baseline[now] = round(past + (1.0 - _past_share(manager, utc_s)) * int(baseline[now]))
    known = replace(manager, baseline_w=baseline, end=course.state(-1))
    return _planned_within(promised(known), utc_s)
