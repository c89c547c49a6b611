"""Recorded requests, and what a test can assert on them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, overload

from pytest_connect_chat._report import describe_failed_assert, did_you_mean

if TYPE_CHECKING:
    from pytest_connect_chat._service.contacts import Contact


class _Absent:
    """Says of a member that it must not be there."""

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final = _Absent()


@dataclass(frozen=True, slots=True)
class RecordedError:
    """The error that a request was answered with.

    Attributes:
        code: The error code, or the name of the exception class where the service did not answer.
        message: The error's message.
        http_status: The HTTP status, `None` where the service did not answer.
        rule: The id of the rule that the request was against, if it was one.
    """

    code: str
    message: str
    http_status: int | None = None
    rule: str | None = None

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request on the wire.

    Attributes:
        time: When it was sent.
        error: What it was answered with, `None` for success.
        fault: The fault that it met, in words, or `"canned answer"`; `None` for neither.
    """

    time: datetime
    error: RecordedError | None = None
    fault: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RecordedRequest:
    """One client call that reached the service, with all its attempts. Nothing that the caller does later changes it.

    Attributes:
        service: `"connect"` or `"connectparticipant"`.
        operation: The operation's name, for example `"StartChatContact"`.
        params: The members as the service received them, the `ClientToken` that botocore would fill in included.
        client_token: The idempotency token, `None` for operations that have none.
        client_token_given: Whether the caller gave the token; `False` where it was filled in.
        attempts: The attempts that the call has made; none yet where a canned answer or a predicate looks at it.
        response: The members of the response; `None` where the call failed.
        error: What the call failed with, `None` where it succeeded.
        contact: The contact that the request started or concerned, if any.
        region: The region of the client.
        time: When the call reached the service first.
    """

    service: str
    operation: str
    client_token: str | None
    client_token_given: bool
    attempts: tuple[Attempt, ...]
    error: RecordedError | None
    contact: Contact | None
    region: str
    time: datetime
    _params: dict[str, Any]
    _response: dict[str, Any] | None

    def __repr__(self) -> str:
        return f"<RecordedRequest {self.operation} -> {self.error or 'answered'}>"

    @property
    def params(self) -> dict[str, Any]:
        """The members of the request, as a copy."""
        return deepcopy(self._params)

    @property
    def response(self) -> dict[str, Any] | None:
        """The members of the response, as a copy."""
        return deepcopy(self._response)

    @property
    def attempt_count(self) -> int:
        """How many requests went over the wire for this call."""
        return len(self.attempts)


