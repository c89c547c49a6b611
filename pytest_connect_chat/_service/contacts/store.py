"""All contacts of one fake, and the one place where they start, end and get their messages and events."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime
from typing import Any, Final, NamedTuple

from pytest_connect_chat._service.chats.notifications import Notification, notifications_of
from pytest_connect_chat._service.chats.transcript import CHAT_ENDED, TRANSFER_SUCCEEDED, TranscriptItem
from pytest_connect_chat._service.contacts.contact import ContactRecord
from pytest_connect_chat._service.deadlines import Deadlines
from pytest_connect_chat._service.feed import Feed
from pytest_connect_chat._service.identifiers import Identifiers
from pytest_connect_chat._time import iso_timestamp

EXPIRED: Final = "EXPIRED"
NOT_CONNECTED: Final = "CUSTOMER_CONNECTION_NOT_ESTABLISHED"


class Happening(NamedTuple):
    """A message, a file, an event, a receipt or the end of a contact, as the feed publishes it.

    Attributes:
        contact: The contact in which it happened.
        item: What happened.
        notifications: What Connect published of it.
    """

    contact: ContactRecord
    item: TranscriptItem
    notifications: tuple[Notification, ...]


class ContactStore:
    """Every contact of the fake.

    Args:
        deadlines: Take the moments at which contacts end.
        identifiers: Gives the ids of transcript items.
        feed: Publishes what happens.

    Attributes:
        by_id: The contacts by their ids, in the order in which they were registered.
        notifications: All that was published.
        passing: Events that no transcript keeps: typing and receipts.
    """

    def __init__(self, deadlines: Deadlines, identifiers: Identifiers, feed: Feed) -> None:
        self.by_id: dict[str, ContactRecord] = {}
        self.notifications: list[Notification] = []
        self.passing: list[TranscriptItem] = []
        self._identifiers = identifiers
        self._feed = feed
        self._active: Counter[str] = Counter()
        self._deadlines = deadlines
        self._last_ended: dict[str, ContactRecord] = {}
        self._latest: dict[str, ContactRecord] = {}
        self._by_participant_token: dict[str, ContactRecord] = {}
        self._at_its_end = self._end_at  # one bound method for all contacts

    def initial(self, contact: ContactRecord) -> ContactRecord:
        """Return the first contact of a contact's session."""
        return self.by_id[contact.initial_contact_id]

    def add(self, contact: ContactRecord, connect_by: datetime | None = None) -> None:
        """Register a contact that has just started; it ends if its customer has not connected by then."""
        contact.order = self._feed.next_order()
        self.by_id[contact.contact_id] = contact
        if contact.channel != "CHAT":
            return  # a voice contact can be related to, and no more
        self._by_participant_token[contact.participant_token] = contact
        if contact.previous_contact_id is not None:
            self._latest[contact.initial_contact_id] = contact
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
            self._deadlines.add(contact.expires_at, contact.order, self._at_its_end, contact, EXPIRED)
        else:
            self._deadlines.add(connect_by, contact.order, self._at_its_end, contact, NOT_CONNECTED)

    def _end_at(self, moment: datetime, contact: ContactRecord, disconnect_reason: str) -> None:
        current = self.current(contact)
        if disconnect_reason == NOT_CONNECTED and current.connected:
            self._deadlines.add(contact.expires_at, contact.order, self._at_its_end, contact, EXPIRED)
        else:
            self.end(current, disconnect_reason, moment)

    def end(self, contact: ContactRecord, disconnect_reason: str | None, moment: datetime) -> None:
        """End a contact unless it has ended. Without a reason it is a transfer; with one the chat ends."""
        if contact.ended_at is None:
            self._end_contact(contact, disconnect_reason, moment)
            if contact.channel == "CHAT":
                content_type = CHAT_ENDED if disconnect_reason else TRANSFER_SUCCEEDED
                self.say(contact, type="EVENT", content_type=content_type, absolute_time=moment)

    def transfer(self, contact: ContactRecord, contact_flow_id: str, moment: datetime) -> ContactRecord:
        """End an active contact without a reason, and return the new one in which the chat goes on."""
        self.end(contact, None, moment)
        return self._go_on(contact, "TRANSFER", contact_flow_id, moment)

    def start_disconnect_flow(self, contact: ContactRecord, disconnect_reason: str, moment: datetime) -> ContactRecord:
        """End an active contact with its reason, and return the new one in which the disconnect flow plays.

        There is no event for this (assumed): the chat has not ended.
        """
        self._end_contact(contact, disconnect_reason, moment)
        return self._go_on(contact, "DISCONNECT", contact.contact_flow_id, moment)

    def _go_on(
        self, contact: ContactRecord, initiation_method: str, contact_flow_id: str, moment: datetime
    ) -> ContactRecord:
        """Return a new contact that takes over participants, tokens and attributes from one that has ended."""
        params = {member: value for member, value in contact.params.items() if member != "InitialMessage"}
        # The contacts of one session share their attributes (assumed).
        segment = replace(
            contact,
            contact_id=self._identifiers.contact()[0],
            params=params | {"ContactFlowId": contact_flow_id},
            initiation_method=initiation_method,
            previous_contact_id=contact.contact_id,
            related_contact_id=None,
            continued_from_contact_id=None,
            rehydration_type=None,
            initiation_timestamp=moment,
            transcript=[],
            tags={},
            streamings=(),
            updated=None,
            customer_left_at=None,
            ended_at=None,
            ended_order=0,
            disconnect_reason=None,
        )
        self.add(segment)
        return segment

    def _end_contact(self, contact: ContactRecord, disconnect_reason: str | None, moment: datetime) -> None:
        """Note the end of a contact. All ends of contacts come by here."""
        contact.ended_at, contact.ended_order = moment, self._feed.next_order()
        contact.disconnect_reason = disconnect_reason
        if contact.channel == "CHAT":
            self._active[contact.instance_id] -= 1
        last = self._last_ended.get(contact.initial_contact_id)
        if last is None or last.ended_at is None or last.ended_at <= moment:
            self._last_ended[contact.initial_contact_id] = contact

    def active_count(self, instance_id: str) -> int:
        """Return how many contacts of the instance are active."""
        return self._active[instance_id]

    def current(self, contact: ContactRecord) -> ContactRecord:
        """Return the current contact of a contact's session: itself, unless the chat went on in another."""
        return self._latest.get(contact.initial_contact_id, contact)

    def with_participant_token(self, participant_token: str) -> ContactRecord | None:
        """Return the contact whose customer has this participant token, or `None`."""
        return self._by_participant_token.get(participant_token)

    def last_ended_of_session(self, initial_contact_id: str) -> ContactRecord | None:
        """Return the most recently ended contact of a session, or `None` if none has ended."""
        return self._last_ended.get(initial_contact_id)

    def describe(self, contact: ContactRecord) -> str:
        """Return the state of a contact in words, for messages."""
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
        item = self._item(contact, id=self._identifiers.transcript_item_id(), **members)
        contact.transcript.append(item)
        self.tell(contact, item)
        return item

    def pass_on(self, contact: ContactRecord, **members: Any) -> None:
        """Publish something that is not in the transcript, such as typing or a receipt."""
        item = self._item(contact, **members)
        self.passing.append(item)
        self.tell(contact, item)

    def replace(self, item: TranscriptItem, changed: TranscriptItem) -> None:
        """Replace an item of a transcript by a changed one."""
        transcript = self.by_id[item.contact_id].transcript
        place = next(index for index in range(len(transcript) - 1, -1, -1) if transcript[index] is item)
        transcript[place] = changed

    def tell(self, contact: ContactRecord, item: TranscriptItem) -> None:
        """Publish an item to the topics of a streamed chat, and to the listeners of the feed."""
        published: tuple[Notification, ...] = ()
        first = self.initial(contact)
        if first.streamings:
            published = notifications_of(
                item,
                first.streamings,
                initial_contact_id=first.contact_id,
                instance_id=first.instance_id,
                new_id=self._identifiers.notification_id,
            )
            self.notifications.extend(published)
        self._feed.publish(first.contact_id, Happening(contact, item, published))

    def _item(self, contact: ContactRecord, **members: Any) -> TranscriptItem:
        return TranscriptItem(contact_id=contact.contact_id, order=self._feed.next_order(), **members)
