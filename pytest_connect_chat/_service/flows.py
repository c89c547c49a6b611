"""What the flow says: the words that a test gives to the flow's bot."""

from __future__ import annotations

from collections.abc import Callable
from inspect import iscoroutinefunction
from typing import Any, Final

from pytest_connect_chat._service.chats.transcript import PARTICIPANT_JOINED, TranscriptItem
from pytest_connect_chat._service.contacts.contact import ContactRecord
from pytest_connect_chat._service.feed import Happening
from pytest_connect_chat._service.state import ServiceState
from pytest_connect_chat.exceptions import SceneError

BotReply = str | Callable[[TranscriptItem], str | None]

# How the flow's own items name themselves: seen in public transcripts.
BOT_ROLE: Final = "SYSTEM"
BOT_NAME: Final = "SYSTEM_MESSAGE"


class FlowBot:
    """Answers the customers of all chats as the flow does, once a test has said with what.

    Args:
        state: What the service holds.
    """

    def __init__(self, state: ServiceState) -> None:
        self._state = state
        self._reply: BotReply | None = None
        self._listens = False

    def reply_with(self, reply: Any) -> None:
        """Answer from now on with this; see `FakeConnectChat.reply_with`."""
        if reply is not None and not callable(reply) and not (isinstance(reply, str) and reply):
            raise SceneError(
                f"reply_with() takes a non-empty text, a callable of the customer's message, or None: {reply!r}."
            )
        if iscoroutinefunction(reply):
            raise SceneError(f"reply_with() takes a plain function, not a coroutine function: {reply!r}.")
        self._reply = reply
        if not self._listens:
            self._listens = True
            self._state.feed.listen(self._hear)

    def _hear(self, happening: Happening) -> None:
        reply, message = self._reply, self._message_of(happening)
        if reply is None or message is None:
            return
        text = reply(message) if callable(reply) else reply
        if text is None:
            return
        if not isinstance(text, str) or not text:
            raise SceneError(
                f"The callable of reply_with() returns a non-empty text, or None for no answer, not {text!r}."
            )
        self._say(happening.contact, text)

    def _message_of(self, happening: Happening) -> TranscriptItem | None:
        """Return the customer's message that the flow hears of now, if any.

        The flow takes an initial message once it has started, and so with the customer's connection.
        """
        contact, item = happening
        if item.participant_role != "CUSTOMER":
            return None
        first = self._state.contacts.initial(contact)
        initial = first.transcript[0] if first.initial_message is not None else None
        if item.content_type == PARTICIPANT_JOINED:
            return initial
        return item if item.type == "MESSAGE" and item is not initial else None

    def _say(self, contact: ContactRecord, text: str) -> None:
        with self._state.feed:
            now = self._state.contacts.settled_now()
            current = self._state.contacts.current(contact)
            if current.is_active:  # the callable may have ended the chat
                self._state.contacts.say(
                    current,
                    type="MESSAGE",
                    content_type="text/plain",
                    content=text,
                    absolute_time=now,
                    participant_id=self._state.participants.flow_id_of(current),
                    participant_role=BOT_ROLE,
                    display_name=BOT_NAME,
                )
