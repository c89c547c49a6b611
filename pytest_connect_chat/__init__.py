"""A stateful fake of Amazon Connect's `StartChatContact` for pytest: no account, no network, real botocore errors.

Take the fixture `connect_chat` in a test, or use `FakeConnectChat` as a context manager.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pytest_connect_chat import exceptions
    from pytest_connect_chat._service.clock import Clock
    from pytest_connect_chat._service.contacts import Contact
    from pytest_connect_chat._service.fault import Fault
    from pytest_connect_chat._service.requests import ABSENT, RecordedRequest
    from pytest_connect_chat.fake import FakeConnectChat
    from pytest_connect_chat.providers import ConnectChatProvider

    __version__: str

__all__ = [
    "ABSENT",
    "Clock",
    "ConnectChatProvider",
    "Contact",
    "FakeConnectChat",
    "Fault",
    "RecordedRequest",
    "__version__",
    "exceptions",
]

_HOMES = {
    "ABSENT": "_service.requests",
    "Clock": "_service.clock",
    "ConnectChatProvider": "providers",
    "Contact": "_service.contacts",
    "FakeConnectChat": "fake",
    "Fault": "_service.fault",
    "RecordedRequest": "_service.requests",
}


def __getattr__(name: str) -> Any:
    # Every pytest run of the environment imports this package: names are looked up only when somebody asks for them.
    from importlib import import_module, metadata

    if name == "__version__":
        return metadata.version("pytest-connect-chat")
    if name == "exceptions":
        return import_module("pytest_connect_chat.exceptions")
    if name in _HOMES:
        return getattr(import_module(f"pytest_connect_chat.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'pytest_connect_chat' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
