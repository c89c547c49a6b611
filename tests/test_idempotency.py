"""Repeated requests: the `ClientToken`, given by the caller or filled in."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from conftest import new_client, over_all_drivers
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_connect_chat import FakeConnectChat

pytestmark = pytest.mark.once

Members = dict[str, Any]

TOPIC = "arn:aws:sns:us-east-1:123456789012:chats"
BOTH = ["WEBSOCKET", "CONNECTION_CREDENTIALS"]


def without_metadata(answer: Members) -> Members:
    return {member: value for member, value in answer.items() if member != "ResponseMetadata"}


def started(fake: FakeConnectChat, client: Any, parameters: Members, **members: Any) -> bool:
    """Call, and return whether that started a contact; the answer names the contact in either case."""
    before = len(fake.contacts)
    contact_id = client.start_chat_contact(**parameters | members)["ContactId"]
    assert contact_id in fake.contacts
    return len(fake.contacts) > before


@pytest.fixture
def newer_client(connect_client: Any) -> Any:
    """A client whose botocore has `ConnectionTypes` and `ChatStreamingConfiguration`."""
    model = connect_client.meta.service_model.operation_model("StartChatContact")
    if "ConnectionTypes" not in model.input_shape.members:
        pytest.skip("the installed botocore has no ConnectionTypes")
    return connect_client


# -- a token of the caller's -------------------------------------------------------------------------------------------


@over_all_drivers
def test_a_replay_repeats_the_answer_and_starts_nothing(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: Members
) -> None:
    first = connect_client.start_chat_contact(**parameters, ClientToken="order-17")
    again = connect_client.start_chat_contact(**parameters, ClientToken="order-17")

    assert without_metadata(again) == without_metadata(first)
    assert again["ResponseMetadata"]["RequestId"] != first["ResponseMetadata"]["RequestId"]
    assert list(connect_chat.contacts) == [first["ContactId"]]
    assert [record.contact for record in connect_chat.requests] == [connect_chat.contacts.last] * 2


@over_all_drivers
def test_a_replay_through_another_client_counts_too(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: Members
) -> None:
    connect_client.start_chat_contact(**parameters, ClientToken="order-17")

    assert not started(connect_chat, connect_chat.client(), parameters, ClientToken="order-17")


def test_what_a_caller_does_to_an_answer_does_not_show_in_its_replay(connect_client: Any, parameters: Members) -> None:
    connect_client.start_chat_contact(**parameters, ClientToken="order-17").clear()

    assert "ContactId" in connect_client.start_chat_contact(**parameters, ClientToken="order-17")


@over_all_drivers
def test_a_replay_of_a_persistent_chat_names_the_source_again(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: Members
) -> None:
    past = connect_chat.add_ended_chat(instance_id=parameters["InstanceId"])[0]
    request = parameters | {
        "PersistentChat": {"RehydrationType": "FROM_SEGMENT", "SourceContactId": past.contact_id},
        "ClientToken": "order-17",
    }
    first = connect_client.start_chat_contact(**request)

    assert without_metadata(connect_client.start_chat_contact(**request)) == without_metadata(first)
    assert first["ContinuedFromContactId"] == past.contact_id


@pytest.mark.parametrize("other", ["ORDER-17", "order-17 ", "order-18"])
def test_a_token_is_compared_exactly(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: Members, other: str
) -> None:
    connect_client.start_chat_contact(**parameters, ClientToken="order-17")

    assert started(connect_chat, connect_client, parameters, ClientToken=other)


def test_a_token_counts_for_7_days_of_the_clock(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: Members
) -> None:
    first = connect_client.start_chat_contact(**parameters, ClientToken="order-17")
    connect_chat.clock.advance(days=6, hours=23, minutes=59, seconds=59, milliseconds=999)
    assert connect_client.start_chat_contact(**parameters, ClientToken="order-17")["ContactId"] == first["ContactId"]

    connect_chat.clock.advance(milliseconds=1)
    assert started(connect_chat, connect_client, parameters, ClientToken="order-17")


def test_a_replay_does_not_prolong_the_7_days(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: Members
) -> None:
    for day in range(14):
        assert started(connect_chat, connect_client, parameters, ClientToken="order-17") is (day % 7 == 0)
        connect_chat.clock.advance(days=1)


@over_all_drivers
@pytest.mark.connect_chat(max_active_chats=1)
def test_a_replay_is_answered_where_the_instance_is_full(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: Members
) -> None:
    first = connect_client.start_chat_contact(**parameters, ClientToken="order-17")

    with pytest.raises(connect_client.exceptions.LimitExceededException):
        connect_client.start_chat_contact(**parameters, ClientToken="order-18")
    assert connect_client.start_chat_contact(**parameters, ClientToken="order-17")["ContactId"] == first["ContactId"]


@over_all_drivers
@pytest.mark.connect_chat(max_active_chats=1)
def test_a_call_refused_for_the_quota_does_not_use_its_token(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: Members
) -> None:
    in_the_way = connect_chat.add_contact(instance_id=parameters["InstanceId"])
    with pytest.raises(connect_client.exceptions.LimitExceededException):
        connect_client.start_chat_contact(**parameters, ClientToken="order-17")
    connect_chat.stop_contact(in_the_way.contact_id)

    assert started(connect_chat, connect_client, parameters, ClientToken="order-17")


@pytest.mark.parametrize(
    "wrong",
    [
        {"Attributes": {"a.b": ""}},
        {"SupportedMessagingContentTypes": []},
        {"ContactFlowId": "arn:aws:connect:us-east-1:123456789012:instance/i/contact-flow/f"},
        {"RelatedContactId": "nobody"},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
@pytest.mark.connect_chat(client_token_conflict="error")
def test_a_failed_call_does_not_use_its_token(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: Members, wrong: Members
) -> None:
    with pytest.raises(connect_client.exceptions.ClientError):
        connect_client.start_chat_contact(**parameters | wrong, ClientToken="order-17")

    assert started(connect_chat, connect_client, parameters, ClientToken="order-17")


def test_shape_is_looked_at_before_a_replay(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: Members
) -> None:
    connect_client.start_chat_contact(**parameters, ClientToken="order-17")

    with pytest.raises(connect_client.exceptions.InvalidParameterException):
        connect_client.start_chat_contact(**parameters, ClientToken="order-17", CustomerId="c" * 129)


def test_a_token_counts_for_one_instance(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: Members
) -> None:
    connect_client.start_chat_contact(**parameters, ClientToken="order-17")

    assert started(connect_chat, connect_client, parameters, ClientToken="order-17", InstanceId="another")


@over_all_drivers
def test_a_token_counts_for_one_region(connect_chat: FakeConnectChat, connect_client: Any, parameters: Members) -> None:
    connect_client.start_chat_contact(**parameters, ClientToken="order-17")
    elsewhere = new_client(region_name="eu-central-1")

    assert started(connect_chat, elsewhere, parameters, ClientToken="order-17")
    assert connect_chat.contacts.last.region == "eu-central-1"
    assert not started(connect_chat, elsewhere, parameters, ClientToken="order-17")


def test_reset_forgets_the_tokens(connect_chat: FakeConnectChat, connect_client: Any, parameters: Members) -> None:
    connect_client.start_chat_contact(**parameters, ClientToken="order-17")
    connect_chat.reset()

    assert started(connect_chat, connect_client, parameters, ClientToken="order-17")


# -- a changed request under a used token ------------------------------------------------------------------------------


CHANGES: list[Members] = [{"Attributes": {"tier": "gold"}}, {"ContactFlowId": "another"}, {"ChatDurationInMinutes": 60}]


@over_all_drivers
@pytest.mark.parametrize("change", CHANGES, ids=lambda change: next(iter(change)))
def test_a_changed_request_gets_the_original_contact(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: Members, change: Members
) -> None:
    first = connect_client.start_chat_contact(**parameters, ClientToken="order-17")
    again = connect_client.start_chat_contact(**parameters | change, ClientToken="order-17")

    assert without_metadata(again) == without_metadata(first)
    assert connect_chat.contacts.last.attributes == {}


@over_all_drivers
@pytest.mark.connect_chat(client_token_conflict="error")
@pytest.mark.parametrize("change", CHANGES, ids=lambda change: next(iter(change)))
def test_a_changed_request_can_be_an_error(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: Members, change: Members
) -> None:
    first = connect_client.start_chat_contact(**parameters, ClientToken="order-17")

    with pytest.raises(connect_client.exceptions.IdempotencyException, match=first["ContactId"]) as caught:
        connect_client.start_chat_contact(**parameters | change, ClientToken="order-17")

    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 409
    assert not started(connect_chat, connect_client, parameters, ClientToken="order-17")


@pytest.mark.connect_chat(client_token_conflict="error")
def test_the_order_of_members_is_no_change(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: Members
) -> None:
    request = parameters | {"Attributes": {"a": "1", "b": "2"}}
    connect_client.start_chat_contact(**request, ClientToken="order-17")
    request["Attributes"] = {"b": "2", "a": "1"}

    assert not started(connect_chat, connect_client, dict(reversed(request.items())), ClientToken="order-17")


@pytest.mark.connect_chat(client_token_conflict="error")
def test_a_change_of_the_callers_own_dicts_is_a_change(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: Members
) -> None:
    attributes = {"tier": "gold"}
    connect_client.start_chat_contact(**parameters, Attributes=attributes, ClientToken="order-17")
    attributes["tier"] = "basic"

    with pytest.raises(connect_client.exceptions.IdempotencyException):
        connect_client.start_chat_contact(**parameters, Attributes=attributes, ClientToken="order-17")


# -- the token that is filled in ---------------------------------------------------------------------------------------


def filled_in_tokens(parameters: Members, count: int, **fake_settings: Any) -> list[str | None]:
    with FakeConnectChat(**fake_settings) as fake:
        client = fake.client()
        for _ in range(count):
            client.start_chat_contact(**parameters)
        return [record.client_token for record in fake.requests]


@pytest.mark.in_process
@over_all_drivers
def test_two_calls_without_a_token_start_two_contacts(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: Members
) -> None:
    for _ in range(2):
        assert started(connect_chat, connect_client, parameters)

    first, second = connect_chat.requests
    assert first.client_token == first.params["ClientToken"]
    assert first.client_token != second.client_token
    assert not first.client_token_given
    assert not second.client_token_given


@over_all_drivers
def test_a_given_token_is_recorded_as_given(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: Members
) -> None:
    connect_client.start_chat_contact(**parameters, ClientToken="order-17")

    assert connect_chat.requests.last.client_token == "order-17"
    assert connect_chat.requests.last.client_token_given


def test_the_same_seed_fills_in_the_same_tokens(parameters: Members) -> None:
    assert filled_in_tokens(parameters, 3, seed=7) == filled_in_tokens(parameters, 3, seed=7)


def test_different_seeds_fill_in_different_tokens(parameters: Members) -> None:
    assert not set(filled_in_tokens(parameters, 3, seed=7)) & set(filled_in_tokens(parameters, 3, seed="7b"))


@over_all_drivers
def test_a_filled_in_token_can_be_given_to_repeat_the_call(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: Members
) -> None:
    connect_client.start_chat_contact(**parameters)
    token = connect_chat.requests.last.client_token

    assert not started(connect_chat, connect_client, parameters, ClientToken=token)


# -- connection information (newer botocore) ---------------------------------------------------------------------------


def test_a_replay_has_the_same_streaming_id(newer_client: Any, parameters: Members) -> None:
    request = parameters | {"ChatStreamingConfiguration": {"StreamingEndpointArn": TOPIC}, "ClientToken": "order-17"}
    answer = newer_client.start_chat_contact(**request)

    assert newer_client.start_chat_contact(**request)["StreamingId"] == answer["StreamingId"]


def test_a_replay_after_the_chat_has_ended_has_no_websocket(
    connect_chat: FakeConnectChat, newer_client: Any, parameters: Members
) -> None:
    request = parameters | {"ConnectionTypes": BOTH, "ClientToken": "order-17"}
    first = without_metadata(newer_client.start_chat_contact(**request))
    assert without_metadata(newer_client.start_chat_contact(**request)) == first
    connect_chat.stop_contact(first["ContactId"])
    websocket = first.pop("Websocket")

    assert without_metadata(newer_client.start_chat_contact(**request)) == first
    response = connect_chat.requests[0].response
    assert response is not None
    assert response["Websocket"] == websocket  # what was recorded of the first call stays


# -- any sequence ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def shared_client() -> Any:
    """One client for all examples of a property: making one takes longer than an example."""
    with FakeConnectChat() as fake:
        return fake.client()


REFUSED = {"CustomerId": "c" * 129}
starts = st.tuples(
    st.sampled_from(["i", "I"]),
    st.sampled_from(["t", "T", "t ", None]),
    st.sampled_from([{}, {"CustomerId": "c"}, REFUSED]),
)
steps = st.one_of(starts, st.integers(1, 5).map(lambda days: {"days": days}))


@settings(max_examples=50, deadline=None)
@given(sequence=st.lists(steps, max_size=20))
def test_any_sequence_of_starts_behaves_as_a_dict_of_tokens(
    shared_client: Any, sequence: list[tuple[str, str | None, Members] | dict[str, int]]
) -> None:
    with FakeConnectChat() as fake:
        used: dict[tuple[str, str | None], tuple[str, datetime]] = {}
        contacts: list[str] = []
        for step in sequence:
            if isinstance(step, dict):
                fake.clock.advance(**step)
                continue
            instance_id, token, members = step
            request = {"InstanceId": instance_id, "ContactFlowId": "f", "ParticipantDetails": {"DisplayName": "Ada"}}
            request |= members if token is None else members | {"ClientToken": token}
            if members == REFUSED:
                with pytest.raises(shared_client.exceptions.InvalidParameterException):
                    shared_client.start_chat_contact(**request)
                continue
            contact_id = shared_client.start_chat_contact(**request)["ContactId"]
            earlier = used.get((instance_id, token))
            if token is not None and earlier is not None and fake.clock.now() < earlier[1]:
                assert contact_id == earlier[0]
            else:
                contacts.append(contact_id)
                used[instance_id, token] = (contact_id, fake.clock.now() + timedelta(days=7))

        assert list(fake.contacts) == contacts
