"""What nobody sends on purpose."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from operator import mul
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from pytest_connect_chat.strategies import _input_shape, _inside_itself, _Members, _Values, requests

AT_MOST: Final = 3

_SIZES: Final = st.sampled_from([101, 257, 501, 1_025, 16_385, 32_769, 100_000])
_TEXTS: Final = st.one_of(
    st.text(st.characters(categories=["Cs", "Cc", "Cf", "Co", "Cn", "Mn", "So", "Zl", "Zp", "Nd"]), max_size=20),
    st.builds(
        mul, st.sampled_from(["a", "\0", "\n", "\ud800", "\u0301", "\U0001f600", "[", '{"a":', "9", "../"]), _SIZES
    ),
    st.sampled_from(
        ["", "\0", "\ud800", "\udfff\ud800", "arn:", "\r\nX-Header: 1", "{0}%s%n", "'\"\\", "\u202eabc", "0"]
    ),
)
_NUMBERS: Final = st.one_of(
    st.integers(),
    st.sampled_from([0, -1, 2**31, 2**63, 2**64, 10**400, 10**5_000, -(10**5_000), True, False]),
)
_OTHERS: Final = st.one_of(
    st.none(),
    st.floats(),
    st.binary(max_size=20),
    st.sampled_from(
        [(), [], {}, set(), {None: 1}, {1: "x"}, [None], [[[[]]]], ..., NotImplemented, Decimal("NaN"), 1j, range(3)]
    ),
    st.sampled_from([bytearray(b"x"), memoryview(b"x"), datetime(2026, 1, 1, tzinfo=UTC)]),
)
# Many of something large would fill the memory once botocore reports each of them.
_COUNTS: Final = st.sampled_from([7, 101, 1_001, 10_000])
_SMALL: Final = st.sampled_from([None, "", "x", "\ud800", 0, {}, {"ValueString": ""}])
_NO_NAMES: Final = st.text(max_size=5) | st.sampled_from(["ResponseMetadata", "__class__", "\ud800"])
_DEEP: Final = st.integers(1, 2_000)


def hostile_requests(operation: str, **members: Any) -> SearchStrategy[_Members]:
    """Return requests of which one to three members hold what does not belong there; some are valid in spite of it."""
    return _spoilt(requests(operation, **members), operation)


@st.composite
def _spoilt(draw: DrawFn, valid: SearchStrategy[_Members], operation: str) -> _Members:
    request = dict(draw(valid))
    names = st.sampled_from(sorted(_input_shape(operation).members))
    for name in draw(st.lists(names, min_size=1, max_size=AT_MOST, unique=True)):
        request[name] = draw(_hostile(operation, name))
    if draw(st.integers(0, 19)) == 0:
        request[draw(_NO_NAMES)] = draw(_OTHERS)
    return request


@cache
def _hostile(operation: str, member: str) -> _Values:
    return spoilt_values(_input_shape(operation).members[member], ())


def spoilt_values(shape: Any, above: tuple[str, ...]) -> _Values:
    """Return hostile values of the type that a shape has, and of others."""
    return _of_its_type(shape, above) | _OTHERS | _TEXTS | _NUMBERS


def _of_its_type(shape: Any, above: tuple[str, ...]) -> _Values:
    """Return hostile values of a shape's own type."""
    inside = (*above, shape.name)
    if shape.type_name in ("string", "boolean"):
        return _TEXTS
    if shape.type_name in ("integer", "long"):
        return _NUMBERS
    if shape.type_name == "list":
        inner = spoilt_values(shape.member, inside)
        return st.lists(inner, max_size=3) | st.builds(mul, _SMALL.map(lambda value: [value]), _COUNTS)
    if shape.type_name == "map":
        inner = spoilt_values(shape.value, inside) if shape.value.name not in inside else _OTHERS
        return st.dictionaries(_TEXTS, inner, max_size=3) | st.builds(_wide, _SMALL, _COUNTS) | _nested(shape)
    members = {
        name: spoilt_values(part, inside)
        for name, part in shape.members.items()
        if not _inside_itself(part, inside)
        for name, member in shape.members.items()
        if not _inside_itself(member, inside)
    }
    return st.fixed_dictionaries({}, optional=members)


def _wide(value: Any, size: int) -> dict[str, Any]:
    return {f"k{number}": value for number in range(size)}


def _nested(shape: Any) -> _Values:
    """Return maps nested to the recursion limit, where the values of a map hold such maps and lists themselves."""
    if shape.value.type_name != "structure":
        return _OTHERS
    leaves = st.sampled_from([{"ValueString": ""}, {"ValueString": "\ud800"}, {}])
    ways = st.lists(st.sampled_from(["ValueMap", "ValueList"]), min_size=1, max_size=3)
    return st.builds(nested, ways, _DEEP, leaves).map(lambda value: {"connect:a": value})


def nested(ways: list[str], depth: int, leaf: dict[str, Any]) -> dict[str, Any]:
    """Return a value of a segment attribute with others inside it, by way of these members in turn."""
    for level in range(depth):
        way = ways[level % len(ways)]
        leaf = {way: {"k": leaf} if way == "ValueMap" else [leaf]}
    return leaf
