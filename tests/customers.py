"""Customers with the clients of an application, for tests of the other half of the chat."""

from __future__ import annotations

from collections.abc import Generator
from datetime import timedelta
from typing import Any

from conftest import kind, new_client

from pytest_connect_chat import FakeConnectChat

BOTH = ["WEBSOCKET", "CONNECTION_CREDENTIALS"]
TOPIC = "arn:aws:sns:us-east-1:123456789012:chats"

Waiting = Generator[timedelta | None, Any, None]


class Customer:
    """A customer with the clients of an application."""

    def __init__(self, fake: FakeConnectChat, parameters: dict[str, Any], **members: Any) -> None:
        self.fake = fake
        self.participant = new_client("connectparticipant")
        started = new_client().start_chat_contact(**parameters, **members)
        self.contact_id, self.participant_token = started["ContactId"], started["ParticipantToken"]

    def connect(self) -> Customer:
        answer = self.participant.create_participant_connection(ParticipantToken=self.participant_token, Type=BOTH)
        self.token = answer["ConnectionCredentials"]["ConnectionToken"]
        return self

    def say(self, content: str) -> None:
        self.participant.send_message(ConnectionToken=self.token, ContentType="text/plain", Content=content)

    def send_file(self, name: str = "note.txt") -> None:
        upload = self.participant.start_attachment_upload(
            ConnectionToken=self.token, AttachmentName=name, AttachmentSizeInBytes=1, ContentType="text/plain"
        )
        self.participant.complete_attachment_upload(ConnectionToken=self.token, AttachmentIds=[upload["AttachmentId"]])

    def leave(self) -> None:
        self.participant.disconnect_participant(ConnectionToken=self.token)

    @property
    def heard(self) -> list[str]:
        """What the transcript has, of the whole session."""
        return [item.content or kind(item) for contact in self.fake.contacts.values() for item in contact.transcript]

    @property
    def said(self) -> list[str]:
        return [
            item.content
            for contact in self.fake.contacts.values()
            for item in contact.transcript
            if item.content is not None
        ]


class StreamedChat:
    """A chat of one customer, streamed to a topic from the start."""

    def __init__(self, fake: FakeConnectChat, parameters: dict[str, Any], topic: str | None = TOPIC) -> None:
        self.fake = fake
        self.instance_id = parameters["InstanceId"]
        self.connect, self.participant = new_client(), new_client("connectparticipant")
        started = self.connect.start_chat_contact(**parameters)
        self.contact_id, self.participant_token = started["ContactId"], started["ParticipantToken"]
        if topic is not None:
            self.streaming_id = self.stream(topic)
        connection = self.participant.create_participant_connection(
            ParticipantToken=self.participant_token, Type=["WEBSOCKET", "CONNECTION_CREDENTIALS"]
        )
        self.token = connection["ConnectionCredentials"]["ConnectionToken"]

    def stream(self, topic: str) -> str:
        streaming_id: str = self.connect.start_contact_streaming(
            InstanceId=self.instance_id,
            ContactId=self.contact_id,
            ChatStreamingConfiguration={"StreamingEndpointArn": topic},
        )["StreamingId"]
        return streaming_id

    def say(self, content: str) -> str:
        answer = self.participant.send_message(ConnectionToken=self.token, ContentType="text/plain", Content=content)
        return str(answer["Id"])

    @property
    def items(self) -> list[dict[str, Any]]:
        return [notification.item for notification in self.fake.notifications]
