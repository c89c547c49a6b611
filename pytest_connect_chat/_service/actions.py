"""What participants do in a chat, at the request of a client or of a test."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from pytest_connect_chat._service.chats.attachments import Attachment
from pytest_connect_chat._service.chats.transcript import (
    MESSAGE_METADATA,
    MESSAGE_READ,
    PARTICIPANT_JOINED,
    PARTICIPANT_LEFT,
    TYPING,
    Receipt,
    TranscriptItem,
)
from pytest_connect_chat._service.contacts.lineage import session_of
from pytest_connect_chat._service.participants import Participant
from pytest_connect_chat._service.state import ServiceState


def join(state: ServiceState, participant: Participant, now: datetime) -> None:
    """Let a participant connect. Only the first time shows in the transcript (assumed)."""
    if participant.connected_at is not None:
        return
    participant.connected_at = now
    contact = state.contacts.current(participant.first_contact)
    _say(state, participant, now, type="EVENT", content_type=PARTICIPANT_JOINED)
    if participant.role == "AGENT":  # "will be disconnected when an agent ... joins"
        for other in state.participants.of(contact):
            if other.role == "CUSTOM_BOT":
                _go(state, other, now)
    if participant.role == "CUSTOMER":
        contact.connected = True


def send_message(
    state: ServiceState, participant: Participant, content_type: str, content: str, now: datetime
) -> TranscriptItem:
    """Let a participant say something."""
    return _say(state, participant, now, type="MESSAGE", content_type=content_type, content=content)


def send_attachment(
    state: ServiceState, participant: Participant, attachment: Attachment, now: datetime
) -> TranscriptItem:
    """Let a participant send a file that has been uploaded; that the item has the file's content type is assumed."""
    return _say(
        state,
        participant,
        now,
        type="ATTACHMENT",
        content_type=attachment.content_type,
        attachments=(attachment,),
    )


def leave(state: ServiceState, participant: Participant, now: datetime) -> None:
    """Let a participant disconnect, and end the contact if nobody is left to keep it open.

    When a customer leaves, an agent keeps the contact open, unless `DisconnectOnCustomerExit` sends agents away. When
    an agent leaves, another agent keeps it open. If the customer left first, the reason is the customer's (assumed).

    With a disconnect flow, the chat goes on in a new contact when its agents have left before the customer, or were
    sent away by the customer: "allowing them to continue through disconnect flows such as surveys".
    """
    contact = state.contacts.current(participant.first_contact)
    customer, *others = state.participants.of(contact)
    agents = [other for other in others if other.role == "AGENT" and other.is_present and other is not participant]
    sent_away = agents if participant is customer and "AGENT" in contact.disconnect_on_customer_exit else []
    goes_on = state.disconnect_flow is not None and not customer.has_left
    if sent_away and goes_on:  # the customer does not leave the chat, which goes on with them (assumed)
        for agent in sent_away:
            _go(state, agent, now)
        state.contacts.start_disconnect_flow(contact, "CUSTOMER_DISCONNECT", now)
        return
    for one in (participant, *sent_away):
        _go(state, one, now)
    if participant.role not in ("CUSTOMER", "AGENT") or (agents and not sent_away):
        return
    if participant.role == "AGENT" and goes_on:
        state.contacts.start_disconnect_flow(contact, "AGENT_DISCONNECT", now)
    else:
        state.contacts.end(contact, "CUSTOMER_DISCONNECT" if customer.has_left else "AGENT_DISCONNECT", now)


def send_receipt(
    state: ServiceState, participant: Participant, message: TranscriptItem, content_type: str, now: datetime
) -> None:
    """Let a participant report that a message was delivered to it, or read by it. The first time counts (assumed)."""
    receipts = {receipt.recipient_participant_id: receipt for receipt in message.receipts}
    receipt = receipts.get(participant.participant_id) or Receipt(participant.participant_id)
    if content_type == MESSAGE_READ:
        receipt = receipt._replace(read_timestamp=receipt.read_timestamp or now)
    else:
        receipt = receipt._replace(delivered_timestamp=receipt.delivered_timestamp or now)
    if receipts.get(participant.participant_id) == receipt:
        return
    receipts[participant.participant_id] = receipt
    state.contacts.replace(message, replace(message, receipts=tuple(receipts.values())))
    state.contacts.pass_on(
        state.contacts.current(participant.first_contact),
        id=message.id,
        type="MESSAGEMETADATA",
        content_type=MESSAGE_METADATA,
        absolute_time=now,
        receipts=(receipt,),
    )


def send_typing(state: ServiceState, participant: Participant, item_id: str, now: datetime) -> None:
    """Let a participant type. This is in no transcript."""
    state.contacts.pass_on(
        state.contacts.current(participant.first_contact),
        id=item_id,
        type="EVENT",
        content_type=TYPING,
        absolute_time=now,
        participant_id=participant.participant_id,
        participant_role=participant.role,
        display_name=participant.display_name,
    )


def find_message(state: ServiceState, participant: Participant, message_id: str | None) -> TranscriptItem | None:
    """Return a message or file of a participant's chat, or `None`."""
    for contact in reversed(session_of(state.contacts, state.contacts.current(participant.first_contact))):
        for item in reversed(contact.transcript):
            if item.id == message_id and item.type != "EVENT":
                return item
    return None


def _go(state: ServiceState, participant: Participant, now: datetime) -> None:
    if participant.is_present:
        _say(state, participant, now, type="EVENT", content_type=PARTICIPANT_LEFT)
    if participant.role == "CUSTOMER":
        state.contacts.current(participant.first_contact).customer_left_at = now
    participant.has_left = True


def _say(
    state: ServiceState,
    participant: Participant,
    now: datetime,
    *,
    type: str,
    content_type: str,
    content: str | None = None,
    attachments: tuple[Attachment, ...] = (),
) -> TranscriptItem:
    return state.contacts.say(
        state.contacts.current(participant.first_contact),
        type=type,
        content_type=content_type,
        content=content,
        attachments=attachments,
        absolute_time=now,
        participant_id=participant.participant_id,
        participant_role=participant.role,
        display_name=participant.display_name,
    )
