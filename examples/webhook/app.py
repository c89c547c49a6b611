"""The webhook of a messaging channel, as an AWS Lambda function behind an HTTP API.

The channel posts each message of a customer, and posts it again until it gets an answer of 2xx: whatever raises here is
delivered again.
"""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

from chats import Message, NotYetError, deliver


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    try:
        message = _message(event)
    except (KeyError, TypeError, ValueError) as error:
        return _answer(HTTPStatus.BAD_REQUEST, {"message": f"This is no message: {error!r}"})
    try:
        contact_id = deliver(message)
    except NotYetError as error:
        retry_after = {"Retry-After": str(error.retry_after)}
        return _answer(HTTPStatus.SERVICE_UNAVAILABLE, {"message": str(error)}, retry_after)
    return _answer(HTTPStatus.OK, {"contactId": contact_id})


def _message(event: dict[str, Any]) -> Message:
    body = json.loads(event["body"])
    message = Message(id=body["id"], customer=body["from"], name=body.get("name", "Customer"), text=body["text"])
    if not all(isinstance(value, str) and value for value in vars(message).values()):
        raise ValueError("id, from, name and text are non-empty texts")
    return message


def _answer(status: HTTPStatus, body: dict[str, str], headers: dict[str, str] | None = None) -> dict[str, Any]:
    return {
        "statusCode": status.value,
        "headers": {"Content-Type": "application/json", **(headers or {})},
        "body": json.dumps(body),
    }
