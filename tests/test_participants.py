"""Participants, their connections and their tokens, through real clients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.session import Session
from conftest import kind, over_all_drivers

from pytest_connect_chat import FakeConnectChat
from pytest_connect_chat.exceptions import SceneError

INSTANCE = "12345678-1234-1234-1234-123456789012"
BOTH = ["WEBSOCKET", "CONNECTION_CREDENTIALS"]
EXPLICIT_DENY = "User is not authorized to access this resource with an explicit deny"
TOPIC = "arn:aws:sns:us-east-1:123456789012:chats"
NOON = "2026-01-01T12:00:00Z"

Connect = Callable[..., Any]


@pytest.fixture
def participant_token(connect_client: Any, parameters: dict[str, Any]) -> str:
    """The participant token of a chat that has just been started."""
    token: str = connect_client.start_chat_contact(**parameters)["ParticipantToken"]
    return token


@pytest.fixture
def connect(connectparticipant_client: Any, participant_token: str) -> Connect:
    """Calls CreateParticipantConnection for that chat."""

    def connect(**members: Any) -> Any:
        return connectparticipant_client.create_participant_connection(ParticipantToken=participant_token, **members)

    return connect


@pytest.fixture
def connection_token(connect: Connect) -> str:
    """A connection token of that chat's customer, who is connected."""
    token: str = connect(Type=BOTH)["ConnectionCredentials"]["ConnectionToken"]
    return token


def send(client: Any, token: str, content: str = "Hello", **members: Any) -> Any:
    return client.send_message(ConnectionToken=token, ContentType="text/plain", Content=content, **members)


def client_in(region: str, service: str = "connectparticipant") -> Any:
    return Session().create_client(
        service, region_name=region, aws_access_key_id="testing", aws_secret_access_key="testing"
    )


def denied(call: Callable[[], Any]) -> str:
    """Call, and return the text of the denial."""
    with pytest.raises(ClientError) as caught:
        call()
    assert type(caught.value).__name__ == "AccessDeniedException"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    message: str = caught.value.response["Error"]["Message"]
    return message


def types(fake: FakeConnectChat) -> list[str]:
    return [kind(item) for item in fake.contacts.last.transcript]


# -- CreateParticipantConnection ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "members"),
    [
        ({}, set()),
        ({"ConnectParticipant": True}, set()),
        ({"Type": ["WEBSOCKET"]}, {"Websocket"}),
        ({"Type": ["CONNECTION_CREDENTIALS"]}, {"ConnectionCredentials"}),
        ({"Type": BOTH}, {"Websocket", "ConnectionCredentials"}),
        ({"Type": ["WEBRTC_CONNECTION"]}, set()),
    ],
    ids=lambda value: repr(value) if isinstance(value, dict) else None,
)
def test_only_what_is_asked_for_comes_back(connect: Connect, asked: dict[str, Any], members: set[str]) -> None:
    assert set(connect(**asked)) - {"ResponseMetadata"} == members


@pytest.mark.connect_chat(clock=NOON, region="eu-central-1")
def test_a_url_holds_for_100_seconds_and_a_connection_token_for_a_day(connect: Connect) -> None:
    answer = connect(Type=BOTH)

    assert answer["Websocket"]["ConnectionExpiry"] == "2026-01-01T12:01:40.000Z"
    assert answer["Websocket"]["Url"].startswith("wss://")
    assert ".transport.connect.eu-central-1.amazonaws.com/" in answer["Websocket"]["Url"]
    assert answer["ConnectionCredentials"]["Expiry"] == "2026-01-02T12:00:00.000Z"
    assert answer["ConnectionCredentials"]["ConnectionToken"].startswith("QVFJREFI")


def test_each_connection_has_a_token_of_its_own_and_all_of_them_count(
    connect: Connect, connectparticipant_client: Any, connect_chat: FakeConnectChat
) -> None:
    tokens = {connect(Type=["CONNECTION_CREDENTIALS"])["ConnectionCredentials"]["ConnectionToken"] for _ in range(3)}

    for token in sorted(tokens):
        send(connectparticipant_client, token)
    assert len(tokens) == 3
    assert types(connect_chat) == ["MESSAGE"] * 3


