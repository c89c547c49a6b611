"""Values of the model's shapes: within the bounds, and just outside."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from operator import mul
from string import ascii_letters, digits
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

Values = SearchStrategy[Any]
Special = Mapping[str, Values]
Off = dict[str, Values]

NAMES: Final = f"{ascii_letters}{digits}-_"
ONE_MEMBER: Final = ("StartPosition", "SegmentAttributes{}")  # structures that hold one of their members
FEW: Final = 4
SHORT: Final = 24
# One, two, three and four bytes of UTF-8, and one that combines with what stands before it.
FILL: Final = ("a", "\u00e9", "\u8a9e", "\U0001f600", "\u0301")


def texts(least: int = 0, most: int | None = None, *, is_ascii: bool = False) -> Values:
    """Return texts of a length within these bounds, now and then of exactly the longest."""
    alphabet = st.characters(min_codepoint=33, max_codepoint=126) if is_ascii else st.characters(codec="utf-8")
    kinds = [st.text(alphabet, min_size=least, max_size=SHORT if most is None else max(least, min(most, SHORT)))]
    if most is not None:
        kinds.append(exactly(most, is_ascii=is_ascii))
    return st.one_of(*kinds)


def exactly(length: int, *, is_ascii: bool = False) -> Values:
    """Return texts of this many characters."""
    return st.builds(mul, st.sampled_from(FILL[:1] if is_ascii else FILL), st.just(length))


def names(most: int, prefix: str = "") -> Values:
    """Return texts of letters, digits, dash and underscore, at most so long with their prefix."""
    longest = most - len(prefix)
    short = st.text(NAMES, min_size=1, max_size=min(longest, SHORT))
    return st.one_of(short, st.just("n" * longest)).map(lambda name: prefix + name)


def values(shape: Any, path: str, special: Special, above: tuple[str, ...] = ()) -> Values:
    """Return values within the model's bounds.

    Args:
        shape: A shape of botocore's.
        path: Where it stands in the request, as in the limits of the rules: `"Tags{key}"`, `"TagKeys[]"`.
        special: What to draw instead, by path.
        above: The names of the structures around it.
    """
    if path in special:
        return special[path]
    below = _below(shape, path, special, above)
    bounds = shape.metadata
    least, most = bounds.get("min", 0), bounds.get("max")
    few = FEW if most is None else min(most, FEW)
    match shape.type_name:
        case "structure":
            optional = {name: value for name, value in below.items() if name not in shape.required_members}
            drawn: Values = st.fixed_dictionaries(
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


def _below(shape: Any, path: str, special: Special, above: tuple[str, ...]) -> dict[str, Values]:
    """Return values of what a shape is made of; what leads to a structure within itself is left out."""
    inside = (*above, shape.name)
    return {
        name: values(part, at, special, inside)
        for name, (part, at) in _parts(shape, path).items()
        if at in special or not inside_itself(part, inside)
    }


def inside_itself(shape: Any, above: tuple[str, ...]) -> bool:
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


def _strings(shape: Any, least: int, most: int | None) -> Values:
    enum, pattern = shape.metadata.get("enum"), shape.metadata.get("pattern")
    if enum:
        return st.sampled_from(enum)
    if pattern:
        drawn = st.from_regex(pattern, fullmatch=True)
        return drawn.filter(lambda text: _matches(pattern, text) and (most is None or len(text) <= most))
    least = least or int("idempotencyToken" in shape.metadata)
    return texts(least, most, is_ascii=shape.serialization.get("location") == "header")


def _matches(pattern: str, text: str) -> bool:
    return re.search(pattern, text) is not None and not text.endswith("\n")  # `$` lets a line end pass


def values_off(shape: Any, path: str, special: Special, above: tuple[str, ...] = ()) -> Off:
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
    within = values(shape, path, special, above)
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
        off[f"{path} too long"] = exactly(most + 1, is_ascii=shape.serialization.get("location") == "header")
    if pattern:
        off[f"{path} against the pattern"] = st.text(min_size=1, max_size=SHORT).filter(
            lambda text: re.search(pattern, text) is None
        )
    return off


def _with(name: str, within: Values, off: Values) -> Values:
    """Return values of a shape in which one part is off."""
    put: dict[str, Callable[[Any, Any], Any]] = {
        "{key}": lambda value, key: {**dict(list(value.items())[1:]), key: next(iter(value.values()), "x")},
        "{}": lambda value, item: {**value, next(iter(value), "x"): item},
        "[]": lambda value, item: [item, *value[1:]],
    }
    return st.builds(put.get(name, lambda value, member: {**value, name: member}), within, off)


def _without(name: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda value: {member: item for member, item in value.items() if member != name}
