"""Beside moto: Connect chat is ours, everything else is moto's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from pytest_connect_chat import FakeConnectChat
from pytest_connect_chat.exceptions import ClosedError, UnfakedOperationError

pytestmark = pytest.mark.of_botocore

Parameters = dict[str, Any]


@pytest.fixture(autouse=True)
def closed(no_sockets: list[Any], monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No test of these opens a socket, whoever answers."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    yield
    assert no_sockets == []


@pytest.fixture
def moto_before() -> Iterator[None]:
    with mock_aws():
        yield


def remember(contact_id: str) -> list[str]:
    """Write to a new DynamoDB table, and return what it holds."""
    dynamodb = boto3.client("dynamodb")
    dynamodb.create_table(
        TableName="chats",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    dynamodb.put_item(TableName="chats", Item={"id": {"S": contact_id}})
    return [item["id"]["S"] for item in dynamodb.scan(TableName="chats")["Items"]]


def check_both(fake: FakeConnectChat, parameters: Parameters) -> None:
    contact_id = boto3.client("connect").start_chat_contact(**parameters)["ContactId"]

    assert list(fake.contacts) == [contact_id]
    assert remember(contact_id) == [contact_id]


def test_moto_around_the_fake(parameters: Parameters) -> None:
    with mock_aws(), FakeConnectChat() as fake:
        check_both(fake, parameters)


def test_moto_inside_the_fake(parameters: Parameters) -> None:
    with FakeConnectChat() as fake, mock_aws():
        check_both(fake, parameters)


def test_moto_as_a_fixture_before_ours(
    moto_before: None, connect_chat: FakeConnectChat, parameters: Parameters
) -> None:
    check_both(connect_chat, parameters)


def test_moto_as_a_fixture_after_ours(connect_chat: FakeConnectChat, moto_before: None, parameters: Parameters) -> None:
    check_both(connect_chat, parameters)


@mock_aws
def test_moto_as_a_decorator(connect_chat: FakeConnectChat, parameters: Parameters) -> None:
    check_both(connect_chat, parameters)


@mock_aws
def test_moto_as_a_decorator_around_a_context(parameters: Parameters) -> None:
    with FakeConnectChat() as fake:
        check_both(fake, parameters)


@pytest.mark.parametrize("first_to_leave", ["moto", "ours"])
def test_moto_and_ours_may_leave_in_any_order(first_to_leave: str, parameters: Parameters) -> None:
    moto, fake = mock_aws(), FakeConnectChat()
    moto.start()
    fake.start()
    client = boto3.client("connect")
    if first_to_leave == "moto":
        moto.stop()
        client.start_chat_contact(**parameters)
        fake.stop()
    else:
        fake.stop()
        assert remember("contact") == ["contact"]
        moto.stop()

    assert len(fake.contacts) == (first_to_leave == "moto")


def test_clients_made_before_either_are_answered(parameters: Parameters) -> None:
    connect = boto3.client("connect", aws_access_key_id="AKIA", aws_secret_access_key="secret")
    with FakeConnectChat() as fake, mock_aws():
        connect.start_chat_contact(**parameters)

    assert len(fake.contacts) == 1


@pytest.mark.connect_chat(unfaked="passthrough")
@pytest.mark.parametrize("moto_is", ["around", "inside"])
def test_passthrough_hands_what_is_not_faked_to_moto(moto_is: str, parameters: Parameters) -> None:
    fake = FakeConnectChat(unfaked="passthrough")
    first, second = (mock_aws(), fake) if moto_is == "around" else (fake, mock_aws())
    with first, second:
        connect = boto3.client("connect")
        instance_id = connect.create_instance(
            IdentityManagementType="CONNECT_MANAGED",
            InboundCallsEnabled=True,
            OutboundCallsEnabled=False,
            InstanceAlias="desk",
        )["Id"]

        assert connect.describe_instance(InstanceId=instance_id)["Instance"]["InstanceAlias"] == "desk"
        assert [found["Id"] for found in connect.list_instances()["InstanceSummaryList"]] == [instance_id]
        connect.start_chat_contact(**{**parameters, "InstanceId": instance_id})

    assert [record.operation for record in fake.requests] == ["StartChatContact"]


@pytest.mark.connect_chat(unfaked="passthrough")
def test_passthrough_hands_on_motos_errors(connect_chat: FakeConnectChat, moto_before: None) -> None:
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        boto3.client("connect").describe_instance(InstanceId="12345678-1234-1234-1234-123456789012")


@pytest.mark.connect_chat(unfaked="passthrough")
def test_passthrough_without_moto_is_refused(connect_chat: FakeConnectChat) -> None:
    with pytest.raises(ClosedError, match=r"GET https://connect\.us-east-1\.\S+/instance was about to leave"):
        boto3.client("connect").list_instances()


@pytest.mark.connect_chat(strict=False)
def test_without_passthrough_moto_is_not_asked(connect_chat: FakeConnectChat, moto_before: None) -> None:
    with pytest.raises(UnfakedOperationError, match="ListInstances of connect is not faked"):
        boto3.client("connect").list_instances()