@pytest.mark.parametrize(
    "asked",
    [
        [{"Type": BOTH}],
        [{"Type": ["WEBSOCKET"]}, {"Type": ["CONNECTION_CREDENTIALS"]}],
    ],
    ids=["both", "in turn"],
)
def test_what_counts_as_connected_keeps_the_contact_from_ending(
    connect: Connect, connect_chat: FakeConnectChat, asked: list[dict[str, Any]]
) -> None:
    for members in asked:
        connect(**members)
    connect_chat.clock.advance(minutes=6)

    contact = connect_chat.contacts.last
    assert contact.is_active
    (joined,) = contact.transcript
    assert kind(joined) == "participant.joined"
    assert joined.content_type == "application/vnd.amazonaws.connect.event.participant.joined"
    assert (joined.participant_id, joined.participant_role) == (contact.participant_id, "CUSTOMER")
    assert joined.display_name == "Ada"


@pytest.mark.parametrize(
    "asked",
    [
        {"Type": ["WEBSOCKET"]},
        {"Type": ["CONNECTION_CREDENTIALS"]},
        {"Type": ["CONNECTION_CREDENTIALS"], "ConnectParticipant": True},
        {"ConnectParticipant": True},
        {},
    ],
)
def test_what_does_not_count_as_connected_lets_the_contact_end(
    connect: Connect, connect_chat: FakeConnectChat, asked: dict[str, Any]
) -> None:
    connect(**asked)
    connect_chat.clock.advance(minutes=5)

    contact = connect_chat.contacts.last
    assert contact.disconnect_reason == "CUSTOMER_CONNECTION_NOT_ESTABLISHED"
    assert types(connect_chat) == ["chat.ended"]
    assert denied(connect) == "Access denied"


def start_streaming(fake: FakeConnectChat, parameters: dict[str, Any]) -> str:
    """Start a chat and its streaming as two calls."""
    client = fake.client()
    started = client.start_chat_contact(**parameters)
    client.start_contact_streaming(
        InstanceId=parameters["InstanceId"],
        ContactId=started["ContactId"],
        ChatStreamingConfiguration={"StreamingEndpointArn": TOPIC},
    )
    return str(started["ParticipantToken"])


def start_streamed(fake: FakeConnectChat, parameters: dict[str, Any]) -> str:
    """Start a chat that is streamed from the beginning."""
    client = fake.client()
    members = client.meta.service_model.operation_model("StartChatContact").input_shape.members
    if "ChatStreamingConfiguration" not in members:
        pytest.skip("the installed botocore has no such member")
    started = client.start_chat_contact(**parameters, ChatStreamingConfiguration={"StreamingEndpointArn": TOPIC})
    return str(started["ParticipantToken"])


@over_all_drivers
@pytest.mark.parametrize("start", [start_streaming, start_streamed])
@pytest.mark.parametrize("transferred", [False, True])
def test_connect_participant_connects_a_customer_whose_contact_is_streamed(
    connect_chat: FakeConnectChat,
    connectparticipant_client: Any,
    parameters: dict[str, Any],
    start: Callable[..., str],
    transferred: bool,
) -> None:
    participant_token = start(connect_chat, parameters)
    if transferred:
        connect_chat.transfer(connect_chat.contacts.last.contact_id)
    connectparticipant_client.create_participant_connection(ParticipantToken=participant_token, ConnectParticipant=True)
    connect_chat.clock.advance(minutes=6)

    assert connect_chat.contacts.last.is_active
    assert types(connect_chat) == ["participant.joined"]


def test_connect_participant_before_the_streaming_is_in_vain(
    connect_chat: FakeConnectChat, connectparticipant_client: Any, parameters: dict[str, Any]
) -> None:
    client = connect_chat.client()
    started = client.start_chat_contact(**parameters)
    connectparticipant_client.create_participant_connection(
        ParticipantToken=started["ParticipantToken"], ConnectParticipant=True
    )
    client.start_contact_streaming(
        InstanceId=parameters["InstanceId"],
        ContactId=started["ContactId"],
        ChatStreamingConfiguration={"StreamingEndpointArn": TOPIC},
    )
    connect_chat.clock.advance(minutes=5)

    assert connect_chat.contacts.last.disconnect_reason == "CUSTOMER_CONNECTION_NOT_ESTABLISHED"


