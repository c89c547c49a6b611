"""Rules on reading a transcript."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from pytest_connect_chat._service.answer import NO_START
from pytest_connect_chat._service.request import Request
from pytest_connect_chat._service.rules.rule import (
    ASSUMED,
    DOCUMENTED,
    OBSERVED,
    PERSISTENCE,
    VALIDATION,
    Rule,
    form,
    state,
)
from pytest_connect_chat._text import shown
from pytest_connect_chat._time import parse_moment
from pytest_connect_chat.exceptions import ClockError


def start_position(request: Request) -> str | None:
    """Check that a start position has one member at most, and that its time is valid."""
    position = request.params["StartPosition"]
    if len(position) > 1:
        return f"StartPosition has {', '.join(position)}; it has one of Id, AbsoluteTime, MostRecent."
    if "AbsoluteTime" in position and moment_of(position["AbsoluteTime"]) is None:
        return f"StartPosition.AbsoluteTime is {shown(position['AbsoluteTime'])}, which is not a time in ISO 8601."
    return None


def moment_of(text: str) -> datetime | None:
    """Return the moment that a text names, or `None`."""
    try:
        return parse_moment(text, "AbsoluteTime")
    except ClockError:
        return None


def forward_from_nowhere(request: Request) -> str | None:
    """Check that a request that reads a transcript forward has a position."""
    params = request.params
    if params["ScanDirection"] != "FORWARD" or params.get("StartPosition") or params.get("NextToken"):
        return None
    return NO_START


RULES: Final = (
    form(
        "transcript-start-position",
        "StartPosition",
        "`StartPosition` has one of `Id`, `AbsoluteTime` and `MostRecent`, or nothing; a time is one in ISO 8601.",
        "participant API reference: GetTranscript",
        start_position,
        evidence=ASSUMED,
        code=VALIDATION,
        operations=("GetTranscript",),
    ),
    Rule(
        id="transcript-forward-position",
        member="ScanDirection",
        sentence="With `ScanDirection` `FORWARD` there is a `StartPosition` that is not empty, or a `NextToken`.",
        code=VALIDATION,
        source="amazon-connect-chatjs, issue 19 and README",
        evidence=OBSERVED,
        code_evidence=OBSERVED,
        check=forward_from_nowhere,
        operations=("GetTranscript",),
    ),
    state(
        "transcript-next-token",
        "NextToken",
        "`NextToken` comes from an earlier page of the same chat.",
        VALIDATION,
        "none",
        ASSUMED,
        operations=("GetTranscript",),
    ),
    state(
        "transcript-start-exists",
        "StartPosition",
        "`StartPosition.Id` is an item of the chat.",
        VALIDATION,
        "none",
        ASSUMED,
        operations=("GetTranscript",),
    ),
    state(
        "transcript-past",
        "NextToken",
        "Past chats are read backward, without `StartPosition` and `ContactId`.",
        VALIDATION,
        PERSISTENCE,
        DOCUMENTED,
        operations=("GetTranscript",),
    ),
)
