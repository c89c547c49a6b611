"""The stubber for aiobotocore's clients: the same steps, awaited."""

from __future__ import annotations

from random import Random
from typing import Any, cast

from aiobotocore import retryhandler
from aiobotocore.awsrequest import AioAWSResponse
from aiobotocore.retries import standard
from aiobotocore.stub import AioStubber
from botocore.model import OperationModel

from pytest_connect_chat._clients.answers import Http
from pytest_connect_chat._clients.retries import RetryPolicy
from pytest_connect_chat._clients.stubber import ConnectChatStubber, Steps


class AioConnectChatStubber(ConnectChatStubber, AioStubber):  # type: ignore[misc]  # aiobotocore has no types
    """A `ConnectChatStubber` for a client whose events are awaited."""

    response_class = AioAWSResponse

    async def _get_response_handler(  # type: ignore[override]
        self, model: OperationModel, params: dict[str, Any], context: dict[str, Any], **kwargs: Any
    ) -> Http | None:
        """Answer the call."""
        exchange = self.exchange(model, params, context)
        return None if exchange is None else await self._run(exchange.steps())

    async def _run(self, steps: Steps) -> Http | None:  # type: ignore[override]
        try:
            emission = next(steps)
            while True:
                try:
                    responses = await emission.emit()
                except Exception as error:  # noqa: BLE001  # whatever a handler raises ends the call, as in botocore
                    emission = steps.throw(error)
                else:
                    emission = steps.send(responses)
        except StopIteration as done:
            return cast("Http | None", done.value)

    def make_policy(self, jitter: Random) -> RetryPolicy:
        """Return the client's retry policy, with aiobotocore's handlers."""
        return RetryPolicy(self.client, jitter, standard, retryhandler)
