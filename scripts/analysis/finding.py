"""What a tool finds, in a form that outlives the moving of lines."""

from dataclasses import dataclass


class AnalysisError(Exception):
    """A tool did not run, or did not understand the contracts; its silence means nothing then."""


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One kind of finding at one place.

    Attributes:
        tool: `slither` or `solhint`.
        check: the tool's name of the check.
        place: contract, function and variable, or the file.
    """

    tool: str
    check: str
    place: str

    def __str__(self) -> str:
        """Name tool, check and place."""
        return f"{self.tool}: {self.check} in {self.place}"
