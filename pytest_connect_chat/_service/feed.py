"""The lock under which everything happens, and what follows a commit: listeners are told, and callables are called."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from functools import partial
from itertools import count
from types import TracebackType
from typing import Any, Self

Listener = Callable[[Any], object]
Task = Callable[[], object]


class Feed:
    """The lock of one fake's state, with a queue of what follows what was committed under it.

    `with feed:` is the one way to change state. When the outermost block has ended and the lock is free again, what it
    has queued is called. So listeners, flows and callables of the test may call clients and the fake, and wait for
    other threads.

    What is queued for one chat is called in the order of commits, one at a time, and before the call that caused it
    returns, except where another thread changes the same chat at the same moment. What it causes follows after it.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._depth = 0
        self._orders = count(1)
        self._listeners: tuple[Listener, ...] = ()
        self._waiting: deque[tuple[int, str, Task]] = deque()
        self._delivering: dict[int, str | None] = {}  # threads that call what waits, and of which chat right now
        self.failures: list[Exception] = []

    def next_order(self) -> int:
        """Return the next place in the order of what happens, also while the clock stands still."""
        return next(self._orders)

    def listen(self, listener: Listener) -> None:
        """Call a listener with all that is published from now on. Exceptions that it raises are kept in `failures`.

        What is no `Exception`, such as what `pytest.fail()` raises or an interrupt, goes on to whoever caused it.
        """
        with self._lock:
            self._listeners = (*self._listeners, listener)

    def publish(self, chat: str, happening: object) -> None:
        """Tell the listeners of what has happened in a chat, once the block that this is called in has ended."""
        if self._listeners:
            self.follow(chat, partial(self._tell, happening))

    def follow(self, chat: str, task: Task) -> None:
        """Call a task of a chat once the block that this is called in has ended, with exceptions as in `listen`."""
        self._waiting.append((threading.get_ident(), chat, task))

    def _tell(self, happening: object) -> None:
        for listener in self._listeners:
            self.call(listener, happening)

    def call(self, function: Callable[..., object], *arguments: object) -> None:
        """Call what belongs to the test. The test fails with what it raises, and not the call that caused it."""
        try:
            function(*arguments)
        except Exception as failure:  # noqa: BLE001
            self.failures.append(failure)

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
        """Call what this thread has to call; return whether there was anything."""
        thread = threading.get_ident()
        if thread in self._delivering:
            return False  # a listener or a signal handler caused it: what they interrupt goes on with it
        self._delivering[thread] = None
        chats: set[str] = set()
        try:
            while (task := self._take(thread, chats)) is not None:
                self.call(task)
        finally:
            with self._lock:
                del self._delivering[thread]
        return bool(chats)

    def _take(self, thread: int, chats: set[str]) -> Task | None:
        """Take what is next in the chats in which this thread has caused something, or of which it has called some."""
        with self._lock:
            self._delivering[thread] = None
            busy = set(self._delivering.values())
            waiting = tuple(self._waiting)  # a signal handler may add to it meanwhile
            mine = chats.union(chat for cause, chat, _ in waiting if cause == thread)
            for index, (_, chat, task) in enumerate(waiting):
                if chat in mine and chat not in busy:
                    chats.add(chat)
                    del self._waiting[index]
                    self._delivering[thread] = chat
                    return task
            return None
