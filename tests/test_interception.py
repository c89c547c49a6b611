"""Nothing to rewire: every client of the process is answered, and afterwards everything is as before."""

from __future__ import annotations

import asyncio
import functools
import gc
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any
from unittest import mock

import boto3
import botocore.session
import pytest
from botocore.awsrequest import AWSResponse
from botocore.client import BaseClient
from botocore.config import Config
from botocore.endpoint import Endpoint
from botocore.exceptions import ParamValidationError, UnStubbedResponseError
from botocore.stub import Stubber

from pytest_connect_chat import FakeConnectChat
from pytest_connect_chat._clients import interception, retries
from pytest_connect_chat._clients.blocking import Permission
from pytest_connect_chat._clients.retries import RetryPolicy
from pytest_connect_chat.exceptions import ClosedError, SceneError

pytestmark = [pytest.mark.of_botocore, pytest.mark.in_process]

Parameters = dict[str, Any]

PLAIN = ("-p", "no:faker", "-p", "no:hypothesispytest", "-p", "no:asyncio", "-p", "no:randomly")
PATIENCE = 30  # seconds; only a test that fails waits that long
PATCHED = [(BaseClient, "_emit_api_params"), (BaseClient, "_make_request"), (Endpoint, "_send")]
PATCHED_IDS = ["_emit_api_params", "_make_request", "_send"]
ORIGINALS = {name: owner.__dict__[name] for owner, name in PATCHED}
CONTACT_OF_OTHERS = {"ContactId": "theirs", "ParticipantId": "p", "ParticipantToken": "t"}


