"""`StopContact`."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from pytest_connect_chat._service.answer import Answer
from pytest_connect_chat._service.wire import Request

if TYPE_CHECKING:
    from pytest_connect_chat._service.service import ConnectChatService


def stop_contact(service: ConnectChatService, request: Request, now: datetime) -> Answer:
    """Answer one `StopContact`: "Chat and task contacts can be terminated in any state"."""
    contact_id = request.params["ContactId"]
    contact = service.contacts.get(contact_id)
    known = contact is not None and contact.instance_id == request.params["InstanceId"]
    service.rules.require("stopped-contact-exists", known, f"Contact {contact_id} not found.")
    if contact is None:
        return Answer({})
    active = contact.is_active
    service.rules.require("stopped-contact-active", active, f"Contact {contact_id} not found: it has ended.")
    if active:
        service.contacts.end(contact, "API", now)
    return Answer({}, contact)
