"""A client's own retry policy runs around the fake's answers, on the fake's clock."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import botocore
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from conftest import awaited, new_client

from pytest_connect_chat import FakeConnectChat

BOTOCORE = tuple(int(number) for number in botocore.__version__.split(".")[:2])
DEFAULT_ATTEMPTS = 3 if BOTOCORE >= (1, 44) else 5  # standard became the default mode in 1.44

pytestmark = [
    pytest.mark.in_process,
    pytest.mark.of_botocore,
    pytest.mark.connect_chat(max_active_chats=0),
    pytest.mark.usefixtures("driver"),
]


@pytest.fixture(autouse=True)
def no_sleep(monkeypatch: pytest.MonkeyPatch) -> None:
    def sleep(seconds: float) -> None:
        raise AssertionError(f"somebody really slept {seconds} seconds")

    monkeypatch.setattr(time, "sleep", sleep)
    monkeypatch.setattr(asyncio, "sleep", sleep)


def client_with(**retries: Any) -> Any:
    return new_client(config=Config(retries=retries or None))


def refused(client: Any, parameters: dict[str, Any]) -> dict[str, Any]:
    """Return the metadata of a call that the quota refuses."""
    with pytest.raises(client.exceptions.LimitExceededException) as caught:
        client.start_chat_contact(**parameters)
    metadata: dict[str, Any] = caught.value.response["ResponseMetadata"]
    return metadata


@pytest.mark.parametrize(
    ("retries", "attempts"),
    [
        pytest.param({}, DEFAULT_ATTEMPTS, id="default"),
        pytest.param({"mode": "legacy"}, 5, id="legacy"),
        pytest.param({"mode": "standard"}, 3, id="standard"),
        pytest.param({"mode": "adaptive"}, 3, id="adaptive"),
        pytest.param({"mode": "legacy", "max_attempts": 2}, 3, id="legacy, 2 retries"),
        pytest.param({"mode": "standard", "max_attempts": 5}, 6, id="standard, 5 retries"),
        pytest.param({"mode": "legacy", "total_max_attempts": 2}, 2, id="legacy, 2 in all"),
        pytest.param({"mode": "standard", "total_max_attempts": 4}, 4, id="standard, 4 in all"),
        pytest.param({"mode": "adaptive", "total_max_attempts": 2}, 2, id="adaptive, 2 in all"),
        pytest.param({"mode": "legacy", "max_attempts": 0}, 1, id="legacy, none"),
        pytest.param({"mode": "standard", "total_max_attempts": 1}, 1, id="standard, none"),
    ],
)
def test_the_configuration_of_the_client_decides(
    connect_chat: FakeConnectChat, parameters: dict[str, Any], retries: dict[str, Any], attempts: int
) -> None:
    metadata = refused(client_with(**retries), parameters)

    assert connect_chat.requests.one().attempt_count == attempts
    assert metadata["RetryAttempts"] == attempts - 1
    assert metadata["MaxAttemptsReached"] is True
    assert not connect_chat.contacts


@pytest.mark.parametrize(
    ("mode", "max_attempts", "attempts"),
    [
        ("legacy", None, 5),
        ("standard", None, 3),
        ("adaptive", None, 3),
        ("legacy", "2", 2),
        ("standard", "4", 4),
        (None, "2", 2),
    ],
)
def test_the_environment_decides(
    connect_chat: FakeConnectChat,
    parameters: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    mode: str | None,
    max_attempts: str | None,
    attempts: int,
) -> None:
    for name, value in (("AWS_RETRY_MODE", mode), ("AWS_MAX_ATTEMPTS", max_attempts)):
        if value is not None:
            monkeypatch.setenv(name, value)

    refused(new_client(), parameters)

    assert connect_chat.requests.one().attempt_count == attempts


@pytest.mark.parametrize("mode", ["legacy", "standard", "adaptive"])
def test_what_cannot_be_retried_is_one_attempt(
    connect_chat: FakeConnectChat, parameters: dict[str, Any], mode: str
) -> None:
    client = client_with(mode=mode)

    with pytest.raises(client.exceptions.InvalidParameterException) as caught:
        client.start_chat_contact(**parameters, CustomerId="x" * 129)

    assert caught.value.response["ResponseMetadata"]["RetryAttempts"] == 0
    assert connect_chat.requests.one().attempt_count == 1
    assert connect_chat.clock.now() == connect_chat.clock.start


@pytest.mark.parametrize("mode", ["legacy", "standard", "adaptive"])
def test_a_retry_may_succeed(connect_chat: FakeConnectChat, parameters: dict[str, Any], mode: str) -> None:
    client = client_with(mode=mode)

    def free_a_slot(attempts: int, **kwargs: Any) -> None:
        if attempts == 2:
            connect_chat.rules["active-chats"].disable()

    client.meta.events.register("needs-retry.connect", free_a_slot)

    answer = client.start_chat_contact(**parameters)

    assert answer["ResponseMetadata"]["RetryAttempts"] == 2
    assert list(connect_chat.contacts) == [answer["ContactId"]]
    assert [attempt.error is None for attempt in connect_chat.requests.one().attempts] == [False, False, True]


# -- back-off ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("mode", "longest"), [("legacy", (1, 2, 4, 8)), ("standard", (1, 2)), ("adaptive", (1, 2))])
def test_back_off_moves_the_clock(
    connect_chat: FakeConnectChat, parameters: dict[str, Any], mode: str, longest: tuple[int, ...]
) -> None:
    refused(client_with(mode=mode), parameters)

    attempts = connect_chat.requests.one().attempts
    waits = [later.time - earlier.time for earlier, later in pairwise(attempts)]
    assert attempts[0].time == connect_chat.clock.start
    assert attempts[-1].time == connect_chat.clock.now()
    assert all(timedelta(0) < wait <= timedelta(seconds=most) for wait, most in zip(waits, longest, strict=True))


@pytest.mark.parametrize("mode", ["legacy", "standard", "adaptive"])
def test_back_off_follows_the_seed(parameters: dict[str, Any], mode: str) -> None:
    def waited(seed: int) -> list[timedelta]:
        with FakeConnectChat(seed=seed, max_active_chats=0) as fake:
            refused(client_with(mode=mode), parameters)
            return [attempt.time - fake.clock.start for attempt in fake.requests.one().attempts]

    assert waited(7) == waited(7)
    assert waited(7) != waited(8)


def test_a_clock_that_follows_the_system_is_not_moved(parameters: dict[str, Any]) -> None:
    with FakeConnectChat(max_active_chats=0, clock="system") as fake:
        refused(client_with(mode="legacy"), parameters)

        assert fake.requests.one().attempt_count == 5
        assert fake.clock.now() - fake.clock.start < timedelta(minutes=10)


# -- nothing is carried from one fake to the next ----------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["standard", "adaptive"])
def test_an_exhausted_retry_quota_ends_with_the_fake(parameters: dict[str, Any], mode: str) -> None:
    client = client_with(mode=mode)

    def attempts(calls: int) -> list[int]:
        with FakeConnectChat(max_active_chats=0) as fake:
            for _ in range(calls):
                refused(client, parameters)
            return [record.attempt_count for record in fake.requests]

    exhausted = attempts(60)
    assert exhausted[0] == 3
    assert exhausted[-1] == 1  # within one fake the quota is the client's own, as on the real service
    assert attempts(1) == [3]


def test_a_success_gives_quota_back(connect_chat: FakeConnectChat, parameters: dict[str, Any]) -> None:
    client = client_with(mode="standard")
    while refused(client, parameters)["RetryAttempts"]:
        pass

    connect_chat.rules["active-chats"].disable()
    for _ in range(60):
        client.start_chat_contact(**parameters)
    connect_chat.rules["active-chats"].enable()

    assert refused(client, parameters)["RetryAttempts"] > 0


def test_two_clients_do_not_share_a_quota(connect_chat: FakeConnectChat, parameters: dict[str, Any]) -> None:
    first, second = client_with(mode="standard"), client_with(mode="standard")
    while refused(first, parameters)["RetryAttempts"]:
        pass

    assert refused(second, parameters)["RetryAttempts"] == 2


# -- handlers of the user ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["legacy", "standard", "adaptive"])
@pytest.mark.parametrize("event", ["needs-retry", "needs-retry.connect", "needs-retry.connect.StartChatContact"])
def test_a_needs_retry_handler_of_the_user_is_heard(
    connect_chat: FakeConnectChat, parameters: dict[str, Any], mode: str, event: str
) -> None:
    client = client_with(mode=mode)
    asked: list[int] = []

    def ask_thrice(attempts: int, response: Any, **kwargs: Any) -> float | None:
        asked.append(attempts)
        return 30 if response[1].get("Error", {}).get("Code") == "InvalidParameterException" and attempts < 3 else None

    client.meta.events.register(event, ask_thrice)

    with pytest.raises(ClientError):
        client.start_chat_contact(**parameters, CustomerId="x" * 129)

    assert asked == [1, 2, 3]
    assert connect_chat.requests.one().attempt_count == 3
    assert connect_chat.clock.now() == connect_chat.clock.start + timedelta(seconds=60)


def test_the_clients_own_handlers_stay_on_it(parameters: dict[str, Any]) -> None:
    client = client_with(mode="standard")
    with FakeConnectChat(max_active_chats=0):
        refused(client, parameters)

    responses = awaited(
        client.meta.events.emit(
            "needs-retry.connect.StartChatContact",
            response=(SimpleNamespace(status_code=429, headers={}), {"Error": {"Code": "ThrottlingException"}}),
            endpoint=client._endpoint,
            operation=client.meta.service_model.operation_model("StartChatContact"),
            attempts=1,
            caught_exception=None,
            request_dict={"context": {"retries": {"attempt": 1}}},
        )
    )
    assert [response for _, response in responses if response]


def test_a_client_of_a_mode_that_nobody_knows_keeps_its_own_handlers(
    connect_chat: FakeConnectChat, parameters: dict[str, Any]
) -> None:
    client = client_with()
    client.meta.config.retries = {"mode": "mine"}

    assert refused(client, parameters)["RetryAttempts"] == DEFAULT_ATTEMPTS - 1
