"""WebSockets: who may open one, and what it hears."""

from __future__ import annotations

import json
from typing import Any

import pytest
import websocket
from over_the_wire import EVENT, SUBSCRIBE

from contract.scene import Scene
from contract.witness import Witness

pytestmark = [pytest.mark.once, pytest.mark.over_http, pytest.mark.untraced]

PING = '{"topic":"aws/ping"}'


def hears(scene: Scene, socket: Any, wanted: str) -> list[str]:
    """Return the kinds of items that a socket hears, up to the one that is wanted."""
    kinds = [""]
    while kinds[-1] != wanted:
        content = json.loads(scene.frame_of(socket, "aws/chat")["content"])
        kinds.append(content["ContentType"].removeprefix(EVENT))
    return kinds[1:]


@pytest.mark.settles("url-opens-several", "sixth-socket")
def test_more_sockets_than_a_participant_has(scene: Scene, witness: Witness) -> None:
    chat = scene.start()
    url = scene.participant.create_participant_connection(
        ParticipantToken=chat["ParticipantToken"], Type=["WEBSOCKET"]
    )["Websocket"]["Url"]
    statuses = [scene.status_of_socket(url) for _ in range(6)]
    witness.holds("url-opens-several", statuses[1] == 101, statuses)
    witness.holds("sixth-socket", statuses == [101] * 5 + [403], statuses)


@pytest.mark.settles("unknown-socket", "ended-socket")
def test_a_socket_that_is_refused(scene: Scene, witness: Witness) -> None:
    chat = scene.chat()
    status = scene.status_of_socket(chat.url.partition("AuthToken=")[0] + "AuthToken=unknown")
    witness.holds("unknown-socket", status == 403, status)
    scene.stop(chat.contact_id)
    status = scene.status_of_socket(chat.url)
    witness.holds("ended-socket", status == 403, status)


@pytest.mark.settles("open-after-end")
def test_a_socket_after_the_end(scene: Scene, witness: Witness) -> None:
    chat = scene.chat()
    socket = scene.open(chat.url)
    scene.stop(chat.contact_id)
    hears(scene, socket, "chat.ended")
    try:
        socket.send(PING)
        heard = scene.frame_of(socket, "aws/ping")["topic"]
    except (ConnectionError, websocket.WebSocketConnectionClosedException) as error:
        heard = type(error).__name__
    witness.holds("open-after-end", heard == "aws/ping", heard)


@pytest.mark.settles("left-hears-end-only")
def test_a_customer_who_has_left(scene: Scene, witness: Witness) -> None:
    chat = scene.chat()
    agent = scene.fake.add_participant(chat.contact_id)
    socket = scene.open(chat.url)
    scene.participant.disconnect_participant(ConnectionToken=chat.connection_token)
    agent.send_message("Is somebody there?")
    agent.disconnect()
    kinds = hears(scene, socket, "chat.ended")
    witness.holds("left-hears-end-only", kinds == ["participant.left", "chat.ended"], kinds)


@pytest.mark.settles("sub-protocol")
def test_a_sub_protocol(scene: Scene, witness: Witness) -> None:
    # As a header: asked for as a sub-protocol, one that is not echoed is an error of the library.
    socket = scene.open(scene.chat().url, subscribe=False, header=["Sec-WebSocket-Protocol: contract"])
    echoed = socket.getheaders().get("sec-websocket-protocol")
    witness.holds("sub-protocol", echoed == "contract", echoed)


@pytest.mark.settles("further-topics")
def test_what_a_subscription_may_ask_for(scene: Scene, witness: Witness) -> None:
    chat = scene.chat()
    socket = scene.open(chat.url, subscribe=False)
    contents = []
    for topics in (["aws/chat", "aws/further"], ["aws/further"]):
        socket.send(json.dumps({"topic": "aws/subscribe", "content": {"topics": topics}}))
        contents.append(scene.frame_of(socket, "aws/subscribe")["content"])
    acknowledged = contents[0] == {"status": "success", "topics": ["aws/chat", "aws/further"]}
    witness.holds("further-topics", acknowledged and contents[1]["status"] == "failure", contents)


@pytest.mark.settles("closing-disconnects-nobody")
def test_a_socket_that_closes(scene: Scene, witness: Witness) -> None:
    chat = scene.chat()
    scene.open(chat.url)
    scene.close()  # also what the customer has joined with
    scene.wait(10)
    witness.holds("closing-disconnects-nobody", "DisconnectTimestamp" not in scene.describe(chat.contact_id))


@pytest.mark.settles("no-heartbeats")
def test_a_socket_without_heartbeats(scene: Scene, witness: Witness) -> None:
    socket = scene.open(scene.chat().url)
    scene.wait(3_600)
    socket.send(SUBSCRIBE)
    witness.holds("no-heartbeats", scene.frame_of(socket, "aws/subscribe")["content"]["status"] == "success")
