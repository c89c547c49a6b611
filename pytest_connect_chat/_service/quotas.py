"""API rates: token buckets on the fake's clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from pytest_connect_chat._service.effects import throttling_error
from pytest_connect_chat._service.wire import Request

Rate = tuple[float, float]  # requests per second, and burst

_ANY_OTHER: Final = "any other"

# Administrator guide, amazon-connect-service-limits: of connect per account and region, of connectparticipant per
# instance. Operations of one entry share it where the guide says so.
AWS_RATES: Final[dict[str, dict[str, Rate]]] = {
    "connect": {
        "StartChatContact": (5, 8),
        "StartContactStreaming": (5, 8),
        "StopContactStreaming": (5, 8),
        "CreatePersistentContactAssociation": (5, 8),
        "UpdateParticipantRoleConfig": (5, 8),
        "CreateParticipant": (5, 8),
        "GetContactAttributes": (10, 15),
        "UpdateContactAttributes": (10, 15),
        "DescribeContact": (10, 15),
        "StopContact": (10, 15),
        "TagContact": (20, 25),
        "UntagContact": (20, 25),
        _ANY_OTHER: (2, 5),
    },
}


@dataclass(slots=True)
class _Bucket:
    tokens: float
    filled: datetime


class ApiRates:
    """Refuses requests that come faster than the API's rate.

    Args:
        limit: `None` for no limit; a rate and a burst for StartChatContact; `"aws"` for the published rates.
        throttle_code: The error code of a throttled request to `connect`.
    """

    def __init__(self, limit: Rate | Literal["aws"] | None, throttle_code: str) -> None:
        self._limit = limit
        self._throttle_code = throttle_code
        self._buckets: dict[tuple[str, ...], _Bucket] = {}

    def take(self, request: Request, now: datetime) -> None:
        """Count one request; the service's lock is held.

        Raises:
            ServiceError: The rate is exceeded.
        """
        rate = self._rate_of(request)
        if rate is None:
            return
        per_second, burst = rate
        key = (request.service, request.operation, request.region)
        bucket = self._buckets.setdefault(key, _Bucket(burst, now))
        elapsed = (now - bucket.filled).total_seconds()
        bucket.tokens = min(burst, bucket.tokens + elapsed * per_second)
        bucket.filled = now
        if bucket.tokens < 1:
            raise throttling_error(request.service, self._throttle_code)
        bucket.tokens -= 1

    def _rate_of(self, request: Request) -> Rate | None:
        if self._limit == "aws":
            rates = AWS_RATES.get(request.service, {})
            return rates.get(request.operation, rates.get(_ANY_OTHER))
        return self._limit if request.operation == "StartChatContact" else None
