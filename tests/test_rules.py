"""Each rule by which the service refuses a request: what is just against it, and what is just within.

The numbers are those of the list of server-side rules that the fake was built from; what proves each is named by the id
of the rule, or by the test.

 1  instance-id-length                       27  source-contact-id-required
 2  instance-exists                          28  source-contact-exists
 3  contact-flow-id-empty, -length           29  source-contact-ended
 4  contact-flow-exists                      30  source-contact-initial
 5  contact-flow-id-arn, instance-id-arn     31  test_persistent_chat.py
 6  contact-flow-exists                      32  test_persistent_chat.py
 7  display-name-length                      33  persistent-or-related
 8  response-mode-value                      34  later issue (CreatePersistentContactAssociation)
 9  initial-message-content-type             35  test_persistent_chat.py
10  initial-message-supported                36  related-contact-exists
11  initial-message-characters, -bytes       37  segment-attribute-key-characters
12  initial-message-json                     38  segment-attribute-one-value
13  attributes-size                          39  guide-content-types
14  attribute-key-characters                 40  segment-attribute-system-only, segment-attribute-arn
15  client-token-length, client-token-empty  41  segment-attribute-lengths
16  test_idempotency.py                      42  segment-attribute-predefined
17  client-token-conflict                    43  customer-id-length
18  test_idempotency.py                      44  disconnect-on-customer-exit-values
19  chat-duration-range                      45  connection-types-values
20  custom-chat-duration                     46  test_idempotency.py: what is asked for is answered
21  test_contacts.py                         47  streaming-endpoint-length, -arn, -topic
22  supported-content-types-plain            48  later issue (request rates)
23  supported-content-type-values            49  active-chats
24  test_contacts.py (SendMessage: later)    50-53  later issue (connections and tokens of participants)
25  rehydration-type-required                54  stopped-contact-active, stopped-contact-exists
26  rehydration-type-value                   55  later issue (faults)

Of no number: source-contact-id-length, related-contact-id-length, source-contact-retention, contact-retention,
attribute-lengths, segment-attribute-integer.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import ClientError, ParamValidationError
from botocore.session import Session
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_connect_chat import FakeConnectChat
from pytest_connect_chat._service.answer import Reply, ServiceError
from pytest_connect_chat._service.request import Limit, Request
from pytest_connect_chat._service.rules import RULES
from pytest_connect_chat._service.service import ConnectChatService
from pytest_connect_chat.exceptions import SettingError, UnknownCodeWarning

pytestmark = pytest.mark.of_botocore

PLAIN, MARKDOWN, JSON = "text/plain", "text/markdown", "application/json"
INTERACTIVE = "application/vnd.amazonaws.connect.message.interactive"
RESPONSE = "application/vnd.amazonaws.connect.message.interactive.response"
TOPIC = "arn:aws:sns:us-east-1:123456789012:chats"
STATUS = {
    "InvalidParameterException": 400,
    "InvalidRequestException": 400,
    "ResourceNotFoundException": 404,
    "IdempotencyException": 409,
    "ContactNotFoundException": 410,
    "LimitExceededException": 429,
}
WITHOUT_RULE_ID = {"instance-id-arn", "instance-exists", "contact-flow-id-arn", "contact-flow-exists"}
NEW_MEMBERS = ("ConnectionTypes", "ChatStreamingConfiguration")
LONG_ID = "c" * 256

Members = dict[str, Any]

SYSTEM_ONLY: list[Members] = [{"ValueList": []}, {"ValueArn": TOPIC}]


@dataclass(frozen=True, kw_only=True)
class Case:
    """A request just against a rule, and one just within.

    Attributes:
        rule: The id of the rule.
        refused: What differs from the smallest valid request, or a function of the fake that returns it.
        accepted: Likewise.
        settings: The settings of the fake.
        arrange: What comes before the request, besides the scene of every case.
        then: The rule that refuses the request once this one is disabled.
        operation: The operation that is called.
    """

    rule: str
    refused: Members | Callable[[FakeConnectChat], Members]
    accepted: Members | Callable[[FakeConnectChat], Members]
    settings: Members = field(default_factory=dict)
    arrange: Callable[[FakeConnectChat, Any, Members], object] = lambda fake, client, parameters: None
    then: str | None = None
    operation: str = "StartChatContact"

    @property
    def code(self) -> str | None:
        return next(rule.code for rule in RULES if rule.id == self.rule)


def message(content_type: str, content: str) -> Members:
    return {"InitialMessage": {"ContentType": content_type, "Content": content}}


def segment(value: Any, key: str = "mine") -> Members:
    return {"SegmentAttributes": {key: value}}


def add_ended_call(fake: FakeConnectChat, client: Any, parameters: Members) -> None:
    fake.add_contact(instance_id=parameters["InstanceId"], contact_id="call", channel="VOICE")
    fake.stop_contact("call")


def persistent(source: str, rehydration_type: str = "FROM_SEGMENT") -> Members:
    return {"PersistentChat": {"RehydrationType": rehydration_type, "SourceContactId": source}}


def supporting(*content_types: str) -> Members:
    return {"SupportedMessagingContentTypes": list(content_types)}


def streaming(arn: str) -> Members:
    return {"ChatStreamingConfiguration": {"StreamingEndpointArn": arn}}


def enable(rule: str) -> Callable[[FakeConnectChat, Any, Members], object]:
    return lambda fake, client, parameters: fake.rules[rule].enable()


def disable(rule: str) -> Callable[[FakeConnectChat, Any, Members], object]:
    return lambda fake, client, parameters: fake.rules[rule].disable()


def lenient(fake: FakeConnectChat, client: Any, parameters: Members) -> None:
    fake.rules["attributes-size"].disable()


def deep(key: str) -> Members:
    return {"ValueMap": {"a": {"ValueMap": {key: {"ValueString": ""}}}}}


def add_old_chats(fake: FakeConnectChat, client: Any, parameters: Members) -> None:
    instance_id = parameters["InstanceId"]  # a past chat lasts ten minutes
    fake.add_ended_chat(instance_id=instance_id, contact_id="at-24-months", ended_at="2024-01-02T00:10:00Z")
    fake.add_ended_chat(instance_id=instance_id, contact_id="older", ended_at="2024-01-02T00:09:59.999Z")


def add_long_ids(fake: FakeConnectChat, client: Any, parameters: Members) -> None:
    for contact_id in (LONG_ID, LONG_ID + "c"):
        fake.add_ended_chat(instance_id=parameters["InstanceId"], contact_id=contact_id)


def declare_instance(fake: FakeConnectChat, client: Any, parameters: Members) -> None:
    fake.add_instance(parameters["InstanceId"], [parameters["ContactFlowId"]])
    fake.add_instance("another-instance", ["another-flow"])


CASES = [
    Case(rule="instance-id-length", refused={"InstanceId": "i" * 101}, accepted={"InstanceId": "i" * 100}),
    Case(rule="contact-flow-id-empty", refused={"ContactFlowId": ""}, accepted={"ContactFlowId": "f"}),
    Case(rule="contact-flow-id-length", refused={"ContactFlowId": "f" * 501}, accepted={"ContactFlowId": "f" * 500}),
    Case(
        rule="display-name-length",
        refused={"ParticipantDetails": {"DisplayName": "\U0001f600" * 257}},
        accepted={"ParticipantDetails": {"DisplayName": "\U0001f600" * 256}},
    ),
    *(
        Case(
            rule="response-mode-value",
            refused={"ParticipantConfiguration": {"ResponseMode": wrong}},
            accepted={"ParticipantConfiguration": right},
        )
        for wrong, right in (
            ("complete", {"ResponseMode": "COMPLETE"}),
            ("", {"ResponseMode": "INCREMENTAL"}),
            ("X", {}),
        )
    ),
    *(
        Case(rule="initial-message-content-type", refused=message(wrong, "{}"), accepted=message(right, "{}"))
        for wrong, right in ((INTERACTIVE, RESPONSE), ("text/html", PLAIN), ("Text/Plain", MARKDOWN), ("c" * 101, JSON))
    ),
    *(
        Case(
            rule="initial-message-characters",
            refused=message(content_type, f'"{"ä" * (most - 1)}"'),
            accepted=message(content_type, f'"{"ä" * (most - 2)}"'),
        )
        for content_type, most in ((PLAIN, 1_024), (MARKDOWN, 1_024), (JSON, 12_000), (RESPONSE, 12_288))
    ),
    *(
        Case(
            rule="initial-message-bytes",
            settings={"message_limits": "16384-bytes"},
            refused=message(PLAIN, refused),
            accepted=message(PLAIN, accepted),
        )
        for refused, accepted in (
            ("m" * 16_385, "m" * 16_384),
            ("ä" * 8_192 + "m", "ä" * 8_192),
            ("\U0001f600" * 4_097, "\U0001f600" * 4_096),
            ("\ud800" * 5_462, "\ud800" * 5_461),
        )
    ),
    *(
        Case(rule="attributes-size", refused={"Attributes": refused}, accepted={"Attributes": accepted})
        for refused, accepted in (
            ({"k": "v" * 32_766, "l": "v"}, {"k": "v" * 32_765, "l": "v"}),
            ({"k": "ä" * 16_384}, {"k": "ä" * 16_383}),
        )
    ),
    *(
        Case(
            rule="attribute-lengths",
            refused={"Attributes": refused},
            accepted={"Attributes": accepted},
            arrange=lenient,
        )
        for refused, accepted in (
            ({"k" * 32_768: ""}, {"k" * 32_767: "v"}),
            ({"k": "v" * 32_768}, {"k": "v" * 32_767}),
        )
    ),
    Case(
        rule="attributes-size",
        arrange=lambda fake, client, parameters: fake.add_contact(
            instance_id=parameters["InstanceId"], contact_id="full", attributes={"k": "v" * 32_767}
        ),
        refused={"RelatedContactId": "full", "Attributes": {"l": ""}},
        accepted={"RelatedContactId": "full", "Attributes": {"k": "short", "l": ""}},
    ),
    *(
        Case(rule="attribute-key-characters", refused={"Attributes": {key: ""}}, accepted={"Attributes": {"a-Z_9": ""}})
        for key in ("a.b", "a b", "ä", "a\n", "connect:a")
    ),
    Case(rule="client-token-empty", refused={"ClientToken": ""}, accepted={"ClientToken": "t"}),
    Case(rule="client-token-length", refused={"ClientToken": "t" * 501}, accepted={"ClientToken": "t" * 500}),
    *(
        Case(
            rule="chat-duration-range",
            refused={"ChatDurationInMinutes": 10_081},
            accepted={"ChatDurationInMinutes": accepted},
        )
        for accepted in (60, 10_080)
    ),
    Case(
        rule="supported-content-type-values",
        refused=supporting(PLAIN, "text/html"),
        accepted=supporting(RESPONSE, INTERACTIVE, JSON, MARKDOWN, PLAIN),
    ),
    Case(rule="rehydration-type-value", refused=persistent("past", "from_segment"), accepted=persistent("past")),
    Case(
        rule="source-contact-id-length",
        arrange=add_long_ids,
        refused=persistent(LONG_ID + "c"),
        accepted=persistent(LONG_ID),
    ),
    Case(
        rule="related-contact-id-length",
        arrange=add_long_ids,
        refused={"RelatedContactId": LONG_ID + "c"},
        accepted={"RelatedContactId": LONG_ID},
    ),
    *(
        Case(
            rule="segment-attribute-key-characters",
            refused=segment({"ValueString": ""}, key),
            accepted=segment({"ValueString": ""}, near),
        )
        for key, near in (("a.b", "a-Z_9"), ("connect:", "connect:a"), ("Connect:a", "connect"), ("a:b", "ab"))
    ),
    *(
        Case(
            rule="segment-attribute-key-characters",
            refused=segment(deep("b c"), top),
            accepted=segment(deep("bc"), top),
        )
        for top in ("mine", "connect:own")
    ),
    *(
        Case(rule="segment-attribute-integer", refused=segment(refused), accepted=segment(accepted))
        for refused, accepted in (
            ({"ValueInteger": 2**31}, {"ValueInteger": 2**31 - 1}),
            ({"ValueInteger": -(2**31) - 1}, {"ValueInteger": -(2**31)}),
            ({"ValueMap": {"a": {"ValueInteger": 2**31}}}, {"ValueMap": {"a": {"ValueInteger": 0}}}),
        )
    ),
    *(
        Case(rule="segment-attribute-one-value", refused=segment(refused), accepted=segment(accepted))
        for refused, accepted in (
            ({}, {"ValueString": ""}),
            ({"ValueString": "", "ValueInteger": 0}, {"ValueInteger": 0}),
            ({"ValueMap": {"k": {}}}, {"ValueMap": {}}),
        )
    ),
    *(
        Case(
            rule="segment-attribute-lengths",
            refused=segment(refused, "connect:" + "k" * (at + 1)),
            accepted=segment(accepted, "connect:" + "k" * at),
        )
        for at, refused, accepted in (
            (120, {"ValueString": ""}, {"ValueString": ""}),
            (1, {"ValueString": "v" * 1_025}, {"ValueString": "v" * 1_024}),
            (1, {"ValueArn": TOPIC.ljust(1_025, "t")}, {"ValueArn": TOPIC.ljust(1_024, "t")}),
            (1, {"ValueMap": {"k" * 129: {"ValueInteger": 1}}}, {"ValueMap": {"k" * 128: {"ValueInteger": 1}}}),
            (1, {"ValueList": [{"ValueString": "v" * 1_025}]}, {"ValueList": [{"ValueString": "v" * 1_024}]}),
        )
    ),
    *(
        Case(
            rule="segment-attribute-arn",
            refused=segment({"ValueArn": wrong}, "connect:x"),
            accepted=segment({"ValueArn": TOPIC}, "connect:x"),
        )
        for wrong in ("", "topic", "arn:aws:sns", TOPIC + " ", TOPIC + "\n")
    ),
    Case(rule="customer-id-length", refused={"CustomerId": "c" * 129}, accepted={"CustomerId": "c" * 128}),
    *(
        Case(
            rule="disconnect-on-customer-exit-values",
            refused={"DisconnectOnCustomerExit": wrong},
            accepted={"DisconnectOnCustomerExit": ["AGENT"]},
        )
        for wrong in (["CUSTOMER"], ["AGENT", "AGENT"])
    ),
    Case(
        rule="connection-types-values",
        refused={"ConnectionTypes": ["WEBSOCKET", "CONNECTION_CREDENTIALS", "WEBRTC_CONNECTION"]},
        accepted={"ConnectionTypes": ["AUTHENTICATION_SESSION", "WEBRTC_CONNECTION"]},
    ),
    Case(
        rule="connection-types-values",
        refused={"ConnectionTypes": ["WEBSOCKET", "websocket"]},
        accepted={"ConnectionTypes": ["WEBSOCKET", "CONNECTION_CREDENTIALS"]},
    ),
    Case(
        rule="streaming-endpoint-length",
        arrange=disable("streaming-endpoint-arn"),  # no topic's ARN is as long as that
        refused=streaming("a" * 351),
        accepted=streaming("a" * 350),
    ),
    *(
        Case(rule="streaming-endpoint-arn", refused=streaming(wrong), accepted=streaming(right))
        for wrong, right in (
            ("chats", TOPIC),
            (TOPIC.replace("sns", "sqs"), TOPIC.replace(":aws:", ":aws-cn:")),
            (TOPIC + "t" * 252, TOPIC + "t" * 251),
        )
    ),
    Case(
        rule="initial-message-supported",
        refused=message(MARKDOWN, "m") | supporting(PLAIN),
        accepted=message(MARKDOWN, "m") | supporting(PLAIN, MARKDOWN),
    ),
    *(
        Case(rule="initial-message-json", refused=message(JSON, wrong), accepted=message(JSON, right))
        for wrong, right in (
            ("{", "{}"),
            ("NaN", "null"),
            ("1" * 5_000 + ",", "1" * 5_000),
            ("[" * 6_000, "[" * 20 + "]" * 20),
        )
    ),
    Case(
        rule="custom-chat-duration",
        arrange=enable("custom-chat-duration"),
        refused={"ChatDurationInMinutes": 1_500},
        accepted={},
    ),
    *(
        Case(rule="supported-content-types-plain", refused=supporting(*wrong), accepted=supporting(*wrong, PLAIN))
        for wrong in ((), (MARKDOWN,))
    ),
    Case(
        rule="rehydration-type-required",
        refused={"PersistentChat": {"SourceContactId": "past"}},
        accepted=persistent("past"),
    ),
    Case(
        rule="rehydration-type-required", refused={"PersistentChat": {}}, accepted={}, then="source-contact-id-required"
    ),
    Case(
        rule="source-contact-id-required",
        refused={"PersistentChat": {"RehydrationType": "FROM_SEGMENT"}},
        accepted=persistent("past"),
        then="source-contact-exists",
    ),
    Case(
        rule="persistent-or-related",
        refused=persistent("past") | {"RelatedContactId": "live"},
        accepted={"RelatedContactId": "live"},
    ),
    *(
        Case(
            rule="segment-attribute-system-only",
            refused=segment(value, "connectX"),
            accepted=segment(value, "connect:X"),
        )
        for value in [
            *SYSTEM_ONLY,
            *({"ValueMap": {key: value}} for key in ("a", "connect:a") for value in SYSTEM_ONLY),
        ]
    ),
    *(
        Case(
            rule="guide-content-types",
            refused=segment({"ValueString": "connect:Guide"}, "connect:Subtype") | refused,
            accepted=segment({"ValueString": subtype}, "connect:Subtype") | accepted,
        )
        for refused, subtype, accepted in (
            ({}, "connect:Chat", {}),
            (supporting(PLAIN, INTERACTIVE), "connect:Guide", supporting(RESPONSE, PLAIN, INTERACTIVE)),
            (supporting(PLAIN, RESPONSE), "connect:Guide", supporting(PLAIN, INTERACTIVE, RESPONSE)),
        )
    ),
    Case(
        rule="segment-attribute-predefined",
        arrange=enable("segment-attribute-predefined"),
        refused=segment({"ValueString": ""}, "mine"),
        accepted=segment({"ValueString": ""}, "connect:mine"),
    ),
    *(
        Case(rule="streaming-endpoint-topic", refused=streaming(wrong), accepted=streaming(TOPIC))
        for wrong in (TOPIC + ".fifo", TOPIC.replace("us-east-1", "eu-central-1"))
    ),
    Case(
        rule="client-token-conflict",
        settings={"client_token_conflict": "error"},
        arrange=lambda fake, client, parameters: client.start_chat_contact(**parameters, ClientToken="used"),
        refused={"ClientToken": "used", "CustomerId": "c"},
        accepted={"ClientToken": "used"},
    ),
    Case(
        rule="instance-id-arn",
        refused={"InstanceId": "arn:aws:connect:us-east-1:123456789012:instance/i"},
        accepted={"InstanceId": "i"},
    ),
    Case(
        rule="instance-exists",
        arrange=declare_instance,
        refused={"InstanceId": "nobody"},
        accepted={},
        then="contact-flow-exists",
    ),
    Case(
        rule="contact-flow-id-arn",
        refused={"ContactFlowId": "arn:aws:connect:us-east-1:123456789012:instance/i/contact-flow/f"},
        accepted={"ContactFlowId": "f"},
    ),
    *(
        Case(rule="contact-flow-exists", arrange=declare_instance, refused={"ContactFlowId": flow}, accepted={})
        for flow in ("nobody", "another-flow")
    ),
    Case(rule="source-contact-exists", refused=persistent("nobody"), accepted=persistent("past")),
    Case(
        rule="source-contact-exists",
        refused=persistent("elsewhere"),
        accepted=persistent("past", "ENTIRE_PAST_SESSION"),
    ),
    Case(
        rule="source-contact-initial",
        refused=lambda fake: persistent(fake.contacts.ended[1].contact_id, "ENTIRE_PAST_SESSION"),
        accepted=lambda fake: persistent(fake.contacts.ended[1].contact_id),
    ),
    *(
        Case(rule="source-contact-ended", refused=persistent("live", kind), accepted=persistent("past", kind))
        for kind in ("FROM_SEGMENT", "ENTIRE_PAST_SESSION")
    ),
    Case(
        rule="source-contact-chat",
        arrange=add_ended_call,
        refused=persistent("call"),
        accepted=persistent("past"),
    ),
    *(
        Case(
            rule="source-contact-retention",
            settings={"clock": "2026-01-01T00:00:00Z"},
            arrange=add_old_chats,
            refused=persistent("older", kind),
            accepted=persistent("at-24-months", kind),
        )
        for kind in ("FROM_SEGMENT", "ENTIRE_PAST_SESSION")
    ),
    Case(
        rule="contact-retention",
        settings={"clock": "2026-01-01T00:00:00Z"},
        arrange=add_old_chats,
        refused={"RelatedContactId": "older"},
        accepted={"RelatedContactId": "at-24-months"},
    ),
    *(
        Case(
            rule="related-contact-exists",
            refused={"RelatedContactId": related},
            accepted={"RelatedContactId": near},
        )
        for related, near in (("nobody", "live"), ("elsewhere", "past"))
    ),
    Case(
        rule="active-chats",
        settings={"max_active_chats": 1},
        refused={},
        accepted={"InstanceId": "another-instance"},
    ),
    *(
        Case(
            rule="stopped-contact-exists",
            operation="StopContact",
            refused={"ContactId": contact_id},
            accepted={"ContactId": "live"},
        )
        for contact_id in ("nobody", "elsewhere")
    ),
    Case(
        rule="stopped-contact-active",
        operation="StopContact",
        refused={"ContactId": "past"},
        accepted={"ContactId": "live"},
    ),
]


def numbered(rules: list[str]) -> list[str]:
    """Return a test id for each: the rule's, with a number where it comes again."""
    return [rule if (n := rules[:at].count(rule)) == 0 else f"{rule}-{n + 1}" for at, rule in enumerate(rules)]


