"""Columns of a meter CSV as arrays: times, numbers, and why a row cannot be used.

Everything is exact: numbers are decimals of at most nine places, and are rounded half to even to
whole W once.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from backend.kernel.bulk.meter_mapping import Mapping
from backend.kernel.calendar import local_starts
from backend.kernel.columns import Flags, Integers
from backend.kernel.exact import divide_half_even
from settlement.clock import MINUTES_PER_DAY, Clock
from settlement.meter import MISSING_W
from settlement.units import POWER_W_MAX

_PLACES = 9
_NUMBER = r"^(?P<sign>[+-]?)(?P<whole>\d{1,9})(?:\.(?P<part>\d{0,9}))?$"
_TAIL = r"[T ](?P<hour>\d{2}):(?P<minute>\d{2})(?::(?P<second>\d{2}))?(?P<zone>Z|[+-]\d{2}:\d{2})?$"
_YEAR_FIRST = r"^(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})" + _TAIL
_DAY_FIRST = r"^(?P<day>\d{2})\.(?P<month>\d{2})\.(?P<year>\d{4})" + _TAIL

Texts = NDArray[np.object_]


@dataclass(frozen=True, slots=True, eq=False)
class Times:
    """Starts of rows.

    Attributes:
        isp: UTC index; of the first of both for a local start in a doubled hour.
        doubled: whether the local start stands for two ISPs.
        reason: why a row has no time, "" if it has.
    """

    isp: Integers
    doubled: Flags
    reason: Texts


def parse_times(texts: Sequence[str], mapping: Mapping, clock: Clock) -> Times:
    """Read starts of ISPs.

    Args:
        texts: one per row.
        mapping: how they are written.
        clock: ISP length, and local time if the starts are local.
    """
    pattern = _DAY_FIRST if mapping.day_first else _YEAR_FIRST
    fields = pc.extract_regex(pc.utf8_trim_whitespace(pa.array(texts, pa.string())), pattern)
    reason = np.full(len(texts), "", object)
    good = np.asarray(fields.is_valid())
    reason[~good] = "the start is not a time of the stated form"
    year, month, day, hour, minute, second = (
        _integers(fields, name) for name in ("year", "month", "day", "hour", "minute", "second")
    )
    plausible = (month >= 1) & (month <= 12) & (hour < 24) & (minute < 60) & (year >= 1970)
    first = (year - 1970) * 12 + np.where(plausible, month - 1, 0)
    months = first.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    following = (first + 1).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    plausible &= (day >= 1) & (day <= following - months)
    reason[good & ~plausible] = "the start is not a time of the calendar"
    minutes = (months + day - 1) * MINUTES_PER_DAY + hour * 60 + minute
    zone = np.asarray(pc.struct_field(fields, "zone").fill_null("").to_pylist(), object)
    _refuse(reason, (zone != "") == mapping.local, _ZONE_WANTED[mapping.local])
    _refuse(reason, (minutes % clock.isp_minutes != 0) | (second != 0), "the start is in an ISP")
    if mapping.local:
        return _local_times(minutes // clock.isp_minutes, clock, reason)
    minutes = minutes - _offset_minutes(zone)
    _refuse(reason, minutes % clock.isp_minutes != 0, "the start is in an ISP")
    return Times(minutes // clock.isp_minutes, np.zeros(len(minutes), bool), reason)


_ZONE_WANTED = {
    True: "the start has a zone, but local time was stated",
    False: "the start has no zone; Z or an offset is needed",
}


def _refuse(reason: Texts, flags: Flags, text: str) -> None:
    reason[flags & (reason == "")] = text


def _integers(fields: pa.StructArray, name: str) -> Integers:
    texts = pc.struct_field(fields, name).fill_null("")
    digits = pc.if_else(pc.equal(texts, ""), "0", texts)
    values: Integers = digits.cast(pa.int64()).to_numpy(zero_copy_only=False)
    return values


def _offset_minutes(zones: Texts) -> Integers:
    known = {
        zone: 0
        if zone in ("", "Z")
        else (-1 if zone[0] == "-" else 1) * (int(zone[1:3]) * 60 + int(zone[4:]))
        for zone in set(zones)
    }
    return np.array([known[zone] for zone in zones], np.int64)


def _local_times(starts: Integers, clock: Clock, reason: Texts) -> Times:
    """Turn local starts, in ISPs, into UTC: both offsets are tried."""
    summer_isps = 60 // clock.isp_minutes
    winter = starts - clock.utc_offset_minutes // clock.isp_minutes
    as_winter = local_starts(clock, winter) == starts
    as_summer = local_starts(clock, winter - summer_isps) == starts
    _refuse(reason, ~(as_winter | as_summer), "the clock was put forward over the start")
    return Times(np.where(as_summer, winter - summer_isps, winter), as_winter & as_summer, reason)


def parse_values(
    columns: Sequence[Sequence[str]], mapping: Mapping, isp_minutes: int
) -> tuple[Integers, Texts]:
    """Read values as W, and why a row has none that can be used.

    Args:
        columns: of consumption, and of feed-in if it is mapped.
        mapping: unit and decimal sign.
        isp_minutes: ISP length.

    Returns:
        W rounded half to even, -2^31 for an empty value or one out of range; and reasons, "" for
        rows that are good. A value out of range has a reason though it counts as missing.
    """
    scaled, missing, reason = _scaled(columns[0], mapping)
    if len(columns) > 1:
        export, export_missing, export_reason = _scaled(columns[1], mapping)
        scaled, missing = scaled - export, missing | export_missing
        reason = np.where(reason == "", export_reason, reason)
    factor = mapping.unit.w_factor(isp_minutes)
    # Values this small keep the product within int64; larger ones are out of range for sure.
    fits = np.abs(scaled) <= (POWER_W_MAX + 1) * 10**_PLACES // factor
    value_w = divide_half_even(np.where(fits, scaled, 0) * factor, 10**_PLACES)
    fits &= np.abs(value_w) <= POWER_W_MAX
    _refuse(reason, ~fits, "the power is out of the range that can be recorded")
    return np.where(missing | (reason != ""), MISSING_W, value_w), reason


def _scaled(texts: Sequence[str], mapping: Mapping) -> tuple[Integers, Flags, Texts]:
    """Read decimals, times 10^9."""
    trimmed = pc.utf8_trim_whitespace(pa.array(texts, pa.string()))
    if mapping.decimal_comma:
        trimmed = pc.replace_substring(trimmed, ",", ".")
    missing = np.asarray(pc.equal(trimmed, ""))
    fields = pc.extract_regex(trimmed, _NUMBER)
    reason = np.full(len(texts), "", object)
    reason[~np.asarray(fields.is_valid()) & ~missing] = "the value is not a decimal number"
    part = pc.utf8_rpad(pc.struct_field(fields, "part").fill_null(""), _PLACES, "0")
    whole = _integers(fields, "whole") * 10**_PLACES + part.cast(pa.int64()).to_numpy(
        zero_copy_only=False
    )
    negative = np.asarray(pc.equal(pc.struct_field(fields, "sign").fill_null(""), "-"))
    return np.where(negative, -whole, whole), missing, reason
