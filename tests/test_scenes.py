"""What a test sets up without a client: a past with content, calls, flows with names."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from conftest import over_all_drivers
from customers import BOTH

from pytest_connect_chat import FakeConnectChat
from pytest_connect_chat.exceptions import SceneError

MESSAGES: list[Any] = [("CUSTOMER", "Hi"), ("SYSTEM", "Welcome."), ("AGENT", "Hello"), ("AGENT", "Which order?")]


# -- a past ------------------------------------------------------------------------------------------------------------


@over_all_drivers
def test_a_persistent_chat_finds_what_was_said_in_the_past(
    connect_chat: FakeConnectChat, connect_client: Any, connectparticipant_client: Any, parameters: dict[str, Any]
) -> None:
    past = connect_chat.add_ended_chat(
        2, instance_id=parameters["InstanceId"], display_name="Ada", customer_id="C-17", messages=MESSAGES
    )
    persistent = {"RehydrationType": "ENTIRE_PAST_SESSION", "SourceContactId": past[0].contact_id}
    started = connect_client.start_chat_contact(**parameters, PersistentChat=persistent)
    token = connectparticipant_client.create_participant_connection(
        ParticipantToken=started["ParticipantToken"], Type=BOTH
    )["ConnectionCredentials"]["ConnectionToken"]

    items: list[dict[str, Any]] = []
    request: dict[str, Any] = {"ScanDirection": "BACKWARD"}
    while request.get("NextToken", "first"):
        page = connectparticipant_client.get_transcript(ConnectionToken=token, **request)
        items += page["Transcript"]
        request["NextToken"] = page["NextToken"]
    said = [
        (item["RelatedContactId"], item["ParticipantRole"], item["DisplayName"], item["Content"])
        for item in reversed(items)
        if "Content" in item
    ]
    assert said == [
        (past[0].contact_id, "CUSTOMER", "Ada", "Hi"),
        (past[0].contact_id, "SYSTEM", "SYSTEM_MESSAGE", "Welcome."),
        (past[1].contact_id, "AGENT", "Agent", "Hello"),
        (past[1].contact_id, "AGENT", "Agent", "Which order?"),
    ]
    assert {contact.customer_id for contact in past} == {"C-17"}


def test_what_was_said_stands_at_even_distances(connect_chat: FakeConnectChat) -> None:
    (past,) = connect_chat.add_ended_chat(messages=[("CUSTOMER", "one"), ("AGENT", "two"), ("CUSTOMER", "three")])

    times = [item.absolute_time - past.initiation_timestamp for item in past.transcript]
    assert times == [timedelta(minutes=minutes) for minutes in (2.5, 5, 7.5, 10)]
    agents = {item.participant_id for item in past.transcript if item.participant_role == "AGENT"}
    assert len(agents) == 1


def test_a_past_starts_no_flow_and_asks_for_no_reply(connect_chat: FakeConnectChat) -> None:
    asked: list[Any] = []
    connect_chat.play_flow(lambda chat: chat.send_message("Welcome."), contact_flow_id="flow")
    connect_chat.reply_with(asked.append)
    (past,) = connect_chat.add_ended_chat(messages=[("CUSTOMER", "Hi")])

    assert [item.content for item in past.transcript] == ["Hi", None]
    assert asked == []


@pytest.mark.parametrize(
    "wrong", ["Hi", 7, ["Hi"], [("NOBODY", "Hi")], [("AGENT", "")], [("AGENT", "Hi", "text/plain")], [("AGENT", 7)]]
)
def test_what_was_never_said_is_refused(connect_chat: FakeConnectChat, wrong: Any) -> None:
    with pytest.raises(SceneError, match=r"messages are pairs of a role \(CUSTOMER, AGENT, SYSTEM\) and a non-empty"):
        connect_chat.add_ended_chat(messages=wrong)
    assert len(connect_chat.contacts) == 0


# -- contacts ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("message", ["Hello", {"ContentType": "text/plain", "Content": "Hello"}])
def test_a_contact_has_what_the_test_says(connect_chat: FakeConnectChat, message: Any) -> None:
    contact = connect_chat.add_contact(customer_id="C-17", initial_message=message, tags={"team": "blue"})

    assert (contact.customer_id, contact.tags) == ("C-17", {"team": "blue"})
    assert contact.initial_message == {"ContentType": "text/plain", "Content": "Hello"}
    assert [(item.content, item.participant_role) for item in contact.transcript] == [("Hello", "CUSTOMER")]


@pytest.mark.parametrize(
    ("members", "problem"),
    [
        ({"customer_id": ""}, "customer_id is a non-empty text, not ''"),
        ({"initial_message": ""}, "initial_message is a non-empty text, or the InitialMessage"),
        ({"initial_message": {"Content": "Hi"}}, "initial_message is a non-empty text, or the InitialMessage"),
        ({"initial_message": 7}, "initial_message is a non-empty text, or the InitialMessage of a request"),
        ({"tags": {"team": 7}}, "tags maps texts to texts, not 'team' to 7"),
        ({"channel": "TASK"}, "channel='TASK' is not valid. Valid: CHAT, VOICE"),
        ({"channel": "VOICE", "initial_message": "Hi"}, "initial_message is for a chat; a voice contact has none"),
    ],
)
def test_a_contact_that_cannot_be_is_refused(
    connect_chat: FakeConnectChat, members: dict[str, Any], problem: str
) -> None:
    with pytest.raises(SceneError) as caught:
        connect_chat.add_contact(**members)
    assert str(caught.value).startswith(problem)
    assert len(connect_chat.contacts) == 0


# -- calls -------------------------------------------------------------------------------------------------------------


@over_all_drivers
@pytest.mark.connect_chat(max_active_chats=1)
def test_a_chat_relates_to_a_call_which_takes_no_slot(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: dict[str, Any]
) -> None:
    call = connect_chat.add_contact(
        channel="VOICE", instance_id=parameters["InstanceId"], attributes={"caller": "+49301234"}
    )
    started = connect_client.start_chat_contact(**parameters, RelatedContactId=call.contact_id)
    chat = connect_chat.contacts[started["ContactId"]]

    assert (chat.related_contact_id, chat.attributes) == (call.contact_id, {"caller": "+49301234"})
    described = connect_client.describe_contact(InstanceId=call.instance_id, ContactId=call.contact_id)["Contact"]
    assert (described["Channel"], described["InitiationMethod"]) == ("VOICE", "INBOUND")
    assert described["SegmentAttributes"]["connect:Subtype"] == {"ValueString": "connect:Telephony"}
    assert (call.channel, chat.channel) == ("VOICE", "CHAT")
    assert repr(call).endswith("'Customer' VOICE active>")


def test_a_call_lasts_until_it_is_stopped_and_has_no_transcript(
    connect_chat: FakeConnectChat, connect_client: Any
) -> None:
    call = connect_chat.add_contact(channel="VOICE")
    connect_chat.clock.advance(days=3)
    assert call.is_active

    connect_client.stop_contact(InstanceId=call.instance_id, ContactId=call.contact_id)
    assert (call.is_active, call.disconnect_reason, call.transcript) == (False, "API", ())


def test_a_call_is_no_chat(connect_chat: FakeConnectChat, connectparticipant_client: Any) -> None:
    call = connect_chat.add_contact(channel="VOICE")

    for act in (connect_chat.add_participant, connect_chat.transfer):
        with pytest.raises(SceneError, match=f"The contact {call.contact_id} is a VOICE contact, and no chat"):
            act(call.contact_id)
    with pytest.raises(connectparticipant_client.exceptions.AccessDeniedException):
        connectparticipant_client.create_participant_connection(ParticipantToken=call.participant_token, Type=BOTH)


# -- flows with names --------------------------------------------------------------------------------------------------


def flows(client: Any, instance_id: str = "i") -> dict[str, str]:
    listed = client.list_contact_flows(InstanceId=instance_id)["ContactFlowSummaryList"]
    return {flow["Id"]: flow["Name"] for flow in listed}


@over_all_drivers
def test_flows_have_the_names_that_the_test_gives(connect_chat: FakeConnectChat, connect_client: Any) -> None:
    connect_chat.add_instance("i", {"flow-1": "Sample inbound flow", "flow-2": "Survey"})
    connect_chat.add_instance("i", ["flow-1", "flow-3"])
    assert flows(connect_client) == {"flow-1": "Sample inbound flow", "flow-2": "Survey", "flow-3": "flow-3"}

    connect_chat.add_instance("i", {"flow-3": "Renamed"})
    assert flows(connect_client)["flow-3"] == "Renamed"


def test_a_contact_has_a_flow_of_its_own_instance(connect_chat: FakeConnectChat) -> None:
    connect_chat.add_instance("i", ["flow-1"])
    connect_chat.add_instance("j", ["flow-2", "flow-3"])

    assert connect_chat.add_contact().contact_flow_id == "flow-1"
    assert connect_chat.add_contact(instance_id="j").contact_flow_id == "flow-2"
    assert connect_chat.add_contact(instance_id="j", contact_flow_id="flow-3").contact_flow_id == "flow-3"
    with pytest.raises(SceneError, match=r"^The flow 'flow-3' is not declared: call add_instance\('i', "):
        connect_chat.add_contact(instance_id="i", contact_flow_id="flow-3")
    assert len(connect_chat.contacts) == 3


def test_the_flows_of_a_set_are_in_one_order(connect_chat: FakeConnectChat, connect_client: Any) -> None:
    connect_chat.add_instance("i", {f"flow-{number}" for number in range(9)})

    assert list(flows(connect_client)) == [f"flow-{number}" for number in range(9)]
    assert connect_chat.declared_place()["ContactFlowId"] == "flow-0"


@pytest.mark.parametrize("wrong", [{"flow-1": ""}, {"": "Name"}, {"flow-1": 7}])
def test_a_flow_without_a_name_is_refused(connect_chat: FakeConnectChat, wrong: Any) -> None:
    with pytest.raises(SceneError, match="Instance and flow ids, and names of flows, are non-empty texts"):
        connect_chat.add_instance("i", wrong)
    assert connect_chat.declared_place() == {}


# -- the order of calls ------------------------------------------------------------------------------------------------


@over_all_drivers
def test_the_operations_in_their_order(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: dict[str, Any]
) -> None:
    assert connect_chat.requests.operations == []
    contact_id = connect_client.start_chat_contact(**parameters)["ContactId"]
    connect_client.stop_contact(InstanceId=parameters["InstanceId"], ContactId=contact_id)

    assert connect_chat.requests.operations == ["StartChatContact", "StopContact"]
    assert connect_chat.requests.stop_contact.operations == ["StopContact"]
    with pytest.raises(AttributeError, match="'operations' of RequestLog cannot be assigned"):
        connect_chat.requests.operations = []  # type: ignore[misc]
