"""Checks of messages and of the content types that a chat supports."""

from __future__ import annotations

import json
from typing import Final

from pytest_connect_chat._service.checks.check import first_unknown, shown, utf8_bytes
from pytest_connect_chat._service.wire import Request

MESSAGE_BYTES: Final = 16_384
INTERACTIVE: Final = "application/vnd.amazonaws.connect.message.interactive"
INTERACTIVE_RESPONSE: Final = "application/vnd.amazonaws.connect.message.interactive.response"
MESSAGE_CHARACTERS: Final = {
    "text/plain": 1_024,
    "text/markdown": 1_024,
    "application/json": 12_000,
    INTERACTIVE_RESPONSE: 12_288,
}
SUPPORTED_CONTENT_TYPES: Final = ("text/plain", "text/markdown", "application/json", INTERACTIVE, INTERACTIVE_RESPONSE)


def initial_message_type(request: Request) -> str | None:
    """Check the content type of the initial message."""
    content_type = request.params["InitialMessage"]["ContentType"]
    if content_type in MESSAGE_CHARACTERS:
        return None
    return f"InitialMessage.ContentType is {shown(content_type)}; valid are {', '.join(MESSAGE_CHARACTERS)}."


def initial_message_characters(request: Request) -> str | None:
    """Check the length of the initial message, in characters, by its content type."""
    message = request.params["InitialMessage"]
    most = MESSAGE_CHARACTERS.get(message["ContentType"])
    if most is None or len(message["Content"]) <= most:
        return None
    return (
        f"InitialMessage.Content has {len(message['Content'])} characters; "
        f"at most {most} are allowed for {message['ContentType']}."
    )


def initial_message_bytes(request: Request) -> str | None:
    """Check the length of the initial message in bytes."""
    size = utf8_bytes(request.params["InitialMessage"]["Content"])
    if size <= MESSAGE_BYTES:
        return None
    return f"InitialMessage.Content has {size} UTF-8 bytes; at most {MESSAGE_BYTES} are allowed."


def initial_message_not_supported(request: Request) -> str | None:
    """Check that the chat supports the content type of its own initial message."""
    content_type = request.params["InitialMessage"]["ContentType"]
    supported = request.params.get("SupportedMessagingContentTypes")
    if not supported or content_type in supported:
        return None
    return f"InitialMessage.ContentType is {content_type}, which SupportedMessagingContentTypes does not list."


def _not_json(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON value")


def initial_message_not_json(request: Request) -> str | None:
    """Check that JSON content is JSON."""
    message = request.params["InitialMessage"]
    if message["ContentType"] != "application/json":
        return None
    try:
        # Python's own parser takes NaN, and refuses long whole numbers.
        json.loads(message["Content"], parse_int=str, parse_constant=_not_json)
    except (ValueError, RecursionError) as error:
        return f"InitialMessage.Content is not JSON: {error}."
    return None


def unknown_supported_type(request: Request) -> str | None:
    """Check each supported content type."""
    return first_unknown(
        "SupportedMessagingContentTypes", request.params["SupportedMessagingContentTypes"], SUPPORTED_CONTENT_TYPES
    )


def no_plain_text(request: Request) -> str | None:
    """Check that plain text is among the supported content types."""
    if "text/plain" in request.params["SupportedMessagingContentTypes"]:
        return None
    return "SupportedMessagingContentTypes must always contain text/plain."
