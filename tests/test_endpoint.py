"""The endpoint: what it answers over HTTP, its files, how it starts and ends, and who cannot get around it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("aiohttp", reason="the extra endpoint is not installed")

from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError
from conftest import FLOW_ID, INSTANCE_ID, lead_over_http, new_client, plain_looking
from over_the_wire import Answer, Chat, closing, put, send

import pytest_connect_chat
from pytest_connect_chat import ConnectChatEndpoint, FakeConnectChat, RecordedRequest
from pytest_connect_chat._service.files import serve_file
from pytest_connect_chat._service.sockets import SocketRefusedError, Sockets
from pytest_connect_chat.exceptions import EndpointError, MissingExtraError, SceneError

pytestmark = pytest.mark.once

Parameters = dict[str, Any]
START = "/contact/chat"


@pytest.fixture
def endpoint(connect_chat_endpoint: ConnectChatEndpoint) -> ConnectChatEndpoint:
    return connect_chat_endpoint


@pytest.fixture
def chat(connect_chat: FakeConnectChat, endpoint: ConnectChatEndpoint, parameters: Parameters) -> Iterator[Chat]:
    """A customer who has subscribed."""
    yield from closing(Chat(connect_chat, parameters))


def start(endpoint: ConnectChatEndpoint, parameters: Parameters, **headers: str) -> Answer:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return send(endpoint, "PUT", START, parameters, names)


# -- operations --------------------------------------------------------------------------------------------------------


def test_a_chat_is_started_over_plain_http(
    connect_chat: FakeConnectChat, endpoint: ConnectChatEndpoint, parameters: Parameters
) -> None:
    answer = start(endpoint, parameters | {"Attributes": {"tier": "gold"}})

    contact = connect_chat.contacts.last
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    assert answer.json == {
        "ContactId": contact.contact_id,
        "ParticipantId": contact.participant_id,
        "ParticipantToken": contact.participant_token,
    }
    connect_chat.requests.start_chat_contact.assert_requested_once(Attributes={"tier": "gold"})
    assert connect_chat.requests.last.contact is contact
    assert connect_chat.requests.last.response == answer.json


def test_requests_of_clients_in_this_process_and_over_http_are_in_one_order(
    connect_chat: FakeConnectChat, endpoint: ConnectChatEndpoint, connect_client: Any, parameters: Parameters
) -> None:
    start(endpoint, parameters)
    connect_client.describe_contact(InstanceId=INSTANCE_ID, ContactId=connect_chat.contacts.last.contact_id)
    start(endpoint, parameters)

    assert connect_chat.requests.operations == ["StartChatContact", "DescribeContact", "StartChatContact"]
    assert connect_chat.journal().count("StartChatContact") == 2
    assert connect_chat.diagram().count("StartChatContact") == 2


def test_clients_in_this_process_open_no_connection_to_it(
    no_sockets: list[Any], endpoint: ConnectChatEndpoint, monkeypatch: pytest.MonkeyPatch, parameters: Parameters
) -> None:
    for name, value in endpoint.environ.items():
        monkeypatch.setenv(name, value)

    new_client(driver="botocore").start_chat_contact(**parameters)

    assert no_sockets == []


def test_members_in_the_path_have_percent_signs_for_their_slashes(
    connect_chat: FakeConnectChat, endpoint: ConnectChatEndpoint
) -> None:
    connect_chat.add_contact(instance_id="a/b", contact_id="c d")

    assert send(endpoint, "GET", "/contacts/a%2Fb/c%20d").json["Contact"]["Id"] == "c d"
    assert send(endpoint, "GET", "/contacts/a/b/c%20d").status == 404


def test_members_in_the_query_have_their_types(connect_chat: FakeConnectChat, endpoint: ConnectChatEndpoint) -> None:
    connect_chat.add_contact(instance_id="i", contact_id="c", tags={"a": "1", "b": "2", "c": "3"})

    removed = send(endpoint, "DELETE", "/contact/tags/i/c?TagKeys=a&TagKeys=b")
    listed = send(endpoint, "GET", "/contact/associated/i?contactId=c&maxResults=7")
    mistyped = send(endpoint, "GET", "/contact/associated/i?contactId=c&maxResults=seven")

    assert (removed.status, listed.status, mistyped.status) == (200, 200, 400)
    assert dict(connect_chat.contacts["c"].tags) == {"c": "3"}
    assert connect_chat.requests[1].params == {"InstanceId": "i", "ContactId": "c", "MaxResults": 7}
    assert "maxResults" in mistyped.json["Message"] or "MaxResults" in mistyped.json["Message"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"{", "The body is no JSON object"),
        (b"[]", "The body is no JSON object: it is []."),
        (b"\xff", "The body is no JSON object"),
        (b"[" * 100_000, "The body is no JSON object"),
        (b"", "Missing required parameter"),
        (b'{"InstanceId":7}', "Invalid type for parameter InstanceId"),
        (b'{"ParticipantDetails":"Ada"}', "Invalid type for parameter ParticipantDetails"),
        (b'{"Attributes":["a"]}', "Invalid type for parameter Attributes"),
        (b'{"SupportedMessagingContentTypes":{"a":1}}', "Invalid type for parameter SupportedMessagingContentTypes"),
    ],
)
def test_what_has_not_the_shape_of_a_request_is_refused(
    connect_chat: FakeConnectChat, endpoint: ConnectChatEndpoint, body: bytes, said: str
) -> None:
    answer = send(endpoint, "PUT", START, body)

    assert (answer.status, answer.headers["x-amzn-errortype"]) == (400, "InvalidRequestException")
    assert said in answer.json["Message"]
    assert len(connect_chat.contacts) == 0
    assert connect_chat.requests.last.error.rule == "connect-request-shape"


def test_what_the_model_does_not_have_and_what_is_null_is_left_out(
    connect_chat: FakeConnectChat, endpoint: ConnectChatEndpoint, parameters: Parameters
) -> None:
    details = {"DisplayName": "Ada", "Mood": "good", "Nothing": None}
    body = parameters | {"ParticipantDetails": details, "Newer": {"a": [1]}, "Attributes": None}

    assert start(endpoint, body).status == 200
    assert connect_chat.requests.last.params == parameters


def test_the_region_is_that_of_the_signature(
    connect_chat: FakeConnectChat, endpoint: ConnectChatEndpoint, parameters: Parameters
) -> None:
    scope = "Credential=AKIA/20261126/eu-west-1/connect/aws4_request"
    start(endpoint, parameters, authorization=f"AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0")
    start(endpoint, parameters, authorization="Bearer something else")
    start(endpoint, parameters)

    assert [request.region for request in connect_chat.requests] == ["eu-west-1", "us-east-1", "us-east-1"]


@pytest.mark.connect_chat(region="eu-west-1")
def test_a_participant_that_does_not_sign_is_in_the_region_of_its_token(
    connect_chat: FakeConnectChat, endpoint: ConnectChatEndpoint, parameters: Parameters
) -> None:
    started = new_client(driver="botocore", region_name="ap-southeast-2").start_chat_contact(**parameters)
    bearer = {"X-Amz-Bearer": started["ParticipantToken"]}
    body = {"Type": ["CONNECTION_CREDENTIALS"]}

    assert send(endpoint, "POST", "/participant/connection", body, bearer).status == 200
    assert connect_chat.requests.last.region == "ap-southeast-2"
    assert send(endpoint, "POST", "/participant/connection", body, {"X-Amz-Bearer": "nobody's"}).status == 403
    assert connect_chat.requests.last.region == "eu-west-1"
    signed = {"Authorization": "AWS4-HMAC-SHA256 Credential=A/20261126/us-east-1/execute-api/aws4_request"}
    assert send(endpoint, "POST", "/participant/connection", body, bearer | signed).status == 403


def test_an_error_has_its_class_in_the_header_and_its_words_in_the_body(
    connect_chat: FakeConnectChat, endpoint: ConnectChatEndpoint
) -> None:
    of_connect = send(endpoint, "GET", "/contacts/i/nobody")
    message = {"ContentType": "text/plain", "Content": "Hello"}
    of_participants = send(endpoint, "POST", "/participant/message", message, {"X-Amz-Bearer": "nobody's"})

    assert (of_connect.status, of_connect.headers["x-amzn-errortype"]) == (404, "ResourceNotFoundException")
    assert list(of_connect.json) == ["Message"]
    assert (of_participants.status, of_participants.headers["x-amzn-errortype"]) == (403, "AccessDeniedException")
    assert of_participants.json == {"message": "User is not authorized to access this resource with an explicit deny"}


def test_a_request_without_its_token_is_refused(endpoint: ConnectChatEndpoint) -> None:
    answer = send(endpoint, "POST", "/participant/disconnect", {})

    assert (answer.status, answer.headers["x-amzn-errortype"]) == (400, "ValidationException")
    assert 'Missing required parameter in input: "ConnectionToken"' in answer.json["message"]


ATTRIBUTES = f"/contact/attribute/{INSTANCE_ID}/{FLOW_ID}"


@pytest.mark.parametrize(
    ("method", "path", "nearest"),
    [
        ("GET", START, " StartChatContact is at PUT /contact/chat."),
        ("PUT", "/contact/chats", " StartChatContact is at PUT /contact/chat."),
        ("PUT", "/..%2Fcontact/chat", " StartChatContact is at PUT /contact/chat."),
        ("POST", "/contact//stop/", " StopContact is at POST /contact/stop."),
        ("GET", ATTRIBUTES, " GetContactAttributes is at GET /contact/attributes/{InstanceId}/{InitialContactId}."),
        ("PUT", "/", ""),
        ("GET", "/favicon.ico", ""),
    ],
)
def test_a_path_of_no_operation_says_which_one_is_near(
    connect_chat: FakeConnectChat, endpoint: ConnectChatEndpoint, method: str, path: str, nearest: str
) -> None:
    answer = send(endpoint, method, path, b"{}")

    assert (answer.status, answer.headers["x-amzn-errortype"]) == (404, "UnknownOperationException")
    said = f"No operation of connect or connectparticipant is at {method} {path}."
    assert answer.json == {"message": f"{said}{nearest}"}
    assert len(connect_chat.requests) == 0


def test_what_is_of_no_call_stands_in_the_report(
    connect_chat: FakeConnectChat, endpoint: ConnectChatEndpoint, parameters: Parameters
) -> None:
    send(endpoint, "PUT", "/contact/chats", parameters)
    send(endpoint, "PUT", START, parameters, {"Host": "elsewhere"})
    send(endpoint, "PUT", "/chat/no-file?X-Amz-Signature=none", b"abc")
    send(endpoint, "GET", "/?AuthToken=none", headers={"Upgrade": "websocket"})
    send(endpoint, "PUT", START, b" " * (1024 * 1024 + 1))
    text = " ".join(" ".join(waited_in_vain(endpoint, lambda: connect_chat.requests.called)).split())

    assert "PUT /contact/chats -> 404: No operation" in text
    assert "StartChatContact is at PUT /contact/chat." in text
    assert "PUT /contact/chat -> 403: This server answers" in text
    assert "PUT /chat/no-file -> 403: SignatureDoesNotMatch: No URL with this signature" in text
    assert "GET / -> 400: This is no WebSocket handshake." in text
    assert "PUT /contact/chat -> 413: The body is too large." in text
    assert "No program has reached" not in text
    assert "PUT /contact/chats -#62; 404" in connect_chat.diagram().replace("<br/>", " ")


def test_a_body_that_is_too_large_is_not_read(connect_chat: FakeConnectChat, endpoint: ConnectChatEndpoint) -> None:
    answer = send(endpoint, "PUT", START, b" " * (1024 * 1024 + 1))

    assert answer.status == 413
    assert len(connect_chat.requests) == 0


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_a_body_that_cannot_be_read_is_refused(
    connect_chat: FakeConnectChat, endpoint: ConnectChatEndpoint, encoding: str
) -> None:
    answer = send(endpoint, "PUT", START, b"no such thing", {"Content-Encoding": encoding})

    assert answer.status == 400
    assert len(connect_chat.requests) == 0


def test_malformed_http_is_told_to_its_client_alone(
    endpoint: ConnectChatEndpoint, parameters: Parameters, capfd: pytest.CaptureFixture[str], caplog: Any
) -> None:
    host, port = endpoint.url.removeprefix("http://").split(":")
    for text in (
        "nonsense\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        f"GET /{'a' * 9999} HTTP/1.1\r\n\r\n",
    ):
        with socket.create_connection((host, int(port)), timeout=10) as connection:
            connection.sendall(text.encode())
            assert connection.recv(12) in (b"HTTP/1.1 400", b"HTTP/1.1 403", b"HTTP/1.0 400")
    assert start(endpoint, parameters).status == 200
    assert caplog.records == []
    assert capfd.readouterr().err == ""


def test_what_goes_wrong_in_the_endpoint_fails_the_test(
    connect_chat: FakeConnectChat, endpoint: ConnectChatEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pytest_connect_chat._endpoint.router.Router.answer", lambda router, request: 1 // 0)

    assert send(endpoint, "GET", "/").status == 500
    connect_chat.reply_with("so that it runs in another thread")
    assert send(endpoint, "GET", "/").status == 500
    with pytest.raises(ZeroDivisionError):
        connect_chat.raise_failures()


def test_a_client_that_asks_before_it_sends_is_told_to_go_on(
    connect_chat: FakeConnectChat, endpoint: ConnectChatEndpoint, parameters: Parameters
) -> None:
    body = json.dumps(parameters).encode()
    host, port = endpoint.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        head = (
            "PUT /contact/chat HTTP/1.1",
            f"Host: {host}:{port}",
            f"Content-Length: {len(body)}",
            "Expect: 100-continue",
        )
        connection.sendall("\r\n".join([*head, "", ""]).encode())
        assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(body)
        assert connection.recv(20).startswith(b"HTTP/1.1 200 OK")


# -- attempts, faults, canned answers ----------------------------------------------------------------------------------


def test_attempts_of_one_call_are_one_request(
    connect_chat: FakeConnectChat, endpoint: ConnectChatEndpoint, parameters: Parameters
) -> None:
    connect_chat.faults.throttle(attempts=2)
    statuses = []
    for attempt in (1, 2, 3):
        headers = {"amz_sdk_invocation_id": "one", "amz_sdk_request": f"attempt={attempt}; max=3"}
        statuses.append(start(endpoint, parameters, **headers).status)
        assert connect_chat.requests.one().attempt_count == attempt
    start(endpoint, parameters, amz_sdk_invocation_id="two")

    assert statuses == [429, 429, 200]
    first, second = connect_chat.requests
    assert [attempt.fault for attempt in first.attempts] == ["throttled", "throttled", None]
    assert (second.attempt_count, second.error) == (1, None)


def test_one_name_for_two_calls_joins_nothing(
    connect_chat: FakeConnectChat, endpoint: ConnectChatEndpoint, parameters: Parameters
) -> None:
    connect_chat.faults.throttle(attempts=2)
    other = parameters | {"ClientToken": "another"}
    stop = {"InstanceId": INSTANCE_ID, "ContactId": connect_chat.add_contact(instance_id=INSTANCE_ID).contact_id}
    start(endpoint, parameters, amz_sdk_invocation_id="same")
    start(endpoint, other, amz_sdk_invocation_id="same")
    answer = send(endpoint, "POST", "/contact/stop", stop, {"amz-sdk-invocation-id": "same"})

    assert answer.status == 200
    assert connect_chat.requests.operations == ["StartChatContact", "StartChatContact", "StopContact"]
    assert len(connect_chat.contacts.active) == 0


def test_an_attempt_joins_one_that_is_still_on_its_way(
    connect_chat: FakeConnectChat, endpoint: ConnectChatEndpoint, parameters: Parameters
) -> None:
    waiting, ending = threading.Event(), threading.Event()

    def when(request: RecordedRequest) -> bool:
        if not waiting.is_set():
            waiting.set()
            ending.wait(10)
        return False

    connect_chat.faults.throttle(when=when, optional=True)
    first = threading.Thread(target=start, args=(endpoint, parameters), kwargs={"amz_sdk_invocation_id": "one"})
    first.start()
    assert waiting.wait(10)
    start(endpoint, parameters, amz_sdk_invocation_id="one")
    ending.set()
    first.join()

    assert connect_chat.requests.one().attempt_count == 2


def test_a_call_is_recorded_while_its_client_tries_again(
    connect_chat: FakeConnectChat, endpoint: ConnectChatEndpoint, parameters: Parameters
) -> None:
    seen: list[int] = []

    def throttled(request: RecordedRequest) -> bool:
        seen.append(connect_chat.requests.call_count)
        return request.attempt_count == 0

    connect_chat.faults.throttle(attempts=1, when=throttled)
    for attempt in (1, 2):
        start(endpoint, parameters, amz_sdk_invocation_id="one", amz_sdk_request=f"attempt={attempt}; max=3")

    assert seen[0] == 0
    assert set(seen[1:]) <= {1}
    assert connect_chat.requests.one().attempt_count == 2


def test_attempts_without_a_name_are_requests_of_their_own(
    connect_chat: FakeConnectChat, endpoint: ConnectChatEndpoint, parameters: Parameters
) -> None:
    connect_chat.faults.throttle(calls=1)

    assert [start(endpoint, parameters).status for _ in range(2)] == [429, 200]
    assert [request.attempt_count for request in connect_chat.requests] == [1, 1]


def test_a_call_that_is_taken_back_leaves_the_others_where_they_are(
    connect_chat: FakeConnectChat, endpoint: ConnectChatEndpoint, parameters: Parameters
) -> None:
    connect_chat.faults.throttle(attempts=1)
    start(endpoint, parameters, amz_sdk_invocation_id="one", amz_sdk_request="attempt=1")
    start(endpoint, parameters, amz_sdk_invocation_id="two")
    start(endpoint, parameters, amz_sdk_invocation_id="one", amz_sdk_request="attempt=2; max=5")

    assert [request.attempt_count for request in connect_chat.requests] == [1, 2]


def test_a_call_that_goes_on_after_its_record_was_cleared_is_recorded_anew(
    connect_chat: FakeConnectChat, endpoint: ConnectChatEndpoint, parameters: Parameters
) -> None:
    connect_chat.faults.throttle(attempts=1)
    start(endpoint, parameters, amz_sdk_invocation_id="one")
    start(endpoint, parameters)
    connect_chat.requests.clear()
    start(endpoint, parameters)
    start(endpoint, parameters, amz_sdk_invocation_id="one")

    assert [request.attempt_count for request in connect_chat.requests] == [1, 2]


def test_chaos_that_is_survivable_leaves_the_last_attempt_of_a_call_alone(parameters: Parameters) -> None:
    with FakeConnectChat(chaos=1, seed=7) as fake, fake.serve() as endpoint:
        statuses = []
        for attempt in (1, 2, 3):
            try:
                headers = {"amz_sdk_invocation_id": "one", "amz_sdk_request": f"attempt={attempt}; max=3"}
                statuses.append(start(endpoint, parameters, **headers).status)
            except OSError:
                statuses.append(0)

    assert statuses[-1] == 200
    assert 200 not in statuses[:2]


@pytest.fixture
def over_http(connect_chat: FakeConnectChat, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A client of the application that reaches the fake over HTTP, and makes three attempts."""
    lead_over_http(monkeypatch)
    config = Config(retries={"mode": "standard", "total_max_attempts": 3}, read_timeout=1)
    client = new_client(driver="http", config=config)
    yield client
    client.close()


