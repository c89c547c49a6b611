"""Beside tracers and other patchers, which wrap `BaseClient._make_api_call`: at any time and in any order."""

from __future__ import annotations

import asyncio
import itertools
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from types import SimpleNamespace
from typing import Any
from unittest import mock

import botocore.client
import moto
import pytest
from botocore.client import BaseClient
from botocore.endpoint import Endpoint
from conftest import new_client

from pytest_connect_chat import FakeConnectChat

pytestmark = [pytest.mark.of_botocore, pytest.mark.in_process]

wrapt = pytest.importorskip("wrapt")

Parameters = dict[str, Any]
ORIGINAL = BaseClient._make_api_call


@pytest.fixture(autouse=True)
def nothing_left(no_sockets: list[Any]) -> Iterator[None]:
    yield
    assert no_sockets == []
    assert not [base for base in (BaseClient, Endpoint) if "__init_subclass__" in vars(base)]
    assert "__wrapped__" not in vars(BaseClient._make_request)


class Tracer:
    """A tracer that a test puts on and takes off.

    Attributes:
        spans: The operation of each call that it saw, and the service of the client that made it.
    """

    def __init__(self) -> None:
        self.spans: list[tuple[str, str]] = []

    def on(self, driver: str) -> None:
        """Wrap botocore's method, or aiobotocore's."""

    def off(self) -> None:
        """Undo it."""


def client_class(driver: str) -> Any:
    if driver == "botocore":
        return BaseClient
    from aiobotocore.client import AioBaseClient

    return AioBaseClient


def unwrap(owner: Any, name: str) -> None:
    setattr(owner, name, vars(owner)[name].__wrapped__)


class Wrapt(Tracer):
    """Wraps as X-Ray, Powertools, ddtrace and Elastic APM do."""

    def on(self, driver: str) -> None:
        def trace(wrapped: Any, instance: Any, args: Any, kwargs: Any) -> Any:
            self.spans.append((args[0], instance.meta.service_model.service_name))
            return wrapped(*args, **kwargs)

        self.owner = client_class(driver)
        wrapt.wrap_function_wrapper(self.owner, "_make_api_call", trace)

    def off(self) -> None:
        unwrap(self.owner, "_make_api_call")


class XRay(Tracer):
    """AWS X-Ray, which Powertools' Tracer patches with too."""

    def on(self, driver: str) -> None:
        from aws_xray_sdk.core import xray_recorder

        if driver == "botocore":
            from aws_xray_sdk.ext.botocore import patch
        else:
            from aws_xray_sdk.ext.aiobotocore import patch
        self.recorder, self.owner = xray_recorder, client_class(driver)
        xray_recorder.configure(sampling=False)
        getattr(xray_recorder.emitter, "_socket", mock.Mock()).close()
        xray_recorder.emitter = SimpleNamespace(send_entity=lambda entity: None)
        self.segment = xray_recorder.begin_segment("test")
        self.module = sys.modules[self.owner.__module__]
        self.endpoint = Endpoint if driver == "botocore" else sys.modules["aiobotocore.endpoint"].AioEndpoint
        patch()

    def off(self) -> None:
        unwrap(self.owner, "_make_api_call")  # X-Ray's own does not know the proxies of newer versions of wrapt
        unwrap(self.endpoint, "prepare_request")
        del self.module._xray_enabled
        self.spans += [(span.aws["operation"], span.name) for span in self.segment.subsegments]
        self.recorder.end_segment()


class OpenTelemetry(Tracer):
    """OpenTelemetry's instrumentation of botocore, or of aiobotocore."""

    def on(self, driver: str) -> None:
        from opentelemetry.instrumentation import botocore as instrumentation
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import SimpleSpanProcessor
        from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

        self.exporter = InMemorySpanExporter()
        provider = TracerProvider()
        provider.add_span_processor(SimpleSpanProcessor(self.exporter))
        kind = "BotocoreInstrumentor" if driver == "botocore" else "AiobotocoreInstrumentor"
        self.instrumentor = getattr(instrumentation, kind)()
        self.instrumentor.instrument(tracer_provider=provider)

    def off(self) -> None:
        self.instrumentor.uninstrument()
        names = {"Connect": "connect", "STS": "sts", "DynamoDB": "dynamodb"}
        for span in self.exporter.get_finished_spans():
            service, _, operation = span.name.partition(".")
            self.spans.append((operation, names[service]))


TRACERS = {"wrapt": Wrapt, "X-Ray": XRay, "OpenTelemetry": OpenTelemetry}
NEEDS = {"wrapt": "wrapt", "X-Ray": "aws_xray_sdk", "OpenTelemetry": "opentelemetry.instrumentation.botocore"}


