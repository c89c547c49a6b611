"""What a test leaves behind: how much the memory of a run grows with each test that takes the fixture and calls once.

    python benchmarks/run.py tests

A run of tests whose application has a client of its own at module level is compared with one whose tests are empty.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from measuring import Row, Scale, in_turn, run_python

KIB: Final = 1024
PYTEST: Final = ("-q", "-s", "-p", "no:cacheprovider", "-p", "pytest_connect_chat.plugin")
CONFTEST: Final = """\
import gc
import os

import boto3
import pytest

CLIENT = boto3.client("connect", region_name="us-east-1", aws_access_key_id="none", aws_secret_access_key="none")
REQUEST = {"InstanceId": "instance", "ContactFlowId": "flow", "ParticipantDetails": {"DisplayName": "Ada"}}
finished = []


def resident():
    gc.collect()
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def pytest_runtest_logfinish():
    finished.append(None)
    if len(finished) == FIRST:  # by then all is imported
        finished[0] = resident()


def pytest_sessionfinish():
    print("measured:", (resident() - finished[0]) / (len(finished) - FIRST))
"""
TESTS: Final = """\
import pytest

import conftest


@pytest.mark.parametrize("number", range({tests}))
def test({arguments}):
    {body}
"""
KINDS: Final = {
    "empty": ("number", "pass"),
    "passing": ("number, connect_chat", "conftest.CLIENT.start_chat_contact(**conftest.REQUEST)"),
    "faults": (
        "number, connect_chat",
        "connect_chat.faults.throttle(attempts=1); conftest.CLIENT.start_chat_contact(**conftest.REQUEST)",
    ),
}


def tests(scale: Scale) -> Iterator[Row]:
    """Compare the growth of runs of tests that call once with that of empty ones."""
    first = scale.kept_tests // 10
    with TemporaryDirectory() as directory:
        Path(directory, "conftest.py").write_text(CONFTEST.replace("FIRST", str(first)), "utf-8")
        for kind, (arguments, body) in KINDS.items():
            text = TESTS.format(tests=scale.kept_tests, arguments=arguments, body=body)
            Path(directory, f"test_{kind}.py").write_text(text, "utf-8")

        def growth(kind: str) -> float:
            output = run_python(directory, "-m", "pytest", *PYTEST, f"test_{kind}.py").stdout
            found = re.search(r"measured: ([-\d.e]+)", output)
            if found is None:
                raise RuntimeError(f"nothing was measured:\n{output}")
            return float(found[1]) / KIB

        empty, *called = in_turn(scale.kept_runs, *(lambda kind=kind: growth(kind) for kind in KINDS))
    yield Row(f"growth per empty test, over {scale.kept_tests:,} tests", empty, "KiB")
    names = ("one that takes the fixture and calls once", "one whose call meets a fault")
    for name, values in zip(names, called, strict=True):
        more = [value - base for value, base in zip(values, empty, strict=True)]
        yield Row(f"over an empty test: {name}", more, "KiB", 6)
