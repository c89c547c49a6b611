"""The lock under which everything happens, and the calls that follow a commit: of listeners and of the test."""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import count
from types import TracebackType
from typing import Any, Final, NamedTuple, Self

from pytest_connect_chat.exceptions import SceneError

Listener = Callable[[Any], object]

MOST_LINKS: Final = 1_000  # tasks in a row of which each has caused the next: more are taken for a circle


class _Task(NamedTuple):
    """A call to make once the lock is free.

    Attributes:
        call: Makes it.
        links: How many tasks before this one have each caused the next.
    """

    call: Callable[[], object]
    links: int


class Feed:
    """The lock of one fake's state, with queues of the calls that follow a change.

    `with feed:` is the one way to change state. When the outermost block has ended and the lock is free again, the
    calls that it has queued are made. So listeners, flows and callables of the test may call clients and the fake, and
    wait for other threads.

    The calls of one chat are made in the order of commits, one at a time, and before the client call that caused them
    returns. Only if another thread is making calls of the same chat at that moment, that thread makes these too. Calls
    that such a call causes follow after it.
    """

    def __init__(self) -> None:
        self.failures: list[BaseException] = []
        self._orders = count(1)
        self._listeners: tuple[Listener, ...] = ()
        self._observer: Listener | None = None
        self._keeping: set[int] = set()  # threads whose exceptions pytest does not see
        self.forget_threads()

    def forget_threads(self) -> None:
        """Free the lock and empty the queues, at first and in a forked process, where other threads do not exist."""
        self._lock = threading.RLock()
        self._depth = 0
        self._waiting: defaultdict[str, deque[_Task]] = defaultdict(deque)  # by chat
        self._duties: defaultdict[int, deque[str]] = defaultdict(deque)  # by thread: the chats whose calls it makes
        self._delivering: dict[int, tuple[str | None, int]] = {}  # by thread: the chat, and the links of its task

    @property
    def is_behind(self) -> bool:
        """Whether something waits to be called."""
        return bool(self._waiting)

    def next_order(self) -> int:
        """Return the next place in the order of what happens, also while the clock stands still."""
        return next(self._orders)

    def listen(self, listener: Listener, *, first: bool = False) -> None:
        """Call a listener with all that is published from now on. Exceptions that it raises are kept in `failures`.

        A `BaseException` that is no `Exception`, as of `pytest.fail()` or an interrupt, is raised where it was caused.

        Args:
            listener: The listener; one that listens already is not called twice.
            first: Whether it is called before the other listeners.
        """
        with self._lock:
            others = tuple(other for other in self._listeners if other != listener)
            self._listeners = (listener, *others) if first else (*others, listener)

    def observe(self, observer: Listener | None) -> None:
        """Call an observer with all that is published, at once and under the lock: it must not wait for a thread."""
        with self._lock:
            self._observer = observer

    def publish(self, chat: str, happening: object) -> None:
        """Call the observer with what has happened in a chat, and the listeners once the block around this is over."""
        if self._observer is not None:
            self._observer(happening)
        for listener in self._listeners:
            self.follow(chat, partial(listener, happening))

    def follow(self, chat: str, call: Callable[[], object]) -> None:
        """Make a call of a chat once the block around this has ended. Exceptions are treated as in `listen`."""
        thread = threading.get_ident()
        _, links = self._delivering.get(thread, (None, -1))
        self._waiting[chat].append(_Task(call, links + 1))
        self._duties[thread].append(chat)

    def call(self, function: Callable[..., object], *arguments: object) -> None:
        """Call a function of the test. Its exception fails the test, and not the client call that caused it.

        The exception of `pytest.fail()` ends the test at once, and is kept too: pytest may not see it in this thread.
        """
        try:
            function(*arguments)
        except Exception as failure:  # noqa: BLE001
            self.failures.append(failure)
        except BaseException as failure:
            is_kept = threading.get_ident() in self._keeping
            is_for_python = isinstance(failure, (KeyboardInterrupt, SystemExit, GeneratorExit))
            if (is_kept or not is_for_python) and not any(failure is other for other in self.failures):
                self.failures.append(failure)
            if not is_kept:
                raise

    @contextmanager
    def keeping_failures(self) -> Iterator[None]:
        """Keep all that callables of the test raise in this thread, whose exceptions pytest does not see."""
        thread = threading.get_ident()
        self._keeping.add(thread)
        try:
            yield
        finally:
            self._keeping.discard(thread)

    def __enter__(self) -> Self:
        self._lock.acquire()
        self._depth += 1
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._depth -= 1
        is_outermost = not self._depth
        self._lock.release()
        if is_outermost and self._waiting:
            self._deliver()

    def _deliver(self) -> None:
        """Make the calls of this thread, until there are none left."""
        thread = threading.get_ident()
        # A call from within a task leaves its work to the loop that runs the task.
        while self._duties[thread] and thread not in self._delivering:
            chats: set[str] = set()
            try:
                while (task := self._take(thread, chats)) is not None:
                    if task.links > MOST_LINKS:
                        self.failures.append(SceneError(CIRCLE))
                    else:
                        self.call(task.call)
            finally:
                with self._lock:
                    self._delivering.pop(thread, None)

    def _take(self, thread: int, chats: set[str]) -> _Task | None:
        """Take the next task, and with it its chat: no other thread makes calls of that chat meanwhile.

        Args:
            thread: The thread that takes it.
            chats: The chats whose calls it has made. What an interrupted thread has left there is called last.
        """
        with self._lock:
            self._delivering[thread] = (None, -1)
            busy = {chat: other for other, (chat, _) in self._delivering.items()}
            duties = self._duties[thread]
            if not duties:
                duties.extend(chat for chat in sorted(chats) if chat in self._waiting and chat not in busy)
            while duties:
                chat = duties.popleft()
                if chat in busy:
                    self._duties[busy[chat]].append(chat)  # the thread that is making its calls goes on with it
                elif chat in self._waiting:
                    tasks = self._waiting[chat]
                    task = tasks.popleft()
                    if not tasks:
                        del self._waiting[chat]
                    chats.add(chat)
                    self._delivering[thread] = (chat, task.links)
                    return task
            return None


CIRCLE: Final = (
    f"Something has caused itself {MOST_LINKS:,} times over, and was cut off: a handler of notifications that sends "
    "into the chat what it hears from there, or a flow that transfers to itself. A handler leaves out what its own "
    "side has said, by notification.attributes.get('ParticipantRole')."
)
