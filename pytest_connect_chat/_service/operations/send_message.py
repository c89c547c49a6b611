"""`SendMessage` and `SendEvent`."""

from __future__ import annotations

from datetime import datetime

from pytest_connect_chat._service import actions
from pytest_connect_chat._service.answer import NO_RECEIPTS, Answer
from pytest_connect_chat._service.chats.transcript import TYPING
from pytest_connect_chat._service.participants import WITH_RECEIPTS, Participant
from pytest_connect_chat._service.request import Request
from pytest_connect_chat._service.rules.events import RECEIPTS, message_of
from pytest_connect_chat._service.state import ServiceState
from pytest_connect_chat._time import iso_timestamp


def send_message(state: ServiceState, request: Request, now: datetime, participant: Participant) -> Answer:
    """Answer one `SendMessage`, without `MessageMetadata`: it is not known when the service gives that."""
    contact = state.contacts.current(participant.first_contact)
    content_type = request.params["ContentType"]
    supported = contact.supported_messaging_content_types
    state.rules.require(
        "message-supported",
        content_type in supported,
        f"ContentType is {content_type}; the chat supports {', '.join(supported)}.",
    )
    item = actions.send_message(state, participant, content_type, request.params["Content"], now)
    return Answer({"Id": item.id, "AbsoluteTime": iso_timestamp(now)}, contact)


def send_event(state: ServiceState, request: Request, now: datetime, participant: Participant) -> Answer:
    """Answer one `SendEvent`. The event is not in the transcript; a receipt shows in the item of its message."""
    contact = state.contacts.current(participant.first_contact)
    item_id = state.identifiers.transcript_item_id()
    if request.params["ContentType"] == TYPING:
        actions.send_typing(state, participant, item_id, now)
    if request.params["ContentType"] in RECEIPTS:
        present = sum(one.is_present for one in state.participants.of(contact))
        state.rules.require("receipt-participants", present <= WITH_RECEIPTS, NO_RECEIPTS)
        _take_receipt(state, request, now, participant)
    return Answer({"Id": item_id, "AbsoluteTime": iso_timestamp(now)}, contact)


def _take_receipt(state: ServiceState, request: Request, now: datetime, participant: Participant) -> None:
    message_id = message_of(request.params)
    message = actions.find_message(state, participant, message_id)
    state.rules.require("receipt-message", message is not None, f"The chat has no message {message_id}.")
    if message is None:
        return
    own = message.participant_id == participant.participant_id
    state.rules.require("receipt-of-another", not own, f"The message {message_id} is the participant's own.")
    actions.send_receipt(state, participant, message, request.params["ContentType"], now)
