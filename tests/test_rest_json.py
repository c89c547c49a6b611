"""Requests and answers on the wire: what botocore's own clients write is read, and what is written they read."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.model import Shape
from botocore.parsers import create_parser
from botocore.serialize import create_serializer

from pytest_connect_chat._model.catalogue import service_model
from pytest_connect_chat._model.rest_json import rest_json_operation
from pytest_connect_chat._model.routes import find
from pytest_connect_chat._service.request import SERVICES

pytestmark = pytest.mark.of_botocore

MOMENT = datetime(2026, 11, 26, 9, 15, 2, tzinfo=UTC)
SCALARS: dict[str, Any] = {
    "string": "a/b?c=ü %",
    "integer": 7,
    "long": 7_000_000_000,
    "double": 1.5,
    "float": 2.5,
    "boolean": True,
    "timestamp": MOMENT,
}
OPERATIONS = [(service, name) for service in SERVICES for name in service_model(service).operation_names]


def sample(shape: Shape | None, above: tuple[str, ...] = ()) -> Any:
    """Return a value of a shape with all its members, each structure once."""
    if shape is None:
        return {}
    if shape.type_name == "structure":
        inner = (*above, shape.name)
        members = [(name, member) for name, member in shape.members.items() if member.name not in inner]
        return {name: sample(member, inner) for name, member in members[: 1 if shape.is_tagged_union else None]}
    if shape.type_name == "list":
        return [] if shape.member.name in above else [sample(shape.member, above)]
    if shape.type_name == "map":
        return {} if shape.value.name in above else {"a key": sample(shape.value, above)}
    return SCALARS[shape.type_name]


def in_utc(value: Any) -> Any:
    """Return a value whose times are in one zone."""
    if isinstance(value, dict):
        return {name: in_utc(member) for name, member in value.items()}
    if isinstance(value, list):
        return [in_utc(item) for item in value]
    return value.astimezone(UTC) if isinstance(value, datetime) else value


@pytest.mark.parametrize(("service", "name"), OPERATIONS, ids=["/".join(operation) for operation in OPERATIONS])
def test_what_botocore_sends_is_read(service: str, name: str) -> None:
    model = service_model(service).operation_model(name)
    params = sample(model.input_shape)

    sent = create_serializer("rest-json", include_validation=False).serialize_to_request(params, model)
    found = find(sent["method"], urlsplit(sent["url_path"]).path)

    assert found is not None
    route, labels = found
    assert (route.service, route.operation) == (service, name)
    query = [
        (key, str(one))
        for key, value in sent["query_string"].items()
        for one in (value if isinstance(value, list) else [value])
    ]
    headers = {header.lower(): value for header, value in sent["headers"].items()}
    body = sent["body"] if isinstance(sent["body"], bytes) else sent["body"].encode()
    read = rest_json_operation(service, name).read(labels, query, headers, body)
    assert in_utc(read) == params


@pytest.mark.parametrize(("service", "name"), OPERATIONS, ids=["/".join(operation) for operation in OPERATIONS])
def test_what_is_answered_botocore_reads(service: str, name: str) -> None:
    shape = service_model(service).operation_model(name).output_shape
    members = sample(shape)

    body = rest_json_operation(service, name).write(members | {"ResponseMetadata": {}, "Unknown": 1})

    parsed = create_parser("rest-json").parse({"status_code": 200, "headers": {}, "body": body}, shape)
    del parsed["ResponseMetadata"]
    assert in_utc(parsed) == members


@pytest.mark.parametrize("service", SERVICES)
def test_what_is_refused_botocore_reads(service: str) -> None:
    model = service_model(service)
    name = "StartChatContact" if service == "connect" else "SendMessage"
    for shape in model.error_shapes:
        fields = {member: value for member, value in sample(shape).items() if member.lower() != "message"}
        operation = rest_json_operation(service, name)

        status, body = operation.error_status(shape.name), operation.write_error(shape.name, "Not now", fields)

        answer = {"status_code": status, "headers": {"x-amzn-errortype": shape.name}, "body": body}
        parser = create_parser("rest-json")
        assert parser.parse(answer, None)["Error"] == {"Message": "Not now", "Code": shape.name}
        assert fields.items() <= parser.parse(answer, shape).items()
        assert status >= 400


@pytest.mark.parametrize("value", ["yesterday", {"a": 1}, 10**30])
def test_a_time_that_is_none_stays_for_the_rules(value: Any) -> None:
    import json

    operation = rest_json_operation("connect", "GetMetricDataV2")
    params = operation.read({}, [], {}, json.dumps({"StartTime": value}).encode())

    assert params == {"StartTime": f"no time: {value}"}
    assert "StartTime" in (operation.problem(params) or "")


def test_a_query_that_is_no_number_stays_for_the_rules() -> None:
    operation = rest_json_operation("connect", "ListContactFlows")
    params = operation.read({"InstanceId": "i"}, [("maxResults", "1"), ("maxResults", "many")], {}, b"")

    assert params == {"InstanceId": "i", "MaxResults": "many"}
