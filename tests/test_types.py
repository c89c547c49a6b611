"""What checkers are told of settings and operations is what the fake knows; tests/typing holds what they say to it."""

from __future__ import annotations

import re
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import pytest
from botocore import xform_name

from pytest_connect_chat import FakeConnectChat
from pytest_connect_chat._service.operations import OPERATIONS
from pytest_connect_chat._service.records.request_log import RequestLog
from pytest_connect_chat._settings import SETTINGS, SettingKeywords, Settings

pytestmark = pytest.mark.once

KEYWORDS = get_type_hints(SettingKeywords)
CHOICES = {name: list(get_args(hint)) for name, hint in KEYWORDS.items() if get_origin(hint) is Literal}


def test_each_setting_is_a_keyword() -> None:
    assert list(KEYWORDS) == list(SETTINGS) == list(Settings._fields)


@pytest.mark.parametrize("name", SETTINGS)
def test_a_keyword_takes_what_its_setting_is(name: str) -> None:
    taken = parts_of(KEYWORDS[name])

    assert [part for part in parts_of(get_type_hints(Settings)[name]) if not {part, type(part)} & taken] == []


def parts_of(hint: Any) -> set[Any]:
    """Return the types and the literals that a type is made of."""
    if get_origin(hint) in (Union, UnionType):
        return set().union(*map(parts_of, get_args(hint)))
    return set(get_args(hint)) if get_origin(hint) is Literal else {hint}


@pytest.mark.parametrize("name", CHOICES)
def test_a_keyword_names_the_choices_of_its_setting(name: str) -> None:
    assert re.findall(r"'([^']+)'", SETTINGS[name].valid) == CHOICES[name]
    assert [SETTINGS[name].parse(choice) for choice in CHOICES[name]] == CHOICES[name]


def test_requests_has_an_attribute_for_each_faked_operation() -> None:
    log = FakeConnectChat().requests
    named = [name for name, hint in get_type_hints(RequestLog).items() if hint is RequestLog]

    assert named == [xform_name(operation) for _, operation in OPERATIONS]
    assert all(isinstance(getattr(log, name), RequestLog) for name in named)