every_case = pytest.mark.parametrize("case", CASES, ids=numbered([case.rule for case in CASES]))


@dataclass(frozen=True)
class Scene:
    """One case on a fake: its client, and how its requests are made."""

    fake: FakeConnectChat
    client: Any
    case: Case
    parameters: Members

    def request(self, overrides: Members | Callable[[FakeConnectChat], Members]) -> Any:
        changed = overrides if isinstance(overrides, dict) else overrides(self.fake)
        smallest = {"InstanceId": self.parameters["InstanceId"]}
        if self.case.operation == "StartChatContact":
            smallest = self.parameters
        return getattr(self.client, xform_name(self.case.operation))(**smallest | changed)


@pytest.fixture
def scene(case: Case, parameters: Members, shared_client: Any) -> Iterator[Scene]:
    """A fake with an ended chat, a live one and one of another instance, on which a case can be tried."""
    for member in NEW_MEMBERS:
        if isinstance(case.refused, dict) and member in case.refused and member not in members_of(shared_client):
            pytest.skip(f"the installed botocore has no member {member}")
    with FakeConnectChat(**case.settings) as fake:
        fake.add_contact(instance_id="elsewhere", contact_id="elsewhere")
        fake.add_ended_chat(2, instance_id=parameters["InstanceId"], contact_id="past")
        fake.add_contact(instance_id=parameters["InstanceId"], contact_id="live")
        case.arrange(fake, shared_client, parameters)
        yield Scene(fake, shared_client, case, parameters)


