"""Rules on events and receipts."""

from __future__ import annotations

import json
from typing import Any, Final

from pytest_connect_chat._service.chats.transcript import (
    CONNECTION_ACKNOWLEDGED,
    MESSAGE_DELIVERED,
    MESSAGE_READ,
    TYPING,
)
from pytest_connect_chat._service.request import Request
from pytest_connect_chat._service.rules.rule import ASSUMED, DOCUMENTED, SENDING_EVENTS, VALIDATION, form, state
from pytest_connect_chat._text import shown

EVENTS: Final = (TYPING, CONNECTION_ACKNOWLEDGED, MESSAGE_DELIVERED, MESSAGE_READ)

RECEIPTS: Final = (MESSAGE_DELIVERED, MESSAGE_READ)


def unknown_event(request: Request) -> str | None:
    """Check the content type of an event."""
    kind = request.params["ContentType"]
    return None if kind in EVENTS else f"ContentType is {shown(kind)}; valid are {', '.join(EVENTS)}."


def message_of(params: dict[str, Any]) -> str | None:
    """Return the id of the message that a receipt is for; `None` if it names none."""
    try:
        message_id = json.loads(params["Content"])["messageId"]
    except (KeyError, TypeError, ValueError, RecursionError):  # no content, or JSON of another form, or no JSON
        return None
    return message_id if isinstance(message_id, str) else None


def receipt_without_message(request: Request) -> str | None:
    """Check that a message receipt says which message it is for."""
    if request.params["ContentType"] not in RECEIPTS or message_of(request.params) is not None:
        return None
    return 'Content of a message receipt is a JSON text such as {"messageId": "..."}.'


RULES: Final = (
    form(
        "event-content-type",
        "ContentType",
        "An event is `typing`, `connection.acknowledged`, `message.delivered` or `message.read`, each after "
        "`application/vnd.amazonaws.connect.event.`.",
        SENDING_EVENTS,
        unknown_event,
        code=VALIDATION,
        operations=("SendEvent",),
    ),
    form(
        "receipt-content",
        "ContentType",
        "The content of a message receipt is a JSON text with a `messageId`.",
        SENDING_EVENTS,
        receipt_without_message,
        evidence=ASSUMED,
        code=VALIDATION,
        operations=("SendEvent",),
    ),
    state(
        "receipt-participants",
        "ContentType",
        "A message receipt is sent while no more than two participants are in the chat.",
        "ConflictException",
        SENDING_EVENTS,
        DOCUMENTED,
        code_evidence=DOCUMENTED,
        operations=("SendEvent",),
    ),
    state(
        "receipt-message",
        "ContentType",
        "A message receipt is for a message of the chat.",
        VALIDATION,
        "none",
        ASSUMED,
        operations=("SendEvent",),
    ),
    state(
        "receipt-of-another",
        "ContentType",
        "A message receipt is for the message of another participant.",
        VALIDATION,
        "none",
        ASSUMED,
        operations=("SendEvent",),
    ),
)
