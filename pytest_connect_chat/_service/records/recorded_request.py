"""One recorded request: its members, its attempts and its result."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pytest_connect_chat._names import SuggestsNames, meant_by_key
from pytest_connect_chat._service.records.matching import differing_members
from pytest_connect_chat._service.request import Request

if TYPE_CHECKING:
    from pytest_connect_chat._service.contacts.contact import Contact, ContactRecord


CANNED: Final = "canned answer"
TOKENS: Final = ("ParticipantToken", "ConnectionToken")  # members that reports shorten


class RecordedError(NamedTuple):
    """The error that a request was answered with.

    Attributes:
        code: The error code, or the name of the exception class if the service did not answer.
        message: The error's message.
        http_status: The HTTP status, `None` if the service did not answer.
        rule: The id of the rule that the request was against, if it was against one.
    """

    code: str
    message: str
    http_status: int | None = None
    rule: str | None = None

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


class Attempt(NamedTuple):
    """One request on the wire.

    Attributes:
        time: When it was sent.
        error: What it was answered with, `None` for success.
        fault: The fault that it met, in words, or `"canned answer"`; `None` for neither.
    """

    time: datetime
    error: RecordedError | Any = None  # with `Any`, checkers let `error.code` pass
    fault: str | None = None


class RecordedRequest(SuggestsNames):
    """One client call that reached the service, with all its attempts. What the caller does later changes nothing."""

    # Every call makes one of these, so it copies nothing before it is read.
    __slots__ = ("_attempts", "_contact", "_error", "_order", "_request", "_response", "_time")

    def __init__(
        self,
        request: Request,
        time: datetime,
        attempts: tuple[Attempt, ...],
        response: dict[str, Any] | None,
        error: RecordedError | None,
        contact: ContactRecord | None,
        order: int,
    ) -> None:
        self._request = request
        self._time = time
        self._attempts = attempts
        self._response = response
        self._error = error
        self._contact = contact
        self._order = order

    def __repr__(self) -> str:
        return f"<RecordedRequest {self.operation} -> {self.error or 'answered'}>"

    if TYPE_CHECKING:
        ...
    else:  # out of sight of checkers, who say so themselves

        def __getitem__(self, key: object) -> object:
            __tracebackhide__ = True
            hint = meant_by_key(self, key) or " params has the members of the request, response those of the answer."
            raise TypeError(f"RecordedRequest has attributes and is not subscriptable.{hint}")

    @property
    def service(self) -> str:
        """`"connect"` or `"connectparticipant"`."""
        return self._request.service

    @property
    def operation(self) -> str:
        """The operation's name, for example `"StartChatContact"`."""
        return self._request.operation

    @property
    def params(self) -> dict[str, Any]:
        """The members as the service received them, the `ClientToken` that was filled in included; a copy."""
        return deepcopy(self._request.params)

    @property
    def client_token(self) -> str | None:
        """The idempotency token; `None` for operations that have none."""
        return self._request.params.get("ClientToken")

    @property
    def client_token_given(self) -> bool:
        """Whether the caller gave the token; `False` if it was filled in."""
        return self._request.client_token_given

    @property
    def attempts(self) -> tuple[Attempt, ...]:
        """The attempts that the call has made. A canned answer's callable or a predicate may see none yet."""
        return self._attempts

    @property
    def attempt_count(self) -> int:
        """How many requests went over the wire for this call."""
        return len(self._attempts)

    @property
    def response(self) -> dict[str, Any] | Any:  # with `Any`, checkers let `response["ContactId"]` pass
        """The members of the response, as a copy; `None` if the call failed."""
        return deepcopy(self._response)

    @property
    def error(self) -> RecordedError | Any:
        """What the call failed with; `None` if it succeeded."""
        return self._error

    @property
    def contact(self) -> Contact | Any:
        """The contact that the request started or concerned, if any."""
        return None if self._contact is None else self._contact.view

    @property
    def region(self) -> str:
        """The region of the client."""
        return self._request.region

    @property
    def time(self) -> datetime:
        """When the call first reached the service."""
        return self._time

    @property
    def order(self) -> int:
        """Its place in the order of all that happened, among requests, contacts and the items of transcripts."""
        return self._order

    def differing_from(self, wanted: Mapping[str, Any]) -> list[str]:
        """Return the names of the members in which the request differs from `wanted`."""
        return differing_members(self._request.params, wanted)
