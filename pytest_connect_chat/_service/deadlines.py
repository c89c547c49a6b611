"""What is due when: ends of contacts, and flows whose wait is over, in one order."""

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
        feed: Has the lock under which it happens.
    """

    def __init__(self, clock: Clock, feed: Feed) -> None:
        self._clock = clock
        self._feed = feed
        self._due: list[tuple[Any, ...]] = []  # a moment, an order, what is called then, and its arguments
        stop_at(clock, self.next, self.settle)

    def add(self, moment: datetime, order: int, action: Callable[..., object], *arguments: object) -> None:
        """Call something when the clock has come to a moment, with that moment and under the lock.

        What is due at the same moment happens by its `order`, of which no two of one moment have the same.
        """
        heapq.heappush(self._due, (moment, order, action, *arguments))

    def next(self) -> datetime | None:
        """Return when something is due next, or `None`."""
        with suppress(IndexError):  # another thread may take the last one
            moment: datetime = self._due[0][0]
            return moment
        return None

    def now(self) -> datetime:
        """Return the moment at which what happens now is decided. What is due by then has happened.

        Read it once for each decision, with the feed's lock held: a call that waits in another thread, and the system's
        time, may move the clock at any time.
        """
        now = self._clock.now()
        self.settle(now)
        return now

    def settle(self, now: datetime) -> None:
        """Let all happen whose time has come by then, in its order."""
        due = self._due
        if (due and due[0][0] <= now) or self._feed.is_behind:
            with self._feed:
                while due and due[0][0] <= now:
                    moment, _, action, *arguments = heapq.heappop(due)
                    action(moment, *arguments)
