"""The rules of the operations of `connectparticipant` on transcripts and attachments."""

from __future__ import annotations

from typing import Final

from pytest_connect_chat._service.checks import companions
from pytest_connect_chat._service.rules.participants import DENIED, VALIDATION, validation
from pytest_connect_chat._service.rules.rule import ASSUMED, DOCUMENTED, PERSISTENCE, Rule, state

_LIMITS: Final = "administrator guide: feature-limits"

RULES: Final = (
    Rule(
        id="transcript-start-position",
        member="StartPosition",
        sentence="`StartPosition` has one of `Id`, `AbsoluteTime` and `MostRecent`; a time is one in ISO 8601.",
        code=VALIDATION,
        source="participant API reference: GetTranscript",
        evidence=ASSUMED,
        check=companions.start_position,
        operations=("GetTranscript",),
    ),
    validation(
        "transcript-next-token",
        "GetTranscript",
        "NextToken",
        "`NextToken` comes from an earlier page of the same chat.",
        "none",
        ASSUMED,
    ),
    validation(
        "transcript-start-exists",
        "GetTranscript",
        "StartPosition",
        "`StartPosition.Id` is an item of the chat.",
        "none",
        ASSUMED,
    ),
    validation(
        "transcript-contact",
        "GetTranscript",
        "ContactId",
        "`ContactId` is a contact of the current chat.",
        "participant API reference: GetTranscript",
        ASSUMED,
    ),
    validation(
        "transcript-past",
        "GetTranscript",
        "NextToken",
        "Past chats are read backward, without `StartPosition` and `ContactId`.",
        PERSISTENCE,
        DOCUMENTED,
    ),
    Rule(
        id="attachment-size",
        member="AttachmentSizeInBytes",
        sentence="An attachment has at most 20 MB.",
        code=VALIDATION,
        source=_LIMITS,
        evidence=DOCUMENTED,
        check=companions.attachment_too_large,
        operations=("StartAttachmentUpload",),
    ),
    state(
        "attachments-per-chat",
        "AttachmentName",
        "A chat has at most 35 attachments.",
        "ServiceQuotaExceededException",
        _LIMITS,
        DOCUMENTED,
        code_evidence=DOCUMENTED,
        operations=("StartAttachmentUpload",),
    ),
    validation(
        "completed-attachment-exists",
        "CompleteAttachmentUpload",
        "AttachmentIds",
        "The attachment that is completed is one of the chat.",
        "none",
        ASSUMED,
    ),
    state(
        "completed-attachment-pending",
        "AttachmentIds",
        "The attachment that is completed has not been completed before.",
        "ConflictException",
        "participant API reference: CompleteAttachmentUpload",
        DOCUMENTED,
        code_evidence=DOCUMENTED,
        operations=("CompleteAttachmentUpload",),
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
    validation(
        "attachment-exists",
        "GetAttachment",
        "AttachmentId",
        "The attachment is one of the chat, and its upload is completed.",
        "participant API reference: GetAttachment",
        ASSUMED,
    ),
)
