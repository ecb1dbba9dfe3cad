"""32-byte ledger words: how `abi.encode` writes the fixed-size values of the rules."""

from settlement.errors import InputError

ADDRESS_BYTES = 20
WORD_BYTES = 32


def uint_word(value: int, bits: int, name: str) -> bytes:
    """Encode an unsigned integer of `bits` bits as one word; refuse what does not fit."""
    if not 0 <= value < 1 << bits:
        raise InputError(f"{name} is {value}", "encoding", f"an unsigned integer of {bits} bits")
    return value.to_bytes(WORD_BYTES, "big")


def int_word(value: int, bits: int, name: str) -> bytes:
    """Encode a signed integer of `bits` bits as one two's complement word."""
    if not -(1 << bits - 1) <= value < 1 << bits - 1:
        raise InputError(f"{name} is {value}", "encoding", f"a signed integer of {bits} bits")
    return value.to_bytes(WORD_BYTES, "big", signed=True)


def bytes32_word(value: bytes, name: str) -> bytes:
    """Pass 32 bytes through; refuse any other length."""
    if len(value) != WORD_BYTES:
        raise InputError(f"{name} has {len(value)} bytes", "encoding", "32 bytes")
    return value


def address_word(value: bytes, name: str) -> bytes:
    """Encode a 20-byte address, left-padded with zeros."""
    if len(value) != ADDRESS_BYTES:
        raise InputError(f"{name} has {len(value)} bytes", "encoding", "an address of 20 bytes")
    return value.rjust(WORD_BYTES, b"\0")


def hex_of(value: bytes) -> str:
    """Write bytes as lower-case hexadecimal with 0x, the form used in every document."""
    return "0x" + value.hex()


def bytes_of(text: object, where: str, length: int | None = None) -> bytes:
    """Read 0x-hexadecimal text.

    Args:
        text: what a document holds at this place.
        where: the place, for the error.
        length: number of bytes demanded, or None for any.

    Raises:
        InputError: not text, not hexadecimal, or of another length.
    """
    expected = "0x and hexadecimal digits" + (f", {length} bytes" if length is not None else "")
    if not isinstance(text, str) or not text.startswith("0x"):
        raise InputError(f"{text!r:.60}", where, expected)
    try:
        value = bytes.fromhex(text[2:])
        if 2 * len(value) != len(text) - 2:  # `fromhex` would read over spaces
            raise ValueError
    except ValueError:
        raise InputError(f"{text!r:.60}", where, expected) from None
    if length is not None and len(value) != length:
        raise InputError(f"{len(value)} bytes", where, expected)
    return value
