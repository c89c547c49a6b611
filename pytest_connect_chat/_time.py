"""How moments and durations are written and read: the service's form out, ISO 8601 and units in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypedDict

from pytest_connect_chat._names import did_you_mean
from pytest_connect_chat._text import shown
from pytest_connect_chat.exceptions import ClockError, ConnectChatError

EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(9000, 1, 1, tzinfo=UTC)  # so that what a fake works out from it stays a date that Python knows


class Duration(TypedDict, total=False):
    """A duration by its units, which add up: the keywords of `datetime.timedelta`."""

    weeks: float
    days: float
    hours: float
    minutes: float
    seconds: float
    milliseconds: float
    microseconds: float


UNITS: Final = tuple(Duration.__annotations__)


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
                f"{name}={shown(value)} is not a time: give an ISO 8601 text such as '2026-01-01T00:00:00Z'."
            ) from None
    if not isinstance(moment, datetime):
        raise ClockError(f"{name} must be a datetime or an ISO 8601 text, not {type(value).__name__}: {shown(value)}.")
    if moment.tzinfo is None:
        raise ClockError(
            f"{name}={shown(value)} has no time zone: say which, for example {moment.isoformat()}Z or tzinfo=UTC."
        )
    try:
        return whole_milliseconds(moment.astimezone(UTC))
    except OverflowError:
        raise ClockError(f"{name}={shown(value)} is not a time in UTC that Python knows.") from None


def moment_of_a_fake(value: datetime | str, name: str) -> datetime:
    """Return a moment at which a fake's clock can stand.

    Raises:
        ClockError: `value` is no moment, or lies outside of the years 1970 to 8999.
    """
    moment = parse_moment(value, name)
    if not EARLIEST <= moment < LATEST:
        raise ClockError(f"{name}={shown(value)} lies outside of the years {EARLIEST.year} to {LATEST.year - 1}.")
    return moment


def duration_of(
    method: str, step: object, units: Mapping[str, Any], error: type[ConnectChatError], own: Iterable[str] = ()
) -> timedelta:
    """Return the duration that a method is given: a `timedelta`, units, or both, which add up.

    Args:
        method: The method, for the message.
        step: What it is given without a keyword.
        units: The units and how many of each.
        error: What is raised where they are none.
        own: The other keywords of the method.
    """
    if not isinstance(step, timedelta):
        raise error(f"{method}() takes a duration by its unit, for example minutes=6, not {shown(step)}.")
    valid = [*own, *UNITS]
    for name, value in units.items():
        if name not in UNITS:
            hint = did_you_mean(name, valid)
            raise error(f"{method}() has no keyword {name!r}.{hint} It takes {', '.join(valid)}.")
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise error(f"{name}={shown(value)} is not valid: {method}() takes a number of {name}.")
    try:
        return step + timedelta(**units)
    except (ValueError, OverflowError) as problem:
        given = ", ".join(f"{name}={shown(value)}" for name, value in units.items())
        raise error(f"{method}({given}) is no duration that Python knows: {problem}.") from None


def moment_after(moment: datetime, step: timedelta, error: type[ConnectChatError] = ClockError) -> datetime:
    """Return the whole millisecond at which a duration has passed since a moment.

    Args:
        moment: The moment.
        step: The duration.
        error: What is raised where a fake's clock cannot stand there.
    """
    try:
        later = next_millisecond(moment + step)
    except OverflowError:
        later = LATEST
    if later >= LATEST:
        raise error(f"{step} after {iso_timestamp(moment)} lies after the year {LATEST.year - 1}.")
    return later


def whole_milliseconds(moment: datetime) -> datetime:
    """Return a moment as precise as the service's are."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def next_millisecond(moment: datetime) -> datetime:
    """Return the whole millisecond at which a moment has come: who has waited has waited long enough."""
    return whole_milliseconds(moment + timedelta(microseconds=999))


def since(start: datetime, moment: datetime) -> str:
    """Return how much later than the clock's start a moment was, as `+1.250s` or, after days, `+1d 01:00:00.000`."""
    step = moment - start
    if step < timedelta(days=1):
        return f"{step.total_seconds():+.3f}s"
    minutes, seconds = divmod(step.seconds, 60)
    return f"+{step.days}d {minutes // 60:02}:{minutes % 60:02}:{seconds:02}.{step.microseconds // 1000:03}"
