"""Idempotency by `ClientToken`: a repeated request gets the original answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from pytest_connect_chat._service.answer import Answer

# Assumed: stated for StartOutboundVoiceContact and StartWebRTCContact, not for StartChatContact.
RETENTION: Final = timedelta(days=7)


@dataclass(slots=True, eq=False)
class CommittedCall:
    """The call of a used token: its request as it was, and the answer that it got."""

    params: dict[str, Any]
    answer: Answer
    time: datetime


class UsedTokens:
    """The tokens of calls that succeeded.

    A token of StartChatContact counts per region and instance, one of other operations per region and contact or
    participant: both are assumed.
    """

    def __init__(self) -> None:
        self._calls: dict[tuple[str, ...], CommittedCall] = {}

    def find(self, key: tuple[str, ...], now: datetime) -> CommittedCall | None:
        """Return the call that used this token within the retention, or `None`."""
        call = self._calls.get(key)
        return call if call is not None and now - call.time < RETENTION else None

    def remember(self, key: tuple[str, ...], call: CommittedCall) -> None:
        """Keep a successful call under its token. Call it only once the call is committed."""
        self._calls[key] = call
