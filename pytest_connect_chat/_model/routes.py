"""The HTTP methods and paths of the operations of the two services."""

from __future__ import annotations

from functools import cache
from typing import Final, NamedTuple
from urllib.parse import unquote

from pytest_connect_chat._model.catalogue import service_model
from pytest_connect_chat._service.request import FAKED, SERVICES

NEAR: Final = 0.75  # likeness; that of equal paths is 1


class Route(NamedTuple):
    """The method and path of one operation.

    Attributes:
        service: `"connect"` or `"connectparticipant"`.
        operation: The operation's name.
        method: The HTTP method.
        path: The path, with a name in braces for each part that is a member: `/contacts/{InstanceId}/{ContactId}`.
    """

    service: str
    operation: str
    method: str
    path: str


@cache
def routes() -> tuple[Route, ...]:
    """Return the routes of all operations of both services. No two share method and path."""
    return tuple(
        Route(service, name, http["method"], http["requestUri"].partition("?")[0])
        for service in SERVICES
        for name in service_model(service).operation_names
        for http in [service_model(service).operation_model(name).http]
    )


def find(method: str, path: str) -> tuple[Route, dict[str, str]] | None:
    """Return the operation at a path, with the members that are parts of the path; `None` if there is none.

    Args:
        method: The HTTP method.
        path: The path as it was sent: a member's own slashes are percent-encoded in it.
    """
    parts = path.split("/")
    for route in _routes_of(method, len(parts)):
        labels = {}
        for expected, part in zip(route.path.split("/"), parts, strict=True):
            if expected.startswith("{") and part:
                labels[expected.strip("{}")] = unquote(part)
            elif expected != part:
                break
        else:
            return route, labels
    return None


def nearest(method: str, path: str) -> Route | None:
    """Return the operation that a mistyped method or path is nearest to, a faked one first; `None` if none is near.

    Args:
        method: The HTTP method.
        path: The path as it was sent.
    """
    from difflib import SequenceMatcher

    parts = path.split("/")

    def likeness(route: Route) -> tuple[float, bool, bool]:
        expected = route.path.split("/")
        # Members are left out: ids are long, and would outweigh what is mistyped.
        has_members_at = [part.startswith("{") for part in expected] if len(expected) == len(parts) else []
        fixed = [part for part, is_member in zip(parts, has_members_at, strict=False) if not is_member] or parts
        expected = [part for part in expected if not part.startswith("{")] if has_members_at else expected
        ratio = SequenceMatcher(None, "/".join(fixed), "/".join(expected)).ratio()
        return ratio, route.method == method, (route.service, route.operation) in FAKED

    best = max(routes(), key=likeness)
    return best if likeness(best)[0] >= NEAR else None


@cache
def _routes_of(method: str, length: int) -> list[Route]:
    """Return the operations with a method and a number of parts in their path, those with fewer members first."""
    found = [route for route in routes() if route.method == method and route.path.count("/") + 1 == length]
    return sorted(found, key=lambda route: route.path.count("{"))
