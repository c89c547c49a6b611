"""One contact, as tests see it."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from pytest_connect_chat._names import SuggestsNames
from pytest_connect_chat._service.chats.transcript import TranscriptItem
from pytest_connect_chat._service.clock import Clock

PAST_CONTACTS: Final = 100  # "at most 100 past contacts" are traversed: administrator guide, chat-persistence


@dataclass(slots=True, eq=False, kw_only=True, repr=False)
class Contact(SuggestsNames):
    """One chat contact of the fake, as a live view: what happens to the contact shows here at once.

    The names are AWS's, in snake case. Collections are copies: changing one changes nothing in the fake.

    Attributes:
        contact_id: The id of this contact, a UUID.
        instance_id: The instance it was started in.
        contact_flow_id: The flow that was started.
        region: The region of the client that started it.
        participant_id: The customer's participant id.
        participant_token: The customer's participant token.
        display_name: The customer's display name.
        initial_contact_id: The first contact of this session; its own id unless it came about by a transfer.
        previous_contact_id: The contact it was transferred from, else `None`.
        related_contact_id: The `RelatedContactId` of the request, or the resolved source of a persistent chat.
        continued_from_contact_id: The resolved source of a persistent chat, else `None`.
        rehydration_type: `"ENTIRE_PAST_SESSION"`, `"FROM_SEGMENT"` or `None`.
        customer_id: The `CustomerId` of the request, or `None`.
        supported_messaging_content_types: What the chat accepts; plain text where the request did not say.
        disconnect_on_customer_exit: The participant types that leave with the customer.
        initiation_timestamp: When it was started (aware, UTC).
        expires_at: When it ends with the reason `EXPIRED`, at the latest.
    """

    contact_id: str
    instance_id: str
    contact_flow_id: str
    region: str
    participant_id: str
    participant_token: str
    display_name: str
    initial_contact_id: str
    initiation_timestamp: datetime
    expires_at: datetime
    previous_contact_id: str | None = None
    related_contact_id: str | None = None
    continued_from_contact_id: str | None = None
    rehydration_type: str | None = None
    customer_id: str | None = None
    supported_messaging_content_types: tuple[str, ...] = ("text/plain",)
    disconnect_on_customer_exit: tuple[str, ...] = ()
    _attributes: dict[str, str] = field(default_factory=dict)
    _segment_attributes: dict[str, Any] = field(default_factory=dict)
    _initial_message: dict[str, str] | None = None
    _tags: tuple[tuple[str, str], ...] = ()
    _streamings: tuple[tuple[str, str], ...] = ()
    _transcript: list[TranscriptItem] = field(default_factory=list)
    _connected: bool = False
    _customer_left: datetime | None = None
    _disconnect_timestamp: datetime | None = None
    _disconnect_reason: str | None = None
    _updated: datetime | None = None
    _order: int = 0
    _clock: Clock
    _others: Mapping[str, Contact]  # all contacts of the fake, by id

    def __repr__(self) -> str:
        state = "active" if self.is_active else f"ended {self.disconnect_reason}"
        return f"<Contact {self.contact_id} {self.display_name!r} {state}>"

    @property
    def attributes(self) -> dict[str, str]:
        """The contact attributes."""
        return dict(self._attributes)

    @property
    def segment_attributes(self) -> dict[str, Any]:
        """The segment attributes, in the form of the request."""
        return deepcopy(self._segment_attributes)

    @property
    def tags(self) -> dict[str, str]:
        """The tags that were put on the contact."""
        return dict(self._tags)

    @property
    def initial_message(self) -> dict[str, str] | None:
        """The `InitialMessage` of the request (`ContentType` and `Content`), or `None`."""
        return self._initial_message and dict(self._initial_message)

    @property
    def is_active(self) -> bool:
        """Whether the contact has not ended yet."""
        self._clock.now()  # what is due by now happens
        return self._disconnect_timestamp is None

    @property
    def disconnect_timestamp(self) -> datetime | None:
        """When the customer left the contact, else when it ended, or `None`."""
        self._clock.now()  # what is due by now happens
        return self._customer_left or self._disconnect_timestamp

    @property
    def disconnect_reason(self) -> str | None:
        """Why the contact ended, for example `"API"` or `"EXPIRED"`; `None` while it is active."""
        self._clock.now()  # what is due by now happens
        return self._disconnect_reason

    @property
    def transcript(self) -> tuple[TranscriptItem, ...]:
        """The messages and events of this contact, oldest first."""
        self._clock.now()  # what is due by now happens
        return tuple(self._transcript)

    @property
    def past_contact_ids(self) -> tuple[str, ...]:
        """The past contacts whose transcripts a persistent chat shows, latest first, 100 at most."""
        past: list[str] = []
        next_id = self._others[self.initial_contact_id].continued_from_contact_id
        while next_id is not None and len(past) < PAST_CONTACTS:
            past.append(next_id)
            current = self._others[next_id]
            next_id = current.previous_contact_id or current.continued_from_contact_id
        return tuple(past)
