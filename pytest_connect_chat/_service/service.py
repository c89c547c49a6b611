"""The ordered steps of one request, and nothing else."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from pytest_connect_chat._service import participation
from pytest_connect_chat._service.answer import Answer, Reply
from pytest_connect_chat._service.attachments import Attachments
from pytest_connect_chat._service.chaos import Chaos
from pytest_connect_chat._service.clock import Clock
from pytest_connect_chat._service.contacts import ContactRegistry
from pytest_connect_chat._service.errors import ServiceError
from pytest_connect_chat._service.faults import CallFaults, CodeCheck, FaultPlan
from pytest_connect_chat._service.idempotency import UsedTokens
from pytest_connect_chat._service.identifiers import Identifiers
from pytest_connect_chat._service.instances import Instances
from pytest_connect_chat._service.operation_index import OperationIndex
from pytest_connect_chat._service.operations import OPERATIONS
from pytest_connect_chat._service.participants import Participants
from pytest_connect_chat._service.quotas import ApiRates
from pytest_connect_chat._service.rulebook import RuleBook
from pytest_connect_chat._service.wire import Request
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
        self.settings = settings
        self.connect_within: timedelta = timedelta(minutes=settings.connect_within)
        self.lock: threading.RLock = threading.RLock()
        self.clock: Clock = Clock(settings.clock)
        self.identifiers: Identifiers = Identifiers(seed)
        self.rules: RuleBook = RuleBook(
            {
                "initial-message-characters": settings.message_limits == "per-type",
                "initial-message-bytes": settings.message_limits == "16384-bytes",
                "message-characters": settings.message_limits == "per-type",
                "message-bytes": settings.message_limits == "16384-bytes",
                "client-token-conflict": settings.client_token_conflict == "error",
                "participant-client-token-conflict": settings.client_token_conflict == "error",
            }
        )
        self.instances: Instances = Instances()
        self.contacts: ContactRegistry = ContactRegistry(self.clock, self.identifiers, self.lock)
        self.participants: Participants = Participants(self.contacts, self.identifiers)
        self.attachments: Attachments = Attachments()
        self.reply: participation.BotReply | None = None
        self.used_tokens: UsedTokens = UsedTokens()
        self.rates: ApiRates = ApiRates(settings.rate_limit, settings.throttle_code, self.participants.instance_of)
        chaos = Chaos(seed, settings.chaos, settings.chaos_mode)
        self.faults: FaultPlan = FaultPlan(self.lock, self.clock, settings.throttle_code, check_code, knows, chaos)

    def attempt(self, request: Request, call: Callable[[], CallFaults]) -> Reply:
        """Decide what becomes of one attempt: what a fault makes of it, else what the service answers."""
        with self.lock:
            effect = self.faults.meet(request, call)  # a predicate of the test may move the clock
            now = self.clock.now()  # once: so may a call that waits in another thread, at any time
            self.contacts.settle_until(now)
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
        if request.service == "connectparticipant":
            self.participants.require_known_token(request, self.rules)
        self.rules.check(request)
        return OPERATIONS[request.service, request.operation](self, request, now)
