"""Tracebacks in the report of a failed test: cut after the test's own code, and searched for calls to AWS."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Final

import pytest

MACHINERY: Final = ("pytest_connect_chat", "botocore", "aiobotocore")
RUNNER: Final = ("_pytest", "pluggy")
CHATS: Final = ("connect", "connectparticipant")
NOBODY_ANSWERED: Final = (
    "ConnectTimeoutError",
    "EndpointConnectionError",
    "NoCredentialsError",
    "PartialCredentialsError",
    "ProxyConnectionError",
)
UNKNOWN_CREDENTIALS: Final = "UnrecognizedClientException"  # AWS's answer to dummies that a client kept from a fake


@contextmanager
def shortened_tracebacks(item: pytest.Item, applies: Callable[[BaseException], bool]) -> Iterator[None]:
    """End the tracebacks in a test's report with the call that the test or its application made.

    What botocore and this package did after that does not help to find their mistake. The exceptions keep all of it.

    Args:
        item: The test.
        applies: Returns whether to shorten the traceback of an exception.
    """
    own = getattr(item, "_traceback_filter", None)  # private; without it the tracebacks are whole
    if own is None:
        yield
        return

    def shorten(info: pytest.ExceptionInfo[BaseException]) -> Any:
        return own(_without_machinery(info) if applies(info.value) else info)

    of_others = vars(item).get("_traceback_filter")
    item._traceback_filter = shorten  # type: ignore[assignment, method-assign]
    try:
        yield
    finally:
        del item._traceback_filter
        if of_others is not None:
            item._traceback_filter = of_others  # type: ignore[method-assign]


def _without_machinery(info: pytest.ExceptionInfo[BaseException]) -> pytest.ExceptionInfo[BaseException]:
    entries = list(_entries(info.tb))
    end = len(entries)
    while end > 1 and _package(entries[end - 1]) in MACHINERY:
        end -= 1
    if end < len(entries) and _package(entries[end - 1]) in RUNNER:
        end += 1  # raised in one of our own fixtures: keep its frame
    shown: TracebackType | None = None
    for entry in reversed(entries[:end]):
        shown = TracebackType(shown, entry.tb_frame, entry.tb_lasti, entry.tb_lineno)
    return pytest.ExceptionInfo.from_exc_info((info.type, info.value, shown or info.tb))


def call_to_aws(error: BaseException) -> str | None:
    """Return which call of a chat client went to AWS and raised this error; `None` if that is not certain."""
    called = (_call_that_nobody_answered(linked) for linked in linked_errors(error) if _is_of_a_call_to_aws(linked))
    return next(filter(None, called), None)


def comes_from_a_callable(error: BaseException) -> bool:
    """Return whether code that is not this package's was on the way from this package to what it has raised."""
    return any(_package(entry) not in MACHINERY for entry in _entries(error.__traceback__))


def linked_errors(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception, and the causes, contexts and members of groups that a report shows with it."""
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        linked = waiting.pop()
        if linked is not None and id(linked) not in seen:
            seen.add(id(linked))
            waiting += [linked.__cause__, linked.__context__]
            waiting += linked.exceptions if isinstance(linked, BaseExceptionGroup) else ()
            yield linked


def _is_of_a_call_to_aws(error: BaseException) -> bool:
    if not str(type(error).__module__).startswith("botocore."):  # attributes of others may have side effects
        return False
    answer = getattr(error, "response", None)
    refusal = answer.get("Error") if isinstance(answer, dict) else None
    code = refusal.get("Code") if isinstance(refusal, dict) else None
    return type(error).__name__ in NOBODY_ANSWERED or code == UNKNOWN_CREDENTIALS


def _call_that_nobody_answered(error: BaseException) -> str | None:
    called, raised_in = None, None
    for entry in _entries(error.__traceback__):
        raised_in = _package(entry)
        if raised_in == MACHINERY[0]:
            return None  # a fake was asked
        if raised_in in MACHINERY and entry.tb_frame.f_code.co_name == "_make_api_call":
            called = _described(entry.tb_frame.f_locals)
    return called if raised_in in MACHINERY else None  # raised elsewhere: something imitates a failing network


def _described(call: Mapping[str, Any]) -> str | None:
    meta = getattr(call.get("self"), "meta", None)
    service = getattr(getattr(meta, "service_model", None), "service_name", None)
    is_of_aws = ".amazonaws." in str(getattr(meta, "endpoint_url", ""))
    return f"{call.get('operation_name')} of {service}" if service in CHATS and is_of_aws else None


def _entries(traceback: TracebackType | None) -> Iterator[TracebackType]:
    while traceback is not None:
        yield traceback
        traceback = traceback.tb_next


def _package(entry: TracebackType) -> str:
    return str(entry.tb_frame.f_globals.get("__name__")).partition(".")[0]
