"""The clock of one fake: the only place of the package that reads real time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from pytest_connect_chat._names import FixedNames
from pytest_connect_chat.exceptions import ClockError


def iso_timestamp(moment: datetime) -> str:
    """Return `moment` as the service writes it: UTC, milliseconds, a `Z` at the end."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def parse_moment(value: datetime | str, name: str) -> datetime:
    """Return an aware datetime or ISO 8601 text as a UTC datetime in whole milliseconds.

    Raises:
        ClockError: `value` is no such moment, or names no time zone.
    """
    moment = value
    if isinstance(moment, str):
        try:
            moment = datetime.fromisoformat(moment)
        except ValueError:
            raise ClockError(
                f"{name}={value!r} is not a time: give an ISO 8601 text such as '2026-01-01T00:00:00Z'."
            ) from None
    if not isinstance(moment, datetime):
        raise ClockError(f"{name} must be a datetime or an ISO 8601 text, not {type(value).__name__}: {value!r}.")
    if moment.tzinfo is None:
        raise ClockError(
            f"{name}={value!r} has no time zone: say which, for example {moment.isoformat()}Z or tzinfo=UTC."
        )
    try:
        return _whole_milliseconds(moment.astimezone(UTC))
    except OverflowError:
        raise ClockError(f"{name}={value!r} is not a time in UTC that Python knows.") from None


def _whole_milliseconds(moment: datetime) -> datetime:
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _real_now() -> datetime:
    return _whole_milliseconds(datetime.fromtimestamp(time.time(), UTC))


EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(9000, 1, 1, tzinfo=UTC)  # so that what a fake works out from it stays a date that Python knows


def moment_of_a_fake(value: datetime | str, name: str) -> datetime:
    """Return a moment at which a fake's clock can stand.

    Raises:
        ClockError: `value` is no moment, or lies outside of the years 1970 to 8999.
    """
    moment = parse_moment(value, name)
    if not EARLIEST <= moment < LATEST:
        raise ClockError(f"{name}={value!r} lies outside of the years {EARLIEST.year} to {LATEST.year - 1}.")
    return moment


class Clock(FixedNames):
    """The time of one fake, in UTC and whole milliseconds. It never goes backwards.

    A frozen clock moves by the test (`advance`, `move_to`, `sleep`) and by what the code under test waits for.
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
        self._told: Callable[[datetime], object] | None = None

    def on_move(self, callback: Callable[[datetime], object]) -> None:
        """Call `callback` with the new time whenever the clock has moved: what is due by then has to happen."""
        self._told = callback

    def __repr__(self) -> str:
        return f"<Clock {iso_timestamp(self.now())}{' (system)' if self._follows_system else ''}>"

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
        if self._follows_system:
            self._move(_real_now())
        return self._now

    def _move(self, moment: datetime) -> None:
        """Move to `moment` if that is later."""
        with self._lock:
            moved = moment > self._now
            if moved:
                self._now = moment
        if moved:
            self._tell(moment)

    def _tell(self, moment: datetime) -> None:
        if self._told is not None:
            self._told(moment)

    def advance(self, *unnamed: object, **duration: float) -> None:
        """Move the clock forward, by the keywords of `datetime.timedelta`: `advance(minutes=6)`.

        Raises:
            ClockError: The duration is negative or no duration, or the clock follows the system's.
        """
        __tracebackhide__ = True
        if unnamed:
            raise ClockError(f"advance() takes a duration by its unit, for example minutes=6, not {unnamed[0]!r}.")
        try:
            step = timedelta(**duration)
        except (TypeError, ValueError, OverflowError) as error:
            raise ClockError(
                f"advance() takes the keywords of datetime.timedelta, such as minutes=6 or seconds=1.5: {error}."
            ) from None
        if step < timedelta(0):
            raise ClockError(f"The clock cannot go backwards: advance() was given {step.total_seconds():g} seconds.")
        self._refuse_if_system("advance")
        with self._lock:
            self._now = now = _added(self._now, step)
        self._tell(now)

    def move_to(self, moment: datetime | str) -> None:
        """Move the clock forward to `moment`, an aware datetime or an ISO 8601 text.

        Raises:
            ClockError: `moment` lies in the past of this clock or is no time, or the clock follows the system's.
        """
        target = moment_of_a_fake(moment, "moment")
        self._refuse_if_system("move_to")
        with self._lock:
            if target < self._now:
                raise ClockError(
                    f"The clock cannot go backwards: it stands at {iso_timestamp(self._now)}, "
                    f"and {iso_timestamp(target)} lies before that."
                )
            self._now = target
        self._tell(target)

    def sleep(self, seconds: float) -> None:
        """Wait in the fake's time. Patch it over `time.sleep` in code that paces itself.

        Raises:
            ClockError: `seconds` is negative or not a number.
        """
        if not isinstance(seconds, (int, float)) or not 0 <= seconds < timedelta.max.total_seconds():
            raise ClockError(
                f"sleep() takes a number of seconds, 0 or more and within Python's dates, not {seconds!r}."
            )
        self.wait_until(_added(self.now(), timedelta(seconds=seconds)))

    def wait_until(self, moment: datetime) -> None:
        """Move a frozen clock to `moment` if that is later: waits that run in parallel do not add up."""
        if not self._follows_system:
            self._move(_rounded_up(moment))

    def _refuse_if_system(self, method: str) -> None:
        if self._follows_system:
            raise ClockError(
                f"{method}() cannot move a clock that follows the system's: move time.time() with freezegun or "
                "time-machine, or leave the setting clock='system' out."
            )


def _rounded_up(moment: datetime) -> datetime:
    """Return the next whole millisecond: who has waited has waited long enough."""
    return _whole_milliseconds(moment + timedelta(microseconds=999))


def _added(moment: datetime, step: timedelta) -> datetime:
    try:
        later = _rounded_up(moment + step)
    except OverflowError:
        later = LATEST
    if later >= LATEST:
        raise ClockError(f"{step} after {iso_timestamp(moment)} lies after the year {LATEST.year - 1}.")
    return later
