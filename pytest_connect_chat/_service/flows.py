"""The flows that a test gives: when each starts, waits, hears and ends."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from inspect import isasyncgen, isasyncgenfunction, iscoroutine, iscoroutinefunction
from typing import Any, Final, NamedTuple

from pytest_connect_chat._service import actions
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
        inbox: What the customer has sent, and the flow has not taken yet.
        waits: How often it has waited.
        is_over: Whether it has ended.
    """

    name: str
    contact: ContactRecord
    running: Waiting
    inbox: deque[TranscriptItem] = field(default_factory=deque)
    waits: int = 0
    is_over: bool = False


class FlowPlayer:
    """Plays the flows of all chats, each of them once in each contact.

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
        self._listens = False

    def play_flow(self, flow: Any, contact_flow_id: str | None) -> None:
        """Play this flow from now on; see `FakeConnectChat.play_flow`."""
        _require_function(flow, "play_flow")
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
        _require_function(flow, "play_disconnect_flow")
        with self._state.feed:
            self._disconnect_flow = flow
            self._state.has_disconnect_flow = flow is not None
            self._listen()

    def reply_with(self, reply: Any) -> None:
        """Answer from now on with this; see `FakeConnectChat.reply_with`."""
        if iscoroutinefunction(reply):
            raise SceneError(f"reply_with() takes a plain function, not a coroutine function: {reply!r}.")
        if reply is not None and not callable(reply):
            _words_of(reply, f"reply_with() takes {WORDS}, a callable that returns one, or None: {reply!r}.")
        with self._state.feed:
            self._reply = reply
            self._listen()

    def _listen(self) -> None:
        if not self._listens:
            self._listens = True
            self._state.feed.listen(self._hear)

    # -- what happens --------------------------------------------------------------------------------------------------

    def _hear(self, happening: Happening) -> None:
        contact, item, _ = happening
        play = self._plays.get(contact.contact_id)
        if play is not None and not contact.is_active:
            self._stop(play)
        current = self._state.contacts.current(contact)
        if current.contact_id not in self._plays and current.connected and current.is_active:
            self._start(current, item)
        if item.participant_role == "CUSTOMER":
            self._take(contact, item)

    def _start(self, contact: ContactRecord, item: TranscriptItem) -> None:
        flow = self._flow_of(contact)
        if flow is None:
            return
        name = _name_of(flow)
        chat = FlowChat(self._state, contact, partial(self._note, name))
        play = _Play(name, contact, _running(flow, chat))
        if item.content_type == PARTICIPANT_JOINED:  # what the customer has said before waits for the flow
            play.inbox.extend(one for one in contact.transcript if _is_for_flows(one) and one.order < item.order)
        self._plays[contact.contact_id] = play
        self._note(name, "starts")
        self._run(play, None)

    def _take(self, contact: ContactRecord, item: TranscriptItem) -> None:
        """Hand on what a customer has sent: to the flow of the contact, or else to the reply."""
        play = self._plays.get(contact.contact_id)
        if play is None:
            if self._flow_of(contact) is None:
                self._answer(contact, self._heard_without_flow(contact, item))
            return
        if _is_for_flows(item):
            play.inbox.append(item)
        if play.inbox and not play.is_over:
            self._run(play, play.inbox.popleft())
        while play.inbox and play.is_over:
            self._answer(contact, play.inbox.popleft())

    def _flow_of(self, contact: ContactRecord) -> Flow | None:
        if contact.initiation_method == "DISCONNECT":
            return self._disconnect_flow
        return self._flows.get(contact.contact_flow_id) or self._flows.get(None)

    # -- a flow --------------------------------------------------------------------------------------------------------

    def _run(self, play: _Play, item: TranscriptItem | None) -> None:
        """Go on with a flow, until it waits for something that is not there yet, or has ended."""
        try:
            self._wait(play, _go_on(play.running, play.inbox, item))
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

    def _wait(self, play: _Play, wait: timedelta | None) -> None:
        play.waits += 1
        if wait is None:
            return
        with self._state.feed:
            now = self._state.contacts.settled_now()
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
        else:
            self._stop(play)

    def _stop(self, play: _Play) -> None:
        """End a flow whose contact has ended."""
        if not play.is_over:
            self._finish(play, "ends with its contact")
            play.running.close()

    def _finish(self, play: _Play, how: str) -> None:
        play.is_over = True
        self._note(play.name, how)
        if play.contact.initiation_method == "DISCONNECT":
            with self._state.feed:
                self._state.contacts.end(play.contact, FLOW_ENDED, self._state.contacts.settled_now())

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

    def _heard_without_flow(self, contact: ContactRecord, item: TranscriptItem) -> TranscriptItem | None:
        """Return the message that is to be answered now: the initial one once the customer is connected."""
        first = self._state.contacts.initial(contact)
        initial = first.transcript[0] if first.initial_message is not None else None
        if item.content_type == PARTICIPANT_JOINED:
            return initial
        return item if item is not initial else None

    def _answer(self, contact: ContactRecord, message: TranscriptItem | None) -> None:
        reply = self._reply
        if reply is None or message is None or message.type != "MESSAGE":
            return
        answer = reply(message) if callable(reply) else reply
        if answer is None:
            return
        complaint = f"The callable of reply_with() returns {WORDS}, or None for no answer, not {answer!r}."
        words = _words_of(answer, complaint)
        with self._state.feed:
            now = self._state.contacts.settled_now()
            current = self._state.contacts.current(contact)
            if current.is_active:  # the callable may have ended the chat
                for content, content_type in words:
                    actions.send_message(
                        self._state, self._state.participants.flow_of(current), content_type, content, now
                    )


def _running(flow: Flow, chat: FlowChat) -> Waiting:
    """Run a flow, which is a generator function or a plain one."""
    made = flow(chat)
    if iscoroutine(made):
        made.close()
    if iscoroutine(made) or isasyncgen(made):
        raise SceneError(f"A flow is a plain function or a generator function, and {_name_of(flow)} is asynchronous.")
    if isinstance(made, Generator):
        yield from made
    return None


def _go_on(running: Waiting, inbox: deque[TranscriptItem], item: TranscriptItem | None) -> timedelta | None:
    """Give a flow what it waits for as long as there is something, and return how long it then waits at most."""
    wait = running.send(item)
    while True:
        if wait is not None and (not isinstance(wait, timedelta) or wait < timedelta(0)):
            complaint = f"A flow yields nothing, or how long it waits at most as a timedelta, not {shown(wait)}."
            wait = running.throw(SceneError(complaint))
        elif inbox:
            wait = running.send(inbox.popleft())
        elif wait == timedelta(0):
            wait = running.send(None)
        else:
            return wait


def _name_of(flow: Flow) -> str:
    return str(getattr(flow, "__name__", None) or type(flow).__name__)


def _is_for_flows(item: TranscriptItem) -> bool:
    """Whether a flow takes an item: a message, or a file once its scan has a result."""
    if item.participant_role != "CUSTOMER":
        return False
    return item.type == "MESSAGE" or any(attachment.status != "IN_PROGRESS" for attachment in item.attachments)


def _require_function(flow: Any, method: str) -> None:
    if flow is not None and (not callable(flow) or iscoroutinefunction(flow) or isasyncgenfunction(flow)):
        raise SceneError(f"{method}() takes a plain function or a generator function, or None, not {flow!r}.")


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