def test_a_lost_response_is_a_connection_that_is_closed(
    connect_chat: FakeConnectChat, over_http: Any, parameters: Parameters
) -> None:
    connect_chat.faults.lose_response()

    with pytest.raises(ConnectionClosedError):
        over_http.start_chat_contact(**parameters)

    assert len(connect_chat.contacts) == 1  # each attempt found the contact of the first, by its ClientToken
    assert connect_chat.requests.one().attempt_count == 3
    assert connect_chat.requests.one().error.code == "ReadTimeoutError"


def test_a_lost_response_is_a_connection_that_stays_silent_where_the_test_says_so(
    connect_chat: FakeConnectChat, over_http: Any, parameters: Parameters
) -> None:
    connect_chat._endpoint.stay_silent(seconds=60)  # type: ignore[union-attr]
    connect_chat.faults.lose_response(attempts=1)
    impatient = new_client(driver="http", config=Config(retries={"total_max_attempts": 1}, read_timeout=0.2))

    with pytest.raises(ReadTimeoutError):
        impatient.start_chat_contact(**parameters)

    assert len(connect_chat.contacts) == 1


def test_silence_is_a_number_of_seconds(endpoint: ConnectChatEndpoint) -> None:
    for wrong in (-1, "1", None, float("inf"), float("nan")):
        with pytest.raises(EndpointError, match="takes a number of seconds, 0 or more, not"):
            endpoint.stay_silent(wrong)  # type: ignore[arg-type]