@pytest.fixture(scope="module")
def shared_client() -> Any:
    """One client for the cases of this module: making one takes longer than all that is done with it."""
    with FakeConnectChat() as fake:
        return fake.client("connect")


def members_of(client: Any) -> Members:
    members: Members = client.meta.service_model.operation_model("StartChatContact").input_shape.members
    return members


# -- each rule ---------------------------------------------------------------------------------------------------------


def test_every_rule_has_a_case() -> None:
    # The rules of the operations around a chat are in test_rules_of_companions.py, those on the shape of requests in
    # test_unvalidated_requests.py.
    switchable = [rule for rule in RULES if rule.can_be_disabled]
    ours = {rule.id for rule in switchable if rule.operations[0] in ("StartChatContact", "StopContact")}
    assert {case.rule for case in CASES} == ours


def test_rule_ids_are_unique() -> None:
    assert len({rule.id for rule in RULES}) == len(RULES)


@every_case
def test_a_request_just_against_a_rule_is_refused(scene: Scene, case: Case) -> None:
    before = list(scene.fake.contacts)

    with pytest.raises(getattr(scene.client.exceptions, case.code)) as caught:
        scene.request(case.refused)

    response = caught.value.response
    assert response["Error"]["Code"] == case.code
    assert response["ResponseMetadata"]["HTTPStatusCode"] == STATUS[case.code]
    assert list(scene.fake.contacts) == before
    if case.rule in WITHOUT_RULE_ID:
        assert response["Error"]["Message"] == "Resource not found of Type: null"
    else:
        assert response["Error"]["Message"].endswith(f" (rule {case.rule} of pytest-connect-chat)")
    json.dumps(response)


