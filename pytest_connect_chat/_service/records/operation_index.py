"""What the installed model says of the operations: their names, and what their requests can hold."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pytest_connect_chat._names import did_you_mean

Paths = frozenset[str]


class OperationIndex:
    """Looks names up in the model, once somebody asks.

    Args:
        faked: The faked operations by their method name, known without the model.
        load_names: Returns the operations of both services by their method name.
        load_paths: Returns the paths of an operation's request, such as `"ParticipantDetails.DisplayName"`,
            `"Attributes{}"` and `"ConnectionTypes[]"`.
    """

    def __init__(
        self,
        faked: Mapping[str, str],
        load_names: Callable[[], Mapping[str, str]],
        load_paths: Callable[[str], Paths],
    ) -> None:
        self._faked = faked
        self._names = load_names
        self._paths = load_paths

    def operation(self, method: str) -> str | None:
        """Return the operation behind a method name, or `None`."""
        return self._faked.get(method) or self._names().get(method)

    def names(self) -> Iterable[str]:
        """Return all method names."""
        return self._names()

    def unknown_member(self, operation: str | None, members: Mapping[str, Any]) -> str | None:
        """Return what to say of members, at any depth, that the operation does not have; `None` without any.

        Args:
            operation: The operation's name, `None` for any.
            members: What a test names, with the values that it expects.
        """
        if not members:
            return None
        if operation is not None:
            return self._unknown(self._paths(operation), operation, "", members)
        known = frozenset().union(*(_children(self._paths(name), "") for name in self._names().values()))
        unknown = next((name for name in members if name not in known), None)
        return None if unknown is None else f"No operation has a member {unknown!r}.{did_you_mean(str(unknown), known)}"

    def _unknown(self, paths: Paths, operation: str, path: str, value: Any) -> str | None:
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
        return next(filter(None, (self._unknown(paths, operation, *part) for part in parts)), None)


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
