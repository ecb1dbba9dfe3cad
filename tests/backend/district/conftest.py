import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from backend.district import District, load_district
from backend.district.loader import DATA_FOLDER, MANIFEST


@pytest.fixture(scope="session")
def district() -> District:
    return load_district()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the shipped data folder, to be damaged."""
    copy = tmp_path / "data"
    shutil.copytree(DATA_FOLDER, copy)
    return copy


@pytest.fixture
def replace_file(folder: Path) -> Callable[[str, bytes], None]:
    """Put other content into the copied folder and its hash into the manifest."""

    def replace(name: str, content: bytes) -> None:
        (folder / name).write_bytes(content)
        manifest = json.loads((folder / MANIFEST).read_text())
        manifest["files"][name]["sha256"] = hashlib.sha256(content).hexdigest()
        (folder / MANIFEST).write_text(json.dumps(manifest))

    return replace
