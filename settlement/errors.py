"""Everything this package refuses, as one tree.

    SettlementError
    |-- InputError           a value from outside is unusable: what, where, what was expected
    |   `-- TermsError       a parameter of an agreement breaks a rule of its own
    |-- ActivationRefused    an activation would break a limit of its agreement
    `-- ChainError           the chain could not be asked or answered nonsense
        `-- CallRefused      the node answered, with an error

A statement that lacks data is not an error: it is an `Incomplete` result with its reason.
"""


class SettlementError(Exception):
    """Base of all refusals of this package."""


class InputError(SettlementError):
    """A value from outside cannot be used.

    Args:
        what: the offending thing, as the sender would recognise it.
        where: file and row, or the path inside a document.
        expected: what would have been accepted.
    """

    def __init__(self, what: str, where: str, expected: str) -> None:
        super().__init__(f"{where}: {what}; expected {expected}")
        self.what, self.where, self.expected = what, where, expected


class TermsError(InputError):
    """A term of an agreement is out of its range or contradicts another one."""

    def __init__(self, field: str, value: object, expected: str) -> None:
        super().__init__(f"{field} is {value}", "terms", expected)
        self.field, self.value = field, value


class ActivationRefused(SettlementError):
    """An activation breaks a limit; carries the limit and the offending value.

    Args:
        rule: name of the limit in Table 2 words, such as "recovery".
        limit: what the agreement allows.
        found: what was asked for.
    """

    def __init__(self, rule: str, limit: object, found: object) -> None:
        super().__init__(f"{rule}: the agreement allows {limit}, asked for {found}")
        self.rule, self.limit, self.found = rule, limit, found


class ChainError(SettlementError):
    """The chain did not answer, or answered something that is not of the promised form."""


class CallRefused(ChainError):
    """The node answered with an error: a call that reverts, or a question it does not take."""
