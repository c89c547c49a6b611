"""Without stubs, a client is `Any`: right or wrong, a checker has nothing to say."""

from __future__ import annotations

from typing import Any, assert_type

from pytest_connect_chat import FakeConnectChat


def clients(connect_chat: FakeConnectChat) -> None:
    assert_type(connect_chat.client(), Any)
    assert_type(connect_chat.client("connectparticipant"), Any)
    assert_type(connect_chat.aio_client(), Any)
    assert_type(connect_chat.aio_client("connectparticipant"), Any)
