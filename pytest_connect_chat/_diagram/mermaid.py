"""A picture as Mermaid's text, which forges and many editors draw."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from pytest_connect_chat._diagram.rows import Row
from pytest_connect_chat._report.events import Kind

# What has a meaning to Mermaid, or to the HTML and the formulas in its texts.
SPECIAL: Final = {ord(char): f"#{ord(char)};" for char in "#;<>&%\\$"}
COLON: Final = re.compile(r"(?i)(?<=^wrap):|(?<=^nowrap):|:(?! )")  # others are plain text
ARROWS: Final[dict[Kind, str]] = {
    "call": "app->>service",
    "answer": "service-->>app",
    "refusal": "service-->>app",
    "loss": "service--xapp",
    "other": "other->>service",
    "notification": "service-)app",
    "life": "Note over service",
}


def mermaid(rows: Sequence[Row]) -> str:
    """Return rows as a `sequenceDiagram`: one statement to the line, and no line within a text."""
    lines = ["sequenceDiagram", "    participant app as application", "    participant service as Amazon Connect"]
    across = "Note over app,service"
    if any(row.kind == "other" for row in rows):
        lines.append("    participant other as other side")
        across = "Note over app,other"
    for row in rows:
        text = "<br/>".join(COLON.sub("#58;", line.translate(SPECIAL)) for line in row.lines)
        lines.append(f"    {ARROWS.get(row.kind, across)}: {text}")
    return "\n".join(lines)
