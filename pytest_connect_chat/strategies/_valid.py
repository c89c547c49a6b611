"""Valid requests: what the model allows, and what the rules ask beyond it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import UTC
from functools import cache
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from pytest_connect_chat._model.catalogue import service_model
from pytest_connect_chat._names import did_you_mean
from pytest_connect_chat._service.chats.attachments import ATTACHMENT_BYTES, ATTACHMENT_TYPES
from pytest_connect_chat._service.operations import OPERATIONS
from pytest_connect_chat._service.records.matching import ABSENT
from pytest_connect_chat._service.rules.attributes import ATTRIBUTES_BYTES, attributes_bytes
from pytest_connect_chat._service.rules.events import EVENTS, RECEIPTS
from pytest_connect_chat._service.rules.messages import (
    INTERACTIVE,
    INTERACTIVE_RESPONSE,
    MESSAGE_BYTES,
    MESSAGE_CHARACTERS,
    SUPPORTED_CONTENT_TYPES,
)
from pytest_connect_chat.strategies._shapes import Special, Values, names, texts, values

Members = dict[str, Any]
Suit = Callable[[DrawFn, Members, frozenset[str]], None]

PLAIN: Final = "text/plain"
JSON: Final = "application/json"
GUIDE: Final = {"ValueString": "connect:Guide"}
ID_MEMBERS: Final = ("InstanceId", "ContactFlowId", "ContactId", "InitialContactId", "RelatedContactId")
WITH_STATE: Final = {  # what needs an id or a token of an earlier answer, or makes two requests one
    "StartChatContact": ("ClientToken", "PersistentChat", "RelatedContactId"),
    "GetTranscript": ("ContactId", "NextToken"),
}
WITH_STATE_ANYWHERE: Final = ("ClientToken", "NextToken")

_SERVICE_OF: Final = {name: service for service, name in OPERATIONS}


def input_shape(operation: str) -> Any:
    """Return what the installed model says of an operation's request.

    Raises:
        ValueError: The operation is not faked.
    """
    if operation not in _SERVICE_OF:
        hint = did_you_mean(str(operation), _SERVICE_OF)
        raise ValueError(f"{operation!r} is no faked operation.{hint} Valid: {', '.join(_SERVICE_OF)}.")
    return service_model(_SERVICE_OF[operation]).operation_model(operation).input_shape


def requests(operation: str, region: str, members: Members) -> SearchStrategy[Members]:
    """Return valid requests of an operation; see the package."""
    shape = input_shape(operation)
    _refuse_unknown(operation, shape.members, members)
    special = specials(operation, region)
    with_state = WITH_STATE.get(operation, WITH_STATE_ANYWHERE)
    required: dict[str, Values] = {}
    optional: dict[str, Values] = {}
    for name, member in shape.members.items():
        given = members.get(name, ABSENT if name in with_state else None)
        if given is ABSENT:
            continue
        if given is None and name not in members:
            is_filled_in = "idempotencyToken" in member.metadata
            kind = required if name in shape.required_members and not is_filled_in else optional
            kind[name] = values(member, name, special)
        elif given is ...:
            required[name] = values(member, name, special)
        else:
            required[name] = given if isinstance(given, SearchStrategy) else st.just(given)
    drawn: SearchStrategy[Members] = st.fixed_dictionaries(required, optional=optional)
    if operation not in _SUITS:
        return drawn
    return _suited(drawn, _SUITS[operation], frozenset(name for name in members if members[name] is not ...))


def _refuse_unknown(operation: str, known: Iterable[str], members: Iterable[str]) -> None:
    for name in members:
        if name not in known:
            hint = did_you_mean(name, known, f" Valid: {', '.join(known)}.")
            raise TypeError(f"{operation} has no member {name!r} in the installed model.{hint}")


@cache
def specials(operation: str, region: str) -> Special:
    """Return what the rules of an operation ask of its members, by path."""
    ids = st.one_of(st.uuids(version=4).map(str), texts(1, 100)).filter(lambda text: not text.startswith("arn:"))
    ours: dict[str, Values] = dict.fromkeys(ID_MEMBERS, ids)
    ours["Attributes"] = attributes()
    ours["ChatStreamingConfiguration.StreamingEndpointArn"] = topics(region)
    if operation == "StartChatContact":
        ours["InitialMessage"] = st.sampled_from(list(MESSAGE_CHARACTERS)).flatmap(messages)
        ours["PersistentChat"] = st.fixed_dictionaries(
            {"RehydrationType": st.sampled_from(["ENTIRE_PAST_SESSION", "FROM_SEGMENT"]), "SourceContactId": ids}
        )
        ours["SegmentAttributes"] = segment_attributes()
        ours["SegmentAttributes{}"] = st.just({"ValueString": "x"})
        others = [kind for kind in SUPPORTED_CONTENT_TYPES if kind != PLAIN]
        ours["SupportedMessagingContentTypes"] = st.lists(st.sampled_from(others), unique=True).flatmap(
            lambda kinds: st.permutations([PLAIN, *kinds])
        )
    elif operation == "CreateParticipant":
        added = values(input_shape(operation).members["ParticipantDetails"], "ParticipantDetails", {})
        ours["ParticipantDetails"] = added.map(
            lambda details: {"DisplayName": "Bot"} | details | {"ParticipantRole": "CUSTOM_BOT"}
        )
    elif operation == "SendMessage":
        ours["ContentType"] = st.sampled_from(list(MESSAGE_CHARACTERS))
        ours["Content"] = st.just("m")
    elif operation == "SendEvent":
        ours["ContentType"] = st.sampled_from([event for event in EVENTS if event not in RECEIPTS])
        ours["Content"] = texts(1, MESSAGE_BYTES)
    elif operation == "GetTranscript":
        times = st.datetimes(timezones=st.just(UTC)).map(lambda moment: {"AbsoluteTime": moment.isoformat()})
        ours["StartPosition"] = times | st.integers(0, 100).map(lambda number: {"MostRecent": number})
    elif operation == "StartAttachmentUpload":
        ours["AttachmentName"] = st.builds("{}.{}".format, texts(1, 200), st.sampled_from(ATTACHMENT_TYPES))
        ours["AttachmentSizeInBytes"] = st.integers(1, ATTACHMENT_BYTES) | st.just(ATTACHMENT_BYTES)
    return ours


def attributes() -> Values:
    """Return contact attributes, now and then as many bytes as are allowed."""
    some = st.dictionaries(names(100), texts(0, 100), max_size=5)
    full = names(100).map(lambda key: {key: "v" * (ATTRIBUTES_BYTES - len(key))})
    return (some | full).filter(lambda drawn: attributes_bytes(drawn) <= ATTRIBUTES_BYTES)


def topics(region: str, suffix: str = "") -> Values:
    """Return ARNs of SNS topics."""
    return names(200).map(lambda name: f"arn:aws:sns:{region}:123456789012:{name}{suffix}")


def contents(content_type: str) -> Values:
    """Return contents of messages, within what both settings of `message_limits` allow."""
    most = MESSAGE_CHARACTERS[content_type]
    if content_type != JSON:
        return texts(1, most, is_ascii=most * 4 > MESSAGE_BYTES)
    leaves = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
    documents = st.recursive(leaves, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=4)
    written = documents.map(json.dumps).filter(lambda text: len(text) <= most)
    return written | st.just(f'"{"m" * (most - 2)}"')


def messages(content_type: str) -> Values:
    """Return initial messages of a type."""
    return st.fixed_dictionaries({"ContentType": st.just(content_type), "Content": contents(content_type)})


def segment_attributes() -> Values:
    """Return segment attributes of one value each; lists and ARNs are for the system's own."""
    arns = names(100).map(lambda name: {"ValueArn": f"arn:aws:connect:us-east-1:123456789012:{name}"})
    leaves = texts(0, 1024).map(lambda text: {"ValueString": text}) | _integers()
    own = st.recursive(leaves, _segment_maps, max_leaves=5)
    system = st.recursive(
        leaves | arns,
        lambda inner: _segment_maps(inner) | st.lists(inner, max_size=3).map(lambda value: {"ValueList": value}),
        max_leaves=5,
    )
    return st.builds(
        dict.__or__,
        st.dictionaries(names(128), own, max_size=3),
        st.dictionaries(names(128, "connect:"), system, max_size=2),
    )


