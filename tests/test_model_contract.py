"""The installed botocore says nothing of the faked operations that the fake does not know.

What is known is in `known_model.json`, as the union over the supported versions: an older botocore lacks some of it,
and that is fine. A newer one that adds something fails here, and the message says what to do.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel
from generate_known_model import KNOWN, Facts, facts_of, merged, written

from pytest_connect_chat._service.faults.effects import DECLARE_THROTTLING
from pytest_connect_chat._service.operations import OPERATIONS

pytestmark = pytest.mark.of_botocore

THEN = "Then run: python tests/generate_known_model.py"
PACKAGE = "pytest_connect_chat/_service"
LIMITS = "name it under the limits of the fake in docs/generate/fidelity.py."
WHAT_TO_DO = {
    "a request member": f"Let the operation in {PACKAGE}/operations/ heed it, with a rule in {PACKAGE}/rules/ for what "
    f"the service asks of it; or {LIMITS}",
    "a response member": f"Let the operation in {PACKAGE}/operations/ answer it; or {LIMITS}",
    "a limit": "Maxima are read from the installed model, and botocore checks minima: correct the numbers in the "
    f"sentences of {PACKAGE}/rules/. A pattern needs a check there.",
    "an enum value": f"Enums are read from the installed model: correct the sentence in {PACKAGE}/rules/, and let the "
    f"operation in {PACKAGE}/operations/ heed the value, or answer it.",
    "an error": f"Find out what the service answers with it: that takes a rule in {PACKAGE}/rules/, or nothing but "
    "faults.error().",
}


def additions(operation: str, known: Facts, found: Facts) -> Iterator[str]:
    """Yield what is found of an operation and not known, each with what to do."""

    def told(kind: str, what: str) -> str:
        return f"{operation} has {what}, which the fake does not know. {WHAT_TO_DO[kind]} {THEN}"

    for error in set(found["errors"]) - set(known["errors"]):
        yield told("an error", f"the error {error}")
    for side in ("request", "response"):
        for path, facts in found[side].items():
            if path not in known[side]:
                yield told(f"a {side} member", f"the {side} member {path}")
                continue
            for name, values in facts.items():
                for value in sorted(set(values) - set(known[side][path].get(name, ())), key=str):
                    kind = "an enum value" if name == "enum" else "a limit"
                    yield told(kind, f"for the {side} member {path} the {name} {value!r}")


@cache
def raw(service: str) -> dict[str, Any]:
    loaded: dict[str, Any] = Loader().load_service_model(service, "service-2")
    return loaded


@cache
def known() -> dict[str, Facts]:
    table: dict[str, Facts] = json.loads(KNOWN.read_text("utf-8"))
    return table


def unknown(service: str, operation: str, **shapes: Callable[[dict[str, Any]], dict[str, Any]]) -> list[str]:
    """Return what is unknown of an operation, once some shapes of the model are changed in memory."""
    model = raw(service)
    changed = {name: change(model["shapes"][name]) for name, change in shapes.items()}
    patched = {**model, "shapes": {**model["shapes"], **changed}}
    return list(additions(operation, known()[operation], facts_of(ServiceModel(patched, service), operation)))


# -- the installed model -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("service", "operation"), OPERATIONS, ids=[name for _, name in OPERATIONS])
def test_the_fake_knows_all_that_the_model_says_of_an_operation(service: str, operation: str) -> None:
    assert unknown(service, operation) == []


def test_what_is_known_is_of_the_faked_operations() -> None:
    assert list(known()) == [operation for _, operation in OPERATIONS]


def test_what_declares_throttling_is_what_the_model_says_does() -> None:
    of_connect = [operation for service, operation in OPERATIONS if service == "connect"]

    assert {name for name in of_connect if "ThrottlingException 429" in known()[name]["errors"]} == DECLARE_THROTTLING
    # Where no other operation declares any, the setting throttle_code decides.
    assert not any("TooManyRequests" in error for name in of_connect for error in known()[name]["errors"])


def test_the_table_is_as_its_generator_writes_it() -> None:
    model = {service: ServiceModel(raw(service), service) for service, _ in OPERATIONS}
    again = {name: merged(known()[name], facts_of(model[service], name)) for service, name in OPERATIONS}

    assert KNOWN.read_text("utf-8") == written(again), THEN


# -- what a newer model may add ----------------------------------------------------------------------------------------


def with_member(shape: dict[str, Any]) -> dict[str, Any]:
    return {**shape, "members": {**shape["members"], "Mood": {"shape": "DisplayName"}}}


def with_value(shape: dict[str, Any]) -> dict[str, Any]:
    return {**shape, "enum": [*shape["enum"], "TELEPATHY"]}


ADDITIONS = [
    ("StartChatContactRequest", with_member, "has the request member Mood,", "operations/ heed it"),
    ("StartChatContactResponse", with_member, "has the response member Mood,", "operations/ answer it"),
    ("ParticipantDetails", with_member, "has the request member ParticipantDetails.Mood,", "operations/ heed it"),
    (
        "StartChatContactRequest",
        lambda shape: {**shape, "required": [*shape["required"], "CustomerId"]},
        "has for the request member CustomerId the required True,",
        "_service/rules/",
    ),
    (
        "DisplayName",
        lambda shape: {**shape, "max": 512},
        "has for the request member ParticipantDetails.DisplayName the max 512,",
        "correct the numbers",
    ),
    (
        "ClientToken",
        lambda shape: {**shape, "min": 1},
        "has for the request member ClientToken the min 1,",
        "correct the numbers",
    ),
    (
        "AttributeName",
        lambda shape: {**shape, "pattern": "[a-z]+"},
        "has for the request member Attributes{key} the pattern '[a-z]+',",
        "A pattern needs a check",
    ),
    (
        "RehydrationType",
        with_value,
        "has for the request member PersistentChat.RehydrationType the enum 'TELEPATHY',",
        "correct the sentence",
    ),
]


@pytest.mark.parametrize(
    ("shape", "change", "what", "to_do"),
    ADDITIONS,
    ids=[f"{addition[0]}-{number}" for number, addition in enumerate(ADDITIONS)],
)
def test_an_addition_is_noticed(
    shape: str, change: Callable[[dict[str, Any]], dict[str, Any]], what: str, to_do: str
) -> None:
    (message,) = unknown("connect", "StartChatContact", **{shape: change})

    assert message.startswith(f"StartChatContact {what} which the fake does not know. ")
    assert to_do in message
    assert message.endswith("Then run: python tests/generate_known_model.py")


def test_an_added_error_is_noticed() -> None:
    model = raw("connectparticipant")
    operation = model["operations"]["SendMessage"]
    errors = [*operation["errors"], {"shape": "ConflictException"}]
    patched = {**model, "operations": {**model["operations"], "SendMessage": {**operation, "errors": errors}}}
    found = facts_of(ServiceModel(patched, "connectparticipant"), "SendMessage")

    (message,) = additions("SendMessage", known()["SendMessage"], found)

    assert message.startswith(
        "SendMessage has the error ConflictException 409, which the fake does not know. Find out "
    )
    assert message.endswith("Then run: python tests/generate_known_model.py")


def test_what_an_older_model_lacks_is_fine() -> None:
    lacking = {"CustomerId", "ChatDurationInMinutes"}

    def older(shape: dict[str, Any]) -> dict[str, Any]:
        return {**shape, "members": {name: value for name, value in shape["members"].items() if name not in lacking}}

    assert unknown("connect", "StartChatContact", StartChatContactRequest=older) == []
    assert unknown("connect", "StartChatContact", DisplayName=lambda shape: {"type": "string"}) == []


def test_once_the_generator_has_run_an_addition_is_known() -> None:
    model = raw("connect")
    shapes = {**model["shapes"], "RehydrationType": with_value(model["shapes"]["RehydrationType"])}
    found = facts_of(ServiceModel({**model, "shapes": shapes}, "connect"), "StartChatContact")

    assert list(additions("StartChatContact", merged(known()["StartChatContact"], found), found)) == []
