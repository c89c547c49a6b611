"""Count what a StartChatContact executes, for what is too noisy to time. Needs valgrind, and some minutes.

    python benchmarks/instructions.py

Each way of answering runs twice, with few calls and with many; the difference, divided by the calls between, is what a
call costs. Neither imports nor the load of the machine are in it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import peers
from measuring import Row, has_valgrind, instructions, run_python

OWN: Final = {"fake": peers.fake, "strict fake": peers.strict_fake}
ROOT: Final = "a handler last at before-call"
FLOORS: Final = {
    "a handler at before-call.connect.*": peers.service_handler,
    ROOT: peers.root_handler,
}
WAYS: Final = {**OWN, **FLOORS}
BOUNDS: Final = {("fake", ROOT): 1.2, ("strict fake", ROOT): 1.25}  # botocore's own handlers run before it too
FEW, MANY = 50, 250


def per_call(way: str, directory: str) -> float:
    """Return how many instructions a call executes, in thousands."""

    def count(calls: int) -> int:
        return instructions(directory, str(Path(__file__).resolve()), way, str(calls))

    return (count(MANY) - count(FEW)) / (MANY - FEW) / 1000


def main(arguments: Sequence[str]) -> None:
    """Print the counts; with a way and a number, make the calls that are counted."""
    if arguments:
        way, calls = arguments
        WAYS[way](peers.botocore_driver(), int(calls))()
        return
    if not has_valgrind:
        print("skipped: valgrind is not installed")
        return
    with TemporaryDirectory() as directory, ThreadPoolExecutor(os.cpu_count()) as pool:
        run_python(directory, str(Path(__file__).resolve()), "strict fake", str(FEW))  # writes the bytecode
        counts = dict(zip(WAYS, pool.map(per_call, WAYS, [directory] * len(WAYS)), strict=True))
    for way, count in counts.items():
        print(Row(f"{way}, thousands of instructions", [count], ""))
    for own in OWN:
        for floor in FLOORS:
            print(Row(f"{own} / {floor}", [counts[own] / counts[floor]], bound=BOUNDS.get((own, floor))))


if __name__ == "__main__":
    main(sys.argv[1:])
