"""Which requests a fault meets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, Literal, TypedDict

from pytest_connect_chat._names import did_you_mean
from pytest_connect_chat._service.arguments import require_function
from pytest_connect_chat._service.records.recorded_request import RecordedRequest
from pytest_connect_chat._service.request import FAKED, snapshot
from pytest_connect_chat._text import shown
from pytest_connect_chat._time import Duration
from pytest_connect_chat.exceptions import FaultError

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


class DelaySelector(Selector, Duration, total=False):
    """How long an answer takes, by the units of `datetime.timedelta`, and which requests it is of."""


def parse_selector(method: str, selector: Selector, own: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return the fields of a `Fault` that a selector gives.

    Args:
        method: The method that was called, for the message.
        selector: The selector.
        own: The other keywords of the method.

    Raises:
        FaultError: A name or a value is wrong.
    """
    unknown = [name for name in selector if name not in Selector.__annotations__]
    if unknown:
        how_many = " Did you mean calls or attempts?" if unknown[0] in COUNTS else ""
        valid = [*own, *Selector.__annotations__]
        hint = did_you_mean(unknown[0], valid, how_many)
        raise FaultError(f"{method}() has no keyword {unknown[0]!r}.{hint} It takes {', '.join(valid)}.")
    if "calls" in selector and "attempts" in selector:
        raise FaultError("A fault counts calls or attempts, not both: give calls=... or attempts=....")
    unit: Literal["calls", "attempts"] = "attempts" if "attempts" in selector else "calls"
    planned = selector["attempts"] if "attempts" in selector else selector.get("calls", 1)
    if planned is not None or unit == "attempts":
        planned = _count(unit, planned, least=1)
    when = selector.get("when")
    if when is not None and not callable(when) and not isinstance(when, Mapping):
        raise FaultError(
            f"when={shown(when)} is not valid: give members to match, as a dict, or a predicate on the request."
        )
    if callable(when):
        require_function(when, "when= takes members, as a dict, or a plain function of the request", error=FaultError)
    if isinstance(when, Mapping):
        if not all(isinstance(name, str) for name in when):
            raise FaultError(f"when={shown(when)} is not valid: the names of members are texts.")
        when = snapshot(dict(when))
    operation = _operation(selector.get("operation", "StartChatContact"))
    service = _one_of("service", selector.get("service"), sorted({service for service, _ in FAKED}))
    if operation is not None and service is not None and (service, operation) not in FAKED:
        raise FaultError(f"{service} has no operation {operation}: leave service out, or name the other one.")
    optional = selector.get("optional", False)
    if not isinstance(optional, bool):
        raise FaultError(f"optional={shown(optional)} is not valid: it is True or False.")
    return {
        "unit": unit,
        "planned": planned,
        "after": _count("after", selector.get("after", 0), least=0),
        "operation": operation,
        "service": service,
        "optional": optional,
        "when": when,
    }


def _count(name: str, value: Any, least: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise FaultError(f"{name}={shown(value)} is not valid: it is a whole number, {least} or more.")
    return value


def _operation(value: str | None) -> str | None:
    return _one_of("operation", value, sorted(name for _, name in FAKED))


def _one_of(name: str, value: str | None, valid: list[str]) -> str | None:
    if value is not None and value not in valid:
        hint = did_you_mean(value, valid) if isinstance(value, str) else ""
        raise FaultError(f"{name}={shown(value)} is not valid.{hint} Faked: {', '.join(valid)}.")
    return value
