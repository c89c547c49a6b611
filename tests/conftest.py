"""What the tests share: requests that are valid, an environment without AWS, and clients over both drivers."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import os
import socket
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from typing import Any

import pytest

from pytest_connect_chat import FakeConnectChat
from pytest_connect_chat._clients.aio_client import _result_of
from pytest_connect_chat._clients.sessions import new_session
from pytest_connect_chat._model.catalogue import shared_loader
from pytest_connect_chat._service.chats.transcript import TranscriptItem

INSTANCE_ID = "12345678-1234-1234-1234-123456789012"
FLOW_ID = "846ec553-a005-41c0-8341-d5d0a5f8a8a1"


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Hide the AWS configuration of whoever runs the tests."""
    nowhere = tmp_path_factory.getbasetemp() / "no-aws-configuration"
    for name in [name for name in os.environ if name.startswith(("AWS_", "BOTO_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(nowhere))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(nowhere))


@pytest.fixture
def no_sockets(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Refuse every socket connection, and return the list of those that were tried."""
    tried: list[Any] = []

    def connect(self: socket.socket, address: Any) -> None:
        tried.append(address)
        raise AssertionError(f"a socket was about to connect to {address!r}")

    monkeypatch.setattr(socket.socket, "connect", connect)
    return tried


@pytest.fixture
def parameters() -> dict[str, Any]:
    """The smallest valid request of StartChatContact."""
    return {"InstanceId": INSTANCE_ID, "ContactFlowId": FLOW_ID, "ParticipantDetails": {"DisplayName": "Ada"}}


# -- drivers: the same tests over botocore's clients and over aiobotocore's --------------------------------------------

DRIVERS = ("botocore", "aiobotocore") if find_spec("aiobotocore") else ("botocore",)

over_both_drivers = pytest.mark.usefixtures("driver")

_current = {"driver": "botocore"}


def plain_looking(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that calls another: nobody sees from outside whether that one is asynchronous."""

    def call(*arguments: Any) -> Any:
        return function(*arguments)

    return call


def kind(item: TranscriptItem) -> str:
    """Return the type of an item, of an event which one it is."""
    return item.content_type.rpartition(".event.")[2] if item.type == "EVENT" else item.type


class AwaitedClient:
    """An aiobotocore client that is called as a botocore client is: each call runs on an event loop of its own.

    Args:
        client: The aiobotocore client.
        opened: Whether to open its HTTP session for each call; only what is really sent needs one.
    """

    def __init__(self, client: Any, *, opened: bool = False) -> None:
        self._client = client
        self._opened = opened

    def __getattr__(self, name: str) -> Any:
        attribute = getattr(self._client, name)
        if name not in self._client.meta.method_to_api_mapping:
            return attribute

        async def call(**parameters: Any) -> Any:
            async with self._client if self._opened else contextlib.nullcontext():
                return await attribute(**parameters)

        return lambda **parameters: asyncio.run(call(**parameters))


def awaited(value: Any) -> Any:
    """Return a value, or what comes of it where a driver gives an awaitable."""

    async def wait() -> Any:
        return await value

    return asyncio.run(wait()) if inspect.isawaitable(value) else value


# A session keeps the configuration file that it has read.
@cache
def _session(config_file: str) -> Any:
    return new_session()


@cache
def _aio_session(config_file: str) -> Any:
    from aiobotocore.session import AioSession

    session = AioSession()
    session.register_component("data_loader", shared_loader())
    return session


def new_client(service: str = "connect", *, driver: str = "", opened: bool = False, **settings: Any) -> Any:
    """Return a client as an application makes it.

    Args:
        service: The name of its service.
        driver: Its driver, that of the test where none is given.
        opened: Whether aiobotocore opens an HTTP session for each call.
        **settings: Keywords of `create_client`.
    """
    keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
    settings = {"region_name": "us-east-1", **keys, **settings}
    config_file = os.environ["AWS_CONFIG_FILE"]
    if (driver or _current["driver"]) == "botocore":
        return _session(config_file).create_client(service, **settings)
    return AwaitedClient(_result_of(_aio_session(config_file)._create_client(service, **settings)), opened=opened)


@pytest.fixture
def driver(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The driver of all clients that `new_client`, the fixtures and the fake make in a test.

    A test that takes it runs once for each driver; `over_both_drivers` is the usual way.
    """
    if request.param == "aiobotocore":
        monkeypatch.setattr(
            FakeConnectChat, "client", lambda fake, service="connect": AwaitedClient(fake.aio_client(service))
        )
    monkeypatch.setitem(_current, "driver", request.param)
    return str(request.param)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give tests that ask for a driver each that is installed."""
    if "driver" in metafunc.fixturenames:
        metafunc.parametrize("driver", DRIVERS, indirect=True)
