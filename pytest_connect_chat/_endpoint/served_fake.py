"""What the server asks for answers: it hands requests to the service of the fake, and to the new one after a reset."""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue

from pytest_connect_chat._endpoint.http import HttpAnswer, HttpRequest, NoAnswer
from pytest_connect_chat._endpoint.router import Router
from pytest_connect_chat._service.contacts.store import Happening
from pytest_connect_chat._service.service import ConnectChatService
from pytest_connect_chat._service.sockets import ChatSocket, OpenSocket, SocketRefusedError, Sockets
from pytest_connect_chat._service.urls import ServedUrls, UnservedUrls


class ServedFake:
    """Answers the requests and WebSockets of the server from a service.

    Attributes:
        looking: The threads that are calling the condition of a `wait_for`.
        silent_seconds: How long a connection stays silent before it is closed, in a fault that is a timeout.
        is_reached: Whether a request or a WebSocket's handshake has arrived.
        waiting: The queue of each `wait_for`, in which something is put whenever its condition may have come to hold.
            An interrupt leaves no lock behind here, as it can where it comes while a `Condition` is entered.
    """

    def __init__(self) -> None:
        self.looking: set[int] = set()
        self.silent_seconds: float = 0
        self.is_reached = False
        self.waiting: set[SimpleQueue[bool]] = set()

    def serve(self, service: ConnectChatService, address: str, region: str) -> None:
        """Answer from a service from now on.

        Args:
            service: The service.
            address: Where the server listens.
            region: The region of requests that are not signed.
        """
        port = address.rpartition(":")[2]
        self._service = service
        self._sockets = Sockets(service.state)
        self._router = Router(service, region, frozenset({address, f"localhost:{port}"}))
        with service.state.feed:
            service.state.urls = ServedUrls(service.state.identifiers, address)
            service.state.feed.observe(self.hear)
            service.calls.on_record = self.tell

    def leave(self) -> None:
        """Leave the service as it was before it was served."""
        state = self._service.state
        with state.feed:
            state.urls = UnservedUrls(state.identifiers)
            state.feed.observe(None)
            self._service.calls.on_record = None

    @property
    def sockets(self) -> tuple[ChatSocket, ...]:
        """The WebSockets that are open."""
        return tuple(socket.view for socket in self._sockets.all)

    def hear(self, happening: Happening) -> None:
        """Send what has happened to the WebSockets of its chat; the observer of the feed."""
        self._sockets.hear(happening)
        self.tell()

    def tell(self) -> None:
        """Wake every `wait_for` to call its condition again, unless a condition itself has caused this."""
        if threading.get_ident() in self.looking:
            return
        for queue in tuple(self.waiting):
            queue.put(False)

    @property
    def has_callables(self) -> bool:
        """Whether an answer may run something of the test."""
        return self._service.has_callables

    def answer(self, request: HttpRequest) -> HttpAnswer | NoAnswer:
        """Answer a request."""
        self.is_reached = True
        with self._service.state.feed.keeping_failures():
            answer = self._router.answer(request)
        self.tell()
        return answer

    def turn_away(self, request: HttpRequest, status: int, reason: str) -> None:
        """Note a request that the server has refused."""
        self.is_reached = True
        self._router.turn_away(request, status, reason)
        self.tell()

    def open_socket(self, request: HttpRequest, send: Callable[[str], object]) -> OpenSocket | HttpAnswer:
        """Let a WebSocket in, or refuse it."""
        self.is_reached = True
        opened: OpenSocket | HttpAnswer | None = self._router.refusal(request)
        if opened is None:
            try:
                opened = self._sockets.add(dict(request.query).get("AuthToken", ""), send)
            except SocketRefusedError as error:
                opened = self._router.forbidden(request, str(error))
        self.tell()
        return opened

    def receive(self, socket: OpenSocket, text: str) -> None:
        """Answer a frame of a WebSocket's client."""
        with self._service.state.feed.keeping_failures():
            socket.receive(text)
        self.tell()

    def close_socket(self, socket: OpenSocket) -> None:
        """Forget a WebSocket that is closed."""
        self._sockets.remove(socket)
        self.tell()

    def fail(self, error: BaseException) -> None:
        """Fail the test with something that went wrong."""
        self._service.state.feed.failures.append(error)

    def tick(self) -> None:
        """Let happen what is due by now, for a clock that follows the system's."""
        with self._service.state.feed.keeping_failures():
            self._service.state.clock.now()
        self.tell()
