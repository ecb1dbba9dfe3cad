"""Everything this package refuses, as one tree.

FlexError                a ValueError: an input breaks a rule, or a solver gave no answer
|-- ParameterError       a parameter of an asset, its owner or an agreement is out of range
|-- HorizonError         recorded series, prices or requests do not fit together
|-- ForecastError        history is too short or malformed for a forecast
|-- RangeError           a computed power is not a recordable whole W
`-- SolverError          the optimiser returned something that is not an answer
"""


class FlexError(ValueError):
    """Base of all refusals of this package."""


class ParameterError(FlexError):
    """A parameter is out of its range or contradicts another one.

    Args:
        owner: what the parameter belongs to, such as an asset id.
        field: name of the parameter.
        value: what was given.
        expected: what would have been accepted.
    """

    def __init__(self, owner: str, field: str, value: object, expected: str) -> None:
        super().__init__(f"{owner}: {field} is {value!r:.80}; expected {expected}")
        self.owner, self.field, self.value, self.expected = owner, field, value, expected


class HorizonError(FlexError):
    """A series of a horizon has the wrong length, kind or value.

    Args:
        what: the series, and the ISP where one can be named.
        found: what was given.
        expected: what would have been accepted.
    """

    def __init__(self, what: str, found: object, expected: str) -> None:
        super().__init__(f"{what}: found {found!s:.80}; expected {expected}")
        self.what, self.found, self.expected = what, found, expected


class ForecastError(FlexError):
    """The history given cannot carry a forecast; names how much there is and how much is needed."""


class RangeError(FlexError):
    """A computed power is not a number or does not fit the recordable range of W."""


class SolverError(FlexError):
    """The optimiser stopped without the kind of answer that was asked for."""
