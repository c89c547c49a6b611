"""Contacts, and the registry that is the single state of the fake."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from pytest_connect_chat._names import FixedNames
from pytest_connect_chat._service.chats.transcript import CHAT_ENDED, TRANSFER_SUCCEEDED, TranscriptItem
from pytest_connect_chat._service.clock import Clock, iso_timestamp
from pytest_connect_chat._service.contacts.contact import Contact
from pytest_connect_chat._service.feed import Feed
from pytest_connect_chat._service.identifiers import Identifiers
from pytest_connect_chat._text import counted

EXPIRED: Final = "EXPIRED"
NOT_CONNECTED: Final = "CUSTOMER_CONNECTION_NOT_ESTABLISHED"


class ContactRegistry(FixedNames, Mapping[str, Contact]):
    """Every contact of the fake by its id, in the order in which they were registered.

    Args:
        clock: Tells when contacts expire.
        identifiers: Gives the ids of transcript items.
        feed: Is told what happens.
    """

    def __init__(self, clock: Clock, identifiers: Identifiers, feed: Feed) -> None:
        self._clock = clock
        self._identifiers = identifiers
        self._feed = feed
        self._contacts: dict[str, Contact] = {}
        self._active: Counter[str] = Counter()
        self._deadlines: list[tuple[datetime, int, Contact, str]] = []
        self._last_ended: dict[str, Contact] = {}
        self._transferred: dict[str, Contact] = {}
        self._by_participant_token: dict[str, Contact] = {}
        clock.on_move(self.settle)

    def __getitem__(self, contact_id: str) -> Contact:
        __tracebackhide__ = True
        try:
            return self._contacts[contact_id]
        except KeyError:
            _refuse_contact(contact_id)
            raise KeyError(
                f"no contact has the id {contact_id!r}; the fake has {counted(len(self), 'contact')}"
            ) from None

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._contacts))

    def __len__(self) -> int:
        return len(self._contacts)

    def __contains__(self, contact_id: object) -> bool:
        _refuse_contact(contact_id)
        return contact_id in self._contacts

    def __repr__(self) -> str:
        return f"<ContactRegistry: {counted(len(self), 'contact')}, {len(self.active)} active>"

    @property
    def last(self) -> Contact:
        """The contact that was registered last.

        Raises:
            LookupError: There is none.
        """
        with self._feed:
            if not self._contacts:
                raise LookupError("No contact has been started or added yet.")
            return next(reversed(self._contacts.values()))

    @property
    def active(self) -> tuple[Contact, ...]:
        """The contacts that have not ended, in order of their start."""
        self._clock.now()  # what is due by now happens
        return tuple(contact for contact in list(self._contacts.values()) if contact._disconnect_timestamp is None)

    @property
    def ended(self) -> tuple[Contact, ...]:
        """The contacts that have ended, in order of their start."""
        self._clock.now()  # what is due by now happens
        return tuple(contact for contact in list(self._contacts.values()) if contact._disconnect_timestamp is not None)

    def add(self, contact: Contact, connect_by: datetime | None = None) -> None:
        """Register a contact that has just started; it ends if its customer has not connected by then."""
        contact._order = self._feed.next_order()
        self._contacts[contact.contact_id] = contact
        self._by_participant_token[contact.participant_token] = contact
        if contact.previous_contact_id is not None:
            self._transferred[contact.initial_contact_id] = contact
        if contact._initial_message is not None:
            message = contact._initial_message
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

    def _schedule_end(self, contact: Contact, moment: datetime, disconnect_reason: str) -> None:
        heapq.heappush(self._deadlines, (moment, contact._order, contact, disconnect_reason))

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
            if disconnect_reason == NOT_CONNECTED and current._connected:
                self._schedule_end(contact, contact.expires_at, EXPIRED)
            else:
                self.end(current, disconnect_reason, moment)

    def end(self, contact: Contact, disconnect_reason: str | None, moment: datetime) -> None:
        """End a contact unless it has ended: the one place where contacts end. A transfer gives no reason."""
        if contact._disconnect_timestamp is not None:
            return
        contact._disconnect_timestamp = moment
        contact._disconnect_reason = disconnect_reason
        content_type = CHAT_ENDED if disconnect_reason else TRANSFER_SUCCEEDED
        self.say(contact, type="EVENT", content_type=content_type, absolute_time=moment)
        self._active[contact.instance_id] -= 1
        last = self._last_ended.get(contact.initial_contact_id)
        if last is None or last._disconnect_timestamp is None or last._disconnect_timestamp <= moment:
            self._last_ended[contact.initial_contact_id] = contact

    def active_count(self, instance_id: str) -> int:
        """Return how many contacts of the instance are active."""
        return self._active[instance_id]

    def current(self, contact: Contact) -> Contact:
        """Return the contact at which the contact's session has arrived: itself unless it was transferred."""
        return self._transferred.get(contact.initial_contact_id, contact)

    def with_participant_token(self, participant_token: str) -> Contact | None:
        """Return the contact whose customer has this participant token, or `None`."""
        return self._by_participant_token.get(participant_token)

    def last_ended_of_session(self, initial_contact_id: str) -> Contact | None:
        """Return the most recently ended contact of a session, or `None` if none has ended."""
        return self._last_ended.get(initial_contact_id)

    def describe(self, contact: Contact) -> str:
        """Return how messages speak of the state of a contact."""
        if contact._disconnect_timestamp is None:
            return "it is still active"
        reason = contact._disconnect_reason or "no reason"
        if reason == NOT_CONNECTED:
            reason += (
                ": nobody connected in time; the setting connect_within says how soon that must be, and "
                "ConnectParticipant counts only once the contact is streamed"
            )
        return f"it ended at {iso_timestamp(contact._disconnect_timestamp)} ({reason})"

    def say(self, contact: Contact, **members: Any) -> TranscriptItem:
        """Add an item to the transcript of a contact, and return it."""
        item = TranscriptItem(
            id=self._identifiers.transcript_item_id(),
            contact_id=contact.contact_id,
            _order=self._feed.next_order(),
            **members,
        )
        contact._transcript.append(item)
        self._feed.publish(contact, item)
        return item

    def replace(self, item: TranscriptItem, changed: TranscriptItem) -> None:
        """Put a changed item into the place of the one that a transcript has."""
        transcript = self._contacts[item.contact_id]._transcript
        transcript[transcript.index(item)] = changed


def _refuse_contact(contact_id: object) -> None:
    if isinstance(contact_id, Contact):
        raise TypeError("contacts are known by their ids, such as contact.contact_id, not by the contacts themselves.")
