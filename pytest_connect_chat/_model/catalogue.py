"""The installed models of the two services: operations, members, limits, errors."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from functools import cache
from http import HTTPStatus
from typing import Any, Final
from weakref import WeakKeyDictionary

from botocore import xform_name
from botocore.model import OperationModel, ServiceModel, Shape

from pytest_connect_chat._model import shapes
from pytest_connect_chat._model.loader import OwnLoader
from pytest_connect_chat._model.members import Paths, unknown_among, unknown_in
from pytest_connect_chat._names import did_you_mean
from pytest_connect_chat._service.request import FAKED, SERVICES, Limit
from pytest_connect_chat._text import shown
from pytest_connect_chat.exceptions import FaultError, UnknownCodeWarning

COMMON_ERRORS: Final = {  # API reference, "Common Error Types": no model has them
    "ExpiredTokenException": 403,
    "IncompleteSignature": 403,
    "InternalFailure": 500,
    "MalformedHttpRequestException": 400,
    "NotAuthorized": 401,
    "OptInRequired": 403,
    "RequestAbortedException": 400,
    "RequestEntityTooLargeException": 413,
    "RequestExpired": 400,
    "RequestTimeoutException": 408,
    "ServiceUnavailable": 503,
    "UnknownOperationException": 404,
    "UnrecognizedClientException": 403,
    "ValidationError": 400,
}


@cache
def service_model(service: str) -> ServiceModel:
    """Return the installed model of a service. No client is made for it: a test may have patched how that is done."""
    return ServiceModel(OwnLoader().load_service_model(service, "service-2"), service)


def error_status(shape: Shape | None, code: str) -> int:
    """Return the HTTP status of an error code: the model's, else that of a common error, else 400.

    Args:
        shape: The shape that the model has for the code, `None` where it has none.
        code: The error code.
    """
    if shape is None:
        return COMMON_ERRORS.get(code, HTTPStatus.BAD_REQUEST.value)
    status: int = shape.metadata.get("error", {}).get("httpStatusCode", HTTPStatus.BAD_REQUEST.value)
    return status


# -- limits ------------------------------------------------------------------------------------------------------------

_limits_by_model: WeakKeyDictionary[ServiceModel, dict[str, dict[str, Limit]]] = WeakKeyDictionary()


def limits_of(operation: OperationModel) -> dict[str, Limit]:
    """Return the limits of an operation's request by path, from the model of the client that is called."""
    by_operation = _limits_by_model.setdefault(operation.service_model, {})
    limits = by_operation.get(operation.name)
    if limits is None:
        limits = {}
        if operation.input_shape is not None:
            _walk(operation.input_shape, "", limits, ())
        by_operation[operation.name] = limits  # once they are complete: other threads read them
    return limits


def _walk(shape: Shape, path: str, limits: dict[str, Limit], above: tuple[str, ...]) -> None:
    bounds = shape.metadata
    limits[path] = Limit(bounds.get("min"), bounds.get("max"), tuple(bounds.get("enum", ())))
    if shape.name in above:
        return
    above = (*above, shape.name)
    if shape.type_name == "structure":
        for name, member in shape.members.items():
            _walk(member, f"{path}.{name}" if path else name, limits, above)
    elif shape.type_name == "list":
        _walk(shape.member, f"{path}[]", limits, above)
    elif shape.type_name == "map":
        _walk(shape.key, f"{path}{{key}}", limits, above)
        _walk(shape.value, f"{path}{{}}", limits, above)


# -- what the service is told ------------------------------------------------------------------------------------------


class Catalogue:
    """The facts of the installed models that the service asks for, each read when it is first needed."""

    def operation(self, method: str) -> str | None:
        """Return the operation behind a client method of either service, or `None`."""
        return _FAKED_METHODS.get(method) or self.operations().get(method)

    def operations(self) -> Mapping[str, str]:
        """Return the operations of both services by their client method."""
        return _methods("connect") | _methods("connectparticipant")

    def operations_of(self, service: str) -> Mapping[str, str]:
        """Return the operations of one service by their client method."""
        return _methods(service)

    def unknown_member(self, operation: str | None, members: Mapping[str, Any]) -> str | None:
        """Return a message on a member, at any depth, that the operation does not have; `None` if it has all."""
        if not members:
            return None
        if operation is not None:
            return unknown_in(_paths(operation), operation, members)
        return unknown_among([_paths(name) for name in self.operations().values()], members)

    def check_error_code(
        self, code: str, fields: Iterable[str], http_status: int | None, services: Iterable[str], advice: str = ""
    ) -> None:
        """Check the code of a planned error, and the names of its further fields.

        Raises:
            FaultError: The modelled error has no such field.

        Warns:
            UnknownCodeWarning: The services' models have no such code, and nothing says its HTTP status.
        """
        services = list(services)
        shape = error_shape(code, services)
        members = list(shape.members) if shape is not None else []
        unknown = [name for name in fields if name not in members]
        if unknown:
            raise FaultError(
                f"The error {shown(code)} has no field {unknown[0]!r}. Valid: {', '.join(members) or 'none'}."
            )
        if shape is None and http_status is None and code not in COMMON_ERRORS:
            names = [one.name for name in services for one in service_model(name).error_shapes]
            have = "has" if len(services) == 1 else "have"
            warnings.warn(
                f"{' and '.join(services)} {have} no error {shown(code)}.{did_you_mean(code, names)} "
                f"Clients see a plain ClientError with the HTTP status 400{advice}.",
                UnknownCodeWarning,
                stacklevel=4,  # the method that was called has a wrapper
            )

    def check_response(self, service: str, operation: str, response: Mapping[str, Any]) -> None:
        """Check a response that a test has written.

        Raises:
            botocore.exceptions.ParamValidationError: The model of the operation does not allow it.
        """
        shapes.check_response(service_model(service).operation_model(operation), response)

    def check_error_fields(self, service: str, code: str, fields: Mapping[str, Any]) -> None:
        """Check the modelled fields of an error that a test has written.

        Raises:
            botocore.exceptions.ParamValidationError: The model has no such fields for the code.
        """
        shapes.check_members(service_model(service).shape_for_error_code(code), fields)


CATALOGUE: Final = Catalogue()
_FAKED_METHODS: Final = {xform_name(operation): operation for _, operation in FAKED}


@cache
def _methods(service: str) -> dict[str, str]:
    return {xform_name(name): name for name in service_model(service).operation_names}


@cache
def _paths(operation: str) -> Paths:
    """Return what a request of an operation can hold; where both services have the operation, what either can."""
    models = [service_model(service) for service in SERVICES]
    found = (limits_of(model.operation_model(operation)) for model in models if operation in model.operation_names)
    return frozenset().union(*found)


def error_shape(code: str, services: Iterable[str]) -> Shape | None:
    """Return the shape that the model of one of these services has for an error code, or `None`."""
    found = (service_model(service).shape_for_error_code(code) for service in services)
    return next((shape for shape in found if shape is not None), None)
