"""The WebSockets of chats: who may open one, and which frames it takes and sends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from pytest_connect_chat._names import FixedNames
from pytest_connect_chat._service import actions
from pytest_connect_chat._service.chats import frames
from pytest_connect_chat._service.chats.transcript import CHAT_ENDED
from pytest_connect_chat._service.contacts.contact import Contact, ContactRecord
from pytest_connect_chat._service.contacts.store import Happening
from pytest_connect_chat._service.participants import Participant
from pytest_connect_chat._service.state import ServiceState
from pytest_connect_chat._time import iso_timestamp

SOCKETS_PER_PARTICIPANT: Final = 5  # administrator guide: feature-limits; that the sixth is refused is assumed


class SocketRefusedError(Exception):
    """A WebSocket cannot be opened; the message says why."""


class SocketParticipant(NamedTuple):
    """The participant that a WebSocket belongs to.

    Attributes:
        participant_id: The participant's id.
        role: `"CUSTOMER"`, `"AGENT"`, `"CUSTOM_BOT"` or `"SUPERVISOR"`.
        display_name: The participant's display name.
    """

    participant_id: str
    role: str
    display_name: str


class OpenSocket:
    """One open WebSocket, as the service holds it.

    Args:
        state: What the service holds.
        participant: The participant that it belongs to.
        send: Sends a frame to its client, in order and without waiting.

    Attributes:
        participant: The participant that it belongs to.
        topics: The topics that its client has subscribed to.
        view: The socket as tests see it, always the same.
    """

    def __init__(self, state: ServiceState, participant: Participant, send: Callable[[str], object]) -> None:
        self.participant = participant
        self.topics: tuple[str, ...] = ()
        self.view: ChatSocket = ChatSocket(self)
        self._state = state
        self._send = send

    @property
    def contact(self) -> ContactRecord:
        """The current contact of the chat."""
        return self._state.contacts.current(self.participant.first_contact)

    def receive(self, text: str) -> None:
        """Answer a frame of its client. Subscribing to the chat connects the participant.

        Administrator guide: web-and-mobile-chat ("chat flows don't start until ... subscribed").
        """
        frame = frames.read_frame(text)
        topic = frame.get("topic")
        if topic == frames.SUBSCRIBE:
            self._subscribe(frames.topics_in(frame))
        elif isinstance(topic, str) and topic in frames.ECHOES:
            self._send(frames.echo_frame(topic))
        else:
            identifiers = self._state.identifiers
            self._send(frames.refusal_frame(identifiers.request_id(), identifiers.request_id()))

    def _subscribe(self, topics: list[str]) -> None:
        valid = frames.CHAT in topics
        with self._state.moment() as now:
            self._send(frames.subscription_frame(topics, succeeded=valid))
            if valid:
                self.topics = tuple(dict.fromkeys((*self.topics, *topics)))
                if not self.participant.has_left and self.contact.is_active:
                    actions.join(self._state, self.participant, now)

    def hear(self, happening: Happening) -> None:
        """Send what has happened in its chat, also what its own participant did.

        A participant that has left hears of its leaving and of the end of the chat, and of nothing else (assumed, since
        AWS's library for browsers waits for the end).
        """
        contact, item, _ = happening
        chat = self.participant.first_contact.contact_id
        if contact.initial_contact_id != chat or frames.CHAT not in self.topics:
            return
        is_own = item.participant_id == self.participant.participant_id
        if not self.participant.has_left or is_own or item.content_type == CHAT_ENDED:
            self._send(frames.item_frame(item, chat))


class ChatSocket(FixedNames):
    """One open WebSocket, as tests see it."""

    __slots__ = ("_socket",)

    def __init__(self, socket: OpenSocket) -> None:
        self._socket = socket

    def __repr__(self) -> str:
        person, topics = self.participant, ", ".join(self.topics)
        return f"<ChatSocket of the {person.role} {person.display_name!r}: {topics}>"

    @property
    def participant(self) -> SocketParticipant:
        """The participant that it belongs to: `participant_id`, `role` and `display_name`."""
        person = self._socket.participant
        return SocketParticipant(person.participant_id, person.role, person.display_name)

    @property
    def contact(self) -> Contact:
        """The current contact of the chat."""
        return self._socket.contact.view

    @property
    def topics(self) -> tuple[str, ...]:
        """The topics that its client has subscribed to: `"aws/chat"`, once it has."""
        return self._socket.topics


class Sockets:
    """The open WebSockets of all chats.

    Args:
        state: What the service holds.
    """

    def __init__(self, state: ServiceState) -> None:
        self.all: tuple[OpenSocket, ...] = ()
        self._state = state

    def add(self, token: str, send: Callable[[str], object]) -> OpenSocket:
        """Open the WebSocket of an `AuthToken`. One URL opens several, until it expires (assumed).

        Args:
            token: The token of the URL.
            send: Sends a frame to its client, in order and without waiting.

        Raises:
            SocketRefusedError: The token is not valid, or its participant has as many sockets as it may.
        """
        with self._state.moment() as now:
            ticket = self._state.urls.socket_ticket(token)
            if ticket is None:
                raise SocketRefusedError("the AuthToken is of no URL that CreateParticipantConnection gave")
            if now >= ticket.until:
                raise SocketRefusedError(f"the URL has expired at {iso_timestamp(ticket.until)}")
            participant = ticket.participant
            contact = self._state.contacts.current(participant.first_contact)
            if not contact.is_active or participant.has_left:
                raise SocketRefusedError("the chat is over, or the participant has left it")
            socket = OpenSocket(self._state, participant, send)
            others = [one for one in self.all if one.participant is participant]
            if len(others) >= SOCKETS_PER_PARTICIPANT:
                raise SocketRefusedError(f"the participant has {len(others)} sockets, which is its quota")
            self.all = (*self.all, socket)
            return socket

    def remove(self, socket: OpenSocket) -> None:
        """Forget a WebSocket that is closed."""
        with self._state.feed:
            self.all = tuple(one for one in self.all if one is not socket)

    def hear(self, happening: Happening) -> None:
        """Send what has happened to every socket of its chat. The lock is held, so that frames are in order."""
        for socket in self.all:
            socket.hear(happening)
