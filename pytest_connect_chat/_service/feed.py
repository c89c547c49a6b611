"""What happened, in the order of commits, for whoever listens; and the lock under which it happens."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from itertools import count
from types import TracebackType
from typing import NamedTuple, Self

from pytest_connect_chat._service.chats.transcript import TranscriptItem
from pytest_connect_chat._service.contacts.contact import ContactRecord


class Happening(NamedTuple):
    """A message, an event, a receipt or an ending.

    Attributes:
        contact: The contact in which it happened.
        item: What happened.
    """

    contact: ContactRecord
    item: TranscriptItem


Listener = Callable[[Happening], object]


class Feed:
    """The lock of one fake's state, with a queue of what was committed under it.

    `with feed:` is the one way to change state. When the outermost block has ended and the lock is free again, the
    listeners are called with what happened in it. So they may call clients and the fake, and wait for other threads.

    What happens in one chat reaches the listeners in the order of commits, one at a time, and before the call that
    caused it returns, except where another thread changes the same chat at the same moment. What a listener causes
    follows after what caused the listener.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._depth = 0
        self._orders = count(1)
        self._listeners: tuple[Listener, ...] = ()
        self._waiting: deque[tuple[int, Happening]] = deque()
        self._delivering: dict[int, str | None] = {}  # threads that call listeners, and for which chat right now
        self.failures: list[Exception] = []

    def next_order(self) -> int:
        """Return the next place in the order of what happens, also while the clock stands still."""
        return next(self._orders)

    def listen(self, listener: Listener) -> None:
        """Call a listener with all that happens from now on. Exceptions that it raises are kept in `failures`.

        What is no `Exception`, such as what `pytest.fail()` raises or an interrupt, goes on to whoever caused it.
        """
        with self._lock:
            self._listeners = (*self._listeners, listener)

    def publish(self, contact: ContactRecord, item: TranscriptItem) -> None:
        """Tell the listeners, once the block that this is called in has ended."""
        if self._listeners:
            self._waiting.append((threading.get_ident(), Happening(contact, item)))

    def __enter__(self) -> Self:
        self._lock.acquire()
        self._depth += 1
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._depth -= 1
        told = self._depth or not self._waiting
        self._lock.release()
        while not told:
            told = not self._deliver()

    def _deliver(self) -> bool:
        """Call the listeners with what this thread has to tell of; return whether there was anything."""
        thread = threading.get_ident()
        if thread in self._delivering:
            return False  # a listener or a signal handler caused it: what they interrupt goes on with it
        self._delivering[thread] = None
        chats: set[str] = set()
        try:
            while (happening := self._take(thread, chats)) is not None:
                for listener in self._listeners:
                    self._call(listener, happening)
        finally:
            with self._lock:
                del self._delivering[thread]
        return bool(chats)

    def _take(self, thread: int, chats: set[str]) -> Happening | None:
        """Take what is next in the chats in which this thread has caused something, or of which it has told."""
        with self._lock:
            self._delivering[thread] = None
            busy = set(self._delivering.values())
            waiting = tuple(self._waiting)  # a signal handler may add to it meanwhile
            mine = chats.union(entry.contact.initial_contact_id for cause, entry in waiting if cause == thread)
            for index, (_, happening) in enumerate(waiting):
                chat = happening.contact.initial_contact_id
                if chat in mine and chat not in busy:
                    chats.add(chat)
                    del self._waiting[index]
                    self._delivering[thread] = chat
                    return happening
            return None

    def _call(self, listener: Listener, happening: Happening) -> None:
        try:
            listener(happening)
        except Exception as failure:  # noqa: BLE001  # the test ends with it, and not the call that caused it
            self.failures.append(failure)
