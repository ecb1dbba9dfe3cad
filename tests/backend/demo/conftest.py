"""One short demonstration for all tests of this folder: one feeder, two days, a clock change."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from backend.db.store import close_store, open_store
from backend.demo import pipeline
from backend.demo.outcome import Outcome
from backend.demo.stage import Stage, set_stage
from tests.backend.demo.short import shortened


@dataclass(frozen=True, slots=True)
class Finished:
    """A demonstration that has run, with the chain it ran on."""

    outcome: Outcome
    stage: Stage
    out: Path
    said: tuple[str, ...]


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    out, said, stages = tmp_path_factory.mktemp("demo"), [], []

    def remembered(store: Path) -> Stage:
        stages.append(set_stage(store))
        return stages[-1]

    with shortened() as patch:
        patch.setattr(pipeline, "set_stage", remembered)
        outcome = pipeline.run_demo(out, sys.executable, said.append)
    (stage,) = stages
    return Finished(outcome, stage, out, tuple(said))


@pytest.fixture
def store(finished: Finished) -> Iterator[Session]:
    """The store that the demonstration left behind, opened anew."""
    sessions = open_store(f"sqlite:///{finished.out / 'flexledger.sqlite'}")
    with sessions() as session:
        yield session
    close_store(sessions)
