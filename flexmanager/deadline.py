"""A time budget that is handed down to whoever may spend it."""

from dataclasses import dataclass
from time import monotonic


@dataclass(frozen=True, slots=True)
class Deadline:
    """An instant of the process clock [s]."""

    instant_s: float

    @classmethod
    def after(cls, seconds: float) -> "Deadline":
        """Return the deadline `seconds` from now."""
        return cls(monotonic() + seconds)

    @property
    def left_s(self) -> float:
        """Seconds left, 0 if it has passed."""
        return max(self.instant_s - monotonic(), 0.0)

    @property
    def passed(self) -> bool:
        """Tell whether no time is left."""
        return self.left_s <= 0.0

    def part(self, share: float) -> "Deadline":
        """Return the deadline that leaves `share` of the remaining time."""
        return Deadline.after(self.left_s * share)
