"""What happened on a fake, as the rows of a sequence diagram."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Final, NamedTuple

from pytest_connect_chat._diagram.lines import LINE_CELLS, OTHER_CELLS, lines_of
from pytest_connect_chat._report.events import (
    BEFORE_ALL,
    SERVED,
    Event,
    History,
    Kind,
    ShownByRequests,
    events_beside_requests,
    short_id,
    start_of,
)
from pytest_connect_chat._report.words import duration, plain, value
from pytest_connect_chat._service.records.recorded_request import Attempt, RecordedRequest
from pytest_connect_chat._time import since

ROWS: Final = 60
UNSAID: Final = ("InstanceId", "ContactFlowId", "ParticipantToken", "ConnectionToken")


class Row(NamedTuple):
    """One row of a picture.

    Attributes:
        kind: What it is.
        lines: Its text.
        since: How long after the clock's start.
    """

    kind: Kind
    lines: tuple[str, ...]
    since: str


def rows_of(history: History) -> list[Row]:
    """Return the rows of a picture, in the order of what happened: if there are many, the first and the last."""
    clock = history.clock
    now = clock.now()
    in_requests = ShownByRequests(history.records)
    events = [*_call_events(in_requests, history.records), *events_beside_requests(in_requests, history)]
    events.sort(key=lambda event: (event.time, event.rank))
    # A clock that follows the system's moves a little with every call.
    timed = list(_with_times(events, clock.start, now, timedelta(seconds=1 if clock.follows_system else 0)))
    if len(timed) > ROWS:
        left_out = f"... {len(timed) - ROWS} rows left out ..."
        gap = Event("gap", timed[ROWS // 2].time, 0, lambda: left_out)
        timed = [*timed[: ROWS // 2], gap, *timed[-ROWS // 2 :]]
    return [_row(event, clock.start) for event in timed]


def _row(event: Event, start: datetime) -> Row:
    cells = OTHER_CELLS if event.kind == "other" else LINE_CELLS
    return Row(event.kind, lines_of(event.words(), cells), since(start, event.time))


def _call_events(in_requests: ShownByRequests, records: Sequence[RecordedRequest]) -> Iterator[Event]:
    """Yield two events for every attempt, the request and its result, and the start of a contact between them."""
    for position, record in enumerate(records):
        starting = in_requests.starting.get(position)
        for number, attempt in enumerate(record.attempts):
            yield Event("call", attempt.time, record.order, partial(_call, record, position + 1, number + 1))
            if number == starting and record.contact is not None:
                yield Event("life", attempt.time, record.order, partial(start_of, record.contact))
            again = starting is None or number > starting
            yield Event(_kind(attempt), attempt.time, record.order, partial(_result, record, attempt, again))


def _with_times(events: list[Event], start: datetime, now: datetime, least: timedelta) -> Iterator[Event]:
    """Yield the events, and wherever time has passed between two of them an event that says how much."""
    before = Event("time", min([start, *(event.time for event in events[:1])]), BEFORE_ALL, str)
    for event in [*events, Event("time", now, BEFORE_ALL, str)]:
        step = event.time - before.time
        if step > least:
            waits = event.kind == "call" and before.kind in ("refusal", "loss") and event.rank == before.rank
            text = f"+{duration(step)}{' back-off' if waits else ''}"
            yield Event("time", event.time, BEFORE_ALL, partial(str, text))
        if event.kind != "time":
            yield event
        before = event


# -- words -------------------------------------------------------------------------------------------------------------


def _call(record: RecordedRequest, number: int, attempt: int) -> str:
    if attempt > 1:
        return f"{number}. {record.operation}, attempt {attempt}"
    members = [
        f"{name}={value(member)}"
        for name, member in record.params.items()
        if name not in UNSAID and (name != "ClientToken" or record.client_token_given)
    ]
    return " ".join([f"{number}. {record.operation}", *members])


def _kind(attempt: Attempt) -> Kind:
    if attempt.error is None:
        return "answer"
    lost = attempt.error.http_status is None or (attempt.fault or "").startswith(SERVED)
    return "loss" if lost else "refusal"


def _result(record: RecordedRequest, attempt: Attempt, again: bool) -> str:
    error = attempt.error
    if error is not None:
        status = "" if error.http_status is None or str(error.http_status) == error.code else f"{error.http_status} "
        text = f"{status}{plain(error.code)}{f' [rule {error.rule}]' if error.rule else ''}"
    elif record.operation == "StartChatContact" and record.contact is not None:
        text = f"contact {short_id(record.contact.contact_id)}{' again' if again else ''}"
    else:
        text = "answered"
    return f"{text} [{plain(attempt.fault)}]" if attempt.fault else text