@pytest.fixture(params=TRACERS)
def tracer(request: pytest.FixtureRequest) -> Tracer:
    pytest.importorskip(NEEDS[request.param])
    found: Tracer = TRACERS[request.param]()
    return found


# A tracer and a fake that come, and that go, in each order.
ORDERS = [
    order
    for order in itertools.permutations(["tracer on", "fake on", "fake off", "tracer off"])
    if order.index("tracer on") < order.index("tracer off") and order.index("fake on") < order.index("fake off")
]


@pytest.mark.parametrize("order", ORDERS, ids=", ".join)
def test_calls_are_answered_and_traced_whoever_comes_and_goes_first(
    order: tuple[str, ...], tracer: Tracer, driver: str, parameters: Parameters
) -> None:
    client, fake, active, traced = new_client(), FakeConnectChat(), False, 0
    method = vars(client_class(driver))["_make_api_call"]
    steps: dict[str, Callable[[], None]] = {
        "tracer on": lambda: tracer.on(driver),
        "tracer off": tracer.off,
        "fake on": fake.start,
        "fake off": fake.stop,
    }
    for number, step in enumerate(order):
        steps[step]()
        active = {"fake on": True, "fake off": False}.get(step, active)
        if active:
            client.start_chat_contact(**parameters)
            traced += "tracer on" in order[: number + 1] and "tracer off" not in order[: number + 1]

    assert tracer.spans == [("StartChatContact", "connect")] * traced
    assert len(fake.contacts) == order.index("fake off") - order.index("fake on")
    assert vars(client_class(driver))["_make_api_call"] is method


@pytest.mark.parametrize("first", ["tracer", "fake"])
def test_calls_of_other_services_are_traced_too(first: str, tracer: Tracer) -> None:
    with moto.mock_aws(), ExitStack() as stack:
        for who in sorted(["tracer", "fake"], key=lambda who: who != first):
            if who == "tracer":
                tracer.on("botocore")
                stack.callback(tracer.off)
            else:
                stack.enter_context(FakeConnectChat())
        new_client("dynamodb", driver="botocore").list_tables()

    assert tracer.spans == [("ListTables", "dynamodb")]


def test_errors_and_retries_pass_through_a_tracer(tracer: Tracer, driver: str, parameters: Parameters) -> None:
    client = new_client()
    tracer.on(driver)
    try:
        with FakeConnectChat() as fake:
            fake.faults.throttle(attempts=1)
            client.start_chat_contact(**parameters)
            fake.add_instance("another")
            with pytest.raises(client.exceptions.ResourceNotFoundException):
                client.start_chat_contact(**parameters)
    finally:
        tracer.off()

    assert [record.attempt_count for record in fake.requests] == [2, 1]
    assert tracer.spans == [("StartChatContact", "connect")] * 2


# -- moto's pattern: the original, kept at import, is called for what is not mocked ------------------------------------


def mocked(self: Any, operation_name: str, api_params: Parameters) -> Any:
    if operation_name == "GetCallerIdentity":
        return {"Account": "mocked"}
    return ORIGINAL(self, operation_name, api_params)


@contextmanager
def in_order(patch_first: bool) -> Iterator[FakeConnectChat]:
    patch: AbstractContextManager[Any] = mock.patch("botocore.client.BaseClient._make_api_call", new=mocked)
    fake = FakeConnectChat()
    first, second = (patch, fake) if patch_first else (fake, patch)
    with first, second:
        yield fake


@pytest.mark.parametrize("patch_first", [True, False], ids=["patch first", "fake first"])
def test_an_original_that_was_kept_at_import_is_answered(patch_first: bool, parameters: Parameters) -> None:
    client, other = new_client(driver="botocore"), new_client("sts", driver="botocore")
    with in_order(patch_first) as fake:
        assert other.get_caller_identity() == {"Account": "mocked"}
        contact_id = client.start_chat_contact(**parameters)["ContactId"]

    assert list(fake.contacts) == [contact_id]
    assert botocore.client.BaseClient._make_api_call is ORIGINAL


def test_an_original_of_aiobotocore_that_was_kept_is_answered(parameters: Parameters) -> None:
    AioBaseClient = pytest.importorskip("aiobotocore.client").AioBaseClient  # noqa: N806
    original = AioBaseClient._make_api_call

    async def replaced(self: Any, operation_name: str, api_params: Parameters) -> Any:
        return await original(self, operation_name, api_params)

    with FakeConnectChat() as fake, mock.patch.object(AioBaseClient, "_make_api_call", replaced):
        asyncio.run(fake.aio_client().start_chat_contact(**parameters))

    assert len(fake.contacts) == 1
