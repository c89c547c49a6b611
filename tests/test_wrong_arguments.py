"""Every public method is given what nobody expects: it says so in words of its own, and nothing has changed."""

from __future__ import annotations

import traceback
import warnings
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from inspect import Parameter, signature
from typing import Any

import pytest
from botocore.exceptions import ParamValidationError

from pytest_connect_chat import FakeConnectChat
from pytest_connect_chat.exceptions import ConnectChatError, UnknownCodeWarning

pytestmark = pytest.mark.once

LONGEST = 700


class Unshowable:
    """Something whose `repr` fails, as that of a half-made object does."""

    def __repr__(self) -> str:
        raise RuntimeError("no repr")


class Escaping:
    """Something whose `repr` would move the cursor."""

    def __repr__(self) -> str:
        return "\x1b[2J\nred"


async def asynchronous(*given: object) -> None: ...


VALUES: dict[str, Callable[[FakeConnectChat], Any]] = {
    "None": lambda fake: None,
    "True": lambda fake: True,
    "-1": lambda fake: -1,
    "hundreds of digits": lambda fake: 10**400,
    "nan": lambda fake: float("nan"),
    "infinity": lambda fake: float("inf"),
    "empty": lambda fake: "",
    "text": lambda fake: "x",
    "long text": lambda fake: "x" * 100_000,
    "lone surrogate": lambda fake: "\ud800",
    "escape": lambda fake: "\x1b[31m",
    "bytes": lambda fake: b"x",
    "list": lambda fake: ["x"],
    "tuple": lambda fake: ("x",),
    "mapping": lambda fake: {"x": "y"},
    "numbers": lambda fake: {1: 2},
    "set": lambda fake: {"x"},
    "generator": lambda fake: (one for one in "x"),
    "function": lambda fake: lambda: None,
    "coroutine function": lambda fake: asynchronous,
    "object": lambda fake: object(),
    "duration": lambda fake: timedelta(days=-1),
    "longest duration": lambda fake: timedelta.max,
    "naive": lambda fake: datetime(2026, 1, 1),  # noqa: DTZ001
    "date": lambda fake: date(2026, 1, 1),
    "last moment": lambda fake: datetime.max.replace(tzinfo=UTC),
    "contact": lambda fake: fake.contacts.last,
    "contacts": lambda fake: (fake.contacts.last,),
    "unshowable": lambda fake: Unshowable(),
    "list of unshowable": lambda fake: [Unshowable()],
    "escaping": lambda fake: Escaping(),
}
OBJECTS: dict[str, Callable[[FakeConnectChat], Any]] = {
    "fake": lambda fake: fake,
    "faults": lambda fake: fake.faults,
    "clock": lambda fake: fake.clock,
    "requests": lambda fake: fake.requests.start_chat_contact,
    "contacts": lambda fake: fake.contacts,
    "notifications": lambda fake: fake.notifications,
    "rules": lambda fake: fake.rules,
    "rule": lambda fake: fake.rules["attributes-size"],
    "participant": lambda fake: fake.add_participant(fake.contacts.last.contact_id),
}
WITH_A_LIFE = ("start", "stop", "reset", "serve", "client", "aio_client", "from_settings")
OF_PYTHON = ("count", "index", "keys", "items", "values")
SELECTORS = ("calls", "attempts", "after", "operation", "service", "when", "optional", "unknown")
UNITS = ("days", "seconds")
KEYWORDS = {"advance": (*UNITS, "unknown"), "outage": (*UNITS, "unknown"), "delay": (*SELECTORS, *UNITS)}
MEMBERS = ("Attributes", "unknown")
NEEDED = {  # what a method needs beside the argument that is wrong
    "add_participant": {"contact_id"},
    "transfer": {"contact_id"},
    "stop_contact": {"contact_id"},
    "add_response": {"method", "service_response"},
    "add_client_error": {"method"},
    "add_instance": {"instance_id"},
    "play_flow": {"flow"},
    "error": {"code"},
    "delay": {"seconds"},
    "outage": {"seconds"},
    "chaos": {"rate"},
    "send_message": {"content"},
    "send_attachment": {"name", "content"},
}
GOOD: dict[str, Any] = {
    "method": "start_chat_contact",
    "service_response": {},
    "instance_id": "instance",
    "flow": None,
    "code": "InternalServiceException",
    "seconds": 1,
    "rate": 0.5,
    "content": b"x",
    "name": "a.pdf",
}


def scene() -> FakeConnectChat:
    fake = FakeConnectChat(seed=7, clock="2026-01-01T00:00:00Z", strict=False)
    fake.add_contact(display_name="Ada")
    return fake


def arguments() -> Iterator[tuple[str, str, str]]:
    """Yield each method of each object with each of its arguments; one without a keyword has none."""
    fake = scene()
    for name, of in OBJECTS.items():
        kind = type(of(fake))
        for method in dir(kind):
            if method.startswith("_") or method in (*WITH_A_LIFE, *OF_PYTHON) or not callable(getattr(kind, method)):
                continue
            for parameter in list(signature(getattr(kind, method)).parameters.values())[1:]:
                if parameter.name == "default":  # of Python's own `get`
                    continue
                if parameter.kind is Parameter.VAR_KEYWORD:
                    many = MEMBERS if name == "requests" else KEYWORDS.get(method, SELECTORS)
                    yield from ((name, method, keyword) for keyword in many)
                else:
                    yield name, method, "" if parameter.kind is Parameter.POSITIONAL_ONLY else parameter.name


def state_of(fake: FakeConnectChat) -> tuple[object, ...]:
    contacts = [(one.contact_id, one.is_active, one.attributes, one.transcript) for one in fake.contacts.values()]
    rules = [(rule.id, rule.code) for rule in fake.rules.values()]
    return contacts, rules, repr(fake), repr(fake.faults), repr(fake.clock), fake.journal(2), fake.diagram()


ARGUMENTS = [*arguments()]


@pytest.mark.parametrize(("name", "method", "argument"), ARGUMENTS, ids=map(".".join, ARGUMENTS))
def test_what_nobody_expects_is_refused_in_words_and_changes_nothing(name: str, method: str, argument: str) -> None:
    for kind, value in VALUES.items():
        fake = scene()
        owner = OBJECTS[name](fake)
        before = state_of(fake)

        error = error_of(fake, getattr(owner, method), argument, value(fake))

        after = state_of(fake)  # what was taken can be told of, too
        if error is not None:
            place = traceback.extract_tb(error.__traceback__)[-1]
            assert isinstance(error, ConnectChatError) or "raise" in str(place.line), f"{kind}: {error!r} at {place}"
            assert len(str(error)) < LONGEST or isinstance(error, ParamValidationError), kind
            assert str(error).replace("\n", "").isprintable(), kind
            assert after == before, kind


def error_of(fake: FakeConnectChat, method: Callable[..., object], argument: str, value: object) -> Exception | None:
    """Return what a method raises that is given a value for one of its arguments."""
    needed = NEEDED.get(method.__name__, ())
    given = {key: fake.contacts.last.contact_id if key == "contact_id" else GOOD[key] for key in needed if argument}
    if method.__name__ == "send_message":
        given["content"] = "Hello."
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UnknownCodeWarning)
            if argument:
                method(**{**given, argument: value})
            else:
                method(value)
    except Exception as error:  # noqa: BLE001
        return error
    return None
