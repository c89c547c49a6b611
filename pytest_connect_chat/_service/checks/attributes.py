"""Checks of contact attributes."""

from __future__ import annotations

import re
from typing import Final

from pytest_connect_chat._service.checks.check import shown, utf8_bytes
from pytest_connect_chat._service.wire import Request

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
