"""Faults: every way in which a request fails in production, on demand and in no real time."""

from __future__ import annotations

import asyncio
import threading
import time
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from textwrap import fill
from typing import Any

import conftest
import pytest
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ParamValidationError,
    ProxyConnectionError,
    ReadTimeoutError,
    SSLError,
)
from conftest import over_all_drivers

from pytest_connect_chat import ABSENT, Clock, FakeConnectChat, RecordedRequest
from pytest_connect_chat.exceptions import FaultError, LeftoverError, UnknownCodeWarning

pytestmark = pytest.mark.of_botocore

Parameters = dict[str, Any]
Plan = Callable[[Any], object]

ENDPOINT = "https://connect.us-east-1.amazonaws.com/contact/chat"
NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
PLAIN = ("-p", "no:faker", "-p", "no:asyncio", "-p", "no:hypothesispytest", "-p", "no:randomly")

frozen = pytest.mark.connect_chat(clock="2026-01-01T00:00:00Z")


@pytest.fixture(autouse=True)
def no_sleep(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever waits, waits on the fake's clock."""

    def refuse(*args: Any, **kwargs: Any) -> None:
        raise AssertionError("something was about to sleep in real time")

    monkeypatch.setattr(time, "sleep", refuse)
    monkeypatch.setattr(asyncio, "sleep", refuse)


def new_client(mode: str = "standard", total_max_attempts: int = 3, **config: Any) -> Any:
    """Return a client whose retry policy does not depend on botocore's version."""
    retries = {"mode": mode, "total_max_attempts": total_max_attempts}
    return conftest.new_client(config=Config(retries=retries, **config))


@pytest.fixture
def client(connect_chat: FakeConnectChat, driver: str) -> Any:
    """A client that makes three attempts, of either driver."""
    return new_client()


@pytest.fixture
def patient(connect_chat: FakeConnectChat, driver: str) -> Any:
    """A client that makes ten attempts, of either driver."""
    return new_client(total_max_attempts=10)


def outcome(client: Any, parameters: Parameters) -> str:
    """Return what one call shows: `"answered"`, an error code, or the class of a network error."""
    try:
        client.start_chat_contact(**parameters)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    except BotoCoreError as error:
        return type(error).__name__
    return "answered"


def outcomes(client: Any, parameters: Parameters, count: int) -> list[str]:
    """Return what some calls show, one after the other."""
    return [outcome(client, parameters) for _ in range(count)]


def met(fake: FakeConnectChat) -> list[str | None]:
    """Return the fault that each attempt met, of all requests in order."""
    return [attempt.fault for record in fake.requests for attempt in record.attempts]


# -- which requests ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("wrong", "right"), [("status", "http_status"), ("field", "fields"), ("mesage", "message")])
def test_a_keyword_of_another_name_is_told_the_right_one(connect_chat: FakeConnectChat, wrong: str, right: str) -> None:
    plan: Any = connect_chat.faults.error
    with pytest.raises(
        FaultError, match=rf"^error\(\) has no keyword '{wrong}'. Did you mean '{right}'\? It takes mes"
    ):
        plan("ThrottlingException", **{wrong: 429})


def test_a_fault_meets_every_attempt_of_the_next_call(
    connect_chat: FakeConnectChat, client: Any, parameters: Parameters
) -> None:
    connect_chat.faults.throttle()

    assert outcomes(client, parameters, 2) == ["TooManyRequestsException", "answered"]
    assert met(connect_chat) == ["throttled", "throttled", "throttled", None]


def test_calls_says_how_many(connect_chat: FakeConnectChat, client: Any, parameters: Parameters) -> None:
    connect_chat.faults.throttle(calls=2)

    assert outcomes(client, parameters, 3) == ["TooManyRequestsException", "TooManyRequestsException", "answered"]


def test_calls_none_lasts_until_the_plan_is_cleared(
    connect_chat: FakeConnectChat, client: Any, parameters: Parameters
) -> None:
    connect_chat.faults.deny_access(calls=None)

    assert outcomes(client, parameters, 4) == ["AccessDeniedException"] * 4
    connect_chat.faults.clear()
    assert outcome(client, parameters) == "answered"


@pytest.mark.parametrize(("attempts", "seen"), [(1, "answered"), (2, "answered"), (3, "TooManyRequestsException")])
def test_attempts_may_be_absorbed_by_the_clients_retries(
    connect_chat: FakeConnectChat, client: Any, parameters: Parameters, attempts: int, seen: str
) -> None:
    connect_chat.faults.throttle(attempts=attempts)

    assert outcome(client, parameters) == seen
    assert connect_chat.requests.last.attempt_count == min(attempts + 1, 3)


def test_attempts_go_on_with_the_next_call(connect_chat: FakeConnectChat, client: Any, parameters: Parameters) -> None:
    connect_chat.faults.throttle(attempts=4)

    assert outcomes(client, parameters, 2) == ["TooManyRequestsException", "answered"]
    assert [record.attempt_count for record in connect_chat.requests] == [3, 2]


def test_after_lets_calls_pass(connect_chat: FakeConnectChat, client: Any, parameters: Parameters) -> None:
    connect_chat.faults.throttle(after=2)

    assert outcomes(client, parameters, 4) == ["answered", "answered", "TooManyRequestsException", "answered"]


def test_after_lets_attempts_pass_where_attempts_count(
    connect_chat: FakeConnectChat, patient: Any, parameters: Parameters
) -> None:
    connect_chat.faults.error("InternalServiceException", attempts=2)
    connect_chat.faults.throttle(attempts=2, after=1)

    assert outcomes(patient, parameters, 2) == ["answered", "answered"]
    assert met(connect_chat) == [
        "InternalServiceException",
        "InternalServiceException",
        None,
        "throttled",
        "throttled",
        None,
    ]


def test_only_the_operation_counts(connect_chat: FakeConnectChat, client: Any, parameters: Parameters) -> None:
    contact = connect_chat.add_contact()
    connect_chat.faults.deny_access(operation="StopContact")

    assert outcome(client, parameters) == "answered"
    with pytest.raises(client.exceptions.AccessDeniedException) as error:
        client.stop_contact(InstanceId=contact.instance_id, ContactId=contact.contact_id)

    assert error.value.response["Error"]["Message"] == (
        "User: arn:aws:sts::123456789012:assumed-role/testing/testing is not authorized to perform: "
        f"connect:StopContact on resource: arn:aws:connect:us-east-1:123456789012:instance/{contact.instance_id}"
    )
    assert contact.is_active


@pytest.mark.parametrize("selector", [{"operation": None}, {"operation": None, "service": "connect"}], ids=str)
def test_operation_none_is_every_operation(
    connect_chat: FakeConnectChat, client: Any, parameters: Parameters, selector: dict[str, Any]
) -> None:
    contact = connect_chat.add_contact()
    connect_chat.faults.deny_access(calls=2, **selector)

    assert outcome(client, parameters) == "AccessDeniedException"
    with pytest.raises(client.exceptions.AccessDeniedException):
        client.stop_contact(InstanceId=contact.instance_id, ContactId=contact.contact_id)


@pytest.mark.in_process
@pytest.mark.parametrize(
    "when",
    [
        pytest.param({"ParticipantDetails": {"DisplayName": "Bob"}}, id="members"),
        pytest.param(lambda request: request.params["ParticipantDetails"]["DisplayName"] == "Bob", id="predicate"),
        pytest.param({"ClientToken": "bob", "Attributes": ABSENT}, id="absent member"),
        pytest.param(lambda request: request.client_token_given and request.contact is None, id="given token"),
        pytest.param(lambda request: request.attempt_count == 0 and request.client_token == "bob", id="no attempt yet"),
    ],
)
def test_when_selects_by_the_request(
    connect_chat: FakeConnectChat, client: Any, parameters: Parameters, when: Any
) -> None:
    connect_chat.faults.deny_access(when=when)
    bob = {**parameters, "ParticipantDetails": {"DisplayName": "Bob"}, "ClientToken": "bob"}

    assert outcome(client, parameters) == "answered"
    assert outcome(client, bob) == "AccessDeniedException"
    assert outcome(client, bob) == "answered"


def test_when_sees_the_attempts_so_far(connect_chat: FakeConnectChat, client: Any, parameters: Parameters) -> None:
    connect_chat.faults.throttle(attempts=1)
    connect_chat.faults.deny_access(
        attempts=1, when=lambda request: request.attempts[-1:] and request.attempts[0].error
    )

    assert outcome(client, parameters) == "AccessDeniedException"
    assert met(connect_chat) == ["throttled", "access denied"]


def test_after_counts_what_when_selects(connect_chat: FakeConnectChat, client: Any, parameters: Parameters) -> None:
    connect_chat.faults.deny_access(after=1, when={"ClientToken": "x"})
    marked = {**parameters, "ClientToken": "x"}

    assert outcomes(client, parameters, 2) == ["answered", "answered"]
    assert outcomes(client, marked, 2) == ["answered", "AccessDeniedException"]


def test_a_call_that_botocore_refuses_meets_no_fault(
    connect_chat: FakeConnectChat, client: Any, parameters: Parameters
) -> None:
    fault = connect_chat.faults.throttle()

    with pytest.raises(ParamValidationError):
        client.start_chat_contact(InstanceId="only")

    assert fault.met == 0
    assert outcome(client, parameters) == "TooManyRequestsException"


def test_a_canned_answer_comes_before_every_fault(
    connect_chat: FakeConnectChat, client: Any, parameters: Parameters
) -> None:
    fault = connect_chat.faults.deny_access()
    connect_chat.add_client_error("start_chat_contact", "ThrottlingException")

    assert outcome(client, parameters) == "ThrottlingException"
    assert fault.met == 0
    assert outcome(client, parameters) == "AccessDeniedException"


# -- several faults ----------------------------------------------------------------------------------------------------


def test_the_first_planned_is_met_first(connect_chat: FakeConnectChat, client: Any, parameters: Parameters) -> None:
    connect_chat.faults.deny_access()
    connect_chat.faults.throttle()
    connect_chat.faults.expire_credentials()

    assert outcomes(client, parameters, 4) == [
        "AccessDeniedException",
        "TooManyRequestsException",
        "ExpiredTokenException",
        "answered",
    ]


def test_one_call_may_meet_several(connect_chat: FakeConnectChat, patient: Any, parameters: Parameters) -> None:
    connect_chat.faults.throttle(attempts=2)
    connect_chat.faults.network_error("connect_timeout", attempts=1)
    connect_chat.faults.lose_response(attempts=1)

    assert outcome(patient, parameters) == "answered"
    assert met(connect_chat) == ["throttled", "throttled", "connect timeout", "response lost (read timeout)", None]
    assert len(connect_chat.contacts) == 1


@pytest.mark.in_process
def test_a_lost_response_after_throttled_attempts(
    connect_chat: FakeConnectChat, client: Any, parameters: Parameters
) -> None:
    connect_chat.faults.throttle(attempts=2)
    connect_chat.faults.lose_response()

    assert outcomes(client, parameters, 2) == ["ReadTimeoutError", "answered"]
    assert len(connect_chat.contacts) == 2


def test_a_fault_that_does_not_match_leaves_the_request_to_the_next(
    connect_chat: FakeConnectChat, client: Any, parameters: Parameters
) -> None:
    connect_chat.faults.throttle(when={"CustomerId": "c"}, optional=True)
    connect_chat.faults.deny_access()

    assert outcome(client, parameters) == "AccessDeniedException"


def test_threads_never_meet_one_fault_twice(connect_chat: FakeConnectChat, client: Any, parameters: Parameters) -> None:
    connect_chat.faults.deny_access(calls=10, after=5)
    connect_chat.faults.throttle(attempts=7)
    start = threading.Barrier(64)

    def call(_: int) -> str:
        start.wait()
        return outcome(client, parameters)

    with ThreadPoolExecutor(64) as pool:
        seen = list(pool.map(call, range(64)))

    assert seen.count("AccessDeniedException") == 10
    assert met(connect_chat).count("access denied") == 10
    assert met(connect_chat).count("throttled") == 7
    assert len(connect_chat.contacts) == seen.count("answered")


# -- refusals ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "is_modelled"),
    [("TooManyRequestsException", True), ("TooManyRequests", False), ("ThrottlingException", True)],
)
def test_throttling_has_the_code_of_the_setting(parameters: Parameters, code: str, is_modelled: bool) -> None:
    with FakeConnectChat(throttle_code=code) as fake:
        client = new_client()
        fake.faults.throttle()
        with pytest.raises(ClientError) as error:
            client.start_chat_contact(**parameters)

    assert error.value.response["Error"] == {"Code": code, "Message": "Too Many Requests"}
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 429
    assert (
        isinstance(error.value, getattr(client.exceptions, code)) if is_modelled else type(error.value) is ClientError
    )


