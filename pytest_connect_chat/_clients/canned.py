"""Canned answers, with `Stubber`'s signatures and meaning."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from http import HTTPStatus
from pprint import pformat
from typing import Any

from botocore.exceptions import StubAssertionError
from botocore.stub import Stubber

from pytest_connect_chat._clients.model import SERVICES, model_client
from pytest_connect_chat._names import did_you_mean
from pytest_connect_chat._service.records.recorded_request import RecordedRequest
from pytest_connect_chat._service.request import Request, snapshot
from pytest_connect_chat.exceptions import SceneError

CallableResponse = Callable[[RecordedRequest], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class CannedAnswer:
    """One answer that waits for its request.

    Attributes:
        method: The client method it answers.
        http_status: Its HTTP status.
        parsed: The answer, or what makes it from the request.
        expected_params: What the request must be, `None` for anything.
    """

    method: str
    http_status: int
    parsed: dict[str, Any] | CallableResponse
    expected_params: dict[str, Any] | None

    def response(self, service: str, preview: Callable[[], RecordedRequest]) -> dict[str, Any]:
        """Return the answer; a callable makes it of the request."""
        return _validated(service, self.method, self.parsed(preview())) if callable(self.parsed) else self.parsed

    def __str__(self) -> str:
        if callable(self.parsed) or self.http_status < HTTPStatus.MULTIPLE_CHOICES:
            return f"response for {self.method}()"
        return f"error {self.parsed['Error']['Code'] or 'without a code'} for {self.method}()"


class CannedAnswers:
    """The canned answers of one fake: first in, first out for each operation."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._queues: dict[tuple[str, str], deque[CannedAnswer]] = {}

    def add_response(
        self,
        method: str,
        service_response: dict[str, Any] | CallableResponse,
        expected_params: Mapping[str, Any] | None,
        service: str | None,
    ) -> None:
        """Queue a response, checked against the model; see `FakeConnectChat.add_response`."""
        service = _service_of(method, service)
        if callable(service_response):
            operation = _methods(service)[method]
            self._append(service, operation, CannedAnswer(method, 200, service_response, _copied(expected_params)))
        elif not isinstance(service_response, dict):
            raise SceneError(f"{method}() is answered with a dict or with a callable, not with {service_response!r}.")
        else:
            stubber = Stubber(model_client(service))
            stubber.add_response(method, deepcopy(service_response), expected_params)
            self._take_over(service, method, stubber)

    def add_client_error(self, method: str, service: str | None, **error: Any) -> None:
        """Queue an error; see `FakeConnectChat.add_client_error`."""
        service = _service_of(method, service)
        code, status = error["service_error_code"], error["http_status_code"]
        if not isinstance(code, str):
            raise SceneError(f"service_error_code is a text such as 'ThrottlingException', not {code!r}.")
        if not isinstance(status, int) or isinstance(status, bool):
            raise SceneError(f"http_status_code is a whole number such as 400, not {status!r}.")
        stubber = Stubber(model_client(service))
        stubber.add_client_error(method, **deepcopy(error))
        self._take_over(service, method, stubber)

    def _take_over(self, service: str, method: str, stubber: Stubber) -> None:
        queued = stubber._queue.pop()
        http, parsed = queued["response"]
        answer = CannedAnswer(method, http.status_code, parsed, _copied(queued["expected_params"]))
        self._append(service, queued["operation_name"], answer)

    def _append(self, service: str, operation: str, answer: CannedAnswer) -> None:
        with self._lock:
            self._queues.setdefault((service, operation), deque()).append(answer)

    def take(self, request: Request) -> CannedAnswer | None:
        """Return the next answer for a request and take it from the queue, or `None` if there is none.

        Raises:
            StubAssertionError: The request is not the expected one; the answer stays in the queue.
        """
        if not self._queues:
            return None
        with self._lock:
            queue = self._queues.get((request.service, request.operation))
            if not queue:
                return None
            _check_expected(request, queue[0].expected_params)
            return queue.popleft()

    def leftovers(self) -> list[str]:
        """Return what is left, in words."""
        with self._lock:
            return [f"the canned {answer} was not asked for" for queue in self._queues.values() for answer in queue]


def _validated(service: str, method: str, response: Any) -> dict[str, Any]:
    """Return a copy of what a callable answered, checked against the model as `Stubber` checks."""
    if not isinstance(response, dict):
        raise SceneError(
            f"The callable that answers {method}() returned {response!r}; it returns the response, a dict."
        )
    stubber = Stubber(model_client(service))
    stubber.add_response(method, deepcopy(response))
    parsed: dict[str, Any] = stubber._queue.pop()["response"][1]
    return parsed


def _check_expected(request: Request, expected: dict[str, Any] | None) -> None:
    if expected is None:
        return
    params = dict(request.params)
    if not request.client_token_given and "ClientToken" not in expected:
        params.pop("ClientToken", None)
    if params != expected:
        raise StubAssertionError(
            operation_name=request.operation,
            reason=f"Expected parameters:\n{pformat(expected)},\nbut received:\n{pformat(params)}",
        )


def _copied(expected_params: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if expected_params is None else dict(snapshot(dict(expected_params)))


def _methods(service: str) -> dict[str, str]:
    """Return the operation behind each client method."""
    methods: dict[str, str] = model_client(service).meta.method_to_api_mapping
    return methods


def _service_of(method: str, service: str | None) -> str:
    if service is not None and service not in SERVICES:
        raise SceneError(f"service is one of {', '.join(SERVICES)}, not {service!r}.")
    candidates = [service] if service else list(SERVICES)
    having = [name for name in candidates if method in _methods(name)]
    if not having:
        methods = {known: operation for name in candidates for known, operation in _methods(name).items()}
        of_operation = [known for known, operation in methods.items() if operation == method]
        hint = f" Did you mean {of_operation[0]!r}?" if of_operation else did_you_mean(str(method), methods)
        raise SceneError(f"{' and '.join(candidates)} {'has' if service else 'have'} no method {method!r}.{hint}")
    if len(having) > 1:
        raise SceneError(
            f"Both services have a method {method!r}: say which with service={having[0]!r} or {having[1]!r}."
        )
    return having[0]
