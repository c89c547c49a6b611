"""`CreateParticipantConnection` and `DisconnectParticipant`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pytest_connect_chat._service import actions
from pytest_connect_chat._service.answer import Answer
from pytest_connect_chat._service.participants import CONNECTION_TOKEN_LIFETIME, URL_LIFETIME, Participant
from pytest_connect_chat._service.request import Request
from pytest_connect_chat._service.state import ServiceState
from pytest_connect_chat._time import iso_timestamp


def create_participant_connection(
    state: ServiceState, request: Request, now: datetime, participant: Participant
) -> Answer:
    """Answer one `CreateParticipantConnection`. It can be repeated, and each time gives new tokens and URLs."""
    state.rules.require(
        "custom-bot-connects",
        not participant.comes_too_late(now),
        f"The participant {participant.participant_id} was added at {iso_timestamp(participant.added_at or now)}, "
        "more than 15 seconds ago, and has never connected.",
    )
    types = frozenset(request.params.get("Type", ()))
    connects = request.params.get("ConnectParticipant", False) and _can_be_connected(state, participant)
    note_types(state, participant, types, now)
    if connects:
        actions.join(state, participant, now)
    members = connection_members(state, participant, types, request.region, now)
    return Answer(members, state.contacts.current(participant.first_contact))


def _can_be_connected(state: ServiceState, participant: Participant) -> bool:
    """Return whether `ConnectParticipant` works: for a customer, only if the contact is streamed."""
    if participant.role != "CUSTOMER" or participant.first_contact.streamings:
        return True
    rule_id = "connect-participant-streaming"
    state.rules.refuse(
        rule_id, "ConnectParticipant works for a customer only once the contact is streamed: see StartContactStreaming."
    )
    return not state.rules.is_enabled(rule_id)


def note_types(state: ServiceState, participant: Participant, types: frozenset[str], now: datetime) -> None:
    """Note what connection information a participant asks for.

    A participant connects by subscribing at its WebSocket. Without an endpoint nobody can do that: then it connects by
    having asked for both types, which a client needs for subscribing.
    """
    participant.asked_for |= types
    if participant.has_asked_for_all and not state.urls.are_served:
        actions.join(state, participant, now)


def connection_members(
    state: ServiceState, participant: Participant, types: frozenset[str], region: str, now: datetime
) -> dict[str, Any]:
    """Return the connection information of the requested types. A chat has none for other types."""
    members: dict[str, Any] = {}
    if "CONNECTION_CREDENTIALS" in types:
        members["ConnectionCredentials"] = {
            "ConnectionToken": state.participants.issue_connection_token(participant, now),
            "Expiry": iso_timestamp(now + CONNECTION_TOKEN_LIFETIME),
        }
    if "WEBSOCKET" in types:
        members["Websocket"] = {
            "Url": state.urls.websocket(participant, region, now + URL_LIFETIME),
            "ConnectionExpiry": iso_timestamp(now + URL_LIFETIME),
        }
    return members


def disconnect_participant(state: ServiceState, request: Request, now: datetime, participant: Participant) -> Answer:
    """Answer one `DisconnectParticipant`."""
    contact = state.contacts.current(participant.first_contact)
    actions.leave(state, participant, now)
    return Answer({}, contact)
