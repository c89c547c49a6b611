"""What the service is told of the installed models, without knowing where that comes from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol


class ModelFacts(Protocol):
    """What the models of the two services say. `pytest_connect_chat._model` reads it."""

    def operation(self, method: str) -> str | None:
        """Return the operation behind a client method of either service, or `None`."""

    def operations(self) -> Mapping[str, str]:
        """Return the operations of both services by their client method."""

    def operations_of(self, service: str) -> Mapping[str, str]:
        """Return the operations of one service by their client method."""

    def unknown_member(self, operation: str | None, members: Mapping[str, Any]) -> str | None:
        """Return what to say of members, at any depth, that an operation does not have; `None` without any.

        Args:
            operation: The operation's name, `None` for any.
            members: What a test names, with the values that it expects.
        """

    def check_error_code(
        self, code: str, fields: Iterable[str], http_status: int | None, services: Iterable[str], advice: str = ""
    ) -> None:
        """Look at the code of a planned error, and at the names of its further fields.

        Args:
            code: The code.
            fields: The names.
            http_status: The HTTP status that is given, if one is.
            services: The services that the error is meant for.
            advice: What to do, as the end of a warning's sentence.

        Raises:
            FaultError: The modelled error has no such field.

        Warns:
            UnknownCodeWarning: The services' models have no such code, and nothing says its HTTP status.
        """

    def check_response(self, service: str, operation: str, response: Mapping[str, Any]) -> None:
        """Look at a response that a test has written.

        Raises:
            botocore.exceptions.ParamValidationError: It is none of this operation.
        """

    def check_error_fields(self, service: str, code: str, fields: Mapping[str, Any]) -> None:
        """Look at the modelled fields of an error that a test has written.

        Raises:
            botocore.exceptions.ParamValidationError: The model has no such fields for the code.
        """
