"""What the server asks: it leads to the service of the fake that is served, also after a reset."""

from __future__ import annotations

import threading
from collections.abc import Callable

from pytest_connect_chat._endpoint.gateway import Gateway
from pytest_connect_chat._endpoint.http import HttpAnswer, HttpRequest, NoAnswer
from pytest_connect_chat._service.contacts.store import Happening
from pytest_connect_chat._service.service import ConnectChatService
from pytest_connect_chat._service.sockets import Socket, SocketRefusedError, Sockets
from pytest_connect_chat._service.urls import ServedUrls, UnservedUrls


class Switchboard:
    """Answers the server's questions.

    Attributes:
        silent_seconds: How long a connection stays silent whose answer does not come in time.
        news: How often something has happened that somebody may wait for.
        changed: Is notified each time.
    """

    def __init__(self) -> None:
        self.silent_seconds: float = 0
        self.news = 0
        self.changed = threading.Condition()

    def serve(self, service: ConnectChatService, address: str, region: str) -> None:
        """Lead to a service from now on.

        Args:
            service: The service.
            address: Where the server listens.
            region: The region of requests that are not signed.
        """
        port = address.rpartition(":")[2]
        self._service = service
        self._sockets = Sockets(service.state)
        self._gateway = Gateway(service, region, frozenset({address, f"localhost:{port}"}))
        with service.state.feed:
            service.state.urls = ServedUrls(service.state.identifiers, address)
            service.state.feed.listen(self.hear, first=True)  # before flows, so that frames keep the order of commits
            service.calls.told = self.tell

    def leave(self) -> None:
        """Lead to nowhere: the service is as it was before."""
        state = self._service.state
        with state.feed:
            state.urls = UnservedUrls(state.identifiers)
            state.feed.ignore(self.hear)
            self._service.calls.told = None

    @property
    def sockets(self) -> tuple[Socket, ...]:
        """The WebSockets that are open."""
        return self._sockets.open

    def hear(self, happening: Happening) -> None:
        """Send what has happened to the WebSockets of its chat; a listener of the feed."""
        self._sockets.hear(happening)
        self.tell()

    def tell(self, first: Callable[[], object] = lambda: None) -> None:
        """Wake whoever waits, after something that they are to see."""
        first()
        with self.changed:
            self.news += 1
            self.changed.notify_all()

    @property
    def may_wait(self) -> bool:
        """Whether an answer may have to wait for somebody."""
        return self._service.may_call_the_test(self.hear)

    def answer(self, request: HttpRequest) -> HttpAnswer | NoAnswer:
        """Answer a request."""
        answer = self._gateway.answer(request)
        self.tell()
        return answer

    def open_socket(self, request: HttpRequest, send: Callable[[str], object]) -> Socket | HttpAnswer:
        """Let a WebSocket in, or refuse it."""
        refusal = self._gateway.refusal(request.headers)
        if refusal is not None:
            return refusal
        try:
            socket = self._sockets.add(dict(request.query).get("AuthToken", ""), send)
        except SocketRefusedError as error:
            return self._gateway.forbidden(str(error))
        self.tell()
        return socket

    def receive(self, socket: Socket, text: str) -> None:
        """Answer a frame of a WebSocket's client."""
        try:
            socket.receive(text)
        except BaseException as error:  # noqa: BLE001  # of a callable of the test: it fails the test, not the server
            self._service.state.feed.failures.append(error)
        self.tell()

    def close_socket(self, socket: Socket) -> None:
        """Forget a WebSocket that is closed."""
        self._sockets.remove(socket)
        self.tell()

    def tick(self) -> None:
        """Let happen what is due, where time passes by itself."""
        self._service.state.clock.now()
