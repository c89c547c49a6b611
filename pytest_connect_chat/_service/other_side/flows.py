"""Which flow plays in which contact, and what it hears; and the answers of `reply_with`."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any, Final

from pytest_connect_chat._service import actions
from pytest_connect_chat._service.arguments import name_of, noting, require_function, require_result, require_text
from pytest_connect_chat._service.chats.transcript import PARTICIPANT_JOINED, TranscriptItem
from pytest_connect_chat._service.contacts.contact import ContactRecord
from pytest_connect_chat._service.contacts.store import Happening
from pytest_connect_chat._service.other_side.flow_chat import FLOW_ENDED
from pytest_connect_chat._service.other_side.flow_run import Flow, FlowRun, FlowStep
from pytest_connect_chat._service.rules.messages import SUPPORTED_CONTENT_TYPES
from pytest_connect_chat._service.state import ServiceState
from pytest_connect_chat._text import shown
from pytest_connect_chat.exceptions import SceneError

Words = str | tuple[str, str]
BotWords = Words | list[Words]
BotReply = BotWords | Callable[[TranscriptItem], BotWords | None]

FLOWS: Final = "a plain function or a generator function, or None"
WORDS: Final = "a non-empty text, a pair of a text and its content type, a list of these"


class FlowPlayer:
    """Plays the flows of all chats, once in each contact, and gives the answers of `reply_with`.

    A flow starts when its customer has connected; in a chat that is connected already, with the next event in it. The
    feed calls this class without its lock, one call at a time for each chat.

    Args:
        state: What the service holds.

    Attributes:
        steps: What the flows did.
    """

    def __init__(self, state: ServiceState) -> None:
        self.steps: list[FlowStep] = []
        self._state = state
        self._flows: dict[str | None, Flow] = {}
        self._reply: BotReply | None = None
        self._has_replied = False
        self._runs: dict[str, FlowRun] = {}
        self._inboxes: dict[str, deque[TranscriptItem]] = {}  # by chat: what customers sent, and no flow has taken yet

    @property
    def has_any(self) -> bool:
        """Whether there are flows, planned or under way, or a reply."""
        return bool(self._flows or self._reply or self._runs or self._state.disconnect_flow)

    def play_flow(self, flow: Any, contact_flow_id: str | None) -> None:
        """Play this flow from now on; see `FakeConnectChat.play_flow`."""
        if flow is not None:
            require_function(flow, f"play_flow() takes {FLOWS}", generator=True)
        if contact_flow_id is not None:
            require_text(contact_flow_id, "contact_flow_id")
        declared = sorted(self._state.instances.all_flows())
        if contact_flow_id is not None and declared and contact_flow_id not in declared:
            raise SceneError(
                f"contact_flow_id={shown(contact_flow_id)} is no declared flow. Valid: {', '.join(declared)}."
            )
        with self._state.feed:
            self._flows.pop(contact_flow_id, None)
            if flow is not None:
                self._flows[contact_flow_id] = flow
            self._state.feed.listen(self._hear)

    def play_disconnect_flow(self, flow: Any) -> None:
        """Play this flow when agents have left; see `FakeConnectChat.play_disconnect_flow`."""
        if flow is not None:
            require_function(flow, f"play_disconnect_flow() takes {FLOWS}", generator=True)
        with self._state.feed:
            self._state.disconnect_flow = flow
            self._state.feed.listen(self._hear)

    def reply_with(self, reply: Any) -> None:
        """Answer with this from now on; see `FakeConnectChat.reply_with`."""
        if callable(reply):
            require_function(reply, "reply_with() takes a plain function of a message")
        elif reply is not None:
            _words_of(reply, f"reply_with() takes {WORDS}, a callable that returns one, or None, not {shown(reply)}.")
        with self._state.feed:
            self._reply, self._has_replied = reply, False
            self._state.feed.listen(self._hear)

    def close(self) -> None:
        """End all flows: otherwise their `finally` blocks would run during another test."""
        for run in list(self._runs.values()):
            self._state.feed.call(run.close)

    def unplayed(self) -> list[str]:
        """Return sentences on flows that have not been played, and on a reply that was not asked for."""
        played = [run.flow for run in list(self._runs.values())]
        unplayed = [
            f"the flow {name_of(flow)} was not played: {self._why_not(flow_id)}"
            for flow_id, flow in self._flows.items()
            if not any(flow is one for one in played)
        ]
        if self._reply is not None and not self._has_replied:
            unplayed.append(f"reply_with() was not asked for an answer: {self._why_not(None)}")
        disconnect_flow = self._state.disconnect_flow
        if disconnect_flow is not None and not any(disconnect_flow is one for one in played):
            unplayed.append(
                f"the disconnect flow {name_of(disconnect_flow)} was not played: no chat lost its last agent"
            )
        return unplayed

    def _why_not(self, flow_id: str | None) -> str:
        """Return why the flow of an id, or the one for all contacts, had nothing to do."""
        where = "" if flow_id is None else f" with the flow id {flow_id}"
        chats = [
            contact
            for contact in list(self._state.contacts.by_id.values())
            if contact.channel == "CHAT" and flow_id in (None, contact.contact_flow_id)
        ]
        if not chats:
            return f"no chat was started{where}"
        if any(contact.connected for contact in chats):
            return f"nothing has happened since in a chat{where} that it is for"
        how = "asking CreateParticipantConnection for WEBSOCKET and CONNECTION_CREDENTIALS"
        if self._state.urls.are_served:
            how = "subscribing to aws/chat at the WebSocket"
        return f"no customer connected{where}; {how} does that, or ConnectParticipant once the contact is streamed"

    # -- what happens --------------------------------------------------------------------------------------------------

    def _hear(self, happening: Happening) -> None:
        contact, item, _ = happening
        run = self._runs.get(contact.contact_id)
        if run is not None and not contact.is_active:
            self._state.feed.call(run.stop)
        current = self._state.contacts.current(contact)
        inbox = self._inbox_of(current, item)
        if _is_for_flows(item):
            inbox.append(item)
        if current.contact_id not in self._runs and current.connected and current.is_active:
            self._start(current)
        self._hand_on(current, inbox)

    def _inbox_of(self, contact: ContactRecord, item: TranscriptItem) -> deque[TranscriptItem]:
        """Return what no flow of a chat has taken yet, including what the customer sent before connecting."""
        chat = contact.initial_contact_id
        if chat not in self._inboxes:
            connects = item.content_type == PARTICIPANT_JOINED and item.participant_id == contact.participant_id
            before = contact.transcript if connects or not contact.connected else []
            self._inboxes[chat] = deque(one for one in before if _is_for_flows(one) and one.order < item.order)
        return self._inboxes[chat]

    def _start(self, contact: ContactRecord) -> None:
        flow = self._flow_of(contact)
        if flow is not None:
            run = self._runs[contact.contact_id] = FlowRun(self._state, flow, contact, self.steps)
            self._state.feed.call(run.start)
        elif contact.initiation_method == "DISCONNECT":  # its flow was taken away meanwhile
            with self._state.moment() as now:
                self._state.contacts.end(contact, FLOW_ENDED, now)

    def _hand_on(self, contact: ContactRecord, inbox: deque[TranscriptItem]) -> None:
        """Hand what customers have sent to the flow of the contact, or, if it has none, to the reply."""
        run = self._runs.get(contact.contact_id)
        while inbox and run is not None and not run.is_over:
            self._state.feed.call(run.go_on, inbox.popleft())
        if contact.is_active and (self._flow_of(contact) is None if run is None else run.is_over):
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
            return self._state.disconnect_flow
        return self._flows.get(contact.contact_flow_id) or self._flows.get(None)

    # -- a reply -------------------------------------------------------------------------------------------------------

    def _answer(self, contact: ContactRecord, message: TranscriptItem) -> None:
        reply = self._reply
        if reply is None or message.type != "MESSAGE":
            return
        self._has_replied = True
        answer: Any = reply
        if callable(reply):
            with noting(f"The callable of reply_with() was given {message.words}."):
                answer = require_result(reply(message), "The callable of reply_with()")
        if answer is None:
            return
        complaint = f"The callable of reply_with() returns {WORDS}, or None for no answer, not {shown(answer)}."
        words = _words_of(answer, complaint)
        with self._state.moment() as now:
            current = self._state.contacts.current(contact)
            if current.is_active:  # the callable may have ended the chat
                speaker = self._state.participants.flow_of(current)
                for content, content_type in words:
                    actions.send_message(self._state, speaker, content_type, content, now)


def _is_for_flows(item: TranscriptItem) -> bool:
    """Whether a flow takes an item: a message, or a file once its scan has a result."""
    if item.participant_role != "CUSTOMER":
        return False
    return item.type == "MESSAGE" or any(attachment.status != "IN_PROGRESS" for attachment in item.attachments)


def _words_of(answer: Any, complaint: str) -> list[tuple[str, str]]:
    """Return the texts of an answer, each with its content type."""
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
