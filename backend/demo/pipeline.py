"""The demonstration from the empty chain to the last payment."""

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from backend.chain.adapter import Chain
from backend.demo import plan
from backend.demo.month import run_month
from backend.demo.outcome import Outcome
from backend.demo.owners import preferences_of
from backend.demo.preparation import moved_day, negotiate_all, register_all
from backend.demo.settlement_day import BUNDLES, MESSAGES, METERS, close_month
from backend.demo.stage import Stage, set_stage
from backend.demo.summary import summarise
from backend.demo.world import World
from backend.district import District, load_district
from backend.district.calendar import weeks_ahead
from settlement.clock import SECONDS_PER_DAY

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Headed:
    """Progress with a heading for each phase and the seconds since the start."""

    write: Callable[[str], None]
    started_s: float

    def phase(self, text: str) -> Progress:
        """Announce a phase; returns what its steps report to."""
        self.write(f"{self.elapsed_s():6.1f} s  {text}")
        return lambda step: self.write(f"{self.elapsed_s():6.1f} s    {step}")

    def elapsed_s(self) -> float:
        """Return the seconds since the start."""
        return time.monotonic() - self.started_s


def run_demo(out: Path, checker: str, write: Callable[[str], None]) -> Outcome:
    """Run the demonstration.

    Args:
        out: folder for the store, bundles, messages and meter files; made if missing.
        checker: Python of an environment with the base install, for the prosumers' checkers.
        write: takes lines of progress.
    """
    out.mkdir(parents=True, exist_ok=True)
    for folder in (out / BUNDLES, out / METERS, out / MESSAGES):
        shutil.rmtree(folder, ignore_errors=True)
    say = Headed(write, time.monotonic())
    say.phase("Contracts: market, settlement ledger and a test token on a chain of their own")
    stage = set_stage(out / "flexledger.sqlite")
    district = _district(stage.chain)
    say.phase(
        f"District: {len(district.sites)} sites, {len(district.assets)} assets, recorded weeks "
        f"moved forward by {district.weeks_moved} to {district.first_day}"
    )
    world = World(
        district, {s.site_id: preferences_of(district, s.site_id) for s in district.sites}
    )
    first_day = moved_day(plan.FIRST_RECORDED_DAY, district.weeks_moved)
    last_day = moved_day(plan.LAST_RECORDED_DAY, district.weeks_moved)
    say.phase("S01: every site registers its assets and its owner's preferences")
    owners = register_all(stage, world, first_day * SECONDS_PER_DAY)
    stage.chain.advance_to((first_day - plan.LEAD_DAYS) * SECONDS_PER_DAY)
    step = say.phase("S02: templates are published, agreements offered, signed and recorded")
    prepared = negotiate_all(stage, world, owners, first_day, last_day)
    step(f"{len(prepared.agreed)} agreements on the ledger")
    month = run_month(
        stage, world, prepared, say.phase("The month: forecast, order, dispatch, meter, commit")
    )
    closing = close_month(
        month, out, checker, say.phase("S03: settlement, every prosumer's own check, payment")
    )
    return _finished(stage, summarise(month, closing, say.elapsed_s()))


def _district(chain: Chain) -> District:
    weeks = weeks_ahead(chain.now_s(), plan.FIRST_RECORDED_DAY, plan.LEAD_DAYS + 1)
    return load_district().moved(weeks)


def _finished(stage: Stage, outcome: Outcome) -> Outcome:
    stage.session.commit()
    stage.session.close()
    return outcome