DECLARED = [
    ("describe_contact", {}),
    ("tag_contact", {"Tags": {"k": "v"}}),
    ("untag_contact", {"TagKeys": ["k"]}),
    ("list_associated_contacts", {}),
    (
        "create_participant",
        {"ParticipantDetails": {"ParticipantRole": "CUSTOM_BOT", "DisplayName": "Bot"}, "ClientToken": "t"},
    ),
]


BURSTS = {
    "describe_contact": 15,
    "tag_contact": 25,
    "untag_contact": 25,
    "list_associated_contacts": 5,
    "create_participant": 8,
}


@over_all_drivers
@pytest.mark.parametrize(("method", "members"), DECLARED, ids=[method for method, _ in DECLARED])
@pytest.mark.parametrize("throttled", ["by a fault", "by the rate"])
def test_throttling_has_the_code_that_the_operation_declares(
    method: str, members: dict[str, Any], throttled: str
) -> None:
    with FakeConnectChat(rate_limit="aws" if throttled == "by the rate" else None) as fake:
        contact_id = fake.add_contact(instance_id="i", contact_id="c").contact_id
        client = new_client(total_max_attempts=1)
        call = partial(getattr(client, method), InstanceId="i", ContactId=contact_id, **members)
        if throttled == "by a fault":
            fake.faults.throttle(operation=None)
        else:
            for _ in range(BURSTS[method]):
                call()
        with pytest.raises(client.exceptions.ThrottlingException) as error:
            call()

    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 429
    assert error.value.response["Message"] == "Rate exceeded"


def test_an_operation_that_declares_no_throttling_has_the_code_of_the_setting(connect_chat: FakeConnectChat) -> None:
    connect_chat.add_contact(instance_id="i", contact_id="c")
    connect_chat.faults.throttle(operation=None)
    client = new_client()
    with pytest.raises(client.exceptions.TooManyRequestsException):
        client.stop_contact(InstanceId="i", ContactId="c")


def test_an_exceeded_quota(connect_chat: FakeConnectChat, client: Any, parameters: Parameters) -> None:
    connect_chat.faults.exceed_quota()

    with pytest.raises(client.exceptions.LimitExceededException) as error:
        client.start_chat_contact(**parameters)

    assert error.value.response["Error"]["Message"] == "Service Quota Exceeded"
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 429
    assert len(connect_chat.contacts) == 0


def test_denied_access_names_the_flow(connect_chat: FakeConnectChat, client: Any, parameters: Parameters) -> None:
    connect_chat.faults.deny_access()

    with pytest.raises(client.exceptions.AccessDeniedException) as error:
        client.start_chat_contact(**parameters)

    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    assert error.value.response["Error"]["Message"] == (
        "User: arn:aws:sts::123456789012:assumed-role/testing/testing is not authorized to perform: "
        "connect:StartChatContact on resource: arn:aws:connect:us-east-1:123456789012:instance/"
        f"{parameters['InstanceId']}/contact-flow/{parameters['ContactFlowId']}"
    )


def test_expired_credentials(connect_chat: FakeConnectChat, client: Any, parameters: Parameters) -> None:
    connect_chat.faults.expire_credentials()

    with pytest.raises(ClientError) as error:
        client.start_chat_contact(**parameters)

    assert type(error.value) is ClientError
    assert error.value.response["Error"] == {
        "Code": "ExpiredTokenException",
        "Message": "The security token included in the request is expired",
    }
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


@over_all_drivers
def test_every_modelled_error_has_its_class_and_status(connect_chat: FakeConnectChat, parameters: Parameters) -> None:
    client = new_client("standard", 1)
    shapes = client.meta.service_model.error_shapes
    assert len(shapes) > 15

    for shape in shapes:
        connect_chat.faults.error(shape.name)
        with pytest.raises(getattr(client.exceptions, shape.name)) as error:
            client.start_chat_contact(**parameters)
        status = error.value.response["ResponseMetadata"]["HTTPStatusCode"]
        assert status == shape.metadata["error"]["httpStatusCode"], shape.name
        assert error.value.response["Error"]["Message"] == f"{shape.name} was injected"


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("InternalFailure", 500),
        ("ServiceUnavailable", 503),
        ("RequestEntityTooLargeException", 413),
        ("RequestTimeoutException", 408),
        ("UnknownOperationException", 404),
        ("NotAuthorized", 401),
        ("ValidationError", 400),
        ("ExpiredTokenException", 403),
    ],
)
def test_common_errors_need_no_status(
    connect_chat: FakeConnectChat, client: Any, parameters: Parameters, code: str, status: int
) -> None:
    connect_chat.faults.error(code, "in other words")

    with pytest.raises(ClientError, match="in other words") as error:
        client.start_chat_contact(**parameters)

    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == status


