"""What was said in a contact."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

CHAT_ENDED = "application/vnd.amazonaws.connect.event.chat.ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscriptItem:
    """One message or event of a contact, with the members of a `GetTranscript` item.

    Attributes:
        id: The id of the item.
        type: Its type, for example `"MESSAGE"` or `"CHAT_ENDED"`.
        content_type: Its content type; those of events begin `application/vnd.amazonaws.connect.event.`.
        content: The text of a message, `None` for events.
        absolute_time: When it was sent.
        contact_id: The contact it belongs to.
        participant_id: Who sent it, `None` for system events such as the end of the chat.
        participant_role: `"CUSTOMER"`, `"AGENT"`, `"SYSTEM"`, ...; `None` where there is no participant.
        display_name: The sender's display name; `None` where there is no participant.
    """

    id: str
    type: str
    content_type: str
    absolute_time: datetime
    contact_id: str
    content: str | None = None
    participant_id: str | None = None
    participant_role: str | None = None
    display_name: str | None = None