def test_a_chat_that_was_lost_for_want_of_streaming_says_so(connect_chat: FakeConnectChat, connect: Connect) -> None:
    connect(ConnectParticipant=True)
    connect_chat.clock.advance(minutes=5)

    with pytest.raises(SceneError, match="ConnectParticipant counts only once the contact is streamed"):
        connect_chat.add_participant(connect_chat.contacts.last.contact_id)


def test_the_vain_connect_participant_can_be_switched(connect_chat: FakeConnectChat, connect: Connect) -> None:
    rule = connect_chat.rules["connect-participant-streaming"]
    assert (rule.code, rule.enabled) == (None, True)
    connect(ConnectParticipant=True)
    assert types(connect_chat) == []

    rule.raises("ValidationException")
    with pytest.raises(ClientError, match="rule connect-participant-streaming") as caught:
        connect(ConnectParticipant=True)
    assert type(caught.value).__name__ == "ValidationException"

    rule.disable()
    connect(ConnectParticipant=True)
    assert types(connect_chat) == ["participant.joined"]


def test_connecting_again_is_no_second_joining(connect: Connect, connect_chat: FakeConnectChat) -> None:
    connect(Type=BOTH)
    connect(Type=BOTH)

    assert types(connect_chat) == ["participant.joined"]


def test_the_records_of_participant_calls_know_their_contact(
    connection_token: str, connectparticipant_client: Any, connect_chat: FakeConnectChat
) -> None:
    send(connectparticipant_client, connection_token)

    connect_chat.requests.create_participant_connection.assert_requested_once(Type=BOTH)
    assert connect_chat.requests.send_message.one().contact is connect_chat.contacts.last


def test_a_connection_at_the_start_needs_no_other(
    connect_chat: FakeConnectChat, connect_client: Any, connectparticipant_client: Any, parameters: dict[str, Any]
) -> None:
    model = connect_client.meta.service_model.operation_model("StartChatContact")
    if "ConnectionTypes" not in model.input_shape.members:
        pytest.skip("the installed botocore has no member ConnectionTypes")
    answer = connect_client.start_chat_contact(**parameters, ConnectionTypes=BOTH)

    send(connectparticipant_client, answer["ConnectionCredentials"]["ConnectionToken"])
    connect_chat.clock.advance(minutes=6)
    assert connect_chat.contacts.last.is_active
    assert types(connect_chat) == ["participant.joined", "MESSAGE"]


# -- tokens ------------------------------------------------------------------------------------------------------------


def test_an_unknown_token_gets_an_explicit_deny(connect_chat: FakeConnectChat, connectparticipant_client: Any) -> None:
    client = connectparticipant_client

    assert denied(lambda: client.create_participant_connection(ParticipantToken="garbage")) == EXPLICIT_DENY
    assert denied(lambda: send(client, "garbage")) == EXPLICIT_DENY


def test_swapped_tokens_get_an_explicit_deny(
    connectparticipant_client: Any, participant_token: str, connection_token: str
) -> None:
    client = connectparticipant_client

    assert denied(lambda: send(client, participant_token)) == EXPLICIT_DENY
    assert denied(lambda: client.create_participant_connection(ParticipantToken=connection_token)) == EXPLICIT_DENY


def test_a_token_counts_in_its_own_region_only(participant_token: str, connection_token: str) -> None:
    elsewhere = client_in("eu-central-1")

    assert denied(lambda: elsewhere.create_participant_connection(ParticipantToken=participant_token)) == EXPLICIT_DENY
    assert denied(lambda: send(elsewhere, connection_token)) == EXPLICIT_DENY


def test_an_unknown_token_is_refused_before_anything_else_is_looked_at(
    connect_chat: FakeConnectChat, connectparticipant_client: Any
) -> None:
    message = denied(
        lambda: connectparticipant_client.send_message(ConnectionToken="x", ContentType="text/html", Content="m")
    )
    assert message == EXPLICIT_DENY


