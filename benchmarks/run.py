"""Print how fast the fake is, mostly as ratios against named peers within one run.

    python benchmarks/run.py
    python benchmarks/run.py --quick calls memory

Absolute times depend on the machine; the ratios are what the project promises. docs/figures.md says what each line is.
"""

from __future__ import annotations

import argparse
import os
import platform
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Final

import calls
import endpoint
import instructions
import memory_of_tests
import reading
import runs
import scaling
import stages
import suites
from measuring import HEADER, QUICK, Row, Scale

PARTS: Final[dict[str, Callable[[Scale], Iterator[Row]]]] = {
    "suites": suites.suites,
    "instructions": instructions.rows,
    "calls": calls.sync_calls,
    "aio": calls.aio_calls,
    "moto": calls.moto_calls,
    "stages": stages.stages,
    "taking": runs.taking,
    "fixture": runs.fixture,
    "importing": runs.importing,
    "growth": scaling.growth,
    "reading": reading.reading,
    "memory": scaling.memory,
    "tests": memory_of_tests.tests,
    "threads": scaling.threads,
    "endpoint": endpoint.endpoint,
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="Print how fast the fake is.")
    parser.add_argument("parts", nargs="*", help=f"which of {', '.join(PARTS)} (default: all)")
    parser.add_argument("--quick", action="store_true", help="too little to measure, enough to see that it works")
    options = parser.parse_args(arguments)
    unknown = sorted(set(options.parts) - set(PARTS))
    if unknown:
        parser.error(f"no such part: {', '.join(unknown)}")

    print(f"{_installed()}, {os.cpu_count()} cores\n{HEADER}")
    for name in options.parts or PARTS:
        print(f"-- {name}", flush=True)
        try:
            for row in PARTS[name](QUICK if options.quick else Scale()):
                print(row, flush=True)
        except ModuleNotFoundError as error:
            print(f"skipped: {error.name} is not installed")


def _installed() -> str:
    found = [f"Python {platform.python_version()}"]
    for name in ("botocore", "aiobotocore", "moto", "pytest"):
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            found.append(f"no {name}")
    return ", ".join(found)


if __name__ == "__main__":
    main()
