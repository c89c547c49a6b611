"""Time: what ends contacts, what moves the clock, and whom the clock follows."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pytest
from botocore.config import Config

from pytest_connect_chat import Contact, FakeConnectChat
from pytest_connect_chat._clients.sessions import new_session
from pytest_connect_chat.exceptions import ClockError

Parameters = dict[str, Any]

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
NOT_CONNECTED = "CUSTOMER_CONNECTION_NOT_ESTABLISHED"

frozen = pytest.mark.connect_chat(clock="2026-01-01T00:00:00Z")
session = cache(new_session)


def new_client(**config: Any) -> Any:
    return session().create_client(
        "connect",
        region_name="us-east-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
        config=Config(**config),
    )


@cache
def has_connection_types() -> bool:
    operation = new_client().meta.service_model.operation_model("StartChatContact")
    return "ConnectionTypes" in operation.input_shape.members


def start(fake: FakeConnectChat, parameters: Parameters, **more: Any) -> Contact:
    return fake.contacts[new_client().start_chat_contact(**parameters, **more)["ContactId"]]


def assert_ends(fake: FakeConnectChat, contact: Contact, after: timedelta, reason: str) -> None:
    """Assert that a contact ends at this time, not a millisecond before it, and for this reason."""
    end = contact.initiation_timestamp + after
    fake.clock.move_to(end - MILLISECOND)
    assert contact.is_active
    assert contact.disconnect_reason is None
    fake.clock.advance(milliseconds=1)
    assert not contact.is_active
    assert (contact.disconnect_reason, contact.disconnect_timestamp) == (reason, end)
    assert contact in fake.contacts.ended


# -- the 5-minute rule -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "minutes"),
    [({}, 5), ({"connect_within": 5}, 5), ({"connect_within": 0.5}, 0.5), ({"connect_within": "10"}, 10)],
    ids=str,
)
def test_a_contact_that_nobody_connects_to_ends(
    parameters: Parameters, settings: dict[str, Any], minutes: float
) -> None:
    with FakeConnectChat(**settings) as fake:
        assert_ends(fake, start(fake, parameters), timedelta(minutes=minutes), NOT_CONNECTED)


@pytest.mark.parametrize("value", [None, "none"])
def test_the_rule_can_be_switched_off(parameters: Parameters, value: str | None) -> None:
    with FakeConnectChat(connect_within=value) as fake:
        assert_ends(fake, start(fake, parameters), timedelta(hours=25), "EXPIRED")


@pytest.mark.skipif("not has_connection_types()", reason="the installed botocore has no ConnectionTypes")
@pytest.mark.parametrize(
    ("connection_types", "reason"),
    [
        (["WEBSOCKET", "CONNECTION_CREDENTIALS"], "EXPIRED"),
        (["CONNECTION_CREDENTIALS", "WEBSOCKET"], "EXPIRED"),
        (["WEBSOCKET"], NOT_CONNECTED),
        (["CONNECTION_CREDENTIALS"], NOT_CONNECTED),
    ],
    ids=str,
)
def test_both_connection_types_count_as_connected(
    parameters: Parameters, connection_types: list[str], reason: str
) -> None:
    with FakeConnectChat() as fake:
        contact = start(fake, parameters, ConnectionTypes=connection_types, ChatDurationInMinutes=60)
        fake.clock.advance(minutes=60)

        assert contact.disconnect_reason == reason


def test_the_chat_may_expire_first(parameters: Parameters) -> None:
    with FakeConnectChat(connect_within=61) as fake:
        assert_ends(fake, start(fake, parameters, ChatDurationInMinutes=60), timedelta(minutes=60), "EXPIRED")


def test_what_has_ended_does_not_end_again(parameters: Parameters) -> None:
    with FakeConnectChat() as fake:
        contact = start(fake, parameters)
        fake.stop_contact(contact.contact_id)
        ended = contact.disconnect_timestamp
        fake.clock.advance(days=3)

        assert (contact.disconnect_reason, contact.disconnect_timestamp) == ("API", ended)


def test_contacts_that_a_test_adds_wait_for_nobody() -> None:
    with FakeConnectChat() as fake:
        contact = fake.add_contact()
        fake.clock.advance(minutes=6)

        assert contact.is_active


# -- chat duration -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("duration", "minutes"),
    [({}, 1_500), ({"ChatDurationInMinutes": 60}, 60), ({"ChatDurationInMinutes": 10_080}, 10_080)],
)
def test_a_chat_expires_at_the_end_of_its_duration(
    parameters: Parameters, duration: dict[str, int], minutes: int
) -> None:
    with FakeConnectChat(connect_within="none") as fake:
        contact = start(fake, parameters, **duration)

        assert contact.expires_at == contact.initiation_timestamp + timedelta(minutes=minutes)
        assert_ends(fake, contact, timedelta(minutes=minutes), "EXPIRED")


@pytest.mark.connect_chat(connect_within="none")
def test_contacts_end_in_the_order_of_their_time(connect_chat: FakeConnectChat, parameters: Parameters) -> None:
    long = start(connect_chat, parameters, ChatDurationInMinutes=120)
    short = start(connect_chat, parameters, ChatDurationInMinutes=60)
    connect_chat.clock.advance(minutes=90)
    assert [contact.is_active for contact in (long, short)] == [True, False]

    connect_chat.clock.advance(days=1)

    assert long.disconnect_timestamp is not None
    assert short.disconnect_timestamp is not None
    assert long.disconnect_timestamp - short.disconnect_timestamp == timedelta(minutes=60)


# -- what moves the clock ----------------------------------------------------------------------------------------------


@frozen
def test_it_starts_where_the_setting_says(connect_chat: FakeConnectChat, parameters: Parameters) -> None:
    answer = new_client().start_chat_contact(**parameters)

    assert connect_chat.contacts.last.initiation_timestamp == connect_chat.requests.last.time == NEW_YEAR
    assert answer["ResponseMetadata"]["HTTPHeaders"]["date"] == "Thu, 01 Jan 2026 00:00:00 GMT"


@frozen
def test_a_call_takes_no_time(connect_chat: FakeConnectChat, parameters: Parameters) -> None:
    start(connect_chat, parameters)

    assert connect_chat.clock.now() == NEW_YEAR


@frozen
@pytest.mark.parametrize(("mode", "longest"), [("legacy", 15), ("standard", 15), ("adaptive", 15)])
def test_back_off_moves_it(
    connect_chat: FakeConnectChat,
    parameters: Parameters,
    monkeypatch: pytest.MonkeyPatch,
    mode: str,
    longest: float,
) -> None:
    monkeypatch.setattr(time, "sleep", lambda seconds: pytest.fail("it was about to sleep"))
    connect_chat.faults.throttle(attempts=4)

    new_client(retries={"mode": mode, "total_max_attempts": 5}).start_chat_contact(**parameters)

    times = [attempt.time for attempt in connect_chat.requests.one().attempts]
    assert times == sorted(set(times))
    assert NEW_YEAR < connect_chat.clock.now() == times[-1] <= NEW_YEAR + timedelta(seconds=longest)
    assert connect_chat.contacts.last.initiation_timestamp == times[-1]


@frozen
def test_a_pace_of_the_application_can_be_the_clocks(
    connect_chat: FakeConnectChat, parameters: Parameters, monkeypatch: pytest.MonkeyPatch
) -> None:
    def open_slowly(count: int) -> None:
        for _ in range(count):
            start(connect_chat, parameters)
            time.sleep(90)

    monkeypatch.setattr(time, "sleep", connect_chat.clock.sleep)

    open_slowly(4)

    assert connect_chat.clock.now() == NEW_YEAR + timedelta(minutes=6)
    assert [contact.is_active for contact in connect_chat.contacts.values()] == [False, True, True, True]


@frozen
def test_a_test_moves_it(connect_chat: FakeConnectChat, parameters: Parameters) -> None:
    contact = start(connect_chat, parameters)

    connect_chat.clock.move_to("2026-01-01T00:04:00Z")
    assert contact.is_active
    connect_chat.clock.advance(minutes=1)
    assert not contact.is_active
    with pytest.raises(ClockError, match="cannot go backwards"):
        connect_chat.clock.move_to(NEW_YEAR)


# -- whom it follows ---------------------------------------------------------------------------------------------------


def follow(move: Callable[[timedelta], object], parameters: Parameters) -> None:
    """Assert that a fake follows the system's time, which the caller has stopped at the start of 2026."""
    with FakeConnectChat(clock="system") as fake:
        contact = start(fake, parameters)
        assert contact.initiation_timestamp == NEW_YEAR

        move(timedelta(minutes=5) - MILLISECOND)
        assert contact.is_active
        move(MILLISECOND)
        assert contact.disconnect_reason == NOT_CONNECTED
        assert start(fake, parameters).initiation_timestamp == NEW_YEAR + timedelta(minutes=5)

        with pytest.raises(ClockError, match="freezegun or time-machine"):
            fake.clock.advance(minutes=1)


