"""What the service answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from pytest_connect_chat._service.contacts import Contact


class Answer(NamedTuple):
    """A successful answer.

    Attributes:
        members: The members of the response.
        contact: The contact that the request concerned, if any.
    """

    members: dict[str, Any]
    contact: Contact | None = None
