"""The messages, events and files of a contact."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NamedTuple

from pytest_connect_chat._names import SuggestsNames
from pytest_connect_chat._service.chats.attachments import Attachment
from pytest_connect_chat._text import cut

_EVENT: Final = "application/vnd.amazonaws.connect.event."


def event_name(content_type: str) -> str:
    """Return the end of an event's content type, such as `typing`. Other content types are returned as they are."""
    return content_type.removeprefix(_EVENT)


CHAT_ENDED: Final = f"{_EVENT}chat.ended"
CHAT_REHYDRATED: Final = f"{_EVENT}chat.rehydrated"
PARTICIPANT_JOINED: Final = f"{_EVENT}participant.joined"
PARTICIPANT_LEFT: Final = f"{_EVENT}participant.left"
TRANSFER_SUCCEEDED: Final = f"{_EVENT}transfer.succeeded"
TYPING: Final = f"{_EVENT}typing"
MESSAGE_DELIVERED: Final = f"{_EVENT}message.delivered"
MESSAGE_READ: Final = f"{_EVENT}message.read"
MESSAGE_METADATA: Final = f"{_EVENT}message.metadata"
CONNECTION_ACKNOWLEDGED: Final = f"{_EVENT}connection.acknowledged"  # has had no effect since the end of 2024


class Receipt(NamedTuple):
    """The receipts of one participant for a message of another.

    Attributes:
        recipient_participant_id: The participant that received the message.
        delivered_timestamp: When it reported that the message was delivered; `None` if it did not.
        read_timestamp: When it reported that it had read the message; `None` if it did not.
    """

    recipient_participant_id: str
    delivered_timestamp: datetime | None = None
    read_timestamp: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscriptItem(SuggestsNames):
    """One message or event of a contact, with the members of a `GetTranscript` item.

    Attributes:
        id: The id of the item.
        type: `"MESSAGE"`, `"EVENT"` or `"ATTACHMENT"`.
        content_type: Its content type; that of an event says which one it is, for example
            `"application/vnd.amazonaws.connect.event.participant.joined"`.
        content: The text of a message, `None` for events.
        absolute_time: When it was sent.
        contact_id: The contact it belongs to.
        participant_id: Who sent it; the flow has an id too. `None` for events without a participant, such as the end.
        participant_role: `"CUSTOMER"`, `"AGENT"`, `"SYSTEM"`, ...; `None` without a participant.
        display_name: The sender's display name; `None` without a participant.
        attachments: The files of an item of type `"ATTACHMENT"`.
        order: Its place in the order of all that happened, among requests, contacts and the items of transcripts.
        receipts: The receipts of other participants for a message.
    """

    id: str
    type: str
    content_type: str
    absolute_time: datetime
    contact_id: str
    content: str | Any = None  # with `Any`, checkers let `content.endswith(...)` pass
    participant_id: str | None = None
    participant_role: str | None = None
    display_name: str | None = None
    attachments: tuple[Attachment, ...] = ()
    receipts: tuple[Receipt, ...] = ()
    order: int = field(default=0, repr=False, compare=False)

    @property
    def words(self) -> str:
        """Who did what, in a few words."""
        name = "" if self.participant_role is None else f"{self.participant_role} {self.display_name!r}: "
        if self.type == "MESSAGE":
            return f"{name}{cut(repr(self.content))}"
        if self.attachments:
            return name + ", ".join(f"{file.attachment_name} ({file.status})" for file in self.attachments)
        return f"{name}{event_name(self.content_type)}"