EVERY_CALL: dict[str, Callable[[Any, str], Any]] = {
    "SendMessage": send,
    "SendEvent": lambda client, token: client.send_event(
        ConnectionToken=token, ContentType="application/vnd.amazonaws.connect.event.typing"
    ),
    "GetTranscript": lambda client, token: client.get_transcript(ConnectionToken=token),
    "StartAttachmentUpload": lambda client, token: client.start_attachment_upload(
        ConnectionToken=token, ContentType="text/csv", AttachmentSizeInBytes=1, AttachmentName="a.csv"
    ),
    "CompleteAttachmentUpload": lambda client, token: client.complete_attachment_upload(
        ConnectionToken=token, AttachmentIds=["a"]
    ),
    "GetAttachment": lambda client, token: client.get_attachment(ConnectionToken=token, AttachmentId="a"),
    "DisconnectParticipant": lambda client, token: client.disconnect_participant(ConnectionToken=token),
}
every_call = pytest.mark.parametrize("operation", EVERY_CALL)


@every_call
def test_the_tokens_of_an_ended_chat_are_dead(
    connect_chat: FakeConnectChat, connectparticipant_client: Any, connection_token: str, operation: str
) -> None:
    connect_chat.stop_contact(connect_chat.contacts.last.contact_id)

    assert denied(lambda: EVERY_CALL[operation](connectparticipant_client, connection_token)) == "Access denied"


@every_call
def test_the_tokens_of_a_participant_who_has_left_are_dead(
    connect_chat: FakeConnectChat, connectparticipant_client: Any, connection_token: str, operation: str
) -> None:
    connect_chat.add_participant(connect_chat.contacts.last.contact_id)  # keeps the chat open
    connectparticipant_client.disconnect_participant(ConnectionToken=connection_token)

    assert connect_chat.contacts.last.is_active
    assert denied(lambda: EVERY_CALL[operation](connectparticipant_client, connection_token)) == "Access denied"


def test_the_participant_token_of_one_who_has_left_is_dead(
    connect_chat: FakeConnectChat, connectparticipant_client: Any, connection_token: str, connect: Connect
) -> None:
    connect_chat.add_participant(connect_chat.contacts.last.contact_id)
    connectparticipant_client.disconnect_participant(ConnectionToken=connection_token)

    assert denied(connect) == "Access denied"


def test_a_connection_token_lives_a_day_and_the_participant_token_longer(
    connect_chat: FakeConnectChat, connectparticipant_client: Any, connection_token: str, connect: Connect
) -> None:
    connect_chat.clock.advance(hours=23, minutes=59, seconds=59)
    send(connectparticipant_client, connection_token)
    connect_chat.clock.advance(seconds=1)

    assert denied(lambda: send(connectparticipant_client, connection_token)) == "Access denied"
    renewed = connect(Type=["CONNECTION_CREDENTIALS"])["ConnectionCredentials"]["ConnectionToken"]
    send(connectparticipant_client, renewed)


def test_an_expired_chat_ends_the_tokens(
    connect_chat: FakeConnectChat, connectparticipant_client: Any, connection_token: str, connect: Connect
) -> None:
    connect_chat.clock.advance(hours=25)

    assert connect_chat.contacts.last.disconnect_reason == "EXPIRED"
    assert denied(connect) == "Access denied"
    assert denied(lambda: send(connectparticipant_client, connection_token)) == "Access denied"


def test_tokens_go_on_after_a_transfer(
    connect_chat: FakeConnectChat, connectparticipant_client: Any, connection_token: str, connect: Connect
) -> None:
    segment = connect_chat.transfer(connect_chat.contacts.last.contact_id)

    send(connectparticipant_client, connection_token, "Still here")
    connect(Type=BOTH)
    assert [item.content for item in segment.transcript] == ["Still here"]


def test_two_fakes_of_one_seed_give_the_same_tokens(parameters: dict[str, Any]) -> None:
    def tokens() -> list[str]:
        with FakeConnectChat(seed=7) as fake:
            started = fake.client().start_chat_contact(**parameters)
            bot = fake.client().create_participant(
                InstanceId=INSTANCE,
                ContactId=started["ContactId"],
                ParticipantDetails={"ParticipantRole": "CUSTOM_BOT", "DisplayName": "Bot"},
            )
            return [started["ParticipantToken"], bot["ParticipantCredentials"]["ParticipantToken"]]

    assert tokens() == tokens()
    assert len(set(tokens())) == 2


# -- DisconnectParticipant ---------------------------------------------------------------------------------------------


