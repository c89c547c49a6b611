"""The stubber that carries a client's calls to the service."""

from __future__ import annotations

from collections.abc import Callable
from inspect import signature
from typing import Any, TypeVar, cast

from botocore import retryhandler
from botocore.awsrequest import AWSResponse
from botocore.model import OperationModel
from botocore.retries import standard
from botocore.stub import Stubber
from botocore.validate import ParamValidationDecorator

from pytest_connect_chat._clients.answers import AnswerWriter, Http
from pytest_connect_chat._clients.exchange import Exchange, Steps
from pytest_connect_chat._clients.interception import Call, call_in
from pytest_connect_chat._clients.place import place_of_call
from pytest_connect_chat._clients.retries import Retries
from pytest_connect_chat._model.catalogue import limits_of
from pytest_connect_chat._model.shapes import request_problem
from pytest_connect_chat._service.request import Limit, Request, malformed_snapshot, snapshot
from pytest_connect_chat._service.service import ConnectChatService

Handler = TypeVar("Handler", bound=Callable[..., Any])


def signed(handler: Handler) -> Handler:
    """Store a handler's signature on it: botocore works it out whenever a handler is registered, again in each test."""
    vars(handler)["__signature__"] = signature(handler)
    return handler


class ConnectChatStubber(Stubber):  # type: ignore[misc]  # botocore has no types
    """A `Stubber` whose answers come from the service instead of a queue.

    Its handlers are registered at the roots of their events, so that all others run before: a user's own `Stubber` on
    the same client is asked first, and no handler of the application is skipped because we answered. They have ids of
    their own, because `Stubber`'s ids are constants and one stubber would remove the other.

    Args:
        client: A botocore client of one of the two services.
        service: The service that answers its calls.
        seed: What the jitter of its retries follows from.
        event_id: What the ids of its handlers begin with.

    Attributes:
        is_active: Whether its handlers are on the client.
    """

    response_class = AWSResponse
    retry_modules = (standard, retryhandler)

    def __init__(self, client: Any, service: ConnectChatService, *, seed: int | str, event_id: str) -> None:
        super().__init__(client)
        self.is_active = False
        self._service = service
        self._claim_id, self._answer_id = f"{event_id}_claim", f"{event_id}_answer"
        self._service_name: str = client.meta.service_model.service_name
        self._region: str = client.meta.region_name
        # The client's configuration does not tell: the setting may be in the AWS configuration file too.
        self._validates = isinstance(client._serializer, ParamValidationDecorator)
        self._writer = AnswerWriter(service, self.response_class)
        self._retries = Retries(client, f"{seed}/jitter", *self.retry_modules)
        self._limits: dict[str, dict[str, Limit]] = {}

    def activate(self) -> None:
        """Put the handlers on the client."""
        events = self.client.meta.events
        events.register_first("before-parameter-build", self.claim, unique_id=self._claim_id)
        events.register_last("before-call", self.answer, unique_id=self._answer_id)
        self.is_active = True

    def deactivate(self) -> None:
        """Take the handlers off the client."""
        self.is_active = False
        events = self.client.meta.events
        events.unregister("before-parameter-build", unique_id=self._claim_id)
        events.unregister("before-call", unique_id=self._answer_id)
        # After an interrupt, the emitter may still know the handlers, but no longer their ids.
        events.unregister("before-parameter-build", self.claim)
        events.unregister("before-call", self.answer)

    @signed
    def claim(self, model: OperationModel, params: dict[str, Any], context: dict[str, Any], **kwargs: Any) -> None:
        """Claim the call, and fill in the `ClientToken` that botocore would otherwise draw at random."""
        call = call_in(context)
        if call is None or call.stubber is not self or call.params is not None:
            return
        call.client_token_given = "ClientToken" in params
        if not call.client_token_given and "ClientToken" in model.idempotent_members:
            params["ClientToken"] = self._service.state.identifiers.client_token()
        call.params = params

    @signed
    def answer(
        self, model: OperationModel, params: dict[str, Any], context: dict[str, Any], **kwargs: Any
    ) -> Http | None:
        """Answer the call; an operation that is not faked may be handed on, with `None`."""
        __tracebackhide__ = True
        call = self.call_to_answer(context)
        if call is None:
            return None
        try:
            exchange = self.exchange(call, model, params)
            answer = exchange.at_once() or self._run(exchange.steps())
        except BaseException as error:  # noqa: BLE001  # whatever is raised here ends the call
            call.fail(error)
        if answer is not None:
            call.end()
        return answer

    def call_to_answer(self, context: dict[str, Any]) -> Call | None:
        """Return the call of a context, or `None` where it is not ours to answer, or answered already."""
        call = call_in(context)
        if call is None or call.stubber is not self or call.params is None or call.is_answered:
            return None
        call.is_answered = True
        return call

    def exchange(self, call: Call, model: OperationModel, request_dict: dict[str, Any]) -> Exchange:
        """Return the exchange of a call with the service."""
        params = call.params or {}
        malformed = None if self._validates else request_problem(model, params)
        request = Request(
            self._service_name,
            model.name,
            snapshot(params) if malformed is None else malformed_snapshot(params),
            self._region,
            self._limits_of(model),
            call.client_token_given,
            place_of_call,
            malformed,
        )
        return Exchange(self._service, self.client, self._writer, self._retries, model, request, request_dict)

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
