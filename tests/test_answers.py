"""What answers look like to a client, and where the ids and tokens in them come from."""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
import uuid
from base64 import b64decode
from typing import Any

import faker.generator
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.model import ServiceModel
from botocore.validate import validate_parameters
from conftest import awaited, new_client, over_all_drivers
from faker import Faker

from pytest_connect_chat import FakeConnectChat
from pytest_connect_chat._clients.answers import WITH_TIMES
from pytest_connect_chat._model.catalogue import limits_of, service_model
from pytest_connect_chat._service.request import FAKED
from pytest_connect_chat.exceptions import UnknownCodeWarning

pytestmark = pytest.mark.of_botocore

UUID4 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
MEMBERS = service_model("connect").operation_model("StartChatContact").input_shape.members

at_new_year = pytest.mark.connect_chat(clock="2026-01-01T00:00:00Z")
with_connection_types = pytest.mark.skipif(
    "ConnectionTypes" not in MEMBERS, reason="the installed model has no ConnectionTypes: botocore 1.43.104 brought it"
)
with_streaming = pytest.mark.skipif(
    "ChatStreamingConfiguration" not in MEMBERS,
    reason="the installed model has no ChatStreamingConfiguration: botocore 1.43.104 brought it",
)


def failure_of(client: Any, **parameters: Any) -> ClientError:
    with pytest.raises(ClientError) as caught:
        client.start_chat_contact(**parameters)
    return caught.value


# -- success -----------------------------------------------------------------------------------------------------------


@over_all_drivers
@at_new_year
def test_a_success_has_these_members_and_no_others(connect_client: Any, parameters: dict[str, Any]) -> None:
    answer = connect_client.start_chat_contact(**parameters)

    metadata = answer["ResponseMetadata"]
    assert set(answer) == {"ContactId", "ParticipantId", "ParticipantToken", "ResponseMetadata"}
    assert set(metadata) == {"RequestId", "HTTPStatusCode", "HTTPHeaders", "RetryAttempts"}
    assert metadata["HTTPStatusCode"] == 200
    assert metadata["RetryAttempts"] == 0
    assert UUID4.fullmatch(metadata["RequestId"])
    assert metadata["HTTPHeaders"]["content-type"] == "application/json"
    assert metadata["HTTPHeaders"]["x-amzn-requestid"] == metadata["RequestId"]
    assert metadata["HTTPHeaders"]["date"] == "Thu, 01 Jan 2026 00:00:00 GMT"
    assert json.loads(json.dumps(answer)) == answer


def test_the_date_is_the_clocks(connect_chat: FakeConnectChat, connect_client: Any, parameters: dict[str, Any]) -> None:
    dates = []
    for moment in ("2199-12-30T23:59:59Z", "2200-01-01T00:00:00Z"):
        connect_chat.clock.move_to(moment)
        answer = connect_client.start_chat_contact(**parameters)
        dates.append(answer["ResponseMetadata"]["HTTPHeaders"]["date"])

    assert dates == ["Mon, 30 Dec 2199 23:59:59 GMT", "Wed, 01 Jan 2200 00:00:00 GMT"]


def test_a_contact_that_continues_none_has_no_such_member(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: dict[str, Any]
) -> None:
    answer = connect_client.start_chat_contact(**parameters)
    source = connect_chat.add_ended_chat(instance_id=parameters["InstanceId"])[0].contact_id
    resumed = connect_client.start_chat_contact(
        **parameters, PersistentChat={"RehydrationType": "FROM_SEGMENT", "SourceContactId": source}
    )
    related = connect_client.start_chat_contact(**parameters, RelatedContactId=source)

    assert "ContinuedFromContactId" not in answer
    assert resumed["ContinuedFromContactId"] == source
    assert "ContinuedFromContactId" not in related


@over_all_drivers
def test_an_empty_answer_is_metadata_only(connect_chat: FakeConnectChat, connect_client: Any) -> None:
    contact = connect_chat.add_contact()

    answer = connect_client.stop_contact(InstanceId=contact.instance_id, ContactId=contact.contact_id)

    assert set(answer) == {"ResponseMetadata"}
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200


