"""Carries the calls of one client to the service."""

from __future__ import annotations

import weakref
from typing import Any, cast

from botocore import retryhandler
from botocore.awsrequest import AWSResponse
from botocore.model import OperationModel
from botocore.retries import standard
from botocore.validate import ParamValidationDecorator

from pytest_connect_chat._clients.answers import AnswerWriter, Http
from pytest_connect_chat._clients.exchange import Exchange, Steps
from pytest_connect_chat._clients.retries import Retries
from pytest_connect_chat._model.catalogue import limits_of
from pytest_connect_chat._model.shapes import request_problem
from pytest_connect_chat._service.request import Limit, Request, snapshot
from pytest_connect_chat._service.service import ConnectChatService


class ConnectChatStubber:
    """Answers the calls of one client from the service, in the place of its HTTP requests.

    All handlers of the client run before and after, and a user's own `Stubber` is asked first. It does not keep its
    client alive.

    Args:
        client: A botocore client of one of the two services.
        service: What decides about its calls.
        seed: What the jitter of its retries follows from.
    """

    response_class = AWSResponse
    retry_modules = (standard, retryhandler)

    def __init__(self, client: Any, service: ConnectChatService, *, seed: int | str) -> None:
        self._client = weakref.ref(client)
        self._service = service
        self._service_name: str = client.meta.service_model.service_name
        self._region: str = client.meta.region_name
        # Its configuration does not tell: the setting may stand in the configuration file too.
        self._validates = isinstance(client._serializer, ParamValidationDecorator)
        self._writer = AnswerWriter(service, self.response_class)
        self._retries = Retries(client, f"{seed}/jitter", *self.retry_modules)
        self._limits: dict[str, dict[str, Limit]] = {}

    def client_token(self) -> str:
        """Return the `ClientToken` that botocore would otherwise draw at random."""
        return self._service.state.identifiers.client_token()

    def answer(
        self, operation: OperationModel, params: dict[str, Any], request_dict: dict[str, Any], *, token_given: bool
    ) -> Any:
        """Answer a call; an operation that is not faked may be handed on, with `None`."""
        request = Request(
            service=self._service_name,
            operation=operation.name,
            params=snapshot(params),
            region=self._region,
            limits=self._limits_of(operation),
            client_token_given=token_given,
            malformed=None if self._validates else request_problem(operation, params),
        )
        client = self._client()  # it is there: its call runs
        exchange = Exchange(self._service, client, self._writer, self._retries, operation, request, request_dict)
        return self._run(exchange.steps())

    def _run(self, steps: Steps) -> Http | None:
        try:
            step = next(steps)
            while True:
                try:
                    responses = step.take()
                except BaseException as error:  # noqa: BLE001  # whatever is raised here ends the call
                    step = steps.throw(error)
                else:
                    step = steps.send(responses)
        except StopIteration as done:
            return cast("Http | None", done.value)

    def _limits_of(self, operation: OperationModel) -> dict[str, Limit]:
        limits = self._limits.get(operation.name)
        if limits is None:
            limits = self._limits[operation.name] = limits_of(operation)
        return limits
