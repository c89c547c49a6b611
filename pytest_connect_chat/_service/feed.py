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
        self._delivering: dict[int, str] = {}  # threads that call listeners, and for which chat right now
        self.failures: list[BaseException] = []

    def next_order(self) -> int:
        """Return the next place in the order of what happens, also while the clock stands still."""
        return next(self._orders)

    def listen(self, listener: Listener) -> None:
        """Call a listener with all that happens from now on. What it raises is kept in `failures`."""
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
        if not told:
            self._deliver()

    def _deliver(self) -> None:
        thread = threading.get_ident()
        if thread in self._delivering:
            return  # a listener caused it: what called the listener goes on with it
        chats: set[str] = set()
        try:
            while (happening := self._take(thread, chats)) is not None:
                for listener in self._listeners:
                    self._call(listener, happening)
        finally:
            with self._lock:
                self._delivering.pop(thread, None)

    def _take(self, thread: int, chats: set[str]) -> Happening | None:
        """Take what is next for this thread: what it caused, or what waits in the chats that it has told of."""
        with self._lock:
            self._delivering.pop(thread, None)
            busy = set(self._delivering.values())
            for index, (cause, happening) in enumerate(self._waiting):
                of_chat = happening.contact.initial_contact_id
                if of_chat not in busy and (cause == thread or of_chat in chats):
                    chats.add(of_chat)
                    del self._waiting[index]
                    self._delivering[thread] = of_chat
                    return happening
            return None

    def _call(self, listener: Listener, happening: Happening) -> None:
        try:
            listener(happening)
        except (KeyboardInterrupt, SystemExit, GeneratorExit):
            raise
        except BaseException as failure:  # noqa: BLE001  # pytest.fail() is one too; the test ends with it, not the call
            self.failures.append(failure)
