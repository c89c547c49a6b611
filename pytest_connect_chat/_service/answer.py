"""What the service answers or refuses, and what the client hears of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from pytest_connect_chat._service.contacts.contact import ContactRecord
from pytest_connect_chat._service.records.recorded_request import RecordedError

# Texts that were seen on the real services. They are used as they are: applications compare them.
RESOURCE_NOT_FOUND: Final = "Resource not found of Type: null"  # an unknown instance or flow
EXPLICIT_DENY: Final = "User is not authorized to access this resource with an explicit deny"  # an unknown token
ACCESS_DENIED: Final = "Access denied"  # the token of a chat that has ended
NO_START: Final = "Validation exception due to invalid parameter"  # a transcript read forward from no position
NO_RECEIPTS: Final = "Operation can not be performed due to the state of the contact."  # a receipt among three
OBSERVED_TEXTS: Final = frozenset({RESOURCE_NOT_FOUND, EXPLICIT_DENY, ACCESS_DENIED, NO_START, NO_RECEIPTS})


class ServiceError(Exception):
    """The service answers a request with an error.

    Args:
        code: The error code on the wire, for example `"LimitExceededException"`.
        message: The error's message.
        http_status: The HTTP status; `None` for the one that the model has for the code.
        fields: Further modelled members of the error.

    Attributes:
        rule: The id of the rule that the request is against, if it is one.
    """

    def __init__(
        self, code: str, message: str, http_status: int | None = None, fields: dict[str, Any] | None = None
    ) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message
        self.http_status = http_status
        self.fields: dict[str, Any] = fields or {}
        self.rule: str | None = None

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"

    def recorded(self, http_status: int) -> RecordedError:
        """Return the error for the record, with the HTTP status with which it went out."""
        return RecordedError(self.code, self.message, http_status, self.rule)


@dataclass(slots=True, eq=False)
class Answer:
    """A successful answer.

    Attributes:
        members: The members of the response.
        contact: The contact that the request concerned, if any.
    """

    members: dict[str, Any]
    contact: ContactRecord | None = None


@dataclass(slots=True)
class Reply:
    """The result of one attempt.

    Attributes:
        answer: The answer, canned or not, if there is one, even if the client never hears of it.
        error: The refusal, if the service or a canned answer refused the request.
        network_error: The kind of network error that the client sees instead, if any.
        seconds: How long the client waits for the result.
        fault: The fault that was injected, in words, if any.
        canned: The canned answer as botocore's parsers give it, if there was one: it is not retried.
        canned_status: Its HTTP status.
        passes_through: Whether the request goes on to whatever else intercepts it.
    """

    answer: Answer | None = None
    error: ServiceError | None = None
    network_error: str | None = None
    seconds: float = 0
    fault: str | None = None
    canned: dict[str, Any] | None = None
    canned_status: int = 200
    passes_through: bool = False
