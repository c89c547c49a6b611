"""Checks of messages and of the content types that a chat supports."""

from __future__ import annotations

import json
from typing import Final

from pytest_connect_chat._service.checks.check import Check, first_unknown, shown, utf8_bytes
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


def _at(request: Request, member: str | None) -> tuple[dict[str, str], str]:
    """Return what has `ContentType` and `Content`, and how messages name it: one member, or the request itself."""
    return (request.params[member], f"{member}.") if member else (request.params, "")


def unknown_content_type(member: str | None = None) -> Check:
    """Check the content type of a message."""

    def check(request: Request) -> str | None:
        message, path = _at(request, member)
        if message["ContentType"] in MESSAGE_CHARACTERS:
            return None
        return f"{path}ContentType is {shown(message['ContentType'])}; valid are {', '.join(MESSAGE_CHARACTERS)}."

    return check


def too_many_characters(member: str | None = None) -> Check:
    """Check the length of a message, in characters, by its content type."""

    def check(request: Request) -> str | None:
        message, path = _at(request, member)
        most = MESSAGE_CHARACTERS.get(message["ContentType"])
        if most is None or len(message["Content"]) <= most:
            return None
        return (
            f"{path}Content has {len(message['Content'])} characters; "
            f"at most {most} are allowed for {message['ContentType']}."
        )

    return check


def too_many_bytes(member: str | None = None) -> Check:
    """Check the length of a message in bytes."""

    def check(request: Request) -> str | None:
        message, path = _at(request, member)
        size = utf8_bytes(message["Content"])
        if size <= MESSAGE_BYTES:
            return None
        return f"{path}Content has {size} UTF-8 bytes; at most {MESSAGE_BYTES} are allowed."

    return check


def not_json(member: str | None = None) -> Check:
    """Check that JSON content is JSON."""

    def check(request: Request) -> str | None:
        message, path = _at(request, member)
        if message["ContentType"] != "application/json":
            return None
        try:
            # Python's own parser takes NaN, and refuses long whole numbers.
            json.loads(message["Content"], parse_int=str, parse_constant=_not_json)
        except (ValueError, RecursionError) as error:
            return f"{path}Content is not JSON: {error}."
        return None

    return check


def _not_json(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON value")


def initial_message_not_supported(request: Request) -> str | None:
    """Check that the chat supports the content type of its own initial message."""
    content_type = request.params["InitialMessage"]["ContentType"]
    supported = request.params.get("SupportedMessagingContentTypes")
    if not supported or content_type in supported:
        return None
    return f"InitialMessage.ContentType is {content_type}, which SupportedMessagingContentTypes does not list."


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
