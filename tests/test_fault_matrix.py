"""Faults under the client's retries: the fake against a real HTTP endpoint on this machine.

By default an aiobotocore client meets each fault in one retry mode, and some in all; `CONNECT_CHAT_MATRIX=all` has it
meet all of them in all modes, as a botocore client does in every run.
"""

from __future__ import annotations

import importlib.util
import json
import os
import random
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import botocore
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.retries.bucket import TokenBucket
from conftest import new_client

from pytest_connect_chat import FakeConnectChat

pytestmark = [pytest.mark.of_botocore, pytest.mark.untraced]

Parameters = dict[str, Any]

SINCE_144 = tuple(int(part) for part in botocore.__version__.split(".")[:2]) >= (1, 44)
PATIENCE = 0.05  # seconds of a client whose endpoint stays silent
SEED = 7


def _generator() -> ModuleType:
    path = Path(__file__).parents[1] / "docs" / "generate" / "fault_matrix.py"
    specification = importlib.util.spec_from_file_location("fault_matrix", path)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    sys.modules[module.__name__] = module  # its dataclass asks for it
    specification.loader.exec_module(module)
    return module


matrix = _generator()


# -- a real endpoint ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Play:
    """How the endpoint answers, and how the way to it is.

    Attributes:
        status: The HTTP status; 0 to close the connection without an answer, -1 to stay silent.
        code: The error code, none for an empty body.
        times: How many requests are answered so; every further one gets a 200.
        way: What happens to a client on its way to the endpoint.
    """

    status: int = 200
    code: str = ""
    times: int = 1_000
    way: str = "open"


CLOSED = 0
SILENT = -1

PLAYS = {
    "throttle()": Play(429, "TooManyRequestsException"),
    "throttle(attempts=2)": Play(429, "TooManyRequestsException", times=2),
    'error("ThrottlingException")': Play(429, "ThrottlingException"),
    matrix.TOO_MANY_REQUESTS: Play(429, "TooManyRequests"),
    matrix.NO_CODE: Play(429),
    "exceed_quota()": Play(429, "LimitExceededException"),
    'error("InternalServiceException")': Play(500, "InternalServiceException"),
    'error("InvalidRequestException")': Play(400, "InvalidRequestException"),
    'error("ResourceNotFoundException")': Play(404, "ResourceNotFoundException"),
    'error("IdempotencyException")': Play(409, "IdempotencyException"),
    'error("ContactNotFoundException")': Play(410, "ContactNotFoundException"),
    "deny_access()": Play(403, "AccessDeniedException"),
    "expire_credentials()": Play(403, "ExpiredTokenException"),
    "outage(minutes=5)": Play(503),
    'outage(minutes=5, error="endpoint_unreachable")': Play(way="refused"),
    'network_error("connect_timeout")': Play(way="timeout"),
    'network_error("read_timeout")': Play(SILENT),
    'network_error("connection_closed")': Play(CLOSED),
    'network_error("endpoint_unreachable")': Play(way="refused"),
    'network_error("dns")': Play(way="no name"),
    'network_error("proxy")': Play(way="proxy"),
    'network_error("tls")': Play(way="tls"),
    "lose_response()": Play(SILENT),
    'lose_response("connection_closed")': Play(CLOSED),
    'lose_response("connection_closed", attempts=1)': Play(CLOSED, times=1),
    "lose_response(500)": Play(500),
    "lose_response(502)": Play(502),
    "lose_response(503)": Play(503),
    "lose_response(504)": Play(504),
    "delay(seconds=10)": Play(),
    "delay(seconds=70)": Play(SILENT),
}
# Those that a retry mode treats in a way of its own.
IN_ALL_MODES = {"throttle()", matrix.NO_CODE, 'network_error("read_timeout")', "lose_response(503)", "exceed_quota()"}
COLUMN_OF_AIOBOTOCORE = [
    pytest.param(fault, mode, id=f"{fault}-{mode}")
    for row, fault in enumerate(matrix.FAULTS)
    for column, mode in enumerate(matrix.MODES)
    if fault in IN_ALL_MODES or row % len(matrix.MODES) == column or os.environ.get("CONNECT_CHAT_MATRIX") == "all"
]
PATHS_OF_OTHERS = {"proxy", "tls"}  # their messages name what only the real way has: a port, OpenSSL's words


