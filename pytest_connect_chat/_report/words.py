"""Short and printable texts without secrets, for the section of a failed test and for diagrams."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any, Final

from pytest_connect_chat._text import counted, printable

VALUE: Final = 90
NAME: Final = 30

_ID: Final = re.compile(r"(?i)\b([0-9a-f]{8})-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")
_KIND: Final = "application/vnd.amazonaws.connect."
_LONG: Final = re.compile(r"(\S{12})\S{29,}")  # tokens and signed URLs among them


def plain(text: str, longest: int = VALUE) -> str:
    """Return a text with short ids and tokens, in which every character can be printed."""
    text = printable(text[: 4 * longest]).replace(_KIND, ".../")
    text = _LONG.sub(r"\1...", _ID.sub(r"\1", text))
    return text if len(text) <= longest else f"{text[: longest - 3]}..."


def value(thing: Any) -> str:
    """Return the value of a member as Python writes it, shortened."""
    return plain(repr(thing))


def duration(step: timedelta) -> str:
    """Return a duration as people say it: `1.25 s`, `6 min`, `2 days 1 h`."""
    minutes, seconds = divmod(step.total_seconds(), 60)
    hours, minutes = divmod(int(minutes), 60)
    days, hours = divmod(hours, 24)
    parts = [
        counted(days, "day") if days else "",
        f"{hours} h" if hours else "",
        f"{minutes} min" if minutes else "",
        f"{round(seconds, 3):g} s" if seconds else "",
    ]
    return " ".join(part for part in parts if part) or "0 s"
