"""Where the operations of the two services are on the wire."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from pytest_connect_chat._model.catalogue import service_model
from pytest_connect_chat._service.request import SERVICES


class Route(NamedTuple):
    """One operation's place.

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
    """Return where all operations of both services are. No two share method and path."""
    return tuple(
        Route(service, name, http["method"], http["requestUri"].partition("?")[0])
        for service in SERVICES
        for name in service_model(service).operation_names
        for http in [service_model(service).operation_model(name).http]
    )
