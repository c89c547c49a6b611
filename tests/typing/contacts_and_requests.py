"""What happened, and the scene that a test sets."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from datetime import datetime, timedelta
from typing import Any, assert_type

from pytest_connect_chat import (
    ABSENT,
    Contact,
    FakeConnectChat,
    FlowChat,
    Notification,
    RecordedError,
    RecordedRequest,
    RequestLog,
)


def requests(connect_chat: FakeConnectChat) -> None:
    log = connect_chat.requests
    assert_type(log, RequestLog)
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
    assert_type(request.response, dict[str, Any] | Any)
    assert_type(request.client_token, str | None)
    assert_type(request.client_token_given, bool)
    assert_type(request.attempt_count, int)
    assert_type([attempt.time for attempt in request.attempts], list[datetime])
    assert_type(request.attempts[0].fault, str | None)
    assert_type(request.attempts[0].error, RecordedError | Any)
    assert_type(request.contact, Contact | Any)
    assert_type(request.region, str)
    assert_type(request.time, datetime)
    assert request.response["ContactId"] == request.contact.contact_id
    assert request.error.code.startswith("Throttling")
    if isinstance(request.error, RecordedError):
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
    assert_type([item.content for item in contact.transcript], list[str | Any])
    contact.is_active = False  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]


def scene(connect_chat: FakeConnectChat) -> None:
    connect_chat.add_instance("instance", ["flow"])
    assert_type(connect_chat.add_contact(display_name="Ada", attributes={"tier": "gold"}), Contact)
    assert_type(connect_chat.add_ended_chat(3, ended_at="2026-01-01T00:00:00Z"), tuple[Contact, ...])
    assert_type(connect_chat.transfer("an id"), Contact)
    connect_chat.stop_contact("an id", "AGENT_DISCONNECT")
    connect_chat.add_instance("instance", {"flow": "Sample inbound flow"})
    connect_chat.add_contact(channel="VOICE", customer_id="C-17", tags={"team": "blue"})
    connect_chat.add_ended_chat(messages=[("CUSTOMER", "Hi"), ("AGENT", "Hello")])
    connect_chat.add_ended_chat(messages=[("NOBODY", "Hi")])  # type: ignore[list-item]  # pyright: ignore[reportArgumentType]
    connect_chat.add_contact("an id")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    connect_chat.add_ended_chat(ended_at=5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def other_side(connect_chat: FakeConnectChat) -> None:
    agent = connect_chat.add_participant("an id", role="CUSTOM_BOT")
    assert_type(agent.send_message("Hello").content_type, str)
    agent.send_event("typing")
    agent.disconnect()
    connect_chat.reply_with("Hello")
    connect_chat.reply_with(lambda message: None if message.content is None else message.content.upper())
    connect_chat.reply_with(lambda message: "Yes." if message.content.endswith("?") else None)
    connect_chat.reply_with([("{}", "application/json"), "Hello"])
    connect_chat.reply_with(None)
    connect_chat.reply_with(5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    connect_chat.add_participant("an id", role="CUSTOMER")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def support(chat: FlowChat) -> Generator[timedelta | None, Any, None]:
    assert_type(chat.contact, Contact)
    chat.send_message("Welcome.", "text/markdown")
    chat.send_attachment("terms.pdf", b"%PDF", status="REJECTED")
    chat.send_event("typing")
    item = yield timedelta(minutes=2)
    chat.update_attributes(topic=item.content)
    assert_type(chat.transfer("flow"), Contact)
    chat.disconnect()
    chat.send_attachment("terms.pdf", b"%PDF", status="SCANNED")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def flows(connect_chat: FakeConnectChat) -> None:
    connect_chat.play_flow(support, contact_flow_id="flow")
    connect_chat.play_flow(lambda chat: chat.send_message("Welcome."))
    connect_chat.play_flow(None)
    connect_chat.play_disconnect_flow(support)
    connect_chat.scan_attachments_with(lambda attachment: "REJECTED" if attachment.size_in_bytes > 5 else "APPROVED")
    connect_chat.play_flow("support")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def notifications(connect_chat: FakeConnectChat) -> None:
    connect_chat.on_notification(lambda notification: notification.lambda_event())
    connect_chat.on_notification(None)
    last = connect_chat.notifications.last
    assert_type(last, Notification)
    assert_type(last.item, dict[str, Any])
    assert_type(last.attributes, dict[str, str])
    assert_type(last.sqs_event(), dict[str, Any])
    assert_type([one.topic_arn for one in connect_chat.notifications.of("an id")], list[str])
    assert_type([streaming.streaming_id for streaming in connect_chat.contacts.last.streamings], list[str])
    assert_type(connect_chat.requests.operations, list[str])
    last.message = ""  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]


def whole(connect_chat: FakeConnectChat) -> None:
    assert_type(connect_chat.journal(), str)
    connect_chat.assert_nothing_left()
    connect_chat.reset()
