"""One client call on its way through the service: its attempts, its answer, its record.

Nothing here waits or awaits. `Exchange.steps` yields the events that have to be emitted, and the stubber that drives
it, sync or async, emits them and sends the responses back.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, cast

from botocore.exceptions import StubAssertionError
from botocore.model import OperationModel

from pytest_connect_chat._clients.answers import Http
from pytest_connect_chat._clients.canned import CannedAnswer
from pytest_connect_chat._clients.network import network_exception
from pytest_connect_chat._clients.unfaked import unfaked_message
from pytest_connect_chat._service.answer import Reply
from pytest_connect_chat._service.clock import Clock
from pytest_connect_chat._service.contacts.contact import Contact
from pytest_connect_chat._service.faults.plan import CallFaults
from pytest_connect_chat._service.operations import OPERATIONS
from pytest_connect_chat._service.records.recorded_request import CANNED, Attempt, RecordedError, RecordedRequest
from pytest_connect_chat._service.request import Request, snapshot
from pytest_connect_chat.exceptions import UnfakedOperationError

if TYPE_CHECKING:
    from pytest_connect_chat._clients.stubber import ConnectChatStubber


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
        self.clock.wait_until(self.moment)


Step = Emission | Wait
Steps = Generator[Step, Any, "Http | None"]
Waiting = Generator[Wait, Any, None]


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


@dataclass(slots=True)
class Heard:
    """What the client hears of one attempt: an HTTP answer, or an exception of its own.

    Attributes:
        http: The answer, if one arrived.
        exception: The network error, if none did.
        members: The members of a successful answer.
        error: What the attempt failed with, for the record.
        time: When the client heard it.
    """

    http: Http | None
    exception: Exception | None
    members: dict[str, Any] | None
    error: RecordedError | None
    time: datetime


class Exchange:
    """One call of one client.

    Args:
        stubber: The stubber of the client that calls.
        operation: The model of the operation.
        call: What is known of the call.
        request_dict: The serialised request.

    Attributes:
        request: The request as it reaches the service.
    """

    __slots__ = (
        "_attempts",
        "_backend",
        "_contact",
        "_faults",
        "_is_recorded",
        "_operation",
        "_order",
        "_request_dict",
        "_started",
        "_stubber",
        "request",
    )

    def __init__(
        self, stubber: ConnectChatStubber, operation: OperationModel, call: PendingCall, request_dict: dict[str, Any]
    ) -> None:
        self._stubber = stubber
        self._backend = stubber.backend
        self._operation = operation
        self._request_dict = request_dict
        self._attempts: list[Attempt] = []
        self._contact: Contact | None = None
        self._faults: CallFaults | None = None
        self._is_recorded = False
        self._started = self._backend.service.state.clock.now()
        self._order = next(self._backend.service.state.contacts._happenings)
        self.request = Request(
            service=stubber.service,
            operation=operation.name,
            params=snapshot(call.params),
            region=stubber.region,
            limits=stubber.limits(operation),
            client_token_given=call.client_token_given,
        )

    def steps(self) -> Steps:
        """Take the call through all its attempts; return its answer, or `None` to pass it through.

        Yields:
            Events to emit, to be answered with the handlers' responses; and times to wait.

        Raises:
            botocore.exceptions.BotoCoreError: No answer arrived.
        """
        canned = self._take_canned()
        if canned is not None:
            return self._answer_canned(canned)
        if (self.request.service, self.request.operation) not in OPERATIONS:
            self._answer_unfaked()
            return None
        service = self._backend.service
        try:
            while True:
                sent = service.state.clock.now() if self._attempts else self._started
                reply = service.attempt(self.request, self._call_faults)
                if reply.seconds:
                    yield from self._wait(self._delayed(reply, sent), sent, reply)
                heard = self._hear(reply, sent)
                is_last = heard.error is None and not self._stubber.retries_started
                delay = None if is_last else (yield from self._delay_before_next(heard))
                if delay is None:
                    return self._finish(heard)
                yield from self._wait(heard.time + timedelta(seconds=delay))
        except BaseException as failure:  # a callable of the test raised, or a task was cancelled in a handler
            if not self._is_recorded:
                self._record_failure(failure)
            raise

    def _delay_before_next(self, heard: Heard) -> Generator[Emission, Any, float | None]:
        """Ask the retry handlers how many seconds to wait before the next attempt, `None` for no further attempt."""
        try:
            responses = yield self._needs_retry(heard)
        except Exception as error:  # legacy handlers raise the network error themselves once no attempt is left
            self._append(self._recorded(None, heard.error or _error_of(error)))
            yield self._after_call_error(error)
            raise
        except BaseException as failure:  # a handler was cancelled
            self._append(self._recorded(None, _error_of(failure)))
            raise
        delay = next((response for _, response in responses if response is not None), None)
        if delay is not None and delay is not False:
            return float(delay)
        if heard.exception is not None:
            self._append(self._recorded(None, heard.error))
            yield self._after_call_error(heard.exception)
            raise heard.exception
        return None

    def _wait(self, moment: datetime, sent: datetime | None = None, reply: Reply | None = None) -> Waiting:
        """Let time pass before the next attempt, or until a reply is heard: by a task that is cancelled, never."""
        try:
            yield Wait(self._backend.service.state.clock, moment)
        except BaseException as failure:
            error = _error_of(failure)
            if sent is not None and reply is not None:
                self._contact = reply.answer.contact if reply.answer is not None else self._contact
                self._attempts.append(Attempt(sent, error, reply.fault))
            self._append(self._recorded(None, error))
            raise

    def _call_faults(self) -> CallFaults:
        if self._faults is None:
            self._faults = CallFaults(self._preview, self._stubber.max_attempts)
        self._faults.attempt = len(self._attempts) + 1
        return self._faults

    def _hear(self, reply: Reply, sent: datetime) -> Heard:
        heard = self._heard(reply, sent + timedelta(seconds=reply.seconds) if reply.seconds else sent)
        self._attempts.append(Attempt(sent, heard.error, reply.fault))
        if reply.answer is not None:
            self._contact = reply.answer.contact
        return heard

    def _heard(self, reply: Reply, time: datetime) -> Heard:
        writer = self._stubber.writer
        if reply.network_error is not None:
            exception = network_exception(reply.network_error, self._request_dict["url"])
            return Heard(None, exception, None, _error_of(exception), time)
        if reply.error is not None:
            http = writer.error(self._operation, reply.error)
            error = RecordedError(reply.error.code, reply.error.message, http[0].status_code, reply.error.rule)
            return Heard(http, None, None, error, time)
        members = reply.answer.members if reply.answer is not None else {}
        return Heard(writer.success(self._operation, members), None, members, None, time)

    def _delayed(self, reply: Reply, sent: datetime) -> datetime:
        """Return when the client hears a delayed answer; past the client's patience it hears of a read timeout."""
        patience = self._request_dict["context"].get("read_timeout", self._stubber.client.meta.config.read_timeout)
        if patience is not None and reply.seconds > patience:
            reply.seconds = patience
            reply.network_error = "read_timeout"
        return sent + timedelta(seconds=reply.seconds)

    def _needs_retry(self, heard: Heard) -> Emission:
        attempts = len(self._attempts)
        self._request_dict["context"].setdefault("retries", {})["attempt"] = attempts
        return self._emission(
            "needs-retry",
            self._stubber.policy.events,
            response=heard.http,
            endpoint=self._stubber.client._endpoint,
            operation=self._operation,
            attempts=attempts,
            caught_exception=heard.exception,
            request_dict=self._request_dict,
        )

    def _after_call_error(self, exception: Exception) -> Emission:
        """Return the event that botocore emits for what its endpoint raises, but not for what a handler does."""
        context = self._request_dict["context"]
        return self._emission(
            "after-call-error", self._stubber.client.meta.events, exception=exception, context=context
        )

    def _emission(self, event: str, events: Any, **keywords: Any) -> Emission:
        service_id = self._operation.service_model.service_id.hyphenize()
        return Emission(events, f"{event}.{service_id}.{self._operation.name}", keywords)

    def _finish(self, heard: Heard) -> Http:
        self._append(self._recorded(heard.members, heard.error))
        http, parsed = cast("Http", heard.http)
        parsed["ResponseMetadata"]["RetryAttempts"] = len(self._attempts) - 1
        if self._stubber.retries_started:
            self._stubber.policy.release(self._request_dict["context"], http)
        return http, parsed

    def _take_canned(self) -> CannedAnswer | None:
        try:
            return self._backend.canned.take(self.request)
        except StubAssertionError as error:
            self._record_failure(error)
            raise

    def _answer_canned(self, canned: CannedAnswer) -> Http:
        try:
            parsed = canned.response(self.request.service, self._preview)
        except Exception as failure:
            self._record_failure(failure)
            raise
        error = None
        if canned.http_status >= HTTPStatus.MULTIPLE_CHOICES:
            said = parsed["Error"]
            error = RecordedError(str(said["Code"]), str(said["Message"]), canned.http_status)  # Stubber takes anything
        self._attempts.append(Attempt(self._started, error, CANNED))
        self._append(self._recorded(None if error else parsed, error))
        return self._stubber.writer.canned(parsed, canned.http_status)

    def _answer_unfaked(self) -> None:
        if self._backend.passes_unfaked_through:
            return
        message = unfaked_message(self.request)
        self._backend.unfaked.append(message)
        failure = UnfakedOperationError(message)
        self._record_failure(failure)
        raise failure

    def _record_failure(self, failure: BaseException) -> None:
        error = _error_of(failure)
        sent = self._backend.service.state.clock.now() if self._attempts else self._started
        self._attempts.append(Attempt(sent, error))
        self._append(self._recorded(None, error))

    def _append(self, record: RecordedRequest) -> None:
        self._is_recorded = True
        self._backend.records.append(record)

    def _preview(self) -> RecordedRequest:
        return self._recorded(None, None)

    def _recorded(self, members: dict[str, Any] | None, error: RecordedError | None) -> RecordedRequest:
        attempts = tuple(self._attempts)
        return RecordedRequest(self.request, self._started, attempts, members, error, self._contact, self._order)


def _error_of(failure: BaseException) -> RecordedError:
    return RecordedError(type(failure).__name__, str(failure))
