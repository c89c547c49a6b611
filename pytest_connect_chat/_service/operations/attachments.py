"""`StartAttachmentUpload`, `CompleteAttachmentUpload` and `GetAttachment`.

Nothing listens at the URLs: a test serves the upload itself, as the documentation shows with `responses`.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from pytest_connect_chat._service import participation
from pytest_connect_chat._service.answer import Answer
from pytest_connect_chat._service.attachments import ATTACHMENTS_PER_CHAT, Attachment
from pytest_connect_chat._service.clock import iso_timestamp
from pytest_connect_chat._service.participants import Participant
from pytest_connect_chat._service.wire import Request

if TYPE_CHECKING:
    from pytest_connect_chat._service.service import ConnectChatService

UPLOAD_SECONDS: Final = 900  # assumed
DOWNLOAD_SECONDS: Final = 300  # assumed: the most that UrlExpiryInSeconds allows


def start_attachment_upload(
    service: ConnectChatService, request: Request, now: datetime, participant: Participant
) -> Answer:
    """Answer one `StartAttachmentUpload`; that attachments count towards the quota from here on is assumed."""
    params, chat = request.params, participant.first_contact.contact_id
    count = service.attachments.count(chat)
    service.rules.require(
        "attachments-per-chat", count < ATTACHMENTS_PER_CHAT, f"The chat has {count} attachments, which is its quota."
    )
    attachment = Attachment(
        attachment_id=service.identifiers.attachment_id(),
        attachment_name=params["AttachmentName"],
        content_type=params["ContentType"],
        size_in_bytes=params["AttachmentSizeInBytes"],
    )
    service.attachments.add(chat, attachment)
    metadata = {
        "Url": _url(service, request, attachment, UPLOAD_SECONDS),
        "UrlExpiry": iso_timestamp(now + timedelta(seconds=UPLOAD_SECONDS)),
        "HeadersToInclude": {  # which ones is assumed
            "Content-Disposition": f"attachment; filename={attachment.attachment_id}",
            "Content-Length": str(attachment.size_in_bytes),
            "Content-Type": attachment.content_type,
        },
    }
    contact = service.contacts.current(participant.first_contact)
    return Answer({"AttachmentId": attachment.attachment_id, "UploadMetadata": metadata}, contact)


def complete_attachment_upload(
    service: ConnectChatService, request: Request, now: datetime, participant: Participant
) -> Answer:
    """Answer one `CompleteAttachmentUpload`: the file counts as uploaded, and as approved at once."""
    chat, (attachment_id, *_) = participant.first_contact.contact_id, request.params["AttachmentIds"]
    attachment = service.attachments.find(chat, attachment_id)
    service.rules.require(
        "completed-attachment-exists", attachment is not None, f"The chat has no attachment {attachment_id}."
    )
    contact = service.contacts.current(participant.first_contact)
    if attachment is None:
        return Answer({}, contact)
    service.rules.require(
        "completed-attachment-pending",
        attachment.status == "IN_PROGRESS",
        f"The upload of the attachment {attachment_id} is completed already.",
    )
    approved = service.attachments.complete(chat, attachment)
    participation.send_attachment(service, participant, approved, now)
    return Answer({}, contact)


def get_attachment(service: ConnectChatService, request: Request, now: datetime, participant: Participant) -> Answer:
    """Answer one `GetAttachment`."""
    attachment_id = request.params["AttachmentId"]
    reads = participant.role != "CUSTOM_BOT"
    service.rules.require("attachment-reader", reads, "A CUSTOM_BOT has no access to attachments.")
    attachment = service.attachments.find(participant.first_contact.contact_id, attachment_id)
    complete = attachment is not None and attachment.status == "APPROVED"
    service.rules.require(
        "attachment-exists", complete, f"The chat has no attachment {attachment_id} that has been uploaded."
    )
    contact = service.contacts.current(participant.first_contact)
    if attachment is None:
        return Answer(dict(NO_ATTACHMENT), contact)
    seconds = request.params.get("UrlExpiryInSeconds", DOWNLOAD_SECONDS)
    members = {
        "Url": _url(service, request, attachment, seconds),
        "UrlExpiry": iso_timestamp(now + timedelta(seconds=seconds)),
        "AttachmentSizeInBytes": attachment.size_in_bytes,
    }
    return Answer(members, contact)


NO_ATTACHMENT: Final = {"AttachmentSizeInBytes": 1}  # the model requires it


def _url(service: ConnectChatService, request: Request, attachment: Attachment, seconds: int) -> str:
    return service.identifiers.presigned_url(request.region, f"chat/{attachment.attachment_id}", seconds)
