"""What tests of the endpoint share: plain HTTP, a customer with a WebSocket, and what its frames say."""

from __future__ import annotations

import http.client
import json
import urllib.request
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import websocket

from pytest_connect_chat import ConnectChatEndpoint, FakeConnectChat, TranscriptItem

BOTH = ["WEBSOCKET", "CONNECTION_CREDENTIALS"]
SUBSCRIBE = '{"topic":"aws/subscribe","content":{"topics":["aws/chat"]}}'
EVENT = "application/vnd.amazonaws.connect.event."


class Answer(NamedTuple):
    """What came back over HTTP."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """The class of an error."""
        return self.headers.get("x-amzn-errortype", "").partition(":")[0]


def send_to(url: str, method: str, path: str, body: bytes | None, headers: dict[str, str], timeout: float) -> Answer:
    """Send one request over HTTP or HTTPS, as it stands."""
    address = urlsplit(url)
    kind = http.client.HTTPSConnection if address.scheme == "https" else http.client.HTTPConnection
    connection = kind(address.hostname or "", address.port, timeout=timeout)
    try:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
    finally:
        connection.close()


def send(
    endpoint: ConnectChatEndpoint,
    method: str,
    path: str,
    body: Any = None,
    headers: dict[str, str] | None = None,
    *,
    timeout: float = 10,
) -> Answer:
    """Send one request to an endpoint, a dict as JSON."""
    content = json.dumps(body).encode() if isinstance(body, (dict, list)) else body
    return send_to(endpoint.url, method, path, content, headers or {}, timeout)


def put(url: str, content: bytes, headers: dict[str, str]) -> int:
    """Send a file to its URL, and return the status."""
    request = urllib.request.Request(url, content, headers, method="PUT")  # noqa: S310  # a URL of the fake
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
        return int(answer.status)


class Socket:
    """A WebSocket of a chat, with its frames."""

    def __init__(self, url: str, *, subscribe: bool = True, **options: Any) -> None:
        self.ws = websocket.create_connection(url, timeout=10, **options)
        if subscribe:
            self.ws.send(SUBSCRIBE)
            assert self.next()["content"] == {"status": "success", "topics": ["aws/chat"]}

    def next(self) -> Any:
        """Return the next frame, parsed."""
        return json.loads(self.ws.recv())

    def asked(self, text: str) -> Any:
        """Send a frame, and return the next one."""
        self.ws.send(text)
        return self.next()

    def item(self) -> dict[str, Any]:
        """Return the item of the next frame."""
        frame = self.next()
        assert (frame["topic"], frame["contentType"]) == ("aws/chat", "application/json")
        item: dict[str, Any] = json.loads(frame["content"])
        return item

    def items(self, count: int) -> list[str]:
        """Return what the next frames say, in short."""
        return [in_short(self.item()) for _ in range(count)]


def in_short(item: dict[str, Any]) -> str:
    """Return the words of an item, or what kind it is."""
    kind = item.get("ContentType", item["Type"]).removeprefix(EVENT)
    return str(item.get("Content") or (item["Type"] if item["Type"] != "EVENT" else kind))


class Chat:
    """A customer whose client is in this process, and whose WebSocket is not."""

    def __init__(self, fake: FakeConnectChat, parameters: dict[str, Any], *, subscribe: bool = True) -> None:
        self.fake, self.client = fake, fake.client("connectparticipant")
        started = fake.client().start_chat_contact(**parameters)
        self.contact_id, self.participant_token = started["ContactId"], started["ParticipantToken"]
        connection = self.connection()
        self.url = connection["Websocket"]["Url"]
        self.token = connection["ConnectionCredentials"]["ConnectionToken"]
        self._sockets: list[Socket] = []
        if subscribe:
            self.socket = self.open()
            assert self.socket.items(1) == ["participant.joined"]

    def connection(self) -> dict[str, Any]:
        """Return what CreateParticipantConnection answers."""
        members = {"ParticipantToken": self.participant_token, "Type": BOTH}
        answer: dict[str, Any] = self.client.create_participant_connection(**members)
        return answer

    def open(self, **options: Any) -> Socket:
        """Open the WebSocket of the chat once more."""
        self._sockets.append(Socket(self.url, **options))
        return self._sockets[-1]

    @property
    def transcript(self) -> tuple[TranscriptItem, ...]:
        """What the transcript of the contact has."""
        return self.fake.contacts[self.contact_id].transcript

    def say(self, content: str) -> str:
        answer = self.client.send_message(ConnectionToken=self.token, ContentType="text/plain", Content=content)
        return str(answer["Id"])

    def start_upload(self, size: int = 3) -> dict[str, Any]:
        """Announce a file."""
        answer: dict[str, Any] = self.client.start_attachment_upload(
            ConnectionToken=self.token, AttachmentName="a.txt", AttachmentSizeInBytes=size, ContentType="text/plain"
        )
        return answer

    def complete_upload(self, attachment_id: str) -> None:
        self.client.complete_attachment_upload(ConnectionToken=self.token, AttachmentIds=[attachment_id])

    def url_of(self, attachment_id: str) -> str:
        answer = self.client.get_attachment(ConnectionToken=self.token, AttachmentId=attachment_id)
        return str(answer["Url"])

    def close(self) -> None:
        """Close the sockets."""
        for socket in self._sockets:
            socket.ws.close()
            socket.ws.shutdown()  # one that was cut off is not closed by its farewell


def closing(chat: Chat) -> Iterator[Chat]:
    """Give a chat to a test, and close its sockets."""
    yield chat
    chat.close()
