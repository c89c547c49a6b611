"""What the tests share: requests that are valid, and nested pytest runs that know a region."""

from __future__ import annotations

import asyncio
import os
import socket
from typing import Any

import pytest

INSTANCE_ID = "12345678-1234-1234-1234-123456789012"
FLOW_ID = "846ec553-a005-41c0-8341-d5d0a5f8a8a1"


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Hide the AWS configuration of whoever runs the tests."""
    nowhere = tmp_path_factory.getbasetemp() / "no-aws-configuration"
    for name in [name for name in os.environ if name.startswith(("AWS_", "BOTO_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(nowhere))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(nowhere))


@pytest.fixture
def no_sockets(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Refuse every socket connection, and return the list of those that were tried."""
    tried: list[Any] = []

    def connect(self: socket.socket, address: Any) -> None:
        tried.append(address)
        raise AssertionError(f"a socket was about to connect to {address!r}")

    monkeypatch.setattr(socket.socket, "connect", connect)
    return tried


@pytest.fixture
def parameters() -> dict[str, Any]:
    """The smallest valid request of StartChatContact."""
    return {"InstanceId": INSTANCE_ID, "ContactFlowId": FLOW_ID, "ParticipantDetails": {"DisplayName": "Ada"}}


class AwaitedClient:
    """An aiobotocore client that is called as a botocore client is: each call runs on an event loop of its own."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:
        attribute = getattr(self._client, name)
        if name not in self._client.meta.method_to_api_mapping:
            return attribute

        async def call(**parameters: Any) -> Any:
            return await attribute(**parameters)

        return lambda **parameters: asyncio.run(call(**parameters))


@pytest.fixture
def driver(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Run a test over botocore's clients and over aiobotocore's: modules ask for it with `usefixtures("driver")`."""
    if request.param == "aiobotocore":
        pytest.importorskip("aiobotocore", reason="the extra asyncio is not installed")
        from pytest_connect_chat import FakeConnectChat

        monkeypatch.setattr(
            FakeConnectChat, "client", lambda fake, service="connect": AwaitedClient(fake.aio_client(service))
        )
    return str(request.param)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give tests that ask for a driver both of them."""
    if "driver" in metafunc.fixturenames:
        metafunc.parametrize("driver", ["botocore", "aiobotocore"], indirect=True)
