"""The stubber for aiobotocore's clients: the same steps, awaited."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, cast

from aiobotocore import retryhandler
from aiobotocore.awsrequest import AioAWSResponse
from aiobotocore.retries import standard
from aiobotocore.stub import AioStubber
from botocore.model import OperationModel

from pytest_connect_chat._clients.answers import Http
from pytest_connect_chat._clients.exchange import Emission, Step, Steps
from pytest_connect_chat._clients.stubber import ConnectChatStubber, signed


class AioConnectChatStubber(ConnectChatStubber, AioStubber):  # type: ignore[misc]  # aiobotocore has no types
    """A `ConnectChatStubber` for a client whose events are awaited."""

    response_class = AioAWSResponse
    retry_modules = (standard, retryhandler)

    @signed
    async def answer(  # type: ignore[override]
        self, model: OperationModel, params: dict[str, Any], context: dict[str, Any], **kwargs: Any
    ) -> Http | None:
        """Answer the call; an operation that is not faked may be handed on, with `None`."""
        __tracebackhide__ = True
        call = self.call_to_answer(context)
        if call is None:
            return None
        try:
            exchange = self.exchange(call, model, params)
            answer = exchange.at_once() or await self._run(exchange.steps())
        except BaseException as error:  # noqa: BLE001  # whatever is raised here ends the call
            call.fail(error)
        if answer is not None:
            call.end()
        return answer

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
    """Gives the other tasks of the event loop a turn, as `asyncio.sleep(0)` does, which a test may have replaced."""

    def __await__(self) -> Generator[None, None, None]:
        yield
