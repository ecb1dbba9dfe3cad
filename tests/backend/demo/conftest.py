"""One short demonstration, two days around the clock change, for all tests of this folder."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from backend.db.store import close_store, open_store
from backend.demo import pipeline, plan
from backend.demo.outcome import Outcome
from backend.demo.stage import Stage, set_stage

SATURDAY, SUNDAY = date(2016, 3, 26), date(2016, 3, 27)
"""Recorded days; the clock was put forward on the second."""


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

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plan, "FIRST_RECORDED_DAY", SATURDAY)
        patch.setattr(plan, "LAST_RECORDED_DAY", SUNDAY)
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
