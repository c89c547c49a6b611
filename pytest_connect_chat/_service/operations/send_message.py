"""`SendMessage` and `SendEvent`."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from pytest_connect_chat._service.answer import Answer
from pytest_connect_chat._service.chats import actions
from pytest_connect_chat._service.chats.participants import Participant
from pytest_connect_chat._service.clock import iso_timestamp
from pytest_connect_chat._service.request import Request
from pytest_connect_chat._service.rules.events import RECEIPTS
from pytest_connect_chat._service.state import ServiceState

WITH_RECEIPTS: Final = 2  # "not supported when there are more than two active participants"


def send_message(state: ServiceState, request: Request, now: datetime, participant: Participant) -> Answer:
    """Answer one `SendMessage`. `MessageMetadata` is left out: when it is there is not known."""
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
    """Answer one `SendEvent`. Typing and receipts are not among the events that a transcript is documented to have."""
    contact = state.contacts.current(participant.first_contact)
    if request.params["ContentType"] in RECEIPTS:
        present = sum(one.is_present for one in state.participants.of(contact))
        state.rules.require(
            "receipt-participants",
            present <= WITH_RECEIPTS,
            f"Message receipts are not supported with {present} participants in the chat.",
        )
    return Answer({"Id": state.identifiers.transcript_item_id(), "AbsoluteTime": iso_timestamp(now)}, contact)
