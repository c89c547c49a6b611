"""Participants: their tokens, messages, events and transcripts, and what custom bots may do."""

from __future__ import annotations

import json
from typing import Any

import pytest
from over_the_wire import BOTH, EVENT

from contract.scene import BOT, JSON, MARKDOWN, NOBODY, PLAIN, Participant, Scene, code_of, outcome
from contract.witness import Witness

pytestmark = [pytest.mark.once, pytest.mark.untraced]

NEWEST = {"SupportedMessagingContentTypes": [PLAIN, MARKDOWN, JSON]}


def add_bot(scene: Scene, chat: Participant, **details: str) -> dict[str, Any]:
    answer: dict[str, Any] = scene.connect.create_participant(
        InstanceId=scene.instance_id, ContactId=chat.contact_id, ParticipantDetails={**BOT, **details}
    )
    return answer


def receipt(message_id: str) -> dict[str, str]:
    return {"ContentType": f"{EVENT}message.read", "Content": json.dumps({"messageId": message_id})}


# -- tokens ------------------------------------------------------------------------------------------------------------


@pytest.mark.settles("participant-token-known", "connection-token-known", "order-token-first")
def test_a_token_that_nobody_gave(scene: Scene, witness: Witness) -> None:
    with witness.refused("participant-token-known"):
        scene.participant.create_participant_connection(ParticipantToken="unknown", Type=BOTH)
    with witness.refused("connection-token-known"):
        scene.participant.get_transcript(ConnectionToken="unknown")
    code = code_of(scene.participant.send_message, ConnectionToken="unknown", ContentType="text/html", Content="m")
    witness.holds("order-token-first", code == "AccessDeniedException", code)


@pytest.mark.settles("participant-token-live", "connection-token-live")
def test_the_tokens_of_a_chat_that_has_ended(scene: Scene, witness: Witness) -> None:
    chat = scene.chat()
    scene.stop(chat.contact_id)
    with witness.refused("participant-token-live"):
        scene.participant.create_participant_connection(ParticipantToken=chat.participant_token, Type=BOTH)
    with witness.refused("connection-token-live"):
        scene.transcript(chat)


@pytest.mark.settles("connection-token-unexpired")
def test_a_connection_token_of_yesterday(scene: Scene, witness: Witness) -> None:
    chat = scene.chat()
    scene.wait(86_400)
    with witness.refused("connection-token-unexpired"):
        scene.transcript(chat)


@pytest.mark.settles("connect-participant-streaming", "vain-flag-answered")
def test_connecting_a_chat_that_is_not_streamed(scene: Scene, witness: Witness) -> None:
    token = scene.start()["ParticipantToken"]
    request = {"ParticipantToken": token, "ConnectParticipant": True, "Type": ["CONNECTION_CREDENTIALS"]}
    with witness.refused("connect-participant-streaming"):
        scene.participant.create_participant_connection(**request)
    code = code_of(scene.participant.create_participant_connection, **request)
    witness.holds("vain-flag-answered", code == "", code)


@pytest.mark.settles("connectparticipant-request-shape", "participant-request-bounds")
def test_a_request_that_is_out_of_form(scene: Scene, witness: Witness) -> None:
    chat = scene.chat()
    unchecked = scene.client("connectparticipant", parameter_validation=False)
    with witness.refused("connectparticipant-request-shape"):
        unchecked.send_message(ConnectionToken=chat.connection_token, ContentType=PLAIN)
    with witness.refused("participant-request-bounds"):
        scene.transcript(chat, SortOrder="descending")
    with witness.refused("participant-request-bounds"):
        scene.say(chat, ClientToken="t" * 501)


@pytest.mark.settles("participant-message-key", "connect-message-key")
def test_the_words_of_an_error(scene: Scene, witness: Witness) -> None:
    with pytest.raises(scene.participant.exceptions.AccessDeniedException) as of_participant:
        scene.participant.get_transcript(ConnectionToken="unknown")
    with pytest.raises(scene.connect.exceptions.ClientError) as of_connect:
        scene.describe(NOBODY)
    answers = [sorted(caught.value.response) for caught in (of_participant, of_connect)]
    witness.holds("participant-message-key", "Message" not in answers[0], answers[0])
    witness.holds("connect-message-key", "Message" in answers[1], answers[1])


