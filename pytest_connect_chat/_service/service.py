"""The ordered steps of one call: open, attempts, close. Adapters bring calls here, and take the results back."""

from __future__ import annotations

from datetime import datetime

from pytest_connect_chat._service.answer import Answer, Reply, ServiceError
from pytest_connect_chat._service.api_rates import ApiRates
from pytest_connect_chat._service.calls import Call, CallLog, StrayRequest
from pytest_connect_chat._service.canned import CannedAnswers
from pytest_connect_chat._service.faults.chaos import Chaos
from pytest_connect_chat._service.faults.effects import Effect
from pytest_connect_chat._service.faults.plan import FaultPlan
from pytest_connect_chat._service.faults.planned import PlannedFaults, Question
from pytest_connect_chat._service.model_facts import ModelFacts
from pytest_connect_chat._service.operations import OPERATIONS
from pytest_connect_chat._service.other_side.flows import FlowPlayer
from pytest_connect_chat._service.other_side.subscriber import Subscriber
from pytest_connect_chat._service.records.recorded_request import RecordedError
from pytest_connect_chat._service.remarks import remarks_on
from pytest_connect_chat._service.request import Request
from pytest_connect_chat._service.state import ServiceState
from pytest_connect_chat._service.unfaked import unfaked_calls, unfaked_message
from pytest_connect_chat._settings import Settings
from pytest_connect_chat.exceptions import UnfakedOperationError


class ConnectChatService:
    """The two services in memory. A request is checked and committed under one lock.

    Args:
        settings: The settings of the fake.
        seed: What ids, tokens and chaos follow from.
        facts: Knows what the installed models say.
    """

    def __init__(self, settings: Settings, seed: int | str, facts: ModelFacts) -> None:
        self._facts = facts
        self._passes_unfaked_through = settings.unfaked == "passthrough"
        self.state: ServiceState = ServiceState(settings, seed)
        self.flows: FlowPlayer = FlowPlayer(self.state)
        self.subscriber: Subscriber = Subscriber(self.state.feed)
        self.calls: CallLog = CallLog()
        self.canned: CannedAnswers = CannedAnswers(facts)
        self._rates: ApiRates | None = None
        if settings.rate_limit is not None:
            instance_of = self.state.participants.instance_of
            self._rates = ApiRates(settings.rate_limit, settings.throttle_code, instance_of)
        self._planned = PlannedFaults(self.state.clock, Chaos(seed, settings.chaos, settings.chaos_mode))
        self.faults: FaultPlan = FaultPlan(
            feed=self.state.feed,
            clock=self.state.clock,
            throttle_code=settings.throttle_code,
            facts=facts,
            faults=self._planned,
            calls=self.calls,
        )

    def open(self, request: Request, *, attempt_limit: int, read_timeout: float | None) -> Call:
        """Begin a call.

        Args:
            request: What the client sends with every attempt.
            attempt_limit: How many attempts the client's retry policy allows, the first included.
            read_timeout: How many seconds the client waits for an answer, `None` for ever.
        """
        now = self.state.clock.now()
        return Call(request, now, self.state.feed.next_order(), attempt_limit, read_timeout, now)

    @property
    def has_callables(self) -> bool:
        """Whether a call may run a callable of the test, which may wait for other calls."""
        is_asked = bool(self._planned.faults) or self.canned.has_had_any or self.state.attachments.verdict is not None
        return is_asked or self.flows.has_any or self.subscriber.has_handler

    def attempt(self, call: Call, *, runs_low: bool = False) -> Reply:
        """Return the result of one attempt: a canned answer, the effect of a fault, or the service's answer.

        Args:
            call: The call.
            runs_low: Whether the client may be about to refuse a retry that its policy allows.

        Raises:
            UnfakedOperationError: Nothing answers the operation.
            UnexpectedParams: The next canned answer expects another request.
        """
        request = call.request
        call.is_under_way, call.is_closed = True, False
        if not call.attempts:
            canned = self.canned.take(request)
            if canned is not None:
                call.canned = self.canned.reply(canned, request, call.record)
                return call.canned
            if (request.service, request.operation) not in OPERATIONS:
                return self._refuse_unfaked(request)
        else:
            call.sent = self.state.clock.now()
            if call.canned is not None:
                return call.canned
        while True:
            with self.state.feed:
                met = self._planned.meet(call, runs_low=runs_low)
                if not isinstance(met, Question):
                    return self._decide(call, met)
            met.ask()  # a callable of the test, which may call clients and the fake: without the lock

    def close(self, call: Call) -> None:
        """End a call, and record it with the result of its last attempt."""
        self.calls.add(call, call.response, call.attempts[-1].error)

    def fail(self, call: Call, error: RecordedError) -> None:
        """End a call with an exception that came in between, unless it has ended already."""
        if not call.is_closed:
            if call.is_under_way:
                call.heard(Reply(), error)
            self.calls.add(call, None, error)

    def turn_away(self, method: str, path: str, status: int, reason: str) -> None:
        """Note a refused request that belongs to no call, for the report of a failed test."""
        text = f"{method} {path} -> {status}: {reason}"
        self.calls.strays.append(StrayRequest(self.state.clock.now(), self.state.feed.next_order(), text))

    def remarks(self) -> list[str]:
        """Return sentences for the end of a failed test's report: why requests failed, and what did not happen."""
        not_called = [*self.flows.unplayed(), *self.subscriber.unheard(self.state.contacts)]
        return [*remarks_on(self.calls.records, self.state), *not_called, *self._planned.chaos.in_words()]

    def leftovers(self) -> list[str]:
        """Return sentences on what was planned and did not happen, and on calls that nothing answered."""
        return [*self._planned.leftovers(), *self.canned.leftovers(), *unfaked_calls(self.calls.unfaked)]

    def _refuse_unfaked(self, request: Request) -> Reply:
        if self._passes_unfaked_through:
            return Reply(passes_through=True)
        methods = self._facts.operations_of(request.service)
        method = next(name for name, operation in methods.items() if operation == request.operation)
        message = unfaked_message(request, method)
        self.calls.unfaked.append(message)
        raise UnfakedOperationError(message)

    def _decide(self, call: Call, effect: Effect | None) -> Reply:
        now = self.state.deadlines.now()
        if effect is None:
            reply = self._serve(call.request, now)
        else:
            reply = effect.reply(call.request, lambda: self._serve(call.request, now))
            reply.fault = str(effect)
            if call.read_timeout is not None and reply.seconds > call.read_timeout:
                reply.seconds = call.read_timeout
                reply.network_error = "read_timeout"
        if reply.answer is not None:
            call.contact = reply.answer.contact
        return reply

    def _serve(self, request: Request, now: datetime) -> Reply:
        try:
            if self._rates is not None:
                self._rates.take(request, now)
            return Reply(self._answer(request, now))
        except ServiceError as error:
            return Reply(error=error)

    def _answer(self, request: Request, now: datetime) -> Answer:
        state = self.state
        if request.malformed is not None:
            state.rules.refuse(f"{request.service}-request-shape", request.malformed)
        if request.service == "connectparticipant":
            state.participants.require_known_token(request, state.rules)
        state.rules.check(request)
        return OPERATIONS[request.service, request.operation](state, request, now)
