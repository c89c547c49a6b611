"""Seeded random faults."""

from __future__ import annotations

from random import Random
from typing import Final

from pytest_connect_chat._service.faults import effects
from pytest_connect_chat._service.faults.effects import Effect
from pytest_connect_chat._service.request import Request
from pytest_connect_chat._text import shown
from pytest_connect_chat.exceptions import FaultError

MODES: Final = ("survivable", "hard")


class Chaos:
    """Injects faults at random, always the same ones for the same seed and order of requests.

    Args:
        seed: What the faults follow from.
        rate: How many of all attempts meet one: 0 to 1.
        mode: `"survivable"` or `"hard"`.
    """

    def __init__(self, seed: int | str, rate: float, mode: str) -> None:
        self._random = Random(f"{seed}/chaos")
        self.set(rate, mode)

    def __bool__(self) -> bool:
        return self.rate > 0

    def __repr__(self) -> str:
        return f"{self.mode} chaos at a rate of {self.rate:g}"

    def in_words(self) -> list[str]:
        """Return what the report of a failed test says of it, and how to have it again; nothing where it is off."""
        mode = " --connect-chat-chaos-mode=hard" if self.is_hard else ""
        again = f"--connect-chat-chaos={self.rate:g}{mode} gives this test the same again"
        return [f"{self!r} was on, and makes faults that nobody has planned; {again}"] if self else []

    @property
    def is_hard(self) -> bool:
        """Whether faults come that the client's retries may not survive."""
        return self.mode == "hard"

    def set(self, rate: float, mode: str) -> None:
        """Change rate and mode.

        Raises:
            FaultError: The rate does not lie between 0 and 1, or there is no such mode.
        """
        if isinstance(rate, bool) or not isinstance(rate, (int, float)) or not 0 <= rate <= 1:
            raise FaultError(f"rate={shown(rate)} is not valid: it is a number from 0 to 1.")
        if mode not in MODES:
            raise FaultError(f"mode={shown(mode)} is not valid. Valid: {', '.join(MODES)}.")
        self.rate: float = float(rate)
        self.mode = mode

    def meet(self, request: Request, *, may_retry: bool) -> Effect | None:
        """Return what an attempt meets, if anything.

        Args:
            request: The request.
            may_retry: Whether the client is sure to send another attempt if this one fails.
        """
        if not self.rate or self._random.random() >= self.rate:
            return None
        if self.is_hard:
            return self._random.choice([*self._survivable(request), effects.DenyAccess(), effects.BreakNetwork("tls")])
        return self._random.choice(self._survivable(request)) if may_retry else None

    def _survivable(self, request: Request) -> list[Effect]:
        server = "InternalServiceException" if request.service == "connect" else "InternalServerException"
        mix: list[Effect] = [
            effects.Throttle("ThrottlingException"),  # the one code that every retry mode retries
            effects.Refuse(server, "Injected by chaos"),
            effects.BreakNetwork("connect_timeout"),
        ]
        if request.params.get("ClientToken"):  # a lost response is survived where the token makes the retry a replay
            mix += [effects.LoseResponse("read_timeout"), effects.LoseResponse("connection_closed")]
        return mix