# -- messages and events -----------------------------------------------------------------------------------------------


@pytest.mark.settles("message-content-type", "message-bytes", "message-characters", "message-json")
def test_a_message_that_is_out_of_form(scene: Scene, witness: Witness) -> None:
    chat = scene.chat(**NEWEST)
    with witness.refused("message-content-type"):
        scene.say(chat, ContentType="text/html")
    with witness.refused("message-bytes"):
        scene.say(chat, "ä" * 8_193)
    with witness.refused("message-characters"):
        scene.say(chat, "m" * 1_025)
    with witness.refused("message-json"):
        scene.say(chat, "{", ContentType=JSON)


@pytest.mark.settles("message-supported", "plain-by-default")
def test_a_content_type_that_the_chat_does_not_support(scene: Scene, witness: Witness) -> None:
    chat = scene.chat(SupportedMessagingContentTypes=[PLAIN])
    with witness.refused("message-supported"):
        scene.say(chat, ContentType=MARKDOWN)
    code = code_of(scene.say, chat=scene.chat(), ContentType=MARKDOWN)
    witness.holds("plain-by-default", code != "", code)


@pytest.mark.settles("event-content-type", "receipt-content", "receipt-message", "receipt-of-another")
def test_an_event_that_is_out_of_form(scene: Scene, witness: Witness) -> None:
    chat = scene.chat()
    for settled, event in (
        ("event-content-type", {"ContentType": f"{EVENT}chat.ended"}),
        ("receipt-content", {"ContentType": f"{EVENT}message.read", "Content": "m"}),
        ("receipt-message", receipt(NOBODY)),
        ("receipt-of-another", receipt(scene.say(chat))),
    ):
        with witness.refused(settled):
            scene.participant.send_event(ConnectionToken=chat.connection_token, **event)


@pytest.mark.settles("receipt-participants")
def test_a_receipt_among_three(scene: Scene, witness: Witness) -> None:
    chat = scene.chat()
    message = scene.fake.add_participant(chat.contact_id).send_message("Hello")
    scene.fake.add_participant(chat.contact_id, role="SUPERVISOR")
    with witness.refused("receipt-participants"):
        scene.read(chat, message.id)


@pytest.mark.settles("receipt-in-metadata", "first-receipt-counts")
def test_a_receipt_in_the_transcript(scene: Scene, witness: Witness) -> None:
    chat = scene.chat()
    message_id = scene.say(scene.bot(chat))
    scene.read(chat, message_id)
    first = scene.until(lambda: read_at(scene, chat, message_id))
    witness.holds("receipt-in-metadata", first != [], first)
    assert first, "there is no receipt that a second one could change"
    scene.read(chat, message_id)
    scene.wait(2)
    witness.holds("first-receipt-counts", read_at(scene, chat, message_id) == first)


def read_at(scene: Scene, chat: Participant, message_id: str) -> list[str]:
    """Return when somebody has read a message."""
    items = [item for item in scene.transcript(chat)["Transcript"] if item["Id"] == message_id]
    receipts = [one for item in items for one in item.get("MessageMetadata", {}).get("Receipts", [])]
    return [one["ReadTimestamp"] for one in receipts if "ReadTimestamp" in one]


# -- transcripts -------------------------------------------------------------------------------------------------------


@pytest.mark.settles("transcript-start-position", "transcript-forward-position", "transcript-start-exists")
def test_a_position_that_is_none(scene: Scene, witness: Witness) -> None:
    chat = scene.chat()
    scene.say(chat)
    with witness.refused("transcript-start-position"):
        scene.transcript(chat, StartPosition={"AbsoluteTime": "noon"})
    with witness.refused("transcript-forward-position"):
        scene.transcript(chat, ScanDirection="FORWARD")
    with witness.refused("transcript-start-exists"):
        scene.transcript(chat, StartPosition={"Id": NOBODY})