@pytest.mark.in_process
@over_all_drivers
def test_handlers_of_the_application_see_an_http_response(connect_client: Any, parameters: dict[str, Any]) -> None:
    seen: list[Any] = []

    def see(http_response: Any, parsed: dict[str, Any], **kwargs: Any) -> None:
        seen.append((http_response, parsed))

    connect_client.meta.events.register("after-call.connect.StartChatContact", see)

    answer = connect_client.start_chat_contact(**parameters)

    [(http, parsed)] = seen
    assert parsed == answer
    assert (http.status_code, awaited(http.content)) == (200, b"")
    assert http.headers["X-Amzn-RequestId"] == answer["ResponseMetadata"]["RequestId"]
    assert dict(http.headers.items()) == answer["ResponseMetadata"]["HTTPHeaders"]


@pytest.mark.in_process
@over_all_drivers
@at_new_year
@with_connection_types
@pytest.mark.parametrize(
    ("connection_types", "members"),
    [
        (["WEBSOCKET"], {"Websocket"}),
        (["CONNECTION_CREDENTIALS"], {"ConnectionCredentials"}),
        (["CONNECTION_CREDENTIALS", "WEBSOCKET"], {"ConnectionCredentials", "Websocket"}),
        (["AUTHENTICATION_SESSION", "WEBRTC_CONNECTION"], set()),
    ],
    ids=lambda value: "+".join(value) if isinstance(value, list) else "",
)
def test_connection_types_give_what_they_ask_for(
    connect_client: Any, parameters: dict[str, Any], connection_types: list[str], members: set[str]
) -> None:
    answer = connect_client.start_chat_contact(**parameters, ConnectionTypes=connection_types)

    assert set(answer) - {"ContactId", "ParticipantId", "ParticipantToken", "ResponseMetadata"} == members
    if "Websocket" in members:
        url = re.compile(r"wss://[0-9a-z.-]+\.transport\.connect\.us-east-1\.amazonaws\.com/\?AuthToken=QVFJREFI\S+")
        assert url.fullmatch(answer["Websocket"]["Url"])
        assert answer["Websocket"]["ConnectionExpiry"] == "2026-01-01T00:01:40.000Z"
    if "ConnectionCredentials" in members:
        assert inner_parts(answer["ConnectionCredentials"]["ConnectionToken"])
        assert answer["ConnectionCredentials"]["Expiry"] == "2026-01-02T00:00:00.000Z"
        assert answer["ConnectionCredentials"]["ConnectionToken"] != answer["ParticipantToken"]


@with_streaming
def test_chat_streaming_gives_a_streaming_id(connect_client: Any, parameters: dict[str, Any]) -> None:
    topic = "arn:aws:sns:us-east-1:123456789012:chats"

    answer = connect_client.start_chat_contact(**parameters, ChatStreamingConfiguration={"StreamingEndpointArn": topic})

    assert UUID4.fullmatch(answer["StreamingId"])


def test_answers_are_valid_by_the_installed_model(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: dict[str, Any]
) -> None:
    model = connect_client.meta.service_model.operation_model("StartChatContact")
    source = connect_chat.add_ended_chat(instance_id=parameters["InstanceId"])[0].contact_id
    resumed = {"PersistentChat": {"RehydrationType": "ENTIRE_PAST_SESSION", "SourceContactId": source}}
    new = {
        "ConnectionTypes": ["WEBSOCKET", "CONNECTION_CREDENTIALS"],
        "ChatStreamingConfiguration": {"StreamingEndpointArn": "arn:aws:sns:us-east-1:123456789012:chats"},
    }
    for extra in (resumed, {member: value for member, value in new.items() if member in MEMBERS}):
        answer = connect_client.start_chat_contact(**parameters, **extra)
        metadata = answer.pop("ResponseMetadata")

        validate_parameters(answer, model.output_shape)
        assert metadata["HTTPStatusCode"] == model.http.get("responseCode", 200)
        for member, value in answer.items():
            most = model.output_shape.members[member].metadata.get("max")
            assert most is None or len(value) <= most


def test_an_operation_of_another_model_may_have_no_members() -> None:
    model = ServiceModel({"metadata": {}, "operations": {"Ping": {"name": "Ping"}}, "shapes": {}})

    assert limits_of(model.operation_model("Ping")) == {}


# -- failure -----------------------------------------------------------------------------------------------------------


