"""`CreateParticipantConnection` and `DisconnectParticipant`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pytest_connect_chat._service.answer import Answer
from pytest_connect_chat._service.chats import actions
from pytest_connect_chat._service.chats.participants import CONNECTION_TOKEN_LIFETIME, URL_LIFETIME, Participant
from pytest_connect_chat._service.clock import iso_timestamp
from pytest_connect_chat._service.request import Request
from pytest_connect_chat._service.state import ServiceState


def create_participant_connection(
    state: ServiceState, request: Request, now: datetime, participant: Participant
) -> Answer:
    """Answer one `CreateParticipantConnection`, which can be repeated: each gives what it asks for anew."""
    types = frozenset(request.params.get("Type", ()))
    if participant.asks_for(types) or request.params.get("ConnectParticipant"):
        actions.join(state, participant, now)
    members = connection_members(state, participant, types, request.region, now)
    return Answer(members, state.contacts.current(participant.first_contact))


def connection_members(
    state: ServiceState, participant: Participant, types: frozenset[str], region: str, now: datetime
) -> dict[str, Any]:
    """Return the connection information of the types that are asked for; there is none of other types for a chat."""
    members: dict[str, Any] = {}
    if "CONNECTION_CREDENTIALS" in types:
        members["ConnectionCredentials"] = {
            "ConnectionToken": state.participants.issue_connection_token(participant, now),
            "Expiry": iso_timestamp(now + CONNECTION_TOKEN_LIFETIME),
        }
    if "WEBSOCKET" in types:
        members["Websocket"] = {
            "Url": state.identifiers.websocket_url(region),
            "ConnectionExpiry": iso_timestamp(now + URL_LIFETIME),
        }
    return members


def disconnect_participant(state: ServiceState, request: Request, now: datetime, participant: Participant) -> Answer:
    """Answer one `DisconnectParticipant`."""
    contact = state.contacts.current(participant.first_contact)
    actions.leave(state, participant, now)
    return Answer({}, contact)
