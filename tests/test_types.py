"""What checkers are told of settings and operations is what the fake knows; tests/typing holds what they say to it."""

from __future__ import annotations

import re
from typing import Literal, get_args, get_origin, get_type_hints

import pytest
from botocore import xform_name

from pytest_connect_chat import FakeConnectChat
from pytest_connect_chat._service.operations import OPERATIONS
from pytest_connect_chat._service.records.request_log import RequestLog
from pytest_connect_chat._settings import SETTINGS
from pytest_connect_chat.fake import SettingKeywords

pytestmark = pytest.mark.once

KEYWORDS = get_type_hints(SettingKeywords)
CHOICES = {name: list(get_args(hint)) for name, hint in KEYWORDS.items() if get_origin(hint) is Literal}


def test_each_setting_is_a_keyword() -> None:
    assert list(KEYWORDS) == list(SETTINGS)


@pytest.mark.parametrize("name", CHOICES)
def test_a_keyword_names_the_choices_of_its_setting(name: str) -> None:
    assert re.findall(r"'([^']+)'", SETTINGS[name].valid) == CHOICES[name]
    assert [SETTINGS[name].parse(choice) for choice in CHOICES[name]] == CHOICES[name]


def test_requests_has_an_attribute_for_each_faked_operation() -> None:
    log = FakeConnectChat().requests
    named = [name for name, hint in get_type_hints(RequestLog).items() if hint is RequestLog]

    assert named == [xform_name(operation) for _, operation in OPERATIONS]
    assert all(isinstance(getattr(log, name), RequestLog) for name in named)
