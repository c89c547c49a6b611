"""Print how fast the fake is, as ratios against named peers within one run.

    python benchmarks/run.py

Absolute times depend on the machine; the ratios are what the project promises.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import boto3
import botocore.session
from botocore.awsrequest import AWSResponse
from botocore.stub import Stubber
from moto import mock_aws

from pytest_connect_chat import FakeConnectChat

ROUNDS = 21
CALLS = 100
MANY = 100_000
REQUEST = {
    "InstanceId": "12345678-1234-1234-1234-123456789012",
    "ContactFlowId": "846ec553-a005-41c0-8341-d5d0a5f8a8a1",
    "ParticipantDetails": {"DisplayName": "Ada"},
    "Attributes": {"tier": "gold"},
}
ANSWER = {"ContactId": "c", "ParticipantId": "p", "ParticipantToken": "t"}
CREDENTIALS = {"region_name": "us-east-1", "aws_access_key_id": "testing", "aws_secret_access_key": "testing"}


@dataclass
class Row:
    """One line of the table."""

    what: str
    value: float
    unit: str
    bound: float | None = None

    def __str__(self) -> str:
        verdict = "" if self.bound is None else ("met" if self.value <= self.bound else "NOT MET")
        bound = "" if self.bound is None else f"<= {self.bound:g}"
        return f"{self.what:<72} {self.value:>9.3f} {self.unit:<3} {bound:>8}  {verdict}"


def new_client() -> Any:
    """Return a connect client that nothing answers yet."""
    return botocore.session.get_session().create_client("connect", **CREDENTIALS)


def seconds(run: Callable[[], Any], calls: int = CALLS) -> float:
    """Return how long one call takes, over `calls` of them."""
    start = time.perf_counter()
    for _ in range(calls):
        run()
    return (time.perf_counter() - start) / calls


def ratio(run: Callable[[], float], peer: Callable[[], float]) -> float:
    """Return the median ratio of two measurements that are taken in turn."""
    run(), peer()
    return statistics.median(run() / peer() for _ in range(ROUNDS))


def on_the_fake(client: Any, calls: int = CALLS) -> float:
    """Return how long a StartChatContact takes on a fake with everything on."""
    with FakeConnectChat(max_active_chats=10**9):
        client.start_chat_contact(**REQUEST)
        return seconds(lambda: client.start_chat_contact(**REQUEST), calls)


def floor_client() -> Any:
    """Return a client whose calls a constant handler answers: the least that botocore itself costs."""
    client = new_client()
    client.meta.events.register("before-call.connect.*", lambda **_: (AWSResponse(None, 200, {}, None), dict(ANSWER)))
    return client


def calls() -> list[Row]:
    """Compare one call with its peers. They are measured outside of the fake, which would see their calls."""
    client, floor, stubbed = new_client(), floor_client(), new_client()

    def run_stubber() -> None:
        with Stubber(stubbed) as stubber:
            stubber.add_response("start_chat_contact", ANSWER)
            stubbed.start_chat_contact(**REQUEST)

    def own() -> float:
        return on_the_fake(client)

    return [
        Row(
            "StartChatContact / a constant before-call handler",
            ratio(own, lambda: seconds(lambda: floor.start_chat_contact(**REQUEST))),
            "x",
            1.25,
        ),
        Row("StartChatContact / Stubber, one response queued per call", ratio(own, lambda: seconds(run_stubber)), "x"),
        Row("StartChatContact / moto's describe_instance", ratio(own, describe_instance), "x", 1 / 6),
    ]


def describe_instance() -> float:
    """Return how long moto's nearest call takes."""
    with mock_aws():
        client = boto3.client("connect", region_name="us-east-1")
        instance = client.create_instance(
            IdentityManagementType="SAML", InboundCallsEnabled=True, OutboundCallsEnabled=True
        )
        client.describe_instance(InstanceId=instance["Id"])
        return seconds(lambda: client.describe_instance(InstanceId=instance["Id"]), 20)


def entering() -> list[Row]:
    """Measure what taking and leaving the fixture costs."""

    def enter() -> None:
        with FakeConnectChat():
            pass

    def enter_moto() -> None:
        with mock_aws():
            pass

    own = statistics.median(seconds(enter, 20) for _ in range(ROUNDS))
    return [
        Row("taking and leaving the fake, milliseconds", own * 1000, "ms", 1),
        Row("the same / mock_aws", ratio(lambda: seconds(enter, 5), lambda: seconds(enter_moto, 5)), "x"),
    ]


def growth() -> Row:
    """Compare a call among 100,000 contacts with one among 100."""
    client = new_client()

    def start() -> None:
        client.start_chat_contact(**REQUEST)

    with FakeConnectChat(max_active_chats=10**9) as fake:
        for _ in range(100):
            start()
        few = statistics.median(seconds(start, 20) for _ in range(ROUNDS))
        while len(fake.contacts) < MANY:
            fake.add_contact(instance_id=REQUEST["InstanceId"])
        many = statistics.median(seconds(start, 20) for _ in range(ROUNDS))
    return Row("a call among 100,000 contacts / among 100", many / few, "x", 1.15)


def plugin_import() -> Row:
    """Measure what importing the plugin costs, in a process that has imported pytest."""
    program = (
        "import pytest, _pytest.config, time; start = time.perf_counter(); import pytest_connect_chat.plugin; "
        "print(time.perf_counter() - start)"
    )
    times = [
        float(subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True).stdout)
        for _ in range(11)
    ]
    return Row("importing the plugin, milliseconds", statistics.median(times) * 1000, "ms", 5)


def main() -> None:
    """Print the table."""
    print(f"{'what':<72} {'measured':>9}     {'bound':>8}")
    for row in [*calls(), *entering(), growth(), plugin_import()]:
        print(row, flush=True)


if __name__ == "__main__":
    main()
