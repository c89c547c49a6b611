"""The flows that a test gives: when each starts, waits, hears and ends."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from threading import get_ident
from typing import Any, Final, NamedTuple

from pytest_connect_chat._service import actions
from pytest_connect_chat._service.callables import require_function, require_result
from pytest_connect_chat._service.chats.transcript import PARTICIPANT_JOINED, TranscriptItem
from pytest_connect_chat._service.contacts.contact import ContactRecord
from pytest_connect_chat._service.contacts.store import Happening
from pytest_connect_chat._service.flow_chat import FLOW_ENDED, ContactGoneError, FlowChat
from pytest_connect_chat._service.rules.messages import SUPPORTED_CONTENT_TYPES
from pytest_connect_chat._service.state import ServiceState
from pytest_connect_chat._text import raised, shown
from pytest_connect_chat._time import next_millisecond, since
from pytest_connect_chat.exceptions import SceneError

Waiting = Generator[timedelta | None, TranscriptItem | None, object]
Flow = Callable[[FlowChat], object]  # what is returned counts only where it is a generator, which is `Waiting`
Words = str | tuple[str, str]
Reply = Words | list[Words]
BotReply = Reply | Callable[[TranscriptItem], Reply | None]

STORY_ITEMS: Final = 10
MOST_EMPTY_WAITS: Final = 1_000
FLOWS: Final = "a plain function or a generator function, or None"
WORDS: Final = "a non-empty text, a pair of a text and its content type, a list of these"


class FlowStep(NamedTuple):
    """What a flow did apart from what it said.

    Attributes:
        time: When.
        order: Its place in the order of all that happened.
        text: What it did, in words.
    """

    time: datetime
    order: int
    text: str


@dataclass(slots=True, eq=False)
class _Play:
    """One run of a flow, in one contact.

    Attributes:
        name: The name of the flow.
        contact: The contact.
        running: The flow.
        waits: How often it has waited.
        is_over: Whether it has ended.
        thread: Where it runs at the moment, `None` where it waits or has ended.
    """

    name: str
    contact: ContactRecord
    running: Waiting = field(init=False)
    waits: int = 0
    is_over: bool = False
    thread: int | None = None

    def is_under_way(self) -> bool:
        """Whether this thread runs it at the moment."""
        return self.thread == get_ident()


class FlowPlayer:
    """Plays the flows of all chats, each of them once in each contact, and gives the replies.

    A flow starts when its customer has connected; in a chat that is connected already, with what happens next in it.
    The feed calls what is here without its lock, one thing at a time for each chat.

    Args:
        state: What the service holds.

    Attributes:
        steps: What the flows did.
    """

    def __init__(self, state: ServiceState) -> None:
        self.steps: list[FlowStep] = []
        self._state = state
        self._flows: dict[str | None, Flow] = {}
        self._disconnect_flow: Flow | None = None
        self._reply: BotReply | None = None
        self._plays: dict[str, _Play] = {}
        self._inboxes: dict[str, deque[TranscriptItem]] = {}  # by chat: what customers sent, and nothing took yet
        self._listens = False

    def play_flow(self, flow: Any, contact_flow_id: str | None) -> None:
        """Play this flow from now on; see `FakeConnectChat.play_flow`."""
        if flow is not None:
            require_function(flow, f"play_flow() takes {FLOWS}", generator=True)
        if contact_flow_id is not None and (not isinstance(contact_flow_id, str) or not contact_flow_id):
            raise SceneError(f"contact_flow_id is a non-empty text, not {shown(contact_flow_id)}.")
        declared = sorted(self._state.instances.all_flows())
        if contact_flow_id is not None and declared and contact_flow_id not in declared:
            raise SceneError(f"contact_flow_id={contact_flow_id!r} is no declared flow. Valid: {', '.join(declared)}.")
        with self._state.feed:
            self._flows.pop(contact_flow_id, None)
            if flow is not None:
                self._flows[contact_flow_id] = flow
            self._listen()

    def play_disconnect_flow(self, flow: Any) -> None:
        """Play this flow when agents have left; see `FakeConnectChat.play_disconnect_flow`."""
        if flow is not None:
            require_function(flow, f"play_disconnect_flow() takes {FLOWS}", generator=True)
        with self._state.feed:
            self._disconnect_flow = flow
            self._state.has_disconnect_flow = flow is not None
            self._listen()

    def reply_with(self, reply: Any) -> None:
        """Answer from now on with this; see `FakeConnectChat.reply_with`."""
        if callable(reply):
            require_function(reply, "reply_with() takes a plain function")
        elif reply is not None:
            _words_of(reply, f"reply_with() takes {WORDS}, a callable that returns one, or None: {reply!r}.")
        with self._state.feed:
            self._reply = reply
            self._listen()

    def _listen(self) -> None:
        if not self._listens:
            self._listens = True
            self._state.feed.listen(self._hear)

    def close(self) -> None:
        """End all flows that wait, whose `finally` blocks would else run in the time of another test."""
        for play in list(self._plays.values()):
            if not play.is_over and play.thread is None:
                play.is_over = True
                self._state.feed.call(self._close, play)

    # -- what happens --------------------------------------------------------------------------------------------------

    def _hear(self, happening: Happening) -> None:
        contact, item, _ = happening
        play = self._plays.get(contact.contact_id)
        if play is not None and not contact.is_active:
            self._state.feed.call(self._stop, play)
        current = self._state.contacts.current(contact)
        inbox = self._inbox_of(current, item)
        if _is_for_flows(item):
            inbox.append(item)
        if current.contact_id not in self._plays and current.connected and current.is_active:
            self._start(current)
        self._hand_on(current, inbox)

    def _inbox_of(self, contact: ContactRecord, item: TranscriptItem) -> deque[TranscriptItem]:
        """Return what flows have not taken yet. What was said before a customer connects waits for the flow."""
        chat = contact.initial_contact_id
        if chat not in self._inboxes:
            before = contact.transcript if item.content_type == PARTICIPANT_JOINED else []
            self._inboxes[chat] = deque(one for one in before if _is_for_flows(one) and one.order < item.order)
        return self._inboxes[chat]

    def _start(self, contact: ContactRecord) -> None:
        flow = self._flow_of(contact)
        if flow is None:
            if contact.initiation_method == "DISCONNECT":  # it was taken away meanwhile
                with self._state.moment() as now:
                    self._state.contacts.end(contact, FLOW_ENDED, now)
            return
        play = self._plays[contact.contact_id] = _Play(_name_of(flow), contact)
        chat = FlowChat(self._state, contact, partial(self._note, play.name), play.is_under_way)
        play.running = _running(flow, chat)
        self._note(play.name, "starts")
        self._run(play, None)

    def _hand_on(self, contact: ContactRecord, inbox: deque[TranscriptItem]) -> None:
        """Hand on what customers have sent: to the flow of the contact, or to the reply where there is none."""
        play = self._plays.get(contact.contact_id)
        while inbox and play is not None and not play.is_over:
            self._run(play, inbox.popleft())
        if contact.is_active and (self._flow_of(contact) is None if play is None else play.is_over):
            kept = [item for item in inbox if not contact.connected and self._is_initial(contact, item)]
            answered = [item for item in inbox if item not in kept]
            inbox.clear()
            inbox.extend(kept)
            for item in answered:
                self._state.feed.call(self._answer, contact, item)

    def _is_initial(self, contact: ContactRecord, item: TranscriptItem) -> bool:
        first = self._state.contacts.initial(contact)
        return first.initial_message is not None and item is first.transcript[0]

    def _flow_of(self, contact: ContactRecord) -> Flow | None:
        if contact.initiation_method == "DISCONNECT":
            return self._disconnect_flow
        return self._flows.get(contact.contact_flow_id) or self._flows.get(None)

    # -- a flow --------------------------------------------------------------------------------------------------------

    def _run(self, play: _Play, item: TranscriptItem | None) -> None:
        """Go on with a flow, until it waits or has ended."""
        play.thread = get_ident()
        try:
            self._wait(play, _sent(play.running, item))
        except StopIteration:
            self._finish(play, "ends")
        except ContactGoneError:
            self._finish(play, "ends with its contact")
        except Exception as error:
            error.add_note(self._story(play))
            self._finish(play, f"raises {raised(error)}")
            raise
        except BaseException:
            self._finish(play, "is interrupted")
            raise
        finally:
            play.thread = None

    def _wait(self, play: _Play, wait: timedelta | None) -> None:
        play.waits += 1
        if wait is not None:
            with self._state.moment() as now:
                if wait < play.contact.expires_at - now:
                    moment, order = next_millisecond(now + wait), self._state.feed.next_order()
                    self._state.contacts.schedule(moment, order, self._time_is_up, play, play.waits)

    def _time_is_up(self, moment: datetime, play: _Play, wait: int) -> None:
        """Wake a flow once the lock is free."""
        self._state.feed.follow(play.contact.initial_contact_id, partial(self._wake, play, wait))

    def _wake(self, play: _Play, wait: int) -> None:
        if play.is_over or play.waits != wait:
            return  # it has heard something meanwhile
        if play.contact.is_active:
            self._note(play.name, "has heard nothing")
            self._run(play, None)
            self._hand_on(play.contact, self._inboxes[play.contact.initial_contact_id])
        else:
            self._stop(play)

    def _stop(self, play: _Play) -> None:
        """End a flow whose contact has ended."""
        if not play.is_over:
            self._finish(play, "ends with its contact")
            self._close(play)

    def _close(self, play: _Play) -> None:
        play.thread = get_ident()
        try:
            with suppress(ContactGoneError):
                play.running.close()
        except Exception as error:
            error.add_note(self._story(play))
            raise
        finally:
            play.thread = None

    def _finish(self, play: _Play, how: str) -> None:
        play.is_over = True
        self._note(play.name, how)
        if play.contact.initiation_method == "DISCONNECT":
            with self._state.moment() as now:
                self._state.contacts.end(play.contact, FLOW_ENDED, now)

    def _note(self, name: str, what: str) -> None:
        with self._state.feed:
            text = f"flow {name} {what}"
            self.steps.append(FlowStep(self._state.clock.now(), self._state.feed.next_order(), text))

    def _story(self, play: _Play) -> str:
        """Return what was said in the contact of a flow, for whoever reads what the flow has raised."""
        start, items = self._state.clock.start, play.contact.transcript
        lines = [f"The flow {play.name} ran in the contact {play.contact.contact_id}:"]
        if len(items) > STORY_ITEMS:
            lines.append(f"  ... {len(items) - STORY_ITEMS} before ...")
        lines += [f"  {since(start, item.absolute_time)} {item.words}" for item in items[-STORY_ITEMS:]]
        return "\n".join(lines)

    # -- a reply -------------------------------------------------------------------------------------------------------

    def _answer(self, contact: ContactRecord, message: TranscriptItem) -> None:
        reply = self._reply
        if reply is None or message.type != "MESSAGE" or not self._state.contacts.current(contact).is_active:
            return
        answer = require_result(reply(message), "The callable of reply_with()") if callable(reply) else reply
        if answer is None:
            return
        complaint = f"The callable of reply_with() returns {WORDS}, or None for no answer, not {answer!r}."
        words = _words_of(answer, complaint)
        with self._state.moment() as now:
            current = self._state.contacts.current(contact)
            if current.is_active:  # the callable may have ended the chat
                speaker = self._state.participants.flow_of(current)
                for content, content_type in words:
                    actions.send_message(self._state, speaker, content_type, content, now)


def _running(flow: Flow, chat: FlowChat) -> Waiting:
    """Run a flow, which is a generator function or a plain one."""
    made = require_result(flow(chat), f"The flow {_name_of(flow)}", generator=True)
    if isinstance(made, Generator):
        yield from made
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
            complaint = f"A flow yields nothing, or how long it waits at most as a timedelta, not {shown(wait)}."
            wait = running.throw(SceneError(complaint))
    complaint = f"A flow has waited for no time at all {MOST_EMPTY_WAITS:,} times: it goes round in a circle."
    return running.throw(SceneError(complaint))


def _name_of(flow: Flow) -> str:
    return str(getattr(flow, "__name__", None) or type(flow).__name__)


def _is_for_flows(item: TranscriptItem) -> bool:
    """Whether a flow takes an item: a message, or a file once its scan has a result."""
    if item.participant_role != "CUSTOMER":
        return False
    return item.type == "MESSAGE" or any(attachment.status != "IN_PROGRESS" for attachment in item.attachments)


def _words_of(answer: Any, complaint: str) -> list[tuple[str, str]]:
    """Return what to say, each with its content type."""
    words = []
    for one in answer if isinstance(answer, list) and answer else [answer]:
        match (one, "text/plain") if isinstance(one, str) else one:
            case (str(content), str(content_type)) if content:
                if content_type not in SUPPORTED_CONTENT_TYPES:
                    raise SceneError(f"{complaint} Content types are {', '.join(SUPPORTED_CONTENT_TYPES)}.")
                words.append((content, content_type))
            case _:
                raise SceneError(complaint)
    return words
