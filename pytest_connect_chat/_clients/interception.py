"""Finds every client of the process: methods of botocore's classes are wrapped while an interceptor is active.

Every call builds its parameters in `BaseClient._emit_api_params`: there its client gets the stubber that answers it. A
call that no stubber answers goes on to `BaseClient._make_request`. A request that would leave the process passes
through `Endpoint._send`, where it is refused. These methods are wrapped on the classes, and on subclasses that override
them, as aiobotocore's do. `_make_api_call` is left to others: tracers and mocks wrap it and put it back, at any time
and in any order.

The innermost interceptor decides about a call, from its beginning to its end. The methods are unwrapped once no
interceptor is active, and no call that one has taken on is under way.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import os
import threading
import weakref
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from types import FunctionType
from typing import Any, Final, NoReturn, Protocol, Self

from botocore.client import BaseClient
from botocore.endpoint import Endpoint

from pytest_connect_chat._service.request import SERVICES
from pytest_connect_chat.exceptions import ClosedError, ConnectChatError


class Stubbing(Protocol):
    """Answers the calls of one client, by handlers of its events.

    An emitter that is interrupted while it looks for handlers may keep a list without these. So they are called from
    this module too, and do nothing the second time.
    """

    def claim(self, model: Any, params: dict[str, Any], context: dict[str, Any]) -> None:
        """Remember the parameters of a call, at `before-parameter-build`."""

    def answer(self, model: Any, params: dict[str, Any], context: dict[str, Any]) -> Any:
        """Return the answer, with aiobotocore an awaitable of it, at `before-call`; `None` hands the call on."""


class Interceptor(Protocol):
    """Decides about the calls of `connect` and `connectparticipant` clients."""

    def begin(self, client: Any, operation_name: str) -> Stubbing | None:
        """Return the stubber that answers a client call, `None` to let it pass, or refuse it."""

    def check_send(self, request: Any) -> None:
        """Refuse a request that is about to leave the process, or let it pass."""

    def release(self) -> None:
        """Take the handlers off the clients. It is called once no call that was taken on is under way."""

    def enter_child(self) -> None:
        """Hear that this is a forked process now."""


_ENDPOINT_PREFIXES: Final = ("connect", "participant.connect")  # by which an `Endpoint` knows its service
_CALL: Final = "pytest_connect_chat"  # the key of a call in its request context
_OURS: Final = "__pytest_connect_chat__"

Wrapper = Callable[[Callable[..., Any]], Callable[..., Any]]

# A finaliser or a signal handler may call a client while its own thread holds the lock.
_lock = threading.RLock()
_active: dict[object, Interceptor] = {}  # by owner; replaced, never changed: other threads read it without the lock
_open: set[weakref.ref[Call]] = set()  # the calls that an interceptor has taken on
_retired: set[Interceptor] = set()  # interceptors that have been removed, and may have such calls
_outliving: set[weakref.ref[threading.Thread]] = set()  # threads of tests that are over
_wrapped: list[tuple[type, str]] = []
_running: ContextVar[weakref.ref[Call] | None] = ContextVar("pytest_connect_chat_running", default=None)


def innermost() -> Interceptor | None:
    """Return the interceptor that decides now."""
    return next(reversed(_active.values()), None)


def add(interceptor: Interceptor, owner: object = None) -> None:
    """Let an interceptor decide from now on. It replaces one of the same owner, without a moment between."""
    global _active  # noqa: PLW0603  # what is patched is global too
    with _lock:
        owner = interceptor if owner is None else owner
        _retired.update(before for other, before in _active.items() if other is owner)
        _active = {**_active, owner: interceptor}
        _wrap_all()
        _let_go()


def remove(owner: object, outliving: Iterable[threading.Thread] = ()) -> None:
    """Let an interceptor decide about no further call; the one that was active before it decides again.

    Args:
        owner: The owner of the interceptor, or the interceptor itself. One that is not there does no harm.
        outliving: Threads that may still make calls. They can send nothing while no interceptor is active.
    """
    global _active  # noqa: PLW0603  # what is patched is global too
    with _lock:
        _outliving.update(weakref.ref(thread, _forget) for thread in outliving)
        _retired.update(interceptor for other, interceptor in _active.items() if other is owner)
        _active = {other: interceptor for other, interceptor in _active.items() if other is not owner}
        _let_go()


def _forget(thread: weakref.ref[threading.Thread]) -> None:
    with _lock:
        _outliving.discard(thread)
        _let_go()


def attach(client: Any) -> None:
    """Intercept the calls of a client whose class does not derive from `BaseClient`."""
    with _lock:
        for kind in (*type(client).__mro__, *type(client._endpoint).__mro__):
            _wrap(kind)


def running() -> Call | None:
    """Return the call that runs here."""
    reference = _running.get()
    return None if reference is None else reference()


def call_in(context: dict[str, Any]) -> Call | None:
    """Return the call that a context belongs to, if an interceptor has taken it on."""
    return context.get(_CALL)


class Call:
    """A client call, while botocore's classes are wrapped.

    As a context manager, it is the running call while botocore handles its request.

    Attributes:
        stubber: The stubber that answers it, `None` if it passes.
        params: The API parameters, once the stubber has claimed the call; botocore may still change them in place.
        client_token_given: Whether the caller gave the `ClientToken`.
        is_answered: Whether the stubber has been asked for the answer.
    """

    stubber: Stubbing | None = None
    params: dict[str, Any] | None = None
    client_token_given = False
    is_answered = False
    _interceptor: Interceptor | None = None
    _outer: weakref.ref[Call] | None = None

    def __init__(self, client: Any) -> None:
        self._is_chat = client.meta.service_model.service_name in SERVICES  # other services have the same prefixes

    def __enter__(self) -> Self:
        self._outer = _running.get()
        _running.set(weakref.ref(self))  # weak: an interrupt may keep `__exit__` from undoing it
        return self

    def __exit__(self, *_: object) -> None:
        if running() is self:  # it is not if a coroutine is closed in another context
            _running.set(self._outer)

    def begin(self, client: Any, operation_name: str, context: dict[str, Any]) -> None:
        """Let the innermost interceptor take the call on, let it pass, or refuse it."""
        interceptor = innermost()
        if interceptor is None or not self._is_chat or "is_presign_request" in context:
            return
        self._interceptor = interceptor
        _open.add(weakref.ref(self))  # first: its handlers have to stay on the client from here on
        try:
            self.stubber = interceptor.begin(client, operation_name)
        finally:
            if self.stubber is None:
                self.end()
        if self.stubber is None:
            return
        context[_CALL] = self
        if interceptor not in _active.values():  # it was removed meanwhile, and all may have been unwrapped
            with _lock:
                _retired.add(interceptor)  # its handlers are on this client, perhaps only since it left the others
                _wrap_all()

    def guard(self) -> Interceptor | None:
        """Return the interceptor that decides about the call's requests, even if it has been removed since."""
        return self._interceptor or (innermost() if self._is_chat else None)

    def end(self) -> None:
        """Note that the call is over."""
        if self._interceptor is None:
            return
        _open.discard(weakref.ref(self))
        if _retired or not _active:
            with _lock:
                _let_go()
        self._interceptor = None

    def fail(self, error: BaseException) -> NoReturn:
        """End the call with an exception instead of an answer."""
        self.end()
        if isinstance(error, ConnectChatError):
            raise error.with_traceback(None) from None  # a test wants to see its own call, not how we came here
        raise error

    __del__ = end  # a call may end before: its parameters are invalid, another handler answers, it is cancelled


