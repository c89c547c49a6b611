"""Hypothesis strategies of valid requests, derived from the installed service model and from the rules of the fake.

Needs hypothesis, the extra `strategies`. For each member you can give a strategy, a value, `...` for whatever the model
allows, or `ABSENT` to leave it out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC
from functools import cache
from operator import mul
from string import ascii_letters, digits
from typing import Any, Final

try:
    from hypothesis import strategies as st
    from hypothesis.strategies import DrawFn, SearchStrategy
except ModuleNotFoundError as _error:
    raise ModuleNotFoundError(
        "pytest_connect_chat.strategies needs hypothesis: install pytest-connect-chat[strategies].", name=_error.name
    ) from None

from pytest_connect_chat._model.catalogue import service_model
from pytest_connect_chat._names import did_you_mean, saying_what_it_takes
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
from pytest_connect_chat._text import shown

__all__ = ["requests", "start_chat_contact_requests"]

_Members = dict[str, Any]
_Suit = Callable[[DrawFn, _Members, frozenset[str]], None]

_PLAIN: Final = "text/plain"
_JSON: Final = "application/json"
_GUIDE: Final = {"ValueString": "connect:Guide"}
_ID_MEMBERS: Final = ("InstanceId", "ContactFlowId", "ContactId", "InitialContactId", "RelatedContactId")
_WITH_STATE: Final = {  # members that need an id or a token of an earlier answer, or make two requests one
    "StartChatContact": ("ClientToken", "PersistentChat", "RelatedContactId"),
    "GetTranscript": ("ContactId", "NextToken"),
}
_WITH_STATE_ANYWHERE: Final = ("ClientToken", "NextToken")

_SERVICE_OF: Final = {name: service for service, name in OPERATIONS}

_Values = SearchStrategy[Any]
_Special = Mapping[str, _Values]

_NAMES: Final = f"{ascii_letters}{digits}-_"
_FEW: Final = 4
_SHORT: Final = 24
# Characters of one, two, three and four bytes in UTF-8, and a combining one.
_FILL: Final = ("a", "\u00e9", "\u8a9e", "\U0001f600", "\u0301")


@saying_what_it_takes
def requests(
    operation: str = "StartChatContact", *, region: str = "us-east-1", **members: Any
) -> SearchStrategy[dict[str, Any]]:
    """Return a strategy of valid requests: the keywords of the client method.

    botocore accepts each of them, and so do the fake's rules on the form of a request. Its rules on state may refuse
    one: an id or a token has to be one that the fake knows. Members that only make sense with such an id are there only
    if given: `PersistentChat`, `RelatedContactId`, `ClientToken`, `NextToken`, and the `ContactId` of GetTranscript.

    Args:
        operation: A faked operation, for example `"SendMessage"`.
        region: The region of the client; SNS topics have to lie in it.
        **members: What to draw for a member: a strategy, a value, `...` or `ABSENT`. The others are drawn to suit it.

    Raises:
        ValueError: The operation is not faked.
        TypeError: The operation has no such member in the installed model.

    Example:
        >>> from hypothesis import strategies as st
        >>> spoken = requests("SendMessage", ConnectionToken="token", ContentType="text/plain", Content=st.text("ab"))
    """
    shape = _input_shape(operation)
    _refuse_unknown(operation, [*shape.members, "region"], members)
    special = _specials(operation, region)
    with_state = _WITH_STATE.get(operation, _WITH_STATE_ANYWHERE)
    required: dict[str, _Values] = {}
    optional: dict[str, _Values] = {}
    for name, member in shape.members.items():
        given = members.get(name, ABSENT if name in with_state else None)
        if given is ABSENT:
            continue
        if given is None and name not in members:
            is_filled_in = "idempotencyToken" in member.metadata
            kind = required if name in shape.required_members and not is_filled_in else optional
            kind[name] = _values(member, name, special)
        elif given is ...:
            required[name] = _values(member, name, special)
        else:
            required[name] = given if isinstance(given, SearchStrategy) else st.just(given)
    drawn: SearchStrategy[_Members] = st.fixed_dictionaries(required, optional=optional)
    if operation not in _SUITS:
        return drawn
    return _suited(drawn, _SUITS[operation], frozenset(name for name in members if members[name] is not ...))


@saying_what_it_takes
def start_chat_contact_requests(*, region: str = "us-east-1", **members: Any) -> SearchStrategy[dict[str, Any]]:
    """Return a strategy of valid requests of StartChatContact; a fake without declared instances accepts them all.

    Args:
        region: The region of the client.
        **members: As for `requests`.
    """
    return requests("StartChatContact", region=region, **members)


# -- what the rules ask beyond the model -------------------------------------------------------------------------------


def _input_shape(operation: str) -> Any:
    """Return what the installed model says of an operation's request.

    Raises:
        ValueError: The operation is not faked.
    """
    if operation not in _SERVICE_OF:
        hint = did_you_mean(str(operation), _SERVICE_OF)
        raise ValueError(f"{shown(operation)} is no faked operation.{hint} Valid: {', '.join(_SERVICE_OF)}.")
    return service_model(_SERVICE_OF[operation]).operation_model(operation).input_shape


def _refuse_unknown(operation: str, known: Iterable[str], members: Iterable[str]) -> None:
    for name in members:
        if name not in known:
            hint = did_you_mean(name, known, f" Valid: {', '.join(known)}.")
            raise TypeError(f"{operation} has no member {name!r} in the installed model.{hint}")


@cache
def _specials(operation: str, region: str) -> _Special:
    """Return strategies for the members that rules restrict beyond the model, by path."""
    ids = st.one_of(st.uuids(version=4).map(str), _texts(1, 100)).filter(lambda text: not text.startswith("arn:"))
    ours: dict[str, _Values] = dict.fromkeys(_ID_MEMBERS, ids)
    ours["Attributes"] = _attributes()
    ours["ChatStreamingConfiguration.StreamingEndpointArn"] = _topics(region)
    if operation == "StartChatContact":
        ours["InitialMessage"] = st.sampled_from(list(MESSAGE_CHARACTERS)).flatmap(_messages)
        ours["PersistentChat"] = st.fixed_dictionaries(
            {"RehydrationType": st.sampled_from(["ENTIRE_PAST_SESSION", "FROM_SEGMENT"]), "SourceContactId": ids}
        )
        ours["SegmentAttributes"] = _segment_attributes()
        ours["SegmentAttributes{}"] = st.just({"ValueString": "x"})
        others = [kind for kind in SUPPORTED_CONTENT_TYPES if kind != _PLAIN]
        ours["SupportedMessagingContentTypes"] = st.lists(st.sampled_from(others), unique=True).flatmap(
            lambda kinds: st.permutations([_PLAIN, *kinds])
        )
    elif operation == "CreateParticipant":
        added = _values(_input_shape(operation).members["ParticipantDetails"], "ParticipantDetails", {})
        ours["ParticipantDetails"] = added.map(
            lambda details: {"DisplayName": "Bot"} | details | {"ParticipantRole": "CUSTOM_BOT"}
        )
    elif operation == "SendMessage":
        ours["ContentType"] = st.sampled_from(list(MESSAGE_CHARACTERS))
        ours["Content"] = st.just("m")
    elif operation == "SendEvent":
        ours["ContentType"] = st.sampled_from([event for event in EVENTS if event not in RECEIPTS])
        ours["Content"] = _texts(1, MESSAGE_BYTES)
    elif operation == "GetTranscript":
        times = st.datetimes(timezones=st.just(UTC)).map(lambda moment: {"AbsoluteTime": moment.isoformat()})
        ours["StartPosition"] = times | st.integers(0, 100).map(lambda number: {"MostRecent": number})
    elif operation == "StartAttachmentUpload":
        ours["AttachmentName"] = st.builds("{}.{}".format, _texts(1, 200), st.sampled_from(ATTACHMENT_TYPES))
        ours["AttachmentSizeInBytes"] = st.integers(1, ATTACHMENT_BYTES) | st.just(ATTACHMENT_BYTES)
    return ours


def _attributes() -> _Values:
    """Return contact attributes, now and then as many bytes as are allowed."""
    some = st.dictionaries(_names(100), _texts(0, 100), max_size=5)
    full = _names(100).map(lambda key: {key: "v" * (ATTRIBUTES_BYTES - len(key))})
    return (some | full).filter(lambda drawn: attributes_bytes(drawn) <= ATTRIBUTES_BYTES)


def _topics(region: str, suffix: str = "") -> _Values:
    """Return ARNs of SNS topics."""
    return _names(200).map(lambda name: f"arn:aws:sns:{region}:123456789012:{name}{suffix}")


def _contents(content_type: str) -> _Values:
    """Return contents of messages, within what both settings of `message_limits` allow."""
    most = MESSAGE_CHARACTERS[content_type]
    if content_type != _JSON:
        return _texts(1, most, is_ascii=most * 4 > MESSAGE_BYTES)
    leaves = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
    documents = st.recursive(leaves, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=4)
    written = documents.map(json.dumps).filter(lambda text: len(text) <= most)
    return written | st.just(f'"{"m" * (most - 2)}"')


def _messages(content_type: str) -> _Values:
    """Return initial messages of a type."""
    return st.fixed_dictionaries({"ContentType": st.just(content_type), "Content": _contents(content_type)})


def _segment_attributes() -> _Values:
    """Return segment attributes of one value each; lists and ARNs are for the system's own."""
    arns = _names(100).map(lambda name: {"ValueArn": f"arn:aws:connect:us-east-1:123456789012:{name}"})
    leaves = _texts(0, 1024).map(lambda text: {"ValueString": text}) | _integers()
    own = st.recursive(leaves, _segment_maps, max_leaves=5)
    system = st.recursive(
        leaves | arns,
        lambda inner: _segment_maps(inner) | st.lists(inner, max_size=3).map(lambda value: {"ValueList": value}),
        max_leaves=5,
    )
    return st.builds(
        dict.__or__,
        st.dictionaries(_names(128), own, max_size=3),
        st.dictionaries(_names(128, "connect:"), system, max_size=2),
    )


