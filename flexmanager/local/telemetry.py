"""What reaches a manager while it runs: records, one after the other, from devices and owners."""

from dataclasses import dataclass
from math import isfinite, isinf

from flexmanager.checks import named, whole
from flexmanager.errors import ParameterError
from flexmanager.local.device import State
from settlement.units import POWER_W_MAX

UTC_S_MAX = 2**40


@dataclass(frozen=True, slots=True)
class _Told:
    """What every record has.

    Attributes:
        asset_id: the asset.
        utc_s: UTC second that the record is about.
    """

    asset_id: str
    utc_s: int

    def __post_init__(self) -> None:
        """Refuse an asset without a name."""
        named(type(self).__name__, self.asset_id)
        whole(self.asset_id, "utc_s", self.utc_s, 0, UTC_S_MAX)


@dataclass(frozen=True, slots=True)
class _Power(_Told):
    """A power, consumption positive [W]."""

    power_w: int

    def __post_init__(self) -> None:
        """Refuse powers that cannot be recorded."""
        _Told.__post_init__(self)
        whole(self.asset_id, "power_w", self.power_w, -POWER_W_MAX, POWER_W_MAX)


@dataclass(frozen=True, slots=True)
class MeterReading(_Power):
    """Mean power of an ISP, from its meter.

    Attributes:
        asset_id: the asset.
        utc_s: UTC second at which the ISP began.
        power_w: mean power over it, consumption positive [W].
    """


@dataclass(frozen=True, slots=True)
class MomentaryPower(_Power):
    """Power as it is at an instant, so that nobody has to wait for the end of an ISP.

    Attributes:
        asset_id: the asset.
        utc_s: UTC second of the measurement.
        power_w: power then, consumption positive [W].
    """


@dataclass(frozen=True, slots=True)
class StateReading(_Told):
    """The state of a device as it was measured.

    Attributes:
        asset_id: the asset.
        utc_s: UTC second of the measurement.
        state: as the device defines it; NaN for a part that nobody measures.
    """

    state: State

    def __post_init__(self) -> None:
        """Refuse infinite states."""
        _Told.__post_init__(self)
        if any(isinf(part) for part in self.state):
            raise ParameterError(self.asset_id, "state", self.state, "numbers, NaN for unknown")


@dataclass(frozen=True, slots=True)
class OwnerOverride(_Told):
    """The owner takes back control for a while.

    Attributes:
        asset_id: the asset.
        utc_s: UTC second from which the owner has control.
        until_utc_s: UTC second at which the manager has it again.
    """

    until_utc_s: int

    def __post_init__(self) -> None:
        """Refuse an end before the beginning."""
        _Told.__post_init__(self)
        whole(self.asset_id, "until_utc_s", self.until_utc_s, self.utc_s + 1, UTC_S_MAX)


@dataclass(frozen=True, slots=True)
class Departed(_Told):
    """A vehicle was unplugged.

    Attributes:
        asset_id: the asset.
        utc_s: UTC second of the departure.
    """


@dataclass(frozen=True, slots=True)
class StillThere(_Told):
    """A vehicle is plugged in although its stated departure has come; nobody knows for how long.

    Attributes:
        asset_id: the asset.
        utc_s: UTC second at which it was seen.
    """


@dataclass(frozen=True, slots=True)
class TakesNoMore(_Told):
    """A vehicle tells its charging point that it takes no more energy, such as when it is full.

    Attributes:
        asset_id: the asset.
        utc_s: UTC second from which it takes none.
    """


@dataclass(frozen=True, slots=True)
class OwnerWish(_Told):
    """A sentence of the owner, such as "not today".

    Attributes:
        asset_id: the asset.
        utc_s: UTC second at which it was said.
        sentence: what was said, of a kind listed in `wishes.SENTENCES`.
    """

    sentence: str

    def __post_init__(self) -> None:
        """Refuse silence."""
        _Told.__post_init__(self)
        if not self.sentence.strip():
            raise ParameterError(self.asset_id, "sentence", self.sentence, "a sentence")


Record = (
    MeterReading
    | MomentaryPower
    | StateReading
    | OwnerOverride
    | OwnerWish
    | Departed
    | StillThere
    | TakesNoMore
)


def check_state(asset_id: str, state: State, parts: int, *, known: bool) -> None:
    """Refuse a state of another size, and where all of it has to be known what is not finite.

    Args:
        asset_id: the asset.
        state: its state.
        parts: how many numbers the device counts as its state.
        known: no part may be unknown (NaN).

    Raises:
        ParameterError: names the asset.
    """
    if len(state) != parts or (known and not all(isfinite(part) for part in state)):
        expected = f"{parts} {'finite ' if known else ''}numbers"
        raise ParameterError(asset_id, "state", state, expected)
