"""Hypothesis strategies of requests, derived from the installed service model and from the rules of the fake.

Needs hypothesis, the extra `strategies`. Three kinds, for each faked operation:

- `requests`: within every bound and rule that a request's own form can break
- `nearly_valid_requests`: the same with one thing off
- `hostile_requests`: what nobody sends on purpose

What hypothesis is to draw for a member can be given: a strategy, or a value; `...` for whatever the model allows, and
`ABSENT` to leave the member out.
"""

from __future__ import annotations

from typing import Any

try:
    from hypothesis.strategies import SearchStrategy
except ModuleNotFoundError as _error:
    raise ModuleNotFoundError(
        "pytest_connect_chat.strategies needs hypothesis: install pytest-connect-chat[strategies].", name=_error.name
    ) from None

from pytest_connect_chat.strategies import _hostile as hostile
from pytest_connect_chat.strategies import _near_misses as near_misses
from pytest_connect_chat.strategies import _valid as valid

__all__ = ["hostile_requests", "nearly_valid_requests", "requests", "start_chat_contact_requests"]

Requests = SearchStrategy[dict[str, Any]]


def requests(operation: str = "StartChatContact", /, *, region: str = "us-east-1", **members: Any) -> Requests:
    """Return a strategy of valid requests: the keywords of the client method.

    botocore accepts each, and no rule of the fake on the form of a request refuses one. What depends on state may: an
    id or a token has to be one that the fake knows. Members that only make sense with such an id are there when given:
    `PersistentChat`, `RelatedContactId`, `ClientToken`, `NextToken`, and the `ContactId` of GetTranscript.

    Args:
        operation: A faked operation, for example `"SendMessage"`.
        region: The region of the client; SNS topics have to lie in it.
        **members: What to draw for a member: a strategy, a value, `...` or `ABSENT`. What is drawn for the others
            suits it.

    Raises:
        ValueError: The operation is not faked.
        TypeError: The operation has no such member in the installed model.

    Example:
        >>> from hypothesis import strategies as st
        >>> spoken = requests("SendMessage", ConnectionToken="token", ContentType="text/plain", Content=st.text("ab"))
    """
    return valid.requests(operation, region, members)


def start_chat_contact_requests(*, region: str = "us-east-1", **members: Any) -> Requests:
    """Return a strategy of valid requests of StartChatContact; a fake without declared instances accepts them all.

    Args:
        region: The region of the client.
        **members: As for `requests`.
    """
    return requests("StartChatContact", region=region, **members)


def nearly_valid_requests(
    operation: str = "StartChatContact", /, *, region: str = "us-east-1", **members: Any
) -> Requests:
    """Return a strategy of requests with one thing off, which botocore or the fake refuses.

    A bound is exceeded by one, an enum has no such value, a required member is missing or an unknown one there, or a
    rule of the fake is broken: each rule of the operation that looks at the form of a request is among them.

    Args:
        operation: A faked operation.
        region: The region of the client.
        **members: As for `requests`; what is off comes before what is given.
    """
    return near_misses.nearly_valid_requests(operation, region, members)


def hostile_requests(operation: str = "StartChatContact", /, *, region: str = "us-east-1", **members: Any) -> Requests:
    """Return a strategy of requests that nobody sends on purpose.

    One to three members hold what does not belong there: huge or empty texts, astral and combining characters, NUL,
    lone surrogates, other types, NaN, numbers of thousands of digits, maps and lists of thousands of entries, and,
    where the model is recursive, values nested up to Python's recursion limit. Some are valid in spite of it.

    Args:
        operation: A faked operation.
        region: The region of the client.
        **members: As for `requests`; what is hostile comes before what is given.
    """
    return hostile.hostile_requests(operation, region, members)
