"""Pages of lists, and the tokens that lead to the next ones."""

from __future__ import annotations

import base64
import binascii
from typing import Any, Final

from pytest_connect_chat._service.request import Request
from pytest_connect_chat._service.state import ServiceState

LONGEST_POSITION: Final = 9  # digits; Python refuses to read thousands of them


def page_of(
    state: ServiceState, request: Request, member: str, items: list[dict[str, Any]], per_page: int
) -> dict[str, Any]:
    """Return one page of `items` under `member`, with a `NextToken` if more follow."""
    start = 0
    if "NextToken" in request.params:
        position = read_token(request.params["NextToken"], request.operation)
        known = position.isdecimal() and len(position) <= LONGEST_POSITION
        state.rules.require("list-next-token", known, "NextToken is not one of this operation.")
        start = int(position) if known else 0
    end = start + request.params.get("MaxResults", per_page)
    page: dict[str, Any] = {member: items[start:end]}
    if end < len(items):
        page["NextToken"] = write_token(str(end), request.operation)
    return page


def write_token(position: str, purpose: str) -> str:
    """Return a token that stands for a position, and that clients cannot read."""
    return base64.urlsafe_b64encode(f"{purpose}/{position}".encode()).decode()


def read_token(token: str, purpose: str) -> str:
    """Return the position that a token stands for; empty if it was not written for this purpose."""
    try:
        text = base64.b64decode(token, altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        return ""
    return text.removeprefix(f"{purpose}/") if text.startswith(f"{purpose}/") else ""
