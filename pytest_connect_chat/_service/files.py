"""Files at their pre-signed URLs: sent with PUT, read with GET, and refused as S3 does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import NamedTuple

from pytest_connect_chat._service.chats.attachments import Attachment
from pytest_connect_chat._service.state import ServiceState
from pytest_connect_chat._service.urls import FileTicket


class FileAnswer(NamedTuple):
    """The answer at a file's URL.

    Attributes:
        status: The HTTP status.
        code: S3's error code, empty for success.
        message: The error's message.
        content: The bytes of the file that is read.
        headers: The headers that S3 gives with them.
    """

    status: int = HTTPStatus.OK.value
    code: str = ""
    message: str = ""
    content: bytes = b""
    headers: Mapping[str, str] = {}


def serve_file(
    state: ServiceState, method: str, attachment_id: str, signature: str, headers: Mapping[str, str], body: bytes
) -> FileAnswer:
    """Answer a request at the URL of a file.

    A file can be sent again until its upload is completed, and not afterwards (assumed).

    Args:
        state: What the service holds.
        method: The HTTP method.
        attachment_id: The file that the path names.
        signature: The `X-Amz-Signature` of the query.
        headers: The request's headers, by their names in lower case.
        body: The request's body.
    """
    with state.moment() as now:
        ticket = state.urls.file_ticket(signature)
        if ticket is None or (ticket.attachment_id, ticket.method) != (attachment_id, method):
            return _refusal("SignatureDoesNotMatch", f"No URL with this signature was given out to {method} this file.")
        if now >= ticket.until:
            return _refusal("AccessDenied", "Request has expired")
        chat = state.attachments.chat_of(attachment_id)
        attachment = state.attachments.find(chat, attachment_id)
        if attachment is None or method == "GET":
            return _read(attachment)
        refusal = _refusal_of_file(attachment, ticket, headers, body)
        if refusal is None:
            state.attachments.keep(chat, replace(attachment, content=body))
        return refusal or FileAnswer()


def _read(attachment: Attachment | None) -> FileAnswer:
    if attachment is None or attachment.content is None:
        return FileAnswer(HTTPStatus.NOT_FOUND.value, "NoSuchKey", "The file has never been sent.")
    headers = {"Content-Type": attachment.content_type, "Content-Disposition": attachment.content_disposition}
    return FileAnswer(content=attachment.content, headers=headers)


def _refusal_of_file(
    attachment: Attachment, ticket: FileTicket, headers: Mapping[str, str], body: bytes
) -> FileAnswer | None:
    """Return the refusal of a file that is not as it was announced, or comes too late; `None` for one that is taken."""
    announced = ticket.headers["Content-Length"]
    if "content-length" not in headers:
        problem = "The file came without a Content-Length: it has to be sent in one piece."
        return FileAnswer(HTTPStatus.LENGTH_REQUIRED.value, "MissingContentLength", problem)
    wrong = [name for name, value in ticket.headers.items() if headers.get(name.lower(), "") != value]
    if "Content-Length" in wrong or str(len(body)) != announced:
        problem = f"The file has {len(body)} bytes, and {announced} were announced in AttachmentSizeInBytes."
        return _refusal("SignatureDoesNotMatch", problem)
    if wrong:
        problem = f"These headers are not as HeadersToInclude of StartAttachmentUpload has them: {', '.join(wrong)}."
        return _refusal("SignatureDoesNotMatch", problem)
    if attachment.is_uploaded:
        return _refusal("AccessDenied", "The upload of this file is completed.")
    return None


def _refusal(code: str, message: str) -> FileAnswer:
    return FileAnswer(HTTPStatus.FORBIDDEN.value, code, message)
