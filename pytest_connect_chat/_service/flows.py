"""What the flow says: the words that a test gives to the flow's bot."""

from __future__ import annotations

from collections.abc import Callable

from pytest_connect_chat._service.chats.transcript import TranscriptItem

BotReply = str | Callable[[TranscriptItem], str | None]
