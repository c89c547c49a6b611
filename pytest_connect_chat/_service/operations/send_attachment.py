"""`StartAttachmentUpload`, `CompleteAttachmentUpload` and `GetAttachment`.

Without an endpoint nothing listens at the URLs. Then a file counts as sent once its upload is completed.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from pytest_connect_chat._service.answer import Answer
from pytest_connect_chat._service.chats.attachments import ATTACHMENTS_PER_CHAT, Attachment
from pytest_connect_chat._service.identifiers import ACCOUNT_ID
from pytest_connect_chat._service.other_side import scanning
from pytest_connect_chat._service.participants import Participant
from pytest_connect_chat._service.request import Request
from pytest_connect_chat._service.state import ServiceState

UPLOAD_SECONDS: Final = 900  # assumed
DOWNLOAD_SECONDS: Final = 300  # assumed: the most that UrlExpiryInSeconds allows


def start_attachment_upload(state: ServiceState, request: Request, now: datetime, participant: Participant) -> Answer:
    """Answer one `StartAttachmentUpload`. From here on the attachment counts towards the quota (assumed)."""
    params, chat = request.params, participant.first_contact.contact_id
    contact = state.contacts.current(participant.first_contact)
    count = state.attachments.count(chat)
    state.rules.require(
        "attachments-per-chat", count < ATTACHMENTS_PER_CHAT, f"The chat has {count} attachments, which is its quota."
    )
    attachment = Attachment(
        attachment_id=state.identifiers.attachment_id(),
        attachment_name=params["AttachmentName"],
        content_type=params["ContentType"],
        size_in_bytes=params["AttachmentSizeInBytes"],
    )
    state.attachments.keep(chat, attachment)
    headers = {  # as recorded in public: amazon-connect-streams, issue 712, and AWS's iOS SDK
        "x-amz-meta-contact_id": contact.contact_id,
        "x-amz-meta-initial_contact_id": chat,
        "x-amz-meta-account_id": ACCOUNT_ID,
        "x-amz-meta-organization_id": contact.instance_id,
        "x-amz-acl": "bucket-owner-full-control",
        "Content-Disposition": attachment.content_disposition,
        "Content-Length": str(attachment.size_in_bytes),
        "Content-Type": attachment.content_type,
    }
    metadata = {
        "Url": state.urls.file("PUT", attachment, request.region, now, UPLOAD_SECONDS, headers),
        "UrlExpiry": _expiry(now, UPLOAD_SECONDS),
        "HeadersToInclude": headers,
    }
    return Answer({"AttachmentId": attachment.attachment_id, "UploadMetadata": metadata}, contact)


def complete_attachment_upload(
    state: ServiceState, request: Request, now: datetime, participant: Participant
) -> Answer:
    """Answer one `CompleteAttachmentUpload`."""
    chat, (attachment_id, *_) = participant.first_contact.contact_id, request.params["AttachmentIds"]
    attachment = state.attachments.find(chat, attachment_id)
    state.rules.require(
        "completed-attachment-exists", attachment is not None, f"The chat has no attachment {attachment_id}."
    )
    contact = state.contacts.current(participant.first_contact)
    if attachment is None:
        return Answer({}, contact)
    state.rules.require(
        "completed-attachment-pending",
        not attachment.is_uploaded,
        f"The upload of the attachment {attachment_id} is completed already.",
    )
    state.rules.require(
        "completed-attachment-arrived",
        attachment.content is not None or not state.urls.are_served,
        f"No file has been sent to the URL of the attachment {attachment_id}.",
    )
    scanning.complete(state, participant, attachment, now)
    return Answer({}, contact)


def get_attachment(state: ServiceState, request: Request, now: datetime, participant: Participant) -> Answer:
    """Answer one `GetAttachment`."""
    attachment_id = request.params["AttachmentId"]
    reads = participant.role != "CUSTOM_BOT"
    state.rules.require("attachment-reader", reads, "A CUSTOM_BOT has no access to attachments.")
    attachment = state.attachments.find(participant.first_contact.contact_id, attachment_id)
    complete = attachment is not None and attachment.is_uploaded
    state.rules.require(
        "attachment-exists", complete, f"The chat has no attachment {attachment_id} that has been uploaded."
    )
    contact = state.contacts.current(participant.first_contact)
    if attachment is None:
        return Answer(dict(NO_ATTACHMENT), contact)
    state.rules.require(
        "attachment-approved",
        attachment.status == "APPROVED" or not complete,
        f"The attachment {attachment_id} is not approved: its scan says {attachment.status}.",
    )
    seconds = request.params.get("UrlExpiryInSeconds", DOWNLOAD_SECONDS)
    members = {
        "Url": state.urls.file("GET", attachment, request.region, now, seconds, {}),
        "UrlExpiry": _expiry(now, seconds),
        "AttachmentSizeInBytes": attachment.size_in_bytes,
    }
    return Answer(members, contact)


NO_ATTACHMENT: Final = {"AttachmentSizeInBytes": 1}  # the answer's required member, with the least valid value


def _expiry(now: datetime, seconds: int) -> str:
    """Return when a URL expires, in the recorded form: without milliseconds, unlike the other times."""
    return f"{now + timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%SZ}"
