"""The fault plan: which attempt meets which fault."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final, Literal, Unpack

from pytest_connect_chat._names import FixedNames
from pytest_connect_chat._service.calls import CallLog
from pytest_connect_chat._service.clock import Clock
from pytest_connect_chat._service.faults import effects
from pytest_connect_chat._service.faults.effects import Effect, NetworkError, ServerError
from pytest_connect_chat._service.faults.planned import PlannedFault, PlannedFaults, services_concerned
from pytest_connect_chat._service.faults.selector import DelaySelector, Selector, parse_selector
from pytest_connect_chat._service.feed import Feed
from pytest_connect_chat._service.model_facts import ModelFacts
from pytest_connect_chat._service.records.growing import GrowingSequence
from pytest_connect_chat._service.records.matching import never_matching
from pytest_connect_chat._text import counted, shown
from pytest_connect_chat._time import UNITS, Duration, duration_of, moment_after
from pytest_connect_chat.exceptions import FaultError

LONGEST_DELAY: Final = timedelta(days=366)
GIVE_STATUS: Final = "; give http_status=... if that is what you want"


class Fault(FixedNames):
    """One planned fault, and how far it got: what planning it returns."""

    __slots__ = ("_fault",)

    def __init__(self, fault: PlannedFault) -> None:
        self._fault = fault

    def __str__(self) -> str:
        return str(self._fault)

    def __repr__(self) -> str:
        return f"<Fault {self._fault}, met {self.met}>"

    @property
    def effect(self) -> str:
        """What the fault does, in words."""
        return str(self._fault.effect)

    @property
    def unit(self) -> Literal["calls", "attempts"]:
        """What it counts."""
        return self._fault.unit

    @property
    def planned(self) -> int | None:
        """How many it is to meet; `None` for all."""
        return self._fault.planned

    @property
    def met(self) -> int:
        """How many it has met."""
        return self._fault.met

    @property
    def after(self) -> int:
        """How many it lets pass first."""
        return self._fault.after

    @property
    def operation(self) -> str | None:
        """The operation that it meets; `None` for every operation."""
        return self._fault.operation

    @property
    def service(self) -> str | None:
        """The service that it meets; `None` for both."""
        return self._fault.service

    @property
    def optional(self) -> bool:
        """Whether it may stay unused."""
        return self._fault.optional

    @property
    def is_exhausted(self) -> bool:
        """Whether it has met all it was planned for."""
        return self._fault.is_exhausted

    @property
    def leftover(self) -> str | None:
        """What is left of it, in words; `None` where nothing is or where that is allowed."""
        return self._fault.leftover


class FaultPlan(GrowingSequence[Fault]):
    """The faults of one fake: planned by the test, met in the order in which they were planned, the first match wins.

    All but `outage` and `chaos` take the same selectors, which say what they meet: `calls` or `attempts`, `after`,
    `operation`, `service`, `when` and `optional`. The page on faults explains them, and so does `Selector`.

    Args:
        feed: The lock of the service's state: no fault is met twice.
        clock: Tells when an outage begins.
        throttle_code: The error code of `throttle`.
        facts: Tells what members requests can have, and which error codes there are.
        faults: Where they are planned.
        calls: The calls so far, for saying why a fault met none of them.
    """

    def __init__(
        self, *, feed: Feed, clock: Clock, throttle_code: str, facts: ModelFacts, faults: PlannedFaults, calls: CallLog
    ) -> None:
        self._feed = feed
        self._clock = clock
        self._throttle_code = throttle_code
        self._facts = facts
        self._planned = faults
        self._calls = calls
        self._faults: list[Fault] = []

    def _selected(self) -> list[Fault]:
        return self._faults

    def __repr__(self) -> str:
        planned = "".join(f"\n  {fault}, met {fault.met}" for fault in self)
        faults = counted(len(self), "fault") if self._faults else "no faults"
        return f"<FaultPlan: {self._planned.chaos or 'no chaos'}, {faults}{planned}>"

    # -- planning ---------------------------------------------------------------------------------------------------

    def throttle(self, **selector: Unpack[Selector]) -> Fault:
        """Exceed the API's rate: HTTP 429 with the code that the operation declares, else that of `throttle_code`.

        Args:
            **selector: Which requests; see `Selector`.

        Raises:
            FaultError: A selector is wrong. All faults raise it so.
        """
        return self._plan(effects.Throttle(self._throttle_code), parse_selector("throttle", selector))

    def exceed_quota(self, **selector: Unpack[Selector]) -> Fault:
        """Exceed the quota of concurrent active chats: HTTP 429 `LimitExceededException`."""
        effect = effects.Refuse("LimitExceededException", "Service Quota Exceeded")
        return self._plan(effect, parse_selector("exceed_quota", selector))

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
            raise FaultError(f"error() takes an error code such as 'InternalServiceException', not {shown(code)}.")
        if not isinstance(message, str):
            raise FaultError(f"message={shown(message)} is not valid: it is a text.")
        if http_status is not None and (not isinstance(http_status, int) or http_status not in effects.ERROR_STATUSES):
            raise FaultError(f"http_status={shown(http_status)} is not the HTTP status of an error: 300 to 599.")
        if fields is not None and not isinstance(fields, Mapping):
            raise FaultError(f"fields={shown(fields)} is not valid: give modelled members of the error, as a dict.")
        effect = effects.Refuse(code, message or f"{code} was injected", http_status, dict(fields or {}))
        wanted = parse_selector("error", selector, own=("message", "http_status", "fields"))
        services = services_concerned(wanted["operation"], wanted["service"])
        self._facts.check_error_code(code, list(fields or {}), http_status, services, GIVE_STATUS)
        return self._plan(effect, wanted)

    def network_error(self, error: NetworkError = "connect_timeout", **selector: Unpack[Selector]) -> Fault:
        """Break the network before the service is reached: nothing is committed.

        Args:
            error: `"connect_timeout"`, `"read_timeout"`, `"connection_closed"`, `"endpoint_unreachable"`, `"dns"`,
                `"proxy"` or `"tls"`; the client sees botocore's own exception.
            **selector: Which requests; see `Selector`.
        """
        if not isinstance(error, str) or error not in effects.NETWORK_ERRORS:
            raise FaultError(
                f"error={shown(error)} is not a network error. Valid: {', '.join(effects.NETWORK_ERRORS)}."
            )
        return self._plan(effects.BreakNetwork(error), parse_selector("network_error", selector, own=("error",)))

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
        return self._plan(effects.LoseResponse(error), parse_selector("lose_response", selector, own=("error",)))

    def deny_access(self, **selector: Unpack[Selector]) -> Fault:
        """Deny the operation: HTTP 403 `AccessDeniedException`."""
        return self._plan(effects.DenyAccess(), parse_selector("deny_access", selector))

    def expire_credentials(self, **selector: Unpack[Selector]) -> Fault:
        """Let the caller's credentials expire: HTTP 403 `ExpiredTokenException`."""
        effect = effects.Refuse("ExpiredTokenException", "The security token included in the request is expired")
        return self._plan(effect, parse_selector("expire_credentials", selector))

    def delay(self, duration: timedelta | float | None = None, /, **selector: Unpack[DelaySelector]) -> Fault:
        """Let the answer take its time, on the fake's clock: `delay(seconds=70)`, `delay(minutes=2, attempts=1)`.

        Args:
            duration: How long: a `timedelta`, or a number of seconds. Past the client's own `read_timeout` the client
                sees a read timeout, and the request is committed all the same.
            **selector: How long, by the keywords of `datetime.timedelta`; and which requests, see `Selector`.
        """
        units = {name: value for name, value in selector.items() if name in UNITS}
        others: Any = {name: value for name, value in selector.items() if name not in UNITS}
        wanted = parse_selector("delay", others, own=UNITS)
        if duration is None and not units:
            raise FaultError("delay() takes how long the answer takes, for example seconds=70 or minutes=2.")
        step = timedelta(0) if duration is None else duration
        if isinstance(step, (int, float)):
            step = duration_of("delay", timedelta(0), {"seconds": step}, FaultError)
        lasts = duration_of("delay", step, units, FaultError)
        if not timedelta(0) <= lasts <= LONGEST_DELAY:
            raise FaultError(f"delay() takes 0 to {LONGEST_DELAY.days} days, not {lasts.total_seconds():,} seconds.")
        return self._plan(effects.Delay(lasts.total_seconds()), wanted)

    def outage(
        self,
        duration: timedelta = timedelta(0),
        /,
        *,
        error: NetworkError | ServerError = 503,
        operation: str | None = None,
        service: Literal["connect", "connectparticipant"] | None = None,
        optional: bool = False,
        **units: Unpack[Duration],
    ) -> Fault:
        """Fail every attempt from now until the clock has moved on: `outage(minutes=5)`.

        Args:
            duration: How long the outage lasts, as a `timedelta`.
            error: What attempts fail with: a network error as `network_error` has them, or 500, 502, 503 or 504.
            operation: The operation it concerns; every operation by default.
            service: The service it concerns; both by default.
            optional: Whether it may meet nothing.
            **units: How long, by the keywords of `datetime.timedelta`.
        """
        effect = effects.failure(error, "error")
        own = ("error", "operation", "service", "optional")
        lasts = duration_of("outage", duration, units, FaultError, own=own)
        if lasts <= timedelta(0):
            raise FaultError("outage() takes how long it lasts, for example minutes=5.")
        ends = moment_after(self._clock.now(), lasts, FaultError)
        selector: Selector = {"calls": None, "operation": operation, "service": service, "optional": optional}
        return self._plan(effect, parse_selector("outage", selector), ends=ends)

    def chaos(self, rate: float, mode: Literal["survivable", "hard"] = "survivable") -> None:
        """Inject seeded faults at random from now on, in place of what the setting `chaos` says.

        Args:
            rate: How many of all attempts meet a fault: 0 to 1.
            mode: `"survivable"`: only faults that a client survives by its own retries; `"hard"`: any, at any attempt.
        """
        with self._feed:
            self._planned.chaos.set(rate, mode)

    def clear(self) -> None:
        """Forget all faults, and end the chaos."""
        with self._feed:
            self._faults.clear()
            self._planned.faults.clear()
            self._planned.chaos.set(0, self._planned.chaos.mode)

    def leftovers(self) -> list[str]:
        """Return what is left of the plan, in words."""
        return self._planned.leftovers()

    def _plan(self, effect: Effect, wanted: dict[str, Any], ends: datetime | None = None) -> Fault:
        members = wanted["when"] if isinstance(wanted["when"], Mapping) else {}
        unknown = self._facts.unknown_member(wanted["operation"], members)
        problem = unknown or never_matching(members)
        if problem is not None:
            raise FaultError(f"when={{...}} would never match: {problem}")
        with self._feed:
            before = max((request.order for request in list(self._calls.records)), default=-1)
            fault = PlannedFault(effect=effect, ends=ends, log=self._calls.records, planned_after=before, **wanted)
            self._planned.faults.append(fault)
            self._faults.append(Fault(fault))
            return self._faults[-1]
