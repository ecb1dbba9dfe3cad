"""Vectors of leaves, roots, log heads, series and meter data."""

from collections.abc import Sequence
from dataclasses import fields
from random import Random

from settlement.activation import EMPTY_HEAD, Activation, next_head
from settlement.identity import solidity_name
from settlement.merkle import Node, build_tree
from settlement.meter import day_leaf, elements_hash, encode_blob, meter_key
from settlement.statement import Statement, pack_series, series_hash, statement_leaf
from settlement.words import WORD_BYTES, hex_of
from tests.vectors.samples import random_bytes


def build_statements(random: Random) -> object:
    """Trees of some sizes with every statement, leaf and proof."""
    return [_tree(random, size) for size in (1, 2, 3, 5, 8, 13)]


def _tree(random: Random, size: int) -> dict[str, object]:
    statements = sorted((_statement(random) for _ in range(size)), key=lambda one: one.agreement_id)
    tree = build_tree([statement_leaf(one) for one in statements])
    return {
        "root": hex_of(tree.root[0]),
        "sum": tree.root[1],
        "depth": tree.depth,
        "leaves": [
            {
                "statement": _plain(one),
                "leaf": hex_of(statement_leaf(one)[0]),
                "index": index,
                "siblings": _nodes(tree.proof(index).siblings),
            }
            for index, one in enumerate(statements)
        ],
    }


def _statement(random: Random) -> Statement:
    capacity, volume = random.getrandbits(40), random.getrandbits(40)
    penalty = random.randrange(capacity + volume + 1)
    first_day = random.randrange(18_000, 30_000)
    return Statement(
        random_bytes(random, 32),
        first_day,
        first_day + random.randrange(31),
        random_bytes(random, 32),
        random.getrandbits(16),
        capacity,
        volume,
        penalty,
        capacity + volume - penalty,
    )


def _plain(statement: Statement) -> dict[str, object]:
    values = {field.name: getattr(statement, field.name) for field in fields(statement)}
    return {
        solidity_name(name): hex_of(value) if isinstance(value, bytes) else value
        for name, value in values.items()
    }


def _nodes(nodes: Sequence[Node]) -> list[list[object]]:
    return [[hex_of(one), total] for one, total in nodes]


def build_logs(random: Random) -> object:
    """Logs of activations and cancellations with the head after each entry."""
    return [_log(random, size) for size in (1, 2, 5, 12)]


def _log(random: Random, size: int) -> list[dict[str, object]]:
    head, entries = EMPTY_HEAD, []
    for _ in range(size):
        watts = random.choice([0, -1, 1, 2**31 - 1, random.randrange(-(2**31), 2**31)])
        entry = Activation(random.getrandbits(32), random.getrandbits(16), watts)
        head = next_head(head, entry)
        entries.append(
            {
                "firstIsp": entry.first_isp,
                "isps": entry.isps,
                "orderedW": entry.ordered_w,
                "head": hex_of(head),
            }
        )
    return entries


def build_series(random: Random) -> object:
    """Series of some lengths, packed and hashed."""
    return [_series(random, size) for size in (0, 1, 3, 4, 5, 8, 96)]


def _series(random: Random, size: int) -> dict[str, object]:
    pairs = [
        (random.randrange(-(2**31), 2**31), random.randrange(-(2**31), 2**31)) for _ in range(size)
    ]
    packed = pack_series(pairs)
    words = [packed[at : at + WORD_BYTES] for at in range(0, len(packed), WORD_BYTES)]
    return {
        "pairs": [list(pair) for pair in pairs],
        "words": [hex_of(word) for word in words],
        "hash": hex_of(series_hash(pairs)),
    }


def build_meter_data(random: Random) -> object:
    """Meter keys, the elements hash over them, and the leaf of a day."""
    return [_meter(random, count) for count in (1, 2, 5)]


def _meter(random: Random, count: int) -> dict[str, object]:
    names = [f"AT00100{'0' * random.randrange(24)}{number}" for number in range(count)]
    points = [(name, random_bytes(random, 32)) for name in names]
    keys = sorted(meter_key(name, salt) for name, salt in points)
    readings = [random.choice([None, random.randrange(-9000, 9000)]) for _ in range(24)]
    blob = encode_blob(readings)
    utc_day = random.randrange(18_000, 30_000)
    return {
        "points": [
            {"name": name, "salt": hex_of(salt), "key": hex_of(meter_key(name, salt))}
            for name, salt in points
        ],
        "keys": [hex_of(key) for key in keys],
        "elements": hex_of(elements_hash(keys)),
        "utcDay": utc_day,
        "blob": hex_of(blob),
        "leaf": hex_of(day_leaf(keys[0], utc_day, blob)),
    }
