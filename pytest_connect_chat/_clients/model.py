"""What the installed service models say, as plain data."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from functools import cache
from typing import Any, Final
from weakref import WeakKeyDictionary

from botocore import xform_name
from botocore.loaders import Loader, create_loader
from botocore.model import OperationModel, ServiceModel, Shape
from botocore.session import Session

from pytest_connect_chat._names import did_you_mean
from pytest_connect_chat._service.operations import OPERATIONS
from pytest_connect_chat._service.records.operation_index import OperationIndex, Paths
from pytest_connect_chat._service.request import Limit
from pytest_connect_chat.exceptions import FaultError, UnknownCodeWarning

SERVICES: Final = ("connect", "connectparticipant")
COMMON_ERRORS: Final = {  # API reference, "Common errors": no model has them
    "ExpiredTokenException": 403,
    "InternalFailure": 500,
    "RequestEntityTooLarge": 413,
    "ServiceUnavailable": 503,
    "UnrecognizedClientException": 403,
}

_limits_by_model: WeakKeyDictionary[ServiceModel, dict[str, dict[str, Limit]]] = WeakKeyDictionary()


def limits_of(operation: OperationModel) -> dict[str, Limit]:
    """Return the limits of an operation's request by path, from the model of the client that is called."""
    by_operation = _limits_by_model.setdefault(operation.service_model, {})
    limits = by_operation.get(operation.name)
    if limits is None:
        limits = {}
        if operation.input_shape is not None:
            _walk(operation.input_shape, "", limits, ())
        by_operation[operation.name] = limits  # only now: another thread must not check by half of them
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


@cache
def shared_loader() -> Loader:
    """Return the loader that our own sessions share: reading the models is most of what a client costs."""
    return create_loader()


def new_session() -> Session:
    """Return a session that reads the environment anew and the models only once."""
    session = Session()
    if session.get_config_variable("profile") not in (None, *session.available_profiles):
        session = Session(session_vars={"profile": (None, None, None, None)})  # AWS_PROFILE is of another machine
    session.register_component("data_loader", shared_loader())
    return session


@cache
def service_model(service: str) -> ServiceModel:
    """Return the installed model of a service; without a client, whose making a test may have patched."""
    return new_session().get_service_model(service)


@cache
def model_client(service: str) -> Any:
    """Return a client that nobody calls, for a `Stubber` to look at."""
    return new_session().create_client(
        service, region_name="us-east-1", aws_access_key_id="testing", aws_secret_access_key="testing"
    )


@cache
def _operations() -> dict[str, str]:
    """Return the operations of both services by their method name."""
    return {xform_name(name): name for service in SERVICES for name in service_model(service).operation_names}


@cache
def _paths(operation: str) -> Paths:
    """Return what a request of an operation can hold; where both services have the operation, what either can."""
    models = [service_model(service) for service in SERVICES]
    found = (limits_of(model.operation_model(operation)) for model in models if operation in model.operation_names)
    return frozenset().union(*found)


def error_shape(code: str, services: Iterable[str]) -> Shape | None:
    """Return the shape that the model of one of these services has for an error code, or `None`."""
    shapes = (service_model(service).shape_for_error_code(code) for service in services)
    return next((shape for shape in shapes if shape is not None), None)


def check_error_code(code: str, fields: list[str], http_status: int | None, services: list[str]) -> None:
    """Look at the error code of a planned fault, and at the names of its modelled fields.

    Args:
        code: The code.
        fields: The names of the fields.
        http_status: The status that is given with it, if any.
        services: The services that the fault concerns.

    Raises:
        FaultError: The modelled error has no such field.

    Warns:
        UnknownCodeWarning: The services' models have no such code, and nothing says its HTTP status.
    """
    shape = error_shape(code, services)
    members = list(shape.members) if shape is not None else []
    unknown = [name for name in fields if name not in members]
    if unknown:
        raise FaultError(f"The error {code!r} has no field {unknown[0]!r}. Valid: {', '.join(members) or 'none'}.")
    if shape is None and http_status is None and code not in COMMON_ERRORS:
        names = [one.name for name in services for one in service_model(name).error_shapes]
        have = "has" if len(services) == 1 else "have"
        warnings.warn(
            f"{' and '.join(services)} {have} no error {code!r}.{did_you_mean(code, names)} "
            "Clients see a plain ClientError with the HTTP status 400; give http_status=... if that is what you want.",
            UnknownCodeWarning,
            stacklevel=3,
        )


def operation_index() -> OperationIndex:
    """Return what the models say of the operations, read once it is asked for."""
    return OperationIndex({xform_name(name): name for _, name in OPERATIONS}, _operations, _paths)
