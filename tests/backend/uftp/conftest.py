"""The published schema, which is not part of this project: a folder may be named to test by it."""

import os
from pathlib import Path

import pytest
from lxml import etree

FOLDER = "FLEXLEDGER_UFTP_XSD"


@pytest.fixture(scope="session")
def schema() -> etree.XMLSchema:
    folder = os.environ.get(FOLDER)
    if folder is None:
        pytest.skip(
            f"NOT VALIDATED by the published schema: set {FOLDER} to the folder of tag V3.1.0"
        )
    return etree.XMLSchema(etree.parse(Path(folder) / "UFTP-agr.xsd"))
