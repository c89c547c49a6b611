"""Rules on segment attributes."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from typing import Any, Final

from pytest_connect_chat._service.request import Request
from pytest_connect_chat._service.rules.messages import INTERACTIVE, INTERACTIVE_RESPONSE
from pytest_connect_chat._service.rules.rule import (
    ASSUMED,
    ATTRIBUTES,
    DOCUMENTED,
    MODEL,
    PAGE,
    form,
    members,
)
from pytest_connect_chat._text import shown

_SEGMENT_KEY = re.compile(r"(?:connect:)?[A-Za-z0-9_-]+\Z")

_INTEGER: Final = 2**31  # an `integer` of the model has 32 bits

_ARN = re.compile(r"arn:[a-z0-9-]+:[a-z0-9-]+:[a-z0-9-]*:[0-9]*:\S+\Z")


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
    """Check the characters of the segment attribute keys, at every depth; the system's own begin `connect:`."""
    for _, key, _ in _segment_values(request):
        if key is not None and not _SEGMENT_KEY.match(key):
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
    """Check that only system-defined attributes hold lists and ARNs, at every depth."""
    for path, _, value in _segment_values(request):
        for member in ("ValueList", "ValueArn"):
            if member in value and not path.startswith("SegmentAttributes.connect:"):
                return f"{path}.{member} is supported for system-defined attributes only."
    return None


def segment_integer(request: Request) -> str | None:
    """Check that a `ValueInteger` has 32 bits."""
    for path, _, value in _segment_values(request):
        number = value.get("ValueInteger", 0)
        if not -_INTEGER <= number < _INTEGER:
            return f"{path}.ValueInteger is {number}, which is more than 32 bits hold."
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


RULES: Final = (
    form(
        "segment-attribute-key-characters",
        "SegmentAttributes",
        "Keys of `SegmentAttributes`, at every depth, hold only alphanumeric characters, dash and underscore, after "
        "`connect:` for the system's own.",
        PAGE,
        segment_key_characters,
    ),
    form(
        "segment-attribute-one-value",
        "SegmentAttributes",
        "Each value of `SegmentAttributes` has exactly one of its members.",
        PAGE,
        segment_value_members,
        evidence=ASSUMED,
    ),
    form(
        "segment-attribute-lengths",
        "SegmentAttributes",
        "Keys, `ValueString` and `ValueArn` of `SegmentAttributes` are not longer than the model's maxima (128, 1,024, "
        "1,024 characters).",
        MODEL,
        segment_lengths,
    ),
    form(
        "segment-attribute-integer",
        "SegmentAttributes",
        "A `ValueInteger` of `SegmentAttributes` has 32 bits.",
        MODEL,
        segment_integer,
        evidence=ASSUMED,
    ),
    form(
        "segment-attribute-arn",
        "SegmentAttributes",
        "A `ValueArn` of `SegmentAttributes` is a valid ARN.",
        PAGE,
        segment_arn,
    ),
    members(
        "segment-attribute-system-only",
        "SegmentAttributes",
        "`ValueList` and `ValueArn` are used in system-defined segment attributes (`connect:...`) only.",
        PAGE,
        DOCUMENTED,
        segment_system_only,
    ),
    members(
        "guide-content-types",
        "SegmentAttributes",
        "The subtype `connect:Guide` is used only where both interactive content types are supported.",
        PAGE,
        DOCUMENTED,
        guide_without_interactive,
    ),
    members(
        "segment-attribute-predefined",
        "SegmentAttributes",
        "User-defined segment attributes are predefined in the instance. Off unless enabled: an instance without any.",
        ATTRIBUTES,
        DOCUMENTED,
        user_defined_segment,
        enabled=False,
    ),
)
