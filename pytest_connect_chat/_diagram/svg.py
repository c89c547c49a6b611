"""A picture as SVG that needs nothing else: no script, style sheet or font, and no id that could clash in a page."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Final

from pytest_connect_chat._diagram.lines import LINE_CELLS, OTHER_CELLS
from pytest_connect_chat._diagram.rows import Row
from pytest_connect_chat._report.events import Kind

CELL: Final = 7.3  # the width of one character: in monospaced fonts about 0.6 of their size
SIZE: Final = 12
LINE: Final = 16
GUTTER: Final = 92
HEAD: Final = 54
LANE: Final = 132
APART: Final = int(LINE_CELLS * CELL) + 28
OTHER_APART: Final = int(OTHER_CELLS * CELL) + 28
HEAD_LENGTH: Final = 8

PAPER: Final = "#ffffff"
INK: Final = "#1f2328"
PALE: Final = "#6e7781"
RULE: Final = "#d0d7de"
COLOURS: Final[dict[Kind, str]] = {
    "call": INK,
    "answer": "#1a7f37",
    "refusal": "#cf222e",
    "loss": "#cf222e",
    "other": "#0550ae",
    "notification": "#8250df",
}
FONT: Final = "ui-monospace, SFMono-Regular, Menlo, Consolas, DejaVu Sans Mono, monospace"


def svg(rows: Sequence[Row]) -> str:
    """Return rows as an `svg` element with a background of its own, to be put into a page or into a file."""
    return _Canvas(rows).drawn()


class _Canvas:
    """One picture; `drawn` draws it from the top to the bottom.

    Args:
        rows: The rows.
    """

    def __init__(self, rows: Sequence[Row]) -> None:
        self._rows = rows
        self._gutter = max([GUTTER, *(int(len(row.since) * CELL) + 16 for row in rows)])
        self._app = self._gutter + LANE // 2
        self._service = self._app + APART
        self._lanes = [(self._app, "application"), (self._service, "Amazon Connect")]
        if any(row.kind == "other" for row in rows):
            self._lanes.append((self._service + OTHER_APART, "other side"))
        self._right = self._lanes[-1][0]
        self._width = self._right + LANE // 2 + 24
        self._parts: list[str] = []

    def drawn(self) -> str:
        y, shown = HEAD + 14, ""
        for row in self._rows:
            if row.since != shown and row.kind not in ("time", "gap"):
                self._text(self._gutter - 10, y + 13, row.since, PALE, anchor="end", size=SIZE - 1)
                shown = row.since
            y += self._row(row, y)
        height = y + 14
        lanes = [
            f'<line x1="{x}" y1="{HEAD}" x2="{x}" y2="{height - 12}" stroke="{RULE}" stroke-dasharray="4 4"/>'
            for x, _ in self._lanes
        ]
        body, self._parts = self._parts, []
        for x, name in self._lanes:
            self._box(x - LANE // 2, 16, LANE, HEAD - 24, "#f6f8fa", RULE)
            self._text(x, 36, name, INK, anchor="middle", weight="bold")
        size = f'width="{self._width}" height="{height}"'
        fits = 'style="max-width: 100%; height: auto"'
        font = f'font-family="{FONT}" font-size="{SIZE}"'
        seen = f'role="img" viewBox="0 0 {self._width} {height}"'
        opening = f'<svg xmlns="http://www.w3.org/2000/svg" {seen} {size} {fits} {font}>'
        paper = f'<rect {size} rx="6" fill="{PAPER}" stroke="{RULE}"/>'
        return "".join([opening, paper, *lanes, *self._parts, *body, "</svg>"])

    def _row(self, row: Row, y: int) -> int:
        """Draw a row, and return its height."""
        tall = LINE * len(row.lines)
        if row.kind == "life":
            self._note(row.lines, y, tall)
            return tall + 16
        if row.kind in ("time", "gap"):
            self._across(row.lines[0], y)
            return tall + 14
        colour = COLOURS[row.kind]
        left = self._service if row.kind == "other" else self._app
        for number, line in enumerate(row.lines):
            self._text(left + 14, y + 13 + number * LINE, line, colour)
        self._arrow(row.kind, y + tall + 5, colour)
        return tall + (18 if row.kind == "call" else 24)

    def _arrow(self, kind: Kind, y: int, colour: str) -> None:
        start, end = {"call": (self._app, self._service), "other": (self._right, self._service)}.get(
            kind, (self._service, self._app)
        )
        towards = 1 if end > start else -1
        dashes = "" if kind in ("call", "other", "notification") else ' stroke-dasharray="6 4"'
        if kind == "loss":
            end += 40
            y += 2
        self._parts.append(f'<line x1="{start}" y1="{y}" x2="{end}" y2="{y}" stroke="{colour}"{dashes}/>')
        if kind == "loss":
            cross = f"M{end - 5} {y - 5} l10 10 m0 -10 l-10 10"
            self._parts.append(f'<path d="{cross}" fill="none" stroke="{colour}" stroke-width="2"/>')
        else:
            back = -towards * HEAD_LENGTH
            self._parts.append(f'<path d="M{end} {y} l{back} -4 v8 z" fill="{colour}"/>')

    def _note(self, lines: Sequence[str], y: int, tall: int) -> None:
        wide = max(len(line) for line in lines) * CELL + 20
        x = min(self._service - wide / 2, self._width - 12 - wide)
        self._box(x, y, wide, tall + 6, "#fff8c5", "#d4a72c")
        for number, line in enumerate(lines):
            self._text(x + wide / 2, y + 15 + number * LINE, line, INK, anchor="middle")

    def _across(self, line: str, y: int) -> None:
        middle, half = (self._app + self._right) / 2, len(line) * CELL / 2 + 8
        for x1, x2 in ((self._app, middle - half), (middle + half, self._right)):
            self._parts.append(f'<line x1="{x1:g}" y1="{y + 9}" x2="{x2:g}" y2="{y + 9}" stroke="{RULE}"/>')
        self._text(middle, y + 13, line, PALE, anchor="middle")

    def _box(self, x: float, y: float, wide: float, tall: float, fill: str, stroke: str) -> None:
        self._parts.append(
            f'<rect x="{x:g}" y="{y:g}" width="{wide:g}" height="{tall:g}" rx="4" fill="{fill}" stroke="{stroke}"/>'
        )

    def _text(
        self,
        x: float,
        y: float,
        text: str,
        colour: str,
        *,
        anchor: str = "start",
        size: int = SIZE,
        weight: str = "normal",
    ) -> None:
        self._parts.append(
            f'<text x="{x:g}" y="{y:g}" fill="{colour}" font-size="{size}" font-weight="{weight}" '
            f'text-anchor="{anchor}" xml:space="preserve">{escape(text)}</text>'
        )
