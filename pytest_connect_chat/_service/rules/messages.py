"""Rules on messages and on the content types that a chat supports."""

from __future__ import annotations

import json
from typing import Final

from pytest_connect_chat._service.request import Request, utf8_bytes
from pytest_connect_chat._service.rules.modelled import first_unknown
from pytest_connect_chat._service.rules.rule import (
    ASSUMED,
    DOCUMENTED,
    PAGE,
    SENDING,
    VALIDATION,
    Check,
    Rule,
    form,
    members,
    state,
)
from pytest_connect_chat._text import shown

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


def _message_in(request: Request, member: str | None) -> tuple[dict[str, str], str]:
    """Return the dict that has `ContentType` and `Content`, and its path: that of a member, or the request's own."""
    return (request.params[member], f"{member}.") if member else (request.params, "")


def unknown_content_type(member: str | None = None) -> Check:
    """Check the content type of a message."""

    def check(request: Request) -> str | None:
        message, path = _message_in(request, member)
        if message["ContentType"] in MESSAGE_CHARACTERS:
            return None
        return f"{path}ContentType is {shown(message['ContentType'])}; valid are {', '.join(MESSAGE_CHARACTERS)}."

    return check


def too_many_characters(member: str | None = None) -> Check:
    """Check the length of a message, in characters, by its content type."""

    def check(request: Request) -> str | None:
        message, path = _message_in(request, member)
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
        message, path = _message_in(request, member)
        size = utf8_bytes(message["Content"])
        if size <= MESSAGE_BYTES:
            return None
        return f"{path}Content has {size} UTF-8 bytes; at most {MESSAGE_BYTES} are allowed."

    return check


def not_json(member: str | None = None) -> Check:
    """Check that JSON content is JSON."""

    def check(request: Request) -> str | None:
        message, path = _message_in(request, member)
        if message["ContentType"] != "application/json":
            return None
        try:
            # By default Python's parser accepts NaN, and refuses very long integers.
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


RULES: Final = (
    form(
        "initial-message-content-type",
        "InitialMessage",
        "`InitialMessage.ContentType` is `text/plain`, `text/markdown`, `application/json` or "
        "`application/vnd.amazonaws.connect.message.interactive.response`.",
        PAGE,
        unknown_content_type("InitialMessage"),
    ),
    form(
        "initial-message-characters",
        "InitialMessage",
        "`InitialMessage.Content` has at most 1,024 characters (plain text, markdown), 12,000 (JSON) or 12,288 "
        '(interactive response). Holds with `message_limits="per-type"`.',
        PAGE,
        too_many_characters("InitialMessage"),
    ),
    form(
        "initial-message-bytes",
        "InitialMessage",
        '`InitialMessage.Content` has at most 16,384 UTF-8 bytes. Holds with `message_limits="16384-bytes"`.',
        "API reference since botocore 1.43.22",
        too_many_bytes("InitialMessage"),
    ),
    members(
        "initial-message-supported",
        "InitialMessage",
        "`InitialMessage.ContentType` is among `SupportedMessagingContentTypes` where those are given.",
        "none",
        ASSUMED,
        initial_message_not_supported,
    ),
    members(
        "initial-message-json",
        "InitialMessage",
        "An initial message of type `application/json` is JSON.",
        "none",
        ASSUMED,
        not_json("InitialMessage"),
    ),
    form(
        "supported-content-type-values",
        "SupportedMessagingContentTypes",
        "Each of `SupportedMessagingContentTypes` is one of the five types that the page lists.",
        PAGE,
        unknown_supported_type,
    ),
    members(
        "supported-content-types-plain",
        "SupportedMessagingContentTypes",
        "`SupportedMessagingContentTypes` always contains `text/plain`.",
        PAGE,
        DOCUMENTED,
        no_plain_text,
    ),
    form(
        "message-content-type",
        "ContentType",
        "A message is `text/plain`, `text/markdown`, `application/json` or "
        "`application/vnd.amazonaws.connect.message.interactive.response`.",
        SENDING,
        unknown_content_type(),
        code=VALIDATION,
        operations=("SendMessage",),
    ),
    Rule(
        id="message-characters",
        member="Content",
        sentence="A message has at most 1,024 characters (plain text, markdown), 12,000 (JSON) or 12,288 (interactive "
        "response). Off unless enabled: the service before June 2026.",
        code=VALIDATION,
        source="participant API reference before botocore 1.43.22",
        evidence=DOCUMENTED,
        check=too_many_characters(),
        enabled=False,
        operations=("SendMessage",),
    ),
    form(
        "message-bytes",
        "Content",
        "A message has at most 16,384 UTF-8 bytes.",
        SENDING,
        too_many_bytes(),
        code=VALIDATION,
        operations=("SendMessage",),
    ),
    form(
        "message-json",
        "Content",
        "A message of type `application/json` is JSON.",
        "none",
        not_json(),
        evidence=ASSUMED,
        code=VALIDATION,
        operations=("SendMessage",),
    ),
    state(
        "message-supported",
        "ContentType",
        "The chat supports the content type: `SupportedMessagingContentTypes`, or else `text/plain` only.",
        VALIDATION,
        SENDING,
        DOCUMENTED,
        operations=("SendMessage",),
    ),
)
