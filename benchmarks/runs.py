"""What a test and a pytest run pay: taking the fake, the fixture, importing the plugin."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from measuring import Measure, Row, Scale, in_turn, measured, now, ratios, run_python, times_of_tests

from pytest_connect_chat import FakeConnectChat

MILLISECONDS: Final = 1000
PYTEST: Final = ("-q", "-s", "-p", "no:cacheprovider", "-p", "pytest_connect_chat.plugin")
IMPORT: Final = """\
import time
import _pytest.config
import pytest

start = time.process_time()
import pytest_connect_chat.plugin
print("measured:", time.process_time() - start)
"""
RUN: Final = (
    f"{IMPORT}\npytest.main({[*PYTEST, 'test_unrelated.py']})\n"  # -X importtime does not see what pytest imports
)
EMPTY_TESTS: Final = """\
import pytest


@pytest.mark.parametrize("number", range({tests} + 1))
def test({arguments}):
    pass
"""
UNRELATED: Final = """\
import sys


def test():
    print("heavy:", len(sys.modules.keys() & {"botocore", "faker"}))
"""


def taking(scale: Scale) -> Iterator[Row]:
    """Measure what taking and leaving the fake costs."""
    from moto import mock_aws

    own, base = in_turn(scale.rounds, _taking(FakeConnectChat), _taking(mock_aws))
    yield Row("FakeConnectChat(), taken and left", [value * MILLISECONDS for value in own], "ms", 1)
    yield Row("FakeConnectChat(), taken and left / mock_aws()", ratios(own, base))


def _taking(make: Callable[[], AbstractContextManager[Any]], times: int = 10) -> Measure:
    def measure() -> float:
        start = now()
        for _ in range(times):
            with make():
                pass
        return (now() - start) / times

    return measure


def fixture(scale: Scale) -> Iterator[Row]:
    """Measure what the fixture adds to a test: the difference between empty tests with it and without it."""
    arguments = {"with": "number, connect_chat", "without": "number"}
    with TemporaryDirectory() as directory:
        Path(directory, "conftest.py").write_text(times_of_tests(skipped=1), "utf-8")
        for kind, names in arguments.items():
            text = EMPTY_TESTS.format(tests=scale.tests, arguments=names)
            Path(directory, f"test_{kind}.py").write_text(text, "utf-8")

        def measure(kind: str) -> float:
            return measured(run_python(directory, "-m", "pytest", *PYTEST, f"test_{kind}.py").stdout)

        taken, untaken = in_turn(scale.runs, lambda: measure("with"), lambda: measure("without"))
    differences = [(more - less) * MILLISECONDS for more, less in zip(taken, untaken, strict=True)]
    yield Row(f"the fixture connect_chat, in each of {scale.tests} tests", differences, "ms", 1)


def importing(scale: Scale) -> Iterator[Row]:
    """Measure what the plugin costs a run that does not use it, from bytecode."""
    with TemporaryDirectory() as directory:
        Path(directory, "test_unrelated.py").write_text(UNRELATED, "utf-8")
        heavy: list[float] = []

        def plugin() -> float:
            return measured(run_python(directory, "-c", IMPORT).stdout) * MILLISECONDS

        def own_modules() -> float:
            run = run_python(directory, "-X", "importtime", "-c", RUN)
            heavy.append(measured(run.stdout, "heavy"))
            ours = re.findall(r"(?m)^import time: +(\d+) \| +\d+ \| +pytest_connect_chat", run.stderr)
            return sum(map(int, ours)) / MILLISECONDS  # it counts in microseconds

        imported, own = in_turn(scale.runs, plugin, own_modules)
    yield Row("importing the plugin, after pytest", imported, "ms", 5)
    yield Row("our own modules in an unrelated run, by -X importtime", own, "ms", 5)
    yield Row("how many of botocore and faker that run imports", [max(heavy)], "", 0)
