"""One client call on its way through the service: how its attempts are rendered, retried and waited for.

Nothing here waits or awaits. Where an answer takes more than one attempt, `Exchange.steps` yields the events that have
to be emitted, and the stubber that drives it, sync or async, emits them and sends the responses back.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from botocore.exceptions import StubAssertionError
from botocore.model import OperationModel

from pytest_connect_chat._clients.answers import AnswerWriter, Http
from pytest_connect_chat._clients.network import network_exception
from pytest_connect_chat._clients.retries import Retries
from pytest_connect_chat._service.answer import Reply
from pytest_connect_chat._service.canned import UnexpectedParams
from pytest_connect_chat._service.clock import Clock, wait_until
from pytest_connect_chat._service.records.recorded_request import RecordedError
from pytest_connect_chat._service.request import Request
from pytest_connect_chat._service.service import ConnectChatService
from pytest_connect_chat._text import text_of


@dataclass(slots=True)
class Emission:
    """An event that the call has to emit; with aiobotocore, what `take` returns has to be awaited."""

    events: Any
    name: str
    keywords: dict[str, Any]

    def take(self) -> Any:
        """Emit the event, and return each handler with its response."""
        return self.events.emit(self.name, **self.keywords)


@dataclass(slots=True)
class Wait:
    """Time that the call has to wait, on the fake's clock; with aiobotocore, other tasks get their turn first."""

    clock: Clock
    moment: datetime

    def take(self) -> None:
        """Let the time pass."""
        wait_until(self.clock, self.moment)


Step = Emission | Wait
Steps = Generator[Step, Any, "Http | None"]


@dataclass(slots=True)
class Outcome:
    """What the client gets to see of one attempt: an HTTP answer, or an exception of its own.

    Attributes:
        http: The answer, if one arrived.
        exception: The network error, if none did.
        error: What the attempt failed with, for the record.
    """

    http: Http | None = None
    exception: Exception | None = None
    error: RecordedError | None = None


