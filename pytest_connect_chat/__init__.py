"""A stateful fake of Amazon Connect's `StartChatContact` for pytest: no account, no network, real botocore errors.

Take the fixture `connect_chat` in a test, or use `FakeConnectChat` as a context manager.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pytest_connect_chat import exceptions
    from pytest_connect_chat._endpoint.endpoint import ConnectChatEndpoint
    from pytest_connect_chat._service.chats.attachments import Attachment
    from pytest_connect_chat._service.chats.notifications import Notification, Streaming
    from pytest_connect_chat._service.chats.transcript import TranscriptItem
    from pytest_connect_chat._service.clock import Clock
    from pytest_connect_chat._service.contacts.contact import Contact
    from pytest_connect_chat._service.faults.plan import Fault
    from pytest_connect_chat._service.other_side.chat_participant import ChatParticipant
    from pytest_connect_chat._service.other_side.flow_chat import FlowChat
    from pytest_connect_chat._service.records.matching import ABSENT
    from pytest_connect_chat._service.records.recorded_request import RecordedError, RecordedRequest
    from pytest_connect_chat._service.records.request_log import RequestLog
    from pytest_connect_chat._service.sockets import ChatSocket
    from pytest_connect_chat.fake import FakeConnectChat
    from pytest_connect_chat.providers import ConnectChatProvider, RequestFactory

    __version__: str
else:  # hidden from type checkers, which would accept any name

    def __getattr__(name: str) -> Any:
        # Every pytest run of the environment imports this package, so a name is imported only once it is used.
        from importlib import import_module, metadata

        if name == "__version__":
            return metadata.version("pytest-connect-chat")
        if name == "exceptions":
            return import_module("pytest_connect_chat.exceptions")
        if name in _HOMES:
            return getattr(import_module(f"pytest_connect_chat.{_HOMES[name]}"), name)
        raise AttributeError(f"module 'pytest_connect_chat' has no attribute {name!r}")


__all__ = [
    "ABSENT",
    "Attachment",
    "ChatParticipant",
    "ChatSocket",
    "Clock",
    "ConnectChatEndpoint",
    "ConnectChatProvider",
    "Contact",
    "FakeConnectChat",
    "Fault",
    "FlowChat",
    "Notification",
    "RecordedError",
    "RecordedRequest",
    "RequestFactory",
    "RequestLog",
    "Streaming",
    "TranscriptItem",
    "__version__",
    "exceptions",
]

_HOMES = {
    "ABSENT": "_service.records.matching",
    "Attachment": "_service.chats.attachments",
    "ChatParticipant": "_service.other_side.chat_participant",
    "Clock": "_service.clock",
    "ConnectChatEndpoint": "_endpoint.endpoint",
    "ConnectChatProvider": "providers",
    "Contact": "_service.contacts.contact",
    "FakeConnectChat": "fake",
    "Fault": "_service.faults.plan",
    "FlowChat": "_service.other_side.flow_chat",
    "Notification": "_service.chats.notifications",
    "RecordedError": "_service.records.recorded_request",
    "RecordedRequest": "_service.records.recorded_request",
    "RequestFactory": "providers",
    "RequestLog": "_service.records.request_log",
    "ChatSocket": "_service.sockets",
    "Streaming": "_service.chats.notifications",
    "TranscriptItem": "_service.chats.transcript",
}


def __dir__() -> list[str]:
    return sorted(__all__)
