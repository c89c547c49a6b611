"""Only type checkers read this folder: what must be an error says so in a comment, which is an error where it is none.

Here: the names that the package looks up when they are asked for.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, assert_type

from faker import Faker

import pytest_connect_chat
from pytest_connect_chat import (
    ABSENT,
    Clock,
    ConnectChatProvider,
    Contact,
    FakeConnectChat,
    Fault,
    RecordedRequest,
    RequestFactory,
    exceptions,
)

assert_type(pytest_connect_chat.__version__, str)
assert_type(pytest_connect_chat.FakeConnectChat(), FakeConnectChat)
assert_type(Clock("2026-01-01T00:00:00Z").now(), datetime)

CLASSES: list[type] = [Clock, ConnectChatProvider, Contact, FakeConnectChat, Fault, RecordedRequest]


def own_factory(**overrides: Any) -> dict[str, Any]:
    return overrides


FACTORY: RequestFactory = own_factory


def with_faker(fake: Faker) -> None:
    fake.add_provider(ConnectChatProvider)
    provider = ConnectChatProvider(fake)
    assert_type(provider.contact_id(), str)
    assert_type(provider.instance_arn("eu-central-1"), str)
    assert_type(provider.chat_attributes(), dict[str, str])
    assert_type(provider.start_chat_contact_request(CustomerId=ABSENT), dict[str, Any])


def errors(
    setting: exceptions.SettingError, leftover: exceptions.LeftoverError, closed: exceptions.ClosedError
) -> None:
    bases: tuple[ValueError, AssertionError, exceptions.ConnectChatError] = (setting, leftover, closed)
    del bases


def clock(clock: Clock) -> None:
    assert_type(clock.start, datetime)
    clock.advance(minutes=6, seconds=1.5)
    clock.advance(timedelta(minutes=6))
    clock.advance(minutes="6")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    clock.move_to("2026-01-01T00:00:00Z")
    clock.sleep(1.5)


def no_such_name() -> None:
    pytest_connect_chat.FakeConectChat()  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