@every_case
def test_a_request_just_within_a_rule_is_accepted(scene: Scene, case: Case) -> None:
    assert scene.request(case.accepted)["ResponseMetadata"]["HTTPStatusCode"] == 200


@every_case
def test_a_disabled_rule_lets_the_request_pass(scene: Scene, case: Case) -> None:
    scene.fake.rules[case.rule].disable()

    if case.then is None:
        assert scene.request(case.refused)["ResponseMetadata"]["HTTPStatusCode"] == 200
    else:
        scene.fake.rules[case.then].raises("AccessDeniedException")
        with pytest.raises(scene.client.exceptions.AccessDeniedException):
            scene.request(case.refused)


@every_case
def test_a_rule_raises_the_class_that_it_is_given(scene: Scene, case: Case) -> None:
    scene.fake.rules[case.rule].raises("AccessDeniedException")

    with pytest.raises(scene.client.exceptions.AccessDeniedException) as caught:
        scene.request(case.refused)

    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


@pytest.mark.parametrize(
    ("member", "value"),
    [("ConnectionTypes", ["WEBSOCKET"]), ("ChatStreamingConfiguration", {"StreamingEndpointArn": TOPIC})],
)
def test_a_member_that_the_model_lacks_stays_unknown(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: Members, member: str, value: Any
) -> None:
    # A newer botocore is made to look like an older one; an older one is as it is.
    members_of(connect_client).pop(member, None)

    with pytest.raises(ParamValidationError, match=f'Unknown parameter in input: "{member}"'):
        connect_client.start_chat_contact(**parameters, **{member: value})

    assert not connect_chat.contacts
    assert not connect_chat.requests.called


