"""How values and sentences are shown to people."""

from __future__ import annotations

import textwrap
from typing import Any, Final
from unicodedata import east_asian_width

WIDTH: Final = 79  # of a report
MESSAGE_WIDTH: Final = 72  # of an error's message: pytest puts a margin of eight before it
SHOWN: Final = 60
UUID: Final = 36  # characters; a longer text is a token or an ARN


def shown(value: Any, most: int = SHOWN) -> str:
    """Return `repr(value)` as it can be printed, cut if it is long; also if it fails, since it is somebody else's."""
    return cut(printable(whole(value)), most)


def whole(value: Any) -> str:
    """Return `repr(value)`, also if it fails."""
    try:
        return repr(value)
    except Exception as failure:  # noqa: BLE001  # it is somebody else's code
        return f"<{type(value).__name__}, whose repr raises {type(failure).__name__}>"


def cut(text: str, most: int = SHOWN, skipped: int = 0) -> str:
    """Return a text, or the first characters of a long one with its length.

    Args:
        text: The text.
        most: How many characters are shown.
        skipped: How many characters of a long text are left out before those.
    """
    if len(text) <= most:
        return text
    rest = text[skipped:]
    start = "..." if skipped else ""
    return f"{start}{rest if len(rest) <= most else f'{rest[:most]}...'} ({len(text)} characters)"


def shortened(text: str) -> str:
    """Return the beginning of a text, and the end of a long one too: tokens and ARNs all begin alike."""
    return f"{text[:8]}...{text[-8:] if len(text) > UUID else ''}"


def wrapped(line: str, width: int = MESSAGE_WIDTH, indent: int = 4) -> list[str]:
    """Return a line wrapped to a width, with further lines indented more and unprintable characters escaped."""
    line = printable(line)
    further = " " * (len(line) - len(line.lstrip()) + indent)
    return textwrap.wrap(line, characters_in(width, line), subsequent_indent=further, break_on_hyphens=False)


def characters_in(columns: int, text: str) -> int:
    """Return how many characters of a text stand in so many columns: Chinese, Japanese and Korean ones take two."""
    return columns // 2 if any(east_asian_width(character) in "WF" for character in text) else columns


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, which is in the plural unless the number is 1."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def raised(error: BaseException) -> str:
    """Return the type and the text of an exception."""
    return f"{type(error).__name__}: {text_of(error)}"


def text_of(error: BaseException) -> str:
    """Return the text of an exception, even if its `__str__` raises."""
    try:
        return str(error)
    except Exception as failure:  # noqa: BLE001  # `__str__` is somebody else's code
        return f"its text raises {type(failure).__name__}"


def printable(text: str) -> str:
    """Return a text with its control and other unprintable characters escaped."""
    return text if text.isprintable() else "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
