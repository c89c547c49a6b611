"""What a fault does to one attempt."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final, Literal, get_args

from pytest_connect_chat._service.answer import EXPLICIT_DENY, Reply, ServiceError
from pytest_connect_chat._service.identifiers import ACCOUNT_ID, instance_arn
from pytest_connect_chat._service.request import Request
from pytest_connect_chat._text import printable, shown
from pytest_connect_chat.exceptions import FaultError

NetworkError = Literal[
    "connect_timeout", "read_timeout", "connection_closed", "endpoint_unreachable", "dns", "proxy", "tls"
]
ServerError = Literal[500, 502, 503, 504]
NETWORK_ERRORS: Final[dict[str, str]] = {  # as botocore names their exceptions
    "connect_timeout": "ConnectTimeoutError",
    "read_timeout": "ReadTimeoutError",
    "connection_closed": "ConnectionClosedError",
    "endpoint_unreachable": "EndpointConnectionError",
    "dns": "EndpointConnectionError",  # which botocore does not tell from a refused connection
    "proxy": "ProxyConnectionError",
    "tls": "SSLError",
}
TIMEOUTS: Final = ("connect_timeout", "read_timeout")
LOSSES: Final = ("read_timeout", "connection_closed")
SERVER_ERRORS: Final[tuple[int, ...]] = get_args(ServerError)
DECLARE_THROTTLING: Final = frozenset(  # operations of `connect` whose model lists ThrottlingException
    {
        "CreateParticipant",
        "CreatePersistentContactAssociation",
        "DescribeContact",
        "ListAssociatedContacts",
        "ListContactFlows",
        "TagContact",
        "UntagContact",
    }
)
ERROR_STATUSES: Final = range(300, 600)

Serve = Callable[[], Reply]


@dataclass(frozen=True, slots=True)
class Refuse:
    """The service refuses the attempt; nothing is committed."""

    code: str
    message: str
    http_status: int | None = None
    fields: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.code

    def reply(self, request: Request, serve: Serve) -> Reply:
        """Return a refusal."""
        return Reply(error=ServiceError(self.code, self.message, self.http_status, self.fields))


@dataclass(frozen=True, slots=True)
class Throttle:
    """The API's rate is exceeded.

    Attributes:
        code: The error code, for the operations of `connect` whose model declares none.
    """

    code: str

    def __str__(self) -> str:
        return "throttled"

    def reply(self, request: Request, serve: Serve) -> Reply:
        """Return a throttling error."""
        return Reply(error=throttling_error(request, self.code))


@dataclass(frozen=True, slots=True)
class DenyAccess:
    """The caller's policy does not allow the operation."""

    def __str__(self) -> str:
        return "access denied"

    def reply(self, request: Request, serve: Serve) -> Reply:
        """Return the denial, in the words that were seen on the real services."""
        message = EXPLICIT_DENY
        if request.service == "connect":
            instance = instance_arn(str(request.params.get("InstanceId")), request.region)
            flow_id = request.params.get("ContactFlowId")
            message = (
                f"User: arn:aws:sts::{ACCOUNT_ID}:assumed-role/testing/testing is not authorized to perform: "
                f"connect:{request.operation} on resource: {instance}{f'/contact-flow/{flow_id}' if flow_id else ''}"
            )
            message = printable(message)
        return Reply(error=ServiceError("AccessDeniedException", message))


@dataclass(frozen=True, slots=True)
class BreakNetwork:
    """The attempt never reaches the service."""

    kind: str

    def __str__(self) -> str:
        return self.kind.replace("_", " ")

    def reply(self, request: Request, serve: Serve) -> Reply:
        """Return a network error."""
        return Reply(network_error=self.kind)


@dataclass(frozen=True, slots=True)
class LoseResponse:
    """The service serves the attempt, and the client never hears of it."""

    instead: str | int

    def __str__(self) -> str:
        return f"response lost ({str(self.instead).replace('_', ' ')})"

    def reply(self, request: Request, serve: Serve) -> Reply:
        """Serve, then return what the client sees instead of the answer."""
        reply = serve()
        if isinstance(self.instead, int):
            return Reply(answer=reply.answer, error=server_error(self.instead))
        return Reply(answer=reply.answer, network_error=self.instead)


@dataclass(frozen=True, slots=True)
class Delay:
    """The answer takes its time."""

    seconds: float

    def __str__(self) -> str:
        return f"delayed {self.seconds:g} s"

    def reply(self, request: Request, serve: Serve) -> Reply:
        """Serve, and say how long it took; whether that is too long is the client's business."""
        reply = serve()
        reply.seconds = self.seconds
        return reply


@dataclass(frozen=True, slots=True)
class ByChaos:
    """What chaos does to an attempt, told from what a test has planned."""

    effect: Effect

    def __str__(self) -> str:
        return f"{self.effect}, by chaos"

    def reply(self, request: Request, serve: Serve) -> Reply:
        """Reply as the effect does."""
        return self.effect.reply(request, serve)


Effect = Refuse | Throttle | DenyAccess | BreakNetwork | LoseResponse | Delay | ByChaos


def throttling_error(request: Request, undeclared: str) -> ServiceError:
    """Return the error of an exceeded API rate: the one that the operation's model declares.

    Args:
        request: The request that came too soon.
        undeclared: The error code for operations of `connect` that declare none; which one it is is assumed.
    """
    if request.service == "connect" and request.operation not in DECLARE_THROTTLING:
        return ServiceError(undeclared, "Too Many Requests", HTTPStatus.TOO_MANY_REQUESTS.value)
    return ServiceError("ThrottlingException", "Rate exceeded")


def server_error(status: int) -> ServiceError:
    """Return an error without a code of its own: botocore then takes the HTTP status for the code."""
    return ServiceError(str(status), HTTPStatus(status).phrase, status)


def failure(error: str | int, parameter: str, network_errors: Iterable[str] = NETWORK_ERRORS) -> Effect:
    """Return the effect that a user names: a network error, or the HTTP status of a server error.

    Raises:
        FaultError: There is no such failure.
    """
    if isinstance(error, int) and not isinstance(error, bool) and error in SERVER_ERRORS:
        refusal = server_error(error)
        return Refuse(refusal.code, refusal.message, error)
    if isinstance(error, str) and error in network_errors:
        return BreakNetwork(error)
    valid = ", ".join([*(repr(kind) for kind in network_errors), *(str(status) for status in SERVER_ERRORS)])
    raise FaultError(f"{parameter}={shown(error)} is not a failure. Valid: {valid}.")
