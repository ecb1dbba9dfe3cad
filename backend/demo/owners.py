"""The owners of the demonstration: what each allows and asks. Assumed, the same in every run."""

import hashlib
from dataclasses import dataclass

from backend.district import AssetKind, District
from flexmanager.local.wishes import Wishes
from settlement.units import AMOUNT_PER_EUR, BASIS_POINTS

_SHARES = 100
SUNDAY = 6
_MILLI = 1_000


@dataclass(frozen=True, slots=True)
class Preferences:
    """What an owner wishes, and allows with the devices of a site.

    Attributes:
        wishes: when nothing is offered, and the least price of an offer.
        overrides_allowed: the owner may take back control during an activation.
        refuses_evening: no reduction of consumption is agreed.
        refuses_midday: no increase of consumption or curtailment is agreed.
        reserve_share: share of a battery's capacity that stays in it.
        curtailment_share_max: share of the generation that may be curtailed.
        fall_k: how much colder it may get in the building [K].
    """

    wishes: Wishes
    overrides_allowed: bool = True
    refuses_evening: bool = False
    refuses_midday: bool = False
    reserve_share: float = 0.1
    curtailment_share_max: float = 1.0
    fall_k: float = 1.0

    @property
    def volume_rate_min(self) -> int:
        """Least remuneration asked [1e-4 EUR per MWh]."""
        return round(self.wishes.eur_per_mwh_min * AMOUNT_PER_EUR)

    def document(self) -> dict[str, int | str | list[int]]:
        """Return the preferences in whole numbers, as they are registered."""
        return {
            "weekdays_off": sorted(self.wishes.weekdays_off),
            "volume_rate_min": self.volume_rate_min,
            "overrides_allowed": int(self.overrides_allowed),
            "refuses_evening": int(self.refuses_evening),
            "refuses_midday": int(self.refuses_midday),
            "reserve_share_bp": round(self.reserve_share * BASIS_POINTS),
            "curtailment_share_max_bp": round(self.curtailment_share_max * BASIS_POINTS),
            "fall_millikelvin": round(self.fall_k * _MILLI),
        }


def preferences_of(district: District, site_id: str) -> Preferences:
    """Return an owner's preferences.

    Some refuse a direction for good, some ask for more than a template pays, businesses keep their
    Sundays, and every owner keeps a reserve in the battery.
    """
    kinds = {asset.kind for asset in district.assets_of(site_id)}
    return Preferences(
        Wishes(
            weekdays_off=frozenset({SUNDAY} if AssetKind.BUSINESS in kinds else ()),
            eur_per_mwh_min=_eur_per_mwh_asked(site_id),
        ),
        overrides_allowed=True,
        refuses_evening=_draw(site_id, "evening") < 10,
        refuses_midday=_draw(site_id, "midday") < 6,
        reserve_share=0.1 + 0.1 * (_draw(site_id, "reserve") % 3),
        curtailment_share_max=0.7 if _draw(site_id, "curtailment") < 40 else 1.0,
        fall_k=0.5 if _draw(site_id, "comfort") < 30 else 1.0,
    )


def overrides(site_id: str, first_isp: int, isps: int) -> int | None:
    """Tell whether an owner takes back control during an activation, and from which ISP on."""
    if _draw(site_id, f"override/{first_isp}") >= 4:
        return None
    return first_isp + isps // 3


def _draw(site_id: str, question: str) -> int:
    """Return a number from 0 to 99 that depends on the site and the question alone."""
    digest = hashlib.sha256(f"{site_id}/{question}".encode()).digest()
    return int.from_bytes(digest[:4], "big") % _SHARES


def _eur_per_mwh_asked(site_id: str) -> float:
    draw = _draw(site_id, "rate")
    if draw < 60:
        return 0.0
    return 100.0 if draw < 85 else 200.0
