"""What a check is, and what several of them say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from pytest_connect_chat._service.wire import Request

Check = Callable[[Request], str | None]

# Texts that were seen on the real services. They stay as they were: code in the wild compares them.
RESOURCE_NOT_FOUND: Final = "Resource not found of Type: null"  # an unknown instance or flow
EXPLICIT_DENY: Final = "User is not authorized to access this resource with an explicit deny"  # an unknown token
ACCESS_DENIED: Final = "Access denied"  # the token of a chat that has ended
OBSERVED_TEXTS: Final = frozenset({RESOURCE_NOT_FOUND, EXPLICIT_DENY, ACCESS_DENIED})

SHOWN_CHARACTERS: Final = 60


def shown(value: Any) -> str:
    """Return `repr(value)`, cut where it is long."""
    text = repr(value)
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}... ({len(text)} characters)"


def utf8_bytes(text: str) -> int:
    """Return how many bytes a text takes in UTF-8; a lone surrogate, which JSON can carry, counts as three."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def first_unknown(path: str, values: list[str], valid: tuple[str, ...]) -> str | None:
    """Return what is wrong with the first of these values that is not valid."""
    for position, value in enumerate(values):
        if value not in valid:
            return f"{path}[{position}] is {shown(value)}; valid are {', '.join(valid)}."
    return None
