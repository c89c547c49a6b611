"""What a user pays for each test of a suite, by how the application makes its client.

    python benchmarks/run.py suites

By time, and with valgrind by instructions, where no load of the machine is in the numbers.

Each suite is a run of its own, of tests that start one chat, with this package and without it. Without it a trivial
fake gives a constant answer in place of botocore's call; where a test has the client in hand, `Stubber` does.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import indent
from typing import Final

from measuring import (
    QUICK,
    Row,
    Scale,
    has_valgrind,
    in_turn,
    instructions,
    measured,
    ratios,
    run_python,
    times_of_tests,
)

MILLISECONDS: Final = 1_000
PYTEST: Final = ("-q", "-s", "-p", "no:cacheprovider")
OURS: Final = ("-p", "pytest_connect_chat.plugin")
SKIPPED: Final = 3
FEWER: Final = 8  # than the tests of an empty suite
FEW, MANY = 5, 13  # tests whose instructions are counted
EMPTY_TESTS = (20, 220)
ENVIRONMENT: Final = """\
import os

for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
    os.environ[name] = "testing"
os.environ["AWS_DEFAULT_REGION"] = "us-east-1"
os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
"""
HEAD: Final = """\
import pytest

REQUEST = {"InstanceId": "instance", "ContactFlowId": "flow", "ParticipantDetails": {"DisplayName": "Ada"}}
ANSWER = {"ContactId": "c", "ParticipantId": "p", "ParticipantToken": "t"}
"""
TRIVIAL: Final = """
from botocore.client import BaseClient


@pytest.fixture(autouse=True)
def trivial(monkeypatch):
    monkeypatch.setattr(BaseClient, "_make_api_call", lambda client, name, params: dict(ANSWER))
"""
TRIVIAL_AIO: Final = """
from aiobotocore.client import AioBaseClient


async def answer(client, name, params):
    return dict(ANSWER)


@pytest.fixture(autouse=True)
def trivial(monkeypatch):
    monkeypatch.setattr(AioBaseClient, "_make_api_call", answer)
"""
STUBBED: Final = """\
client = boto3.client("connect")
with Stubber(client) as stubber:
    stubber.add_response("start_chat_contact", ANSWER)
    assert client.start_chat_contact(**REQUEST)["ContactId"]
"""
AIO: Final = """
import asyncio

from aiobotocore.session import get_session


async def call():
    async with get_session().create_client("connect") as client:
        assert (await client.start_chat_contact(**REQUEST))["ContactId"]
"""


@dataclass(frozen=True)
class Suite:
    """Tests that are all alike.

    Attributes:
        head: What stands before them.
        body: What each of them does.
        fixture: What each of them takes.
        decorator: What stands above each of them.
    """

    head: str
    body: str
    fixture: str = ""
    decorator: str = ""

    def text(self, tests: int) -> str:
        """Return the module."""
        body = indent(self.body.rstrip(), "    ")
        each = (f"\n\n{self.decorator}def test_{number}({self.fixture}):\n{body}\n" for number in range(tests))
        return HEAD + self.head + "".join(each)


def _pair(imports: str, client: str, decorator: str = "") -> tuple[Suite, Suite]:
    """Return the suite of an application with this package, and with a trivial fake."""
    body = f'assert {client}.start_chat_contact(**REQUEST)["ContactId"]'
    return Suite(imports, body, "connect_chat", decorator), Suite(imports + TRIVIAL, body, "", decorator)


# With what name, on which packages, both suites, and what their ratio must not exceed.
WAYS: Final[tuple[tuple[str, str, tuple[Suite, Suite], float | None], ...]] = (
    ("a client of the module", "boto3", _pair("import boto3\n\nCLIENT = boto3.client('connect')\n", "CLIENT"), None),
    ("boto3.client() in each test", "boto3", _pair("import boto3\n", "boto3.client('connect')"), None),
    ("a new session in each test", "boto3", _pair("import boto3\n", "boto3.Session().client('connect')"), 0.1),
    (
        "boto3.client() under moto's mock_aws",
        "moto",
        _pair("import boto3\nfrom moto import mock_aws\n", "boto3.client('connect')", "@mock_aws\n"),
        0.125,
    ),
    (
        "connect_client, against Stubber",
        "boto3",
        (
            Suite("", 'assert connect_client.start_chat_contact(**REQUEST)["ContactId"]', "connect_client"),
            Suite("import boto3\nfrom botocore.stub import Stubber\n", STUBBED),
        ),
        0.9,
    ),
    (
        "an aiobotocore client in each test",
        "aiobotocore",
        (Suite(AIO, "asyncio.run(call())", "connect_chat"), Suite(AIO + TRIVIAL_AIO, "asyncio.run(call())")),
        0.25,
    ),
)


EMPTY: Final = Suite("", "pass")
MODULE: Final = WAYS[0][2][0]
MOTO: Final = Suite(
    "import boto3\nfrom moto import mock_aws\n\nCLIENT = boto3.client('connect')\n",
    """\