def test_a_delay_past_a_minute_is_a_lost_response(
    connect_chat: FakeConnectChat, endpoint: ConnectChatEndpoint, parameters: Parameters
) -> None:
    connect_chat.faults.delay(seconds=60, attempts=1)
    connect_chat.faults.delay(seconds=61, attempts=1)

    assert start(endpoint, parameters).status == 200
    with pytest.raises(ConnectionError):
        start(endpoint, parameters)
    assert connect_chat.requests.last.error.code == "ReadTimeoutError"
    assert len(connect_chat.contacts) == 2


def test_a_network_error_commits_nothing(connect_chat: FakeConnectChat, over_http: Any, parameters: Parameters) -> None:
    connect_chat.faults.network_error("dns", attempts=2)
    over_http.start_chat_contact(**parameters)

    assert [attempt.error and attempt.error.code for attempt in connect_chat.requests.one().attempts] == [
        "EndpointConnectionError",
        "EndpointConnectionError",
        None,
    ]
    assert len(connect_chat.contacts) == 1


def test_a_server_error_has_no_code_of_its_own(
    connect_chat: FakeConnectChat, endpoint: ConnectChatEndpoint, parameters: Parameters
) -> None:
    connect_chat.faults.lose_response(503, calls=1)
    answer = start(endpoint, parameters)

    assert (answer.status, answer.body) == (503, b"")
    assert "x-amzn-errortype" not in answer.headers


def test_a_delay_passes_on_the_clock(
    connect_chat: FakeConnectChat, endpoint: ConnectChatEndpoint, parameters: Parameters
) -> None:
    begin = connect_chat.clock.now()
    connect_chat.faults.delay(seconds=30, attempts=1)
    start(endpoint, parameters)

    assert (connect_chat.clock.now() - begin).total_seconds() == 30


def test_canned_answers_come_over_http_too(connect_chat: FakeConnectChat, endpoint: ConnectChatEndpoint) -> None:
    answer = {"User": {"Id": "u", "LastModifiedTime": connect_chat.clock.now()}}
    meta = {"HTTPStatusCode": 201, "RequestId": "mine", "HTTPHeaders": {"x-served-by": "a test"}}
    connect_chat.add_response("describe_user", answer, {"InstanceId": "i", "UserId": "u"})
    connect_chat.add_response("describe_user", {**answer, "ResponseMetadata": meta})
    connect_chat.add_client_error("describe_user", "ThrottlingException", "Slow down", 429)

    plain, decorated, refused = (send(endpoint, "GET", "/users/i/u") for _ in range(3))

    assert plain.json == {"User": {"Id": "u", "LastModifiedTime": connect_chat.clock.now().timestamp()}}
    assert (decorated.status, decorated.headers["x-amzn-requestid"]) == (201, "mine")
    assert decorated.headers["x-served-by"] == "a test"
    assert (refused.status, refused.headers["x-amzn-errortype"]) == (429, "ThrottlingException")
    assert refused.json == {"Message": "Slow down"}


def test_headers_of_a_canned_answer_do_not_break_its_framing(
    connect_chat: FakeConnectChat, endpoint: ConnectChatEndpoint
) -> None:
    headers = {"Content-Length": "400", "content-encoding": "gzip", "Connection": "close", "X-Mine": 7}
    connect_chat.add_response("describe_user", {"ResponseMetadata": {"HTTPHeaders": headers}})
    answer = send(endpoint, "GET", "/users/i/u")

    assert (answer.status, answer.body, answer.headers["x-mine"]) == (200, b"{}", "7")


@pytest.mark.parametrize(
    ("code", "status", "headers"),
    [("", 200, {"X-Mine": "a\r\nb"}), ("", 99, {}), ("", "200", {}), ("Bad\nCode", 400, {}), ("Early", 100, {})],
)
def test_a_canned_answer_that_http_cannot_carry_fails_the_test(
    connect_chat: FakeConnectChat, endpoint: ConnectChatEndpoint, code: str, status: Any, headers: dict[str, str]
) -> None:
    metadata = {"HTTPStatusCode": status, "HTTPHeaders": headers}
    if code:
        connect_chat.add_client_error("describe_user", code, http_status_code=status if status != 100 else 600)
    else:
        connect_chat.add_response("describe_user", {"ResponseMetadata": metadata})
    answer = send(endpoint, "GET", "/users/i/u")

    assert (answer.status, answer.headers["x-amzn-errortype"]) == (501, "EndpointError")
    with pytest.raises(EndpointError, match="The canned answer for DescribeUser cannot go over HTTP"):
        connect_chat.raise_failures()


def test_a_canned_error_is_for_the_whole_call(
    connect_chat: FakeConnectChat, over_http: Any, parameters: Parameters
) -> None:
    connect_chat.add_client_error("start_chat_contact", "ThrottlingException", "Slow down", 429)

    with pytest.raises(ClientError, match="Slow down"):
        over_http.start_chat_contact(**parameters)

    assert connect_chat.requests.one().attempt_count == 3
    assert len(connect_chat.contacts) == 0
    over_http.start_chat_contact(**parameters)


def test_another_request_than_expected_is_not_retried(
    connect_chat: FakeConnectChat, endpoint: ConnectChatEndpoint
) -> None:
    connect_chat.add_response("describe_user", {}, {"InstanceId": "i", "UserId": "u"})
    answer = send(endpoint, "GET", "/users/i/somebody")

    assert (answer.status, answer.headers["x-amzn-errortype"]) == (501, "StubAssertionError")
    assert "'UserId': 'somebody'" in answer.json["Message"]
    send(endpoint, "GET", "/users/i/u")


