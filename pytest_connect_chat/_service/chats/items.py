"""The members of an item of a chat: as notifications and frames have it, and as GetTranscript answers it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_connect_chat._service.chats.transcript import Receipt, TranscriptItem
from pytest_connect_chat._time import iso_timestamp


def published_item(item: TranscriptItem, initial_contact_id: str) -> dict[str, Any]:
    """Return an item as notifications and frames have it, with the members and the order of public recordings.

    A receipt does not name the contact, as in AWS's SDK for iOS.
    """
    contact = {"InitialContactId": initial_contact_id, "ContactId": item.contact_id}
    return _written(item, contact if item.type != "MESSAGEMETADATA" else {})


def transcript_item(item: TranscriptItem, *, is_past: bool) -> dict[str, Any]:
    """Return an item as GetTranscript answers it; one of a past chat has `RelatedContactId` instead of `ContactId`."""
    return _written(item, {"RelatedContactId" if is_past else "ContactId": item.contact_id})


def _written(item: TranscriptItem, contact: Mapping[str, str]) -> dict[str, Any]:
    members = {
        "AbsoluteTime": iso_timestamp(item.absolute_time),
        "Attachments": [
            {
                "AttachmentName": attachment.attachment_name,
                "ContentType": attachment.content_type,
                "AttachmentId": attachment.attachment_id,
                "Status": attachment.status,
            }
            for attachment in item.attachments
        ]
        or None,
        "Content": item.content,
        # An item with files has no content type: in recordings, only each of its files has one.
        "ContentType": None if item.attachments else item.content_type,
        "Id": item.id,
        "Type": item.type,
        "ParticipantId": item.participant_id,
        "DisplayName": item.display_name,
        "ParticipantRole": item.participant_role,
        "MessageMetadata": {"MessageId": item.id, "Receipts": [_receipt(one) for one in item.receipts]}
        if item.receipts
        else None,
        **contact,
    }
    return {member: value for member, value in members.items() if value is not None}


def _receipt(receipt: Receipt) -> dict[str, str]:
    members = {}
    if receipt.delivered_timestamp is not None:
        members["DeliveredTimestamp"] = iso_timestamp(receipt.delivered_timestamp)
    if receipt.read_timestamp is not None:
        members["ReadTimestamp"] = iso_timestamp(receipt.read_timestamp)
    return {**members, "RecipientParticipantId": receipt.recipient_participant_id}
