"""Contacts that a test sets up without a client."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from pytest_connect_chat._service.clock import iso_timestamp, parse_moment
from pytest_connect_chat._service.contacts.contact import Contact
from pytest_connect_chat._service.operations.start_chat_contact import DEFAULT_DURATION
from pytest_connect_chat._service.other_side import active_contact
from pytest_connect_chat._service.request import snapshot
from pytest_connect_chat._service.state import ServiceState
from pytest_connect_chat._text import shown
from pytest_connect_chat.exceptions import SceneError

SEGMENT_LENGTH: Final = timedelta(minutes=10)
ENDED_BEFORE_NOW: Final = timedelta(hours=1)


def add_contact(
    state: ServiceState,
    *,
    region: str,
    instance_id: str | None,
    contact_flow_id: str | None,
    contact_id: str | None,
    display_name: str,
    attributes: Mapping[str, str] | None,
    initiation_timestamp: datetime | None = None,
    previous: Contact | None = None,
) -> Contact:
    """Register an active contact; see `FakeConnectChat.add_contact`."""
    with state.lock:
        instance_id, contact_flow_id = _place(state, instance_id, contact_flow_id)
        if contact_id is not None:
            _free_id(state, contact_id)
        _text(display_name, "display_name")
        copied = _text_map(attributes)
        new_id, participant_id, participant_token = state.identifiers.contact()
        contact_id = contact_id or new_id
        started = initiation_timestamp or state.clock.now()
        contact = Contact(
            contact_id=contact_id,
            instance_id=instance_id,
            contact_flow_id=contact_flow_id,
            region=region,
            participant_id=previous.participant_id if previous else participant_id,
            participant_token=previous.participant_token if previous else participant_token,
            display_name=display_name,
            initial_contact_id=previous.initial_contact_id if previous else contact_id,
            previous_contact_id=previous.contact_id if previous else None,
            initiation_timestamp=started,
            expires_at=started + DEFAULT_DURATION,
            _attributes=copied,
            _connected=True,
            _registry=state.contacts,
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
    attributes: Mapping[str, str] | None,
    ended_at: datetime | str | None,
) -> tuple[Contact, ...]:
    """Register a past session of ended contacts; see `FakeConnectChat.add_ended_chat`."""
    if not isinstance(segments, int) or isinstance(segments, bool) or segments < 1:
        raise SceneError(f"segments is the number of contacts of the past session, 1 or more, not {segments!r}.")
    with state.lock:
        now = state.clock.now()
        end = now - ENDED_BEFORE_NOW if ended_at is None else parse_moment(ended_at, "ended_at")
        if end > now:
            raise SceneError(
                f"ended_at={iso_timestamp(end)} lies in the future: the clock stands at {iso_timestamp(now)}."
            )
        past: list[Contact] = []
        for segment in range(segments):
            remaining = segments - segment
            contact = add_contact(
                state,
                region=region,
                instance_id=instance_id,
                contact_flow_id=None,
                contact_id=contact_id if segment == 0 else None,
                display_name="Customer",
                attributes=attributes,
                initiation_timestamp=end - remaining * SEGMENT_LENGTH,
                previous=past[-1] if past else None,
            )
            reason = "CUSTOMER_DISCONNECT" if remaining == 1 else None  # a transfer ends a contact without a reason
            state.contacts.end(contact, reason, end - (remaining - 1) * SEGMENT_LENGTH)
            past.append(contact)
        return tuple(past)


def stop_contact(state: ServiceState, contact_id: str, disconnect_reason: str) -> None:
    """End an active contact; see `FakeConnectChat.stop_contact`."""
    with state.lock:
        contact = active_contact(state, contact_id)
        state.contacts.end(contact, _text(disconnect_reason, "disconnect_reason"), state.clock.now())


def _place(state: ServiceState, instance_id: str | None, contact_flow_id: str | None) -> tuple[str, str]:
    instances, identifiers = state.instances, state.identifiers
    declared_instance, declared_flow = instances.first() or (identifiers.default_instance_id, None)
    instance_id = declared_instance if instance_id is None else _text(instance_id, "instance_id")
    if not instances.exists(instance_id):
        raise SceneError(
            f"The instance {instance_id!r} is not declared: call add_instance({instance_id!r}, [...]) first."
        )
    if contact_flow_id is None:
        contact_flow_id = declared_flow or identifiers.default_contact_flow_id
    return instance_id, _text(contact_flow_id, "contact_flow_id")


def _free_id(state: ServiceState, contact_id: str) -> str:
    if _text(contact_id, "contact_id") in state.contacts:
        raise SceneError(f"A contact has the id {contact_id!r} already.")
    return contact_id


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str) or not value:
        raise SceneError(f"{name} is a non-empty text, not {shown(value)}.")
    return value


def _text_map(attributes: Mapping[str, str] | None) -> dict[str, str]:
    if not isinstance(attributes, Mapping | None):
        raise SceneError(f"attributes maps texts to texts, not {attributes!r}.")
    for key, value in (attributes or {}).items():
        if not isinstance(key, str) or not isinstance(value, str):
            raise SceneError(f"attributes maps texts to texts, not {key!r} to {value!r}.")
    copied: dict[str, str] = snapshot(dict(attributes or {}))
    return copied
