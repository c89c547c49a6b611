"""`CreateParticipantConnection` and `DisconnectParticipant`."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from pytest_connect_chat._service import participation
from pytest_connect_chat._service.answer import Answer
from pytest_connect_chat._service.clock import iso_timestamp
from pytest_connect_chat._service.participants import CONNECTION_TOKEN_LIFETIME, URL_LIFETIME, Participant
from pytest_connect_chat._service.wire import Request

if TYPE_CHECKING:
    from pytest_connect_chat._service.service import ConnectChatService


def create_participant_connection(
    service: ConnectChatService, request: Request, now: datetime, participant: Participant
) -> Answer:
    """Answer one `CreateParticipantConnection`, which can be repeated: each gives what it asks for anew."""
    types = frozenset(request.params.get("Type", ()))
    if participant.asks_for(types) or request.params.get("ConnectParticipant"):
        participation.join(service, participant, now)
    members = connection_members(service, participant, types, request.region, now)
    return Answer(members, service.contacts.current(participant.first_contact))


def connection_members(
    service: ConnectChatService, participant: Participant, types: frozenset[str], region: str, now: datetime
) -> dict[str, Any]:
    """Return the connection information of the types that are asked for; there is none of other types for a chat."""
    members: dict[str, Any] = {}
    if "CONNECTION_CREDENTIALS" in types:
        members["ConnectionCredentials"] = {
            "ConnectionToken": service.participants.issue_connection_token(participant, now),
            "Expiry": iso_timestamp(now + CONNECTION_TOKEN_LIFETIME),
        }
    if "WEBSOCKET" in types:
        members["Websocket"] = {
            "Url": service.identifiers.websocket_url(region),
            "ConnectionExpiry": iso_timestamp(now + URL_LIFETIME),
        }
    return members


def disconnect_participant(
    service: ConnectChatService, request: Request, now: datetime, participant: Participant
) -> Answer:
    """Answer one `DisconnectParticipant`."""
    contact = service.contacts.current(participant.first_contact)
    participation.leave(service, participant, now)
    return Answer({}, contact)
