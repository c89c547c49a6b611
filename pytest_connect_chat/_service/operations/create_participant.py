"""`CreateParticipant` and `CreatePersistentContactAssociation`: what is added to a chat that has started."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from pytest_connect_chat._service.answer import Answer
from pytest_connect_chat._service.chats.transcript import CHAT_REHYDRATED
from pytest_connect_chat._service.contacts.contact import ContactRecord
from pytest_connect_chat._service.contacts.lineage import first_contacts
from pytest_connect_chat._service.operations.rehydration import resolve_source
from pytest_connect_chat._service.operations.subjects import require_open_chat
from pytest_connect_chat._service.participants import PARTICIPANTS_PER_CHAT
from pytest_connect_chat._service.request import Request
from pytest_connect_chat._service.state import ServiceState
from pytest_connect_chat._time import iso_timestamp

UNNAMED: Final = "CUSTOM_BOT"  # the display name, if the rule that requires one is switched off


def create_participant(state: ServiceState, request: Request, now: datetime, contact: ContactRecord) -> Answer:
    """Answer one `CreateParticipant`: a custom bot, which joins once it connects with its own participant token."""
    require_open_chat(state, contact)
    _require_room(state, contact, now)
    details = request.params["ParticipantDetails"]
    role, display_name = details.get("ParticipantRole", "CUSTOM_BOT"), details.get("DisplayName", UNNAMED)
    participant = state.participants.add(contact, role, display_name, added_at=now)
    credentials = {"ParticipantToken": participant.participant_token, "Expiry": iso_timestamp(contact.expires_at)}
    return Answer({"ParticipantCredentials": credentials, "ParticipantId": participant.participant_id}, contact)


def _require_room(state: ServiceState, contact: ContactRecord, now: datetime) -> None:
    """Refuse a custom bot if the chat has one or an agent already, or is full."""
    roles = [one.role for one in state.participants.of(contact) if one.takes_part(now)]
    require, chat = state.rules.require, f"The chat of the contact {contact.contact_id}"
    require("custom-bot-without-agent", "AGENT" not in roles, f"{chat} has an agent already.")
    require("custom-bots-per-chat", "CUSTOM_BOT" not in roles, f"{chat} has a CUSTOM_BOT already.")
    full = len(roles) >= PARTICIPANTS_PER_CHAT
    require("participants-per-chat", not full, f"{chat} has {len(roles)} participants already.")


def create_persistent_contact_association(
    state: ServiceState, request: Request, now: datetime, contact: ContactRecord
) -> Answer:
    """Answer one `CreatePersistentContactAssociation`: a chat that has started continues from a past one."""
    require, contacts, params = state.rules.require, state.contacts, request.params
    require_open_chat(state, contact)
    first = contacts.initial(contact)
    require(
        "association-new",
        first.continued_from_contact_id is None,
        f"The contact {contact.contact_id} continues from {first.continued_from_contact_id} already.",
    )
    source = resolve_source(params, params["InstanceId"], state, now)
    if source is None:
        return Answer({}, contact)
    require(
        "association-source",
        first not in first_contacts(contacts, source),
        f"SourceContactId {params['SourceContactId']} belongs to the chat of the contact {contact.contact_id} itself, "
        "or continues from it.",
    )
    for associated in (first, contact):
        associated.continue_from(source, params["RehydrationType"])
    current = contacts.current(contact)
    contacts.say(current, type="EVENT", content_type=CHAT_REHYDRATED, absolute_time=now)
    return Answer({"ContinuedFromContactId": source.contact_id}, contact)
