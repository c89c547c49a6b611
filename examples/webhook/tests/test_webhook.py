"""What the webhook does, told by what arrives in Amazon Connect and what the channel gets as its answer."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import pytest
from app import handler
from botocore.exceptions import ConnectTimeoutError
from chats import ATTEMPTS, FLOW_ID, INSTANCE_ID, LONGEST_TEXT, TOPIC_ARN, connect, participant

from pytest_connect_chat import ABSENT, FakeConnectChat, RecordedRequest

ADA = "+4930123456"

Post = Callable[..., Any]


def remember(table: Any, contact_id: str) -> None:
    table.put_item(Item={"customer": ADA, "contact_id": contact_id, "participant_token": "token"})


def remembered(table: Any) -> Any:
    return table.get_item(Key={"customer": ADA})["Item"]


def said(fake: FakeConnectChat) -> list[str | None]:
    """What was said in the chat that was started last."""
    return [item.content for item in fake.contacts.last.transcript if item.type == "MESSAGE"]


# -- opening a chat ----------------------------------------------------------------------------------------------------


def test_a_first_message_opens_a_chat(connect_chat: FakeConnectChat, table: Any, post: Post) -> None:
    answer = post("Where is my order?")

    connect_chat.requests.start_chat_contact.assert_requested_once(
        InstanceId=INSTANCE_ID,
        ContactFlowId=FLOW_ID,
        ParticipantDetails={"DisplayName": "Ada"},
        PersistentChat=ABSENT,
    )
    connect_chat.requests.start_contact_streaming.assert_requested_once(
        ChatStreamingConfiguration={"StreamingEndpointArn": TOPIC_ARN}
    )
    connect_chat.requests.create_participant_connection.assert_requested_once(ConnectParticipant=True)
    contact = connect_chat.contacts.last
    assert (answer.status, answer.body) == (HTTPStatus.OK, {"contactId": contact.contact_id})
    assert contact.attributes == {"channel": "messenger", "customer": ADA}
    assert said(connect_chat) == ["Where is my order?"]
    assert (remembered(table)["contact_id"], remembered(table)["participant_token"]) == (
        contact.contact_id,
        contact.participant_token,
    )
    connect_chat.clock.advance(minutes=6)
    assert contact.is_active  # a chat that nobody connects to ends after five minutes


def test_a_long_message_is_cut_to_what_the_service_takes(connect_chat: FakeConnectChat, post: Post) -> None:
    post("x" * 4_096)
    assert said(connect_chat) == ["x" * LONGEST_TEXT]


@pytest.mark.parametrize("body", ["", "[]", '{"id": "message-1", "from": "+4930123456"}', '{"id": 1}'])
def test_a_webhook_without_a_message_opens_nothing(connect_chat: FakeConnectChat, body: str) -> None:
    assert handler({"body": body}, None)["statusCode"] == HTTPStatus.BAD_REQUEST
    connect_chat.requests.start_chat_contact.assert_not_requested()


# -- resuming the last one ---------------------------------------------------------------------------------------------


def test_a_message_after_the_chat_has_ended_resumes_it(connect_chat: FakeConnectChat, post: Post) -> None:
    post()
    first = connect_chat.contacts.last
    connect_chat.stop_contact(first.contact_id, "CUSTOMER_DISCONNECT")

    post("One more thing.", id="message-2")

    _, second = connect_chat.contacts.values()
    assert second.continued_from_contact_id == first.contact_id


@pytest.mark.connect_chat(clock="2026-06-01T09:00:00Z")
def test_a_chat_that_was_transferred_is_resumed_from_its_last_agent(
    connect_chat: FakeConnectChat, table: Any, post: Post
) -> None:
    past = connect_chat.add_ended_chat(
        segments=3,
        instance_id=INSTANCE_ID,
        contact_id="0a1b2c3d-0000-4000-8000-000000000001",
        ended_at="2025-12-24T18:00:00Z",
    )
    remember(table, "0a1b2c3d-0000-4000-8000-000000000001")

    post()

    assert connect_chat.contacts.last.continued_from_contact_id == past[-1].contact_id


def test_a_chat_that_is_gone_is_followed_by_a_fresh_one(connect_chat: FakeConnectChat, table: Any, post: Post) -> None:
    remember(table, "0a1b2c3d-0000-4000-8000-00000000dead")

    post()

    refused, answered = connect_chat.requests.start_chat_contact
    assert refused.params["PersistentChat"]["SourceContactId"] == "0a1b2c3d-0000-4000-8000-00000000dead"
    assert "PersistentChat" not in answered.params
    assert remembered(table)["contact_id"] == connect_chat.contacts.last.contact_id


def test_an_unknown_flow_does_not_lose_the_past_chat(connect_chat: FakeConnectChat, table: Any, post: Post) -> None:
    (past,) = connect_chat.add_ended_chat(instance_id=INSTANCE_ID)
    remember(table, past.contact_id)
    connect_chat.add_instance(INSTANCE_ID, ["another-flow"])

    with pytest.raises(connect.exceptions.ResourceNotFoundException):
        post()

    assert remembered(table)["contact_id"] == past.contact_id


# -- writing to an active chat -----------------------------------------------------------------------------------------


def test_a_conversation(connect_chat: FakeConnectChat, post: Post) -> None:
    connect_chat.reply_with("An agent will be with you in a moment.")
    first = post("Where is my order?")
    connect_chat.reply_with(None)
    grace = connect_chat.add_participant(first.body["contactId"], display_name="Grace")
    grace.send_message("It arrives today.")
    second = post("Thank you!", id="message-2")

    assert second.body == first.body
    assert said(connect_chat) == [
        "Where is my order?",
        "An agent will be with you in a moment.",
        "It arrives today.",
        "Thank you!",
    ]


def test_a_message_reaches_the_chat_after_a_transfer(connect_chat: FakeConnectChat, post: Post) -> None:
    first = post()
    connect_chat.transfer(first.body["contactId"], contact_flow_id="returns")
    post("Hello?", id="message-2")

    assert said(connect_chat) == ["Hello?"]
    connect_chat.requests.start_chat_contact.assert_requested_once()


def test_an_expired_connection_is_renewed_while_the_chat_lasts(connect_chat: FakeConnectChat, post: Post) -> None:
    post()
    connect_chat.clock.advance(hours=24)  # the life of a connection token; the chat lasts for 25
    post("Hello?", id="message-2")

    assert said(connect_chat) == ["Where is my order?", "Hello?"]
    first, renewed = connect_chat.requests.create_participant_connection
    assert renewed.params == first.params


def test_a_message_after_the_agent_has_left_opens_a_chat_again(connect_chat: FakeConnectChat, post: Post) -> None:
    first = post()
    connect_chat.add_participant(first.body["contactId"]).disconnect()
    post("One more thing.", id="message-2")

    assert [str(record.error) for record in connect_chat.requests.send_message if record.error] == [
        "AccessDeniedException: Access denied"
    ]
    assert connect_chat.contacts.last.continued_from_contact_id == first.body["contactId"]
    assert said(connect_chat) == ["One more thing."]


def test_a_chat_that_ends_while_it_is_being_written_to_is_to_come_again(
    connect_chat: FakeConnectChat, post: Post
) -> None:
    connect_chat.add_client_error("send_message", "AccessDeniedException", "Access denied", http_status_code=403)
    answer = post()

    assert (answer.status, answer.headers["Retry-After"]) == (HTTPStatus.SERVICE_UNAVAILABLE, "5")
    assert post().status == HTTPStatus.OK
    assert said(connect_chat) == ["Where is my order?"]


# -- when something fails on the way -----------------------------------------------------------------------------------


def test_a_chat_that_cannot_be_streamed_is_stopped(connect_chat: FakeConnectChat, post: Post) -> None:
    connect_chat.faults.error("InternalServiceException", operation="StartContactStreaming")
    with pytest.raises(connect.exceptions.InternalServiceException):
        post()

    assert connect_chat.contacts.last.disconnect_reason == "API"


def test_a_chat_that_cannot_be_connected_is_stopped(connect_chat: FakeConnectChat, post: Post) -> None:
    connect_chat.faults.network_error(operation="CreateParticipantConnection")
    with pytest.raises(ConnectTimeoutError):
        post()
    assert connect_chat.contacts.last.disconnect_reason == "API"

    post()
    (stopped, opened) = connect_chat.contacts.values()
    assert opened.continued_from_contact_id == stopped.contact_id
    assert said(connect_chat) == ["Where is my order?"]


def test_a_chat_that_an_earlier_delivery_left_unconnected_is_connected(
    connect_chat: FakeConnectChat, table: Any, post: Post
) -> None:
    post()
    table.update_item(Key={"customer": ADA}, UpdateExpression="REMOVE connection_token")  # as if it had died before
    post()

    (contact,) = connect_chat.contacts.values()
    assert contact.is_active
    assert said(connect_chat) == ["Where is my order?"]


def test_a_chat_that_has_ended_before_it_was_connected_is_followed_by_another(
    connect_chat: FakeConnectChat, table: Any, post: Post
) -> None:
    post()
    table.delete_item(Key={"customer": ADA})  # as if the function had died before it wrote
    connect_chat.stop_contact(connect_chat.contacts.last.contact_id, "CUSTOMER_CONNECTION_NOT_ESTABLISHED")
    with pytest.raises(participant.exceptions.AccessDeniedException):
        post()

    assert post().status == HTTPStatus.OK
    assert said(connect_chat) == ["Where is my order?"]


def test_two_first_messages_at_once_leave_one_active_chat(
    connect_chat: FakeConnectChat, table: Any, post: Post
) -> None:
    def overtaken(request: RecordedRequest) -> Any:
        post("I am faster.", id="message-2")
        return connect.start_chat_contact(**request.params)

    connect_chat.add_response("start_chat_contact", overtaken)

    assert post(id="message-1").status == HTTPStatus.SERVICE_UNAVAILABLE
    assert post(id="message-1").status == HTTPStatus.OK
    (active,) = connect_chat.contacts.active
    assert remembered(table)["contact_id"] == active.contact_id
    assert [item.content for item in active.transcript[1:]] == ["I am faster.", "Where is my order?"]


def test_one_message_twice_at_once_opens_one_chat(connect_chat: FakeConnectChat, post: Post) -> None:
    def overtaken(request: RecordedRequest) -> Any:
        post()
        return connect.start_chat_contact(**request.params)

    connect_chat.add_response("start_chat_contact", overtaken)

    assert post().status == HTTPStatus.OK
    (contact,) = connect_chat.contacts.values()
    assert contact.is_active


# -- webhooks that come again ------------------------------------------------------------------------------------------


def test_a_webhook_that_comes_again_changes_nothing(connect_chat: FakeConnectChat, post: Post) -> None:
    assert post() == post()
    assert said(connect_chat) == ["Where is my order?"]
    assert connect_chat.requests.start_chat_contact.one().client_token_given


@pytest.mark.parametrize(("days", "contacts"), [(0, 1), (8, 2)])
def test_a_webhook_that_the_table_knows_nothing_of_opens_one_chat_a_week(
    connect_chat: FakeConnectChat, table: Any, post: Post, days: int, contacts: int
) -> None:
    post()
    table.delete_item(Key={"customer": ADA})  # as if the function had died before it wrote
    connect_chat.clock.advance(days=days)  # a ClientToken holds for seven

    post()

    assert len(connect_chat.contacts) == contacts


def test_a_failure_of_the_service_leaves_nothing_behind(connect_chat: FakeConnectChat, table: Any, post: Post) -> None:
    connect_chat.add_client_error("start_chat_contact", "InternalServiceException", http_status_code=500)
    with pytest.raises(connect.exceptions.InternalServiceException):
        post()
    assert table.scan()["Items"] == []

    post()
    assert len(connect_chat.contacts) == 1


@pytest.mark.connect_chat(max_active_chats=1)
def test_a_full_instance_asks_the_customer_to_come_back(
    connect_chat: FakeConnectChat, connect_client: Any, start_chat_contact_request: Callable[..., Any], post: Post
) -> None:
    somebody_else = connect_client.start_chat_contact(**start_chat_contact_request(InstanceId=INSTANCE_ID))

    answer = post()
    assert (answer.status, answer.headers["Retry-After"]) == (HTTPStatus.SERVICE_UNAVAILABLE, "60")
    assert "come back" in answer.body["message"]
    assert connect_chat.requests.last.attempt_count == ATTEMPTS

    connect_chat.stop_contact(somebody_else["ContactId"])
    assert post().status == HTTPStatus.OK
