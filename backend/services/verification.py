"""Running a party's checker: another process, another environment, its own inputs."""

import os
import subprocess
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

TIMEOUT_S = 120


@dataclass(frozen=True, slots=True)
class CheckJob:
    """What one checker is given.

    Attributes:
        name: for people.
        bundle: the bundle file.
        meter: the party's own meter file.
        rpc: address of a node.
    """

    name: str
    bundle: Path
    meter: Path
    rpc: str


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What a checker answered: exit status 0 if everything holds, and its text."""

    job: CheckJob
    status: int
    text: str


def run_checker(python: str, job: CheckJob) -> CheckResult:
    """Run one checker in its own process.

    Python runs isolated, so that nothing but its own environment can be imported.

    Args:
        python: the interpreter of an environment with the base install.
        job: the inputs.
    """
    command = [python, "-I", "-m", "settlement", "verify", str(job.bundle.resolve())]
    command += ["--meter", str(job.meter.resolve()), "--rpc", job.rpc]
    finished = subprocess.run(
        command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False, cwd=os.sep
    )
    return CheckResult(job, finished.returncode, finished.stdout + finished.stderr)


def run_checkers(python: str, jobs: Iterable[CheckJob]) -> Iterator[CheckResult]:
    """Run many checkers, as many at a time as there are processors."""
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        yield from pool.map(lambda job: run_checker(python, job), jobs)
