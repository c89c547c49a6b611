"""The operations over HTTP: each request is an attempt of a call."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import timedelta
from http import HTTPStatus
from typing import Any, Final

from pytest_connect_chat._endpoint.http import HttpAnswer, HttpRequest, NoAnswer
from pytest_connect_chat._model.rest_json import RestJsonOperation, rest_json_operation
from pytest_connect_chat._model.routes import Route, find, nearest
from pytest_connect_chat._service.answer import Reply
from pytest_connect_chat._service.answer_headers import AnswerHeaders
from pytest_connect_chat._service.calls import Call
from pytest_connect_chat._service.canned import UnexpectedParams
from pytest_connect_chat._service.clock import wait_until
from pytest_connect_chat._service.faults.effects import NETWORK_ERRORS, TIMEOUTS
from pytest_connect_chat._service.records.recorded_request import RecordedError
from pytest_connect_chat._service.request import Request, malformed_snapshot
from pytest_connect_chat._service.service import ConnectChatService
from pytest_connect_chat._text import raised
from pytest_connect_chat.exceptions import EndpointError, UnfakedOperationError

READ_TIMEOUT: Final = 60  # seconds: botocore's default; a client over HTTP does not say how long it waits
MOST_ATTEMPTS: Final = 5  # of a call whose client does not say it: botocore's in its legacy mode
ANSWERED: Final = HTTPStatus.OK.value
NOT_RETRIED: Final = HTTPStatus.NOT_IMPLEMENTED.value  # which SDKs do not try again
STATUSES: Final = range(200, 600)
FRAMING: Final = frozenset({"connection", "content-encoding", "content-length", "transfer-encoding"})


class OperationHandler:
    """Carries requests over HTTP to the service.

    SDKs name the call that an attempt belongs to (`amz-sdk-invocation-id`); an attempt without that is a call of its
    own. No request tells whether its client will try again: a call is recorded after each attempt, and the record of
    the next attempt replaces that one.

    Args:
        service: The service that answers them.
        region: The region of requests that are not signed.
    """

    def __init__(self, service: ConnectChatService, region: str) -> None:
        self._service = service
        self._region = region
        self._headers = AnswerHeaders(service.state.identifiers, service.state.clock)
        self._calls: dict[str, Call] = {}  # by invocation id: calls that have not succeeded yet

    def answer(self, http: HttpRequest) -> HttpAnswer | NoAnswer:
        """Answer one request."""
        found = find(http.method, http.path)
        if found is None:
            near = nearest(http.method, http.path)
            hint = "" if near is None else f" {near.operation} is at {near.method} {near.path}."
            message = f"No operation of connect or connectparticipant is at {http.method} {http.path}.{hint}"
            self._service.turn_away(http.method, http.path, HTTPStatus.NOT_FOUND.value, message)
            body = json.dumps({"message": message}).encode()
            return HttpAnswer(HTTPStatus.NOT_FOUND.value, self._headers.new("UnknownOperationException"), body)
        route, labels = found
        operation = rest_json_operation(route.service, route.operation)
        call = self._open_or_resume(http, self._request(http, route, operation, labels))
        reply = self._attempt(call)
        answer = reply if isinstance(reply, HttpAnswer) else self._respond(call, reply, operation)
        return answer if isinstance(answer, NoAnswer) or _is_http(answer) else self._refuse_canned(call, answer)

    def _attempt(self, call: Call) -> Reply | HttpAnswer:
        """Return the service's reply to an attempt, or an answer of our own if it gave none."""
        try:
            reply = self._service.attempt(call)
        except UnfakedOperationError as error:
            return self._fail(call, "UnfakedOperationError", str(error))
        except UnexpectedParams as difference:
            return self._fail(call, "StubAssertionError", str(difference))
        except BaseException as error:  # noqa: BLE001  # of a callable of the test: it fails the test, not the server
            self._service.state.feed.failures.append(error)
            return self._fail(call, type(error).__name__, f"A callable of the test raised {raised(error).rstrip('.')}.")
        if reply.passes_through:
            name = call.request.operation
            message = f"{name} is not faked, and unfaked='passthrough' leads nowhere from the endpoint."
            return self._fail(call, "UnfakedOperationError", message)
        return reply

    def _request(
        self, http: HttpRequest, route: Route, operation: RestJsonOperation, labels: Mapping[str, str]
    ) -> Request:
        params: dict[str, Any] = {}
        try:
            params = operation.read(labels, http.query, http.headers, http.body)
            malformed = operation.problem(params)
        except ValueError as error:
            malformed = f"The body is no JSON object: {error}"
        request = Request(
            service=route.service,
            operation=route.operation,
            params=params if malformed is None else malformed_snapshot(params),
            region=_region_of(http.headers) or self._region,
            limits=operation.limits,
            client_token_given="ClientToken" in params,
            place=lambda: f"the endpoint, {http.method} {http.path}",
            malformed=malformed,
        )
        if route.service == "connectparticipant" and _region_of(http.headers) is None:  # it needs no signature
            request.region = self._service.state.participants.region_of(request) or self._region
        return request

    def _open_or_resume(self, http: HttpRequest, request: Request) -> Call:
        """Return the call that a request is an attempt of."""
        invocation = http.headers.get("amz-sdk-invocation-id", "")
        said = re.search(r"max=(\d{1,3})\b", http.headers.get("amz-sdk-request", ""))
        limit = int(said[1]) if said else MOST_ATTEMPTS if invocation else 1
        call = self._calls.get(invocation)
        if call is None or not _is_same(call.request, request):
            call = self._service.open(request, attempt_limit=limit, read_timeout=READ_TIMEOUT)
            call.invocation = invocation
            if invocation:
                self._calls[invocation] = call
        call.attempt_limit = limit
        return call

    def _respond(self, call: Call, reply: Reply, operation: RestJsonOperation) -> HttpAnswer | NoAnswer:
        """Let time pass until the client hears a reply, record it, and return what arrives."""
        if reply.seconds:
            wait_until(self._service.state.clock, call.sent + timedelta(seconds=reply.seconds))
        if reply.network_error is not None:
            error = RecordedError(NETWORK_ERRORS[reply.network_error], "The connection was closed without an answer.")
            self._record(call, reply, error)
            return NoAnswer(after_silence=reply.network_error in TIMEOUTS)
        if reply.error is not None:
            status = reply.error.http_status or operation.error_status(reply.error.code)
            self._record(call, reply, reply.error.recorded(status))
            return self._error(call, status, reply.error.code, reply.error.message, reply.error.fields)
        self._record(call, reply, None)
        self._calls.pop(call.invocation, None)
        members = reply.answer.members if reply.answer is not None else {}
        metadata = members.get("ResponseMetadata", {})
        given = {name.lower(): str(value) for name, value in metadata.get("HTTPHeaders", {}).items()}
        headers = self._headers.new() | {name: value for name, value in given.items() if name not in FRAMING}
        headers["x-amzn-requestid"] = str(metadata.get("RequestId", headers["x-amzn-requestid"]))
        return HttpAnswer(metadata.get("HTTPStatusCode", ANSWERED), headers, operation.write(members))

    def _record(self, call: Call, reply: Reply, error: RecordedError | None) -> None:
        """Record how an attempt has ended: it may be the last of its call."""
        call.heard(reply, error)
        self._service.close(call)

    def _fail(self, call: Call, code: str, message: str) -> HttpAnswer:
        """Answer with an error that is not the service's, with a status that no client retries."""
        self._service.fail(call, RecordedError(code, message))
        return self._error(call, NOT_RETRIED, code, message, {})

    def _refuse_canned(self, call: Call, answer: HttpAnswer) -> HttpAnswer:
        """Fail the test for a canned answer that HTTP cannot carry."""
        message = (
            f"The canned answer for {call.request.operation} cannot go over HTTP: its status is {answer.status}, its "
            f"headers are {dict(answer.headers)}. A status is 200 to 599, a header one line."
        )
        self._service.state.feed.failures.append(EndpointError(message))
        return self._error(call, NOT_RETRIED, "EndpointError", message, {})

    def _error(self, call: Call, status: int, code: str, message: str, fields: Mapping[str, Any]) -> HttpAnswer:
        if code == str(status):  # a server error without a code of its own, as from a proxy
            return HttpAnswer(status, self._headers.new())
        operation = rest_json_operation(call.request.service, call.request.operation)
        return HttpAnswer(status, self._headers.new(code), operation.write_error(code, message, fields))


def _is_same(one: Request, other: Request) -> bool:
    return (one.service, one.operation, one.params) == (other.service, other.operation, other.params)


def _is_http(answer: HttpAnswer) -> bool:
    is_status = isinstance(answer.status, int) and answer.status in STATUSES
    return is_status and all(value.isprintable() for value in answer.headers.values())


def _region_of(headers: Mapping[str, str]) -> str | None:
    """Return the region for which a request is signed. The signature itself is not checked."""
    scope = re.search(r"Credential=[^/,]*/\d+/([a-z0-9-]+)/", headers.get("authorization", ""))
    return scope[1] if scope else None
