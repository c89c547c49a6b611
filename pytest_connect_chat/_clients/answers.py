"""Answers in the form in which botocore hands them on: an HTTP response and the parsed members."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from botocore.awsrequest import AWSResponse
from botocore.model import OperationModel
from botocore.validate import validate_parameters

from pytest_connect_chat._service.errors import ServiceError
from pytest_connect_chat._service.identifiers import http_date
from pytest_connect_chat._service.service import ConnectChatService
from pytest_connect_chat._service.wire import snapshot

Parsed = dict[str, Any]
Http = tuple[AWSResponse, Parsed]


class AnswerWriter:
    """Writes what the service decided as botocore's parsers would have read it from the wire.

    Args:
        service: Gives request ids and the date.
        response_class: The HTTP response's class, which differs between botocore and aiobotocore.
    """

    def __init__(self, service: ConnectChatService, response_class: type[AWSResponse] = AWSResponse) -> None:
        self._service = service
        self._response_class = response_class
        self._validated: set[tuple[str, frozenset[str]]] = set()

    def success(self, operation: OperationModel, members: dict[str, Any]) -> Http:
        """Return a 200 answer, a copy of `members` checked against the model."""
        parsed: Parsed = snapshot(members)
        self._validate(operation, parsed)
        headers = self._headers()
        parsed["ResponseMetadata"] = _metadata(200, headers)
        return self._http(200, headers), parsed

    def error(self, operation: OperationModel, error: ServiceError) -> Http:
        """Return an error answer with the model's HTTP status and modelled members."""
        shape = operation.service_model.shape_for_error_code(error.code)
        status = 400 if shape is None else shape.metadata.get("error", {}).get("httpStatusCode", 400)
        headers = self._headers() | {"x-amzn-errortype": error.code}
        parsed: Parsed = {
            "Error": {"Message": error.message, "Code": error.code},
            "ResponseMetadata": _metadata(status, headers),
        }
        if shape is not None and "Message" in shape.members:
            parsed["Message"] = error.message
        return self._http(status, headers), parsed

    def canned(self, parsed: Parsed, status: int) -> Http:
        """Return a canned answer, a copy of `parsed` with the metadata that it leaves out."""
        headers = self._headers()
        parsed = deepcopy(parsed)
        parsed["ResponseMetadata"] = _metadata(status, headers) | parsed.get("ResponseMetadata", {})
        return self._http(status, headers), parsed

    def _headers(self) -> dict[str, str]:
        return {
            "content-type": "application/json",
            "x-amzn-requestid": self._service.identifiers.request_id(),
            "date": http_date(self._service.clock.now()),
            "access-control-allow-origin": "*",
        }

    def _http(self, status: int, headers: dict[str, str]) -> AWSResponse:
        return self._response_class(None, status, headers, None)

    def _validate(self, operation: OperationModel, members: Parsed) -> None:
        # Once for each set of members: their values come from the same code every time.
        kind = (operation.name, frozenset(members))
        if kind not in self._validated and operation.output_shape is not None:
            validate_parameters(members, operation.output_shape)
            self._validated.add(kind)


def _metadata(status: int, headers: dict[str, str]) -> dict[str, Any]:
    return {
        "RequestId": headers["x-amzn-requestid"],
        "HTTPStatusCode": status,
        "HTTPHeaders": headers,
        "RetryAttempts": 0,
    }
