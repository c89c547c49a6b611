"""How values and sentences are shown to people."""

from __future__ import annotations

from typing import Any, Final

SHOWN_CHARACTERS: Final = 60


def shown(value: Any, most: int = SHOWN_CHARACTERS) -> str:
    """Return `repr(value)`, cut where it is long."""
    text = repr(value)
    return text if len(text) <= most else f"{text[:most]}... ({len(text)} characters)"


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, in the plural where that is right."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def printable(text: str) -> str:
    """Return a text with escapes in the place of what a terminal would obey or not show."""
    return text if text.isprintable() else "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