class LocalEndpoint(ThreadingHTTPServer):
    """An endpoint that plays one answer and notes the `ClientToken` of every request."""

    def __init__(self, refusing_port: int) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.play = Play()
        self.tokens: list[str] = []
        self.heard = threading.Condition()
        self.closing = threading.Event()
        self.refusing_port = refusing_port

    def start_play(self, play: Play) -> None:
        self.play = play
        self.tokens.clear()

    def wait_for(self, requests: int) -> None:
        """Wait until so many requests were heard: a client that gives up may be faster than the endpoint."""
        with self.heard:
            self.heard.wait_for(lambda: len(self.tokens) >= requests, timeout=30)

    def client(self, way: str = "open", driver: str = "botocore", **config: Any) -> Any:
        scheme = "https" if way == "tls" else "http"
        port = self.refusing_port if way == "refused" else self.server_port
        if way == "proxy":
            config["proxies"] = {"http": f"http://127.0.0.1:{self.refusing_port}"}
        return new_client(
            driver=driver,
            opened=True,
            verify=False,  # no certificate is looked at; to load them takes long
            endpoint_url=f"{scheme}://127.0.0.1:{port}",
            config=Config(**config),
        )


class Handler(BaseHTTPRequestHandler):
    """Plays what its endpoint is told to."""

    server: LocalEndpoint

    def do_PUT(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        with self.server.heard:
            self.server.tokens.append(body["ClientToken"])
            self.server.heard.notify_all()
        play = self.server.play
        status, code = (play.status, play.code) if len(self.server.tokens) <= play.times else (200, "")
        if status == SILENT:
            self.server.closing.wait()
        elif status != CLOSED:
            self._answer(status, code)

    def _answer(self, status: int, code: str) -> None:
        members = {"ContactId": "contact", "ParticipantId": "participant", "ParticipantToken": "token"}
        content = json.dumps(members if status == 200 else {"message": "refused"} if code else {}).encode()
        self.send_response(status)
        if code:
            self.send_header("x-amzn-errortype", code)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args: Any) -> None:
        """Keep the tests' output clean."""


@pytest.fixture(scope="module")
def endpoint() -> Iterator[LocalEndpoint]:
    with socket.socket() as refusing:  # bound, but nobody listens
        refusing.bind(("127.0.0.1", 0))
        with LocalEndpoint(refusing.getsockname()[1]) as endpoint:
            thread = threading.Thread(target=endpoint.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
            thread.start()
            yield endpoint
            endpoint.closing.set()
            endpoint.shutdown()
            thread.join()


@pytest.fixture
def sleeps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Let botocore's endpoint wait in no time, and return what it waited."""
    slept: list[float] = []
    monkeypatch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=slept.append))
    monkeypatch.setattr(TokenBucket, "acquire", lambda self, amount=1, block=True: True)  # adaptive mode's pacing
    return slept


