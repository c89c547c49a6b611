"""Checks against the bounds and enums of the installed service model, and the rules that are about all members."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pytest_connect_chat._service.request import FAKED, NO_LIMIT, Limit, Request
from pytest_connect_chat._service.rules.rule import (
    ASSUMED,
    CONNECTED,
    CONNECTING,
    DOCUMENTED,
    MODEL,
    OF_A_CONTACT,
    REQUEST,
    VALIDATION,
    WITHOUT_PARAMETER_EXCEPTION,
    Check,
    Rule,
    form,
    members,
)
from pytest_connect_chat._text import shown


def first_unknown(path: str, values: list[str], valid: tuple[str, ...]) -> str | None:
    """Return a message on the first value that is not valid; `None` if all are."""
    for position, value in enumerate(values):
        if value not in valid:
            return f"{path}[{position}] is {shown(value)}; valid are {', '.join(valid)}."
    return None


def _at(request: Request, path: str) -> Any:
    value: Any = request.params
    for member in path.split("."):
        value = value.get(member)
    return value


class LengthCheck:
    """Checks one text against the model's maximum length.

    Args:
        path: The path of the text: a member of the request, or a member of that.
    """

    def __init__(self, path: str) -> None:
        self._path = path

    def __call__(self, request: Request) -> str | None:
        """Return what is wrong with the length of the text, or `None`."""
        text, most = _at(request, self._path), request.limit(self._path).max
        if text is None or most is None or len(text) <= most:
            return None
        return f"{self._path} has {len(text)} characters; at most {most} are allowed."

    def bounds(self, limits: Mapping[str, Limit]) -> list[tuple[str, str, int]]:
        """Return the path of the text in two parts, and how long it may be; nothing if the model has no maximum."""
        head, _, member = self._path.partition(".")
        most = limits.get(self._path, NO_LIMIT).max
        return [] if most is None else [(head, member, most)]


def are_short(params: dict[str, Any], bounds: list[tuple[str, str, int]]) -> bool:
    """Return whether all texts are within their bounds: in one loop, because every request has many texts."""
    for head, member, most in bounds:
        text = params[head].get(member) if member else params[head]
        if text is not None and len(text) > most:
            return False
    return True


def empty(member: str) -> Check:
    """Check that a text is not empty: botocore lets an empty one through."""

    def check(request: Request) -> str | None:
        return None if request.params[member] else f"{member} is empty."

    return check


def outside_modelled_range(path: str) -> Check:
    """Check a number against the model's minimum and maximum."""

    def check(request: Request) -> str | None:
        number, (low, high, _) = _at(request, path), request.limit(path)
        if (low is None or number >= low) and (high is None or number <= high):
            return None
        return f"{path} is {number}; valid are {low} to {high}."

    return check


def not_in_modelled_enum(path: str) -> Check:
    """Check one text against the model's enum."""

    def check(request: Request) -> str | None:
        value, valid = _at(request, path), request.limit(path).enum
        if value is None or not valid or value in valid:
            return None
        return f"{path} is {shown(value)}; valid are {', '.join(valid)}."

    return check


def list_not_as_modelled(path: str) -> Check:
    """Check a list of texts against the model's maximum size and its elements' enum."""

    def check(request: Request) -> str | None:
        values, most, valid = _at(request, path), request.limit(path).max, request.limit(f"{path}[]").enum
        if most is not None and len(values) > most:
            return f"{path} has {len(values)} entries; at most {most} are allowed."
        return first_unknown(path, values, valid) if valid else None

    return check


def unsupported(member: str) -> Check:
    """Refuse every request with a member that an account does not support."""

    def check(request: Request) -> str:
        return f"This account does not support {member}."

    return check


def outside_the_model(request: Request) -> str | None:
    """Check every member, at any depth, against the model's maxima and enums."""
    problems = (_problem(request, name, name, value) for name, value in request.params.items())
    return next((problem for problem in problems if problem is not None), None)


def _problem(request: Request, path: str, name: str, value: Any) -> str | None:
    least, most, valid = request.limit(path)
    if isinstance(value, str):
        if valid and value not in valid:
            return f"{name} is {shown(value)}; valid are {', '.join(valid)}."
        return _too_much(name, len(value), most, "characters")
    if isinstance(value, int):
        return None if most is None or value <= most else f"{name} is {value}; at most {most} is allowed."
    parts: list[tuple[str, str, Any]]
    if isinstance(value, list):
        parts = [(f"{path}[]", f"{name}[{position}]", item) for position, item in enumerate(value)]
    elif f"{path}{{}}" in request.limits:
        if least and not value:  # the one minimum that botocore does not check
            return f"{name} is empty."
        parts = [(f"{path}{{key}}", f"a key of {name}", key) for key in value]
        parts += [(f"{path}{{}}", f"{name}[{key!r}]", item) for key, item in value.items()]
    else:
        return next(filter(None, (_problem(request, f"{path}.{k}", f"{name}.{k}", v) for k, v in value.items())), None)
    problem = _too_much(name, len(value), most, "entries")
    return problem or next(filter(None, (_problem(request, *part) for part in parts)), None)


def _too_much(name: str, size: int, most: int | None, unit: str) -> str | None:
    return None if most is None or size <= most else f"{name} has {size} {unit}; at most {most} are allowed."


_SHAPE: Final = (
    "A request has the members that the model requires, no others, and each is of the model's type. botocore refuses "
    "it itself, with `ParamValidationError`, unless a client has `parameter_validation=False`."
)

RULES: Final = (
    Rule(
        id="connect-request-shape",
        member=None,
        sentence=_SHAPE,
        code=REQUEST,
        source=MODEL,
        evidence=ASSUMED,
        can_be_disabled=False,
        operations=tuple(operation for service, operation in FAKED if service == "connect"),
    ),
    Rule(
        id="connectparticipant-request-shape",
        member=None,
        sentence=_SHAPE,
        code=VALIDATION,
        source=MODEL,
        evidence=ASSUMED,
        can_be_disabled=False,
        operations=(*CONNECTING, *CONNECTED),
    ),
    form(
        "contact-request-bounds",
        None,
        "Every member of a request about a contact is within the model's bounds and enums.",
        MODEL,
        outside_the_model,
        operations=(
            *(operation for operation in OF_A_CONTACT if operation not in WITHOUT_PARAMETER_EXCEPTION),
            "ListContactFlows",
            "StopContact",
        ),
    ),
    members(
        "contact-request-bounds-invalid-request",
        None,
        "Every member of a request about a contact is within the model's bounds and enums; of operations whose model "
        "does not list `InvalidParameterException`.",
        MODEL,
        DOCUMENTED,
        outside_the_model,
        operations=WITHOUT_PARAMETER_EXCEPTION,
    ),
    form(
        "participant-request-bounds",
        None,
        "Every member of a request to the participant service is within the model's bounds and enums.",
        MODEL,
        outside_the_model,
        code=VALIDATION,
        operations=(*CONNECTING, *CONNECTED),
    ),
)
