"""What the rules look at: each check takes a request and returns what is wrong with it, or `None`."""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, Final

from pytest_connect_chat._service.wire import Request

Check = Callable[[Request], str | None]

RESOURCE_NOT_FOUND: Final = "Resource not found of Type: null"  # seen for an unknown instance or flow
SHOWN_CHARACTERS: Final = 60
ATTRIBUTES_BYTES: Final = 32_768
MESSAGE_BYTES: Final = 16_384
INTERACTIVE: Final = "application/vnd.amazonaws.connect.message.interactive"
INTERACTIVE_RESPONSE: Final = "application/vnd.amazonaws.connect.message.interactive.response"
MESSAGE_CHARACTERS: Final = {
    "text/plain": 1_024,
    "text/markdown": 1_024,
    "application/json": 12_000,
    INTERACTIVE_RESPONSE: 12_288,
}
SUPPORTED_CONTENT_TYPES: Final = ("text/plain", "text/markdown", "application/json", INTERACTIVE, INTERACTIVE_RESPONSE)

_KEY = re.compile(r"[A-Za-z0-9_-]+\Z")
_SEGMENT_KEY = re.compile(r"(?:connect:)?[A-Za-z0-9_-]+\Z")
_ARN = re.compile(r"arn:[a-z0-9-]+:[a-z0-9-]+:[a-z0-9-]*:[0-9]*:\S+\Z")
_TOPIC_ARN = re.compile(
    r"arn:aws[a-z-]*:sns:(?P<region>[a-z0-9-]+):[0-9]{12}:(?P<name>[A-Za-z0-9_-]{1,256}(?:\.fifo)?)\Z"
)


def shown(value: Any) -> str:
    """Return `repr(value)`, cut where it is long."""
    text = repr(value)
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}... ({len(text)} characters)"


def utf8_bytes(text: str) -> int:
    """Return how many bytes a text takes in UTF-8; a lone surrogate, which JSON can carry, counts as three."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def attributes_bytes(attributes: dict[str, str]) -> int:
    """Return the UTF-8 bytes of all keys and values."""
    return sum(utf8_bytes(key) + utf8_bytes(value) for key, value in attributes.items())


def _at(request: Request, path: str) -> Any:
    value: Any = request.params
    for member in path.split("."):
        value = value.get(member) if isinstance(value, dict) else None
    return value


def longer_than_modelled(path: str) -> Check:
    """Check one text against the model's maximum length."""
    head, _, member = path.partition(".")

    def check(request: Request) -> str | None:
        value = request.params[head]
        text = value.get(member) if member else value
        limit = request.limits.get(path)
        if text is None or limit is None or limit.max is None or len(text) <= limit.max:
            return None
        return f"{path} has {len(text)} characters; at most {limit.max} are allowed."

    return check


def empty(member: str) -> Check:
    """Check that a text that botocore lets through empty is not."""

    def check(request: Request) -> str | None:
        return None if request.params[member] else f"{member} is empty."

    return check


def outside_modelled_range(path: str) -> Check:
    """Check a number against the model's minimum and maximum."""

    def check(request: Request) -> str | None:
        number, (low, high, _) = _at(request, path), request.limit(path)
        if (low is None or number >= low) and (high is None or number <= high):
            return None
        return f"{path} is {number}; valid are {low} to {high}."

    return check


def not_in_modelled_enum(path: str) -> Check:
    """Check one text against the model's enum."""

    def check(request: Request) -> str | None:
        value, valid = _at(request, path), request.limit(path).enum
        if value is None or not valid or value in valid:
            return None
        return f"{path} is {shown(value)}; valid are {', '.join(valid)}."

    return check


def list_not_as_modelled(path: str) -> Check:
    """Check a list of texts against the model's maximum size and its elements' enum."""

    def check(request: Request) -> str | None:
        values, most, valid = _at(request, path), request.limit(path).max, request.limit(f"{path}[]").enum
        if most is not None and len(values) > most:
            return f"{path} has {len(values)} entries; at most {most} are allowed."
        return _first_unknown(path, values, valid) if valid else None

    return check


def _first_unknown(path: str, values: list[str], valid: tuple[str, ...]) -> str | None:
    for position, value in enumerate(values):
        if value not in valid:
            return f"{path}[{position}] is {shown(value)}; valid are {', '.join(valid)}."
    return None


