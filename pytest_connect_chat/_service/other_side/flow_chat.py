"""`FlowChat`: the chat that a flow runs in, as the flow gets it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from pytest_connect_chat._service.contacts.contact import Contact, ContactRecord
from pytest_connect_chat._service.other_side import scene
from pytest_connect_chat._service.other_side.speaker import Speaker
from pytest_connect_chat._service.rules.attributes import attributes_message
from pytest_connect_chat._service.rules.messages import SUPPORTED_CONTENT_TYPES
from pytest_connect_chat._service.state import ServiceState
from pytest_connect_chat._text import shown
from pytest_connect_chat.exceptions import SceneError

FLOW_ENDED: Final = "CONTACT_FLOW_DISCONNECT"


class ContactGoneError(BaseException):
    """Ends a flow that is under way when its contact has ended. No `except Exception` of a flow catches it."""


class FlowChat(Speaker):
    """A chat as its flow gets it. What the flow says comes from the role `SYSTEM`.

    It belongs to one contact: after a transfer, the flow of the next contact gets one of its own.

    Args:
        state: What the service holds.
        contact: The contact.
        note: Notes what the flow does and no transcript shows, for the report of a failed test.
        is_under_way: Whether this thread runs the flow at the moment.
    """

    def __init__(
        self,
        state: ServiceState,
        contact: ContactRecord,
        note: Callable[[str], object],
        is_under_way: Callable[[], bool],
    ) -> None:
        super().__init__(state, state.participants.flow_of(contact))
        self._contact = contact
        self._note = note
        self._is_under_way = is_under_way
        self._has_ended_it = False

    def __repr__(self) -> str:
        return f"<FlowChat of {self.contact!r}>"

    @property
    def contact(self) -> Contact:
        """The contact that the flow runs in."""
        return self._contact.view

    def update_attributes(self, /, **attributes: str) -> None:
        """Set contact attributes, as the flow block "Set contact attributes" does.

        Raises:
            SceneError: The contact has ended, a value is not a text, or all attributes take more than 32,768 bytes.
        """
        if not attributes or not all(attributes):
            raise SceneError("update_attributes() takes at least one attribute, each with a name: topic='order'.")
        for key, value in attributes.items():
            if not isinstance(value, str):
                raise SceneError(f"attributes are texts, and {key} is {shown(value)}.")
        with self._state.moment() as now:
            contact = self._open_contact()
            if problem := attributes_message(contact.attributes | attributes):
                raise SceneError(problem)
            contact.attributes.update(attributes)
            contact.updated = now
            self._note(f"sets {', '.join(f'{key}={value!r}' for key, value in attributes.items())}")

    def transfer(self, contact_flow_id: str | None = None) -> Contact:
        """Transfer the contact: it ends, and the chat goes on in a new one, in which the next flow starts.

        Args:
            contact_flow_id: The flow of the new contact; the same by default.

        Returns:
            The new contact.

        Raises:
            SceneError: There is no such flow, or the flow has ended its contact already.
        """
        with self._state.feed:
            segment = scene.transfer(self._state, self._open_contact().contact_id, contact_flow_id)
            self._has_ended_it = True
            return segment.view

    def disconnect(self) -> None:
        """End the contact, with the reason `CONTACT_FLOW_DISCONNECT`.

        Raises:
            SceneError: The flow has ended it already.
        """
        with self._state.moment() as now:
            self._state.contacts.end(self._open_contact(), FLOW_ENDED, now)
            self._has_ended_it = True

    def _open_contact(self) -> ContactRecord:
        contact = self._contact
        if contact.is_active:
            return contact
        if self._has_ended_it:
            raise SceneError(f"The flow has ended its contact {contact.contact_id} already, or transferred it.")
        if self._is_under_way():
            raise ContactGoneError(contact.contact_id)
        ended = self._state.contacts.describe(contact)
        raise SceneError(f"The contact {contact.contact_id} of this flow is over: {ended}.")

    def _content_types(self, contact: ContactRecord) -> tuple[str, ...]:
        """Return all content types of the service: nothing says that a flow has to keep to those of the chat."""
        return SUPPORTED_CONTENT_TYPES
