"""What a fake takes, it gives back: after a failure, an interrupt, a thread that stays, a client that goes."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import gc
import inspect
import os
import signal
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from linecache import getline
from pathlib import Path
from textwrap import dedent
from typing import Any
from unittest import mock

import boto3
import botocore.handlers
import pytest
from botocore.client import BaseClient
from botocore.config import Config
from botocore.credentials import RefreshableCredentials
from botocore.endpoint import Endpoint
from botocore.hooks import _PrefixTrie
from conftest import new_client

import pytest_connect_chat
from pytest_connect_chat import FakeConnectChat
from pytest_connect_chat._clients import interception
from pytest_connect_chat._clients.blocking import Permission
from pytest_connect_chat._clients.environment import ENVIRONMENT, REGION
from pytest_connect_chat.exceptions import ClosedError

pytestmark = [pytest.mark.of_botocore, pytest.mark.in_process]

Parameters = dict[str, Any]

PATIENCE = 30  # seconds; only a test that fails waits that long
PACKAGE = Path(pytest_connect_chat.__file__).parent


def changed_by_fakes() -> list[Any]:
    """Return all that a fake changes in a process."""
    patched = [(BaseClient, "_emit_api_params"), (BaseClient, "_make_request"), (Endpoint, "_send")]
    hooks = ["__init_subclass__" in vars(owner) for owner, _ in patched]
    variables = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    return [[vars(owner)[name] for owner, name in patched], hooks, variables, botocore.handlers.uuid]


@pytest.fixture(autouse=True)
def all_as_before(own_garbage: None, no_sockets: list[Any]) -> Iterator[None]:
    before = changed_by_fakes()
    yield
    gc.collect()  # botocore's errors of sending hold their frames, and so threads and calls, in circles
    assert changed_by_fakes() == before
    assert interception.innermost() is None
    assert no_sockets == []


# -- clients -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["legacy", "standard", "adaptive"])
def test_a_fake_keeps_no_client(mode: str, driver: str, parameters: Parameters) -> None:
    def use(fake: FakeConnectChat) -> weakref.ref[Any]:
        client = new_client(config=Config(retries={"mode": mode}) if driver == "botocore" else None)
        fake.attach(getattr(client, "_client", client))
        fake.faults.throttle(attempts=1)
        client.start_chat_contact(**parameters)
        return weakref.ref(getattr(client, "_client", client))

    with FakeConnectChat() as fake:
        used = [use(fake) for _ in range(4)]
        gc.collect()
        assert [client() for client in used] == [None] * 4
        assert not fake._backend._stubbers


def test_a_client_keeps_no_fake(parameters: Parameters) -> None:
    client = new_client()
    with FakeConnectChat() as fake:
        fake.faults.throttle(attempts=1)
        client.start_chat_contact(**parameters)
    gone = weakref.ref(fake)
    del fake
    gc.collect()

    assert gone() is None


# -- starting and stopping ---------------------------------------------------------------------------------------------


def test_a_start_that_fails_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    before, fake = changed_by_fakes(), FakeConnectChat()
    with monkeypatch.context() as failing:
        failing.setattr(interception, "add", mock.Mock(side_effect=RuntimeError("no wrapping today")))
        with pytest.raises(RuntimeError, match="no wrapping today"):
            fake.start()
    assert changed_by_fakes() == before

    with fake:
        assert changed_by_fakes() != before


@pytest.mark.parametrize("step", ["interception.remove", "ENVIRONMENT.leave"])
def test_a_second_stop_finishes_what_the_first_could_not(
    step: str, monkeypatch: pytest.MonkeyPatch, parameters: Parameters
) -> None:
    before, fake = changed_by_fakes(), FakeConnectChat()
    fake.start()
    new_client().start_chat_contact(**parameters)
    owner, name = {"interception": interception, "ENVIRONMENT": ENVIRONMENT}[step.partition(".")[0]], step.split(".")[1]
    with monkeypatch.context() as failing:
        failing.setattr(owner, name, mock.Mock(side_effect=RuntimeError("not now")))
        with pytest.raises(RuntimeError, match="not now"):
            fake.stop()
    fake.stop()

    assert changed_by_fakes() == before


def test_a_client_whose_events_were_replaced_disturbs_nothing(parameters: Parameters) -> None:
    first, second = new_client(), new_client()
    with FakeConnectChat() as fake:
        first.start_chat_contact(**parameters)
        second.start_chat_contact(**parameters)
        first.meta.events = mock.Mock()

    assert len(fake.contacts) == 2


class Interruption(BaseException):
    """Stands for Ctrl-C, and for what a plugin for time limits raises from a signal handler."""


def lines_of_ours(act: Callable[[], None], interrupt_at: int) -> int:
    """Act, interrupted at a line of the clients' part of this package, and return how many lines it took till then.

    A line that begins with `with` counts for none: it comes again when its block is left, between whose end and the
    release of a lock no signal handler runs.
    """
    places = (str(PACKAGE / "_clients"), str(PACKAGE / "fake.py"))
    passed, before = 0, sys.gettrace()

    def trace(frame: Any, event: str, argument: Any) -> Any:
        nonlocal passed
        if not frame.f_code.co_filename.startswith(places):
            return None
        if event == "line" and not getline(frame.f_code.co_filename, frame.f_lineno).lstrip().startswith("with "):
            passed += 1
            if passed == interrupt_at:
                raise Interruption
        return trace

    sys.settrace(trace)
    try:
        act()
    finally:
        sys.settrace(before)
    return passed


def test_an_interrupt_at_any_line_of_a_start_leaves_nothing() -> None:
    before = changed_by_fakes()
    fake = FakeConnectChat()
    lines = lines_of_ours(fake.start, 0)
    fake.stop()
    assert lines > 50

    for line in range(1, lines + 1):
        interrupted = FakeConnectChat()
        with pytest.raises(Interruption):
            lines_of_ours(interrupted.start, line)
        assert (line, changed_by_fakes()) == (line, before)
        assert interception.innermost() is None


def test_an_interrupt_at_any_line_of_a_stop_leaves_nothing(parameters: Parameters) -> None:
    before, client = changed_by_fakes(), new_client()
    fake = FakeConnectChat()
    fake.start()
    lines = lines_of_ours(fake.stop, 0)
    assert lines > 50

    for line in range(2, lines + 1):  # 1 is `try:`, before which nobody can do anything
        interrupted = FakeConnectChat()
        interrupted.start()
        client.start_chat_contact(**parameters)
        with pytest.raises(Interruption):
            lines_of_ours(interrupted.stop, line)
        assert (line, changed_by_fakes()) == (line, before)
        assert interception.innermost() is None


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # one in a finaliser goes nowhere else
def test_an_interrupt_at_any_line_of_a_call_leaves_nothing(parameters: Parameters) -> None:
    before, client, fake = changed_by_fakes(), new_client(), FakeConnectChat()
    with fake:
        lines = lines_of_ours(lambda: client.start_chat_contact(**parameters), 0)
    assert lines > 50

    for line in range(1, lines + 1):
        with FakeConnectChat(strict=False) as fake:
            with contextlib.suppress(Interruption):
                lines_of_ours(lambda: client.start_chat_contact(**parameters), line)
            client.start_chat_contact(**parameters)
        assert (line, changed_by_fakes()) == (line, before)


def test_an_interrupt_at_any_line_of_a_reset_can_be_stopped() -> None:
    before, fake = changed_by_fakes(), FakeConnectChat()
    with fake:
        lines = lines_of_ours(fake.reset, 0)

    for line in range(1, lines + 1):
        with FakeConnectChat() as fake, pytest.raises(Interruption):
            lines_of_ours(fake.reset, line)
        assert (line, changed_by_fakes()) == (line, before)


# -- calls that come while we hold a lock ------------------------------------------------------------------------------


@pytest.mark.parametrize("lock", [interception._lock, ENVIRONMENT._lock], ids=["interception", "environment"])
def test_a_finaliser_may_call_and_fakes_may_come_while_its_thread_holds_a_lock(
    lock: Any, parameters: Parameters
) -> None:
    client = new_client()

    def work() -> int:
        with FakeConnectChat() as outer, lock:
            client.start_chat_contact(**parameters)
            with FakeConnectChat() as inner:
                client.start_chat_contact(**parameters)
            return len(outer.contacts) + len(inner.contacts)

    done: list[int] = []
    thread = threading.Thread(target=lambda: done.append(work()), daemon=True)
    thread.start()
    thread.join(PATIENCE)
    assert done == [2]


def test_finalisers_that_call_hang_nothing(pytester: pytest.Pytester) -> None:
    script = pytester.makepyfile(
        """
        import gc
        import botocore.session
        from pytest_connect_chat import FakeConnectChat

        D = dict(InstanceId="i", ContactFlowId="f", ParticipantDetails={"DisplayName": "A"})
        session = botocore.session.get_session()
        new = lambda: session.create_client(
            "connect", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b"
        )
        old = new()

        class Session:
            def __init__(self):
                self.me = self

            def __del__(self):
                if armed:
                    old.stop_contact(InstanceId="i", ContactId="x")

        clients, armed = [new() for _ in range(20)], False
        gc.set_threshold(30)
        with FakeConnectChat() as fake:
            fake.rules["stopped-contact-exists"].disable()
            armed = True
            for client in clients:
                Session()
                client.start_chat_contact(**D)
            armed = False
            print(len(fake.contacts), "contacts,", fake.requests.stop_contact.called)
        """
    )

    pytester.run(sys.executable, script, timeout=PATIENCE).stdout.fnmatch_lines(["20 contacts, True"])


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="there are no such signals here")
def test_signal_handlers_that_call_hang_nothing(pytester: pytest.Pytester) -> None:
    script = pytester.makepyfile(
        """
        import signal
        import botocore.session
        from pytest_connect_chat import FakeConnectChat

        D = dict(InstanceId="i", ContactFlowId="f", ParticipantDetails={"DisplayName": "A"})
        client = botocore.session.get_session().create_client(
            "connect", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b"
        )
        heard = []

        def call(*_):
            client.start_chat_contact(**D)
            heard.append(1)

        with FakeConnectChat(max_active_chats=100_000):
            signal.signal(signal.SIGALRM, call)
            signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
            for _ in range(100):
                with FakeConnectChat(max_active_chats=100_000) as fake:
                    client.start_chat_contact(**D)
            signal.setitimer(signal.ITIMER_REAL, 0)
        print("heard" if heard else "nothing")
        """
    )

    pytester.run(sys.executable, script, timeout=PATIENCE).stdout.fnmatch_lines(["heard"])


# -- calls that end elsewhere ------------------------------------------------------------------------------------------


def below_botocores_own_context(client: Any, parameters: Parameters) -> Any:
    """Call; botocore's own `ContextVar`, around that, cannot be taken back elsewhere either."""
    return inspect.unwrap(type(client)._make_api_call)(client, "StartChatContact", parameters)


