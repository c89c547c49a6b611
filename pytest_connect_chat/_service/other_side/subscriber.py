"""Hands each notification to the handler that a test has given."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from pytest_connect_chat._service.arguments import noting, require_function, require_result
from pytest_connect_chat._service.chats.notifications import Notification
from pytest_connect_chat._service.contacts.store import ContactStore, Happening
from pytest_connect_chat._service.feed import Feed

LAMBDA: Final = " For a Lambda handler: lambda notification: handler(notification.lambda_event(), None)."


class Subscriber:
    """The one subscriber of all topics in a test.

    Args:
        feed: Tells of what happens.
    """

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._handler: Callable[[Notification], object] | None = None
        self._was_called = False

    @property
    def has_handler(self) -> bool:
        """Whether the test has given a handler."""
        return self._handler is not None

    def on_notification(self, handler: Any) -> None:
        """Call this with each notification from now on; see `FakeConnectChat.on_notification`."""
        if handler is not None:
            require_function(
                handler, "on_notification() takes a plain function of a notification, or None", hint=LAMBDA
            )
        with self._feed:
            self._handler, self._was_called = handler, False
            self._feed.listen(self._hear, first=True)  # before flows, so that it sees the chat as it was

    def unheard(self, contacts: ContactStore) -> list[str]:
        """Return a sentence on why the handler has not been called, in a list that is empty if it has."""
        if self._handler is None or self._was_called:
            return []
        known = list(contacts.by_id.values())
        if not any(contact.channel == "CHAT" for contact in known):
            why = "no chat was started"
        elif contacts.notifications or any(contact.streamings for contact in known):
            why = "nothing was published since it was given"
        else:
            why = "no chat was streamed, see StartContactStreaming"
        return [f"the handler of on_notification() was not called: {why}"]

    def _hear(self, happening: Happening) -> None:
        for notification in happening.notifications:
            self._feed.call(self._hand_on, notification)

    def _hand_on(self, notification: Notification) -> None:
        if self._handler is not None:
            self._was_called = True
            with noting(f"The handler of on_notification() was given {notification!r}."):
                require_result(self._handler(notification), "The handler of on_notification()")
