"""Calls while no fake is active: refused under the setting `block`, and always from clients that a fake has made."""

from __future__ import annotations

import weakref
from typing import Any

from pytest_connect_chat._clients import interception
from pytest_connect_chat._clients.place import place_of_call
from pytest_connect_chat.exceptions import ClosedError


class Refusal:
    """Refuses every call, and remembers it."""

    def __init__(self) -> None:
        self.refused: list[str] = []

    def begin(self, client: Any, operation_name: str) -> None:
        """Refuse a client call."""
        raise self._error(f"{operation_name} was called on a {client.meta.service_model.service_name} client")

    def check_send(self, request: Any) -> None:
        """Refuse a request that is about to leave the process."""
        raise self._error(f"{request.method} {request.url} was about to leave the process")

    def release(self) -> None:
        """Have nothing to do: it is on no client."""

    def enter_child(self) -> None:
        """Refuse in a forked process too."""

    def _error(self, what: str) -> ClosedError:
        message = (
            f"{what} while no connect_chat was active, and the setting block is on. Take the fixture in the test, or "
            "in the fixture that makes the call; @pytest.mark.connect_chat takes it before setup_method; a fixture of "
            "a wider scope uses FakeConnectChat(). @pytest.mark.connect_chat(block=False) lets this test through. "
            f"It came from {place_of_call()}."
        )
        self.refused.append(message)
        return ClosedError(message)


class Permission:
    """Lets every call pass, also one that an interceptor below it would refuse."""

    def begin(self, client: Any, operation_name: str) -> None:
        """Let a client call pass."""

    def check_send(self, request: Any) -> None:
        """Let a request leave the process."""

    def release(self) -> None:
        """Have nothing to do: it is on no client."""

    def enter_child(self) -> None:
        """Let calls pass in a forked process too."""


def guarded(client: Any) -> Any:
    """Return a client that a fake has made, which from now on sends nothing while no fake is active."""
    endpoint = weakref.ref(client._endpoint)

    def send(request: Any) -> Any:
        decides = interception.innermost()
        if decides is None or isinstance(decides, Permission):
            raise ClosedError(
                f"{request.method} {request.url} was about to leave the process: this client is of a FakeConnectChat "
                "that is not active. Use `with FakeConnectChat() as fake:`, or call start()."
            )
        own: Any = endpoint()
        return interception.as_function(type(own)._send)(own, request)  # looked up now: it may have been wrapped since

    client._endpoint._send = send
    return client
