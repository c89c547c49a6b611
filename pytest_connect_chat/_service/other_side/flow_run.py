"""One run of a flow in one contact: how it goes on, waits and ends."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from threading import get_ident
from typing import Final, NamedTuple

from pytest_connect_chat._service.arguments import name_of, require_result
from pytest_connect_chat._service.chats.transcript import TranscriptItem
from pytest_connect_chat._service.contacts.contact import ContactRecord
from pytest_connect_chat._service.other_side.flow_chat import FLOW_ENDED, ContactGoneError, FlowChat
from pytest_connect_chat._service.state import ServiceState
from pytest_connect_chat._text import raised, shown
from pytest_connect_chat._time import next_millisecond, since
from pytest_connect_chat.exceptions import SceneError

Waiting = Generator[timedelta | None, TranscriptItem | None, object]
Flow = Callable[[FlowChat], object]  # a plain function, or one that returns a generator, which is `Waiting`

STORY_ITEMS: Final = 10
MOST_EMPTY_WAITS: Final = 1_000


class FlowStep(NamedTuple):
    """Something that a flow did, apart from what it said.

    Attributes:
        time: When.
        order: Its place in the order of all that happened.
        text: What it did, in words.
    """

    time: datetime
    order: int
    text: str


class FlowRun:
    """One run of a flow, in one contact. Everything here runs without the lock of the feed.

    Args:
        state: What the service holds.
        flow: The flow.
        contact: The contact.
        steps: Gets what the flow does.

    Attributes:
        flow: The flow.
        name: Its name.
        contact: The contact.
        is_over: Whether the flow has ended.
    """

    def __init__(self, state: ServiceState, flow: Flow, contact: ContactRecord, steps: list[FlowStep]) -> None:
        self.flow = flow
        self.name = name_of(flow)
        self.contact = contact
        self.is_over = False
        self._state = state
        self._steps = steps
        self._running = _running(flow, FlowChat(state, contact, self._note, self._is_under_way))
        self._waits = 0
        self._thread: int | None = None  # where it runs at the moment
        self._is_closed = False

    def start(self) -> None:
        """Run the flow until it first waits."""
        self._note("starts")
        self.go_on(None)

    def go_on(self, item: TranscriptItem | None) -> None:
        """Give the flow what it waits for, `None` if nothing came, and run it until it waits again or has ended."""
        self._thread = get_ident()
        try:
            self._wait(_sent(self._running, item))
        except StopIteration:
            self._finish("ends")
        except ContactGoneError:
            self._finish("ends with its contact")
        except Exception as error:
            error.add_note(self._story())
            self._finish(f"raises {raised(error)}")
            raise
        except BaseException:
            self._finish("is interrupted")
            raise
        finally:
            self._thread = None
        if self._is_closed:
            self.close()

    def stop(self) -> None:
        """End the flow: its contact has ended."""
        if not self.is_over:
            self._finish("ends with its contact")
            self._close()

    def close(self) -> None:
        """End the flow, because the fake ends. A flow that another thread is running ends when it waits next."""
        self._is_closed = True
        if not self.is_over and self._thread is None:
            self.is_over = True
            self._close()

    def _is_under_way(self) -> bool:
        """Whether this thread runs the flow at the moment."""
        return self._thread == get_ident()

    def _wait(self, wait: timedelta | None) -> None:
        self._waits += 1
        if wait is not None:
            with self._state.moment() as now:
                if wait < self.contact.expires_at - now:
                    moment, order = next_millisecond(now + wait), self._state.feed.next_order()
                    self._state.deadlines.add(moment, order, self._time_is_up, self._waits)

    def _time_is_up(self, moment: datetime, wait: int) -> None:
        """Wake the flow once the lock is free."""
        self._state.feed.follow(self.contact.initial_contact_id, partial(self._wake, wait))

    def _wake(self, wait: int) -> None:
        if self.is_over or self._waits != wait:
            return  # it has heard something meanwhile
        if self.contact.is_active:
            self._note("has heard nothing")
            self.go_on(None)
        else:
            self.stop()

    def _close(self) -> None:
        self._thread = get_ident()
        try:
            with suppress(ContactGoneError):
                self._running.close()
        except Exception as error:
            error.add_note(self._story())
            raise
        finally:
            self._thread = None

    def _finish(self, how: str) -> None:
        self.is_over = True
        self._note(how)
        if self.contact.initiation_method == "DISCONNECT":
            with self._state.moment() as now:
                self._state.contacts.end(self.contact, FLOW_ENDED, now)

    def _note(self, what: str) -> None:
        with self._state.feed:
            text = f"flow {self.name} {what}"
            self._steps.append(FlowStep(self._state.clock.now(), self._state.feed.next_order(), text))

    def _story(self) -> str:
        """Return what was said in the contact, as a note for an exception of the flow."""
        start, items = self._state.clock.start, self.contact.transcript
        lines = [f"The flow {self.name!r} ran in the contact {self.contact.contact_id}:"]
        if len(items) > STORY_ITEMS:
            lines.append(f"  ... {len(items) - STORY_ITEMS} before ...")
        lines += [f"  {since(start, item.absolute_time)} {item.words}" for item in items[-STORY_ITEMS:]]
        return "\n".join(lines)


def _running(flow: Flow, chat: FlowChat) -> Waiting:
    """Run a flow as a generator, whether it is a generator function or a plain one."""
    made = require_result(flow(chat), f"The flow {name_of(flow)}", generator=True)
    if isinstance(made, Generator):
        made = yield from made
    if isinstance(made, str | list):
        raise SceneError(
            f"The flow {name_of(flow)} returned {shown(made)}, which nobody hears: chat.send_message() says something, "
            "and reply_with() takes what returns an answer."
        )
    return None


def _sent(running: Waiting, item: TranscriptItem | None) -> timedelta | None:
    """Give a flow what it waits for, and return how long it then waits at most."""
    wait = running.send(item)
    for _ in range(MOST_EMPTY_WAITS):
        if wait == timedelta(0):
            wait = running.send(None)
        elif wait is None or (isinstance(wait, timedelta) and wait > timedelta(0)):
            return wait
        else:
            complaint = f"A flow yields nothing, or how long it waits at most as a timedelta, not {_in_words(wait)}."
            wait = running.throw(SceneError(complaint))
    complaint = f"A flow has waited for no time at all {MOST_EMPTY_WAITS:,} times: it goes round in a circle."
    return running.throw(SceneError(complaint))


def _in_words(wait: object) -> str:
    if isinstance(wait, timedelta):
        return f"{wait.total_seconds():g} seconds, which is negative"
    if isinstance(wait, int | float):
        return f"{shown(wait)}: write timedelta(seconds={shown(wait)})"
    return f"{shown(wait)}; chat.send_message() says something" if isinstance(wait, str) else shown(wait)
