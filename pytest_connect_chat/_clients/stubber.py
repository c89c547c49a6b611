"""The stubber that carries a client's calls to the service."""

from __future__ import annotations

import threading
from random import Random
from typing import TYPE_CHECKING, Any, Final, cast

from botocore import retryhandler
from botocore.awsrequest import AWSResponse
from botocore.model import OperationModel
from botocore.retries import standard
from botocore.stub import Stubber

from pytest_connect_chat._clients.answers import AnswerWriter, Http
from pytest_connect_chat._clients.exchange import Exchange, PendingCall, Steps
from pytest_connect_chat._clients.model import limits_of
from pytest_connect_chat._clients.retries import RetryPolicy, max_attempts
from pytest_connect_chat._service.request import Limit

if TYPE_CHECKING:
    from pytest_connect_chat._clients.backend import Backend

_CALL: Final = "pytest_connect_chat"


class ConnectChatStubber(Stubber):  # type: ignore[misc]  # botocore has no types
    """A `Stubber` whose answers come from the service instead of a queue.

    Its handlers stand at the roots of their events, so that everybody else's run before: a user's own `Stubber` on the
    same client is asked first, and no handler of the application goes missing because we answered. They have ids of
    their own, because `Stubber`'s are constants and one would switch the other off.

    Args:
        client: A botocore client of one of the two services.
        backend: What answers it.
    """

    response_class = AWSResponse
    retries_started = False  # whether the client's retry policy has been at work in this test

    def __init__(self, client: Any, backend: Backend) -> None:
        super().__init__(client)
        self.backend = backend
        self.service: str = client.meta.service_model.service_name
        self.region: str = client.meta.region_name
        self.writer = AnswerWriter(backend.service, self.response_class)
        self._lock = threading.Lock()
        self._policy: RetryPolicy | None = None
        self._limits: dict[str, dict[str, Limit]] = {}
        name = f"pytest_connect_chat_{id(backend)}"
        self._event_id = name
        self._expected_params_event_id = f"{name}_expected_params"

    def activate(self) -> None:
        """Put the handlers on the client."""
        events = self.client.meta.events
        events.register_first(
            "before-parameter-build", self._assert_expected_params, unique_id=self._expected_params_event_id
        )
        events.register_last("before-call", self._get_response_handler, unique_id=self._event_id)
        events._emitter._lookup_cache = _HandlerLists(events._emitter)

    def deactivate(self) -> None:
        """Take the handlers off the client."""
        events = self.client.meta.events
        events.unregister("before-parameter-build", unique_id=self._expected_params_event_id)
        events.unregister("before-call", unique_id=self._event_id)

    def _assert_expected_params(
        self, model: OperationModel, params: dict[str, Any], context: dict[str, Any], **kwargs: Any
    ) -> None:
        """Claim the call, and fill in the `ClientToken` that botocore would otherwise draw at random."""
        if _CALL in context or not self.backend.decides():
            return
        given = "ClientToken" in params
        if not given and "ClientToken" in model.idempotent_members:
            params["ClientToken"] = self.backend.service.state.identifiers.client_token()
        context[_CALL] = PendingCall(self, params, given)

    def _get_response_handler(
        self, model: OperationModel, params: dict[str, Any], context: dict[str, Any], **kwargs: Any
    ) -> Http | None:
        """Answer the call."""
        exchange = self.exchange(model, params, context)
        return None if exchange is None else self._run(exchange.steps())

    def exchange(self, model: OperationModel, params: dict[str, Any], context: dict[str, Any]) -> Exchange | None:
        """Return the exchange of a call, or `None` where it is not ours to answer."""
        call = context.get(_CALL)
        return Exchange(self, model, call, params) if call is not None and call.claimed_by is self else None

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

    @property
    def policy(self) -> RetryPolicy:
        """The client's retry policy, made when it is needed first."""
        if self._policy is None:
            self.retries_started = True
            with self._lock:
                self._policy = self._policy or self.make_policy(Random(f"{self.backend.seed}/jitter"))
        return self._policy

    def make_policy(self, jitter: Random) -> RetryPolicy:
        """Return the client's retry policy, with botocore's handlers."""
        return RetryPolicy(self.client, jitter, standard, retryhandler)

    def limits(self, operation: OperationModel) -> dict[str, Limit]:
        """Return the limits that the client's model has for an operation's request."""
        limits = self._limits.get(operation.name)
        if limits is None:
            limits = self._limits[operation.name] = limits_of(operation)
        return limits

    def max_attempts(self) -> int:
        """Return how many attempts the client's retry policy allows a call: one once its retry quota runs low."""
        return 1 if self._policy is not None and self._policy.runs_low else max_attempts(self.client)


class _HandlerLists(dict[str, Any]):
    """An emitter's cache of its lists of handlers, each looked up at the moment it is stored.

    An emitter stores what it found a moment ago. A call outside of the fake that runs while the fake comes would leave
    a list without our handlers, and all later calls would go elsewhere.
    """

    def __init__(self, emitter: Any) -> None:
        super().__init__()
        self._emitter = emitter

    def __setitem__(self, event_name: str, found: Any) -> None:
        super().__setitem__(event_name, self._emitter._handlers.prefix_search(event_name))