def test_a_customer_who_leaves_ends_the_contact(
    connect_chat: FakeConnectChat, connectparticipant_client: Any, connection_token: str
) -> None:
    answer = connectparticipant_client.disconnect_participant(ConnectionToken=connection_token)

    assert set(answer) == {"ResponseMetadata"}
    assert connect_chat.contacts.last.disconnect_reason == "CUSTOMER_DISCONNECT"
    assert types(connect_chat) == ["participant.joined", "participant.left", "chat.ended"]


def test_a_customer_who_never_connected_leaves_without_a_trace(
    connect_chat: FakeConnectChat, connectparticipant_client: Any, connect: Connect
) -> None:
    token = connect(Type=["CONNECTION_CREDENTIALS"])["ConnectionCredentials"]["ConnectionToken"]
    connectparticipant_client.disconnect_participant(ConnectionToken=token)

    assert types(connect_chat) == ["chat.ended"]


@pytest.mark.connect_chat(max_active_chats=1)
def test_a_customer_who_leaves_frees_the_slot(
    connect_client: Any, connectparticipant_client: Any, connection_token: str, parameters: dict[str, Any]
) -> None:
    connectparticipant_client.disconnect_participant(ConnectionToken=connection_token)

    connect_client.start_chat_contact(**parameters)


def test_a_chat_that_a_customer_has_left_can_be_rehydrated(
    connect_chat: FakeConnectChat,
    connect_client: Any,
    connectparticipant_client: Any,
    connection_token: str,
    parameters: dict[str, Any],
) -> None:
    past = connect_chat.contacts.last
    connectparticipant_client.disconnect_participant(ConnectionToken=connection_token)

    persistent = {"RehydrationType": "ENTIRE_PAST_SESSION", "SourceContactId": past.contact_id}
    answer = connect_client.start_chat_contact(**parameters, PersistentChat=persistent)
    assert answer["ContinuedFromContactId"] == past.contact_id


# -- CreateParticipant -------------------------------------------------------------------------------------------------


@pytest.fixture
def bot_token(connect_chat: FakeConnectChat, connect_client: Any, participant_token: str) -> str:
    """The participant token of a custom bot in that chat."""
    bot = connect_client.create_participant(
        InstanceId=INSTANCE,
        ContactId=connect_chat.contacts.last.contact_id,
        ParticipantDetails={"ParticipantRole": "CUSTOM_BOT", "DisplayName": "Grace"},
    )
    credentials = bot["ParticipantCredentials"]
    assert len(bot["ParticipantId"]) == 36
    assert credentials["Expiry"].endswith("Z")
    token: str = credentials["ParticipantToken"]
    return token


def test_a_custom_bot_takes_part_with_tokens_of_its_own(
    connect_chat: FakeConnectChat, connectparticipant_client: Any, bot_token: str
) -> None:
    client = connectparticipant_client
    answer = client.create_participant_connection(
        ParticipantToken=bot_token, Type=["CONNECTION_CREDENTIALS"], ConnectParticipant=True
    )
    token = answer["ConnectionCredentials"]["ConnectionToken"]
    send(client, token, "I am a bot")
    client.disconnect_participant(ConnectionToken=token)

    contact = connect_chat.contacts.last
    assert types(connect_chat) == ["participant.joined", "MESSAGE", "participant.left"]
    assert {item.participant_role for item in contact.transcript} == {"CUSTOM_BOT"}
    assert {item.display_name for item in contact.transcript} == {"Grace"}
    assert contact.participant_id not in {item.participant_id for item in contact.transcript}
    assert contact.is_active
    assert denied(lambda: send(client, token)) == "Access denied"


def test_a_custom_bot_that_connects_does_not_connect_the_customer(
    connect_chat: FakeConnectChat, connectparticipant_client: Any, bot_token: str
) -> None:
    connectparticipant_client.create_participant_connection(ParticipantToken=bot_token, ConnectParticipant=True)
    connect_chat.clock.advance(minutes=5)

    assert connect_chat.contacts.last.disconnect_reason == "CUSTOMER_CONNECTION_NOT_ESTABLISHED"