def initial_message_type(request: Request) -> str | None:
    """Check the content type of the initial message."""
    content_type = request.params["InitialMessage"]["ContentType"]
    if content_type in MESSAGE_CHARACTERS:
        return None
    return f"InitialMessage.ContentType is {shown(content_type)}; valid are {', '.join(MESSAGE_CHARACTERS)}."


def initial_message_characters(request: Request) -> str | None:
    """Check the length of the initial message, in characters, by its content type."""
    message = request.params["InitialMessage"]
    most = MESSAGE_CHARACTERS.get(message["ContentType"])
    if most is None or len(message["Content"]) <= most:
        return None
    return (
        f"InitialMessage.Content has {len(message['Content'])} characters; "
        f"at most {most} are allowed for {message['ContentType']}."
    )


def initial_message_bytes(request: Request) -> str | None:
    """Check the length of the initial message in bytes."""
    size = utf8_bytes(request.params["InitialMessage"]["Content"])
    if size <= MESSAGE_BYTES:
        return None
    return f"InitialMessage.Content has {size} UTF-8 bytes; at most {MESSAGE_BYTES} are allowed."


def initial_message_not_supported(request: Request) -> str | None:
    """Check that the chat supports the content type of its own initial message."""
    content_type = request.params["InitialMessage"]["ContentType"]
    supported = request.params.get("SupportedMessagingContentTypes")
    if not supported or content_type in supported:
        return None
    return f"InitialMessage.ContentType is {content_type}, which SupportedMessagingContentTypes does not list."


