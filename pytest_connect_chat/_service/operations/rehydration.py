"""Finds the past contact that a persistent chat continues from."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from pytest_connect_chat._service.contacts.contact import ContactRecord
from pytest_connect_chat._service.contacts.store import ContactStore
from pytest_connect_chat._service.operations.retention import require_retained
from pytest_connect_chat._service.operations.subjects import no_contact
from pytest_connect_chat._service.rules.applied import AppliedRules
from pytest_connect_chat._service.state import ServiceState


def resolve_source(
    persistent_chat: Mapping[str, str],
    instance_id: str,
    state: ServiceState,
    now: datetime,
) -> ContactRecord | None:
    """Return the contact that a persistent chat continues from; `None` for an unknown one, if that is allowed.

    With `ENTIRE_PAST_SESSION` that is the most recently ended contact of the session of the named initial contact, with
    `FROM_SEGMENT` the named contact itself.

    Args:
        persistent_chat: `RehydrationType` and `SourceContactId`.
        instance_id: The instance of the request.
        state: What the service holds.
        now: The time of the request.

    Raises:
        ServiceError: The source is unknown or too old, has not ended, or is not its session's initial contact.
    """
    contacts, rules = state.contacts, state.rules
    source_id = persistent_chat.get("SourceContactId")
    named = contacts.by_id.get(str(source_id))
    if named is None or named.instance_id != instance_id:
        rules.refuse("source-contact-exists", no_contact(state, "SourceContactId", source_id, instance_id))
        return None
    rules.require(
        "source-contact-chat",
        named.channel == "CHAT",
        f"SourceContactId {source_id} is a {named.channel} contact, and no chat.",
    )
    is_entire_session = persistent_chat.get("RehydrationType") == "ENTIRE_PAST_SESSION"
    source = _most_recently_ended(named, contacts, rules) if is_entire_session else named
    rules.require(
        "source-contact-ended",
        source is not None and source.ended_at is not None,
        f"SourceContactId {source_id} has not ended: only an ended chat can be rehydrated.",
    )
    source = source or named
    require_retained(source, rules, now, "source-contact-retention")
    return source


def _most_recently_ended(named: ContactRecord, contacts: ContactStore, rules: AppliedRules) -> ContactRecord | None:
    rules.require(
        "source-contact-initial",
        named.contact_id == named.initial_contact_id,
        f"SourceContactId {named.contact_id} is not the initial contact of its session, which "
        f"ENTIRE_PAST_SESSION asks for: that is {named.initial_contact_id}.",
    )
    return contacts.last_ended_of_session(named.initial_contact_id)