def _check_send(endpoint: Endpoint, request: Any) -> None:
    call = running()
    is_chat = call._is_chat if call is not None else endpoint._endpoint_prefix in _ENDPOINT_PREFIXES
    if not is_chat:
        return
    interceptor = call.guard() if call is not None else innermost()
    if interceptor is not None:
        interceptor.check_send(request)
    elif weakref.ref(threading.current_thread()) in _outliving:
        raise ClosedError(
            f"{request.method} {request.url} was about to leave the process, from {threading.current_thread().name}, "
            "a thread that was started while a connect_chat was active. That test is over: end its threads with it, or "
            "let the test that runs now through with @pytest.mark.connect_chat(block=False)."
        )


# -- what is wrapped ---------------------------------------------------------------------------------------------------


def as_function(attribute: Any) -> Callable[..., Any]:
    """Return a function that calls an attribute of a class as Python would: a mock there is not given the instance."""
    if type(attribute) is FunctionType:
        return attribute
    bind = getattr(type(attribute), "__get__", None)
    if bind is None:
        return lambda instance, *args, **keywords: attribute(*args, **keywords)
    return lambda instance, *args, **keywords: bind(attribute, instance, type(instance))(*args, **keywords)


def _parameters_wrapper(proceed: Callable[..., Any]) -> Callable[..., Any]:
    build = as_function(proceed)

    @functools.wraps(proceed)
    def _emit_api_params(self: Any, api_params: Any, operation_model: Any, context: dict[str, Any]) -> Any:
        __tracebackhide__ = True
        if _CALL in context:  # the method of a subclass calls that of its base
            return build(self, api_params=api_params, operation_model=operation_model, context=context)
        call = Call(self)
        try:
            call.begin(self, operation_model.name, context)
        except ConnectChatError as error:
            raise error.with_traceback(None) from None
        params = build(self, api_params=api_params, operation_model=operation_model, context=context)
        if call.stubber is not None and call.params is None:
            call.stubber.claim(operation_model, params, context)
        return params

    return _emit_api_params


