"""The faked operations, one small module for each or for a family, and the table of them."""

from __future__ import annotations

from typing import Final

from pytest_connect_chat._service.operations.contact_attributes import (
    get_contact_attributes,
    tag_contact,
    untag_contact,
    update_contact_attributes,
)
from pytest_connect_chat._service.operations.contact_records import describe_contact, list_associated_contacts
from pytest_connect_chat._service.operations.contact_streaming import start_contact_streaming, stop_contact_streaming
from pytest_connect_chat._service.operations.create_participant import (
    create_participant,
    create_persistent_contact_association,
)
from pytest_connect_chat._service.operations.get_transcript import get_transcript
from pytest_connect_chat._service.operations.list_contact_flows import list_contact_flows
from pytest_connect_chat._service.operations.participant_connection import (
    create_participant_connection,
    disconnect_participant,
)
from pytest_connect_chat._service.operations.send_attachment import (
    NO_ATTACHMENT,
    complete_attachment_upload,
    get_attachment,
    start_attachment_upload,
)
from pytest_connect_chat._service.operations.send_message import send_event, send_message
from pytest_connect_chat._service.operations.start_chat_contact import start_chat_contact
from pytest_connect_chat._service.operations.stop_contact import stop_contact
from pytest_connect_chat._service.operations.subjects import Operation, of_contact, of_participant

OPERATIONS: Final[dict[tuple[str, str], Operation]] = {
    ("connect", "StartChatContact"): start_chat_contact,
    ("connect", "StopContact"): stop_contact,
    ("connect", "DescribeContact"): of_contact(describe_contact),
    ("connect", "GetContactAttributes"): of_contact(get_contact_attributes, "InitialContactId"),
    ("connect", "UpdateContactAttributes"): of_contact(update_contact_attributes, "InitialContactId"),
    ("connect", "StartContactStreaming"): of_contact(start_contact_streaming, unknown={"StreamingId": "unknown"}),
    ("connect", "StopContactStreaming"): of_contact(stop_contact_streaming),
    ("connect", "CreateParticipant"): of_contact(create_participant),
    ("connect", "CreatePersistentContactAssociation"): of_contact(
        create_persistent_contact_association, "InitialContactId"
    ),
    ("connect", "TagContact"): of_contact(tag_contact),
    ("connect", "UntagContact"): of_contact(untag_contact),
    ("connect", "ListAssociatedContacts"): of_contact(list_associated_contacts),
    ("connect", "ListContactFlows"): list_contact_flows,
    ("connectparticipant", "CreateParticipantConnection"): of_participant(create_participant_connection),
    ("connectparticipant", "DisconnectParticipant"): of_participant(disconnect_participant),
    ("connectparticipant", "SendMessage"): of_participant(send_message),
    ("connectparticipant", "SendEvent"): of_participant(send_event),
    ("connectparticipant", "GetTranscript"): of_participant(get_transcript),
    ("connectparticipant", "StartAttachmentUpload"): of_participant(start_attachment_upload),
    ("connectparticipant", "CompleteAttachmentUpload"): of_participant(complete_attachment_upload),
    ("connectparticipant", "GetAttachment"): of_participant(get_attachment, unknown=NO_ATTACHMENT),
}