def _segment_maps(inner: Values) -> Values:
    return st.dictionaries(names(128), inner, max_size=3).map(lambda value: {"ValueMap": value})


def _integers() -> Values:
    return st.integers(-(2**31), 2**31 - 1).map(lambda number: {"ValueInteger": number})


@st.composite
def _suited(draw: DrawFn, drawn: SearchStrategy[Members], suit: Suit, given: frozenset[str]) -> Members:
    """Return requests whose members suit each other; those that are given stay as they are."""
    request = dict(draw(drawn))
    suit(draw, request, given)
    return request


def _suit_start(draw: DrawFn, request: Members, given: frozenset[str]) -> None:
    if "SegmentAttributes" in request and "SegmentAttributes" not in given and draw(st.booleans()):
        request["SegmentAttributes"] = {**request["SegmentAttributes"], "connect:Subtype": GUIDE}
    needed = _needed_types(request)
    if INTERACTIVE in needed:
        request.setdefault("SupportedMessagingContentTypes", [PLAIN])
    supported = request.get("SupportedMessagingContentTypes")
    if not isinstance(supported, list) or set(needed) <= set(supported):
        return
    if "SupportedMessagingContentTypes" not in given:
        request["SupportedMessagingContentTypes"] = list(dict.fromkeys([*supported, *needed]))
        return
    if "SegmentAttributes" not in given:
        request.pop("SegmentAttributes", None)
    if "InitialMessage" not in given:
        possible = [kind for kind in MESSAGE_CHARACTERS if kind in supported]
        if request.pop("InitialMessage", None) and possible:
            request["InitialMessage"] = draw(st.sampled_from(possible).flatmap(messages))


