"""Requests with one thing off: for every bound of the model, and for every rule on the form of a request."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from pytest_connect_chat import ABSENT
from pytest_connect_chat._service.chats.attachments import ATTACHMENT_BYTES
from pytest_connect_chat._service.rules.attributes import ATTRIBUTES_BYTES
from pytest_connect_chat._service.rules.events import RECEIPTS
from pytest_connect_chat._service.rules.messages import MESSAGE_BYTES, MESSAGE_CHARACTERS
from pytest_connect_chat.strategies import (
    _GUIDE,
    _JSON,
    _NAMES,
    _PLAIN,
    _SHORT,
    _attributes,
    _below,
    _exactly,
    _input_shape,
    _Members,
    _parts,
    _Special,
    _specials,
    _texts,
    _topics,
    _Values,
    _values,
    requests,
)

Off = dict[str, _Values]
ONE_MEMBER: Final = ("StartPosition", "SegmentAttributes{}")  # structures that hold one of their members

_UNKNOWN_TYPES: Final = st.sampled_from(["text/html", "Text/Plain", "text/plain ", "image/png"])
_BAD_KEYS: Final = st.sampled_from(["a.b", "a b", "\u00e4", "a\n", "a:b", "\U0001f600"])
_NOT_JSON: Final = st.sampled_from(["{", "NaN", "{'a': 1}", "[1,]", "tru", "[" * 1_000])
_NO_TIMES: Final = st.sampled_from(["yesterday", "2026-01-01T00:00:00", "2026-13-01T00:00:00Z", "1767225600"])
_NO_ARNS: Final = st.sampled_from(["x", "arn:", "arn:aws:sns:us-east-1:123456789012", "arn:aws:s3:::bucket"])
_BAD_VALUES: Final = st.sampled_from([{}, {"ValueString": "", "ValueInteger": 1}])


def nearly_valid_requests(operation: str, region: str = "us-east-1", **members: Any) -> SearchStrategy[_Members]:
    """Return requests with one thing off, which botocore or the fake refuses.

    A bound is exceeded by one, an enum has no such value, a required member is missing or an unknown one there, or a
    rule of the fake is broken: each rule of the operation that looks at the form of a request is among them.
    """
    ways = misses(operation, region)
    return st.sampled_from(sorted(ways)).flatmap(lambda way: missing(operation, region, members, ways[way]))


def missing(operation: str, region: str, members: _Members, off: _Members) -> SearchStrategy[_Members]:
    """Return requests that are valid but for the members that are off."""
    known = _input_shape(operation).members
    drawn = requests(
        operation, region=region, **members | {name: value for name, value in off.items() if name in known}
    )
    more = {name: value for name, value in off.items() if name not in known}
    return drawn.map(lambda request: {**request, **more}) if more else drawn


@cache
def misses(operation: str, region: str) -> dict[str, _Members]:
    """Return the ways in which a request of an operation can be off, each with what its members are then."""
    shape, special = _input_shape(operation), _specials(operation, region)
    ways: dict[str, _Members] = {"with a member of no name": {"NoSuchMember": "x"}}
    for name, member in shape.members.items():
        off = values_off(member, name, special)
        ways |= {what: {name: value} for what, value in off.items()}
        ways[f"{name} is None"] = {name: st.none()}
        if name in shape.required_members and "idempotencyToken" not in member.metadata:
            ways[f"without {name}"] = {name: ABSENT}
    against = _against_rules(operation, region)
    return ways | {f"rule {rule}": off for rule, off in against.items() if off.keys() <= shape.members.keys()}


def _against_rules(operation: str, region: str) -> dict[str, _Members]:
    """Return what is against each rule that asks more than the model does."""
    bad_keys = {
        "attributes-size": {"Attributes": _with_too_many_bytes()},
        "attribute-key-characters": {"Attributes": st.builds(_plus, attributes_of_little(), _BAD_KEYS, _texts(0, 9))},
    }
    bad_topics = {
        "streaming-endpoint-arn": {"ChatStreamingConfiguration": _streaming(_NO_ARNS)},
        "streaming-endpoint-topic": {
            "ChatStreamingConfiguration": _streaming(_topics(region, ".fifo") | _topics("xx-west-9"))
        },
    }
    empty_token = {"client-token-empty": {"ClientToken": ""}}
    ways: dict[str, _Members] = {}
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
                "message-bytes": {"ContentType": _PLAIN, "Content": "\u00e4" * (MESSAGE_BYTES // 2 + 1)},
                "message-json": {"ContentType": _JSON, "Content": _NOT_JSON},
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


def _against_start() -> dict[str, _Members]:
    past = {"RehydrationType": "FROM_SEGMENT", "SourceContactId": "past"}
    message = {"ContentType": _PLAIN, "Content": "m"}
    segment = {"SupportedMessagingContentTypes": [_PLAIN], "InitialMessage": ABSENT}
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
            "SupportedMessagingContentTypes": _UNKNOWN_TYPES.map(lambda kind: [_PLAIN, kind]),
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
            "SupportedMessagingContentTypes": [_PLAIN],
        },
        "initial-message-json": {
            "InitialMessage": _NOT_JSON.map(lambda text: {"ContentType": _JSON, "Content": text}),
            "SupportedMessagingContentTypes": [_PLAIN, _JSON],
        },
        "supported-content-types-plain": {
            "SupportedMessagingContentTypes": st.sampled_from([[], ["text/markdown"], [_JSON]]),
            "InitialMessage": ABSENT,
        },
        "rehydration-type-required": {"PersistentChat": {"SourceContactId": "past"}},
        "source-contact-id-required": {"PersistentChat": {"RehydrationType": "FROM_SEGMENT"}},
        "persistent-or-related": {"PersistentChat": past, "RelatedContactId": "past"},
        "segment-attribute-system-only": segment | {"SegmentAttributes": {"mine": {"ValueList": []}}},
        "segment-attribute-system-only, deep": segment
        | {"SegmentAttributes": {"mine": {"ValueMap": {"a": {"ValueList": []}}}}},
        "guide-content-types": segment | {"SegmentAttributes": {"connect:Subtype": _GUIDE}},
    }


def _too_long(rule: str, members: Any) -> dict[str, _Members]:
    """Return, for each content type, a message of one character too many."""
    return {f"{rule}, {kind}": members(kind, f'"{"m" * (most - 1)}"') | {} for kind, most in MESSAGE_CHARACTERS.items()}


def _with_too_many_bytes() -> _Values:
    return st.text(_NAMES, min_size=1, max_size=9).map(lambda key: {key: "v" * (ATTRIBUTES_BYTES + 1 - len(key))})


def attributes_of_little() -> _Values:
    """Return contact attributes that leave room for one more."""
    return _attributes().filter(lambda drawn: len(drawn) != 1)


def _plus(drawn: dict[str, Any], key: str, value: Any) -> dict[str, Any]:
    return {**drawn, key: value}


def _streaming(arns: _Values) -> _Values:
    return arns.map(lambda arn: {"StreamingEndpointArn": arn})


def values_off(shape: Any, path: str, special: _Special, above: tuple[str, ...] = ()) -> Off:
    """Return values with one thing off, by what is off: a bound, an enum, a pattern, a member."""
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    match shape.type_name:
        case "string":
            return _strings_off(shape, path, least, most)
        case "integer" | "long":
            bounds = {f"{path} below {least}": (least, -1), f"{path} above {most}": (most, 1)}
            return {what: st.just(bound + step) for what, (bound, step) in bounds.items() if bound is not None}
        case "boolean":
            return {}
    within = _values(shape, path, special, above)
    below = _below(shape, path, special, above)
    off_below = {
        name: values_off(part, at, special, (*above, shape.name))
        for name, (part, at) in _parts(shape, path).items()
        if name in below
    }
    around = st.just({}) if path in ONE_MEMBER else within
    off = {what: _with(name, around, value) for name, few in off_below.items() for what, value in few.items()}
    if shape.type_name == "structure":
        off |= {f"{path} without {name}": within.map(_without(name)) for name in shape.required_members}
        off[f"{path} with a member of no name"] = within.map(lambda value: value | {"NoSuchMember": "x"})
        return off
    if least:
        off[f"{path} empty"] = st.just({} if shape.type_name == "map" else [])
    if most is not None:
        size = {"min_size": most + 1, "max_size": most + 1}
        is_list = shape.type_name == "list"
        many = st.lists(below["[]"], **size) if is_list else st.dictionaries(below["{key}"], below["{}"], **size)
        off[f"{path} of {most + 1}"] = many
    return off


def _strings_off(shape: Any, path: str, least: int | None, most: int | None) -> Off:
    enum, pattern = shape.metadata.get("enum"), shape.metadata.get("pattern")
    if enum:
        return {f"{path} of no enum": st.sampled_from([f"{enum[0]}_", enum[-1].lower(), "X"])}
    off: Off = {}
    if least:
        off[f"{path} empty"] = st.just("")
    if most is not None:
        off[f"{path} too long"] = _exactly(most + 1, is_ascii=shape.serialization.get("location") == "header")
    if pattern:
        off[f"{path} against the pattern"] = st.text(min_size=1, max_size=_SHORT).filter(
            lambda text: re.search(pattern, text) is None
        )
    return off


def _with(name: str, within: _Values, off: _Values) -> _Values:
    """Return values of a shape in which one part is off."""
    put: dict[str, Callable[[Any, Any], Any]] = {
        "{key}": lambda value, key: {**dict(list(value.items())[1:]), key: next(iter(value.values()), "x")},
        "{}": lambda value, item: {**value, next(iter(value), "x"): item},
        "[]": lambda value, item: [item, *value[1:]],
    }
    return st.builds(put.get(name, lambda value, member: {**value, name: member}), within, off)


def _without(name: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda value: {member: item for member, item in value.items() if member != name}
