"""What happened on a fake, as the rows of a sequence diagram."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final, Literal, NamedTuple

from pytest_connect_chat._diagram.words import LINE_CELLS, NAME, OTHER_CELLS, duration, lines_of, plain, value
from pytest_connect_chat._service.chats.transcript import (
    CHAT_ENDED,
    CHAT_REHYDRATED,
    PARTICIPANT_JOINED,
    PARTICIPANT_LEFT,
    TranscriptItem,
)
from pytest_connect_chat._service.clock import Clock
from pytest_connect_chat._service.contacts.contact import Contact, ContactRecord
from pytest_connect_chat._service.participants import FLOW_ROLE
from pytest_connect_chat._service.records.recorded_request import Attempt, RecordedRequest
from pytest_connect_chat._text import counted

ROWS: Final = 60
UNSAID: Final = ("InstanceId", "ContactFlowId", "ParticipantToken", "ConnectionToken")
SERVED: Final = ("response lost", "delayed")  # how the faults begin under which the service does its work
BEFORE_ALL: Final = -1

# From the application to the service and back, from the other side, and beside the lanes.
Kind = Literal["call", "answer", "refusal", "loss", "other", "life", "time", "gap"]


class Row(NamedTuple):
    """One row of a picture.

    Attributes:
        kind: What it is.
        lines: Its text.
        since: The seconds since the clock's start.
    """

    kind: Kind
    lines: tuple[str, ...]
    since: float


@dataclass(slots=True)
class Event:
    """Something that happened. Its words are found when they are drawn: there may be many events.

    Attributes:
        kind: What it is.
        time: When it happened.
        rank: Its place in the order of what happened while the clock stood still.
        words: Returns its text.
    """

    kind: Kind
    time: datetime
    rank: int
    words: Callable[[], str]


def rows_of(records: Sequence[RecordedRequest], contacts: Sequence[ContactRecord], clock: Clock) -> list[Row]:
    """Return the rows of a picture, in order of time and then of happening; of many, the first and the last."""
    now = clock.now()
    calls = _Calls(records)
    events = [*calls.events(), *_contact_events(calls, contacts, clock.start)]
    events.sort(key=lambda event: (event.time, event.rank))
    # A clock that follows the system's moves a little with every call.
    timed = list(_with_times(events, clock.start, now, timedelta(seconds=1 if clock.follows_system else 0)))
    if len(timed) > ROWS:
        left_out = f"... {len(timed) - ROWS} left out ..."
        gap = Event("gap", timed[ROWS // 2].time, 0, lambda: left_out)
        timed = [*timed[: ROWS // 2], gap, *timed[-ROWS // 2 :]]
    return [_row(event, clock.start) for event in timed]


def _row(event: Event, start: datetime) -> Row:
    cells = OTHER_CELLS if event.kind == "other" else LINE_CELLS
    return Row(event.kind, lines_of(event.words(), cells), (event.time - start).total_seconds())


def short_id(contact_id: str) -> str:
    """Return the first eight characters of an id in the service's form; others as they are."""
    return plain(contact_id, NAME)