def add_bot(fake: FakeConnectChat, **details: str) -> str:
    """Add a custom bot to the last contact; return its participant token."""
    contact = fake.contacts.last
    answer = fake.client().create_participant(
        InstanceId=contact.instance_id,
        ContactId=contact.contact_id,
        ParticipantDetails={"ParticipantRole": "CUSTOM_BOT", "DisplayName": "Bot"} | details,
    )
    return str(answer["ParticipantCredentials"]["ParticipantToken"])


def test_one_custom_bot_at_a_time(
    connect_chat: FakeConnectChat, connectparticipant_client: Any, bot_token: str
) -> None:
    with pytest.raises(ClientError) as caught:
        add_bot(connect_chat)
    assert caught.value.response["Error"]["Code"] == "ServiceQuotaExceededException"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 402

    token = connectparticipant_client.create_participant_connection(ParticipantToken=bot_token, Type=BOTH)
    connectparticipant_client.disconnect_participant(ConnectionToken=token["ConnectionCredentials"]["ConnectionToken"])
    assert add_bot(connect_chat)


def test_a_custom_bot_is_not_added_beside_an_agent(connect_chat: FakeConnectChat, participant_token: str) -> None:
    agent = connect_chat.add_participant(connect_chat.contacts.last.contact_id)
    connect_chat.add_participant(connect_chat.contacts.last.contact_id, display_name="Another")
    with pytest.raises(ClientError) as caught:
        add_bot(connect_chat)
    assert caught.value.response["Error"]["Code"] == "ConflictException"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 409

    connect_chat.transfer(connect_chat.contacts.last.contact_id)
    agent.disconnect()
    with pytest.raises(ClientError, match="has an agent already"):
        add_bot(connect_chat)


@pytest.mark.parametrize("connected", [True, False])
def test_a_custom_bot_is_gone_when_an_agent_joins(
    connect_chat: FakeConnectChat, connectparticipant_client: Any, bot_token: str, connected: bool
) -> None:
    client = connectparticipant_client
    if connected:
        answer = client.create_participant_connection(ParticipantToken=bot_token, Type=BOTH)
    connect_chat.add_participant(connect_chat.contacts.last.contact_id)

    bots = ["participant.joined"] if connected else []
    assert types(connect_chat) == [*bots, "participant.joined", *["participant.left"][: len(bots)]]
    assert denied(lambda: client.create_participant_connection(ParticipantToken=bot_token)) == "Access denied"
    if connected:
        assert denied(lambda: send(client, answer["ConnectionCredentials"]["ConnectionToken"])) == "Access denied"
        assert connect_chat.contacts.last.transcript[-1].participant_role == "CUSTOM_BOT"


def test_a_custom_bot_has_15_seconds_to_connect(
    connect_chat: FakeConnectChat, connectparticipant_client: Any, bot_token: str
) -> None:
    connect_chat.clock.advance(seconds=15)
    connectparticipant_client.create_participant_connection(ParticipantToken=bot_token, Type=["CONNECTION_CREDENTIALS"])
    connect_chat.clock.advance(minutes=1)
    connectparticipant_client.create_participant_connection(ParticipantToken=bot_token, Type=["CONNECTION_CREDENTIALS"])


def test_a_custom_bot_that_comes_too_late_is_not_found(
    connect_chat: FakeConnectChat, connectparticipant_client: Any, bot_token: str
) -> None:
    connect_chat.clock.advance(seconds=15, milliseconds=1)
    with pytest.raises(ClientError, match="more than 15 seconds ago") as caught:
        connectparticipant_client.create_participant_connection(ParticipantToken=bot_token, Type=BOTH)
    assert caught.value.response["Error"]["Code"] == "ResourceNotFoundException"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404

    assert add_bot(connect_chat) != bot_token


def test_a_chat_takes_six_participants(connect_chat: FakeConnectChat, participant_token: str) -> None:
    contact_id = connect_chat.contacts.last.contact_id
    for _ in range(5):
        last = connect_chat.add_participant(contact_id, role="SUPERVISOR")
    with pytest.raises(SceneError, match="has 6 participants, and takes no more"):
        connect_chat.add_participant(contact_id)
    with pytest.raises(ClientError) as caught:
        add_bot(connect_chat)
    assert caught.value.response["Error"]["Code"] == "ServiceQuotaExceededException"

    last.disconnect()
    assert add_bot(connect_chat)