# -- what botocore itself refuses --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "overrides",
    [
        {"InstanceId": ""},
        {"ParticipantDetails": {"DisplayName": ""}},
        {"ChatDurationInMinutes": 59},
        {"DisconnectOnCustomerExit": []},
        {"SegmentAttributes": {"connect:Subtype": {"valueString": "connect:Chat"}}},
        {"ClientToken": None},
    ],
    ids=lambda overrides: next(iter(overrides)),
)
def test_what_botocore_refuses_never_reaches_the_service(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: Members, overrides: Members
) -> None:
    with pytest.raises(ParamValidationError):
        connect_client.start_chat_contact(**parameters | overrides)

    assert not connect_chat.contacts
    assert not connect_chat.requests.called


# -- the switches ------------------------------------------------------------------------------------------------------


def test_a_rule_says_what_it_is(connect_chat: FakeConnectChat) -> None:
    rule = connect_chat.rules["attributes-size"]

    assert (rule.id, rule.code, rule.enabled) == ("attributes-size", "InvalidParameterException", True)
    assert (rule.source, rule.evidence) == ("API reference: StartChatContact", "documented")
    assert "32,768 UTF-8 bytes" in rule.sentence
    assert repr(rule) == "<rule attributes-size: InvalidParameterException>"


def test_a_disabled_rule_shows_it(connect_chat: FakeConnectChat) -> None:
    rule = connect_chat.rules["attributes-size"]
    rule.disable()

    assert not rule.enabled
    assert repr(rule) == "<rule attributes-size: InvalidParameterException, disabled>"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("enabled", "'enabled' of RuleSwitch cannot be assigned. enable() and disable() do it."),
        ("code", "'code' of RuleSwitch cannot be assigned. raises() does it."),
        ("source", "'source' of RuleSwitch cannot be assigned."),
        ("disabled", "RuleSwitch takes no attribute 'disabled'. Did you mean 'disable'?"),
    ],
)
def test_a_rule_is_changed_by_its_methods(connect_chat: FakeConnectChat, name: str, said: str) -> None:
    rule = connect_chat.rules["attributes-size"]

    with pytest.raises(AttributeError) as caught:
        setattr(rule, name, False)

    assert str(caught.value) == said
    rule.disable()
    assert rule.enabled is False


def test_the_rules_are_a_mapping_in_the_order_of_the_table(connect_chat: FakeConnectChat) -> None:
    assert list(connect_chat.rules) == [rule.id for rule in RULES]
    assert len(connect_chat.rules) == len(RULES)
    assert "attributes-size" in connect_chat.rules
    assert "attribute-size" not in connect_chat.rules


def test_a_disabled_rule_can_be_enabled_again(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: Members
) -> None:
    connect_chat.rules["client-token-empty"].disable()
    connect_client.start_chat_contact(**parameters, ClientToken="")
    connect_chat.rules["client-token-empty"].enable()

    with pytest.raises(connect_client.exceptions.InvalidParameterException):
        connect_client.start_chat_contact(**parameters, ClientToken="")


def test_giving_a_rule_a_class_enables_it(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: Members
) -> None:
    connect_chat.rules["custom-chat-duration"].raises("InvalidParameterException")

    assert connect_chat.rules["custom-chat-duration"].enabled
    with pytest.raises(connect_client.exceptions.InvalidParameterException):
        connect_client.start_chat_contact(**parameters, ChatDurationInMinutes=60)


def test_a_class_that_the_model_lacks_is_a_plain_client_error(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: Members
) -> None:
    with pytest.warns(UnknownCodeWarning, match=r"NoSuch.* a plain ClientError with the HTTP status 400\.$"):
        connect_chat.rules["client-token-empty"].raises("NoSuch.Code_1-x")

    with pytest.raises(ClientError) as caught:
        connect_client.start_chat_contact(**parameters, ClientToken="")

    assert type(caught.value) is ClientError
    assert caught.value.response["Error"]["Code"] == "NoSuch.Code_1-x"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_reset_puts_every_rule_back_to_the_settings() -> None:
    with FakeConnectChat(message_limits="16384-bytes") as fake:
        at_start = {rule: (switch.code, switch.enabled) for rule, switch in fake.rules.items()}
        for switch in fake.rules.values():
            switch.raises("ConflictException")
        fake.rules["attributes-size"].disable()
        fake.rules.reset()
        rules_reset = {rule: (switch.code, switch.enabled) for rule, switch in fake.rules.items()}
        fake.rules["attributes-size"].disable()
        fake.reset()
        fake_reset = {rule: (switch.code, switch.enabled) for rule, switch in fake.rules.items()}

    assert at_start["initial-message-bytes"] == ("InvalidParameterException", True)
    assert at_start["initial-message-characters"] == ("InvalidParameterException", False)
    assert rules_reset == at_start
    assert fake_reset == at_start


@pytest.mark.parametrize(
    ("rule_id", "hint"),
    [
        ("attribute-size", "attributes-size"),
        ("active_chats", "active-chats"),
        ("zzz", "list(connect_chat.rules)"),
        (7, "7"),
    ],
)
def test_an_unknown_rule_is_a_key_error_that_helps(connect_chat: FakeConnectChat, rule_id: Any, hint: str) -> None:
    with pytest.raises(KeyError) as caught:
        connect_chat.rules[rule_id]

    assert hint in str(caught.value)


@pytest.mark.parametrize("code", ["", "two words", "4xx", "Code\n", None, ValueError])
def test_what_is_no_error_code_is_refused(connect_chat: FakeConnectChat, code: Any) -> None:
    rule = connect_chat.rules["attributes-size"]

    with pytest.raises(SettingError, match=r"rules\['attributes-size'\]\.raises\(\) takes an error code"):
        rule.raises(code)

    assert rule.code == "InvalidParameterException"


# -- what a refusal says -----------------------------------------------------------------------------------------------


