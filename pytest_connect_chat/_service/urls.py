"""The URLs that the service gives: of a chat's WebSocket, and of files to send and to read."""

from __future__ import annotations

from typing import Final

from pytest_connect_chat._service.chats.attachments import Attachment
from pytest_connect_chat._service.identifiers import Identifiers
from pytest_connect_chat._service.participants import Participant

# Longer than the 253 characters that a host name can have: no resolver asks a name server for it, not even a local one,
# and what cannot connect to it names it.
NOBODY: Final = (
    "this-url-is-of-pytest-connect-chat."
    "nothing-listens-at-it-and-its-name-is-too-long-to-be-looked-up."
    "a-test-answers-it-in-its-place-for-example-with-responses."
    "or-looks-at-the-contact-instead-which-has-a-transcript."
    "see-the-page-the-chat-after-it-has-started-in-its-documentation"
)


class UnservedUrls:
    """URLs in the service's form at which nothing listens: who opens one stays on this machine, and fails.

    Args:
        identifiers: Gives what is secret in a URL.
    """

    def __init__(self, identifiers: Identifiers) -> None:
        self._identifiers = identifiers

    def websocket(self, participant: Participant, region: str) -> str:
        """Return a new URL of the WebSocket of a participant's chat."""
        name, token = self._identifiers.websocket()
        return f"wss://{name}.{NOBODY}.transport.connect.{region}.amazonaws.com/?AuthToken={token}"

    def upload(self, attachment: Attachment, region: str, seconds: int) -> str:
        """Return a new URL to which a file is sent, and which holds for some seconds."""
        return self._presigned(attachment, region, seconds)

    def download(self, attachment: Attachment, region: str, seconds: int) -> str:
        """Return a new URL from which a file is read, and which holds for some seconds."""
        return self._presigned(attachment, region, seconds)

    def _presigned(self, attachment: Attachment, region: str, seconds: int) -> str:
        return (
            f"https://amazon-connect-chat-attachments.{NOBODY}.s3.{region}.amazonaws.com/chat/{attachment.attachment_id}"
            f"?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Expires={seconds}"
            f"&X-Amz-Signature={self._identifiers.signature()}"
        )
