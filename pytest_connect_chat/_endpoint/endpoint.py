"""`ConnectChatEndpoint`: the same fake for other processes, browsers and sockets, as a test holds it."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from queue import SimpleQueue
from types import TracebackType
from typing import Any, Final, Self, TypeVar

from pytest_connect_chat._endpoint.http import LOOPBACK
from pytest_connect_chat._endpoint.served_fake import ServedFake
from pytest_connect_chat._names import FixedNames
from pytest_connect_chat._service.arguments import name_of, require_function, require_result
from pytest_connect_chat._service.service import ConnectChatService
from pytest_connect_chat._service.sockets import ChatSocket
from pytest_connect_chat._text import counted, shown, wrapped
from pytest_connect_chat.exceptions import EndpointError, MissingExtraError

HIGHEST_PORT: Final = 65535
NO_EXTRA: Final = "The endpoint needs aiohttp: install pytest-connect-chat[endpoint]."

T = TypeVar("T")


class ConnectChatEndpoint(FixedNames):
    """A server on loopback HTTP and WebSocket with the same state, rules, faults, clock and records as the fake.

    In pytest, take the fixture `connect_chat_endpoint`; elsewhere, `with fake.serve() as endpoint:`.

    While it serves, the URLs of WebSockets and files that the fake gives lead to it, and a participant is connected by
    subscribing to the chat's WebSocket. Clients of botocore in this process stay intercepted.
    """

    def __init__(
        self,
        service: ConnectChatService,
        *,
        port: int,
        region: str,
        credentials: Mapping[str, str],
        journal: Callable[[], str],
    ) -> None:
        if not isinstance(port, int) or isinstance(port, bool) or not 0 <= port <= HIGHEST_PORT:
            raise EndpointError(
                f"port is a number, 0 to {HIGHEST_PORT}, and 0 lets the system choose: not {shown(port)}."
            )
        try:
            from pytest_connect_chat._endpoint.server import Server
        except ImportError:
            raise MissingExtraError(NO_EXTRA) from None
        self._region = region
        self._credentials = credentials
        self._journal = journal
        self._served = ServedFake()
        self._server = Server(self._served, ticks=service.state.clock.follows_system)
        try:
            self._address = f"{LOOPBACK}:{self._server.start(port)}"
        except Exception as error:
            raise EndpointError(_why_not(port, error)) from error
        self._open = True
        self._served.serve(service, self._address, self._region)

    def __repr__(self) -> str:
        state = counted(len(self.sockets), "socket") if self._open else "closed"
        return f"<ConnectChatEndpoint {self.url}: {state}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop listening, and cut off all connections. Closing twice does no harm."""
        if self._open:
            self._server.stop()  # an interrupt may cut it off, and then it can be done again
            self._served.leave()
            self._open = False

    @property
    def is_open(self) -> bool:
        """Whether it listens."""
        return self._open

    def _follow(self, service: ConnectChatService) -> None:
        self._served.leave()
        self._server.drop()
        self._served.serve(service, self._address, self._region)

    @property
    def url(self) -> str:
        """Where both services are: `http://127.0.0.1:<port>`."""
        return f"http://{self._address}"

    @property
    def environ(self) -> dict[str, str]:
        """The variables that lead AWS's SDKs and command line here: for `subprocess`, with `{**os.environ, **...}`.

        AWS SDKs and Tools Reference Guide: service-specific endpoints.
        """
        unproxied = {
            name: ",".join(filter(None, (os.environ.get(name), LOOPBACK))) for name in ("NO_PROXY", "no_proxy")
        }
        return {
            "AWS_ENDPOINT_URL_CONNECT": self.url,
            "AWS_ENDPOINT_URL_CONNECTPARTICIPANT": self.url,
            "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "false",
            "AWS_REGION": self._region,
            "AWS_DEFAULT_REGION": self._region,
            **self._credentials,
            **unproxied,
        }

    @property
    def sockets(self) -> tuple[ChatSocket, ...]:
        """The open WebSockets, oldest first."""
        return self._served.sockets

    def drop_sockets(self) -> None:
        """Cut off every WebSocket without a close frame, as a broken network does. Return once they are closed."""
        before = self.sockets
        self._server.drop()
        self.wait_for(lambda: not any(socket in before for socket in self.sockets))

    def stay_silent(self, seconds: float) -> None:
        """Set how long a connection stays silent before it is closed, for faults that are timeouts.

        By default it is closed at once. A client with a shorter timeout than this sees that timeout.

        Args:
            seconds: How long, in real time.

        Raises:
            EndpointError: It is not a number, or less than 0.
        """
        if not isinstance(seconds, (int, float)) or not 0 <= seconds < float("inf"):
            raise EndpointError(f"stay_silent() takes a number of seconds, 0 or more, not {shown(seconds)}.")
        self._served.silent_seconds = seconds

    def wait_for(self, condition: Callable[[], T], timeout: float = 5) -> T:
        """Wait until a condition holds. It is looked at again after each call, item, file and change of a socket.

        The wait blocks its thread. An async test awaits `asyncio.to_thread(endpoint.wait_for, condition)`.

        Args:
            condition: A function without arguments that returns something true once the condition holds.
            timeout: How many seconds of real time to wait at most.

        Returns:
            What the condition returned.

        Raises:
            EndpointError: It did not hold in time. The message has what it returned last, and all that happened.
            SceneError: The condition is no plain function.
        """
        __tracebackhide__ = True
        require_function(condition, "wait_for() takes a plain function without arguments", given=())
        if not isinstance(timeout, (int, float)) or not 0 <= timeout <= threading.TIMEOUT_MAX:
            raise EndpointError(f"timeout is a number of seconds, 0 or more, not {shown(timeout)}.")
        queue: SimpleQueue[bool] = SimpleQueue()  # has True once the time is up
        timer = threading.Timer(timeout, queue.put, [True])  # its clock is real, even if a test has frozen the time
        timer.daemon = True
        try:
            self._served.waiting.add(queue)
            timer.start()
            is_last = False
            while not (found := self._look(condition)):
                if is_last:
                    raise EndpointError(self._not_so(condition, timeout, found))
                is_last = queue.get()
                while not queue.empty():  # one look is enough for all that has happened
                    is_last = queue.get() or is_last
            return found
        finally:
            timer.cancel()
            self._served.waiting.discard(queue)

    def _look(self, condition: Callable[[], T]) -> T:
        __tracebackhide__ = True
        thread = threading.get_ident()
        self._served.looking.add(thread)
        try:
            found: T = require_result(condition(), name_of(condition))
            return found
        finally:
            self._served.looking.discard(thread)

    def _not_so(self, condition: Callable[[], Any], timeout: float, found: object) -> str:
        journal = "nothing"
        with suppress(Exception):
            journal = self._journal() or journal
        sockets = ", ".join(map(repr, self.sockets)) or "none"
        if not self._open:
            advice = "The endpoint is closed, and nothing reaches it any more: wait while it serves."
        elif _runs_event_loop():
            advice = (
                "wait_for() blocked the event loop of this thread, so no task in it could run. In an async test: "
                "await asyncio.to_thread(endpoint.wait_for, condition)."
            )
        elif not self._served.is_reached:
            advice = (
                "No program has reached the endpoint: each finds it by the variables of environ, as in "
                "subprocess.run(command, env={**os.environ, **endpoint.environ})."
            )
        else:
            advice = "wait_for(condition, timeout=...) waits longer."
        return "\n".join(
            (
                *wrapped(f"{name_of(condition)} was not so within {timeout:g} seconds: it returned {shown(found)}."),
                *wrapped(f"Open sockets: {sockets}. What happened:"),
                journal,
                *wrapped(advice),
            )
        )


def follow(endpoint: ConnectChatEndpoint, service: ConnectChatService) -> None:
    """Let an endpoint serve another service, as after a reset of the fake; what was connected is cut off."""
    endpoint._follow(service)  # noqa: SLF001  # for the fake alone: a test calls `reset()` of that


def _runs_event_loop() -> bool:
    """Return whether this thread runs an event loop, as that of an async test does."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _why_not(port: int, error: Exception) -> str:
    """Return why the endpoint cannot listen, and what to do."""
    if isinstance(error, OSError):
        where = f"port {port}" if port else "a port of the system's choice"
        return f"The endpoint cannot listen at {LOOPBACK}, {where}: {error}. port=0 takes one that is free."
    hint = ""
    if "Socket" in type(error).__name__:
        hint = (
            " pytest-socket forbids it: give --allow-hosts=127.0.0.1 instead of --disable-socket, or mark the test "
            "with @pytest.mark.enable_socket."
        )
    return f"The endpoint cannot listen at {LOOPBACK}: {type(error).__name__}: {str(error).rstrip('.')}.{hint}"
