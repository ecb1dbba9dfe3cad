"""Compiled contracts, committed beside this module with the hash of every source."""

import json
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True, slots=True)
class Artifact:
    """Interface and creation code of one contract."""

    name: str
    abi: list[dict[str, Any]]
    bytecode: str


@lru_cache(maxsize=16)
def load_artifact(name: str) -> Artifact:
    """Return a committed artifact by the name of its contract."""
    text = files("backend.chain").joinpath("artifacts", f"{name}.json").read_text()
    document = json.loads(text)
    return Artifact(name, document["abi"], document["bytecode"])
