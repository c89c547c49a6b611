"""A user's own `Stubber` on the same client: asked first, and never a way to the network."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError, ParamValidationError, StubAssertionError, UnStubbedResponseError
from botocore.stub import ANY, Stubber

from pytest_connect_chat import FakeConnectChat
from pytest_connect_chat._clients.sessions import new_session
from pytest_connect_chat.exceptions import ClosedError

pytestmark = pytest.mark.of_botocore

Parameters = dict[str, Any]

THEIRS = {"ContactId": "theirs", "ParticipantId": "p", "ParticipantToken": "t"}


@pytest.fixture
def client() -> Any:
    """A client that could really sign, on an endpoint where nobody listens."""
    return new_session().create_client(
        "connect", region_name="us-east-1", aws_access_key_id="AKIA", aws_secret_access_key="secret"
    )


@pytest.fixture
def theirs(client: Any) -> Stubber:
    return Stubber(client)


@pytest.fixture(autouse=True)
def closed(no_sockets: list[Any]) -> Iterator[None]:
    yield
    assert no_sockets == []


def test_a_stubber_from_before_is_asked_first_and_goes_on_after(
    client: Any, theirs: Stubber, parameters: Parameters
) -> None:
    for _ in range(3):
        theirs.add_response("start_chat_contact", THEIRS)
    theirs.activate()
    assert client.start_chat_contact(**parameters) == THEIRS
    with FakeConnectChat() as fake:
        assert client.start_chat_contact(**parameters) == THEIRS
    assert client.start_chat_contact(**parameters) == THEIRS

    theirs.assert_no_pending_responses()
    assert not fake.requests.called
    assert not fake.contacts


@pytest.mark.parametrize("used_before", [False, True], ids=["fresh client", "client used before"])
def test_a_stubber_inside_is_asked_first_and_the_fake_resumes(
    used_before: bool, client: Any, theirs: Stubber, parameters: Parameters, connect_chat: FakeConnectChat
) -> None:
    if used_before:
        client.start_chat_contact(**parameters)
    theirs.add_response("start_chat_contact", THEIRS)
    with theirs:
        assert client.start_chat_contact(**parameters) == THEIRS
    assert len(connect_chat.requests) == used_before

    contact_id = client.start_chat_contact(**parameters)["ContactId"]
    assert connect_chat.contacts.last.contact_id == contact_id
    assert len(connect_chat.requests) == used_before + 1


def test_a_stubber_that_outlives_the_fake_goes_on(client: Any, theirs: Stubber, parameters: Parameters) -> None:
    with FakeConnectChat() as fake:
        client.start_chat_contact(**parameters)
        theirs.add_response("start_chat_contact", THEIRS)
        theirs.activate()

    assert client.start_chat_contact(**parameters) == THEIRS
    with pytest.raises(UnStubbedResponseError):
        client.start_chat_contact(**parameters)
    assert len(fake.requests) == 1


def test_a_stubber_after_the_fake_works_alone(client: Any, theirs: Stubber, parameters: Parameters) -> None:
    with FakeConnectChat() as fake:
        client.start_chat_contact(**parameters)
    theirs.add_client_error("start_chat_contact", "LimitExceededException", http_status_code=429)

    with theirs, pytest.raises(client.exceptions.LimitExceededException):
        client.start_chat_contact(**parameters)
    assert len(fake.requests) == 1


@pytest.mark.parametrize("used_before", [False, True], ids=["fresh client", "client used before"])
def test_an_empty_queue_is_their_error(
    used_before: bool, client: Any, theirs: Stubber, parameters: Parameters, connect_chat: FakeConnectChat
) -> None:
    if used_before:
        client.start_chat_contact(**parameters)
    with theirs, pytest.raises(UnStubbedResponseError):
        client.start_chat_contact(**parameters)

    assert len(connect_chat.requests) == len(connect_chat.contacts) == used_before


def test_their_errors_are_not_recorded(
    client: Any, theirs: Stubber, parameters: Parameters, connect_chat: FakeConnectChat
) -> None:
    theirs.add_client_error("start_chat_contact", "InternalServiceException", http_status_code=500)

    with theirs, pytest.raises(ClientError):
        client.start_chat_contact(**parameters)
    assert not connect_chat.requests.called


def test_their_expected_params_need_no_client_token(
    client: Any, theirs: Stubber, parameters: Parameters, connect_chat: FakeConnectChat
) -> None:
    theirs.add_response("start_chat_contact", THEIRS, parameters)
    theirs.add_response("start_chat_contact", THEIRS, {**parameters, "ClientToken": ANY})

    with theirs:
        assert client.start_chat_contact(**parameters) == THEIRS
        assert client.start_chat_contact(**parameters, ClientToken="order-17") == THEIRS
    assert not connect_chat.requests.called


def test_their_unmet_expectation_is_their_error(
    client: Any, theirs: Stubber, parameters: Parameters, connect_chat: FakeConnectChat
) -> None:
    theirs.add_response("start_chat_contact", THEIRS, {**parameters, "InstanceId": "another"})

    with theirs, pytest.raises(StubAssertionError, match="Expected parameters"):
        client.start_chat_contact(**parameters)
    assert not connect_chat.requests.called


def test_their_stubber_leaves_validation_to_botocore(
    client: Any, theirs: Stubber, connect_chat: FakeConnectChat
) -> None:
    theirs.add_response("start_chat_contact", THEIRS)

    with theirs, pytest.raises(ParamValidationError):
        client.start_chat_contact(InstanceId="instance")
    assert not connect_chat.requests.called


def test_switching_theirs_off_and_on_again_never_switches_ours_off(
    client: Any, theirs: Stubber, parameters: Parameters, connect_chat: FakeConnectChat
) -> None:
    for started in range(1, 4):
        theirs.activate()
        theirs.activate()
        theirs.deactivate()
        theirs.deactivate()
        client.start_chat_contact(**parameters)
        assert len(connect_chat.contacts) == started


def test_a_stubber_on_another_client_is_none_of_ours(
    theirs: Stubber, parameters: Parameters, connect_chat: FakeConnectChat
) -> None:
    with theirs:
        connect_chat.client().start_chat_contact(**parameters)

    assert len(connect_chat.contacts) == 1


def test_theirs_answers_what_is_not_faked(
    client: Any, theirs: Stubber, parameters: Parameters, connect_chat: FakeConnectChat
) -> None:
    theirs.add_response("list_instances", {"InstanceSummaryList": []})

    with theirs:
        assert client.list_instances() == {"InstanceSummaryList": []}
    client.start_chat_contact(**parameters)
    assert [record.operation for record in connect_chat.requests] == ["StartChatContact"]


def test_what_they_do_not_answer_is_refused_once_they_are_gone(client: Any, theirs: Stubber) -> None:
    with FakeConnectChat(unfaked="passthrough"):
        theirs.activate()
        theirs.deactivate()
        with pytest.raises(ClosedError):
            client.list_instances()


def test_theirs_works_between_nested_fakes(client: Any, theirs: Stubber, parameters: Parameters) -> None:
    theirs.add_response("start_chat_contact", THEIRS)
    with FakeConnectChat() as outer:
        client.start_chat_contact(**parameters)
        with theirs, FakeConnectChat() as inner:
            assert client.start_chat_contact(**parameters) == THEIRS
            with pytest.raises(UnStubbedResponseError):
                client.start_chat_contact(**parameters)
        client.start_chat_contact(**parameters)

    assert (len(outer.requests), len(inner.requests)) == (2, 0)
