"""Count what a StartChatContact executes, for what is too noisy to time. Needs valgrind.

    python benchmarks/instructions.py

Each way of answering runs twice, with few calls and with many; the difference, divided by the calls between, is what a
call costs. Neither imports nor the load of the machine are in it.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import peers
from measuring import Row

WAYS: Final = {
    "fake": peers.fake,
    "strict fake": peers.strict_fake,
    "a handler at before-call.connect.*": peers.service_handler,
    "a handler last at before-call": peers.root_handler,
}
OWN: Final = 2
FEW, MANY = 50, 250
VALGRIND: Final = ("valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null")


def count(way: str, calls: int) -> int:
    """Return how many instructions a process executes that makes so many calls."""
    command = [*VALGRIND, sys.executable, __file__, way, str(calls)]
    run = subprocess.run(command, capture_output=True, check=True, text=True, env={**os.environ, "PYTHONHASHSEED": "0"})
    collected = re.search(r"Collected : (\d+)", run.stderr)
    if collected is None:
        raise RuntimeError(f"valgrind counted nothing:\n{run.stderr}")
    return int(collected[1])


def main(arguments: Sequence[str]) -> None:
    """Print the counts; with arguments, make the calls that are counted."""
    if arguments:
        way, calls = arguments
        WAYS[way](peers.botocore_driver(), int(calls))()
        return
    if shutil.which("valgrind") is None:
        print("skipped: valgrind is not installed")
        return
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        few = pool.map(count, WAYS, [FEW] * len(WAYS))
        many = pool.map(count, WAYS, [MANY] * len(WAYS))
        per_call = [(more - less) / (MANY - FEW) for less, more in zip(few, many, strict=True)]
    counts = dict(zip(WAYS, per_call, strict=True))
    for way, instructions in counts.items():
        print(Row(f"{way}, thousands of instructions", [instructions / 1000], "k"), flush=True)
    for way in list(WAYS)[:OWN]:
        for peer in list(WAYS)[OWN:]:
            print(Row(f"{way} / {peer}", [counts[way] / counts[peer]], bound=1.25))


if __name__ == "__main__":
    main(sys.argv[1:])
