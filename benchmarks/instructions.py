"""Count what a StartChatContact executes, for what is too noisy to time. Needs valgrind, and some minutes.

    python benchmarks/run.py instructions

Each way of answering runs twice, with few calls and with many; the difference, divided by the calls between, is what a
call costs. Neither imports nor the load of the machine are in it. With a way and a number, this module makes the calls
that are counted.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import peers
from measuring import QUICK, Row, Scale, has_valgrind, instructions, run_python

OWN: Final = {"fake": peers.fake, "strict fake": peers.strict_fake}
ROOT: Final = "a handler last at before-call"
MOTO: Final = "moto's describe_instance"
PEERS: Final = {
    "a handler at before-call.connect.*": peers.service_handler,
    ROOT: peers.root_handler,
    MOTO: peers.describe_instance,
}
WAYS: Final = {**OWN, **PEERS}
BOUNDS: Final = {  # botocore's own handlers run before the one at the root too
    ("fake", ROOT): 1.2,
    ("strict fake", ROOT): 1.25,
    ("fake", MOTO): 1 / 6,
}
FEW, MANY = 50, 250


def per_call(way: str, directory: str) -> float:
    """Return how many instructions a call executes, in thousands."""

    def count(calls: int) -> int:
        return instructions(directory, str(Path(__file__).resolve()), way, str(calls))

    run_python(directory, str(Path(__file__).resolve()), way, str(FEW))  # writes the bytecode
    return (count(MANY) - count(FEW)) / (MANY - FEW) / 1000


def rows(scale: Scale) -> Iterator[Row]:
    """Compare a call of a botocore client by instructions."""
    if not has_valgrind or scale.runs <= QUICK.runs:
        return
    with TemporaryDirectory() as directory, ThreadPoolExecutor(os.cpu_count()) as pool:
        counts = dict(zip(WAYS, pool.map(per_call, WAYS, [directory] * len(WAYS)), strict=True))
    for way, count in counts.items():
        yield Row(f"{way}, thousands of instructions", [count], "")
    for own in OWN:
        for peer in PEERS:
            yield Row(f"{own} / {peer}", [counts[own] / counts[peer]], bound=BOUNDS.get((own, peer)))


if __name__ == "__main__":
    _, way, calls = sys.argv
    measure = WAYS[way](peers.botocore_driver(), int(calls))
    gc.collect()
    gc.freeze()  # one look at all that was imported would count for more than a hundred calls
    measure()