@pytest.mark.settles("transcript-next-token", "last-page-empty-token", "most-recent-zero", "other-contact-empty-page")
def test_the_pages_of_a_transcript(scene: Scene, witness: Witness) -> None:
    chat = scene.chat()
    shown = scene.items(chat)
    with witness.refused("transcript-next-token"):
        scene.transcript(chat, NextToken="none")
    page = scene.transcript(chat, MaxResults=100)
    token = page.get("NextToken", "absent")
    witness.holds("last-page-empty-token", token == "", "there and not empty" if token not in ("", "absent") else token)
    zero, code = outcome(scene.transcript, chat=chat, MaxResults=100, StartPosition={"MostRecent": 0})
    witness.holds("most-recent-zero", zero.get("Transcript") == shown, code)
    other, code = outcome(scene.transcript, chat=chat, ContactId=scene.past())
    witness.holds("other-contact-empty-page", other.get("Transcript") == [], code)


@pytest.mark.settles("events-are-events", "joined-once")
def test_who_joined(scene: Scene, witness: Witness) -> None:
    chat = scene.chat()
    scene.join(chat.contact_id, chat.participant_id, chat.participant_token)
    items = scene.items(chat)
    joins = [item["Type"] for item in items if item["ContentType"] == f"{EVENT}participant.joined"]
    witness.holds("joined-once", len(joins) == 1, len(joins))
    witness.holds("events-are-events", set(joins) == {"EVENT"}, joins)


@pytest.mark.settles("transcript-past")
def test_a_past_chat_is_not_read_forward(scene: Scene, witness: Witness) -> None:
    past = scene.chat()
    scene.say(past)
    scene.stop(past.contact_id)
    scene.wait(60)  # the service needs that for the transcript
    chat = scene.chat(PersistentChat={"RehydrationType": "FROM_SEGMENT", "SourceContactId": past.contact_id})
    token = scene.transcript(chat, MaxResults=100)["NextToken"]
    assert token, "the past of the chat cannot be read yet"
    with witness.refused("transcript-past"):
        scene.transcript(chat, NextToken=token, ScanDirection="FORWARD")


# -- custom bots -------------------------------------------------------------------------------------------------------


@pytest.mark.settles("added-participant-role", "added-participant-display-name", "custom-bots-per-chat")
def test_who_can_be_added(scene: Scene, witness: Witness) -> None:
    chat = scene.chat()
    with witness.refused("added-participant-role"):
        add_bot(scene, chat, ParticipantRole="AGENT")
    with witness.refused("added-participant-display-name"):
        scene.connect.create_participant(
            InstanceId=scene.instance_id,
            ContactId=chat.contact_id,
            ParticipantDetails={"ParticipantRole": "CUSTOM_BOT"},
        )
    scene.bot(chat)
    with witness.refused("custom-bots-per-chat"):
        add_bot(scene, chat)


@pytest.mark.settles("custom-bot-connects", "bot-counts-fifteen-seconds")
def test_a_bot_that_comes_too_late(scene: Scene, witness: Witness) -> None:
    chat = scene.chat()
    token = add_bot(scene, chat)["ParticipantCredentials"]["ParticipantToken"]
    early = code_of(add_bot, scene=scene, chat=chat)
    scene.wait(16)
    with witness.refused("custom-bot-connects"):
        scene.participant.create_participant_connection(ParticipantToken=token, Type=BOTH)
    late = code_of(add_bot, scene=scene, chat=chat)
    witness.holds("bot-counts-fifteen-seconds", early != "" and late == "", f"{early}, then {late or 'added'}")


@pytest.mark.settles("custom-bot-without-agent", "participants-per-chat")
def test_a_bot_beside_others(scene: Scene, witness: Witness) -> None:
    chat = scene.chat()
    scene.fake.add_participant(chat.contact_id)
    with witness.refused("custom-bot-without-agent"):
        add_bot(scene, chat)
    other = scene.chat()
    for _ in range(5):
        scene.fake.add_participant(other.contact_id, role="SUPERVISOR")
    with witness.refused("participants-per-chat"):
        add_bot(scene, other)
