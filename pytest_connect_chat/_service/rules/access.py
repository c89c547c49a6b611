"""Rules on who may do what: tokens and roles."""

from __future__ import annotations

from typing import Final

from pytest_connect_chat._service.request import Request
from pytest_connect_chat._service.rules.rule import (
    ASSUMED,
    CONNECTED,
    CONNECTING,
    CUSTOM_BOTS,
    DENIED,
    DOCUMENTED,
    FEATURES,
    NOT_FOUND,
    OBSERVED,
    members,
    state,
)


def participant_role(request: Request) -> str | None:
    """Check that what is added to a chat is a custom bot."""
    role = request.params["ParticipantDetails"].get("ParticipantRole")
    return None if role == "CUSTOM_BOT" else f"ParticipantDetails.ParticipantRole is {role!r}; valid is CUSTOM_BOT."


def participant_display_name(request: Request) -> str | None:
    """Check that what is added to a chat has a name."""
    return None if request.params["ParticipantDetails"].get("DisplayName") else "ParticipantDetails has no DisplayName."


RULES: Final = (
    state(
        "participant-token-known",
        "ParticipantToken",
        "`ParticipantToken` is a participant token of this region.",
        DENIED,
        "public issue reports",
        OBSERVED,
        code_evidence=OBSERVED,
        operations=CONNECTING,
    ),
    state(
        "connection-token-known",
        "ConnectionToken",
        "`ConnectionToken` is a connection token of this region, not a participant token.",
        DENIED,
        "public issue reports",
        OBSERVED,
        code_evidence=OBSERVED,
        operations=CONNECTED,
    ),
    state(
        "participant-token-live",
        "ParticipantToken",
        "The chat of a `ParticipantToken` has not ended, and its participant has not left.",
        DENIED,
        "public issue reports",
        OBSERVED,
        code_evidence=OBSERVED,
        operations=CONNECTING,
    ),
    state(
        "connection-token-live",
        "ConnectionToken",
        "The chat of a `ConnectionToken` has not ended, and its participant has not left.",
        DENIED,
        "public issue reports",
        OBSERVED,
        code_evidence=OBSERVED,
        operations=CONNECTED,
    ),
    state(
        "connection-token-unexpired",
        "ConnectionToken",
        "A `ConnectionToken` is less than one day old.",
        DENIED,
        "participant API reference: CreateParticipantConnection",
        DOCUMENTED,
        code_evidence=ASSUMED,
        operations=CONNECTED,
    ),
    members(
        "added-participant-role",
        "ParticipantDetails",
        "What `CreateParticipant` adds to a chat is a `CUSTOM_BOT`.",
        "API reference: CreateParticipant",
        DOCUMENTED,
        participant_role,
        operations=("CreateParticipant",),
    ),
    members(
        "added-participant-display-name",
        "ParticipantDetails",
        "What `CreateParticipant` adds to a chat has a `DisplayName`.",
        "API reference: CreateParticipant",
        DOCUMENTED,
        participant_display_name,
        operations=("CreateParticipant",),
    ),
    state(
        "custom-bot-without-agent",
        None,
        "A `CUSTOM_BOT` is added only while no agent is in the chat. One that is there leaves when an agent joins.",
        "ConflictException",
        CUSTOM_BOTS,
        DOCUMENTED,
        operations=("CreateParticipant",),
    ),
    state(
        "custom-bots-per-chat",
        None,
        "A chat has one `CUSTOM_BOT` at a time.",
        "ServiceQuotaExceededException",
        CUSTOM_BOTS,
        DOCUMENTED,
        operations=("CreateParticipant",),
    ),
    state(
        "participants-per-chat",
        None,
        "A chat has at most six participants.",
        "ServiceQuotaExceededException",
        FEATURES,
        DOCUMENTED,
        operations=("CreateParticipant",),
    ),
    state(
        "custom-bot-connects",
        "ParticipantToken",
        "A `CUSTOM_BOT` asks for its first connection within 15 seconds of `CreateParticipant`.",
        NOT_FOUND,
        CUSTOM_BOTS,
        DOCUMENTED,
        code_evidence=DOCUMENTED,
        operations=CONNECTING,
    ),
    state(
        "attachment-reader",
        "AttachmentId",
        "A `CUSTOM_BOT` does not read attachments.",
        DENIED,
        "participant API reference: GetAttachment",
        DOCUMENTED,
        code_evidence=DOCUMENTED,
        operations=("GetAttachment",),
    ),
)
