"""HTTP: what a client hides, and only bytes show."""

from __future__ import annotations

import json

import pytest

from contract.scene import Scene
from contract.witness import Witness

pytestmark = [pytest.mark.once, pytest.mark.over_http, pytest.mark.untraced]

JSON = {"Content-Type": "application/json"}
START = "/contact/chat"


@pytest.mark.settles("unknown-members", "no-json")
def test_members_that_no_client_sends(scene: Scene, witness: Witness) -> None:
    request = {**scene.smallest, "NoSuchMember": 1, "CustomerId": None, "ClientToken": None}
    answer = scene.send("connect", "PUT", START, json.dumps(request).encode(), **JSON)
    witness.holds("unknown-members", answer.status == 200, f"{answer.status} {answer.code}")
    garbled = scene.send("connect", "PUT", START, b"{no json", **JSON)
    witness.holds("no-json", (garbled.status, garbled.code) == (400, "InvalidRequestException"), garbled.code)


@pytest.mark.settles("unknown-path")
def test_a_path_of_no_operation(scene: Scene, witness: Witness) -> None:
    answer = scene.send("connectparticipant", "POST", "/participant/no-such-thing", b"{}", **JSON)
    witness.holds("unknown-path", answer.code == "UnknownOperationException", f"{answer.status} {answer.code}")


@pytest.mark.settles("large-body")
def test_a_body_that_is_too_large(scene: Scene, witness: Witness) -> None:
    body = json.dumps({**scene.smallest, "Attributes": {"k": "v" * (1024 * 1024)}}).encode()
    answer = scene.send("connect", "PUT", START, body, **JSON)
    witness.holds("large-body", answer.status == 413, f"{answer.status} {answer.code}")


@pytest.mark.settles("every-origin")
def test_a_page_of_another_origin(scene: Scene, witness: Witness) -> None:
    answer = scene.send(
        "connectparticipant",
        "OPTIONS",
        "/participant/message",
        b"",
        **{
            "Origin": "https://example.org",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "x-amz-bearer,x-of-the-page",
        },
    )
    allowed = answer.headers.get("access-control-allow-origin"), answer.headers.get("access-control-allow-headers", "")
    witness.holds("every-origin", allowed[0] == "*" and "x-of-the-page" in allowed[1], allowed)


@pytest.mark.settles("error-headers")
def test_the_headers_of_an_error(scene: Scene, witness: Witness) -> None:
    answer = scene.send(
        "connectparticipant",
        "POST",
        "/participant/transcript",
        b"{}",
        **{"X-Amz-Bearer": "unknown", "Origin": "https://example.org"},
        **JSON,
    )
    origin = answer.headers.get("access-control-allow-origin")
    seen = answer.status, answer.code, origin
    witness.holds("error-headers", seen == (403, "AccessDeniedException", "*"), seen)
