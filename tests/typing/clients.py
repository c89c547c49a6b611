"""Clients, in lines that are right with and without stubs."""

from __future__ import annotations

from pytest_connect_chat import FakeConnectChat


def blocking(connect_chat: FakeConnectChat) -> str:
    client = connect_chat.client()
    answer = client.start_chat_contact(
        InstanceId="instance", ContactFlowId="flow", ParticipantDetails={"DisplayName": "Ada"}
    )
    participant = connect_chat.client("connectparticipant")
    participant.create_participant_connection(ParticipantToken=answer["ParticipantToken"], Type=["WEBSOCKET"])
    contact_id: str = answer["ContactId"]
    return contact_id


async def awaited(connect_chat: FakeConnectChat) -> str:
    client = connect_chat.aio_client()
    answer = await client.start_chat_contact(
        InstanceId="instance", ContactFlowId="flow", ParticipantDetails={"DisplayName": "Ada"}
    )
    contact_id: str = answer["ContactId"]
    return contact_id


def mistakes(connect_chat: FakeConnectChat) -> None:
    connect_chat.client("lex")  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue, reportArgumentType]
    connect_chat.aio_client("lex")  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue, reportArgumentType]
