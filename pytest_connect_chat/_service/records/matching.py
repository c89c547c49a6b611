"""Compares requests with the members that a test names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from pytest_connect_chat._text import shown


class _Absent:
    """Says of a member that it must not be there."""

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final = _Absent()


def never_matching(members: Mapping[Any, Any]) -> str | None:
    """Return a message on a value that no request can have, such as `None` or a set; `None` if there is none."""
    paths = (path for name, value in members.items() if value is not ABSENT for path in _never_sent(str(name), value))
    path = next(paths, None)
    return path and f"nobody sends {path}."


def _never_sent(path: str, value: Any) -> Iterator[str]:
    if value is None or value is ABSENT:
        yield f"{path}={shown(value)}; ABSENT stands for a whole member that is not there"
    elif isinstance(value, (set, frozenset)):
        yield f"a set such as {path}={shown(value)}; give a list"
    elif isinstance(value, dict):
        for name, part in value.items():
            yield from _never_sent(f"{path}[{shown(name)}]", part)
    elif isinstance(value, (list, tuple)):
        for index, part in enumerate(value):
            yield from _never_sent(f"{path}[{index}]", part)


def differing_members(params: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[str]:
    """Return the names of the wanted members that a request does not have as wanted."""
    return [
        name
        for name, value in wanted.items()
        if (name in params if value is ABSENT else name not in params or not bool(value == params[name]))
    ]
