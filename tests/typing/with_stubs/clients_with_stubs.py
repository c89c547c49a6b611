"""With stubs, a client is the class that they have for it, and its calls are checked."""

from __future__ import annotations

from typing import Any, assert_type

import types_aiobotocore_connect
import types_aiobotocore_connectparticipant
import types_boto3_connect
import types_boto3_connectparticipant

from pytest_connect_chat import FakeConnectChat


def clients(connect_chat: FakeConnectChat) -> None:
    assert_type(connect_chat.client(), types_boto3_connect.ConnectClient)
    assert_type(connect_chat.client("connectparticipant"), types_boto3_connectparticipant.ConnectParticipantClient)
    assert_type(connect_chat.aio_client(), types_aiobotocore_connect.ConnectClient)
    participant = connect_chat.aio_client("connectparticipant")
    assert_type(participant, types_aiobotocore_connectparticipant.ConnectParticipantClient)


def calls(connect_chat: FakeConnectChat, parameters: dict[str, Any]) -> None:
    client = connect_chat.client()
    assert_type(client.start_chat_contact(**parameters)["ContactId"], str)
    client.start_chat_contact(Instance="i")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
