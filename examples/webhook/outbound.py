"""What Amazon Connect says in a chat, as an AWS Lambda function that subscribes to the SNS topic of the chats.

The topic carries what everybody says, the customer too. What is meant for the customer goes on to the channel. SNS may
deliver a notification twice, with one `MessageId`: the channel is given that, and shows a message once.
"""

from __future__ import annotations

import json
from typing import Any

import messenger
from chats import customer_of, url_of_file

CHAT_ENDED = "application/vnd.amazonaws.connect.event.chat.ended"
INTERACTIVE = "application/vnd.amazonaws.connect.message.interactive"

GOODBYE = "This chat has ended. Write again, and we go on where we were."
REJECTED = "(An agent sent a file that did not pass our virus scan.)"


def handler(event: dict[str, Any], context: object) -> None:
    for record in event["Records"]:
        attributes = {name: one["Value"] for name, one in record["Sns"]["MessageAttributes"].items()}
        if attributes["MessageVisibility"] == "AGENT" or attributes.get("ParticipantRole") == "CUSTOMER":
            continue
        item = json.loads(record["Sns"]["Message"])
        text = _text_of(item)
        if text:
            messenger.send(customer_of(attributes["InitialContactId"]), text, record["Sns"]["MessageId"])


def _text_of(item: dict[str, Any]) -> str | None:
    """Return what the customer is shown of an item, if anything."""
    if item["Type"] == "ATTACHMENT":
        return "\n".join(_file(attachment, item["InitialContactId"]) for attachment in item["Attachments"])
    if item["Type"] == "MESSAGE":
        return _choices(item["Content"]) if item["ContentType"] == INTERACTIVE else item["Content"]
    return GOODBYE if item["ContentType"] == CHAT_ENDED else None  # joins, typing, receipts


def _file(attachment: dict[str, Any], initial_contact_id: str) -> str:
    if attachment["Status"] != "APPROVED":
        return REJECTED
    return f"{attachment['AttachmentName']}: {url_of_file(initial_contact_id, attachment['AttachmentId'])}"


def _choices(content: str) -> str:
    """Return an interactive message for a channel that has text only."""
    shown = json.loads(content)["data"]["content"]
    return "\n".join([shown["title"], *(f"- {element['title']}" for element in shown["elements"])])