def _segment_maps(inner: _Values) -> _Values:
    return st.dictionaries(_names(128), inner, max_size=3).map(lambda value: {"ValueMap": value})


def _integers() -> _Values:
    return st.integers(-(2**31), 2**31 - 1).map(lambda number: {"ValueInteger": number})


@st.composite
def _suited(draw: DrawFn, drawn: SearchStrategy[_Members], suit: _Suit, given: frozenset[str]) -> _Members:
    """Return requests whose members suit each other; those that are given stay as they are."""
    request = dict(draw(drawn))
    suit(draw, request, given)
    return request


def _suit_start(draw: DrawFn, request: _Members, given: frozenset[str]) -> None:
    if "SegmentAttributes" in request and "SegmentAttributes" not in given and draw(st.booleans()):
        request["SegmentAttributes"] = {**request["SegmentAttributes"], "connect:Subtype": _GUIDE}
    needed = _needed_types(request)
    if INTERACTIVE in needed:
        request.setdefault("SupportedMessagingContentTypes", [_PLAIN])
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
            request["InitialMessage"] = draw(st.sampled_from(possible).flatmap(_messages))


def _needed_types(request: _Members) -> list[str]:
    """Return the content types that a chat has to support, where what is given is of the right kind."""
    message, attributes = request.get("InitialMessage"), request.get("SegmentAttributes")
    needed = [message["ContentType"]] if isinstance(message, dict) and message.get("ContentType") in _TYPES else []
    if isinstance(attributes, dict) and attributes.get("connect:Subtype") == _GUIDE:
        needed += [INTERACTIVE, INTERACTIVE_RESPONSE]
    return needed


