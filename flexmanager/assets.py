"""Flexible assets with their limits, and what their owner allows.

Power is W and positive for consumption, energy Wh. Shares are fractions of one. Every record
checks itself when made and names asset, field, value and expectation when it refuses.
"""

from dataclasses import dataclass
from itertools import pairwise

from flexmanager.checks import between, check_parameters, named, parameter, whole
from flexmanager.errors import ParameterError
from settlement.units import POWER_W_MAX

ENERGY_WH_MAX = 10**9
DAYS_PER_WEEK = 7
EFFICIENCY_MIN = 0.5


@dataclass(frozen=True, slots=True)
class Battery:
    """A stationary battery that idles at its rest level unless it is asked.

    Attributes:
        asset_id: name of the asset.
        capacity_wh: usable energy [Wh].
        charge_w_max: largest charging power at the grid side [W].
        discharge_w_max: largest discharging power at the grid side [W, positive].
        charge_efficiency: Wh stored per Wh taken from the grid.
        discharge_efficiency: Wh given to the grid per Wh taken from the store.
        rest_share: level it returns to after a response, as a share of the capacity.
        restore_share: share of the power limits used on the way back. The rebound of many
            batteries at full power would be a new congestion.
        prepare_isps: ISPs before a request in which it may already move to be ready; 0 forbids it,
            so that nothing happens before the order starts.
        wear_eur_per_mwh: what a MWh given to the grid costs in battery life [EUR/MWh].
    """

    asset_id: str
    capacity_wh: int = parameter(10_000, 1, ENERGY_WH_MAX, "Wh")
    charge_w_max: int = parameter(5_000, 1, POWER_W_MAX, "W")
    discharge_w_max: int = parameter(5_000, 1, POWER_W_MAX, "W")
    charge_efficiency: float = parameter(0.95, EFFICIENCY_MIN, 1.0, "")
    discharge_efficiency: float = parameter(0.95, EFFICIENCY_MIN, 1.0, "")
    rest_share: float = parameter(0.5, 0.0, 1.0, "")
    restore_share: float = parameter(0.25, 0.01, 1.0, "")
    prepare_isps: int = parameter(0, 0, 10_000, "ISPs")
    wear_eur_per_mwh: float = parameter(40.0, 0.0, 1_000.0, "EUR/MWh")

    def __post_init__(self) -> None:
        """Refuse parameters outside their bounds."""
        check_parameters(self)


@dataclass(frozen=True, slots=True)
class HeatPump:
    """A heat pump in front of a building that stores heat for a while.

    Attributes:
        asset_id: name of the asset.
        rated_w: largest electrical power [W].
        catch_up_share: Wh taken later per Wh withheld. 1 is the careful choice: a cooler building
            loses less heat, so the true figure is a little lower.
        preheat_return_share: Wh saved later per Wh taken early; the rest is lost as heat.
        preheat_wh_max: most electrical energy taken early and not yet returned [Wh].
        full_off_above_c: outdoor temperature from which the whole off time is usable [degC].
        no_off_below_c: outdoor temperature at which nothing may be shed [degC].
        heating_limit_c: outdoor temperature above which pre-heating makes no sense [degC].
    """

    asset_id: str
    rated_w: int = parameter(3_000, 1, POWER_W_MAX, "W")
    catch_up_share: float = parameter(1.0, 0.0, 1.5, "")
    preheat_return_share: float = parameter(0.8, 0.1, 1.0, "")
    preheat_wh_max: int = parameter(2_000, 0, ENERGY_WH_MAX, "Wh")
    full_off_above_c: float = parameter(5.0, -40.0, 40.0, "degC")
    no_off_below_c: float = parameter(-10.0, -60.0, 40.0, "degC")
    heating_limit_c: float = parameter(15.0, -40.0, 40.0, "degC")

    def __post_init__(self) -> None:
        """Refuse limits that no heat pump has."""
        check_parameters(self)
        if self.no_off_below_c >= self.full_off_above_c:
            expected = f"below full_off_above_c = {self.full_off_above_c}"
            raise ParameterError(self.asset_id, "no_off_below_c", self.no_off_below_c, expected)


