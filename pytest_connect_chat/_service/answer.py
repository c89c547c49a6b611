"""What the service answers, and what the client hears of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_connect_chat._service.errors import ServiceError

if TYPE_CHECKING:
    from pytest_connect_chat._service.contact import Contact


class Answer(NamedTuple):
    """A successful answer.

    Attributes:
        members: The members of the response.
        contact: The contact that the request concerned, if any.
    """

    members: dict[str, Any]
    contact: Contact | None = None


@dataclass(slots=True)
class Reply:
    """What becomes of one attempt.

    Attributes:
        answer: The answer, if the service served the request; it stays so where the client never hears of it.
        error: The refusal, if the service refused it.
        network_error: The kind of network error that the client sees instead, if any.
        seconds: How long the client waits for what it hears.
        fault: The fault that was injected, in words, if any.
    """

    answer: Answer | None = None
    error: ServiceError | None = None
    network_error: str | None = None
    seconds: float = 0
    fault: str | None = None
