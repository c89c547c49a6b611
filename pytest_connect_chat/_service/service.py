"""The ordered steps of one request, and nothing else."""

from __future__ import annotations

import threading
from collections.abc import Mapping

from pytest_connect_chat._service.answer import Answer
from pytest_connect_chat._service.clock import Clock
from pytest_connect_chat._service.contacts import ContactRegistry
from pytest_connect_chat._service.idempotency import UsedTokens
from pytest_connect_chat._service.identifiers import Identifiers
from pytest_connect_chat._service.instances import Instances
from pytest_connect_chat._service.operations import OPERATIONS
from pytest_connect_chat._service.rulebook import RuleBook
from pytest_connect_chat._service.wire import Request


class ConnectChatService:
    """The two services in memory. One lock makes check and commit of a request one step.

    Args:
        clock: The service's time.
        identifiers: Gives ids and tokens.
        max_active_chats: The quota of concurrent active chats of every instance.
        rules: Rules that are switched on or off from the start.
    """

    def __init__(
        self, *, clock: Clock, identifiers: Identifiers, max_active_chats: int, rules: Mapping[str, bool]
    ) -> None:
        self.lock = threading.RLock()
        self.clock = clock
        self.identifiers = identifiers
        self.max_active_chats = max_active_chats
        self.rules = RuleBook(rules)
        self.instances = Instances()
        self.contacts = ContactRegistry(clock, identifiers, self.lock)
        self.used_tokens = UsedTokens()

    def answer(self, request: Request) -> Answer:
        """Answer one request of a faked operation.

        Raises:
            ServiceError: The service refuses it; nothing has changed then.
        """
        operation = OPERATIONS[request.service, request.operation]
        with self.lock:
            self.contacts.settle()
            self.rules.check(request)
            return operation(self, request, self.clock.now())
