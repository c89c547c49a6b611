"""The other side of a chat, played by the test: agents, supervisors, bots, transfers and answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from conftest import kind

from pytest_connect_chat import FakeConnectChat
from pytest_connect_chat._service.chats.transcript import TranscriptItem
from pytest_connect_chat.exceptions import SceneError

pytestmark = pytest.mark.once

INTERACTIVE = "application/vnd.amazonaws.connect.message.interactive"
EVENT = "application/vnd.amazonaws.connect.event."


class Chat:
    """A connected chat as the customer's side sees it."""

    def __init__(self, fake: FakeConnectChat, parameters: dict[str, Any], **members: Any) -> None:
        self.fake = fake
        self.client = fake.client("connectparticipant")
        started = fake.client().start_chat_contact(**parameters, **members)
        self.contact_id: str = started["ContactId"]
        self.participant_token: str = started["ParticipantToken"]
        answer = self.client.create_participant_connection(
            ParticipantToken=self.participant_token, Type=["WEBSOCKET", "CONNECTION_CREDENTIALS"]
        )
        self.token: str = answer["ConnectionCredentials"]["ConnectionToken"]

    @property
    def last(self) -> Any:
        return self.fake.contacts.last

    @property
    def types(self) -> list[str]:
        return [kind(item) for item in self.last.transcript]

    @property
    def said(self) -> list[str | None]:
        return [item.content for item in self.last.transcript if item.type == "MESSAGE"]

    def say(self, content: str, content_type: str = "text/plain") -> None:
        self.client.send_message(ConnectionToken=self.token, ContentType=content_type, Content=content)

    def leave(self) -> None:
        self.client.disconnect_participant(ConnectionToken=self.token)


@pytest.fixture
def chat(connect_chat: FakeConnectChat, parameters: dict[str, Any]) -> Chat:
    return Chat(connect_chat, parameters)


# -- agents and others -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["AGENT", "CUSTOM_BOT", "SUPERVISOR"])
def test_somebody_joins_and_says_something(chat: Chat, role: str) -> None:
    grace = chat.fake.add_participant(chat.contact_id, role, "Grace")
    item = grace.send_message("Hello, I am Grace.")

    joined, message = chat.last.transcript[1:]
    assert message is item
    assert (kind(joined), message.type, message.content) == ("participant.joined", "MESSAGE", "Hello, I am Grace.")
    for one in (joined, message):
        assert (one.participant_id, one.participant_role, one.display_name) == (grace.participant_id, role, "Grace")
    assert (grace.role, grace.display_name, repr(grace)) == (role, "Grace", f"<{role} 'Grace'>")


def test_it_is_an_agent_unless_said_otherwise(chat: Chat) -> None:
    agent = chat.fake.add_participant(chat.contact_id)

    assert (agent.role, agent.display_name) == ("AGENT", "Agent")


def test_the_customer_reads_what_the_agent_says(chat: Chat) -> None:
    chat.fake.add_participant(chat.contact_id, display_name="Grace").send_message("Hello")
    item = chat.client.get_transcript(ConnectionToken=chat.token, MaxResults=1)["Transcript"][0]

    assert (item["Content"], item["DisplayName"], item["ParticipantRole"]) == ("Hello", "Grace", "AGENT")


def test_an_agent_sends_what_the_chat_supports(connect_chat: FakeConnectChat, parameters: dict[str, Any]) -> None:
    chat = Chat(connect_chat, parameters, SupportedMessagingContentTypes=["text/plain", INTERACTIVE])
    agent = connect_chat.add_participant(chat.contact_id)
    agent.send_message("{}", content_type=INTERACTIVE)

    with pytest.raises(
        SceneError,
        match=f"'text/markdown' is not valid. Valid: text/plain, {INTERACTIVE}. SupportedMessagingContentTypes of",
    ):
        agent.send_message("**Hello**", content_type="text/markdown")
    assert chat.last.transcript[-1].content_type == INTERACTIVE


@pytest.mark.parametrize("event", ["typing", f"{EVENT}typing"])
def test_typing_of_an_agent_leaves_no_trace(chat: Chat, event: str) -> None:
    agent = chat.fake.add_participant(chat.contact_id)
    before = chat.types
    agent.send_event(event)

    assert chat.types == before


def test_receipts_are_for_two_participants_as_clients_hear_too(chat: Chat) -> None:
    grace = chat.fake.add_participant(chat.contact_id)
    chat.say("Hello?")
    message_id = chat.last.transcript[-1].id
    chat.fake.add_participant(chat.contact_id, "SUPERVISOR")

    with pytest.raises(SceneError, match="Receipts are for chats of 2 participants, and this one has 3"):
        grace.send_event("message.read", message_id=message_id)


