"""The application's surroundings: its environment variables and its table."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest
from moto import mock_aws  # before the application's clients are made: moto sees none that are older

from pytest_connect_chat import FakeConnectChat

os.environ |= {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "CONNECT_INSTANCE_ID": "12345678-1234-1234-1234-123456789012",
    "CONNECT_FLOW_ID": "846ec553-a005-41c0-8341-d5d0a5f8a8a1",
    "AGENTS_TOPIC": "arn:aws:sns:us-east-1:123456789012:agents",
    "CHATS_TABLE": "chats",
    "CHANNEL_URL": "http://channel.invalid/messages",
}


class Answer(NamedTuple):
    """What the channel gets."""

    status: int
    headers: dict[str, str]
    body: dict[str, str]


@pytest.fixture
def table() -> Iterator[Any]:
    """The application's table, empty, in moto's DynamoDB."""
    from chats import table

    with mock_aws():
        table.meta.client.create_table(
            TableName=table.name,
            KeySchema=[{"AttributeName": "customer", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "customer", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        yield table


@pytest.fixture
def shown(connect_chat: FakeConnectChat, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the channel has shown to Ada; the notifications of Amazon Connect reach the application from now on."""
    import messenger
    import outbound

    ids: set[str] = set()
    texts: list[str] = []

    def send(customer: str, text: str, message_id: str) -> None:
        assert customer == "+4930123456"
        if message_id not in ids:
            ids.add(message_id)
            texts.append(text)

    monkeypatch.setattr(messenger, "send", send)
    connect_chat.on_notification(lambda notification: outbound.handler(notification.lambda_event(), None))
    return texts


@pytest.fixture
def post(connect_chat: object, table: object) -> Callable[..., Answer]:
    """Posts a message of Ada's to the webhook."""
    from app import handler

    def post(text: str = "Where is my order?", **members: Any) -> Answer:
        message = {"id": "message-1", "from": "+4930123456", "name": "Ada", "text": text, **members}
        answer = handler({"body": json.dumps(message)}, None)
        return Answer(answer["statusCode"], answer["headers"], json.loads(answer["body"]))

    return post
