"""What carries the clients' calls to one fake: a stubber for each client."""

from __future__ import annotations

import inspect
from typing import Any
from weakref import WeakKeyDictionary

from pytest_connect_chat._clients.stubber import ConnectChatStubber
from pytest_connect_chat._service.request import SERVICES
from pytest_connect_chat._service.service import ConnectChatService
from pytest_connect_chat.exceptions import ClosedError


class Backend:
    """Answers every client of the process while it is active.

    Args:
        service: The service in memory.
        seed: Where the clients' jitter follows from.

    Attributes:
        is_copy: Whether this is a copy that a forked process has got of its parent's. It answers nothing: it would
            give out the parent's ids again, and threads that are not here may have left it locked.
    """

    def __init__(self, service: ConnectChatService, *, seed: int | str) -> None:
        self.service = service
        self.seed = seed
        self.is_copy = False
        self._stubbers: WeakKeyDictionary[Any, ConnectChatStubber] = WeakKeyDictionary()

    def begin(self, client: Any, operation_name: str) -> ConnectChatStubber:
        """Return the stubber of a client, the same at each of its calls."""
        if self.is_copy:
            raise _refused_in_child(f"{operation_name} was called on a {client.meta.service_model.service_name} client")
        stubber = self._stubbers.get(client)
        if stubber is None:
            new = _stubber_class(client)(client, self.service, seed=self.seed)
            stubber = self._stubbers.setdefault(client, new)
        return stubber

    def check_send(self, request: Any) -> None:
        """Refuse what would leave the process."""
        if self.is_copy:
            raise _refused_in_child(f"{request.method} {request.url} was about to leave the process")
        raise ClosedError(
            f"{request.method} {request.url} was about to leave the process while connect_chat is active. Nothing in "
            "this process intercepted it: with unfaked='passthrough' something else, such as moto, has to."
        )

    def enter_child(self) -> None:
        """Be the copy of a forked process."""
        self.is_copy = True


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