def test_the_ids_of_contacts_do_not_depend_on_other_participants(parameters: dict[str, Any]) -> None:
    def second_contact(*, with_agent: bool) -> str:
        with FakeConnectChat(seed=7) as fake:
            first = fake.client().start_chat_contact(**parameters)["ContactId"]
            if with_agent:
                fake.add_participant(first)
            contact_id: str = fake.client().start_chat_contact(**parameters)["ContactId"]
            return contact_id

    assert second_contact(with_agent=True) == second_contact(with_agent=False)


# -- ClientToken -------------------------------------------------------------------------------------------------------


def test_a_repeated_message_is_sent_once(
    connect_chat: FakeConnectChat, connectparticipant_client: Any, connection_token: str
) -> None:
    first = send(connectparticipant_client, connection_token, ClientToken="m-1")
    again = send(connectparticipant_client, connection_token, ClientToken="m-1")
    other = send(connectparticipant_client, connection_token, ClientToken="m-2")

    assert again["Id"] == first["Id"] != other["Id"]
    assert types(connect_chat) == ["participant.joined", "MESSAGE", "MESSAGE"]


def test_an_empty_client_token_of_a_message_is_none(
    connect_chat: FakeConnectChat, connectparticipant_client: Any, connection_token: str
) -> None:
    for _ in range(2):
        send(connectparticipant_client, connection_token, ClientToken="")

    assert types(connect_chat) == ["participant.joined", "MESSAGE", "MESSAGE"]


def test_another_message_under_a_used_client_token_is_answered_as_the_first(
    connect_chat: FakeConnectChat, connectparticipant_client: Any, connection_token: str
) -> None:
    first, second = (
        send(connectparticipant_client, connection_token, content, ClientToken="m-1")["Id"]
        for content in ("Hello", "Good morning")
    )

    said = [item for item in connect_chat.contacts.last.transcript if item.type == "MESSAGE"]
    assert [(item.id, item.content) for item in said] == [(first, "Hello")] == [(second, "Hello")]


def test_a_client_token_counts_for_one_participant(
    connect_chat: FakeConnectChat, connectparticipant_client: Any, connection_token: str, bot_token: str
) -> None:
    client = connectparticipant_client
    bot = client.create_participant_connection(ParticipantToken=bot_token, Type=["CONNECTION_CREDENTIALS"])
    send(client, connection_token, ClientToken="m-1")
    send(client, bot["ConnectionCredentials"]["ConnectionToken"], ClientToken="m-1")

    assert types(connect_chat).count("MESSAGE") == 2


def test_a_lost_response_to_a_disconnection_is_survived(
    connect_chat: FakeConnectChat, connectparticipant_client: Any, connection_token: str
) -> None:
    connect_chat.faults.lose_response("connection_closed", attempts=1, operation="DisconnectParticipant")

    connectparticipant_client.disconnect_participant(ConnectionToken=connection_token)

    assert connect_chat.requests.last.attempt_count == 2
    assert types(connect_chat) == ["participant.joined", "participant.left", "chat.ended"]


def test_a_second_disconnection_is_denied(connectparticipant_client: Any, connection_token: str) -> None:
    connectparticipant_client.disconnect_participant(ConnectionToken=connection_token)

    again = denied(lambda: connectparticipant_client.disconnect_participant(ConnectionToken=connection_token))
    assert again == "Access denied"


# -- faults and rates --------------------------------------------------------------------------------------------------


def test_faults_speak_the_words_of_the_participant_service(
    connect_chat: FakeConnectChat, connectparticipant_client: Any, connection_token: str
) -> None:
    client = connectparticipant_client
    connect_chat.faults.deny_access(operation="SendMessage")
    assert denied(lambda: send(client, connection_token)) == EXPLICIT_DENY

    connect_chat.faults.throttle(operation="SendMessage")
    with pytest.raises(client.exceptions.ThrottlingException):
        send(client, connection_token)


def test_a_lost_response_of_a_message_is_survived(
    connect_chat: FakeConnectChat, connectparticipant_client: Any, connection_token: str
) -> None:
    connect_chat.faults.lose_response(attempts=1, operation="SendMessage")
    send(connectparticipant_client, connection_token)

    assert types(connect_chat) == ["participant.joined", "MESSAGE"]
    assert connect_chat.requests.last.attempt_count == 2


