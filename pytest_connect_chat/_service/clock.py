"""The clock of one fake: the only module of the package that reads real time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Unpack

from pytest_connect_chat._names import FixedNames
from pytest_connect_chat._text import shown
from pytest_connect_chat._time import (
    Duration,
    duration_of,
    iso_timestamp,
    moment_after,
    moment_of_a_fake,
    next_millisecond,
    whole_milliseconds,
)
from pytest_connect_chat.exceptions import ClockError


def _real_now() -> datetime:
    return whole_milliseconds(datetime.fromtimestamp(time.time(), UTC))


class Clock(FixedNames):
    """The time of one fake, in UTC and whole milliseconds. It never goes backwards.

    A frozen clock is moved by the test (`advance`, `move_to`, `sleep`) and by the waits of the code under test.
    With `start="system"` it follows `time.time()`, and so freezegun and time-machine; then nothing else moves it.

    Args:
        start: The moment at which the clock stands, `None` for the real now, or `"system"`.

    Example:
        >>> clock = Clock("2026-01-01T00:00:00Z")
        >>> clock.advance(minutes=6)
        >>> clock.now().isoformat()
        '2026-01-01T00:06:00+00:00'
    """

    def __init__(self, start: datetime | str | None = None) -> None:
        self._lock = threading.RLock()  # a finaliser may read the clock while its own thread moves it
        self._follows_system = start == "system"
        self._start = _real_now() if start is None or start == "system" else moment_of_a_fake(start, "clock")
        self._now = self._start
        self._passing: list[int] = []  # threads that are moving the clock now, once for each move
        self._promised = self._now  # where the clock will stand after these moves
        self._on_move: Callable[[datetime], object] = lambda moment: None
        self._next_stop: Callable[[], datetime | None] = lambda: None

    def __repr__(self) -> str:
        return f"<Clock {iso_timestamp(self.now())}{' (system)' if self._follows_system else ''}>"

    @classmethod
    def _hint_at(cls, name: str) -> str:
        return " advance() and move_to() move the clock." if hasattr(cls, name) else super()._hint_at(name)

    @property
    def start(self) -> datetime:
        """The moment at which this clock began."""
        return self._start

    @property
    def follows_system(self) -> bool:
        """Whether this clock follows the system's, and nothing else moves it."""
        return self._follows_system

    def now(self) -> datetime:
        """Return the current moment of the fake, as an aware UTC datetime."""
        if self._follows_system and threading.get_ident() not in self._passing:
            self._move(_real_now())
        return self._now

    def _move(self, moment: datetime) -> None:
        """Move to `moment` if that is later."""
        if moment > self._now:
            self._pass_to(moment)

    def _pass_to(self, moment: datetime) -> None:
        """Move to `moment`. Stop on the way wherever something is due, until it has happened."""
        with self._on_the_way():
            stop: datetime | None = None
            while stop != moment:
                due = self._next_stop()
                stop = moment if due is None or due > moment else due
                with self._lock:
                    self._now = max(self._now, stop)
                self._on_move(stop)

    @contextmanager
    def _on_the_way(self) -> Iterator[bool]:
        """Note that this thread moves the clock, and yield whether other threads are moving it already."""
        thread = threading.get_ident()
        with self._lock:
            others = bool(self._passing) and thread not in self._passing
            self._passing.append(thread)
        try:
            yield others
        finally:
            self._passing.remove(thread)

    def advance(self, step: timedelta = timedelta(0), /, **duration: Unpack[Duration]) -> None:
        """Move the clock forward: `advance(minutes=6)`, with the keywords of `datetime.timedelta`, or by a `timedelta`.

        Raises:
            ClockError: The duration is negative or not a duration, or the clock follows the system's.
        """
        __tracebackhide__ = True
        step = duration_of("advance", step, duration, ClockError)
        if step < timedelta(0):
            raise ClockError(f"The clock cannot go backwards: advance() was given {step.total_seconds():g} seconds.")
        self._refuse_if_system("advance")
        with self._on_the_way() as others:
            with self._lock:  # threads that advance the clock at the same time add up
                target = moment_after(max(self._now, self._promised) if others else self._now, step)
                self._promised = max(target, self._promised) if len(self._passing) > 1 else target
            self._pass_to(target)

    def move_to(self, moment: datetime | str) -> None:
        """Move the clock forward to `moment`, an aware datetime or an ISO 8601 text.

        Raises:
            ClockError: `moment` lies in the past of this clock or is not a time, or the clock follows the system's.
        """
        target = moment_of_a_fake(moment, "moment")
        self._refuse_if_system("move_to")
        with self._lock:
            if target < self._now:
                raise ClockError(
                    f"The clock cannot go backwards: it stands at {iso_timestamp(self._now)}, "
                    f"and {iso_timestamp(target)} lies before that."
                )
        self._pass_to(target)

    def sleep(self, seconds: float) -> None:
        """Wait in the fake's time. Patch it over `time.sleep` in code that paces itself.

        Raises:
            ClockError: `seconds` is negative or not a number.
        """
        if not isinstance(seconds, (int, float)) or not 0 <= seconds < timedelta.max.total_seconds():
            raise ClockError(
                f"sleep() takes a number of seconds, 0 or more and within Python's dates, not {shown(seconds)}."
            )
        wait_until(self, moment_after(self.now(), timedelta(seconds=seconds)))

    def _refuse_if_system(self, method: str) -> None:
        if self._follows_system:
            raise ClockError(
                f"{method}() cannot move a clock that follows the system's: move time.time() with freezegun or "
                "time-machine, or leave the setting clock='system' out."
            )


# What only the service does with a clock is not a method: tests hold the clock.


def wait_until(clock: Clock, moment: datetime) -> None:
    """Move a frozen clock to `moment` if that is later: waits that run in parallel do not add up."""
    if not clock.follows_system:
        clock._move(next_millisecond(moment))  # noqa: SLF001  # of this module


def stop_at(clock: Clock, next_stop: Callable[[], datetime | None], on_move: Callable[[datetime], object]) -> None:
    """Let what is due happen at its own time.

    Args:
        clock: The clock.
        next_stop: Returns when something is due next. On its way to a later time the clock stops there.
        on_move: Is called with the new time whenever the clock has moved, and lets happen what is due by then.
    """
    clock._next_stop, clock._on_move = next_stop, on_move  # noqa: SLF001  # of this module
