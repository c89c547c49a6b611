"""What happened, and the scene that a test sets."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, assert_type

from pytest_connect_chat import ABSENT, Contact, FakeConnectChat, RecordedRequest


def requests(connect_chat: FakeConnectChat) -> None:
    log = connect_chat.requests
    assert_type(log[-1], RecordedRequest)
    assert_type(log[1:], Sequence[RecordedRequest])
    assert_type(log.start_chat_contact.one(), RecordedRequest)
    assert_type(log.describe_queue.call_count, int)
    assert_type(log.start_chat_contact.matching(CustomerId=ABSENT).last, RecordedRequest)
    assert_type(log.called, bool)
    assert_type(log.call_count, int)
    assert_type([request.operation for request in log], list[str])
    log.start_chat_contact.assert_requested(2, Attributes={"tier": "gold"})
    log.start_chat_contact.assert_requested_once(CustomerId="C-1")
    log.stop_contact.assert_not_requested()
    log.assert_requested(count="2")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    log.matching("C-1")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


def one_request(request: RecordedRequest) -> None:
    assert_type(request.service, str)
    assert_type(request.operation, str)
    assert_type(request.params, dict[str, Any])
    assert_type(request.response, dict[str, Any] | None)
    assert_type(request.client_token, str | None)
    assert_type(request.client_token_given, bool)
    assert_type(request.attempt_count, int)
    assert_type([attempt.time for attempt in request.attempts], list[datetime])
    assert_type(request.attempts[0].fault, str | None)
    assert_type(request.contact, Contact | None)
    assert_type(request.region, str)
    assert_type(request.time, datetime)
    if request.error is not None:
        assert_type(request.error.code, str)
        assert_type(request.error.http_status, int | None)
        assert_type(request.error.rule, str | None)
    request.params = {}  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    _ = request.parameters  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownVariableType]


def contacts(connect_chat: FakeConnectChat) -> None:
    assert_type(connect_chat.contacts["an id"], Contact)
    assert_type(connect_chat.contacts.last, Contact)
    assert_type(connect_chat.contacts.active, tuple[Contact, ...])
    assert_type(connect_chat.contacts.ended, tuple[Contact, ...])
    assert_type(list(connect_chat.contacts.values()), list[Contact])
    _ = connect_chat.contacts[0]  # type: ignore[index]  # pyright: ignore[reportArgumentType]


def one_contact(contact: Contact) -> None:
    assert_type(contact.contact_id, str)
    assert_type(contact.attributes, dict[str, str])
    assert_type(contact.segment_attributes, dict[str, Any])
    assert_type(contact.initial_message, dict[str, str] | None)
    assert_type(contact.supported_messaging_content_types, tuple[str, ...])
    assert_type(contact.customer_id, str | None)
    assert_type(contact.previous_contact_id, str | None)
    assert_type(contact.initiation_timestamp, datetime)
    assert_type(contact.disconnect_timestamp, datetime | None)
    assert_type(contact.disconnect_reason, str | None)
    assert_type(contact.is_active, bool)
    assert_type(contact.past_contact_ids, tuple[str, ...])
    assert_type([item.content for item in contact.transcript], list[str | None])
    contact.is_active = False  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]


def scene(connect_chat: FakeConnectChat) -> None:
    connect_chat.add_instance("instance", ["flow"])
    assert_type(connect_chat.add_contact(display_name="Ada", attributes={"tier": "gold"}), Contact)
    assert_type(connect_chat.add_ended_chat(3, ended_at="2026-01-01T00:00:00Z"), tuple[Contact, ...])
    assert_type(connect_chat.transfer("an id"), Contact)
    connect_chat.stop_contact("an id", "AGENT_DISCONNECT")
    connect_chat.add_contact("an id")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    connect_chat.add_ended_chat(ended_at=5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def other_side(connect_chat: FakeConnectChat) -> None:
    agent = connect_chat.add_participant("an id", role="CUSTOM_BOT")
    assert_type(agent.send_message("Hello").content_type, str)
    agent.send_event("typing")
    agent.disconnect()
    connect_chat.reply_with("Hello")
    connect_chat.reply_with(lambda message: None if message.content is None else message.content.upper())
    connect_chat.reply_with(None)
    connect_chat.reply_with(5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    connect_chat.add_participant("an id", role="CUSTOMER")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def whole(connect_chat: FakeConnectChat) -> None:
    assert_type(connect_chat.journal(), str)
    connect_chat.assert_nothing_left()
    connect_chat.reset()
