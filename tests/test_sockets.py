"""The WebSockets of chats, as clients open them while an endpoint serves."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

pytest.importorskip("aiohttp", reason="the extra endpoint is not installed")

import websocket
from over_the_wire import BOTH, Chat, Socket, closing, in_short

from pytest_connect_chat import ConnectChatEndpoint, FakeConnectChat, FlowChat
from pytest_connect_chat.exceptions import SceneError

pytestmark = pytest.mark.once


@pytest.fixture
def chat(
    connect_chat: FakeConnectChat, connect_chat_endpoint: ConnectChatEndpoint, parameters: dict[str, Any]
) -> Iterator[Chat]:
    """A customer who has subscribed."""
    yield from closing(Chat(connect_chat, parameters))


@pytest.fixture
def unsubscribed(
    connect_chat: FakeConnectChat, connect_chat_endpoint: ConnectChatEndpoint, parameters: dict[str, Any]
) -> Iterator[Chat]:
    """A customer who has asked for a connection and opened nothing."""
    yield from closing(Chat(connect_chat, parameters, subscribe=False))


def refusal(url: str, **options: Any) -> str:
    """Return the status and the words of a handshake that is refused."""
    with pytest.raises(websocket.WebSocketBadStatusException) as error:
        websocket.create_connection(url, timeout=10, **options)
    return f"{error.value.status_code} {json.loads(error.value.resp_body or b'{}').get('message')}"


# -- what a client says ------------------------------------------------------------------------------------------------


def test_heartbeats_and_pings_are_answered_in_kind(chat: Chat) -> None:
    assert chat.socket.asked('{"topic":"aws/heartbeat"}') == {"topic": "aws/heartbeat"}
    assert chat.socket.asked('{"topic":"aws/ping"}') == {
        "topic": "aws/ping",
        "statusCode": 200,
        "statusContent": "OK",
    }


@pytest.mark.parametrize(
    "frame",
    [
        "",
        "{",
        '{"topic":"aws/hea',
        "[]",
        '"aws/ping"',
        "{}",
        '{"topic":["aws/ping"]}',
        '{"topic":"aws/pong"}',
        "[" * 9999,
    ],
)
def test_a_frame_that_is_none_is_refused_as_the_router_does(chat: Chat, frame: str) -> None:
    answer = chat.socket.asked(frame)

    assert answer["message"] == "Forbidden"
    assert answer["connectionId"] != answer["requestId"]
    assert chat.socket.asked('{"topic":"aws/ping"}')["statusCode"] == 200


def test_a_binary_frame_is_refused_likewise(chat: Chat) -> None:
    chat.socket.ws.send_binary(b'{"topic":"aws/ping"}')

    assert chat.socket.next()["message"] == "Forbidden"


def test_a_frame_that_is_too_large_closes_the_socket(chat: Chat) -> None:
    chat.socket.ws.send("x" * (128 * 1024 + 1))

    with pytest.raises((websocket.WebSocketConnectionClosedException, ConnectionError, ValueError)):
        chat.socket.next()  # or the text of a close frame, which is no JSON
    chat.say("Still there")
    assert chat.open().asked('{"topic":"aws/ping"}')["statusCode"] == 200


def test_what_follows_a_subscription_does_not_matter(unsubscribed: Chat) -> None:
    socket = unsubscribed.open(subscribe=False)

    # AWS's library for iOS sends this.
    answer = socket.asked('{"topic": "aws/subscribe", "content": {"topics": ["aws/chat"]}})')

    assert answer == {"topic": "aws/subscribe", "content": {"status": "success", "topics": ["aws/chat"]}}


def test_a_subscription_may_name_further_topics(unsubscribed: Chat, connect_chat_endpoint: ConnectChatEndpoint) -> None:
    socket = unsubscribed.open(subscribe=False)

    answer = socket.asked('{"topic":"aws/subscribe","content":{"topics":["aws/typing","aws/chat",7]}}')

    assert answer["content"] == {"status": "success", "topics": ["aws/typing", "aws/chat"]}
    assert connect_chat_endpoint.sockets[0].topics == ("aws/typing", "aws/chat")


@pytest.mark.parametrize("content", ['{"topics":["aws/other"]}', '{"topics":"aws/chat"}', '"aws/chat"', "null"])
def test_a_subscription_to_something_else_fails(unsubscribed: Chat, content: str) -> None:
    socket = unsubscribed.open(subscribe=False)

    answer = socket.asked(f'{{"topic":"aws/subscribe","content":{content}}}')

    assert answer["content"]["status"] == "failure"
    assert unsubscribed.fake.contacts.last.transcript == ()


# -- subscribing is connecting -----------------------------------------------------------------------------------------


def test_subscribing_connects_and_asking_does_not(unsubscribed: Chat) -> None:
    assert unsubscribed.fake.contacts.last.transcript == ()

    unsubscribed.open(subscribe=False)
    assert unsubscribed.fake.contacts.last.transcript == ()

    assert unsubscribed.open().items(1) == ["participant.joined"]
    assert [item.participant_role for item in unsubscribed.fake.contacts.last.transcript] == ["CUSTOMER"]


def test_nobody_connects_in_time_by_asking_alone(unsubscribed: Chat) -> None:
    unsubscribed.fake.clock.advance(minutes=5)

    assert unsubscribed.fake.contacts.last.disconnect_reason == "CUSTOMER_CONNECTION_NOT_ESTABLISHED"


def test_asking_in_the_start_of_a_chat_does_not_connect_either(
    connect_chat: FakeConnectChat, connect_chat_endpoint: ConnectChatEndpoint, parameters: dict[str, Any]
) -> None:
    answer = connect_chat.client().start_chat_contact(**parameters, ConnectionTypes=BOTH)

    assert answer["Websocket"]["Url"].startswith(connect_chat_endpoint.url.replace("http", "ws"))
    assert connect_chat.contacts.last.transcript == ()


def test_a_streamed_chat_connects_without_a_socket(unsubscribed: Chat, parameters: dict[str, Any]) -> None:
    unsubscribed.fake.client().start_contact_streaming(
        InstanceId=parameters["InstanceId"],
        ContactId=unsubscribed.contact_id,
        ChatStreamingConfiguration={"StreamingEndpointArn": "arn:aws:sns:us-east-1:123456789012:chats"},
    )
    unsubscribed.client.create_participant_connection(
        ParticipantToken=unsubscribed.participant_token, Type=["CONNECTION_CREDENTIALS"], ConnectParticipant=True
    )

    assert len(unsubscribed.fake.contacts.last.transcript) == 1


def test_a_flow_starts_with_the_subscription(unsubscribed: Chat) -> None:
    unsubscribed.fake.play_flow(lambda chat: chat.send_message("Welcome"))

    assert unsubscribed.open().items(2) == ["participant.joined", "Welcome"]


def test_what_a_handler_raises_at_a_subscription_fails_the_test_and_not_the_socket(
    unsubscribed: Chat, connect_chat: FakeConnectChat
) -> None:
    def flow(chat: FlowChat) -> None:
        pytest.fail("not like this")

    connect_chat.play_flow(flow)
    socket = unsubscribed.open()

    assert socket.items(1) == ["participant.joined"]
    assert socket.asked('{"topic":"aws/heartbeat"}')
    with pytest.raises(pytest.fail.Exception, match="not like this"):
        connect_chat.raise_failures()


def test_a_subscription_that_comes_after_the_end_connects_nobody(unsubscribed: Chat) -> None:
    socket = unsubscribed.open(subscribe=False)
    unsubscribed.fake.stop_contact(unsubscribed.contact_id)

    answer = socket.asked('{"topic":"aws/subscribe","content":{"topics":["aws/chat"]}}')

    assert answer["content"]["status"] == "success"
    assert [in_short({"Type": item.type, "ContentType": item.content_type}) for item in unsubscribed.transcript] == [
        "chat.ended"
    ]


# -- what arrives ------------------------------------------------------------------------------------------------------


def test_everybody_hears_everything_and_oneself(chat: Chat) -> None:
    second = chat.open()

    chat.say("Hello")
    grace = chat.fake.add_participant(chat.contact_id, display_name="Grace")
    grace.send_message("On its way.")

    heard = ["Hello", "participant.joined", "On its way."]
    assert chat.socket.items(3) == heard
    assert second.items(3) == heard


def test_an_item_is_as_captures_have_it(chat: Chat) -> None:
    message_id = chat.say("Grüße")

    now = chat.fake.clock.now()
    assert list(chat.socket.item().items()) == [
        ("AbsoluteTime", f"{now:%Y-%m-%dT%H:%M:%S}.{now.microsecond // 1000:03}Z"),
        ("Content", "Grüße"),
        ("ContentType", "text/plain"),
        ("Id", message_id),
        ("Type", "MESSAGE"),
        ("ParticipantId", chat.fake.contacts.last.participant_id),
        ("DisplayName", "Ada"),
        ("ParticipantRole", "CUSTOMER"),
        ("InitialContactId", chat.contact_id),
        ("ContactId", chat.contact_id),
    ]


def test_typing_receipts_files_transfers_and_the_end_arrive(chat: Chat) -> None:
    message_id = chat.say("Hello")
    grace = chat.fake.add_participant(chat.contact_id)
    grace.send_event("typing")
    grace.send_event("message.read", message_id=message_id)
    grace.send_attachment("a.txt", b"abc")
    chat.fake.transfer(chat.contact_id)
    grace.disconnect()

    kinds = ["Hello", "participant.joined", "typing", "MESSAGEMETADATA", "ATTACHMENT"]
    assert chat.socket.items(8) == [*kinds, "transfer.succeeded", "participant.left", "chat.ended"]


def test_only_those_who_have_subscribed_hear_of_it(chat: Chat) -> None:
    silent = chat.open(subscribe=False)

    chat.say("Hello")

    assert chat.socket.items(1) == ["Hello"]
    assert silent.asked('{"topic":"aws/heartbeat"}') == {"topic": "aws/heartbeat"}


def test_another_chat_is_not_heard(chat: Chat, parameters: dict[str, Any]) -> None:
    other = Chat(chat.fake, parameters)
    other.say("Not for you")
    chat.say("For you")

    assert chat.socket.items(1) == ["For you"]
    assert other.socket.items(1) == ["Not for you"]
    other.close()


def test_frames_name_the_contact_at_which_the_chat_has_arrived(chat: Chat) -> None:
    transferred = chat.fake.transfer(chat.contact_id)
    chat.say("Hello")

    assert in_short(chat.socket.item()) == "transfer.succeeded"
    item = chat.socket.item()
    assert (item["InitialContactId"], item["ContactId"]) == (chat.contact_id, transferred.contact_id)


def test_who_has_left_hears_of_that_and_of_the_end_only(chat: Chat) -> None:
    grace = chat.fake.add_participant(chat.contact_id)
    chat.client.disconnect_participant(ConnectionToken=chat.token)
    grace.send_message("Between us")
    grace.disconnect()

    assert chat.socket.items(3) == ["participant.joined", "participant.left", "chat.ended"]


def test_what_was_said_before_somebody_left_is_heard(chat: Chat) -> None:
    grace = chat.fake.add_participant(chat.contact_id, display_name="Grace")

    def reply(item: Any) -> None:
        grace.send_message("One moment")
        chat.client.disconnect_participant(ConnectionToken=chat.token)

    chat.fake.reply_with(reply)
    chat.say("Hello")

    assert chat.socket.items(4) == ["participant.joined", "Hello", "One moment", "participant.left"]


def test_a_bot_of_the_application_has_a_socket_too(chat: Chat, parameters: dict[str, Any]) -> None:
    added = chat.fake.client().create_participant(
        InstanceId=parameters["InstanceId"],
        ContactId=chat.contact_id,
        ParticipantDetails={"ParticipantRole": "CUSTOM_BOT", "DisplayName": "Bot"},
    )
    token = added["ParticipantCredentials"]["ParticipantToken"]
    connection = chat.client.create_participant_connection(ParticipantToken=token, Type=BOTH)
    bot = Socket(connection["Websocket"]["Url"])
    chat.say("Hello")

    assert bot.items(2) == ["participant.joined", "Hello"]
    assert chat.socket.items(2) == ["participant.joined", "Hello"]
    bot.ws.close()


def test_the_end_of_an_idle_chat_arrives_when_the_test_moves_the_clock(chat: Chat) -> None:
    chat.fake.clock.advance(hours=25)

    assert chat.socket.items(1) == ["chat.ended"]


def test_what_is_due_happens_by_itself_where_the_clock_follows_the_systems(parameters: dict[str, Any]) -> None:
    def flow(chat: FlowChat) -> Any:
        yield timedelta(seconds=0.2)
        chat.send_message("Still there?")

    with FakeConnectChat(clock="system") as fake, fake.serve():
        fake.play_flow(flow)
        chat = Chat(fake, parameters)

        assert chat.socket.items(1) == ["Still there?"]
        chat.close()


# -- who may open one --------------------------------------------------------------------------------------------------


def test_a_token_of_nobody_opens_nothing(connect_chat_endpoint: ConnectChatEndpoint) -> None:
    url = connect_chat_endpoint.url.replace("http", "ws")

    for path in ("/?AuthToken=QVFJREFI", "/", "/?AuthToken="):
        assert refusal(url + path) == (
            "403 Forbidden: the AuthToken is of no URL that CreateParticipantConnection gave."
        )


def test_other_tokens_of_the_chat_open_nothing(unsubscribed: Chat, connect_chat_endpoint: ConnectChatEndpoint) -> None:
    url = connect_chat_endpoint.url.replace("http", "ws")

    for token in (unsubscribed.token, unsubscribed.participant_token):
        assert refusal(f"{url}/?AuthToken={token}").startswith("403 Forbidden: the AuthToken is of no URL")


def test_a_url_holds_for_100_seconds(unsubscribed: Chat) -> None:
    unsubscribed.fake.clock.advance(seconds=99)
    socket = unsubscribed.open()
    unsubscribed.fake.clock.advance(seconds=1)

    assert refusal(unsubscribed.url).startswith("403 Forbidden: the URL has expired at ")
    assert socket.items(1) == ["participant.joined"]
    assert Socket(unsubscribed.connection()["Websocket"]["Url"]).ws.close() is None


def test_the_url_of_a_chat_that_is_over_opens_nothing(chat: Chat) -> None:
    chat.fake.stop_contact(chat.contact_id)

    assert refusal(chat.url) == "403 Forbidden: the chat is over, or the participant has left it."


def test_who_has_left_opens_no_further_socket(chat: Chat) -> None:
    chat.fake.add_participant(chat.contact_id)
    chat.client.disconnect_participant(ConnectionToken=chat.token)

    assert refusal(chat.url) == "403 Forbidden: the chat is over, or the participant has left it."


def test_a_participant_has_five_sockets(chat: Chat, connect_chat_endpoint: ConnectChatEndpoint) -> None:
    sockets = [chat.open() for _ in range(4)]

    assert refusal(chat.url) == "403 Forbidden: the participant has 5 sockets, which is its quota."
    sockets[0].ws.close()
    connect_chat_endpoint.wait_for(lambda: len(connect_chat_endpoint.sockets) == 4)
    chat.open()


def test_a_handshake_for_another_host_is_refused(chat: Chat) -> None:
    with pytest.raises(websocket.WebSocketBadStatusException) as error:
        websocket.create_connection(chat.url, host="connect.example", timeout=10)

    assert error.value.status_code == 403
    assert b"not the host 'connect.example'" in (error.value.resp_body or b"")


def test_the_sub_protocol_that_is_asked_for_is_echoed(chat: Chat) -> None:
    assert chat.open(subprotocols=["chat", "other"]).ws.getsubprotocol() == "chat"
    assert chat.socket.ws.getsubprotocol() is None


# -- as a test sees them -----------------------------------------------------------------------------------------------


def test_open_sockets_are_listed(
    chat: Chat, connect_chat: FakeConnectChat, connect_chat_endpoint: ConnectChatEndpoint
) -> None:
    (socket,) = connect_chat_endpoint.sockets

    assert socket.participant == (connect_chat.contacts.last.participant_id, "CUSTOMER", "Ada")
    assert socket.contact is connect_chat.contacts[chat.contact_id]
    assert socket.topics == ("aws/chat",)
    assert repr(socket) == "<ChatSocket of the CUSTOMER 'Ada': aws/chat>"
    assert repr(connect_chat_endpoint) == f"<ConnectChatEndpoint {connect_chat_endpoint.url}: 1 socket>"
    with pytest.raises(AttributeError, match="'topics' of ChatSocket cannot be assigned"):
        socket.topics = ()  # type: ignore[misc]


def test_a_network_drops_sockets_and_the_client_comes_back(
    chat: Chat, connect_chat_endpoint: ConnectChatEndpoint
) -> None:
    connect_chat_endpoint.drop_sockets()

    assert connect_chat_endpoint.sockets == ()
    with pytest.raises((websocket.WebSocketConnectionClosedException, ConnectionError)):
        chat.socket.next()
    again = chat.open()
    chat.say("I am back")
    assert again.items(1) == ["I am back"]  # and no second joining


def test_clients_that_come_back_at_once_keep_no_drop_waiting(
    chat: Chat, connect_chat_endpoint: ConnectChatEndpoint
) -> None:
    ending = threading.Event()

    def come_back() -> None:
        while not ending.is_set():
            with (
                contextlib.suppress(websocket.WebSocketException, OSError),
                contextlib.closing(websocket.create_connection(chat.url, timeout=10)) as ws,
            ):
                ws.recv()

    clients = [threading.Thread(target=come_back) for _ in range(2)]
    for client in clients:
        client.start()
    for _ in range(10):
        connect_chat_endpoint.wait_for(lambda: connect_chat_endpoint.sockets)
        connect_chat_endpoint.drop_sockets()
    ending.set()
    chat.fake.stop_contact(chat.contact_id)  # so that nothing is opened any more
    connect_chat_endpoint.drop_sockets()
    for client in clients:
        client.join()


def test_a_client_that_never_reads_is_cut_off(
    connect_chat_endpoint: ConnectChatEndpoint, chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pytest_connect_chat._endpoint.server.MOST_WAITING", 20)
    small = [(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)]
    silent = Socket(chat.url, sockopt=small)
    grace = chat.fake.add_participant(chat.contact_id)
    for _ in range(20_000):  # the system has room for some megabytes
        grace.send_message("x" * 1_000)
        chat.socket.next()
        if len(connect_chat_endpoint.sockets) == 1:
            break

    assert len(connect_chat_endpoint.sockets) == 1
    silent.ws.close()


def test_a_reset_closes_the_sockets_and_serves_on(
    chat: Chat, connect_chat_endpoint: ConnectChatEndpoint, parameters: dict[str, Any]
) -> None:
    grace = chat.fake.add_participant(chat.contact_id)
    assert chat.socket.items(1) == ["participant.joined"]
    chat.fake.reset()

    assert connect_chat_endpoint.sockets == ()
    with pytest.raises((websocket.WebSocketConnectionClosedException, ConnectionError)):
        chat.socket.next()
    with contextlib.suppress(SceneError):
        grace.send_message("From before the reset")
    assert refusal(chat.url).startswith("403 Forbidden: the AuthToken is of no URL")
    after = Chat(chat.fake, parameters)
    grace.send_message("From before the reset")  # in a chat of the same ids
    after.say("Hello")
    assert after.socket.items(1) == ["Hello"]
    after.close()


def test_one_sockets_foreign_url_opens_the_chat_of_its_participant_only(chat: Chat, parameters: dict[str, Any]) -> None:
    other = Chat(chat.fake, parameters)
    socket = other.open()
    chat.say("For Ada's first chat")
    other.say("For her second")

    assert socket.items(1) == ["For her second"]
    other.close()