def _not_json(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON value")


def initial_message_not_json(request: Request) -> str | None:
    """Check that JSON content is JSON."""
    message = request.params["InitialMessage"]
    if message["ContentType"] != "application/json":
        return None
    try:
        # Python's own parser takes NaN, and refuses long whole numbers.
        json.loads(message["Content"], parse_int=str, parse_constant=_not_json)
    except (ValueError, RecursionError) as error:
        return f"InitialMessage.Content is not JSON: {error}."
    return None


def attributes_too_large(request: Request) -> str | None:
    """Check the size of the contact attributes."""
    return attributes_message(request.params["Attributes"])


def attributes_message(attributes: dict[str, str]) -> str | None:
    """Return what is wrong with the size of these attributes, or `None`."""
    size = attributes_bytes(attributes)
    if size <= ATTRIBUTES_BYTES:
        return None
    return f"Attributes has {size} UTF-8 bytes over all keys and values; at most {ATTRIBUTES_BYTES} are allowed."


def attribute_key_characters(request: Request) -> str | None:
    """Check the characters of the attribute keys."""
    for key in request.params["Attributes"]:
        if not _KEY.match(key):
            return f"Attributes has the key {shown(key)}; keys hold only alphanumeric characters, - and _."
    return None


def unknown_supported_type(request: Request) -> str | None:
    """Check each supported content type."""
    return _first_unknown(
        "SupportedMessagingContentTypes", request.params["SupportedMessagingContentTypes"], SUPPORTED_CONTENT_TYPES
    )


def no_plain_text(request: Request) -> str | None:
    """Check that plain text is among the supported content types."""
    if "text/plain" in request.params["SupportedMessagingContentTypes"]:
        return None
    return "SupportedMessagingContentTypes must always contain text/plain."


def given(member: str) -> Check:
    """Check that a member is not given at all."""

    def check(request: Request) -> str | None:
        return f"This account does not support {member}." if member in request.params else None

    return check


def rehydration_type_missing(request: Request) -> str | None:
    """Check that a persistent chat says how it resumes."""
    if request.params["PersistentChat"].get("RehydrationType"):
        return None
    return "PersistentChat.RehydrationType is required for a persistent chat."


def source_contact_missing(request: Request) -> str | None:
    """Check that a persistent chat says what it resumes."""
    if request.params["PersistentChat"].get("SourceContactId"):
        return None
    return "PersistentChat.SourceContactId is required for a persistent chat."


def persistent_and_related(request: Request) -> str | None:
    """Check that a request is not persistent and related at once."""
    if "RelatedContactId" not in request.params:
        return None
    return "You cannot provide data for both RelatedContactId and PersistentChat."


def _segment_values(request: Request) -> Iterator[tuple[str, str | None, dict[str, Any]]]:
    """Yield path, key and value of every segment attribute, also inside maps and lists, without recursion."""
    top = request.params["SegmentAttributes"]
    pending: deque[tuple[str, str | None, dict[str, Any]]]
    pending = deque((f"SegmentAttributes.{key}", key, value) for key, value in top.items())
    while pending:
        path, key, value = pending.popleft()
        yield path, key, value
        pending.extend((f"{path}.ValueMap.{key}", key, item) for key, item in value.get("ValueMap", {}).items())
        pending.extend((f"{path}.ValueList[{i}]", None, item) for i, item in enumerate(value.get("ValueList", ())))


def segment_key_characters(request: Request) -> str | None:
    """Check the characters of the segment attribute keys; the system's own begin `connect:`."""
    for key in request.params["SegmentAttributes"]:
        if not _SEGMENT_KEY.match(key):
            return (
                f"SegmentAttributes has the key {shown(key)}; keys hold only alphanumeric characters, - and _ "
                "(the system's own begin connect:)."
            )
    return None


def segment_value_members(request: Request) -> str | None:
    """Check that each segment attribute has one value."""
    for path, _, value in _segment_values(request):
        if len(value) != 1:
            found = ", ".join(value) or "none"
            return f"{path} must have one of ValueString, ValueMap, ValueInteger, ValueList, ValueArn; it has {found}."
    return None


def segment_lengths(request: Request) -> str | None:
    """Check the lengths of segment attribute keys and texts."""
    key_limit = request.limit("SegmentAttributes{key}").max
    for path, key, value in _segment_values(request):
        if key_limit is not None and key is not None and len(key) > key_limit:
            return f"SegmentAttributes has a key of {len(key)} characters; at most {key_limit} are allowed."
        for member in ("ValueString", "ValueArn"):
            most = request.limit(f"SegmentAttributes{{}}.{member}").max
            if most is not None and len(value.get(member, "")) > most:
                return f"{path}.{member} has {len(value[member])} characters; at most {most} are allowed."
    return None


def segment_system_only(request: Request) -> str | None:
    """Check that only system-defined attributes hold lists and ARNs."""
    for key, value in request.params["SegmentAttributes"].items():
        for member in ("ValueList", "ValueArn"):
            if member in value and not key.startswith("connect:"):
                return f"SegmentAttributes.{key}.{member} is supported for system-defined attributes only."
    return None


def segment_arn(request: Request) -> str | None:
    """Check that a `ValueArn` is an ARN."""
    for path, _, value in _segment_values(request):
        if "ValueArn" in value and not _ARN.match(value["ValueArn"]):
            return f"{path}.ValueArn is {shown(value['ValueArn'])}, which is not an ARN."
    return None


def guide_without_interactive(request: Request) -> str | None:
    """Check that a guide's chat supports interactive messages and their answers."""
    subtype = request.params["SegmentAttributes"].get("connect:Subtype", {}).get("ValueString")
    supported = request.params.get("SupportedMessagingContentTypes", ())
    missing = [kind for kind in (INTERACTIVE, INTERACTIVE_RESPONSE) if kind not in supported]
    if subtype != "connect:Guide" or not missing:
        return None
    return f"The subtype connect:Guide needs {' and '.join(missing)} in SupportedMessagingContentTypes."


def user_defined_segment(request: Request) -> str | None:
    """Check that no user-defined segment attribute is used: none is predefined in the fake's instances."""
    for key in request.params["SegmentAttributes"]:
        if not key.startswith("connect:"):
            return f"SegmentAttributes.{key} is not predefined in the instance."
    return None


def not_a_topic(request: Request) -> str | None:
    """Check that chat streaming goes to an SNS topic."""
    arn = request.params["ChatStreamingConfiguration"]["StreamingEndpointArn"]
    if _TOPIC_ARN.match(arn):
        return None
    return f"ChatStreamingConfiguration.StreamingEndpointArn is {shown(arn)}, which is not the ARN of an SNS topic."


def not_a_standard_topic_here(request: Request) -> str | None:
    """Check that the SNS topic is a standard one of the same region."""
    topic = _TOPIC_ARN.match(request.params["ChatStreamingConfiguration"]["StreamingEndpointArn"])
    if topic is None:
        return None
    if topic["name"].endswith(".fifo"):
        return "ChatStreamingConfiguration.StreamingEndpointArn is a FIFO topic; only standard topics are supported."
    if topic["region"] != request.region:
        return (
            f"ChatStreamingConfiguration.StreamingEndpointArn is a topic in {topic['region']}; "
            f"it must be in the region of the instance, {request.region}."
        )
    return None