@over_all_drivers
@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("InvalidRequestException", 400),
        ("InvalidParameterException", 400),
        ("AccessDeniedException", 403),
        ("ResourceNotFoundException", 404),
        ("IdempotencyException", 409),
        ("ContactNotFoundException", 410),
    ],
)
def test_a_failure_is_botocores_class_with_the_models_status(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: dict[str, Any], code: str, status: int
) -> None:
    connect_chat.rules["display-name-length"].raises(code)

    error = failure_of(connect_client, **{**parameters, "ParticipantDetails": {"DisplayName": "x" * 257}})

    response = error.response
    metadata = response["ResponseMetadata"]
    assert type(error) is getattr(connect_client.exceptions, code)
    assert error.operation_name == "StartChatContact"
    assert response["Error"]["Code"] == code
    assert response["Message"] == response["Error"]["Message"]
    assert response["Error"]["Message"].startswith("ParticipantDetails.DisplayName has 257 characters")
    assert set(response) == {"Error", "Message", "ResponseMetadata"}
    assert set(metadata) == {"RequestId", "HTTPStatusCode", "HTTPHeaders", "RetryAttempts"}
    assert metadata["HTTPStatusCode"] == status
    assert metadata["RetryAttempts"] == 0
    assert UUID4.fullmatch(metadata["RequestId"])
    assert metadata["HTTPHeaders"]["x-amzn-requestid"] == metadata["RequestId"]
    assert metadata["HTTPHeaders"]["x-amzn-errortype"] == code
    assert json.loads(json.dumps(response)) == response


@over_all_drivers
@pytest.mark.connect_chat(max_active_chats=0)
def test_an_exceeded_quota_is_429(connect_client: Any, parameters: dict[str, Any]) -> None:
    error = failure_of(connect_client, **parameters)

    assert type(error) is connect_client.exceptions.LimitExceededException
    assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 429
    assert json.loads(json.dumps(error.response)) == error.response


@over_all_drivers
def test_an_ended_contact_is_410(connect_chat: FakeConnectChat, connect_client: Any) -> None:
    past = connect_chat.add_ended_chat()[0]

    with pytest.raises(connect_client.exceptions.ContactNotFoundException) as caught:
        connect_client.stop_contact(InstanceId=past.instance_id, ContactId=past.contact_id)

    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 410


def test_an_unknown_instance_reads_as_the_service_says_it(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: dict[str, Any]
) -> None:
    connect_chat.add_instance("another", ["flow"])

    error = failure_of(connect_client, **parameters)

    assert str(error) == (
        "An error occurred (ResourceNotFoundException) when calling the StartChatContact operation: "
        "Resource not found of Type: null"
    )


@over_all_drivers
def test_a_code_that_the_model_has_not_is_a_plain_client_error(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: dict[str, Any]
) -> None:
    with pytest.warns(UnknownCodeWarning, match="SomethingElse"):
        connect_chat.rules["display-name-length"].raises("SomethingElse")

    error = failure_of(connect_client, **{**parameters, "ParticipantDetails": {"DisplayName": "x" * 257}})

    assert type(error) is ClientError
    assert error.response["Error"]["Code"] == "SomethingElse"
    assert "Message" not in error.response
    assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 400


@over_all_drivers
def test_an_error_has_only_the_members_that_the_model_has(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: dict[str, Any]
) -> None:
    connect_chat.rules["display-name-length"].raises("InvalidContactFlowException")

    error = failure_of(connect_client, **{**parameters, "ParticipantDetails": {"DisplayName": "x" * 257}})

    assert type(error) is connect_client.exceptions.InvalidContactFlowException
    assert "Message" not in error.response
    assert error.response["Error"]["Message"]


@over_all_drivers
def test_an_error_of_the_participant_service_has_no_message_of_its_own(
    connect_chat: FakeConnectChat, connectparticipant_client: Any
) -> None:
    with pytest.raises(ClientError) as caught:
        connectparticipant_client.create_participant_connection(ParticipantToken="unknown", Type=["WEBSOCKET"])

    assert type(caught.value) is connectparticipant_client.exceptions.AccessDeniedException
    assert set(caught.value.response) == {"Error", "ResponseMetadata"}
    assert caught.value.response["Error"]["Message"]


# -- times -------------------------------------------------------------------------------------------------------------


