"""Tests as users annotate them. What a fixture's parameter says is what a checker believes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, assert_type

import pytest

from pytest_connect_chat import ABSENT, FakeConnectChat, RequestFactory


@pytest.mark.connect_chat(max_active_chats=1, unfaked="passthrough")
def one_chat(connect_chat: FakeConnectChat, start_chat_contact_request: RequestFactory) -> None:
    parameters = start_chat_contact_request(CustomerId="C-1", Attributes=ABSENT)
    assert_type(parameters, dict[str, Any])
    connect_chat.client().start_chat_contact(**parameters)
    start_chat_contact_request("C-1")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


def as_a_callable(start_chat_contact_request: RequestFactory) -> Callable[..., dict[str, Any]]:
    return start_chat_contact_request


MARK = pytest.mark.connect_chat(seed=7)
assert_type(MARK, pytest.MarkDecorator)