def _suit_message(draw: DrawFn, request: _Members, given: frozenset[str]) -> None:
    if "Content" not in given and request.get("ContentType") in _TYPES:
        request["Content"] = draw(_contents(request["ContentType"]))


def _suit_event(draw: DrawFn, request: _Members, given: frozenset[str]) -> None:
    if "Content" not in given and request.get("ContentType") in RECEIPTS:
        request["Content"] = json.dumps({"messageId": str(draw(st.uuids(version=4)))})


def _suit_transcript(draw: DrawFn, request: _Members, given: frozenset[str]) -> None:
    if request.get("ScanDirection") != "FORWARD" or request.get("StartPosition") or request.get("NextToken"):
        return
    if "StartPosition" not in given:
        request["StartPosition"] = {"MostRecent": draw(st.integers(0, 100))}
    elif "ScanDirection" not in given:
        del request["ScanDirection"]


_TYPES: Final = tuple(MESSAGE_CHARACTERS)
_SUITS: Final[dict[str, _Suit]] = {
    "StartChatContact": _suit_start,
    "SendMessage": _suit_message,
    "SendEvent": _suit_event,
    "GetTranscript": _suit_transcript,
}


# -- what the model allows ---------------------------------------------------------------------------------------------


def _texts(least: int = 0, most: int | None = None, *, is_ascii: bool = False) -> _Values:
    """Return texts of a length within these bounds, now and then of exactly the longest."""
    alphabet = st.characters(min_codepoint=33, max_codepoint=126) if is_ascii else st.characters(codec="utf-8")
    kinds = [st.text(alphabet, min_size=least, max_size=_SHORT if most is None else max(least, min(most, _SHORT)))]
    if most is not None:
        kinds.append(_exactly(most, is_ascii=is_ascii))
    return st.one_of(*kinds)


