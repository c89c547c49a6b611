"""API rates: token buckets on the fake's clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from pytest_connect_chat._service.faults.effects import throttling_error
from pytest_connect_chat._service.request import Request

Rate = tuple[float, float]  # requests per second, and burst

_ANY_OTHER: Final = "any other"

# Administrator guide, amazon-connect-service-limits: of connect per account and region, of connectparticipant per
# instance. Operations that share a rate are named below.
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
    "connectparticipant": {
        "CreateParticipantConnection": (6, 9),
        "SendMessage": (10, 15),
        "SendEvent": (10, 15),
        "GetTranscript": (8, 12),
        "GetAttachment": (8, 12),
        "DisconnectParticipant": (3, 5),
        "StartAttachmentUpload": (2, 5),
        "CompleteAttachmentUpload": (2, 5),
    },
}
_SHARED_WITH: Final = {"SendEvent": "SendMessage", "CompleteAttachmentUpload": "StartAttachmentUpload"}


@dataclass(slots=True)
class _Bucket:
    tokens: float
    filled: datetime


class ApiRates:
    """Refuses requests that come faster than the API's rate.

    Args:
        limit: A rate and a burst for StartChatContact; `"aws"` for the published rates.
        throttle_code: The error code of a throttled request to `connect`, where its model declares none.
        instance_of: Returns the instance that a request to `connectparticipant` concerns.
    """

    def __init__(self, limit: Rate | Literal["aws"], throttle_code: str, instance_of: Callable[[Request], str]) -> None:
        self._limit = limit
        self._throttle_code = throttle_code
        self._instance_of = instance_of
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
        key: tuple[str, ...] = (request.service, request.operation, request.region)
        if request.service == "connectparticipant":
            shared = _SHARED_WITH.get(request.operation, request.operation)
            key = (request.service, shared, request.region, self._instance_of(request))
        bucket = self._buckets.setdefault(key, _Bucket(burst, now))
        elapsed = (now - bucket.filled).total_seconds()
        bucket.tokens = min(burst, bucket.tokens + elapsed * per_second)
        bucket.filled = now
        if bucket.tokens < 1:
            raise throttling_error(request, self._throttle_code)
        bucket.tokens -= 1

    def _rate_of(self, request: Request) -> Rate | None:
        if self._limit == "aws":
            rates = AWS_RATES[request.service]
            return rates.get(request.operation, rates.get(_ANY_OTHER))
        return self._limit if request.operation == "StartChatContact" else None