@pytest.mark.parametrize(
    ("event", "message_id", "problem"),
    [
        ("message.read", None, "The event 'message.read' needs the message_id of the message"),
        (f"{EVENT}message.delivered", None, "needs the message_id of the message"),
        ("typing", "m-1", "message_id goes with message.delivered or message.read, not with 'typing'"),
    ],
)
def test_an_event_has_a_message_or_not(chat: Chat, event: str, message_id: str | None, problem: str) -> None:
    agent = chat.fake.add_participant(chat.contact_id)
    with pytest.raises(SceneError, match=problem):
        agent.send_event(event, message_id=message_id)


def test_the_tokens_of_an_agent_are_nobody_elses(chat: Chat) -> None:
    agent = chat.fake.add_participant(chat.contact_id)

    assert agent.participant_id not in (chat.last.participant_id, chat.contact_id)


# -- leaving -----------------------------------------------------------------------------------------------------------


def test_the_last_agent_who_leaves_ends_the_contact(chat: Chat) -> None:
    first, second = (chat.fake.add_participant(chat.contact_id, display_name=name) for name in ("Grace", "Joan"))
    first.disconnect()
    assert chat.last.is_active

    second.disconnect()
    assert chat.last.disconnect_reason == "AGENT_DISCONNECT"
    assert chat.types[-3:] == ["participant.left", "participant.left", "chat.ended"]


@pytest.mark.parametrize("role", ["CUSTOM_BOT", "SUPERVISOR"])
def test_a_bot_or_supervisor_who_leaves_ends_nothing(chat: Chat, role: str) -> None:
    chat.fake.add_participant(chat.contact_id, role).disconnect()

    assert chat.last.is_active
    assert chat.types[-1] == "participant.left"


@pytest.mark.parametrize("role", ["CUSTOM_BOT", "SUPERVISOR"])
def test_a_bot_or_supervisor_does_not_keep_a_chat_open(chat: Chat, role: str) -> None:
    chat.fake.add_participant(chat.contact_id, role)
    chat.leave()

    assert chat.last.disconnect_reason == "CUSTOMER_DISCONNECT"


def test_an_agent_stays_when_the_customer_leaves(chat: Chat) -> None:
    agent = chat.fake.add_participant(chat.contact_id)
    chat.leave()
    agent.send_message("Are you still there?")
    assert chat.last.is_active

    agent.disconnect()
    assert chat.last.disconnect_reason == "CUSTOMER_DISCONNECT"


def test_disconnect_on_customer_exit_sends_the_agents_away(
    connect_chat: FakeConnectChat, parameters: dict[str, Any]
) -> None:
    chat = Chat(connect_chat, parameters, DisconnectOnCustomerExit=["AGENT"])
    agents = [connect_chat.add_participant(chat.contact_id) for _ in range(2)]
    chat.leave()

    assert chat.last.disconnect_reason == "CUSTOMER_DISCONNECT"
    assert chat.types[-4:] == ["participant.left"] * 3 + ["chat.ended"]
    for agent in agents:
        with pytest.raises(SceneError, match="is over: it ended at"):
            agent.send_message("Hello?")


def test_an_agent_who_has_left_does_nothing_more(chat: Chat) -> None:
    agent = chat.fake.add_participant(chat.contact_id, display_name="Grace")
    chat.fake.add_participant(chat.contact_id)
    agent.disconnect()

    for act in (agent.disconnect, agent.send_event, lambda: agent.send_message("Hello")):
        with pytest.raises(SceneError, match="<AGENT 'Grace'> has left the chat"):
            act()


# -- transfers ---------------------------------------------------------------------------------------------------------


def test_a_transfer_goes_on_in_a_new_contact_of_the_session(chat: Chat) -> None:
    first = chat.last
    chat.fake.clock.advance(minutes=1)
    segment = chat.fake.transfer(chat.contact_id, contact_flow_id="another-flow")

    assert list(chat.fake.contacts.values()) == [first, segment]
    assert (segment.previous_contact_id, segment.initial_contact_id) == (first.contact_id, first.contact_id)
    assert segment.contact_flow_id == "another-flow"
    assert (segment.participant_id, segment.participant_token) == (first.participant_id, first.participant_token)
    assert (segment.display_name, segment.instance_id, segment.expires_at) == (
        "Ada",
        first.instance_id,
        first.expires_at,
    )
    assert segment.initiation_timestamp == first.disconnect_timestamp == chat.fake.clock.now()
    assert first.disconnect_reason is None
    assert not first.is_active
    assert segment.is_active
    assert first.transcript[-1].content_type == f"{EVENT}transfer.succeeded"
    assert (segment.tags, segment.rehydration_type, segment.continued_from_contact_id) == ({}, None, None)
    assert segment.transcript == ()


