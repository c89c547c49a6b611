"""All contacts of one fake, and the one place where they start, end and are spoken in."""

from __future__ import annotations

import heapq
from collections import Counter
from datetime import datetime
from typing import Any, Final

from pytest_connect_chat._service.chats.transcript import CHAT_ENDED, TRANSFER_SUCCEEDED, TranscriptItem
from pytest_connect_chat._service.clock import Clock
from pytest_connect_chat._service.contacts.contact import ContactRecord
from pytest_connect_chat._service.feed import Feed
from pytest_connect_chat._service.identifiers import Identifiers
from pytest_connect_chat._time import iso_timestamp

EXPIRED: Final = "EXPIRED"
NOT_CONNECTED: Final = "CUSTOMER_CONNECTION_NOT_ESTABLISHED"


class ContactStore:
    """Every contact of the fake.

    Args:
        clock: Tells when contacts expire.
        identifiers: Gives the ids of transcript items.
        feed: Is told what happens.

    Attributes:
        by_id: The contacts by their ids, in the order in which they were registered.
    """

    def __init__(self, clock: Clock, identifiers: Identifiers, feed: Feed) -> None:
        self.by_id: dict[str, ContactRecord] = {}
        self._clock = clock
        self._identifiers = identifiers
        self._feed = feed
        self._active: Counter[str] = Counter()
        self._deadlines: list[tuple[datetime, int, ContactRecord, str]] = []
        self._last_ended: dict[str, ContactRecord] = {}
        self._transferred: dict[str, ContactRecord] = {}
        self._by_participant_token: dict[str, ContactRecord] = {}
        clock.on_move(self.settle)

    def initial(self, contact: ContactRecord) -> ContactRecord:
        """Return the first contact of a contact's session."""
        return self.by_id[contact.initial_contact_id]

    def add(self, contact: ContactRecord, connect_by: datetime | None = None) -> None:
        """Register a contact that has just started; it ends if its customer has not connected by then."""
        contact.order = self._feed.next_order()
        self.by_id[contact.contact_id] = contact
        self._by_participant_token[contact.participant_token] = contact
        if contact.previous_contact_id is not None:
            self._transferred[contact.initial_contact_id] = contact
        if contact.initial_message is not None:
            message = contact.initial_message
            self.say(
                contact,
                type="MESSAGE",
                content_type=message["ContentType"],
                content=message["Content"],
                absolute_time=contact.initiation_timestamp,
                participant_id=contact.participant_id,
                participant_role="CUSTOMER",
                display_name=contact.display_name,
            )
        self._active[contact.instance_id] += 1
        if connect_by is None or connect_by > contact.expires_at:
            self._schedule_end(contact, contact.expires_at, EXPIRED)
        else:
            self._schedule_end(contact, connect_by, NOT_CONNECTED)

    def _schedule_end(self, contact: ContactRecord, moment: datetime, disconnect_reason: str) -> None:
        heapq.heappush(self._deadlines, (moment, contact.order, contact, disconnect_reason))

    def settled_now(self) -> datetime:
        """Return the moment at which what happens now is decided. What is due by then has happened.

        Read it once for each decision, with the feed's lock held: a call that waits in another thread, and the system's
        time, may move the clock at any time.
        """
        now = self._clock.now()
        self.settle(now)
        return now

    def settle(self, now: datetime) -> None:
        """End every contact whose time has come by then."""
        deadlines = self._deadlines
        if deadlines and deadlines[0][0] <= now:
            with self._feed:
                self._end_what_is_due(now)

    def _end_what_is_due(self, now: datetime) -> None:
        deadlines = self._deadlines
        while deadlines and deadlines[0][0] <= now:
            moment, _, contact, disconnect_reason = heapq.heappop(deadlines)
            current = self.current(contact)
            if disconnect_reason == NOT_CONNECTED and current.connected:
                self._schedule_end(contact, contact.expires_at, EXPIRED)
            else:
                self.end(current, disconnect_reason, moment)

    def end(self, contact: ContactRecord, disconnect_reason: str | None, moment: datetime) -> None:
        """End a contact unless it has ended: the one place where contacts end. A transfer gives no reason."""
        if contact.ended_at is not None:
            return
        contact.ended_at = moment
        contact.disconnect_reason = disconnect_reason
        content_type = CHAT_ENDED if disconnect_reason else TRANSFER_SUCCEEDED
        self.say(contact, type="EVENT", content_type=content_type, absolute_time=moment)
        self._active[contact.instance_id] -= 1
        last = self._last_ended.get(contact.initial_contact_id)
        if last is None or last.ended_at is None or last.ended_at <= moment:
            self._last_ended[contact.initial_contact_id] = contact

    def active_count(self, instance_id: str) -> int:
        """Return how many contacts of the instance are active."""
        return self._active[instance_id]

    def current(self, contact: ContactRecord) -> ContactRecord:
        """Return the contact at which the contact's session has arrived: itself unless it was transferred."""
        return self._transferred.get(contact.initial_contact_id, contact)

    def with_participant_token(self, participant_token: str) -> ContactRecord | None:
        """Return the contact whose customer has this participant token, or `None`."""
        return self._by_participant_token.get(participant_token)

    def last_ended_of_session(self, initial_contact_id: str) -> ContactRecord | None:
        """Return the most recently ended contact of a session, or `None` if none has ended."""
        return self._last_ended.get(initial_contact_id)

    def describe(self, contact: ContactRecord) -> str:
        """Return how messages speak of the state of a contact."""
        if contact.ended_at is None:
            return "it is still active"
        reason = contact.disconnect_reason or "no reason"
        if reason == NOT_CONNECTED:
            reason += (
                ": nobody connected in time; the setting connect_within says how soon that must be, and "
                "ConnectParticipant counts only once the contact is streamed"
            )
        return f"it ended at {iso_timestamp(contact.ended_at)} ({reason})"

    def say(self, contact: ContactRecord, **members: Any) -> TranscriptItem:
        """Add an item to the transcript of a contact, and return it."""
        item = self.announce(contact, id=self._identifiers.transcript_item_id(), **members)
        contact.transcript.append(item)
        return item

    def announce(self, contact: ContactRecord, **members: Any) -> TranscriptItem:
        """Tell of something that is no item of the transcript, such as typing or a receipt."""
        item = TranscriptItem(contact_id=contact.contact_id, order=self._feed.next_order(), **members)
        self._feed.publish(contact, item)
        return item

    def replace(self, item: TranscriptItem, changed: TranscriptItem) -> None:
        """Put a changed item into the place of the one that a transcript has."""
        transcript = self.by_id[item.contact_id].transcript
        transcript[transcript.index(item)] = changed
