"""What a test gives: texts, and functions, which are plain ones, since nobody awaits what they return."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from inspect import isasyncgen, isasyncgenfunction, iscoroutine, iscoroutinefunction, isgeneratorfunction
from typing import Any

from pytest_connect_chat._text import shown
from pytest_connect_chat.exceptions import SceneError


def require_text(value: Any, name: str) -> str:
    """Return a value that has to be a non-empty text."""
    if not isinstance(value, str) or not value:
        raise SceneError(f"{name} is a non-empty text, not {shown(value)}.")
    return value


def require_function(function: Any, complaint: str, *, generator: bool = False) -> None:
    """Refuse what is no plain function; `generator` says that a generator function is one."""
    if iscoroutinefunction(function) or isasyncgenfunction(function):
        instead = "def, and yield where it waits" if generator else "def"
        raise SceneError(f"{complaint}, and {name_of(function)} is asynchronous: write {instead}.")
    if isgeneratorfunction(function) and not generator:
        raise SceneError(f"{complaint}, and {name_of(function)} is a generator function: it must not yield.")
    if not callable(function):
        called = " It was called already: give the function itself." if _is_called(function) else ""
        raise SceneError(f"{complaint}, not {shown(function)}.{called}")


def _is_called(function: Any) -> bool:
    called = iscoroutine(function) or isasyncgen(function) or isinstance(function, Generator)
    if iscoroutine(function):
        function.close()
    return called


def name_of(function: Any) -> str:
    """Return how messages call a function or another callable."""
    return str(getattr(function, "__name__", None) or type(function).__name__)


def require_result(result: Any, name: str, *, generator: bool = False) -> Any:
    """Return what a function has returned, unless nothing has run yet: from outside, a wrapped one looks plain."""
    if iscoroutine(result):
        result.close()
    if iscoroutine(result) or isasyncgen(result):
        raise SceneError(f"{name} is asynchronous, and nobody awaits it: give a plain function.")
    if isinstance(result, Generator) and not generator:
        raise SceneError(f"{name} is a generator function, and nobody goes through it: give a plain function.")
    return result


@contextmanager
def noting(note: str) -> Iterator[None]:
    """Say of an exception what the callable of the test was given that has raised it."""
    try:
        yield
    except Exception as error:
        error.add_note(note)
        raise
