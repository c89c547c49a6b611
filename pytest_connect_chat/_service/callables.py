"""The functions that a test gives: they are plain ones, since nobody awaits what they return."""

from __future__ import annotations

from collections.abc import Generator
from inspect import isasyncgen, isasyncgenfunction, iscoroutine, iscoroutinefunction, isgeneratorfunction
from typing import Any

from pytest_connect_chat.exceptions import SceneError


def require_function(function: Any, complaint: str, *, generator: bool = False) -> None:
    """Refuse what is no plain function; `generator` says that a generator function is one."""
    asynchronous = iscoroutinefunction(function) or isasyncgenfunction(function)
    if not callable(function) or asynchronous or (isgeneratorfunction(function) and not generator):
        raise SceneError(f"{complaint}, not {function!r}.")


def require_result(result: Any, name: str, *, generator: bool = False) -> Any:
    """Return what a function has returned, unless nothing has run yet: from outside, a wrapped one looks plain."""
    if iscoroutine(result):
        result.close()
    if iscoroutine(result) or isasyncgen(result):
        raise SceneError(f"{name} is asynchronous, and nobody awaits it: give a plain function.")
    if isinstance(result, Generator) and not generator:
        raise SceneError(f"{name} is a generator function, and nobody goes through it: give a plain function.")
    return result