class Exchange:
    """One call of one client.

    Args:
        service: The service that answers it.
        client: The client.
        writer: Writes the answers.
        retries: The client's retry policy.
        operation: The model of the operation.
        request: The request as it reaches the service.
        request_dict: The request as botocore has serialised it.
    """

    __slots__ = ("_call", "_client", "_operation", "_reply", "_request_dict", "_retries", "_service", "_writer")

    def __init__(
        self,
        service: ConnectChatService,
        client: Any,
        writer: AnswerWriter,
        retries: Retries,
        operation: OperationModel,
        request: Request,
        request_dict: dict[str, Any],
    ) -> None:
        self._service = service
        self._client = client
        self._writer = writer
        self._retries = retries
        self._operation = operation
        self._request_dict = request_dict
        read_timeout = request_dict["context"].get("read_timeout", client.meta.config.read_timeout)
        self._call = service.open(request, attempt_limit=retries.attempt_limit, read_timeout=read_timeout)

    def at_once(self) -> Http | None:
        """Make the first attempt; return its answer, or `None` where the call takes further steps.

        Most calls are answered here: no fault makes them wait, and the retry policy has nothing to decide.
        """
        try:
            self._reply = reply = self._attempt()
            if reply.answer is None or reply.fault is not None or self._retries.at_work is not None:
                return None
            answer = self._writer.success(self._operation, reply.answer.members)
            self._call.heard(reply, None)
            self._service.close(self._call)
        except BaseException as failure:
            self._fail(failure)
            raise
        return answer

    def steps(self) -> Steps:
        """Take the call on from its first attempt, through all others; return its answer, or `None` to pass it through.

        Yields:
            Events to emit, to be answered with the handlers' responses; and times to wait.

        Raises:
            botocore.exceptions.BotoCoreError: No answer arrived.
        """
        call, service, reply = self._call, self._service, self._reply
        try:
            while not reply.passes_through:
                if reply.seconds:
                    yield from self._wait_for(reply)
                outcome = self._render(reply)
                call.heard(reply, outcome.error)
                is_last = (outcome.error is None and self._retries.at_work is None) or reply.canned is not None
                delay = None if is_last else (yield from self._delay_before_next(outcome))
                if delay is None:
                    return self._finish(reply, outcome)
                yield Wait(service.state.clock, call.sent + timedelta(seconds=reply.seconds + delay))
                reply = self._attempt()
        except BaseException as failure:
            self._fail(failure)
            raise
        return None

    def _attempt(self) -> Reply:
        at_work = self._retries.at_work
        try:
            return self._service.attempt(self._call, runs_low=at_work is not None and at_work.runs_low)
        except UnexpectedParams as difference:
            raise StubAssertionError(operation_name=self._call.request.operation, reason=str(difference)) from None

    def _fail(self, failure: BaseException) -> None:
        """Record what ended the call: a callable of the test raised, say, or a task was cancelled."""
        self._service.fail(self._call, _error_of(failure))

    def _wait_for(self, reply: Reply) -> Generator[Wait, Any, None]:
        """Let time pass until the client hears a reply. The client of a task that is cancelled never hears it."""
        moment = self._call.sent + timedelta(seconds=reply.seconds)
        try:
            yield Wait(self._service.state.clock, moment)
        except BaseException as failure:
            self._call.heard(reply, _error_of(failure))
            raise

    def _delay_before_next(self, outcome: Outcome) -> Generator[Emission, Any, float | None]:
        """Ask the retry handlers how many seconds to wait before the next attempt, `None` for no further attempt."""
        try:
            responses = yield self._needs_retry(outcome)
        except Exception as error:  # legacy handlers raise the network error themselves once no attempt is left
            self._service.fail(self._call, outcome.error or _error_of(error))
            yield self._after_call_error(error)
            raise
        delay = next((response for _, response in responses if response is not None), None)
        if delay is not None and delay is not False:
            return float(delay)
        if outcome.exception is not None:
            self._service.close(self._call)
            yield self._after_call_error(outcome.exception)
            raise outcome.exception
        return None

    def _render(self, reply: Reply) -> Outcome:
        if reply.network_error is not None:
            exception = network_exception(reply.network_error, self._request_dict["url"])
            return Outcome(exception=exception, error=_error_of(exception))
        if reply.canned is not None:
            http = self._writer.canned(reply.canned, reply.canned_status)
        elif reply.error is not None:
            http = self._writer.error(self._operation, reply.error)
        else:
            return Outcome(self._writer.success(self._operation, reply.answer.members if reply.answer else {}))
        return Outcome(http, error=None if reply.error is None else reply.error.recorded(http[0].status_code))

    def _needs_retry(self, outcome: Outcome) -> Emission:
        attempts = len(self._call.attempts)
        self._request_dict["context"].setdefault("retries", {})["attempt"] = attempts
        return self._emission(
            "needs-retry",
            self._retries.policy.events,
            response=outcome.http,
            endpoint=self._client._endpoint,
            operation=self._operation,
            attempts=attempts,
            caught_exception=outcome.exception,
            request_dict=self._request_dict,
        )

    def _after_call_error(self, exception: Exception) -> Emission:
        """Return the event that botocore emits for an exception of its endpoint, but not for one of a handler."""
        context = self._request_dict["context"]
        return self._emission("after-call-error", self._client.meta.events, exception=exception, context=context)

    def _emission(self, event: str, events: Any, **keywords: Any) -> Emission:
        service_id = self._operation.service_model.service_id.hyphenize()
        return Emission(events, f"{event}.{service_id}.{self._operation.name}", keywords)

    def _finish(self, reply: Reply, outcome: Outcome) -> Http:
        self._service.close(self._call)
        http, parsed = cast("Http", outcome.http)
        if reply.canned is None:
            parsed["ResponseMetadata"]["RetryAttempts"] = len(self._call.attempts) - 1
            if self._retries.at_work is not None:
                self._retries.at_work.release(self._request_dict["context"], http)
        return http, parsed


def _error_of(failure: BaseException) -> RecordedError:
    return RecordedError(type(failure).__name__, text_of(failure))
