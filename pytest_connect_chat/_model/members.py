"""Finds members that a test names, and that an operation does not have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pytest_connect_chat._names import did_you_mean

Paths = frozenset[str]  # such as "ParticipantDetails.DisplayName", "Attributes{}" and "ConnectionTypes[]"


def unknown_in(paths: Paths, operation: str, members: Mapping[str, Any]) -> str | None:
    """Return a message on the first member, at any depth, that an operation does not have; `None` if it has all."""
    return _unknown(paths, operation, "", members)


def unknown_among(operations: Iterable[Paths], members: Mapping[str, Any]) -> str | None:
    """Return a message on the first top-level member that none of the operations has; `None` if there is none."""
    known = frozenset().union(*(_children(paths, "") for paths in operations))
    unknown = next((name for name in members if name not in known), None)
    return None if unknown is None else f"No operation has a member {unknown!r}.{did_you_mean(str(unknown), known)}"


def _unknown(paths: Paths, operation: str, path: str, value: Any) -> str | None:
    if isinstance(value, (list, tuple)):
        parts = [(f"{path}[]", item) for item in value]
    elif not isinstance(value, Mapping):
        return None
    elif f"{path}{{}}" in paths:
        parts = [(f"{path}{{}}", item) for item in value.values()]
    else:
        known = _children(paths, path)
        for name in value if known else ():
            if name not in known:
                return _message(operation, path, name, known)
        parts = [(_joined(path, name), item) for name, item in value.items()]
    return next(filter(None, (_unknown(paths, operation, *part) for part in parts)), None)


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _children(paths: Paths, path: str) -> list[str]:
    start = _joined(path, "") if path else ""
    names = (other.removeprefix(start) for other in paths if other.startswith(start))
    return sorted(name for name in names if name.isalnum())


def _message(operation: str, path: str, name: object, known: list[str]) -> str:
    where = f" in {path.replace('{}', '').replace('[]', '')}" if path else ""
    hint = did_you_mean(str(name), known, f" Valid: {', '.join(known)}.")
    return f"{operation} has no member {name!r}{where}.{hint}"
