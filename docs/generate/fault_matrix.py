"""Writes `docs/fault-matrix.md`: what each fault becomes under each retry mode of the client."""  # noqa: INP001

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Final

import botocore.session
from botocore.config import Config
from botocore.exceptions import ClientError

from pytest_connect_chat import FakeConnectChat
from pytest_connect_chat._service.faults.plan import FaultPlan

PAGE: Final = Path(__file__).parents[1] / "fault-matrix.md"
MODES: Final = ("legacy", "standard", "adaptive")
REQUEST: Final = {
    "InstanceId": "12345678-1234-1234-1234-123456789012",
    "ContactFlowId": "846ec553-a005-41c0-8341-d5d0a5f8a8a1",
    "ParticipantDetails": {"DisplayName": "Ada"},
}

HEAD: Final = """\
# Faults under the client's retries

Each line is one call of `start_chat_contact` that meets one fault of `connect_chat.faults`. The client retries by its
own policy, so one call can be several attempts, and the application sees the outcome of the last one. Where a contact
was made although the call failed, an application that calls again without the same `ClientToken` opens a second chat.

Two values in a cell depend on botocore's version: before 1.44 / since 1.44. A client that sets no retry mode is in
legacy mode before botocore 1.44, and in standard mode since.

| Fault | Retry mode | Attempts | Client sees | `ClientError` | `RetryAttempts` | `MaxAttemptsReached` | Contact made |
|---|---|---|---|---|---|---|---|
"""

TOO_MANY_REQUESTS: Final = 'error("TooManyRequests", http_status=429)'
NO_CODE: Final = 'error("429", http_status=429)'

FAULTS: Final[dict[str, Callable[[FaultPlan], object]]] = {
    "throttle()": lambda faults: faults.throttle(),
    "throttle(attempts=2)": lambda faults: faults.throttle(attempts=2),
    'error("ThrottlingException")': lambda faults: faults.error("ThrottlingException"),
    TOO_MANY_REQUESTS: lambda faults: faults.error("TooManyRequests", http_status=429),
    NO_CODE: lambda faults: faults.error("429", http_status=429),
    "exceed_quota()": lambda faults: faults.exceed_quota(),
    'error("InternalServiceException")': lambda faults: faults.error("InternalServiceException"),
    'error("InvalidRequestException")': lambda faults: faults.error("InvalidRequestException"),
    'error("ResourceNotFoundException")': lambda faults: faults.error("ResourceNotFoundException"),
    'error("IdempotencyException")': lambda faults: faults.error("IdempotencyException"),
    'error("ContactNotFoundException")': lambda faults: faults.error("ContactNotFoundException"),
    "deny_access()": lambda faults: faults.deny_access(),
    "expire_credentials()": lambda faults: faults.expire_credentials(),
    "outage(minutes=5)": lambda faults: faults.outage(minutes=5),
    'outage(minutes=5, error="endpoint_unreachable")': lambda faults: faults.outage(
        minutes=5, error="endpoint_unreachable"
    ),
    'network_error("connect_timeout")': lambda faults: faults.network_error("connect_timeout"),
    'network_error("read_timeout")': lambda faults: faults.network_error("read_timeout"),
    'network_error("connection_closed")': lambda faults: faults.network_error("connection_closed"),
    'network_error("endpoint_unreachable")': lambda faults: faults.network_error("endpoint_unreachable"),
    'network_error("dns")': lambda faults: faults.network_error("dns"),
    'network_error("proxy")': lambda faults: faults.network_error("proxy"),
    'network_error("tls")': lambda faults: faults.network_error("tls"),
    "lose_response()": lambda faults: faults.lose_response(),
    'lose_response("connection_closed")': lambda faults: faults.lose_response("connection_closed"),
    'lose_response("connection_closed", attempts=1)': lambda faults: faults.lose_response(
        "connection_closed", attempts=1
    ),
    "lose_response(500)": lambda faults: faults.lose_response(500),
    "lose_response(502)": lambda faults: faults.lose_response(502),
    "lose_response(503)": lambda faults: faults.lose_response(503),
    "lose_response(504)": lambda faults: faults.lose_response(504),
    "delay(seconds=10)": lambda faults: faults.delay(seconds=10),
    "delay(seconds=70)": lambda faults: faults.delay(seconds=70),
}


