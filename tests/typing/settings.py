"""The settings as keywords."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, assert_type

from pytest_connect_chat import FakeConnectChat

FakeConnectChat(
    seed=7,
    region="eu-central-1",
    clock=datetime(2026, 1, 1, tzinfo=UTC),
    strict=False,
    unfaked="passthrough",
    max_active_chats=1,
    message_limits="16384-bytes",
    client_token_conflict="error",
    connect_within=10,
    rate_limit=(5, 8),
    throttle_code="ThrottlingException",
    chaos=0.2,
    chaos_mode="hard",
    block=True,
)
FakeConnectChat(seed="checkout", clock="2026-01-01T00:00:00Z", connect_within="none", rate_limit="aws")
FakeConnectChat(seed=None, clock=None, connect_within=None, rate_limit=None)

FakeConnectChat(max_active_chat=1)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
FakeConnectChat(seed=1.5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
FakeConnectChat(clock=0)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
FakeConnectChat(strict="no")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
FakeConnectChat(unfaked="ignore")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
FakeConnectChat(message_limits="bytes")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
FakeConnectChat(client_token_conflict="raise")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
FakeConnectChat(connect_within="never")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
FakeConnectChat(rate_limit=(1, 2, 3))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
FakeConnectChat(throttle_code="Throttled")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
FakeConnectChat(chaos_mode="soft")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def from_a_mapping(settings: dict[str, Any]) -> None:
    with FakeConnectChat(**settings) as fake:
        assert_type(fake, FakeConnectChat)


def assigned(connect_chat: FakeConnectChat) -> None:
    connect_chat.strict = False  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    connect_chat.clock.frozen = True  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    connect_chat.requests.stop_contact.return_value = {}  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
