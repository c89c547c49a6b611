"""One StartChatContact, answered by the fake and by its peers, over botocore's clients and over aiobotocore's."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from botocore.awsrequest import AWSResponse
from botocore.stub import Stubber
from measuring import Measure, now

from pytest_connect_chat import FakeConnectChat

INSTANCE_ID: Final = "12345678-1234-1234-1234-123456789012"
REQUEST: Final = {
    "InstanceId": INSTANCE_ID,
    "ContactFlowId": "846ec553-a005-41c0-8341-d5d0a5f8a8a1",
    "ParticipantDetails": {"DisplayName": "Ada"},
    "Attributes": {"tier": "gold"},
}
ANSWER: Final = {"ContactId": "c", "ParticipantId": "p", "ParticipantToken": "t"}
BURST: Final = 5  # what the published rate allows in a second
WARMING: Final = 20  # who takes or leaves a fake changes classes, and the interpreter forgets what it had cached
UNBOUNDED: Final = 10**9


def nothing() -> None:
    """Do nothing."""


def seconds(client: Any, calls: int, between: Callable[[], object] = nothing, **members: Any) -> float:
    """Return how long one StartChatContact takes, over `calls` of them, after `WARMING` that do not count.

    Args:
        client: The client.
        calls: How many calls, a multiple of `BURST`.
        between: What is done before each burst; its time counts.
        **members: Further members of the request.
    """
    request = {**REQUEST, **members}
    start = now()
    for call in range(-WARMING, calls, BURST):
        if call == 0:
            start = now()
        between()
        for _ in range(BURST):
            client.start_chat_contact(**request)
    return (now() - start) / calls


async def _aio_seconds(client: Any, calls: int, between: Callable[[], object]) -> float:
    start = now()
    for call in range(-WARMING, calls, BURST):
        if call == 0:
            start = now()
        between()
        for _ in range(BURST):
            await client.start_chat_contact(**REQUEST)
    return (now() - start) / calls


@dataclass(frozen=True)
class Driver:
    """What differs between botocore and aiobotocore.

    Attributes:
        new_client: Returns an ordinary client, which nothing answers yet.
        stubber: The driver's own stubber.
        response: The HTTP response that its handlers return.
        seconds: Times calls, as the function above.
    """

    new_client: Callable[[], Any]
    stubber: type[Stubber]
    response: type[AWSResponse]
    seconds: Callable[..., float]


def botocore_driver() -> Driver:
    """Return the sync driver."""
    return Driver(FakeConnectChat().client, Stubber, AWSResponse, seconds)


def aiobotocore_driver(runner: asyncio.Runner) -> Driver:
    """Return the async driver.

    Args:
        runner: What runs the calls, one after the other.
    """
    from aiobotocore.awsrequest import AioAWSResponse
    from aiobotocore.stub import AioStubber

    def aio_seconds(client: Any, calls: int, between: Callable[[], object] = nothing) -> float:
        return runner.run(_aio_seconds(client, calls, between))

    return Driver(FakeConnectChat().aio_client, AioStubber, AioAWSResponse, aio_seconds)


class _Body:
    """The body of an answer, as botocore reads it and as aiobotocore does."""

    content = json.dumps(ANSWER).encode()

    def stream(self) -> Iterator[bytes]:
        yield self.content

    async def read(self) -> bytes:
        return self.content


def fake(driver: Driver, calls: int) -> Measure:
    """The fake with its default settings, everything on."""
    client = driver.new_client()

    def measure() -> float:
        with FakeConnectChat():
            return driver.seconds(client, calls)

    return measure


def strict_fake(driver: Driver, calls: int) -> Measure:
    """The fake with every limit and a fault plan, which each call has to be checked against."""
    client = driver.new_client()

    def measure() -> float:
        with FakeConnectChat(
            max_active_chats=calls + WARMING,
            rate_limit="aws",
            message_limits="16384-bytes",
            client_token_conflict="error",
            connect_within=5,
            chaos=0,
        ) as strict:
            strict.faults.throttle(calls=None, when={"ContactFlowId": "another"}, optional=True)

            def second() -> None:
                strict.clock.advance(seconds=1)

            return driver.seconds(client, calls, second)

    return measure


def service_handler(driver: Driver, calls: int) -> Measure:
    """A constant handler at `before-call.connect.*`: botocore's own handlers, at the root, are cut off."""
    client = driver.new_client()
    client.meta.events.register("before-call.connect.*", _constant_handler(driver))
    return lambda: driver.seconds(client, calls)


def root_handler(driver: Driver, calls: int) -> Measure:
    """A constant handler last at the root of `before-call`: botocore's own handlers run, as they do on the fake."""
    client = driver.new_client()
    client.meta.events.register_last("before-call", _constant_handler(driver))
    return lambda: driver.seconds(client, calls)


def stubber(driver: Driver, calls: int) -> Measure:
    """The driver's own stubber, with one response queued for each call."""
    client = driver.new_client()
    own = driver.stubber(client)
    own.activate()

    def queue() -> None:
        for _ in range(BURST):
            own.add_response("start_chat_contact", dict(ANSWER))

    return lambda: driver.seconds(client, calls, queue)


def sent_handler(driver: Driver, calls: int) -> Measure:
    """A constant handler at `before-send`: signing, sending and parsing run too."""
    client = driver.new_client()
    headers = {"content-type": "application/json"}
    client.meta.events.register("before-send", lambda **_: driver.response("", 200, headers, _Body()))
    return lambda: driver.seconds(client, calls)


def describe_instance(_: Driver, calls: int) -> Measure:
    """Moto's `describe_instance`, the nearest call that it answers; of a botocore client."""
    import boto3
    from moto import mock_aws

    keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
    client = boto3.client("connect", region_name="us-east-1", **keys)

    def measure() -> float:
        with mock_aws():
            instance = client.create_instance(
                IdentityManagementType="SAML", InboundCallsEnabled=True, OutboundCallsEnabled=True
            )
            start = now()
            for call in range(-BURST, calls):
                if call == 0:
                    start = now()
                client.describe_instance(InstanceId=instance["Id"])
            return (now() - start) / calls

    return measure


def _constant_handler(driver: Driver) -> Callable[..., Any]:
    return lambda **_: (driver.response(None, 200, {}, None), dict(ANSWER))
