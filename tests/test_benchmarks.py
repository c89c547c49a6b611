"""The benchmarks still run. What they measure is not looked at."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.once, pytest.mark.untraced]

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
FIGURE = re.compile(r"(?m)^(?P<what>.+?) +\d+\.\d{3} (?:x|KiB)?.*?(?:<= (?P<bound>[\d.]+)  (?:met|NOT MET))?$")


def run_benchmark(*arguments: str, **variables: str) -> str:
    command = [sys.executable, str(BENCHMARKS / arguments[0]), *arguments[1:]]
    environ = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", **variables}  # the plugins of others take long
    return subprocess.run(command, capture_output=True, check=True, text=True, env=environ).stdout  # noqa: S603


def test_the_table_has_a_line_for_each_figure_and_the_bounds_of_the_design() -> None:
    parts = ("calls", "stages", "growth", "reading", "memory", "tests", "threads", "endpoint", "suites")
    table = run_benchmark("run.py", "--quick", *parts)

    bounds = {found["what"]: found["bound"] for found in FIGURE.finditer(table)}
    floors = ("a handler at before-call.connect.*", "a handler last at before-call")
    others = ("Stubber, one response queued per call", "a handler at before-send")
    calls = {f"{own} / {peer}" for own in ("fake", "strict fake") for peer in (*floors, *others)}
    assert calls < set(bounds)
    assert "draw two ids and a token" in table
    assert bounds["memory per started contact with its record"] == "3"
    assert bounds["over an empty test: one whose call meets a fault"] == "6"
    assert "a failing assert, all match, 30 / 20" in bounds
    assert list(bounds.values()).count("1.15") == 4  # growth: two kinds of calls, two crowds against the smallest
    assert bounds["a new session in each test: with this package / without"] == "0.1"
    assert bounds["a boto3 call / one to a bare aiohttp handler"] == "1.3"
    assert bounds["a message of the test to a socket's frame"] == "1"
    assert re.search(r"lost or doubled +0\.000 .*  met$", table, re.MULTILINE)


def test_instructions_are_not_counted_without_valgrind(tmp_path: Path) -> None:
    table = run_benchmark("run.py", "instructions", PATH=str(tmp_path))
    assert table.splitlines()[2:] == ["-- instructions"]