def test_a_call_that_is_continued_in_another_context_is_answered(parameters: Parameters) -> None:
    pytest.importorskip("aiobotocore", reason="the extra asyncio is not installed")
    with FakeConnectChat() as fake:
        fake.faults.delay(seconds=3)
        call = below_botocores_own_context(fake.aio_client(), parameters)
        contextvars.copy_context().run(call.send, None)
        with pytest.raises(StopIteration) as done:
            contextvars.copy_context().run(call.send, None)

    assert list(fake.contacts) == [done.value.value["ContactId"]]


@pytest.mark.parametrize("place", ["before-parameter-build.connect", "before-send.connect"])
def test_a_handler_that_is_continued_in_another_context_disturbs_nothing(place: str, parameters: Parameters) -> None:
    pytest.importorskip("aiobotocore", reason="the extra asyncio is not installed")

    class Turn:
        def __await__(self) -> Iterator[None]:
            yield

    async def wait(**_: Any) -> Any:
        await Turn()
        raise ZeroDivisionError

    with FakeConnectChat(unfaked="passthrough") as fake:
        client = fake.aio_client()
        client.meta.events.register(place, wait)
        call = inspect.unwrap(type(client)._make_api_call)(client, "ListInstances", {})
        contextvars.copy_context().run(call.send, None)
        with pytest.raises(ZeroDivisionError):
            contextvars.copy_context().run(call.send, None)
        fake.client().start_chat_contact(**parameters)

    assert len(fake.contacts) == 1


