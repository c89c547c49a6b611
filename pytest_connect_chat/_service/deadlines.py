"""What is due at which moment: the ends of contacts, and of the waits of flows, in one order."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Any

from pytest_connect_chat._service.clock import Clock, stop_at
from pytest_connect_chat._service.feed import Feed


class Deadlines:
    """What is to happen when the clock has come to a moment.

    Args:
        clock: Stops at each deadline on its way.
        feed: The lock under which it happens.
    """

    def __init__(self, clock: Clock, feed: Feed) -> None:
        self._clock = clock
        self._feed = feed
        self._due: list[tuple[Any, ...]] = []  # a moment, an order, the function to call then, and its arguments
        stop_at(clock, self.next, self.settle)

    def add(self, moment: datetime, order: int, action: Callable[..., object], *arguments: object) -> None:
        """Call a function when the clock has come to a moment, with that moment and the arguments, under the lock.

        Of what is due at the same moment, the lower `order` comes first. No two have the same.
        """
        heapq.heappush(self._due, (moment, order, action, *arguments))

    def next(self) -> datetime | None:
        """Return when something is due next, or `None`."""
        with suppress(IndexError):  # another thread may take the last one
            moment: datetime = self._due[0][0]
            return moment
        return None

    def now(self) -> datetime:
        """Return the current moment, once all that is due by then has happened.

        Read it once for each decision, with the feed's lock held: a call that waits in another thread, and the system's
        time, may move the clock at any time.
        """
        now = self._clock.now()
        self.settle(now)
        return now

    def settle(self, now: datetime) -> None:
        """Let all that is due by a moment happen, in its order."""
        due = self._due
        if (due and due[0][0] <= now) or self._feed.is_behind:
            with self._feed:
                while due and due[0][0] <= now:
                    moment, _, action, *arguments = heapq.heappop(due)
                    action(moment, *arguments)
