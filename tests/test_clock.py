"""The fake's clock."""

from __future__ import annotations

import re
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from pytest_connect_chat import Clock, FakeConnectChat
from pytest_connect_chat._service.clock import stop_at, wait_until
from pytest_connect_chat._time import iso_timestamp, parse_moment
from pytest_connect_chat.exceptions import ClockError, SettingError

pytestmark = pytest.mark.once

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def clock() -> Clock:
    """A clock that is frozen at the start of 2026."""
    return Clock(NEW_YEAR)


class RealTime:
    """Stands in for `time.time`."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def real_time(monkeypatch: pytest.MonkeyPatch) -> RealTime:
    """The real time, which the test moves."""
    real_time = RealTime(NEW_YEAR.timestamp())
    monkeypatch.setattr(time, "time", real_time)
    return real_time


# -- where it stands ---------------------------------------------------------------------------------------------------


def test_it_is_frozen_at_the_real_now_in_whole_milliseconds(real_time: RealTime) -> None:
    real_time.seconds += 0.123987
    clock = Clock()
    real_time.seconds += 60

    assert clock.now() == clock.start == NEW_YEAR + timedelta(milliseconds=123)
    assert clock.now().tzinfo is UTC


def test_its_start_stays_where_it_was(clock: Clock) -> None:
    clock.advance(hours=1)

    assert clock.start == NEW_YEAR
    assert clock.now() == NEW_YEAR + timedelta(hours=1)


@pytest.mark.parametrize(
    "start",
    [
        NEW_YEAR,
        NEW_YEAR + timedelta(microseconds=999),
        datetime(2026, 1, 1, 1, tzinfo=timezone(timedelta(hours=1))),
        "2026-01-01T00:00:00Z",
        "2026-01-01T00:00:00.000999+00:00",
        "2025-12-31T19:00-05:00",
        "20260101T000000Z",
    ],
    ids=str,
)
def test_a_start_is_an_aware_datetime_or_an_iso_text(start: datetime | str) -> None:
    assert Clock(start).now() == NEW_YEAR
    assert Clock(start).now().tzinfo is UTC


@pytest.mark.parametrize(
    ("start", "problem"),
    [
        ("tomorrow", "clock='tomorrow' is not a time"),
        ("", "clock='' is not a time"),
        ("System", "clock='System' is not a time"),
        ("2026-01-01T00:00:00", "has no time zone: say which, for example 2026-01-01T00:00:00Z"),
        (datetime(2026, 1, 1), "has no time zone"),  # noqa: DTZ001  # the point of the case
        (1_767_225_600, "must be a datetime or an ISO 8601 text, not int: 1767225600"),
        (NEW_YEAR.date(), "must be a datetime or an ISO 8601 text, not date"),
    ],
    ids=str,
)
def test_what_is_no_moment_is_refused(start: Any, problem: str) -> None:
    with pytest.raises(ClockError, match=re.escape(problem)):
        Clock(start)


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00"])
def test_a_moment_that_utc_cannot_express_is_refused(moment: str) -> None:
    with pytest.raises(ClockError, match=f"moment='{re.escape(moment)}' is not a time in UTC"):
        parse_moment(moment, "moment")


def test_a_clock_shows_where_it_stands(clock: Clock) -> None:
    clock.advance(milliseconds=7)

    assert repr(clock) == "<Clock 2026-01-01T00:00:00.007Z>"


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (NEW_YEAR, "2026-01-01T00:00:00.000Z"),
        (NEW_YEAR + timedelta(microseconds=9_999), "2026-01-01T00:00:00.009Z"),
        (datetime(2026, 1, 1, 1, tzinfo=timezone(timedelta(hours=1))), "2026-01-01T00:00:00.000Z"),
    ],
)
def test_timestamps_read_as_the_service_writes_them(moment: datetime, text: str) -> None:
    assert iso_timestamp(moment) == text


# -- moving it ---------------------------------------------------------------------------------------------------------


def test_advance_takes_the_keywords_of_timedelta(clock: Clock) -> None:
    clock.advance(days=1, hours=2, minutes=3, seconds=4.5, milliseconds=6)

    assert clock.now() == NEW_YEAR + timedelta(days=1, hours=2, minutes=3, seconds=4.5, milliseconds=6)


def test_advance_takes_a_timedelta(clock: Clock) -> None:
    clock.advance(timedelta(minutes=5))
    clock.advance(timedelta(minutes=1), seconds=2)
    assert clock.now() - clock.start == timedelta(minutes=6, seconds=2)
    with pytest.raises(ClockError, match="cannot go backwards"):
        clock.advance(-timedelta(minutes=1))


def test_editors_complete_what_is_for_tests() -> None:
    public = [name for name in dir(Clock) if not name.startswith("_")]
    assert public == ["advance", "follows_system", "move_to", "now", "sleep", "start"]


def test_advance_names_the_units(clock: Clock) -> None:
    with pytest.raises(ClockError, match=r"advance\(\) has no keyword 'mins'\. Did you mean 'minutes'\?"):
        clock.advance(mins=5)
    with pytest.raises(
        ClockError, match=r"advance\(\) has no keyword 'months'\.( Did you mean 'minutes'\?)? It takes weeks, days"
    ):
        clock.advance(months=1)


def test_advance_by_nothing_stays(clock: Clock) -> None:
    clock.advance()
    clock.advance(seconds=0)

    assert clock.now() == NEW_YEAR


def test_it_moves_in_whole_milliseconds(clock: Clock) -> None:
    clock.advance(microseconds=1_999)
    clock.sleep(0.0019)
    clock.move_to(NEW_YEAR + timedelta(microseconds=5_999))

    assert clock.now() == NEW_YEAR + timedelta(milliseconds=5)


@pytest.mark.parametrize(
    ("duration", "problem"),
    [
        ({"minutes": -1}, "The clock cannot go backwards: advance() was given -60 seconds."),
        ({"milliseconds": -1}, "advance() was given -0.001 seconds"),
        ({"minute": 1}, "advance() has no keyword 'minute'. Did you mean 'minutes'? It takes weeks, days, hours"),
        ({"minutes": "6"}, "minutes='6' is not valid: advance() takes a number of minutes."),
        ({"minutes": True}, "minutes=True is not valid: advance() takes a number of minutes."),
        ({"days": 10**10}, "advance(days=10000000000) is no duration that Python knows"),
        ({"seconds": float("nan")}, "advance(seconds=nan) is no duration that Python knows"),
        ({"seconds": float("inf")}, "advance(seconds=inf) is no duration that Python knows"),
        ({"days": 3_000_000}, "lies after the year 8999"),
        ({"days": 2_600_000}, "lies after the year 8999"),
    ],
    ids=str,
)
def test_advance_refuses_what_is_no_duration(clock: Clock, duration: dict[str, Any], problem: str) -> None:
    with pytest.raises(ClockError, match=re.escape(problem)):
        clock.advance(**duration)

    assert clock.now() == NEW_YEAR


@pytest.mark.parametrize("moment", [NEW_YEAR + timedelta(days=1), "2026-01-02T00:00:00Z"], ids=str)
def test_move_to_goes_to_a_moment(clock: Clock, moment: datetime | str) -> None:
    clock.move_to(moment)

    assert clock.now() == NEW_YEAR + timedelta(days=1)


def test_move_to_the_present_stays(clock: Clock) -> None:
    clock.move_to(NEW_YEAR)

    assert clock.now() == NEW_YEAR


@pytest.mark.parametrize(
    ("moment", "problem"),
    [
        (
            "2025-12-31T23:59:59.999Z",
            "it stands at 2026-01-01T00:00:00.000Z, and 2025-12-31T23:59:59.999Z lies before that.",
        ),
        ("later", "moment='later' is not a time"),
        (None, "moment must be a datetime or an ISO 8601 text, not NoneType"),
    ],
)
def test_move_to_refuses_the_past_and_what_is_no_moment(clock: Clock, moment: Any, problem: str) -> None:
    with pytest.raises(ClockError, match=re.escape(problem)):
        clock.move_to(moment)

    assert clock.now() == NEW_YEAR


def test_sleep_moves_the_clock(clock: Clock) -> None:
    clock.sleep(1)
    clock.sleep(0.5)
    clock.sleep(0)

    assert clock.now() == NEW_YEAR + timedelta(seconds=1.5)


def test_sleep_takes_the_place_of_time_sleep(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "sleep", clock.sleep)
    time.sleep(3_600)

    assert clock.now() == NEW_YEAR + timedelta(hours=1)


@pytest.mark.parametrize("seconds", [-1, -0.001, "1", None, float("nan")], ids=repr)
def test_sleep_refuses_what_is_no_number_of_seconds(clock: Clock, seconds: Any) -> None:
    with pytest.raises(ClockError, match=re.escape(f"not {seconds!r}")):
        clock.sleep(seconds)

    assert clock.now() == NEW_YEAR


@pytest.mark.parametrize("seconds", [float("inf"), 1e300, 1e12], ids=repr)
def test_a_sleep_that_never_ends_is_refused(clock: Clock, seconds: float) -> None:
    with pytest.raises(ClockError):
        clock.sleep(seconds)

    assert clock.now() == NEW_YEAR


def test_waits_that_run_in_parallel_do_not_add_up(clock: Clock) -> None:
    wait_until(clock, NEW_YEAR + timedelta(seconds=3))
    wait_until(clock, NEW_YEAR + timedelta(seconds=2))
    wait_until(clock, NEW_YEAR + timedelta(seconds=3, microseconds=1_999))

    assert clock.now() == NEW_YEAR + timedelta(seconds=3, milliseconds=2)


# -- following the system's --------------------------------------------------------------------------------------------


def test_a_system_clock_follows_the_real_time(real_time: RealTime) -> None:
    clock = Clock("system")
    real_time.seconds += 90.0015

    assert clock.start == NEW_YEAR
    assert clock.now() == NEW_YEAR + timedelta(seconds=90, milliseconds=1)
    assert repr(clock) == "<Clock 2026-01-01T00:01:30.001Z (system)>"


def test_a_system_clock_never_goes_backwards(real_time: RealTime) -> None:
    clock = Clock("system")
    real_time.seconds += 60
    clock.now()
    real_time.seconds -= 3_600

    assert clock.now() == NEW_YEAR + timedelta(seconds=60)


@pytest.mark.parametrize(("method", "argument"), [("advance", {"minutes": 1}), ("move_to", {"moment": NEW_YEAR})])
def test_a_system_clock_is_moved_by_the_system_only(real_time: RealTime, method: str, argument: dict[str, Any]) -> None:
    clock = Clock("system")

    with pytest.raises(ClockError, match=rf"{method}\(\) cannot move a clock that follows the system's"):
        getattr(clock, method)(**argument)


def test_waiting_does_not_move_a_system_clock(real_time: RealTime) -> None:
    clock = Clock("system")
    clock.sleep(60)
    wait_until(clock, NEW_YEAR + timedelta(hours=1))

    assert clock.now() == NEW_YEAR


def test_a_bare_number_is_no_duration() -> None:
    with pytest.raises(ClockError, match="advance\\(\\) takes a duration by its unit, for example minutes=6, not 5"):
        Clock(NEW_YEAR).advance(5)


def test_who_sleeps_sleeps_long_enough() -> None:
    clock = Clock(NEW_YEAR)
    for _ in range(6):
        clock.sleep(1 / 6)
    assert clock.now() >= NEW_YEAR + timedelta(seconds=1)
    before = clock.now()
    clock.sleep(0.0001)
    assert clock.now() > before


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00Z", "1969-12-31T23:59:59Z", "9000-01-01T00:00:00Z"])
def test_a_fake_stands_where_all_its_dates_are_dates_of_python(moment: str) -> None:
    message = rf"={moment!r} lies outside of the years 1970 to 8999"
    with pytest.raises(SettingError):
        FakeConnectChat(clock=moment)
    with pytest.raises(ClockError, match=message):
        Clock(moment)
    fake = FakeConnectChat()
    with pytest.raises(ClockError, match=message):
        fake.clock.move_to(moment)
    with pytest.raises(ClockError, match=message):
        fake.add_ended_chat(ended_at=moment)


@pytest.mark.parametrize("moment", ["1970-01-01T00:00:00Z", "8999-12-31T23:59:59Z"])
def test_a_fake_works_at_the_ends_of_time(moment: str, parameters: dict[str, object]) -> None:
    with FakeConnectChat(clock=moment) as fake:
        fake.client().start_chat_contact(**parameters, ChatDurationInMinutes=10_080)
        fake.add_ended_chat(segments=3)
        fake.faults.delay(seconds=31_622_400)
        with pytest.raises(ReadTimeoutError):
            fake.client().start_chat_contact(**parameters)
    assert len(fake.contacts) == 5


def test_threads_that_advance_the_clock_each_add_theirs_also_past_what_is_due() -> None:
    fake = FakeConnectChat()
    for _ in range(20):
        fake.add_contact()
        fake.clock.advance(minutes=1)
    start = fake.clock.now()
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda hours: fake.clock.advance(hours=hours), [10, 20, 30, 40]))
    finally:
        sys.setswitchinterval(interval)

    assert fake.clock.now() - start == timedelta(hours=100)


def test_what_is_due_may_move_the_clock_itself() -> None:
    times: list[timedelta] = []
    clock = Clock("2026-01-01T00:00:00Z")
    due = [clock.start + timedelta(minutes=2)]

    def happens(now: datetime) -> None:
        if due and due[0] <= now:
            due.clear()
            times.append(clock.now() - clock.start)
            clock.advance(minutes=1)
            times.append(clock.now() - clock.start)

    stop_at(clock, lambda: due[0] if due else None, happens)
    clock.advance(minutes=10)

    assert [*times, clock.now() - clock.start] == [timedelta(minutes=minutes) for minutes in (2, 3, 10)]