@pytest.mark.filterwarnings("error")
def test_a_call_that_is_dropped_while_it_waits_leaves_nothing(parameters: Parameters) -> None:
    pytest.importorskip("aiobotocore", reason="the extra asyncio is not installed")
    with FakeConnectChat() as fake:
        fake.faults.delay(seconds=3)
        loop = asyncio.new_event_loop()
        task: Any = loop.create_task(below_botocores_own_context(fake.aio_client(), parameters))
        loop.call_soon(loop.stop)
        loop.run_forever()
        loop.close()
        task._log_destroy_pending = False
        del task
        gc.collect()

        fake.client().start_chat_contact(**parameters)


def test_a_call_inside_a_call_leaves_the_outer_one_where_it_was(parameters: Parameters) -> None:
    client, inner = new_client(driver="botocore"), new_client(driver="botocore")
    client.meta.events.register(
        "before-parameter-build.connect", lambda **_: inner.start_chat_contact(**parameters, ClientToken="inner")
    )
    with FakeConnectChat(seed=7) as fake:
        client.start_chat_contact(**parameters)
    with FakeConnectChat(seed=7) as undisturbed:
        inner.start_chat_contact(**parameters)

    assert [record.client_token_given for record in fake.requests] == [True, False]
    assert fake.requests.last.client_token == undisturbed.requests.last.client_token


