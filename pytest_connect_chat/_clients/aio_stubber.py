"""The stubber for aiobotocore's clients: the same steps, awaited."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, cast

from aiobotocore import retryhandler
from aiobotocore.awsrequest import AioAWSResponse
from aiobotocore.retries import standard

from pytest_connect_chat._clients.answers import Http
from pytest_connect_chat._clients.exchange import Emission, Step, Steps
from pytest_connect_chat._clients.stubber import ConnectChatStubber


class AioConnectChatStubber(ConnectChatStubber):
    """A `ConnectChatStubber` for a client whose events are awaited."""

    response_class = AioAWSResponse
    retry_modules = (standard, retryhandler)

    async def _run(self, steps: Steps) -> Http | None:  # type: ignore[override]
        try:
            step = next(steps)
            while True:
                try:
                    responses = await _taken(step)
                except BaseException as error:  # noqa: BLE001  # whatever is raised here ends the call
                    step = steps.throw(error)
                else:
                    step = steps.send(responses)
        except StopIteration as done:
            return cast("Http | None", done.value)


async def _taken(step: Step) -> Any:
    if isinstance(step, Emission):
        return await step.take()
    await _Turn()
    return step.take()


class _Turn:
    """Lets the other tasks of the event loop run, as a call that waits does; `asyncio.sleep` is the application's."""

    def __await__(self) -> Generator[None, None, None]:
        yield
