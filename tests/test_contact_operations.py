"""The operations of `connect` around a chat that has started."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from pytest_connect_chat import FakeConnectChat

NOON = "2026-01-01T12:00:00Z"
AT_NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
TOPIC = "arn:aws:sns:us-east-1:123456789012:chats"
BOT = {"ParticipantRole": "CUSTOM_BOT", "DisplayName": "Grace"}

Call = Callable[..., Any]


@pytest.fixture
def contact_id(connect_client: Any, parameters: dict[str, Any]) -> str:
    """A contact that has just been started, with attributes."""
    contact_id: str = connect_client.start_chat_contact(**parameters, Attributes={"tier": "gold"})["ContactId"]
    return contact_id


@pytest.fixture
def call(connect_client: Any, contact_id: str, parameters: dict[str, Any]) -> Call:
    """Calls an operation about that contact."""

    def call(method: str, **members: Any) -> Any:
        place = {"InstanceId": parameters["InstanceId"]}
        model = connect_client.meta.service_model.operation_model(connect_client.meta.method_to_api_mapping[method])
        name = "InitialContactId" if "InitialContactId" in model.input_shape.members else "ContactId"
        return getattr(connect_client, method)(**place | {name: contact_id} | members)

    return call


@pytest.fixture
def describe(call: Call) -> Call:
    """Describes that contact, or another."""

    def describe(**members: Any) -> Any:
        return call("describe_contact", **members)["Contact"]

    return describe


def stream(call: Call, **members: Any) -> str:
    answer = call("start_contact_streaming", ChatStreamingConfiguration={"StreamingEndpointArn": TOPIC}, **members)
    return str(answer["StreamingId"])


# -- DescribeContact ---------------------------------------------------------------------------------------------------


@pytest.mark.connect_chat(clock=NOON)
def test_a_contact_that_has_just_started_is_described(
    describe: Call, contact_id: str, parameters: dict[str, Any]
) -> None:
    assert describe() == {
        "Arn": f"arn:aws:connect:us-east-1:123456789012:instance/{parameters['InstanceId']}/contact/{contact_id}",
        "Id": contact_id,
        "ContactAssociationId": contact_id,
        "InitiationMethod": "API",
        "Channel": "CHAT",
        "InitiationTimestamp": AT_NOON,
        "LastUpdateTimestamp": AT_NOON,
        "Attributes": {"tier": "gold"},
        "SegmentAttributes": {"connect:Subtype": {"ValueString": "connect:Chat"}},
    }


@pytest.mark.connect_chat(clock=NOON)
def test_an_ended_contact_says_when_and_why(describe: Call, call: Call, connect_chat: FakeConnectChat) -> None:
    connect_chat.clock.advance(minutes=2)
    call("stop_contact")
    connect_chat.clock.advance(minutes=2)

    described = describe()
    assert described["DisconnectTimestamp"] == AT_NOON + timedelta(minutes=2)
    assert described["LastUpdateTimestamp"] == AT_NOON + timedelta(minutes=2)
    assert described["DisconnectReason"] == "API"


@pytest.mark.connect_chat(clock=NOON)
def test_the_customer_who_leaves_first_is_who_disconnects(
    describe: Call, connect_chat: FakeConnectChat, connectparticipant_client: Any
) -> None:
    contact = connect_chat.contacts.last
    agent = connect_chat.add_participant(contact.contact_id)
    answer = connectparticipant_client.create_participant_connection(
        ParticipantToken=contact.participant_token, Type=["WEBSOCKET", "CONNECTION_CREDENTIALS"]
    )
    connect_chat.clock.advance(minutes=1)
    connectparticipant_client.disconnect_participant(ConnectionToken=answer["ConnectionCredentials"]["ConnectionToken"])
    left = AT_NOON + timedelta(minutes=1)
    assert describe()["DisconnectTimestamp"] == contact.disconnect_timestamp == left
    assert contact.is_active

    connect_chat.clock.advance(minutes=1)
    agent.disconnect()
    assert describe()["DisconnectTimestamp"] == contact.disconnect_timestamp == left
    assert describe()["LastUpdateTimestamp"] == AT_NOON + timedelta(minutes=2)
    assert not contact.is_active


@pytest.mark.connect_chat(clock=NOON)
def test_a_transfer_after_the_customer_has_left_disconnects_at_its_own_end(
    describe: Call, connect_chat: FakeConnectChat, connectparticipant_client: Any
) -> None:
    contact = connect_chat.contacts.last
    connect_chat.add_participant(contact.contact_id)
    answer = connectparticipant_client.create_participant_connection(
        ParticipantToken=contact.participant_token, Type=["WEBSOCKET", "CONNECTION_CREDENTIALS"]
    )
    connectparticipant_client.disconnect_participant(ConnectionToken=answer["ConnectionCredentials"]["ConnectionToken"])
    connect_chat.clock.advance(minutes=1)
    segment = connect_chat.transfer(contact.contact_id)

    assert "DisconnectTimestamp" not in describe(ContactId=segment.contact_id)
    assert describe()["DisconnectTimestamp"] == AT_NOON


@pytest.mark.connect_chat(clock="2026-01-01T00:00:00Z")
def test_contacts_that_are_not_known_any_more_are_not_listed(connect_chat: FakeConnectChat) -> None:
    client = connect_chat.client()
    started = connect_chat.clock.now() - timedelta(days=730)
    (old, kept) = connect_chat.add_ended_chat(2, instance_id="i", ended_at=started + timedelta(minutes=15))

    def listed() -> list[str]:
        answer = client.list_associated_contacts(InstanceId="i", ContactId=kept.contact_id)
        return [summary["ContactId"] for summary in answer["ContactSummaryList"]]

    assert listed() == [kept.contact_id]
    connect_chat.clock.move_to(kept.initiation_timestamp + timedelta(days=730))
    assert listed() == [kept.contact_id]
    connect_chat.rules["contact-retention"].disable()
    assert listed() == [old.contact_id, kept.contact_id]


@pytest.mark.connect_chat(clock=NOON)
def test_a_contact_says_when_its_customer_connected(
    describe: Call, connect_chat: FakeConnectChat, connectparticipant_client: Any
) -> None:
    connect_chat.clock.advance(seconds=7)
    connectparticipant_client.create_participant_connection(
        ParticipantToken=connect_chat.contacts.last.participant_token, Type=["WEBSOCKET", "CONNECTION_CREDENTIALS"]
    )

    assert describe()["ConnectedToSystemTimestamp"] == AT_NOON + timedelta(seconds=7)


@pytest.mark.parametrize(
    "change",
    [
        lambda call: call("update_contact_attributes", Attributes={"topic": "returns"}),
        lambda call: call("tag_contact", Tags={"team": "a"}),
        lambda call: call("untag_contact", TagKeys=["team"]),
    ],
    ids=["attributes", "tag", "untag"],
)
@pytest.mark.connect_chat(clock=NOON)
def test_a_change_is_the_last_update(
    describe: Call, call: Call, connect_chat: FakeConnectChat, change: Callable[[Call], Any]
) -> None:
    connect_chat.clock.advance(seconds=3)
    change(call)
    connect_chat.clock.advance(seconds=3)

    assert describe()["LastUpdateTimestamp"] == AT_NOON + timedelta(seconds=3)


def test_what_the_request_said_is_described(
    describe: Call, connect_client: Any, connect_chat: FakeConnectChat, parameters: dict[str, Any]
) -> None:
    past = connect_chat.add_ended_chat(instance_id=parameters["InstanceId"])[0].contact_id
    answer = connect_client.start_chat_contact(
        **parameters,
        CustomerId="c-1",
        SegmentAttributes={"mine": {"ValueString": "v"}},
        PersistentChat={"RehydrationType": "FROM_SEGMENT", "SourceContactId": past},
    )

    described = describe(ContactId=answer["ContactId"])
    assert described["CustomerId"] == "c-1"
    assert described["SegmentAttributes"]["mine"] == {"ValueString": "v"}
    assert (described["RelatedContactId"], described["ContactAssociationId"]) == (past, past)
    assert "PreviousContactId" not in described


def test_a_transferred_contact_names_the_one_before(
    describe: Call, connect_chat: FakeConnectChat, contact_id: str
) -> None:
    segment = connect_chat.transfer(contact_id)
    before, after = describe(), describe(ContactId=segment.contact_id)

    assert (after["PreviousContactId"], after["InitialContactId"]) == (contact_id, contact_id)
    assert before["InitialContactId"] == contact_id
    assert after["InitiationMethod"] == "TRANSFER"
    assert "DisconnectTimestamp" in before
    assert "DisconnectReason" not in before


# -- attributes --------------------------------------------------------------------------------------------------------


def test_attributes_are_merged(call: Call, connect_chat: FakeConnectChat) -> None:
    call("update_contact_attributes", Attributes={"topic": "returns", "tier": ""})

    assert call("get_contact_attributes")["Attributes"] == {"tier": "", "topic": "returns"}
    assert connect_chat.contacts.last.attributes == {"tier": "", "topic": "returns"}


def test_the_attributes_of_an_ended_contact_can_be_read_and_changed(call: Call) -> None:
    call("stop_contact")
    call("update_contact_attributes", Attributes={"note": "called back"})

    assert call("get_contact_attributes")["Attributes"] == {"tier": "gold", "note": "called back"}


def test_a_refused_update_changes_nothing(call: Call, connect_client: Any) -> None:
    with pytest.raises(connect_client.exceptions.InvalidParameterException, match="rule attributes-size"):
        call("update_contact_attributes", Attributes={"tier": "silver", "k": "v" * 32_760})

    assert call("get_contact_attributes")["Attributes"] == {"tier": "gold"}


def test_the_contacts_of_one_session_share_their_attributes(
    call: Call, connect_chat: FakeConnectChat, contact_id: str
) -> None:
    segment = connect_chat.transfer(contact_id)
    call("update_contact_attributes", Attributes={"topic": "returns"})

    assert segment.attributes == {"tier": "gold", "topic": "returns"}


def test_the_attributes_of_related_contacts_stay_separate(
    call: Call, connect_client: Any, connect_chat: FakeConnectChat, contact_id: str, parameters: dict[str, Any]
) -> None:
    related = connect_client.start_chat_contact(**parameters, RelatedContactId=contact_id)["ContactId"]
    call("update_contact_attributes", Attributes={"tier": "silver"})
    call("update_contact_attributes", InitialContactId=related, Attributes={"locale": "de_DE"})

    assert connect_chat.contacts[contact_id].attributes == {"tier": "silver"}
    assert connect_chat.contacts[related].attributes == {"tier": "gold", "locale": "de_DE"}


def test_what_was_recorded_does_not_change_with_the_attributes(call: Call, connect_chat: FakeConnectChat) -> None:
    call("update_contact_attributes", Attributes={"tier": "silver"})

    assert connect_chat.requests.start_chat_contact.one().params["Attributes"] == {"tier": "gold"}


# -- tags --------------------------------------------------------------------------------------------------------------


def test_tags_come_and_go(call: Call, describe: Call, connect_chat: FakeConnectChat) -> None:
    call("tag_contact", Tags={"team": "a", "cost:centre": "7"})
    call("tag_contact", Tags={"team": "b"})
    assert describe()["Tags"] == {"team": "b", "cost:centre": "7"}

    call("untag_contact", TagKeys=["team", "unknown"])
    assert connect_chat.contacts.last.tags == {"cost:centre": "7"}


def test_a_contact_without_tags_has_no_such_member(describe: Call) -> None:
    assert "Tags" not in describe()


# -- streaming ---------------------------------------------------------------------------------------------------------


def test_a_stopped_streaming_makes_room_for_another(call: Call, connect_client: Any) -> None:
    first, second = stream(call), stream(call)
    assert first != second
    with pytest.raises(connect_client.exceptions.LimitExceededException, match="rule streaming-endpoints"):
        stream(call)

    call("stop_contact_streaming", StreamingId=first)
    stream(call)


def test_a_streaming_survives_a_transfer(call: Call, connect_chat: FakeConnectChat, contact_id: str) -> None:
    streaming_id = stream(call)
    segment = connect_chat.transfer(contact_id)

    call("stop_contact_streaming", StreamingId=streaming_id, ContactId=segment.contact_id)


def test_a_repeated_start_of_streaming_is_the_same_one(call: Call) -> None:
    assert stream(call, ClientToken="s") == stream(call, ClientToken="s")


def test_a_client_token_counts_for_one_contact(
    call: Call, connect_chat: FakeConnectChat, parameters: dict[str, Any]
) -> None:
    other = connect_chat.add_contact(instance_id=parameters["InstanceId"]).contact_id

    assert stream(call, ClientToken="s") != stream(call, ClientToken="s", ContactId=other)


def test_a_client_token_is_forgotten_after_a_week(call: Call, connect_chat: FakeConnectChat) -> None:
    connect_chat.rules["contact-active"].disable()
    first = stream(call, ClientToken="s")
    connect_chat.clock.advance(days=7)

    assert stream(call, ClientToken="s") != first


def test_a_streaming_of_the_start_counts(
    connect_client: Any, connect_chat: FakeConnectChat, call: Call, parameters: dict[str, Any]
) -> None:
    model = connect_client.meta.service_model.operation_model("StartChatContact")
    if "ChatStreamingConfiguration" not in model.input_shape.members:
        pytest.skip("the installed botocore has no member ChatStreamingConfiguration")
    answer = connect_client.start_chat_contact(**parameters, ChatStreamingConfiguration={"StreamingEndpointArn": TOPIC})
    stream(call, ContactId=answer["ContactId"])

    with pytest.raises(connect_client.exceptions.LimitExceededException):
        stream(call, ContactId=answer["ContactId"])
    call("stop_contact_streaming", ContactId=answer["ContactId"], StreamingId=answer["StreamingId"])


# -- CreateParticipant -------------------------------------------------------------------------------------------------


def test_a_repeated_bot_is_the_same_one(call: Call) -> None:
    first = call("create_participant", ParticipantDetails=BOT, ClientToken="b")
    again = call("create_participant", ParticipantDetails=BOT, ClientToken="b")

    assert again["ParticipantId"] == first["ParticipantId"]
    assert again["ParticipantCredentials"] == first["ParticipantCredentials"]


@pytest.mark.connect_chat(client_token_conflict="error")
def test_another_bot_under_a_used_client_token_can_be_an_error(call: Call, connect_client: Any) -> None:
    call("create_participant", ParticipantDetails=BOT, ClientToken="b")

    with pytest.raises(connect_client.exceptions.IdempotencyException):
        call("create_participant", ParticipantDetails=BOT | {"DisplayName": "Other"}, ClientToken="b")


@pytest.mark.parametrize(
    ("details", "joined"),
    [({}, ("CUSTOM_BOT", "CUSTOM_BOT")), ({"ParticipantRole": "AGENT", "DisplayName": "Grace"}, ("AGENT", "Grace"))],
    ids=["without a role", "agent"],
)
def test_where_the_rules_are_off_anybody_is_added(
    call: Call,
    connect_chat: FakeConnectChat,
    connectparticipant_client: Any,
    details: dict[str, str],
    joined: tuple[str, str],
) -> None:
    for rule in ("added-participant-role", "added-participant-display-name"):
        connect_chat.rules[rule].disable()
    token = call("create_participant", ParticipantDetails=details)["ParticipantCredentials"]["ParticipantToken"]
    answer = connectparticipant_client.create_participant_connection(
        ParticipantToken=token, Type=["CONNECTION_CREDENTIALS"]
    )
    connectparticipant_client.send_message(
        ConnectionToken=answer["ConnectionCredentials"]["ConnectionToken"], ContentType="text/plain", Content="Hello"
    )

    item = connect_chat.contacts.last.transcript[-1]
    assert (item.participant_role, item.display_name) == joined


# -- CreatePersistentContactAssociation --------------------------------------------------------------------------------


@pytest.fixture
def past(connect_chat: FakeConnectChat, parameters: dict[str, Any]) -> list[str]:
    """The ids of a past session of three contacts."""
    session = connect_chat.add_ended_chat(3, instance_id=parameters["InstanceId"])
    return [contact.contact_id for contact in session]


@pytest.mark.parametrize(("rehydration_type", "resolved"), [("ENTIRE_PAST_SESSION", 2), ("FROM_SEGMENT", 0)])
def test_a_chat_that_has_started_continues_from_a_past_one(
    call: Call, connect_chat: FakeConnectChat, contact_id: str, past: list[str], rehydration_type: str, resolved: int
) -> None:
    answer = call("create_persistent_contact_association", RehydrationType=rehydration_type, SourceContactId=past[0])

    contact = connect_chat.contacts[contact_id]
    assert answer["ContinuedFromContactId"] == past[resolved]
    assert (contact.continued_from_contact_id, contact.related_contact_id) == (past[resolved], past[resolved])
    assert contact.rehydration_type == rehydration_type
    assert contact.past_contact_ids == tuple(past[resolved::-1])
    assert contact.initial_contact_id == contact_id
    (item,) = contact.transcript
    assert (item.type, item.content_type) == ("EVENT", "application/vnd.amazonaws.connect.event.chat.rehydrated")


def associate(call: Call, source: str, **members: Any) -> Any:
    return call(
        "create_persistent_contact_association", RehydrationType="FROM_SEGMENT", SourceContactId=source, **members
    )


def test_an_association_after_a_transfer_holds_for_the_session(
    call: Call, connect_chat: FakeConnectChat, contact_id: str, past: list[str]
) -> None:
    segment = connect_chat.transfer(contact_id)
    associate(call, past[2], InitialContactId=segment.contact_id)

    assert segment.continued_from_contact_id == past[2]
    assert segment.past_contact_ids == connect_chat.contacts[contact_id].past_contact_ids == tuple(past[::-1])
    assert segment.transcript[-1].type == "EVENT"


def test_a_repeated_association_with_its_client_token_is_answered_as_before(call: Call, past: list[str]) -> None:
    for _ in range(2):
        assert associate(call, past[0], ClientToken="a")["ContinuedFromContactId"] == past[0]


def refused(call: Callable[[], Any], rule: str) -> None:
    with pytest.raises(ClientError, match=f"rule {rule} of"):
        call()


def test_a_chat_does_not_continue_from_its_own_past(call: Call, connect_chat: FakeConnectChat, contact_id: str) -> None:
    connect_chat.transfer(contact_id)

    itself = (
        f"SourceContactId {contact_id} belongs to the chat of the contact {contact_id} itself, or continues from it."
    )
    with pytest.raises(ClientError, match=rf"{re.escape(itself)} \(rule association-source of"):
        associate(call, contact_id)


def test_where_sources_are_not_looked_at_an_unknown_one_is_passed_over(
    call: Call, connect_chat: FakeConnectChat, contact_id: str
) -> None:
    connect_chat.rules["source-contact-exists"].disable()
    answer = associate(call, "nobody")

    contact = connect_chat.contacts[contact_id]
    assert "ContinuedFromContactId" not in answer
    assert connect_chat.requests.last.contact is contact
    assert (contact.continued_from_contact_id, contact.transcript) == (None, ())


def test_a_chat_does_not_continue_from_one_that_continues_from_it(
    call: Call, connect_client: Any, connect_chat: FakeConnectChat, contact_id: str, parameters: dict[str, Any]
) -> None:
    connect_chat.transfer(contact_id)
    persistent = {"RehydrationType": "FROM_SEGMENT", "SourceContactId": contact_id}
    follower = connect_client.start_chat_contact(**parameters, PersistentChat=persistent)["ContactId"]
    connect_chat.stop_contact(follower)

    refused(lambda: associate(call, follower), "association-source")


def test_contacts_in_a_circle_have_a_root_all_the_same(
    call: Call, describe: Call, connect_chat: FakeConnectChat, contact_id: str
) -> None:
    connect_chat.rules["association-source"].disable()
    connect_chat.transfer(contact_id)
    associate(call, contact_id)

    assert describe()["ContactAssociationId"] == contact_id
    listed = call("list_associated_contacts")["ContactSummaryList"]
    assert [summary["ContactId"] for summary in listed] == [*connect_chat.contacts]


# -- ListAssociatedContacts --------------------------------------------------------------------------------------------


def test_the_contacts_of_a_tree_are_listed(
    call: Call, connect_client: Any, connect_chat: FakeConnectChat, contact_id: str, parameters: dict[str, Any]
) -> None:
    segment = connect_chat.transfer(contact_id)
    related = connect_client.start_chat_contact(**parameters, RelatedContactId=segment.contact_id)["ContactId"]
    connect_client.start_chat_contact(**parameters)

    summaries = call("list_associated_contacts", ContactId=related)["ContactSummaryList"]
    assert [summary["ContactId"] for summary in summaries] == [contact_id, segment.contact_id, related]
    assert [summary.get("RelatedContactId") for summary in summaries] == [None, None, segment.contact_id]
    assert [summary.get("PreviousContactId") for summary in summaries] == [None, contact_id, None]
    assert ["DisconnectTimestamp" in summary for summary in summaries] == [True, False, False]


def test_each_contact_of_a_tree_lists_all_of_them(
    call: Call, connect_client: Any, contact_id: str, parameters: dict[str, Any]
) -> None:
    def start(**related: str) -> str:
        return str(connect_client.start_chat_contact(**parameters, **related)["ContactId"])

    first, second = (start(RelatedContactId=contact_id) for _ in range(2))
    alone = start()
    tree = [contact_id, first, second, start(RelatedContactId=first)]

    def listed(contact_id: str) -> list[str]:
        summaries = call("list_associated_contacts", ContactId=contact_id)["ContactSummaryList"]
        return [summary["ContactId"] for summary in summaries]

    assert [listed(one) for one in tree] == [tree] * 4
    assert listed(alone) == [alone]


def test_a_tree_comes_in_pages(call: Call, connect_chat: FakeConnectChat, contact_id: str) -> None:
    segments = [contact_id]
    for _ in range(2):
        segments.append(connect_chat.transfer(segments[-1]).contact_id)

    first = call("list_associated_contacts", MaxResults=2)
    second = call("list_associated_contacts", MaxResults=2, NextToken=first["NextToken"])
    listed = [summary["ContactId"] for page in (first, second) for summary in page["ContactSummaryList"]]
    assert listed == segments
    assert "NextToken" not in second


# -- ListContactFlows --------------------------------------------------------------------------------------------------


def test_the_declared_flows_are_listed_in_pages(connect_chat: FakeConnectChat, connect_client: Any) -> None:
    connect_chat.add_instance("i", [f"flow-{number}" for number in range(5)])
    connect_chat.add_instance("other", ["flow-x"])

    pages = connect_client.get_paginator("list_contact_flows").paginate(
        InstanceId="i", PaginationConfig={"PageSize": 2}
    )
    flows = [page["ContactFlowSummaryList"] for page in pages]
    assert [[flow["Id"] for flow in page] for page in flows] == [
        ["flow-0", "flow-1"],
        ["flow-2", "flow-3"],
        ["flow-4"],
    ]
    assert flows[0][0] == {
        "Id": "flow-0",
        "Arn": "arn:aws:connect:us-east-1:123456789012:instance/i/contact-flow/flow-0",
        "Name": "flow-0",
        "ContactFlowType": "CONTACT_FLOW",
        "ContactFlowState": "ACTIVE",
        "ContactFlowStatus": "PUBLISHED",
    }


@pytest.mark.parametrize(
    ("wanted", "count"), [({}, 1), ({"ContactFlowTypes": ["CONTACT_FLOW"]}, 1), ({"ContactFlowTypes": ["CAMPAIGN"]}, 0)]
)
def test_flows_are_of_the_type_contact_flow(
    connect_chat: FakeConnectChat, connect_client: Any, wanted: dict[str, Any], count: int
) -> None:
    connect_chat.add_instance("i", ["flow"])

    assert len(connect_client.list_contact_flows(InstanceId="i", **wanted)["ContactFlowSummaryList"]) == count


def test_where_no_instance_is_declared_there_are_no_flows_to_list(
    connect_chat: FakeConnectChat, connect_client: Any
) -> None:
    assert connect_client.list_contact_flows(InstanceId="i")["ContactFlowSummaryList"] == []


# -- all of them -------------------------------------------------------------------------------------------------------


def test_calls_about_a_contact_are_recorded_with_it(call: Call, connect_chat: FakeConnectChat, contact_id: str) -> None:
    call("describe_contact")

    connect_chat.requests.describe_contact.assert_requested_once(ContactId=contact_id)
    assert connect_chat.requests.last.contact is connect_chat.contacts[contact_id]


@pytest.mark.parametrize(
    "operation", ["DescribeContact", "StartContactStreaming", "CreateParticipant", "ListContactFlows"]
)
def test_a_fault_can_meet_any_operation(connect_chat: FakeConnectChat, operation: str) -> None:
    assert connect_chat.faults.throttle(operation=operation, optional=True).operation == operation


def test_a_lost_response_of_streaming_is_survived(
    call: Call, connect_client: Any, connect_chat: FakeConnectChat
) -> None:
    connect_chat.faults.lose_response(attempts=1, operation="StartContactStreaming")
    stream(call)
    stream(call)

    assert connect_chat.requests.start_contact_streaming[0].attempt_count == 2
    with pytest.raises(connect_client.exceptions.LimitExceededException):
        stream(call)