# -- tokens ------------------------------------------------------------------------------------------------------------


def test_tokens_of_other_services_are_random_also_inside_a_call(parameters: Parameters) -> None:
    client, other = new_client(driver="botocore"), new_client("ssm", driver="botocore")
    drawn: list[str] = []

    def draw(**_: Any) -> None:
        model = other.meta.service_model.operation_model("CreateOpsItem")
        params: dict[str, Any] = {}
        drawn.append(other._emit_api_params(params, model, {}).get("ClientToken", ""))
        botocore.handlers.generate_idempotent_uuid(params, mock.Mock(idempotent_members=["Token"]))

    client.meta.events.register("before-parameter-build.connect", draw)
    with FakeConnectChat() as fake:
        client.start_chat_contact(**parameters)
        assert botocore.handlers.uuid.UUID(fake.requests.one().client_token).version == 4

    assert drawn == [""]


def test_a_mock_of_the_module_that_draws_tokens_is_kept(parameters: Parameters) -> None:
    theirs = mock.Mock(**{"uuid4.return_value": "theirs"})
    with mock.patch("botocore.handlers.uuid", theirs):
        with FakeConnectChat() as fake:
            fake.client().start_chat_contact(**parameters)
            assert fake.requests.one().client_token != "theirs"
            url = fake.client().generate_presigned_url("start_chat_contact", parameters)
        assert botocore.handlers.uuid is theirs
    assert url.startswith("https://")


# -- threads that outlive their test -----------------------------------------------------------------------------------


class Worker:
    """A thread of a test that calls when it is told to."""

    def __init__(self, client: Any, parameters: Parameters) -> None:
        self._pool = ThreadPoolExecutor(1)
        self._client, self._parameters = client, parameters
        self._pool.submit(threading.get_ident).result()

    def call(self) -> Any:
        return self._pool.submit(self._client.start_chat_contact, **self._parameters).result()

    def end(self) -> None:
        self._pool.shutdown()


def signing_client() -> Any:
    client = new_client(driver="botocore")
    client._endpoint.http_session.send = mock.Mock(side_effect=ZeroDivisionError)
    return client


def test_a_thread_that_outlives_its_test_sends_nothing(parameters: Parameters) -> None:
    with FakeConnectChat() as fake:
        worker = Worker(signing_client(), parameters)
        worker.call()
    with pytest.raises(ClosedError, match="a thread that was started while a connect_chat was active"):
        worker.call()
    assert len(fake.contacts) == 1
    worker.end()


def test_a_thread_that_outlives_its_test_works_for_the_next(parameters: Parameters) -> None:
    with FakeConnectChat():
        worker = Worker(signing_client(), parameters)
    with FakeConnectChat() as fake:
        worker.call()
    assert len(fake.contacts) == 1
    worker.end()


def test_a_thread_that_outlives_its_test_may_be_let_through(parameters: Parameters) -> None:
    with FakeConnectChat():
        worker = Worker(signing_client(), parameters)
    permission = Permission()
    interception.add(permission)
    with pytest.raises(ZeroDivisionError):
        worker.call()
    interception.remove(permission)
    worker.end()


def test_a_thread_that_is_older_than_the_fake_is_left_alone_after_it(parameters: Parameters) -> None:
    worker = Worker(signing_client(), parameters)
    with FakeConnectChat():
        worker.call()
    with pytest.raises(ZeroDivisionError):
        worker.call()
    worker.end()


def test_a_thread_of_a_test_in_pytest(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        dedent(
            """
            import threading
            import botocore.session
            import pytest

            D = dict(InstanceId="i", ContactFlowId="f", ParticipantDetails={"DisplayName": "A"})
            client = botocore.session.get_session().create_client(
                "connect", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b"
            )
            again, raised = threading.Event(), []

            def work():
                client.start_chat_contact(**D)
                again.wait(30)
                try:
                    client.start_chat_contact(**D)
                except Exception as error:
                    raised.append(error)

            def test_leaves_a_thread(connect_chat):
                global thread
                thread = threading.Thread(target=work, daemon=True)
                thread.start()

            def test_takes_nothing():
                again.set()
                thread.join(30)
                assert "That test is over" in str(raised)
            """
        )
    )

    pytester.runpytest_subprocess("-p", "no:asyncio", "-p", "no:randomly").assert_outcomes(passed=2)


