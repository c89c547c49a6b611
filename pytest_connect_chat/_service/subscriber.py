"""Hands each notification to the callable that a test has given."""

from __future__ import annotations

from collections.abc import Callable
from inspect import iscoroutinefunction
from typing import Any

from pytest_connect_chat._service.chats.notifications import Notification
from pytest_connect_chat._service.contacts.store import Happening
from pytest_connect_chat._service.feed import Feed
from pytest_connect_chat.exceptions import SceneError


class Subscriber:
    """What stands behind the topics in a test.

    Args:
        feed: Tells of what happens.
    """

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._handler: Callable[[Notification], object] | None = None
        self._listens = False

    def on_notification(self, handler: Any) -> None:
        """Call this with each notification from now on; see `FakeConnectChat.on_notification`."""
        if handler is not None and (not callable(handler) or iscoroutinefunction(handler)):
            raise SceneError(f"on_notification() takes a plain function of a notification, or None, not {handler!r}.")
        with self._feed:
            self._handler = handler
            if not self._listens:
                self._listens = True
                self._feed.listen(self._hear)

    def _hear(self, happening: Happening) -> None:
        for notification in happening.notifications:
            if self._handler is not None:
                self._feed.call(self._handler, notification)
