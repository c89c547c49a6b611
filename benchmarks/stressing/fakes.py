"""Scenarios of the fake itself: it is looked at and reset, comes and goes, while it is called."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from botocore.awsrequest import AWSResponse
from botocore.exceptions import ClientError

from pytest_connect_chat import FakeConnectChat
from pytest_connect_chat._clients import blocking, interception
from pytest_connect_chat.exceptions import ClosedError
from stressing.callers import Crowd, aio_clients, sync_clients
from stressing.invariants import check_history, flat, ids_of, meanwhile, require
from stressing.jobs import REQUEST, Job, code_of, start, stop

FEW = 100
ELSEWHERE = b'{"ContactId": "elsewhere", "ParticipantId": "p", "ParticipantToken": "t"}'


def looked_at(crowd: Crowd, seed: int) -> None:
    """Whoever looks at the fake while it is called sees something whole, and clearing one log loses nothing else."""

    def job(number: int) -> Job:
        answer = yield start(Attributes={"job": str(number)})
        yield stop(answer["ContactId"])

    def look() -> None:
        repr((fake, fake.contacts, fake.requests, fake.faults, fake.clock))
        if fake.contacts:
            require(fake.contacts.last.contact_id in fake.contacts, "the last contact is one of them")
        ended = {contact.contact_id for contact in fake.contacts.ended}
        active = {contact.contact_id for contact in fake.contacts.active}
        require(not ended & active, "no contact that has ended is active again")
        if len(fake.requests) < FEW:
            fake.journal()  # of many it takes long
        fake.requests.start_chat_contact.matching(Attributes={"job": "0"})
        fake.requests.stop_contact.clear()
        fake.rules["attributes-size"].disable()
        fake.rules["attributes-size"].enable()

    with FakeConnectChat(seed=seed, max_active_chats=crowd.jobs) as fake:
        with meanwhile(look):
            crowd.run([job(number) for number in range(crowd.jobs)])
        kept = fake.requests.start_chat_contact
        require(len(kept) == crowd.jobs, f"clearing the others leaves {crowd.jobs} records, not {len(kept)}")
        fake.requests.stop_contact.clear()
        require(len(fake.requests) == crowd.jobs, "clearing a log empties it")


def reset(crowd: Crowd, seed: int) -> None:
    """A reset while calls run loses nothing: a call belongs to the time before or to the time after."""
    before: list[tuple[Any, Any]] = []

    def job() -> Job:
        answer = yield start()
        return answer["ContactId"]

    def put_back() -> None:
        before.append((fake.contacts, fake.requests))
        fake.reset()

    with FakeConnectChat(seed=seed, max_active_chats=crowd.jobs) as fake:
        with meanwhile(put_back):
            answers = flat(crowd.run([job() for _ in range(crowd.jobs)]))
        before.append((fake.contacts, fake.requests))
    started = Counter(contact_id for contacts, _ in before for contact_id in contacts)
    require(started == Counter(answers), "every answer is a contact of the time before a reset or after it")
    recorded = sum(len(requests) for _, requests in before)
    require(recorded == len(crowd.called), f"each of {len(crowd.called)} calls has one record, not {recorded}")


def first_calls(crowd: Crowd, seed: int) -> None:
    """The first calls of new clients are caught, and held to the model's limits; the handlers come once and go."""
    crowd.clients = crowd.new_clients()

    def job(number: int) -> Job:
        try:
            yield start(ParticipantDetails={"DisplayName": "Ada" * (1 if number % 2 else 100)})
        except ClientError as error:
            return code_of(error)
        return "started"

    def ours() -> list[int]:
        registered = [client.meta.events._emitter._unique_id_handlers for client in crowd.clients]
        return [sum(unique_id.startswith("pytest_connect_chat") for unique_id in ids) for ids in registered]

    with FakeConnectChat(seed=seed, max_active_chats=crowd.jobs) as fake:
        outcomes = Counter(flat(crowd.run([job(number) for number in range(crowd.jobs)])))
        require(len(set(ours()) - {0}) == 1, "the handlers are put on every client alike")
    require(set(ours()) == {0}, "no handler stays on a client")
    half = crowd.jobs // 2
    wanted = {"started": half, "InvalidParameterException": crowd.jobs - half}
    require(outcomes == wanted, f"every other call is against a limit: {dict(outcomes)}")
    check_history(fake, crowd, seed)


