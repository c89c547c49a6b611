"""What the fake knows of why requests came to nothing, for the report of a failed test."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from pytest_connect_chat._service.participants import Participant, in_words
from pytest_connect_chat._service.records.recorded_request import RecordedRequest
from pytest_connect_chat._service.state import ServiceState

GIVEN_BY: Final = {
    "ParticipantToken": "StartChatContact and CreateParticipant give one for it",
    "ConnectionToken": "CreateParticipantConnection gives one for it",
}


def remarks_on(records: Iterable[RecordedRequest], state: ServiceState) -> Iterator[str]:
    """Yield why tokens were refused, and which requests connected nobody, in words."""
    for number, record in enumerate(tuple(records), 1):
        why, rule_id = None, str(record.error.rule) if record.error is not None else ""
        if "-token-" in rule_id:
            why = _why_refused(record, rule_id, state)
        elif record.operation == "CreateParticipantConnection" and record.params.get("ConnectParticipant"):
            why = _why_in_vain(state.participants.holder_of(record.params["ParticipantToken"]))
        if why is not None:
            yield f"#{number} {why}"


def _why_refused(record: RecordedRequest, rule_id: str, state: ServiceState) -> str | None:
    member = "ParticipantToken" if record.operation == "CreateParticipantConnection" else "ConnectionToken"
    token = record.params.get(member)
    holder = state.participants.holder_of(token)
    if holder is None or rule_id.endswith("-token-known"):
        if holder is not None and holder.first_contact.region != record.region:
            return f"has a token of the region {holder.first_contact.region}, and its client is in {record.region}"
        what = state.participants.what_is(token)
        return f"has {what} for its {member}: {GIVEN_BY[member]}" if what else None
    if rule_id == "connection-token-unexpired":
        return f"has a {member} that is more than one day old: {GIVEN_BY[member]}"
    contact = state.contacts.current(holder.first_contact)
    if not contact.is_active:
        return f"came too late for its chat: {state.contacts.describe(contact)}"
    return f"came too late: {in_words(holder)} has left"


def _why_in_vain(holder: Participant | None) -> str | None:
    """Return why ConnectParticipant has connected nobody; `None` where it has, or something else has since."""
    if holder is None or holder.connected_at is not None:
        return None
    return "connected nobody: ConnectParticipant does so once the contact is streamed, by StartContactStreaming"
