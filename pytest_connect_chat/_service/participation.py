"""What participants do in a chat, whether a client's request says so or a test."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from pytest_connect_chat._service.attachments import Attachment
from pytest_connect_chat._service.participants import Participant
from pytest_connect_chat._service.transcript import PARTICIPANT_JOINED, PARTICIPANT_LEFT, TranscriptItem
from pytest_connect_chat.exceptions import SceneError

if TYPE_CHECKING:
    from pytest_connect_chat._service.service import ConnectChatService

BotReply = str | Callable[[TranscriptItem], str | None]

# How the flow's own items name themselves: seen in public transcripts. That they have no participant id is assumed.
BOT_ROLE = "SYSTEM"
BOT_NAME = "SYSTEM_MESSAGE"


def join(service: ConnectChatService, participant: Participant, now: datetime) -> None:
    """Let a participant connect. Only the first time shows in the transcript (assumed)."""
    if participant.connected_at is not None:
        return
    participant.connected_at = now
    contact = service.contacts.current(participant.first_contact)
    _say(service, participant, now, type="PARTICIPANT_JOINED", content_type=PARTICIPANT_JOINED)
    if participant.role == "CUSTOMER":
        contact._connected = True
        first = participant.first_contact
        if first._initial_message is not None:  # the flow takes it once it has started, and so with the customer
            _reply(service, participant, first._transcript[0], now)


def send_message(
    service: ConnectChatService, participant: Participant, content_type: str, content: str, now: datetime
) -> TranscriptItem:
    """Let a participant say something; the test's bot answers the customer."""
    item = _say(service, participant, now, type="MESSAGE", content_type=content_type, content=content)
    if participant.role == "CUSTOMER":
        _reply(service, participant, item, now)
    return item


def send_attachment(
    service: ConnectChatService, participant: Participant, attachment: Attachment, now: datetime
) -> TranscriptItem:
    """Let a participant send a file that has been uploaded; that the item has the file's content type is assumed."""
    return _say(
        service,
        participant,
        now,
        type="ATTACHMENT",
        content_type=attachment.content_type,
        attachments=(attachment,),
    )


def leave(service: ConnectChatService, participant: Participant, now: datetime) -> None:
    """Let a participant disconnect, and end the contact where nobody is left to keep it open.

    A customer's leaving ends it unless an agent is present, whom `DisconnectOnCustomerExit` sends away. An agent's
    leaving ends it unless another is present. That the customer who left first stays the reason is assumed.
    """
    contact = service.contacts.current(participant.first_contact)
    customer, *others = service.participants.of(contact)
    _go(service, participant, now)
    agents = [other for other in others if other.role == "AGENT" and other.is_present]
    if participant is customer and "AGENT" in contact.disconnect_on_customer_exit:
        for agent in agents:
            _go(service, agent, now)
        agents = []
    if participant.role in ("CUSTOMER", "AGENT") and not agents:
        service.contacts.end(contact, "CUSTOMER_DISCONNECT" if customer.has_left else "AGENT_DISCONNECT", now)


def _go(service: ConnectChatService, participant: Participant, now: datetime) -> None:
    if participant.is_present:
        _say(service, participant, now, type="PARTICIPANT_LEFT", content_type=PARTICIPANT_LEFT)
    participant.has_left = True


def _reply(service: ConnectChatService, customer: Participant, message: TranscriptItem, now: datetime) -> None:
    reply = service.reply
    text = reply(message) if callable(reply) else reply
    if text is None:
        return
    if not isinstance(text, str) or not text:
        raise SceneError(f"The callable of reply_with() returns a non-empty text, or None for no answer, not {text!r}.")
    service.contacts.say(
        service.contacts.current(customer.first_contact),
        type="MESSAGE",
        content_type="text/plain",
        content=text,
        absolute_time=now,
        participant_role=BOT_ROLE,
        display_name=BOT_NAME,
    )


def _say(
    service: ConnectChatService,
    participant: Participant,
    now: datetime,
    *,
    type: str,
    content_type: str,
    content: str | None = None,
    attachments: tuple[Attachment, ...] = (),
) -> TranscriptItem:
    return service.contacts.say(
        service.contacts.current(participant.first_contact),
        type=type,
        content_type=content_type,
        content=content,
        attachments=attachments,
        absolute_time=now,
        participant_id=participant.participant_id,
        participant_role=participant.role,
        display_name=participant.display_name,
    )
