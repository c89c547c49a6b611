"""The calls of clients: each with its attempts, and the records of those that have ended."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from pytest_connect_chat._service.answer import Reply
from pytest_connect_chat._service.contacts.contact import ContactRecord
from pytest_connect_chat._service.records.recorded_request import Attempt, RecordedError, RecordedRequest
from pytest_connect_chat._service.request import Request


@dataclass(slots=True, eq=False)
class Call:
    """One client call, from its first attempt to its end.

    Attributes:
        request: What reached the service.
        time: When its first attempt was sent.
        order: Its place in the order of what happens.
        attempt_limit: How many attempts the client's retry policy allows it.
        read_timeout: How many seconds the client waits for an answer, `None` for ever.
        sent: When the attempt that is under way was sent, or else the last one.
        attempts: The attempts that have ended.
        response: The members of the answer to the last of them, `None` if it had none.
        contact: The contact that it started or concerned, as far as that is known.
        is_under_way: Whether an attempt has been sent and has not ended.
        is_closed: Whether it has ended, and is recorded.
        recorded: Its record, once it has ended.
        canned: The canned answer, which answers every attempt of its call.
        invocation: The id that its client gives it over HTTP (`amz-sdk-invocation-id`), empty without one.
        decided: What is known of faults: by `(fault, "calls")` and `(fault, "attempts")` whether the fault meets this
            call, or the attempt under way; by `(fault, "when")` what its predicate has said of that attempt.
    """

    request: Request
    time: datetime
    order: int
    attempt_limit: int
    read_timeout: float | None
    sent: datetime
    attempts: list[Attempt] = field(default_factory=list)
    response: dict[str, Any] | None = None
    contact: ContactRecord | None = None
    is_under_way: bool = False
    is_closed: bool = False
    recorded: RecordedRequest | None = None
    canned: Reply | None = None
    invocation: str = ""
    decided: dict[tuple[object, str], bool] = field(default_factory=dict)

    def heard(self, reply: Reply, error: RecordedError | None) -> None:
        """Note how the attempt that is under way has ended.

        Args:
            reply: Its result.
            error: The error that the client hears, `None` for an answer.
        """
        self.attempts.append(Attempt(self.sent, error, reply.fault))
        self.response = reply.answer.members if error is None and reply.answer is not None else None
        self.is_under_way = False
        if self.decided:
            self.decided = {key: meets for key, meets in self.decided.items() if key[1] == "calls"}

    def record(self, response: dict[str, Any] | None = None, error: RecordedError | None = None) -> RecordedRequest:
        """Return a record of the call as it is now."""
        return RecordedRequest(self.request, self.time, tuple(self.attempts), response, error, self.contact, self.order)


class StrayRequest(NamedTuple):
    """A request over HTTP that was refused and belongs to no call: one at a mistyped path, say, or for another host.

    Attributes:
        time: When it came.
        order: Its place in the order of all that happened.
        text: What it was and how it was refused, in words.
    """

    time: datetime
    order: int
    text: str


class CallLog:
    """The records of one fake's calls.

    Attributes:
        records: The calls that have ended, in the order in which they did.
        unfaked: A message on each call that nothing answers. It stays when a test clears the records.
        strays: The requests that belong to no call.
        on_record: Is called when a call has been recorded.
    """

    def __init__(self) -> None:
        self.records: list[RecordedRequest] = []
        self.unfaked: list[str] = []
        self.strays: list[StrayRequest] = []
        self.on_record: Callable[[], object] | None = None

    def add(self, call: Call, response: dict[str, Any] | None, error: RecordedError | None) -> None:
        """Record a call that has ended. The record replaces one from before a further attempt of the client."""
        call.is_closed = True
        before, call.recorded = call.recorded, call.record(response, error)
        if before is not None:
            with suppress(ValueError):  # the test has cleared the records
                self.records.remove(before)
        self.records.append(call.recorded)
        if self.on_record is not None:
            self.on_record()
