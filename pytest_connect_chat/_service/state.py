"""The state of one fake's services. Operations take it, and change it inside of `with state.feed`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from pytest_connect_chat._service.chats.attachments import Attachments
from pytest_connect_chat._service.clock import Clock
from pytest_connect_chat._service.contacts.instances import Instances
from pytest_connect_chat._service.contacts.store import ContactStore
from pytest_connect_chat._service.deadlines import Deadlines
from pytest_connect_chat._service.feed import Feed
from pytest_connect_chat._service.idempotency import UsedTokens
from pytest_connect_chat._service.identifiers import Identifiers
from pytest_connect_chat._service.participants import Participants
from pytest_connect_chat._service.rules.applied import AppliedRules
from pytest_connect_chat._service.urls import UnservedUrls, Urls
from pytest_connect_chat._settings import Settings


class ServiceState:
    """What the two services hold: contacts, participants, attachments, used tokens, and the rules.

    Args:
        settings: The settings of the fake.
        seed: What ids and tokens follow from.

    Attributes:
        disconnect_flow: The flow with which a chat goes on when its last agent leaves, if any.
    """

    def __init__(self, settings: Settings, seed: int | str) -> None:
        self.max_active_chats: int = settings.max_active_chats
        self.connect_within: timedelta = timedelta(minutes=settings.connect_within)
        self.disconnect_flow: Callable[..., object] | None = None
        self.feed: Feed = Feed()
        self.clock: Clock = Clock(settings.clock)
        self.identifiers: Identifiers = Identifiers(seed)
        self.rules: AppliedRules = AppliedRules(
            {
                "initial-message-characters": settings.message_limits == "per-type",
                "initial-message-bytes": settings.message_limits == "16384-bytes",
                "client-token-conflict": settings.client_token_conflict == "error",
                "participant-client-token-conflict": settings.client_token_conflict == "error",
            }
        )
        self.instances: Instances = Instances()
        self.deadlines: Deadlines = Deadlines(self.clock, self.feed)
        self.contacts: ContactStore = ContactStore(self.deadlines, self.identifiers, self.feed)
        self.participants: Participants = Participants(self.contacts, self.identifiers)
        self.attachments: Attachments = Attachments()
        self.urls: Urls = UnservedUrls(self.identifiers)
        self.used_tokens: UsedTokens = UsedTokens()

    @contextmanager
    def moment(self) -> Iterator[datetime]:
        """Hold the lock for something that happens at one moment, and yield that moment. What is due has happened.

        The clock is also read before the lock is taken: if it follows the system's, flows that are due run then.
        """
        self.clock.now()
        with self.feed:
            yield self.deadlines.now()
