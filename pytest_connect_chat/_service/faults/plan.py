"""The fault plan: which attempt meets which fault."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Literal, Unpack, overload

from pytest_connect_chat._names import FixedNames, named_only
from pytest_connect_chat._service.clock import Clock
from pytest_connect_chat._service.faults import effects
from pytest_connect_chat._service.faults.chaos import Chaos
from pytest_connect_chat._service.faults.effects import Effect, NetworkError, ServerError
from pytest_connect_chat._service.faults.fault import Fault, Preview, Selector, parse_selector
from pytest_connect_chat._service.records.operation_index import OperationIndex
from pytest_connect_chat._service.records.recorded_request import RecordedRequest
from pytest_connect_chat._service.records.request_log import never_matching
from pytest_connect_chat._service.request import Request
from pytest_connect_chat._text import counted
from pytest_connect_chat.exceptions import FaultError

CodeCheck = Callable[[str, list[str], int | None, list[str]], None]
_named_calls: Final = named_only("calls=2", FaultError)


@dataclass(slots=True)
class CallFaults:
    """What one client call has met.

    Attributes:
        preview: Makes the record of the call as far as it got.
        max_attempts: How many attempts the client's retry policy allows it.
        attempt: Which of its attempts this is, counted from 1.
        decided: For each fault that counts calls, whether it meets this one.
    """

    preview: Preview
    max_attempts: Callable[[], int]
    attempt: int = 1
    decided: dict[Fault, bool] = field(default_factory=dict)


class FaultPlan(FixedNames, Sequence[Fault]):
    """The faults of one fake: planned by the test, met in the order in which they were planned, the first match wins.

    Args:
        lock: The service's lock: no fault is met twice.
        clock: Tells when an outage ends.
        throttle_code: The error code of `throttle`.
        check_code: Looks at an error code and the names of its modelled fields: raises or warns.
        knows: Tells what members requests can have.
        chaos: What injects faults at random.
    """

    def __init__(
        self,
        lock: threading.RLock,
        clock: Clock,
        throttle_code: str,
        check_code: CodeCheck,
        knows: OperationIndex,
        chaos: Chaos,
    ) -> None:
        self._lock = lock
        self._clock = clock
        self._throttle_code = throttle_code
        self._check_code = check_code
        self._knows = knows
        self._chaos = chaos
        self._faults: list[Fault] = []
        self._requests: Sequence[RecordedRequest] = ()

    @overload
    def __getitem__(self, index: int) -> Fault: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Fault]: ...
    def __getitem__(self, index: int | slice) -> Fault | Sequence[Fault]:
        return self._faults[index]

    def __iter__(self) -> Iterator[Fault]:
        return iter(list(self._faults))

    def __len__(self) -> int:
        return len(self._faults)

    def __repr__(self) -> str:
        planned = "".join(f"\n  {fault}, met {fault.met}" for fault in self)
        faults = counted(len(self), "fault") if self._faults else "no faults"
        return f"<FaultPlan: {self._chaos or 'no chaos'}, {faults}{planned}>"

    # -- planning ---------------------------------------------------------------------------------------------------

    @_named_calls
    def throttle(self, **selector: Unpack[Selector]) -> Fault:
        """Exceed the API's rate: HTTP 429 with the code of the setting `throttle_code`.

        Args:
            **selector: Which requests; see `Selector`.

        Raises:
            FaultError: A selector is wrong. All faults raise it so.
        """
        return self._plan(effects.Throttle(self._throttle_code), selector)

    @_named_calls
    def exceed_quota(self, **selector: Unpack[Selector]) -> Fault:
        """Exceed the quota of concurrent active chats: HTTP 429 `LimitExceededException`."""
        return self._plan(effects.Refuse("LimitExceededException", "Service Quota Exceeded"), selector)

    def error(
        self,
        code: str,
        message: str = "",
        http_status: int | None = None,
        fields: Mapping[str, Any] | None = None,
        **selector: Unpack[Selector],
    ) -> Fault:
        """Answer with any error.

        Args:
            code: The error code, for example `"InternalServiceException"`. A code that no model has gives a warning.
            message: The error's message.
            http_status: The HTTP status; by default the model's, or 400 where no model has the code.
            fields: Further modelled members of the error.
            **selector: Which requests; see `Selector`.
        """
        if not isinstance(code, str) or not code:
            raise FaultError(f"error() takes an error code such as 'InternalServiceException', not {code!r}.")
        if not isinstance(message, str):
            raise FaultError(f"message={message!r} is not valid: it is a text.")
        if http_status is not None and (not isinstance(http_status, int) or http_status not in effects.ERROR_STATUSES):
            raise FaultError(f"http_status={http_status!r} is not the HTTP status of an error: 300 to 599.")
        if fields is not None and not isinstance(fields, Mapping):
            raise FaultError(f"fields={fields!r} is not valid: give modelled members of the error, as a dict.")
        effect = effects.Refuse(code, message or f"{code} was injected", http_status, dict(fields or {}))
        fault = self._made(effect, selector)
        self._check_code(code, list(fields or {}), http_status, fault.services)
        return self._added(fault)

    @_named_calls
    def network_error(self, error: NetworkError = "connect_timeout", **selector: Unpack[Selector]) -> Fault:
        """Break the network before the service is reached: nothing is committed.

        Args:
            error: `"connect_timeout"`, `"read_timeout"`, `"connection_closed"`, `"endpoint_unreachable"`, `"dns"`,
                `"proxy"` or `"tls"`; the client sees botocore's own exception.
            **selector: Which requests; see `Selector`.
        """
        if error not in effects.NETWORK_ERRORS:
            raise FaultError(f"error={error!r} is not a network error. Valid: {', '.join(effects.NETWORK_ERRORS)}.")
        return self._plan(effects.BreakNetwork(error), selector)

    @_named_calls
    def lose_response(
        self,
        error: Literal["read_timeout", "connection_closed"] | ServerError = "read_timeout",
        **selector: Unpack[Selector],
    ) -> Fault:
        """Commit the request, and lose the answer on its way.

        Args:
            error: What the client sees instead: `"read_timeout"`, `"connection_closed"`, or 500, 502, 503 or 504.
            **selector: Which requests; see `Selector`.
        """
        effects.failure(error, "error", effects.LOSSES)
        return self._plan(effects.LoseResponse(error), selector)

    @_named_calls
    def deny_access(self, **selector: Unpack[Selector]) -> Fault:
        """Deny the operation: HTTP 403 `AccessDeniedException`."""
        return self._plan(effects.DenyAccess(), selector)

    @_named_calls
    def expire_credentials(self, **selector: Unpack[Selector]) -> Fault:
        """Let the caller's credentials expire: HTTP 403 `ExpiredTokenException`."""
        message = "The security token included in the request is expired"
        return self._plan(effects.Refuse("ExpiredTokenException", message), selector)

    @_named_calls
    def delay(self, seconds: float, **selector: Unpack[Selector]) -> Fault:
        """Let the answer take its time, on the fake's clock.

        Args:
            seconds: How long. Past the client's own `read_timeout` the client sees a read timeout, and the request is
                committed all the same.
            **selector: Which requests; see `Selector`.
        """
        if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not 0 <= seconds < math.inf:
            raise FaultError(f"seconds={seconds!r} is not valid: delay() takes a number of seconds, 0 or more.")
        return self._plan(effects.Delay(seconds), selector)

    @named_only("minutes=5", FaultError)
    def outage(
        self,
        *,
        minutes: float = 0,
        seconds: float = 0,
        hours: float = 0,
        error: NetworkError | ServerError = 503,
        operation: str | None = None,
        service: Literal["connect", "connectparticipant"] | None = None,
        optional: bool = False,
    ) -> Fault:
        """Fail every attempt from now until the clock has moved on.

        Args:
            minutes: How long the outage lasts; seconds and hours add to it.
            seconds: See `minutes`.
            hours: See `minutes`.
            error: What attempts fail with: a network error as `network_error` has them, or 500, 502, 503 or 504.
            operation: The operation it concerns; every operation by default.
            service: The service it concerns; both by default.
            optional: Whether it may meet nothing.
        """
        effect = effects.failure(error, "error")
        try:
            lasts = timedelta(hours=hours, minutes=minutes, seconds=seconds)
            ends = self._clock.now() + lasts
        except (TypeError, ValueError, OverflowError) as problem:
            raise FaultError(f"outage() takes hours, minutes and seconds as numbers: {problem}.") from None
        if lasts <= timedelta(0):
            raise FaultError("outage() takes how long it lasts, for example minutes=5.")
        selector: Selector = {"calls": None, "operation": operation, "service": service, "optional": optional}
        return self._plan(effect, selector, ends=ends)

    def chaos(self, rate: float, mode: Literal["survivable", "hard"] = "survivable") -> None:
        """Inject seeded faults at random from now on, in place of what the setting `chaos` says.

        Args:
            rate: How many of all attempts meet a fault: 0 to 1.
            mode: `"survivable"`: only faults that a client survives by its own retries; `"hard"`: any, at any attempt.
        """
        with self._lock:
            self._chaos.set(rate, mode)

    def clear(self) -> None:
        """Forget all faults, and end the chaos."""
        with self._lock:
            self._faults.clear()
            self._chaos.set(0, self._chaos.mode)

    def leftovers(self) -> list[str]:
        """Return what is left of the plan, in words."""
        return [left for left in (fault.leftover for fault in self) if left is not None]

    def _plan(self, effect: Effect, selector: Selector, ends: datetime | None = None) -> Fault:
        return self._added(self._made(effect, selector, ends))

    def _made(self, effect: Effect, selector: Selector, ends: datetime | None = None) -> Fault:
        fault = Fault(_effect=effect, _ends=ends, **parse_selector(selector))
        members = fault._when if isinstance(fault._when, Mapping) else {}
        unknown = self._knows.unknown_member(fault.operation, members) if members else None
        problem = unknown or never_matching(members)
        if problem is not None:
            raise FaultError(f"when={{...}} would never match: {problem}")
        return fault

    def _added(self, fault: Fault) -> Fault:
        fault._log = self._requests
        fault._planned_after = max((request._order for request in list(self._requests)), default=-1)
        with self._lock:
            self._faults.append(fault)
        return fault

    # -- meeting ----------------------------------------------------------------------------------------------------

    def meet(self, request: Request, call_faults: Callable[[], CallFaults]) -> Effect | None:
        """Return what this attempt meets; the service's lock is held."""
        if not self._faults and not self._chaos:
            return None
        call = call_faults()
        pending = False
        for fault in self._faults:
            if not fault._concerns(request):
                continue
            if self._meets(fault, call):
                return fault._effect
            pending = pending or not (fault.is_exhausted or fault._ends is not None)
        if pending and not self._chaos.is_hard:
            return None  # a chaos fault could push a planned one to the last attempt that the client makes
        return self._chaos.meet(request, call.attempt, call.max_attempts)

    def _meets(self, fault: Fault, call: CallFaults) -> bool:
        if fault._ends is not None:
            meets = self._clock.now() < fault._ends
            fault.met += meets
            return meets
        if fault.unit == "attempts":
            return self._counts(fault, call)
        if fault not in call.decided:
            call.decided[fault] = self._counts(fault, call)
        return call.decided[fault]

    def _counts(self, fault: Fault, call: CallFaults) -> bool:
        if fault.is_exhausted or not fault._wants(call.preview):
            return False
        if fault._passed < fault.after:
            fault._passed += 1
            return False
        fault.met += 1
        return True
