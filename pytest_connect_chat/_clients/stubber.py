"""The stubber that carries a client's calls to the service."""

from __future__ import annotations

import threading
from collections.abc import Generator
from random import Random
from typing import TYPE_CHECKING, Any, Final, cast

from botocore.model import OperationModel
from botocore.stub import Stubber

from pytest_connect_chat._clients.exchange import Exchange, PendingCall, Question
from pytest_connect_chat._clients.retries import RetryPolicy, max_attempts

if TYPE_CHECKING:
    from pytest_connect_chat._clients.answers import Http
    from pytest_connect_chat._clients.backend import Backend

_CALL: Final = "pytest_connect_chat"

Steps = Generator[Question, float | None, "Http | None"]


class ConnectChatStubber(Stubber):  # type: ignore[misc]  # botocore has no types
    """A `Stubber` whose answers come from the service instead of a queue.

    Its handlers stand at the roots of their events, so that everybody else's run before: a user's own `Stubber` on the
    same client is asked first, and no handler of the application goes missing because we answered. They have ids of
    their own, because `Stubber`'s are constants and one would switch the other off.

    Args:
        client: A botocore client of one of the two services.
        backend: What answers it.
    """

    def __init__(self, client: Any, backend: Backend) -> None:
        super().__init__(client)
        self.backend = backend
        self._lock = threading.Lock()
        self._policy: RetryPolicy | None = None
        name = f"pytest_connect_chat_{id(backend)}"
        self._event_id = name
        self._expected_params_event_id = f"{name}_expected_params"
        self._stub_account_id_event_id = f"{name}_stub_account_id"

    def activate(self) -> None:
        """Put the handlers on the client."""
        events = self.client.meta.events
        events.register_first(
            "before-parameter-build", self._assert_expected_params, unique_id=self._expected_params_event_id
        )
        events.register_last("before-call", self._get_response_handler, unique_id=self._event_id)
        events.register(
            "before-endpoint-resolution.*",
            self._set_account_id_for_endpoint_resolution,
            unique_id=self._stub_account_id_event_id,
        )

    def deactivate(self) -> None:
        """Take the handlers off the client."""
        events = self.client.meta.events
        events.unregister("before-parameter-build", unique_id=self._expected_params_event_id)
        events.unregister("before-call", unique_id=self._event_id)
        events.unregister("before-endpoint-resolution.*", unique_id=self._stub_account_id_event_id)

    @property
    def retries_started(self) -> bool:
        """Whether the client's retry policy has been at work in this test."""
        return self._policy is not None

    def _assert_expected_params(
        self, model: OperationModel, params: dict[str, Any], context: dict[str, Any], **kwargs: Any
    ) -> None:
        """Claim the call, and fill in the `ClientToken` that botocore would otherwise draw at random."""
        if _CALL in context or not self.backend.decides():
            return
        given = "ClientToken" in params
        if not given and "ClientToken" in model.idempotent_members:
            params["ClientToken"] = self.backend.service.identifiers.client_token()
        context[_CALL] = PendingCall(self, params, given)

    def _get_response_handler(
        self, model: OperationModel, params: dict[str, Any], context: dict[str, Any], **kwargs: Any
    ) -> Http | None:
        """Answer the call."""
        call = context.get(_CALL)
        if call is None or call.claimed_by is not self:
            return None
        exchange = Exchange(self, model, call, params)
        try:
            answer: Http | None = self._run(exchange.steps())
        except Exception as error:
            if error is exchange.network_error:  # botocore says so for what its endpoint raises, not for a handler
                self.client.meta.events.emit(_event("after-call-error", model), exception=error, context=context)
            raise
        if answer is not None and self._policy is not None:
            self._policy.release(context, answer[0])
        return answer

    def _run(self, steps: Steps) -> Http | None:
        try:
            question = next(steps)
            while True:
                try:
                    delay = self._ask_policy(question)
                except Exception as error:  # noqa: BLE001  # whatever a handler raises ends the call, as in botocore
                    question = steps.throw(error)
                else:
                    question = steps.send(delay)
        except StopIteration as done:
            return cast("Http | None", done.value)

    def max_attempts(self) -> int:
        """Return how many attempts the client's retry policy allows a call."""
        return max_attempts(self.client)

    def _ask_policy(self, question: Question) -> float | None:
        if self._policy is None:
            with self._lock:
                self._policy = self._policy or RetryPolicy(self.client, Random(f"{self.backend.seed}/jitter"))
        responses = self._policy.events.emit(_event("needs-retry", question["operation"]), **question)
        delay = next((response for _, response in responses if response is not None), None)
        return None if delay is None or delay is False else delay


def _event(name: str, operation: OperationModel) -> str:
    return f"{name}.{operation.service_model.service_id.hyphenize()}.{operation.name}"
