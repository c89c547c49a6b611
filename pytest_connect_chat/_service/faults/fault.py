"""One planned fault: what it does, which requests it meets, and how far it got."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from inspect import iscoroutinefunction
from typing import Any, Final, Literal, TypedDict

from pytest_connect_chat._names import did_you_mean
from pytest_connect_chat._service.clock import iso_timestamp
from pytest_connect_chat._service.faults.effects import Effect
from pytest_connect_chat._service.records.recorded_request import CANNED, RecordedRequest
from pytest_connect_chat._service.records.request_log import differing_members
from pytest_connect_chat._service.request import FAKED, Request, snapshot
from pytest_connect_chat._text import counted
from pytest_connect_chat.exceptions import FaultError

SHOWN: Final = 60
COUNTS: Final = ("count", "max", "n", "number", "repeat", "times")  # what calls and attempts are called elsewhere
Predicate = Callable[[RecordedRequest], object]
When = Mapping[str, Any] | Predicate


class Selector(TypedDict, total=False):
    """Which requests a fault meets; the same for all faults.

    Attributes:
        calls: Meet every attempt of that many calls, so that the application sees the failure: 1 by default; `None` for
            all calls until the plan is cleared.
        attempts: Meet that many requests on the wire instead, which the client's own retries may absorb.
        after: Let that many pass first, in the same unit.
        operation: The operation's name; `"StartChatContact"` by default, `None` for every operation.
        service: `"connect"` or `"connectparticipant"`; either by default.
        when: Members that the request must have, or a predicate on the `RecordedRequest`.
        optional: Whether the fault may stay unused; a strict test fails otherwise.
    """

    calls: int | None
    attempts: int
    after: int
    operation: str | None
    service: Literal["connect", "connectparticipant"] | None
    when: When
    optional: bool


@dataclass(slots=True, eq=False, kw_only=True)
class Fault:
    """One planned fault, and how far it got.

    Attributes:
        effect: What it does, in words.
        unit: What it counts: `"calls"` or `"attempts"`.
        planned: How many it is to meet; `None` for all.
        met: How many it has met.
        after: How many it lets pass first.
        operation: The operation it meets; `None` for every operation.
        optional: Whether it may stay unused.
    """

    unit: Literal["calls", "attempts"]
    planned: int | None
    after: int
    operation: str | None
    service: str | None
    optional: bool
    met: int = 0
    _passed: int = 0
    _when: When | None = None
    _effect: Effect
    _ends: datetime | None = None
    _log: Sequence[RecordedRequest] = ()
    _planned_after: int = -1

    @property
    def effect(self) -> str:
        """What the fault does, in words."""
        return str(self._effect)

    def __str__(self) -> str:
        if self._ends is not None:
            return f"outage ({self.effect}) until {iso_timestamp(self._ends)}"
        count = "all" if self.planned is None else str(self.planned)
        unit = self.unit if self.planned != 1 else self.unit.removesuffix("s")
        after = f" after {self.after}" if self.after else ""
        when = "" if self._when is None else f" when {_shown(self._when)}"
        return f"{self.effect}: {count} {unit} of {self.operation or 'every operation'}{after}{when}"

    def __repr__(self) -> str:
        return f"<Fault {self}, met {self.met}>"

    @property
    def services(self) -> list[str]:
        """The services whose requests it can meet."""
        concerned = {
            service
            for service, operation in FAKED
            if self.operation in (None, operation) and self.service in (None, service)
        }
        return sorted(concerned)

    @property
    def is_exhausted(self) -> bool:
        """Whether it has met all it was planned for."""
        return self.planned is not None and self.met >= self.planned

    @property
    def leftover(self) -> str | None:
        """What is left of it, in words; `None` where nothing is or where that is allowed."""
        if self.optional or self.is_exhausted or (self.planned is None and self.met):
            return None
        if self.planned is None or not self.met:
            met_nothing = f"the fault [{self}] met no {'call' if self.unit == 'calls' else 'attempt'}"
            return f"{met_nothing}{self._why_none()}"
        why = ": the client gave up before" if self.unit == "attempts" else ": no more calls came"
        return f"the fault [{self}] was planned for {self.planned} {self.unit}, met {self.met}{why}"

    def _why_none(self) -> str:
        """Return why it met none of the calls that it may have been meant for, as far as that shows."""
        if callable(self._when):
            return ""  # it may change what it looks at
        wanted = dict(self._when or {})
        concerned = [
            (request, differing_members(request._params, wanted))
            for request in list(self._log)
            if self.concerns(request) and all(attempt.fault != CANNED for attempt in request.attempts)
        ]
        later = [differing for request, differing in concerned if request._order > self._planned_after]
        if later:
            return f"; the last that came differs in {', '.join(later[-1])}" if all(later) else ""
        earlier = [request for request, differing in concerned if not differing]
        came = f"; {counted(len(earlier), 'call')} came before it was planned, and faults meet later ones only"
        return came if earlier else ""

    def concerns(self, request: Request | RecordedRequest) -> bool:
        """Return whether it is meant for the operation of a request."""
        return self.operation in (None, request.operation) and self.service in (None, request.service)

    def wants(self, request: Request) -> bool:
        """Return whether the members of a request are those that the fault is for; a predicate is asked elsewhere."""
        wanted = {} if self._when is None or callable(self._when) else dict(self._when)
        return not differing_members(request.params, wanted)

    @property
    def predicate(self) -> Predicate | None:
        """The predicate that says which requests it meets, `None` without one."""
        return self._when if callable(self._when) else None


def _shown(when: When) -> str:
    if callable(when):
        return f"{getattr(when, '__name__', when)} says so"
    shown = ((name, repr(value)) for name, value in when.items())
    return ", ".join(f"{name}={text if len(text) <= SHOWN else f'{text[:SHOWN]}...'}" for name, text in shown)


def parse_selector(selector: Selector) -> dict[str, Any]:
    """Return the fields of a `Fault` that a selector gives.

    Raises:
        FaultError: A name or a value is wrong.
    """
    unknown = [name for name in selector if name not in Selector.__annotations__]
    if unknown:
        how_many = " Did you mean calls or attempts?" if unknown[0] in COUNTS else ""
        hint = did_you_mean(unknown[0], Selector.__annotations__, how_many)
        raise FaultError(f"{unknown[0]!r} is not a selector.{hint} Valid: {', '.join(Selector.__annotations__)}.")
    if "calls" in selector and "attempts" in selector:
        raise FaultError("A fault counts calls or attempts, not both: give calls=... or attempts=....")
    unit: Literal["calls", "attempts"] = "attempts" if "attempts" in selector else "calls"
    planned = selector["attempts"] if "attempts" in selector else selector.get("calls", 1)
    if planned is not None or unit == "attempts":
        planned = _count(unit, planned, least=1)
    when = selector.get("when")
    if when is not None and not callable(when) and not isinstance(when, Mapping):
        raise FaultError(
            f"when={when!r} is not valid: give members to match, as a dict, or a predicate on the request."
        )
    if iscoroutinefunction(when):
        raise FaultError(f"when={when!r} is not valid: it is a coroutine function, which would meet every request.")
    if isinstance(when, Mapping):
        if not all(isinstance(name, str) for name in when):
            raise FaultError(f"when={when!r} is not valid: the names of members are texts.")
        when = snapshot(dict(when))
    operation = _operation(selector.get("operation", "StartChatContact"))
    service = _one_of("service", selector.get("service"), sorted({service for service, _ in FAKED}))
    if operation is not None and service is not None and (service, operation) not in FAKED:
        raise FaultError(f"{service} has no operation {operation}: leave service out, or name the other one.")
    optional = selector.get("optional", False)
    if not isinstance(optional, bool):
        raise FaultError(f"optional={optional!r} is not valid: it is True or False.")
    return {
        "unit": unit,
        "planned": planned,
        "after": _count("after", selector.get("after", 0), least=0),
        "operation": operation,
        "service": service,
        "optional": optional,
        "_when": when,
    }


def _count(name: str, value: Any, least: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise FaultError(f"{name}={value!r} is not valid: it is a whole number, {least} or more.")
    return value


def _operation(value: str | None) -> str | None:
    return _one_of("operation", value, sorted(name for _, name in FAKED))


def _one_of(name: str, value: str | None, valid: list[str]) -> str | None:
    if value is not None and value not in valid:
        raise FaultError(f"{name}={value!r} is not valid.{did_you_mean(str(value), valid)} Faked: {', '.join(valid)}.")
    return value