def _needed_types(request: Members) -> list[str]:
    """Return the content types that a chat has to support, where what is given is of the right kind."""
    message, attributes = request.get("InitialMessage"), request.get("SegmentAttributes")
    needed = [message["ContentType"]] if isinstance(message, dict) and message.get("ContentType") in _TYPES else []
    if isinstance(attributes, dict) and attributes.get("connect:Subtype") == GUIDE:
        needed += [INTERACTIVE, INTERACTIVE_RESPONSE]
    return needed


def _suit_message(draw: DrawFn, request: Members, given: frozenset[str]) -> None:
    if "Content" not in given and request.get("ContentType") in _TYPES:
        request["Content"] = draw(contents(request["ContentType"]))


def _suit_event(draw: DrawFn, request: Members, given: frozenset[str]) -> None:
    if "Content" not in given and request.get("ContentType") in RECEIPTS:
        request["Content"] = json.dumps({"messageId": str(draw(st.uuids(version=4)))})


def _suit_transcript(draw: DrawFn, request: Members, given: frozenset[str]) -> None:
    if request.get("ScanDirection") != "FORWARD" or request.get("StartPosition") or request.get("NextToken"):
        return
    if "StartPosition" not in given:
        request["StartPosition"] = {"MostRecent": draw(st.integers(0, 100))}
    elif "ScanDirection" not in given:
        del request["ScanDirection"]


_TYPES: Final = tuple(MESSAGE_CHARACTERS)
_SUITS: Final[dict[str, Suit]] = {
    "StartChatContact": _suit_start,
    "SendMessage": _suit_message,
    "SendEvent": _suit_event,
    "GetTranscript": _suit_transcript,
}
