"""Reads requests and writes answers in the protocol REST-JSON, by the models."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime
from functools import cache
from typing import Any

from botocore.model import Shape
from botocore.utils import parse_timestamp

from pytest_connect_chat._model.catalogue import error_status, limits_of, service_model
from pytest_connect_chat._model.shapes import request_problem
from pytest_connect_chat._service.request import Limit
from pytest_connect_chat._text import shown
from pytest_connect_chat._time import iso_timestamp


class RestJsonOperation:
    """One operation on the wire.

    Args:
        service: `"connect"` or `"connectparticipant"`.
        name: The operation's name.
    """

    def __init__(self, service: str, name: str) -> None:
        self._service = service_model(service)
        self._model = self._service.operation_model(name)
        self.limits: dict[str, Limit] = limits_of(self._model)

    def read(
        self, labels: Mapping[str, str], query: Iterable[tuple[str, str]], headers: Mapping[str, str], body: bytes
    ) -> dict[str, Any]:
        """Return the members of a request. A value of the wrong type stays as it is, for the rules to refuse.

        Members that the model does not have, and members that are `null`, are left out (assumed).

        Args:
            labels: The parts of the path that are members, by their names.
            query: The parameters of the query.
            headers: The headers, by their names in lower case.
            body: The body.

        Raises:
            ValueError: The body is no JSON object.
        """
        shape = self._model.input_shape
        content, query = _object_in(body), list(query)
        params = {}
        for name, member in shape.members.items() if shape is not None else ():
            place, wire_name = member.serialization.get("location"), _wire_name(name, member)
            if place == "uri":
                value: Any = _of_text(member, labels.get(wire_name))
            elif place == "querystring":
                value = _of_query(member, [text for key, text in query if key == wire_name])
            elif place == "header":
                value = _of_text(member, headers.get(wire_name.lower()))
            else:
                value = _read(member, content.get(wire_name))
            if value is not None:
                params[name] = value
        return params

    def problem(self, params: Mapping[str, Any]) -> str | None:
        """Return what is wrong with the shape of a request, or `None`."""
        return request_problem(self._model, params)

    def write(self, members: Mapping[str, Any]) -> bytes:
        """Return the body of an answer. In both services it has all members of the answer."""
        shape = self._model.output_shape
        return _json(_write(shape, members) if shape is not None else {})

    def error_status(self, code: str) -> int:
        """Return the HTTP status of an error code."""
        return error_status(self._service.shape_for_error_code(code), code)

    def write_error(self, code: str, message: str, fields: Mapping[str, Any]) -> bytes:
        """Return the body of an error.

        The participant service's recorded bodies spell the message in lower case; Connect's are assumed to be as its
        model says.

        Args:
            code: The error code.
            message: The message.
            fields: The error's further members.
        """
        shape = self._service.shape_for_error_code(code)
        spelling = "Message" if self._service.service_name == "connect" else "message"
        return _json({spelling: message, **(_write(shape, fields) if shape is not None else fields)})


@cache
def rest_json_operation(service: str, name: str) -> RestJsonOperation:
    """Return an operation on the wire, read once."""
    return RestJsonOperation(service, name)


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), default=str).encode()


def _object_in(body: bytes) -> dict[str, Any]:
    if not body:
        return {}
    try:
        content = json.loads(body)
    except RecursionError:
        raise ValueError("it is nested more deeply than Python can follow.") from None
    if not isinstance(content, dict):
        raise ValueError(f"it is {shown(content)}.")  # refused like a body that is no JSON at all
    return content


def _wire_name(name: str, member: Shape) -> str:
    wire_name: str = member.serialization.get("name", name)
    return wire_name


def _of_query(member: Shape, given: list[str]) -> Any:
    if not given:
        return None
    if member.type_name == "list":
        return [_of_text(member.member, text) for text in given]
    return _of_text(member, given[-1])


def _of_text(member: Shape, text: str | None) -> Any:
    if text is None:
        return None
    if member.type_name in ("integer", "long"):
        with suppress(ValueError):
            return int(text)
    if member.type_name == "timestamp":
        return _moment(text)
    return text


def _read(shape: Shape, value: Any) -> Any:
    kind = shape.type_name
    if kind == "structure" and isinstance(value, dict):
        read = {name: _read(member, value.get(_wire_name(name, member))) for name, member in shape.members.items()}
        return {name: member for name, member in read.items() if member is not None}
    if kind == "map" and isinstance(value, dict):
        return {key: _read(shape.value, item) for key, item in value.items()}
    if kind == "list" and isinstance(value, list):
        return [_read(shape.member, item) for item in value]
    if kind == "timestamp" and value is not None:
        return _moment(value)
    return value


def _moment(value: Any) -> Any:
    try:
        return parse_timestamp(value)
    except (ValueError, TypeError, RuntimeError):
        return f"no time: {value}"  # botocore's validator refuses this; at a number that is too large it would fail


def _write(shape: Shape, value: Any) -> Any:
    kind = shape.type_name
    if kind == "structure":
        members = shape.members
        known = {name: item for name, item in value.items() if name in members}
        return {_wire_name(name, members[name]): _write(members[name], item) for name, item in known.items()}
    if kind == "map":
        return {key: _write(shape.value, item) for key, item in value.items()}
    if kind == "list":
        return [_write(shape.member, item) for item in value]
    if kind == "timestamp" and isinstance(value, datetime):
        is_text = shape.serialization.get("timestampFormat") == "iso8601"
        return iso_timestamp(value) if is_text else value.timestamp()
    return value
