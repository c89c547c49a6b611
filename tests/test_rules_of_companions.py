"""Each rule of the operations around a chat: what is just against it, and what is just within.

The rules of StartChatContact and StopContact are in `test_rules.py`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore import xform_name
from botocore.exceptions import ClientError

from pytest_connect_chat import FakeConnectChat
from pytest_connect_chat._service.operations import OPERATIONS
from pytest_connect_chat._service.rules import RULES

PLAIN, MARKDOWN, JSON = "text/plain", "text/markdown", "application/json"
INTERACTIVE = "application/vnd.amazonaws.connect.message.interactive"
EVENT = "application/vnd.amazonaws.connect.event."
TOPIC = "arn:aws:sns:us-east-1:123456789012:chats"
BOT = {"ParticipantRole": "CUSTOM_BOT", "DisplayName": "Bot"}
NEWEST = ["text/plain", MARKDOWN, JSON]
MEGABYTES_20 = 20 * 1024 * 1024
OBSERVED = {
    "participant-token-known": "User is not authorized to access this resource with an explicit deny",
    "connection-token-known": "User is not authorized to access this resource with an explicit deny",
    "participant-token-live": "Access denied",
    "connection-token-live": "Access denied",
    "connection-token-unexpired": "Access denied",
    "transcript-forward-position": "Validation exception due to invalid parameter",
    "receipt-participants": "Operation can not be performed due to the state of the contact.",
    "instance-exists": "Resource not found of Type: null",
    "instance-id-arn": "Resource not found of Type: null",
}
SMALLEST: dict[str, dict[str, Any]] = {
    "StartContactStreaming": {"ChatStreamingConfiguration": {"StreamingEndpointArn": TOPIC}},
    "StopContactStreaming": {"StreamingId": "?"},
    "CreateParticipant": {"ParticipantDetails": BOT},
    "CreatePersistentContactAssociation": {"RehydrationType": "FROM_SEGMENT", "SourceContactId": "past"},
    "TagContact": {"Tags": {"k": "v"}},
    "UntagContact": {"TagKeys": ["k"]},
    "UpdateContactAttributes": {"Attributes": {"k": "v"}},
    "SendMessage": {"ContentType": PLAIN, "Content": "m"},
    "SendEvent": {"ContentType": f"{EVENT}typing"},
    "StartAttachmentUpload": {"ContentType": "text/csv", "AttachmentSizeInBytes": 1, "AttachmentName": "a.csv"},
}

Members = dict[str, Any]


class Scene:
    """A fake with a chat that is connected (`live`), an ended one (`past`) and one of another instance.

    Attributes:
        tokens: What requests to the participant service carry; an arrangement may change them.
    """

    def __init__(self, fake: FakeConnectChat, clients: dict[str, Any]) -> None:
        self.fake = fake
        self.clients = clients
        fake.add_contact(instance_id="elsewhere", contact_id="elsewhere")
        fake.add_ended_chat(2, instance_id="i", contact_id="past")
        self.contact = fake.add_contact(instance_id="i", contact_id="live")
        record = self.contact._record
        record.params = {**record.params, "SupportedMessagingContentTypes": list(NEWEST)}
        self.tokens = {
            "ParticipantToken": self.contact.participant_token,
            "ConnectionToken": self.connect(self.contact.participant_token),
        }

    def connect(self, participant_token: str) -> str:
        answer = self.clients["connectparticipant"].create_participant_connection(
            ParticipantToken=participant_token, Type=["WEBSOCKET", "CONNECTION_CREDENTIALS"]
        )
        return str(answer["ConnectionCredentials"]["ConnectionToken"])

    def call(self, operation: str, members: Members) -> Any:
        service = next(service for service, name in OPERATIONS if name == operation)
        client = self.clients[service]
        known = client.meta.service_model.operation_model(operation).input_shape.members
        place = {"InstanceId": "i", "ContactId": "live", "InitialContactId": "live", **self.tokens}
        if operation == "GetTranscript":
            del place["ContactId"]
        request = {name: value for name, value in place.items() if name in known} | SMALLEST.get(operation, {})
        return getattr(client, xform_name(operation))(**request | members)

    def upload(self, *, complete: bool = True) -> str:
        attachment_id = self.call("StartAttachmentUpload", {})["AttachmentId"]
        if complete:
            self.call("CompleteAttachmentUpload", {"AttachmentIds": [attachment_id]})
        return str(attachment_id)


@dataclass(frozen=True, kw_only=True)
class Case:
    """A request just against a rule, and one just within.

    Attributes:
        rule: The id of the rule.
        operation: The operation that is called.
        refused: What differs from the smallest valid request, or a function of the scene that returns it.
        accepted: Likewise.
        settings: The settings of the fake.
        arrange: What comes before the request.
        against: What further comes before the request that is refused.
        then: The rule that refuses the request once this one is disabled.
    """

    rule: str
    operation: str
    refused: Members | Callable[[Scene], Members] = field(default_factory=dict)
    accepted: Members | Callable[[Scene], Members] = field(default_factory=dict)
    settings: Members = field(default_factory=dict)
    arrange: Callable[[Scene], object] = lambda scene: None
    against: Callable[[Scene], object] = lambda scene: None
    then: str | None = None

    @property
    def code(self) -> str | None:
        return next(rule.code for rule in RULES if rule.id == self.rule)


def message(content_type: str, content: str = "m") -> Members:
    return {"ContentType": content_type, "Content": content}


def ended_call(scene: Scene) -> str:
    """Let there have been a call; return its contact id."""
    call = scene.fake.add_contact(instance_id="i", channel="VOICE")
    scene.fake.stop_contact(call.contact_id)
    return call.contact_id


def say(scene: Scene) -> str:
    """Let an agent say something; return the id of the message."""
    return scene.fake.add_participant("live").send_message("Hello").id


def receipt(message_id: str, kind: str = "message.read") -> Members:
    return {"ContentType": f"{EVENT}{kind}", "Content": json.dumps({"messageId": message_id})}


def serve(scene: Scene) -> None:
    pytest.importorskip("aiohttp")
    scene.fake.serve()


def leave(scene: Scene) -> None:
    scene.fake.add_participant("live")
    scene.call("DisconnectParticipant", {})


def next_token(scene: Scene, **members: Any) -> str:
    return str(scene.call("GetTranscript", {"MaxResults": 1} | members)["NextToken"])


def persist(scene: Scene) -> None:
    scene.call("CreatePersistentContactAssociation", {})


def chat_that_ended(scene: Scene, ended_at: str) -> str:
    """Return the id of a contact that started ten minutes before."""
    return scene.fake.add_ended_chat(instance_id="i", ended_at=ended_at)[0].contact_id


def transcript_of_the_past(scene: Scene) -> Members:
    persist(scene)
    return {"NextToken": next_token(scene, MaxResults=100)}


CASES = [
    # -- contacts ------------------------------------------------------------------------------------------------------
    *(
        Case(rule="contact-exists", operation=operation, refused={member: unknown})
        for operation, member in (
            ("DescribeContact", "ContactId"),
            ("GetContactAttributes", "InitialContactId"),
            ("UpdateContactAttributes", "InitialContactId"),
            ("StartContactStreaming", "ContactId"),
            ("CreateParticipant", "ContactId"),
            ("CreatePersistentContactAssociation", "InitialContactId"),
            ("TagContact", "ContactId"),
            ("UntagContact", "ContactId"),
            ("ListAssociatedContacts", "ContactId"),
        )
        for unknown in ("nobody", "elsewhere")
    ),
    Case(
        rule="contact-exists",
        operation="StopContactStreaming",
        refused={"ContactId": "nobody"},
        accepted=lambda scene: {"StreamingId": scene.call("StartContactStreaming", {})["StreamingId"]},
    ),
    *(
        Case(rule="contact-active", operation=operation, refused={member: "past"})
        for operation, member in (
            ("StartContactStreaming", "ContactId"),
            ("CreateParticipant", "ContactId"),
        )
    ),
    *(
        Case(
            rule="contact-is-chat",
            operation=operation,
            refused=lambda scene: {"ContactId": scene.fake.add_contact(instance_id="i", channel="VOICE").contact_id},
        )
        for operation in ("StartContactStreaming", "CreateParticipant")
    ),
    Case(
        rule="contact-active",
        operation="CreatePersistentContactAssociation",
        refused={"InitialContactId": "past", "SourceContactId": "older"},
        against=lambda scene: scene.fake.add_ended_chat(instance_id="i", contact_id="older"),
    ),
    Case(
        rule="contact-request-bounds",
        operation="DescribeContact",
        refused={"InstanceId": "i" * 101},
        then="contact-exists",
    ),
    Case(
        rule="contact-request-bounds",
        operation="StopContact",
        refused={"ContactId": "c" * 257},
        then="stopped-contact-exists",
    ),
    Case(
        rule="contact-request-bounds-invalid-request",
        operation="CreateParticipant",
        refused={"ParticipantDetails": BOT | {"DisplayName": "n" * 257}},
        accepted={"ParticipantDetails": BOT | {"DisplayName": "n" * 256}},
    ),
    *(
        Case(rule="contact-request-bounds", operation=operation, refused=refused, accepted=accepted)
        for operation, refused, accepted in (
            (
                "CreatePersistentContactAssociation",
                {"RehydrationType": "from_segment"},
                {"RehydrationType": "FROM_SEGMENT"},
            ),
            (
                "TagContact",
                {"Tags": dict.fromkeys("abcdefg", "")},
                {"Tags": dict.fromkeys("abcdef", "")},
            ),
            ("TagContact", {"Tags": {"k" * 129: ""}}, {"Tags": {"k" * 128: ""}}),
            ("TagContact", {"Tags": {"k": "v" * 257}}, {"Tags": {"k": "v" * 256}}),
            ("UntagContact", {"TagKeys": ["k"] * 7}, {"TagKeys": ["k"] * 6}),
            ("UntagContact", {"TagKeys": ["k" * 129]}, {"TagKeys": ["k" * 128]}),
            ("ListContactFlows", {"MaxResults": 1001}, {"MaxResults": 1000}),
            ("ListContactFlows", {"ContactFlowTypes": ["FLOW"]}, {"ContactFlowTypes": ["CONTACT_FLOW"]}),
        )
    ),
    *(
        Case(
            rule="tag-key-characters",
            operation="TagContact",
            refused={"Tags": {key: ""}},
            accepted={"Tags": {near: ""}},
        )
        for key, near in (("aws:team", "team:aws"), ("te am", "te-am"), ("ä", "a"), ("a\n", "a"))
    ),
    *(
        Case(rule="added-participant-role", operation="CreateParticipant", refused={"ParticipantDetails": details})
        for details in ({"ParticipantRole": "AGENT", "DisplayName": "Bot"}, {"DisplayName": "Bot"})
    ),
    Case(
        rule="added-participant-display-name",
        operation="CreateParticipant",
        refused={"ParticipantDetails": {"ParticipantRole": "CUSTOM_BOT"}},
        accepted={"ParticipantDetails": {"ParticipantRole": "CUSTOM_BOT", "DisplayName": "B"}},
    ),
    Case(
        rule="custom-bot-without-agent",
        operation="CreateParticipant",
        against=lambda scene: scene.fake.add_participant("live"),
    ),
    Case(
        rule="custom-bots-per-chat",
        operation="CreateParticipant",
        against=lambda scene: scene.call("CreateParticipant", {}),
    ),
    Case(
        rule="participants-per-chat",
        operation="CreateParticipant",
        arrange=lambda scene: [scene.fake.add_participant("live", role="SUPERVISOR") for _ in range(4)],
        against=lambda scene: scene.fake.add_participant("live", role="SUPERVISOR"),
    ),
    Case(
        rule="custom-bot-connects",
        operation="CreateParticipantConnection",
        arrange=lambda scene: scene.tokens.update(
            ParticipantToken=scene.call("CreateParticipant", {})["ParticipantCredentials"]["ParticipantToken"]
        ),
        against=lambda scene: scene.fake.clock.advance(seconds=16),
    ),
    *(
        Case(
            rule="contact-retention",
            operation=operation,
            settings={"clock": "2026-01-01T00:00:00Z"},
            refused=lambda scene, member=member: {member: chat_that_ended(scene, "2024-01-02T00:09:59.999Z")},
            accepted=lambda scene, member=member: {member: chat_that_ended(scene, "2024-01-02T00:10:00Z")},
        )
        for operation, member in (
            ("DescribeContact", "ContactId"),
            ("GetContactAttributes", "InitialContactId"),
            ("UpdateContactAttributes", "InitialContactId"),
            ("ListAssociatedContacts", "ContactId"),
            ("TagContact", "ContactId"),
            ("UntagContact", "ContactId"),
        )
    ),
    *(
        Case(
            rule="attributes-size",
            operation="UpdateContactAttributes",
            refused=refused,
            accepted=accepted,
            arrange=lambda scene: scene.call("UpdateContactAttributes", {"Attributes": {"a": "v" * 9}}),
        )
        for refused, accepted in (
            ({"Attributes": {"k": "v" * 32_758}}, {"Attributes": {"k": "v" * 32_757}}),
            ({"Attributes": {"a": "v" * 32_767, "b": ""}}, {"Attributes": {"a": "v" * 32_767}}),
        )
    ),
    Case(
        rule="attribute-key-characters",
        operation="UpdateContactAttributes",
        refused={"Attributes": {"a.b": ""}},
        accepted={"Attributes": {"a-Z_9": ""}},
    ),
    *(
        Case(rule=rule, operation=operation, refused={"ClientToken": ""}, accepted={"ClientToken": "t"})
        for rule, operation in (
            ("client-token-empty", "StartContactStreaming"),
            ("client-token-empty-invalid-request", "CreateParticipant"),
        )
    ),
    Case(
        rule="client-token-conflict",
        operation="CreateParticipant",
        settings={"client_token_conflict": "error"},
        arrange=lambda scene: scene.call("CreateParticipant", {"ClientToken": "used"}),
        refused={"ClientToken": "used", "ParticipantDetails": BOT | {"DisplayName": "Other"}},
        accepted={"ClientToken": "used"},
    ),
    *(
        Case(
            rule=rule,
            operation="StartContactStreaming",
            refused={"ChatStreamingConfiguration": {"StreamingEndpointArn": wrong}},
        )
        for rule, wrong in (
            ("streaming-endpoint-arn", "topic"),
            ("streaming-endpoint-topic", f"{TOPIC}.fifo"),
            ("streaming-endpoint-topic", TOPIC.replace("us-east-1", "eu-west-1")),
        )
    ),
    Case(
        rule="streaming-endpoints",
        operation="StartContactStreaming",
        against=lambda scene: [scene.call("StartContactStreaming", {}) for _ in range(2)],
        accepted=lambda scene: {"ContactId": scene.fake.add_contact(instance_id="i").contact_id},
    ),
    Case(
        rule="streaming-exists",
        operation="StopContactStreaming",
        refused={"StreamingId": "nobody"},
        accepted=lambda scene: {"StreamingId": scene.call("StartContactStreaming", {})["StreamingId"]},
    ),
    Case(
        rule="association-new",
        operation="CreatePersistentContactAssociation",
        against=persist,
        accepted=lambda scene: {"InitialContactId": scene.fake.add_contact(instance_id="i").contact_id},
    ),
    Case(
        rule="association-source",
        operation="CreatePersistentContactAssociation",
        refused={"SourceContactId": "live"},
        against=lambda scene: scene.fake.transfer("live"),
    ),
    Case(
        rule="source-contact-exists",
        operation="CreatePersistentContactAssociation",
        refused={"SourceContactId": "elsewhere"},
    ),
    Case(
        rule="source-contact-ended",
        operation="CreatePersistentContactAssociation",
        refused=lambda scene: {"SourceContactId": scene.fake.add_contact(instance_id="i").contact_id},
    ),
    Case(
        rule="source-contact-chat",
        operation="CreatePersistentContactAssociation",
        refused=lambda scene: {"SourceContactId": ended_call(scene)},
    ),
    Case(
        rule="source-contact-initial",
        operation="CreatePersistentContactAssociation",
        refused=lambda scene: {
            "SourceContactId": scene.fake.contacts.ended[1].contact_id,
            "RehydrationType": "ENTIRE_PAST_SESSION",
        },
        accepted={"RehydrationType": "ENTIRE_PAST_SESSION"},
    ),
    Case(
        rule="source-contact-retention",
        operation="CreatePersistentContactAssociation",
        settings={"clock": "2026-01-01T00:00:00Z"},
        refused=lambda scene: {
            "SourceContactId": scene.fake.add_ended_chat(instance_id="i", ended_at="2023-01-01T00:00:00Z")[0].contact_id
        },
    ),
    Case(
        rule="instance-exists",
        operation="ListContactFlows",
        against=lambda scene: scene.fake.add_instance("i"),
        refused={"InstanceId": "nobody"},
    ),
    Case(
        rule="instance-id-arn",
        operation="ListContactFlows",
        refused={"InstanceId": "arn:aws:connect:us-east-1:123456789012:instance/i"},
    ),
    *(
        Case(rule="list-next-token", operation=operation, refused={"NextToken": token})
        for operation in ("ListContactFlows", "ListAssociatedContacts")
        for token in ("x", "", "TGlzdENvbnRhY3RGbG93cy9vbmU=", "T3RoZXIvMQ==")
    ),
    # -- tokens of participants ----------------------------------------------------------------------------------------
    Case(
        rule="participant-token-known",
        operation="CreateParticipantConnection",
        refused={"ParticipantToken": "unknown"},
    ),
    Case(
        rule="participant-token-live",
        operation="CreateParticipantConnection",
        against=leave,
        accepted=lambda scene: {"ParticipantToken": scene.fake.add_contact().participant_token},
    ),
    Case(
        rule="participant-token-live",
        operation="CreateParticipantConnection",
        refused=lambda scene: {"ParticipantToken": scene.fake.contacts["past"].participant_token},
    ),
    *(
        Case(rule="connection-token-known", operation=operation, refused={"ConnectionToken": "unknown"})
        for operation in ("SendMessage", "GetTranscript", "DisconnectParticipant")
    ),
    Case(
        rule="connection-token-known",
        operation="GetAttachment",
        refused=lambda scene: {"AttachmentId": scene.upload(), "ConnectionToken": scene.contact.participant_token},
        accepted=lambda scene: {"AttachmentId": scene.upload()},
    ),
    Case(
        rule="connection-token-live",
        operation="GetTranscript",
        against=lambda scene: scene.fake.stop_contact("live"),
        accepted=lambda scene: {"ConnectionToken": scene.connect(scene.fake.add_contact().participant_token)},
    ),
    Case(
        rule="connection-token-unexpired",
        operation="GetTranscript",
        against=lambda scene: scene.fake.clock.advance(days=1),
        accepted=lambda scene: {"ConnectionToken": scene.connect(scene.contact.participant_token)},
    ),
    # -- messages and events -------------------------------------------------------------------------------------------
    Case(
        rule="participant-request-bounds",
        operation="SendMessage",
        refused={"ClientToken": "t" * 501},
        accepted={"ClientToken": "t" * 500},
    ),
    Case(
        rule="participant-request-bounds",
        operation="GetTranscript",
        refused={"SortOrder": "descending"},
        accepted={"SortOrder": "DESCENDING"},
    ),
    Case(
        rule="participant-request-bounds",
        operation="GetTranscript",
        refused={"StartPosition": {"MostRecent": 101}},
        accepted={"StartPosition": {"MostRecent": 100}},
    ),
    Case(
        rule="participant-request-bounds",
        operation="CreateParticipantConnection",
        refused={"Type": ["WEBSOCKET", "websocket"]},
        accepted={"Type": ["WEBSOCKET", "WEBRTC_CONNECTION"]},
    ),
    *(
        Case(
            rule="message-content-type",
            operation="SendMessage",
            refused=message(wrong),
            accepted=message(PLAIN),
            then="message-supported",
        )
        for wrong in (INTERACTIVE, "text/html", "Text/Plain")
    ),
    *(
        Case(
            rule="message-characters",
            operation="SendMessage",
            refused=message(kind, f'"{"a" * (most - 1)}"'),
            accepted=message(kind, f'"{"a" * (most - 2)}"'),
        )
        for kind, most in ((PLAIN, 1_024), (MARKDOWN, 1_024), (JSON, 12_000))
    ),
    Case(
        rule="message-bytes",
        operation="SendMessage",
        refused=message(PLAIN, "ä" * 8_193),
        accepted=message(PLAIN, "ä" * 8_192),
    ),
    Case(rule="message-json", operation="SendMessage", refused=message(JSON, "{"), accepted=message(JSON, "{}")),
    Case(
        rule="message-supported",
        operation="SendMessage",
        refused=lambda scene: (
            message(MARKDOWN) | {"ConnectionToken": scene.connect(scene.fake.add_contact().participant_token)}
        ),
        accepted=message(MARKDOWN),
    ),
    *(
        Case(rule="event-content-type", operation="SendEvent", refused={"ContentType": wrong})
        for wrong in (f"{EVENT}chat.ended", "typing", PLAIN)
    ),
    *(
        Case(
            rule="receipt-content",
            operation="SendEvent",
            refused={"ContentType": f"{EVENT}{kind}"} | content,
            accepted=lambda scene, kind=kind: receipt(say(scene), kind),
            then="receipt-message",
        )
        for kind in ("message.read", "message.delivered")
        for content in ({}, {"Content": "m"}, {"Content": "[]"}, {"Content": '{"messageId": 7}'})
    ),
    Case(
        rule="receipt-participants",
        operation="SendEvent",
        against=lambda scene: scene.fake.add_participant("live"),
        refused=lambda scene: receipt(say(scene)),
        accepted=lambda scene: receipt(say(scene)),
    ),
    Case(
        rule="receipt-message",
        operation="SendEvent",
        refused=receipt("nobody"),
        accepted=lambda scene: receipt(say(scene)),
    ),
    Case(
        rule="receipt-of-another",
        operation="SendEvent",
        refused=lambda scene: receipt(scene.call("SendMessage", {})["Id"]),
        accepted=lambda scene: receipt(say(scene)),
    ),
    Case(
        rule="participant-client-token-conflict",
        operation="SendMessage",
        settings={"client_token_conflict": "error"},
        arrange=lambda scene: scene.call("SendMessage", {"ClientToken": "used"}),
        refused={"ClientToken": "used", "Content": "other"},
        accepted={"ClientToken": "used"},
    ),
    # -- transcripts and attachments -----------------------------------------------------------------------------------
    *(
        Case(
            rule="transcript-start-position",
            operation="GetTranscript",
            refused={"StartPosition": {"AbsoluteTime": "noon"}},
            accepted={"StartPosition": accepted},
        )
        for accepted in ({}, {"AbsoluteTime": "2026-01-01T00:00:00Z"})
    ),
    *(
        Case(
            rule="transcript-forward-position",
            operation="GetTranscript",
            refused={"ScanDirection": "FORWARD"} | refused,
            accepted={"ScanDirection": "FORWARD", "StartPosition": {"MostRecent": 1}},
        )
        for refused in ({}, {"StartPosition": {}})
    ),
    Case(
        rule="transcript-start-position",
        operation="GetTranscript",
        refused={"StartPosition": {"Id": "x", "MostRecent": 1}},
        then="transcript-start-exists",
    ),
    Case(
        rule="transcript-start-exists",
        operation="GetTranscript",
        refused={"StartPosition": {"Id": "x"}},
        accepted=lambda scene: {"StartPosition": {"Id": scene.contact.transcript[0].id}},
    ),
    Case(
        rule="transcript-next-token",
        operation="GetTranscript",
        arrange=lambda scene: scene.call("SendMessage", {}),
        refused={"NextToken": "x"},
        accepted=lambda scene: {"NextToken": next_token(scene)},
    ),
    Case(
        rule="transcript-past",
        operation="GetTranscript",
        refused=lambda scene: transcript_of_the_past(scene) | {"ScanDirection": "FORWARD"},
        accepted=transcript_of_the_past,
    ),
    Case(
        rule="attachment-size",
        operation="StartAttachmentUpload",
        refused={"AttachmentSizeInBytes": MEGABYTES_20 + 1},
        accepted={"AttachmentSizeInBytes": MEGABYTES_20},
    ),
    *(
        Case(
            rule="attachment-type",
            operation="StartAttachmentUpload",
            refused={"AttachmentName": refused},
            accepted={"AttachmentName": accepted},
        )
        for refused, accepted in (("a.exe", "a.JPEG"), ("a.svg", "a.svg.xlsx"), ("csv", "a.csv"))
    ),
    Case(
        rule="attachments-per-chat",
        operation="StartAttachmentUpload",
        against=lambda scene: [scene.upload(complete=False) for _ in range(35)],
        accepted=lambda scene: {"ConnectionToken": scene.connect(scene.fake.add_contact().participant_token)},
    ),
    Case(
        rule="completed-attachment-exists",
        operation="CompleteAttachmentUpload",
        refused={"AttachmentIds": ["nobody"]},
        accepted=lambda scene: {"AttachmentIds": [scene.upload(complete=False)]},
    ),
    Case(
        rule="completed-attachment-pending",
        operation="CompleteAttachmentUpload",
        refused=lambda scene: {"AttachmentIds": [scene.upload()]},
        accepted=lambda scene: {"AttachmentIds": [scene.upload(complete=False)]},
    ),
    Case(
        rule="completed-attachment-arrived",
        operation="CompleteAttachmentUpload",
        against=serve,
        refused=lambda scene: {"AttachmentIds": [scene.upload(complete=False)]},
        accepted=lambda scene: {"AttachmentIds": [scene.upload(complete=False)]},
    ),
    Case(
        rule="attachment-exists",
        operation="GetAttachment",
        refused={"AttachmentId": "nobody"},
        accepted=lambda scene: {"AttachmentId": scene.upload()},
    ),
    Case(
        rule="attachment-exists",
        operation="GetAttachment",
        refused=lambda scene: {"AttachmentId": scene.upload(complete=False)},
        accepted=lambda scene: {"AttachmentId": scene.upload()},
    ),
    *(
        Case(
            rule="attachment-approved",
            operation="GetAttachment",
            against=lambda scene, status=status: scene.fake.scan_attachments_with(lambda attachment: status),
            refused=lambda scene: {"AttachmentId": scene.upload()},
            accepted=lambda scene: {"AttachmentId": scene.upload()},
        )
        for status in ("REJECTED", "IN_PROGRESS")
    ),
    Case(
        rule="attachment-reader",
        operation="GetAttachment",
        refused=lambda scene: {"AttachmentId": scene.upload(), "ConnectionToken": bots_token(scene)},
        accepted=lambda scene: {"AttachmentId": scene.upload()},
    ),
]


def bots_token(scene: Scene) -> str:
    return scene.connect(scene.call("CreateParticipant", {})["ParticipantCredentials"]["ParticipantToken"])


def numbered(names: list[str]) -> list[str]:
    """Return a test id for each: the rule and operation, with a number where they come again."""
    return [name if (n := names[:at].count(name)) == 0 else f"{name}-{n + 1}" for at, name in enumerate(names)]


every_case = pytest.mark.parametrize("case", CASES, ids=numbered([f"{case.rule}-{case.operation}" for case in CASES]))


@pytest.fixture(scope="module")
def clients() -> dict[str, Any]:
    """Clients for all cases of this module: making one takes longer than all that is done with it."""
    with FakeConnectChat() as fake:
        return {service: fake.client(service) for service in ("connect", "connectparticipant")}


@pytest.fixture
def scene(case: Case, clients: dict[str, Any]) -> Iterator[Scene]:
    with FakeConnectChat(seed=7, **case.settings) as fake:
        fake.rules[case.rule].enable()
        yield Scene(fake, clients)


def refusal(scene: Scene, case: Case) -> tuple[str, dict[str, Any]]:
    """Make the request that is against the rule; return the class of the exception, and its response."""
    case.arrange(scene)
    case.against(scene)
    members = case.refused(scene) if callable(case.refused) else case.refused
    with pytest.raises(Exception, match="An error occurred") as caught:
        scene.call(case.operation, members)
    response: dict[str, Any] = caught.value.response  # type: ignore[attr-defined]  # a ClientError
    return type(caught.value).__name__, response


# -- each rule ---------------------------------------------------------------------------------------------------------


def test_every_rule_has_a_case() -> None:
    switchable = [rule for rule in RULES if rule.can_be_disabled]
    ours = {rule.id for rule in switchable if rule.operations[0] not in ("StartChatContact", "StopContact")}
    shared = {rule.id for rule in switchable if rule.operations[0] == "StartChatContact" and len(rule.operations) > 1}

    # What is answered, and does nothing, has no request that is refused.
    assert {case.rule for case in CASES} == (ours | shared) - {"connect-participant-streaming"}


def test_rules_belong_to_faked_operations() -> None:
    assert {operation for rule in RULES for operation in rule.operations} <= {name for _, name in OPERATIONS}


def test_every_error_is_one_that_the_service_has(clients: dict[str, Any]) -> None:
    for service, operation in OPERATIONS:
        client = clients[service]
        for rule in RULES:
            if operation in rule.operations:
                assert rule.code is None or hasattr(client.exceptions, rule.code), (rule.id, operation)


@every_case
def test_a_request_just_against_a_rule_is_refused(scene: Scene, case: Case) -> None:
    name, response = refusal(scene, case)

    assert (name, response["Error"]["Code"]) == (case.code, case.code)
    if case.rule in OBSERVED:
        assert response["Error"]["Message"] == OBSERVED[case.rule]
    else:
        assert response["Error"]["Message"].endswith(f" (rule {case.rule} of pytest-connect-chat)")
    json.dumps(response)


@every_case
def test_a_request_just_within_a_rule_is_accepted(scene: Scene, case: Case) -> None:
    case.arrange(scene)
    members = case.accepted(scene) if callable(case.accepted) else case.accepted

    assert scene.call(case.operation, members)["ResponseMetadata"]["HTTPStatusCode"] == 200


@every_case
def test_a_disabled_rule_lets_the_request_pass(scene: Scene, case: Case) -> None:
    scene.fake.rules[case.rule].disable()
    if case.then is not None:
        scene.fake.rules[case.then].raises("ConflictException")
        assert refusal(scene, case)[0] == "ConflictException"
        return
    case.arrange(scene)
    case.against(scene)
    members = case.refused(scene) if callable(case.refused) else case.refused

    assert scene.call(case.operation, members)["ResponseMetadata"]["HTTPStatusCode"] == 200


@every_case
def test_a_rule_raises_the_class_that_it_is_given(scene: Scene, case: Case) -> None:
    scene.fake.rules[case.rule].raises("ConflictException")

    assert refusal(scene, case)[0] == "ConflictException"


# -- what a refusal says -----------------------------------------------------------------------------------------------


EVENTS = ("typing", "connection.acknowledged", "message.delivered", "message.read")
ONE_OF_THREE = "it has one of Id, AbsoluteTime, MostRecent"
TEXTS: list[tuple[str, str, Members, str]] = [
    (
        "contact-request-bounds-invalid-request",
        "CreateParticipant",
        {"ParticipantDetails": BOT | {"DisplayName": "n" * 257}},
        "ParticipantDetails.DisplayName has 257 characters; at most 256 are allowed.",
    ),
    *(
        ("contact-request-bounds", operation, refused, text)
        for operation, refused, text in (
            (
                "CreatePersistentContactAssociation",
                {"RehydrationType": "from_segment"},
                "RehydrationType is 'from_segment'; valid are ENTIRE_PAST_SESSION, FROM_SEGMENT.",
            ),
            ("TagContact", {"Tags": {}}, "Tags is empty."),
            ("TagContact", {"Tags": dict.fromkeys("abcdefg", "")}, "Tags has 7 entries; at most 6 are allowed."),
            ("TagContact", {"Tags": {"k" * 129: ""}}, "a key of Tags has 129 characters; at most 128 are allowed."),
            ("TagContact", {"Tags": {"k": "v" * 257}}, "Tags['k'] has 257 characters; at most 256 are allowed."),
            ("UntagContact", {"TagKeys": ["k", "k" * 129]}, "TagKeys[1] has 129 characters; at most 128 are allowed."),
            ("ListContactFlows", {"MaxResults": 1_001}, "MaxResults is 1001; at most 1000 is allowed."),
        )
    ),
    (
        "participant-request-bounds",
        "GetTranscript",
        {"StartPosition": {"MostRecent": 101}},
        "StartPosition.MostRecent is 101; at most 100 is allowed.",
    ),
    *(
        (
            "tag-key-characters",
            operation,
            refused,
            f"{member} has the key 'aws:team'; keys match the model's pattern and do not begin with aws:.",
        )
        for operation, member, refused in (
            ("TagContact", "Tags", {"Tags": {"k": "", "aws:team": ""}}),
            ("UntagContact", "TagKeys", {"TagKeys": ["k", "aws:team"]}),
        )
    ),
    *(
        (
            "added-participant-role",
            "CreateParticipant",
            {"ParticipantDetails": details},
            f"ParticipantDetails.ParticipantRole is {shown}; valid is CUSTOM_BOT.",
        )
        for details, shown in (({"ParticipantRole": "AGENT"}, "'AGENT'"), ({}, "None"))
    ),
    (
        "added-participant-display-name",
        "CreateParticipant",
        {"ParticipantDetails": {"ParticipantRole": "CUSTOM_BOT"}},
        "ParticipantDetails has no DisplayName.",
    ),
    (
        "message-content-type",
        "SendMessage",
        message("text/html"),
        f"ContentType is 'text/html'; valid are {PLAIN}, {MARKDOWN}, {JSON}, {INTERACTIVE}.response.",
    ),
    (
        "event-content-type",
        "SendEvent",
        {"ContentType": "typing"},
        f"ContentType is 'typing'; valid are {', '.join(f'{EVENT}{kind}' for kind in EVENTS)}.",
    ),
    (
        "receipt-content",
        "SendEvent",
        {"ContentType": f"{EVENT}message.read", "Content": "[" * 6_000},
        'Content of a message receipt is a JSON text such as {"messageId": "..."}.',
    ),
    *(
        ("transcript-start-position", "GetTranscript", {"StartPosition": position}, f"StartPosition{text}.")
        for position, text in (
            ({"Id": "x", "MostRecent": 1}, f" has Id, MostRecent; {ONE_OF_THREE}"),
            ({"AbsoluteTime": "noon"}, ".AbsoluteTime is 'noon', which is not a time in ISO 8601"),
        )
    ),
    (
        "attachment-size",
        "StartAttachmentUpload",
        {"AttachmentSizeInBytes": MEGABYTES_20 + 1},
        "AttachmentSizeInBytes is 20971521; at most 20971520 are allowed.",
    ),
]


@pytest.mark.parametrize(
    ("rule", "operation", "refused", "text"),
    TEXTS,
    ids=numbered([f"{rule}-{operation}" for rule, operation, *_ in TEXTS]),
)
def test_a_refusal_says_what_is_wrong(
    clients: dict[str, Any], rule: str, operation: str, refused: Members, text: str
) -> None:
    with FakeConnectChat(seed=7) as fake:
        scene = Scene(fake, clients)
        with pytest.raises(ClientError) as caught:
            scene.call(operation, refused)

    assert caught.value.response["Error"]["Message"] == f"{text} (rule {rule} of pytest-connect-chat)"


# -- what is recorded --------------------------------------------------------------------------------------------------


def of_a_streaming(scene: Scene) -> Members:
    return {"StreamingId": scene.call("StartContactStreaming", {})["StreamingId"]}


NAMING: dict[str, Callable[[Scene], Members]] = {
    "StopContactStreaming": of_a_streaming,
    "CompleteAttachmentUpload": lambda scene: {"AttachmentIds": [scene.upload(complete=False)]},
    "GetAttachment": lambda scene: {"AttachmentId": scene.upload()},
}
OF_A_CONTACT = [name for _, name in OPERATIONS if name not in ("StartChatContact", "ListContactFlows")]


@pytest.mark.parametrize("operation", OF_A_CONTACT)
def test_a_request_is_recorded_with_its_contact(clients: dict[str, Any], operation: str) -> None:
    with FakeConnectChat(seed=7) as fake:
        scene = Scene(fake, clients)
        scene.call(operation, NAMING.get(operation, lambda scene: {})(scene))
        record = fake.requests.last

    assert (record.operation, record.contact) == (operation, fake.contacts["live"])


# -- several at once ---------------------------------------------------------------------------------------------------


def test_an_unknown_contact_is_reported_after_the_form_of_a_request(clients: dict[str, Any]) -> None:
    with FakeConnectChat() as fake:
        scene = Scene(fake, clients)
        with pytest.raises(clients["connect"].exceptions.InvalidParameterException):
            scene.call("TagContact", {"ContactId": "nobody", "Tags": {"aws:k": ""}})


def test_a_replay_is_looked_at_before_the_state_of_the_chat(clients: dict[str, Any]) -> None:
    with FakeConnectChat() as fake:
        scene = Scene(fake, clients)
        first = scene.call("StartContactStreaming", {"ClientToken": "s"})
        fake.stop_contact("live")

        assert scene.call("StartContactStreaming", {"ClientToken": "s"})["StreamingId"] == first["StreamingId"]
