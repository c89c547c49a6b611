"""Finds the subject of a request before its operation answers it: a contact, or the participant behind a token."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from pytest_connect_chat._service.answer import Answer
from pytest_connect_chat._service.contacts.contact import ContactRecord
from pytest_connect_chat._service.idempotency import CommittedCall
from pytest_connect_chat._service.operations.retention import require_retained
from pytest_connect_chat._service.participants import Participant
from pytest_connect_chat._service.request import Request
from pytest_connect_chat._service.state import ServiceState
from pytest_connect_chat._text import cut

Operation = Callable[[ServiceState, Request, datetime], Answer]
ContactOperation = Callable[[ServiceState, Request, datetime, ContactRecord], Answer]
ParticipantOperation = Callable[[ServiceState, Request, datetime, Participant], Answer]

NOTHING: Mapping[str, Any] = {}


def of_contact(
    operation: ContactOperation, member: str = "ContactId", unknown: Mapping[str, Any] = NOTHING
) -> Operation:
    """Return an operation that finds its contact first, and repeats the answer to a used `ClientToken`.

    Args:
        operation: Answers a request about the contact that was found.
        member: The member that names the contact.
        unknown: The members of the answer about an unknown contact, if the rule against that is switched off: those
            that the model requires.
    """

    def answer(state: ServiceState, request: Request, now: datetime) -> Answer:
        contact = state.contacts.by_id.get(request.params[member])
        if contact is None or contact.instance_id != request.params["InstanceId"]:
            message = no_contact(state, member, request.params[member], request.params["InstanceId"])
            state.rules.refuse("contact-exists", message)
        if contact is None:
            return Answer(dict(unknown))
        require_retained(contact, state.rules, now)
        serve = partial(operation, state, request, now, contact)
        return _once(state, request, now, contact.contact_id, "client-token-conflict", serve)

    return answer


def no_contact(state: ServiceState, member: str, contact_id: object, instance_id: str) -> str:
    """Return a message on an id that is not a contact of the instance, with what it is instead, if that is known."""
    contact = state.contacts.by_id.get(str(contact_id))
    what = state.participants.what_is(contact_id) if contact is None else None
    instead = f" It is {what}." if what else ""
    if contact is not None:
        instead = f" It belongs to the instance {contact.instance_id}."
    return f"{member} {cut(str(contact_id))} is no contact of the instance {instance_id}.{instead}"


def require_open_chat(state: ServiceState, contact: ContactRecord) -> None:
    """Refuse a request that is only possible in a chat that has not ended.

    Raises:
        ServiceError: The contact is no chat, or the chat has ended.
    """
    state.rules.require(
        "contact-is-chat",
        contact.channel == "CHAT",
        f"The contact {contact.contact_id} is a {contact.channel} contact, and no chat.",
    )
    current = state.contacts.current(contact)
    state.rules.require(
        "contact-active",
        current.is_active,
        f"The chat of the contact {contact.contact_id} is not active: {state.contacts.describe(current)}.",
    )


def of_participant(operation: ParticipantOperation, unknown: Mapping[str, Any] = NOTHING) -> Operation:
    """Return an operation that finds the participant behind a token first.

    The answer to a used `ClientToken` is repeated, also once the chat has ended: a retry after a lost response is not a
    new request (assumed).

    Args:
        operation: Answers a request of the participant that was found.
        unknown: As for `of_contact`.
    """

    def answer(state: ServiceState, request: Request, now: datetime) -> Answer:
        participant = state.participants.find(request)
        if participant is None:
            return Answer(dict(unknown))

        def serve() -> Answer:
            state.participants.require_live_token(request, participant, state.rules, now)
            return operation(state, request, now, participant)

        scope = participant.participant_id
        return _once(state, request, now, scope, "participant-client-token-conflict", serve)

    return answer


def _once(
    state: ServiceState,
    request: Request,
    now: datetime,
    scope: str,
    conflict: str,
    serve: Callable[[], Answer],
) -> Answer:
    """Serve a request, or repeat the answer to a used `ClientToken`. A token counts per `scope` (assumed)."""
    client_token = request.params.get("ClientToken")
    if not client_token:
        return serve()
    key: tuple[str, ...] = (request.region, request.operation, scope, client_token)
    if request.operation == "SendEvent":  # amazon-connect-chatjs sends all its read receipts under one token
        key += (request.params["ContentType"], request.params.get("Content", ""))
    earlier = state.used_tokens.find(key, now)
    if earlier is not None:
        same = earlier.params == request.params
        state.rules.require(conflict, same, f"ClientToken {client_token} was used for a different request.")
        return Answer(dict(earlier.answer.members), earlier.answer.contact)
    answer = serve()
    state.used_tokens.remember(key, CommittedCall(request.params, answer, now))
    return answer