@pytest.fixture(autouse=True)
def region_without_metadata(models_read_once: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client made before any fake asks the metadata service for credentials; that is not what is tested here."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)


@pytest.fixture(autouse=True)
def classes_as_before(own_garbage: None) -> Iterator[None]:
    yield
    gc.collect()  # botocore's errors of sending hold their frames, and so a call that was not answered, in a circle
    assert {name: owner.__dict__[name] for owner, name in PATCHED} == ORIGINALS
    assert not [owner for owner, _ in PATCHED if "__init_subclass__" in owner.__dict__]


def registered(client: Any) -> tuple[list[tuple[str, int, Any]], dict[str, Any]]:
    """Return every handler on a client with its event and section, and every unique id."""
    emitter = client.meta.events._emitter
    found: list[tuple[str, int, Any]] = []

    def walk(node: dict[str, Any], path: str) -> None:
        for section, handlers in enumerate(node["values"] or ()):
            found.extend((path, section, handler) for handler in handlers)
        for name, child in node["children"].items():
            walk(child, f"{path}.{name}")

    walk(emitter._handlers._root, "")
    return found, dict(emitter._unique_id_handlers)


def new_client(service: str = "connect", **keywords: Any) -> Any:
    return botocore.session.get_session().create_client(service, **keywords)


def other_contact(**kwargs: Any) -> tuple[AWSResponse, dict[str, str]]:
    """Answer as a handler that somebody else has registered."""
    return AWSResponse(None, 200, {}, None), dict(CONTACT_OF_OTHERS)


class Desk:
    """Holds a client, as applications do."""

    def __init__(self) -> None:
        self.connect = boto3.client("connect")


@functools.cache
def cached_client() -> Any:
    return boto3.client("connect")


STYLES: dict[str, Callable[[], Any]] = {
    "boto3.client": lambda: boto3.client("connect"),
    "in __init__": lambda: Desk().connect,
    "boto3.Session": lambda: boto3.Session().client("connect"),
    "boto3.Session with a region": lambda: boto3.Session(region_name="eu-west-2").client("connect"),
    "boto3.Session with credentials": lambda: boto3.Session("AKIA", "secret", "token").client("connect"),
    "botocore.session": new_client,
    "explicit credentials": lambda: boto3.client("connect", aws_access_key_id="AKIA", aws_secret_access_key="secret"),
    "None for everything": lambda: boto3.client(
        "connect",
        aws_access_key_id=None,
        aws_secret_access_key=None,
        aws_session_token=None,
        region_name=None,
        endpoint_url=None,
        config=None,
    ),
    "Config": lambda: boto3.client("connect", config=Config(connect_timeout=1, user_agent_extra="app")),
    "Config with legacy retries": lambda: new_client(config=Config(retries={"mode": "legacy", "max_attempts": 2})),
    "Config with standard retries": lambda: new_client(config=Config(retries={"mode": "standard"})),
    "Config with adaptive retries": lambda: new_client(config=Config(retries={"mode": "adaptive"})),
    "Config with one attempt": lambda: new_client(config=Config(retries={"total_max_attempts": 1})),
    "endpoint_url": lambda: boto3.client("connect", endpoint_url="https://connect.example.com"),
    "another region": lambda: boto3.client("connect", region_name="ap-southeast-2"),
}


@pytest.mark.parametrize("make", STYLES.values(), ids=STYLES)
def test_a_client_made_before_the_fake_is_answered(
    make: Callable[[], Any], parameters: Parameters, no_sockets: list[Any]
) -> None:
    client = make()
    before = registered(client)

    with FakeConnectChat() as fake:
        contact_id = client.start_chat_contact(**parameters)["ContactId"]

    assert list(fake.contacts) == [contact_id]
    assert fake.requests.one().region == client.meta.region_name
    assert registered(client) == before
    assert no_sockets == []


@pytest.mark.parametrize("make", STYLES.values(), ids=STYLES)
def test_a_client_made_during_the_fake_is_answered(
    make: Callable[[], Any], parameters: Parameters, no_sockets: list[Any]
) -> None:
    with FakeConnectChat() as fake:
        client = make()
        before = registered(client)
        contact_id = client.start_chat_contact(**parameters)["ContactId"]

    assert list(fake.contacts) == [contact_id]
    assert registered(client) == before
    assert no_sockets == []


def test_a_client_made_at_import_is_answered(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    pytester.makeini("[pytest]\nconnect_chat_region = eu-central-1\n")
    pytester.makepyfile(
        app="""
        import boto3

        connect = boto3.client("connect")

        def open_chat(name):
            return connect.start_chat_contact(
                InstanceId="instance", ContactFlowId="flow", ParticipantDetails={"DisplayName": name}
            )["ContactId"]
        """,
        test_app="""
        from app import open_chat

        def test_one(connect_chat):
            assert connect_chat.contacts[open_chat("Ada")].display_name == "Ada"

        def test_two(connect_chat):
            assert connect_chat.contacts[open_chat("Bob")] is connect_chat.requests.one().contact
            assert connect_chat.requests.one().region == "eu-central-1"
        """,
    )

    pytester.runpytest_inprocess(*PLAIN).assert_outcomes(passed=2)


def test_a_client_per_call_is_answered(
    connect_chat: FakeConnectChat, parameters: Parameters, no_sockets: list[Any]
) -> None:
    ids = [boto3.client("connect").start_chat_contact(**parameters)["ContactId"] for _ in range(3)]

    assert list(connect_chat.contacts) == ids
    assert no_sockets == []


def test_two_clients_of_one_service_share_the_state(connect_chat: FakeConnectChat, parameters: Parameters) -> None:
    first, second = boto3.client("connect"), boto3.client("connect")

    contact_id = first.start_chat_contact(**parameters)["ContactId"]
    second.stop_contact(InstanceId=parameters["InstanceId"], ContactId=contact_id)

    assert not connect_chat.contacts[contact_id].is_active


@pytest.mark.parametrize("run", range(2))
def test_a_cached_client_works_in_every_test(run: int, connect_chat: FakeConnectChat, parameters: Parameters) -> None:
    contact_id = cached_client().start_chat_contact(**parameters)["ContactId"]

    assert list(connect_chat.contacts) == [contact_id]


def test_worker_threads_are_answered(connect_chat: FakeConnectChat, parameters: Parameters) -> None:
    client = boto3.client("connect")

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: client.start_chat_contact(**parameters), range(8)))

    assert {answer["ContactId"] for answer in answers} == set(connect_chat.contacts)


def test_a_thread_that_is_older_than_the_fake_is_answered(parameters: Parameters, no_sockets: list[Any]) -> None:
    client = new_client()
    with ThreadPoolExecutor(1) as pool:
        pool.submit(threading.get_ident).result()
        with FakeConnectChat() as fake:
            contact_id = pool.submit(client.start_chat_contact, **parameters).result()["ContactId"]

    assert list(fake.contacts) == [contact_id]
    assert no_sockets == []


def test_asyncio_to_thread_is_answered(connect_chat: FakeConnectChat, parameters: Parameters) -> None:
    client = boto3.client("connect")

    answer = asyncio.run(asyncio.to_thread(client.start_chat_contact, **parameters))

    assert list(connect_chat.contacts) == [answer["ContactId"]]


