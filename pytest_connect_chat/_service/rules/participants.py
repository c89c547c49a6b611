"""The rules of the operations of `connectparticipant` on connections, messages and events."""

from __future__ import annotations

from typing import Final

from pytest_connect_chat._service.checks import companions, messages, modelled
from pytest_connect_chat._service.rules.rule import ASSUMED, DOCUMENTED, MODEL, OBSERVED, Evidence, Rule, state

VALIDATION: Final = "ValidationException"
DENIED: Final = "AccessDeniedException"

CONNECTING: Final = ("CreateParticipantConnection",)
CONNECTED: Final = (
    "CompleteAttachmentUpload",
    "DisconnectParticipant",
    "GetAttachment",
    "GetTranscript",
    "SendEvent",
    "SendMessage",
    "StartAttachmentUpload",
)
WITH_TOKEN: Final = tuple(operation for operation in CONNECTED if not operation.startswith("Get"))


def _token(id: str, member: str, sentence: str, source: str, evidence: Evidence, code_evidence: Evidence) -> Rule:
    operations = CONNECTING if member == "ParticipantToken" else CONNECTED
    return state(id, member, sentence, DENIED, source, evidence, code_evidence=code_evidence, operations=operations)


TOKENS: Final = (
    _token(
        "participant-token-known",
        "ParticipantToken",
        "`ParticipantToken` is a participant token of this region.",
        "public issue reports",
        OBSERVED,
        OBSERVED,
    ),
    _token(
        "connection-token-known",
        "ConnectionToken",
        "`ConnectionToken` is a connection token of this region, not a participant token.",
        "public issue reports",
        OBSERVED,
        OBSERVED,
    ),
    _token(
        "participant-token-live",
        "ParticipantToken",
        "The chat of a `ParticipantToken` has not ended, and its participant has not left.",
        "public issue reports",
        OBSERVED,
        OBSERVED,
    ),
    _token(
        "connection-token-live",
        "ConnectionToken",
        "The chat of a `ConnectionToken` has not ended, and its participant has not left.",
        "public issue reports",
        OBSERVED,
        OBSERVED,
    ),
    _token(
        "connection-token-unexpired",
        "ConnectionToken",
        "A `ConnectionToken` is less than one day old.",
        "participant API reference: CreateParticipantConnection",
        DOCUMENTED,
        ASSUMED,
    ),
)


def validation(id: str, operation: str, member: str, sentence: str, source: str, evidence: Evidence) -> Rule:
    """A rule on state that the participant service reports as it reports every wrong request."""
    return state(id, member, sentence, VALIDATION, source, evidence, operations=(operation,))


_SENDING: Final = "participant API reference: SendMessage"
_EVENTS: Final = "participant API reference: SendEvent"

RULES: Final = (
    *TOKENS,
    Rule(
        id="participant-request-bounds",
        member=None,
        sentence="Every member of a request to the participant service is within the model's bounds and enums.",
        code=VALIDATION,
        source=MODEL,
        evidence=DOCUMENTED,
        check=modelled.outside_the_model,
        operations=(*CONNECTING, *CONNECTED),
    ),
    Rule(
        id="message-content-type",
        member="ContentType",
        sentence="A message is `text/plain`, `text/markdown`, `application/json` or "
        "`application/vnd.amazonaws.connect.message.interactive.response`.",
        code=VALIDATION,
        source=_SENDING,
        evidence=DOCUMENTED,
        check=messages.unknown_content_type(),
        operations=("SendMessage",),
    ),
    Rule(
        id="message-characters",
        member="Content",
        sentence="A message has at most 1,024 characters (plain text, markdown), 12,000 (JSON) or 12,288 (interactive "
        'response). Holds with `message_limits="per-type"`.',
        code=VALIDATION,
        source="participant API reference before botocore 1.43.22",
        evidence=ASSUMED,
        check=messages.too_many_characters(),
        operations=("SendMessage",),
    ),
    Rule(
        id="message-bytes",
        member="Content",
        sentence='A message has at most 16,384 UTF-8 bytes. Holds with `message_limits="16384-bytes"`.',
        code=VALIDATION,
        source=_SENDING,
        evidence=DOCUMENTED,
        check=messages.too_many_bytes(),
        operations=("SendMessage",),
    ),
    Rule(
        id="message-json",
        member="Content",
        sentence="A message of type `application/json` is JSON.",
        code=VALIDATION,
        source="none",
        evidence=ASSUMED,
        check=messages.not_json(),
        operations=("SendMessage",),
    ),
    validation(
        "message-supported",
        "SendMessage",
        "ContentType",
        "The chat supports the content type: `SupportedMessagingContentTypes`, or else `text/plain` only.",
        _SENDING,
        DOCUMENTED,
    ),
    Rule(
        id="event-content-type",
        member="ContentType",
        sentence="An event is `typing`, `connection.acknowledged`, `message.delivered` or `message.read`, each after "
        "`application/vnd.amazonaws.connect.event.`.",
        code=VALIDATION,
        source=_EVENTS,
        evidence=DOCUMENTED,
        check=companions.unknown_event,
        operations=("SendEvent",),
    ),
    Rule(
        id="receipt-content",
        member="ContentType",
        sentence="The content of a message receipt is a JSON text with a `messageId`.",
        code=VALIDATION,
        source=_EVENTS,
        evidence=ASSUMED,
        check=companions.receipt_without_message,
        operations=("SendEvent",),
    ),
    state(
        "receipt-participants",
        "ContentType",
        "A message receipt is sent while no more than two participants are in the chat.",
        "ConflictException",
        _EVENTS,
        DOCUMENTED,
        code_evidence=DOCUMENTED,
        operations=("SendEvent",),
    ),
    state(
        "participant-client-token-conflict",
        "ClientToken",
        'A used `ClientToken` comes with the same request. Holds with `client_token_conflict="error"`; otherwise the '
        "original answer is returned.",
        VALIDATION,
        "none",
        ASSUMED,
        operations=WITH_TOKEN,
    ),
)