def _aio_parameters_wrapper(proceed: Callable[..., Any]) -> Callable[..., Any]:
    build = as_function(proceed)

    @functools.wraps(proceed)
    async def _emit_api_params(self: Any, api_params: Any, operation_model: Any, context: dict[str, Any]) -> Any:
        __tracebackhide__ = True
        if _CALL in context:
            return await build(self, api_params=api_params, operation_model=operation_model, context=context)
        call = Call(self)
        try:
            call.begin(self, operation_model.name, context)
        except ConnectChatError as error:
            raise error.with_traceback(None) from None
        params = await build(self, api_params=api_params, operation_model=operation_model, context=context)
        if call.stubber is not None and call.params is None:
            call.stubber.claim(operation_model, params, context)
        return params

    return _emit_api_params


def _request_wrapper(proceed: Callable[..., Any]) -> Callable[..., Any]:
    send = as_function(proceed)

    @functools.wraps(proceed)
    def _make_request(self: Any, operation_model: Any, request_dict: dict[str, Any], request_context: Any) -> Any:
        __tracebackhide__ = True
        call = request_context.get(_CALL) or Call(self)
        try:
            stubber = call.stubber
            answer = None if stubber is None else stubber.answer(operation_model, request_dict, request_context)
            if answer is not None:
                return answer
            with call:
                return send(self, operation_model, request_dict, request_context)
        except ConnectChatError as error:
            raise error.with_traceback(None) from None  # a test wants to see its own call, not how we came here
        finally:
            call.end()

    return _make_request


def _aio_request_wrapper(proceed: Callable[..., Any]) -> Callable[..., Any]:
    send = as_function(proceed)

    @functools.wraps(proceed)
    async def _make_request(self: Any, operation_model: Any, request_dict: dict[str, Any], request_context: Any) -> Any:
        __tracebackhide__ = True
        call = request_context.get(_CALL) or Call(self)
        try:
            stubber = call.stubber
            answer = None if stubber is None else await stubber.answer(operation_model, request_dict, request_context)
            if answer is not None:
                return answer
            with call:
                return await send(self, operation_model, request_dict, request_context)
        except ConnectChatError as error:
            raise error.with_traceback(None) from None
        finally:
            call.end()

    return _make_request


def _send_wrapper(proceed: Callable[..., Any]) -> Callable[..., Any]:
    send = as_function(proceed)

    @functools.wraps(proceed)
    def _send(self: Endpoint, request: Any) -> Any:
        _check_send(self, request)
        return send(self, request)

    return _send