def test_an_error_has_modelled_fields(connect_chat: FakeConnectChat, client: Any, parameters: Parameters) -> None:
    reason = {"AttachedFileInvalidRequestExceptionReason": "INVALID_FILE_SIZE"}
    connect_chat.faults.error("InvalidRequestException", "no", fields={"Reason": reason})

    with pytest.raises(client.exceptions.InvalidRequestException) as error:
        client.start_chat_contact(**parameters)

    assert error.value.response["Reason"] == reason
    assert error.value.response["Message"] == "no"


def test_a_planned_error_is_a_copy(connect_chat: FakeConnectChat, client: Any, parameters: Parameters) -> None:
    fields = {"Message": "as planned"}
    connect_chat.faults.error("InvalidRequestException", fields=fields)
    fields["Message"] = "changed"

    with pytest.raises(client.exceptions.InvalidRequestException) as error:
        client.start_chat_contact(**parameters)

    assert error.value.response["Message"] == "as planned"


def test_a_code_of_the_other_service_is_unknown_to_this_one(connect_chat: FakeConnectChat) -> None:
    connect_chat.faults.error("InternalServerException", operation=None, optional=True)

    with pytest.warns(UnknownCodeWarning, match="^connect has no error 'InternalServerException'"):
        connect_chat.faults.error("InternalServerException", operation=None, service="connect", optional=True)


def test_an_unknown_code_is_allowed_but_said(
    connect_chat: FakeConnectChat, client: Any, parameters: Parameters
) -> None:
    with pytest.warns(UnknownCodeWarning) as warned:
        connect_chat.faults.error("NoSuchException")

    assert len(warned) == 1
    assert str(warned[0].message) == (
        "connect has no error 'NoSuchException'. Did you mean 'ConflictException'? Clients see a plain ClientError "
        "with the HTTP status 400; give http_status=... if that is what you want."
    )
    assert warned[0].filename == __file__
    with pytest.raises(ClientError) as error:
        client.start_chat_contact(**parameters)
    assert type(error.value) is ClientError
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


