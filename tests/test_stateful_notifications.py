"""Streamed chats driven at random: what is published, the transcripts, and GetTranscript held against each other.

Two hundred runs of forty steps by default. For thousands:

    CONNECT_CHAT_STATEFUL_RUNS=2000 python -m pytest tests/test_stateful_notifications.py
"""

from __future__ import annotations

import os
from collections.abc import Generator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from pytest_connect_chat import FakeConnectChat, FlowChat, Notification

pytestmark = [pytest.mark.once, pytest.mark.untraced]

PLACE = {"InstanceId": "12345678-1234-1234-1234-123456789012", "ContactFlowId": "flow"}
TOPICS = [f"arn:aws:sns:us-east-1:123456789012:{name}" for name in ("chats", "archive", "third")]
EVENT = "application/vnd.amazonaws.connect.event."
PASSING = ("typing", "message.metadata")

picks = st.integers(0, 999)


@cache
def client(service: str) -> Any:
    with FakeConnectChat() as fake:
        return fake.client(service)


def flow(chat: FlowChat) -> Generator[timedelta | None, Any, None]:
    """Greets, echoes, gives up after an hour, and hands over when it is told to."""
    chat.send_message("Welcome.")
    while (item := (yield timedelta(hours=1))) is not None:
        if item.content == "transfer":
            chat.transfer()
            return
        chat.send_message(f"You said {item.content}.")
    chat.send_message("Goodbye.")
    chat.disconnect()


def survey(chat: FlowChat) -> Generator[timedelta, Any, None]:
    chat.send_message("How was it?")
    yield timedelta(minutes=15)
    chat.send_event("typing")


@dataclass
class Chat:
    """What the model knows of one chat."""

    contact_id: str
    participant_token: str
    token: str | None = None
    topics: dict[str, str] = field(default_factory=dict)
    agents: list[Any] = field(default_factory=list)
    seen: int = 0


