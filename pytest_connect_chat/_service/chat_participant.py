"""A participant that the test plays."""

from __future__ import annotations

import mimetypes
from typing import Final

from pytest_connect_chat._names import FixedNames
from pytest_connect_chat._service import actions
from pytest_connect_chat._service.chats.attachments import (
    ATTACHMENT_BYTES,
    ATTACHMENTS_PER_CHAT,
    Attachment,
    not_a_type,
)
from pytest_connect_chat._service.chats.transcript import TYPING, TranscriptItem
from pytest_connect_chat._service.contacts.contact import ContactRecord
from pytest_connect_chat._service.participants import PARTICIPANTS_PER_CHAT, Participant
from pytest_connect_chat._service.rules.events import EVENTS, RECEIPTS
from pytest_connect_chat._service.scene import active_contact
from pytest_connect_chat._service.state import ServiceState
from pytest_connect_chat._text import shown
from pytest_connect_chat.exceptions import SceneError

ROLES: Final = ("AGENT", "CUSTOM_BOT", "SUPERVISOR")


class ChatParticipant(FixedNames):
    """A participant that the test plays. It stays in the chat when the contact is transferred.

    Args:
        state: What the service holds.
        participant: The participant.
    """

    def __init__(self, state: ServiceState, participant: Participant) -> None:
        self._state = state
        self._participant = participant

    def __repr__(self) -> str:
        return f"<{self.role} {self.display_name!r}>"

    @property
    def participant_id(self) -> str:
        """The participant's id."""
        return self._participant.participant_id

    @property
    def role(self) -> str:
        """`"AGENT"`, `"CUSTOM_BOT"` or `"SUPERVISOR"`."""
        return self._participant.role

    @property
    def display_name(self) -> str:
        """The name that the customer sees."""
        return self._participant.display_name

    def send_message(self, content: str, content_type: str = "text/plain") -> TranscriptItem:
        """Say something in the chat.

        Args:
            content: The text.
            content_type: One of the content types that the chat supports.

        Returns:
            The item of the transcript.

        Raises:
            SceneError: The chat has ended, the participant has left it, or a value is not valid.
        """
        if not isinstance(content, str) or not content:
            raise SceneError(f"content is a non-empty text, not {shown(content)}.")
        with self._state.feed:
            now = self._state.contacts.settled_now()
            supported = self._open_contact().supported_messaging_content_types
            if content_type not in supported:
                raise SceneError(
                    f"content_type={content_type!r} is not supported by the chat. Valid: {', '.join(supported)}."
                )
            return actions.send_message(self._state, self._participant, content_type, content, now)

    def send_attachment(self, name: str, content: bytes, content_type: str | None = None) -> TranscriptItem:
        """Send a file, as one that has been uploaded and approved.

        It counts towards the chat's quota of 35 (administrator guide: feature-limits). That a file of an agent has the
        limits of size and type that a customer's has is assumed.

        Args:
            name: Its name, which ends in one of the types that the service takes by default, for example `.pdf`.
            content: Its bytes, 1 to 20 MB; `attachments[0].content` of the item.
            content_type: Its MIME type; by default the one that Python's `mimetypes` gives for the name.

        Returns:
            The item of the transcript, with the file in `attachments`.

        Raises:
            SceneError: The chat has ended or has its quota of files, the participant has left it, or a value is not
                valid.
        """
        if problem := not_a_type(name) if isinstance(name, str) else f"is a text, not {shown(name)}.":
            raise SceneError(f"name {problem}")
        if not isinstance(content, bytes) or not 1 <= len(content) <= ATTACHMENT_BYTES:
            given = f"{len(content)} bytes" if isinstance(content, bytes) else shown(content)
            raise SceneError(f"content is 1 to {ATTACHMENT_BYTES} bytes, not {given}.")
        if content_type is None:
            content_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
        if not isinstance(content_type, str) or not content_type:
            raise SceneError(f"content_type is a non-empty text, not {shown(content_type)}.")
        state, chat = self._state, self._participant.first_contact.contact_id
        with state.feed:
            now = state.contacts.settled_now()
            self._open_contact()
            if state.attachments.count(chat) >= ATTACHMENTS_PER_CHAT:
                raise SceneError(f"The chat has {ATTACHMENTS_PER_CHAT} attachments, and takes no more.")
            attachment = Attachment(
                attachment_id=state.identifiers.attachment_id(),
                attachment_name=name,
                content_type=content_type,
                size_in_bytes=len(content),
                content=content,
                status="APPROVED",
            )
            state.attachments.add(chat, attachment)
            return actions.send_attachment(state, self._participant, attachment, now)

    def send_event(self, event: str = "typing", *, message_id: str | None = None) -> None:
        """Send an event. As with the service, it is no item of the transcript; a receipt shows in that of its message.

        Args:
            event: `"typing"`, `"message.delivered"` or `"message.read"`, or the whole content type.
            message_id: The message that a receipt is for.

        Raises:
            SceneError: The chat has ended, the participant has left it, or there is no such event or message.
        """
        names = [content_type.rpartition(".event.")[2] for content_type in EVENTS]
        if event not in names and event not in EVENTS:
            raise SceneError(f"event={event!r} is not valid. Valid: {', '.join(names)}.")
        content_type = event if event in EVENTS else EVENTS[names.index(event)]
        state = self._state
        with state.feed:
            now = state.contacts.settled_now()
            self._open_contact()
            if content_type == TYPING:
                actions.send_typing(state, self._participant, state.identifiers.transcript_item_id(), now)
            if message_id is None:
                return
            message = actions.find_message(state, self._participant, message_id)
            if message is None or message.participant_id == self.participant_id:
                raise SceneError(f"message_id={message_id!r} is no message of another participant of the chat.")
            if content_type not in RECEIPTS:
                raise SceneError(f"message_id goes with message.delivered or message.read, not with {event!r}.")
            actions.send_receipt(state, self._participant, message, content_type, now)

    def disconnect(self) -> None:
        """Leave the chat. The contact ends with `AGENT_DISCONNECT` when its last agent leaves.

        Raises:
            SceneError: The chat has ended, or the participant has left it already.
        """
        with self._state.feed:
            now = self._state.contacts.settled_now()
            self._open_contact()
            actions.leave(self._state, self._participant, now)

    def _open_contact(self) -> ContactRecord:
        contacts = self._state.contacts
        contact = contacts.current(self._participant.first_contact)
        if not contact.is_active:
            raise SceneError(f"The chat of {self!r} is over: {contacts.describe(contact)}.")
        if self._participant.has_left:
            raise SceneError(f"{self!r} has left the chat.")
        return contact


def add_participant(state: ServiceState, contact_id: str, role: str, display_name: str) -> ChatParticipant:
    """Let somebody join a chat; see `FakeConnectChat.add_participant`."""
    if role not in ROLES:
        raise SceneError(f"role={role!r} is not valid. Valid: {', '.join(ROLES)}; the customer joins through a client.")
    if not isinstance(display_name, str) or not display_name:
        raise SceneError(f"display_name is a non-empty text, not {shown(display_name)}.")
    with state.feed:
        now = state.contacts.settled_now()
        contact = active_contact(state, contact_id)
        present = sum(one.takes_part(now) for one in state.participants.of(contact))
        if present >= PARTICIPANTS_PER_CHAT:
            raise SceneError(f"The chat of the contact {contact_id} has {present} participants, and takes no more.")
        participant = state.participants.add(contact, role, display_name)
        actions.join(state, participant, now)
        return ChatParticipant(state, participant)
