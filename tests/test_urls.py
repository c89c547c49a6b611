"""The URLs that the service gives: in its form, and leading nowhere outside of this machine."""

from __future__ import annotations

import re
import socket
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest

from pytest_connect_chat import FakeConnectChat

pytestmark = pytest.mark.once

LONGEST_NAME = 253  # RFC 1035: 255 octets, of which one is the length of the first label and one the root
LONGEST_LABEL = 63


@pytest.fixture
def urls(connect_chat: FakeConnectChat, parameters: dict[str, Any]) -> dict[str, str]:
    """One URL of each kind."""
    participant = connect_chat.client("connectparticipant")
    started = connect_chat.client().start_chat_contact(**parameters)
    connection = participant.create_participant_connection(
        ParticipantToken=started["ParticipantToken"], Type=["WEBSOCKET", "CONNECTION_CREDENTIALS"]
    )
    token = connection["ConnectionCredentials"]["ConnectionToken"]
    upload = participant.start_attachment_upload(
        ConnectionToken=token, ContentType="text/plain", AttachmentSizeInBytes=1, AttachmentName="a.txt"
    )
    participant.complete_attachment_upload(ConnectionToken=token, AttachmentIds=[upload["AttachmentId"]])
    file = participant.get_attachment(ConnectionToken=token, AttachmentId=upload["AttachmentId"])
    return {
        "websocket": connection["Websocket"]["Url"],
        "upload": upload["UploadMetadata"]["Url"],
        "download": file["Url"],
    }


def put_with_urllib(url: str) -> object:
    request = urllib.request.Request(url, data=b"x", method="PUT")  # noqa: S310  # https, as a test says
    return urllib.request.urlopen(request, timeout=5)  # noqa: S310


def put_with_requests(url: str) -> object:
    return pytest.importorskip("requests").put(url, data=b"x", timeout=5)


def test_urls_have_the_services_form(urls: dict[str, str]) -> None:
    websocket, upload, download = (urlsplit(urls[kind]) for kind in ("websocket", "upload", "download"))

    assert re.fullmatch(r"[0-9a-f]{8}\.\S+\.transport\.connect\.us-east-1\.amazonaws\.com", websocket.hostname or "")
    assert (websocket.scheme, websocket.path) == ("wss", "/")
    assert websocket.query.startswith("AuthToken=QVFJREFI")
    for url in (upload, download):
        assert url.scheme == "https"
        assert (url.hostname or "").endswith(".s3.us-east-1.amazonaws.com")
        assert "X-Amz-Signature=" in url.query
    assert upload.query != download.query


@pytest.mark.parametrize("kind", ["websocket", "upload", "download"])
def test_no_resolver_can_ask_for_the_name_of_a_url(urls: dict[str, str], kind: str) -> None:
    host = urlsplit(urls[kind]).hostname or ""

    assert len(host) > LONGEST_NAME  # so that no DNS message can hold it
    assert max(map(len, host.split("."))) <= LONGEST_LABEL  # so that Python lets the resolver refuse it
    with pytest.raises(socket.gaierror):
        socket.getaddrinfo(host, 443)


@pytest.mark.parametrize("kind", ["upload", "download"])
@pytest.mark.parametrize("put", [put_with_urllib, put_with_requests])
def test_who_opens_a_url_stays_here_and_hears_of_an_unknown_host(
    urls: dict[str, str],
    kind: str,
    put: Callable[[str], object],
    no_sockets: list[Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    with pytest.raises(OSError, match=r"resolve|not known|nodename|getaddrinfo") as caught:
        put(urls[kind])

    assert isinstance(caught.value, urllib.error.URLError) or "this-url-is-of-pytest-connect-chat" in str(caught.value)
    assert no_sockets == []


def test_the_same_seed_gives_the_same_urls(parameters: dict[str, Any]) -> None:
    def websocket() -> str:
        with FakeConnectChat(seed=7) as fake:
            token = fake.client().start_chat_contact(**parameters)["ParticipantToken"]
            answer = fake.client("connectparticipant").create_participant_connection(
                ParticipantToken=token, Type=["WEBSOCKET"]
            )
            return str(answer["Websocket"]["Url"])

    assert websocket() == websocket()