def _aio_send_wrapper(proceed: Callable[..., Any]) -> Callable[..., Any]:
    send = as_function(proceed)

    @functools.wraps(proceed)
    async def _send(self: Endpoint, request: Any) -> Any:
        _check_send(self, request)
        return await send(self, request)

    return _send


_WRAPPERS: Final[dict[str, tuple[Wrapper, Wrapper]]] = {
    "_emit_api_params": (_parameters_wrapper, _aio_parameters_wrapper),
    "_make_request": (_request_wrapper, _aio_request_wrapper),
    "_send": (_send_wrapper, _aio_send_wrapper),
}


def _hook(base: type) -> Any:
    """Return an `__init_subclass__` that wraps classes made while we are active, as by a late import of aiobotocore."""

    def wrap_new_subclass(subclass: Any, /, **kwargs: Any) -> None:
        super(base, subclass).__init_subclass__(**kwargs)  # type: ignore[arg-type]  # it is a class
        _wrap(subclass)

    return classmethod(wrap_new_subclass)


_HOOKS: Final = {base: _hook(base) for base in (BaseClient, Endpoint)}


def _wrap_all() -> None:
    for base, hook in _HOOKS.items():
        for kind in _family(base):
            _wrap(kind)
        if "__init_subclass__" not in base.__dict__:
            base.__init_subclass__ = hook


def _let_go() -> None:
    """Release the removed interceptors that have no open call, and unwrap everything once nothing needs it."""
    _open.difference_update([call for call in tuple(_open) if call() is None])  # collected without an end
    busy = {call._interceptor for reference in tuple(_open) if (call := reference()) is not None}
    for interceptor in _retired - busy - set(_active.values()):
        interceptor.release()
        _retired.discard(interceptor)
    threads = [thread() for thread in tuple(_outliving)]
    if _active or _open or any(thread is not None and thread.is_alive() for thread in threads):
        return
    for base, hook in _HOOKS.items():
        if base.__dict__.get("__init_subclass__") is hook:
            del base.__init_subclass__
    while _wrapped:
        _unwrap(*_wrapped[-1])
        _wrapped.pop()


def _family(base: type) -> list[type]:
    """Return a class and all its subclasses: aiobotocore's override the methods that we wrap."""
    family = [base]
    for member in family:
        family += member.__subclasses__()
    return family


def _wrap(owner: type) -> None:
    """Wrap a class's own methods, unless our wrapper is already on top or below somebody else's."""
    for name, wrappers in _WRAPPERS.items():
        current = owner.__dict__.get(name)
        if current is None:
            continue
        if (owner, name) not in _wrapped:
            _wrapped.append((owner, name))  # before it is done, so that an interrupt cannot keep it from being undone
        if not _holds_ours(current):
            wrapper = wrappers[inspect.iscoroutinefunction(current)](current)
            setattr(wrapper, _OURS, wrapper)
            setattr(owner, name, wrapper)


def _unwrap(owner: type, name: str) -> None:
    """Take our wrapper off if it is on top; below somebody else's patch it stays, and lets calls pass."""
    current = owner.__dict__.get(name)
    if current is not None and _is_ours(current):
        setattr(owner, name, current.__wrapped__)


def _is_ours(method: Any) -> bool:
    # The attribute has to be the method itself: wrappers by `functools.wraps` or `wrapt` have our attributes too.
    return getattr(method, _OURS, None) is method


def _holds_ours(method: Any) -> bool:
    while method is not None:
        if _is_ours(method):
            return True
        method = getattr(method, "__wrapped__", None)
    return False


# -- forked processes --------------------------------------------------------------------------------------------------


def _enter_child() -> None:
    """Take a new lock, and forget calls, in a forked process: other threads of the parent do not exist there."""
    global _lock  # noqa: PLW0603  # one of them may have held it
    _lock = threading.RLock()
    _open.clear()
    _retired.clear()
    for interceptor in _active.values():
        interceptor.enter_child()


with contextlib.suppress(AttributeError):  # Windows has no fork
    os.register_at_fork(after_in_child=_enter_child)