class StreamedChats(RuleBasedStateMachine):
    """Chats that are streamed or not, with a customer, agents, a flow and a disconnect flow."""

    def __init__(self) -> None:
        super().__init__()
        self.fake = FakeConnectChat(seed=7, clock="2026-01-01T00:00:00Z")
        self.fake.start()
        self.connect, self.participant = client("connect"), client("connectparticipant")
        self.chats: list[Chat] = []
        self.heard: list[Notification] = []
        self.published = 0
        self.fake.on_notification(self.heard.append)

    def teardown(self) -> None:
        try:
            self.fake.raise_failures()
        finally:
            self.fake.stop()

    def session(self, chat: Chat) -> list[Any]:
        return [one for one in self.fake.contacts.values() if one.initial_contact_id == chat.contact_id]

    def current(self, chat: Chat) -> Any:
        return self.session(chat)[-1]

    def pick(self, number: int, *, connected: bool = False) -> Chat | None:
        chats = [chat for chat in self.chats if self.current(chat).is_active and (chat.token or not connected)]
        return chats[number % len(chats)] if chats else None

    # -- what happens --------------------------------------------------------------------------------------------------

    @initialize(flows=st.booleans(), survey_after=st.booleans())
    def open_two(self, flows: bool, survey_after: bool) -> None:
        for leaves_with in (False, True):
            self.open(flows, leaves_with, survey_after, streamed=True, connected=True)

    @precondition(lambda self: len(self.chats) < 6)
    @rule(
        flows=st.booleans(),
        leaves_with=st.booleans(),
        survey_after=st.booleans(),
        streamed=st.booleans(),
        connected=st.booleans(),
    )
    def open(self, flows: bool, leaves_with: bool, survey_after: bool, streamed: bool, connected: bool) -> None:
        self.fake.play_flow(flow if flows else None)
        self.fake.play_disconnect_flow(survey if survey_after else None)
        members: dict[str, Any] = {"DisconnectOnCustomerExit": ["AGENT"]} if leaves_with else {}
        answer = self.connect.start_chat_contact(
            **PLACE,
            **members,
            ParticipantDetails={"DisplayName": "Ada"},
            InitialMessage={"ContentType": "text/plain", "Content": "Hello"},
        )
        chat = Chat(answer["ContactId"], answer["ParticipantToken"], seen=1)
        self.chats.append(chat)
        if streamed:
            self.stream_to(chat, TOPICS[0])
        if connected:
            self.connect_customer_of(chat)

    @rule(pick=picks, topic=st.sampled_from(TOPICS))
    def stream(self, pick: int, topic: str) -> None:
        chat = self.pick(pick)
        if chat is not None and topic not in chat.topics.values() and len(chat.topics) < 2:
            self.stream_to(chat, topic)

    def stream_to(self, chat: Chat, topic: str) -> None:
        answer = self.connect.start_contact_streaming(
            InstanceId=PLACE["InstanceId"],
            ContactId=self.current(chat).contact_id,
            ChatStreamingConfiguration={"StreamingEndpointArn": topic},
        )
        chat.topics[answer["StreamingId"]] = topic

    @rule(pick=picks)
    def stop_streaming(self, pick: int) -> None:
        chat = self.pick(pick)
        if chat is not None and chat.topics:
            streaming_id, _ = chat.topics.popitem()
            self.connect.stop_contact_streaming(
                InstanceId=PLACE["InstanceId"], ContactId=self.current(chat).contact_id, StreamingId=streaming_id
            )

    @rule(pick=picks)
    def connect_customer(self, pick: int) -> None:
        chat = self.pick(pick)
        if chat is not None and not self.left(chat):
            self.connect_customer_of(chat)

    def connect_customer_of(self, chat: Chat) -> None:
        answer = self.participant.create_participant_connection(
            ParticipantToken=chat.participant_token, Type=["WEBSOCKET", "CONNECTION_CREDENTIALS"]
        )
        chat.token = answer["ConnectionCredentials"]["ConnectionToken"]

    def left(self, chat: Chat) -> bool:
        """Whether the customer has left the chat that goes on."""
        return chat.token == "left"

    @rule(pick=picks, text=st.sampled_from(["hello", "yes", "transfer"]))
    def customer_says(self, pick: int, text: str) -> None:
        chat = self.pick(pick, connected=True)
        if chat is not None and not self.left(chat):
            self.participant.send_message(ConnectionToken=chat.token, ContentType="text/plain", Content=text)

    @rule(pick=picks, event=st.sampled_from(["typing", "message.read"]))
    def customer_types_or_reads(self, pick: int, event: str) -> None:
        chat = self.pick(pick, connected=True)
        if chat is None or self.left(chat):
            return
        others = [item for one in self.session(chat) for item in one.transcript if item.type == "MESSAGE"]
        others = [item for item in others if item.participant_role != "CUSTOMER"]
        if event == "message.read" and (not others or len(chat.agents) > 1):
            return
        content = {"Content": f'{{"messageId": "{others[-1].id}"}}'} if event == "message.read" else {}
        self.participant.send_event(ConnectionToken=chat.token, ContentType=f"{EVENT}{event}", **content)

    @rule(pick=picks)
    def customer_sends_a_file(self, pick: int) -> None:
        chat = self.pick(pick, connected=True)
        if chat is not None and not self.left(chat):
            upload = self.participant.start_attachment_upload(
                ConnectionToken=chat.token, AttachmentName="a.txt", AttachmentSizeInBytes=1, ContentType="text/plain"
            )
            self.participant.complete_attachment_upload(
                ConnectionToken=chat.token, AttachmentIds=[upload["AttachmentId"]]
            )

    @rule(pick=picks)
    def customer_leaves(self, pick: int) -> None:
        chat = self.pick(pick, connected=True)
        if chat is not None and not self.left(chat):
            before = self.current(chat).contact_id
            self.participant.disconnect_participant(ConnectionToken=chat.token)
            if self.current(chat).contact_id != before:  # in a disconnect flow, with the customer, without the agents
                chat.agents.clear()
            else:
                chat.token = "left"

    @rule(pick=picks)
    def agent_joins(self, pick: int) -> None:
        chat = self.pick(pick)
        if chat is not None and len(chat.agents) < 3:
            chat.agents.append(self.fake.add_participant(self.current(chat).contact_id, display_name="Grace"))

    @rule(pick=picks, what=st.sampled_from(["message", "file", "typing", "leave"]))
    def agent_acts(self, pick: int, what: str) -> None:
        chat = self.pick(pick)
        if chat is None or not chat.agents:
            return
        if what == "message":
            chat.agents[-1].send_message("One moment.")
        elif what == "file":
            chat.agents[-1].send_attachment("a.pdf", b"1", status="REJECTED")
        elif what == "typing":
            chat.agents[-1].send_event("typing")
        else:
            chat.agents.pop().disconnect()

    @rule(pick=picks)
    def transfer(self, pick: int) -> None:
        if (chat := self.pick(pick)) is not None:
            self.fake.transfer(self.current(chat).contact_id)

    @rule(pick=picks, really=st.integers(0, 4))
    def stop(self, pick: int, really: int) -> None:
        if really == 0 and (chat := self.pick(pick)) is not None:
            self.fake.stop_contact(self.current(chat).contact_id)

    @rule(minutes=st.sampled_from([1, 1, 5, 5, 20, 60, 61, 300, 1500]))
    def time_passes(self, minutes: int) -> None:
        self.fake.clock.advance(minutes=minutes)

    # -- what always holds ---------------------------------------------------------------------------------------------

    @invariant()
    def what_is_published_is_what_the_transcripts_have_got(self) -> None:
        new = list(self.fake.notifications)[self.published :]
        self.published += len(new)
        for chat in self.chats:
            items = [item for contact in self.session(chat) for item in contact.transcript]
            items.sort(key=lambda item: item.order)
            added, chat.seen = [item.id for item in items[chat.seen :]], len(items)
            of_chat = [one for one in new if one.attributes["InitialContactId"] == chat.contact_id]
            kept = [one for one in of_chat if one.attributes["ContentType"].removeprefix(EVENT) not in PASSING]
            for topic in TOPICS:
                there = [one.item["Id"] for one in kept if one.topic_arn == topic]
                assert there == (added if topic in chat.topics.values() else [])
            for one in of_chat:
                assert one.streaming_id in chat.topics
                assert one.item["Type"] == one.attributes["Type"]
                assert one.attributes["ContactId"] == one.contact_id

    @invariant()
    def a_handler_hears_of_all_in_order(self) -> None:
        assert self.heard == list(self.fake.notifications)
        by_chat: dict[str, list[int]] = {}
        for one in self.heard:
            by_chat.setdefault(one.attributes["InitialContactId"], []).append(one.order)
        assert all(orders == sorted(orders) for orders in by_chat.values())

    @invariant()
    def get_transcript_gives_the_same_items(self) -> None:
        if self.fake.clock.now() - self.fake.clock.start >= timedelta(days=1):
            return  # connection tokens last one day, and a chat 25 hours
        for chat in self.chats:
            if chat.token is None or self.left(chat) or not self.current(chat).is_active:
                continue
            request = {"ConnectionToken": chat.token, "MaxResults": 100, "SortOrder": "ASCENDING"}
            answer = self.participant.get_transcript(**request)
            assert answer["NextToken"] == ""
            read = {item["Id"]: item for item in answer["Transcript"]}
            written = {
                one.item["Id"]: one.item
                for one in self.fake.notifications
                if one.attributes["InitialContactId"] == chat.contact_id
            }
            for item_id, item in written.items():
                if item["Type"] == "MESSAGEMETADATA":
                    assert read[item_id]["MessageMetadata"]["MessageId"] == item_id
                elif not item.get("ContentType", "").endswith(".typing"):
                    there = {key: value for key, value in read[item_id].items() if key != "MessageMetadata"}
                    assert {**there, "InitialContactId": chat.contact_id} == item

    @invariant()
    def what_has_ended_is_streamed_no_more(self) -> None:
        for chat in self.chats:
            *before, current = self.session(chat)
            assert all(contact.streamings == () for contact in before)
            expected = set(chat.topics.values()) if current.is_active else set()
            assert {streaming.topic_arn for streaming in current.streamings} == expected


TestStreamedChats = StreamedChats.TestCase
TestStreamedChats.settings = settings(
    max_examples=int(os.environ.get("CONNECT_CHAT_STATEFUL_RUNS", "200")),
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
