"""One contact: `ContactRecord` as the service keeps it, `Contact` as tests see it."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from pytest_connect_chat._names import FixedNames
from pytest_connect_chat._service.chats.notifications import Streaming
from pytest_connect_chat._service.chats.transcript import TranscriptItem
from pytest_connect_chat._service.clock import Clock
from pytest_connect_chat._text import printable

DEFAULT_DURATION: Final = timedelta(minutes=1_500)  # API reference: StartChatContact, "defaults to 25 hour"
PAST_CONTACTS: Final = 100  # "at most 100 past contacts" are traversed: administrator guide, chat-persistence


@dataclass(slots=True, eq=False, repr=False)
class ContactRecord:
    """What the service keeps of one contact. The attributes that are not listed here are explained in `Contact`.

    Attributes:
        params: The members of the request that started it, or that could have started it.
        clock: Tells the time, and lets happen what is due by then.
        others: All contacts of the fake, by id.
        streamings: The topics that its chat is streamed to; the first contact of a chat has them.
        connected: Whether its customer has connected.
        customer_left_at: When its customer left, `None` while there.
        ended_at: When it ended, `None` while it is active.
        ended_order: The place of its end in the order of all that happened.
        updated: When a request changed it last.
        order: Its place in the order of all that happened.
    """

    contact_id: str
    initial_contact_id: str
    participant_id: str
    participant_token: str
    region: str
    params: Mapping[str, Any]
    attributes: dict[str, str]
    initiation_timestamp: datetime
    expires_at: datetime
    clock: Clock
    others: Mapping[str, ContactRecord]
    channel: str = "CHAT"
    initiation_method: str = "API"
    previous_contact_id: str | None = None
    related_contact_id: str | None = None
    continued_from_contact_id: str | None = None
    rehydration_type: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    streamings: tuple[Streaming, ...] = ()
    transcript: list[TranscriptItem] = field(default_factory=list)
    connected: bool = False
    customer_left_at: datetime | None = None
    ended_at: datetime | None = None
    ended_order: int = 0
    disconnect_reason: str | None = None
    updated: datetime | None = None
    order: int = 0
    _view: Contact | None = field(default=None, init=False)

    @property
    def instance_id(self) -> str:
        """The instance it is in."""
        return str(self.params["InstanceId"])

    @property
    def contact_flow_id(self) -> str:
        """The flow that it started with."""
        return str(self.params["ContactFlowId"])

    @property
    def display_name(self) -> str:
        """The customer's display name."""
        return str(self.params["ParticipantDetails"]["DisplayName"])

    @property
    def customer_id(self) -> str | None:
        """The `CustomerId`, or `None`."""
        return self.params.get("CustomerId")

    @property
    def supported_messaging_content_types(self) -> tuple[str, ...]:
        """The content types that the chat accepts."""
        return tuple(self.params.get("SupportedMessagingContentTypes", ("text/plain",)))

    @property
    def disconnect_on_customer_exit(self) -> tuple[str, ...]:
        """The participant types that leave with the customer."""
        return tuple(self.params.get("DisconnectOnCustomerExit", ()))

    @property
    def segment_attributes(self) -> Mapping[str, Any]:
        """The segment attributes, in the form of the request."""
        return dict(self.params.get("SegmentAttributes", {}))

    @property
    def initial_message(self) -> Mapping[str, str] | None:
        """The `InitialMessage`, or `None`."""
        return self.params.get("InitialMessage")

    @property
    def is_active(self) -> bool:
        """Whether it has not ended. What is due by now must have happened already."""
        return self.ended_at is None

    @property
    def disconnect_timestamp(self) -> datetime | None:
        """When the customer left, else when it ended, or `None`."""
        return self.customer_left_at or self.ended_at

    @property
    def past_contact_ids(self) -> tuple[str, ...]:
        """The past contacts whose transcripts a persistent chat shows, latest first, 100 at most."""
        past: list[str] = []
        next_id = self.others[self.initial_contact_id].continued_from_contact_id
        while next_id is not None and len(past) < PAST_CONTACTS:
            past.append(next_id)
            current = self.others[next_id]
            next_id = current.previous_contact_id or current.continued_from_contact_id
        return tuple(past)

    def continue_from(self, source: ContactRecord, rehydration_type: str | None) -> None:
        """Note the past contact that this contact, a persistent chat, continues from."""
        self.related_contact_id = self.continued_from_contact_id = source.contact_id
        self.rehydration_type = rehydration_type

    @property
    def view(self) -> Contact:
        """The contact as tests see it, always the same."""
        if self._view is None:
            self._view = Contact(self)
        return self._view


def whose_id(given: object) -> str:
    """Return a sentence that says where the id is in what is given in its place, if it has one."""
    if isinstance(given, Contact):
        return " Give its contact_id."
    if isinstance(given, Mapping) and "ContactId" in given:
        return " Give its ['ContactId']."
    if isinstance(given, tuple) and given and isinstance(given[-1], Contact):
        return " Give the contact_id of one of them, such as [-1].contact_id."
    return ""


