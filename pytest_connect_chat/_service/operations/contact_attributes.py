"""`GetContactAttributes`, `UpdateContactAttributes`, `TagContact` and `UntagContact`."""

from __future__ import annotations

from datetime import datetime

from pytest_connect_chat._service.answer import Answer
from pytest_connect_chat._service.contacts.contact import ContactRecord
from pytest_connect_chat._service.request import Request
from pytest_connect_chat._service.rules.attributes import attributes_message
from pytest_connect_chat._service.state import ServiceState


def get_contact_attributes(state: ServiceState, request: Request, now: datetime, contact: ContactRecord) -> Answer:
    """Answer one `GetContactAttributes`, also about a contact that has ended."""
    return Answer({"Attributes": dict(contact.attributes)}, contact)


def update_contact_attributes(state: ServiceState, request: Request, now: datetime, contact: ContactRecord) -> Answer:
    """Answer one `UpdateContactAttributes`: "for both ongoing and completed contacts"."""
    attributes = contact.attributes | request.params["Attributes"]
    problem = attributes_message(attributes)
    if problem is not None:
        state.rules.refuse("attributes-size", problem)
    contact.attributes.update(attributes)  # in place, because the contacts of one session share them
    contact.updated = now
    return Answer({}, contact)


def tag_contact(state: ServiceState, request: Request, now: datetime, contact: ContactRecord) -> Answer:
    """Answer one `TagContact`."""
    contact.tags = {**contact.tags, **request.params["Tags"]}
    contact.updated = now
    return Answer({}, contact)


def untag_contact(state: ServiceState, request: Request, now: datetime, contact: ContactRecord) -> Answer:
    """Answer one `UntagContact`. Keys that the contact does not have are ignored (assumed)."""
    contact.tags = {key: value for key, value in contact.tags.items() if key not in request.params["TagKeys"]}
    contact.updated = now
    return Answer({}, contact)