instance = CLIENT.create_instance(IdentityManagementType="SAML", InboundCallsEnabled=True, OutboundCallsEnabled=True)
assert CLIENT.describe_instance(InstanceId=instance["Id"])
""",
    decorator="@mock_aws\n",
)
ONE_WAY: Final = [way for way in WAYS if way[0] == "a new session in each test"]  # enough to see that it works


def suites(scale: Scale) -> Iterator[Row]:
    """Measure each way of making clients, in runs of their own."""
    tests = max(scale.tests // FEWER, SKIPPED + 2)
    with TemporaryDirectory() as work:
        (Path(work) / "conftest.py").write_text(ENVIRONMENT + times_of_tests(skipped=SKIPPED), "utf-8")
        if has_valgrind and scale.runs > QUICK.runs:
            yield from _over_an_empty_test(work)
        for what, package, (own, other), bound in WAYS if scale.runs > QUICK.runs else ONE_WAY:
            if find_spec(package) is None:
                continue
            (Path(work) / "test_own.py").write_text(own.text(tests), "utf-8")
            (Path(work) / "test_other.py").write_text(other.text(tests), "utf-8")
            values, peers = in_turn(
                scale.runs,
                lambda: measured(run_python(work, "-m", "pytest", *PYTEST, *OURS, "test_own.py").stdout),
                lambda: measured(run_python(work, "-m", "pytest", *PYTEST, "test_other.py").stdout),
            )
            yield Row(f"{what}: with this package / without", ratios(values, peers), bound=bound)
            yield Row("    with it, each test", [value * MILLISECONDS for value in values], "ms")
            if has_valgrind and scale.runs > QUICK.runs:
                with ThreadPoolExecutor(2) as pool:
                    count, peer = pool.map(per_test, (own, other), (work, work), (OURS, ()))
                yield Row("    by instructions: with / without", [count / peer], bound=bound)
                yield Row("    with it, each test, millions of instructions", [count], "")


def _over_an_empty_test(work: str) -> Iterator[Row]:
    with ThreadPoolExecutor(2) as pool:
        counts = pool.map(per_test, (EMPTY, EMPTY), (work, work), (OURS, ()), (EMPTY_TESTS, EMPTY_TESTS))
        empty, peer = counts
        name = "an empty test that does not use it, by instructions: with this package / without"
        yield Row(name, [empty / peer], bound=1.05)
        if find_spec("moto") is not None:
            own, motos = pool.map(per_test, (MODULE, MOTO), (work, work), (OURS, ()))
            name = "a client of the module, less an empty test: the fake / moto"
            yield Row(name, [(own - empty) / (motos - peer)], bound=1 / 8)


def per_test(suite: Suite, work: str, plugins: tuple[str, ...], tests: tuple[int, int] = (FEW, MANY)) -> float:
    """Return how many instructions a test executes, in millions: of many tests, less those of few."""
    few, many = tests

    def count(tests: int) -> int:
        module = f"test_counted_{len(plugins)}_{tests}.py"
        (Path(work) / module).write_text(suite.text(tests), "utf-8")
        command = ("-m", "pytest", *PYTEST, *plugins, module)
        run_python(work, *command)  # writes the bytecode
        return instructions(work, *command)

    return (count(many) - count(few)) / (many - few) / 1_000_000