def test_it_follows_freezegun(parameters: Parameters) -> None:
    freezegun = pytest.importorskip("freezegun")
    with freezegun.freeze_time(NEW_YEAR) as time_of_test:
        follow(time_of_test.tick, parameters)


def test_it_follows_time_machine(parameters: Parameters) -> None:
    time_machine = pytest.importorskip("time_machine")
    with time_machine.travel(NEW_YEAR, tick=False) as traveller:
        follow(traveller.shift, parameters)


def test_a_frozen_clock_follows_nobody(parameters: Parameters) -> None:
    freezegun = pytest.importorskip("freezegun")
    with FakeConnectChat(clock=NEW_YEAR) as fake:
        contact = start(fake, parameters)
        with freezegun.freeze_time(NEW_YEAR + timedelta(days=9)):
            assert contact.is_active
            assert fake.clock.now() == NEW_YEAR


@pytest.mark.connect_chat(clock="system")
def test_neither_back_off_nor_delay_moves_the_systems_time(
    connect_chat: FakeConnectChat, parameters: Parameters, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now)
    monkeypatch.setattr(time, "sleep", lambda seconds: pytest.fail("it was about to sleep"))
    connect_chat.faults.throttle(attempts=1)
    connect_chat.faults.delay(seconds=30, attempts=1)
    before = connect_chat.clock.now()

    assert start(connect_chat, parameters).initiation_timestamp == before
    assert connect_chat.clock.now() == before
    assert connect_chat.requests.last.attempt_count == 2