@pytest.mark.parametrize("code", ["NoSuchException", "InvalidRequestException"])
def test_a_status_that_is_given_wins_and_says_that_it_is_meant(
    connect_chat: FakeConnectChat, client: Any, parameters: Parameters, code: str
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        connect_chat.faults.error(code, http_status=418)

    with pytest.raises(ClientError) as error:
        client.start_chat_contact(**parameters)

    assert error.value.response["Error"]["Code"] == code
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 418


@pytest.mark.parametrize(
    ("plan", "code", "status", "message"),
    [
        (lambda faults, **only: faults.throttle(**only), "ThrottlingException", 429, "Rate exceeded"),
        (
            lambda faults, **only: faults.deny_access(**only),
            "AccessDeniedException",
            403,
            "User is not authorized to access this resource with an explicit deny",
        ),
        (
            lambda faults, **only: faults.error("InternalServerException", **only),
            "InternalServerException",
            500,
            "InternalServerException was injected",
        ),
        (
            lambda faults, **only: faults.error("ValidationException", "no", **only),
            "ValidationException",
            400,
            "no",
        ),
    ],
    ids=["throttle", "deny_access", "server error", "validation"],
)
@pytest.mark.parametrize(
    "only",
    [{"operation": "CreateParticipantConnection"}, {"operation": None, "service": "connectparticipant"}],
    ids=["by operation", "by service"],
)
def test_the_participant_service_refuses_in_its_own_words(
    connect_chat: FakeConnectChat,
    connectparticipant_client: Any,
    client: Any,
    parameters: Parameters,
    plan: Callable[..., object],
    code: str,
    status: int,
    message: str,
    only: dict[str, Any],
) -> None:
    plan(connect_chat.faults, **only)

    assert outcome(client, parameters) == "answered"
    with pytest.raises(getattr(connectparticipant_client.exceptions, code)) as error:
        connectparticipant_client.create_participant_connection(
            ParticipantToken=connect_chat.contacts.last.participant_token, Type=["WEBSOCKET"]
        )
    assert error.value.response["Error"]["Message"] == message
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == status


# -- network errors ----------------------------------------------------------------------------------------------------

NETWORK_ERRORS = [
    ("connect_timeout", ConnectTimeoutError, f'Connect timeout on endpoint URL: "{ENDPOINT}"'),
    ("read_timeout", ReadTimeoutError, f'Read timeout on endpoint URL: "{ENDPOINT}"'),
    (
        "connection_closed",
        ConnectionClosedError,
        f'Connection was closed before we received a valid response from endpoint URL: "{ENDPOINT}".',
    ),
    ("endpoint_unreachable", EndpointConnectionError, f'Could not connect to the endpoint URL: "{ENDPOINT}"'),
    ("dns", EndpointConnectionError, f'Could not connect to the endpoint URL: "{ENDPOINT}"'),
    ("proxy", ProxyConnectionError, 'Failed to connect to proxy URL: "http://proxy.invalid:3128"'),
    (
        "tls",
        SSLError,
        f"SSL validation failed for {ENDPOINT} [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed",
    ),
]


@pytest.mark.in_process
@pytest.mark.parametrize(("error", "kind", "message"), NETWORK_ERRORS, ids=[row[0] for row in NETWORK_ERRORS])
def test_network_errors_are_botocores_own(
    connect_chat: FakeConnectChat,
    client: Any,
    parameters: Parameters,
    error: str,
    kind: type[Exception],
    message: str,
) -> None:
    failed: list[Exception] = []
    client.meta.events.register("after-call-error", lambda exception, **rest: failed.append(exception))
    connect_chat.faults.network_error(error)

    with pytest.raises(BotoCoreError) as raised:
        client.start_chat_contact(**parameters)

    assert type(raised.value) is kind
    assert str(raised.value) == message
    assert failed == [raised.value]
    assert len(connect_chat.contacts) == 0
    record = connect_chat.requests.one()
    assert record.error is not None
    assert (record.error.code, record.error.message, record.error.http_status) == (kind.__name__, message, None)
    assert met(connect_chat) == [error.replace("_", " ")] * 3


@pytest.mark.in_process
def test_the_default_network_error_is_a_connect_timeout(
    connect_chat: FakeConnectChat, client: Any, parameters: Parameters
) -> None:
    connect_chat.faults.network_error()

    assert outcome(client, parameters) == "ConnectTimeoutError"


def test_a_network_error_that_is_absorbed_is_not_reported(
    connect_chat: FakeConnectChat, client: Any, parameters: Parameters
) -> None:
    failed: list[Exception] = []
    client.meta.events.register("after-call-error", lambda exception, **rest: failed.append(exception))
    connect_chat.faults.network_error(attempts=1)

    answer = client.start_chat_contact(**parameters)

    assert answer["ResponseMetadata"]["RetryAttempts"] == 1
    assert failed == []


# -- lost responses ----------------------------------------------------------------------------------------------------


@pytest.mark.in_process
@pytest.mark.parametrize(
    ("error", "seen", "said"),
    [
        ("read_timeout", "ReadTimeoutError", "read timeout"),
        ("connection_closed", "ConnectionClosedError", "connection closed"),
        (500, "500", "500"),
        (502, "502", "502"),
        (503, "503", "503"),
        (504, "504", "504"),
    ],
    ids=str,
)
def test_a_lost_response_is_committed(
    connect_chat: FakeConnectChat, client: Any, parameters: Parameters, error: Any, seen: str, said: str
) -> None:
    connect_chat.faults.lose_response(error)

    assert outcome(client, parameters) == seen
    record = connect_chat.requests.one()
    assert record.contact is connect_chat.contacts.last
    assert record.response is None
    assert met(connect_chat) == [f"response lost ({said})"] * 3


def test_the_clients_retry_of_a_lost_response_gets_the_same_contact(
    connect_chat: FakeConnectChat, client: Any, parameters: Parameters
) -> None:
    connect_chat.faults.lose_response(attempts=2)

    answer = client.start_chat_contact(**parameters)

    assert list(connect_chat.contacts) == [answer["ContactId"]]


@pytest.mark.in_process
@pytest.mark.parametrize(("own_token", "contacts"), [({}, 2), ({"ClientToken": "order-17"}, 1)], ids=["none", "own"])
def test_an_application_that_calls_again_opens_two_chats_without_a_token_of_its_own(
    connect_chat: FakeConnectChat, client: Any, parameters: Parameters, own_token: Parameters, contacts: int
) -> None:
    connect_chat.faults.lose_response(calls=1)

    assert outcomes(client, {**parameters, **own_token}, 2) == ["ReadTimeoutError", "answered"]
    assert len(connect_chat.contacts) == contacts


def test_the_response_of_a_refused_request_can_be_lost_too(
    connect_chat: FakeConnectChat, client: Any, parameters: Parameters
) -> None:
    connect_chat.faults.lose_response(503, attempts=1)

    with pytest.raises(client.exceptions.InvalidParameterException):
        client.start_chat_contact(**parameters, SupportedMessagingContentTypes=["text/plain", "text/html"])

    assert connect_chat.requests.one().attempt_count == 2
    assert connect_chat.requests.one().contact is None


def test_a_lost_5xx_is_an_error_without_a_code(
    connect_chat: FakeConnectChat, client: Any, parameters: Parameters
) -> None:
    connect_chat.faults.lose_response(503)

    with pytest.raises(ClientError) as error:
        client.start_chat_contact(**parameters)

    assert type(error.value) is ClientError
    assert error.value.response["Error"] == {"Code": "503", "Message": "Service Unavailable"}
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 503


@pytest.mark.parametrize(
    ("plan", "answered"),
    [
        pytest.param(lambda faults: faults.throttle(), 2, id="failed call"),
        pytest.param(lambda faults: faults.network_error(calls=2), 1, id="failed calls"),
        pytest.param(lambda faults: faults.throttle(attempts=2), 3, id="failed attempts"),
        pytest.param(lambda faults: faults.lose_response(attempts=2), 3, id="lost responses"),
    ],
)
def test_a_fault_does_not_change_the_ids_of_contacts(parameters: Parameters, plan: Plan, answered: int) -> None:
    def contact_ids(plan: Plan) -> list[str]:
        with FakeConnectChat(seed=7) as fake:
            plan(fake.faults)
            outcomes(new_client(), parameters, 3)
            return list(fake.contacts)

    assert contact_ids(plan) == contact_ids(lambda faults: None)[:answered]


# -- delays ------------------------------------------------------------------------------------------------------------


@frozen
def test_a_delay_passes_on_the_clock(connect_chat: FakeConnectChat, client: Any, parameters: Parameters) -> None:
    connect_chat.faults.delay(seconds=59.5)

    assert outcome(client, parameters) == "answered"
    assert connect_chat.clock.now() == NEW_YEAR + timedelta(seconds=59.5)
    assert met(connect_chat) == ["delayed 59.5 s"]
    assert connect_chat.requests.last.time == connect_chat.contacts.last.initiation_timestamp == NEW_YEAR


@pytest.mark.in_process
@over_all_drivers
@frozen
@pytest.mark.parametrize(
    ("config", "patience"),
    [({}, 60), ({"read_timeout": 5}, 5), ({"read_timeout": 0.5}, 0.5)],
    ids=["default", "5 s", "half a second"],
)
def test_a_delay_past_the_read_timeout_is_a_committed_read_timeout(
    connect_chat: FakeConnectChat, parameters: Parameters, config: dict[str, Any], patience: float
) -> None:
    client = new_client("standard", 1, **config)
    connect_chat.faults.delay(seconds=70)

    assert outcome(client, parameters) == "ReadTimeoutError"
    assert connect_chat.clock.now() == NEW_YEAR + timedelta(seconds=patience)
    assert connect_chat.requests.last.contact is connect_chat.contacts.last


@over_all_drivers
@frozen
def test_a_delay_as_long_as_the_read_timeout_is_in_time(connect_chat: FakeConnectChat, parameters: Parameters) -> None:
    connect_chat.faults.delay(seconds=5)

    assert outcome(new_client(read_timeout=5), parameters) == "answered"


@pytest.mark.in_process
@over_all_drivers
@frozen
def test_a_client_without_a_read_timeout_waits(connect_chat: FakeConnectChat, parameters: Parameters) -> None:
    connect_chat.faults.delay(seconds=7_200)

    assert outcome(new_client(read_timeout=None), parameters) == "answered"
    assert connect_chat.clock.now() == NEW_YEAR + timedelta(hours=2)


@frozen
def test_a_refusal_can_be_delayed_too(connect_chat: FakeConnectChat, client: Any, parameters: Parameters) -> None:
    connect_chat.add_instance("another")
    connect_chat.faults.delay(seconds=3)

    assert outcome(client, parameters) == "ResourceNotFoundException"
    assert connect_chat.clock.now() == NEW_YEAR + timedelta(seconds=3)


@frozen
def test_a_delay_of_nothing_changes_nothing(connect_chat: FakeConnectChat, client: Any, parameters: Parameters) -> None:
    connect_chat.faults.delay(seconds=0)

    assert outcome(client, parameters) == "answered"
    assert connect_chat.clock.now() == NEW_YEAR


@frozen
@pytest.mark.parametrize(
    ("plan", "longest"),
    [
        pytest.param(lambda faults: faults.delay(seconds=20, calls=8), 20, id="delays"),
        pytest.param(lambda faults: faults.throttle(attempts=8), 1, id="back-offs"),
    ],
)
def test_parallel_waits_do_not_add_up(
    connect_chat: FakeConnectChat,
    client: Any,
    parameters: Parameters,
    monkeypatch: pytest.MonkeyPatch,
    plan: Plan,
    longest: float,
) -> None:
    all_sent = threading.Barrier(8)
    move = Clock._move

    def move_once_all_are_sent(self: Clock, moment: datetime) -> None:
        all_sent.wait(timeout=30)
        move(self, moment)

    monkeypatch.setattr(Clock, "_move", move_once_all_are_sent)
    plan(connect_chat.faults)
    with ThreadPoolExecutor(8) as pool:
        seen = list(pool.map(lambda _: outcome(client, parameters), range(8)))

    assert seen == ["answered"] * 8
    assert timedelta(0) < connect_chat.clock.now() - NEW_YEAR <= timedelta(seconds=longest)


# -- outages -----------------------------------------------------------------------------------------------------------


@frozen
@pytest.mark.parametrize(
    ("lasts", "end"),
    [
        ({"minutes": 5}, timedelta(minutes=5)),
        ({"seconds": 30}, timedelta(seconds=30)),
        ({"hours": 1, "minutes": 1, "seconds": 1.5}, timedelta(hours=1, seconds=61.5)),
    ],
    ids=str,
)
def test_an_outage_lasts_until_the_clock_has_moved_on(
    connect_chat: FakeConnectChat, parameters: Parameters, lasts: dict[str, Any], end: timedelta
) -> None:
    client = new_client("standard", 1)
    connect_chat.faults.outage(**lasts)

    assert outcome(client, parameters) == "503"
    connect_chat.clock.move_to(NEW_YEAR + end - timedelta(milliseconds=1))
    assert outcome(client, parameters) == "503"
    connect_chat.clock.advance(milliseconds=1)
    assert outcome(client, parameters) == "answered"


@pytest.mark.in_process
@pytest.mark.parametrize(
    ("error", "seen"),
    [("endpoint_unreachable", "EndpointConnectionError"), ("dns", "EndpointConnectionError"), (500, "500")],
)
def test_an_outage_fails_as_asked(
    connect_chat: FakeConnectChat, client: Any, parameters: Parameters, error: Any, seen: str
) -> None:
    connect_chat.faults.outage(minutes=5, error=error)

    assert outcome(client, parameters) == seen
    assert len(connect_chat.contacts) == 0


def test_an_outage_concerns_all_operations_or_one(
    connect_chat: FakeConnectChat, client: Any, parameters: Parameters
) -> None:
    contact = connect_chat.add_contact()
    stop = {"InstanceId": contact.instance_id, "ContactId": contact.contact_id}
    connect_chat.faults.outage(seconds=10, operation="StopContact", service="connect")

    assert outcome(client, parameters) == "answered"
    with pytest.raises(ClientError, match="503"):
        client.stop_contact(**stop)

    connect_chat.clock.advance(seconds=10)
    connect_chat.faults.outage(seconds=10)
    with pytest.raises(ClientError, match="503"):
        client.stop_contact(**stop)
    assert outcome(client, parameters) == "503"


def test_an_application_survives_an_outage_by_backing_off(
    connect_chat: FakeConnectChat, client: Any, parameters: Parameters
) -> None:
    connect_chat.faults.outage(minutes=5)
    tries = 0

    while outcome(client, parameters) != "answered":
        tries += 1
        connect_chat.clock.sleep(60)

    assert tries == 5
    assert len(connect_chat.contacts) == 1


@over_all_drivers
def test_the_clients_own_back_off_can_outlast_an_outage(connect_chat: FakeConnectChat, parameters: Parameters) -> None:
    connect_chat.faults.outage(seconds=1)
    client = new_client("legacy", 12)

    assert outcome(client, parameters) == "answered"
    assert connect_chat.requests.last.attempt_count > 1


# -- what the record says ----------------------------------------------------------------------------------------------


def test_the_record_has_every_attempt(connect_chat: FakeConnectChat, client: Any, parameters: Parameters) -> None:
    connect_chat.faults.throttle(attempts=1)
    connect_chat.faults.network_error(attempts=1)

    client.start_chat_contact(**parameters)

    first, second, third = connect_chat.requests.one().attempts
    assert first.error is not None
    assert (first.error.code, first.error.http_status, first.fault) == ("TooManyRequestsException", 429, "throttled")
    assert second.error is not None
    assert (second.error.code, second.error.http_status) == ("ConnectTimeoutError", None)
    assert (third.error, third.fault) == (None, None)
    assert first.time < second.time < third.time == connect_chat.clock.now()


# -- what cannot be planned --------------------------------------------------------------------------------------------

UNITS = "weeks, days, hours, minutes, seconds, milliseconds, microseconds"
NETWORK_ERRORS = "connect_timeout, read_timeout, connection_closed, endpoint_unreachable, dns, proxy, tls"
SELECTORS = "It takes calls, attempts, after, operation, service, when, optional."
FAILURES = (
    "'connect_timeout', 'read_timeout', 'connection_closed', 'endpoint_unreachable', 'dns', 'proxy', 'tls', "
    "500, 502, 503, 504."
)
WRONG: list[tuple[str, Plan, str]] = [
    ("call", lambda f: f.throttle(call=1), f"throttle() has no keyword 'call'. Did you mean 'calls'? {SELECTORS}"),
    ("unknown", lambda f: f.throttle(xyz=1), f"throttle() has no keyword 'xyz'. {SELECTORS}"),
    (
        "lose_response(erorr=503)",
        lambda f: f.lose_response(erorr=503),
        f"lose_response() has no keyword 'erorr'. Did you mean 'error'? {SELECTORS.replace('takes', 'takes error,')}",
    ),
    (
        "a list of errors",
        lambda f: f.network_error(["dns"]),
        f"error=['dns'] is not a network error. Valid: {NETWORK_ERRORS}.",
    ),
    (
        "how often",
        lambda f: f.throttle(times=1),
        f"throttle() has no keyword 'times'. Did you mean calls or attempts? {SELECTORS}",
    ),
    (
        "both",
        lambda f: f.throttle(calls=1, attempts=1),
        "A fault counts calls or attempts, not both: give calls=... or attempts=....",
    ),
    (
        "both, none",
        lambda f: f.throttle(calls=None, attempts=1),
        "A fault counts calls or attempts, not both: give calls=... or attempts=....",
    ),
    ("calls=0", lambda f: f.throttle(calls=0), "calls=0 is not valid: it is a whole number, 1 or more."),
    (
        "when, None",
        lambda f: f.throttle(when={"CustomerId": None}),
        (
            "when={...} would never match: nobody sends CustomerId=None; "
            "ABSENT stands for a whole member that is not there."
        ),
    ),
    ("optional=1", lambda f: f.throttle(optional=1), "optional=1 is not valid: it is True or False."),
    ("calls=True", lambda f: f.throttle(calls=True), "calls=True is not valid: it is a whole number, 1 or more."),
    ("calls=1.5", lambda f: f.throttle(calls=1.5), "calls=1.5 is not valid: it is a whole number, 1 or more."),
    ("attempts=-1", lambda f: f.throttle(attempts=-1), "attempts=-1 is not valid: it is a whole number, 1 or more."),
    (
        "attempts=None",
        lambda f: f.throttle(attempts=None),
        "attempts=None is not valid: it is a whole number, 1 or more.",
    ),
    ("message", lambda f: f.error("ThrottlingException", 5), "message=5 is not valid: it is a text."),
    ("after=-1", lambda f: f.throttle(after=-1), "after=-1 is not valid: it is a whole number, 0 or more."),
    ("after='1'", lambda f: f.throttle(after="1"), "after='1' is not valid: it is a whole number, 0 or more."),
    (
        "when",
        lambda f: f.throttle(when="Ada"),
        "when='Ada' is not valid: give members to match, as a dict, or a predicate on the request.",
    ),
    (
        "when, mistyped",
        lambda f: f.throttle(when={"Custmer": "Ada"}),
        "when={...} would never match: StartChatContact has no member 'Custmer'. Did you mean 'CustomerId'?",
    ),
    (
        "when, mistyped inside",
        lambda f: f.throttle(when={"ParticipantDetails": {"Displayname": "Ada"}}),
        (
            "when={...} would never match: StartChatContact has no member 'Displayname' in ParticipantDetails. "
            "Did you mean 'DisplayName'?"
        ),
    ),
    (
        "when, of another operation",
        lambda f: f.throttle(operation="StopContact", when={"ParticipantDetails": {}}),
        (
            "when={...} would never match: StopContact has no member 'ParticipantDetails'. "
            "Valid: ContactId, DisconnectReason, InstanceId."
        ),
    ),
    (
        "when, of every operation",
        lambda f: f.throttle(operation=None, when={"Custmer": "Ada"}),
        "when={...} would never match: No operation has a member 'Custmer'. Did you mean 'CustomerId'?",
    ),
    ("when={1: 2}", lambda f: f.throttle(when={1: 2}), "when={1: 2} is not valid: the names of members are texts."),
    (
        "code",
        lambda f: f.error(""),
        "error() takes an error code such as 'InternalServiceException', not ''.",
    ),
    (
        "code=404",
        lambda f: f.error(404),
        "error() takes an error code such as 'InternalServiceException', not 404.",
    ),
    (
        "status=200",
        lambda f: f.error("X", http_status=200),
        "http_status=200 is not the HTTP status of an error: 300 to 599.",
    ),
    (
        "status='404'",
        lambda f: f.error("X", http_status="404"),
        "http_status='404' is not the HTTP status of an error: 300 to 599.",
    ),
    (
        "field",
        lambda f: f.error("InvalidRequestException", fields={"Cause": 1}),
        "The error 'InvalidRequestException' has no field 'Cause'. Valid: Message, Reason.",
    ),
    (
        "field of unknown code",
        lambda f: f.error("NoSuchException", fields={"Cause": 1}),
        "The error 'NoSuchException' has no field 'Cause'. Valid: none.",
    ),
    (
        "fields",
        lambda f: f.error("InvalidRequestException", fields=["Reason"]),
        "fields=['Reason'] is not valid: give modelled members of the error, as a dict.",
    ),
    (
        "network error",
        lambda f: f.network_error("timeout"),
        (
            "error='timeout' is not a network error. Valid: connect_timeout, read_timeout, connection_closed, "
            "endpoint_unreachable, dns, proxy, tls."
        ),
    ),
    (
        "loss",
        lambda f: f.lose_response("dns"),
        "error='dns' is not a failure. Valid: 'read_timeout', 'connection_closed', 500, 502, 503, 504.",
    ),
    (
        "loss=501",
        lambda f: f.lose_response(501),
        "error=501 is not a failure. Valid: 'read_timeout', 'connection_closed', 500, 502, 503, 504.",
    ),
    (
        "seconds=-1",
        lambda f: f.delay(-1),
        "delay() takes 0 to 366 days, not -1.0 seconds.",
    ),
    (
        "seconds='1'",
        lambda f: f.delay("1"),
        "delay() takes a duration by its unit, for example minutes=6, not '1'.",
    ),
    (
        "seconds=True",
        lambda f: f.delay(True),
        "seconds=True is not valid: delay() takes a number of seconds.",
    ),
    (
        "seconds=nan",
        lambda f: f.delay(float("nan")),
        "delay(seconds=nan) is no duration that Python knows: cannot convert float NaN to integer.",
    ),
    (
        "seconds=inf",
        lambda f: f.delay(float("inf")),
        "delay(seconds=inf) is no duration that Python knows: cannot convert float infinity to integer.",
    ),
    (
        "delay(minutes='2')",
        lambda f: f.delay(minutes="2"),
        "minutes='2' is not valid: delay() takes a number of minutes.",
    ),
    (
        "a year and a day",
        lambda f: f.delay(days=366, seconds=1),
        "delay() takes 0 to 366 days, not 31,622,401.0 seconds.",
    ),
    ("no delay", lambda f: f.delay(), "delay() takes how long the answer takes, for example seconds=70 or minutes=2."),
    (
        "delay(minute=2)",
        lambda f: f.delay(minute=2),
        f"delay() has no keyword 'minute'. Did you mean 'minutes'? {SELECTORS.replace('takes', f'takes {UNITS},')}",
    ),
    (
        "outage(5)",
        lambda f: f.outage(5),
        "outage() takes a duration by its unit, for example minutes=6, not 5.",
    ),
    (
        "outage(minute=5)",
        lambda f: f.outage(minute=5),
        (
            "outage() has no keyword 'minute'. Did you mean 'minutes'? It takes error, operation, service, optional, "
            f"{UNITS}."
        ),
    ),
    (
        "outage(attempts=1)",
        lambda f: f.outage(minutes=5, attempts=1),
        f"outage() has no keyword 'attempts'. It takes error, operation, service, optional, {UNITS}.",
    ),
    ("no outage", lambda f: f.outage(), "outage() takes how long it lasts, for example minutes=5."),
    ("outage in the past", lambda f: f.outage(minutes=-1), "outage() takes how long it lasts, for example minutes=5."),
    (
        "outage='5'",
        lambda f: f.outage(minutes="5"),
        "minutes='5' is not valid: outage() takes a number of minutes.",
    ),
    (
        "outage without end",
        lambda f: f.outage(days=1e9),
        (
            "outage(days=1000000000.0) is no duration that Python knows: days=1000000000; must have magnitude "
            "<= 999999999."
        ),
    ),
    ("outage error", lambda f: f.outage(minutes=5, error=429), f"error=429 is not a failure. Valid: {FAILURES}"),
    ("outage error=True", lambda f: f.outage(minutes=5, error=True), f"error=True is not a failure. Valid: {FAILURES}"),
    ("rate", lambda f: f.chaos(rate=1.1), "rate=1.1 is not valid: it is a number from 0 to 1."),
    ("rate='1'", lambda f: f.chaos(rate="1"), "rate='1' is not valid: it is a number from 0 to 1."),
    ("rate=True", lambda f: f.chaos(rate=True), "rate=True is not valid: it is a number from 0 to 1."),
    ("mode", lambda f: f.chaos(0.1, mode="wild"), "mode='wild' is not valid. Valid: survivable, hard."),
]


@pytest.mark.parametrize(("plan", "message"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_what_cannot_be_planned_is_refused_in_one_line(connect_chat: FakeConnectChat, plan: Plan, message: str) -> None:
    with pytest.raises(FaultError) as error:
        plan(connect_chat.faults)

    assert str(error.value) == message
    assert isinstance(error.value, ValueError)
    assert len(connect_chat.faults) == 0


def test_an_outage_ends_in_a_year_that_the_clock_knows(connect_chat: FakeConnectChat) -> None:
    with pytest.raises(FaultError, match=r"^4166666 days, 16:00:00 after .* lies after the year 8999\.$"):
        connect_chat.faults.outage(hours=1e8)


@frozen
@pytest.mark.parametrize(
    ("plan", "planned"),
    [
        (
            lambda faults, **duration: faults.delay(**duration, optional=True),
            "delayed 694861 s: 1 call of StartChatContact",
        ),
        (
            lambda faults, **duration: faults.outage(**duration, optional=True),
            "outage (503) until 2026-01-09T01:01:01.002Z",
        ),
    ],
    ids=["delay", "outage"],
)
def test_durations_have_the_units_of_the_clock(connect_chat: FakeConnectChat, plan: Plan, planned: str) -> None:
    fault = plan(connect_chat.faults, weeks=1, days=1, hours=1, minutes=1, seconds=1, milliseconds=1, microseconds=1000)

    assert str(fault) == planned


def test_delays_add_up_their_units(connect_chat: FakeConnectChat, connect_client: Any, parameters: Parameters) -> None:
    connect_chat.faults.delay(timedelta(seconds=20), seconds=10)
    connect_client.start_chat_contact(**parameters)
    connect_chat.faults.delay(1, minutes=0.5, calls=1)
    connect_client.start_chat_contact(**parameters)

    assert connect_chat.clock.now() - connect_chat.clock.start == timedelta(seconds=61)


def test_an_outage_takes_a_timedelta(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: Parameters
) -> None:
    connect_chat.faults.outage(timedelta(minutes=1), seconds=30, optional=True)
    connect_chat.clock.advance(seconds=60)
    assert outcome(connect_client, parameters) == "503"
    connect_chat.clock.advance(seconds=30)
    assert outcome(connect_client, parameters) == "answered"


@pytest.mark.parametrize(
    ("selector", "message"),
    [
        (
            {"operation": "StartChatContacts"},
            "operation='StartChatContacts' is not valid. Did you mean 'StartChatContact'?",
        ),
        ({"operation": "start_chat_contact"}, "operation='start_chat_contact' is not valid."),
        ({"operation": 3}, "operation=3 is not valid. Faked: "),
        ({"service": "connects"}, "service='connects' is not valid. Did you mean 'connect'?"),
        ({"service": "s3"}, "service='s3' is not valid. Faked: connect, connectparticipant."),
    ],
    ids=str,
)
def test_only_faked_operations_and_services_can_be_named(
    connect_chat: FakeConnectChat, selector: dict[str, Any], message: str
) -> None:
    with pytest.raises(FaultError) as error:
        connect_chat.faults.throttle(**selector)

    assert str(error.value).startswith(message)
    assert "Faked: " in str(error.value)


# -- the plan ----------------------------------------------------------------------------------------------------------


@frozen
@pytest.mark.parametrize(
    ("plan", "text"),
    [
        (lambda f: f.throttle(), "throttled: 1 call of StartChatContact"),
        (lambda f: f.throttle(attempts=1), "throttled: 1 attempt of StartChatContact"),
        (lambda f: f.exceed_quota(calls=2, after=3), "LimitExceededException: 2 calls of StartChatContact after 3"),
        (lambda f: f.deny_access(calls=None), "access denied: all calls of StartChatContact"),
        (lambda f: f.error("InternalServiceException", attempts=2, operation="StopContact"),
         "InternalServiceException: 2 attempts of StopContact"),
        (lambda f: f.expire_credentials(operation=None), "ExpiredTokenException: 1 call of every operation"),
        (lambda f: f.network_error("endpoint_unreachable"), "endpoint unreachable: 1 call of StartChatContact"),
        (lambda f: f.lose_response(), "response lost (read timeout): 1 call of StartChatContact"),
        (lambda f: f.lose_response(502), "response lost (502): 1 call of StartChatContact"),
        (lambda f: f.delay(seconds=1.5), "delayed 1.5 s: 1 call of StartChatContact"),
        (lambda f: f.outage(minutes=5), "outage (503) until 2026-01-01T00:05:00.000Z"),
        (lambda f: f.outage(minutes=5, error="dns"), "outage (dns) until 2026-01-01T00:05:00.000Z"),
    ],
)  # fmt: skip
def test_a_fault_says_what_it_does(connect_chat: FakeConnectChat, plan: Callable[[Any], Any], text: str) -> None:
    fault = plan(connect_chat.faults)

    assert str(fault) == text
    assert repr(fault) == f"<Fault {text}, met 0>"
    assert fault.effect in text
    connect_chat.faults.clear()


def test_the_plan_says_how_far_it_got(connect_chat: FakeConnectChat, client: Any, parameters: Parameters) -> None:
    faults = connect_chat.faults
    assert repr(faults) == "<FaultPlan: no chaos, no faults>"
    first = faults.throttle(attempts=2)
    second = faults.deny_access()

    assert outcome(client, parameters) == "AccessDeniedException"

    assert repr(faults) == (
        "<FaultPlan: no chaos, 2 faults\n"
        "  throttled: 2 attempts of StartChatContact, met 2\n"
        "  access denied: 1 call of StartChatContact, met 1>"
    )
    assert (list(faults), len(faults), faults[0], faults[-1]) == ([first, second], 2, first, second)
    assert (first.unit, first.planned, first.met, first.is_exhausted) == ("attempts", 2, 2, True)
    assert (second.operation, second.after, second.optional) == ("StartChatContact", 0, False)


def test_clear_forgets_all_faults(connect_chat: FakeConnectChat, client: Any, parameters: Parameters) -> None:
    connect_chat.faults.throttle()
    connect_chat.faults.outage(minutes=5)
    connect_chat.faults.chaos(1, mode="hard")

    connect_chat.faults.clear()

    assert repr(connect_chat.faults) == "<FaultPlan: no chaos, no faults>"
    assert outcomes(client, parameters, 5) == ["answered"] * 5


def test_reset_forgets_all_faults(connect_chat: FakeConnectChat, client: Any, parameters: Parameters) -> None:
    connect_chat.faults.throttle()

    connect_chat.reset()

    assert len(connect_chat.faults) == 0
    assert outcome(client, parameters) == "answered"


# -- what is left over -------------------------------------------------------------------------------------------------

PURPOSE = "If this is on purpose: strict=False in the marker or in FakeConnectChat()."
LEFT: list[tuple[Plan, int, str]] = [
    (lambda f: f.throttle(), 0, "the fault [throttled: 1 call of StartChatContact] met no call"),
    (lambda f: f.throttle(attempts=2), 0, "the fault [throttled: 2 attempts of StartChatContact] met no attempt"),
    (lambda f: f.deny_access(calls=None), 0, "the fault [access denied: all calls of StartChatContact] met no call"),
    (
        lambda f: f.throttle(attempts=5),
        1,
        (
            "the fault [throttled: 5 attempts of StartChatContact] was planned for 5 attempts, met 3: "
            "the client gave up before"
        ),
    ),
    (
        lambda f: f.deny_access(calls=3),
        2,
        "the fault [access denied: 3 calls of StartChatContact] was planned for 3 calls, met 2: no more calls came",
    ),
    (
        lambda f: f.deny_access(when={"CustomerId": "c"}),
        2,
        (
            "the fault [access denied: 1 call of StartChatContact when CustomerId='c'] met no call; the last that came "
            "differs in CustomerId"
        ),
    ),
]


@pytest.mark.parametrize(
    ("plan", "calls", "left"), LEFT, ids=["call", "attempt", "all", "attempts in part", "calls in part", "when"]
)
def test_a_fault_left_over_fails(parameters: Parameters, plan: Plan, calls: int, left: str) -> None:
    fake = FakeConnectChat()

    def run() -> None:
        with fake:
            plan(fake.faults)
            outcomes(new_client(), parameters, calls)

    with pytest.raises(LeftoverError) as error:
        run()
    assert str(error.value) == f"{fill(f'Left over: {left}', 79, subsequent_indent='    ')}\n{PURPOSE}"


@pytest.mark.parametrize(
    ("plan", "left"),
    [
        (
            lambda faults: faults.throttle(),
            (
                "[throttled: 1 call of StartChatContact] met no call; 2 calls got a canned answer, which comes before "
                "faults"
            ),
        ),
        (
            lambda faults: faults.throttle(when={"CustomerId": "c"}),
            (
                "[throttled: 1 call of StartChatContact when CustomerId='c'] met no call; 1 call got a canned answer, "
                "which comes before faults"
            ),
        ),
        (
            lambda faults: faults.throttle(when=lambda request: True),
            "[throttled: 1 call of StartChatContact when <lambda> says so] met no call",
        ),
        (
            lambda faults: faults.throttle(operation="StopContact"),
            "[throttled: 1 call of StopContact] met no call",
        ),
    ],
    ids=["any", "members", "predicate", "another operation"],
)
def test_a_fault_that_a_canned_answer_has_kept_calls_from_says_so(
    connect_chat: FakeConnectChat, parameters: Parameters, plan: Plan, left: str
) -> None:
    client = new_client()
    connect_chat.add_response("start_chat_contact", {"ContactId": "canned"})
    client.start_chat_contact(**parameters, CustomerId="c")  # before it is planned
    plan(connect_chat.faults)
    for customer in ("c", "d"):
        connect_chat.add_response("start_chat_contact", {"ContactId": "canned"})
        client.start_chat_contact(**parameters, CustomerId=customer)

    assert connect_chat.faults.leftovers() == [f"the fault {left}"]
    connect_chat.faults.clear()


@pytest.mark.parametrize(
    ("when", "which", "why"),
    [
        (None, "", "1 call got a canned answer, which comes before faults"),
        (lambda request: True, " when <lambda> says so", "no more calls came"),
    ],
    ids=["any", "predicate"],
)
def test_a_fault_that_met_one_call_says_that_a_canned_answer_had_the_next(
    connect_chat: FakeConnectChat, parameters: Parameters, when: Any, which: str, why: str
) -> None:
    connect_chat.faults.throttle(calls=2, when=when)
    outcome(new_client(), parameters)
    connect_chat.add_response("start_chat_contact", {"ContactId": "canned"})
    outcome(new_client(), parameters)

    assert connect_chat.faults.leftovers() == [
        f"the fault [throttled: 2 calls of StartChatContact{which}] was planned for 2 calls, met 1: {why}"
    ]
    connect_chat.faults.clear()


@pytest.mark.parametrize(
    ("when", "said"),
    [
        (None, "; 2 calls came before it was planned, and faults meet later ones only"),
        ({"CustomerId": "c"}, "; 1 call came before it was planned, and faults meet later ones only"),
        ({"CustomerId": "d"}, ""),
        (lambda request: True, ""),
    ],
    ids=["any call", "one of the calls", "no call", "a predicate"],
)
def test_a_fault_that_was_planned_too_late_says_so(parameters: Parameters, when: Any, said: str) -> None:
    with FakeConnectChat(strict=False) as fake:
        client = new_client()
        client.start_chat_contact(**parameters)
        client.stop_contact(InstanceId=parameters["InstanceId"], ContactId=fake.contacts.last.contact_id)
        client.start_chat_contact(**parameters, CustomerId="c")
        fault = fake.faults.throttle() if when is None else fake.faults.throttle(when=when)

        assert fake.faults.leftovers() == [f"the fault [{fault}] met no call{said}"]


def test_a_fault_that_was_planned_in_time_does_not_call_itself_late(parameters: Parameters) -> None:
    with FakeConnectChat(strict=False) as fake:
        client = new_client()
        fake.add_response("start_chat_contact", {"ContactId": "canned"})
        client.start_chat_contact(**parameters)
        met_no_canned_answer = fake.faults.throttle(attempts=1)
        assert fake.faults.leftovers() == [f"the fault [{met_no_canned_answer}] met no attempt"]

        client.start_chat_contact(**parameters, CustomerId="d")
        of_another = fake.faults.throttle(when={"CustomerId": "c", "Attributes": {"tier": "gold"}})
        client.start_chat_contact(**parameters, CustomerId="e")
        left = f"the fault [{of_another}] met no call; the last that came differs in CustomerId, Attributes"
        assert fake.faults.leftovers() == [left]

        fake.faults.clear()
        let_pass = fake.faults.throttle(after=1)
        client.start_chat_contact(**parameters)
        assert fake.faults.leftovers() == [f"the fault [{let_pass}] met no call"]


def test_a_predicate_may_move_the_clock(parameters: Parameters) -> None:
    with FakeConnectChat() as fake:
        fake.faults.throttle(when=lambda request: fake.clock.advance(minutes=6), optional=True)
        new_client().start_chat_contact(**parameters)

        assert fake.contacts.last.initiation_timestamp == fake.clock.now()


def test_a_predicate_that_is_awaited_is_refused(connect_chat: FakeConnectChat) -> None:
    async def always(request: RecordedRequest) -> bool:
        return True

    with pytest.raises(FaultError, match="and always is asynchronous: write def"):
        connect_chat.faults.throttle(when=always)


@pytest.mark.parametrize(
    ("plan", "calls"),
    [
        (lambda f: f.throttle(optional=True), 0),
        (lambda f: f.throttle(attempts=5, optional=True), 1),
        (lambda f: f.throttle(calls=None), 1),
        (lambda f: f.outage(minutes=5, optional=True), 0),
        (lambda f: f.outage(minutes=5), 1),
        (lambda f: f.chaos(0.5), 0),
    ],
    ids=["optional", "optional in part", "calls=None", "optional outage", "outage", "chaos"],
)
def test_what_need_not_be_used_up_is_no_leftover(parameters: Parameters, plan: Plan, calls: int) -> None:
    with FakeConnectChat() as fake:
        plan(fake.faults)
        outcomes(new_client(), parameters, calls)

        assert fake.faults.leftovers() == []


def test_an_outage_that_nothing_met_is_left_over() -> None:
    with FakeConnectChat(clock="2026-01-01T00:00:00Z", strict=False) as fake:
        fake.faults.outage(minutes=5)

        assert fake.faults.leftovers() == ["the fault [outage (503) until 2026-01-01T00:05:00.000Z] met no call"]


TEST_MODULE = """
    import botocore.config
    import botocore.session
    import pytest

    REQUEST = {{"InstanceId": "i", "ContactFlowId": "f", "ParticipantDetails": {{"DisplayName": "Ada"}}}}

    def call():
        client = botocore.session.Session().create_client(
            "connect", "us-east-1", config=botocore.config.Config(retries={{"mode": "standard"}}))
        try:
            client.start_chat_contact(**REQUEST)
        except Exception:
            pass

    {marker}
    def test_it(connect_chat):
        {body}
"""


def nested(pytester: pytest.Pytester, body: str, marker: str = "") -> pytest.RunResult:
    pytester.makepyfile(TEST_MODULE.format(body=body, marker=marker))
    return pytester.runpytest_inprocess(*PLAIN)


def test_a_test_with_faults_left_over_fails_with_one_message(pytester: pytest.Pytester) -> None:
    result = nested(
        pytester,
        "connect_chat.faults.throttle(attempts=5); connect_chat.faults.lose_response(after=1); call()",
    )

    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(
        [
            "Left over: the fault [[]throttled: 5 attempts of StartChatContact[]] was planned",
            "    for 5 attempts, met 3: the client gave up before",
            "Left over: the fault [[]response lost (read timeout): 1 call of StartChatContact",
            "    after 1[]] met no call",
            PURPOSE,
        ],
        consecutive=True,
    )
    result.stdout.no_fnmatch_line("*LeftoverError*")


@pytest.mark.parametrize(
    ("body", "marker"),
    [
        pytest.param("connect_chat.faults.throttle(optional=True)", "", id="optional"),
        pytest.param("connect_chat.faults.throttle()", "@pytest.mark.connect_chat(strict=False)", id="not strict"),
        pytest.param("connect_chat.faults.throttle(); connect_chat.faults.clear()", "", id="cleared"),
        pytest.param("connect_chat.faults.throttle(); call()", "", id="met"),
    ],
)
def test_a_test_with_nothing_left_over_passes(pytester: pytest.Pytester, body: str, marker: str) -> None:
    nested(pytester, body, marker).assert_outcomes(passed=1)


def test_faults_left_over_are_no_second_error_of_a_failed_test(pytester: pytest.Pytester) -> None:
    result = nested(pytester, "connect_chat.faults.throttle(); assert 1 == 2")

    result.assert_outcomes(failed=1)
    result.stdout.no_fnmatch_line("*Left over*")


def test_a_fault_that_cannot_be_planned_fails_the_test(pytester: pytest.Pytester) -> None:
    result = nested(pytester, "connect_chat.faults.throttle(call=1)")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E*FaultError: throttle() has no keyword 'call'. Did you mean 'calls'?*"])


def test_a_code_of_the_other_service_is_said(connect_chat: FakeConnectChat) -> None:
    with pytest.warns(UnknownCodeWarning, match="connect has no error 'InternalServerException'. Did you mean"):
        connect_chat.faults.error("InternalServerException", optional=True)
    with pytest.warns(UnknownCodeWarning, match="connectparticipant has no error 'InternalServiceException'"):
        connect_chat.faults.error("InternalServiceException", operation="SendMessage", optional=True)


def test_a_fault_shows_its_predicate(connect_chat: FakeConnectChat) -> None:
    def is_ada(request: object) -> bool:
        return True

    fault = connect_chat.faults.throttle(when=is_ada, optional=True)
    assert str(fault) == "throttled: 1 call of StartChatContact when is_ada says so"


def test_a_fault_cuts_what_it_is_to_match(connect_chat: FakeConnectChat) -> None:
    when = {"CustomerId": "c" * 100, "Attributes": {"tier": "gold"}}

    fault = connect_chat.faults.throttle(when=when, optional=True)

    assert str(fault) == (
        f"throttled: 1 call of StartChatContact when CustomerId='{'c' * 59}... (102 characters), "
        "Attributes={'tier': 'gold'}"
    )


def test_a_fault_of_the_wrong_service_is_refused(connect_chat: FakeConnectChat) -> None:
    with pytest.raises(FaultError, match="connectparticipant has no operation StartChatContact"):
        connect_chat.faults.throttle(service="connectparticipant")


def test_what_is_to_match_is_the_faults_own(connect_chat: FakeConnectChat, client: Any, parameters: Parameters) -> None:
    when = {"ParticipantDetails": {"DisplayName": parameters["ParticipantDetails"]["DisplayName"]}}
    connect_chat.faults.deny_access(when=when)
    when["ParticipantDetails"]["DisplayName"] = "Somebody else"
    assert outcome(client, parameters) != "answered"


@pytest.mark.in_process
def test_a_predicate_that_raises_is_recorded(
    connect_chat: FakeConnectChat, client: Any, parameters: Parameters
) -> None:
    connect_chat.faults.throttle(when=lambda request: 1 / 0, optional=True)
    with pytest.raises(ZeroDivisionError):
        client.start_chat_contact(**parameters)
    assert str(connect_chat.requests.one().error) == "ZeroDivisionError: division by zero"


def test_a_denial_names_the_resource(connect_chat: FakeConnectChat, client: Any, parameters: Parameters) -> None:
    connect_chat.faults.deny_access(operation=None, calls=2)
    with pytest.raises(ClientError) as of_a_flow:
        client.start_chat_contact(**parameters)
    with pytest.raises(ClientError) as of_contacts:
        client.tag_contact(ContactId="c", InstanceId="i", Tags={"k": "v"})

    resource = f"instance/{parameters['InstanceId']}/contact-flow/{parameters['ContactFlowId']}"
    assert of_a_flow.value.response["Error"]["Message"].endswith(resource)
    assert of_contacts.value.response["Error"]["Message"].endswith("connect:us-east-1:123456789012:instance/i")


def test_an_outage_says_what_the_status_says(
    connect_chat: FakeConnectChat, client: Any, parameters: Parameters
) -> None:
    outage = connect_chat.faults.outage(minutes=5, error=503)

    with pytest.raises(ClientError, match="Service Unavailable"):
        client.start_chat_contact(**parameters)

    assert outage.met == connect_chat.requests.one().attempt_count


@pytest.mark.in_process
def test_a_predicate_that_raises_what_has_no_text_is_recorded(
    connect_chat: FakeConnectChat, client: Any, parameters: Parameters
) -> None:
    class MuteError(Exception):
        def __str__(self) -> str:
            raise ZeroDivisionError

    def refuse(request: RecordedRequest) -> bool:
        raise MuteError

    connect_chat.faults.throttle(when=refuse, optional=True)
    with pytest.raises(MuteError):
        client.start_chat_contact(**parameters)
    assert connect_chat.requests[0].error.message == "its text raises ZeroDivisionError"


def test_a_fault_shows_a_predicate_without_a_name(connect_chat: FakeConnectChat) -> None:
    def is_of(name: str, record: RecordedRequest) -> bool:
        return record.params["ParticipantDetails"]["DisplayName"] == name

    fault = connect_chat.faults.throttle(when=partial(is_of, "Ada"), optional=True)

    assert "when functools.partial(" in str(fault)


def test_a_fault_tells_what_it_is(connect_chat: FakeConnectChat) -> None:
    fault = connect_chat.faults.throttle(calls=2, service="connect")

    assert str(fault) == "throttled: 2 calls of StartChatContact"
    assert (fault.effect, fault.unit, fault.planned, fault.met, fault.after) == ("throttled", "calls", 2, 0, 0)
    assert (fault.operation, fault.service, fault.optional) == ("StartChatContact", "connect", False)
    assert not fault.is_exhausted
    assert fault.leftover == "the fault [throttled: 2 calls of StartChatContact] met no call"
    connect_chat.faults.clear()
