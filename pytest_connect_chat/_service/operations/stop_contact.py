"""`StopContact`."""

from __future__ import annotations

from datetime import datetime

from pytest_connect_chat._service.answer import Answer
from pytest_connect_chat._service.operations.subjects import no_contact
from pytest_connect_chat._service.request import Request
from pytest_connect_chat._service.state import ServiceState


def stop_contact(state: ServiceState, request: Request, now: datetime) -> Answer:
    """Answer one `StopContact`: "Chat and task contacts can be terminated in any state"."""
    contact_id = request.params["ContactId"]
    contact = state.contacts.by_id.get(contact_id)
    if contact is None or contact.instance_id != request.params["InstanceId"]:
        message = no_contact(state, "ContactId", contact_id, request.params["InstanceId"])
        state.rules.refuse("stopped-contact-exists", message)
    if contact is None:
        return Answer({})
    active = contact.is_active
    state.rules.require("stopped-contact-active", active, f"Contact {contact_id} not found: it has ended.")
    if active:
        state.contacts.end(contact, "API", now)
    return Answer({}, contact)