@pytest.fixture
def impatient_client(connect_chat: FakeConnectChat) -> Any:
    """A client that tries once."""
    return Session().create_client(
        "connectparticipant",
        region_name="us-east-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
        config=Config(retries={"total_max_attempts": 1}),
    )


def passed(client: Any, calls: list[Callable[[], Any]]) -> int:
    """Make calls until one is throttled; return how many passed."""
    for count, call in enumerate(calls):
        try:
            call()
        except client.exceptions.ThrottlingException:
            return count
        except client.exceptions.ClientError:
            pass
    return len(calls)


@pytest.mark.connect_chat(rate_limit="aws")
@pytest.mark.parametrize(
    ("operations", "burst"),
    [
        (["SendMessage"], 15),
        (["SendMessage", "SendEvent"], 15),
        (["GetTranscript"], 12),
        (["GetAttachment"], 12),
        (["StartAttachmentUpload", "CompleteAttachmentUpload"], 5),
    ],
    ids=lambda value: "+".join(value) if isinstance(value, list) else None,
)
def test_the_published_rates_hold_and_are_shared_as_published(
    impatient_client: Any, connection_token: str, operations: list[str], burst: int
) -> None:
    def call(operation: str) -> Callable[[], Any]:
        return lambda: EVERY_CALL[operation](impatient_client, connection_token)

    calls = [call(operation) for _ in range(20) for operation in operations]

    assert passed(impatient_client, calls) == burst


@pytest.mark.connect_chat(rate_limit="aws")
def test_a_rate_counts_per_instance(
    connect_client: Any, impatient_client: Any, connection_token: str, parameters: dict[str, Any]
) -> None:
    elsewhere = connect_client.start_chat_contact(**parameters | {"InstanceId": "another"})["ParticipantToken"]
    for _ in range(15):
        send(impatient_client, connection_token)

    other = impatient_client.create_participant_connection(ParticipantToken=elsewhere, Type=["CONNECTION_CREDENTIALS"])
    send(impatient_client, other["ConnectionCredentials"]["ConnectionToken"])
    with pytest.raises(impatient_client.exceptions.ThrottlingException):
        send(impatient_client, connection_token)


@pytest.mark.connect_chat(rate_limit="aws")
def test_unknown_tokens_have_a_rate_too(impatient_client: Any) -> None:
    assert passed(impatient_client, [lambda: send(impatient_client, "unknown")] * 20) == 15


def test_chaos_loses_responses_only_where_a_token_makes_the_retry_a_replay(parameters: dict[str, Any]) -> None:
    met: set[tuple[str, bool]] = set()
    with FakeConnectChat(seed=7, chaos=0.3) as fake:
        client, participants = fake.client(), fake.client("connectparticipant")
        for _ in range(40):
            token = client.start_chat_contact(**parameters)["ParticipantToken"]
            connected = participants.create_participant_connection(
                ParticipantToken=token, Type=["CONNECTION_CREDENTIALS"]
            )
            send(participants, connected["ConnectionCredentials"]["ConnectionToken"])
        for record in fake.requests:
            met |= {(record.operation, "lost" in (attempt.fault or "")) for attempt in record.attempts}

        assert len(fake.contacts) == 40
        assert all(len(contact.transcript) == 1 for contact in fake.contacts.values())
    assert ("SendMessage", True) in met
    assert ("CreateParticipantConnection", True) not in met


def test_a_refused_connection_is_as_if_it_had_not_been_asked_for(
    connect_chat: FakeConnectChat, connect_client: Any, connectparticipant_client: Any, parameters: dict[str, Any]
) -> None:
    connect_chat.rules["connect-participant-streaming"].raises("ConflictException")
    token = connect_client.start_chat_contact(**parameters)["ParticipantToken"]
    connect = connectparticipant_client.create_participant_connection
    for types in (["WEBSOCKET"], ["WEBSOCKET", "CONNECTION_CREDENTIALS"]):
        with pytest.raises(connectparticipant_client.exceptions.ConflictException):
            connect(ParticipantToken=token, Type=types, ConnectParticipant=True)
    connect(ParticipantToken=token, Type=["CONNECTION_CREDENTIALS"])

    assert connect_chat.contacts.last.transcript == ()