# -- nested environments -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("leaves_first", ["outer", "inner"])
def test_regions_of_nested_fakes(leaves_first: str) -> None:
    fakes = {"outer": FakeConnectChat(region="eu-west-2"), "inner": FakeConnectChat(region="eu-west-3")}
    with mock.patch.dict(os.environ, {REGION: "eu-west-1"}):
        for fake in fakes.values():
            fake.start()
        assert os.environ[REGION] == "eu-west-3"
        fakes.pop(leaves_first).stop()
        assert os.environ[REGION] == ("eu-west-3" if leaves_first == "outer" else "eu-west-2")
        fakes.popitem()[1].stop()
        assert os.environ[REGION] == "eu-west-1"


def test_nothing_is_taken_back_while_somebody_needs_it() -> None:
    with FakeConnectChat(region="eu-west-1"):
        ENVIRONMENT.take_back()
        assert os.environ[REGION] == "eu-west-1"


def test_a_region_that_a_test_sets_is_kept() -> None:
    with FakeConnectChat(region="eu-west-1"), mock.patch.dict(os.environ, {REGION: "eu-west-2"}):
        with FakeConnectChat():
            assert os.environ[REGION] == "eu-west-2"
        assert os.environ[REGION] == "eu-west-2"


def test_a_stop_that_is_cut_off_stops_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    before, fake = changed_by_fakes(), FakeConnectChat()
    fake.start()
    remove, cut_off = interception.remove, []

    def remove_at_the_second_time(*arguments: Any) -> None:
        if not cut_off:
            cut_off.append(arguments)
            raise KeyboardInterrupt
        remove(*arguments)

    monkeypatch.setattr(interception, "remove", remove_at_the_second_time)
    with pytest.raises(KeyboardInterrupt):
        fake.stop()

    assert changed_by_fakes() == before


def test_credentials_that_have_to_be_fetched_are_not_asked_for() -> None:
    asked: list[str] = []

    def refresh() -> dict[str, str]:
        asked.append("refresh")
        return {"access_key": "a", "secret_key": "b", "token": "c", "expiry_time": "2000-01-01T00:00:00Z"}

    boto3.setup_default_session(region_name="us-east-1")
    try:
        credentials = RefreshableCredentials("a", "b", "c", datetime(2000, 1, 1, tzinfo=UTC), refresh, "role")
        boto3.DEFAULT_SESSION._session._credentials = credentials
        with FakeConnectChat():
            pass
        assert boto3.DEFAULT_SESSION._session._credentials is credentials
    finally:
        boto3.DEFAULT_SESSION = None

    assert asked == []


@pytest.mark.parametrize("session", [object(), mock.MagicMock(), mock.MagicMock(spec=boto3.Session)], ids="abc")
def test_another_object_for_the_default_session_does_no_harm(session: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    before = changed_by_fakes()
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", session)
    with FakeConnectChat():
        pass

    assert changed_by_fakes() == before


def test_a_fake_that_stops_while_a_call_begins_leaves_no_handlers(
    parameters: Parameters, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, fake, innermost = new_client(), FakeConnectChat(), interception.innermost
    handlers = dict(client.meta.events._emitter._unique_id_handlers)
    stopped: list[bool] = []

    def innermost_before_a_stop() -> Any:
        found = innermost()
        if not stopped:
            stopped.append(True)
            fake.stop()
        return found

    fake.start()
    monkeypatch.setattr(interception, "innermost", innermost_before_a_stop)
    client.start_chat_contact(**parameters)

    assert client.meta.events._emitter._unique_id_handlers == handlers
    assert not interception._retired


def test_a_second_stop_takes_off_the_handlers_that_the_first_could_not(
    parameters: Parameters, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, fake, remove = new_client(), FakeConnectChat(), _PrefixTrie.remove_item
    before = list(client.meta.events._emitter._handlers.prefix_search("before-call.connect.StartChatContact"))
    cut_off: list[object] = []

    def remove_at_the_second_time(trie: Any, key: Any, value: Any) -> None:
        if not cut_off:
            cut_off.append(value)
            raise KeyboardInterrupt
        remove(trie, key, value)

    fake.start()
    client.start_chat_contact(**parameters)
    monkeypatch.setattr(_PrefixTrie, "remove_item", remove_at_the_second_time)
    with pytest.raises(KeyboardInterrupt):
        fake.stop()
    fake.stop()

    assert list(client.meta.events._emitter._handlers.prefix_search("before-call.connect.StartChatContact")) == before
