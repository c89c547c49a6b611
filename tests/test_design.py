"""The design's examples, as written there, run as a user would run them."""

from __future__ import annotations

import re

import boto3
import pytest

pytestmark = [pytest.mark.once, pytest.mark.untraced]

APP = """\
# app.py: nothing in it knows about tests
import boto3
from botocore.exceptions import ReadTimeoutError

INSTANCE_ID = "12345678-1234-1234-1234-123456789012"
FLOW_ID = "846ec553-a005-41c0-8341-d5d0a5f8a8a1"
connect = boto3.client("connect")                      # made at import time: still caught

def open_chat(name, **parameters):
    return connect.start_chat_contact(
        InstanceId=INSTANCE_ID, ContactFlowId=FLOW_ID, ParticipantDetails={"DisplayName": name},
        Attributes={"tier": "gold"}, **parameters,
    )["ContactId"]

def open_chat_stubbornly(name, **parameters):
    while True:
        try:
            return open_chat(name, **parameters)
        except ReadTimeoutError:
            pass
"""

TEST_APP = """\
# test_app.py
import pytest
from app import connect, open_chat, open_chat_stubbornly

def test_opens_a_chat(connect_chat):
    contact_id = open_chat("Ada")

    connect_chat.requests.start_chat_contact.assert_requested_once(Attributes={"tier": "gold"})
    assert connect_chat.contacts[contact_id].attributes == {"tier": "gold"}


def test_a_throttled_attempt_is_absorbed(connect_chat):
    connect_chat.faults.throttle(attempts=2)           # the client's own retry policy runs, without sleeping
    open_chat("Ada")
    assert connect_chat.requests.last.attempt_count == 3


def test_a_throttled_call_is_seen(connect_chat):
    connect_chat.faults.throttle()                     # every attempt of the next call
    with pytest.raises(connect.exceptions.TooManyRequestsException):
        open_chat("Ada")


def test_lost_responses_open_two_chats(connect_chat):
    connect_chat.faults.lose_response(calls=1)         # the contact is created, the client sees a read timeout
    open_chat_stubbornly("Ada")
    assert len(connect_chat.contacts) == 2             # the bug: botocore's own token covers one call only


def test_an_own_client_token_opens_one(connect_chat):
    connect_chat.faults.lose_response(calls=1)
    open_chat_stubbornly("Ada", ClientToken="order-17")
    assert len(connect_chat.contacts) == 1


def test_resumes_the_past_chat(connect_chat, connect_client, start_chat_contact_request):
    past = connect_chat.add_ended_chat(segments=3)     # three ended contacts of one past session
    answer = connect_client.start_chat_contact(**start_chat_contact_request(
        InstanceId=past[0].instance_id,
        PersistentChat={"RehydrationType": "ENTIRE_PAST_SESSION", "SourceContactId": past[0].contact_id}))
    assert answer["ContinuedFromContactId"] == past[-1].contact_id


@pytest.mark.connect_chat(max_active_chats=1)
def test_the_instance_is_full(connect_chat):
    first = open_chat("Ada")
    with pytest.raises(connect.exceptions.LimitExceededException):
        open_chat("Bob")
    connect_chat.stop_contact(first)                   # frees the slot
    open_chat("Bob")
"""

BRIDGE = """\
# bridge.py: the modules `inbound` and `outbound`, and the channel, of which the design's example has the names only
import json
from types import SimpleNamespace

import boto3
from app import FLOW_ID, INSTANCE_ID, connect

participant = boto3.client("connectparticipant")
whatsapp = SimpleNamespace(sent=[])
TOPIC = {"StreamingEndpointArn": "arn:aws:sns:us-east-1:123456789012:chats"}


def handle_inbound(event, context):
    started = connect.start_chat_contact(
        InstanceId=INSTANCE_ID, ContactFlowId=FLOW_ID, ParticipantDetails={"DisplayName": event["from"]})
    connect.start_contact_streaming(
        InstanceId=INSTANCE_ID, ContactId=started["ContactId"], ChatStreamingConfiguration=TOPIC)
    connection = participant.create_participant_connection(
        ParticipantToken=started["ParticipantToken"], Type=["CONNECTION_CREDENTIALS"], ConnectParticipant=True)
    participant.send_message(
        ConnectionToken=connection["ConnectionCredentials"]["ConnectionToken"],
        ContentType="text/plain", Content=event["text"])


def handle_outbound(event, context):
    for record in event["Records"]:
        item = json.loads(record["Sns"]["Message"])
        if item["Type"] == "MESSAGE" and item["ParticipantRole"] != "CUSTOMER":
            whatsapp.sent.append(item["Content"])


inbound, outbound = SimpleNamespace(handler=handle_inbound), SimpleNamespace(handler=handle_outbound)


def message_from(number, text):
    return {"from": number, "text": text}
"""