KEYS = "keys hold only alphanumeric characters, - and _"
KINDS = f"{PLAIN}, {MARKDOWN}, {JSON}, "
ARN = "ChatStreamingConfiguration.StreamingEndpointArn"
VALUES = "ValueString, ValueMap, ValueInteger, ValueList, ValueArn"
TEXTS: list[tuple[str, Members, str]] = [
    ("contact-flow-id-empty", {"ContactFlowId": ""}, "ContactFlowId is empty."),
    (
        "display-name-length",
        {"ParticipantDetails": {"DisplayName": "n" * 257}},
        "ParticipantDetails.DisplayName has 257 characters; at most 256 are allowed.",
    ),
    (
        "response-mode-value",
        {"ParticipantConfiguration": {"ResponseMode": "X"}},
        "ParticipantConfiguration.ResponseMode is 'X'; valid are INCREMENTAL, COMPLETE.",
    ),
    (
        "initial-message-content-type",
        message("text/html", "m"),
        f"InitialMessage.ContentType is 'text/html'; valid are {KINDS}{RESPONSE}.",
    ),
    (
        "initial-message-characters",
        message(PLAIN, "m" * 1_025),
        "InitialMessage.Content has 1025 characters; at most 1024 are allowed for text/plain.",
    ),
    ("initial-message-json", message(JSON, "NaN"), "InitialMessage.Content is not JSON: NaN is no JSON value."),
    (
        "initial-message-supported",
        message(MARKDOWN, "m") | supporting(PLAIN),
        "InitialMessage.ContentType is text/markdown, which SupportedMessagingContentTypes does not list.",
    ),
    (
        "attributes-size",
        {"Attributes": {"k": "v" * 32_768}},
        "Attributes has 32769 UTF-8 bytes over all keys and values; at most 32768 are allowed.",
    ),
    *(
        (
            "attribute-key-characters",
            {"Attributes": {key: ""}},
            f"Attributes has the key {shown}; {KEYS}.",
        )
        for key, shown in (
            ("a.b", "'a.b'"),
            ("." * 58, f"'{'.' * 58}'"),
            ("." * 59, f"'{'.' * 59}... (61 characters)"),
        )
    ),
    (
        "chat-duration-range",
        {"ChatDurationInMinutes": 10_081},
        "ChatDurationInMinutes is 10081; valid are 60 to 10080.",
    ),
    (
        "supported-content-type-values",
        supporting(PLAIN, "text/html"),
        f"SupportedMessagingContentTypes[1] is 'text/html'; valid are {KINDS}{INTERACTIVE}, {RESPONSE}.",
    ),
    (
        "custom-chat-duration",
        {"ChatDurationInMinutes": 60},
        "This account does not support ChatDurationInMinutes.",
    ),
    (
        "supported-content-types-plain",
        supporting(MARKDOWN),
        "SupportedMessagingContentTypes must always contain text/plain.",
    ),
    (
        "rehydration-type-required",
        {"PersistentChat": {"SourceContactId": "past"}},
        "PersistentChat.RehydrationType is required for a persistent chat.",
    ),
    (
        "source-contact-id-required",
        {"PersistentChat": {"RehydrationType": "FROM_SEGMENT"}},
        "PersistentChat.SourceContactId is required for a persistent chat.",
    ),
    (
        "persistent-or-related",
        persistent("past") | {"RelatedContactId": "live"},
        "You cannot provide data for both RelatedContactId and PersistentChat.",
    ),
    (
        "segment-attribute-key-characters",
        segment({"ValueString": ""}, "a.b"),
        f"SegmentAttributes has the key 'a.b'; {KEYS} (the system's own begin connect:).",
    ),
    *(
        (
            "segment-attribute-one-value",
            segment(value),
            f"SegmentAttributes.mine{path} must have one of {VALUES}; it has {found}.",
        )
        for value, path, found in (
            ({}, "", "none"),
            ({"ValueString": "", "ValueInteger": 0}, "", "ValueString, ValueInteger"),
            ({"ValueMap": {"k": {"ValueMap": {"l": {}}}}}, ".ValueMap.k.ValueMap.l", "none"),
            ({"ValueMap": {"k": {"ValueList": [{"ValueString": ""}, {}]}}}, ".ValueMap.k.ValueList[1]", "none"),
        )
    ),
    (
        "segment-attribute-lengths",
        segment({"ValueString": ""}, "k" * 129),
        "SegmentAttributes has a key of 129 characters; at most 128 are allowed.",
    ),
    (
        "segment-attribute-lengths",
        segment({"ValueString": "v" * 1_025}),
        "SegmentAttributes.mine.ValueString has 1025 characters; at most 1024 are allowed.",
    ),
    (
        "segment-attribute-arn",
        segment({"ValueArn": "topic"}, "connect:x"),
        "SegmentAttributes.connect:x.ValueArn is 'topic', which is not an ARN.",
    ),
    *(
        (
            "segment-attribute-system-only",
            segment(value),
            f"SegmentAttributes.mine.{next(iter(value))} is supported for system-defined attributes only.",
        )
        for value in SYSTEM_ONLY
    ),
    (
        "segment-attribute-predefined",
        segment({"ValueString": ""}),
        "SegmentAttributes.mine is not predefined in the instance.",
    ),
    (
        "guide-content-types",
        segment({"ValueString": "connect:Guide"}, "connect:Subtype"),
        f"The subtype connect:Guide needs {INTERACTIVE} and {RESPONSE} in SupportedMessagingContentTypes.",
    ),
    *(
        ("disconnect-on-customer-exit-values", {"DisconnectOnCustomerExit": wrong}, f"DisconnectOnCustomerExit{text}.")
        for wrong, text in (
            (["CUSTOMER"], "[0] is 'CUSTOMER'; valid are AGENT"),
            (["AGENT", "AGENT"], " has 2 entries; at most 1 are allowed"),
        )
    ),
    (
        "streaming-endpoint-arn",
        streaming("chats"),
        f"{ARN} is 'chats', which is not the ARN of an SNS topic.",
    ),
    (
        "streaming-endpoint-topic",
        streaming(f"{TOPIC}.fifo"),
        f"{ARN} is a FIFO topic; only standard topics are supported.",
    ),
    (
        "streaming-endpoint-topic",
        streaming(TOPIC.replace("us-east-1", "eu-west-1")),
        f"{ARN} is a topic in eu-west-1; it must be in the region of the instance, us-east-1.",
    ),
]


@pytest.mark.parametrize(("rule", "refused", "text"), TEXTS, ids=numbered([rule for rule, *_ in TEXTS]))
def test_a_refusal_says_what_is_wrong(
    parameters: Members, shared_client: Any, rule: str, refused: Members, text: str
) -> None:
    if not refused.keys() <= members_of(shared_client).keys():
        pytest.skip("the installed botocore has no such member")
    with FakeConnectChat() as fake:
        fake.rules[rule].enable()
        with pytest.raises(ClientError) as caught:
            shared_client.start_chat_contact(**parameters | refused)

    assert caught.value.response["Error"]["Message"] == f"{text} (rule {rule} of pytest-connect-chat)"


# -- several at once ---------------------------------------------------------------------------------------------------


