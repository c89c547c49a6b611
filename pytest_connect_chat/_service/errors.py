"""How the service refuses a request."""

from __future__ import annotations

from typing import Any


class ServiceError(Exception):
    """The service answers a request with an error.

    Args:
        code: The error code on the wire, for example `"LimitExceededException"`.
        message: The error's message.
        http_status: The HTTP status; `None` for the one that the model has for the code.
        fields: Further modelled members of the error.

    Attributes:
        rule: The id of the rule that the request is against, if it is one.
    """

    def __init__(
        self, code: str, message: str, http_status: int | None = None, fields: dict[str, Any] | None = None
    ) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message
        self.http_status = http_status
        self.fields: dict[str, Any] = fields or {}
        self.rule: str | None = None

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"
