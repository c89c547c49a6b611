"""Checks what a test gives: texts, and functions, which have to be plain ones, since nobody awaits their results."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from inspect import isasyncgen, isasyncgenfunction, iscoroutine, iscoroutinefunction, isgeneratorfunction, signature
from typing import Any

from pytest_connect_chat._text import shown
from pytest_connect_chat.exceptions import ConnectChatError, SceneError


def require_text(value: Any, name: str) -> str:
    """Return a value that has to be a non-empty text."""
    if not isinstance(value, str) or not value:
        raise SceneError(f"{name} is a non-empty text, not {shown(value)}.")
    return value


def require_function(
    function: Any,
    complaint: str,
    *,
    given: tuple[object, ...] = ("it",),
    generator: bool = False,
    hint: str = "",
    error: type[ConnectChatError] = SceneError,
) -> None:
    """Refuse what is not a plain function, or takes other arguments. Every callable of a test is checked here.

    Args:
        function: The function.
        complaint: What the test should give, as the start of the message.
        given: Stand-ins for the arguments that it will be called with.
        generator: Whether it may be a generator function.
        hint: The end of the message if it takes other arguments.
        error: The class of the exception.
    """
    called = getattr(function, "__call__", None)  # noqa: B004  # of an object, it says what the object is
    if any(iscoroutinefunction(one) or isasyncgenfunction(one) for one in (function, called)):
        instead = "def, and yield where it waits" if generator else "def"
        raise error(f"{complaint}, and {name_of(function)} is asynchronous: write {instead}.")
    if isgeneratorfunction(function) and not generator:
        raise error(f"{complaint}, and {name_of(function)} is a generator function: it must not yield.")
    if not callable(function):
        was_called = " It was called already: give the function itself." if _is_called(function) else ""
        raise error(f"{complaint}, not {shown(function)}.{was_called}")
    takes = _others_that_it_takes(function, given)
    if takes is not None:
        how = "with one argument" if given else "without arguments"
        raise error(f"{complaint}, and {name_of(function)}({takes}) cannot be called {how}.{hint}")


def _others_that_it_takes(function: Any, given: tuple[object, ...]) -> str | None:
    """Return the parameters of a function that cannot be called with these arguments; `None` for any other."""
    try:
        known = signature(function, follow_wrapped=False)  # a decorator may give arguments of its own
    except (TypeError, ValueError):
        return None
    try:
        known.bind(*given)
    except TypeError:
        return ", ".join(known.parameters)
    return None


def _is_called(function: Any) -> bool:
    called = iscoroutine(function) or isasyncgen(function) or isinstance(function, Generator)
    if iscoroutine(function):
        function.close()
    return called


def name_of(function: Any) -> str:
    """Return the name of a function, or of the class of another callable, for a message."""
    return str(getattr(function, "__name__", None) or type(function).__name__)


def require_result(result: Any, name: str, *, generator: bool = False) -> Any:
    """Return the result of a function, but refuse a coroutine or generator: a decorator may have hidden that."""
    if iscoroutine(result):
        result.close()
    if iscoroutine(result) or isasyncgen(result):
        raise SceneError(f"{name} is asynchronous, and nobody awaits it: give a plain function.")
    if isinstance(result, Generator) and not generator:
        raise SceneError(f"{name} is a generator function, and nobody goes through it: give a plain function.")
    return result


@contextmanager
def noting(note: str) -> Iterator[None]:
    """Add a note to an exception of a callable of the test: what it was given."""
    try:
        yield
    except Exception as error:
        error.add_note(note)
        raise
