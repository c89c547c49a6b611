"""Both clients driven at random through the life of many chats, against a small model of its own.

Fifty runs of forty steps by default. For thousands:

    CONNECT_CHAT_STATEFUL_RUNS=2000 python -m pytest tests/test_stateful.py
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from itertools import pairwise
from typing import Any

import pytest
from botocore.exceptions import ClientError
from conftest import kind
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from pytest_connect_chat import Contact, FakeConnectChat

pytestmark = [pytest.mark.once, pytest.mark.untraced]

INSTANCE = "12345678-1234-1234-1234-123456789012"
QUOTA = 3
DAY, WEEK = timedelta(days=1), timedelta(days=7)
CONNECT_WITHIN = timedelta(minutes=5)
BOTH = ["WEBSOCKET", "CONNECTION_CREDENTIALS"]
TOPIC = {"StreamingEndpointArn": "arn:aws:sns:us-east-1:123456789012:chats"}
PARTICIPANTS = 6


@dataclass
class Chat:
    """What the model knows of one chat: a session of one contact or more."""

    participant_token: str
    started: datetime
    expires: datetime
    contact_ids: list[str]
    source: str | None
    ended: datetime | None = None
    reason: str | None = None
    connected: bool = False
    customer_left: bool = False
    left_last_contact: datetime | None = None
    streamed: bool = False
    asked_for: set[str] = field(default_factory=set)
    agents: list[Any] = field(default_factory=list)
    connection_tokens: dict[str, datetime] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)

    def end(self, moment: datetime, reason: str) -> None:
        self.ended, self.reason = moment, reason

    def settle(self, now: datetime) -> None:
        """End what the clock ends: the earlier of the two deadlines counts."""
        due = [(self.expires, "EXPIRED")]
        if not self.connected:
            due.append((self.started + CONNECT_WITHIN, "CUSTOMER_CONNECTION_NOT_ESTABLISHED"))
        moment, reason = min(due)
        if self.ended is None and moment <= now:
            self.end(moment, reason)

    def lets(self, token: str, now: datetime) -> bool:
        """Whether a connection token counts."""
        fresh = now - self.connection_tokens[token] < DAY
        return self.ended is None and not self.customer_left and fresh


@cache
def client(service: str) -> Any:
    with FakeConnectChat() as fake:
        return fake.client(service)


picks = st.integers(0, 999)


class ManyChats(RuleBasedStateMachine):
    """Chats that start, are spoken in, are transferred, end and are resumed."""

    def __init__(self) -> None:
        super().__init__()
        self.fake = FakeConnectChat(seed=7, max_active_chats=QUOTA, clock="2026-01-01T00:00:00Z")
        self.fake.start()
        self.connect = client("connect")
        self.participant = client("connectparticipant")
        self.started: list[Chat] = []
        self.used: dict[str, tuple[datetime, Chat]] = {}
        self.calls = 0

    def teardown(self) -> None:
        self.fake.stop()
        assert self.fake.faults.leftovers() == []

    @property
    def now(self) -> datetime:
        return self.fake.clock.now()

    @property
    def chats(self) -> list[Chat]:
        """All chats, as they are now."""
        for chat in self.started:
            chat.settle(self.now)
        return self.started

    @property
    def open_chats(self) -> list[Chat]:
        return [chat for chat in self.chats if chat.ended is None]

    def outcome(self, service: str, method: str, **members: Any) -> Any:
        """Call, and return the answer or the name of the error."""
        self.calls += 1
        try:
            return getattr(self.connect if service == "connect" else self.participant, method)(**members)
        except ClientError as error:
            return type(error).__name__

    # -- starting and resuming -----------------------------------------------------------------------------------------

    @rule(
        client_token=st.sampled_from([None, "a", "b", "c"]),
        hours=st.sampled_from([1, 25, 168]),
        past=st.none() | picks,
        trouble=st.sampled_from(["none", "none", "throttled", "lost"]),
    )
    def start(self, client_token: str | None, hours: int, past: int | None, trouble: str) -> None:
        members: dict[str, Any] = {"ChatDurationInMinutes": hours * 60}
        source = self.chats[past % len(self.chats)] if past is not None and self.chats else None
        if source is not None:
            members["PersistentChat"] = {
                "RehydrationType": "ENTIRE_PAST_SESSION",
                "SourceContactId": source.contact_ids[0],
            }
        if client_token is not None:
            members["ClientToken"] = client_token
        if trouble == "throttled":
            self.fake.faults.throttle(attempts=1)
        if trouble == "lost":
            self.fake.faults.lose_response("connection_closed", attempts=1)
        expected = self.expected_start(client_token, source, self.now)
        committed = trouble == "lost" and not isinstance(expected, str)

        answer = self.outcome(
            "connect",
            "start_chat_contact",
            InstanceId=INSTANCE,
            ContactFlowId="flow",
            ParticipantDetails={"DisplayName": "Ada"},
            **members,
        )
        # Back-off moves the clock, and an instance that was full at the first attempt may not be so at the last.
        attempts = self.fake.requests.last.attempts
        moment = attempts[0].time if committed else attempts[-1].time
        if not committed:
            expected = self.expected_start(client_token, source, moment)
        if isinstance(expected, str):
            assert answer == expected
            return
        assert not isinstance(answer, str), answer
        if expected is not None:
            assert answer["ContactId"] == expected.contact_ids[0]
            return
        continued = None if source is None else self.last_ended(source)
        assert answer.get("ContinuedFromContactId") == continued
        chat = Chat(
            answer["ParticipantToken"],
            moment,
            moment + timedelta(hours=hours),
            [answer["ContactId"]],
            continued,
        )
        self.started.append(chat)
        if client_token is not None:
            self.used[client_token] = (moment, chat)

    def expected_start(self, client_token: str | None, source: Chat | None, moment: datetime) -> Chat | str | None:
        """Return the chat that is replayed, the error, or `None` for a new chat."""
        used, chat = self.used.get(client_token or "", (None, None))
        if used is not None and moment - used < WEEK:
            return chat
        if source is not None and self.last_ended(source) is None:
            return "InvalidRequestException"
        return "LimitExceededException" if len(self.open_chats) >= QUOTA else None

    def last_ended(self, chat: Chat) -> str | None:
        ended = chat.contact_ids if chat.ended else chat.contact_ids[:-1]
        return ended[-1] if ended else None

    # -- connecting and speaking ---------------------------------------------------------------------------------------

    @precondition(lambda self: self.chats)
    @rule(
        pick=picks, kinds=st.sampled_from([["WEBSOCKET"], ["CONNECTION_CREDENTIALS"], BOTH]), as_connected=st.booleans()
    )
    def connect_customer(self, pick: int, kinds: list[str], as_connected: bool) -> None:
        chat = self.chats[pick % len(self.chats)]
        answer = self.outcome(
            "connectparticipant",
            "create_participant_connection",
            ParticipantToken=chat.participant_token,
            Type=kinds if as_connected else BOTH,
            ConnectParticipant=as_connected,
        )
        if chat.ended is not None or chat.customer_left:
            assert answer == "AccessDeniedException"
            return
        chat.asked_for.update(kinds if as_connected else BOTH)
        if chat.asked_for == set(BOTH) or (as_connected and chat.streamed):
            chat.connected = True
        if "ConnectionCredentials" in answer:
            chat.connection_tokens[answer["ConnectionCredentials"]["ConnectionToken"]] = self.now

    @precondition(lambda self: self.open_chats)
    @rule(pick=picks)
    def stream(self, pick: int) -> None:
        chat = self.open_chats[pick % len(self.open_chats)]
        answer = self.outcome(
            "connect",
            "start_contact_streaming",
            InstanceId=INSTANCE,
            ContactId=chat.contact_ids[-1],
            ChatStreamingConfiguration=TOPIC,
            ClientToken=chat.contact_ids[-1],
        )
        assert answer == "LimitExceededException" if isinstance(answer, str) else answer["StreamingId"]
        chat.streamed = True

    @precondition(lambda self: any(chat.connection_tokens for chat in self.chats))
    @rule(pick=picks, which=picks, text=st.sampled_from(["hello", "yes", "no"]), lost=st.booleans())
    def say(self, pick: int, which: int, text: str, lost: bool) -> None:
        chats = [chat for chat in self.chats if chat.connection_tokens]
        chat = chats[pick % len(chats)]
        tokens = list(chat.connection_tokens)
        token = tokens[which % len(tokens)]
        allowed = chat.lets(token, self.now)
        if lost and allowed:
            self.fake.faults.lose_response(attempts=1, operation="SendMessage")
        answer = self.outcome(
            "connectparticipant", "send_message", ConnectionToken=token, ContentType="text/plain", Content=text
        )
        if allowed:
            assert not isinstance(answer, str), answer
            chat.said.append(text)
        else:
            assert answer == "AccessDeniedException"

    @precondition(lambda self: any(chat.connection_tokens for chat in self.open_chats))
    @rule(pick=picks)
    def customer_leaves(self, pick: int) -> None:
        chats = [chat for chat in self.open_chats if chat.connection_tokens]
        chat = chats[pick % len(chats)]
        token = list(chat.connection_tokens)[-1]
        allowed = chat.lets(token, self.now)
        answer = self.outcome("connectparticipant", "disconnect_participant", ConnectionToken=token)
        if not allowed:
            assert answer == "AccessDeniedException"
            return
        chat.customer_left, chat.left_last_contact = True, self.now
        if not chat.agents:
            chat.end(self.now, "CUSTOMER_DISCONNECT")

    # -- the other side ------------------------------------------------------------------------------------------------

    @precondition(lambda self: self.open_chats)
    @rule(pick=picks)
    def agent_joins(self, pick: int) -> None:
        chat = self.open_chats[pick % len(self.open_chats)]
        if len(chat.agents) + (not chat.customer_left) < PARTICIPANTS:
            chat.agents.append(self.fake.add_participant(chat.contact_ids[-1]))

    @precondition(lambda self: any(chat.agents for chat in self.open_chats))
    @rule(pick=picks)
    def agent_leaves(self, pick: int) -> None:
        chats = [chat for chat in self.open_chats if chat.agents]
        chat = chats[pick % len(chats)]
        chat.agents.pop(pick % len(chat.agents)).disconnect()
        if not chat.agents:
            chat.end(self.now, "CUSTOMER_DISCONNECT" if chat.customer_left else "AGENT_DISCONNECT")

    @precondition(lambda self: self.open_chats)
    @rule(pick=picks)
    def transfer(self, pick: int) -> None:
        chat = self.open_chats[pick % len(self.open_chats)]
        chat.contact_ids.append(self.fake.transfer(chat.contact_ids[-1]).contact_id)
        chat.left_last_contact = None

    # -- ends and time -------------------------------------------------------------------------------------------------

    @precondition(lambda self: self.chats)
    @rule(pick=picks)
    def stop(self, pick: int) -> None:
        chat = self.chats[pick % len(self.chats)]
        answer = self.outcome("connect", "stop_contact", InstanceId=INSTANCE, ContactId=chat.contact_ids[-1])
        if chat.ended is None:
            assert not isinstance(answer, str), answer
            chat.end(self.now, "API")
        else:
            assert answer == "ContactNotFoundException"

    @rule(minutes=st.sampled_from([1, 4, 5, 59, 60, 1440, 1500, 10080]))
    def time_passes(self, minutes: int) -> None:
        self.fake.clock.advance(minutes=minutes)

    # -- what always holds ---------------------------------------------------------------------------------------------

    @invariant()
    def the_quota_is_never_exceeded(self) -> None:
        assert len(self.fake.contacts.active) == len(self.open_chats) <= QUOTA

    @invariant()
    def each_contact_is_known_once(self) -> None:
        known = [contact_id for chat in self.chats for contact_id in chat.contact_ids]
        assert len(known) == len(set(known))
        assert sorted(known) == sorted(self.fake.contacts)
        assert len({chat.participant_token for chat in self.chats}) == len(self.chats)

    @invariant()
    def what_has_ended_stays_ended_as_it_did(self) -> None:
        for chat in self.chats:
            *transferred, last = (self.fake.contacts[contact_id] for contact_id in chat.contact_ids)
            assert (last.is_active, last.disconnect_reason) == (chat.ended is None, chat.reason)
            assert last.disconnect_timestamp == (chat.left_last_contact or chat.ended)
            assert all(not contact.is_active and contact.disconnect_reason is None for contact in transferred)

    @invariant()
    def the_tokens_of_an_ended_chat_are_dead(self) -> None:
        ended = [chat for chat in self.chats if chat.ended is not None][-1:]
        for chat in ended:
            answers = [
                self.outcome("connectparticipant", "get_transcript", ConnectionToken=token)
                for token in list(chat.connection_tokens)[-1:]
            ]
            answers.append(
                self.outcome(
                    "connectparticipant", "create_participant_connection", ParticipantToken=chat.participant_token
                )
            )
            assert set(answers) == {"AccessDeniedException"}

    @invariant()
    def transcripts_are_in_order_and_complete(self) -> None:
        for chat in self.chats:
            items = [item for contact_id in chat.contact_ids for item in self.fake.contacts[contact_id].transcript]
            assert all(earlier.absolute_time <= later.absolute_time for earlier, later in pairwise(items))
            assert [item.content for item in items if item.type == "MESSAGE"] == chat.said
            assert [kind(item) for item in items].count("chat.ended") == (chat.ended is not None)
            assert [kind(item) for item in items].count("transfer.succeeded") == len(chat.contact_ids) - 1

    @invariant()
    def a_customer_reads_what_the_transcript_says(self) -> None:
        for chat in self.open_chats[-1:]:
            readable = [token for token in chat.connection_tokens if chat.lets(token, self.now)]
            for token in readable[-1:]:
                answer = self.outcome("connectparticipant", "get_transcript", ConnectionToken=token, MaxResults=100)
                spoken = [item["Content"] for item in answer["Transcript"] if item["Type"] == "MESSAGE"]
                assert spoken[::-1] == chat.said

    @invariant()
    def persistent_chats_continue_from_what_had_ended(self) -> None:
        contacts = self.fake.contacts
        for chat in self.chats:
            first: Contact = contacts[chat.contact_ids[0]]
            assert first.continued_from_contact_id == first.related_contact_id == chat.source
            if chat.source is not None:
                ended = contacts[chat.source].disconnect_timestamp
                assert ended is not None
                assert ended <= first.initiation_timestamp
                assert first.past_contact_ids[0] == chat.source
                assert len(set(first.past_contact_ids)) == len(first.past_contact_ids)

    @invariant()
    def every_call_is_recorded(self) -> None:
        assert len(self.fake.requests) == self.calls


TestManyChats = ManyChats.TestCase
TestManyChats.settings = settings(
    max_examples=int(os.environ.get("CONNECT_CHAT_STATEFUL_RUNS", "50")),
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
