"""The customers' chats: opened and resumed in Amazon Connect, remembered in a DynamoDB table.

The table has one item for each customer: `contact_id` and `participant_token` of the latest chat, the id of the message
that it was `opened_by`, and, once the relay has connected the customer's side, its `connection_token`.
"""

from __future__ import annotations

import logging
import os
import uuid
from dataclasses import dataclass
from typing import Any

import boto3
from boto3.dynamodb.conditions import Attr
from botocore.config import Config

INSTANCE_ID = os.environ["CONNECT_INSTANCE_ID"]
FLOW_ID = os.environ["CONNECT_FLOW_ID"]

LONGEST_TEXT = 1_024  # of a plain text as InitialMessage
LONGEST_NAME = 256
ATTEMPTS = 2

# The channel waits seconds for an answer; and what an instance lacks now, it still lacks some milliseconds later.
_QUICK = Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": ATTEMPTS})

connect = boto3.client("connect", config=_QUICK)
participant = boto3.client("connectparticipant", config=_QUICK)
table = boto3.resource("dynamodb").Table(os.environ["CHATS_TABLE"])

logger = logging.getLogger(__name__)


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
    if chat is None:
        return _open(message)
    contact_id: str = chat["contact_id"]
    if chat["opened_by"] == message.id or ("connection_token" in chat and _send(message, chat["connection_token"])):
        return contact_id
    try:
        return _open(message, past=contact_id, resume=True)
    except connect.exceptions.ResourceNotFoundException:  # contacts are kept for two years
        return _open(message, past=contact_id)
    except connect.exceptions.InvalidRequestException as error:
        # The past chat has not ended, so it is the one to write to: as soon as the relay has connected it.
        logger.warning("Contact %s is not resumed: %s", contact_id, error)
        raise NotYetError("Your chat is being connected.", retry_after=5) from error


def _open(message: Message, past: str | None = None, *, resume: bool = False) -> str:
    persistence = {"RehydrationType": "ENTIRE_PAST_SESSION", "SourceContactId": past}
    try:
        started = connect.start_chat_contact(
            InstanceId=INSTANCE_ID,
            ContactFlowId=FLOW_ID,
            ParticipantDetails={"DisplayName": message.name[:LONGEST_NAME]},
            InitialMessage={"ContentType": "text/plain", "Content": message.text[:LONGEST_TEXT]},
            Attributes={"channel": "messenger", "customer": message.customer},
            # The same for each delivery of a message, not for another request that the message leads to.
            ClientToken=str(uuid.uuid5(uuid.NAMESPACE_OID, f"{message.id} after {past}, {resume=}")),
            **({"PersistentChat": persistence} if resume else {}),
        )
    except connect.exceptions.LimitExceededException as error:
        raise NotYetError("All our agents are busy. Please come back in a minute.", retry_after=60) from error
    contact_id: str = started["ContactId"]
    item = {"contact_id": contact_id, "participant_token": started["ParticipantToken"], "opened_by": message.id}
    unchanged = Attr("contact_id").eq(past) if past else Attr("contact_id").not_exists()
    try:
        table.put_item(Item={"customer": message.customer, **item}, ConditionExpression=unchanged)
    except table.meta.client.exceptions.ConditionalCheckFailedException as error:
        if (_latest_chat(message.customer) or {}).get("contact_id") != contact_id:
            connect.stop_contact(InstanceId=INSTANCE_ID, ContactId=contact_id)
            raise NotYetError("Another message has opened a chat.", retry_after=5) from error
    return contact_id


def _send(message: Message, connection_token: str) -> bool:
    """Send a message into a connected chat; return whether the chat was still there."""
    try:
        participant.send_message(
            ConnectionToken=connection_token, ContentType="text/plain", Content=message.text, ClientToken=message.id
        )
    except participant.exceptions.AccessDeniedException:  # what the service says once a chat has ended
        return False
    return True


def _latest_chat(customer: str) -> dict[str, Any] | None:
    chat: dict[str, Any] | None = table.get_item(Key={"customer": customer}, ConsistentRead=True).get("Item")
    return chat
