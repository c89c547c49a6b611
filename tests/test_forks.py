"""A process that is forked while a fake is active: its calls are refused, nothing hangs, a fake of its own works."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

import pytest
from botocore.exceptions import ClientError
from conftest import new_client

from pytest_connect_chat import FakeConnectChat
from pytest_connect_chat._clients import interception
from pytest_connect_chat._clients.blocking import Permission, Refusal
from pytest_connect_chat._clients.environment import ENVIRONMENT
from pytest_connect_chat.exceptions import ClosedError

pytestmark = [
    pytest.mark.in_process,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are not forked here"),
    # Newer versions of Python warn of what is tested here.
    pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning"),
]

Parameters = dict[str, Any]

PATIENCE = 30  # seconds; only a test that fails waits that long
REFUSED = "in a process that was forked while connect_chat was active in its parent"


def in_child(act: Callable[[], object]) -> str:
    """Return what came of it in a forked process: a text, or a traceback; fail where it hangs."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            said = str(act())
        except BaseException:  # noqa: BLE001  # nothing of the tests may go on in the child
            said = traceback.format_exc()
        os.write(writer, said.encode()[-60_000:])
        os._exit(0)
    os.close(writer)
    watchdog = threading.Timer(PATIENCE, os.kill, (child, signal.SIGKILL))
    watchdog.start()
    with open(reader, "rb") as answer:  # noqa: PTH123  # it is a descriptor
        said = answer.read().decode()
    _, status = os.waitpid(child, 0)
    watchdog.cancel()
    assert status == 0, "the child hung"
    return said


@pytest.fixture
def busy(parameters: Parameters) -> Iterator[FakeConnectChat]:
    """A fake that many threads call, so that its locks are held most of the time."""
    stop = threading.Event()

    def work() -> None:
        while not stop.is_set():
            with contextlib.suppress(ClientError):
                client.start_chat_contact(**parameters)

    client = new_client(driver="botocore")
    threads = [threading.Thread(target=work) for _ in range(6)]
    with FakeConnectChat(clock="system") as fake:
        for thread in threads:
            thread.start()
        while not fake.requests.called:
            time.sleep(0.001)
        yield fake
        stop.set()
        for thread in threads:
            thread.join()


def test_a_call_in_a_forked_child_is_refused_with_what_to_do(
    busy: FakeConnectChat, driver: str, parameters: Parameters, no_sockets: list[Any]
) -> None:
    client = new_client()

    def call() -> object:
        with pytest.raises(ClosedError, match=REFUSED) as refused:
            client.start_chat_contact(**parameters)
        return refused.value

    for _ in range(4):
        said = in_child(call)
        assert said.startswith(f"StartChatContact was called on a connect client, {REFUSED}. ")
        assert "start one in the child (`with FakeConnectChat() as fake:`), or run the code in threads." in said
    assert busy.requests.called
    assert no_sockets == []


def test_what_a_forked_child_would_send_is_refused(busy: FakeConnectChat, monkeypatch: pytest.MonkeyPatch) -> None:
    client = new_client(driver="botocore")
    emit = type(client)._emit_api_params.__wrapped__

    def call() -> object:
        monkeypatch.setattr(client, "_emit_api_params", emit.__get__(client))  # past our wrapper
        with pytest.raises(ClosedError, match=REFUSED) as refused:
            client.list_instances()
        return refused.value

    assert in_child(call).startswith("GET https://connect.us-east-1.amazonaws.com/instance was about to leave")


def test_a_fake_of_its_own_works_in_a_forked_child(busy: FakeConnectChat, parameters: Parameters) -> None:
    client = new_client(driver="botocore")

    def call() -> object:
        for _ in range(2):
            with FakeConnectChat() as fake:
                client.start_chat_contact(**parameters)
                assert len(fake.contacts) == 1
        with pytest.raises(ClosedError, match=REFUSED):
            client.start_chat_contact(**parameters)
        return "answered"

    assert in_child(call) == "answered"


def test_a_fake_is_stopped_in_a_forked_child_as_its_fixture_does(busy: FakeConnectChat) -> None:
    def stop() -> object:
        busy.stop()
        busy.assert_nothing_left()
        return interception.innermost(), interception._wrapped, os.environ.get("AWS_ACCESS_KEY_ID")

    busy.faults.throttle(operation="StopContact", optional=True)
    for _ in range(4):
        assert in_child(stop) == "(None, [], None)"


def test_a_fake_is_started_over_in_a_forked_child(busy: FakeConnectChat, parameters: Parameters) -> None:
    client = new_client(driver="botocore")

    def start_over() -> object:
        busy.reset()
        client.start_chat_contact(**parameters)
        return len(busy.contacts)

    assert in_child(start_over) == "1"


