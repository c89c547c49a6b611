"""Checks requests, responses and errors against the shapes of the model, by botocore's own validator."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ParamValidationError
from botocore.model import OperationModel, Shape
from botocore.validate import ParamValidator, validate_parameters

from pytest_connect_chat._text import shown


def request_problem(operation: OperationModel, params: Mapping[str, Any]) -> str | None:
    """Return what is wrong with the shape of a request that no client has validated, or `None`."""
    try:
        report = ParamValidator().validate(params, operation.input_shape)
    except RecursionError:
        return "It is nested more deeply than botocore can follow."
    return "; ".join(report.generate_report().splitlines()) if report.has_errors() else None


def check_response(operation: OperationModel, response: Mapping[str, Any]) -> None:
    """Check a response. Its `ResponseMetadata` may have anything, as a dict in which headers, if any, are a dict.

    Raises:
        botocore.exceptions.ParamValidationError: The operation's model does not allow it.
    """
    metadata = response.get("ResponseMetadata", {})
    if not isinstance(metadata, dict) or not isinstance(metadata.get("HTTPHeaders", {}), dict):
        raise ParamValidationError(report=f"ResponseMetadata is a dict, and so are its HTTPHeaders: {shown(metadata)}.")
    members = {name: value for name, value in response.items() if name != "ResponseMetadata"}
    check_members(operation.output_shape, members)


def check_members(shape: Shape | None, members: Mapping[str, Any]) -> None:
    """Check the members of a response or of an error; `shape` is `None` if the model has none.

    Raises:
        botocore.exceptions.ParamValidationError: The shape does not allow them.
    """
    if shape is not None:
        validate_parameters(members, shape)
    elif members:
        raise ParamValidationError(report=f"The model has no members here, so {', '.join(members)} cannot be given.")
