"""Rules on contact attributes and tags."""

from __future__ import annotations

import re
from typing import Final

from pytest_connect_chat._service.request import Request, utf8_bytes
from pytest_connect_chat._service.rules.rule import MODEL, PAGE, START, form
from pytest_connect_chat._text import shown

ATTRIBUTES_BYTES: Final = 32_768

_KEY = re.compile(r"[A-Za-z0-9_-]+\Z")


def attributes_bytes(attributes: dict[str, str]) -> int:
    """Return the UTF-8 bytes of all keys and values."""
    return utf8_bytes("".join([*attributes, *attributes.values()]))


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


_TAG_KEY = re.compile(r"(?!aws:)[a-zA-Z+-=._:/]+\Z")  # the model's own pattern


def tag_key_characters(request: Request) -> str | None:
    """Check the keys of tags."""
    member = "Tags" if "Tags" in request.params else "TagKeys"
    for key in request.params[member]:
        if not _TAG_KEY.match(key):
            return f"{member} has the key {shown(key)}; keys match the model's pattern and do not begin with aws:."
    return None


def attribute_lengths(request: Request) -> str | None:
    """Check each key and value of the contact attributes against the model's maximum length."""
    longest_key, longest_value = request.limit("Attributes{key}").max, request.limit("Attributes{}").max
    for key, value in request.params["Attributes"].items():
        if longest_key is not None and len(key) > longest_key:
            return f"Attributes has a key of {len(key)} characters; at most {longest_key} are allowed."
        if longest_value is not None and len(value) > longest_value:
            return f"Attributes has a value of {len(value)} characters; at most {longest_value} are allowed."
    return None


RULES: Final = (
    form(
        "attributes-size",
        "Attributes",
        "All keys and values of `Attributes` take at most 32,768 UTF-8 bytes, those copied by `RelatedContactId` "
        "included.",
        PAGE,
        attributes_too_large,
        operations=(*START, "UpdateContactAttributes"),
    ),
    form(
        "attribute-lengths",
        "Attributes",
        "Keys and values of `Attributes` are not longer than the model's maxima (32,767 characters each).",
        MODEL,
        attribute_lengths,
    ),
    form(
        "attribute-key-characters",
        "Attributes",
        "Keys of `Attributes` hold only alphanumeric characters, dash and underscore.",
        PAGE,
        attribute_key_characters,
        operations=(*START, "UpdateContactAttributes"),
    ),
    form(
        "tag-key-characters",
        None,
        "The keys of tags have the characters of the model's pattern, and do not begin with `aws:`.",
        MODEL,
        tag_key_characters,
        operations=("TagContact", "UntagContact"),
    ),
)
