"""How the service refuses a request."""

from __future__ import annotations


class ServiceError(Exception):
    """The service answers a request with an error.

    Args:
        code: The error code on the wire, for example `"LimitExceededException"`.
        message: The error's message.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"
