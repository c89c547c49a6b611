"""The participants of the chats, and their tokens."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from pytest_connect_chat._service.answer import ACCESS_DENIED, EXPLICIT_DENY
from pytest_connect_chat._service.contacts.contact import ContactRecord
from pytest_connect_chat._service.contacts.store import ContactStore
from pytest_connect_chat._service.identifiers import Identifiers
from pytest_connect_chat._service.request import Request
from pytest_connect_chat._service.rules.applied import AppliedRules

URL_LIFETIME: Final = timedelta(seconds=100)  # API reference: CreateParticipantConnection
CONNECTION_TOKEN_LIFETIME: Final = timedelta(days=1)  # likewise

WITH_RECEIPTS: Final = 2  # "not supported when there are more than two active participants"
PARTICIPANTS_PER_CHAT: Final = 6  # administrator guide: feature-limits
BOT_CONNECTS_WITHIN: Final = timedelta(seconds=15)  # administrator guide: chat-customize-flow

# The role and the name of the flow's items: seen in public transcripts.
FLOW_ROLE: Final = "SYSTEM"
FLOW_NAME: Final = "SYSTEM_MESSAGE"

_BOTH: Final = frozenset({"WEBSOCKET", "CONNECTION_CREDENTIALS"})


@dataclass(slots=True, eq=False, kw_only=True)
class Participant:
    """One participant of a chat. It moves on with the chat when the contact is transferred.

    Attributes:
        participant_id: Its id, the same throughout the chat.
        role: `"CUSTOMER"`, `"AGENT"`, `"CUSTOM_BOT"` or `"SUPERVISOR"`; `"SYSTEM"` is the flow.
        display_name: Its display name.
        participant_token: The token that CreateParticipantConnection takes.
        first_contact: The initial contact of the chat.
        added_at: When CreateParticipant added it; `None` if it came in another way.
        connected_at: When it connected first, `None` before.
        has_left: Whether it has disconnected.
        asked_for: The types of connection information that it has asked for.
    """

    participant_id: str
    role: str
    display_name: str
    participant_token: str
    first_contact: ContactRecord
    added_at: datetime | None = None
    connected_at: datetime | None = None
    has_left: bool = False
    asked_for: frozenset[str] = frozenset()

    @property
    def is_present(self) -> bool:
        """Whether it has connected and not left."""
        return self.connected_at is not None and not self.has_left

    def comes_too_late(self, now: datetime) -> bool:
        """Whether it has not asked for a connection within the time that CreateParticipant gives it."""
        if self.added_at is None or self.asked_for or self.connected_at is not None:
            return False
        return now - self.added_at > BOT_CONNECTS_WITHIN

    def takes_part(self, now: datetime) -> bool:
        """Whether it is one of the chat's participants: it has not left, and has connected or can still do so."""
        return not self.has_left and not self.comes_too_late(now)

    @property
    def has_asked_for_all(self) -> bool:
        """Whether it has asked, at once or in turn, for all that a client needs to subscribe to the chat."""
        return self.asked_for >= _BOTH


class Connection(NamedTuple):
    """The holder of a connection token, and when it was issued."""

    participant: Participant
    issued: datetime


