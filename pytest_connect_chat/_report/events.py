"""The events on a fake that its calls do not show: of contacts, the other side, flows, notifications."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final, Literal, NamedTuple

from pytest_connect_chat._report.words import NAME, duration, plain, value
from pytest_connect_chat._service.calls import StrayRequest
from pytest_connect_chat._service.chats.notifications import Notification
from pytest_connect_chat._service.chats.transcript import (
    CHAT_REHYDRATED,
    PARTICIPANT_JOINED,
    PARTICIPANT_LEFT,
    TranscriptItem,
)
from pytest_connect_chat._service.clock import Clock
from pytest_connect_chat._service.contacts.contact import Contact, ContactRecord
from pytest_connect_chat._service.other_side.flow_run import FlowStep
from pytest_connect_chat._service.participants import FLOW_ROLE
from pytest_connect_chat._service.records.recorded_request import RecordedRequest
from pytest_connect_chat._text import counted

SERVED: Final = ("response lost", "delayed")  # the first words of faults under which a request is served
BEFORE_ALL: Final = -1
STRAY: Final = 240  # characters of the text on a stray request

# An arrow to the service, three arrows back to the application, one from the other side, one to the application by SNS;
# then what is no arrow.
Kind = Literal["call", "answer", "refusal", "loss", "other", "notification", "life", "time", "gap"]


@dataclass(slots=True)
class Event:
    """Something that happened. Its words are found when they are shown: there may be many events.

    Attributes:
        kind: What it is.
        time: When it happened.
        rank: Its place in the order of all that happened, also at the same time.
        words: Returns its text.
        ended: The id of the contact that ended with it, if any.
    """

    kind: Kind
    time: datetime
    rank: int
    words: Callable[[], str]
    ended: str | None = None


class History(NamedTuple):
    """All that one fake knows of what happened.

    Attributes:
        records: The recorded requests, in order.
        contacts: The contacts, in order of their start.
        passing: Typing and receipts.
        steps: What the flows did.
        notifications: What was published.
        strays: The requests that belong to no call.
        clock: The clock.
    """

    records: Sequence[RecordedRequest]
    contacts: Sequence[ContactRecord]
    passing: Sequence[TranscriptItem]
    steps: Sequence[FlowStep]
    notifications: Sequence[Notification]
    strays: Sequence[StrayRequest]
    clock: Clock


class ShownByRequests:
    """Knows which starts of contacts, and which participants, the recorded requests show already.

    Args:
        records: The recorded requests, in order.

    Attributes:
        starting: By the position of a request that started a contact: the number of the attempt that did.
    """

    def __init__(self, records: Sequence[RecordedRequest]) -> None:
        self.starting: dict[int, int] = {}
        self._starts: set[str] = set()
        self._players: set[str] = set()
        for position, record in enumerate(records):
            self._note(position, record)

    def _note(self, position: int, record: RecordedRequest) -> None:
        contact = record.contact
        if record.operation == "StartChatContact" and contact is not None and contact.contact_id not in self._starts:
            attempt = _committing_attempt(record, contact)
            if attempt is not None:
                self._starts.add(contact.contact_id)
                self.starting[position] = attempt
        if record.operation == "CreateParticipant" and "ParticipantId" in (response := record.response or {}):
            self._players.add(response["ParticipantId"])

    def started(self, contact: ContactRecord) -> bool:
        """Whether one of them started a contact."""
        return contact.contact_id in self._starts

    def acts_for(self, participant_id: str | None, customers: Collection[str]) -> bool:
        """Whether clients act for a participant."""
        return participant_id in customers or participant_id in self._players


def _committing_attempt(record: RecordedRequest, contact: Contact) -> int | None:
    """Return the number of the attempt that started the contact; `None` if an earlier request did."""
    serving = [
        (attempt.time, -number)
        for number, attempt in enumerate(record.attempts)
        if attempt.time <= contact.initiation_timestamp
        and (attempt.error is None or (attempt.fault or "").startswith(SERVED))
    ]
    return -max(serving)[1] if serving else None


def events_beside_requests(in_requests: ShownByRequests, history: History) -> Iterator[Event]:
    """Yield the events that calls do not show."""
    start = history.clock.start
    past = [contact for contact in history.contacts if contact.ended_at is not None and contact.ended_at < start]
    if past:
        yield Event("life", start, BEFORE_ALL - 1, partial(_past, past, start))
    for contact in history.contacts:
        if contact.ended_at is None or contact.ended_at >= start:
            yield from _life_events(in_requests, contact)
    yield from _other_events(in_requests, history)
    for step in history.steps:
        yield Event("other", step.time, step.order, partial(plain, step.text))
    for stray in history.strays:
        yield Event("refusal", stray.time, stray.order, partial(plain, stray.text, STRAY))
    for notification in history.notifications:
        yield Event("notification", notification.time, notification.order, partial(_published, notification))


def _life_events(in_requests: ShownByRequests, contact: ContactRecord) -> Iterator[Event]:
    if not in_requests.started(contact):
        yield Event("life", contact.initiation_timestamp, contact.order, partial(_start, contact))
    if contact.ended_at is not None and contact.disconnect_reason is not None:  # a transfer shows by its next contact
        yield Event("life", contact.ended_at, contact.ended_order, partial(_end, contact), contact.contact_id)


def _other_events(in_requests: ShownByRequests, history: History) -> Iterator[Event]:
    """Yield what participants without a client said and did."""
    start, customers = history.clock.start, {contact.participant_id for contact in history.contacts}
    names: dict[str | None, str] = {}
    for item in (item for contact in history.contacts for item in contact.transcript):
        names[item.participant_id] = _name(item)
        by_others = item.participant_id is not None and not in_requests.acts_for(item.participant_id, customers)
        if by_others and item.absolute_time >= start:
            yield Event("other", item.absolute_time, item.order, partial(_said, item))
    for item in history.passing:
        participant_id = item.receipts[0].recipient_participant_id if item.receipts else item.participant_id
        if not in_requests.acts_for(participant_id, customers):
            name = names.get(participant_id, "bot")
            yield Event("other", item.absolute_time, item.order, partial(_passed, name, item))


# -- words -------------------------------------------------------------------------------------------------------------


def short_id(contact_id: str) -> str:
    """Return the first eight characters of an id in the service's form; others as they are."""
    return plain(contact_id, NAME)