class Contact(FixedNames):
    """One contact of the fake, as a live view: what happens to the contact shows here at once.

    The names are AWS's, in snake case. Nothing can be assigned, and collections are copies: changing one changes
    nothing in the fake.
    """

    __slots__ = ("_record",)

    def __init__(self, record: ContactRecord) -> None:
        self._record = record

    @classmethod
    def _hint_at(cls, name: str) -> str:
        if name in ("state", "status"):
            return " As on the service there is none: is_active and disconnect_reason say how it stands."
        if hasattr(cls, name):
            return " It shows what happens: requests, stop_contact(), transfer() and the clock change a contact."
        return super()._hint_at(name)

    def __repr__(self) -> str:
        state = "active" if self.is_active else f"ended {self.disconnect_reason}"
        channel = "" if self.channel == "CHAT" else f"{self.channel} "
        topics = ", ".join(streaming.topic_arn.rpartition(":")[2] for streaming in self.streamings)
        streamed = f", streamed to {topics}" if topics else ""
        return printable(f"<Contact {self.contact_id} {self.display_name!r} {channel}{state}{streamed}>")

    def _now(self) -> ContactRecord:
        """Return the record, once what is due by now has happened."""
        self._record.clock.now()
        return self._record

    @property
    def contact_id(self) -> str:
        """The id of this contact, a UUID."""
        return self._record.contact_id

    @property
    def instance_id(self) -> str:
        """The instance it was started in."""
        return self._record.instance_id

    @property
    def contact_flow_id(self) -> str:
        """The flow that was started."""
        return self._record.contact_flow_id

    @property
    def channel(self) -> str:
        """`"CHAT"`, or `"VOICE"` for a voice contact that the test has added."""
        return self._record.channel

    @property
    def initiation_method(self) -> str:
        """`"API"`; `"TRANSFER"` after a transfer, `"DISCONNECT"` in a disconnect flow, `"INBOUND"` for voice."""
        return self._record.initiation_method

    @property
    def region(self) -> str:
        """The region of the client that started it."""
        return self._record.region

    @property
    def participant_id(self) -> str:
        """The customer's participant id."""
        return self._record.participant_id

    @property
    def participant_token(self) -> str:
        """The customer's participant token."""
        return self._record.participant_token

    @property
    def display_name(self) -> str:
        """The customer's display name."""
        return self._record.display_name

    @property
    def initial_contact_id(self) -> str:
        """The id of the first contact of this session: its own id, unless the chat went on in this contact."""
        return self._record.initial_contact_id

    @property
    def previous_contact_id(self) -> str | None:
        """The id of the contact before it in its session, else `None`."""
        return self._record.previous_contact_id

    @property
    def related_contact_id(self) -> str | None:
        """The `RelatedContactId` of the request, or the id of the contact that a persistent chat continues from."""
        return self._record.related_contact_id

    @property
    def continued_from_contact_id(self) -> str | None:
        """The id of the contact that a persistent chat continues from, else `None`."""
        return self._record.continued_from_contact_id

    @property
    def rehydration_type(self) -> str | None:
        """`"ENTIRE_PAST_SESSION"`, `"FROM_SEGMENT"` or `None`."""
        return self._record.rehydration_type

    @property
    def customer_id(self) -> str | None:
        """The `CustomerId` of the request, or `None`."""
        return self._record.customer_id

    @property
    def supported_messaging_content_types(self) -> tuple[str, ...]:
        """The content types that the chat accepts: plain text unless the request said otherwise."""
        return self._record.supported_messaging_content_types

    @property
    def disconnect_on_customer_exit(self) -> tuple[str, ...]:
        """The participant types that leave with the customer."""
        return self._record.disconnect_on_customer_exit

    @property
    def initiation_timestamp(self) -> datetime:
        """When it was started (aware, UTC)."""
        return self._record.initiation_timestamp

    @property
    def expires_at(self) -> datetime:
        """When a chat ends at the latest, with the reason `EXPIRED`. A voice contact lasts until it is stopped."""
        return self._record.expires_at

    @property
    def attributes(self) -> dict[str, str]:
        """The contact attributes."""
        return dict(self._record.attributes)

    @property
    def segment_attributes(self) -> dict[str, Any]:
        """The segment attributes, in the form of the request."""
        return deepcopy(dict(self._record.segment_attributes))

    @property
    def tags(self) -> dict[str, str]:
        """The tags that were put on the contact."""
        return dict(self._record.tags)

    @property
    def initial_message(self) -> dict[str, str] | None:
        """The `InitialMessage` of the request (`ContentType` and `Content`), or `None`."""
        message = self._record.initial_message
        return None if message is None else dict(message)

    @property
    def is_active(self) -> bool:
        """Whether the contact has not ended yet."""
        return self._now().is_active

    @property
    def disconnect_timestamp(self) -> datetime | None:
        """When the customer left the contact, else when it ended; `None` before both."""
        return self._now().disconnect_timestamp

    @property
    def disconnect_reason(self) -> str | None:
        """Why the contact ended, for example `"API"` or `"EXPIRED"`; `None` while it is active."""
        return self._now().disconnect_reason

    @property
    def transcript(self) -> tuple[TranscriptItem, ...]:
        """The messages and events of this contact, oldest first."""
        return tuple(self._now().transcript)

    @property
    def streamings(self) -> tuple[Streaming, ...]:
        """The SNS topics that it is streamed to now; none once it has ended."""
        return self._now().others[self._record.initial_contact_id].streamings if self.is_active else ()

    @property
    def past_contact_ids(self) -> tuple[str, ...]:
        """The ids of the past contacts whose transcripts a persistent chat shows, latest first, 100 at most."""
        return self._record.past_contact_ids