def test_of_several_violations_the_first_of_the_table_is_reported(parameters: Members, shared_client: Any) -> None:
    request = parameters | {
        "InstanceId": "i" * 101,
        "ContactFlowId": "f" * 501,
        "ParticipantDetails": {"DisplayName": "n" * 257},
        "ParticipantConfiguration": {"ResponseMode": "X"},
        **message(JSON, "{" * 12_001),
        "Attributes": {"a.b": "v" * 32_768},
        "ClientToken": "t" * 501,
        "ChatDurationInMinutes": 10_081,
        **supporting("text/html"),
        **persistent("s" * 257, "X"),
        "RelatedContactId": "r" * 257,
        "SegmentAttributes": {
            "connect:Subtype": {"ValueString": "connect:Guide"},
            "a.b": {"ValueString": "v" * 1_025, "ValueArn": "no-arn"},
        },
        "CustomerId": "c" * 129,
        "DisconnectOnCustomerExit": ["X"],
    }
    reported = []
    with FakeConnectChat(max_active_chats=0) as fake:
        for rule in ("custom-chat-duration", "segment-attribute-predefined"):
            fake.rules[rule].enable()
        while True:
            try:
                shared_client.start_chat_contact(**request)
            except ClientError as error:
                reported.append(error.response["Error"]["Message"].rpartition("(rule ")[2].split()[0])
                fake.rules[reported[-1]].disable()
            else:
                break

    order = [rule.id for rule in RULES]
    assert reported == sorted(reported, key=order.index)
    assert len(reported) == 31


def test_a_token_conflict_is_reported_before_an_unknown_flow(parameters: Members, shared_client: Any) -> None:
    with FakeConnectChat(client_token_conflict="error") as fake:
        shared_client.start_chat_contact(**parameters, ClientToken="used")
        fake.add_instance(parameters["InstanceId"], [])
        for flow in ("unknown", "arn:aws:connect:us-east-1:123456789012:instance/i/contact-flow/f"):
            with pytest.raises(shared_client.exceptions.IdempotencyException):
                shared_client.start_chat_contact(**parameters | {"ContactFlowId": flow}, ClientToken="used")


def test_an_old_source_that_is_not_initial_is_reported_as_such(parameters: Members, shared_client: Any) -> None:
    with FakeConnectChat(clock="2026-01-01T00:00:00Z") as fake:
        past = fake.add_ended_chat(2, instance_id=parameters["InstanceId"], ended_at="2020-01-01T00:00:00Z")
        with pytest.raises(ClientError, match="rule source-contact-initial"):
            shared_client.start_chat_contact(**parameters, **persistent(past[1].contact_id, "ENTIRE_PAST_SESSION"))


# -- bounds follow the installed model ---------------------------------------------------------------------------------


MODELLED = [
    ("instance-id-length", "InstanceId", Limit(max=3), {"InstanceId": "1234"}),
    ("contact-flow-id-length", "ContactFlowId", Limit(max=3), {"ContactFlowId": "1234"}),
    ("display-name-length", "ParticipantDetails.DisplayName", Limit(max=2), {}),
    (
        "response-mode-value",
        "ParticipantConfiguration.ResponseMode",
        Limit(enum=("OTHER",)),
        {"ParticipantConfiguration": {"ResponseMode": "COMPLETE"}},
    ),
    ("client-token-length", "ClientToken", Limit(max=3), {"ClientToken": "1234"}),
    ("chat-duration-range", "ChatDurationInMinutes", Limit(max=60), {"ChatDurationInMinutes": 61}),
    ("chat-duration-range", "ChatDurationInMinutes", Limit(min=60), {"ChatDurationInMinutes": 59}),
    ("rehydration-type-value", "PersistentChat.RehydrationType", Limit(enum=("OTHER",)), persistent("past")),
    ("source-contact-id-length", "PersistentChat.SourceContactId", Limit(max=3), persistent("past")),
    ("related-contact-id-length", "RelatedContactId", Limit(max=3), {"RelatedContactId": "past"}),
    ("attribute-lengths", "Attributes{key}", Limit(max=3), {"Attributes": {"1234": ""}}),
    ("attribute-lengths", "Attributes{}", Limit(max=3), {"Attributes": {"1": "1234"}}),
    ("segment-attribute-lengths", "SegmentAttributes{key}", Limit(max=3), segment({"ValueString": ""}, "1234")),
    ("segment-attribute-lengths", "SegmentAttributes{}.ValueString", Limit(max=3), segment({"ValueString": "1234"})),
    (
        "segment-attribute-lengths",
        "SegmentAttributes{}.ValueArn",
        Limit(max=3),
        segment({"ValueArn": TOPIC}, "connect:x"),
    ),
    ("customer-id-length", "CustomerId", Limit(max=3), {"CustomerId": "1234"}),
    (
        "disconnect-on-customer-exit-values",
        "DisconnectOnCustomerExit[]",
        Limit(enum=("OTHER",)),
        {"DisconnectOnCustomerExit": ["AGENT"]},
    ),
    (
        "disconnect-on-customer-exit-values",
        "DisconnectOnCustomerExit",
        Limit(max=1),
        {"DisconnectOnCustomerExit": ["AGENT", "AGENT"]},
    ),
    ("connection-types-values", "ConnectionTypes", Limit(max=1), {"ConnectionTypes": ["WEBSOCKET", "WEBSOCKET"]}),
    ("connection-types-values", "ConnectionTypes[]", Limit(enum=("OTHER",)), {"ConnectionTypes": ["WEBSOCKET"]}),
    (
        "streaming-endpoint-length",
        "ChatStreamingConfiguration.StreamingEndpointArn",
        Limit(max=39),
        streaming(TOPIC),
    ),
]


def start_request(parameters: Members, limits: dict[str, Limit]) -> Request:
    return Request(
        service="connect", operation="StartChatContact", params=parameters, region="us-east-1", limits=limits
    )


@pytest.fixture
def service(parameters: Members) -> ConnectChatService:
    """The service alone, with an ended contact `past`."""
    fake = FakeConnectChat()
    fake.add_ended_chat(instance_id=parameters["InstanceId"], contact_id="past")
    return fake._service


def reply_of(service: ConnectChatService, request: Request) -> Reply:
    """Return what one attempt gets that meets no fault."""
    return service.attempt(service.open(request, attempt_limit=1, read_timeout=None))


@pytest.mark.parametrize(
    ("rule", "path", "limit", "overrides"), MODELLED, ids=numbered([rule for rule, *_ in MODELLED])
)
def test_bounds_follow_the_model(
    service: ConnectChatService, parameters: Members, rule: str, path: str, limit: Limit, overrides: Members
) -> None:
    assert reply_of(service, start_request(parameters | overrides, {})).error is None

    refused = reply_of(service, start_request(parameters | overrides, {path: limit}))

    assert refused.error is not None
    assert refused.error.rule == rule


NOT_OF_THE_MODEL = {"contact-flow-id-empty", "client-token-empty", "segment-attribute-integer"}


