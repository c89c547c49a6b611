"""Rules on attachments."""

from __future__ import annotations

from typing import Final

from pytest_connect_chat._service.chats.attachments import ATTACHMENT_BYTES, not_a_type
from pytest_connect_chat._service.request import Request
from pytest_connect_chat._service.rules.rule import (
    ASSUMED,
    DOCUMENTED,
    FEATURES,
    OBSERVED,
    VALIDATION,
    Rule,
    form,
    state,
)


def attachment_too_large(request: Request) -> str | None:
    """Check the size of an attachment."""
    size = request.params["AttachmentSizeInBytes"]
    if size <= ATTACHMENT_BYTES:
        return None
    return f"AttachmentSizeInBytes is {size}; at most {ATTACHMENT_BYTES} are allowed."


def attachment_of_another_type(request: Request) -> str | None:
    """Check the type of an attachment, by its name."""
    problem = not_a_type(request.params["AttachmentName"])
    return problem and f"AttachmentName {problem}"


RULES: Final = (
    Rule(
        id="attachment-type",
        member="AttachmentName",
        sentence="An attachment has one of the file types of the list, by its name. An instance can be set to others.",
        code=VALIDATION,
        source=FEATURES,
        evidence=DOCUMENTED,
        code_evidence=OBSERVED,
        check=attachment_of_another_type,
        operations=("StartAttachmentUpload",),
    ),
    form(
        "attachment-size",
        "AttachmentSizeInBytes",
        "An attachment has at most 20 MB.",
        FEATURES,
        attachment_too_large,
        code=VALIDATION,
        operations=("StartAttachmentUpload",),
    ),
    state(
        "attachments-per-chat",
        "AttachmentName",
        "A chat has at most 35 attachments.",
        "ServiceQuotaExceededException",
        FEATURES,
        DOCUMENTED,
        code_evidence=DOCUMENTED,
        operations=("StartAttachmentUpload",),
    ),
    state(
        "completed-attachment-exists",
        "AttachmentIds",
        "The attachment that is completed is one of the chat.",
        VALIDATION,
        "none",
        ASSUMED,
        operations=("CompleteAttachmentUpload",),
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
        "completed-attachment-arrived",
        "AttachmentIds",
        "The file of the attachment that is completed has been sent to its URL; without an endpoint it counts as sent.",
        "ConflictException",
        "participant API reference: CompleteAttachmentUpload",
        ASSUMED,
        operations=("CompleteAttachmentUpload",),
    ),
    state(
        "attachment-exists",
        "AttachmentId",
        "The attachment is one of the chat, and its upload is completed.",
        VALIDATION,
        "participant API reference: GetAttachment",
        ASSUMED,
        operations=("GetAttachment",),
    ),
    state(
        "attachment-approved",
        "AttachmentId",
        "The attachment is approved: one that is rejected is deleted, and one that is scanned is not shared yet.",
        VALIDATION,
        "administrator guide: setup-attachment-scanning",
        DOCUMENTED,
        operations=("GetAttachment",),
    ),
)