TIMES = """
import json
from botocore.parsers import create_parser
from pytest_connect_chat import FakeConnectChat

with FakeConnectChat(clock="2026-01-01T05:00:00.123Z") as fake:
    contact = fake.add_contact(instance_id="i", contact_id="c")
    client = fake.client()
    listed = client.list_associated_contacts(InstanceId="i", ContactId="c")["ContactSummaryList"]
    described = client.describe_contact(InstanceId="i", ContactId="c")["Contact"]
    answers = {"DescribeContact": described, "ListAssociatedContacts": listed[0]}
    wire = {"DescribeContact": {"Contact": {"InitiationTimestamp": 1767243600.123}}}
    wire["ListAssociatedContacts"] = {"ContactSummaryList": [{"InitiationTimestamp": 1767243600.123}]}
    for name, answer in answers.items():
        response = {"body": json.dumps(wire[name]).encode(), "headers": {}, "status_code": 200}
        shape = client.meta.service_model.operation_model(name).output_shape
        parsed = create_parser("rest-json").parse(response, shape)
        (expected,) = parsed["ContactSummaryList"] if name.startswith("List") else [parsed["Contact"]]
        time = answer["InitiationTimestamp"]
        assert repr(time) == repr(expected["InitiationTimestamp"]), (time, expected)
        assert time == contact.initiation_timestamp
        print(time.strftime("%Y-%m-%d %H:%M:%S.%f"))
"""