def _exactly(length: int, *, is_ascii: bool = False) -> _Values:
    """Return texts of this many characters."""
    return st.builds(mul, st.sampled_from(_FILL[:1] if is_ascii else _FILL), st.just(length))


def _names(most: int, prefix: str = "") -> _Values:
    """Return texts of letters, digits, dash and underscore, at most so long with their prefix."""
    longest = most - len(prefix)
    short = st.text(_NAMES, min_size=1, max_size=min(longest, _SHORT))
    return st.one_of(short, st.just("n" * longest)).map(lambda name: prefix + name)


def _values(shape: Any, path: str, special: _Special, above: tuple[str, ...] = ()) -> _Values:
    """Return values within the model's bounds.

    Args:
        shape: A shape of botocore's.
        path: Its path in the request, in the form of the limits of rules: `"Tags{key}"`, `"TagKeys[]"`.
        special: What to draw instead, by path.
        above: The names of the structures around it.
    """
    if path in special:
        return special[path]
    below = _below(shape, path, special, above)
    bounds = shape.metadata
    least, most = bounds.get("min", 0), bounds.get("max")
    few = _FEW if most is None else min(most, _FEW)
    match shape.type_name:
        case "structure":
            optional = {name: value for name, value in below.items() if name not in shape.required_members}
            drawn: _Values = st.fixed_dictionaries(
                {name: below[name] for name in shape.required_members}, optional=optional
            )
        case "map":
            drawn = st.dictionaries(below["{key}"], below["{}"], min_size=least, max_size=few)
        case "list":
            is_enum = bool(shape.member.metadata.get("enum"))
            drawn = st.lists(below["[]"], min_size=least, max_size=few, unique=is_enum)
        case "integer" | "long":
            drawn = st.integers(bounds.get("min"), 2**31 - 1 if most is None else most)
        case "boolean":
            drawn = st.booleans()
        case _:
            drawn = _strings(shape, least, most)
    return drawn


def _below(shape: Any, path: str, special: _Special, above: tuple[str, ...]) -> dict[str, _Values]:
    """Return strategies for the parts of a shape, but not for one that leads to a structure within itself."""
    inside = (*above, shape.name)
    return {
        name: _values(part, at, special, inside)
        for name, (part, at) in _parts(shape, path).items()
        if at in special or not _inside_itself(part, inside)
    }


def _inside_itself(shape: Any, above: tuple[str, ...]) -> bool:
    """Return whether a shape, or what a list or map of it holds, is one of those around it."""
    return shape.name in above or any(part.name in above for part, _ in _parts(shape, "").values())


def _parts(shape: Any, path: str) -> dict[str, tuple[Any, str]]:
    match shape.type_name:
        case "structure":
            return {name: (part, f"{path}.{name}" if path else name) for name, part in shape.members.items()}
        case "map":
            return {"{key}": (shape.key, f"{path}{{key}}"), "{}": (shape.value, f"{path}{{}}")}
        case "list":
            return {"[]": (shape.member, f"{path}[]")}
    return {}


def _strings(shape: Any, least: int, most: int | None) -> _Values:
    enum, pattern = shape.metadata.get("enum"), shape.metadata.get("pattern")
    if enum:
        return st.sampled_from(enum)
    if pattern:
        drawn = st.from_regex(pattern, fullmatch=True)
        return drawn.filter(lambda text: _matches(pattern, text) and (most is None or len(text) <= most))
    least = least or int("idempotencyToken" in shape.metadata)
    return _texts(least, most, is_ascii=shape.serialization.get("location") == "header")


def _matches(pattern: str, text: str) -> bool:
    return re.search(pattern, text) is not None and not text.endswith("\n")  # `$` matches before a final newline too
