"""A correction of slither 0.11.6: the type of an operation on two integers of different size.

slither gives it the type of the left operand, Solidity that of the wider one. With `uint32 a` and
`uint256 b`, slither then finds no function for `(a + b).toUint32()` and leaves the function out.
"""

from typing import Any


def correct_integer_types() -> None:
    """Let operations have the type of their wider operand from now on."""
    from slither.slithir.operations.binary import Binary

    original = Binary.__init__
    if getattr(original, "corrected", False):
        return

    def corrected(self: Any, result: Any, left: Any, right: Any, kind: Any) -> None:
        original(self, result, left, right, kind)
        if not kind.return_bool(kind) and is_wider(right, left):
            result.set_type(right.type)

    corrected.corrected = True  # type: ignore[attr-defined]
    Binary.__init__ = corrected


def is_wider(one: Any, other: Any) -> bool:
    """Tell whether `one` is a wider integer of the same sign; literals take the other's type."""
    from slither.core.solidity_types import ElementaryType
    from slither.slithir.variables import Constant

    types = [getattr(operand, "type", None) for operand in (one, other)]
    if isinstance(one, Constant) or not all(type(each) is ElementaryType for each in types):
        return False
    (sign, bits), (other_sign, other_bits) = (sign_and_bits(each.name) for each in types)
    return sign == other_sign != "" and bits > other_bits


def sign_and_bits(name: str) -> tuple[str, int]:
    """Split `uint32` into `uint` and 32; the sign of what is no integer is empty."""
    sign = name.rstrip("0123456789")
    bits = name[len(sign) :]
    return (sign, int(bits)) if sign in ("int", "uint") and bits else ("", 0)
