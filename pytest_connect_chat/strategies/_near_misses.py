"""Requests with one thing off: for every bound of the model, and for every rule on the form of a request."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from pytest_connect_chat._service.chats.attachments import ATTACHMENT_BYTES
from pytest_connect_chat._service.records.matching import ABSENT
from pytest_connect_chat._service.rules.attributes import ATTRIBUTES_BYTES
from pytest_connect_chat._service.rules.events import RECEIPTS
from pytest_connect_chat._service.rules.messages import MESSAGE_BYTES, MESSAGE_CHARACTERS
from pytest_connect_chat.strategies._shapes import NAMES, Values, texts, values_off
from pytest_connect_chat.strategies._valid import (
    GUIDE,
    JSON,
    PLAIN,
    Members,
    attributes,
    input_shape,
    requests,
    specials,
    topics,
)

_UNKNOWN_TYPES: Final = st.sampled_from(["text/html", "Text/Plain", "text/plain ", "image/png"])
_BAD_KEYS: Final = st.sampled_from(["a.b", "a b", "\u00e4", "a\n", "a:b", "\U0001f600"])
_NOT_JSON: Final = st.sampled_from(["{", "NaN", "{'a': 1}", "[1,]", "tru", "[" * 1_000])
_NO_TIMES: Final = st.sampled_from(["yesterday", "2026-01-01T00:00:00", "2026-13-01T00:00:00Z", "1767225600"])
_NO_ARNS: Final = st.sampled_from(["x", "arn:", "arn:aws:sns:us-east-1:123456789012", "arn:aws:s3:::bucket"])
_BAD_VALUES: Final = st.sampled_from([{}, {"ValueString": "", "ValueInteger": 1}])


def nearly_valid_requests(operation: str, region: str, members: Members) -> SearchStrategy[Members]:
    """Return requests with one thing off; see the package."""
    requests(operation, region, members)  # refuses what is given wrongly
    ways = misses(operation, region)
    return st.sampled_from(sorted(ways)).flatmap(lambda way: missing(operation, region, members, ways[way]))


def missing(operation: str, region: str, members: Members, off: Members) -> SearchStrategy[Members]:
    """Return requests that are valid but for the members that are off."""
    known = input_shape(operation).members
    drawn = requests(operation, region, members | {name: value for name, value in off.items() if name in known})
    more = {name: value for name, value in off.items() if name not in known}
    return drawn.map(lambda request: {**request, **more}) if more else drawn


@cache
def misses(operation: str, region: str) -> dict[str, Members]:
    """Return the ways in which a request of an operation can be off, each with what its members are then."""
    shape, special = input_shape(operation), specials(operation, region)
    ways: dict[str, Members] = {"with a member of no name": {"NoSuchMember": "x"}}
    for name, member in shape.members.items():
        off = values_off(member, name, special)
        ways |= {what: {name: value} for what, value in off.items()}
        ways[f"{name} is None"] = {name: st.none()}
        if name in shape.required_members and "idempotencyToken" not in member.metadata:
            ways[f"without {name}"] = {name: ABSENT}
    against = _against_rules(operation, region)
    return ways | {f"rule {rule}": off for rule, off in against.items() if off.keys() <= shape.members.keys()}


def _against_rules(operation: str, region: str) -> dict[str, Members]:
    """Return what is against each rule that asks more than the model does."""
    bad_keys = {
        "attributes-size": {"Attributes": _with_too_many_bytes()},
        "attribute-key-characters": {"Attributes": st.builds(_plus, attributes_of_little(), _BAD_KEYS, texts(0, 9))},
    }
    bad_topics = {
        "streaming-endpoint-arn": {"ChatStreamingConfiguration": _streaming(_NO_ARNS)},
        "streaming-endpoint-topic": {
            "ChatStreamingConfiguration": _streaming(topics(region, ".fifo") | topics("xx-west-9"))
        },
    }
    empty_token = {"client-token-empty": {"ClientToken": ""}}
    ways: dict[str, Members] = {}
    match operation:
        case "StartChatContact":
            ways = _against_start() | bad_keys | bad_topics | empty_token
        case "UpdateContactAttributes":
            ways = bad_keys
        case "StartContactStreaming":
            ways = bad_topics | empty_token
        case "CreateParticipant":
            roles = st.sampled_from(["AGENT", "CUSTOMER", "SYSTEM", "SUPERVISOR"])
            others = st.fixed_dictionaries({"DisplayName": st.just("Bot")}, optional={"ParticipantRole": roles})
            ways = {
                "added-participant-role": {"ParticipantDetails": others},
                "added-participant-display-name": {"ParticipantDetails": {"ParticipantRole": "CUSTOM_BOT"}},
                "client-token-empty-invalid-request": {"ClientToken": ""},
            }
        case "SendMessage":
            ways = {
                "message-content-type": {"ContentType": _UNKNOWN_TYPES, "Content": "m"},
                "message-bytes": {"ContentType": PLAIN, "Content": "\u00e4" * (MESSAGE_BYTES // 2 + 1)},
                "message-json": {"ContentType": JSON, "Content": _NOT_JSON},
            }
        case "SendEvent":
            receipts = {"ContentType": st.sampled_from(RECEIPTS)}
            ways = {
                "event-content-type": {"ContentType": _UNKNOWN_TYPES, "Content": ABSENT},
                "receipt-content": receipts | {"Content": _NOT_JSON | st.just("{}")},
                "receipt-content, none": receipts | {"Content": ABSENT},
            }
        case "GetTranscript":
            both = {"MostRecent": 1, "AbsoluteTime": "2026-01-01T00:00:00Z"}
            times = _NO_TIMES.map(lambda text: {"AbsoluteTime": text})
            ways = {
                "transcript-start-position": {"StartPosition": st.just(both) | times},
                "transcript-forward-position": {"ScanDirection": "FORWARD", "StartPosition": {}},
                "transcript-forward-position, none": {"ScanDirection": "FORWARD", "StartPosition": ABSENT},
            }
        case "StartAttachmentUpload":
            ways = {
                "attachment-size": {"AttachmentSizeInBytes": ATTACHMENT_BYTES + 1},
                "attachment-type": {"AttachmentName": st.sampled_from(["a.exe", "a.svg", "csv", "a.csv.", "a"])},
            }
    return ways


def _against_start() -> dict[str, Members]:
    past = {"RehydrationType": "FROM_SEGMENT", "SourceContactId": "past"}
    message = {"ContentType": PLAIN, "Content": "m"}
    segment = {"SupportedMessagingContentTypes": [PLAIN], "InitialMessage": ABSENT}
    return {
        "contact-flow-id-empty": {"ContactFlowId": ""},
        "attribute-lengths": {"Attributes": {"k" * ATTRIBUTES_BYTES: ""}},
        "instance-id-arn": {"InstanceId": "arn:aws:connect:us-east-1:123456789012:instance/i"},
        "contact-flow-id-arn": {"ContactFlowId": "arn:aws:connect:us-east-1:123456789012:instance/i/contact-flow/f"},
        "initial-message-content-type": {
            "InitialMessage": _UNKNOWN_TYPES.map(lambda kind: message | {"ContentType": kind})
        },
        **_too_long(
            "initial-message-characters", lambda kind, text: {"InitialMessage": {"ContentType": kind, "Content": text}}
        ),
        "supported-content-type-values": {
            "SupportedMessagingContentTypes": _UNKNOWN_TYPES.map(lambda kind: [PLAIN, kind]),
            "InitialMessage": ABSENT,
        },
        "segment-attribute-key-characters": segment
        | {"SegmentAttributes": _BAD_KEYS.map(lambda k: {k: {"ValueString": ""}})},
        "segment-attribute-one-value": segment | {"SegmentAttributes": _BAD_VALUES.map(lambda value: {"mine": value})},
        "segment-attribute-key-characters, deep": segment
        | {"SegmentAttributes": _BAD_KEYS.map(lambda k: {"mine": {"ValueMap": {k: {"ValueString": ""}}}})},
        "segment-attribute-integer": segment
        | {"SegmentAttributes": st.sampled_from([2**31, -(2**31) - 1]).map(lambda n: {"mine": {"ValueInteger": n}})},
        "segment-attribute-arn": segment
        | {
            "SegmentAttributes": st.sampled_from(["", "x", "arn:aws"]).map(lambda arn: {"connect:a": {"ValueArn": arn}})
        },
        "initial-message-supported": {
            "InitialMessage": message | {"ContentType": "text/markdown"},
            "SupportedMessagingContentTypes": [PLAIN],
        },
        "initial-message-json": {
            "InitialMessage": _NOT_JSON.map(lambda text: {"ContentType": JSON, "Content": text}),
            "SupportedMessagingContentTypes": [PLAIN, JSON],
        },
        "supported-content-types-plain": {
            "SupportedMessagingContentTypes": st.sampled_from([[], ["text/markdown"], [JSON]]),
            "InitialMessage": ABSENT,
        },
        "rehydration-type-required": {"PersistentChat": {"SourceContactId": "past"}},
        "source-contact-id-required": {"PersistentChat": {"RehydrationType": "FROM_SEGMENT"}},
        "persistent-or-related": {"PersistentChat": past, "RelatedContactId": "past"},
        "segment-attribute-system-only": segment | {"SegmentAttributes": {"mine": {"ValueList": []}}},
        "segment-attribute-system-only, deep": segment
        | {"SegmentAttributes": {"mine": {"ValueMap": {"a": {"ValueList": []}}}}},
        "guide-content-types": segment | {"SegmentAttributes": {"connect:Subtype": GUIDE}},
    }


def _too_long(rule: str, members: Any) -> dict[str, Members]:
    """Return, for each content type, a message of one character too many."""
    return {f"{rule}, {kind}": members(kind, f'"{"m" * (most - 1)}"') | {} for kind, most in MESSAGE_CHARACTERS.items()}


def _with_too_many_bytes() -> Values:
    return st.text(NAMES, min_size=1, max_size=9).map(lambda key: {key: "v" * (ATTRIBUTES_BYTES + 1 - len(key))})


def attributes_of_little() -> Values:
    """Return contact attributes that leave room for one more."""
    return attributes().filter(lambda drawn: len(drawn) != 1)


def _plus(drawn: dict[str, Any], key: str, value: Any) -> dict[str, Any]:
    return {**drawn, key: value}


def _streaming(arns: Values) -> Values:
    return arns.map(lambda arn: {"StreamingEndpointArn": arn})
