"""Texts of a picture, broken into lines."""

from __future__ import annotations

import textwrap
from typing import Final
from unicodedata import east_asian_width

LINE_CELLS: Final = 92
OTHER_CELLS: Final = 48
LINES: Final = 3


def lines_of(text: str, cells: int) -> tuple[str, ...]:
    """Break a text into at most three lines, by the width that its characters take."""
    if any(east_asian_width(char) in "WF" for char in text):
        cells //= 2
    return tuple(textwrap.wrap(text, cells, max_lines=LINES, placeholder=" ...", break_on_hyphens=False))
