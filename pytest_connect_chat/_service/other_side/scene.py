"""What a test does to contacts without a client: it adds, transfers and ends them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from pytest_connect_chat._service import actions
from pytest_connect_chat._service.arguments import require_text
from pytest_connect_chat._service.contacts.contact import DEFAULT_DURATION, ContactRecord, whose_id
from pytest_connect_chat._service.request import snapshot
from pytest_connect_chat._service.state import ServiceState
from pytest_connect_chat._text import counted, shown
from pytest_connect_chat._time import iso_timestamp, moment_of_a_fake, whole_milliseconds
from pytest_connect_chat.exceptions import SceneError

SEGMENT_LENGTH: Final = timedelta(minutes=10)
MOST_SEGMENTS: Final = 1_000
ENDED_BEFORE_NOW: Final = timedelta(hours=1)
CHANNELS: Final = ("CHAT", "VOICE")
ROLES: Final = ("CUSTOMER", "AGENT", "SYSTEM")


def add_contact(
    state: ServiceState,
    *,
    region: str,
    instance_id: str | None,
    contact_flow_id: str | None,
    contact_id: str | None,
    display_name: str,
    attributes: Mapping[str, str] | None,
    customer_id: str | None = None,
    initial_message: str | Mapping[str, str] | None = None,
    tags: Mapping[str, str] | None = None,
    channel: str = "CHAT",
    initiation_timestamp: datetime | None = None,
    previous: ContactRecord | None = None,
) -> ContactRecord:
    """Register an active contact; see `FakeConnectChat.add_contact`."""
    if channel not in CHANNELS:
        raise SceneError(f"channel={shown(channel)} is not valid. Valid: {', '.join(CHANNELS)}.")
    voice = channel == "VOICE"
    if voice and initial_message is not None:
        raise SceneError("initial_message is for a chat; a voice contact has none.")
    with state.feed:
        instance_id, contact_flow_id = _place(state, instance_id, contact_flow_id)
        if contact_id is not None:
            _require_free_id(state, contact_id)
        require_text(display_name, "display_name")
        copied, copied_tags = _text_map(attributes, "attributes"), _text_map(tags, "tags")
        params: dict[str, Any] = {
            "InstanceId": instance_id,
            "ContactFlowId": contact_flow_id,
            "ParticipantDetails": {"DisplayName": display_name},
        }
        message = _message(initial_message)
        if message is not None:
            params["InitialMessage"] = message
        if customer_id is not None:
            params["CustomerId"] = require_text(customer_id, "customer_id")
        new_id, participant_id, participant_token = state.identifiers.contact()
        contact_id = contact_id or new_id
        started = initiation_timestamp or state.clock.now()
        contact = ContactRecord(
            contact_id=contact_id,
            initial_contact_id=previous.initial_contact_id if previous else contact_id,
            participant_id=previous.participant_id if previous else participant_id,
            participant_token=previous.participant_token if previous else participant_token,
            region=region,
            params=params,
            previous_contact_id=previous.contact_id if previous else None,
            channel=channel,
            initiation_method="INBOUND" if voice else "TRANSFER" if previous else "API",
            initiation_timestamp=started,
            expires_at=started + DEFAULT_DURATION,
            attributes=previous.attributes if previous else copied,
            tags=copied_tags,
            connected=not voice,
            clock=state.clock,
            others=state.contacts.by_id,
        )
        state.contacts.add(contact)
        return contact


def add_ended_chat(
    state: ServiceState,
    *,
    region: str,
    segments: int,
    instance_id: str | None,
    contact_id: str | None,
    display_name: str,
    attributes: Mapping[str, str] | None,
    customer_id: str | None,
    messages: Iterable[tuple[str, str]],
    ended_at: datetime | str | None,
) -> tuple[ContactRecord, ...]:
    """Register a past session of ended contacts; see `FakeConnectChat.add_ended_chat`."""
    if not isinstance(segments, int) or isinstance(segments, bool) or not 1 <= segments <= MOST_SEGMENTS:
        raise SceneError(
            f"segments is the number of contacts of the past session, 1 to {MOST_SEGMENTS}, not {shown(segments)}."
        )
    said = _past_messages(messages)
    with state.feed:
        now = state.clock.now()
        end = now - ENDED_BEFORE_NOW if ended_at is None else moment_of_a_fake(ended_at, "ended_at")
        if end > now:
            raise SceneError(
                f"ended_at={iso_timestamp(end)} lies in the future: the clock stands at {iso_timestamp(now)}."
            )
        past: list[ContactRecord] = []
        for segment in range(segments):
            remaining = segments - segment
            contact = add_contact(
                state,
                region=region,
                instance_id=instance_id,
                contact_flow_id=None,
                contact_id=contact_id if segment == 0 else None,
                display_name=display_name,
                attributes=attributes,
                customer_id=customer_id,
                initiation_timestamp=end - remaining * SEGMENT_LENGTH,
                previous=past[-1] if past else None,
            )
            share = said[segment * len(said) // segments : (segment + 1) * len(said) // segments]
            _say_in_the_past(state, contact, share)
            reason = "CUSTOMER_DISCONNECT" if remaining == 1 else None  # a transfer ends a contact without a reason
            state.contacts.end(contact, reason, end - (remaining - 1) * SEGMENT_LENGTH)
            past.append(contact)
        return tuple(past)


def _say_in_the_past(state: ServiceState, contact: ContactRecord, messages: Sequence[tuple[str, str]]) -> None:
    """Spread messages evenly over a past contact."""
    customer = state.participants.of(contact)[0]
    for position, (role, content) in enumerate(messages, 1):
        if role == "CUSTOMER":
            speaker = customer
        elif role == "SYSTEM":
            speaker = state.participants.flow_of(contact)
        else:
            agents = [one for one in state.participants.of(contact) if one.role == "AGENT"]
            speaker = agents[0] if agents else state.participants.add(contact, "AGENT", "Agent")
        moment = contact.initiation_timestamp + SEGMENT_LENGTH * position / (len(messages) + 1)
        actions.send_message(state, speaker, "text/plain", content, whole_milliseconds(moment))


def stop_contact(state: ServiceState, contact_id: str, disconnect_reason: str) -> None:
    """End an active contact; see `FakeConnectChat.stop_contact`."""
    with state.moment() as now:
        contact = active_contact(state, contact_id)
        state.contacts.end(contact, require_text(disconnect_reason, "disconnect_reason"), now)


def transfer(state: ServiceState, contact_id: str, contact_flow_id: str | None) -> ContactRecord:
    """Transfer a contact; see `FakeConnectChat.transfer`."""
    with state.moment() as now:
        contact = active_chat(state, contact_id)
        flow_id = contact.contact_flow_id if contact_flow_id is None else contact_flow_id
        if not isinstance(flow_id, str) or not flow_id or not state.instances.has_flow(contact.instance_id, flow_id):
            declared = ", ".join(state.instances.flows(contact.instance_id)) or "any non-empty text"
            raise SceneError(
                f"contact_flow_id={shown(flow_id)} is no flow of the contact's instance. Valid: {declared}."
            )
        return state.contacts.transfer(contact, flow_id, now)


def active_contact(state: ServiceState, contact_id: str) -> ContactRecord:
    """Return an active contact by its id. What is due by now must have happened already.

    Raises:
        SceneError: There is none.
    """
    if not isinstance(contact_id, str) or not contact_id:
        raise SceneError(f"contact_id is a non-empty text, not {shown(contact_id)}.{whose_id(contact_id)}")
    contact = state.contacts.by_id.get(contact_id)
    if contact is None:
        known, what = counted(len(state.contacts.by_id), "contact"), state.participants.what_is(contact_id)
        instead = f" It is {what}." if what else ""
        raise SceneError(f"No contact has the id {shown(contact_id)}; the fake knows {known}.{instead}")
    if not contact.is_active:
        raise SceneError(f"The contact {contact_id} has ended already: {state.contacts.describe(contact)}.")
    return contact


def active_chat(state: ServiceState, contact_id: str) -> ContactRecord:
    """Return an active contact of a chat by its id.

    Raises:
        SceneError: There is none, or it is a voice contact.
    """
    contact = active_contact(state, contact_id)
    if contact.channel != "CHAT":
        raise SceneError(f"The contact {contact_id} is a {contact.channel} contact, and no chat.")
    return contact


def _place(state: ServiceState, instance_id: str | None, contact_flow_id: str | None) -> tuple[str, str]:
    instances, identifiers = state.instances, state.identifiers
    declared_instance, _ = instances.first() or (identifiers.default_instance_id, None)
    instance_id = declared_instance if instance_id is None else require_text(instance_id, "instance_id")
    if not instances.exists(instance_id):
        raise SceneError(
            f"The instance {shown(instance_id)} is not declared: call add_instance({shown(instance_id)}, [...]) first."
        )
    if contact_flow_id is None:
        return instance_id, next(iter(instances.flows(instance_id)), identifiers.default_contact_flow_id)
    if not instances.has_flow(instance_id, require_text(contact_flow_id, "contact_flow_id")):
        raise SceneError(
            f"The flow {shown(contact_flow_id)} is not declared: call add_instance({shown(instance_id)}, "
            f"[{shown(contact_flow_id)}]) first."
        )
    return instance_id, contact_flow_id


def _require_free_id(state: ServiceState, contact_id: str) -> None:
    if require_text(contact_id, "contact_id") in state.contacts.by_id:
        raise SceneError(f"A contact has the id {shown(contact_id)} already.")


def _text_map(texts: Mapping[str, str] | None, name: str) -> dict[str, str]:
    if not isinstance(texts, Mapping | None):
        raise SceneError(f"{name} maps texts to texts, not {shown(texts)}.")
    for key, value in (texts or {}).items():
        if not isinstance(key, str) or not isinstance(value, str):
            raise SceneError(f"{name} maps texts to texts, not {shown(key)} to {shown(value)}.")
    copied: dict[str, str] = snapshot(dict(texts or {}))
    return copied


def _message(message: str | Mapping[str, str] | None) -> dict[str, str] | None:
    if message is None:
        return None
    members = {"ContentType": "text/plain", "Content": message} if isinstance(message, str) else message
    if (
        not isinstance(members, Mapping)
        or members.keys() != {"ContentType", "Content"}
        or not all(isinstance(value, str) and value for value in members.values())
    ):
        raise SceneError(
            "initial_message is a non-empty text, or the InitialMessage of a request with its ContentType and Content, "
            f"not {shown(message)}."
        )
    return _text_map(members, "initial_message")


def _past_messages(messages: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    said: list[Any] = [messages] if isinstance(messages, str) or not isinstance(messages, Iterable) else [*messages]
    for one in said:
        match one:
            case (role, str(content)) if role in ROLES and content:
                continue
        raise SceneError(f"messages are pairs of a role ({', '.join(ROLES)}) and a non-empty text, not {shown(one)}.")
    return said
