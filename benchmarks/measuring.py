"""Measurements that are taken in turn, and the lines of the table that they become."""

from __future__ import annotations

import os
import re
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

Measure = Callable[[], float]

now: Final = time.process_time  # others on the machine take none of it; nothing that is measured waits


class Scale(NamedTuple):
    """How much is measured.

    Attributes:
        rounds: How often each comparison is repeated.
        runs: The same where each measurement is a process.
        calls: How many calls are timed as one, a multiple of `peers.BURST`.
        crowds: Among how many contacts.
        kept: How many calls the memory is measured over.
        threaded: How many calls the threads share.
        tests: How many empty tests a run has.
        kept_tests: How many tests a run has whose memory is looked at.
        kept_runs: How many such runs there are.
    """

    rounds: int = 101
    runs: int = 9
    calls: int = 100
    crowds: tuple[int, ...] = (100, 10_000, 100_000)
    kept: int = 20_000
    threaded: int = 640
    tests: int = 200
    kept_tests: int = 2_000
    kept_runs: int = 3


QUICK = Scale(
    rounds=2, runs=2, calls=10, crowds=(10, 20, 30), kept=200, threaded=64, tests=5, kept_tests=20, kept_runs=1
)


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes:
        what: What was measured.
        values: What came out, once for each round; the line shows their median and where most of them lie.
        unit: What the values are in, `x` for ratios.
        bound: What the median must not exceed.
    """

    what: str
    values: Sequence[float]
    unit: str = "x"
    bound: float | None = None

    def __str__(self) -> str:
        value = statistics.median(self.values)
        verdict = "" if self.bound is None else ("met" if value <= self.bound else "NOT MET")
        bound = "" if self.bound is None else f"<= {self.bound:.4g}"
        line = f"{self.what:<64} {value:>9.3f} {self.unit:<3} {self._spread():>16} {bound:>9}  {verdict}"
        return line.rstrip()

    def _spread(self) -> str:
        if len(self.values) == 1:
            return ""
        tenths = statistics.quantiles(self.values, n=10, method="inclusive")
        return f"{tenths[0]:.3f}..{tenths[-1]:.3f}"


HEADER = f"{'what':<64} {'median':>9}     {'p10..p90':>16} {'bound':>9}"


def in_turn(rounds: int, *measures: Measure) -> list[list[float]]:
    """Return what each measurement gave, round by round, so that a busy machine disturbs them alike."""
    for measure in measures:
        measure()
    taken = [[measure() for measure in measures] for _ in range(rounds)]
    return [list(values) for values in zip(*taken, strict=True)]


def ratios(values: Sequence[float], peers: Sequence[float]) -> list[float]:
    """Return the ratio of each round."""
    return [value / peer for value, peer in zip(values, peers, strict=True)]


def run_python(directory: str, *arguments: str, under: Sequence[str] = ()) -> subprocess.CompletedProcess[str]:
    """Run Python with the bytecode that the run before has written, the same hashes and no plugins but ours.

    Args:
        directory: Where it runs, and keeps the bytecode.
        *arguments: Its arguments.
        under: The command that runs it.
    """
    environment = {
        **os.environ,
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTHONHASHSEED": "0",
        "PYTHONPYCACHEPREFIX": f"{directory}/bytecode",
    }
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    command = [*under, sys.executable, *arguments]
    return subprocess.run(command, capture_output=True, check=True, text=True, cwd=directory, env=environment)


VALGRIND: Final = ("valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null")
has_valgrind: Final = shutil.which(VALGRIND[0]) is not None


def instructions(directory: str, *arguments: str) -> int:
    """Run Python under valgrind, and return how many instructions it executed."""
    run = run_python(directory, *arguments, under=VALGRIND)
    collected = re.search(r"Collected : (\d+)", run.stderr)
    if collected is None:
        raise RuntimeError(f"valgrind counted nothing:\n{run.stderr}")
    return int(collected[1])


def times_of_tests(*, skipped: int) -> str:
    """Return a conftest that prints how long each test of a run takes, as `measured`.

    Args:
        skipped: How many tests do not count: the first import botocore, and read its files.
    """
    return f"""\
import time

import pytest

times = []


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol():
    start = time.process_time()
    result = yield
    times.append(time.process_time() - start)
    return result


def pytest_unconfigure():
    del times[:{skipped}]
    print("measured:", sum(times) / len(times))
"""


def measured(output: str, name: str = "measured") -> float:
    """Return a number that a run has printed."""
    found = re.search(rf"{name}: ([\d.e-]+)", output)
    if found is None:
        raise RuntimeError(f"nothing was measured:\n{output}")
    return float(found[1])
