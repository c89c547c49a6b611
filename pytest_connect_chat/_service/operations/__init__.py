"""The faked operations, one small module each, and the table of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Final

from pytest_connect_chat._service.answer import Answer
from pytest_connect_chat._service.operations.start_chat_contact import start_chat_contact
from pytest_connect_chat._service.operations.stop_contact import stop_contact
from pytest_connect_chat._service.wire import Request

if TYPE_CHECKING:
    from pytest_connect_chat._service.service import ConnectChatService

Operation = Callable[["ConnectChatService", Request, datetime], Answer]

OPERATIONS: Final[dict[tuple[str, str], Operation]] = {
    ("connect", "StartChatContact"): start_chat_contact,
    ("connect", "StopContact"): stop_contact,
}
