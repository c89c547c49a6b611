"""Contacts: stopping and describing them, their attributes and tags, lists, and how chats end."""

from __future__ import annotations

import pytest

from contract.scene import BOT, NOBODY, Scene
from contract.witness import Witness

pytestmark = [pytest.mark.once, pytest.mark.untraced]


@pytest.mark.settles("stopped-contact-exists", "stopped-contact-active")
def test_a_contact_that_cannot_be_stopped(scene: Scene, witness: Witness) -> None:
    with witness.refused("stopped-contact-exists"):
        scene.stop(NOBODY)
    past = scene.past()
    with witness.refused("stopped-contact-active"):
        scene.stop(past)


@pytest.mark.settles("contact-request-bounds", "contact-request-bounds-invalid-request")
def test_a_member_beyond_its_bounds(scene: Scene, witness: Witness) -> None:
    chat = {"InstanceId": scene.instance_id, "ContactId": scene.start()["ContactId"]}
    with witness.refused("contact-request-bounds"):
        scene.connect.tag_contact(**chat, Tags={"k": "v" * 257})
    with witness.answered("contact-request-bounds"):
        scene.connect.tag_contact(**chat, Tags={"k": "v" * 256})
    with witness.refused("contact-request-bounds-invalid-request"):
        scene.connect.create_participant(**chat, ParticipantDetails={**BOT, "DisplayName": "n" * 257})


@pytest.mark.settles("tag-key-characters")
def test_a_tag_of_awss_own(scene: Scene, witness: Witness) -> None:
    chat = {"InstanceId": scene.instance_id, "ContactId": scene.start()["ContactId"]}
    with witness.refused("tag-key-characters"):
        scene.connect.tag_contact(**chat, Tags={"aws:team": "v"})


@pytest.mark.settles("list-next-token")
def test_a_next_token_of_nothing(scene: Scene, witness: Witness) -> None:
    with witness.refused("list-next-token"):
        scene.connect.list_contact_flows(InstanceId=scene.instance_id, NextToken="none")


@pytest.mark.settles("contact-is-chat")
def test_a_call_is_no_chat(scene: Scene, witness: Witness, ended_call: str) -> None:
    with witness.refused("contact-is-chat"):
        scene.connect.create_participant(InstanceId=scene.instance_id, ContactId=ended_call, ParticipantDetails=BOT)


@pytest.mark.settles("subtype-always-there")
def test_the_subtype_of_a_chat(scene: Scene, witness: Witness) -> None:
    attributes = scene.describe(scene.start()["ContactId"]).get("SegmentAttributes", {})
    subtype = attributes.get("connect:Subtype")
    witness.holds("subtype-always-there", subtype == {"ValueString": "connect:Chat"}, subtype)


@pytest.mark.settles("five-minutes-reason")
def test_a_customer_who_never_connects(scene: Scene, witness: Witness) -> None:
    contact_id = scene.start()["ContactId"]
    scene.wait(320)
    reason = scene.describe(contact_id).get("DisconnectReason")
    witness.holds("five-minutes-reason", reason == "CUSTOMER_CONNECTION_NOT_ESTABLISHED", reason)


@pytest.mark.settles("transfer-no-reason", "session-shares-attributes")
def test_a_chat_that_is_transferred(scene: Scene, witness: Witness) -> None:
    chat = scene.chat(Attributes={"k": "v"})
    later = scene.fake.transfer(chat.contact_id)
    before = scene.describe(chat.contact_id)
    ended_without = "DisconnectTimestamp" in before and "DisconnectReason" not in before
    witness.holds("transfer-no-reason", ended_without, sorted(before))
    request = {"InstanceId": scene.instance_id, "InitialContactId": later.contact_id}
    scene.connect.update_contact_attributes(**request, Attributes={"k": "changed"})
    shared = scene.attributes(chat.contact_id)
    witness.holds("session-shares-attributes", shared == {"k": "changed"}, shared)


@pytest.mark.settles("first-leaver-is-reason")
def test_a_customer_who_leaves_before_the_agent(scene: Scene, witness: Witness) -> None:
    chat = scene.chat()
    agent = scene.fake.add_participant(chat.contact_id)
    scene.participant.disconnect_participant(ConnectionToken=chat.connection_token)
    scene.wait(60)
    agent.disconnect()
    reason = scene.describe(chat.contact_id)["DisconnectReason"]
    witness.holds("first-leaver-is-reason", reason == "CUSTOMER_DISCONNECT", reason)