def test_the_participants_move_on(chat: Chat) -> None:
    agent = chat.fake.add_participant(chat.contact_id)
    chat.fake.transfer(chat.contact_id)
    agent.send_message("I have transferred you.")
    chat.say("Thank you")

    assert chat.said == ["I have transferred you.", "Thank you"]
    agent.disconnect()
    assert chat.last.disconnect_reason == "AGENT_DISCONNECT"


@pytest.mark.connect_chat(max_active_chats=1)
def test_a_transfer_takes_no_further_slot(chat: Chat, connect_client: Any, parameters: dict[str, Any]) -> None:
    segment = chat.fake.transfer(chat.contact_id)
    with pytest.raises(connect_client.exceptions.LimitExceededException):
        connect_client.start_chat_contact(**parameters)

    chat.fake.stop_contact(segment.contact_id)
    connect_client.start_chat_contact(**parameters)


def test_a_transferred_chat_expires_when_it_would_have(chat: Chat) -> None:
    chat.fake.clock.advance(hours=24)
    segment = chat.fake.transfer(chat.contact_id)
    chat.fake.clock.advance(hours=1)

    assert segment.disconnect_reason == "EXPIRED"


def test_the_five_minutes_run_on_through_a_transfer(connect_chat: FakeConnectChat, connect_client: Any,
                                                    parameters: dict[str, Any]) -> None:  # fmt: skip
    contact_id = connect_client.start_chat_contact(**parameters)["ContactId"]
    connect_chat.clock.advance(minutes=4)
    segment = connect_chat.transfer(contact_id)
    assert segment.is_active

    connect_chat.clock.advance(minutes=1)
    assert segment.disconnect_reason == "CUSTOMER_CONNECTION_NOT_ESTABLISHED"


def test_an_initial_message_is_said_once(connect_chat: FakeConnectChat, parameters: dict[str, Any]) -> None:
    chat = Chat(connect_chat, parameters, InitialMessage={"ContentType": "text/plain", "Content": "Hello"})
    segment = connect_chat.transfer(chat.contact_id)

    assert segment.initial_message is None
    assert segment.transcript == ()


def test_a_transferred_session_is_rehydrated_from_its_last_contact(
    chat: Chat, connect_client: Any, parameters: dict[str, Any]
) -> None:
    segment = chat.fake.transfer(chat.contact_id)
    chat.fake.stop_contact(segment.contact_id)
    persistent = {"RehydrationType": "ENTIRE_PAST_SESSION", "SourceContactId": chat.contact_id}

    answer = connect_client.start_chat_contact(**parameters, PersistentChat=persistent)
    assert answer["ContinuedFromContactId"] == segment.contact_id


def test_a_transfer_goes_to_a_declared_flow(connect_chat: FakeConnectChat, parameters: dict[str, Any]) -> None:
    connect_chat.add_instance(parameters["InstanceId"], [parameters["ContactFlowId"], "another-flow"])
    contact = connect_chat.add_contact()

    with pytest.raises(SceneError, match=r"'nobody' is no flow of the contact's instance. Valid: .*, another-flow"):
        connect_chat.transfer(contact.contact_id, "nobody")
    assert contact.is_active
    assert connect_chat.transfer(contact.contact_id, "another-flow").contact_flow_id == "another-flow"


# -- answers of the bot ------------------------------------------------------------------------------------------------


def test_every_message_of_a_customer_is_answered(chat: Chat) -> None:
    chat.fake.reply_with("One moment, please.")
    chat.say("Hello")
    chat.say("Hello?")

    assert chat.said == ["Hello", "One moment, please.", "Hello?", "One moment, please."]
    answer = chat.last.transcript[-1]
    assert (answer.participant_role, answer.display_name) == ("SYSTEM", "SYSTEM_MESSAGE")


def test_the_flow_speaks_under_one_participant_id_in_each_chat(connect_chat: FakeConnectChat, parameters: Any) -> None:
    connect_chat.reply_with("One moment, please.")
    spoken: dict[str, set[str | None]] = {}
    for _ in range(2):
        chat = Chat(connect_chat, parameters)
        chat.say("Hello")
        connect_chat.transfer(chat.contact_id)
        chat.say("Hello?")
        items = chat.client.get_transcript(ConnectionToken=chat.token, MaxResults=100)["Transcript"]
        spoken[chat.contact_id] = {item["ParticipantId"] for item in items if item.get("ParticipantRole") == "SYSTEM"}

    first, second = spoken.values()
    assert len(first) == len(second) == 1
    assert first != second


def test_an_answer_can_depend_on_the_message(chat: Chat) -> None:
    def reply(message: TranscriptItem) -> str | None:
        return None if message.content == "thanks" else f"{message.display_name} said {message.content}"

    chat.fake.reply_with(reply)
    chat.say("hello")
    chat.say("thanks")

    assert chat.said == ["hello", "Ada said hello", "thanks"]