def test_a_fork_in_the_midst_of_starts_and_stops_hangs_nothing(parameters: Parameters) -> None:
    client, stop = new_client(driver="botocore"), threading.Event()

    def come_and_go() -> None:
        while not stop.is_set():
            with FakeConnectChat():
                pass

    def call() -> object:
        with FakeConnectChat() as fake:
            client.start_chat_contact(**parameters)
        return len(fake.contacts)

    threads = [threading.Thread(target=come_and_go) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        assert [in_child(call) for _ in range(8)] == ["1"] * 8
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def give_up(**_: Any) -> None:
    raise ZeroDivisionError


@pytest.mark.parametrize(("outside", "error"), [(Refusal, ClosedError), (Permission, ZeroDivisionError)])
def test_what_stands_outside_of_fakes_goes_on_in_a_forked_child(
    outside: Any, error: type[Exception], parameters: Parameters
) -> None:
    client, interceptor = new_client(driver="botocore"), outside()
    client.meta.events.register("before-call.connect", give_up)

    def call() -> object:
        with pytest.raises(error) as raised:
            client.start_chat_contact(**parameters)
        return raised.value

    interception.add(interceptor)
    try:
        said = in_child(call)
    finally:
        interception.remove(interceptor)
    assert ("the setting block is on" in said) is (outside is Refusal)
    assert "Traceback" not in said


def test_multiprocessing_with_fork(busy: FakeConnectChat, parameters: Parameters) -> None:
    context = multiprocessing.get_context("fork")
    client, said = new_client(driver="botocore"), context.SimpleQueue()

    def call() -> None:
        try:
            client.start_chat_contact(**parameters)
        except ClosedError as error:
            said.put(str(error))

    process = context.Process(target=call)
    process.start()
    process.join(PATIENCE)
    hung = process.is_alive()
    process.kill()
    process.join()

    assert not hung
    assert REFUSED in said.get()


def test_a_test_that_goes_on_in_a_forked_child_ends_there(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import os
        import botocore.session
        import pytest

        D = dict(InstanceId="i", ContactFlowId="f", ParticipantDetails={"DisplayName": "A"})

        def test_it(connect_chat, connect_client, request):
            connect_chat.faults.throttle()
            child = os.fork()
            if child == 0:
                request.config.stash[KEY] = True
                with pytest.raises(Exception, match="in a process that was forked"):
                    connect_client.start_chat_contact(**D)
                return
            assert os.waitpid(child, 0) == (child, 0)
            with pytest.raises(connect_client.exceptions.TooManyRequestsException):
                connect_client.start_chat_contact(**D)

        KEY = pytest.StashKey()
        """
    )
    pytester.makeconftest(
        """
        import os
        import pytest

        parent = os.getpid()

        @pytest.hookimpl(wrapper=True, tryfirst=True)
        def pytest_runtest_protocol(item):
            result = yield
            if os.getpid() != parent:
                os._exit(item.session.testsfailed)
            return result
        """
    )

    pytester.runpytest_subprocess("-p", "no:asyncio", timeout=PATIENCE).assert_outcomes(passed=1)


def test_what_a_fork_does_to_a_fake(parameters: Parameters) -> None:
    """The same as above without a fork, for what measures which lines are run."""
    client = new_client(driver="botocore")
    outside: list[Any] = [Refusal(), Permission()]
    for interceptor in outside:
        interception.add(interceptor)
    with FakeConnectChat() as fake:
        fake.faults.throttle()
        interception._enter_child()
        ENVIRONMENT.enter_child()
        with pytest.raises(ClosedError, match=REFUSED):
            client.start_chat_contact(**parameters)
        with pytest.raises(ClosedError, match=REFUSED):
            client._endpoint._send(mock.Mock(method="GET", url="https://connect"))
        with FakeConnectChat() as inner:
            client.start_chat_contact(**parameters)
        assert len(inner.contacts) == 1
    for interceptor in outside:
        interception.remove(interceptor)

    assert interception.innermost() is None


def test_a_child_leaves_a_fake_whose_lock_a_thread_of_the_parent_held(parameters: Parameters) -> None:
    held, may_go = threading.Event(), threading.Event()

    def hold(fake: FakeConnectChat) -> None:
        with fake._backend._lock:
            held.set()
            assert may_go.wait(PATIENCE)

    with FakeConnectChat() as fake:
        new_client(driver="botocore").start_chat_contact(**parameters)
        thread = threading.Thread(target=hold, args=[fake])
        thread.start()
        assert held.wait(PATIENCE)
        assert in_child(fake.stop) == "None"
        may_go.set()
        thread.join()


def test_a_child_hangs_at_no_lock_that_a_thread_of_its_parent_holds() -> None:
    held, free = threading.Event(), threading.Event()
    with FakeConnectChat() as fake:

        def hold() -> None:
            with fake._service.state.feed:
                held.set()
                free.wait(PATIENCE)

        thread = threading.Thread(target=hold)
        thread.start()
        held.wait(PATIENCE)
        try:
            assert in_child(lambda: fake.clock.advance(minutes=1) or len(fake.add_ended_chat())) == "1"
        finally:
            free.set()
            thread.join(PATIENCE)
