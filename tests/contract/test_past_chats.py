"""Persistent and related chats, and associations: which past they take, and what of it."""

from __future__ import annotations

import pytest

from contract.scene import NOBODY, Scene, code_of, outcome, persistent
from contract.witness import Witness

pytestmark = [pytest.mark.once, pytest.mark.untraced]


def associate(scene: Scene, contact_id: str, source: str) -> None:
    scene.connect.create_persistent_contact_association(
        InstanceId=scene.instance_id,
        InitialContactId=contact_id,
        RehydrationType="FROM_SEGMENT",
        SourceContactId=source,
    )


@pytest.mark.settles("source-contact-ended")
def test_a_source_that_has_not_ended(scene: Scene, witness: Witness) -> None:
    live = scene.start()["ContactId"]
    with witness.refused("source-contact-ended"):
        scene.start(**persistent(live))


@pytest.mark.settles("source-contact-initial")
def test_the_second_contact_of_a_session_as_its_beginning(scene: Scene, witness: Witness) -> None:
    second = scene.fake.add_ended_chat(2, instance_id=scene.instance_id)[1].contact_id
    with witness.refused("source-contact-initial"):
        scene.start(**persistent(second, "ENTIRE_PAST_SESSION"))


@pytest.mark.settles("source-contact-chat")
def test_a_call_as_source(scene: Scene, witness: Witness, ended_call: str) -> None:
    with witness.refused("source-contact-chat"):
        scene.start(**persistent(ended_call))


@pytest.mark.settles("source-contact-retention", "contact-retention")
def test_a_contact_of_more_than_24_months_ago(scene: Scene, witness: Witness, old_contact: str) -> None:
    with witness.refused("source-contact-retention"):
        scene.start(**persistent(old_contact))
    with witness.refused("contact-retention"):
        scene.start(RelatedContactId=old_contact)


@pytest.mark.settles("associated-retention")
def test_an_old_contact_that_a_new_one_is_related_to(scene: Scene, witness: Witness, old_contact: str) -> None:
    scene.fake.rules["contact-retention"].disable()
    related = scene.start(RelatedContactId=old_contact)["ContactId"]
    scene.fake.rules["contact-retention"].enable()
    answer = scene.connect.list_associated_contacts(InstanceId=scene.instance_id, ContactId=related)
    listed = [contact["ContactId"] for contact in answer["ContactSummaryList"]]
    witness.holds("associated-retention", listed == [related], listed)


@pytest.mark.faked(clock="2025-12-30T00:00:00Z")
@pytest.mark.settles("persistent-transcript-older")
def test_a_transcript_that_goes_back_further(scene: Scene, witness: Witness) -> None:
    first = scene.fake.add_ended_chat(
        instance_id=scene.instance_id, ended_at="2024-01-01T00:00:00Z", messages=[("CUSTOMER", "long ago")]
    )[0].contact_id
    second = scene.past(**persistent(first))
    scene.fake.clock.advance(days=10)
    chat = scene.chat(**persistent(second))

    page = scene.transcript(chat, MaxResults=100)
    past = scene.transcript(chat, MaxResults=100, NextToken=page["NextToken"])
    said = [item.get("Content") for item in past["Transcript"]]
    witness.holds("persistent-transcript-older", "long ago" in said, said)


@pytest.mark.settles("persistent-source-again", "persistent-at-once", "persistent-no-attributes")
def test_a_chat_is_resumed(scene: Scene, witness: Witness) -> None:
    source = scene.past(Attributes={"from": "the past"})
    first, code = outcome(scene.start, **persistent(source), Attributes={"own": "yes"})
    witness.holds("persistent-at-once", first.get("ContinuedFromContactId") == source, code)
    attributes = scene.attributes(first["ContactId"])
    witness.holds("persistent-no-attributes", attributes == {"own": "yes"}, attributes)
    second, code = outcome(scene.start, **persistent(source))
    witness.holds("persistent-source-again", second.get("ContinuedFromContactId") == source, code)


@pytest.mark.settles("related-attributes-copied", "related-own-attributes-win")
def test_a_related_contact_gives_its_attributes(scene: Scene, witness: Witness) -> None:
    related = scene.past(Attributes={"theirs": "1", "both": "theirs"})
    attributes = scene.attributes(scene.start(RelatedContactId=related, Attributes={"both": "own"})["ContactId"])
    witness.holds("related-attributes-copied", attributes.get("theirs") == "1", attributes)
    witness.holds("related-own-attributes-win", attributes["both"] == "own", attributes)


@pytest.mark.settles("related-attributes-together")
def test_copied_attributes_count(scene: Scene, witness: Witness) -> None:
    related = scene.past(Attributes={"k": "v" * 32_767})
    code = code_of(scene.start, RelatedContactId=related, Attributes={"l": "v"})
    witness.holds("related-attributes-together", code == "InvalidParameterException", code)


@pytest.mark.settles("association-new")
def test_a_chat_that_continues_already(scene: Scene, witness: Witness) -> None:
    source = scene.past()
    chat = scene.start(**persistent(source))["ContactId"]
    with witness.refused("association-new"):
        associate(scene, chat, source)
    with witness.answered("association-new"):
        associate(scene, scene.start()["ContactId"], source)


@pytest.mark.settles("association-source")
def test_a_chat_that_would_continue_from_itself(scene: Scene, witness: Witness) -> None:
    chat = scene.chat()
    later = scene.fake.transfer(chat.contact_id)
    with witness.refused("association-source"):
        associate(scene, later.contact_id, later.contact_id)


@pytest.mark.settles("contact-active")
def test_a_contact_that_has_ended(scene: Scene, witness: Witness) -> None:
    with witness.refused("contact-active"):
        associate(scene, scene.past(), scene.past())


@pytest.mark.settles("contact-exists")
def test_a_contact_that_nobody_knows(scene: Scene, witness: Witness) -> None:
    for call, member, further in (
        (scene.connect.describe_contact, "ContactId", {}),
        (scene.connect.get_contact_attributes, "InitialContactId", {}),
        (scene.connect.update_contact_attributes, "InitialContactId", {"Attributes": {"k": "v"}}),
        (scene.connect.tag_contact, "ContactId", {"Tags": {"k": "v"}}),
        (scene.connect.list_associated_contacts, "ContactId", {}),
    ):
        with witness.refused("contact-exists"):
            call(**{"InstanceId": scene.instance_id, member: NOBODY, **further})