def test_a_client_older_than_the_package_is_answered_and_pytest_is_not_needed(pytester: pytest.Pytester) -> None:
    script = pytester.makepyfile(
        script="""
        import socket
        import sys

        import botocore.session

        client = botocore.session.get_session().create_client("connect")
        assert not [name for name in sys.modules if name.startswith("pytest")]

        def refuse(self, address):
            raise SystemExit(f"a socket was about to connect to {address!r}")

        socket.socket.connect = refuse

        from pytest_connect_chat import FakeConnectChat

        with FakeConnectChat(seed=7) as fake:
            answer = client.start_chat_contact(
                InstanceId="instance", ContactFlowId="flow", ParticipantDetails={"DisplayName": "Ada"}
            )
            assert list(fake.contacts) == [answer["ContactId"]]
        assert "pytest" not in sys.modules
        print("answered")
        """
    )

    pytester.runpython(script).stdout.fnmatch_lines(["answered"])


def test_a_client_made_while_no_credentials_existed_is_answered(
    parameters: Parameters, no_sockets: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    client = new_client()
    assert client._request_signer._credentials is None

    monkeypatch.delenv("AWS_EC2_METADATA_DISABLED")
    with FakeConnectChat() as fake:
        contact_id = client.start_chat_contact(**parameters)["ContactId"]

    assert list(fake.contacts) == [contact_id]
    assert no_sockets == []


@pytest.mark.parametrize("place", ["", ".connect", ".connect.StartChatContact", ".*.*"])
@pytest.mark.parametrize("event", ["provide-client-params", "before-parameter-build", "before-call", "after-call"])
def test_handlers_of_the_session_run_too(
    event: str, place: str, connect_chat: FakeConnectChat, parameters: Parameters
) -> None:
    seen: list[str] = []
    session = botocore.session.get_session()
    session.register(event + place, lambda event_name, **kwargs: seen.append(event_name))

    session.create_client("connect").start_chat_contact(**parameters)

    assert seen == [f"{event}.connect.StartChatContact"]
    assert len(connect_chat.contacts) == 1


def test_what_handlers_of_the_session_change_reaches_the_service(
    connect_chat: FakeConnectChat, parameters: Parameters
) -> None:
    def add_tier(params: Parameters, **kwargs: Any) -> None:
        params["Attributes"] = {"tier": "gold"}
        params.setdefault("ClientToken", "order-17")

    session = botocore.session.get_session()
    session.register("before-parameter-build.connect", add_tier)

    session.create_client("connect").start_chat_contact(**parameters)

    connect_chat.requests.assert_requested_once(Attributes={"tier": "gold"}, ClientToken="order-17")
    assert connect_chat.requests.last.client_token_given


def test_an_answer_of_a_handler_of_the_session_comes_first(
    connect_chat: FakeConnectChat, parameters: Parameters
) -> None:
    session = botocore.session.get_session()
    session.register("before-call.connect", other_contact)

    assert session.create_client("connect").start_chat_contact(**parameters) == CONTACT_OF_OTHERS
    assert not connect_chat.requests.called


def test_clients_of_other_services_are_left_alone(connect_chat: FakeConnectChat) -> None:
    client = new_client("sts")
    client.meta.events.register("before-call.sts", other_contact)
    before = registered(client)

    assert client.get_caller_identity() == CONTACT_OF_OTHERS
    assert registered(client) == before
    assert not connect_chat.requests.called


def test_another_service_with_our_endpoint_prefix_is_left_alone(
    connect_chat: FakeConnectChat, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As Amazon Connect Scheduling has in newer models.
    client = new_client("sts")
    monkeypatch.setattr(client._endpoint, "_endpoint_prefix", "connect")
    monkeypatch.setattr(client._endpoint.http_session, "send", mock.Mock(side_effect=ZeroDivisionError))

    with pytest.raises(ZeroDivisionError):
        client.get_caller_identity()


# -- afterwards --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("owner", "name"), PATCHED, ids=PATCHED_IDS)
def test_the_classes_are_wrapped_only_while_the_fake_is_active(owner: type, name: str) -> None:
    with FakeConnectChat():
        assert owner.__dict__[name] is not ORIGINALS[name]
        assert owner.__dict__[name].__wrapped__ is ORIGINALS[name]

    assert owner.__dict__[name] is ORIGINALS[name]


def give_up(**kwargs: Any) -> None:
    raise ZeroDivisionError


ENDS_EARLY: dict[str, tuple[str | None, Callable[..., Any], type[Exception]]] = {
    "the parameters are invalid": (None, give_up, ParamValidationError),
    "a handler of the parameters fails": ("before-parameter-build.connect", give_up, ZeroDivisionError),
    "a handler of the call fails": ("before-call.connect", give_up, ZeroDivisionError),
}


@pytest.mark.parametrize(("event", "handler", "error"), ENDS_EARLY.values(), ids=ENDS_EARLY)
def test_a_call_that_ends_on_its_way_leaves_nothing(
    event: str | None, handler: Callable[..., Any], error: type[Exception], parameters: Parameters
) -> None:
    client = new_client()
    if event is not None:
        client.meta.events.register(event, handler)
    gc.disable()
    try:
        with FakeConnectChat(), pytest.raises(error):
            client.start_chat_contact(**parameters if event else {})
        assert {name: owner.__dict__[name] for owner, name in PATCHED} == ORIGINALS
    finally:
        gc.enable()


def test_a_client_that_survives_works_on_the_next_fake(parameters: Parameters) -> None:
    client = new_client()
    contacts = []
    for _ in range(3):
        with FakeConnectChat() as fake:
            contacts.append(client.start_chat_contact(**parameters)["ContactId"])
            assert list(fake.contacts) == contacts[-1:]


def test_a_fake_that_is_started_again_goes_on(parameters: Parameters) -> None:
    client, fake = new_client(), FakeConnectChat()
    for started in (1, 2):
        with fake:
            client.start_chat_contact(**parameters)
        assert len(fake.contacts) == started


def test_an_active_fake_is_not_started_twice() -> None:
    with (
        FakeConnectChat() as fake,
        pytest.raises(SceneError, match="active already: the fixture connect_chat starts"),
    ):
        fake.start()


def test_stopping_twice_does_no_harm(parameters: Parameters) -> None:
    client = new_client()
    with FakeConnectChat() as outer:
        inner = FakeConnectChat()
        inner.start()
        inner.stop()
        inner.stop()
        client.start_chat_contact(**parameters)

    assert len(outer.contacts) == 1


def wraps(proceed: Callable[..., Any], seen: list[str]) -> Callable[..., Any]:
    """Wrap as tracers do; `functools.wraps` copies the attributes too."""

    @functools.wraps(proceed)
    def traced(self: Any, *args: Any, **kwargs: Any) -> Any:
        seen.append("traced")
        return proceed(self, *args, **kwargs)

    return traced


def hides(proceed: Callable[..., Any], seen: list[str]) -> Callable[..., Any]:
    """Wrap without a trace of what is below."""

    def traced(self: Any, *args: Any, **kwargs: Any) -> Any:
        seen.append("traced")
        return proceed(self, *args, **kwargs)

    return traced


class Proxy:
    """Shows the attributes of what it wraps, as the object proxies of tracing libraries do."""

    def __init__(self, wrapped: Callable[..., Any], seen: list[str]) -> None:
        self.__wrapped__ = wrapped
        self.seen = seen

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__wrapped__, name)

    def __get__(self, instance: Any, owner: type) -> Callable[..., Any]:
        return functools.partial(self, instance)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self.seen.append("traced")
        return self.__wrapped__(*args, **kwargs)


every_tracer = pytest.mark.parametrize("tracer", [wraps, hides, Proxy], ids=["wraps", "hides", "proxy"])
every_method = pytest.mark.parametrize(("owner", "name"), PATCHED, ids=PATCHED_IDS)


@every_tracer
@every_method
def test_a_patch_over_ours_is_not_lost(
    owner: type, name: str, tracer: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    with FakeConnectChat():
        patch = tracer(owner.__dict__[name], [])
        monkeypatch.setattr(owner, name, patch)

    assert owner.__dict__[name] is patch
    with FakeConnectChat():
        pass
    assert owner.__dict__[name] is patch
    monkeypatch.setattr(owner, name, ORIGINALS[name])


@every_tracer
@pytest.mark.parametrize("name", ["_emit_api_params", "_make_request"])
def test_what_a_patch_brings_back_lets_calls_pass(
    name: str, tracer: Callable[..., Any], parameters: Parameters, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = new_client()
    with ExitStack() as theirs, FakeConnectChat():
        dead = BaseClient.__dict__[name]
        theirs.callback(setattr, BaseClient, name, dead)
        setattr(BaseClient, name, tracer(dead, []))

    assert BaseClient.__dict__[name] is dead
    with Stubber(client) as their_stubber:
        their_stubber.add_response("start_chat_contact", CONTACT_OF_OTHERS)
        assert client.start_chat_contact(**parameters) == CONTACT_OF_OTHERS

    with FakeConnectChat() as fake:
        assert BaseClient.__dict__[name] is dead
        client.start_chat_contact(**parameters)
    assert len(fake.contacts) == 1


def test_a_dead_wrapper_below_lets_requests_leave(monkeypatch: pytest.MonkeyPatch, parameters: Parameters) -> None:
    client = new_client(aws_access_key_id="AKIA", aws_secret_access_key="secret")
    seen: list[str] = []
    with FakeConnectChat():
        patch = wraps(Endpoint.__dict__["_send"], seen)
        monkeypatch.setattr(Endpoint, "_send", patch)
    monkeypatch.setattr(client._endpoint.http_session, "send", mock.Mock(side_effect=ZeroDivisionError))

    with pytest.raises(ZeroDivisionError):
        client.start_chat_contact(**parameters)
    assert seen == ["traced"]
    monkeypatch.setattr(Endpoint, "_send", ORIGINALS["_send"])


@every_tracer
@pytest.mark.parametrize("when", ["before", "inside"])
@pytest.mark.parametrize("name", ["_emit_api_params", "_make_request"])
def test_repeated_use_grows_no_chain(
    name: str, when: str, tracer: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, parameters: Parameters
) -> None:
    client = new_client()
    seen: list[str] = []
    with FakeConnectChat() if when == "inside" else ExitStack():
        patch = tracer(BaseClient.__dict__[name], seen)
        monkeypatch.setattr(BaseClient, name, patch)

    for _ in range(3):
        with FakeConnectChat() as fake:
            client.start_chat_contact(**parameters)
            on_top = BaseClient.__dict__[name]
            assert patch in (on_top, on_top.__wrapped__)
        assert len(fake.requests) == 1
        assert BaseClient.__dict__[name] is patch

    if name == "_emit_api_params":  # what stands below ours is not asked to send a request that the fake answers
        assert seen == ["traced"] * 3
    monkeypatch.setattr(BaseClient, name, ORIGINALS[name])


def test_a_mock_over_ours_answers_until_it_is_undone(parameters: Parameters) -> None:
    client = new_client()
    with FakeConnectChat() as fake:
        with mock.patch.object(BaseClient, "_make_api_call", return_value=CONTACT_OF_OTHERS):
            assert client.start_chat_contact(**parameters) == CONTACT_OF_OTHERS
        client.start_chat_contact(**parameters)

    assert len(fake.requests) == 1


def test_a_mock_over_ours_that_outlives_the_fake_is_kept(parameters: Parameters) -> None:
    client, fake = new_client(), FakeConnectChat()
    fake.start()
    with mock.patch.object(BaseClient, "_make_api_call", return_value=CONTACT_OF_OTHERS):
        fake.stop()
        assert client.start_chat_contact(**parameters) == CONTACT_OF_OTHERS

    with FakeConnectChat() as next_fake:
        client.start_chat_contact(**parameters)
    assert len(next_fake.contacts) == 1


@pytest.mark.parametrize("name", ["_emit_api_params", "_make_request"])
def test_a_patch_below_ours_that_is_undone_opens_nothing(
    name: str, parameters: Parameters, no_sockets: list[Any]
) -> None:
    client = new_client(aws_access_key_id="AKIA", aws_secret_access_key="secret")
    theirs = mock.patch.object(BaseClient, name, wraps(ORIGINALS[name], []))
    theirs.start()
    with FakeConnectChat(unfaked="passthrough"):
        theirs.stop()
        with pytest.raises(ClosedError):
            client.list_instances()

    assert no_sockets == []


# -- calls in flight ---------------------------------------------------------------------------------------------------


class Held:
    """A handler that stops a call until it may go on."""

    def __init__(self) -> None:
        self._arrived, self._may_go_on = threading.Event(), threading.Event()

    def __call__(self, **kwargs: Any) -> None:
        self._arrived.set()
        assert self._may_go_on.wait(PATIENCE)

    def arrived(self) -> bool:
        return self._arrived.wait(PATIENCE)

    def go_on(self) -> None:
        self._may_go_on.set()


CALL_EVENTS = ["provide-client-params", "before-parameter-build", "before-endpoint-resolution", "before-call"]


@pytest.mark.parametrize("event", CALL_EVENTS)
def test_a_call_in_flight_while_the_fake_stops_is_answered(
    event: str, parameters: Parameters, no_sockets: list[Any]
) -> None:
    client, held = new_client(aws_access_key_id="AKIA", aws_secret_access_key="secret"), Held()
    client.meta.events.register_first(f"{event}.connect", held)
    before = registered(client)

    with ThreadPoolExecutor(1) as pool:
        with FakeConnectChat() as fake:
            answer = pool.submit(client.start_chat_contact, **parameters)
            assert held.arrived()
        held.go_on()
        contact_id = answer.result()["ContactId"]

    assert list(fake.contacts) == [contact_id]
    assert registered(client) == before
    assert no_sockets == []


@pytest.mark.parametrize("event", CALL_EVENTS)
def test_a_call_in_flight_stays_with_its_fake(event: str, parameters: Parameters) -> None:
    client, held = new_client(), Held()
    client.meta.events.register_first(f"{event}.connect", held)

    with ThreadPoolExecutor(1) as pool, FakeConnectChat(seed=1) as outer:
        answer = pool.submit(client.start_chat_contact, **parameters)
        assert held.arrived()
        with FakeConnectChat(seed=2) as inner:
            held.go_on()
            client.start_chat_contact(**parameters)
            answer.result()

    assert len(outer.contacts) == 1
    assert len(inner.contacts) == 1


@pytest.mark.parametrize("event", ["provide-client-params.connect", "before-call.connect", "before-send.connect"])
def test_a_passed_through_call_in_flight_while_the_fake_stops_is_refused(event: str, no_sockets: list[Any]) -> None:
    client, held = new_client(aws_access_key_id="AKIA", aws_secret_access_key="secret"), Held()
    client.meta.events.register_first(event, held)

    with ThreadPoolExecutor(1) as pool:
        with FakeConnectChat(unfaked="passthrough"):
            answer = pool.submit(client.list_instances)
            assert held.arrived()
        held.go_on()
        with pytest.raises(ClosedError):
            answer.result()

    assert no_sockets == []


def test_a_call_in_flight_while_a_fake_starts_is_refused(parameters: Parameters, no_sockets: list[Any]) -> None:
    client, held = new_client(aws_access_key_id="AKIA", aws_secret_access_key="secret"), Held()
    client.meta.events.register_first("before-call.connect", held)

    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(client.start_chat_contact, **parameters)
        assert held.arrived()
        with FakeConnectChat() as fake:
            held.go_on()
            with pytest.raises(ClosedError):
                answer.result()

    assert not fake.requests.called
    assert no_sockets == []


@pytest.mark.parametrize("operation", ["start_chat_contact", "list_instances"])
def test_a_fake_that_stops_just_before_it_is_asked_still_guards(
    operation: str, parameters: Parameters, no_sockets: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    client, fake = new_client(aws_access_key_id="A", aws_secret_access_key="s"), FakeConnectChat(unfaked="passthrough")
    innermost = interception.innermost

    def innermost_that_stops() -> Any:
        found = innermost()
        fake.stop()
        return found

    monkeypatch.setattr(interception, "innermost", innermost_that_stops)
    fake.start()
    if operation == "start_chat_contact":
        assert client.start_chat_contact(**parameters)["ContactId"] in fake.contacts
    else:
        with pytest.raises(ClosedError):
            client.list_instances()

    assert no_sockets == []


def test_a_fake_started_again_keeps_its_calls_in_flight(parameters: Parameters) -> None:
    client, held, fake = new_client(), Held(), FakeConnectChat()
    client.meta.events.register_first("before-call.connect", held)

    with ThreadPoolExecutor(1) as pool:
        with fake:
            answer = pool.submit(client.start_chat_contact, **parameters)
            assert held.arrived()
        with fake:
            held.go_on()
            answer.result()
            client.start_chat_contact(**parameters)

    assert len(fake.contacts) == 2


# -- several fakes, reset, attach --------------------------------------------------------------------------------------


def test_the_innermost_fake_answers_and_the_outer_resumes(parameters: Parameters) -> None:
    client = new_client()
    before = registered(client)
    with FakeConnectChat() as outer:
        client.start_chat_contact(**parameters)
        with FakeConnectChat() as inner:
            client.start_chat_contact(**parameters)
            assert (len(outer.contacts), len(inner.contacts)) == (1, 1)
        client.start_chat_contact(**parameters)
        assert (len(outer.contacts), len(inner.contacts)) == (2, 1)

    assert registered(client) == before


def test_fakes_may_leave_in_any_order(parameters: Parameters, no_sockets: list[Any]) -> None:
    client = new_client()
    before = registered(client)
    first, second = FakeConnectChat(), FakeConnectChat()
    first.start()
    client.start_chat_contact(**parameters)
    second.start()
    first.stop()
    client.start_chat_contact(**parameters)
    second.stop()

    assert (len(first.contacts), len(second.contacts)) == (1, 1)
    assert registered(client) == before
    assert no_sockets == []


def test_reset_starts_over(connect_chat: FakeConnectChat, parameters: Parameters) -> None:
    client = new_client()
    first = client.start_chat_contact(**parameters)

    connect_chat.reset()

    assert len(connect_chat.contacts) == len(connect_chat.requests) == 0
    assert client.start_chat_contact(**parameters)["ContactId"] == first["ContactId"]


def test_reset_of_a_fake_that_is_not_active_activates_nothing() -> None:
    fake = FakeConnectChat()
    fake.reset()

    assert interception.innermost() is None


def test_reset_leaves_no_moment_without_a_fake(
    connect_chat: FakeConnectChat, parameters: Parameters, no_sockets: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    client = new_client()
    add = interception.add

    def call_before_and_after(*args: Any) -> None:
        client.start_chat_contact(**parameters)
        add(*args)
        client.start_chat_contact(**parameters)

    with monkeypatch.context() as during_reset:
        during_reset.setattr(interception, "add", call_before_and_after)
        connect_chat.reset()

    assert len(connect_chat.contacts) == 1
    assert no_sockets == []


def test_reset_of_an_outer_fake_leaves_the_inner_one_on_top(parameters: Parameters) -> None:
    client = new_client()
    with FakeConnectChat() as outer, FakeConnectChat() as inner:
        outer.reset()
        client.start_chat_contact(**parameters)

        assert (len(outer.contacts), len(inner.contacts)) == (0, 1)


def test_removing_what_is_not_there_changes_nothing() -> None:
    interception.remove(Permission())

    assert interception.innermost() is None


class Copied:
    """Makes clients with a copy of botocore's methods, as one that is shipped inside another package has them."""

    locals().update((name, method) for name, method in vars(BaseClient).items() if not name.startswith("__"))


def client_of_a_copy() -> Any:
    session = botocore.session.get_session()
    session.register("creating-client-class.connect", lambda base_classes, **kwargs: base_classes.insert(0, Copied))
    return session.create_client("connect", aws_access_key_id="AKIA", aws_secret_access_key="secret")


def test_a_client_that_cannot_be_seen_is_refused(
    connect_chat: FakeConnectChat, parameters: Parameters, no_sockets: list[Any]
) -> None:
    with pytest.raises(ClosedError):
        client_of_a_copy().start_chat_contact(**parameters)

    assert no_sockets == []


def test_attach_answers_a_client_that_cannot_be_seen(parameters: Parameters, no_sockets: list[Any]) -> None:
    client = client_of_a_copy()
    before = registered(client)
    with FakeConnectChat() as fake:
        fake.attach(client)
        fake.attach(client)
        client.start_chat_contact(**parameters)
        fake.reset()
        contact_id = client.start_chat_contact(**parameters)["ContactId"]

    assert list(fake.contacts) == [contact_id]
    assert registered(client) == before
    assert Copied._make_request is ORIGINALS["_make_request"]
    assert no_sockets == []


class Direct:
    """Makes clients whose calls begin with botocore's method as it was when this module was imported."""

    _make_api_call = BaseClient._make_api_call


def test_a_method_that_was_kept_from_before_the_fake_is_answered(parameters: Parameters, no_sockets: list[Any]) -> None:
    session = botocore.session.get_session()
    session.register("creating-client-class.connect", lambda base_classes, **kwargs: base_classes.insert(0, Direct))
    with FakeConnectChat() as fake:
        session.create_client("connect").start_chat_contact(**parameters)

    assert len(fake.contacts) == 1
    assert no_sockets == []


@pytest.mark.parametrize("make", [object, lambda: new_client("sts")], ids=["no client", "another service"])
def test_attach_takes_nothing_else(make: Callable[[], Any], connect_chat: FakeConnectChat) -> None:
    with pytest.raises(SceneError, match="takes a botocore client of connect or connectparticipant, not <"):
        connect_chat.attach(make())


class Overriding(BaseClient):  # type: ignore[misc]  # botocore has no types
    """A client class that replaces the methods, as aiobotocore's does."""

    def _emit_api_params(self, api_params: Parameters, operation_model: Any, context: dict[str, Any]) -> Any:
        return super()._emit_api_params(api_params, operation_model, context)

    def _make_request(self, *args: Any) -> Any:
        return super()._make_request(*args)


@pytest.mark.parametrize("operation", ["start_chat_contact", "list_instances"])
@pytest.mark.parametrize("made", ["before", "during"])
def test_a_client_class_that_overrides_the_methods_is_answered(
    made: str, operation: str, parameters: Parameters, no_sockets: list[Any]
) -> None:
    session = botocore.session.get_session()
    fake = FakeConnectChat(seed=7, unfaked="passthrough")
    base = Overriding
    if made == "during":
        fake.start()
        base = type("OverridingToo", (Overriding,), {"_make_request": Overriding.__dict__["_make_request"]})
    session.register("creating-client-class.connect", lambda base_classes, **kwargs: base_classes.insert(0, base))
    client = session.create_client("connect", aws_access_key_id="AKIA", aws_secret_access_key="secret")
    if made == "before":
        fake.start()
    if operation == "list_instances":
        with pytest.raises(ClosedError):
            client.list_instances()
    else:
        client.start_chat_contact(**parameters)
    fake.stop()

    assert len(fake.contacts) == (operation == "start_chat_contact")
    assert [record.client_token_given for record in fake.requests] == [False] * len(fake.contacts)
    assert not [kind for kind in (base, Overriding) if hasattr(vars(kind)["_make_request"], interception._OURS)]
    assert no_sockets == []


def test_what_a_retry_handler_of_the_application_raises_ends_the_call(
    connect_chat: FakeConnectChat, parameters: Parameters
) -> None:
    client = new_client()
    client.meta.events.register_first("needs-retry.connect.StartChatContact", give_up)
    connect_chat.add_instance("another")

    with pytest.raises(ZeroDivisionError):
        client.start_chat_contact(**parameters)
    assert not connect_chat.contacts


def test_a_presigned_url_needs_no_call(connect_chat: FakeConnectChat, parameters: Parameters) -> None:
    client = new_client()
    client.start_chat_contact(**parameters)

    assert client.generate_presigned_url("start_chat_contact", parameters).startswith("https://connect.us-east-1.")
    assert len(connect_chat.requests) == 1


def test_threads_that_fail_at_once_share_one_retry_policy(
    connect_chat: FakeConnectChat, parameters: Parameters, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, made = new_client(), []
    lock, arrived, both_arrived = threading.Lock(), [], threading.Event()

    class Gate:
        def __enter__(self) -> None:
            arrived.append(threading.get_ident())
            if len(arrived) == 2:
                both_arrived.set()
            lock.acquire()

        def __exit__(self, *args: object) -> None:
            lock.release()

    def policy(*args: Any) -> RetryPolicy:
        assert both_arrived.wait(PATIENCE)
        made.append(args)
        return RetryPolicy(*args)

    def fail(not_found: type[Exception] = client.exceptions.ResourceNotFoundException) -> None:
        with pytest.raises(not_found):
            client.start_chat_contact(**parameters)

    monkeypatch.setattr(connect_chat._backend.begin(client, "StartChatContact")._retries, "_lock", Gate())
    monkeypatch.setattr(retries, "RetryPolicy", policy)
    connect_chat.add_instance("another")
    with ThreadPoolExecutor(2) as pool:
        for failing in [pool.submit(fail), pool.submit(fail)]:
            failing.result()

    assert len(made) == 1


def test_a_stubber_without_answers_after_the_fake_is_botocores_own(parameters: Parameters) -> None:
    client = new_client()
    with FakeConnectChat():
        client.start_chat_contact(**parameters)

    with Stubber(client), pytest.raises(UnStubbedResponseError):
        client.start_chat_contact(**parameters)


def test_attaching_needs_an_active_fake() -> None:
    fake = FakeConnectChat()
    with pytest.raises(SceneError, match="needs an active fake"):
        fake.attach(fake.client())


def test_a_mock_over_the_method_is_called_as_without_us(parameters: Parameters) -> None:
    with mock.patch("botocore.client.BaseClient._make_api_call", return_value={}) as method, FakeConnectChat() as fake:
        fake.client().start_chat_contact(**parameters)
    method.assert_called_once_with("StartChatContact", parameters)


def test_a_mock_below_ours_is_called_as_without_us(parameters: Parameters) -> None:
    with mock.patch.object(BaseClient, "_emit_api_params", return_value=dict(parameters)) as method:
        with FakeConnectChat() as fake:
            fake.client().start_chat_contact(**parameters)
        assert set(method.call_args.kwargs) == {"api_params", "operation_model", "context"}
    assert len(fake.contacts) == 1


def test_a_class_made_meanwhile_is_initialised_as_ever() -> None:
    class Mixin:
        seen: list[str] = []  # noqa: RUF012  # shared on purpose

        def __init_subclass__(cls, key: str = "") -> None:
            Mixin.seen.append(key)

    with FakeConnectChat():

        class Client(BaseClient, Mixin, key="k"):  # type: ignore[misc]
            pass

    assert Mixin.seen == ["k"]


def test_a_reset_puts_the_clock_back() -> None:
    with FakeConnectChat() as fake:
        start = fake.clock.now()
        fake.clock.advance(minutes=6)
        fake.reset()
        assert fake.clock.now() == start


def test_a_missing_profile_is_no_reason_to_fail(monkeypatch: pytest.MonkeyPatch, parameters: Parameters) -> None:
    monkeypatch.setenv("AWS_PROFILE", "of-another-machine")
    with FakeConnectChat() as fake:
        fake.client().start_chat_contact(**parameters)
        assert len(fake.contacts) == 1
