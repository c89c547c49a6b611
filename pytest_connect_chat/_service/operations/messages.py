"""`SendMessage` and `SendEvent`."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

from pytest_connect_chat._service import participation
from pytest_connect_chat._service.answer import Answer
from pytest_connect_chat._service.checks.companions import RECEIPTS
from pytest_connect_chat._service.clock import iso_timestamp
from pytest_connect_chat._service.participants import Participant
from pytest_connect_chat._service.wire import Request

if TYPE_CHECKING:
    from pytest_connect_chat._service.service import ConnectChatService

WITH_RECEIPTS: Final = 2  # "not supported when there are more than two active participants"


def send_message(service: ConnectChatService, request: Request, now: datetime, participant: Participant) -> Answer:
    """Answer one `SendMessage`. `MessageMetadata` is left out: when it is there is not known."""
    contact = service.contacts.current(participant.first_contact)
    content_type = request.params["ContentType"]
    supported = contact.supported_messaging_content_types
    service.rules.require(
        "message-supported",
        content_type in supported,
        f"ContentType is {content_type}; the chat supports {', '.join(supported)}.",
    )
    item = participation.send_message(service, participant, content_type, request.params["Content"], now)
    return Answer({"Id": item.id, "AbsoluteTime": iso_timestamp(now)}, contact)


def send_event(service: ConnectChatService, request: Request, now: datetime, participant: Participant) -> Answer:
    """Answer one `SendEvent`. Typing and receipts are not among the events that a transcript is documented to have."""
    contact = service.contacts.current(participant.first_contact)
    if request.params["ContentType"] in RECEIPTS:
        present = sum(one.is_present for one in service.participants.of(contact))
        service.rules.require(
            "receipt-participants",
            present <= WITH_RECEIPTS,
            f"Message receipts are not supported with {present} participants in the chat.",
        )
    return Answer({"Id": service.identifiers.transcript_item_id(), "AbsoluteTime": iso_timestamp(now)}, contact)
