"""Canned answers, with the meaning of botocore's `Stubber`: first in, first out for each operation, not retried."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from http import HTTPStatus
from pprint import pformat
from typing import Any, Final

from pytest_connect_chat._names import did_you_mean
from pytest_connect_chat._service.answer import Answer, Reply, ServiceError
from pytest_connect_chat._service.arguments import require_function, require_result
from pytest_connect_chat._service.model_facts import ModelFacts
from pytest_connect_chat._service.records.recorded_request import CANNED, RecordedRequest
from pytest_connect_chat._service.request import SERVICES, Request, snapshot
from pytest_connect_chat._text import shown
from pytest_connect_chat.exceptions import SceneError

CallableResponse = Callable[[RecordedRequest], dict[str, Any]]

OK: Final = HTTPStatus.OK.value


class UnexpectedParams(Exception):  # noqa: N818  # botocore's name for what the client sees is StubAssertionError
    """A request is not the one that the test expects; the message says how they differ."""


@dataclass(frozen=True, slots=True)
class CannedAnswer:
    """One answer that waits for its request.

    Attributes:
        method: The client method it answers.
        http_status: Its HTTP status.
        parsed: The answer as botocore's parsers give it, or a callable that returns it.
        expected_params: What the request must be, `None` for anything.
    """

    method: str
    http_status: int
    parsed: dict[str, Any] | CallableResponse
    expected_params: dict[str, Any] | None

    @property
    def is_error(self) -> bool:
        """Whether it is an error."""
        return self.http_status >= HTTPStatus.MULTIPLE_CHOICES

    def __str__(self) -> str:
        if callable(self.parsed) or not self.is_error:
            return f"response for {self.method}()"
        return f"error {self.parsed['Error']['Code'] or 'without a code'} for {self.method}()"

    def check_expected(self, request: Request) -> None:
        """Compare a request with what the test expects.

        Raises:
            UnexpectedParams: They differ.
        """
        expected = self.expected_params
        if expected is None:
            return
        params = dict(request.params)
        if not request.client_token_given and "ClientToken" not in expected:
            params.pop("ClientToken", None)
        if params != expected:
            raise UnexpectedParams(f"Expected parameters:\n{pformat(expected)},\nbut received:\n{pformat(params)}")


class CannedAnswers:
    """The canned answers of one fake.

    Args:
        facts: Knows the operations, and checks what the test has written.
    """

    def __init__(self, facts: ModelFacts) -> None:
        self._facts = facts
        self._lock = threading.RLock()
        self._queues: dict[tuple[str, str], deque[CannedAnswer]] = {}

    @property
    def has_had_any(self) -> bool:
        """Whether there has been one."""
        return bool(self._queues)

    def add_response(
        self,
        method: str,
        service_response: dict[str, Any] | CallableResponse,
        expected_params: Mapping[str, Any] | None,
        service: str | None,
    ) -> None:
        """Queue a response, checked against the model; see `FakeConnectChat.add_response`."""
        service, operation = self._find(method, service)
        expected = _copied(expected_params)
        if callable(service_response):
            require_function(service_response, f"{method}() is answered with a dict or a plain function of the request")
            self._add(service, operation, CannedAnswer(method, OK, service_response, expected))
        elif not isinstance(service_response, dict):
            raise SceneError(
                f"{method}() is answered with a dict or with a callable, not with {shown(service_response)}."
            )
        else:
            self._facts.check_response(service, operation, service_response)
            self._add(service, operation, CannedAnswer(method, OK, deepcopy(service_response), expected))

    def add_client_error(
        self,
        method: str,
        service: str | None,
        *,
        code: str,
        message: str,
        http_status: int,
        error_meta: Mapping[str, Any] | None,
        response_meta: Mapping[str, Any] | None,
        fields: Mapping[str, Any] | None,
        expected_params: Mapping[str, Any] | None,
    ) -> None:
        """Queue an error; see `FakeConnectChat.add_client_error`."""
        service, operation = self._find(method, service)
        if not isinstance(code, str):
            raise SceneError(f"service_error_code is a text such as 'ThrottlingException', not {shown(code)}.")
        if not isinstance(http_status, int) or isinstance(http_status, bool):
            raise SceneError(f"http_status_code is a whole number such as 400, not {shown(http_status)}.")
        members = _mapping(fields, "modeled_fields maps members of the error to their values")
        if members:
            self._facts.check_error_fields(service, code, members)
        of_error = _mapping(error_meta, "service_error_meta maps keys of Error to their values")
        of_response = _mapping(response_meta, "response_meta maps keys of ResponseMetadata to their values")
        parsed = {
            "Error": {"Message": message, "Code": code, **of_error},
            "ResponseMetadata": {"HTTPStatusCode": http_status, **of_response},
            **members,
        }
        self._add(service, operation, CannedAnswer(method, http_status, parsed, _copied(expected_params)))

    def _add(self, service: str, operation: str, answer: CannedAnswer) -> None:
        with self._lock:
            self._queues.setdefault((service, operation), deque()).append(answer)

    def take(self, request: Request) -> CannedAnswer | None:
        """Return the next answer for a request and take it from the queue, or `None` if there is none.

        Raises:
            UnexpectedParams: The answer expects another request. It stays in the queue.
        """
        if not self._queues:
            return None
        queue = self._queues.get((request.service, request.operation))
        while queue:
            answer = queue[0]
            answer.check_expected(request)  # without the lock: this may call an `==` of the test's own
            with self._lock:
                if queue and queue[0] is answer:
                    return queue.popleft()
        return None

    def reply(self, answer: CannedAnswer, request: Request, record: Callable[[], RecordedRequest]) -> Reply:
        """Return the result of an attempt from its canned answer; if that is a callable, it is called here.

        Raises:
            SceneError: The callable did not return a dict.
            botocore.exceptions.ParamValidationError: The operation's model does not allow the dict.
        """
        parsed = answer.parsed
        if callable(parsed):
            name = f"The callable that answers {answer.method}()"
            response = require_result(parsed(record()), name)
            if not isinstance(response, dict):
                raise SceneError(f"{name} returned {shown(response)}; it returns the response, a dict.")
            self._facts.check_response(request.service, request.operation, response)
            parsed = deepcopy(response)
        reply = Reply(canned=parsed, canned_status=answer.http_status, fault=CANNED)
        if answer.is_error:
            fields = {name: value for name, value in parsed.items() if name not in ("Error", "ResponseMetadata")}
            code, message = str(parsed["Error"]["Code"]), str(parsed["Error"]["Message"])  # anything, as with Stubber
            reply.error = ServiceError(code, message, answer.http_status, fields)
        else:
            reply.answer = Answer(parsed)
        return reply

    def leftovers(self) -> list[str]:
        """Return what is left, in words."""
        with self._lock:
            return [f"the canned {answer} was not asked for" for queue in self._queues.values() for answer in queue]

    def _find(self, method: str, service: str | None) -> tuple[str, str]:
        """Return the service and the operation behind a client method.

        Raises:
            SceneError: There is no such service, no service has the method, or both have it.
        """
        if service is not None and service not in SERVICES:
            raise SceneError(f"service is one of {', '.join(SERVICES)}, not {shown(service)}.")
        if not isinstance(method, str):
            raise SceneError(
                f"method is the name of a client method such as 'start_chat_contact', not {shown(method)}."
            )
        candidates = {name: self._facts.operations_of(name) for name in ([service] if service else SERVICES)}
        having = [name for name, methods in candidates.items() if method in methods]
        if not having:
            methods = {known: operation for known_of in candidates.values() for known, operation in known_of.items()}
            of_operation = [known for known, operation in methods.items() if operation == method]
            hint = f" Did you mean {of_operation[0]!r}?" if of_operation else did_you_mean(method, methods)
            has = "has" if service else "have"
            raise SceneError(f"{' and '.join(candidates)} {has} no method {shown(method)}.{hint}")
        if len(having) > 1:
            raise SceneError(
                f"Both services have a method {shown(method)}: say which with service={having[0]!r} or {having[1]!r}."
            )
        return having[0], candidates[having[0]][method]


def _copied(expected_params: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if expected_params is None:
        return None
    return _mapping(expected_params, "expected_params maps members to what each must be")


def _mapping(value: Any, complaint: str) -> dict[str, Any]:
    """Return a copy of a mapping that a test gives, an empty one where it gives none.

    Args:
        value: The mapping, or `None`.
        complaint: What is to be given, as the start of a message.
    """
    if value is not None and not isinstance(value, Mapping):
        raise SceneError(f"{complaint}, not {shown(value)}.")
    return dict(snapshot(dict(value or {})))
