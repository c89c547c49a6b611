"""StartChatContact: the form of its members, and members together."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from over_the_wire import BOTH

from contract.scene import JSON, MARKDOWN, NOBODY, PLAIN, Members, Scene, code_of, persistent
from contract.witness import Witness

pytestmark = [pytest.mark.once, pytest.mark.untraced]

INTERACTIVE = "application/vnd.amazonaws.connect.message.interactive"
ARN = "arn:aws:sns:us-east-1:123456789012:contract"


def message(content_type: str, content: str) -> Members:
    return {"InitialMessage": {"ContentType": content_type, "Content": content}}


def segment(key: str, value: Members) -> Members:
    return {"SegmentAttributes": {key: value}}


def supporting(*content_types: str) -> Members:
    return {"SupportedMessagingContentTypes": list(content_types)}


GUIDE = segment("connect:Subtype", {"ValueString": "connect:Guide"})

# The rule, a request against it, and one that differs in what the rule is about alone.
FORMS: list[tuple[str, Members, Members | None]] = [
    ("instance-id-length", {"InstanceId": "i" * 101}, None),
    ("contact-flow-id-empty", {"ContactFlowId": ""}, None),
    ("contact-flow-id-length", {"ContactFlowId": "f" * 501}, None),
    (
        "display-name-length",
        {"ParticipantDetails": {"DisplayName": "n" * 257}},
        {"ParticipantDetails": {"DisplayName": "n" * 256}},
    ),
    (
        "response-mode-value",
        {"ParticipantConfiguration": {"ResponseMode": "complete"}},
        {"ParticipantConfiguration": {"ResponseMode": "COMPLETE"}},
    ),
    ("client-token-empty", {"ClientToken": ""}, None),
    ("client-token-length", {"ClientToken": "t" * 501}, {"ClientToken": "t" * 500}),
    ("chat-duration-range", {"ChatDurationInMinutes": 10_081}, None),
    ("customer-id-length", {"CustomerId": "c" * 129}, {"CustomerId": "c" * 128}),
    (
        "disconnect-on-customer-exit-values",
        {"DisconnectOnCustomerExit": ["CUSTOMER"]},
        {"DisconnectOnCustomerExit": ["AGENT"]},
    ),
    ("connection-types-values", {"ConnectionTypes": ["websocket"]}, {"ConnectionTypes": BOTH}),
    ("initial-message-content-type", message("text/html", "m"), message(MARKDOWN, "m")),
    ("initial-message-characters", message(PLAIN, "m" * 1_025), message(PLAIN, "ä" * 1_024)),
    ("initial-message-bytes", message(PLAIN, "m" * 16_385), None),
    ("supported-content-type-values", supporting(PLAIN, "text/html"), supporting(PLAIN, MARKDOWN, JSON, INTERACTIVE)),
    ("attributes-size", {"Attributes": {"k": "v" * 32_766, "l": "v"}}, {"Attributes": {"k": "v" * 32_765, "l": "v"}}),
    ("attribute-lengths", {"Attributes": {"k": "v" * 32_768}}, {"Attributes": {"k": "v" * 32_767}}),
    ("attribute-key-characters", {"Attributes": {"a.b": ""}}, {"Attributes": {"a-Z_9": ""}}),
    (
        "segment-attribute-key-characters",
        segment("connect:a.b", {"ValueString": "v"}),
        None,
    ),
    ("segment-attribute-one-value", segment("connect:Subtype", {}), None),
    ("segment-attribute-lengths", segment("connect:" + "k" * 121, {"ValueString": "v"}), None),
    ("segment-attribute-integer", segment("mine", {"ValueInteger": 2**31}), None),
    ("segment-attribute-arn", segment("connect:x", {"ValueArn": "topic"}), None),
    ("segment-attribute-system-only", segment("mine", {"ValueArn": ARN}), None),
    ("rehydration-type-value", persistent(NOBODY, "from_segment"), None),
    ("source-contact-id-length", persistent("c" * 257), None),
    ("related-contact-id-length", {"RelatedContactId": "c" * 257}, None),
    (
        "initial-message-supported",
        message(MARKDOWN, "m") | supporting(PLAIN),
        message(MARKDOWN, "m") | supporting(PLAIN, MARKDOWN),
    ),
    ("initial-message-json", message(JSON, "{"), message(JSON, "{}")),
    ("supported-content-types-plain", supporting(MARKDOWN), None),
    ("guide-content-types", GUIDE | supporting(PLAIN, INTERACTIVE), None),
    ("rehydration-type-required", {"PersistentChat": {"SourceContactId": NOBODY}}, None),
    ("source-contact-id-required", {"PersistentChat": {"RehydrationType": "FROM_SEGMENT"}}, None),
    ("persistent-or-related", persistent(NOBODY) | {"RelatedContactId": NOBODY}, None),
    ("instance-exists", {"InstanceId": NOBODY}, None),
    ("contact-flow-exists", {"ContactFlowId": NOBODY}, None),
    ("source-contact-exists", persistent(NOBODY), None),
    ("related-contact-exists", {"RelatedContactId": NOBODY}, None),
]


def each(table: list[tuple[Any, ...]]) -> Callable[[Any], Any]:
    """Return a decorator that runs a case for each row, marked with the rule that it is about."""
    rows = [pytest.param(*row, id=row[0], marks=pytest.mark.settles(row[0])) for row in table]
    return pytest.mark.parametrize(("rule", "refused", "accepted"), rows)


@each(FORMS)
def test_a_request_against_a_rule(
    scene: Scene, witness: Witness, rule: str, refused: Members, accepted: Members | None
) -> None:
    scene.knows("StartChatContact", *refused)
    with witness.refused(rule):
        scene.start(**refused)
    if accepted is not None:
        with witness.answered(rule):
            scene.start(**accepted)


@pytest.mark.settles("connect-request-shape")
def test_a_request_without_a_required_member(scene: Scene, witness: Witness) -> None:
    request = {name: value for name, value in scene.smallest.items() if name != "ParticipantDetails"}
    with witness.refused("connect-request-shape"):
        scene.client("connect", parameter_validation=False).start_chat_contact(**request)


@pytest.mark.settles("streaming-endpoint-length", "streaming-endpoint-arn", "streaming-endpoint-topic")
def test_a_topic_that_cannot_be_streamed_to(scene: Scene, witness: Witness) -> None:
    scene.knows("StartChatContact", "ChatStreamingConfiguration")
    topic = f"arn:aws:sns:{scene.region}:123456789012:contract"
    for settled, arn in (
        ("streaming-endpoint-length", topic.ljust(351, "t")),
        ("streaming-endpoint-arn", "contract"),
        ("streaming-endpoint-topic", f"{topic}.fifo"),
    ):
        with witness.refused(settled):
            scene.start(ChatStreamingConfiguration={"StreamingEndpointArn": arn})


@pytest.mark.settles("instance-id-arn", "contact-flow-id-arn")
def test_arns_instead_of_ids(scene: Scene, witness: Witness) -> None:
    contact_arn = str(scene.describe(scene.start()["ContactId"])["Arn"])
    arn = contact_arn.partition("/contact/")[0]  # one of another account would prove nothing
    with witness.refused("instance-id-arn"):
        scene.start(InstanceId=arn)
    with witness.refused("contact-flow-id-arn"):
        scene.start(ContactFlowId=f"{arn}/contact-flow/{scene.contact_flow_id}")


@pytest.mark.settles("custom-chat-duration")
def test_a_duration_of_its_own(scene: Scene, witness: Witness) -> None:
    with witness.refused("custom-chat-duration"):
        scene.start(ChatDurationInMinutes=1_500)


@pytest.mark.settles("segment-attribute-predefined")
def test_a_segment_attribute_of_the_user(scene: Scene, witness: Witness) -> None:
    with witness.refused("segment-attribute-predefined"):
        scene.start(**segment("mine", {"ValueString": "v"}))


@pytest.mark.faked(max_active_chats=2)
@pytest.mark.settles("active-chats", "order-contacts-before-quota")
def test_an_instance_that_is_full(scene: Scene, witness: Witness) -> None:
    for _ in range(2):
        scene.start()
    with witness.refused("active-chats"):
        scene.start()
    code = refusal(scene, RelatedContactId=NOBODY)
    witness.holds("order-contacts-before-quota", code == "ResourceNotFoundException", code)


@pytest.mark.settles("order-form-before-state", "order-form-before-combinations")
def test_what_is_looked_at_first(scene: Scene, witness: Witness) -> None:
    wrong = {"Attributes": {"a.b": ""}}
    for settled, further in (
        ("order-form-before-state", {"ContactFlowId": NOBODY}),
        ("order-form-before-combinations", supporting(MARKDOWN)),
    ):
        alone, other = refusal(scene, **wrong), refusal(scene, **further)
        assert alone != other, f"both are refused with {alone}: which comes first does not show"
        code = refusal(scene, **wrong, **further)
        witness.holds(settled, code == alone, code)


def refusal(scene: Scene, **members: Any) -> str:
    """Return the class by which a request to start a chat is refused."""
    return code_of(scene.start, **members)


@pytest.mark.settles("participant-token-form", "connection-token-form")
def test_what_tokens_look_like(scene: Scene, witness: Witness) -> None:
    chat = scene.chat()
    for settled, token in (
        ("participant-token-form", chat.participant_token),
        ("connection-token-form", chat.connection_token),
    ):
        witness.holds(settled, is_sealed(token), f"{len(token)} characters")


def is_sealed(token: str) -> bool:
    """Return whether a token has the structure of those that were seen: an encrypted data key, and what it seals."""
    try:
        key, mark, sealed = base64.b64decode(token, validate=True).partition(b"::")
        inner = base64.b64decode(key, validate=True)
    except ValueError:
        return False
    return (mark, len(key), inner[:5]) == (b"::", 224, bytes((1, 2, 3, 0, 0x78))) and len(sealed) >= 232


@pytest.mark.settles("throttle-code", "order-rate-first", "throttle-code-declared")
@pytest.mark.throttles
@pytest.mark.faked(rate_limit="aws")
def test_requests_that_come_too_fast(scene: Scene, witness: Witness) -> None:
    client = scene.client("connect", retries={"total_max_attempts": 1})
    unknown_flow = scene.smallest | {"ContactFlowId": NOBODY}
    starting = scene.at_once(lambda: any_code_of(client.start_chat_contact, **unknown_flow))
    describing = scene.at_once(
        lambda: any_code_of(client.describe_contact, InstanceId=scene.instance_id, ContactId=NOBODY)
    )

    unthrottled = {"ResourceNotFoundException"}
    assert unthrottled < starting, f"nothing was throttled, or nothing answered: {starting}"
    assert unthrottled < describing, f"nothing was throttled, or nothing answered: {describing}"
    witness.holds("order-rate-first", True, starting)
    witness.holds("throttle-code", starting - unthrottled == {"TooManyRequestsException"}, starting)
    witness.holds("throttle-code-declared", describing - unthrottled == {"ThrottlingException"}, describing)


def any_code_of(call: Callable[..., object], **parameters: Any) -> str:
    """Return the error code of a call that is refused, be it by being throttled."""
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    return str(caught.value.response["Error"]["Code"])
