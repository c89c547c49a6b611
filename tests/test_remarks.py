"""What the section of a failed test says beside what happened: why requests came to nothing, what did not happen."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from conftest import new_client

from pytest_connect_chat import FakeConnectChat, FlowChat

pytestmark = pytest.mark.once

TOPIC = {"StreamingEndpointArn": "arn:aws:sns:us-east-1:123456789012:chats"}


def section(fake: FakeConnectChat) -> str:
    return " ".join(fake.journal().split())


def connect(participant_token: str, **members: Any) -> str:
    """Ask for a connection token, and return it."""
    connection = new_client("connectparticipant").create_participant_connection(
        ParticipantToken=participant_token, Type=["CONNECTION_CREDENTIALS"], **members
    )
    return str(connection["ConnectionCredentials"]["ConnectionToken"])


def say(connection_token: str, **settings: Any) -> None:
    new_client("connectparticipant", **settings).send_message(
        ConnectionToken=connection_token, ContentType="text/plain", Content="Hi"
    )


def support(chat: FlowChat) -> None:
    chat.send_message("Welcome.")


# -- tokens ------------------------------------------------------------------------------------------------------------


def test_a_connection_token_for_a_participant_token_is_remarked(connect_chat: FakeConnectChat) -> None:
    contact = connect_chat.add_contact()
    with pytest.raises(ClientError, match="explicit deny"):
        connect(connect(contact.participant_token))

    assert section(connect_chat).endswith(
        f"#2 has a connection token of the customer of contact {contact.contact_id[:8]}... for its ParticipantToken: "
        "StartChatContact and CreateParticipant give one for it"
    )


@pytest.mark.parametrize("named", ["contact_id", "participant_id"])
def test_an_id_for_a_token_is_remarked(connect_chat: FakeConnectChat, named: str) -> None:
    contact = connect_chat.add_contact()
    with pytest.raises(ClientError, match="explicit deny"):
        connect(getattr(contact, named))

    whose = {
        "contact_id": "the id of a contact",
        "participant_id": f"the participant id of the customer of contact {contact.contact_id[:8]}...",
    }
    assert f"#1 has {whose[named]} for its ParticipantToken: StartChatContact" in section(connect_chat)


def test_nothing_is_said_of_a_token_that_nobody_knows(connect_chat: FakeConnectChat) -> None:
    with pytest.raises(ClientError, match="explicit deny"):
        connect("something else")

    assert "#1 has" not in section(connect_chat)


def test_a_token_of_another_region_is_remarked(connect_chat: FakeConnectChat) -> None:
    token = connect(connect_chat.add_contact().participant_token)
    with pytest.raises(ClientError, match="explicit deny"):
        say(token, region_name="eu-west-1")

    assert section(connect_chat).endswith("#2 has a token of the region us-east-1, and its client is in eu-west-1")


def test_a_token_of_a_chat_that_is_over_is_remarked_with_how_it_ended(
    connect_chat: FakeConnectChat, parameters: dict[str, Any]
) -> None:
    started = new_client().start_chat_contact(**parameters)
    token = connect(started["ParticipantToken"])
    connect_chat.clock.advance(minutes=6)
    with pytest.raises(ClientError, match="Access denied"):
        say(token)
    with pytest.raises(ClientError, match="Access denied"):
        connect(started["ParticipantToken"])

    said = section(connect_chat)
    assert "#3 came too late for its chat: it ended at " in said
    assert "(CUSTOMER_CONNECTION_NOT_ESTABLISHED: nobody connected in time; the setting connect_within says" in said
    assert "#4 came too late for its chat: it ended at " in said


def test_a_token_of_somebody_who_has_left_is_remarked(connect_chat: FakeConnectChat) -> None:
    contact = connect_chat.add_contact()
    added = new_client().create_participant(
        InstanceId=contact.instance_id,
        ContactId=contact.contact_id,
        ParticipantDetails={"ParticipantRole": "CUSTOM_BOT", "DisplayName": "Bot"},
    )
    token = connect(added["ParticipantCredentials"]["ParticipantToken"], ConnectParticipant=True)
    new_client("connectparticipant").disconnect_participant(ConnectionToken=token)
    with pytest.raises(ClientError, match="Access denied"):
        say(token)

    assert section(connect_chat).endswith(
        f"#4 came too late: the custom bot of contact {contact.contact_id[:8]}... has left"
    )


def test_a_token_that_is_too_old_is_remarked(connect_chat: FakeConnectChat) -> None:
    token = connect(connect_chat.add_contact().participant_token)
    connect_chat.clock.advance(hours=24)
    with pytest.raises(ClientError, match="Access denied"):
        say(token)

    assert section(connect_chat).endswith(
        "#2 has a ConnectionToken that is more than one day old: CreateParticipantConnection gives one for it"
    )


# -- what connects nobody ----------------------------------------------------------------------------------------------


def test_connect_participant_without_streaming_is_remarked(
    connect_chat: FakeConnectChat, parameters: dict[str, Any]
) -> None:
    started = new_client().start_chat_contact(**parameters)
    connect(started["ParticipantToken"], ConnectParticipant=True)

    assert section(connect_chat).endswith(
        "#2 connected nobody: ConnectParticipant does so once the contact is streamed, by StartContactStreaming"
    )


def test_nothing_is_said_of_a_customer_who_has_connected_after_all(
    connect_chat: FakeConnectChat, parameters: dict[str, Any]
) -> None:
    started = new_client().start_chat_contact(**parameters)
    connect(started["ParticipantToken"], ConnectParticipant=True)
    new_client().start_contact_streaming(
        InstanceId=parameters["InstanceId"], ContactId=started["ContactId"], ChatStreamingConfiguration=TOPIC
    )
    connect(started["ParticipantToken"], ConnectParticipant=True)

    assert "connected nobody" not in section(connect_chat)


# -- what was not called -----------------------------------------------------------------------------------------------

NO_CUSTOMER = (
    "no customer connected; asking CreateParticipantConnection for WEBSOCKET and CONNECTION_CREDENTIALS does that, or "
    "ConnectParticipant once the contact is streamed"
)
Arranged = Callable[[FakeConnectChat], object]
NOT_CALLED: dict[str, tuple[Arranged, str]] = {
    "flow": (lambda fake: fake.play_flow(support), "the flow support was not played: "),
    "reply": (lambda fake: fake.reply_with("Hello."), "reply_with() was not asked for an answer: "),
}


@pytest.mark.parametrize("arranged", NOT_CALLED)
def test_what_the_service_was_to_say_and_did_not_is_remarked(
    connect_chat: FakeConnectChat, parameters: dict[str, Any], arranged: str
) -> None:
    arrange, what = NOT_CALLED[arranged]
    arrange(connect_chat)
    assert section(connect_chat).endswith(f"{what}no chat was started")

    started = new_client().start_chat_contact(**parameters)
    assert section(connect_chat).endswith(what + NO_CUSTOMER)

    connect_chat.add_contact()
    assert section(connect_chat).endswith(f"{what}nothing has happened since in a chat that it is for")

    token = new_client("connectparticipant").create_participant_connection(
        ParticipantToken=started["ParticipantToken"], Type=["WEBSOCKET", "CONNECTION_CREDENTIALS"]
    )["ConnectionCredentials"]["ConnectionToken"]
    say(token)
    assert what not in section(connect_chat)


def test_a_flow_of_an_id_that_no_chat_has_is_remarked(connect_chat: FakeConnectChat) -> None:
    connect_chat.play_flow(support, contact_flow_id="mistyped")
    connect_chat.add_participant(connect_chat.add_contact().contact_id)

    assert section(connect_chat).endswith(
        "the flow support was not played: no chat was started with the flow id mistyped"
    )


def test_a_disconnect_flow_that_was_not_played_is_remarked(connect_chat: FakeConnectChat) -> None:
    connect_chat.play_disconnect_flow(support)
    agent = connect_chat.add_participant(connect_chat.add_contact().contact_id)
    assert section(connect_chat).endswith("the disconnect flow support was not played: no chat lost its last agent")

    agent.disconnect()
    assert "was not played" not in section(connect_chat)


def test_beside_the_endpoint_a_customer_connects_by_a_socket(
    connect_chat: FakeConnectChat, parameters: dict[str, Any]
) -> None:
    pytest.importorskip("aiohttp")
    connect_chat.play_flow(support)
    new_client().start_chat_contact(**parameters)
    with connect_chat.serve():
        assert "; subscribing to aws/chat at the WebSocket does that, or ConnectParticipant" in section(connect_chat)


def test_a_handler_that_was_not_called_is_remarked(connect_chat: FakeConnectChat) -> None:
    what = "the handler of on_notification() was not called: "
    connect_chat.on_notification(lambda notification: None)
    assert section(connect_chat).endswith(f"{what}no chat was started")

    contact = connect_chat.add_contact()
    connect_chat.add_participant(contact.contact_id)
    assert section(connect_chat).endswith(f"{what}no chat was streamed, see StartContactStreaming")

    new_client().start_contact_streaming(
        InstanceId=contact.instance_id, ContactId=contact.contact_id, ChatStreamingConfiguration=TOPIC
    )
    assert section(connect_chat).endswith(f"{what}nothing was published since it was given")

    connect_chat.clock.advance(timedelta(seconds=1))
    connect_chat.stop_contact(contact.contact_id)
    assert what not in section(connect_chat)


def test_what_is_taken_away_again_is_not_missed(connect_chat: FakeConnectChat) -> None:
    for method in ("play_flow", "play_disconnect_flow", "reply_with", "on_notification"):
        give = getattr(connect_chat, method)
        give(support)
        give(None)

    assert section(connect_chat) == ""
