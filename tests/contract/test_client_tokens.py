"""`ClientToken`: what a replay gives, what uses a token, and how far one reaches."""

from __future__ import annotations

import uuid

import pytest
from over_the_wire import EVENT

from contract.scene import BOT, NOBODY, Scene, code_of, outcome
from contract.witness import Witness

pytestmark = [pytest.mark.once, pytest.mark.untraced]

DAY = 86_400


def new_token() -> str:
    return f"contract-{uuid.uuid4()}"  # one that no run before has used on the instance


@pytest.mark.settles("replay-same-contact", "replay-same-participant-token", "token-changed-request", "token-case")
def test_a_token_that_is_used_again(scene: Scene, witness: Witness) -> None:
    token = new_token()
    first, second = scene.start(ClientToken=token), scene.start(ClientToken=token)
    witness.holds("replay-same-contact", first["ContactId"] == second["ContactId"])
    witness.holds("replay-same-participant-token", first["ParticipantToken"] == second["ParticipantToken"])
    changed, code = outcome(scene.start, ClientToken=token, Attributes={"changed": "yes"})
    witness.holds("token-changed-request", changed.get("ContactId") == first["ContactId"], code)
    other = scene.start(ClientToken=token.upper())
    witness.holds("token-case", other["ContactId"] != first["ContactId"])


@pytest.mark.settles("replay-ended-without-socket")
def test_a_replay_of_a_chat_that_has_ended(scene: Scene, witness: Witness) -> None:
    scene.knows("StartChatContact", "ConnectionTypes")
    request = {"ClientToken": new_token(), "ConnectionTypes": ["WEBSOCKET"]}
    first = scene.start(**request)
    scene.stop(first["ContactId"])
    again = scene.start(**request)
    witness.holds("replay-ended-without-socket", "Websocket" in first and "Websocket" not in again, sorted(again))


@pytest.mark.settles("token-failed-call")
def test_a_token_of_a_call_that_failed(scene: Scene, witness: Witness) -> None:
    token = new_token()
    assert code_of(scene.start, ClientToken=token, ContactFlowId=NOBODY), "a flow that nobody knows has been started"
    code = code_of(scene.start, ClientToken=token)
    witness.holds("token-failed-call", code == "", code)


@pytest.mark.settles("token-seven-days")
def test_a_token_of_seven_days_ago(scene: Scene, witness: Witness) -> None:
    first = scene.start(ClientToken="old")
    scene.wait(DAY * 7 - 1)
    again = scene.start(ClientToken="old")
    scene.wait(1)
    new = scene.start(ClientToken="old")
    ids = [answer["ContactId"] for answer in (first, again, new)]
    witness.holds("token-seven-days", ids[0] == ids[1] != ids[2])


@pytest.mark.settles("token-scope")
def test_a_token_in_another_instance(scene: Scene, witness: Witness) -> None:
    scene.fake.add_instance("another-instance", [scene.contact_flow_id])
    first = scene.start(ClientToken="both")
    other = scene.start(ClientToken="both", InstanceId="another-instance")
    witness.holds("token-scope", first["ContactId"] != other["ContactId"])


@pytest.mark.settles("token-per-chat")
def test_a_token_of_a_message_in_another_chat(scene: Scene, witness: Witness) -> None:
    token = new_token()
    chat, other = scene.chat(), scene.chat()
    first = scene.say(chat, ClientToken=token)
    witness.holds("token-per-chat", scene.say(chat, ClientToken=token) == first != scene.say(other, ClientToken=token))


@pytest.mark.settles("token-per-event")
def test_a_token_of_another_event(scene: Scene, witness: Witness) -> None:
    chat, token = scene.chat(), new_token()
    request = {"ConnectionToken": chat.connection_token, "ClientToken": token}
    kinds = ("typing", "connection.acknowledged", "typing")
    sent = [outcome(scene.participant.send_event, **request, ContentType=f"{EVENT}{kind}") for kind in kinds]
    ids, codes = [answer.get("Id") for answer, _ in sent], [code for _, code in sent]
    witness.holds("token-per-event", ids[0] == ids[2] != ids[1] and not any(codes), codes)


@pytest.mark.settles("order-replay-before-state")
def test_a_replay_is_looked_at_before_the_chat(scene: Scene, witness: Witness) -> None:
    chat, token = scene.chat(), new_token()
    request = {"InstanceId": scene.instance_id, "ContactId": chat.contact_id, "ParticipantDetails": BOT}
    first = scene.connect.create_participant(**request, ClientToken=token)
    scene.stop(chat.contact_id)
    code = code_of(scene.connect.create_participant, **request, ClientToken=token)
    witness.holds("order-replay-before-state", code == "" and bool(first["ParticipantId"]), code)


@pytest.mark.settles("client-token-conflict")
@pytest.mark.faked(client_token_conflict="error")
def test_another_request_where_that_is_an_error(scene: Scene, witness: Witness) -> None:
    scene.start(ClientToken="used")
    with witness.refused("client-token-conflict"):
        scene.start(ClientToken="used", CustomerId="c")


@pytest.mark.settles("participant-client-token-conflict")
@pytest.mark.faked(client_token_conflict="error")
def test_another_message_where_that_is_an_error(scene: Scene, witness: Witness) -> None:
    chat = scene.chat()
    scene.say(chat, ClientToken="used")
    with witness.refused("participant-client-token-conflict"):
        scene.say(chat, "other", ClientToken="used")


@pytest.mark.settles("client-token-empty-invalid-request")
def test_an_empty_token(scene: Scene, witness: Witness) -> None:
    with witness.refused("client-token-empty-invalid-request"):
        scene.connect.create_participant(
            InstanceId=scene.instance_id, ContactId=scene.start()["ContactId"], ParticipantDetails=BOT, ClientToken=""
        )
