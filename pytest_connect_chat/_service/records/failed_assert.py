"""The message of a failed assert on recorded requests."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from heapq import nsmallest
from itertools import groupby
from typing import Any, Final
from unicodedata import normalize

from pytest_connect_chat._service.records.recorded_request import TOKENS, RecordedRequest
from pytest_connect_chat._text import UUID, counted, cut, shortened, shown, whole, wrapped
from pytest_connect_chat._time import since

NEAREST: Final = 3
VALUE: Final = 180  # characters of a value: more than elsewhere, because people compare two of them
BEFORE: Final = 30  # characters of a long value that are shown before the place where it differs
NOT_HERE: Final = (
    "Calls that botocore refuses itself never reach it, nor do those of a mock, of another process, or of a coroutine "
    "that is not awaited."
)

Numbered = tuple[int, RecordedRequest]


def describe_failed_assert(
    operation: str | None,
    times: str,
    wanted: dict[str, Any],
    found: Sequence[Numbered],
    candidates: Sequence[Numbered],
    total: int,
    start: datetime,
) -> str:
    """Return the message of an assert on recorded requests: what was wanted, what was there, where it differs."""
    lines = [f"Expected {operation or 'a request'} {times}{' with' if wanted else ''}"]
    lines += [f"    {name} = {_shown(name, value)}" for name, value in wanted.items()]
    lines[-1] += ","
    if found:
        lines.append(f"but {counted(len(found), 'request')} {'matches' if len(found) == 1 else 'match'}:")
        lines += _listed(found[:NEAREST], len(found[NEAREST:]), start, lambda record: [])
    elif candidates:
        lines.append(f"but no request matches. The nearest of {counted(len(candidates), 'request')}:")
        nearest = nsmallest(NEAREST, candidates, key=lambda numbered: len(numbered[1].differing_from(wanted)))
        rest = len(candidates) - len(nearest)
        lines += _listed(nearest, rest, start, lambda record: _differences(record, wanted))
    else:
        others = f"; {counted(total, 'request')} of other operations did" if total else ""
        lines += [f"but none reached the service{others}.", NOT_HERE]
    return "\n".join(part for line in lines for part in wrapped(line))


def _listed(
    numbered: Sequence[Numbered], rest: int, start: datetime, details: Callable[[RecordedRequest], Iterable[str]]
) -> list[str]:
    lines = []
    for number, record in numbered:
        lines.append(f"  #{number} {since(start, record.time)} {record.operation}, {_outcome(record)}")
        lines += [f"    {detail}" for detail in details(record)]
    if rest:
        lines.append(f"  ... and {rest} more")
    return lines


def _outcome(record: RecordedRequest) -> str:
    attempts = f" after {record.attempt_count} attempts" if record.attempt_count > 1 else ""
    met = [fault for fault, _ in groupby(attempt.fault for attempt in record.attempts) if fault]
    by = f" [{', '.join(met)}]" if met else ""
    if record.error is None:
        return f"answered{attempts}{by}"
    return f"{'failed' if record.error.http_status is None else 'refused'}: {record.error.code}{attempts}{by}"


def _differences(record: RecordedRequest, wanted: dict[str, Any]) -> list[str]:
    lines: list[str] = []
    params = record.params
    for name in record.differing_from(wanted):
        if name not in params:
            lines.append(f"{name}: not given, expected {_shown(name, wanted[name])}")
        elif name in TOKENS:
            lines.append(f"{name}: was {_shown(name, params[name])}, expected {_shown(name, wanted[name])}")
        else:
            lines += _value_differences(name, params[name], wanted[name])
    return lines


def _value_differences(path: str, actual: Any, wanted: Any) -> list[str]:
    """Return a line for each field in which two values differ."""
    if isinstance(actual, dict) and isinstance(wanted, dict):
        lines = []
        for key in [*wanted, *(key for key in actual if key not in wanted)]:
            if key not in actual:
                lines.append(f"{path}[{key!r}]: not given, expected {shown(wanted[key], VALUE)}")
            elif key not in wanted:
                lines.append(f"{path}[{key!r}]: was {shown(actual[key], VALUE)}, not expected")
            elif not bool(wanted[key] == actual[key]):
                lines += _value_differences(f"{path}[{key!r}]", actual[key], wanted[key])
        return lines
    was, expected = _pair(actual, wanted)
    return [f"{path}: was {was}, expected {expected}"]


def _pair(actual: Any, wanted: Any) -> tuple[str, str]:
    """Return two values in such a form that people see where they differ."""
    was, expected = whole(actual), whole(wanted)
    if normalize("NFKC", was) == normalize("NFKC", expected):
        was, expected = ascii(actual), ascii(wanted)  # they look alike
    alike = next((i for i, pair in enumerate(zip(was, expected, strict=False)) if pair[0] != pair[1]), 0)
    skipped = max(alike - BEFORE, 0) if max(len(was), len(expected)) > VALUE else 0
    return cut(was, VALUE, skipped), cut(expected, VALUE, skipped)


def _shown(name: str, value: Any) -> str:
    text = whole(value)
    return shortened(text[1:-1]) if name in TOKENS and len(text) > UUID else cut(text, VALUE)
