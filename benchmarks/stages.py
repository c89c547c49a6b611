"""Where the time of a call on the fake goes: its stages, each timed inside of whole calls."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from time import perf_counter
from typing import Any, Final
from unittest.mock import patch

import peers
from measuring import Row, Scale

from pytest_connect_chat import FakeConnectChat

# What is indented is part of what stands above it. A stage is slower here than in a loop of its own, by half or more:
# between two calls botocore takes the processor's caches for itself.
STAGES: Final = {
    "begin, under the fake that decides": "_clients.interception:InterceptedCall.begin",
    "claim it, fill in its ClientToken": "_clients.stubber:ConnectChatStubber.claim",
    "answer it": "_clients.stubber:ConnectChatStubber.answer",
    "  copy the request": "_clients.stubber:snapshot",
    "  check and commit it": "_service.service:ConnectChatService.attempt",
    "    end what is due": "_service.deadlines:Deadlines.settle",
    "    check it against the rules": "_service.rules.applied:AppliedRules.check",
    "    make the contact": "_service.operations.start_chat_contact:_new_contact",
    "      draw two ids and a token": "_service.identifiers:Identifiers.contact",
    "    register the contact": "_service.contacts.store:ContactStore.add",
    "    remember its ClientToken": "_service.idempotency:UsedTokens.remember",
    "  write the answer": "_clients.answers:AnswerWriter.success",
    "    draw a request id": "_service.identifiers:Identifiers.request_id",
    "  record it": "_service.service:ConnectChatService.close",
    "end": "_clients.interception:InterceptedCall.end",
}


def stages(scale: Scale) -> Iterator[Row]:
    """Time the stages one after the other, so that none pays for looking at another."""
    client = peers.botocore_driver().new_client()
    for stage, place in STAGES.items():
        yield Row(stage, _shares(client, place, scale.calls * scale.runs), "%")


def _shares(client: Any, place: str, calls: int) -> list[float]:
    """Return how much of each call a function takes, in percent."""
    owner, name = _found(place)
    function = getattr(owner, name)
    spent = 0.0

    def timed(*arguments: Any, **keywords: Any) -> Any:
        nonlocal spent
        start = perf_counter()
        try:
            return function(*arguments, **keywords)
        finally:
            spent = perf_counter() - start

    def share(**keywords: Any) -> float:
        start = perf_counter()
        client.start_chat_contact(**keywords)
        return 100 * spent / (perf_counter() - start)

    with FakeConnectChat(max_active_chats=peers.UNBOUNDED), patch.object(owner, name, timed):
        return [share(**peers.REQUEST) for _ in range(peers.WARMING + calls)][peers.WARMING :]


def _found(place: str) -> tuple[Any, str]:
    module, _, path = place.partition(":")
    *owners, name = path.split(".")
    owner: Any = import_module(f"pytest_connect_chat.{module}")
    for step in owners:
        owner = getattr(owner, step)
    return owner, name
