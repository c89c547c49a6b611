"""Finds every client of the process: botocore's own classes are wrapped while somebody wants to see their calls.

A client's calls pass through `BaseClient._make_api_call`, wherever and whenever the client was made; what would leave
the process passes through `Endpoint._send`. Both are wrapped at class level while an interceptor is active, also where
a subclass overrides them, as aiobotocore's do. The innermost interceptor decides.
"""

from __future__ import annotations

import functools
import inspect
import threading
from collections.abc import Callable
from contextvars import ContextVar, Token
from typing import Any, Final, Protocol

from botocore.client import BaseClient
from botocore.endpoint import Endpoint

from pytest_connect_chat._service.request import SERVICES
from pytest_connect_chat.exceptions import ConnectChatError


class Interceptor(Protocol):
    """Decides about the calls of `connect` and `connectparticipant` clients."""

    def enter(self, client: Any, operation_name: str) -> None:
        """Begin a client call, or refuse it."""

    def leave(self) -> None:
        """End a client call that has begun."""

    def check_send(self, request: Any) -> None:
        """Refuse a request that is about to leave the process, or let it pass."""


_ENDPOINT_PREFIXES: Final = ("connect", "participant.connect")  # by which an `Endpoint` knows its service
_OURS: Final = "__pytest_connect_chat__"

Wrapper = Callable[[Callable[..., Any]], Callable[..., Any]]
Handling = tuple[Interceptor | None, Token[Interceptor | None]]

_lock = threading.Lock()
_active: tuple[Interceptor, ...] = ()  # rebound, never changed: a call in another thread sees one or the other
_wrapped_for: set[Interceptor] = set()  # the active ones, and those that still have calls in flight
_deciding: ContextVar[Interceptor | None] = ContextVar("pytest_connect_chat_deciding")
_NOBODY_YET: Final = object()


def innermost() -> Interceptor | None:
    """Return the interceptor that decides now."""
    active = _active
    return active[-1] if active else None


def deciding() -> Interceptor | None:
    """Return who decides about the client call that runs here, also if it has retired since; else the innermost."""
    interceptor = _deciding.get(_NOBODY_YET)
    return innermost() if interceptor is _NOBODY_YET else interceptor  # type: ignore[return-value]


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
        _wrap_all()


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
            _unwrap_all()


def _wrap_all() -> None:
    for base, name, wrappers in _METHODS:
        for owner in _family(base):
            _wrap(owner, name, wrappers)
        if "__init_subclass__" not in base.__dict__:
            base.__init_subclass__ = _HOOKS[base]  # type: ignore[method-assign]


def _unwrap_all() -> None:
    for base, name, _ in _METHODS:
        for owner in _family(base):
            _unwrap(owner, name)
        if base.__dict__.get("__init_subclass__") is _HOOKS[base]:
            del base.__init_subclass__


def _hook(base: type) -> Any:
    """Return an `__init_subclass__` that wraps classes made while we are active: aiobotocore may come so late."""

    def wrap_new_subclass(subclass: Any, /, **kwargs: Any) -> None:
        super(base, subclass).__init_subclass__(**kwargs)  # type: ignore[arg-type]  # it is a class
        for owner, name, wrappers in _METHODS:
            if owner is base:
                _wrap(subclass, name, wrappers)

    return classmethod(wrap_new_subclass)


def _family(base: type) -> list[type]:
    """Return a class and all its subclasses: aiobotocore's override the methods that we wrap."""
    family = [base]
    for member in family:
        family += member.__subclasses__()
    return family


def _begin(client: Any, operation_name: str) -> Handling:
    """Put a client call under whoever decides about it."""
    is_ours = client.meta.service_model.service_name in SERVICES
    interceptor = innermost() if is_ours else None  # nobody: other services share our endpoint prefixes
    token = _deciding.set(interceptor)
    if interceptor is not None:
        try:
            interceptor.enter(client, operation_name)
        except BaseException:
            _deciding.reset(token)
            raise
    return interceptor, token


def _end(handling: Handling) -> None:
    interceptor, token = handling
    if interceptor is not None:
        interceptor.leave()
    _deciding.reset(token)


def _check_send(endpoint: Endpoint, request: Any) -> None:
    interceptor = deciding() if endpoint._endpoint_prefix in _ENDPOINT_PREFIXES else None
    if interceptor is not None:
        interceptor.check_send(request)


def as_method(attribute: Any) -> Callable[..., Any]:
    """Return what calls a class's attribute as Python would with an instance, which a mock there does not get."""
    return attribute if hasattr(attribute, "__get__") else lambda self, *args: attribute(*args)


def _call_wrapper(proceed: Callable[..., Any]) -> Callable[..., Any]:
    method = as_method(proceed)

    @functools.wraps(proceed)
    def _make_api_call(self: Any, operation_name: str, api_params: dict[str, Any]) -> Any:
        __tracebackhide__ = True
        try:
            handling = _begin(self, operation_name)
            try:
                return method(self, operation_name, api_params)
            finally:
                _end(handling)
        except ConnectChatError as error:
            raise error.with_traceback(None) from None  # a test wants to see its own call, not how we came here

    return _make_api_call


def _aio_call_wrapper(proceed: Callable[..., Any]) -> Callable[..., Any]:
    method = as_method(proceed)

    @functools.wraps(proceed)
    async def _make_api_call(self: Any, operation_name: str, api_params: dict[str, Any]) -> Any:
        __tracebackhide__ = True
        try:
            handling = _begin(self, operation_name)
            try:
                return await method(self, operation_name, api_params)
            finally:
                _end(handling)
        except ConnectChatError as error:
            raise error.with_traceback(None) from None

    return _make_api_call


def _send_wrapper(proceed: Callable[..., Any]) -> Callable[..., Any]:
    method = as_method(proceed)

    @functools.wraps(proceed)
    def _send(self: Endpoint, request: Any) -> Any:
        _check_send(self, request)
        return method(self, request)

    return _send


def _aio_send_wrapper(proceed: Callable[..., Any]) -> Callable[..., Any]:
    method = as_method(proceed)

    @functools.wraps(proceed)
    async def _send(self: Endpoint, request: Any) -> Any:
        _check_send(self, request)
        return await method(self, request)

    return _send


_HOOKS: Final = {BaseClient: _hook(BaseClient), Endpoint: _hook(Endpoint)}
_METHODS: Final[tuple[tuple[type, str, tuple[Wrapper, Wrapper]], ...]] = (
    (BaseClient, "_make_api_call", (_call_wrapper, _aio_call_wrapper)),
    (Endpoint, "_send", (_send_wrapper, _aio_send_wrapper)),
)


def _wrap(owner: type, name: str, wrappers: tuple[Wrapper, Wrapper]) -> None:
    """Wrap a class's own method, unless our wrapper is already on top or below somebody else's."""
    current = owner.__dict__.get(name)
    if current is not None and not _holds_ours(current):
        wrapped = wrappers[inspect.iscoroutinefunction(current)](current)
        setattr(wrapped, _OURS, wrapped)
        setattr(owner, name, wrapped)


def _unwrap(owner: type, name: str) -> None:
    """Take our wrapper off if it is on top; below somebody else's patch it stays, and lets calls pass."""
    current = owner.__dict__.get(name)
    if current is not None and _is_ours(current):
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
