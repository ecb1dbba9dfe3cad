"""The stretch of time that managers plan and respond over, with its recorded series."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from flexmanager.errors import HorizonError
from flexmanager.rounding import FloatArray, IntArray
from settlement.clock import ISP_MINUTES_ALLOWED

SECONDS_PER_MINUTE = 60
MINUTES_PER_HOUR = 60


def _check_frame(first_isp: int, isp_minutes: int) -> None:
    if isp_minutes not in ISP_MINUTES_ALLOWED:
        raise HorizonError("isp_minutes", isp_minutes, f"one of {sorted(ISP_MINUTES_ALLOWED)}")
    if not 0 <= first_isp < 2**32:
        raise HorizonError("first_isp", first_isp, "a UTC ISP index from 0 to 2^32 - 1")


def check_whole(what: str, values: IntArray, length: int) -> None:
    """Refuse a series of W that is not a one-dimensional integer array of `length`."""
    if values.ndim != 1 or len(values) != length:
        raise HorizonError(what, f"shape {values.shape}", f"shape ({length},)")
    if not np.issubdtype(values.dtype, np.signedinteger):
        raise HorizonError(what, f"values of type {values.dtype}", "signed whole W")


def _check_finite(what: str, values: FloatArray, length: int) -> None:
    if values.ndim != 1 or len(values) != length:
        raise HorizonError(what, f"shape {values.shape}", f"shape ({length},)")
    if not np.isfinite(values).all():
        first = int(np.flatnonzero(~np.isfinite(values))[0])
        raise HorizonError(f"{what}, ISP {first}", values[first], "a finite number")


@dataclass(frozen=True, slots=True, eq=False)
class Horizon:
    """One asset's stretch of n ISPs; all arrays have shape (n,).

    Attributes:
        first_isp: UTC ISP index of the first ISP: floor(UTC seconds / (60 x isp_minutes)).
        isp_minutes: length of an ISP [min].
        recorded_w: what the asset did or plans to do without any request [W, consumption positive].
        temperature_c: outdoor temperature [degC].
        price_eur_per_mwh: energy price [EUR/MWh], may be negative.
    """

    first_isp: int
    isp_minutes: int
    recorded_w: IntArray
    temperature_c: FloatArray
    price_eur_per_mwh: FloatArray

    def __post_init__(self) -> None:
        """Refuse series of different length and values that are not numbers."""
        _check_frame(self.first_isp, self.isp_minutes)
        check_whole("recorded_w", self.recorded_w, self.isps)
        _check_finite("temperature_c", self.temperature_c, self.isps)
        _check_finite("price_eur_per_mwh", self.price_eur_per_mwh, self.isps)

    @property
    def isps(self) -> int:
        """Number of ISPs."""
        return len(self.recorded_w)

    @property
    def isp_hours(self) -> float:
        """Length of an ISP [h]."""
        return self.isp_minutes / MINUTES_PER_HOUR

    @property
    def isp_seconds(self) -> int:
        """Length of an ISP [s]."""
        return self.isp_minutes * SECONDS_PER_MINUTE


@dataclass(frozen=True, slots=True, eq=False)
class SiteHorizon:
    """A site's stretch of n ISPs: the series of its assets over shared weather and prices.

    Attributes:
        first_isp: UTC ISP index of the first ISP.
        isp_minutes: length of an ISP [min].
        recorded_w: asset id to recorded series, shape (n,) [W, consumption positive]. An asset that
            is not named, such as a battery known by its nameplate, is taken to idle.
        temperature_c: outdoor temperature, shape (n,) [degC].
        price_eur_per_mwh: energy price, shape (n,) [EUR/MWh].
    """

    first_isp: int
    isp_minutes: int
    recorded_w: Mapping[str, IntArray]
    temperature_c: FloatArray
    price_eur_per_mwh: FloatArray

    def __post_init__(self) -> None:
        """Refuse series of different length and values that are not numbers."""
        _check_frame(self.first_isp, self.isp_minutes)
        _check_finite("temperature_c", self.temperature_c, self.isps)
        _check_finite("price_eur_per_mwh", self.price_eur_per_mwh, self.isps)
        for asset_id, series in self.recorded_w.items():
            check_whole(f"recorded_w of {asset_id}", series, self.isps)

    @property
    def isps(self) -> int:
        """Number of ISPs."""
        return len(self.temperature_c)

    def asset(self, asset_id: str) -> Horizon:
        """Return the horizon of one asset."""
        recorded_w = self.recorded_w.get(asset_id)
        if recorded_w is None:
            recorded_w = np.zeros(self.isps, dtype=np.int64)
        return Horizon(
            self.first_isp,
            self.isp_minutes,
            recorded_w,
            self.temperature_c,
            self.price_eur_per_mwh,
        )


@dataclass(frozen=True, slots=True)
class Stretch:
    """Consecutive ISPs with a request of one sign: offsets `start` to `stop`, stop excluded."""

    start: int
    stop: int
    sign: int


def request_stretches(requested_w: IntArray) -> Iterator[Stretch]:
    """Yield the stretches of non-zero requests of one sign in time order."""
    signs = np.sign(requested_w)
    edges = np.flatnonzero(np.diff(signs)) + 1
    bounds = [0, *edges.tolist(), len(signs)]
    for start, stop in pairwise(bounds):
        if start < stop and signs[start] != 0:
            yield Stretch(start, stop, int(signs[start]))


def least_ahead(values_w: IntArray, isps: int) -> IntArray:
    """Return per ISP the least value over it and the ISPs after it, `isps` in all.

    Where fewer than `isps` ISPs are left the horizon does not show what comes: 0 there.
    """
    least_w = np.zeros(len(values_w), dtype=np.int64)
    if 1 <= isps <= len(values_w):
        windows = np.lib.stride_tricks.sliding_window_view(values_w, isps)
        least_w[: len(windows)] = windows.min(axis=1)
    return least_w
