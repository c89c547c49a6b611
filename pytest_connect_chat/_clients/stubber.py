"""The stubber that carries a client's calls to the service."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any, Final

from botocore.model import OperationModel
from botocore.stub import Stubber

from pytest_connect_chat._clients.exchange import Exchange, PendingCall, Question
from pytest_connect_chat._clients.retries import RetryPolicy

if TYPE_CHECKING:
    from pytest_connect_chat._clients.answers import Http
    from pytest_connect_chat._clients.backend import Backend

_CALL: Final = "pytest_connect_chat"


class ConnectChatStubber(Stubber):  # type: ignore[misc]  # botocore has no types
    """A `Stubber` whose answers come from the service instead of a queue.

    Its handlers stand last among those of their events, so that a user's own `Stubber` on the same client is asked
    first; and under ids of their own, because `Stubber`'s are constants and one would switch the other off.

    Args:
        client: A botocore client of one of the two services.
        backend: What answers it.
    """

    def __init__(self, client: Any, backend: Backend) -> None:
        super().__init__(client)
        self.backend = backend
        self._policy: RetryPolicy | None = None
        name = f"pytest_connect_chat_{id(backend)}"
        self._event_id = name
        self._expected_params_event_id = f"{name}_expected_params"
        self._stub_account_id_event_id = f"{name}_stub_account_id"

    def activate(self) -> None:
        """Put the handlers on the client."""
        events = self.client.meta.events
        events.register_last(
            "before-parameter-build.*.*", self._assert_expected_params, unique_id=self._expected_params_event_id
        )
        events.register_last("before-call.*.*", self._get_response_handler, unique_id=self._event_id)
        events.register(
            "before-endpoint-resolution.*",
            self._set_account_id_for_endpoint_resolution,
            unique_id=self._stub_account_id_event_id,
        )

    @property
    def retries_started(self) -> bool:
        """Whether the client's retry policy has been at work in this test."""
        return self._policy is not None

    def _assert_expected_params(
        self, model: OperationModel, params: dict[str, Any], context: dict[str, Any], **kwargs: Any
    ) -> None:
        """Claim the call, and fill in the `ClientToken` that botocore would otherwise draw at random."""
        if _CALL in context or not self.backend.is_innermost():
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
        steps = Exchange(self, model, call, params).steps()
        try:
            question = next(steps)
            while True:
                question = steps.send(self._ask_policy(question))
        except StopIteration as done:
            answer: Http | None = done.value
            if answer is not None and self._policy is not None:
                self._policy.release(context, answer[0])
            return answer

    def _ask_policy(self, question: Question) -> float | None:
        if self._policy is None:
            self._policy = RetryPolicy(self.client, Random(f"{self.backend.seed}/jitter"))
        responses = self._policy.events.emit(self._policy.event_name(question["operation"].name), **question)
        delay = next((response for _, response in responses if response is not None), None)
        return None if delay is None or delay is False else delay
