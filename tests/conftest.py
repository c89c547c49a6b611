"""What the tests share: requests that are valid, an environment without AWS, and clients over all drivers."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import inspect
import os
import socket
import threading
import urllib.request
from collections.abc import Callable, Generator, Iterator
from datetime import timedelta
from functools import cache
from importlib.util import find_spec
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.loaders import Loader
from coverage import Coverage

from pytest_connect_chat import FakeConnectChat
from pytest_connect_chat._clients import interception
from pytest_connect_chat._clients.aio_client import _result_of
from pytest_connect_chat._clients.backend import Backend
from pytest_connect_chat._clients.sessions import new_session
from pytest_connect_chat._endpoint.served_fake import ServedFake
from pytest_connect_chat._model.loader import OwnLoader
from pytest_connect_chat._service.chats.transcript import TranscriptItem
from pytest_connect_chat._service.clock import wait_until

INSTANCE_ID = "12345678-1234-1234-1234-123456789012"
FLOW_ID = "846ec553-a005-41c0-8341-d5d0a5f8a8a1"


# -- the garbage collector, which would look at all items and models again and again -----------------------------------


def pytest_configure() -> None:
    """Let it come less often."""
    gc.set_threshold(50_000)


def pytest_collection_finish() -> None:
    """Let it pass over what is collected: that stays to the end."""
    gc.freeze()


@pytest.fixture
def own_garbage() -> None:
    """Let `gc.collect()` look only at what the test makes."""
    gc.freeze()


def pytest_sessionfinish() -> None:
    """Let it look at everything once: pytest asks then for errors in finalisers."""
    gc.unfreeze()


# -- coverage, which doubles the time of what it follows ---------------------------------------------------------------


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let coverage follow whoever is the first to ask for what is kept for the whole run."""
    items.sort(key=lambda item: item.get_closest_marker("untraced") is not None)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Run what is marked `untraced`, the processes that it starts included, without coverage."""
    measured = Coverage.current() if item.get_closest_marker("untraced") else None
    if measured is None:
        return (yield)
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)
        measured.stop()
        try:
            return (yield)
        finally:
            measured.start()


# -- environment, network and requests ---------------------------------------------------------------------------------


@pytest.fixture
def hidden_environment(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Hide the AWS configuration of whoever runs the tests."""
    nowhere = tmp_path_factory.getbasetemp() / "no-aws-configuration"
    for name in [name for name in os.environ if name.startswith(("AWS_", "BOTO_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(nowhere))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(nowhere))


@pytest.fixture(autouse=True)
def bare_environment(hidden_environment: None) -> None:
    """Hide it from every test; those of a live run, in `tests/contract`, see it."""


@pytest.fixture
def models_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let all sessions, those of nested runs too, share what has been read of botocore's files."""
    monkeypatch.setattr(Loader, "FILE_LOADER_CLASS", OwnLoader.FILE_LOADER_CLASS)


@pytest.fixture
def no_sockets(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Refuse every socket connection, and return the list of those that were tried."""
    return _refused_sockets(monkeypatch, loopback=False)


@pytest.fixture
def no_foreign_sockets(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Refuse every socket connection but those to an endpoint, and return the list of those that were tried."""
    return _refused_sockets(monkeypatch, loopback=True)


def _refused_sockets(monkeypatch: pytest.MonkeyPatch, *, loopback: bool) -> list[Any]:
    tried: list[Any] = []
    connect = socket.socket.connect

    def connect_or_refuse(self: socket.socket, address: Any) -> None:
        if loopback and address[0] == "127.0.0.1":
            return connect(self, address)
        tried.append(address)
        raise AssertionError(f"a socket was about to connect to {address!r}")

    monkeypatch.setattr(socket.socket, "connect", connect_or_refuse)
    return tried


@pytest.fixture
def parameters() -> dict[str, Any]:
    """The smallest valid request of StartChatContact."""
    return {"InstanceId": INSTANCE_ID, "ContactFlowId": FLOW_ID, "ParticipantDetails": {"DisplayName": "Ada"}}


# -- drivers: the same tests over botocore's clients, over aiobotocore's, and over HTTP --------------------------------

DRIVERS = (
    "botocore",
    *(["aiobotocore"] if find_spec("aiobotocore") else []),
    *(["http"] if find_spec("aiohttp") else []),
)

over_all_drivers = pytest.mark.usefixtures("driver")

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
    session.register_component("data_loader", OwnLoader())
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
    driver = driver or _current["driver"]
    if driver != "aiobotocore":
        client = _session(config_file).create_client(service, **settings)
        return over_http(client) if driver == "http" else client
    return AwaitedClient(_result_of(_aio_session(config_file)._create_client(service, **settings)), opened=opened)


# Clients over HTTP are botocore's, in this process, which the fake would catch: they are let through to its endpoint.
_http_clients: list[Any] = []
_answered = threading.Event()  # whether a frame has been answered to its end


def over_http(client: Any) -> Any:
    """Let a client reach the endpoint of the fake that is active when it is called."""
    _http_clients.append(client)
    client.meta.events.register_first("before-call", _lead_to_the_endpoint)
    client.meta.events.register_last("after-call", _Subscriber().hear)
    return client


def lead_over_http(monkeypatch: pytest.MonkeyPatch) -> None:
    """Serve every fake, and let the clients of `over_http` through to it.

    What botocore waits between two attempts passes on the clock of the fake, as it does in process.
    """
    start, client, begin, check = FakeConnectChat.start, FakeConnectChat.client, Backend.begin, Backend.check_send
    receive = ServedFake.receive

    def start_and_serve(fake: FakeConnectChat) -> None:
        start(fake)
        fake.serve()

    def wait(seconds: float) -> None:
        clock = _active_fake().clock
        wait_until(clock, clock.now() + timedelta(seconds=seconds))

    def begin_or_pass(backend: Backend, client: Any, operation_name: str) -> Any:
        return None if any(one is client for one in _http_clients) else begin(backend, client, operation_name)

    def check_or_pass(backend: Backend, request: Any) -> None:
        if not request.url.startswith("http://127.0.0.1:"):
            check(backend, request)

    def receive_to_the_end(served: Any, *arguments: Any) -> None:
        try:
            receive(served, *arguments)
        finally:
            _answered.set()

    monkeypatch.setattr(ServedFake, "receive", receive_to_the_end)
    monkeypatch.setattr(FakeConnectChat, "start", start_and_serve)
    monkeypatch.setattr(FakeConnectChat, "client", lambda fake, service="connect": over_http(client(fake, service)))
    monkeypatch.setattr(Backend, "begin", begin_or_pass)
    monkeypatch.setattr(Backend, "check_send", check_or_pass)
    monkeypatch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=wait))
    for fake in [owner for owner in interception._active if isinstance(owner, FakeConnectChat)]:
        fake.serve()


def _active_fake() -> FakeConnectChat:
    return next(owner for owner in reversed(interception._active) if isinstance(owner, FakeConnectChat))


def _lead_to_the_endpoint(params: dict[str, Any], **kwargs: Any) -> None:
    endpoint = _active_fake()._endpoint
    assert endpoint is not None
    parts = urlsplit(params["url"])
    params["url"] = endpoint.url + parts._replace(scheme="", netloc="").geturl()


class _Subscriber:
    """Does at the URLs what an application does: sends files, and subscribes once it has all that it needs for that."""

    def __init__(self) -> None:
        self._urls: dict[str, str] = {}
        self._with_credentials: set[str] = set()

    def hear(self, parsed: dict[str, Any], **kwargs: Any) -> None:
        import websocket

        if "UploadMetadata" in parsed:
            url, headers = parsed["UploadMetadata"]["Url"], parsed["UploadMetadata"]["HeadersToInclude"]
            file = urllib.request.Request(url, bytes(int(headers["Content-Length"])), headers, method="PUT")  # noqa: S310
            urllib.request.urlopen(file).close()  # noqa: S310
        token = parsed.get("ParticipantToken", "the client's")
        if "Websocket" in parsed:
            self._urls[token] = parsed["Websocket"]["Url"]
        if "ConnectionCredentials" in parsed:
            self._with_credentials.add(token)
        if token in self._urls and token in self._with_credentials:
            socket = websocket.create_connection(self._urls.pop(token), timeout=5)
            _answered.clear()
            socket.send('{"topic":"aws/subscribe","content":{"topics":["aws/chat"]}}')
            socket.recv()
            _answered.wait(10)  # flows that start with it have had their turn, as in process
            socket.close()


@pytest.fixture
def driver(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The driver of all clients that `new_client`, the fixtures and the fake make in a test.

    A test that takes it runs once for each driver; `over_all_drivers` is the usual way.
    """
    if request.param == "aiobotocore":
        monkeypatch.setattr(
            FakeConnectChat, "client", lambda fake, service="connect": AwaitedClient(fake.aio_client(service))
        )
    elif request.param == "http":
        lead_over_http(monkeypatch)
    monkeypatch.setitem(_current, "driver", request.param)
    yield str(request.param)
    for client in _http_clients:
        client.close()
    _http_clients.clear()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give tests that ask for a driver each that is installed and fits: `in_process`, `over_http`, or a live run's."""
    if "driver" in metafunc.fixturenames:
        marked = {marker.name for marker in metafunc.definition.iter_markers()}
        drivers = [
            driver
            for driver in DRIVERS
            if ("in_process" not in marked if driver == "http" else "over_http" not in marked)
        ]
        is_live = metafunc.config.getoption("instance_id", default=None) is not None
        # Over HTTP, calls go the same ways once they have arrived: coverage follows only what runs over nothing else.
        marks = {"http": [pytest.mark.untraced]} if len(drivers) > 1 else {}
        values = [pytest.param(driver, marks=marks.get(driver, ())) for driver in drivers]
        metafunc.parametrize("driver", ["live"] if is_live else values, indirect=True)