@dataclass(frozen=True)
class Row:
    """What one call met and saw.

    Attributes:
        fault: The fault, as a test writes it after `connect_chat.faults.`.
        mode: The client's retry mode.
        attempts: How many requests went over the wire.
        seen: The class of the exception that the application sees; `"an answer"` where there is none.
        is_client_error: Whether that is a `ClientError`.
        retry_attempts: `ResponseMetadata.RetryAttempts`; `None` where no answer arrived.
        max_attempts_reached: Whether `ResponseMetadata` says `MaxAttemptsReached`.
        contacts: How many contacts were made.
    """

    fault: str
    mode: str
    attempts: int
    seen: str
    is_client_error: bool
    retry_attempts: int | None
    max_attempts_reached: bool
    contacts: int

    @property
    def cells(self) -> tuple[str, ...]:
        """Everything but fault and mode, as it stands in the table."""
        return (
            str(self.attempts),
            self.seen if self.seen == "an answer" else f"`{self.seen}`",
            _yes(self.is_client_error),
            "none" if self.retry_attempts is None else str(self.retry_attempts),
            _yes(self.max_attempts_reached),
            _yes(bool(self.contacts)),
        )


def _yes(holds: bool) -> str:
    return "yes" if holds else "no"


@cache
def _client(mode: str) -> Any:
    return botocore.session.Session().create_client(
        "connect",
        region_name="us-east-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
        config=Config(retries={"mode": mode}),
    )


def run(fault: str, mode: str) -> Row:
    """Let one call meet one fault."""
    with FakeConnectChat(seed=7) as fake:
        FAULTS[fault](fake.faults)
        error: Exception | None = None
        answer: dict[str, Any] = {}
        try:
            answer = _client(mode).start_chat_contact(**REQUEST)
        except Exception as raised:  # noqa: BLE001  # whatever it is goes into the table
            error = raised
            answer = getattr(raised, "response", None) or {}
        metadata = answer.get("ResponseMetadata", {})
        return Row(
            fault=fault,
            mode=mode,
            attempts=fake.requests.one().attempt_count,
            seen="an answer" if error is None else type(error).__name__,
            is_client_error=isinstance(error, ClientError),
            retry_attempts=metadata.get("RetryAttempts"),
            max_attempts_reached=metadata.get("MaxAttemptsReached", False),
            contacts=len(fake.contacts),
        )


def run_all() -> list[Row]:
    """Let a call meet each fault in each retry mode."""
    return [run(fault, mode) for fault in FAULTS for mode in MODES]


def by_version(row: Row) -> tuple[Row, Row]:
    """Return what a row is before botocore 1.44 and since; the same where the version makes no difference."""
    if row.fault not in (TOO_MANY_REQUESTS, NO_CODE) or row.mode == "legacy":
        return row, row
    return (
        replace(row, attempts=1, retry_attempts=0, max_attempts_reached=False),
        replace(row, attempts=3, retry_attempts=2, max_attempts_reached=True),
    )


def page(rows: Iterable[Row]) -> str:
    """Return the page; it is the same whichever botocore made the rows."""
    lines = [f"| {' | '.join(cells)} |" for cells in _merged(rows)]
    table = "\n".join(lines)
    return f"{HEAD}{table}\n\nWritten by `python docs/generate/fault_matrix.py`.\n"


def _merged(rows: Iterable[Row]) -> list[tuple[str, ...]]:
    modes: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for row in rows:
        before, since = by_version(row)
        cells = tuple(a if a == b else f"{a} / {b}" for a, b in zip(before.cells, since.cells, strict=True))
        modes.setdefault((row.fault, cells), []).append(row.mode)
    return [
        (f"`{fault}`", "all" if len(names) == len(MODES) else ", ".join(names), *cells)
        for (fault, cells), names in modes.items()
    ]


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(run_all()), encoding="utf-8")


if __name__ == "__main__":
    main()
