"""The text messages of a chat's WebSocket, in the forms that AWS's chat libraries write and read."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Final

from pytest_connect_chat._service.chats.items import published_item
from pytest_connect_chat._service.chats.transcript import TranscriptItem

SUBSCRIBE: Final = "aws/subscribe"
HEARTBEAT: Final = "aws/heartbeat"
PING: Final = "aws/ping"
CHAT: Final = "aws/chat"

# AWS's libraries for Android and iOS want both in the answer to a ping: the status code and its name.
ECHOES: Final[dict[str, dict[str, Any]]] = {
    HEARTBEAT: {"topic": HEARTBEAT},
    PING: {"topic": PING, "statusCode": 200, "statusContent": "OK"},
}


def item_frame(item: TranscriptItem, initial_contact_id: str) -> str:
    """Return the frame of an item. Its `content` is a JSON text, as in two public recordings."""
    content = _written(published_item(item, initial_contact_id))
    return _written({"content": content, "contentType": "application/json", "topic": CHAT})


def subscription_frame(topics: Iterable[str], *, succeeded: bool) -> str:
    """Return the answer to a subscription."""
    status = "success" if succeeded else "failure"
    return _written({"topic": SUBSCRIBE, "content": {"status": status, "topics": list(topics)}})


def echo_frame(topic: str) -> str:
    """Return the answer to a heartbeat or a ping."""
    return _written(ECHOES[topic])


def refusal_frame(connection_id: str, request_id: str) -> str:
    """Return the answer to a frame that cannot be read or has no known topic, as an API gateway of AWS gives it."""
    return _written({"message": "Forbidden", "connectionId": connection_id, "requestId": request_id})


def read_frame(text: str) -> dict[str, Any]:
    """Return the JSON object of a client's frame; an empty one if it has none.

    Text after the object is ignored: AWS's library for iOS writes a parenthesis after its subscription.
    """
    try:
        frame, _ = json.JSONDecoder().raw_decode(text.lstrip())
    except (ValueError, RecursionError):
        return {}
    return frame if isinstance(frame, dict) else {}


def topics_in(frame: dict[str, Any]) -> list[str]:
    """Return the topics that a subscription asks for; none if it does not name them."""
    content = frame.get("content")
    topics = content.get("topics") if isinstance(content, dict) else None
    return [topic for topic in topics if isinstance(topic, str)] if isinstance(topics, list) else []


def _written(frame: dict[str, Any]) -> str:
    return json.dumps(frame, separators=(",", ":"))
