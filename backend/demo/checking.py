"""Everybody's own check in the demonstration: meter files, checkers, and what they must answer."""

import csv
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from backend.db.models import RunRow
from backend.demo import plan
from backend.demo.preparation import metering_point
from backend.demo.unfolding import Month
from backend.services.records import recorded_agreements
from backend.services.settlement_job import bundle_path
from backend.services.settling import SettledPeriod
from backend.services.verification import CheckJob, CheckResult, run_checkers

HOLDS, DOES_NOT_HOLD = 0, 1
COMPLETE_BY_OWN_METER = "With your own readings the statement is complete"
"""What a checker finds where the meter data company lacks what the party's own meter has."""

_EVERY = 10


class Mismatch(Exception):
    """Two parties disagree on what both can compute."""


def jobs_of(month: Month, run: RunRow, bundles: Path, meters: Path, rpc: str) -> list[CheckJob]:
    """Give each prosumer its bundle of a run and, apart from it, its own meter file."""
    jobs = []
    meters.mkdir(parents=True, exist_ok=True)
    for row in recorded_agreements(month.stage.session):
        meter = meters / f"{row.site_id}.csv"
        if not meter.exists():
            _write_meter(month, row.site_id, meter)
        bundle = bundle_path(bundles, run, row.agreement_id)
        jobs.append(CheckJob(f"{row.site_id}-{row.agreement_id.hex()[:8]}", bundle, meter, rpc))
    return jobs


def _write_meter(month: Month, site_id: str, path: Path) -> None:
    """Write what the prosumer's own meter recorded, straight from the simulated meter."""
    world = month.world
    with path.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["metering_point", "start_utc", "power_w"])
        for isp, value_w in enumerate(world.sites[site_id].actual_w.tolist(), world.first_isp):
            start = datetime.fromtimestamp(plan.CLOCK.start_s(isp), UTC)
            stamp = start.strftime("%Y-%m-%dT%H:%MZ")
            writer.writerow([metering_point(site_id), stamp, value_w])


def check_all(
    checker: str, jobs: Sequence[CheckJob], settled: SettledPeriod, say: Callable[[str], None]
) -> tuple[CheckResult, ...]:
    """Run every checker: a complete statement has to be confirmed, one that waits not.

    Raises:
        Mismatch: a checker answered otherwise.
    """
    waiting = {one.agreement_id.hex() for one in settled.incomplete}
    results = []
    for result in run_checkers(checker, jobs):
        results.append(result)
        if result.job.bundle.stem in waiting:
            if result.status != DOES_NOT_HOLD or COMPLETE_BY_OWN_METER not in result.text:
                raise Mismatch(f"the checker of {result.job.name} answered:\n{result.text}")
            say(f"the checker of {result.job.name} finds that its own meter has what is missing")
        elif result.status != HOLDS:
            raise Mismatch(f"the checker of {result.job.name} answered:\n{result.text}")
        if len(results) % _EVERY == 0 or len(results) == len(jobs):
            say(f"{len(results)} of {len(jobs)} prosumers' checkers have answered")
    confirmed = sum(result.status == HOLDS for result in results)
    say(f"{confirmed} of {len(jobs)} prosumers' checkers confirm their statements")
    return tuple(results)
