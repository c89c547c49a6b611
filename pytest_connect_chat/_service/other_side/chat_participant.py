"""`ChatParticipant`: an agent, a bot or a supervisor that the test plays."""

from __future__ import annotations

from typing import Final

from pytest_connect_chat._service import actions
from pytest_connect_chat._service.arguments import require_text
from pytest_connect_chat._service.contacts.contact import ContactRecord
from pytest_connect_chat._service.other_side.scene import active_chat
from pytest_connect_chat._service.other_side.speaker import Speaker
from pytest_connect_chat._service.participants import PARTICIPANTS_PER_CHAT
from pytest_connect_chat._service.state import ServiceState
from pytest_connect_chat._text import shown
from pytest_connect_chat.exceptions import SceneError

ROLES: Final = ("AGENT", "CUSTOM_BOT", "SUPERVISOR")


class ChatParticipant(Speaker):
    """An agent, a bot or a supervisor that the test plays. It stays in the chat when the contact is transferred."""

    def __repr__(self) -> str:
        return f"<{self.role} {self.display_name!r}>"

    @property
    def participant_id(self) -> str:
        """The participant's id."""
        return self._participant.participant_id

    @property
    def role(self) -> str:
        """`"AGENT"`, `"CUSTOM_BOT"` or `"SUPERVISOR"`."""
        return self._participant.role

    @property
    def display_name(self) -> str:
        """The name that the customer sees."""
        return self._participant.display_name

    def disconnect(self) -> None:
        """Leave the chat. The contact ends with `AGENT_DISCONNECT` when its last agent leaves.

        With a disconnect flow the chat then goes on in a new contact: see `FakeConnectChat.play_disconnect_flow`.

        Raises:
            SceneError: The chat has ended, or the participant has left it already.
        """
        with self._state.moment() as now:
            self._open_contact()
            actions.leave(self._state, self._participant, now)

    def _open_contact(self) -> ContactRecord:
        contacts = self._state.contacts
        contact = contacts.current(self._participant.first_contact)
        if not contact.is_active:
            raise SceneError(f"The chat of {self!r} is over: {contacts.describe(contact)}.")
        if self._participant.has_left:
            raise SceneError(f"{self!r} has left the chat.")
        return contact


def add_participant(state: ServiceState, contact_id: str, role: str, display_name: str) -> ChatParticipant:
    """Let a participant join a chat; see `FakeConnectChat.add_participant`."""
    if role not in ROLES:
        raise SceneError(
            f"role={shown(role)} is not valid. Valid: {', '.join(ROLES)}; the customer joins through a client."
        )
    require_text(display_name, "display_name")
    with state.moment() as now:
        contact = active_chat(state, contact_id)
        present = sum(one.takes_part(now) for one in state.participants.of(contact))
        if present >= PARTICIPANTS_PER_CHAT:
            raise SceneError(f"The chat of the contact {contact_id} has {present} participants, and takes no more.")
        participant = state.participants.add(contact, role, display_name)
        actions.join(state, participant, now)
        return ChatParticipant(state, participant)
