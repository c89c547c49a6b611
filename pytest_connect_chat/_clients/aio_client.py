"""aiobotocore clients, made without an event loop."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from pytest_connect_chat._model.loader import OwnLoader
from pytest_connect_chat.exceptions import MissingExtraError


def new_aio_client(service: str, **settings: Any) -> Any:
    """Return an aiobotocore client.

    Its HTTP session is not opened, since nothing is ever sent; so there is nothing to close either.

    Args:
        service: `"connect"` or `"connectparticipant"`.
        **settings: Keywords of `create_client`; with credentials among them, making the client waits for nothing.

    Raises:
        MissingExtraError: aiobotocore is not installed.
    """
    try:
        from aiobotocore.session import AioSession
    except ImportError:
        raise MissingExtraError(
            "The async clients need aiobotocore: install pytest-connect-chat[asyncio], and pytest-asyncio with it."
        ) from None
    session = AioSession()
    session.register_component("data_loader", OwnLoader())
    return _result_of(session._create_client(service, **settings))


def _result_of(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine that waits for nothing."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        return done.value
    coroutine.close()
    raise RuntimeError("aiobotocore waits while it makes a client; please report this with its version")