class _Calls:
    """The recorded requests, and what of the contacts' lives belongs to which.

    Args:
        records: The recorded requests, in order.

    Attributes:
        starts: The ids of the contacts that a request started.
    """

    def __init__(self, records: Sequence[RecordedRequest]) -> None:
        self._records = records
        self.starts: set[str] = set()
        self._starting: dict[int, int] = {}
        self._players: set[str] = set()
        for position, record in enumerate(records):
            self._note(position, record)

    def _note(self, position: int, record: RecordedRequest) -> None:
        members, contact = record.response or {}, record.contact
        if record.operation == "StartChatContact" and contact is not None and contact.contact_id not in self.starts:
            attempt = _committing_attempt(record, contact)
            if attempt is not None:
                self.starts.add(contact.contact_id)
                self._starting[position] = attempt
        if record.operation == "CreateParticipant" and "ParticipantId" in members:
            self._players.add(members["ParticipantId"])

    def plays(self, item: TranscriptItem) -> bool:
        """Whether clients act for the participant of an item: their calls are drawn."""
        return item.participant_role == "CUSTOMER" or item.participant_id in self._players

    def events(self) -> Iterator[Event]:
        """Yield a call and what came of it for every attempt, and the start of a contact between the two."""
        for position, record in enumerate(self._records):
            starting = self._starting.get(position)
            for number, attempt in enumerate(record.attempts):
                yield Event("call", attempt.time, record.order, partial(_call, record, position + 1, number + 1))
                if number == starting and record.contact is not None:
                    yield Event("life", attempt.time, record.order, partial(_start, record.contact))
                again = starting is None or number > starting
                yield Event(_kind(attempt), attempt.time, record.order, partial(_result, record, attempt, again))


def _committing_attempt(record: RecordedRequest, contact: Contact) -> int | None:
    """Return which attempt of a request started its contact; `None` where an earlier request did."""
    serving = [
        (attempt.time, -number)
        for number, attempt in enumerate(record.attempts)
        if attempt.time <= contact.initiation_timestamp
        and (attempt.error is None or (attempt.fault or "").startswith(SERVED))
    ]
    return -max(serving)[1] if serving else None


def _contact_events(calls: _Calls, contacts: Iterable[ContactRecord], start: datetime) -> Iterator[Event]:
    """Yield what calls do not show: contacts that a test set up, their ends, and what the other side does."""
    past: list[ContactRecord] = []
    for contact in contacts:
        items = contact.transcript
        if contact.ended_at is not None and contact.ended_at < start:
            past.append(contact)
            continue
        if contact.contact_id not in calls.starts:
            yield Event("life", contact.initiation_timestamp, contact.order, partial(_start, contact.view))
        for item in items:
            if item.content_type == CHAT_ENDED:
                yield Event("life", item.absolute_time, item.order, partial(_end, contact))
            elif item.participant_role is not None and not calls.plays(item):
                yield Event("other", item.absolute_time, item.order, partial(_said, item))
    if past:
        yield Event("life", start, BEFORE_ALL - 1, partial(_past, past, start))


def _with_times(events: list[Event], start: datetime, now: datetime, least: timedelta) -> Iterator[Event]:
    """Yield the events, and before each that is later than the one before, how much later it is."""
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


def _start(contact: Contact) -> str:
    name = short_id(contact.contact_id)
    if contact.previous_contact_id is not None:
        return f"contact {name} goes on from {short_id(contact.previous_contact_id)} (transfer)"
    text = f"contact {name} starts: {plain(contact.display_name, NAME)}"
    source = contact.continued_from_contact_id
    if source is None or any(item.content_type == CHAT_REHYDRATED for item in contact.transcript):
        return text
    return f"{text}, continues {short_id(source)} ({contact.rehydration_type})"


def _end(contact: ContactRecord) -> str:
    return f"contact {short_id(contact.contact_id)} ends: {plain(str(contact.disconnect_reason))}"


def _past(past: list[ContactRecord], start: datetime) -> str:
    last = max(past, key=lambda contact: contact.ended_at or start)
    ids = [short_id(contact.contact_id) for contact in past]
    listed = ", ".join(ids if len(ids) <= 3 else [ids[0], "...", ids[-1]])  # noqa: PLR2004
    ago = duration(start - (last.ended_at or start))
    return f"{counted(len(past), 'past contact')}: {listed}, ended {ago} before"


def _said(item: TranscriptItem) -> str:
    name = "bot" if item.participant_role == FLOW_ROLE else f"{plain(str(item.display_name), NAME)}"
    if item.content_type == PARTICIPANT_JOINED:
        return f"{name} ({item.participant_role}) joins"
    if item.content_type == PARTICIPANT_LEFT:
        return f"{name} leaves"
    return f"{name}: {value(item.content)}"