class Body:
    """The body of an answer from elsewhere."""

    async def read(self) -> bytes:
        """Return it to aiobotocore."""
        return ELSEWHERE

    def stream(self, *_: object, **__: object) -> Iterator[bytes]:
        """Return it to botocore."""
        yield ELSEWHERE


def answer_elsewhere(client: Any, response_class: Any) -> None:
    """Let a handler of the application answer what would otherwise be sent."""
    client.meta.events.register("before-send.connect", lambda **_: response_class(None, 200, {}, Body()))


def come_and_go(rounds: int, calls: Callable[[], str], seed: int) -> tuple[int, Counter[str]]:
    """Take and leave a fake again and again, while the application calls; return its calls and what came of them."""
    seen: Counter[str] = Counter()
    contacts = 0

    def call() -> None:
        seen[calls()] += 1

    with meanwhile(call):
        for number in range(rounds):
            with FakeConnectChat(seed=seed) as fake:
                for _ in range(3):
                    own = calls()
                    require(own in fake.contacts, f"while the fake is there it answers, not {own}")
                contacts += 3
                if number % 2:
                    with FakeConnectChat(seed=seed + 1) as inner:
                        require(calls() in inner.contacts, "the inner fake answers")
                    require(calls() in fake.contacts, "the outer fake answers again")
    return sum(seen.values()) + contacts, seen


def taken_and_left(rounds: int, client: Any, call: Callable[[Any], dict[str, Any]], seed: int) -> int:
    """What is called outside of a fake goes where it would go without one."""
    made, seen = come_and_go(rounds, lambda: str(call(client)["ContactId"]), seed)
    require(set(seen) - {"elsewhere"} <= {*ids_of(seed, 5000), *ids_of(seed + 1, 5000)}, "answers come from a fake")
    return made


def blocked_outside(rounds: int, client: Any, call: Callable[[Any], dict[str, Any]], seed: int) -> int:
    """With `block`, what is called outside of a fake is refused."""

    def outcome() -> str:
        try:
            return str(call(client)["ContactId"])
        except ClosedError as error:
            require("outside of a test" in str(error), f"a call is refused as one from outside, not as {error}")
            return "refused"

    refusal = blocking.Refusal()
    interception.add(refusal)
    try:
        made, seen = come_and_go(rounds, outcome, seed)
    finally:
        interception.remove(refusal)
    require(seen["refused"] == len(refusal.refused), "every refusal is remembered")
    return made


def awaited(client: Any) -> dict[str, Any]:
    """Call an aiobotocore client on an event loop of its own."""

    async def call() -> dict[str, Any]:
        answer: dict[str, Any] = await client.start_chat_contact(**REQUEST)
        return answer

    return asyncio.run(call())


def lives(rounds: int, *, aio: bool) -> Iterator[tuple[str, str, Callable[[int], int]]]:
    """Yield the scenarios of fakes that come and go, with who calls."""
    kinds: list[tuple[str, Any, Any, Any]] = [
        ("botocore", sync_clients, AWSResponse, lambda client: client.start_chat_contact(**REQUEST))
    ]
    if aio:
        from aiobotocore.awsrequest import AioAWSResponse

        kinds.append(("aiobotocore", aio_clients, AioAWSResponse, awaited))
    for name, new_clients, response_class, call in kinds:
        client, other = new_clients(2)
        answer_elsewhere(client, response_class)
        who = f"2 threads, 1 client of {name}"
        yield "taken_and_left", who, partial(taken_and_left, rounds, client, call)
        yield "blocked_outside", who, partial(blocked_outside, rounds, other, call)
