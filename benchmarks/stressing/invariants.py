"""What always has to hold, and what helps to look at it while callers call."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from pytest_connect_chat import FakeConnectChat
from stressing.callers import Crowd


class BrokenError(Exception):
    """An invariant does not hold."""


def require(holds: object, invariant: str) -> None:
    """Raise unless an invariant holds."""
    if not holds:
        raise BrokenError(invariant)


@cache
def undisturbed(seed: int) -> FakeConnectChat:
    """Return a fake that nobody calls."""
    return FakeConnectChat(seed=seed)


def ids_of(seed: int, count: int) -> list[str]:
    """Return the ids that the first contacts of a seed have."""
    fake = undisturbed(seed)
    while len(fake.contacts) < count:
        fake.add_contact()
    return list(fake.contacts)[:count]


def check_history(fake: FakeConnectChat, crowd: Crowd, seed: int) -> None:
    """Check what holds of contacts and records whatever was called."""
    require(list(fake.contacts) == ids_of(seed, len(fake.contacts)), "the n-th contact has the n-th id of the seed")
    started = [contact.initiation_timestamp for contact in fake.contacts.values()]
    require(started == sorted(started), "contacts stand in the order of their times")
    records = list(fake.requests)
    require(len(records) == len(crowd.called), f"each of {len(crowd.called)} calls has one record, not {len(records)}")
    for record in records:
        require((record.response is None) is (record.error is not None), "a record has an answer or an error")
        times = [attempt.time for attempt in record.attempts]
        require(times and times == sorted(times), "a record has all its attempts, in the order of their times")
        require(record.time == times[0], "a record's time is that of its first attempt")
        require(record.contact is None or fake.contacts[record.contact.contact_id] is record.contact, "records agree")


def flat(results: list[list[Any]]) -> list[Any]:
    """Return the results of all workers."""
    return [result for worker in results for result in worker]


@contextmanager
def meanwhile(act: Callable[[], object]) -> Iterator[None]:
    """Do something again and again in another thread."""
    done = threading.Event()
    errors: list[BaseException] = []

    def loop() -> None:
        try:
            act()
            while not done.wait(0.001):
                act()
        except BaseException as error:  # noqa: BLE001  # it is raised where it is seen
            errors.append(error)

    thread = threading.Thread(target=loop)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
    for error in errors:
        raise error


class Gauge:
    """Counts what is there at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._now = 0
        self.most = 0

    def add(self, difference: int) -> None:
        """Change the count."""
        with self._lock:
            self._now += difference
            self.most = max(self.most, self._now)
