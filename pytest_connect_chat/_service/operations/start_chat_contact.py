"""`StartChatContact`."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from pytest_connect_chat._service.answer import RESOURCE_NOT_FOUND, Answer
from pytest_connect_chat._service.chats.notifications import Streaming
from pytest_connect_chat._service.contacts.contact import DEFAULT_DURATION, ContactRecord
from pytest_connect_chat._service.idempotency import CommittedCall
from pytest_connect_chat._service.operations.participant_connection import connection_members, note_types
from pytest_connect_chat._service.operations.rehydration import resolve_source
from pytest_connect_chat._service.operations.retention import require_retained
from pytest_connect_chat._service.operations.subjects import no_contact
from pytest_connect_chat._service.request import Request
from pytest_connect_chat._service.rules.attributes import attributes_message
from pytest_connect_chat._service.state import ServiceState

LONGEST_MINUTES: Final = 60 * 24 * 366 * 10  # if the rule on the duration is off, so that it ends at a date in Python


def start_chat_contact(state: ServiceState, request: Request, now: datetime) -> Answer:
    """Answer one `StartChatContact` whose shape has been checked."""
    params = request.params
    used_token = _token_key(request)
    earlier = state.used_tokens.find(used_token, now) if used_token else None
    if earlier is not None:
        return _replay(state, request, earlier)
    _require_instance_and_flow(state, params)
    source = _source(state, params, now)
    related = _related_contact(state, params, now)
    attributes = _attributes(state, params, related)
    _require_free_slot(state, params["InstanceId"])
    contact = _new_contact(state, request, now, source, attributes)
    state.contacts.add(contact, connect_by=now + state.connect_within if state.connect_within else None)
    answer = Answer(_members(state, request, contact, now), contact)
    if used_token:
        state.used_tokens.remember(used_token, CommittedCall(params, answer, now))
    return answer


def _token_key(request: Request) -> tuple[str, ...] | None:
    client_token = request.params.get("ClientToken")
    if not client_token:
        return None
    return (request.region, request.operation, request.params["InstanceId"], client_token)


def _replay(state: ServiceState, request: Request, earlier: CommittedCall) -> Answer:
    state.rules.require(
        "client-token-conflict",
        earlier.params == request.params,
        f"ClientToken {request.params['ClientToken']} was used for a different request, which started the contact "
        f"{earlier.answer.members['ContactId']}.",
    )
    members = dict(earlier.answer.members)
    contact = state.contacts.by_id[members["ContactId"]]
    if not state.contacts.current(contact).is_active:
        members.pop("Websocket", None)  # "can omit a websocket URL if the chat has already ended"
    return Answer(members, contact)


def _require_instance_and_flow(state: ServiceState, params: dict[str, Any]) -> None:
    refuse, instances = state.rules.refuse, state.instances
    instance_id, contact_flow_id = params["InstanceId"], params["ContactFlowId"]
    if instance_id.startswith("arn:"):
        refuse("instance-id-arn", RESOURCE_NOT_FOUND)
    if not instances.exists(instance_id):
        refuse("instance-exists", RESOURCE_NOT_FOUND)
    if contact_flow_id.startswith("arn:"):
        refuse("contact-flow-id-arn", RESOURCE_NOT_FOUND)
    if not instances.has_flow(instance_id, contact_flow_id):
        refuse("contact-flow-exists", RESOURCE_NOT_FOUND)


def _source(state: ServiceState, params: dict[str, Any], now: datetime) -> ContactRecord | None:
    if "PersistentChat" not in params:
        return None
    return resolve_source(params["PersistentChat"], params["InstanceId"], state, now)


def _related_contact(state: ServiceState, params: dict[str, Any], now: datetime) -> ContactRecord | None:
    related_contact_id = params.get("RelatedContactId")
    if related_contact_id is None:
        return None
    related = state.contacts.by_id.get(related_contact_id)
    if related is None or related.instance_id != params["InstanceId"]:
        message = no_contact(state, "RelatedContactId", related_contact_id, params["InstanceId"])
        state.rules.refuse("related-contact-exists", message)
        return None
    require_retained(related, state.rules, now)
    return related


def _attributes(state: ServiceState, params: dict[str, Any], related: ContactRecord | None) -> dict[str, str]:
    own: dict[str, str] = params.get("Attributes", {})
    if related is None:
        return dict(own)
    # "a copy of the related contact's attributes; later updates stay separate" (StartOutboundVoiceContact). It is
    # assumed that the request's own attributes win.
    attributes = related.attributes | own
    problem = attributes_message(attributes)
    state.rules.require("attributes-size", problem is None, problem or "")
    return attributes


def _require_free_slot(state: ServiceState, instance_id: str) -> None:
    active, quota = state.contacts.active_count(instance_id), state.max_active_chats
    if active >= quota:
        state.rules.refuse(
            "active-chats",
            f"The instance {instance_id} has reached its quota of active chats: {active} of {quota}. The setting "
            "max_active_chats raises it; stop_contact() frees a slot.",
        )


def _new_contact(
    state: ServiceState, request: Request, now: datetime, source: ContactRecord | None, attributes: dict[str, str]
) -> ContactRecord:
    params = request.params
    contact_id, participant_id, participant_token = state.identifiers.contact()
    contact = ContactRecord(
        contact_id,
        contact_id,
        participant_id,
        participant_token,
        request.region,
        params,
        attributes,
        now,
        now + _duration(params),
        state.clock,
        state.contacts.by_id,
    )
    if source is not None:
        contact.continue_from(source, params["PersistentChat"].get("RehydrationType"))
    elif "RelatedContactId" in params:
        contact.related_contact_id = params["RelatedContactId"]
    if "ChatStreamingConfiguration" in params:  # from the start: the initial message is published too (assumed)
        topic_arn = params["ChatStreamingConfiguration"]["StreamingEndpointArn"]
        contact.streamings = (Streaming(state.identifiers.streaming_id(), topic_arn),)
    return contact


def _duration(params: dict[str, Any]) -> timedelta:
    minutes = params.get("ChatDurationInMinutes")
    return DEFAULT_DURATION if minutes is None else timedelta(minutes=min(minutes, LONGEST_MINUTES))


def _members(state: ServiceState, request: Request, contact: ContactRecord, now: datetime) -> dict[str, Any]:
    members: dict[str, Any] = {
        "ContactId": contact.contact_id,
        "ParticipantId": contact.participant_id,
        "ParticipantToken": contact.participant_token,
    }
    if contact.continued_from_contact_id is not None:
        members["ContinuedFromContactId"] = contact.continued_from_contact_id
    if "ConnectionTypes" in request.params:
        customer, types = state.participants.of(contact)[0], frozenset(request.params["ConnectionTypes"])
        note_types(state, customer, types, now)
        members |= connection_members(state, customer, types, request.region, now)
    if "ChatStreamingConfiguration" in request.params:
        members["StreamingId"] = contact.streamings[0].streaming_id
    return members
