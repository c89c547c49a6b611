"""The planned faults of one fake: which attempt meets which, and how far each got."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple

from pytest_connect_chat._service.arguments import require_result
from pytest_connect_chat._service.calls import Call
from pytest_connect_chat._service.clock import Clock
from pytest_connect_chat._service.faults.chaos import Chaos
from pytest_connect_chat._service.faults.effects import ByChaos, Effect
from pytest_connect_chat._service.faults.selector import Predicate, When
from pytest_connect_chat._service.records.matching import differing_members
from pytest_connect_chat._service.records.recorded_request import CANNED, RecordedRequest
from pytest_connect_chat._service.request import FAKED, Request
from pytest_connect_chat._text import counted, shown
from pytest_connect_chat._time import iso_timestamp


class Question(NamedTuple):
    """A predicate of the test that has to be asked about an attempt before it is known which fault that meets.

    Attributes:
        fault: The fault that it belongs to.
        predicate: The predicate.
        call: The call that makes the attempt.
    """

    fault: PlannedFault
    predicate: Predicate
    call: Call

    def ask(self) -> None:
        """Ask it, and note the answer at the call."""
        self.call.decided[self.fault, "when"] = bool(
            require_result(self.predicate(self.call.record()), "The predicate of a fault")
        )


@dataclass(slots=True, eq=False, kw_only=True)
class PlannedFault:
    """One planned fault, and how far it got.

    Attributes:
        effect: What it does to an attempt.
        unit: What it counts: `"calls"` or `"attempts"`.
        planned: How many it is to meet; `None` for all.
        after: How many it lets pass first.
        operation: The operation it meets; `None` for every operation.
        service: The service it meets; `None` for both.
        when: What requests must have, or a predicate; `None` for any request.
        optional: Whether it may stay unused.
        ends: When an outage ends; `None` for what is no outage.
        log: The requests so far.
        planned_after: The place of the last request before it was planned, in the order of what happens.
        met: How many it has met.
        passed: How many it has let pass.
    """

    effect: Effect
    unit: Literal["calls", "attempts"]
    planned: int | None
    after: int
    operation: str | None
    service: str | None
    when: When | None
    optional: bool
    ends: datetime | None
    log: Sequence[RecordedRequest]
    planned_after: int
    met: int = 0
    passed: int = 0

    def __str__(self) -> str:
        if self.ends is not None:
            return f"outage ({self.effect}) until {iso_timestamp(self.ends)}"
        count = "all" if self.planned is None else str(self.planned)
        unit = self.unit if self.planned != 1 else self.unit.removesuffix("s")
        after = f" after {self.after}" if self.after else ""
        when = "" if self.when is None else f" when {_condition(self.when)}"
        return f"{self.effect}: {count} {unit} of {self.operation or 'every operation'}{after}{when}"

    @property
    def is_exhausted(self) -> bool:
        """Whether it has met all it was planned for."""
        return self.planned is not None and self.met >= self.planned

    def concerns(self, request: Request | RecordedRequest) -> bool:
        """Return whether it is meant for the operation of a request."""
        return self.operation in (None, request.operation) and self.service in (None, request.service)

    def meets(self, call: Call, now: datetime) -> bool | Question:
        """Return whether an attempt meets it, or whom to ask first; what is met counts."""
        if self.ends is not None:
            is_on = now < self.ends
            self.met += is_on
            return is_on
        if (self, self.unit) not in call.decided:
            meets = self._count(call)
            if isinstance(meets, Question):
                return meets
            call.decided[self, self.unit] = meets
        return call.decided[self, self.unit]

    def _count(self, call: Call) -> bool | Question:
        if self.is_exhausted:
            return False
        if callable(self.when):
            if (self, "when") not in call.decided:
                return Question(self, self.when, call)
            wanted = call.decided[self, "when"]
        else:
            wanted = not differing_members(call.request.params, self.when or {})
        if not wanted:
            return False
        if self.passed < self.after:
            self.passed += 1
            return False
        self.met += 1
        return True

    @property
    def leftover(self) -> str | None:
        """What is left of it, in words; `None` where nothing is or where that is allowed."""
        if self.optional or self.is_exhausted or (self.planned is None and self.met):
            return None
        if self.planned is None or not self.met:
            met_nothing = f"the fault [{self}] met no {'call' if self.unit == 'calls' else 'attempt'}"
            return f"{met_nothing}{self._why_none()}"
        gave_up = self.unit == "attempts"
        why = "the client gave up before" if gave_up else self._answered_before() or "no more calls came"
        return f"the fault [{self}] was planned for {self.planned} {self.unit}, met {self.met}: {why}"

    def _why_none(self) -> str:
        """Return why it met none of the calls that it may have been meant for, as far as that shows."""
        if callable(self.when):
            return ""  # it may change what it looks at
        wanted = dict(self.when or {})
        concerned = [
            (request, request.differing_from(wanted))
            for request in list(self.log)
            if self.concerns(request) and all(attempt.fault != CANNED for attempt in request.attempts)
        ]
        later = [differing for request, differing in concerned if request.order > self.planned_after]
        if later:
            return f"; the last that came differs in {', '.join(later[-1])}" if all(later) else ""
        answered = self._answered_before()
        if answered is not None:
            return f"; {answered}"
        earlier = [request for request, differing in concerned if not differing]
        came = f"; {counted(len(earlier), 'call')} came before it was planned, and faults meet later ones only"
        return came if earlier else ""

    def _answered_before(self) -> str | None:
        """Return how many of the calls that it was meant for a canned answer has answered, in words."""
        if callable(self.when):
            return None
        wanted = dict(self.when or {})
        answered = sum(
            self.concerns(request)
            and request.order > self.planned_after
            and any(attempt.fault == CANNED for attempt in request.attempts)
            and not request.differing_from(wanted)
            for request in list(self.log)
        )
        return f"{counted(answered, 'call')} got a canned answer, which comes before faults" if answered else None


class PlannedFaults:
    """All planned faults, in the order in which they were planned, and the chaos.

    Args:
        clock: Tells when an outage ends.
        chaos: What injects faults at random.
    """

    def __init__(self, clock: Clock, chaos: Chaos) -> None:
        self._clock = clock
        self.chaos = chaos
        self.faults: list[PlannedFault] = []

    def meet(self, call: Call, *, runs_low: bool) -> Effect | Question | None:
        """Return what this attempt meets, or whom to ask before that is known; the lock of the state is held.

        The first fault that matches is met.

        Args:
            call: The call that makes the attempt.
            runs_low: Whether the client may be about to refuse a retry that its policy allows.
        """
        if not self.faults and not self.chaos.rate:
            return None
        concerned = [fault for fault in self.faults if fault.concerns(call.request)]
        for fault in concerned:
            meets = fault.meets(call, self._clock.now())
            if isinstance(meets, Question):
                return meets
            if meets:
                return fault.effect
        if not self.chaos.is_hard and any(fault.ends is None and not fault.is_exhausted for fault in concerned):
            return None  # a chaos fault could push a planned one to the last attempt that the client makes
        may_retry = not runs_low and len(call.attempts) + 1 < call.attempt_limit
        effect = self.chaos.meet(call.request, may_retry=may_retry)
        return None if effect is None else ByChaos(effect)

    def leftovers(self) -> list[str]:
        """Return what is left of the plan, in words."""
        return [left for left in (fault.leftover for fault in list(self.faults)) if left is not None]


def services_concerned(operation: str | None, service: str | None) -> list[str]:
    """Return the services whose requests a fault for an operation, or for a service, can meet."""
    concerned = {name for name, faked in FAKED if operation in (None, faked) and service in (None, name)}
    return sorted(concerned)


def _condition(when: When) -> str:
    if callable(when):
        return f"{getattr(when, '__name__', None) or shown(when)} says so"
    return ", ".join(f"{name}={shown(value)}" for name, value in when.items())