@pytest.mark.parametrize(("unfaked", "said"), [("error", "add_response('describe_user'"), ("passthrough", "nowhere")])
def test_an_operation_that_is_not_faked_is_not_retried(unfaked: Any, said: str) -> None:
    with FakeConnectChat(unfaked=unfaked, strict=False) as fake, fake.serve() as endpoint:
        answer = send(endpoint, "GET", "/users/i/u")

    assert (answer.status, answer.headers["x-amzn-errortype"]) == (501, "UnfakedOperationError")
    assert said in answer.json["Message"]
    assert fake.requests.one().error.code == "UnfakedOperationError"


@pytest.mark.parametrize("error", [ValueError("a mistake"), pytest.fail.Exception("a mistake")], ids=["error", "fail"])
def test_what_a_callable_of_the_test_raises_fails_the_test(
    connect_chat: FakeConnectChat, endpoint: ConnectChatEndpoint, parameters: Parameters, error: BaseException
) -> None:
    def when(request: RecordedRequest) -> bool:
        raise error

    connect_chat.faults.throttle(when=when, optional=True)
    answer = start(endpoint, parameters)

    assert (answer.status, answer.headers["x-amzn-errortype"]) == (501, type(error).__name__)
    with pytest.raises(type(error), match="a mistake"):
        connect_chat.raise_failures()


def test_a_flow_that_fails_fails_the_test_and_not_the_client(connect_chat: FakeConnectChat, chat: Chat) -> None:
    def flow(chat: Any) -> Any:
        yield
        raise ValueError("a mistake")

    connect_chat.play_flow(flow)
    chat.say("Hello")
    chat.say("Hello again")

    with pytest.raises(ValueError, match="a mistake"):
        connect_chat.raise_failures()


def test_a_reply_that_fails_the_test_leaves_the_clients_answer_as_it_is(
    connect_chat: FakeConnectChat, endpoint: ConnectChatEndpoint, chat: Chat
) -> None:
    connect_chat.reply_with(lambda item: pytest.fail("a mistake"))
    body = {"ContentType": "text/plain", "Content": "Hello"}
    answer = send(endpoint, "POST", "/participant/message", body, {"X-Amz-Bearer": chat.token})

    assert answer.status == 200
    with pytest.raises(pytest.fail.Exception, match="a mistake") as failure:
        connect_chat.raise_failures()
    assert not any("further exception" in note for note in getattr(failure.value, "__notes__", ()))


def test_a_flow_that_fails_the_test_in_its_own_time_leaves_the_server_as_it_is(parameters: Parameters) -> None:
    failing = threading.Event()

    def flow(chat: Any) -> Any:
        yield timedelta(seconds=0.1)
        failing.set()
        pytest.fail("a mistake")

    with FakeConnectChat(clock="system") as fake, fake.serve() as endpoint:
        fake.play_flow(flow)
        chat = Chat(fake, parameters)
        endpoint.wait_for(failing.is_set)  # to look at the fake would let it fail here
        assert start(endpoint, parameters).status == 200
        chat.close()
        with pytest.raises(pytest.fail.Exception, match="a mistake"):
            fake.raise_failures()


@pytest.mark.parametrize(
    "error", [SystemExit(3), KeyboardInterrupt(), GeneratorExit()], ids=lambda error: type(error).__name__
)
def test_what_python_ends_with_does_not_end_the_server(
    connect_chat: FakeConnectChat, endpoint: ConnectChatEndpoint, parameters: Parameters, error: BaseException
) -> None:
    def reply(item: Any) -> str:
        raise error

    connect_chat.reply_with(reply)
    chat = Chat(connect_chat, parameters)
    body = {"ContentType": "text/plain", "Content": "Hello"}

    assert send(endpoint, "POST", "/participant/message", body, {"X-Amz-Bearer": chat.token}).status == 200
    assert start(endpoint, parameters).status == 200
    with pytest.raises(type(error)):
        connect_chat.raise_failures()
    chat.close()


def test_a_handler_that_never_returns_keeps_nobody(
    connect_chat: FakeConnectChat, endpoint: ConnectChatEndpoint, parameters: Parameters
) -> None:
    waiting, ending = threading.Event(), threading.Event()

    def reply(item: Any) -> None:
        waiting.set()
        ending.wait(30)

    connect_chat.reply_with(reply)
    chats = [Chat(connect_chat, parameters) for _ in range(40)]
    body = {"ContentType": "text/plain", "Content": "Hello"}

    def ask(chat: Chat) -> None:
        with contextlib.suppress(OSError):  # nobody answers
            send(endpoint, "POST", "/participant/message", body, {"X-Amz-Bearer": chat.token})

    asking = [threading.Thread(target=ask, args=[chat]) for chat in chats]
    for thread in asking:
        thread.start()
    assert waiting.wait(10)
    assert start(endpoint, parameters).status == 200
    assert chats[0].socket.items(1) == ["Hello"]
    assert chats[0].socket.asked('{"topic":"aws/heartbeat"}') == {"topic": "aws/heartbeat"}
    endpoint.close()
    ending.set()
    for thread in asking:
        thread.join()
    for chat in chats:
        chat.close()


def test_a_flows_words_are_heard_at_once_and_heartbeats_answered_meanwhile(
    connect_chat: FakeConnectChat, endpoint: ConnectChatEndpoint, parameters: Parameters
) -> None:
    heard = threading.Event()

    def flow(chat: Any) -> None:
        chat.send_message("Your order number?")
        heard.wait(10)

    connect_chat.play_flow(flow)
    chat = Chat(connect_chat, parameters)
    assert chat.socket.items(1) == ["Your order number?"]
    assert chat.socket.asked('{"topic":"aws/ping"}')["statusCode"] == 200
    endpoint.drop_sockets()  # though the subscription is still being answered
    assert endpoint.sockets == ()
    heard.set()
    chat.close()


def test_a_handler_may_use_the_endpoint(
    connect_chat: FakeConnectChat, endpoint: ConnectChatEndpoint, parameters: Parameters
) -> None:
    def reply(item: Any) -> str:
        contact_id = connect_chat.contacts.last.contact_id
        found = send(endpoint, "GET", f"/contacts/{INSTANCE_ID}/{contact_id}").json
        return f"You are {found['Contact']['Id']}"

    connect_chat.reply_with(reply)
    chat = Chat(connect_chat, parameters)
    body = {"ContentType": "text/plain", "Content": "Who am I?"}
    assert send(endpoint, "POST", "/participant/message", body, {"X-Amz-Bearer": chat.token}).status == 200

    assert chat.socket.items(2) == ["Who am I?", f"You are {chat.contact_id}"]
    chat.close()


# -- the same as in this process ---------------------------------------------------------------------------------------


def story(fake: FakeConnectChat, driver: str) -> list[Any]:
    """Return what clients of one driver get to see of a chat, errors included."""
    seen: list[Any] = []
    connect, participant = new_client(driver=driver), new_client("connectparticipant", driver=driver)

    def call(client: Any, method: str, **members: Any) -> Any:
        try:
            answer = getattr(client, method)(**members)
        except ClientError as error:
            seen.append((method, type(error).__name__, {**error.response, "ResponseMetadata": None}))
            return {}
        metadata = answer.pop("ResponseMetadata")
        seen.append((method, metadata["HTTPStatusCode"], answer))
        return answer

    where = {"InstanceId": INSTANCE_ID}
    place = {**where, "ContactFlowId": FLOW_ID}
    fake.add_instance(INSTANCE_ID, {FLOW_ID: "Sample inbound flow"})
    started = call(
        connect, "start_chat_contact", **place, ParticipantDetails={"DisplayName": "Ada"}, Attributes={"a": "ü"}
    )
    contact = {**where, "ContactId": started["ContactId"]}
    call(connect, "start_chat_contact", **place, ParticipantDetails={"DisplayName": "Ada"}, RelatedContactId="x")
    call(connect, "start_chat_contact", **where, ContactFlowId="other", ParticipantDetails={"DisplayName": "Ada"})
    topic = {"StreamingEndpointArn": "arn:aws:sns:us-east-1:123456789012:chats"}
    streaming = call(connect, "start_contact_streaming", **contact, ChatStreamingConfiguration=topic)
    connection = call(
        participant,
        "create_participant_connection",
        ParticipantToken=started["ParticipantToken"],
        Type=["CONNECTION_CREDENTIALS"],
        ConnectParticipant=True,
    )
    token = {"ConnectionToken": connection["ConnectionCredentials"]["ConnectionToken"]}
    call(participant, "send_message", **token, ContentType="text/plain", Content="Hello")
    call(participant, "send_message", **token, ContentType="text/none", Content="Hello")
    call(participant, "send_event", **token, ContentType="application/vnd.amazonaws.connect.event.typing")
    call(participant, "get_transcript", **token, MaxResults=1)
    call(participant, "get_transcript", **token, StartPosition={})
    call(participant, "get_transcript", ConnectionToken="nobody's")
    call(participant, "get_attachment", **token, AttachmentId="nothing")
    call(connect, "describe_contact", **contact)
    call(connect, "tag_contact", **contact, Tags={"a/b": "1", "c": "2"})
    call(connect, "untag_contact", **contact, TagKeys=["a/b", "nothing"])
    call(connect, "update_contact_attributes", **where, InitialContactId=started["ContactId"], Attributes={"b": "2"})
    call(connect, "get_contact_attributes", **where, InitialContactId=started["ContactId"])
    call(connect, "list_associated_contacts", **contact, MaxResults=1)
    call(connect, "list_contact_flows", **where)
    call(connect, "stop_contact_streaming", **contact, StreamingId=streaming["StreamingId"])
    call(participant, "disconnect_participant", **token)
    call(connect, "stop_contact", **contact)
    return seen


