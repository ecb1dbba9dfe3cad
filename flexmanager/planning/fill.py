"""Charging in the cheapest ISPs: exact for any number of vehicles that do not feed back.

With one price for all, the ISPs are sorted once. Each vehicle takes what it can in the cheapest,
then in the next, until it has what it needs; where the price is negative, until it is full. That is
the optimum of its linear program, because nothing but the sum of the energies matters to it.
"""

from dataclasses import dataclass

import numpy as np

from flexmanager.errors import ParameterError
from flexmanager.rounding import FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Charging:
    """Vehicles that share a price over n ISPs.

    Attributes:
        price_eur_per_mwh: price of a MWh in the vehicle, shape (n,) [EUR/MWh].
        most_wh: most energy per ISP, 0 while the vehicle is away, shape (n, vehicles) [Wh].
        need_wh: energy to charge in all, shape (vehicles,) [Wh].
        room_wh: most energy that the vehicle can take, shape (vehicles,) [Wh].
        soon_wh: part of the need that is charged at once, whatever it costs, shape (vehicles,)
            [Wh]: up to the owner's minimum.
    """

    price_eur_per_mwh: FloatArray
    most_wh: FloatArray
    need_wh: FloatArray
    room_wh: FloatArray
    soon_wh: FloatArray

    def __post_init__(self) -> None:
        """Refuse shapes that do not fit and needs beyond the room."""
        isps, vehicles = self.most_wh.shape
        if self.price_eur_per_mwh.shape != (isps,):
            found = self.price_eur_per_mwh.shape
            raise ParameterError("charging", "price_eur_per_mwh", found, f"shape ({isps},)")
        for field in ("need_wh", "room_wh", "soon_wh"):
            found = getattr(self, field).shape
            if found != (vehicles,):
                raise ParameterError("charging", field, found, f"shape ({vehicles},)")
        ordered = (self.soon_wh >= 0) & (self.soon_wh <= self.need_wh)
        wrong = np.flatnonzero(~(ordered & (self.need_wh <= self.room_wh)))
        if len(wrong):
            at = int(wrong[0])
            found = (self.soon_wh[at], self.need_wh[at], self.room_wh[at])
            raise ParameterError(f"vehicle {at}", "energies", found, "0 <= soon <= need <= room")


def charge_cheapest(charging: Charging) -> tuple[FloatArray, FloatArray]:
    """Return the charging of least cost and what of the need cannot be reached.

    Returns:
        Energy per ISP, shape (n, vehicles), and the shortfall, shape (vehicles,) [Wh].
    """
    if charging.soon_wh.any():
        first = at_once(charging.most_wh, charging.soon_wh)
        most_wh = charging.most_wh - first
        need_wh = charging.need_wh - charging.soon_wh
        room_wh = charging.room_wh - charging.soon_wh
    else:
        first, most_wh = None, charging.most_wh
        need_wh, room_wh = charging.need_wh, charging.room_wh
    order = np.argsort(charging.price_eur_per_mwh, kind="stable")
    earning = int((charging.price_eur_per_mwh < 0).sum())
    sorted_wh = most_wh[order]
    before_wh = np.cumsum(sorted_wh, axis=0)
    before_wh -= sorted_wh
    np.subtract(room_wh, before_wh[:earning], out=before_wh[:earning])
    np.subtract(need_wh, before_wh[earning:], out=before_wh[earning:])
    np.clip(before_wh, 0.0, sorted_wh, out=sorted_wh)
    charged = np.empty_like(sorted_wh)
    charged[order] = sorted_wh
    if first is not None:
        charged += first
    return charged, np.maximum(charging.need_wh - charged.sum(axis=0), 0.0)


def at_once(most_wh: FloatArray, limit_wh: FloatArray) -> FloatArray:
    """Take from the front until the sum reaches the limit."""
    before_wh = np.cumsum(most_wh, axis=0) - most_wh
    taken: FloatArray = np.clip(limit_wh - before_wh, 0.0, most_wh)
    return taken