class Participants:
    """The participants of every chat, found by their tokens.

    Args:
        contacts: Knows the customers, who become participants here when they first do something.
        identifiers: Gives ids and tokens.
    """

    def __init__(self, contacts: ContactStore, identifiers: Identifiers) -> None:
        self._contacts = contacts
        self._identifiers = identifiers
        self._by_chat: dict[str, list[Participant]] = {}  # by initial contact id
        self._by_token: dict[str, Participant] = {}
        self._connections: dict[str, Connection] = {}
        self._flow_participants: dict[str, Participant] = {}  # by initial contact id

    def of(self, contact: ContactRecord) -> list[Participant]:
        """Return the participants of a contact's chat, the customer first."""
        found = self._by_chat.get(contact.initial_contact_id)
        if found is None:
            customer = Participant(
                participant_id=contact.participant_id,
                role="CUSTOMER",
                display_name=contact.display_name,
                participant_token=contact.participant_token,
                first_contact=self._contacts.initial(contact),
            )
            found = self._by_chat[contact.initial_contact_id] = [customer]
        return found

    def add(
        self, contact: ContactRecord, role: str, display_name: str, *, added_at: datetime | None = None
    ) -> Participant:
        """Add another participant to a contact's chat."""
        participant_id, participant_token = self._identifiers.participant()
        participant = Participant(
            participant_id=participant_id,
            role=role,
            display_name=display_name,
            participant_token=participant_token,
            first_contact=self._contacts.initial(contact),
            added_at=added_at,
        )
        self.of(contact).append(participant)
        self._by_token[participant_token] = participant
        return participant

    def flow_of(self, contact: ContactRecord) -> Participant:
        """Return the participant that stands for the flow in a contact's chat. `of` does not return it."""
        chat = contact.initial_contact_id
        if chat not in self._flow_participants:
            self._flow_participants[chat] = Participant(
                participant_id=self._identifiers.flow_participant_id(),
                role=FLOW_ROLE,
                display_name=FLOW_NAME,
                participant_token="",
                first_contact=self._contacts.initial(contact),
            )
        return self._flow_participants[chat]

    def issue_connection_token(self, participant: Participant, now: datetime) -> str:
        """Return a new connection token."""
        token = self._identifiers.connection_token()
        self._connections[token] = Connection(participant, now)
        return token

    def find(self, request: Request) -> Participant | None:
        """Return the participant whose token a request to the participant service carries, or `None`.

        A token counts only as what it was issued for, and only in the region of its contact.
        """
        participant = self._bearer(request)
        if participant is not None and participant.first_contact.region == request.region:
            return participant
        return None

    def region_of(self, request: Request) -> str | None:
        """Return the region in which the token of a request counts; `None` for an unknown token."""
        participant = self._bearer(request)
        return participant.first_contact.region if participant is not None else None

    def _bearer(self, request: Request) -> Participant | None:
        if request.operation == "CreateParticipantConnection":
            return self._with_participant_token(_token(request, "ParticipantToken"))
        connection = self._connections.get(_token(request, "ConnectionToken"))
        return connection.participant if connection is not None else None

    def holder_of(self, token: object) -> Participant | None:
        """Return the holder of a participant token or a connection token; `None` for an unknown one."""
        connection = self._connections.get(str(token))
        return self._with_participant_token(str(token)) if connection is None else connection.participant

    def what_is(self, value: object) -> str | None:
        """Return what an id or token is, in words, for a message that another is wanted; `None` for an unknown one."""
        contacts = list(self._contacts.by_id.values())
        holder = self.holder_of(value)
        if any(value == contact.contact_id for contact in contacts):
            return "the id of a contact"
        if holder is not None:
            return f"{'a connection' if value in self._connections else 'the participant'} token of {in_words(holder)}"
        customers = (self.of(contact)[0] for contact in contacts if value == contact.participant_id)
        chats = [*self._by_chat.values(), self._flow_participants.values()]
        others = (one for chat in chats for one in list(chat))
        owner = next((one for one in (*customers, *others) if value == one.participant_id), None)
        return None if owner is None else f"the participant id of {in_words(owner)}"

    def instance_of(self, request: Request) -> str:
        """Return the instance that a request to the participant service concerns; empty for an unknown token."""
        participant = self.find(request)
        return participant.first_contact.instance_id if participant is not None else ""

    def require_known_token(self, request: Request, rules: AppliedRules) -> None:
        """Refuse a request with an unknown token, before anything else about it is checked.

        Raises:
            ServiceError: The token is unknown.
        """
        kind = "participant" if request.operation == "CreateParticipantConnection" else "connection"
        rules.require(f"{kind}-token-known", self.find(request) is not None, EXPLICIT_DENY)

    def require_live_token(
        self, request: Request, participant: Participant, rules: AppliedRules, now: datetime
    ) -> None:
        """Refuse the token of a participant that is no longer in an active chat, or that is too old.

        Raises:
            ServiceError: The token is no longer valid.
        """
        contact = self._contacts.current(participant.first_contact)
        live = contact.is_active and not participant.has_left
        if request.operation == "CreateParticipantConnection":
            rules.require("participant-token-live", live, ACCESS_DENIED)
            return
        rules.require("connection-token-live", live, ACCESS_DENIED)
        issued = self._connections[request.params["ConnectionToken"]].issued
        rules.require("connection-token-unexpired", now - issued < CONNECTION_TOKEN_LIFETIME, ACCESS_DENIED)

    def _with_participant_token(self, token: str) -> Participant | None:
        participant = self._by_token.get(token)
        if participant is None:
            contact = self._contacts.with_participant_token(token)
            participant = self.of(contact)[0] if contact is not None else None
        return participant


def in_words(participant: Participant) -> str:
    """Return a participant in words, for messages."""
    role = participant.role.lower().replace("_", " ")
    return f"the {role} of contact {participant.first_contact.contact_id}"


def _token(request: Request, member: str) -> str:
    token = request.params.get(member)
    return token if isinstance(token, str) else ""  # of a client that does not validate