def test_answers_are_those_that_clients_in_this_process_get(monkeypatch: pytest.MonkeyPatch) -> None:
    with FakeConnectChat(seed=7, clock="2026-01-01T00:00:00.417Z") as fake:
        here, recorded_here = story(fake, "botocore"), recorded(fake)
    lead_over_http(monkeypatch)
    with FakeConnectChat(seed=7, clock="2026-01-01T00:00:00.417Z") as fake:
        there, recorded_there = story(fake, "http"), recorded(fake)

    assert len(here) == 22
    for one, other in zip(here, there, strict=True):
        assert one == other
    for one, other in zip(recorded_here, recorded_there, strict=True):
        assert one == other


def recorded(fake: FakeConnectChat) -> list[Any]:
    """Return what is recorded, but for the tokens that botocore draws at random."""
    return [
        (
            request.operation,
            request.params | {"ClientToken": None},
            request.response,
            request.error,
            repr(request.contact),
        )
        for request in fake.requests
    ]


# -- files -------------------------------------------------------------------------------------------------------------


def refusal(url: str, content: bytes | None = None, headers: dict[str, str] | None = None) -> tuple[int, str]:
    """Return the status of a file's URL and S3's error code."""
    request = urllib.request.Request(url, content, headers or {}, method="PUT" if content is not None else "GET")  # noqa: S310
    with pytest.raises(urllib.error.HTTPError) as error:
        urllib.request.urlopen(request, timeout=10)  # noqa: S310
    with error.value:
        text = error.value.read().decode()
    assert error.value.headers["content-type"] == "application/xml"
    return error.value.code, text.partition("<Code>")[2].partition("</Code>")[0]


def test_a_file_goes_up_and_down(chat: Chat) -> None:
    upload = chat.start_upload()
    metadata = upload["UploadMetadata"]

    assert put(metadata["Url"], b"abc", metadata["HeadersToInclude"]) == 200
    chat.complete_upload(upload["AttachmentId"])

    assert chat.socket.items(1) == ["ATTACHMENT"]
    with urllib.request.urlopen(chat.url_of(upload["AttachmentId"]), timeout=10) as answer:  # noqa: S310
        assert answer.read() == b"abc"
        assert answer.headers["content-type"] == "text/plain"
        assert answer.headers["content-disposition"] == 'attachment; filename="a.txt"'
    assert chat.fake.contacts.last.transcript[-1].attachments[0].content == b"abc"


def test_a_file_of_an_agent_is_read_likewise(chat: Chat) -> None:
    grace = chat.fake.add_participant(chat.contact_id)
    (attachment,) = grace.send_attachment("a.pdf", b"%PDF").attachments

    with urllib.request.urlopen(chat.url_of(attachment.attachment_id), timeout=10) as answer:  # noqa: S310
        assert (answer.read(), answer.headers["content-type"]) == (b"%PDF", "application/pdf")


def test_a_file_that_never_arrived_is_not_complete(chat: Chat) -> None:
    attachment_id = chat.start_upload()["AttachmentId"]

    with pytest.raises(chat.client.exceptions.ConflictException, match="completed-attachment-arrived"):
        chat.complete_upload(attachment_id)
    assert chat.fake.contacts.last.transcript[-1].type == "EVENT"


def test_a_file_has_its_announced_size_and_headers(chat: Chat) -> None:
    metadata = chat.start_upload()["UploadMetadata"]
    url, headers = metadata["Url"], metadata["HeadersToInclude"]

    assert refusal(url, b"abc") == (403, "SignatureDoesNotMatch")
    assert refusal(url, b"abc", headers | {"Content-Type": "text/html"}) == (403, "SignatureDoesNotMatch")
    assert refusal(url, b"abcd", headers | {"Content-Length": "4"}) == (403, "SignatureDoesNotMatch")
    assert put(url, b"abc", headers) == 200


@pytest.mark.parametrize("name", ["Grüße.txt", "€ 7.txt", 'a "b".txt', "a\nb.txt", "a%20b.txt"])
def test_a_file_may_have_any_name(chat: Chat, name: str) -> None:
    upload = chat.client.start_attachment_upload(
        ConnectionToken=chat.token, AttachmentName=name, AttachmentSizeInBytes=3, ContentType="text/plain"
    )
    metadata = upload["UploadMetadata"]

    assert put(metadata["Url"], b"abc", metadata["HeadersToInclude"]) == 200
    chat.complete_upload(upload["AttachmentId"])
    with urllib.request.urlopen(chat.url_of(upload["AttachmentId"]), timeout=10) as answer:  # noqa: S310
        assert answer.headers["content-disposition"] == metadata["HeadersToInclude"]["Content-Disposition"]
    assert chat.transcript[-1].attachments[0].attachment_name == name


def test_a_file_in_chunks_is_refused(chat: Chat, endpoint: ConnectChatEndpoint) -> None:
    metadata = chat.start_upload()["UploadMetadata"]
    headers = {name: value for name, value in metadata["HeadersToInclude"].items() if name != "Content-Length"}
    answer = send(endpoint, "PUT", metadata["Url"].removeprefix(endpoint.url), iter([b"a", b"bc"]), headers)

    assert answer.status == 411
    assert b"<Code>MissingContentLength</Code>" in answer.body


def test_a_file_can_be_sent_again_until_it_is_complete(chat: Chat) -> None:
    upload = chat.start_upload()
    url, headers = upload["UploadMetadata"]["Url"], upload["UploadMetadata"]["HeadersToInclude"]
    put(url, b"abc", headers)
    put(url, b"xyz", headers)
    chat.complete_upload(upload["AttachmentId"])

    assert refusal(url, b"abc", headers) == (403, "AccessDenied")
    assert chat.fake.contacts.last.transcript[-1].attachments[0].content == b"xyz"


def test_urls_of_files_expire(chat: Chat) -> None:
    upload = chat.start_upload()
    url, headers = upload["UploadMetadata"]["Url"], upload["UploadMetadata"]["HeadersToInclude"]
    put(url, b"abc", headers)
    chat.complete_upload(upload["AttachmentId"])
    download = chat.url_of(upload["AttachmentId"])
    chat.fake.clock.advance(minutes=15)

    assert refusal(url, b"abc", headers) == (403, "AccessDenied")
    assert refusal(download) == (403, "AccessDenied")


def test_a_signature_is_of_one_file_and_one_method(chat: Chat, endpoint: ConnectChatEndpoint) -> None:
    first, second = chat.start_upload(), chat.start_upload()
    url, headers = first["UploadMetadata"]["Url"], first["UploadMetadata"]["HeadersToInclude"]

    other = url.replace(first["AttachmentId"], second["AttachmentId"])
    unsigned = url.partition("?")[0]
    climbing = url.replace("/chat/", "/chat/../chat/")
    for wrong in (other, unsigned, f"{url}0", climbing):
        assert refusal(wrong, b"abc", headers) == (403, "SignatureDoesNotMatch")
    assert refusal(url) == (403, "SignatureDoesNotMatch")
    assert send(endpoint, "GET", "/chat/../../etc/passwd").status == 403


def test_a_file_that_was_sent_nowhere_is_not_there(connect_chat: FakeConnectChat, parameters: Parameters) -> None:
    pytest.importorskip("aiohttp")
    before = Chat.__new__(Chat)
    before.fake, before.client = connect_chat, connect_chat.client("connectparticipant")
    before.participant_token = connect_chat.client().start_chat_contact(**parameters)["ParticipantToken"]
    before.token = before.connection()["ConnectionCredentials"]["ConnectionToken"]
    attachment_id = before.start_upload()["AttachmentId"]
    before.complete_upload(attachment_id)
    connect_chat.serve()

    assert refusal(before.url_of(attachment_id)) == (404, "NoSuchKey")


