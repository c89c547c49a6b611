"""The ordered steps of one request, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from pytest_connect_chat._service.answer import Answer, Reply, ServiceError
from pytest_connect_chat._service.api_rates import ApiRates
from pytest_connect_chat._service.faults.chaos import Chaos
from pytest_connect_chat._service.faults.plan import CallFaults, CodeCheck, FaultPlan
from pytest_connect_chat._service.operations import OPERATIONS
from pytest_connect_chat._service.records.operation_index import OperationIndex
from pytest_connect_chat._service.request import Request
from pytest_connect_chat._service.state import ServiceState
from pytest_connect_chat._settings import Settings


class ConnectChatService:
    """The two services in memory. One lock makes check and commit of a request one step.

    Args:
        settings: What the fake is set to.
        seed: What ids, tokens and chaos follow from.
        check_code: Looks at the error codes of planned faults.
        knows: Tells what the model says of operations and members.
    """

    def __init__(self, settings: Settings, seed: int | str, check_code: CodeCheck, knows: OperationIndex) -> None:
        self.state: ServiceState = ServiceState(settings, seed)
        state = self.state
        self.rates: ApiRates = ApiRates(settings.rate_limit, settings.throttle_code, state.participants.instance_of)
        chaos = Chaos(seed, settings.chaos, settings.chaos_mode)
        self.faults: FaultPlan = FaultPlan(state.lock, state.clock, settings.throttle_code, check_code, knows, chaos)

    def attempt(self, request: Request, call: Callable[[], CallFaults]) -> Reply:
        """Decide what becomes of one attempt: what a fault makes of it, else what the service answers."""
        with self.state.lock:
            effect = self.faults.meet(request, call)  # a predicate of the test may move the clock
            now = self.state.clock.now()  # once: so may a call that waits in another thread, at any time
            self.state.contacts.settle_until(now)
            if effect is None:
                return self._serve(request, now)
            reply = effect.reply(request, lambda: self._serve(request, now))
            reply.fault = str(effect)
            return reply

    def _serve(self, request: Request, now: datetime) -> Reply:
        try:
            self.rates.take(request, now)
            return Reply(answer=self._answer(request, now))
        except ServiceError as error:
            return Reply(error=error)

    def _answer(self, request: Request, now: datetime) -> Answer:
        state = self.state
        if request.service == "connectparticipant":
            state.participants.require_known_token(request, state.rules)
        state.rules.check(request)
        return OPERATIONS[request.service, request.operation](state, request, now)