@pytest.fixture
def obstruct(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Obstruct the way to every endpoint where no real obstruction is to be had in no time."""

    def obstruct(way: str) -> None:
        errors = {"timeout": TimeoutError("timed out"), "no name": socket.gaierror(-2, "Name or service not known")}
        if way in errors:

            def create_connection(*args: Any, **kwargs: Any) -> None:
                raise errors[way]

            async def resolve_host(*args: Any, **kwargs: Any) -> None:
                raise errors[way]

            monkeypatch.setattr("urllib3.util.connection.create_connection", create_connection)
            if "aiohttp" in sys.modules:
                monkeypatch.setattr("aiohttp.TCPConnector._resolve_host", resolve_host)

    return obstruct


@pytest.fixture
def awaited_sleeps(sleeps: list[float], monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Let aiobotocore's endpoint wait in no time too, and return what both waited."""
    pytest.importorskip("aiobotocore", reason="the extra asyncio is not installed")

    async def sleep(seconds: float) -> None:
        sleeps.append(seconds)

    async def acquire(*args: Any) -> None:
        pass

    monkeypatch.setattr("aiobotocore.endpoint.asyncio", SimpleNamespace(sleep=sleep))
    monkeypatch.setattr("aiobotocore.retries.bucket.AsyncTokenBucket.acquire", acquire)
    monkeypatch.setattr("aiohttp.client.IDEMPOTENT_METHODS", frozenset())  # aiohttp does not repeat requests itself
    return sleeps


# -- what is compared --------------------------------------------------------------------------------------------------


@dataclass
class Seen:
    """What one call showed."""

    attempts: int
    tokens: int
    exception: str = ""
    is_client_error: bool = False
    message: str = ""
    code: str = ""
    status: int | None = None
    retry_attempts: int | None = None
    max_attempts_reached: bool | None = None
    after_call_errors: list[str] = field(default_factory=list)


class Observer:
    """Watches the calls of one client."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.attempts = 0
        self.failed: list[str] = []
        client.meta.events.register("before-send.connect", self._sent)
        client.meta.events.register("after-call-error.connect", self._after_call_error)

    def _sent(self, **kwargs: Any) -> None:
        self.attempts += 1

    def _after_call_error(self, exception: Exception, context: dict[str, Any], **kwargs: Any) -> None:
        assert "client_config" in context
        self.failed.append(type(exception).__name__)

    def call(self, parameters: Parameters) -> Seen:
        self.attempts = 0
        self.failed.clear()
        seen = Seen(0, 1)
        try:
            answer = self.client.start_chat_contact(**parameters)
        except Exception as error:  # noqa: BLE001  # whatever it is gets compared
            answer = getattr(error, "response", None) or {}
            seen.exception = type(error).__name__
            seen.is_client_error = isinstance(error, ClientError)
            seen.message = "" if seen.is_client_error else str(error)
            seen.code = answer.get("Error", {}).get("Code", "")
        metadata = answer.get("ResponseMetadata", {})
        seen.status = metadata.get("HTTPStatusCode")
        seen.retry_attempts = metadata.get("RetryAttempts")
        seen.max_attempts_reached = metadata.get("MaxAttemptsReached")
        seen.after_call_errors = list(self.failed)
        seen.attempts = self.attempts
        return seen


def on_the_endpoint(endpoint: LocalEndpoint, observer: Observer, parameters: Parameters) -> Seen:
    seen = observer.call(parameters)
    if endpoint.play.way == "open":
        endpoint.wait_for(seen.attempts)
        assert len(endpoint.tokens) == seen.attempts
        seen.tokens = len(set(endpoint.tokens))
    return seen


def on_the_fake(observer: Observer, parameters: Parameters, plan: Callable[[Any], object]) -> Seen:
    with FakeConnectChat(seed=SEED) as fake:
        plan(fake.faults)
        seen = observer.call(parameters)
        assert observer.attempts == 0  # nothing was sent
        seen.attempts = fake.requests.one().attempt_count
        return seen


# -- the matrix --------------------------------------------------------------------------------------------------------


def test_every_fault_of_the_page_is_played() -> None:
    assert set(PLAYS) == set(matrix.FAULTS)


def observer_of(endpoint: LocalEndpoint, fault: str, mode: str, driver: str = "botocore") -> Observer:
    """Return an observer of a client that is to meet a fault."""
    play = PLAYS[fault]
    config = {"read_timeout": PATIENCE} if play.status == SILENT else {}
    return Observer(endpoint.client(play.way, driver, retries={"mode": mode}, **config))


def assert_same(endpoint: LocalEndpoint, observer: Observer, parameters: Parameters, fault: str) -> Seen:
    """Return what a fault shows, once it is the same on the endpoint and on the fake."""
    play = PLAYS[fault]
    endpoint.start_play(play)
    real = on_the_endpoint(endpoint, observer, parameters)
    fake = on_the_fake(observer, parameters, matrix.FAULTS[fault])

    if play.way in PATHS_OF_OTHERS:
        fake.message = real.message = ""
    assert fake == real
    assert bool(real.exception) or real.status == 200
    return fake


@pytest.mark.parametrize("mode", matrix.MODES)
@pytest.mark.parametrize("fault", matrix.FAULTS)
def test_a_client_sees_on_the_fake_what_it_sees_on_an_endpoint(
    endpoint: LocalEndpoint,
    sleeps: list[float],
    obstruct: Callable[[str], None],
    parameters: Parameters,
    fault: str,
    mode: str,
) -> None:
    obstruct(PLAYS[fault].way)
    assert_same(endpoint, observer_of(endpoint, fault, mode), parameters, fault)


@pytest.mark.parametrize(("fault", "mode"), COLUMN_OF_AIOBOTOCORE)
def test_an_aiobotocore_client_sees_the_same_on_both(
    endpoint: LocalEndpoint,
    awaited_sleeps: list[float],
    obstruct: Callable[[str], None],
    parameters: Parameters,
    fault: str,
    mode: str,
) -> None:
    obstruct(PLAYS[fault].way)
    seen = assert_same(endpoint, observer_of(endpoint, fault, mode, "aiobotocore"), parameters, fault)

    of_botocore = on_the_fake(observer_of(endpoint, fault, mode), parameters, matrix.FAULTS[fault])
    if PLAYS[fault].way in PATHS_OF_OTHERS:
        of_botocore.message = ""
    assert seen == of_botocore


def test_aiohttp_repeats_a_request_itself_where_the_connection_is_closed(
    endpoint: LocalEndpoint, awaited_sleeps: list[float], parameters: Parameters, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aiohttp.client.IDEMPOTENT_METHODS", {"PUT"})  # as aiohttp has it
    endpoint.start_play(Play(CLOSED))

    seen = observer_of(endpoint, "lose_response()", "standard", "aiobotocore").call(parameters)

    assert (seen.exception, seen.attempts) == ("ConnectionClosedError", 3)
    # docs/async.md says so: the fake counts what aiobotocore sends. One that meets a closed connection does not arrive.
    assert 3 < len(endpoint.tokens) <= 6
    assert len(set(endpoint.tokens)) == 1


@pytest.mark.parametrize("fault", ["throttle()", 'error("InternalServiceException")', 'network_error("dns")'])
@pytest.mark.parametrize("mode", matrix.MODES)
def test_back_off_is_the_clients_own(
    endpoint: LocalEndpoint,
    sleeps: list[float],
    obstruct: Callable[[str], None],
    parameters: Parameters,
    monkeypatch: pytest.MonkeyPatch,
    fault: str,
    mode: str,
) -> None:
    play = PLAYS[fault]
    obstruct(play.way)
    endpoint.start_play(play)
    observer = Observer(endpoint.client(play.way, retries={"mode": mode}))

    # The fake draws its jitter from a stream of its own; the real handlers get the same one here.
    stream = random.Random(f"{SEED}/jitter")
    monkeypatch.setattr("botocore.retryhandler.random", SimpleNamespace(random=lambda: 1.0 - stream.random()))
    state = random.getstate()
    random.seed(f"{SEED}/jitter")
    on_the_endpoint(endpoint, observer, parameters)
    random.setstate(state)
    with FakeConnectChat(seed=SEED) as fake:
        matrix.FAULTS[fault](fake.faults)
        observer.call(parameters)
        times = [attempt.time for attempt in fake.requests.one().attempts]
    waited = [(later - earlier).total_seconds() for earlier, later in pairwise(times)]

    assert len(sleeps) == len(times) - 1
    assert waited == pytest.approx(sleeps, abs=0.002)  # the fake's clock counts whole milliseconds


def test_a_second_call_gets_a_token_of_its_own(
    endpoint: LocalEndpoint, sleeps: list[float], parameters: Parameters
) -> None:
    endpoint.start_play(Play(CLOSED))
    observer = Observer(endpoint.client(retries={"mode": "standard"}))
    observer.call(parameters)
    observer.call(parameters)

    with FakeConnectChat(seed=SEED) as fake:
        fake.faults.lose_response("connection_closed", calls=2)
        observer.call(parameters)
        observer.call(parameters)

        assert len({record.client_token for record in fake.requests}) == len(set(endpoint.tokens)) == 2
        assert sum(record.attempt_count for record in fake.requests) == len(endpoint.tokens) == 6
        assert len(fake.contacts) == 2


def test_throttling_on_the_fake_does_not_slow_the_client_down_afterwards(
    endpoint: LocalEndpoint, sleeps: list[float], parameters: Parameters, monkeypatch: pytest.MonkeyPatch
) -> None:
    paced: list[object] = []
    monkeypatch.setattr(TokenBucket, "acquire", lambda self, amount=1, block=True: paced.append(self))
    observer = Observer(endpoint.client(retries={"mode": "adaptive"}))
    on_the_fake(observer, parameters, matrix.FAULTS["throttle()"])
    endpoint.start_play(Play())

    on_the_endpoint(endpoint, observer, parameters)
    assert paced == []

    endpoint.start_play(Play(429, "ThrottlingException"))
    on_the_endpoint(endpoint, observer, parameters)
    assert paced


# -- how the policy is configured --------------------------------------------------------------------------------------

CONFIGURED = [
    pytest.param({"mode": mode, name: number}, id=f"{mode} {name}={number}")
    for mode in matrix.MODES
    for name, number in [
        ("max_attempts", 0),
        ("max_attempts", 1),
        ("max_attempts", 2),
        ("total_max_attempts", 1),
        ("total_max_attempts", 2),
        ("total_max_attempts", 7),
    ]
]


def compare(endpoint: LocalEndpoint, observer: Observer, parameters: Parameters) -> Seen:
    """Return what a 500 shows, once it is the same on the endpoint and on the fake."""
    endpoint.start_play(Play(500, "InternalServiceException"))
    real = on_the_endpoint(endpoint, observer, parameters)
    fake = on_the_fake(observer, parameters, lambda faults: faults.error("InternalServiceException"))
    assert fake == real
    return fake


@pytest.mark.parametrize("retries", CONFIGURED)
def test_the_configured_attempts_are_made(
    endpoint: LocalEndpoint, sleeps: list[float], parameters: Parameters, retries: dict[str, Any]
) -> None:
    seen = compare(endpoint, Observer(endpoint.client(retries=dict(retries))), parameters)

    configured = retries.get("total_max_attempts", retries.get("max_attempts", 0) + 1)
    assert seen.attempts == configured
    assert seen.retry_attempts == configured - 1


@pytest.mark.parametrize("number", [1, 4])
@pytest.mark.parametrize("mode", [*matrix.MODES, None])
@pytest.mark.parametrize("where", ["environment", "config file"])
def test_environment_and_config_file_count(
    endpoint: LocalEndpoint,
    sleeps: list[float],
    parameters: Parameters,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    where: str,
    mode: str | None,
    number: int,
) -> None:
    if where == "environment":
        monkeypatch.setenv("AWS_MAX_ATTEMPTS", str(number))
        if mode is not None:
            monkeypatch.setenv("AWS_RETRY_MODE", mode)
    else:
        file = tmp_path / "config"
        file.write_text(f"[default]\nmax_attempts = {number}\n{f'retry_mode = {mode}' if mode else ''}\n")
        monkeypatch.setenv("AWS_CONFIG_FILE", str(file))

    assert compare(endpoint, Observer(endpoint.client()), parameters).attempts == number


def test_the_clients_own_configuration_comes_before_the_environment(
    endpoint: LocalEndpoint, sleeps: list[float], parameters: Parameters, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    monkeypatch.setenv("AWS_RETRY_MODE", "legacy")
    client = endpoint.client(retries={"mode": "standard", "total_max_attempts": 2})

    assert compare(endpoint, Observer(client), parameters).attempts == 2


def test_the_default_is_that_of_the_installed_botocore(
    endpoint: LocalEndpoint, sleeps: list[float], parameters: Parameters
) -> None:
    seen = compare(endpoint, Observer(endpoint.client()), parameters)

    assert seen.attempts == (3 if SINCE_144 else 5)


# -- the page ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def rows() -> list[Any]:
    rows: list[Any] = matrix.run_all()
    return rows


def test_the_page_is_what_the_generator_writes(rows: list[Any]) -> None:
    assert matrix.PAGE.read_text(encoding="utf-8") == matrix.page(rows), "run: python docs/generate/fault_matrix.py"


def test_the_generator_writes_the_page(rows: list[Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(matrix, "PAGE", tmp_path / "page.md")
    monkeypatch.setattr(matrix, "run_all", lambda: rows)

    matrix.main()

    assert (tmp_path / "page.md").read_text(encoding="utf-8") == matrix.page(rows)


def test_what_the_page_says_of_versions_holds(rows: list[Any]) -> None:
    assert rows == [matrix.by_version(row)[SINCE_144] for row in rows]
