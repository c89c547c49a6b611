"""Streaming to SNS, and flows: what the service says of itself."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from over_the_wire import EVENT

from contract.scene import NOBODY, PLAIN, Participant, Scene
from contract.witness import Witness

pytestmark = [pytest.mark.once, pytest.mark.untraced]


def stream(scene: Scene, contact_id: str) -> str:
    """Stream a chat; return the id of the streaming."""
    answer = scene.connect.start_contact_streaming(
        InstanceId=scene.instance_id,
        ContactId=contact_id,
        ChatStreamingConfiguration={"StreamingEndpointArn": f"arn:aws:sns:{scene.region}:123456789012:chats"},
        ClientToken=str(uuid.uuid4()),
    )
    return str(answer["StreamingId"])


def flag(scene: Scene, token: str) -> None:
    """Say that a customer is connected, without a WebSocket."""
    scene.participant.create_participant_connection(
        ParticipantToken=token, Type=["CONNECTION_CREDENTIALS"], ConnectParticipant=True
    )


@pytest.mark.settles("streaming-exists")
def test_a_streaming_that_is_none(scene: Scene, witness: Witness) -> None:
    with witness.refused("streaming-exists"):
        scene.connect.stop_contact_streaming(
            InstanceId=scene.instance_id, ContactId=scene.start()["ContactId"], StreamingId=NOBODY
        )


@pytest.mark.settles("streaming-endpoints", "streaming-id-uuid")
def test_a_third_streaming(scene: Scene, witness: Witness) -> None:
    contact_id = scene.chat().contact_id
    streaming_id = stream(scene, contact_id)
    witness.holds("streaming-id-uuid", str(uuid.UUID(streaming_id)) == streaming_id)
    stream(scene, contact_id)
    with witness.refused("streaming-endpoints"):
        stream(scene, contact_id)


@pytest.mark.settles("flag-needs-streaming-now")
def test_connecting_before_the_streaming(scene: Scene, witness: Witness) -> None:
    early, late = scene.start(), scene.start()
    flag(scene, early["ParticipantToken"])
    for started in (early, late):
        stream(scene, started["ContactId"])
    flag(scene, late["ParticipantToken"])
    scene.wait(320)
    ended = ["DisconnectReason" in scene.describe(started["ContactId"]) for started in (early, late)]
    witness.holds("flag-needs-streaming-now", ended == [True, False], ended)


@pytest.mark.settles("streams-through-transfers", "visibility-all", "published-receipts", "published-initial-message")
def test_what_is_published(scene: Scene, witness: Witness) -> None:
    chat = scene.chat()
    stream(scene, chat.contact_id)
    agent = scene.fake.add_participant(chat.contact_id)
    agent.send_message("Hello")
    scene.read(chat, scene.fake.contacts[chat.contact_id].transcript[-1].id)
    scene.fake.transfer(chat.contact_id)
    scene.say(chat, "after")

    published = scene.fake.notifications
    visible = {notification.attributes.get("MessageVisibility") for notification in published}
    witness.holds("visibility-all", visible == {"ALL"}, visible)
    types = [notification.item["Type"] for notification in published]
    witness.holds("published-receipts", "MESSAGEMETADATA" in types, types)
    last = published.last.item.get("Content")
    witness.holds("streams-through-transfers", last == "after", last)

    scene.knows("StartChatContact", "ChatStreamingConfiguration")
    scene.start(
        ChatStreamingConfiguration={"StreamingEndpointArn": f"arn:aws:sns:{scene.region}:123456789012:chats"},
        InitialMessage={"ContentType": PLAIN, "Content": "first"},
    )
    contents = [notification.item.get("Content") for notification in published]
    witness.holds("published-initial-message", "first" in contents, contents)


@pytest.mark.settles("flow-one-id", "flow-content-types")
def test_what_a_flow_says(scene: Scene, witness: Witness) -> None:
    def flow(chat: Any) -> None:
        chat.send_message("one")
        chat.send_message("**two**", "text/markdown")

    scene.fake.play_flow(flow)
    items = of_the_flow(scene, scene.chat())
    ids = {item["ParticipantId"] for item in items}
    witness.holds("flow-one-id", len(ids) == 1, len(items))
    types = [item["ContentType"] for item in items]
    witness.holds("flow-content-types", "text/markdown" in types, types)


def of_the_flow(scene: Scene, chat: Participant) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = scene.transcript(chat, MaxResults=100)["Transcript"]
    return [item for item in items if item.get("ParticipantRole") == "SYSTEM"]


@pytest.mark.settles("disconnect-flow-silent")
def test_a_disconnect_flow(scene: Scene, witness: Witness) -> None:
    def survey(chat: Any) -> Any:
        chat.send_message("How was it?")
        yield

    scene.fake.play_disconnect_flow(survey)
    chat = scene.chat()
    scene.fake.add_participant(chat.contact_id).disconnect()
    before = [item["ContentType"] for item in scene.transcript(chat, MaxResults=100)["Transcript"]]
    flows = {contact.contact_flow_id for contact in scene.fake.contacts.values()}
    silent = not any(kind.startswith(f"{EVENT}transfer") for kind in before)
    witness.holds("disconnect-flow-silent", silent and len(flows) == 1 and len(scene.fake.contacts) == 2, before)