def test_a_file_that_is_too_large_is_not_read(chat: Chat, endpoint: ConnectChatEndpoint) -> None:
    url = chat.start_upload()["UploadMetadata"]["Url"].removeprefix(endpoint.url)

    assert send(endpoint, "PUT", url, b" " * (20 * 1024 * 1024 + 1)).status == 413


# -- pages of other origins --------------------------------------------------------------------------------------------


def test_a_page_of_another_origin_may_ask_for_everything(endpoint: ConnectChatEndpoint) -> None:
    asked = "authorization,content-type,x-amz-bearer,x-amz-date,x-amz-user-agent"
    headers = {
        "Origin": "http://localhost:5173",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": asked,
        "Access-Control-Request-Private-Network": "true",
    }

    answer = send(endpoint, "OPTIONS", "/participant/message", headers=headers)

    assert answer.status == 204
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["access-control-allow-methods"] == "GET, PUT, POST, DELETE"
    assert answer.headers["access-control-allow-headers"] == asked
    assert answer.headers["access-control-allow-private-network"] == "true"
    assert "access-control-allow-private-network" not in send(endpoint, "OPTIONS", "/chat/x").headers


def test_a_page_of_another_origin_may_read_which_error_it_got(chat: Chat, endpoint: ConnectChatEndpoint) -> None:
    url = chat.start_upload()["UploadMetadata"]["Url"].removeprefix(endpoint.url)

    for answer in (send(endpoint, "GET", "/contacts/i/nobody"), send(endpoint, "PUT", url, b"")):
        assert answer.headers["access-control-allow-origin"] == "*"
        assert answer.headers["access-control-expose-headers"] == "x-amzn-errortype, x-amzn-requestid"


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "127.0.0.2:{port}"]
)
def test_a_request_for_another_host_is_refused(
    connect_chat: FakeConnectChat, endpoint: ConnectChatEndpoint, parameters: Parameters, host: str
) -> None:
    port = endpoint.url.rpartition(":")[2]
    answer = start(endpoint, parameters, Host=host.format(port=port))

    assert answer.status == 403
    assert f"This server answers 127.0.0.1:{port} and localhost:{port} only" in answer.body.decode()
    assert send(endpoint, "OPTIONS", "/", headers={"Host": host.format(port=port)}).status == 403
    assert len(connect_chat.requests) == 0
    assert start(endpoint, parameters, Host=f"LocalHost:{port}").status == 200


# -- many at once ------------------------------------------------------------------------------------------------------


def test_nothing_is_lost_or_doubled_among_many(
    connect_chat: FakeConnectChat, endpoint: ConnectChatEndpoint, parameters: Parameters
) -> None:
    chats = [Chat(connect_chat, parameters) for _ in range(4)]
    sockets = [chat.open() for chat in chats for _ in range(4)]
    said = [f"message {number}" for number in range(25)]

    def say(chat: Chat) -> None:
        for content in said:
            body = {"ContentType": "text/plain", "Content": content}
            assert send(endpoint, "POST", "/participant/message", body, {"X-Amz-Bearer": chat.token}).status == 200

    with ThreadPoolExecutor(16) as pool:
        saying = [pool.submit(say, chat) for chat in chats]
        starting = [pool.submit(start, endpoint, parameters) for _ in range(100)]
        for future in saying:
            future.result()
        started = [future.result().json["ContactId"] for future in starting]

    assert len(set(started)) == 100
    assert len(connect_chat.contacts) == 104
    assert connect_chat.requests.send_message.call_count == 100
    for place, chat in enumerate(chats):
        assert [item.content for item in chat.transcript if item.type == "MESSAGE"] == said
        for socket_of_chat in (chat.socket, *sockets[4 * place : 4 * place + 4]):
            assert socket_of_chat.items(25) == said
        chat.close()


# -- its life ----------------------------------------------------------------------------------------------------------


def test_it_listens_until_it_is_closed(parameters: Parameters) -> None:
    with FakeConnectChat() as fake:
        with fake.serve() as endpoint:
            assert start(endpoint, parameters).status == 200
        endpoint.close()
        assert repr(endpoint) == f"<ConnectChatEndpoint {endpoint.url}: closed>"
        with pytest.raises(ConnectionError):
            start(endpoint, parameters)
        connection = fake.client().start_chat_contact(**parameters, ConnectionTypes=["WEBSOCKET"])
        assert connection["Websocket"]["Url"].startswith("wss://")
        with fake.serve() as again:
            assert start(again, parameters).status == 200
    assert len(fake.contacts) == 3


def test_it_ends_with_its_fake(parameters: Parameters) -> None:
    with FakeConnectChat() as fake:
        endpoint = fake.serve()

    assert not endpoint.is_open
    assert [thread for thread in threading.enumerate() if thread.name == "connect_chat_endpoint"] == []
    fake.reset()


def test_the_public_members_of_an_endpoint_are_these(endpoint: ConnectChatEndpoint) -> None:
    assert [name for name in dir(endpoint) if not name.startswith("_")] == [
        *("close", "drop_sockets", "environ", "is_open", "sockets", "stay_silent", "url", "wait_for")
    ]


def test_a_fake_that_is_not_active_can_be_served(parameters: Parameters) -> None:
    fake = FakeConnectChat()
    with fake.serve() as endpoint:
        assert start(endpoint, parameters).status == 200
    assert len(fake.contacts) == 1


def test_a_fake_is_served_once(connect_chat: FakeConnectChat, endpoint: ConnectChatEndpoint) -> None:
    with pytest.raises(SceneError, match=f"is served already, at {endpoint.url}: use that endpoint, or close"):
        connect_chat.serve()


def test_a_port_that_is_taken_says_so(connect_chat: FakeConnectChat, endpoint: ConnectChatEndpoint) -> None:
    port = int(endpoint.url.rpartition(":")[2])

    with pytest.raises(EndpointError, match=rf"cannot listen at 127\.0\.0\.1, port {port}: .* port=0 takes one"):
        FakeConnectChat().serve(port)


@pytest.mark.parametrize("port", [-1, 65536, "80", True, None])
def test_a_port_is_a_number(port: Any) -> None:
    with pytest.raises(EndpointError, match="port is a number, 0 to 65535"):
        FakeConnectChat().serve(port)


def test_without_the_extra_one_line_says_so(pytester: pytest.Pytester) -> None:
    pytester.makeconftest("import sys\nsys.modules['aiohttp'] = None\n")
    pytester.makepyfile("def test_it(connect_chat_endpoint):\n    pass\n")

    result = pytester.runpytest_subprocess()

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["The endpoint needs aiohttp: install pytest-connect-chat[[]endpoint]."])


def test_the_constructor_says_so_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "pytest_connect_chat._endpoint.server", raising=False)
    monkeypatch.setitem(sys.modules, "aiohttp", None)

    with pytest.raises(MissingExtraError, match="endpoint"):
        FakeConnectChat().serve()


def test_what_forbids_sockets_is_named(pytester: pytest.Pytester) -> None:
    pytest.importorskip("pytest_socket")
    pytester.makepyfile(
        """
        import pytest

        def test_forbidden(connect_chat_endpoint):
            pass

        @pytest.mark.enable_socket
        def test_allowed(connect_chat_endpoint):
            assert connect_chat_endpoint.url
        """
    )

    result = pytester.runpytest_subprocess("--disable-socket")

    result.assert_outcomes(errors=1, passed=1)
    result.stdout.fnmatch_lines(["The endpoint cannot listen at 127.0.0.1: SocketBlockedError: *enable_socket."])
    pytester.runpytest_subprocess("--allow-hosts=127.0.0.1").assert_outcomes(passed=2)


def test_a_thread_that_cannot_start_its_loop_hands_the_error_over(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: Any, **keywords: Any) -> Any:
        raise RuntimeError("no web server today")

    monkeypatch.setattr("aiohttp.web.Server", fail)

    with pytest.raises(EndpointError, match="RuntimeError: no web server today"):
        FakeConnectChat().serve()


def test_variables_lead_here(
    connect_chat: FakeConnectChat, endpoint: ConnectChatEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "example.com")
    monkeypatch.delenv("no_proxy", raising=False)

    assert endpoint.environ == {
        "AWS_ENDPOINT_URL_CONNECT": endpoint.url,
        "AWS_ENDPOINT_URL_CONNECTPARTICIPANT": endpoint.url,
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "false",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "pytest-connect-chat",
        "AWS_SECRET_ACCESS_KEY": "pytest-connect-chat",
        "AWS_SESSION_TOKEN": "pytest-connect-chat",
        "AWS_SECURITY_TOKEN": "pytest-connect-chat",
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": "example.com,127.0.0.1",
        "no_proxy": "127.0.0.1",
    }


@pytest.mark.connect_chat(region="eu-west-1")
def test_the_region_of_the_settings_leads_here_too(
    connect_chat: FakeConnectChat, endpoint: ConnectChatEndpoint, parameters: Parameters
) -> None:
    start(endpoint, parameters)

    assert endpoint.environ["AWS_REGION"] == "eu-west-1"
    assert connect_chat.requests.last.region == "eu-west-1"


