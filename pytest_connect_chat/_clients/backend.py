"""What carries the clients' calls to one fake: a stubber for each client."""

from __future__ import annotations

import contextlib
import inspect
import threading
from typing import Any
from weakref import WeakValueDictionary

from pytest_connect_chat._clients.stubber import ConnectChatStubber
from pytest_connect_chat._service.request import SERVICES
from pytest_connect_chat._service.service import ConnectChatService
from pytest_connect_chat.exceptions import ClosedError


class Backend:
    """Answers every client of the process while it is active.

    Args:
        service: The service in memory.
        seed: What the clients' jitter follows from.

    Attributes:
        is_copy: Whether this is the copy of a parent's backend in a forked process. It answers nothing: it would give
            out the parent's ids again, and a thread that does not exist here may have left it locked.
    """

    def __init__(self, service: ConnectChatService, *, seed: int | str) -> None:
        self.service = service
        self.seed = seed
        self.is_copy = False
        self._lock = threading.RLock()  # a finaliser may call a client while its own thread holds it
        # By `id(client)`. Only the emitters of the clients keep them alive.
        self._stubbers: WeakValueDictionary[int, ConnectChatStubber] = WeakValueDictionary()

    def begin(self, client: Any, operation_name: str) -> ConnectChatStubber:
        """Return the stubber of a client, the same at each of its calls."""
        if self.is_copy:
            raise _refused_in_child(f"{operation_name} was called on a {client.meta.service_model.service_name} client")
        stubber = self._stubbers.get(id(client))
        if stubber is not None and stubber.client is client and stubber.is_active:
            return stubber
        with self._lock:
            return self._attached(client)

    def _attached(self, client: Any) -> ConnectChatStubber:
        stubber = self._stubbers.get(id(client))
        if stubber is None or stubber.client is not client:
            event_id = f"pytest_connect_chat_{id(self)}"
            stubber = _stubber_class(client)(client, self.service, seed=self.seed, event_id=event_id)
            self._stubbers[id(client)] = stubber
        if not stubber.is_active:
            stubber.activate()
        return stubber

    def release(self) -> None:
        """Take our handlers off the clients."""
        with self._lock:
            for stubber in list(self._stubbers.values()):
                with contextlib.suppress(Exception):  # a test may have replaced the events of a client
                    stubber.deactivate()

    def check_send(self, request: Any) -> None:
        """Refuse a request that is about to leave the process."""
        if self.is_copy:
            raise _refused_in_child(f"{request.method} {request.url} was about to leave the process")
        raise ClosedError(
            f"{request.method} {request.url} was about to leave the process while connect_chat is active. Nothing in "
            "this process intercepted it: with unfaked='passthrough' something else, such as moto, has to."
        )

    def enter_child(self) -> None:
        """Become the copy in a forked process, where the threads of the parent do not exist."""
        self.is_copy = True
        self._lock = threading.RLock()
        self.service.state.feed.forget_threads()


def _refused_in_child(what: str) -> ClosedError:
    return ClosedError(
        f"{what}, in a process that was forked while connect_chat was active in its parent. A fake answers the process "
        "that started it: start one in the child (`with FakeConnectChat() as fake:`), or run the code in threads."
    )


def _stubber_class(client: Any) -> type[ConnectChatStubber]:
    if not inspect.iscoroutinefunction(type(client)._make_request):
        return ConnectChatStubber
    from pytest_connect_chat._clients.aio_stubber import AioConnectChatStubber

    return AioConnectChatStubber


def is_chat_client(client: Any) -> bool:
    """Return whether this is a botocore client of one of the two services."""
    model = getattr(getattr(client, "meta", None), "service_model", None)
    return getattr(model, "service_name", None) in SERVICES
