"""One request as it reaches the service, in plain data."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

SERVICES: Final = ("connect", "connectparticipant")
FAKED: Final = (  # the operations that are faked, in the order in which messages name them
    ("connect", "StartChatContact"),
    ("connect", "StopContact"),
    ("connect", "DescribeContact"),
    ("connect", "GetContactAttributes"),
    ("connect", "UpdateContactAttributes"),
    ("connect", "StartContactStreaming"),
    ("connect", "StopContactStreaming"),
    ("connect", "CreateParticipant"),
    ("connect", "CreatePersistentContactAssociation"),
    ("connect", "TagContact"),
    ("connect", "UntagContact"),
    ("connect", "ListAssociatedContacts"),
    ("connect", "ListContactFlows"),
    ("connectparticipant", "CreateParticipantConnection"),
    ("connectparticipant", "DisconnectParticipant"),
    ("connectparticipant", "SendMessage"),
    ("connectparticipant", "SendEvent"),
    ("connectparticipant", "GetTranscript"),
    ("connectparticipant", "StartAttachmentUpload"),
    ("connectparticipant", "CompleteAttachmentUpload"),
    ("connectparticipant", "GetAttachment"),
)


class Limit(NamedTuple):
    """What the installed service model says of one member: bounds and enum, `None` or empty where it says nothing."""

    min: int | None = None
    max: int | None = None
    enum: tuple[str, ...] = ()


NO_LIMIT = Limit()


@dataclass(slots=True, eq=False)
class Request:
    """One client call as it reaches the service.

    Attributes:
        service: `"connect"` or `"connectparticipant"`.
        operation: The operation's name, for example `"StartChatContact"`.
        params: The members, as plain dicts, lists and scalars of our own.
        region: The region of the client.
        limits: The model's limits by path: `"InitialMessage.Content"`, `"Attributes{key}"`, `"ConnectionTypes[]"`.
        client_token_given: Whether the caller gave the `ClientToken`, so that it was not filled in.
        place: Returns where the call comes from, in words.
        malformed: What is wrong with the request's shape, if no client has validated it; `None` for nothing.
    """

    service: str
    operation: str
    params: dict[str, Any]
    region: str
    limits: Mapping[str, Limit]
    client_token_given: bool = False
    place: Callable[[], str] = lambda: "an unknown place"
    malformed: str | None = None

    def limit(self, path: str) -> Limit:
        """Return the model's limit for a path; an empty one where the installed model has none."""
        return self.limits.get(path, NO_LIMIT)


def utf8_bytes(text: str) -> int:
    """Return how many bytes a text takes in UTF-8; a lone surrogate, which JSON can carry, counts as three."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def snapshot(value: Any) -> Any:
    """Return a copy of request members that shares nothing with the caller, in the types that JSON has."""
    if isinstance(value, dict):
        copy = dict(value)
        for key, item in value.items():
            if type(key) is not str:
                return {_text(key): snapshot(item) for key, item in value.items()}
            if type(item) is not str:
                copy[key] = snapshot(item)
        return copy
    kind = type(value)
    if kind is str or kind is int or kind is bool or value is None:
        return value
    if isinstance(value, (list, tuple)):
        return [snapshot(item) for item in value]
    if isinstance(value, str):
        return str.__str__(value)
    return int(value) if isinstance(value, int) else value


def malformed_snapshot(value: Any) -> Any:
    """Return a copy of members that do not have the shape of a request. Values that JSON does not have become texts."""
    return json.loads(json.dumps(value, default=repr, skipkeys=True))


def _text(key: Any) -> str:
    return str.__str__(key) if isinstance(key, str) else str(key)  # others come from clients that do not validate
