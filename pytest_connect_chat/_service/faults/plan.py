"""The fault plan: which attempt meets which fault."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, Literal, NamedTuple, Unpack, overload

from pytest_connect_chat._names import FixedNames, named_only
from pytest_connect_chat._service.calls import Call, CallLog
from pytest_connect_chat._service.clock import Clock
from pytest_connect_chat._service.faults import effects
from pytest_connect_chat._service.faults.chaos import Chaos
from pytest_connect_chat._service.faults.effects import Effect, NetworkError, ServerError
from pytest_connect_chat._service.faults.fault import Fault, Predicate, Selector, parse_selector
from pytest_connect_chat._service.feed import Feed
from pytest_connect_chat._service.model_facts import ModelFacts
from pytest_connect_chat._service.records.request_log import never_matching
from pytest_connect_chat._text import counted
from pytest_connect_chat.exceptions import FaultError

_named_calls: Final = named_only("calls=2", FaultError)
LONGEST_DELAY: Final = timedelta(days=366)


class Question(NamedTuple):
    """A predicate of the test that has to be asked about an attempt before the fault plan can go on.

    Attributes:
        fault: The fault that it belongs to.
        predicate: The predicate.
        call: The call that makes the attempt.
    """

    fault: Fault
    predicate: Predicate
    call: Call

    def ask(self) -> None:
        """Ask it, and note the answer at the call."""
        self.call.answers[self.fault] = bool(self.predicate(self.call.record()))


class FaultPlan(FixedNames, Sequence[Fault]):
    """The faults of one fake: planned by the test, met in the order in which they were planned, the first match wins.

    Args:
        feed: The lock of the service's state: no fault is met twice.
        clock: Tells when an outage ends.
        throttle_code: The error code of `throttle`.
        facts: Tells what members requests can have, and which error codes there are.
        chaos: What injects faults at random.
        calls: The calls so far, for saying why a fault met none of them.
    """

    def __init__(
        self, *, feed: Feed, clock: Clock, throttle_code: str, facts: ModelFacts, chaos: Chaos, calls: CallLog
    ) -> None:
        self._feed = feed
        self._clock = clock
        self._throttle_code = throttle_code
        self._facts = facts
        self._chaos = chaos
        self._calls = calls
        self._faults: list[Fault] = []

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
        self._facts.check_error_code(code, list(fields or {}), http_status, fault.services)
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
        most = LONGEST_DELAY.total_seconds()
        if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not 0 <= seconds <= most:
            raise FaultError(f"seconds={seconds!r} is not valid: delay() takes a number of seconds, 0 to {most:,.0f}.")
        return self._plan(effects.Delay(float(seconds)), selector)

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
        with self._feed:
            self._chaos.set(rate, mode)

    def clear(self) -> None:
        """Forget all faults, and end the chaos."""
        with self._feed:
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
        unknown = self._facts.unknown_member(fault.operation, members) if members else None
        problem = unknown or never_matching(members)
        if problem is not None:
            raise FaultError(f"when={{...}} would never match: {problem}")
        return fault

    def _added(self, fault: Fault) -> Fault:
        fault._log = self._calls.records
        fault._planned_after = max((request._order for request in list(self._calls.records)), default=-1)
        with self._feed:
            self._faults.append(fault)
        return fault

    # -- meeting ----------------------------------------------------------------------------------------------------

    def meet(self, call: Call, *, runs_low: bool) -> Effect | Question | None:
        """Return what this attempt meets, or whom to ask before that is known; the lock of the state is held.

        Args:
            call: The call that makes the attempt.
            runs_low: Whether the client may be about to refuse a retry that its policy allows.
        """
        if not self._faults and not self._chaos:
            return None
        pending = False
        for fault in self._faults:
            if not fault.concerns(call.request):
                continue
            meets = self._meets(fault, call)
            if isinstance(meets, Question):
                return meets
            if meets:
                return fault._effect
            pending = pending or not (fault.is_exhausted or fault._ends is not None)
        if pending and not self._chaos.is_hard:
            return None  # a chaos fault could push a planned one to the last attempt that the client makes
        return self._chaos.meet(call.request, may_retry=not runs_low and len(call.attempts) + 1 < call.attempt_limit)

    def _meets(self, fault: Fault, call: Call) -> bool | Question:
        """Return whether a fault meets an attempt, or whom to ask first."""
        if fault._ends is not None:
            is_on = self._clock.now() < fault._ends
            fault.met += is_on
            return is_on
        known = call.meets if fault.unit == "calls" else call.attempt_meets
        if fault not in known:
            meets = self._count(fault, call)
            if isinstance(meets, Question):
                return meets
            known[fault] = meets
        return known[fault]

    def _count(self, fault: Fault, call: Call) -> bool | Question:
        if fault.is_exhausted:
            return False
        if fault.predicate is not None and fault not in call.answers:
            return Question(fault, fault.predicate, call)
        if not (fault.wants(call.request) if fault.predicate is None else call.answers[fault]):
            return False
        if fault._passed < fault.after:
            fault._passed += 1
            return False
        fault.met += 1
        return True
