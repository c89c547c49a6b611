"""The message on what a test planned, and did not happen."""

from __future__ import annotations

from collections.abc import Iterable

from pytest_connect_chat._text import WIDTH, wrapped


def describe_leftovers(problems: Iterable[str]) -> str:
    """Return a message on what is left over, and on how to allow it."""
    lines = [line for problem in problems for line in f"Left over: {problem}".split("\n")]
    lines.append("If this is on purpose: strict=False in the marker or in FakeConnectChat().")
    return "\n".join(part for line in lines for part in wrapped(line, WIDTH))