class RequestLog(Sequence[RecordedRequest]):
    """Recorded requests in their order, all or a selection of them; it grows as requests come in.

    Args:
        records: The list of all records.
        knows: Tells what the model says: the operations, and the members of each.
        operation: The service and the operation that this log selects, `None` for all.
        members: Members that selected requests have.
    """

    def __init__(
        self,
        records: list[RecordedRequest],
        knows: OperationIndex,
        operation: str | None = None,
        members: dict[str, Any] | None = None,
    ) -> None:
        self._all = records
        self._knows = knows
        self._operation = operation
        self._members = members or {}

    def _selected(self) -> list[RecordedRequest]:
        return [
            record
            for record in list(self._all)
            if self._operation in (None, record.operation) and not differing_members(record._params, self._members)
        ]

    @overload
    def __getitem__(self, index: int) -> RecordedRequest: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[RecordedRequest]: ...
    def __getitem__(self, index: int | slice) -> RecordedRequest | Sequence[RecordedRequest]:
        return self._selected()[index]

    def __len__(self) -> int:
        return len(self._selected())

    def __repr__(self) -> str:
        return f"<{len(self)} recorded requests{f' of {self._operation}' if self._operation else ''}>"

    def __getattr__(self, name: str) -> RequestLog:
        __tracebackhide__ = True
        if name.startswith("_"):
            raise AttributeError(name)
        operation = self._knows.operation(name)
        if operation is None:
            hint = did_you_mean(name, self._knows.names())
            raise AttributeError(f"Neither connect nor connectparticipant has an operation {name!r}.{hint}")
        return RequestLog(self._all, self._knows, operation, self._members)

    @property
    def called(self) -> bool:
        """Whether there is any request."""
        return bool(self._selected())

    @property
    def call_count(self) -> int:
        """How many requests there are."""
        return len(self)

    @property
    def last(self) -> RecordedRequest:
        """The last request.

        Raises:
            LookupError: There is none.
        """
        __tracebackhide__ = True
        selected = self._selected()
        if not selected:
            raise LookupError(f"No request{f' of {self._operation}' if self._operation else ''} has been recorded.")
        return selected[-1]

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
        """
        __tracebackhide__ = True
        self._refuse_unknown(members)
        return RequestLog(self._all, self._knows, self._operation, {**self._members, **members})

    def clear(self) -> None:
        """Forget the requests of this log; the fake's state stays as it is."""
        forgotten = {id(record) for record in self._selected()}
        self._all[:] = [record for record in self._all if id(record) not in forgotten]

    def assert_requested(self, count: int | None = None, **members: Any) -> None:
        """Assert that there is a request with these members, or exactly `count` of them.

        Raises:
            AssertionError: There is not; the message shows the nearest requests and their differences.
            AttributeError: The operation has no such member.
        """
        __tracebackhide__ = True
        if count is not None and (not isinstance(count, int) or isinstance(count, bool) or count < 0):
            raise TypeError(f"count is a number of requests, 0 or more, not {count!r}.")
        found = self.matching(**members)._selected()
        if len(found) != count if count is not None else not found:
            times = "at least 1 time" if count is None else f"exactly {count} time{'' if count == 1 else 's'}"
            raise AssertionError(self._explain(times, {**self._members, **members}, found))

    def assert_requested_once(self, **members: Any) -> None:
        """Assert that there is exactly one request with these members. Raises as `assert_requested` does."""
        __tracebackhide__ = True
        self.assert_requested(1, **members)

    def assert_not_requested(self, **members: Any) -> None:
        """Assert that there is no request with these members. Raises as `assert_requested` does."""
        __tracebackhide__ = True
        self.assert_requested(0, **members)

    def _explain(self, times: str, members: dict[str, Any], found: list[RecordedRequest]) -> str:
        numbered = list(enumerate(self._all, 1))
        candidates = [(number, record) for number, record in numbered if self._operation in (None, record.operation)]
        matching = [(number, record) for number, record in candidates if record in found]
        elsewhere = len(numbered) - len(candidates)
        return describe_failed_assert(
            self._operation, times, members, matching, candidates, elsewhere, differing_members
        )

    def _refuse_unknown(self, members: Iterable[str]) -> None:
        __tracebackhide__ = True
        for name in members:
            known = self._knows.members(self._operation)
            if name not in known:
                hint = did_you_mean(name, known, f" Valid: {', '.join(sorted(known))}.")
                subject = f"{self._operation} has no" if self._operation else "No operation has a"
                raise AttributeError(f"{subject} member {name!r}.{hint}")


class OperationIndex:
    """What the installed model says of the operations; looked up when it is needed first.

    Args:
        faked: The faked operations by their method name, known without the model.
        load: Returns, for all operations of both services, the method name, the operation's name and its members.
    """

    def __init__(self, faked: dict[str, str], load: Callable[[], Iterable[tuple[str, str, frozenset[str]]]]) -> None:
        self._faked = faked
        self._load = load

    def operation(self, method: str) -> str | None:
        """Return the operation behind a method name, or `None`."""
        if method in self._faked:
            return self._faked[method]
        return next((operation for name, operation, _ in self._load() if name == method), None)

    def names(self) -> list[str]:
        """Return all method names."""
        return [name for name, _, _ in self._load()]

    def members(self, operation: str | None) -> frozenset[str]:
        """Return the members of an operation's request, or of all."""
        return frozenset().union(*(members for _, name, members in self._load() if operation in (None, name)))


def differing_members(params: dict[str, Any], wanted: dict[str, Any]) -> list[str]:
    """Return the names of the wanted members that a request does not have as wanted."""
    return [
        name
        for name, value in wanted.items()
        if (name in params if value is ABSENT else name not in params or not bool(value == params[name]))
    ]
