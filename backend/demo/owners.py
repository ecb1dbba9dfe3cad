"""The owners of the demonstration: what each allows and asks. Assumed, the same in every run."""

import hashlib

from backend.district import AssetKind, District
from flexmanager.assets import Preferences

_SHARES = 100


def _draw(site_id: str, question: str) -> int:
    """Return a number from 0 to 99 that depends on the site and the question alone."""
    digest = hashlib.sha256(f"{site_id}/{question}".encode()).digest()
    return int.from_bytes(digest[:4], "big") % _SHARES


def preferences_of(district: District, site_id: str) -> Preferences:
    """Return an owner's preferences.

    Some refuse a direction for good, some ask for more than a template pays, businesses keep their
    Sundays, and every owner keeps a reserve in the battery.
    """
    kinds = {asset.kind for asset in district.assets_of(site_id)}
    return Preferences(
        overrides_allowed=True,
        refuses_evening=_draw(site_id, "evening") < 10,
        refuses_midday=_draw(site_id, "midday") < 6,
        excluded_weekdays=frozenset({6} if AssetKind.BUSINESS in kinds else ()),
        volume_rate_min=_rate_asked(site_id),
        battery_reserve_share=0.1 + 0.1 * (_draw(site_id, "reserve") % 3),
        heat_pump_off_minutes_max=60 if _draw(site_id, "comfort") < 30 else 120,
        heat_pump_shed_share_max=1.0,
        curtailment_share_max=0.7 if _draw(site_id, "curtailment") < 40 else 1.0,
    )


def _rate_asked(site_id: str) -> int:
    """Return the least volume rate an owner asks, in 1e-4 EUR per MWh."""
    draw = _draw(site_id, "rate")
    if draw < 60:
        return 0
    return 1_000_000 if draw < 85 else 2_000_000


def overrides(site_id: str, first_isp: int, isps: int) -> int | None:
    """Tell whether an owner takes back control during an activation, and from which ISP on."""
    if _draw(site_id, f"override/{first_isp}") >= 4:
        return None
    return first_isp + isps // 3