TEST_BRIDGE = """\
# test_bridge.py
from datetime import timedelta

import bridge
import pytest
from bridge import inbound, message_from, outbound


@pytest.fixture
def whatsapp():
    return bridge.whatsapp


def test_the_agents_answer_reaches_the_customer(connect_chat, whatsapp):
    connect_chat.on_notification(lambda notification: outbound.handler(notification.lambda_event(), None))
    inbound.handler(message_from("+15550100", "Where is my order?"), None)      # starts, streams, connects, sends
    grace = connect_chat.add_participant(connect_chat.contacts.last.contact_id, display_name="Grace")
    grace.send_message("On its way.")                                          # SNS -> outbound -> WhatsApp
    assert whatsapp.sent[-1] == "On its way."
    assert connect_chat.notifications.last.attributes["ParticipantRole"] == "AGENT"


def support(chat):                              # a flow: a generator that runs once the customer has connected
    chat.send_message("Welcome. What is it about?")
    item = yield                                # until the customer's next message or file
    chat.update_attributes(topic=item.content)
    if item.content != "human":
        chat.send_message('{"templateType": "ListPicker"}', "application/vnd.amazonaws.connect.message.interactive")
        if (yield timedelta(minutes=2)) is None:  # that long on the clock at most; None: nothing came
            chat.send_message("Goodbye.")
            chat.disconnect()

def test_a_silent_customer(connect_chat):
    connect_chat.play_flow(support)             # contact_flow_id=... for one flow only; a plain function is one that never waits
    inbound.handler(message_from("+15550100", "Where is my order?"), None)
    connect_chat.clock.advance(minutes=2)
    assert connect_chat.contacts.last.disconnect_reason == "CONTACT_FLOW_DISCONNECT"
    assert connect_chat.contacts.last.attributes == {"topic": "Where is my order?"}
    assert connect_chat.requests.operations == [
        "StartChatContact", "StartContactStreaming", "CreateParticipantConnection", "SendMessage"]
"""  # noqa: E501

# The others import much each time, or change the order.
OURS_ALONE = [f"-pno:{plugin}" for plugin in ("faker", "hypothesispytest", "asyncio", "randomly")]
EXAMPLES = {
    f"{file}::{name}": name
    for file, text in (("test_app.py", TEST_APP), ("test_bridge.py", TEST_BRIDGE))
    for name in re.findall(r"^def (test_\w+)", text, re.MULTILINE)
}


@pytest.fixture
def application(pytester: pytest.Pytester, models_read_once: None, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")  # botocore looks for credentials when app.py is imported
    pytester.makepyprojecttoml('[tool.pytest]\nconnect_chat_region = "us-east-1"\n')
    pytester.makepyfile(app=APP, test_app=TEST_APP, bridge=BRIDGE, test_bridge=TEST_BRIDGE)
    return pytester


def test_the_examples_pass_together(application: pytest.Pytester, no_sockets: list[object]) -> None:
    passed, skipped, failed = application.inline_run(*OURS_ALONE).listoutcomes()
    assert [report.head_line for report in passed] == list(EXAMPLES.values())
    assert (skipped, failed, no_sockets) == ([], [], [])


@pytest.mark.parametrize("example", EXAMPLES)
def test_each_example_passes_alone(application: pytest.Pytester, example: str) -> None:
    application.runpytest_inprocess(*OURS_ALONE, example).assert_outcomes(passed=1)
