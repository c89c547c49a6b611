"""Texts of a picture, broken into lines."""

from __future__ import annotations

import textwrap
from typing import Final

from pytest_connect_chat._text import characters_in

LINE_CELLS: Final = 92
OTHER_CELLS: Final = 48
LINES: Final = 3


def lines_of(text: str, cells: int) -> tuple[str, ...]:
    """Break a text into at most three lines, by the width that its characters take."""
    width = characters_in(cells, text)
    return tuple(textwrap.wrap(text, width, max_lines=LINES, placeholder=" ...", break_on_hyphens=False))
