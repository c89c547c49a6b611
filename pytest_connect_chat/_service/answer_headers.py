"""The headers of the service's answers, the same in process and over HTTP."""

from __future__ import annotations

from datetime import datetime

from pytest_connect_chat._service.clock import Clock
from pytest_connect_chat._service.identifiers import Identifiers, http_date


class AnswerHeaders:
    """Makes the headers of answers.

    Args:
        identifiers: Gives request ids.
        clock: Gives the date.
    """

    def __init__(self, identifiers: Identifiers, clock: Clock) -> None:
        self._identifiers = identifiers
        self._clock = clock
        self._dated: tuple[datetime | None, str] = (None, "")

    def new(self, error_code: str | None = None) -> dict[str, str]:
        """Return the headers of an answer, or of an error with this code."""
        headers = {
            "content-type": "application/json",
            "x-amzn-requestid": self._identifiers.request_id(),
            "date": self._date(),
            "access-control-allow-origin": "*",
        }
        if error_code is not None:
            headers["x-amzn-errortype"] = error_code
        return headers

    def _date(self) -> str:
        now = self._clock.now()
        if now is not self._dated[0]:
            self._dated = (now, http_date(now))
        return self._dated[1]
