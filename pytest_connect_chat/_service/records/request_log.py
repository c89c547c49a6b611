"""`RequestLog`: the recorded requests, and what a test can assert about them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from pytest_connect_chat._names import did_you_mean, public_names
from pytest_connect_chat._service.model_facts import ModelFacts
from pytest_connect_chat._service.records.failed_assert import describe_failed_assert
from pytest_connect_chat._service.records.growing import GrowingSequence
from pytest_connect_chat._service.records.matching import never_matching
from pytest_connect_chat._service.records.recorded_request import RecordedRequest
from pytest_connect_chat._service.request import snapshot
from pytest_connect_chat._text import counted, shown

_ANSWERING: Final = (
    "Requests are only recorded here: connect_chat.add_response() and add_client_error() queue an answer, "
    "connect_chat.faults has what can go wrong."
)
_TIMES: Final = ("times", "n", "number", "calls", "call_count")
_OF_MOCKS: Final = {
    "return_value": _ANSWERING,
    "side_effect": _ANSWERING,
    **dict.fromkeys(("call_args", "call_args_list", "mock_calls"), "A request has its members in params: last.params."),
    **dict.fromkeys(
        ("assert_any_call", "assert_called", "assert_called_with", "assert_has_calls"),
        "Did you mean 'assert_requested'?",
    ),
    "reset_mock": "Did you mean 'clear'?",
}

_clearing = threading.RLock()  # one at a time takes records out; the list may grow at any time


class RequestLog(GrowingSequence[RecordedRequest]):
    """Recorded requests in their order, all or a selection of them. It grows as requests come in.

    Args:
        records: The list of all records.
        facts: Knows the operations and members of the models.
        start: When the fake's clock started.
        operation: The operation that this log selects, `None` for all.
        members: Members that selected requests have.
    """

    # Listed for editors. The other operations of the two services are attributes too.
    start_chat_contact: RequestLog
    stop_contact: RequestLog
    describe_contact: RequestLog
    get_contact_attributes: RequestLog
    update_contact_attributes: RequestLog
    start_contact_streaming: RequestLog
    stop_contact_streaming: RequestLog
    create_participant: RequestLog
    create_persistent_contact_association: RequestLog
    tag_contact: RequestLog
    untag_contact: RequestLog
    list_associated_contacts: RequestLog
    list_contact_flows: RequestLog
    create_participant_connection: RequestLog
    disconnect_participant: RequestLog
    send_message: RequestLog
    send_event: RequestLog
    get_transcript: RequestLog
    start_attachment_upload: RequestLog
    complete_attachment_upload: RequestLog
    get_attachment: RequestLog

    def __init__(
        self,
        records: list[RecordedRequest],
        facts: ModelFacts,
        start: datetime,
        operation: str | None = None,
        members: dict[str, Any] | None = None,
    ) -> None:
        self._all = records
        self._facts = facts
        self._start = start
        self._operation = operation
        self._members = members or {}

    def _selects(self, record: RecordedRequest) -> bool:
        return self._operation in (None, record.operation) and not record.differing_from(self._members)

    def _selected(self) -> list[RecordedRequest]:
        return [record for record in list(self._all) if self._selects(record)]

    def _latest_first(self) -> Iterator[RecordedRequest]:
        """Yield the selected requests from the end: there may be many."""
        return (record for record in reversed(self._all) if self._selects(record))

    def __repr__(self) -> str:
        return f"<{counted(len(self), 'recorded request')}{f' of {self._operation}' if self._operation else ''}>"

    def __getattr__(self, name: str) -> RequestLog:
        __tracebackhide__ = True
        if name.startswith("_"):
            raise AttributeError(name)
        operation = self._facts.operation(name)
        if operation is None:
            if name in _OF_MOCKS:
                raise AttributeError(f"RequestLog has no attribute {name!r}.{self._hint_at(name)}")
            hint = did_you_mean(name, [*public_names(RequestLog), *self._facts.operations()])
            raise AttributeError(f"Neither connect nor connectparticipant has an operation {name!r}.{hint}")
        return RequestLog(self._all, self._facts, self._start, operation, self._members)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *RequestLog.__annotations__})

    @classmethod
    def _hint_at(cls, name: str) -> str:
        if name in RequestLog.__annotations__:
            return f" {_ANSWERING}"
        return f" {_OF_MOCKS[name]}" if name in _OF_MOCKS else super()._hint_at(name)

    @property
    def called(self) -> bool:
        """Whether there is any request."""
        return next(self._latest_first(), None) is not None

    @property
    def call_count(self) -> int:
        """How many requests there are."""
        return len(self)

    @property
    def operations(self) -> list[str]:
        """The operations in order, such as `["StartChatContact", "StartContactStreaming"]`."""
        return [record.operation for record in self._selected()]

    @property
    def last(self) -> RecordedRequest:
        """The last request.

        Raises:
            LookupError: There is none.
        """
        __tracebackhide__ = True
        last = next(self._latest_first(), None)
        if last is None:
            raise LookupError(f"No request{f' of {self._operation}' if self._operation else ''} has been recorded.")
        return last

    def one(self) -> RecordedRequest:
        """Return the only request.

        Raises:
            AssertionError: There is none, or more than one.
        """
        __tracebackhide__ = True
        selected = self._selected()
        if len(selected) != 1:
            raise AssertionError(self._explain("exactly 1 time", self._members, selected))
        return selected[0]

    def matching(self, **members: Any) -> RequestLog:
        """Return the requests that have these members; named members must be equal, others do not matter.

        Args:
            **members: Top-level members and what each must equal; `ABSENT` for one that must not be there.

        Raises:
            AttributeError: The operation has no such member.
            TypeError: No request can have this value: `None`, a set, or `ABSENT` inside of a member.
        """
        __tracebackhide__ = True
        self._refuse_unknown(members)
        wanted = {**self._members, **snapshot(members)}  # in the form in which requests are recorded: tuples as lists
        return RequestLog(self._all, self._facts, self._start, self._operation, wanted)

    def clear(self) -> None:
        """Forget the requests of this log; the fake's state stays as it is."""
        forgotten = set(self._selected())
        with _clearing:
            known = list(self._all)
            self._all[: len(known)] = [record for record in known if record not in forgotten]  # calls go on meanwhile

    def assert_requested(self, count: int | None = None, **members: Any) -> None:
        """Assert that there is a request with these members, or exactly `count` of them.

        Args:
            count: How many requests there have to be; `None` for at least one.
            **members: Top-level members and what each must equal; `ABSENT` for one that must not be there.

        Raises:
            AssertionError: There is not; the message shows the nearest requests and their differences.
            AttributeError: The operation has no such member.
            TypeError: No request can have this value: `None`, a set, or `ABSENT` inside of a member. Or `count` is not
                a number.
        """
        __tracebackhide__ = True
        if count is not None and (not isinstance(count, int) or isinstance(count, bool) or count < 0):
            hint = " Members are named: CustomerId='C-17'." if isinstance(count, dict) else ""
            raise TypeError(f"count is a number of requests, 0 or more, not {shown(count)}.{hint}")
        found = list(self.matching(**members))
        if len(found) != count if count is not None else not found:
            exactly = f"exactly {counted(count, 'time')}" if count else "not at all"
            times = "at least 1 time" if count is None else exactly
            raise AssertionError(self._explain(times, {**self._members, **members}, found))

    def assert_requested_once(self, **members: Any) -> None:
        """Assert that there is exactly one request with these members. Raises as `assert_requested` does."""
        __tracebackhide__ = True
        _refuse_count("assert_requested_once", members)
        self.assert_requested(1, **members)

    def assert_not_requested(self, **members: Any) -> None:
        """Assert that there is no request with these members. Raises as `assert_requested` does."""
        __tracebackhide__ = True
        _refuse_count("assert_not_requested", members)
        self.assert_requested(0, **members)

    def _explain(self, times: str, members: dict[str, Any], found: list[RecordedRequest]) -> str:
        numbered = list(enumerate(self._all, 1))
        candidates = [(number, record) for number, record in numbered if self._operation in (None, record.operation)]
        known = set(found)
        matching = [(number, record) for number, record in candidates if record in known]
        total = len(numbered)
        return describe_failed_assert(self._operation, times, members, matching, candidates, total, self._start)

    def _refuse_unknown(self, members: dict[str, Any]) -> None:
        __tracebackhide__ = True
        unknown = self._facts.unknown_member(self._operation, members)
        if unknown is not None:
            times = next((name for name in members if name in _TIMES), None)
            how_often = f"{times}= is no member: count= of assert_requested() says how often."
            raise AttributeError(unknown if times is None else how_often)
        impossible = never_matching(members)
        if impossible is not None:
            raise TypeError(f"This would never match: {impossible}")


def _refuse_count(method: str, members: dict[str, Any]) -> None:
    __tracebackhide__ = True
    if "count" in members:
        raise TypeError(f"{method}() takes no count: write assert_requested(count={members['count']!r}, ...).")