def test_half_a_request_stops_nobody_and_no_end(parameters: Parameters) -> None:
    with FakeConnectChat() as fake, fake.serve() as endpoint:
        host, port = endpoint.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=10) as slow:
            slow.sendall(f"PUT {START} HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Length: 900\r\n\r\n{{".encode())
            with socket.create_connection((host, int(port)), timeout=10) as slower:
                slower.sendall(b"PUT /con")
                assert start(endpoint, parameters).status == 200
                endpoint.close()
                assert slower.recv(10) == b""
    assert len(fake.contacts) == 1


def test_a_client_that_goes_away_in_the_middle_harms_nobody(
    parameters: Parameters, caplog: pytest.LogCaptureFixture
) -> None:
    with FakeConnectChat() as fake, fake.serve() as endpoint:
        host, port = endpoint.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=10) as hasty:
            hasty.sendall(f"PUT {START} HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Length: 900\r\n\r\n{{".encode())
        assert start(endpoint, parameters).status == 200
    assert caplog.records == []


def test_no_websocket_handshake_is_one(endpoint: ConnectChatEndpoint) -> None:
    answer = send(endpoint, "GET", "/?AuthToken=x", headers={"Upgrade": "websocket"})

    assert (answer.status, answer.body) == (400, b"This is no WebSocket handshake.\n")


@pytest.mark.parametrize("frozen", ["freezegun", "time_machine"])
def test_it_works_where_time_is_frozen(frozen: str, parameters: Parameters) -> None:
    library = pytest.importorskip(frozen)
    moment = "2026-01-01T00:00:00Z"
    freeze = library.freeze_time(moment) if frozen == "freezegun" else library.travel(moment, tick=False)
    with freeze, FakeConnectChat() as fake, fake.serve() as endpoint:
        chat = Chat(fake, parameters)
        chat.say("Hello")
        assert chat.socket.items(1) == ["Hello"]
        assert endpoint.wait_for(lambda: fake.requests.send_message.called) is True
        with pytest.raises(EndpointError, match="was not so within"):
            endpoint.wait_for(lambda: False, timeout=0.05)
        chat.close()


def test_it_closes_where_time_is_frozen_and_somebody_waits(parameters: Parameters) -> None:
    freezegun = pytest.importorskip("freezegun")
    ending = threading.Event()
    with freezegun.freeze_time("2026-01-01T00:00:00Z"), FakeConnectChat() as fake, fake.serve() as endpoint:
        endpoint.stay_silent(seconds=0.05)
        fake.faults.lose_response(attempts=1)
        with pytest.raises(ConnectionError):
            start(endpoint, parameters)
        fake.play_flow(lambda chat: ending.wait(10) and None)
        chat = Chat(fake, parameters)
    ending.set()
    chat.close()


def test_who_does_not_serve_imports_no_web_server() -> None:
    code = "import sys, pytest_connect_chat.plugin as p, pytest_connect_chat.fake; print('aiohttp' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)  # noqa: S603

    assert run.stdout == "False\n"


def test_what_is_not_served_opens_nothing() -> None:
    state = FakeConnectChat()._service.state

    with pytest.raises(SocketRefusedError, match="the AuthToken is of no URL"):
        Sockets(state).add("a token", lambda frame: None)
    assert serve_file(state, "GET", "a file", "a signature", {}, b"").code == "SignatureDoesNotMatch"


