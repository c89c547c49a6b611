"""One client call on its way through the service: its attempts, its answer, its record.

Nothing here waits or awaits. `Exchange.steps` yields what the client's retry policy has to be asked, and the stubber
that drives it, sync or async, sends the policy's answer back.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from botocore.model import OperationModel

from pytest_connect_chat._clients.answers import Http
from pytest_connect_chat._clients.canned import CannedAnswer, validated_response
from pytest_connect_chat._clients.model import limits_of
from pytest_connect_chat._service.answer import Answer
from pytest_connect_chat._service.errors import ServiceError
from pytest_connect_chat._service.operations import OPERATIONS
from pytest_connect_chat._service.requests import Attempt, RecordedError, RecordedRequest
from pytest_connect_chat._service.wire import Request, snapshot
from pytest_connect_chat.exceptions import UnfakedOperationError

if TYPE_CHECKING:
    from pytest_connect_chat._clients.stubber import ConnectChatStubber

Question = dict[str, Any]


@dataclass(slots=True)
class PendingCall:
    """A call between `before-parameter-build` and `before-call`.

    Attributes:
        claimed_by: The stubber that answers it.
        params: The API parameters; botocore may still change them in place.
        client_token_given: Whether the caller gave the `ClientToken`.
    """

    claimed_by: object
    params: dict[str, Any]
    client_token_given: bool


class Exchange:
    """One call of one client.

    Args:
        stubber: The stubber of the client that calls.
        operation: The model of the operation.
        call: What is known of the call.
        request_dict: The serialised request.
    """

    __slots__ = ("_attempts", "_backend", "_operation", "_request_dict", "_started", "_stubber", "request")

    def __init__(
        self, stubber: ConnectChatStubber, operation: OperationModel, call: PendingCall, request_dict: dict[str, Any]
    ) -> None:
        self._stubber = stubber
        self._backend = stubber.backend
        self._operation = operation
        self._request_dict = request_dict
        self._attempts: list[Attempt] = []
        self._started = self._backend.service.clock.now()
        self.request = Request(
            service=operation.service_model.service_name,
            operation=operation.name,
            params=snapshot(call.params),
            region=stubber.client.meta.region_name,
            limits=limits_of(operation),
            client_token_given=call.client_token_given,
        )

    def steps(self) -> Generator[Question, float | None, Http | None]:
        """Take the call through all its attempts; return its answer, or `None` to pass it through.

        Yields:
            The keywords of a `needs-retry` event, to be answered with a delay in seconds, or `None` for no retry.
        """
        canned = self._backend.canned.take(self.request)
        if canned is not None:
            return self._answer_canned(canned)
        if (self.request.service, self.request.operation) not in OPERATIONS:
            self._answer_unfaked()
            return None
        while True:
            http, answer, error = self._attempt()
            delay = None
            if error is not None or self._stubber.retries_started:
                delay = yield self._question(http)
            if delay is None:
                http[1]["ResponseMetadata"]["RetryAttempts"] = len(self._attempts) - 1
                self._record(answer, error)
                return http
            self._wait(delay)

    def _attempt(self) -> tuple[Http, Answer | None, RecordedError | None]:
        now = self._backend.service.clock.now()
        try:
            answer = self._backend.service.answer(self.request)
        except ServiceError as refusal:
            http = self._backend.writer.error(self._operation, refusal)
            error = RecordedError(refusal.code, refusal.message, http[0].status_code)
            self._attempts.append(Attempt(now, error))
            return http, None, error
        self._attempts.append(Attempt(now))
        return self._backend.writer.success(self._operation, answer.members), answer, None

    def _question(self, http: Http) -> Question:
        attempts = len(self._attempts)
        self._request_dict["context"].setdefault("retries", {})["attempt"] = attempts
        return {
            "response": http,
            "endpoint": self._stubber.client._endpoint,
            "operation": self._operation,
            "attempts": attempts,
            "caught_exception": None,
            "request_dict": self._request_dict,
        }

    def _wait(self, seconds: float) -> None:
        self._backend.service.clock.wait_until(self._attempts[-1].time + timedelta(seconds=seconds))

    def _answer_canned(self, canned: CannedAnswer) -> Http:
        if callable(canned.parsed):
            made = canned.parsed(self._recorded(None, None, None))
            parsed = validated_response(self.request.service, canned.method, made)
        else:
            parsed = canned.parsed
        error = None
        if canned.http_status >= HTTPStatus.MULTIPLE_CHOICES:
            error = RecordedError(parsed["Error"]["Code"], parsed["Error"]["Message"], canned.http_status)
        self._attempts.append(Attempt(self._started, error))
        self._record(None if error else Answer(parsed), error)
        return self._backend.writer.canned(parsed, canned.http_status)

    def _answer_unfaked(self) -> None:
        if self._backend.passes_unfaked_through:
            return
        message = self._backend.unfaked_message(self.request)
        error = RecordedError(UnfakedOperationError.__name__, message)
        self._attempts.append(Attempt(self._started, error))
        self._record(None, error)
        raise UnfakedOperationError(message)

    def _record(self, answer: Answer | None, error: RecordedError | None) -> None:
        members, contact = answer or (None, None)
        self._backend.records.append(self._recorded(members, contact, error))

    def _recorded(self, members: Any, contact: Any, error: RecordedError | None) -> RecordedRequest:
        request = self.request
        return RecordedRequest(
            service=request.service,
            operation=request.operation,
            client_token=request.params.get("ClientToken"),
            client_token_given=request.client_token_given,
            attempts=tuple(self._attempts),
            error=error,
            contact=contact,
            region=request.region,
            time=self._started,
            _params=request.params,
            _response=members,
        )
