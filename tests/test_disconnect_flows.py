"""Chats that go on when their agents have left, in a contact of the disconnect flow."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from conftest import kind, new_client, over_all_drivers
from customers import BOTH, Customer, Waiting

from pytest_connect_chat import FakeConnectChat, FlowChat


@pytest.fixture
def open_chat(connect_chat: FakeConnectChat, parameters: dict[str, Any]) -> Callable[..., Customer]:
    return lambda **members: Customer(connect_chat, parameters, **members).connect()


def survey(chat: FlowChat) -> Waiting:
    chat.send_message("How was it, 1 to 5?")
    item = yield timedelta(minutes=15)
    if item is not None:
        chat.update_attributes(rating=item.content)
        chat.send_message("Thank you.")


@over_all_drivers
def test_a_chat_goes_on_when_its_last_agent_has_left(
    connect_chat: FakeConnectChat, open_chat: Callable[..., Customer]
) -> None:
    connect_chat.play_disconnect_flow(survey)
    customer = open_chat()
    first, second = (connect_chat.add_participant(customer.contact_id, display_name=name) for name in ("Grace", "Joan"))
    first.disconnect()
    assert len(connect_chat.contacts) == 1

    second.disconnect()
    contact, after = connect_chat.contacts.values()
    assert (contact.disconnect_reason, contact.is_active) == ("AGENT_DISCONNECT", False)
    assert [kind(item) for item in contact.transcript][-2:] == ["participant.left", "participant.left"]
    assert (after.initiation_method, after.previous_contact_id) == ("DISCONNECT", contact.contact_id)
    assert (after.initial_contact_id, after.participant_token) == (contact.contact_id, customer.participant_token)

    customer.say("5")
    assert customer.said == ["How was it, 1 to 5?", "5", "Thank you."]
    assert after.attributes == contact.attributes == {"rating": "5"}
    assert (after.is_active, after.disconnect_reason) == (False, "CONTACT_FLOW_DISCONNECT")
    assert customer.heard[-1] == "chat.ended"


def test_a_disconnect_flow_ends_when_nobody_answers(
    connect_chat: FakeConnectChat, open_chat: Callable[..., Customer]
) -> None:
    connect_chat.play_disconnect_flow(survey)
    connect_chat.add_participant(open_chat().contact_id).disconnect()
    after = connect_chat.contacts.last
    connect_chat.clock.advance(hours=1)

    assert after.disconnect_reason == "CONTACT_FLOW_DISCONNECT"
    assert after.disconnect_timestamp == connect_chat.clock.start + timedelta(minutes=15)


def test_without_a_disconnect_flow_the_chat_ends(
    connect_chat: FakeConnectChat, open_chat: Callable[..., Customer]
) -> None:
    connect_chat.play_disconnect_flow(survey)
    connect_chat.play_disconnect_flow(None)
    customer = open_chat()
    connect_chat.add_participant(customer.contact_id).disconnect()

    assert customer.heard[-1] == "chat.ended"
    assert len(connect_chat.contacts) == 1


def test_a_disconnect_flow_that_fails_ends_its_contact_too(
    connect_chat: FakeConnectChat, open_chat: Callable[..., Customer]
) -> None:
    def broken(chat: FlowChat) -> None:
        raise ZeroDivisionError

    connect_chat.play_disconnect_flow(broken)
    connect_chat.add_participant(open_chat().contact_id).disconnect()

    assert connect_chat.contacts.last.disconnect_reason == "CONTACT_FLOW_DISCONNECT"
    with pytest.raises(ZeroDivisionError):
        connect_chat.raise_failures()


def test_a_disconnect_flow_that_is_taken_away_meanwhile_ends_its_contact(
    connect_chat: FakeConnectChat, open_chat: Callable[..., Customer]
) -> None:
    def flow(chat: FlowChat) -> Waiting:
        while True:
            yield timedelta(hours=1)

    def first_of_all(happening: Any) -> None:
        if kind(happening.item) == "participant.left":
            connect_chat.play_disconnect_flow(None)

    connect_chat._service.state.feed.listen(first_of_all)
    connect_chat.play_disconnect_flow(flow)
    connect_chat.add_participant(open_chat().contact_id).disconnect()

    assert connect_chat.contacts.last.disconnect_reason == "CONTACT_FLOW_DISCONNECT"


def test_a_customer_who_has_left_needs_no_disconnect_flow(
    connect_chat: FakeConnectChat, open_chat: Callable[..., Customer]
) -> None:
    connect_chat.play_disconnect_flow(survey)
    customer = open_chat()
    agent = connect_chat.add_participant(customer.contact_id)
    customer.leave()
    agent.disconnect()

    assert connect_chat.contacts.last.disconnect_reason == "CUSTOMER_DISCONNECT"
    assert len(connect_chat.contacts) == 1


def test_a_customer_can_leave_the_disconnect_flow(
    connect_chat: FakeConnectChat, open_chat: Callable[..., Customer]
) -> None:
    connect_chat.play_disconnect_flow(survey)
    customer = open_chat()
    connect_chat.add_participant(customer.contact_id).disconnect()
    customer.leave()

    assert connect_chat.contacts.last.disconnect_reason == "CUSTOMER_DISCONNECT"
    connect_chat.clock.advance(hours=1)
    assert customer.heard[-1] == "chat.ended"


def test_disconnect_on_customer_exit_leads_to_the_disconnect_flow(
    connect_chat: FakeConnectChat, open_chat: Callable[..., Customer]
) -> None:
    connect_chat.play_disconnect_flow(survey)
    customer = open_chat(DisconnectOnCustomerExit=["AGENT"])
    connect_chat.add_participant(customer.contact_id)
    customer.leave()
    contact, after = connect_chat.contacts.values()

    assert contact.disconnect_reason == "CUSTOMER_DISCONNECT"
    assert contact.disconnect_timestamp == connect_chat.clock.now()
    assert [kind(item) for item in contact.transcript] == ["participant.joined"] * 2 + ["participant.left"]
    customer.say("4")
    assert after.attributes == {"rating": "4"}
    assert after.disconnect_reason == "CONTACT_FLOW_DISCONNECT"


@pytest.mark.parametrize("agents", [0, 1])
def test_a_customer_who_leaves_alone_or_without_that_member_ends_as_ever(
    connect_chat: FakeConnectChat, open_chat: Callable[..., Customer], agents: int
) -> None:
    connect_chat.play_disconnect_flow(survey)
    customer = open_chat(**({"DisconnectOnCustomerExit": ["AGENT"]} if not agents else {}))
    for _ in range(agents):
        connect_chat.add_participant(customer.contact_id)
    customer.leave()

    assert len(connect_chat.contacts) == 1
    assert connect_chat.contacts.last.is_active is bool(agents)


def test_a_contact_of_a_disconnect_flow_is_described_so(
    connect_chat: FakeConnectChat, connect_client: Any, open_chat: Callable[..., Customer]
) -> None:
    connect_chat.play_disconnect_flow(survey)
    connect_chat.add_participant(open_chat().contact_id).disconnect()
    after = connect_chat.contacts.last
    described = connect_client.describe_contact(InstanceId=after.instance_id, ContactId=after.contact_id)["Contact"]

    assert (described["InitiationMethod"], described["Channel"]) == ("DISCONNECT", "CHAT")
    assert described["PreviousContactId"] == described["InitialContactId"] == after.initial_contact_id


def test_the_flow_of_a_chat_does_not_run_in_the_contact_of_the_disconnect_flow(
    connect_chat: FakeConnectChat, open_chat: Callable[..., Customer]
) -> None:
    connect_chat.play_flow(lambda chat: chat.send_message("Welcome."))
    connect_chat.play_disconnect_flow(survey)
    customer = open_chat()
    connect_chat.add_participant(customer.contact_id).disconnect()

    assert customer.said == ["Welcome.", "How was it, 1 to 5?"]


@over_all_drivers
def test_the_story_of_the_administrator_guide_from_live_calls(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: dict[str, Any]
) -> None:
    """Chat-persistence: C1, transferred to C2, whose agent ends it; the disconnect flow goes on in C3."""

    def come_back(chat: FlowChat) -> Waiting:
        chat.send_message("We are still here.")
        if (yield timedelta(minutes=15)) is None:
            chat.send_message("Goodbye.")

    connect_chat.play_disconnect_flow(come_back)
    customer = Customer(connect_chat, parameters).connect()
    first = connect_chat.add_participant(customer.contact_id, display_name="a1")
    customer.say("said in C1")
    second = connect_chat.add_participant(connect_chat.transfer(customer.contact_id).contact_id, display_name="a2")
    first.disconnect()
    customer.say("said in C2")
    second.disconnect()
    connect_chat.clock.advance(minutes=15)
    c1, c2, c3 = connect_chat.contacts.values()
    assert [contact.disconnect_reason for contact in (c1, c2, c3)] == [
        None,
        "AGENT_DISCONNECT",
        "CONTACT_FLOW_DISCONNECT",
    ]
    assert [contact.initiation_method for contact in (c1, c2, c3)] == ["API", "TRANSFER", "DISCONNECT"]

    def resumed(kind_of: str, source: Any) -> tuple[str, list[str]]:
        persistent = {"RehydrationType": kind_of, "SourceContactId": source.contact_id}
        answer = connect_client.start_chat_contact(**parameters, PersistentChat=persistent)
        participant = new_client("connectparticipant")
        token = participant.create_participant_connection(ParticipantToken=answer["ParticipantToken"], Type=BOTH)[
            "ConnectionCredentials"
        ]["ConnectionToken"]
        past, request = [], {"ScanDirection": "BACKWARD", "MaxResults": 100}
        while request.get("NextToken", "first"):
            page = participant.get_transcript(ConnectionToken=token, **request)
            past += [item["Content"] for item in page["Transcript"] if "RelatedContactId" in item and "Content" in item]
            request["NextToken"] = page["NextToken"]
        return answer["ContinuedFromContactId"], past

    assert resumed("ENTIRE_PAST_SESSION", c1) == (
        c3.contact_id,
        ["Goodbye.", "We are still here.", "said in C2", "said in C1"],
    )
    assert resumed("FROM_SEGMENT", c2) == (c2.contact_id, ["said in C2", "said in C1"])
