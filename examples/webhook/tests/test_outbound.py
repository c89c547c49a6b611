"""What the customer is shown: told by what agents and the flow do in Amazon Connect."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator
from datetime import timedelta
from http import HTTPStatus
from typing import Any

import outbound
import pytest
from chats import participant
from outbound import GOODBYE, INTERACTIVE, REJECTED

from pytest_connect_chat import FakeConnectChat, FlowChat, Notification

Post = Callable[..., Any]

LIST = {
    "templateType": "ListPicker",
    "version": "1.0",
    "data": {"content": {"title": "What is it about?", "elements": [{"title": "An order"}, {"title": "A return"}]}},
}


def desk(chat: FlowChat) -> Generator[timedelta | None, Any, None]:
    """Greets, offers a list, and puts the customer into the queue."""
    chat.send_message(f"Hello {chat.contact.display_name}!")
    question = yield
    chat.send_message(json.dumps(LIST), INTERACTIVE)
    topic = yield timedelta(minutes=5)
    if topic is None:
        chat.disconnect()
    else:
        chat.update_attributes(question=question.content, topic=topic.content)
        chat.send_message("An agent will be with you in a moment.")


def test_the_whole_story(connect_chat: FakeConnectChat, post: Post, shown: list[str]) -> None:
    connect_chat.play_flow(desk)
    first = post("Where is my order?").body["contactId"]
    assert shown == ["Hello Ada!", "What is it about?\n- An order\n- A return"]

    post("An order", id="message-2")
    assert connect_chat.contacts[first].attributes["topic"] == "An order"
    grace = connect_chat.add_participant(first, display_name="Grace")
    grace.send_event("typing")
    grace.send_message("It is on its way. Here is the invoice.")
    grace.send_attachment("invoice.pdf", b"%PDF-1.7")
    post("Thank you!", id="message-3")
    *_, waiting, answer, file = shown
    assert (waiting, answer) == ("An agent will be with you in a moment.", "It is on its way. Here is the invoice.")
    assert file.startswith("invoice.pdf: https://")

    connect_chat.clock.advance(hours=26)  # nobody ends the chat, and it expires
    assert shown[-1] == GOODBYE


def test_who_writes_again_is_greeted_again(connect_chat: FakeConnectChat, post: Post, shown: list[str]) -> None:
    connect_chat.play_flow(desk)
    first = post().body["contactId"]
    connect_chat.clock.advance(hours=26)
    second = post("One more thing.", id="message-2").body["contactId"]

    assert connect_chat.contacts[second].continued_from_contact_id == first
    assert shown[-3:] == [GOODBYE, "Hello Ada!", "What is it about?\n- An order\n- A return"]


def test_a_customer_who_does_not_choose_is_told_so(connect_chat: FakeConnectChat, post: Post, shown: list[str]) -> None:
    connect_chat.play_flow(desk)
    post()
    connect_chat.clock.advance(minutes=5)

    assert shown[-1] == GOODBYE
    assert connect_chat.contacts.last.disconnect_reason == "CONTACT_FLOW_DISCONNECT"


def test_the_customers_own_words_are_not_sent_back(connect_chat: FakeConnectChat, post: Post, shown: list[str]) -> None:
    post("Where is my order?")

    assert connect_chat.notifications.last.item["Content"] == "Where is my order?"
    assert shown == []


def test_a_rejected_file_is_announced_and_not_fetched(
    connect_chat: FakeConnectChat, post: Post, shown: list[str]
) -> None:
    grace = connect_chat.add_participant(post().body["contactId"], display_name="Grace")
    grace.send_attachment("invoice.pdf", b"%PDF-1.7", status="REJECTED")

    assert shown == [REJECTED]
    connect_chat.requests.get_attachment.assert_not_requested()


def test_an_agent_who_leaves_ends_the_chat(connect_chat: FakeConnectChat, post: Post, shown: list[str]) -> None:
    connect_chat.add_participant(post().body["contactId"]).disconnect()

    assert shown == [GOODBYE]


def test_a_survey_after_the_agent_has_left(connect_chat: FakeConnectChat, post: Post, shown: list[str]) -> None:
    def survey(chat: FlowChat) -> Generator[timedelta, Any, None]:
        chat.send_message("How was it, 1 to 5?")
        rating = yield timedelta(hours=1)
        if rating is not None:
            chat.update_attributes(rating=rating.content)

    connect_chat.play_disconnect_flow(survey)
    first = post().body["contactId"]
    connect_chat.add_participant(first).disconnect()
    post("5", id="message-2")

    assert shown == ["How was it, 1 to 5?", GOODBYE]
    assert connect_chat.contacts[first].attributes["rating"] == "5"
    assert post("Hello again", id="message-3").status == HTTPStatus.OK
    assert connect_chat.contacts.last.initial_contact_id != first


def test_a_notification_that_comes_twice_is_shown_once(
    connect_chat: FakeConnectChat, post: Post, shown: list[str]
) -> None:
    def twice(notification: Notification) -> None:  # SNS delivers at least once
        for _ in range(2):
            outbound.handler(notification.lambda_event(), None)

    connect_chat.on_notification(twice)
    connect_chat.add_participant(post().body["contactId"]).send_message("It is on its way.")

    assert shown == ["It is on its way."]


def test_a_file_that_cannot_be_fetched_is_delivered_again(
    connect_chat: FakeConnectChat, post: Post, shown: list[str]
) -> None:
    grace = connect_chat.add_participant(post().body["contactId"])
    connect_chat.on_notification(None)
    grace.send_attachment("invoice.pdf", b"%PDF-1.7")
    event = connect_chat.notifications.last.lambda_event()

    connect_chat.faults.throttle(operation="GetAttachment")
    with pytest.raises(participant.exceptions.ThrottlingException):
        outbound.handler(event, None)
    assert shown == []

    outbound.handler(event, None)  # as Lambda does with what raised
    assert len(shown) == 1
