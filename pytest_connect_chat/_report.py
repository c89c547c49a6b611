"""How things read when a test fails."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from pytest_connect_chat._service.requests import Attempt, RecordedError, RecordedRequest

NEAREST: Final = 3
JOURNAL_LINES: Final = 40
WIDTH: Final = 79
SHORT: Final = 60
PLACES: Final = ("InstanceId", "ContactFlowId")
SECRETS: Final = ("ParticipantToken", "ConnectionToken")
VALUE_WIDTH: Final = 200

Numbered = tuple[int, "RecordedRequest"]
Differing = Callable[[dict[str, Any], dict[str, Any]], list[str]]


def did_you_mean(name: str, choices: Iterable[str], otherwise: str = "") -> str:
    """Return a sentence that names the choice nearest to a mistyped name, or `otherwise` where none is near."""
    from difflib import get_close_matches

    near = get_close_matches(name, list(choices), n=1)
    return f" Did you mean {near[0]!r}?" if near else otherwise


def describe_failed_assert(
    operation: str | None,
    times: str,
    wanted: dict[str, Any],
    found: Sequence[Numbered],
    candidates: Sequence[Numbered],
    elsewhere: int,
    differing: Differing,
) -> str:
    """Return the message of an assert on recorded requests: what was wanted, what was there, where it differs."""
    lines = [f"Expected {operation or 'a request'} {times}{' with' if wanted else ''}"]
    lines += [f"    {name} = {_cut(repr(value))}" for name, value in wanted.items()]
    lines[-1] += ","
    if found:
        lines.append(f"but {_count(len(found), 'request matches', 'requests match')}:")
        lines += _listed(found, lambda record: [])
    elif candidates:
        lines.append(f"but no request matches. The nearest of {_count(len(candidates), 'request', 'requests')}:")
        nearest = sorted(candidates, key=lambda numbered: len(differing(numbered[1].params, wanted)))
        lines += _listed(nearest, lambda record: _differences(record, wanted, differing(record.params, wanted)))
    else:
        others = f"; {_count(elsewhere, 'request', 'requests')} of other operations did" if elsewhere else ""
        lines.append(f"but none reached the service{others}. Calls that botocore refuses itself never reach it.")
    return "\n".join(lines)


def _count(number: int, singular: str, plural: str) -> str:
    return f"{number} {singular if number == 1 else plural}"


def _listed(numbered: Sequence[Numbered], details: Callable[[RecordedRequest], Iterable[str]]) -> list[str]:
    lines = []
    for number, record in numbered[:NEAREST]:
        lines.append(f"  #{number} {record.operation}, {_outcome(record)}")
        lines += [f"    {detail}" for detail in details(record)]
    if len(numbered) > NEAREST:
        lines.append(f"  ... and {len(numbered) - NEAREST} more")
    return lines


def _outcome(record: RecordedRequest) -> str:
    attempts = f" after {record.attempt_count} attempts" if record.attempt_count > 1 else ""
    return f"{f'refused: {record.error.code}' if record.error else 'answered'}{attempts}"


def _differences(record: RecordedRequest, wanted: dict[str, Any], names: Iterable[str]) -> list[str]:
    lines: list[str] = []
    for name in names:
        if name not in record.params:
            lines.append(f"{name}: not given, expected {_cut(repr(wanted[name]))}")
        else:
            lines += _value_differences(name, record.params[name], wanted[name])
    return lines


def _value_differences(path: str, actual: Any, wanted: Any) -> list[str]:
    """Return a line for each field in which two values differ."""
    if isinstance(actual, dict) and isinstance(wanted, dict):
        lines = []
        for key in [*wanted, *(key for key in actual if key not in wanted)]:
            if key not in actual:
                lines.append(f"{path}[{key!r}]: not given, expected {_cut(repr(wanted[key]))}")
            elif key not in wanted:
                lines.append(f"{path}[{key!r}]: was {_cut(repr(actual[key]))}, not expected")
            elif not bool(wanted[key] == actual[key]):
                lines += _value_differences(f"{path}[{key!r}]", actual[key], wanted[key])
        return lines
    return [f"{path}: was {_cut(repr(actual))}, expected {_cut(repr(wanted))}"]


def _cut(text: str) -> str:
    return text if len(text) <= VALUE_WIDTH else f"{text[: VALUE_WIDTH - 20]}... ({len(text)} characters)"


def describe_journal(records: Sequence[RecordedRequest], start: datetime, *, verbose: bool) -> str:
    """Return what happened on the fake, for the report of a failed test: each request with its attempts and answer.

    Args:
        records: The recorded requests, in order.
        start: When the clock started; times are shown in seconds since then.
        verbose: Whether to show all requests, and values in full.
    """
    lines: list[str] = []
    for number, record in enumerate(records, 1):
        lines += _wrapped(f"#{number} {_since(start, record.time)} {record.operation}", _members(record, verbose))
        if record.attempt_count > 1 or any(attempt.fault for attempt in record.attempts):
            for position, attempt in enumerate(record.attempts, 1):
                lines += _wrapped(f"    attempt {position} {_since(start, attempt.time)}", _attempt(attempt))
        lines += _wrapped("    ->", _result(record))
    if not verbose and len(lines) > JOURNAL_LINES:
        left_out = f"... {len(lines) - JOURNAL_LINES} lines left out; -v shows all ..."
        lines = [*lines[: JOURNAL_LINES // 2], left_out, *lines[-JOURNAL_LINES // 2 :]]
    return "\n".join(lines)


def _wrapped(head: str, rest: str) -> list[str]:
    return textwrap.wrap(f"{head} {rest}", WIDTH, subsequent_indent=" " * 8, break_on_hyphens=False) or [head]


def _since(start: datetime, moment: datetime) -> str:
    return f"+{(moment - start).total_seconds():.3f}s"


def _members(record: RecordedRequest, verbose: bool) -> str:
    names = [name for name in record._params if name != "ClientToken" or record.client_token_given]
    names.sort(key=PLACES.__contains__)  # what tells requests apart comes first
    return " ".join(f"{name}={_shown(name, record._params[name], verbose)}" for name in names)


def _shown(name: str, value: Any, verbose: bool) -> str:
    if name in SECRETS or (name in PLACES and not verbose):
        return value if len(value) <= len("12345678...") else f"{value[:8]}..."
    text = ascii(value)
    return text if verbose or len(text) <= SHORT else f"{text[:SHORT]}..."


def _attempt(attempt: Attempt) -> str:
    fault = f"[{attempt.fault}] " if attempt.fault else ""
    return f"{fault}{'answered' if attempt.error is None else _failed(attempt.error)}"


def _failed(error: RecordedError) -> str:
    return error.code if error.http_status in (None, _status(error.code)) else f"{error.http_status} {error.code}"


def _status(code: str) -> int | None:
    return int(code) if code.isdecimal() else None  # what has no code of its own has its HTTP status for one


def _result(record: RecordedRequest) -> str:
    if record.error is not None:
        message, *more = record.error.message.encode("ascii", "backslashreplace").decode().splitlines() or [""]
        rule = f" [rule {record.error.rule}]" if record.error.rule and record.error.rule not in message else ""
        return f"{_failed(record.error)}{rule}: {message}{' ...' if more else ''}"
    if record.contact is not None:
        return f"contact {record.contact.contact_id}"
    return "answered"
