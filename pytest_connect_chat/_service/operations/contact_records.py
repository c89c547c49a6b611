"""`DescribeContact` and `ListAssociatedContacts`: what is on record about contacts."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from pytest_connect_chat._service.answer import Answer
from pytest_connect_chat._service.contacts.contact import ContactRecord
from pytest_connect_chat._service.contacts.lineage import root_of, tree_of
from pytest_connect_chat._service.identifiers import ACCOUNT_ID
from pytest_connect_chat._service.operations.pages import page_of
from pytest_connect_chat._service.operations.retention import RETENTION
from pytest_connect_chat._service.request import Request
from pytest_connect_chat._service.state import ServiceState

SUBTYPES: Final = {"CHAT": "connect:Chat", "VOICE": "connect:Telephony"}  # always in the answer (assumed)
ASSOCIATED_PER_PAGE: Final = 100  # the model's maximum; no default is documented


def instance_arn(instance_id: str, region: str) -> str:
    """Return the ARN of an instance of the fake's account."""
    return f"arn:aws:connect:{region}:{ACCOUNT_ID}:instance/{instance_id}"


def describe_contact(state: ServiceState, request: Request, now: datetime, contact: ContactRecord) -> Answer:
    """Answer one `DescribeContact`: there is no `State`, and `DisconnectTimestamp` only once the contact has ended."""
    summary = _summary(state, contact)
    changes = (contact.initiation_timestamp, contact.updated, contact.ended_at)
    record: dict[str, Any] = {
        "Arn": summary.pop("ContactArn"),
        "Id": summary.pop("ContactId"),
        **summary,
        "ContactAssociationId": root_of(state.contacts, contact),
        "LastUpdateTimestamp": max(filter(None, changes)),
        "Attributes": dict(contact.attributes),
        "SegmentAttributes": {
            "connect:Subtype": {"ValueString": SUBTYPES[contact.channel]},
            **contact.segment_attributes,
        },
        **({"Tags": contact.tags} if contact.tags else {}),
        **({"CustomerId": contact.customer_id} if contact.customer_id else {}),
        **({"DisconnectReason": contact.disconnect_reason} if contact.disconnect_reason else {}),
    }
    connected_at = state.participants.of(contact)[0].connected_at
    if connected_at is not None:
        record["ConnectedToSystemTimestamp"] = connected_at
    return Answer({"Contact": record}, contact)


def list_associated_contacts(state: ServiceState, request: Request, now: datetime, contact: ContactRecord) -> Answer:
    """Answer one `ListAssociatedContacts`: the contacts of the same tree that the service still knows."""
    forgets = state.rules.is_enabled("contact-retention")
    summaries = [
        _summary(state, other)
        for other in tree_of(state.contacts, contact)
        if not forgets or now - other.initiation_timestamp <= RETENTION
    ]
    return Answer(page_of(state, request, "ContactSummaryList", summaries, ASSOCIATED_PER_PAGE), contact)


def _summary(state: ServiceState, contact: ContactRecord) -> dict[str, Any]:
    transferred = contact.previous_contact_id is not None or state.contacts.current(contact) is not contact
    summary = {
        "ContactId": contact.contact_id,
        "ContactArn": f"{instance_arn(contact.instance_id, contact.region)}/contact/{contact.contact_id}",
        "InitiationTimestamp": contact.initiation_timestamp,
        "DisconnectTimestamp": contact.disconnect_timestamp,  # of the customer, if that was earlier
        # "If this contact is related to other contacts": so there is none before a transfer.
        "InitialContactId": contact.initial_contact_id if transferred else None,
        "PreviousContactId": contact.previous_contact_id,
        "RelatedContactId": contact.related_contact_id,
        "InitiationMethod": contact.initiation_method,
        "Channel": contact.channel,
    }
    return {member: value for member, value in summary.items() if value is not None}
