"""Loads in their simplest form: one that can run later, one that can be cut."""

from dataclasses import dataclass

from flexmanager.checks import check_parameters, parameter, whole
from flexmanager.errors import ParameterError
from settlement.units import POWER_W_MAX


@dataclass(frozen=True, slots=True)
class ShiftableLoad:
    """A device that runs once, without a break: a dishwasher, a pump, a batch.

    Attributes:
        asset_id: name of the asset.
        profile_w: power per ISP of its run [W].
        ready_utc_s: UTC second from which it may run.
        done_by_utc_s: UTC second by which it has to be done.
    """

    asset_id: str
    profile_w: tuple[int, ...] = (2_000, 2_000, 200, 200, 2_000, 200)
    ready_utc_s: int = parameter(0, 0, 2**40, "s")
    done_by_utc_s: int = parameter(2**40, 1, 2**40, "s")

    def __post_init__(self) -> None:
        """Refuse a run that begins with nothing, or has to be done before it may begin."""
        check_parameters(self)
        if not self.profile_w or not self.profile_w[0]:
            expected = "a power above 0 to begin with"
            raise ParameterError(self.asset_id, "profile_w", self.profile_w, expected)
        for power_w in self.profile_w:
            whole(self.asset_id, "profile_w", power_w, 0, POWER_W_MAX)
        if self.done_by_utc_s <= self.ready_utc_s:
            expected = f"later than ready_utc_s = {self.ready_utc_s}"
            raise ParameterError(self.asset_id, "done_by_utc_s", self.done_by_utc_s, expected)


@dataclass(frozen=True, slots=True)
class CurtailableLoad:
    """A load of which a part can be cut for a while; what is cut is not caught up.

    Attributes:
        asset_id: name of the asset.
        share_max: part of the load that may be cut.
        minutes_max: longest time on end in which it is cut [min].
        lost_eur_per_mwh: what a MWh not used costs the owner [EUR/MWh].
    """

    asset_id: str
    share_max: float = parameter(0.5, 0.0, 1.0, "")
    minutes_max: int = parameter(120, 5, 1_440, "min")
    lost_eur_per_mwh: float = parameter(400.0, 0.0, 1e5, "EUR/MWh")

    def __post_init__(self) -> None:
        """Refuse parameters outside their bounds."""
        check_parameters(self)
