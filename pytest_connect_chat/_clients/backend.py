"""What carries the clients' calls to one fake: a stubber for each client."""

from __future__ import annotations

import inspect
import threading
from typing import Any

from pytest_connect_chat._clients import interception
from pytest_connect_chat._clients.stubber import ConnectChatStubber
from pytest_connect_chat._service.request import SERVICES
from pytest_connect_chat._service.service import ConnectChatService
from pytest_connect_chat.exceptions import ClosedError


class Backend:
    """Answers every client of the process while it is active.

    Args:
        service: The service in memory.
        seed: Where the clients' jitter follows from.
    """

    def __init__(self, service: ConnectChatService, *, seed: int | str) -> None:
        self.service = service
        self.seed = seed
        self.attached: list[Any] = []
        self._lock = threading.Lock()
        self._stubbers: dict[int, ConnectChatStubber] = {}
        self._calls_in_flight = 0
        self._active = False

    def start(self) -> None:
        """Answer from now on."""
        with self._lock:
            self._active = True
            interception.add(self)

    def start_instead_of(self, predecessor: Backend) -> None:
        """Answer from now on in the place of another backend, which stops."""
        with self._lock:
            self._active = True
            interception.replace(predecessor, self)
        predecessor.stop()

    def stop(self) -> None:
        """Stop answering new calls. Handlers go once no call is in flight: none may fall through to the network."""
        interception.retire(self)
        with self._lock:
            self._active = False
            self._release_if_idle()

    def decides(self) -> bool:
        """Return whether this backend is the one to answer the call that runs here."""
        return interception.deciding() is self

    def attach(self, client: Any) -> None:
        """Put our handlers on a client; further times change nothing."""
        if id(client) not in self._stubbers:
            with self._lock:
                if id(client) not in self._stubbers:
                    stubber = _stubber_class(client)(
                        client,
                        self.service,
                        seed=self.seed,
                        decides=self.decides,
                        event_id=f"pytest_connect_chat_{id(self)}",
                    )
                    stubber.activate()
                    self._stubbers[id(client)] = stubber

    def attach_for_good(self, client: Any) -> None:
        """Put our handlers on a client, and remember that somebody asked for it."""
        self.attach(client)
        self.attached.append(client)

    def enter(self, client: Any, operation_name: str) -> None:
        """Have our handlers on the client while its call runs."""
        with self._lock:
            self._calls_in_flight += 1
            if not self._active:  # stopped since the call came here
                interception.keep_wrapped(self)
        if id(client) not in self._stubbers:
            try:
                self.attach(client)
            except BaseException:
                self.leave()
                raise

    def leave(self) -> None:
        """Let the handlers go, if this was the last call of a backend that has stopped."""
        with self._lock:
            self._calls_in_flight -= 1
            self._release_if_idle()

    def check_send(self, request: Any) -> None:
        """Refuse what would leave the process."""
        raise ClosedError(
            f"{request.method} {request.url} was about to leave the process while connect_chat is active. Nothing in "
            "this process intercepted it: with unfaked='passthrough' something else, such as moto, has to."
        )

    def _release_if_idle(self) -> None:
        if not self._active and self._calls_in_flight == 0:
            for stubber in self._stubbers.values():
                stubber.deactivate()
            self._stubbers.clear()
            interception.remove(self)


def _stubber_class(client: Any) -> type[ConnectChatStubber]:
    if not inspect.iscoroutinefunction(type(client)._make_api_call):
        return ConnectChatStubber
    from pytest_connect_chat._clients.aio_stubber import AioConnectChatStubber

    return AioConnectChatStubber


def is_chat_client(client: Any) -> bool:
    """Return whether this is a botocore client of one of the two services."""
    model = getattr(getattr(client, "meta", None), "service_model", None)
    return getattr(model, "service_name", None) in SERVICES
