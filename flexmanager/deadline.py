"""A time budget that is handed down to whoever may spend it."""

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

Timer = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Deadline:
    """An instant of a clock [s].

    Attributes:
        instant_s: the instant.
        timer: the clock: time that passes, or `time.process_time` for a budget of CPU seconds.
    """

    instant_s: float
    timer: Timer = monotonic

    @classmethod
    def after(cls, seconds: float, timer: Timer = monotonic) -> "Deadline":
        """Return the deadline `seconds` from now."""
        return cls(timer() + seconds, timer)

    @property
    def left_s(self) -> float:
        """Seconds left, 0 if it has passed."""
        return max(self.instant_s - self.timer(), 0.0)

    @property
    def passed(self) -> bool:
        """Tell whether no time is left."""
        return self.left_s <= 0.0

    def part(self, share: float) -> "Deadline":
        """Return the deadline that leaves `share` of the remaining time."""
        return Deadline.after(self.left_s * share, self.timer)
