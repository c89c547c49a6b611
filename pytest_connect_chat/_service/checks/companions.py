"""Checks of the requests around a chat: tags, participants, events, transcripts, attachments."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Final

from pytest_connect_chat._service.attachments import ATTACHMENT_BYTES
from pytest_connect_chat._service.checks.check import shown
from pytest_connect_chat._service.clock import parse_moment
from pytest_connect_chat._service.transcript import CONNECTION_ACKNOWLEDGED, MESSAGE_DELIVERED, MESSAGE_READ, TYPING
from pytest_connect_chat._service.wire import Request
from pytest_connect_chat.exceptions import ClockError

EVENTS: Final = (TYPING, CONNECTION_ACKNOWLEDGED, MESSAGE_DELIVERED, MESSAGE_READ)
RECEIPTS: Final = (MESSAGE_DELIVERED, MESSAGE_READ)

_TAG_KEY = re.compile(r"(?!aws:)[a-zA-Z+-=._:/]+\Z")  # the model's own pattern


def tag_key_characters(request: Request) -> str | None:
    """Check the keys of tags."""
    member = "Tags" if "Tags" in request.params else "TagKeys"
    for key in request.params[member]:
        if not _TAG_KEY.match(key):
            return f"{member} has the key {shown(key)}; keys match the model's pattern and do not begin with aws:."
    return None


def participant_role(request: Request) -> str | None:
    """Check that what is added to a chat is a custom bot."""
    role = request.params["ParticipantDetails"].get("ParticipantRole")
    return None if role == "CUSTOM_BOT" else f"ParticipantDetails.ParticipantRole is {role!r}; valid is CUSTOM_BOT."


def unknown_event(request: Request) -> str | None:
    """Check the content type of an event."""
    kind = request.params["ContentType"]
    return None if kind in EVENTS else f"ContentType is {shown(kind)}; valid are {', '.join(EVENTS)}."


def receipt_without_message(request: Request) -> str | None:
    """Check that a message receipt says which message it is for."""
    if request.params["ContentType"] not in RECEIPTS:
        return None
    try:
        message_id = json.loads(request.params["Content"])["messageId"]
    except (KeyError, TypeError, ValueError, RecursionError):  # no content, or JSON of another form, or no JSON
        message_id = None
    if isinstance(message_id, str):
        return None
    return 'Content of a message receipt is a JSON text such as {"messageId": "..."}.'


def start_position(request: Request) -> str | None:
    """Check that a start position is one, and that its time is a time."""
    position = request.params["StartPosition"]
    if len(position) != 1:
        return f"StartPosition has {', '.join(position) or 'nothing'}; it has one of Id, AbsoluteTime, MostRecent."
    if "AbsoluteTime" in position and moment_of(position["AbsoluteTime"]) is None:
        return f"StartPosition.AbsoluteTime is {shown(position['AbsoluteTime'])}, which is not a time in ISO 8601."
    return None


def moment_of(text: str) -> datetime | None:
    """Return the moment that a text names, or `None`."""
    try:
        return parse_moment(text, "AbsoluteTime")
    except ClockError:
        return None


def attachment_too_large(request: Request) -> str | None:
    """Check the size of an attachment."""
    size = request.params["AttachmentSizeInBytes"]
    if size <= ATTACHMENT_BYTES:
        return None
    return f"AttachmentSizeInBytes is {size}; at most {ATTACHMENT_BYTES} are allowed."