@pytest.mark.parametrize(
    ("zone", "shown"), [("America/New_York", "2026-01-01 00:00:00.123000"), ("UTC", "2026-01-01 05:00:00.123000")]
)
def test_times_have_the_zone_that_botocore_gives_them(zone: str, shown: str) -> None:
    ran = subprocess.run(  # noqa: S603  # it runs the interpreter that runs it
        [sys.executable, "-W", "error", "-c", TIMES],
        env={**os.environ, "TZ": zone},
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.stderr == ""
    assert ran.stdout.splitlines() == [shown, shown]


# -- ids and tokens ----------------------------------------------------------------------------------------------------


def inner_parts(token: str) -> tuple[bytes, bytes]:
    """Return the two byte strings inside a token, having checked its form."""
    assert re.fullmatch(r"[A-Za-z0-9+/]+={0,2}", token)
    assert token.startswith("QVFJREFI")
    first, separator, second = b64decode(token, validate=True).partition(b"::")
    assert separator == b"::"
    return b64decode(first, validate=True), b64decode(second, validate=True)


def test_ids_are_version_4_uuids(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: dict[str, Any]
) -> None:
    ids = []
    for _ in range(20):
        answer = connect_client.start_chat_contact(**parameters)
        ids += [answer["ContactId"], answer["ParticipantId"], answer["ResponseMetadata"]["RequestId"]]
        ids.append(str(connect_chat.requests.last.client_token))

    assert all(UUID4.fullmatch(each) for each in ids)
    assert all(uuid.UUID(each).version == 4 for each in ids)
    assert len(set(ids)) == len(ids)


def test_a_participant_token_has_the_structure_of_real_ones(connect_client: Any, parameters: dict[str, Any]) -> None:
    tokens = {connect_client.start_chat_contact(**parameters)["ParticipantToken"] for _ in range(20)}

    assert len(tokens) == 20
    for token in tokens:
        data_key, sealed = inner_parts(token)
        assert len(token) == 612
        assert len(b64decode(token).partition(b"::")[0]) == 224
        assert len(data_key) == 168
        assert data_key.startswith(bytes((0x01, 0x02, 0x03, 0x00, 0x78)))
        assert 172 <= len(sealed) <= 174


SCENARIO = """
import json
from pytest_connect_chat import FakeConnectChat
with FakeConnectChat(seed=7, clock="2026-01-01T00:00:00Z") as fake:
    client = fake.client()
    request = {"InstanceId": "i", "ContactFlowId": "f", "ParticipantDetails": {"DisplayName": "Ada"}}
    answers = [client.start_chat_contact(**request, Attributes={"b": "2", "a": "1"}) for _ in range(2)]
    for contact in fake.add_ended_chat(2):
        answers.append([contact.contact_id, contact.instance_id, contact.participant_token])
    try:
        client.start_chat_contact(**request, CustomerId="x" * 129)
    except client.exceptions.InvalidParameterException as error:
        answers.append(error.response)
    answers.append([record.client_token for record in fake.requests])
    answers.append(fake.contacts.last.transcript[-1].id)
print(json.dumps(answers))
"""


def test_the_same_seed_gives_the_same_bytes_in_every_process(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    outputs = []
    for hash_seed in ("1", "2"):
        monkeypatch.setenv("PYTHONHASHSEED", hash_seed)
        outputs.append(pytester.runpython_c(SCENARIO).stdout.str())
    answers = json.loads(outputs[0])

    assert outputs[0] == outputs[1]
    assert answers[0]["ContactId"] != answers[1]["ContactId"]
    with FakeConnectChat(seed=7) as fake:
        again = fake.client().start_chat_contact(
            InstanceId="i", ContactFlowId="f", ParticipantDetails={"DisplayName": "Ada"}
        )
    assert again["ParticipantToken"] == answers[0]["ParticipantToken"]


def started(seed: Any, parameters: dict[str, Any]) -> list[Any]:
    with FakeConnectChat(**({} if seed is None else {"seed": seed})) as fake:
        answer = fake.client().start_chat_contact(**parameters)
        answer["RequestId"] = answer.pop("ResponseMetadata")["RequestId"]
        return [*answer.values(), fake.requests.last.client_token]


def test_another_seed_gives_other_ids(parameters: dict[str, Any]) -> None:
    seeds: list[Any] = [None, 7, 8, "a text"]
    values = [started(seed, parameters) for seed in seeds]

    assert values == [started(seed, parameters) for seed in seeds]
    for position in range(len(values[0])):
        assert len({each[position] for each in values}) == len(seeds)


def test_the_nth_contact_has_the_same_id_whatever_else_happens(parameters: dict[str, Any]) -> None:
    with FakeConnectChat(seed=7) as plain:
        ids = [plain.client().start_chat_contact(**parameters)["ContactId"] for _ in range(2)]
    with FakeConnectChat(seed=7, strict=False) as busy:
        client = busy.client()
        first = client.start_chat_contact(**parameters, InitialMessage={"ContentType": "text/plain", "Content": "Hi"})
        failure_of(client, **parameters, CustomerId="x" * 129)
        client.stop_contact(InstanceId=parameters["InstanceId"], ContactId=first["ContactId"])
        second = client.start_chat_contact(**parameters, ClientToken="order-17")

    assert [first["ContactId"], second["ContactId"]] == ids


# -- nobody else's randomness ------------------------------------------------------------------------------------------


@pytest.mark.in_process
@over_all_drivers
@pytest.mark.parametrize("mode", ["legacy", "standard", "adaptive"])
def test_no_randomness_of_the_user_is_seeded_or_consumed(parameters: dict[str, Any], mode: str) -> None:
    random.seed(17)
    users_faker = Faker()
    users_faker.seed_instance(17)
    Faker.seed(17)
    before = random.getstate(), users_faker.random.getstate(), faker.generator.random.getstate()

    with FakeConnectChat(max_active_chats=0) as fake:
        client = new_client(config=Config(retries={"mode": mode}))
        failure_of(client, **parameters)
        fake.add_contact()
        assert fake.requests.one().attempt_count > 1

    after = random.getstate(), users_faker.random.getstate(), faker.generator.random.getstate()
    assert after == before


def test_the_request_factory_consumes_nothing_of_the_user(request: pytest.FixtureRequest) -> None:
    users_faker = Faker()
    random.seed(17)
    Faker.seed(17)
    before = random.getstate(), users_faker.random.getstate(), faker.generator.random.getstate()

    factory = request.getfixturevalue("start_chat_contact_request")
    for _ in range(5):
        factory()

    assert (random.getstate(), users_faker.random.getstate(), faker.generator.random.getstate()) == before


@pytest.mark.in_process
@over_all_drivers
def test_uuid_is_not_asked(connect_client: Any, parameters: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> uuid.UUID:
        raise AssertionError("somebody drew a random UUID")

    monkeypatch.setattr(uuid, "uuid4", refuse)

    assert connect_client.start_chat_contact(**parameters)["ContactId"]


def _has_times(shape: Any, inside: tuple[str, ...] = ()) -> bool:
    if shape.type_name == "structure":
        members = shape.members.values()
    else:
        members = [getattr(shape, name) for name in ("member", "value") if hasattr(shape, name)]
    return shape.type_name == "timestamp" or any(
        _has_times(member, (*inside, shape.name)) for member in members if member.name not in inside
    )


def test_the_operations_whose_answers_have_times_are_those_of_the_model() -> None:
    connect = service_model("connect")
    names = [name for service, name in FAKED if service == "connect" and name in connect.operation_names]
    shapes = {name: connect.operation_model(name).output_shape for name in names}

    with_times = [name for name, shape in shapes.items() if shape is not None and _has_times(shape)]

    assert with_times == [name for name in WITH_TIMES if name in names]
