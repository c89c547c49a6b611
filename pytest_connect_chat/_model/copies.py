"""Copies of parsed JSON that are made part by part, as they are read; files that are parsed once in a run."""

from __future__ import annotations

import contextlib
import os
import pickle
import threading
from collections import OrderedDict
from collections.abc import Callable
from functools import partial, wraps
from typing import Any, Final

DEPTH: Final = 3  # levels that are copied in parts: in the endpoints, services are three levels down
MANY: Final = 50  # keys of a dict whose values are always copied in parts

_lock = threading.RLock()
_copies: dict[str, Callable[[], Any]] = {}  # by the path of the file


def copy_of_file(path: str, parse: Callable[[str], Any]) -> Any:
    """Return a copy of what is in a file, which is parsed once in a run; `None` if there is no such file."""
    with _lock:
        if path not in _copies:
            parsed = parse(path)
            if parsed is None:  # a test may have replaced the file system
                return None
            _copies[path] = copies_of(parsed)
    return _copies[path]()


class _Part:
    """A part that has not been read, and so not been copied, yet."""

    __slots__ = ("make",)

    def __init__(self, make: Callable[[], Any]) -> None:
        self.make = make


class Piecewise(OrderedDict[str, Any]):
    """An `OrderedDict`, as botocore's loader returns, whose values are copied when they are first read."""

    def __getitem__(self, key: str) -> Any:
        value = super().__getitem__(key)
        if type(value) is not _Part:
            return value
        with _lock:  # two threads have to see the same one
            value = super().__getitem__(key)
            self[key] = made = value.make() if type(value) is _Part else value
        return made

    def get(self, key: str, default: Any = None) -> Any:
        return self[key] if key in self else default  # noqa: SIM401  # this is `get` itself

    def keys_looked_at(self) -> list[str]:
        """Return the keys of the values that have been read, and so may have been changed."""
        return [key for key, value in super().items() if type(value) is not _Part]

    def __reduce__(self) -> Any:
        return OrderedDict, (list(self.items()),)

    def __reduce_ex__(self, protocol: Any) -> Any:
        return self.__reduce__()


def _complete_first(name: str) -> Callable[..., Any]:
    """Return a method that reads all values, and then does what the dict's own does."""
    own = getattr(OrderedDict, name)

    @wraps(own)
    def method(self: Piecewise, *arguments: Any, **keywords: Any) -> Any:
        for one in (self, *arguments):
            for key in one if isinstance(one, Piecewise) else ():
                one[key]
        return own(self, *arguments, **keywords)

    return method


for _name in ("__eq__", "__ne__", "__or__", "__ror__", "__repr__", "items", "pop", "popitem", "setdefault", "values"):
    setattr(Piecewise, _name, _complete_first(_name))


Piecewise.__name__ = OrderedDict.__name__  # so its `repr` is the same


def copies_of(value: Any) -> Callable[[], Any]:
    """Return a function that makes copies of a value that has been parsed from JSON."""
    part = _part_of(value, DEPTH)
    return part.make if type(part) is _Part else lambda: part


def _part_of(value: Any, depth: int) -> Any:
    """Return a `_Part` that makes copies of a dict or list, and any other value as it is.

    A dict with many keys, such as the shapes of a model, is made of parts at any depth; others down to `DEPTH`.
    """
    if not isinstance(value, (OrderedDict, list)):
        return value
    is_large = isinstance(value, OrderedDict) and len(value) > MANY
    if not is_large and not depth:
        return _Part(partial(pickle.loads, pickle.dumps(value, pickle.HIGHEST_PROTOCOL)))
    items = value.items() if isinstance(value, OrderedDict) else enumerate(value)
    parts = [(key, _part_of(one, 1 if is_large else depth - 1)) for key, one in items]
    return _Part(partial(Piecewise if isinstance(value, OrderedDict) else _list_of, parts))


def _list_of(parts: list[tuple[int, Any]]) -> list[Any]:
    return [part.make() if type(part) is _Part else part for _, part in parts]


def _enter_child() -> None:
    """Take a new lock in a forked process: the thread that held the parent's does not exist there."""
    global _lock  # noqa: PLW0603  # one of them may have held it
    _lock = threading.RLock()


with contextlib.suppress(AttributeError):  # Windows has no fork
    os.register_at_fork(after_in_child=_enter_child)