def test_an_interrupted_end_is_ended_once_more(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FakeConnectChat()
    endpoint = fake.serve()
    with monkeypatch.context() as patch:
        patch.setattr("threading.Thread.join", lambda *arguments: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            endpoint.close()
    assert endpoint.is_open
    endpoint.close()
    assert not endpoint.is_open
    assert not fake._service.state.urls.are_served


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are not forked here")
@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
def test_a_forked_child_keeps_neither_connections_nor_the_port(parameters: Parameters) -> None:
    import websocket

    ended, end = os.pipe()
    with FakeConnectChat() as fake:
        endpoint = fake.serve()
        chat = Chat(fake, parameters)
        child = os.fork()
        if not child:  # pragma: no cover
            os.read(ended, 1)
            os._exit(0)
        try:
            endpoint.drop_sockets()
            with pytest.raises((websocket.WebSocketConnectionClosedException, ConnectionError)):
                chat.socket.next()
            endpoint.close()
            with pytest.raises(ConnectionError):
                start(endpoint, parameters)
        finally:
            os.write(end, b"x")
            os.waitpid(child, 0)
            os.close(ended)
            os.close(end)
            chat.close()


def test_callables_that_replace_sleeping_do_not_stop_it(
    monkeypatch: pytest.MonkeyPatch, parameters: Parameters
) -> None:
    def sleep(*arguments: Any) -> None:
        raise AssertionError("somebody was about to sleep")

    monkeypatch.setattr("asyncio.sleep", sleep)
    monkeypatch.setattr("time.sleep", sleep)
    with FakeConnectChat() as fake, fake.serve() as endpoint:
        endpoint.stay_silent(seconds=0.01)
        fake.faults.lose_response(attempts=1)
        with pytest.raises(ConnectionError):
            start(endpoint, parameters)
        assert start(endpoint, parameters).status == 200


# -- waiting -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def waited(
    endpoint: ConnectChatEndpoint, monkeypatch: pytest.MonkeyPatch
) -> Callable[[Callable[[], Any], Callable[[], object]], None]:
    """Waits in a thread, with a timeout that never comes, until a condition is so; what makes it so comes meanwhile."""

    class Never(threading.Timer):
        def start(self) -> None:
            """Never expire, so that only what happens can wake whoever waits."""

    monkeypatch.setattr("threading.Timer", Never)

    def wait(condition: Callable[[], Any], cause: Callable[[], object]) -> None:
        looked = threading.Event()

        def look() -> Any:
            found = condition()
            looked.set()
            return found

        waiting = threading.Thread(target=endpoint.wait_for, args=[look], daemon=True)
        waiting.start()
        assert looked.wait(10)
        cause()
        waiting.join(10)
        assert not waiting.is_alive()

    return wait


def test_waiting_is_woken_by_calls_items_sockets_and_files(
    connect_chat: FakeConnectChat, endpoint: ConnectChatEndpoint, parameters: Parameters, waited: Any
) -> None:
    requests = connect_chat.requests
    waited(lambda: connect_chat.contacts, lambda: start(endpoint, parameters))
    contact = connect_chat.contacts.last
    client = connect_chat.client()
    waited(
        lambda: requests.describe_contact.called,
        lambda: client.describe_contact(InstanceId=INSTANCE_ID, ContactId=contact.contact_id),
    )
    waited(lambda: contact.transcript, lambda: connect_chat.add_participant(contact.contact_id))
    chat = Chat(connect_chat, parameters, subscribe=False)
    waited(lambda: endpoint.sockets, lambda: chat.open(subscribe=False))
    waited(lambda: not endpoint.sockets, chat.close)
    metadata = chat.start_upload()["UploadMetadata"]
    attachments = connect_chat._service.state.attachments
    attachment_id = metadata["Url"].partition("/chat/")[2].partition("?")[0]
    waited(
        lambda: attachments.find(chat.contact_id, attachment_id).content,  # type: ignore[union-attr]
        lambda: put(metadata["Url"], b"abc", metadata["HeadersToInclude"]),
    )


def test_an_interrupt_at_any_step_of_waiting_leaves_the_endpoint_free(parameters: Parameters) -> None:
    package = str(Path(pytest_connect_chat.__file__).parent / "_endpoint")

    def wait_interrupted(step: int) -> None:
        """Wait for a chat, interrupted at a line of the endpoint's, or where a call in one returns."""
        steps, before = 0, sys.gettrace()

        def trace(frame: Any, event: str, argument: Any) -> Any:
            nonlocal steps
            code = frame.f_back.f_code if event == "return" and frame.f_back else frame.f_code
            if event in ("line", "return") and code.co_filename.startswith(package):
                steps += 1
                if steps == step:
                    raise KeyboardInterrupt
            return trace

        sys.settrace(trace)
        try:
            endpoint.wait_for(lambda: len(fake.contacts) == step)
        finally:
            sys.settrace(before)

    with FakeConnectChat(max_active_chats=1_000) as fake, fake.serve() as endpoint:
        for step in count(1):
            caller = threading.Thread(target=start, args=(endpoint, parameters))
            caller.start()
            try:
                wait_interrupted(step)
            except KeyboardInterrupt:
                caller.join(timeout=60)
                assert len(fake.contacts) == step, f"the endpoint hangs after an interrupt at step {step}"
            else:
                break
    assert step > 10


def test_waiting_returns_what_the_condition_does(connect_chat: FakeConnectChat, endpoint: ConnectChatEndpoint) -> None:
    contact = connect_chat.add_contact()

    assert endpoint.wait_for(lambda: connect_chat.contacts.last) is contact


def waited_in_vain(endpoint: ConnectChatEndpoint, condition: Callable[[], Any], timeout: float = 0) -> list[str]:
    """Return the lines of what is said of a condition that does not come true."""
    with pytest.raises(EndpointError) as error:
        endpoint.wait_for(condition, timeout)
    return str(error.value).splitlines()


def test_waiting_in_vain_tells_what_happened(
    connect_chat: FakeConnectChat, endpoint: ConnectChatEndpoint, parameters: Parameters
) -> None:
    def somebody_types() -> bool:
        return False

    start(endpoint, parameters)
    said, sockets, *journal, advice = waited_in_vain(endpoint, somebody_types, 0.01)

    assert said == "somebody_types was not so within 0.01 seconds: it returned False."
    assert sockets == "Open sockets: none. What happened:"
    assert journal == connect_chat.journal().splitlines()
    assert advice == "wait_for(condition, timeout=...) waits longer."


def test_waiting_in_vain_says_that_no_program_has_reached_the_endpoint(
    connect_chat: FakeConnectChat, endpoint: ConnectChatEndpoint
) -> None:
    _, _, nothing, *advice = waited_in_vain(endpoint, lambda: connect_chat.requests.called)

    assert nothing == "nothing"
    assert advice == [
        "No program has reached the endpoint: each finds it by the variables of",
        "    environ, as in subprocess.run(command, env={**os.environ,",
        "    **endpoint.environ}).",
    ]


def test_waiting_in_vain_says_that_the_endpoint_is_closed(
    connect_chat: FakeConnectChat, endpoint: ConnectChatEndpoint, parameters: Parameters
) -> None:
    start(endpoint, parameters)
    endpoint.close()

    assert waited_in_vain(endpoint, lambda: connect_chat.contacts.ended)[-2:] == [
        "The endpoint is closed, and nothing reaches it any more: wait while it",
        "    serves.",
    ]


def test_waiting_in_vain_says_that_it_blocked_the_event_loop(
    connect_chat: FakeConnectChat, endpoint: ConnectChatEndpoint
) -> None:
    async def asked() -> None:
        connect_chat.add_contact()

    async def waits_in_the_loop() -> list[str]:
        task = asyncio.create_task(asked())
        said = waited_in_vain(endpoint, lambda: connect_chat.contacts.active, 0.01)
        await task
        return said

    assert " ".join(line.strip() for line in asyncio.run(waits_in_the_loop())[-3:]) == (
        "wait_for() blocked the event loop of this thread, so no task in it could run. In an async test: "
        "await asyncio.to_thread(endpoint.wait_for, condition)."
    )


def test_what_a_condition_raises_is_raised(endpoint: ConnectChatEndpoint) -> None:
    with pytest.raises(ZeroDivisionError):
        endpoint.wait_for(lambda: 1 // 0)


@pytest.mark.parametrize("timeout", [-1, "5", None, float("nan"), float("inf")])
def test_waiting_takes_a_function_and_seconds(endpoint: ConnectChatEndpoint, timeout: Any) -> None:
    with pytest.raises(EndpointError, match="timeout is a number of seconds"):
        endpoint.wait_for(lambda: True, timeout=timeout)
    with pytest.raises(SceneError, match="wait_for\\(\\) takes a plain function without arguments, not True"):
        endpoint.wait_for(True)  # type: ignore[arg-type]
    with pytest.raises(SceneError, match="arguments, and <lambda>\\(socket\\) cannot be called without arguments"):
        endpoint.wait_for(lambda socket: True)  # type: ignore[misc]


def test_waiting_takes_no_function_that_nobody_awaits(endpoint: ConnectChatEndpoint) -> None:
    async def waits() -> bool:
        return False

    def goes_on() -> Iterator[bool]:
        yield False

    for condition in (waits, goes_on, plain_looking(waits)):
        with pytest.raises(SceneError):
            endpoint.wait_for(condition, timeout=0)


def test_a_condition_that_makes_calls_does_not_wake_itself(
    connect_chat: FakeConnectChat, endpoint: ConnectChatEndpoint, connect_client: Any
) -> None:
    contact_id = connect_chat.add_contact(instance_id=INSTANCE_ID).contact_id

    def is_tagged() -> bool:
        found = connect_client.describe_contact(InstanceId=INSTANCE_ID, ContactId=contact_id)
        return bool(found["Contact"].get("Tags"))

    with pytest.raises(EndpointError, match="is_tagged was not so"):
        endpoint.wait_for(is_tagged, timeout=0.05)
    assert connect_chat.requests.describe_contact.call_count == 2


# -- a server of its own -----------------------------------------------------------------------------------------------


def serve_command(*arguments: str, cwd: Any = None) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "pytest_connect_chat", "serve", *arguments]
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's job in the background ignores it
    try:
        return subprocess.Popen(  # noqa: S603
            command, cwd=cwd, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
    finally:
        signal.signal(signal.SIGINT, before)


@pytest.mark.skipif(os.name == "nt", reason="interrupts are other ones there")
@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_a_server_of_its_own_plays_a_flow_until_it_is_stopped(
    pytester: pytest.Pytester, parameters: Parameters, ending: signal.Signals
) -> None:
    import websocket

    pytester.makepyfile(
        my_flows="def support(chat):\n    chat.send_message('Welcome')\n    raise ValueError('a mistake')"
    )
    settings = ("--max-active-chats", "1", "--connect-within", "none", "--rate-limit", "100/100")
    server = serve_command("--flow", "my_flows:support", *settings, cwd=pytester.path)
    assert server.stdout is not None
    assert server.stderr is not None
    url = server.stdout.readline().split()[6].rstrip(".")
    assert f"  export AWS_ENDPOINT_URL_CONNECT={url}\n" in [server.stdout.readline() for _ in range(12)]

    def put_start() -> Any:
        body = json.dumps(parameters | {"ConnectionTypes": ["WEBSOCKET"]}).encode()
        return urllib.request.urlopen(urllib.request.Request(url + START, body, method="PUT"), timeout=10)  # noqa: S310

    with put_start() as answer:
        ws = websocket.create_connection(json.load(answer)["Websocket"]["Url"], timeout=10)
    ws.send('{"topic":"aws/subscribe","content":{"topics":["aws/chat"]}}')
    frames = [ws.recv() for _ in range(3)]
    with pytest.raises(urllib.error.HTTPError) as error:
        put_start()
    error.value.close()
    assert "Welcome" in frames[2]
    assert server.stdout.readline() == "StartChatContact -> answered\n"
    assert server.stdout.readline().startswith("StartChatContact -> LimitExceededException: The instance ")
    ws.close()
    server.send_signal(ending)
    out, err = server.communicate(timeout=10)
    assert (server.returncode, out) == (0, "Stopped.\n")
    trace, first, line, error_said = err.splitlines()[:4]
    assert trace == "Traceback (most recent call last):"
    assert "my_flows.py" in first
    assert (line.strip(), error_said) == ("raise ValueError('a mistake')", "ValueError: a mistake")
    with pytest.raises(urllib.error.URLError):
        put_start()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--flow", "nothing"], "--flow=nothing names no module and function, such as my_flows:support."),
        (["--flow", "json:"], "--flow=json: names no module and function"),
        (["--flow", "no.module:here"], "No module named 'no'. It takes a module and a function in it"),
        (["--flow", "json:nothing"], "has no attribute 'nothing'"),
        (["--flow", "json:codecs"], "play_flow() takes a plain function"),
        (["--port", "70000"], "port is a number, 0 to 65535"),
        (["--flow", "./my_flows:here"], "It takes a module and a function in it"),
        (
            ["--max-active-chats", "x"],
            "--max-active-chats='x' is not valid: max_active_chats takes a whole number, 0 or",
        ),
        (
            ["--rate-limit", "5"],
            "--rate-limit='5' is not valid: rate_limit takes 'none', 'aws', or rate and burst such",
        ),
        (["--connect-within", "x"], "connect_within takes a number of minutes as a text such as '10', or 'none'."),
        (["--parse-once", "true"], "unrecognized arguments: --parse-once true"),
    ],
)
def test_a_server_that_cannot_start_says_why_in_one_line(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    from pytest_connect_chat.__main__ import main

    with pytest.raises(SystemExit) as ended:
        main(["serve", *arguments])

    assert ended.value.code == 2
    *_, last = capsys.readouterr().err.strip().splitlines()
    assert said in last


def test_the_command_explains_itself(capsys: pytest.CaptureFixture[str]) -> None:
    from pytest_connect_chat.__main__ import main

    with pytest.raises(SystemExit):
        main(["serve", "--help"])
    said = capsys.readouterr().out
    for option in ("--port", "--flow", "--seed", "--clock", "--max-active-chats", "--rate-limit", "--chaos"):
        assert option in said
    assert "--strict" not in said
