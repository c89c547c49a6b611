"""The customers' chats: opened and resumed in Amazon Connect, remembered in a DynamoDB table.

A chat is started, streamed to an SNS topic that carries the agents' words back, connected, and then written to. The
table has one item for each customer: `contact_id` and `participant_token` of the latest chat, and, once the customer's
side is connected, its `connection_token`.
"""

from __future__ import annotations

import os
import uuid
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import boto3
from boto3.dynamodb.conditions import Attr
from botocore.config import Config

INSTANCE_ID = os.environ["CONNECT_INSTANCE_ID"]
FLOW_ID = os.environ["CONNECT_FLOW_ID"]
TOPIC_ARN = os.environ["AGENTS_TOPIC"]

LONGEST_TEXT = 1_024  # of a plain text
LONGEST_NAME = 256
ATTEMPTS = 2

# The channel waits seconds for an answer; and what an instance lacks now, it still lacks some milliseconds later.
_QUICK = Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": ATTEMPTS})

connect = boto3.client("connect", config=_QUICK)
participant = boto3.client("connectparticipant", config=_QUICK)
table = boto3.resource("dynamodb").Table(os.environ["CHATS_TABLE"])

Chat = dict[str, Any]


@dataclass(frozen=True)
class Message:
    """What a customer wrote."""

    id: str
    customer: str
    name: str
    text: str


class NotYetError(Exception):
    """The message cannot be delivered now; the same webhook succeeds later."""

    def __init__(self, reason: str, retry_after: int) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


def deliver(message: Message) -> str:
    """Bring a message into the customer's chat, and return the contact's id."""
    chat = _latest_chat(message.customer)
    if chat is None or not _sent(message, chat):
        chat = _open(message) if chat is None else _reopen(message, chat)
        _connect(message.customer, chat)
        if not _sent(message, chat):
            raise NotYetError("The chat has just ended.", retry_after=5)
    contact_id: str = chat["contact_id"]
    return contact_id


def customer_of(initial_contact_id: str) -> str:
    """Return whose chat it is: the attributes that a chat was started with say so."""
    attributes = connect.get_contact_attributes(InstanceId=INSTANCE_ID, InitialContactId=initial_contact_id)
    customer: str = attributes["Attributes"]["customer"]
    return customer


def url_of_file(initial_contact_id: str, attachment_id: str) -> str:
    """Return where a file of a chat can be read for the next minutes."""
    chat = _latest_chat(customer_of(initial_contact_id)) or {}
    file = participant.get_attachment(ConnectionToken=chat["connection_token"], AttachmentId=attachment_id)
    url: str = file["Url"]
    return url


def _reopen(message: Message, past: Chat) -> Chat:
    """Return a chat that goes on where the past one has ended."""
    try:
        return _open(message, past["contact_id"], resume=True)
    except connect.exceptions.ResourceNotFoundException:  # contacts are kept for two years
        return _open(message, past["contact_id"])
    except connect.exceptions.InvalidRequestException:
        # It has not ended: an earlier delivery did not come to connect it, or its connection token, which lives for a
        # day, has expired.
        return past


def _open(message: Message, past: str | None = None, *, resume: bool = False) -> Chat:
    persistence = {"RehydrationType": "ENTIRE_PAST_SESSION", "SourceContactId": past}
    try:
        started = connect.start_chat_contact(
            InstanceId=INSTANCE_ID,
            ContactFlowId=FLOW_ID,
            ParticipantDetails={"DisplayName": message.name[:LONGEST_NAME]},
            Attributes={"channel": "messenger", "customer": message.customer},
            # The same for each delivery of a message, not for another request that the message leads to.
            ClientToken=str(uuid.uuid5(uuid.NAMESPACE_OID, f"{message.id} after {past}, {resume=}")),
            **({"PersistentChat": persistence} if resume else {}),
        )
    except connect.exceptions.LimitExceededException as error:
        raise NotYetError("All our agents are busy. Please come back in a minute.", retry_after=60) from error
    chat = {"contact_id": started["ContactId"], "participant_token": started["ParticipantToken"]}
    unchanged = Attr("contact_id").eq(past) if past else Attr("contact_id").not_exists()
    try:
        # Before anything else, so that the next delivery knows of the chat whatever becomes of this one.
        table.put_item(Item={"customer": message.customer, **chat}, ConditionExpression=unchanged)
    except table.meta.client.exceptions.ConditionalCheckFailedException as error:
        if (_latest_chat(message.customer) or {}).get("contact_id") != chat["contact_id"]:
            connect.stop_contact(InstanceId=INSTANCE_ID, ContactId=chat["contact_id"])
            raise NotYetError("Another message has opened a chat.", retry_after=5) from error
    return chat


def _connect(customer: str, chat: Chat) -> None:
    """Stream a chat and connect the customer's side; a chat that cannot be connected is not left open."""
    try:
        connect.start_contact_streaming(
            InstanceId=INSTANCE_ID,
            ContactId=chat["contact_id"],
            ChatStreamingConfiguration={"StreamingEndpointArn": TOPIC_ARN},
            ClientToken=chat["contact_id"],  # one stream for each chat, however often it is connected
        )
        connection = participant.create_participant_connection(
            ParticipantToken=chat["participant_token"], Type=["CONNECTION_CREDENTIALS"], ConnectParticipant=True
        )
    except Exception:
        with suppress(connect.exceptions.ContactNotFoundException):  # it has ended by itself
            connect.stop_contact(InstanceId=INSTANCE_ID, ContactId=chat["contact_id"])
        raise
    chat["connection_token"] = connection["ConnectionCredentials"]["ConnectionToken"]
    table.update_item(
        Key={"customer": customer},
        UpdateExpression="SET connection_token = :token",
        ConditionExpression=Attr("contact_id").eq(chat["contact_id"]),
        ExpressionAttributeValues={":token": chat["connection_token"]},
    )


def _sent(message: Message, chat: Chat) -> bool:
    """Send a message into a chat; return whether it is connected and has not ended."""
    if "connection_token" not in chat:
        return False
    try:
        participant.send_message(
            ConnectionToken=chat["connection_token"],
            ContentType="text/plain",
            Content=message.text[:LONGEST_TEXT],
            ClientToken=message.id,
        )
    except participant.exceptions.AccessDeniedException:  # what the service says once a chat has ended
        return False
    return True


def _latest_chat(customer: str) -> Chat | None:
    chat: Chat | None = table.get_item(Key={"customer": customer}, ConsistentRead=True).get("Item")
    return chat
