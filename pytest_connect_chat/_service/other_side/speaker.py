"""What agents, bots and the flow can all do in a chat."""

from __future__ import annotations

import mimetypes
from abc import ABC, abstractmethod

from pytest_connect_chat._names import FixedNames
from pytest_connect_chat._service import actions
from pytest_connect_chat._service.arguments import require_text
from pytest_connect_chat._service.chats.attachments import (
    ATTACHMENT_BYTES,
    ATTACHMENTS_PER_CHAT,
    STATUSES,
    Attachment,
    AttachmentStatus,
    not_a_type,
)
from pytest_connect_chat._service.chats.transcript import TYPING, TranscriptItem, event_name
from pytest_connect_chat._service.contacts.contact import ContactRecord
from pytest_connect_chat._service.other_side import scanning
from pytest_connect_chat._service.participants import WITH_RECEIPTS, Participant
from pytest_connect_chat._service.rules.events import EVENTS, RECEIPTS
from pytest_connect_chat._service.rules.messages import SUPPORTED_CONTENT_TYPES
from pytest_connect_chat._service.state import ServiceState
from pytest_connect_chat._text import shown
from pytest_connect_chat.exceptions import SceneError


class Speaker(FixedNames, ABC):
    """Something that the test plays in a chat: an agent, a bot, a supervisor or the flow.

    Args:
        state: What the service holds.
        participant: Its participant.
    """

    def __init__(self, state: ServiceState, participant: Participant) -> None:
        self._state = state
        self._participant = participant

    def send_message(self, content: str, content_type: str = "text/plain") -> TranscriptItem:
        """Say something in the chat.

        Args:
            content: The text; for an interactive message, its JSON.
            content_type: A content type of messages. Participants have to use one that the chat supports.

        Returns:
            The item of the transcript.

        Raises:
            SceneError: The chat has ended, the speaker has left it, or a value is not valid.
        """
        require_text(content, "content")
        with self._state.moment() as now:
            valid = self._content_types(self._open_contact())
            if content_type not in valid:
                who = self._who_decides(content_type)
                raise SceneError(f"content_type={shown(content_type)} is not valid. Valid: {', '.join(valid)}.{who}")
            return actions.send_message(self._state, self._participant, content_type, content, now)

    def send_attachment(
        self,
        name: str,
        content: bytes,
        content_type: str | None = None,
        status: AttachmentStatus = "APPROVED",
    ) -> TranscriptItem:
        """Send a file, as one that has been uploaded and scanned.

        It counts towards the chat's quota of 35 (administrator guide: feature-limits). It has the same limits of size
        and type as a customer's file (assumed).

        Args:
            name: Its name, which ends in one of the types that the service takes by default, for example `.pdf`.
            content: Its bytes, at most 20 MB and not empty. They are in `attachments[0].content` of the item.
            content_type: Its MIME type; by default the one that Python's `mimetypes` gives for the name.
            status: The result of its scan. GetAttachment gives a file only if it is `"APPROVED"`. For one that is
                `"IN_PROGRESS"`, the next `scan_attachments_with` decides.

        Returns:
            The item of the transcript, with the file in `attachments`.

        Raises:
            SceneError: The chat has ended or has its quota of files, the speaker has left it, or a value is not valid.
        """
        if problem := not_a_type(name) if isinstance(name, str) else f"is a text, not {shown(name)}.":
            raise SceneError(f"name {problem}")
        if not isinstance(content, bytes) or not 1 <= len(content) <= ATTACHMENT_BYTES:
            given = f"{len(content)} of them" if isinstance(content, bytes) else f"{type(content).__name__}"
            raise SceneError(f"content is bytes, 1 to {ATTACHMENT_BYTES}, and not {given}.")
        if content_type is None:
            content_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
        require_text(content_type, "content_type")
        if status not in STATUSES:
            raise SceneError(f"status={shown(status)} is not valid. Valid: {', '.join(STATUSES)}.")
        state, chat = self._state, self._participant.first_contact.contact_id
        with state.moment() as now:
            self._open_contact()
            if state.attachments.count(chat) >= ATTACHMENTS_PER_CHAT:
                raise SceneError(f"The chat has {ATTACHMENTS_PER_CHAT} attachments, and takes no more.")
            attachment = Attachment(
                attachment_id=state.identifiers.attachment_id(),
                attachment_name=name,
                content_type=content_type,
                size_in_bytes=len(content),
                content=content,
                status=status,
                is_uploaded=True,
            )
            state.attachments.keep(chat, attachment)
            item = actions.send_attachment(state, self._participant, attachment, now)
            scanning.go_on(state, self._participant, attachment, item.id)
            return item

    def send_event(self, event: str = "typing", *, message_id: str | None = None) -> None:
        """Send an event. As on the service, it is not in the transcript; a receipt shows in the item of its message.

        Args:
            event: `"typing"`, `"message.delivered"` or `"message.read"`, or the whole content type.
            message_id: The message that a receipt is for.

        Raises:
            SceneError: The chat has ended, the speaker has left it, or there is no such event or message.
        """
        names = [event_name(content_type) for content_type in EVENTS]
        if event not in names and event not in EVENTS:
            raise SceneError(f"event={shown(event)} is not valid. Valid: {', '.join(names)}.")
        content_type = event if event in EVENTS else EVENTS[names.index(event)]
        if content_type in RECEIPTS and message_id is None:
            raise SceneError(f"The event {shown(event)} needs the message_id of the message that it is for.")
        if content_type not in RECEIPTS and message_id is not None:
            raise SceneError(f"message_id goes with message.delivered or message.read, not with {shown(event)}.")
        state, speaker = self._state, self._participant
        with state.moment() as now:
            self._open_contact()
            if content_type == TYPING:
                actions.send_typing(state, speaker, state.identifiers.transcript_item_id(), now)
            if message_id is None:
                return
            present = sum(one.is_present for one in state.participants.of(speaker.first_contact))
            if present > WITH_RECEIPTS:
                raise SceneError(f"Receipts are for chats of {WITH_RECEIPTS} participants, and this one has {present}.")
            message = actions.find_message(state, speaker, message_id)
            if message is None or message.participant_id == speaker.participant_id:
                hint = " Give its id." if isinstance(message_id, TranscriptItem) else ""
                raise SceneError(
                    f"message_id={shown(message_id)} is no message of another participant of the chat.{hint}"
                )
            actions.send_receipt(state, speaker, message, content_type, now)

    @abstractmethod
    def _open_contact(self) -> ContactRecord:
        """Return the contact in which the speaker can act now.

        Raises:
            SceneError: There is none; the message says why.
        """

    def _content_types(self, contact: ContactRecord) -> tuple[str, ...]:
        """Return the content types in which the speaker can say something."""
        return contact.supported_messaging_content_types

    def _who_decides(self, content_type: str) -> str:
        """Return a sentence on what makes a content type valid here; empty for one that never is."""
        if content_type not in SUPPORTED_CONTENT_TYPES:
            return ""
        return " SupportedMessagingContentTypes of StartChatContact says what the chat supports."
