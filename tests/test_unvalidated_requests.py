"""Requests that no client has validated: `Config(parameter_validation=False)` is botocore's public way to send them."""

from __future__ import annotations

import threading
from functools import cache
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from conftest import new_client
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_connect_chat import FakeConnectChat
from pytest_connect_chat._service.request import FAKED
from pytest_connect_chat.exceptions import SettingError

pytestmark = pytest.mark.of_botocore

START = {"InstanceId": "i", "ContactFlowId": "f", "ParticipantDetails": {"DisplayName": "Ada"}}


def unvalidating(service: str = "connect") -> Any:
    return new_client(service, config=Config(parameter_validation=False, retries={"mode": "standard"}))


def without(member: str) -> dict[str, Any]:
    return {name: value for name, value in START.items() if name != member}


@pytest.mark.parametrize(
    ("params", "problem"),
    [
        pytest.param(
            without("ParticipantDetails"), 'Missing required parameter in input: "ParticipantDetails"', id="a"
        ),
        pytest.param(without("InstanceId"), 'Missing required parameter in input: "InstanceId"', id="b"),
        pytest.param(START | {"Attributes": {"a": 1}}, "Invalid type for parameter Attributes.a", id="number as value"),
        pytest.param(START | {"ChatDurationInMinutes": "60"}, "ChatDurationInMinutes, value: 60", id="text as number"),
        pytest.param(
            START | {"InitialMessage": {"ContentType": "text/plain"}},
            'Missing required parameter in InitialMessage: "Content"',
            id="no content",
        ),
        pytest.param(
            START | {"ParticipantDetails": {}}, "Missing required parameter in ParticipantDetails", id="no name"
        ),
        pytest.param(START | {"Attributes": {1: "a"}}, "Invalid type", id="number as key"),
    ],
)
def test_a_request_of_another_shape_is_refused_by_a_rule(
    connect_chat: FakeConnectChat, params: dict[str, Any], problem: str
) -> None:
    client = unvalidating()
    with pytest.raises(client.exceptions.InvalidRequestException, match="rule connect-request-shape") as refused:
        client.start_chat_contact(**params)

    assert problem in str(refused.value)
    assert connect_chat.requests.last.error is not None
    assert connect_chat.requests.last.error.rule == "connect-request-shape"
    assert not connect_chat.contacts


def test_a_request_that_nobody_can_follow_to_its_end_is_refused(connect_chat: FakeConnectChat) -> None:
    value: dict[str, Any] = {"ValueInteger": 1}
    for _ in range(200):
        value = {"ValueMap": {"a": value}}
    client = unvalidating()
    with pytest.raises(client.exceptions.InvalidRequestException, match="nested more deeply than botocore can follow"):
        client.start_chat_contact(**START, SegmentAttributes={"a": value})


def test_a_request_without_a_token_is_refused_by_a_rule(connect_chat: FakeConnectChat) -> None:
    client = unvalidating("connectparticipant")
    with pytest.raises(client.exceptions.ValidationException, match="rule connectparticipant-request-shape"):
        client.send_message(ContentType="text/plain")


def test_a_valid_request_is_answered(connect_chat: FakeConnectChat) -> None:
    answer = unvalidating().start_chat_contact(**START)
    assert answer["ContactId"] in connect_chat.contacts


def test_the_rule_can_be_given_another_class_but_not_be_disabled(connect_chat: FakeConnectChat) -> None:
    rule = connect_chat.rules["connect-request-shape"]
    with pytest.raises(SettingError, match=r"cannot be disabled: such a request cannot be served\. raises\(\) changes"):
        rule.disable()
    rule.raises("InvalidParameterException")

    client = unvalidating()
    with pytest.raises(client.exceptions.InvalidParameterException):
        client.start_chat_contact(**without("ParticipantDetails"))


def test_faults_and_rate_limits_meet_such_requests_too(connect_chat: FakeConnectChat) -> None:
    connect_chat.faults.deny_access(operation=None)
    client = unvalidating()
    with pytest.raises(ClientError, match="AccessDeniedException"):
        client.start_chat_contact(**without("ContactFlowId"))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@cache
def shared_client(service: str) -> Any:
    return unvalidating(service)


@pytest.mark.parametrize(("service", "operation"), FAKED)
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_whatever_is_sent_is_answered_or_refused_as_the_service_does(
    service: str, operation: str, data: st.DataObject
) -> None:
    client = shared_client(service)
    method = next(name for name, known in client.meta.method_to_api_mapping.items() if known == operation)
    members = client.meta.service_model.operation_model(operation).input_shape.members
    params = data.draw(st.fixed_dictionaries({}, optional=dict.fromkeys(members, JSON)))
    with FakeConnectChat() as fake:
        came_to_the_service = True
        try:
            getattr(client, method)(**params)
        except ClientError:
            pass
        except Exception:  # noqa: BLE001  # botocore itself cannot write it down
            came_to_the_service = False
        assert len(fake.requests) == came_to_the_service


def test_what_no_client_would_send_is_recorded_in_words(connect_chat: FakeConnectChat) -> None:
    client = unvalidating()
    with pytest.raises(ClientError, match="connect-request-shape"):
        client.describe_contact(InstanceId="i", ContactId=threading.Lock())

    assert "lock" in connect_chat.requests.last.params["ContactId"]
    assert "DescribeContact" in connect_chat.journal()


def test_a_duration_that_no_rule_bounds_is_a_long_one(connect_chat: FakeConnectChat) -> None:
    connect_chat.rules["chat-duration-range"].disable()
    unvalidating().start_chat_contact(**START, ChatDurationInMinutes=5_000_000_000)
    assert connect_chat.contacts.last.is_active
