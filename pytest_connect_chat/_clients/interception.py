"""Finds every client of the process: botocore's own classes are wrapped while somebody wants to see their calls.

A client's calls pass through `BaseClient._make_api_call`, wherever and whenever the client was made; what would leave
the process passes through `Endpoint._send`. Both are wrapped at class level while an interceptor is active, and the
innermost interceptor decides.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, Final, Protocol

from botocore.client import BaseClient
from botocore.endpoint import Endpoint

from pytest_connect_chat._clients.model import SERVICES


class Interceptor(Protocol):
    """Decides about the calls of `connect` and `connectparticipant` clients."""

    def call(self, proceed: Callable[..., Any], client: Any, operation_name: str, api_params: dict[str, Any]) -> Any:
        """Handle a client call; `proceed` takes the same arguments and runs botocore's own method."""

    def send(self, proceed: Callable[..., Any], endpoint: Endpoint, request: Any) -> Any:
        """Handle a request that is about to leave the process."""


_ENDPOINT_PREFIXES: Final = ("connect", "participant.connect")  # by which an `Endpoint` knows its service
_OURS: Final = "__pytest_connect_chat__"

_lock = threading.Lock()
_active: tuple[Interceptor, ...] = ()  # rebound, never changed: a call in another thread sees one or the other
_wrapped_for: set[Interceptor] = set()  # the active ones, and those that still have calls in flight
_deciding: ContextVar[Interceptor | None] = ContextVar("pytest_connect_chat_deciding")


def innermost() -> Interceptor | None:
    """Return the interceptor that decides now."""
    active = _active
    return active[-1] if active else None


def deciding() -> Interceptor | None:
    """Return who decides about the client call that runs here, also if it has retired since; else the innermost."""
    return _deciding.get(innermost())


def add(interceptor: Interceptor) -> None:
    """Let an interceptor decide from now on."""
    global _active  # noqa: PLW0603  # what is patched is global too
    with _lock:
        _active = (*_active, interceptor)
    keep_wrapped(interceptor)


def replace(interceptor: Interceptor, successor: Interceptor) -> None:
    """Let another interceptor decide in the place of this one, without a moment in which neither does."""
    global _active  # noqa: PLW0603  # what is patched is global too
    with _lock:
        _active = tuple(successor if other is interceptor else other for other in _active)
    keep_wrapped(successor)


def keep_wrapped(interceptor: Interceptor) -> None:
    """Keep botocore's classes wrapped until this interceptor is removed."""
    with _lock:
        _wrapped_for.add(interceptor)
        _wrap(BaseClient, "_make_api_call", _call_wrapper)
        _wrap(Endpoint, "_send", _send_wrapper)


def retire(interceptor: Interceptor) -> None:
    """Let an interceptor decide about no further call. Those in flight stay guarded until it is removed."""
    global _active  # noqa: PLW0603  # what is patched is global too
    with _lock:
        _active = tuple(other for other in _active if other is not interceptor)


def remove(interceptor: Interceptor) -> None:
    """Stop an interceptor; the one that was active before it decides again."""
    retire(interceptor)
    with _lock:
        _wrapped_for.discard(interceptor)
        if not _wrapped_for:
            _unwrap(BaseClient, "_make_api_call")
            _unwrap(Endpoint, "_send")


def _call_wrapper(proceed: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(proceed)
    def _make_api_call(self: Any, operation_name: str, api_params: dict[str, Any]) -> Any:
        is_ours = self.meta.service_model.service_name in SERVICES
        interceptor = innermost() if is_ours else None
        if interceptor is None and is_ours:
            return proceed(self, operation_name, api_params)
        token = _deciding.set(interceptor)  # nobody, for another service: some share our endpoint prefixes
        try:
            if interceptor is None:
                return proceed(self, operation_name, api_params)
            return interceptor.call(proceed, self, operation_name, api_params)
        finally:
            _deciding.reset(token)

    return _make_api_call


def _send_wrapper(proceed: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(proceed)
    def _send(self: Endpoint, request: Any) -> Any:
        interceptor = deciding() if self._endpoint_prefix in _ENDPOINT_PREFIXES else None
        if interceptor is None:
            return proceed(self, request)
        return interceptor.send(proceed, self, request)

    return _send


def _wrap(owner: type, name: str, wrapper: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
    """Wrap a method, unless our wrapper is already on top or below somebody else's."""
    current = owner.__dict__[name]
    if not _holds_ours(current):
        wrapped = wrapper(current)
        setattr(wrapped, _OURS, wrapped)
        setattr(owner, name, wrapped)


def _unwrap(owner: type, name: str) -> None:
    """Take our wrapper off if it is on top; below somebody else's patch it stays, and lets calls pass."""
    current = owner.__dict__[name]
    if _is_ours(current):
        setattr(owner, name, current.__wrapped__)


def _is_ours(method: Any) -> bool:
    # It names itself: what others make with `functools.wraps` or `wrapt` shows our attributes too.
    return getattr(method, _OURS, None) is method


def _holds_ours(method: Any) -> bool:
    while method is not None:
        if _is_ours(method):
            return True
        method = getattr(method, "__wrapped__", None)
    return False
