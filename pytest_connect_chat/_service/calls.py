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
        time: When it did so first.
        order: Its place in the order of what happens.
        attempt_limit: How many attempts the client's retry policy allows it.
        read_timeout: How many seconds the client waits for an answer, `None` for ever.
        sent: When the attempt was sent that is under way.
        attempts: The attempts that have ended.
        response: The members with which the last of them was answered, `None` where it was not.
        contact: The contact that it started or concerned, as far as that is known.
        is_under_way: Whether an attempt has been sent and not been heard of.
        is_closed: Whether it has ended, and is recorded.
        recorded: Its record, once it has ended.
        canned: The canned answer, which answers every attempt of its call.
        invocation: What its client calls it on the wire, where one comes over HTTP and says so.
        decided: What is known of faults: by `(fault, "calls")` and `(fault, "attempts")` whether it meets this call, or
            the attempt under way; by `(fault, "when")` what its predicate has said about that attempt.
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
            reply: What became of it.
            error: What the client hears, `None` for an answer.
        """
        self.attempts.append(Attempt(self.sent, error, reply.fault))
        self.response = reply.answer.members if error is None and reply.answer is not None else None
        self.is_under_way = False
        if self.decided:
            self.decided = {key: meets for key, meets in self.decided.items() if key[1] == "calls"}

    def record(self, response: dict[str, Any] | None = None, error: RecordedError | None = None) -> RecordedRequest:
        """Return the record of the call as far as it has come."""
        return RecordedRequest(self.request, self.time, tuple(self.attempts), response, error, self.contact, self.order)


class StrayRequest(NamedTuple):
    """A request over HTTP that was refused and is of no call: at a mistyped path, say, or for another host.

    Attributes:
        time: When it came.
        order: Its place in the order of all that happened.
        text: What it was and how it was refused, in words.
    """

    time: datetime
    order: int
    text: str


class CallLog:
    """What the calls of one fake have come to.

    Attributes:
        records: The calls that have ended, in the order in which they did.
        unfaked: What was said of each call that nothing answers. It stays when a test clears the records.
        strays: The requests that are of no call.
        told: Is called when a call has ended.
    """

    def __init__(self) -> None:
        self.records: list[RecordedRequest] = []
        self.unfaked: list[str] = []
        self.strays: list[StrayRequest] = []
        self.told: Callable[[], object] | None = None

    def add(self, call: Call, response: dict[str, Any] | None, error: RecordedError | None) -> None:
        """Record a call that has ended, in place of what was recorded before its client made a further attempt."""
        call.is_closed = True
        before, call.recorded = call.recorded, call.record(response, error)
        if before is not None:
            with suppress(ValueError):  # the test has cleared the records
                self.records.remove(before)
        self.records.append(call.recorded)
        if self.told is not None:
            self.told()
