"""Requests and answers over HTTP, as plain data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

LOOPBACK: Final = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """One request over HTTP.

    Attributes:
        method: The method, for example `"PUT"`.
        path: The path as it was sent, percent signs and all.
        query: The parameters of the query.
        headers: The headers by their names in lower case.
        body: The body.
    """

    method: str
    path: str
    query: Sequence[tuple[str, str]] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """One answer over HTTP."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""


class NoAnswer(NamedTuple):
    """The connection is closed without an answer.

    Attributes:
        after_silence: Whether it stays silent for a while first, as in a timeout.
    """

    after_silence: bool
