"""The section `connect chat` in the report of a failed test: what happened on the fake."""

from __future__ import annotations

import math
import re
from collections import deque
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from pytest_connect_chat._report.events import Event, History, ShownByRequests, events_beside_requests
from pytest_connect_chat._service.records.recorded_request import TOKENS, Attempt, RecordedError, RecordedRequest
from pytest_connect_chat._text import SHOWN, WIDTH, counted, cut, shortened, wrapped
from pytest_connect_chat._time import since

UUID: Final = re.compile(r"\b([0-9a-f]{8})-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")
JOURNAL_LINES: Final = 40
PLACES: Final = ("InstanceId", "ContactFlowId")
READS: Final = ("Describe", "Get", "List")
ENDING: Final = ("StopContact", "DisconnectParticipant")
ALL_LINES: Final = 1  # the verbosity from which no request is left out
WHOLE_VALUES: Final = 2  # and the one from which no value is cut


Entry = tuple[int, RecordedRequest] | Event


def describe_journal(history: History, verbosity: int, remarks: Iterable[str] = ()) -> str:
    """Return what happened on the fake, for the report of a failed test.

    It has each request with its attempts and its answer, and between them the events that calls do not show.

    Args:
        history: What happened.
        verbosity: 1 shows all lines and whole ids, 2 whole values too.
        remarks: Sentences for the end, such as those on exceptions of the test's callables.
    """
    entries, start = _entries(history), history.clock.start
    room = math.inf if verbosity >= ALL_LINES else JOURNAL_LINES
    first = _fitting(entries, room / 2, start, verbosity)
    room -= sum(map(len, first))
    last = _fitting(reversed(entries[len(first) :]), room, start, verbosity)[::-1]
    gap = _gap(entries[len(first) : len(entries) - len(last)])
    ending = [wrapped(_printable_ascii(_on_one_line(remark, verbosity)), WIDTH, 8) for remark in remarks]
    return "\n".join(line for lines in (*first, *gap, *last, *ending) for line in lines)


def _entries(history: History) -> list[Entry]:
    """Return the requests in their order, and before each of them the events that happened before it."""
    records = tuple(history.records)  # a copy: other threads may go on calling
    events = deque(sorted(events_beside_requests(ShownByRequests(records), history), key=lambda event: event.rank))
    entries: list[Entry] = []
    before: RecordedRequest | None = None
    for number, record in enumerate(records, 1):
        while events and events[0].rank < record.order:
            entries += _unless_asked_for(events.popleft(), before)
        entries.append((number, record))
        before = record
    for event in events:
        entries += _unless_asked_for(event, before)
    return entries


def _unless_asked_for(event: Event, before: RecordedRequest | None) -> list[Event]:
    """Return a list of the event; an empty one if it is the end of a contact that the last request asked for."""
    contact = before.contact if before is not None and before.operation in ENDING and before.error is None else None
    return [] if contact is not None and contact.contact_id == event.ended else [event]


def _on_one_line(remark: str, verbosity: int) -> str:
    line = " / ".join(remark.splitlines())
    return line if verbosity >= ALL_LINES else UUID.sub(r"\1...", line)


def _gap(left_out: Sequence[Entry]) -> list[list[str]]:
    if not left_out:
        return []
    requests = sum(isinstance(entry, tuple) for entry in left_out)
    events = len(left_out) - requests
    what = [counted(number, noun) for number, noun in ((requests, "request"), (events, "event")) if number]
    return [[f"... {' and '.join(what)} left out; -v shows all ..."]]


def _fitting(entries: Iterable[Entry], room: float, start: datetime, verbosity: int) -> list[list[str]]:
    """Return the lines of as many entries as there is room for, and of at least one."""
    fitting: list[list[str]] = []
    for entry in entries:
        if isinstance(entry, Event):
            lines = _wrapped(f"   {since(start, entry.time)}", entry.words())
        else:
            lines = _lines_of(*entry, start, verbosity)
        room -= len(lines)
        if room < 0 and fitting:
            break
        fitting.append(lines)
    return fitting


def _lines_of(number: int, record: RecordedRequest, start: datetime, verbosity: int) -> list[str]:
    lines = _wrapped(f"#{number} {since(start, record.time)} {record.operation}", _members(record, verbosity))
    if record.attempt_count > 1 or any(attempt.fault for attempt in record.attempts):
        for position, attempt in enumerate(record.attempts, 1):
            lines += _wrapped(f"    attempt {position} {since(start, attempt.time)}", _attempt(attempt))
    lines += _wrapped("    ->", _result(record))
    if record.error is not None and record.contact is not None and not record.operation.startswith(READS):
        lines += _wrapped("    committed all the same:", f"contact {record.contact.contact_id}")
    return lines


def _wrapped(head: str, rest: str) -> list[str]:
    return wrapped(f"{head} {_printable_ascii(rest)}", WIDTH, 8 - (len(head) - len(head.lstrip())))


def _printable_ascii(text: str) -> str:
    """Return a text in printable ASCII, which every terminal shows."""
    return re.sub(r"[^ -~]", lambda found: ascii(found[0])[1:-1], text)


def _members(record: RecordedRequest, verbosity: int) -> str:
    params = record.params
    names = [name for name in params if name != "ClientToken" or record.client_token_given]
    names.sort(key=PLACES.__contains__)  # what tells requests apart comes first
    return " ".join(f"{name}={_shown(name, params[name], verbosity)}" for name in names)


def _shown(name: str, value: Any, verbosity: int) -> str:
    if name in TOKENS or (name in PLACES and verbosity < ALL_LINES):
        text = ascii(value)[1:-1]
        return text if len(text) <= len("12345678...") else shortened(text)
    text = ascii(value)
    if verbosity >= WHOLE_VALUES:
        return text
    if isinstance(value, dict | list) and UUID.search(text):  # the ids in it are what one looks for
        return text if verbosity >= ALL_LINES else cut(UUID.sub(r"\1...", text), 2 * SHOWN)
    return cut(text)


def _attempt(attempt: Attempt) -> str:
    fault = f"[{attempt.fault}] " if attempt.fault else ""
    return f"{fault}{'answered' if attempt.error is None else _failed(attempt.error)}"


def _failed(error: RecordedError) -> str:
    # The code of an error without a code of its own is its HTTP status.
    return error.code if str(error.http_status) in ("None", error.code) else f"{error.http_status} {error.code}"


def _result(record: RecordedRequest) -> str:
    if record.error is not None:
        message, *more = record.error.message.splitlines() or [""]
        rule = f" [rule {record.error.rule}]" if record.error.rule and record.error.rule not in message else ""
        return f"{_failed(record.error)}{rule}: {message}{' ...' if more else ''}"
    return f"contact {record.contact.contact_id}" if record.contact is not None else "answered"
