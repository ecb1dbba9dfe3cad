"""What a local manager makes of each record that reaches it."""

from dataclasses import replace

import numpy as np

from flexmanager.errors import ParameterError
from flexmanager.local.device import State
from flexmanager.local.finding import Cause, Finding
from flexmanager.local.manager import Manager, planned_again
from flexmanager.local.telemetry import (
    Departed,
    MeterReading,
    OwnerOverride,
    Record,
    StateReading,
)
from flexmanager.local.vehicle import ParkedVehicle


def hear(manager: Manager, record: Record) -> Manager:
    """Take in a record; where it changes what can be expected, plan again at once.

    Raises:
        ParameterError: the record is of another asset.
    """
    if record.asset_id != manager.device.asset_id:
        raise ParameterError("record", "asset_id", record.asset_id, manager.device.asset_id)
    if isinstance(record, MeterReading):
        return _metered(manager, record)
    if isinstance(record, StateReading):
        return _corrected(manager, record)
    if isinstance(record, OwnerOverride):
        return _overridden(manager, record)
    return _departed(manager, record)


def _offset(manager: Manager, utc_s: int) -> int:
    """Return the offset of the ISP that holds an instant; it may lie outside the horizon."""
    return utc_s // manager.outlook.isp_seconds - manager.outlook.first_isp


def _noted(manager: Manager, cause: Cause, text: str) -> Manager:
    isp = manager.outlook.first_isp + manager.now
    return replace(manager, findings=(*manager.findings, Finding(isp, cause, text)))


def _metered(manager: Manager, record: MeterReading) -> Manager:
    offset = _offset(manager, record.utc_s)
    if not 0 <= offset < manager.outlook.isps:
        return _noted(manager, Cause.STALE, f"a reading of second {record.utc_s} is not of today")
    metered = manager.metered_w.copy()
    metered[offset] = record.power_w
    heard = replace(manager, metered_w=metered)
    if offset < manager.now:
        return _noted(heard, Cause.STALE, f"the reading of ISP {offset + 1} came after its end")
    return heard


def _corrected(manager: Manager, record: StateReading) -> Manager:
    """Believe a fresh measurement, and plan again if it matters."""
    if _offset(manager, record.utc_s) != manager.now:
        return _noted(manager, Cause.STALE, f"a state of second {record.utc_s} is out of date")
    if len(record.state) != len(manager.state):
        found, expected = record.state, f"{len(manager.state)} numbers"
        raise ParameterError(record.asset_id, "state", found, expected)
    pairs = zip(record.state, manager.state, strict=True)
    state = tuple(old if np.isnan(new) else new for new, old in pairs)
    steps = zip(state, manager.state, manager.device.state_step, strict=True)
    moved = any(abs(new - old) > step for new, old, step in steps)
    heard = replace(manager, state=state)
    if not moved:
        return heard
    text = f"measured {_written(state)}, expected {_written(manager.state)}"
    return planned_again(_noted(heard, Cause.DRIFT, text))


def _written(state: State) -> str:
    return " and ".join(f"{part:,.1f}" for part in state)


def _overridden(manager: Manager, record: OwnerOverride) -> Manager:
    begins, ends = _offset(manager, record.utc_s), _offset(manager, record.until_utc_s - 1) + 1
    overridden = manager.overridden.copy()
    overridden[max(begins, manager.now) : max(ends, manager.now)] = True
    heard = replace(manager, overridden=overridden)
    return planned_again(_noted(heard, Cause.OVERRIDE, "the owner took back control"))


def _departed(manager: Manager, record: Departed) -> Manager:
    """Let a vehicle go; one that leaves as stated is nothing to note."""
    device = manager.device
    if not isinstance(device, ParkedVehicle):
        expected = "a record of a vehicle"
        raise ParameterError(record.asset_id, "record", type(record).__name__, expected)
    stated_s = device.stay.departure_utc_s
    if record.utc_s >= stated_s:
        return manager
    left = replace(device.stay, departure_utc_s=max(record.utc_s, device.stay.plug_in_utc_s + 1))
    gone = replace(manager, device=replace(device, stay=left))
    minutes = (stated_s - record.utc_s) // 60
    text = f"the vehicle left {minutes} minutes before its stated departure"
    missing_wh = device.stay.needed_wh - manager.state[0]
    if missing_wh >= 1:
        text += f", with {missing_wh:,.0f} Wh less than it needed by then"
    return planned_again(_noted(gone, Cause.LEFT, text))
