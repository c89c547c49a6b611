"""What the installed models say, as the package reads it."""

from __future__ import annotations

import re

import pytest

from pytest_connect_chat._model.routes import Route, routes
from pytest_connect_chat._service.request import FAKED

pytestmark = pytest.mark.of_botocore


def test_every_operation_has_a_place_of_its_own() -> None:
    places = [(route.method, re.sub(r"{[^}]*}", "{}", route.path)) for route in routes()]

    assert len(set(places)) == len(places)
    assert {(route.service, route.operation) for route in routes()} >= set(FAKED)


def test_a_route_names_the_members_of_its_path() -> None:
    assert Route("connect", "StartChatContact", "PUT", "/contact/chat") in routes()
    assert Route("connect", "DescribeContact", "GET", "/contacts/{InstanceId}/{ContactId}") in routes()
    assert Route("connectparticipant", "SendMessage", "POST", "/participant/message") in routes()
