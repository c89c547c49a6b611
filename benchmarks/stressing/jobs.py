"""What callers do: jobs, each of some calls, whatever kind of client they go through."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

INSTANCE = "12345678-1234-1234-1234-123456789012"
REQUEST = {
    "InstanceId": INSTANCE,
    "ContactFlowId": "846ec553-a005-41c0-8341-d5d0a5f8a8a1",
    "ParticipantDetails": {"DisplayName": "Ada"},
}

Step = tuple[str, dict[str, Any]]
Job = Generator[Step, dict[str, Any], Any]  # yields a method and its parameters, is sent the answer or thrown the error


def start(**members: Any) -> Step:
    """Return a StartChatContact."""
    return "start_chat_contact", {**REQUEST, **members}


def stop(contact_id: str) -> Step:
    """Return a StopContact."""
    return "stop_contact", {"InstanceId": INSTANCE, "ContactId": contact_id}


def code_of(error: Exception) -> str:
    """Return the error code of a refusal, or the name of a network error's class."""
    return str(error.response["Error"]["Code"]) if isinstance(error, ClientError) else type(error).__name__


@dataclass
class Call:
    """One call of a job; as a context manager, it keeps the error that a client raises.

    Attributes:
        method: The client's method.
        params: What it is called with.
        answer: What it returned, set by the caller.
        error: What it raised instead.
    """

    method: str
    params: dict[str, Any]
    answer: Any = None
    error: ClientError | BotoCoreError | None = None

    def __enter__(self) -> None:
        pass

    def __exit__(self, _: type[BaseException] | None, error: BaseException | None, __: TracebackType | None) -> bool:
        if isinstance(error, ClientError | BotoCoreError):
            self.error = error
        return self.error is not None


class Calls:
    """The calls of one job, one after the other; each is to be made before the next is asked for.

    Args:
        job: The job.
        called: Gets the method of each call.
    """

    def __init__(self, job: Job, called: list[str]) -> None:
        self._job = job
        self._called = called
        self.result: Any = None  # what the job returned in the end

    def __iter__(self) -> Iterator[Call]:
        try:
            call = Call(*next(self._job))
            while True:
                self._called.append(call.method)
                yield call
                call = Call(*(self._job.throw(call.error) if call.error else self._job.send(call.answer)))
        except StopIteration as done:
            self.result = done.value
