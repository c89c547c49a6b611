"""Calls that something of the test or the application interrupts: the record tells what was sent, and what ended it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError
from botocore.session import Session
from conftest import new_client

from pytest_connect_chat import FakeConnectChat
from pytest_connect_chat._clients.stubber import ConnectChatStubber
from pytest_connect_chat._model import catalogue as model
from pytest_connect_chat.exceptions import FaultError

pytestmark = pytest.mark.of_botocore

Parameters = dict[str, Any]


@pytest.fixture
def fake() -> Iterator[FakeConnectChat]:
    with FakeConnectChat() as fake:
        yield fake


class InterruptError(BaseException):
    """As KeyboardInterrupt, which pytest does not let a test raise."""


def raise_it(error: BaseException) -> Any:
    def handler(*_: Any, **__: Any) -> None:
        raise error

    return handler


@pytest.mark.parametrize("error", [InterruptError(), ValueError("no")], ids=["interrupt", "error"])
def test_a_handler_that_raises_after_a_failed_attempt_adds_none(
    fake: FakeConnectChat, parameters: Parameters, error: BaseException
) -> None:
    client = new_client()
    client.meta.events.register_first("needs-retry.connect", raise_it(error))
    fake.faults.throttle(attempts=1)

    with pytest.raises(type(error)):
        client.start_chat_contact(**parameters)

    assert [attempt.fault for attempt in fake.requests.one().attempts] == ["throttled"]
    assert fake.requests.one().error is not None


def test_a_handler_that_raises_on_a_success_is_what_the_record_tells(
    fake: FakeConnectChat, parameters: Parameters
) -> None:
    client = new_client()
    client.meta.events.register_first("needs-retry.connect", lambda **_: None)

    def refuse_success(response: Any, **_: Any) -> None:
        if response[0].status_code == 200:
            raise ValueError("not this one")

    client.meta.events.register_first("needs-retry.connect", refuse_success)
    fake.faults.throttle(attempts=1)

    with pytest.raises(ValueError, match="not this one"):
        client.start_chat_contact(**parameters)

    record = fake.requests.one()
    assert (str(record.error), record.response, record.attempt_count) == ("ValueError: not this one", None, 2)
    assert record.contact is fake.contacts.last


def test_a_predicate_that_raises_later_is_recorded_at_its_time(fake: FakeConnectChat, parameters: Parameters) -> None:
    def raises(record: Any) -> bool:
        raise ValueError("wrong predicate")

    fake.faults.throttle(attempts=1)
    fake.faults.throttle(attempts=1, when=raises, optional=True)

    with pytest.raises(ValueError, match="wrong predicate"):
        new_client().start_chat_contact(**parameters)

    first, second = fake.requests.one().attempts
    assert second.time == fake.clock.now() > first.time


def test_an_error_without_a_message_can_be_recorded(fake: FakeConnectChat, parameters: Parameters) -> None:
    fake.add_client_error("start_chat_contact", service_message=None)  # type: ignore[arg-type]  # Stubber takes it

    with pytest.raises(ClientError):
        new_client().start_chat_contact(**parameters)

    assert str(fake.requests.one().error) == ": None"
    assert ": None" in fake.journal()


def test_a_fault_takes_texts_for_messages(fake: FakeConnectChat) -> None:
    with pytest.raises(FaultError, match="message=7 is not valid: it is a text"):
        fake.faults.error("InternalServiceException", message=7)  # type: ignore[arg-type]


def test_asserts_need_no_client_of_their_own(fake: FakeConnectChat, monkeypatch: pytest.MonkeyPatch) -> None:
    for cached in (model.service_model, model._methods, model._paths):
        cached.cache_clear()
    monkeypatch.setattr(Session, "create_client", raise_it(AssertionError("a test patches this")))

    fake.requests.assert_not_requested(Attributes={})
    fake.requests.describe_user.assert_not_requested(UserId="u")


def test_a_call_that_cannot_begin_leaves_nothing_behind(
    parameters: Parameters, monkeypatch: pytest.MonkeyPatch
) -> None:
    method = BaseClient._make_request
    monkeypatch.setattr(ConnectChatStubber, "__init__", raise_it(RuntimeError("no stubber")))

    with FakeConnectChat(), pytest.raises(RuntimeError, match="no stubber"):
        new_client().start_chat_contact(**parameters)

    assert BaseClient._make_request is method


def test_a_property_that_fails_says_so_itself() -> None:
    class Unready(FakeConnectChat):
        def __init__(self) -> None:
            pass

    with pytest.raises(AttributeError, match=r"_backend|_requests|_service"):
        Unready().requests  # noqa: B018