def start_of(contact: Contact) -> str:
    """Return a sentence on the start of a contact."""
    name = short_id(contact.contact_id)
    if contact.previous_contact_id is not None:
        before = short_id(contact.previous_contact_id)
        how = "disconnect flow" if contact.initiation_method == "DISCONNECT" else "transfer"
        return f"contact {name} goes on from {before} ({how})"
    channel = "" if contact.channel == "CHAT" else f" ({contact.channel})"
    text = f"contact {name} starts{channel}: {plain(contact.display_name, NAME)}"
    source = contact.continued_from_contact_id
    if source is None or any(item.content_type == CHAT_REHYDRATED for item in contact.transcript):
        return text
    return f"{text}, continues {short_id(source)} ({contact.rehydration_type})"


def _start(contact: ContactRecord) -> str:
    return start_of(contact.view)


def _end(contact: ContactRecord) -> str:
    return f"contact {short_id(contact.contact_id)} ends: {plain(str(contact.disconnect_reason))}"


def _past(past: list[ContactRecord], start: datetime) -> str:
    last = max(past, key=lambda contact: contact.ended_at or start)
    ids = [short_id(contact.contact_id) for contact in past]
    listed = ", ".join(ids if len(ids) <= 3 else [ids[0], "...", ids[-1]])  # noqa: PLR2004
    ago = duration(start - (last.ended_at or start))
    return f"{counted(len(past), 'past contact')}: {listed}, ended {ago} before"


def _name(item: TranscriptItem) -> str:
    return "bot" if item.participant_role == FLOW_ROLE else plain(str(item.display_name), NAME)


def _said(item: TranscriptItem) -> str:
    name = _name(item)
    if item.content_type == PARTICIPANT_JOINED:
        return f"{name} ({item.participant_role}) joins"
    if item.content_type == PARTICIPANT_LEFT:
        return f"{name} leaves"
    if item.attachments:
        return f"{name} sends {plain(item.attachments[0].attachment_name, NAME)} ({item.attachments[0].status})"
    return f"{name}: {value(item.content)}"


def _passed(name: str, item: TranscriptItem) -> str:
    if not item.receipts:
        return f"{name} types"
    return f"{name} has {'got' if item.receipts[0].read_timestamp is None else 'read'} a message"


def _published(notification: Notification) -> str:
    return f"notification to {plain(notification.topic, NAME)}: {notification.words}"
