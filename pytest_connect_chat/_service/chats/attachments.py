"""The files that participants send: announced, uploaded to a URL, completed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Literal, get_args
from urllib.parse import quote

from pytest_connect_chat._names import SuggestsNames
from pytest_connect_chat._text import shown

ATTACHMENTS_PER_CHAT: Final = 35  # administrator guide: feature-limits
ATTACHMENT_TYPES: Final = (  # likewise
    *("csv", "doc", "docx", "heic", "jfif", "jpeg", "jpg", "mov", "mp4", "pdf", "png", "ppt", "pptx", "rtf", "txt"),
    *("wav", "xls", "xlsx"),
)
ATTACHMENT_BYTES: Final = 20 * 1024 * 1024  # likewise "20 MB"; that it means this many bytes is assumed


AttachmentStatus = Literal["APPROVED", "REJECTED", "IN_PROGRESS"]
STATUSES: Final[tuple[str, ...]] = get_args(AttachmentStatus)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment(SuggestsNames):
    """One file of a chat.

    Attributes:
        attachment_id: Its id.
        attachment_name: Its name.
        content_type: Its MIME type.
        size_in_bytes: Its size, as the sender announced it.
        content: Its bytes; `None` if the fake does not have them, since without an endpoint nothing listens at the URL
            to which a client sends them.
        status: `"IN_PROGRESS"` until its upload is completed and it has been scanned, then `"APPROVED"` or
            `"REJECTED"`.
        is_uploaded: Whether its upload is completed.
    """

    attachment_id: str
    attachment_name: str
    content_type: str
    size_in_bytes: int
    content: bytes | None = field(default=None, repr=False)
    status: AttachmentStatus = "IN_PROGRESS"
    is_uploaded: bool = False

    @property
    def content_disposition(self) -> str:
        """The header that names the file. Characters that are not ASCII are percent-encoded in it (assumed)."""
        return f'attachment; filename="{quote(self.attachment_name, safe=" ()")}"'


Verdict = Callable[[Attachment], AttachmentStatus]


def not_a_type(attachment_name: str) -> str | None:
    """Return what is wrong with the file type of a name, or `None`."""
    _, dot, extension = attachment_name.rpartition(".")
    if dot and extension.lower() in ATTACHMENT_TYPES:
        return None
    return f"is {shown(attachment_name)}; valid types are {', '.join(ATTACHMENT_TYPES)}."


class Attachments:
    """The attachments of all chats, by the initial contact of each.

    Attributes:
        verdict: Decides the scan of a customer's file; `None` if all files are approved at once.
        scans: The scans in progress, by attachment: the chat of each, and a function that asks for its verdict again.
    """

    def __init__(self) -> None:
        self.verdict: Verdict | None = None
        self.scans: dict[str, tuple[str, Callable[[], object]]] = {}
        self._by_chat: defaultdict[str, dict[str, Attachment]] = defaultdict(dict)
        self._chats: dict[str, str] = {}

    def count(self, initial_contact_id: str) -> int:
        """Return how many attachments of a chat have been announced."""
        return len(self._by_chat[initial_contact_id])

    def find(self, initial_contact_id: str, attachment_id: str) -> Attachment | None:
        """Return an attachment of a chat, or `None`."""
        return self._by_chat[initial_contact_id].get(attachment_id)

    def keep(self, initial_contact_id: str, attachment: Attachment) -> None:
        """Keep an attachment that is new or has changed."""
        self._by_chat[initial_contact_id][attachment.attachment_id] = attachment
        self._chats[attachment.attachment_id] = initial_contact_id

    def chat_of(self, attachment_id: str) -> str:
        """Return the initial contact of the chat that an attachment belongs to."""
        return self._chats[attachment_id]
