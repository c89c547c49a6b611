"""How values and sentences are shown to people."""

from __future__ import annotations

import textwrap
from typing import Any, Final
from unicodedata import east_asian_width

WIDTH: Final = 79  # of a report
MESSAGE_WIDTH: Final = 72  # of an error's message: pytest puts a margin of eight before it
SHOWN: Final = 60
UUID: Final = 36  # what is longer is a token or an ARN


def shown(value: Any, most: int = SHOWN) -> str:
    """Return `repr(value)` as it can be printed, cut where it is long; also where it fails: it is somebody else's."""
    return cut(printable(whole(value)), most)


def whole(value: Any) -> str:
    """Return `repr(value)`, also where it fails."""
    try:
        return repr(value)
    except Exception as failure:  # noqa: BLE001  # it is somebody else's code
        return f"<{type(value).__name__}, whose repr raises {type(failure).__name__}>"


def cut(text: str, most: int = SHOWN, skipped: int = 0) -> str:
    """Return so many characters of a text, and how many it has.

    Args:
        text: The text; it stays as it is where it is not longer.
        most: How many characters are shown.
        skipped: How many are left out before those.
    """
    if len(text) <= most:
        return text
    rest = text[skipped:]
    start = "..." if skipped else ""
    return f"{start}{rest if len(rest) <= most else f'{rest[:most]}...'} ({len(text)} characters)"


def shortened(text: str) -> str:
    """Return how a text begins; of a long one how it ends too, because tokens and ARNs begin alike."""
    return f"{text[:8]}...{text[-8:] if len(text) > UUID else ''}"


def wrapped(line: str, width: int = MESSAGE_WIDTH, indent: int = 4) -> list[str]:
    """Return a line in as many as it takes, the further ones indented by so much more, without what does not print."""
    line = printable(line)
    if any(east_asian_width(character) in "WF" for character in line):
        width //= 2  # such a character takes two columns
    further = " " * (len(line) - len(line.lstrip()) + indent)
    return textwrap.wrap(line, width, subsequent_indent=further, break_on_hyphens=False)


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, in the plural where that is right."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def raised(error: BaseException) -> str:
    """Return what an exception says, also where its own text fails."""
    try:
        return f"{type(error).__name__}: {error}"
    except Exception as failure:  # noqa: BLE001  # it is somebody else's code
        return f"{type(error).__name__}, whose text raises {type(failure).__name__}"


def printable(text: str) -> str:
    """Return a text with escapes in the place of what a terminal would obey or not show."""
    return text if text.isprintable() else "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
