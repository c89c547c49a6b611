"""The URLs that the service gives: of the WebSockets of chats, and of files to send and to read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from pytest_connect_chat._service.chats.attachments import Attachment
from pytest_connect_chat._service.identifiers import Identifiers
from pytest_connect_chat._service.participants import Participant

# With this, a host name is longer than the 253 characters that are allowed. So no resolver asks a name server for it,
# and the error of a client that tries to connect shows this text.
NOBODY: Final = (
    "this-url-is-of-pytest-connect-chat."
    "nothing-listens-at-it-and-its-name-is-too-long-to-be-looked-up."
    "a-test-that-takes-connect-chat-endpoint-can-open-it."
    "or-looks-at-the-contact-instead-which-has-a-transcript."
    "see-the-page-the-endpoint-in-its-documentation"
)
FILES: Final = "/chat/"  # the beginning of the path of a file's URL


class SocketTicket(NamedTuple):
    """What a WebSocket's URL allows: to open a socket of one participant, for a while."""

    participant: Participant
    until: datetime


class FileTicket(NamedTuple):
    """What the URL of a file allows, for a while.

    Attributes:
        attachment_id: The file.
        method: The HTTP method: `"PUT"` sends it, `"GET"` reads it.
        until: When the URL expires.
        headers: The headers that the file has to be sent with.
    """

    attachment_id: str
    method: str
    until: datetime
    headers: Mapping[str, str]


class UnservedUrls:
    """URLs in the service's form at which nothing listens: a client that opens one fails without leaving the machine.

    Args:
        identifiers: Gives the tokens and signatures of URLs.
    """

    are_served = False

    def __init__(self, identifiers: Identifiers) -> None:
        self._identifiers = identifiers

    def websocket(self, participant: Participant, region: str, until: datetime) -> str:
        """Return a new URL of the WebSocket of a participant's chat."""
        name, token = self._identifiers.websocket()
        return f"wss://{name}.{NOBODY}.transport.connect.{region}.amazonaws.com/?AuthToken={token}"

    def file(
        self, method: str, attachment: Attachment, region: str, now: datetime, seconds: int, headers: Mapping[str, str]
    ) -> str:
        """Return a new URL of a file."""
        host = f"amazon-connect-chat-attachments.{NOBODY}.s3.{region}.amazonaws.com"
        return f"https://{host}{_signed_path(attachment, seconds, self._identifiers.signature())}"

    def socket_ticket(self, token: str) -> SocketTicket | None:
        """Return what an `AuthToken` allows: nothing."""
        return None

    def file_ticket(self, signature: str) -> FileTicket | None:
        """Return what a signature allows: nothing."""
        return None


class ServedUrls:
    """URLs that lead to a server on loopback, which asks here what each of them allows.

    Args:
        identifiers: Gives the tokens and signatures of URLs.
        address: Where the server listens, for example `"127.0.0.1:4711"`. At another host than this one, AWS's chat
            library for browsers opens no socket without TLS.

    """

    are_served = True

    def __init__(self, identifiers: Identifiers, address: str) -> None:
        self._socket_tickets: dict[str, SocketTicket] = {}
        self._file_tickets: dict[str, FileTicket] = {}
        self._identifiers = identifiers
        self._address = address

    def websocket(self, participant: Participant, region: str, until: datetime) -> str:
        """Return a new URL of the WebSocket of a participant's chat."""
        _, token = self._identifiers.websocket()
        self._socket_tickets[token] = SocketTicket(participant, until)
        return f"ws://{self._address}/?AuthToken={token}"

    def file(
        self, method: str, attachment: Attachment, region: str, now: datetime, seconds: int, headers: Mapping[str, str]
    ) -> str:
        """Return a new URL of a file, for one HTTP method and with the headers that its request has to have."""
        signature = self._identifiers.signature()
        until = now + timedelta(seconds=seconds)
        self._file_tickets[signature] = FileTicket(attachment.attachment_id, method, until, headers)
        return f"http://{self._address}{_signed_path(attachment, seconds, signature)}"

    def socket_ticket(self, token: str) -> SocketTicket | None:
        """Return what an `AuthToken` allows, `None` for one that was not given out."""
        return self._socket_tickets.get(token)

    def file_ticket(self, signature: str) -> FileTicket | None:
        """Return what a signature allows, `None` for one that was not given out."""
        return self._file_tickets.get(signature)


def _signed_path(attachment: Attachment, seconds: int, signature: str) -> str:
    return (
        f"{FILES}{attachment.attachment_id}?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Expires={seconds}"
        f"&X-Amz-Signature={signature}"
    )


Urls = UnservedUrls | ServedUrls
