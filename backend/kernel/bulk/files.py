"""Partition files of a run: written once, read through the memory map, told apart by their hash."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import pyarrow as pa

from backend.kernel.bulk.arrow import bytes_column
from backend.kernel.bulk.arrow_writing import table_of
from backend.kernel.columns import Portfolio
from settlement.errors import InputError

MANIFEST = "manifest.json"
_READ_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class PartitionFile:
    """A partition in a folder: file name, number of agreements, SHA-256 of the file."""

    name: str
    agreements: int
    sha256: str


def write_partitions(folder: Path, parts: Iterable[Portfolio]) -> tuple[PartitionFile, ...]:
    """Write partitions and their manifest into an empty or new folder.

    Args:
        folder: made if missing.
        parts: ascending by agreement id, also from one to the next.

    Raises:
        InputError: the folder holds a manifest, or an agreement id does not ascend.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if (folder / MANIFEST).exists():
        raise InputError("a manifest is there already", str(folder), "a folder without one")
    written, last_id = [], b""
    for number, portfolio in enumerate(parts):
        name = f"part-{number:05d}.arrow"
        table = table_of(portfolio)
        ids = bytes_column(table, "agreement_id")
        if ids[0].tobytes() <= last_id:
            raise InputError(f"agreement 0x{ids[0].tobytes().hex()}", name, "ascending ids")
        last_id = ids[-1].tobytes()
        write_table(folder / name, table)
        written.append(PartitionFile(name, len(table), sha256_of(folder / name)))
    text = json.dumps([asdict(one) for one in written], indent=1)
    write_whole(folder / MANIFEST, text.encode())
    return tuple(written)


def read_manifest(folder: Path) -> tuple[PartitionFile, ...]:
    """Read what `write_partitions` wrote.

    Raises:
        InputError: there is no manifest, or it is not one.
    """
    path = folder / MANIFEST
    try:
        return tuple(PartitionFile(**one) for one in json.loads(path.read_text()))
    except (OSError, ValueError, TypeError) as error:
        raise InputError(str(error), str(path), "a manifest of partitions") from None


def read_table(path: Path) -> pa.Table:
    """Read an Arrow file through the memory map; nothing is copied.

    Raises:
        InputError: it cannot be read.
    """
    try:
        with pa.memory_map(str(path)) as source, pa.ipc.open_file(source) as reader:
            return reader.read_all()
    except (OSError, pa.ArrowInvalid) as error:
        raise InputError(str(error), str(path), "an Arrow file") from None


def write_table(path: Path, table: pa.Table) -> None:
    """Write an Arrow file under its name only once it is whole."""
    beside = path.with_suffix(".partial")
    with pa.OSFile(str(beside), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    beside.replace(path)


def write_whole(path: Path, data: bytes) -> None:
    """Write a file under its name only once it is whole."""
    beside = path.with_suffix(".partial")
    beside.write_bytes(data)
    beside.replace(path)


def sha256_of(path: Path) -> str:
    """Return the hash of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(_READ_BYTES):
            digest.update(block)
    return digest.hexdigest()