@dataclass(frozen=True, slots=True)
class Session:
    """One stay of a vehicle at its charging point.

    Attributes:
        session_id: name of the session.
        plug_in_utc_s: UTC second of the arrival.
        plug_out_utc_s: UTC second of the departure.
        delivered_wh: energy charged in the recorded stay [Wh].
    """

    session_id: str
    plug_in_utc_s: int
    plug_out_utc_s: int
    delivered_wh: int

    def __post_init__(self) -> None:
        """Refuse a stay that ends before it begins or takes energy out of the vehicle."""
        named("session", self.session_id)
        if self.plug_out_utc_s <= self.plug_in_utc_s:
            expected = f"later than plug_in_utc_s = {self.plug_in_utc_s}"
            raise ParameterError(self.session_id, "plug_out_utc_s", self.plug_out_utc_s, expected)
        whole(self.session_id, "delivered_wh", self.delivered_wh, 0, ENERGY_WH_MAX)


@dataclass(frozen=True, slots=True)
class ElectricVehicle:
    """A charging point with the sessions recorded at it; it charges only, it never feeds back.

    Attributes:
        asset_id: name of the asset.
        rated_w: largest charging power [W].
        sessions: stays in time order; one ends before or when the next begins.
    """

    asset_id: str
    rated_w: int
    sessions: tuple[Session, ...] = ()

    def __post_init__(self) -> None:
        """Refuse sessions that overlap or stand out of order."""
        named("electric vehicle", self.asset_id)
        whole(self.asset_id, "rated_w", self.rated_w, 1, POWER_W_MAX)
        for earlier, later in pairwise(self.sessions):
            if later.plug_in_utc_s < earlier.plug_out_utc_s:
                expected = f"no session that begins before {earlier.session_id} has ended"
                raise ParameterError(self.asset_id, "sessions", later.session_id, expected)


@dataclass(frozen=True, slots=True)
class Photovoltaic:
    """A generator that can be curtailed down to the owner's limit.

    Attributes:
        asset_id: name of the asset.
        rated_w: nameplate power [W, positive].
    """

    asset_id: str
    rated_w: int = parameter(8_000, 1, POWER_W_MAX, "W")

    def __post_init__(self) -> None:
        """Refuse a nameplate that is none."""
        check_parameters(self)


FlexAsset = Battery | HeatPump | ElectricVehicle | Photovoltaic


@dataclass(frozen=True, slots=True)
class Preferences:
    """What an owner allows with the assets of a site, and asks for it.

    Attributes:
        overrides_allowed: the owner may take back control during an activation.
        refuses_evening: no reduction of consumption is offered.
        refuses_midday: no increase of consumption or curtailment is offered.
        excluded_weekdays: weekdays without offers, Monday = 0.
        volume_rate_min: least remuneration asked [1e-4 EUR per MWh].
        battery_reserve_share: share of a battery's capacity that stays in it.
        departure_share: least share of a session's energy that is in the vehicle at departure.
        heat_pump_off_minutes_max: longest time on end in which a heat pump is held down [min].
        heat_pump_shed_share_max: share of the heat pump's power that may be shed.
        curtailment_share_max: share of the generation that may be curtailed.
    """

    overrides_allowed: bool = True
    refuses_evening: bool = False
    refuses_midday: bool = False
    excluded_weekdays: frozenset[int] = frozenset()
    volume_rate_min: int = 0
    battery_reserve_share: float = 0.1
    departure_share: float = 1.0
    heat_pump_off_minutes_max: int = 120
    heat_pump_shed_share_max: float = 1.0
    curtailment_share_max: float = 1.0

    def __post_init__(self) -> None:
        """Refuse shares outside 0..1 and weekdays that do not exist."""
        for field in (
            "battery_reserve_share",
            "departure_share",
            "heat_pump_shed_share_max",
            "curtailment_share_max",
        ):
            between("preferences", field, getattr(self, field), 0.0, 1.0)
        whole("preferences", "volume_rate_min", self.volume_rate_min, 0, 2**32 - 1)
        minutes = self.heat_pump_off_minutes_max
        whole("preferences", "heat_pump_off_minutes_max", minutes, 0, 24 * 60)
        for weekday in self.excluded_weekdays:
            whole("preferences", "excluded_weekdays", weekday, 0, DAYS_PER_WEEK - 1)