def test_every_bound_of_start_chat_contact_that_the_model_states_follows_it() -> None:
    of_model = {rule.id for rule in RULES if "botocore service model" in rule.source and rule.check is not None}
    of_operation = {case.rule for case in CASES if case.operation == "StartChatContact"}

    assert of_model & of_operation - NOT_OF_THE_MODEL <= {rule for rule, *_ in MODELLED}


def test_a_model_that_allows_more_is_believed(service: ConnectChatService, parameters: Members) -> None:
    longer = parameters | {"CustomerId": "c" * 1_000, "ChatDurationInMinutes": 20_000}

    limits = {"CustomerId": Limit(1, 1_000), "ChatDurationInMinutes": Limit(60, 20_000)}
    answer = reply_of(service, start_request(longer, limits)).answer

    assert answer is not None
    assert answer.contact is not None
    assert answer.contact.customer_id == "c" * 1_000


def test_a_service_error_reads_as_code_and_message() -> None:
    assert str(ServiceError("SomeException", "Some message.")) == "SomeException: Some message."


# -- both profiles of message limits -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("profile", "content", "accepted"),
    [
        ("per-type", "ä" * 1_024, True),
        ("per-type", "m" * 1_025, False),
        ("16384-bytes", "m" * 1_025, True),
        ("16384-bytes", "ä" * 8_193, False),
    ],
)
def test_one_profile_of_message_limits_holds(
    parameters: Members, shared_client: Any, profile: str, content: str, accepted: bool
) -> None:
    refused = pytest.raises(shared_client.exceptions.InvalidParameterException)
    with FakeConnectChat(message_limits=profile) as fake, nullcontext() if accepted else refused:
        shared_client.start_chat_contact(**parameters, **message(PLAIN, content))

    assert bool(fake.contacts) is accepted


# -- hostile values ----------------------------------------------------------------------------------------------------


TEXT_MEMBERS: dict[str, Callable[[str], Members]] = {
    "InstanceId": lambda text: {"InstanceId": text},
    "ContactFlowId": lambda text: {"ContactFlowId": text},
    "DisplayName": lambda text: {"ParticipantDetails": {"DisplayName": text}},
    "ResponseMode": lambda text: {"ParticipantConfiguration": {"ResponseMode": text}},
    "ContentType": lambda text: message(text, "m"),
    "plain Content": lambda text: message(PLAIN, text),
    "JSON Content": lambda text: message(JSON, text),
    "attribute key": lambda text: {"Attributes": {text: "v"}},
    "attribute value": lambda text: {"Attributes": {"k": text}},
    "ClientToken": lambda text: {"ClientToken": text},
    "SupportedMessagingContentTypes": lambda text: supporting(PLAIN, text),
    "RehydrationType": lambda text: persistent("past", text),
    "SourceContactId": persistent,
    "RelatedContactId": lambda text: {"RelatedContactId": text},
    "segment key": lambda text: segment({"ValueString": "v"}, text),
    "nested segment key": lambda text: segment({"ValueMap": {text: {"ValueString": "v"}}}),
    "ValueString": lambda text: segment({"ValueString": text}),
    "ValueArn": lambda text: segment({"ValueArn": text}, "connect:x"),
    "CustomerId": lambda text: {"CustomerId": text},
    "DisconnectOnCustomerExit": lambda text: {"DisconnectOnCustomerExit": [text]},
}


def started(client: Any, request: Members) -> bool:
    """Call, and return whether a contact was started; anything but a modelled error goes up to the test."""
    modelled = (client.exceptions.InvalidParameterException, client.exceptions.InvalidRequestException)
    try:
        client.start_chat_contact(**request)
    except (*modelled, client.exceptions.ResourceNotFoundException) as error:
        json.dumps(error.response)
        return False
    return True


@pytest.mark.parametrize("text", ["\ud800", "a\udfffb", "\x00", "a\x00", "\u2028", "\U0010ffff"], ids=ascii)
@pytest.mark.parametrize("member", TEXT_MEMBERS)
def test_strange_characters_give_an_answer_or_a_modelled_error(
    parameters: Members, shared_client: Any, member: str, text: str
) -> None:
    with FakeConnectChat() as fake:
        assert started(shared_client, parameters | TEXT_MEMBERS[member](text)) is bool(fake.contacts)


any_text = st.text(st.characters(), min_size=1, max_size=40)


@settings(max_examples=60, deadline=None)
@given(values=st.dictionaries(st.sampled_from(sorted(TEXT_MEMBERS)), any_text, max_size=6))
def test_any_text_gives_an_answer_or_a_modelled_error(shared_client: Any, values: dict[str, str]) -> None:
    request: Members = {"InstanceId": "i", "ContactFlowId": "f", "ParticipantDetails": {"DisplayName": "Ada"}}
    for member, text in values.items():
        request |= TEXT_MEMBERS[member](text)
    with FakeConnectChat() as fake:
        assert started(shared_client, request) is bool(fake.contacts)


def nested(levels: int, innermost: Members) -> Members:
    value = innermost
    for _ in range(levels):
        value = {"ValueMap": {"k": value}}
    return value


@pytest.fixture
def unvalidated_client() -> Any:
    """A client without botocore's own validation, which takes several frames for each level."""
    return Session().create_client(
        "connect",
        region_name="us-east-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
        config=Config(parameter_validation=False),
    )


def test_a_deeply_nested_segment_attribute_is_accepted(parameters: Members, unvalidated_client: Any) -> None:
    deep = segment(nested(50, {"ValueInteger": 1}))
    with FakeConnectChat() as fake:
        unvalidated_client.start_chat_contact(**parameters, **deep)

        assert fake.contacts.last.segment_attributes == deep["SegmentAttributes"]


def test_a_deeply_nested_segment_attribute_is_looked_at(parameters: Members, unvalidated_client: Any) -> None:
    deep = segment(nested(50, {"ValueString": "v" * 1_025}))
    with FakeConnectChat() as fake:
        with pytest.raises(unvalidated_client.exceptions.InvalidParameterException, match="1025 characters"):
            unvalidated_client.start_chat_contact(**parameters, **deep)

        assert not fake.contacts


def test_long_values_are_cut_in_messages(parameters: Members, shared_client: Any) -> None:
    with FakeConnectChat(), pytest.raises(ClientError) as caught:
        shared_client.start_chat_contact(**parameters, Attributes={"." * 10_000: "v"})

    assert "10002 characters" in caught.value.response["Error"]["Message"]
    assert len(caught.value.response["Error"]["Message"]) < 300


def test_an_unknown_rule_says_where_the_ids_are(connect_chat: FakeConnectChat) -> None:
    with pytest.raises(KeyError, match=r"'zzz'\. list\(connect_chat\.rules\) names them all\.\"$"):
        connect_chat.rules["zzz"]
