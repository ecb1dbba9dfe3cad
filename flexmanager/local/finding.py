"""What a manager notices in an ISP, with its cause."""

from dataclasses import dataclass
from enum import StrEnum

TOLERANCE_W = 50
TOLERANCE_SHARE = 0.05
OFF_W = 20
"""Below this a device that should run is taken to be off."""


class Cause(StrEnum):
    """Why an ISP did not go as planned."""

    OVERRIDE = "override"
    LEFT = "left early"
    STAYED = "stayed longer"
    FULL = "takes no more"
    FAILURE = "failure"
    UNRULY = "does not follow"
    DRIFT = "state differs"
    MISSING = "no reading"
    STALE = "late or stale reading"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that went otherwise.

    Attributes:
        isp: UTC index of the ISP.
        cause: why.
        text: what happened, for people.
        off_w: metered less planned power, 0 where that is not known or not the point [W].
    """

    isp: int
    cause: Cause
    text: str
    off_w: int = 0


def judge(
    isp: int, *, planned_w: int, metered_w: int | None, overridden: bool, silent_isps: int
) -> Finding | None:
    """Compare an ISP with its plan; None if it went as planned.

    Args:
        isp: UTC index of the ISP.
        planned_w: what the device was told [W].
        metered_w: what it did [W], None if no reading came.
        overridden: the owner had control.
        silent_isps: ISPs on end before this one without a reading.
    """
    if metered_w is None:
        since = "" if silent_isps == 0 else f", {silent_isps + 1} ISPs on end"
        return Finding(isp, Cause.MISSING, f"no reading came{since}")
    off_w = metered_w - planned_w
    if abs(off_w) <= max(TOLERANCE_W, TOLERANCE_SHARE * abs(planned_w)):
        return None
    did = f"{metered_w:,} W instead of {planned_w:,} W"
    if overridden:
        return Finding(isp, Cause.OVERRIDE, f"{did} while the owner had control", off_w)
    if abs(metered_w) <= OFF_W:
        return Finding(isp, Cause.FAILURE, f"{did}: the device is off", off_w)
    return Finding(isp, Cause.UNRULY, did, off_w)
