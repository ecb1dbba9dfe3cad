"""Contenders taking turns on files, each in a process of its own that is watched from outside."""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from scripts.benchmarks.settlement_bench.measure import tree_of

TIMEOUT_S, POLL_S = 900, 0.1


@dataclass(slots=True)
class Runs:
    """What a contender's runs cost."""

    cpu_s: list[float] = field(default_factory=list)
    wall_s: list[float] = field(default_factory=list)
    peak: int = 0
    answers: set[str] = field(default_factory=set)

    @property
    def cpu(self) -> float:
        """Median CPU seconds."""
        return statistics.median(self.cpu_s)

    @property
    def wall(self) -> float:
        """Median wall seconds."""
        return statistics.median(self.wall_s)


def take_turns(names: tuple[str, ...], data: Path, small: Path, turns: int) -> dict[str, Runs]:
    """Let contenders take turns, each time in a process of its own."""
    runs = {name: Runs() for name in names}
    for _ in range(turns):
        for name, one in runs.items():
            module = "scripts.benchmarks.settlement_bench.measure"
            command = [sys.executable, "-m", module, name, str(data), str(small)]
            output, peak = _watched(name, command)
            cost = json.loads(output.splitlines()[-1])
            one.cpu_s.append(cost["cpu_s"])
            one.wall_s.append(cost["wall_s"])
            one.peak = max(one.peak, peak)
            one.answers.add(json.dumps(cost["answer"]))
            print(f"{name} {data.name}: {cost['cpu_s']:.2f} CPU s", file=sys.stderr, flush=True)
    return runs


def _watched(name: str, command: list[str]) -> tuple[str, int]:
    """Run a command; return its output and the most memory that it and all below it held."""
    peak, began = 0, time.monotonic()
    with (
        tempfile.TemporaryFile("w+") as output,
        tempfile.TemporaryFile("w+") as errors,
        subprocess.Popen(command, stdout=output, stderr=errors) as child,
    ):
        while child.poll() is None:
            if time.monotonic() - began > TIMEOUT_S:
                child.kill()
            with suppress(psutil.NoSuchProcess):
                tree = tree_of(psutil.Process(child.pid))
                peak = max(peak, sum(one.memory_info().rss for one in tree))
            time.sleep(POLL_S)
        output.seek(0)
        errors.seek(0)
        if child.returncode:
            raise SystemExit(f"{name} failed:\n{errors.read()[-2000:]}")
        return output.read(), peak


def check_answers(runs: list[Runs]) -> None:
    """Stop where contenders came to different answers."""
    answers = set().union(*(one.answers for one in runs))
    assert len(answers) == 1, f"contenders disagree: {answers}"
