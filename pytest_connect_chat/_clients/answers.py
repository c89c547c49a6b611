"""Answers in the form that botocore's endpoint returns: an HTTP response and the parsed members."""

from __future__ import annotations

from copy import deepcopy
from datetime import datetime
from functools import cache
from http import HTTPStatus
from typing import Any, Final

from botocore.awsrequest import AWSResponse, HeadersDict
from botocore.model import OperationModel
from botocore.parsers import DEFAULT_TIMESTAMP_PARSER
from botocore.validate import validate_parameters

from pytest_connect_chat._model.catalogue import error_status
from pytest_connect_chat._service.answer import ServiceError
from pytest_connect_chat._service.answer_headers import AnswerHeaders
from pytest_connect_chat._service.request import snapshot
from pytest_connect_chat._service.service import ConnectChatService

# The faked operations whose answers have times. The participant service writes times as texts.
WITH_TIMES: Final = ("DescribeContact", "ListAssociatedContacts")
OK: Final = HTTPStatus.OK.value

Parsed = dict[str, Any]
Http = tuple[AWSResponse, Parsed]


class AnswerWriter:
    """Writes what the service decided as botocore's parsers would have read it from the wire.

    Args:
        service: Gives request ids and the date.
        response_class: The HTTP response's class, which differs between botocore and aiobotocore.
    """

    def __init__(self, service: ConnectChatService, response_class: Any) -> None:
        self._headers = AnswerHeaders(service.state.identifiers, service.state.clock)
        self._response = _lazy(response_class)
        self._validated: set[tuple[str, ...]] = set()

    def success(self, operation: OperationModel, members: dict[str, Any]) -> Http:
        """Return a 200 answer, a copy of `members` checked against the model."""
        parsed: Parsed = snapshot(members)
        self._validate(operation, parsed)
        if operation.name in WITH_TIMES:
            parsed = _localised(parsed)
        headers = self._headers.new()
        parsed["ResponseMetadata"] = _metadata(OK, headers)
        return self._response(OK, headers), parsed

    def error(self, operation: OperationModel, error: ServiceError) -> Http:
        """Return an error answer with the model's HTTP status and modelled members."""
        shape = operation.service_model.shape_for_error_code(error.code)
        status = error.http_status or error_status(shape, error.code)
        headers = self._headers.new(error.code)
        parsed: Parsed = {
            "Error": {"Message": error.message, "Code": error.code},
            "ResponseMetadata": _metadata(status, headers),
        }
        # The participant service spells it `message` in its bodies, which is no member of the model's errors.
        if operation.service_model.service_name == "connect" and shape is not None and "Message" in shape.members:
            parsed["Message"] = error.message
        parsed.update(deepcopy(error.fields))
        return self._response(status, headers), parsed

    def canned(self, parsed: Parsed, status: int) -> Http:
        """Return a canned answer, a copy of `parsed` with the metadata that it leaves out."""
        headers = self._headers.new()
        parsed = deepcopy(parsed)
        parsed["ResponseMetadata"] = _metadata(status, headers) | parsed.get("ResponseMetadata", {})
        return self._response(status, headers), parsed

    def _validate(self, operation: OperationModel, members: Parsed) -> None:
        # Once for each set of members: their values come from the same code every time.
        kind = (operation.name, *members)
        if kind not in self._validated and operation.output_shape is not None:
            # The service answers an empty NextToken, which its model does not allow.
            validate_parameters({name: value for name, value in members.items() if value != ""}, operation.output_shape)
            self._validated.add(kind)


@cache
def _lazy(response_class: Any) -> type[AWSResponse]:
    """Return a response class that makes its case-insensitive headers only when they are read."""

    class ServedResponse(response_class):  # type: ignore[misc]  # botocore has no types
        def __init__(self, status: int, headers: dict[str, str]) -> None:
            self.url = None
            self.status_code = status
            self.raw = None
            self._content = b""
            self._served_headers = headers

        @property
        def headers(self) -> HeadersDict:
            return HeadersDict(self._served_headers)

    return ServedResponse


def _localised(value: Any) -> Any:
    """Return members with their times in the time zone that botocore's parser would give them."""
    if isinstance(value, dict):
        return {name: _localised(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_localised(item) for item in value]
    return DEFAULT_TIMESTAMP_PARSER(value.timestamp()) if isinstance(value, datetime) else value


def _metadata(status: int, headers: dict[str, str]) -> dict[str, Any]:
    return {
        "RequestId": headers["x-amzn-requestid"],
        "HTTPStatusCode": status,
        "HTTPHeaders": headers,
        "RetryAttempts": 0,
    }
