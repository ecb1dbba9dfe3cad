"""What reaches a manager while it runs: records, one after the other, from devices and owners."""

from dataclasses import dataclass
from math import isinf

from flexmanager.checks import named, whole
from flexmanager.errors import ParameterError
from flexmanager.local.device import State
from settlement.units import POWER_W_MAX

UTC_S_MAX = 2**40


@dataclass(frozen=True, slots=True)
class MeterReading:
    """Mean power of an ISP, from its meter.

    Attributes:
        asset_id: the asset.
        utc_s: UTC second at which the ISP began.
        power_w: mean power over it, consumption positive [W].
    """

    asset_id: str
    utc_s: int
    power_w: int

    def __post_init__(self) -> None:
        """Refuse powers that cannot be recorded."""
        _check_frame(self)
        whole(self.asset_id, "power_w", self.power_w, -POWER_W_MAX, POWER_W_MAX)


@dataclass(frozen=True, slots=True)
class MomentaryPower:
    """Power as it is at an instant, so that nobody has to wait for the end of an ISP.

    Attributes:
        asset_id: the asset.
        utc_s: UTC second of the measurement.
        power_w: power then, consumption positive [W].
    """

    asset_id: str
    utc_s: int
    power_w: int

    def __post_init__(self) -> None:
        """Refuse powers that cannot be recorded."""
        _check_frame(self)
        whole(self.asset_id, "power_w", self.power_w, -POWER_W_MAX, POWER_W_MAX)


@dataclass(frozen=True, slots=True)
class StateReading:
    """The state of a device as it was measured.

    Attributes:
        asset_id: the asset.
        utc_s: UTC second of the measurement.
        state: as the device defines it; NaN for a part that nobody measures.
    """

    asset_id: str
    utc_s: int
    state: State

    def __post_init__(self) -> None:
        """Refuse infinite states."""
        _check_frame(self)
        if any(isinf(part) for part in self.state):
            raise ParameterError(self.asset_id, "state", self.state, "numbers, NaN for unknown")


@dataclass(frozen=True, slots=True)
class OwnerOverride:
    """The owner takes back control for a while.

    Attributes:
        asset_id: the asset.
        utc_s: UTC second from which the owner has control.
        until_utc_s: UTC second at which the manager has it again.
    """

    asset_id: str
    utc_s: int
    until_utc_s: int

    def __post_init__(self) -> None:
        """Refuse an end before the beginning."""
        _check_frame(self)
        whole(self.asset_id, "until_utc_s", self.until_utc_s, self.utc_s + 1, UTC_S_MAX)


@dataclass(frozen=True, slots=True)
class Departed:
    """A vehicle was unplugged.

    Attributes:
        asset_id: the asset.
        utc_s: UTC second of the departure.
    """

    asset_id: str
    utc_s: int

    def __post_init__(self) -> None:
        """Refuse an asset without a name."""
        _check_frame(self)


@dataclass(frozen=True, slots=True)
class StillThere:
    """A vehicle is plugged in although its stated departure has come; nobody knows for how long.

    Attributes:
        asset_id: the asset.
        utc_s: UTC second at which it was seen.
    """

    asset_id: str
    utc_s: int

    def __post_init__(self) -> None:
        """Refuse an asset without a name."""
        _check_frame(self)


@dataclass(frozen=True, slots=True)
class TakesNoMore:
    """A vehicle tells its charging point that it takes no more energy, such as when it is full.

    Attributes:
        asset_id: the asset.
        utc_s: UTC second from which it takes none.
    """

    asset_id: str
    utc_s: int

    def __post_init__(self) -> None:
        """Refuse an asset without a name."""
        _check_frame(self)


@dataclass(frozen=True, slots=True)
class OwnerWish:
    """A sentence of the owner, such as "not today".

    Attributes:
        asset_id: the asset.
        utc_s: UTC second at which it was said.
        sentence: what was said, of a kind listed in `wishes.SENTENCES`.
    """

    asset_id: str
    utc_s: int
    sentence: str

    def __post_init__(self) -> None:
        """Refuse silence."""
        _check_frame(self)
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


def _check_frame(record: Record) -> None:
    named(type(record).__name__, record.asset_id)
    whole(record.asset_id, "utc_s", record.utc_s, 0, UTC_S_MAX)
