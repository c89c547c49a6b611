"""A client's own retry policy, run around an answer: fresh for each test, jitter from the seed, no real sleep."""

from __future__ import annotations

import copy
import threading
import weakref
from collections.abc import Callable
from functools import cache
from random import Random
from types import SimpleNamespace
from typing import Any, cast

from botocore import retryhandler, translate
from botocore.retries import standard

from pytest_connect_chat._model.loader import OwnLoader

Handler = Callable[..., Any]


class Retries:
    """How one client retries, and whether it has done so in this test. It does not keep the client alive.

    Args:
        client: The client.
        seed: What the jitter of its back-off follows from.
        standard: botocore's module of the standard mode, or aiobotocore's.
        legacy: botocore's module of the legacy mode, or aiobotocore's.

    Attributes:
        attempt_limit: How many attempts its configuration allows a call, the first included.
        at_work: The policy, once it has been needed in this test; `None` before.
    """

    def __init__(self, client: Any, seed: str, standard: Any, legacy: Any) -> None:
        self.attempt_limit = max_attempts(client)
        self._client = weakref.ref(client)
        self._seed, self._standard, self._legacy = seed, standard, legacy
        self._lock = threading.RLock()
        self.at_work: RetryPolicy | None = None

    @property
    def policy(self) -> RetryPolicy:
        """The policy, made when it is needed first."""
        with self._lock:
            if self.at_work is None:
                policy = RetryPolicy(self._client(), Random(self._seed), self._standard, self._legacy)
                self.at_work = self.at_work or policy  # a finaliser may have called meanwhile
            return self.at_work


class RetryPolicy:
    """The retry policy that a client is configured with, with a quota of its own.

    The client's own handlers carry their quota from test to test and draw jitter from the global `random`; here
    botocore's handler is replaced by a new one on a copy of the client's emitter. Other handlers of `needs-retry` stay.
    It does not keep the client alive.

    Args:
        client: The client whose policy it is.
        jitter: Where back-off takes its jitter from.
        standard: botocore's module of the standard mode, or aiobotocore's.
        legacy: botocore's module of the legacy mode, or aiobotocore's.
    """

    def __init__(self, client: Any, jitter: Random, standard: Any, legacy: Any) -> None:
        self._service_id = client.meta.service_model.service_id.hyphenize()
        self.events = copy.copy(client.meta.events)
        self._release: Handler | None = None
        self._quota: Any = None
        self._drop_rate_limiter()
        handler = self._new_handler(client, jitter, standard, legacy)
        if handler is not None:
            unique_id = f"retry-config-{self._service_id}"
            event = f"needs-retry.{self._service_id}"
            self.events.unregister(event, unique_id=unique_id)
            self.events.register(event, handler, unique_id=unique_id)

    def release(self, context: dict[str, Any], http: Any) -> None:
        """Give quota back after a call, as botocore does on `after-call`."""
        if self._release is not None:
            self._release(context=context, http_response=http)

    @property
    def runs_low(self) -> bool:
        """Whether so much of the retry quota is spent that a retry may soon be refused, in other threads too."""
        return self._quota is not None and self._quota.available_capacity < self._quota.INITIAL_CAPACITY / 2

    def _drop_rate_limiter(self) -> None:
        # Adaptive mode's limiter acts on what is sent, so never here; but it would learn of throttling, and slow the
        # client down in real time once the fake is gone.
        for handler in list(self.events._emitter._handlers.prefix_search("needs-retry")):
            if type(getattr(handler, "__self__", None)).__name__.endswith("ClientRateLimiter"):
                self.events.unregister("needs-retry", handler)

    def _new_handler(self, client: Any, jitter: Random, standard: Any, legacy: Any) -> Handler | None:
        mode = client.meta.config.retries.get("mode")
        if mode == "legacy":
            return _legacy_handler(client, jitter, legacy)
        if mode in ("standard", "adaptive"):
            return self._standard_handler(client, jitter, standard)
        return None

    def _standard_handler(self, client: Any, jitter: Random, standard: Any) -> Handler:
        registered: dict[str, Handler] = {}

        def register(event: str, handler: Handler, unique_id: str | None = None) -> None:
            registered[event] = handler

        stand_in = SimpleNamespace(
            _endpoint=client._endpoint,  # aiobotocore looks at its HTTP session
            meta=SimpleNamespace(
                events=SimpleNamespace(register=register),
                service_model=client.meta.service_model,
                config=client.meta.config,
            ),
        )
        total_max_attempts = client.meta.config.retries.get("total_max_attempts")
        limit = {} if total_max_attempts is None else {"max_attempts": total_max_attempts}
        handler = standard.register_retry_handler(stand_in, **limit)
        handler._retry_policy._retry_backoff._random = jitter.random
        self._quota = handler._retry_quota._quota
        self._release = registered[f"after-call.{self._service_id}"]
        return registered[f"needs-retry.{self._service_id}"]


def max_attempts(client: Any) -> int:
    """Return how many attempts a client's configuration allows a call, the first included."""
    retries = client.meta.config.retries
    if "total_max_attempts" in retries:
        attempts = retries["total_max_attempts"]
    elif retries.get("mode") == "legacy":
        attempts = _retry_data()["retry"]["__default__"]["max_attempts"]
    else:
        attempts = standard.DEFAULT_MAX_ATTEMPTS
    return int(attempts)


@cache
def _retry_data() -> dict[str, Any]:
    data: dict[str, Any] = OwnLoader().load_data("_retry")
    return data


def _legacy_handler(client: Any, jitter: Random, legacy: Any) -> Handler:
    endpoint_prefix = client.meta.service_model.endpoint_prefix
    retries = dict(client.meta.config.retries)
    if "total_max_attempts" in retries:
        retries["max_attempts"] = retries.pop("total_max_attempts") - 1
    data = _retry_data()
    config = translate.build_retry_config(endpoint_prefix, data["retry"], data["definitions"], retries)
    delay = config["__default__"]["delay"]

    def back_off(attempts: int) -> float:
        base = 1.0 - jitter.random() if delay["base"] == "rand" else delay["base"]
        seconds: float = retryhandler.delay_exponential(base, delay["growth_factor"], attempts)
        return seconds

    handler: Any = legacy.create_retry_handler(config, operation_name=endpoint_prefix)
    handler._action = back_off
    return cast("Handler", handler)
