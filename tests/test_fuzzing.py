"""Requests drawn from the model, thrown at the fake: what is wrong is refused, and nothing but that happens.

Each example is one call of one faked operation, valid, nearly valid or hostile, on a prepared scene. For longer runs:

    CONNECT_CHAT_FUZZ_RUNS=2000 python -m pytest tests/test_fuzzing.py
"""

from __future__ import annotations

import base64
import importlib
import json
import os
import re
import sys
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import cache, partial
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from botocore import xform_name
from botocore.exceptions import ClientError, ParamValidationError
from botocore.validate import validate_parameters
from fuzzing.hostile import hostile_requests, nested
from fuzzing.near_misses import misses, missing, nearly_valid_requests
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from pytest_connect_chat import FakeConnectChat, strategies
from pytest_connect_chat._service.contacts.contact import ContactRecord
from pytest_connect_chat._service.operations import OPERATIONS
from pytest_connect_chat._service.records.matching import ABSENT
from pytest_connect_chat._service.rules import RULES
from pytest_connect_chat.strategies import _input_shape as input_shape

LONG = os.environ.get("CONNECT_CHAT_FUZZ_RUNS")
FUZZED = settings(
    max_examples=int(LONG or 10),
    derandomize=LONG is None,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
BOT = {"ParticipantRole": "CUSTOM_BOT", "DisplayName": "Bot"}
INSTANCE, TOPIC = "i", "arn:aws:sns:us-east-1:123456789012:chats"
SERVICE_OF = {name: service for service, name in OPERATIONS}
OPERATION_NAMES = sorted(SERVICE_OF)
# What no valid request is against. The size of attributes is not of it: those that the contact has count too.
ON_FORM = {rule.id for rule in RULES if rule.check is not None} - {"attributes-size"}
# What botocore raises besides ParamValidationError before a request is on the wire: lone surrogates in what goes into
# the URL; values nested beyond the stack; whole numbers of more digits than Python writes.
BEFORE_THE_WIRE: tuple[type[Exception], ...] = (ParamValidationError, UnicodeEncodeError, RecursionError, ValueError)

Members = dict[str, Any]

pytestmark = [
    pytest.mark.of_botocore,
    pytest.mark.filterwarnings("ignore:Generating overly large repr"),  # hypothesis, of what has failed
]


@cache
def client(service: str) -> Any:
    with FakeConnectChat() as fake:
        return fake.client(service)


def call(operation: str, **members: Any) -> Any:
    return getattr(client(SERVICE_OF[operation]), xform_name(operation))(**members)


# -- the scene ---------------------------------------------------------------------------------------------------------


@dataclass
class Known:
    """What requests can name: ids and tokens follow from the seed, and are the same in each scene."""

    contacts: list[str]
    participant_tokens: list[str]
    connection_tokens: list[str]
    streamings: list[str]
    attachments: list[str]
    items: list[str]
    next_tokens: list[str]


def prepare(fake: FakeConnectChat) -> Known:
    """Set up a chat that is connected, streams, and has files and a client token; an ended one; one elsewhere."""
    fake.add_instance(INSTANCE, ["f", "g"])
    fake.add_instance("elsewhere", ["f"])
    past = fake.add_ended_chat(2, instance_id=INSTANCE, contact_id="past")
    elsewhere = fake.add_contact(instance_id="elsewhere", contact_id="elsewhere")
    live = fake.add_contact(instance_id=INSTANCE, contact_id="live", attributes={"tier": "gold"})
    at_live = {"InstanceId": INSTANCE, "ContactId": "live"}
    other = fake.add_participant("live", role="SUPERVISOR")
    other.send_message("hello")
    call("TagContact", **at_live, Tags={"k": "v"})
    streaming = call(
        "StartContactStreaming", **at_live, ChatStreamingConfiguration={"StreamingEndpointArn": TOPIC}, ClientToken="t"
    )
    bot = call("CreateParticipant", **at_live, ParticipantDetails=BOT, ClientToken="t")
    participant_tokens = [live.participant_token, bot["ParticipantCredentials"]["ParticipantToken"]]
    types = {"Type": ["WEBSOCKET", "CONNECTION_CREDENTIALS"]}
    connected = [call("CreateParticipantConnection", ParticipantToken=token, **types) for token in participant_tokens]
    connection_tokens = [answer["ConnectionCredentials"]["ConnectionToken"] for answer in connected]
    customer = {"ConnectionToken": connection_tokens[0]}
    call("SendMessage", **customer, ContentType="text/plain", Content="hi", ClientToken="t")
    file = {"ContentType": "text/csv", "AttachmentSizeInBytes": 1, "AttachmentName": "a.csv"}
    attachments = [call("StartAttachmentUpload", **customer, **file)["AttachmentId"] for _ in range(2)]
    call("CompleteAttachmentUpload", **customer, AttachmentIds=attachments[:1])
    next_tokens = [
        call("GetTranscript", **customer, MaxResults=1)["NextToken"],
        call("ListContactFlows", InstanceId=INSTANCE, MaxResults=1)["NextToken"],
        *(base64.b64encode(text.encode()).decode() for text in ("ListContactFlows/" + "9" * 5_000, "\ud7ff", "?")),
    ]
    fake.requests.clear()
    items = [item.id for item in live.transcript]
    contacts = ["live", "past", past[1].contact_id, "elsewhere"]
    participant_tokens += [past[0].participant_token, elsewhere.participant_token]
    return Known(
        contacts, participant_tokens, connection_tokens, [streaming["StreamingId"]], attachments, items, next_tokens
    )


@cache
def known() -> Known:
    with FakeConnectChat(seed=7) as fake:
        return prepare(fake)


@pytest.fixture
def scene() -> Iterator[FakeConnectChat]:
    with FakeConnectChat(seed=7) as fake:
        prepare(fake)
        yield fake


@cache
def members_of(operation: str) -> Members:
    """Return strategies of the members that name something: most name what there is."""
    ids = known()
    contacts = mostly(ids.contacts)
    named = {
        "InstanceId": mostly([INSTANCE, INSTANCE, INSTANCE, "elsewhere"]),
        "ContactFlowId": mostly(["f", "g"]),
        "ContactId": contacts,
        "InitialContactId": contacts,
        "RelatedContactId": contacts,
        "SourceContactId": contacts,
        "ParticipantToken": mostly(ids.participant_tokens),
        "ConnectionToken": mostly(ids.connection_tokens * 3 + ids.participant_tokens),
        "StreamingId": mostly(ids.streamings),
        "AttachmentId": mostly(ids.attachments),
        "AttachmentIds": mostly(ids.attachments).map(lambda attachment_id: [attachment_id]),
        "NextToken": mostly([token for token in ids.next_tokens if operation != "GetTranscript" or len(token) < 1_000]),
        "ClientToken": st.sampled_from(["t", "u"]),
        "PersistentChat": st.fixed_dictionaries(
            {"RehydrationType": st.sampled_from(["ENTIRE_PAST_SESSION", "FROM_SEGMENT"]), "SourceContactId": contacts}
        ),
        "StartPosition": mostly(ids.items).map(lambda item: {"Id": item}),
    }
    return {name: strategy for name, strategy in named.items() if name in input_shape(operation).members}


def mostly(values: list[str]) -> st.SearchStrategy[str]:
    return st.sampled_from([*values, *values, "unknown"])


KINDS = {
    "valid": strategies.requests,
    "nearly valid": nearly_valid_requests,
    "hostile": hostile_requests,
}


@st.composite
def requests(draw: st.DrawFn, operation: str) -> tuple[str, Members]:
    """Draw a request of one of the three kinds; optional members that name something come now and then."""
    kind = draw(st.sampled_from(list(KINDS)))
    named, required = members_of(operation), input_shape(operation).required_members
    chosen = {name: value for name, value in named.items() if name in required or draw(st.booleans())}
    if "PersistentChat" in chosen:
        chosen["RelatedContactId"] = ABSENT
    return kind, draw(KINDS[kind](operation, **chosen))


# -- what is looked at -------------------------------------------------------------------------------------------------


def state(fake: FakeConnectChat) -> Members:
    """Return all that a refused request must not change; request ids are not of it, a refusal has one too."""
    service = fake._service.state
    names = [field.name for field in fields(ContactRecord) if field.name not in ("clock", "others", "_view")]
    contacts = service.contacts.by_id
    people = [person for contact in contacts.values() for person in service.participants.of(contact)]
    streams = ("contact", "connection", "transcript-item", "participant", "attachment")
    return {
        "contacts": {key: [repr(getattr(contact, name)) for name in names] for key, contact in contacts.items()},
        "active": {instance: service.contacts.active_count(instance) for instance in (INSTANCE, "elsewhere")},
        "participants": [(person, person.connected_at, person.has_left, person.asked_for) for person in people],
        "tokens": (dict(service.participants._by_token), dict(service.participants._connections)),
        "attachments": {chat: dict(files) for chat, files in service.attachments._by_chat.items() if files},
        "used": dict(service.used_tokens._calls),
        "ids": {stream: service.identifiers._streams[stream].getstate() for stream in streams},
        "instances": {instance: service.instances.flows(instance) for instance in (INSTANCE, "elsewhere")},
        "rules": [(rule.id, rule.enabled, rule.code) for rule in fake.rules.values()],
    }


def raised_by_us(error: BaseException) -> bool:
    """Return whether an exception comes from the fake's own handling of a request, not from botocore before it."""
    files = [frame.filename.replace(os.sep, "/") for frame in traceback.extract_tb(error.__traceback__)]
    ours = ("/_service/", "/_report/", "/_clients/exchange.py", "/_clients/answers.py")
    return any(f"pytest_connect_chat{part}" in file for file in files for part in ours)


def outcome(fake: FakeConnectChat, operation: str, request: Members) -> Any:
    """Call, and return the answer, the error of the service, or `None` where botocore refused the call."""
    before = len(fake.requests)
    answer: Any = None
    try:
        answer = call(operation, **request)
    except ClientError as error:
        answer = error
    except BEFORE_THE_WIRE as error:
        if raised_by_us(error):
            raise
    assert len(fake.requests) == before + (answer is not None)
    return answer


def check_error(operation: str, error: ClientError) -> None:
    model = client(SERVICE_OF[operation]).meta.service_model
    code, status = error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"]
    modelled = {shape.name for shape in model.operation_model(operation).error_shapes}
    assert code in modelled
    assert status == model.shape_for_error_code(code).metadata["error"]["httpStatusCode"]
    assert type(error) is getattr(client(SERVICE_OF[operation]).exceptions, code)


def check_answer(operation: str, answer: Members) -> None:
    shape = client(SERVICE_OF[operation]).meta.service_model.operation_model(operation).output_shape
    members = {name: value for name, value in answer.items() if name != "ResponseMetadata"}
    if members.get("NextToken") == "":  # the service answers so, though its model wants a character
        del members["NextToken"]
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
    if shape is None:
        assert members == {}
    else:
        validate_parameters(members, shape)


def check_what_is_said(fake: FakeConnectChat, operation: str) -> None:
    """Look at all that a failing test would show of the last request."""
    record = fake.requests.last
    assert record.operation == operation
    assert operation in repr(record)
    assert all(fake.journal(verbosity).isascii() for verbosity in range(3))
    assert operation in fake.diagram()
    assert ET.fromstring(fake.diagram("svg")) is not None  # noqa: S314  # it is our own
    assert repr(fake)
    assert [repr(contact) for contact in fake.contacts.values()]
    logged = getattr(fake.requests, xform_name(operation))
    logged.assert_requested(**record.params)
    for wanted in (record.params, dict.fromkeys(record.params, ABSENT), dict.fromkeys(record.params, "x")):
        with pytest.raises(AssertionError, match=f"Expected {operation}"):
            logged.assert_requested(9, **wanted)


@pytest.mark.parametrize("operation", OPERATION_NAMES)
def test_a_request_is_refused_by_botocore_or_answered_as_the_model_says(operation: str) -> None:
    @FUZZED
    @given(requests(operation))
    def fuzz(drawn: tuple[str, Members]) -> None:
        kind, request = drawn
        with FakeConnectChat(seed=7) as fake:
            prepare(fake)
            before = state(fake)
            answer = outcome(fake, operation, request)
            if isinstance(answer, dict):
                assert kind != "nearly valid"
                check_answer(operation, answer)
                check_what_is_said(fake, operation)
                return
            assert state(fake) == before
            if answer is None:
                assert kind != "valid"
                return
            rule = fake.requests.last.error.rule
            assert kind != "valid" or rule not in ON_FORM
            check_error(operation, answer)
            check_what_is_said(fake, operation)
            again = outcome(fake, operation, request)
            assert (type(again), str(again)) == (type(answer), str(answer))
            assert state(fake) == before

    fuzz()


@pytest.mark.parametrize("way", ["ValueMap", "ValueList"])
def test_what_botocore_takes_of_nested_values_is_taken_and_shown(scene: FakeConnectChat, way: str) -> None:
    request = {"InstanceId": INSTANCE, "ContactFlowId": "f", "ParticipantDetails": {"DisplayName": "Ada"}}
    for depth in range(2, 1_000, 20):
        attributes = {"connect:a": nested([way], depth, {"ValueString": "x"})}
        answer = outcome(scene, "StartChatContact", request | {"SegmentAttributes": attributes})
        if answer is None:
            break
        described = call("DescribeContact", InstanceId=INSTANCE, ContactId=answer["ContactId"])
        assert described["Contact"]["SegmentAttributes"]["connect:a"] == attributes["connect:a"]
        check_what_is_said(scene, "DescribeContact")

    assert 20 < depth < 500


# -- the strategies ----------------------------------------------------------------------------------------------------


def simplest(strategy: st.SearchStrategy[Members]) -> Members:
    """Return the first request that a strategy gives."""
    found: list[Members] = []

    @settings(FUZZED, max_examples=1, phases=[Phase.generate])
    @given(strategy)
    def take(request: Members) -> None:
        found.append(request)

    take()
    return found[0]


@pytest.mark.parametrize("operation", OPERATION_NAMES)
def test_each_near_miss_is_refused_by_what_it_is_named_after(operation: str) -> None:
    ids = known()
    named = {
        "InstanceId": INSTANCE,
        "ContactFlowId": "f",
        "ContactId": "live",
        "InitialContactId": "live",
        "ParticipantToken": ids.participant_tokens[0],
        "ConnectionToken": ids.connection_tokens[0],
        "StreamingId": ids.streamings[0],
        "AttachmentId": ids.attachments[0],
    }
    given_members = {name: named[name] for name in input_shape(operation).required_members if name in named}
    members = {None, *input_shape(operation).members}  # an older model has fewer
    met = set()
    with FakeConnectChat(seed=7) as fake:
        prepare(fake)
        for way, off in misses(operation, "us-east-1").items():
            request = simplest(missing(operation, "us-east-1", given_members, off))
            answer = outcome(fake, operation, request)
            assert not isinstance(answer, dict), way
            if answer is not None:
                met.add(fake.requests.last.error.rule)
            if way.startswith("rule "):
                assert fake.requests.last.error.rule == way.removeprefix("rule ").partition(",")[0]

    on_form = [
        rule for rule in RULES if operation in rule.operations and rule.check is not None and rule.member in members
    ]
    assert {rule.id for rule in on_form if fake.rules[rule.id].enabled} <= met


def test_a_transcript_is_read_forward_from_a_position_only() -> None:
    read = partial(strategies.requests, "GetTranscript", ConnectionToken="token")

    @settings(FUZZED, max_examples=30)
    @given(any_way=read(), forward=read(ScanDirection="FORWARD"), from_nowhere=read(StartPosition={}))
    def check(any_way: Members, forward: Members, from_nowhere: Members) -> None:
        assert any_way.get("ScanDirection") != "FORWARD" or any_way["StartPosition"]
        assert forward["StartPosition"]
        assert from_nowhere.get("ScanDirection") != "FORWARD"

    check()
    as_given = read(ScanDirection="FORWARD", StartPosition={})
    assert simplest(as_given).items() >= {"ScanDirection": "FORWARD", "StartPosition": {}}.items()


def test_what_is_drawn_suits_what_is_given() -> None:
    plain = {"ContentType": "text/plain", "Content": "m"}
    markdown = {"ContentType": "text/markdown", "Content": "m"}

    @settings(FUZZED, max_examples=12)
    @given(
        started=strategies.start_chat_contact_requests(SupportedMessagingContentTypes=["text/plain"]),
        greeted=strategies.requests(InitialMessage=markdown, SupportedMessagingContentTypes=...),
        guided=strategies.requests(
            SegmentAttributes={"connect:Subtype": {"ValueString": "connect:Guide"}}, InitialMessage=st.just(plain)
        ),
        without_plain=strategies.requests(SupportedMessagingContentTypes=[]),
        spoken=strategies.requests("SendMessage", ConnectionToken="token", ContentType="application/json"),
        read=strategies.requests("SendEvent", ContentType="application/vnd.amazonaws.connect.event.message.read"),
    )
    def check(
        started: Members, greeted: Members, guided: Members, without_plain: Members, spoken: Members, read: Members
    ) -> None:
        assert started.get("InitialMessage", plain)["ContentType"] == "text/plain"
        assert greeted["InitialMessage"] == markdown
        assert {"text/plain", "text/markdown"} <= set(greeted["SupportedMessagingContentTypes"])
        assert len(guided["SupportedMessagingContentTypes"]) >= 3
        assert "InitialMessage" not in without_plain
        assert spoken["ConnectionToken"] == "token"
        assert json.loads(spoken["Content"], parse_constant=pytest.fail) is not ...
        assert json.loads(read["Content"])["messageId"]

    check()


def test_members_that_need_an_earlier_answer_come_when_given() -> None:
    @settings(FUZZED, max_examples=6)
    @given(
        strategies.requests(),
        strategies.requests(PersistentChat=..., ClientToken=..., CustomerId=ABSENT),
        strategies.requests("GetTranscript"),
    )
    def check(started: Members, resumed: Members, read: Members) -> None:
        assert not {"PersistentChat", "RelatedContactId", "ClientToken"} & started.keys()
        assert resumed["PersistentChat"].keys() == {"RehydrationType", "SourceContactId"}
        assert resumed["ClientToken"]
        assert "CustomerId" not in resumed
        assert not {"ContactId", "NextToken"} & read.keys()

    check()


def test_requests_of_another_region_are_for_topics_there() -> None:
    drawn = simplest(strategies.requests("StartContactStreaming", region="eu-central-1"))

    assert ":eu-central-1:" in drawn["ChatStreamingConfiguration"]["StreamingEndpointArn"]


def test_what_is_asked_for_wrongly_is_one_clear_line() -> None:
    with pytest.raises(ValueError, match=r"^'SendMesage' is no faked operation\. Did you mean 'SendMessage'\? Valid: "):
        strategies.requests("SendMesage")
    with pytest.raises(TypeError, match=r"^SendMessage has no member 'Contents' in the .* Did you mean 'Content'\?$"):
        strategies.requests("SendMessage", Contents="x")
    with pytest.raises(TypeError, match=r"^SendMessage has no member 'regin' in the .* Did you mean 'region'\?$"):
        strategies.requests(operation="SendMessage", regin="eu-west-1")
    with pytest.raises(TypeError, match=r"^start_chat_contact_requests\(\) takes 0 .* It takes region, \*\*members\.$"):
        strategies.start_chat_contact_requests("eu-west-1")  # type: ignore[call-arg]


def test_without_hypothesis_an_import_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("pytest_connect_chat.strategies")
    for name in [name for name in sys.modules if name.startswith("pytest_connect_chat.strategies")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "hypothesis.strategies", None)

    with pytest.raises(ModuleNotFoundError) as caught:
        importlib.import_module("pytest_connect_chat.strategies")

    assert str(caught.value) == (
        "pytest_connect_chat.strategies needs hypothesis: install pytest-connect-chat[strategies]."
    )


def test_only_the_strategies_import_hypothesis() -> None:
    package = Path(strategies.__file__).parent
    importing = re.compile(r"(?m)^ *(?:from|import) (?:hypothesis|pytest_connect_chat[. ](?:import )?strategies)\b")

    assert [path.name for path in package.rglob("*.py") if importing.search(path.read_text("utf-8"))] == [
        "strategies.py"
    ]


# -- what it has found -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("operation", "members", "rule"),
    [
        pytest.param(
            "SendEvent",
            {
                "ConnectionToken": "?",
                "ContentType": "application/vnd.amazonaws.connect.event.message.read",
                "Content": "[" * 16_000,
            },
            "receipt-content",
            id="a receipt nested beyond the stack",
        ),
        pytest.param(
            "ListContactFlows",
            {"NextToken": base64.b64encode(b"ListContactFlows/" + b"9" * 5_000).decode()},
            "list-next-token",
            id="a position of thousands of digits",
        ),
        pytest.param("TagContact", {"ContactId": "live", "Tags": {}}, "contact-request-bounds", id="no tags"),
        pytest.param(
            "UntagContact", {"ContactId": "live", "TagKeys": ["aws:k"]}, "tag-key-characters", id="a key of AWS's own"
        ),
    ],
)
def test_it_is_refused(scene: FakeConnectChat, operation: str, members: Members, rule: str) -> None:
    place = {"InstanceId": INSTANCE} if SERVICE_OF[operation] == "connect" else {}
    token = {"ConnectionToken": known().connection_tokens[0]} if "ConnectionToken" in members else {}

    assert isinstance(outcome(scene, operation, place | members | token), ClientError)
    assert scene.requests.last.error is not None
    assert scene.requests.last.error.rule == rule


def test_tokens_and_places_of_any_characters_are_shown_in_ascii(scene: FakeConnectChat) -> None:
    outcome(scene, "CreateParticipantConnection", {"ParticipantToken": "\u8a9e\ud800\n"})

    assert "ParticipantToken=\\u8a9e\\u..." in scene.journal()