def test_answering_can_stop(chat: Chat) -> None:
    chat.fake.reply_with("Hello")
    chat.fake.reply_with(None)
    chat.say("Hello?")

    assert chat.said == ["Hello?"]


def test_only_customers_are_answered(chat: Chat) -> None:
    chat.fake.reply_with("Hello")
    chat.fake.add_participant(chat.contact_id).send_message("I am here")

    assert chat.said == ["I am here"]


def test_an_initial_message_is_answered_once_the_customer_is_connected(
    connect_chat: FakeConnectChat, parameters: dict[str, Any]
) -> None:
    connect_chat.reply_with(lambda message: f"You said {message.content}")
    message = {"ContentType": "text/plain", "Content": "Hello"}
    started = connect_chat.client().start_chat_contact(**parameters, InitialMessage=message)
    (only,) = connect_chat.contacts.last.transcript
    for _ in range(2):
        connect_chat.client("connectparticipant").create_participant_connection(
            ParticipantToken=started["ParticipantToken"], Type=["WEBSOCKET", "CONNECTION_CREDENTIALS"]
        )

    contents = [item.content for item in connect_chat.contacts.last.transcript]
    assert only.content == "Hello"
    assert contents == ["Hello", None, "You said Hello"]


def test_a_repeated_message_is_answered_once(chat: Chat) -> None:
    chat.fake.reply_with("Hello")
    chat.fake.faults.lose_response(attempts=1, operation="SendMessage")
    chat.say("Hello?")

    assert chat.said == ["Hello?", "Hello"]


def test_an_answer_that_is_no_text_is_an_error(chat: Chat) -> None:
    chat.fake.reply_with(lambda message: 7)  # type: ignore[arg-type, return-value]
    chat.say("Hello")

    with pytest.raises(SceneError, match=r"returns a non-empty text, .*, or None for no answer, not 7"):
        chat.fake.raise_failures()


# -- wrong arguments ---------------------------------------------------------------------------------------------------


def test_what_is_no_id_is_named_in_short(connect_chat: FakeConnectChat) -> None:
    contact = connect_chat.add_contact()
    answer: Any = {"ContactId": contact.contact_id, "ParticipantToken": contact.participant_token}

    with pytest.raises(SceneError, match=r"^contact_id is a non-empty text, not <Contact .*\. Give its contact_id\.$"):
        connect_chat.stop_contact(contact)  # type: ignore[arg-type]
    with pytest.raises(SceneError) as caught:
        connect_chat.stop_contact(answer)
    assert contact.participant_token not in str(caught.value)


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda fake: fake.add_participant("c", "CUSTOMER"), "'CUSTOMER' is not valid. Valid: AGENT, CUSTOM_BOT, SUP"),
        (lambda fake: fake.add_participant("c", display_name=""), "display_name is a non-empty text, not ''"),
        (lambda fake: fake.add_participant("nobody"), "No contact has the id 'nobody'; the fake knows 2 contacts"),
        (lambda fake: fake.add_participant(7), "contact_id is a non-empty text, not 7"),
        (lambda fake: fake.add_participant("past"), "The contact past has ended already: it ended at"),
        (lambda fake: fake.transfer("nobody"), "No contact has the id 'nobody'"),
        (lambda fake: fake.transfer("past"), "The contact past has ended already"),
        (lambda fake: fake.transfer("live", 7), "contact_flow_id=7 is no flow.*Valid: any non-empty text"),
        (lambda fake: fake.transfer("live", ""), "contact_flow_id='' is no flow"),
        (lambda fake: fake.reply_with(""), "reply_with.. takes a non-empty text, .* a callable .*, or None, not ''"),
        (lambda fake: fake.reply_with(7), "reply_with.. takes a non-empty text, .* a callable .*, or None, not 7"),
        (lambda fake: fake.add_participant("live").send_message(""), "content is a non-empty text, not ''"),
        (lambda fake: fake.add_participant("live").send_message(7), "content is a non-empty text, not 7"),
        (
            lambda fake: fake.add_participant("live").send_event("waving"),
            "event='waving' is not valid. Valid: typing, ",
        ),
    ],
)
def test_wrong_arguments_say_what_is_valid(
    connect_chat: FakeConnectChat, act: Callable[[Any], Any], message: str
) -> None:
    connect_chat.add_contact(contact_id="live")
    connect_chat.add_ended_chat(contact_id="past")

    with pytest.raises(SceneError, match=message):
        act(connect_chat)


def test_reset_forgets_participants_and_answers(connect_chat: FakeConnectChat, parameters: dict[str, Any]) -> None:
    connect_chat.reply_with("Hello")
    connect_chat.reset()
    chat = Chat(connect_chat, parameters)
    chat.say("Hello?")

    assert chat.said == ["Hello?"]
