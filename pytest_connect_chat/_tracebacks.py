"""Tracebacks without the frames in which a test cannot have gone wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Any, Final

import pytest

MACHINERY: Final = ("pytest_connect_chat", "botocore", "aiobotocore")
PLUGIN: Final = "pytest_connect_chat.plugin"  # its hooks stand around the fixtures of others
RUNNER: Final = ("_pytest", "pluggy")
CHATS: Final = ("connect", "connectparticipant")
NOBODY_ANSWERED: Final = (
    "ConnectTimeoutError",
    "EndpointConnectionError",
    "NoCredentialsError",
    "PartialCredentialsError",
    "ProxyConnectionError",
)
UNKNOWN_CREDENTIALS: Final = "UnrecognizedClientException"  # those that a client kept from a test with a fake

WholeTraceback = tuple[BaseException, TracebackType | None]


def without_machinery(
    info: pytest.ExceptionInfo[BaseException],
) -> tuple[pytest.ExceptionInfo[BaseException], list[WholeTraceback]]:
    """Return an exception with a traceback that ends with the call that a test or its application made.

    What botocore and this package did after that leads to no mistake of theirs. The exceptions that led to it are cut
    too, in place: `put_back` what is returned beside it once the report is made.
    """
    shown = _cut(info.tb)
    whole = [(error, error.__traceback__) for error in _linked(info.value)]
    for error, traceback in whole:
        error.with_traceback(_cut(traceback))  # unlike an assignment, it works for frozen exceptions too
    return pytest.ExceptionInfo.from_exc_info((info.type, info.value, shown or info.tb)), whole


def put_back(whole: list[WholeTraceback]) -> None:
    """Give exceptions their whole tracebacks back."""
    while whole:
        error, traceback = whole.pop()
        error.with_traceback(traceback)


def call_to_aws(error: BaseException) -> str | None:
    """Return which call of a chat client was on its way to AWS when this error came, as far as that is certain."""
    for linked in _linked(error):
        entry = linked.__traceback__ if _is_of_a_call_to_aws(linked) else None
        called, raised_in = None, None
        while entry is not None:
            raised_in = _package(entry)
            if raised_in == MACHINERY[0] and entry.tb_frame.f_globals["__name__"] != PLUGIN:
                return None  # a fake decides
            if raised_in in MACHINERY and entry.tb_frame.f_code.co_name == "_make_api_call":
                called = _described(entry.tb_frame.f_locals)
            entry = entry.tb_next
        if called is not None and raised_in in MACHINERY:  # elsewhere somebody plays a network that fails
            return called
    return None


def _is_of_a_call_to_aws(error: BaseException) -> bool:
    answer = getattr(error, "response", None)
    code = answer.get("Error", {}).get("Code") if isinstance(answer, dict) else None
    return type(error).__name__ in NOBODY_ANSWERED or code == UNKNOWN_CREDENTIALS


def _described(call: Mapping[str, Any]) -> str | None:
    meta = getattr(call.get("self"), "meta", None)
    service = getattr(getattr(meta, "service_model", None), "service_name", None)
    is_of_aws = ".amazonaws." in str(getattr(meta, "endpoint_url", ""))
    return f"{call.get('operation_name')} of {service}" if service in CHATS and is_of_aws else None


def _linked(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception and those that a report shows with it."""
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        linked = waiting.pop()
        if linked is not None and id(linked) not in seen:
            seen.add(id(linked))
            waiting += [linked.__cause__, linked.__context__]
            waiting += linked.exceptions if isinstance(linked, BaseExceptionGroup) else ()
            yield linked


def _cut(traceback: TracebackType | None) -> TracebackType | None:
    entries = []
    while traceback is not None:
        entries.append(traceback)
        traceback = traceback.tb_next
    end = len(entries)
    while end > 1 and _package(entries[end - 1]) in MACHINERY:
        end -= 1
    if end < len(entries) and _package(entries[end - 1]) in RUNNER:
        end += 1  # one of our fixtures: nobody else made a call
    shown: TracebackType | None = None
    for entry in reversed(entries[:end]):
        shown = TracebackType(shown, entry.tb_frame, entry.tb_lasti, entry.tb_lineno)
    return shown


def _package(entry: TracebackType) -> str:
    return str(entry.tb_frame.f_globals.get("__name__")).partition(".")[0]
