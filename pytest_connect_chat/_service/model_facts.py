"""What the service asks of the installed models: a protocol, so that it does not depend on botocore."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol


class ModelFacts(Protocol):
    """The facts of the models of the two services. `pytest_connect_chat._model.catalogue` reads them."""

    def operation(self, method: str) -> str | None:
        """Return the operation behind a client method of either service, or `None`."""

    def operations(self) -> Mapping[str, str]:
        """Return the operations of both services by their client method."""

    def operations_of(self, service: str) -> Mapping[str, str]:
        """Return the operations of one service by their client method."""

    def unknown_member(self, operation: str | None, members: Mapping[str, Any]) -> str | None:
        """Return a message on a member, at any depth, that an operation does not have; `None` if it has all.

        Args:
            operation: The operation's name, `None` for any.
            members: What a test names, with the values that it expects.
        """

    def check_error_code(
        self, code: str, fields: Iterable[str], http_status: int | None, services: Iterable[str], advice: str = ""
    ) -> None:
        """Check the code of a planned error, and the names of its further fields.

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
        """Check a response that a test has written.

        Raises:
            botocore.exceptions.ParamValidationError: The model of the operation does not allow it.
        """

    def check_error_fields(self, service: str, code: str, fields: Mapping[str, Any]) -> None:
        """Check the modelled fields of an error that a test has written.

        Raises:
            botocore.exceptions.ParamValidationError: The model has no such fields for the code.
        """
