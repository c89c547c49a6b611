"""Call one fake from many threads and tasks at once, and check what has to hold however they race.

    python benchmarks/stress.py --threads 64 --tasks 1000

Prints a line for each scenario and each crowd of callers: who called, how many client calls they made, how long that
took, and `held`, or the invariant that was broken; the exit status is then 1. A real network is never needed: whatever
tries to reach one breaks an invariant.
"""

from __future__ import annotations

import argparse
import asyncio
import faulthandler
import os
import socket
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache, partial
from importlib.util import find_spec
from typing import Any

from botocore.awsrequest import AWSResponse
from botocore.exceptions import BotoCoreError, ClientError

from pytest_connect_chat import FakeConnectChat
from pytest_connect_chat._clients import blocking, interception
from pytest_connect_chat.exceptions import ClosedError

PATIENCE = 120  # seconds after which a scenario counts as hung
LOOPS = 8
FEW = 100
INSTANCE = "12345678-1234-1234-1234-123456789012"
REQUEST = {
    "InstanceId": INSTANCE,
    "ContactFlowId": "846ec553-a005-41c0-8341-d5d0a5f8a8a1",
    "ParticipantDetails": {"DisplayName": "Ada"},
}
ROUNDING = 1e-6
ELSEWHERE = b'{"ContactId": "elsewhere", "ParticipantId": "p", "ParticipantToken": "t"}'

Step = tuple[str, dict[str, Any]]
Job = Generator[Step, dict[str, Any], Any]  # yields a method and its parameters, is sent the answer or thrown the error


class BrokenError(Exception):
    """An invariant does not hold."""


def require(holds: object, invariant: str) -> None:
    """Raise unless an invariant holds."""
    if not holds:
        raise BrokenError(invariant)


def code_of(error: Exception) -> str:
    """Return the error code of a refusal, or the name of a network error's class."""
    return str(error.response["Error"]["Code"]) if isinstance(error, ClientError) else type(error).__name__


# -- who calls ---------------------------------------------------------------------------------------------------------


@dataclass
class Crowd:
    """Callers that call at once.

    Attributes:
        name: Who they are.
        jobs: How many jobs they do in a scenario.
        at_once: How many jobs are under way at once.
        new_clients: Makes their clients.
        work: Does jobs through clients; returns the results, a list for each worker, in the order in which it did them.
        clients: Their clients; they are used in one scenario after the other.
        called: The method of each call of the running scenario.
        seconds: How long the callers have called.
    """

    name: str
    jobs: int
    at_once: int
    new_clients: Callable[[], list[Any]]
    work: Callable[[Crowd, list[Job]], list[list[Any]]]
    clients: list[Any] = field(default_factory=list)
    called: list[str] = field(default_factory=list)
    seconds: float = 0

    def run(self, jobs: list[Job]) -> list[list[Any]]:
        """Do all jobs at once."""
        start = time.perf_counter()
        try:
            return self.work(self, jobs)
        finally:
            self.seconds += time.perf_counter() - start

    def drive(self, client: Any, job: Job) -> Any:
        """Do a job through a client of botocore."""
        try:
            method, params = next(job)
            while True:
                self.called.append(method)
                try:
                    answer = getattr(client, method)(**params)
                except (ClientError, BotoCoreError) as error:
                    method, params = job.throw(error)
                else:
                    method, params = job.send(answer)
        except StopIteration as done:
            return done.value

    async def drive_awaiting(self, client: Any, job: Job) -> Any:
        """Do a job through a client of aiobotocore."""
        try:
            method, params = next(job)
            while True:
                await asyncio.sleep(0)  # a call on the fake awaits nothing that lets other tasks run
                self.called.append(method)
                try:
                    answer = await getattr(client, method)(**params)
                except (ClientError, BotoCoreError) as error:
                    method, params = job.throw(error)
                else:
                    method, params = job.send(answer)
        except StopIteration as done:
            return done.value


def at_once(works: list[Callable[[], list[list[Any]]]]) -> list[list[Any]]:
    """Do each work in a thread of its own, and return all results."""
    together = threading.Barrier(len(works), timeout=PATIENCE)

    def run(work: Callable[[], list[list[Any]]]) -> list[list[Any]]:
        together.wait()
        return work()

    with ThreadPoolExecutor(len(works)) as pool:
        return [results for worker in pool.map(run, works) for results in worker]


def thread_works(
    crowd: Crowd, clients: list[Any], jobs: list[Job], threads: int
) -> list[Callable[[], list[list[Any]]]]:
    """Return the work of each thread: every `threads`-th job, one after the other."""

    def work(thread: int) -> list[list[Any]]:
        client = clients[thread % len(clients)]
        return [[crowd.drive(client, job) for job in jobs[thread::threads]]]

    return [partial(work, thread) for thread in range(threads)]


def loop_work(crowd: Crowd, clients: list[Any], jobs: list[Job]) -> Callable[[], list[list[Any]]]:
    """Return the work of one event loop: a task for each job."""

    async def gathered() -> list[Any]:
        tasks = [crowd.drive_awaiting(clients[number % len(clients)], job) for number, job in enumerate(jobs)]
        return await asyncio.gather(*tasks)

    return lambda: [[result] for result in asyncio.run(gathered())]


def sync_clients(count: int) -> list[Any]:
    """Return clients of botocore."""
    return [FakeConnectChat().client() for _ in range(count)]


def aio_clients(count: int) -> list[Any]:
    """Return clients of aiobotocore."""
    return [FakeConnectChat().aio_client() for _ in range(count)]


def crowds_of_threads(threads: int, calls: int) -> list[Crowd]:
    """Return threads that share a client, and threads that have one each."""

    def work(crowd: Crowd, jobs: list[Job]) -> list[list[Any]]:
        return at_once(thread_works(crowd, crowd.clients, jobs, threads))

    return [
        Crowd(f"{threads} threads, 1 client", threads * calls, threads, lambda: sync_clients(1), work),
        Crowd(f"{threads} threads, {threads} clients", threads * calls, threads, lambda: sync_clients(threads), work),
    ]


def crowds_of_tasks(threads: int, tasks: int) -> list[Crowd]:
    """Return tasks on one client, on ten, in several event loops, and beside threads."""

    def one_loop(crowd: Crowd, jobs: list[Job]) -> list[list[Any]]:
        return loop_work(crowd, crowd.clients, jobs)()

    def loops(crowd: Crowd, jobs: list[Job]) -> list[list[Any]]:
        return at_once([loop_work(crowd, [crowd.clients[loop]], jobs[loop::LOOPS]) for loop in range(LOOPS)])

    def mixed(crowd: Crowd, jobs: list[Job]) -> list[list[Any]]:
        aio, *sync = crowd.clients
        return at_once([loop_work(crowd, [aio], jobs[::2]), *thread_works(crowd, sync, jobs[1::2], threads)])

    return [
        Crowd(f"{tasks} tasks, 1 client", tasks, tasks, lambda: aio_clients(1), one_loop),
        Crowd(f"{tasks} tasks, 10 clients", tasks, tasks, lambda: aio_clients(10), one_loop),
        Crowd(f"{LOOPS} event loops, {tasks} tasks", tasks, tasks, lambda: aio_clients(LOOPS), loops),
        Crowd(
            f"{threads} threads and {tasks // 2} tasks",
            tasks,
            threads + tasks // 2,
            lambda: [*aio_clients(1), *sync_clients(1)],
            mixed,
        ),
    ]


# -- what always has to hold -------------------------------------------------------------------------------------------


@cache
def undisturbed(seed: int) -> FakeConnectChat:
    """Return a fake that nobody calls."""
    return FakeConnectChat(seed=seed)


def ids_of(seed: int, count: int) -> list[str]:
    """Return the ids that the first contacts of a seed have."""
    fake = undisturbed(seed)
    while len(fake.contacts) < count:
        fake.add_contact()
    return list(fake.contacts)[:count]


def check_history(fake: FakeConnectChat, crowd: Crowd, seed: int) -> None:
    """Check what holds of contacts and records whatever was called."""
    require(list(fake.contacts) == ids_of(seed, len(fake.contacts)), "the n-th contact has the n-th id of the seed")
    started = [contact.initiation_timestamp for contact in fake.contacts.values()]
    require(started == sorted(started), "contacts stand in the order of their times")
    records = list(fake.requests)
    require(len(records) == len(crowd.called), f"each of {len(crowd.called)} calls has one record, not {len(records)}")
    for record in records:
        require((record.response is None) is (record.error is not None), "a record has an answer or an error")
        times = [attempt.time for attempt in record.attempts]
        require(times and times == sorted(times), "a record has all its attempts, in the order of their times")
        require(record.time == times[0], "a record's time is that of its first attempt")
        require(record.contact is None or fake.contacts[record.contact.contact_id] is record.contact, "records agree")


def flat(results: list[list[Any]]) -> list[Any]:
    """Return the results of all workers."""
    return [result for worker in results for result in worker]


@contextmanager
def meanwhile(act: Callable[[], object]) -> Iterator[None]:
    """Do something again and again in another thread."""
    done = threading.Event()
    errors: list[BaseException] = []

    def loop() -> None:
        try:
            act()
            while not done.wait(0.001):
                act()
        except BaseException as error:  # noqa: BLE001  # it is raised where it is seen
            errors.append(error)

    thread = threading.Thread(target=loop)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
    for error in errors:
        raise error


class Gauge:
    """Counts what is there at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._now = 0
        self.most = 0

    def add(self, difference: int) -> None:
        """Change the count."""
        with self._lock:
            self._now += difference
            self.most = max(self.most, self._now)


# -- the scenarios -----------------------------------------------------------------------------------------------------


def start(**members: Any) -> Step:
    """Return a StartChatContact."""
    return "start_chat_contact", {**REQUEST, **members}


def stop(contact_id: str) -> Step:
    """Return a StopContact."""
    return "stop_contact", {"InstanceId": INSTANCE, "ContactId": contact_id}


def starts(crowd: Crowd, seed: int) -> None:
    """No contact is lost or doubled."""

    def job(number: int) -> Job:
        answer = yield start(Attributes={"job": str(number)})
        return answer["ContactId"], str(number)

    with FakeConnectChat(seed=seed, max_active_chats=crowd.jobs) as fake:
        results = crowd.run([job(number) for number in range(crowd.jobs)])
    answers = flat(results)
    kept = {contact_id: contact.attributes["job"] for contact_id, contact in fake.contacts.items()}
    require(len(dict(answers)) == crowd.jobs, "every call got a contact of its own")
    require(dict(answers) == kept, "every contact is the one that was asked for")
    require(len(fake.contacts.active) == crowd.jobs, "every contact is active")
    require(len({record.client_token for record in fake.requests}) == crowd.jobs, "every call has a token of its own")
    position = {record.contact.contact_id: number for number, record in enumerate(fake.requests) if record.contact}
    for worker in results:
        in_order = [position[contact_id] for contact_id, _ in worker]
        require(in_order == sorted(in_order), "the records of one worker stand in the order of its calls")
    check_history(fake, crowd, seed)


def churn(crowd: Crowd, seed: int) -> None:
    """The quota of active chats is never exceeded, and every slot comes back."""
    quota = max(1, crowd.at_once // 4)
    held = Gauge()

    def job() -> Job:
        try:
            answer = yield start()
        except ClientError as error:
            return code_of(error)
        held.add(1)
        contact_id = answer["ContactId"]
        yield "describe_contact", {"InstanceId": INSTANCE, "ContactId": contact_id}
        held.add(-1)
        yield stop(contact_id)
        return "stopped"

    def watch() -> None:
        require(len(fake.contacts.active) <= quota, "no more chats are active than the quota allows")

    with FakeConnectChat(seed=seed, max_active_chats=quota) as fake:
        with meanwhile(watch):
            outcomes = Counter(flat(crowd.run([job() for _ in range(crowd.jobs)])))
        check_history(fake, crowd, seed)
        require(held.most <= quota, f"no more than {quota} chats were held at once, not {held.most}")
        require(set(outcomes) <= {"stopped", "LimitExceededException"}, f"nothing else came up than {outcomes}")
        require(len(fake.contacts) == outcomes["stopped"] == len(fake.contacts.ended), "every chat was stopped")
        client = fake.client()
        for _ in range(quota):
            client.start_chat_contact(**REQUEST)
        with suppress(client.exceptions.LimitExceededException):
            client.start_chat_contact(**REQUEST)
            require(False, "the quota still holds")
        require(len(fake.contacts.active) == quota, "every slot has come back")


def one_token(crowd: Crowd, seed: int) -> None:
    """One ClientToken gives one contact, and one answer."""

    def job() -> Job:
        answer = yield start(ClientToken="order-17")
        return answer["ContactId"], answer["ParticipantId"], answer["ParticipantToken"]

    with FakeConnectChat(seed=seed, max_active_chats=1) as fake:
        answers = set(flat(crowd.run([job() for _ in range(crowd.jobs)])))
    require(len(fake.contacts) == 1, "one token gives one contact")
    require(len(answers) == 1, "all answers are equal")
    check_history(fake, crowd, seed)


def faults(crowd: Crowd, seed: int) -> None:
    """Every fault is met exactly as often as it was planned."""
    few = max(1, crowd.jobs // 20)

    def job() -> Job:
        with suppress(ClientError, BotoCoreError):
            answer = yield start()
            return answer["ContactId"]

    with FakeConnectChat(seed=seed, max_active_chats=crowd.jobs) as fake:
        by_attempt = [fake.faults.throttle(attempts=few), fake.faults.error("ServiceUnavailable", attempts=few)]
        by_call = [
            fake.faults.deny_access(calls=few),
            fake.faults.lose_response(calls=few, after=few),
            fake.faults.error("InternalServiceException", calls=few),
        ]
        answers = flat(crowd.run([job() for _ in range(crowd.jobs)]))
    met = [[attempt.fault for attempt in record.attempts] for record in fake.requests]
    for fault in by_attempt:
        seen = sum(each.count(fault.effect) for each in met)
        require(fault.met == few == seen, f"[{fault}] met {fault.met} attempts, and {seen} records show it")
    for fault in by_call:
        seen = sum(fault.effect in each for each in met)
        require(fault.met == few == seen, f"[{fault}] met {fault.met} calls, and {seen} records show it")
    concerned = [record.contact.contact_id for record in fake.requests if record.contact]
    require(sorted(concerned) == sorted(fake.contacts), "every contact belongs to one call, those of lost answers too")
    require({answer for answer in answers if answer} <= set(concerned), "every answer names a contact")
    check_history(fake, crowd, seed)


def rate(crowd: Crowd, seed: int) -> None:
    """The rate is never exceeded on the clock, which back-offs move."""
    per_second, burst = 5, 8

    def job(fake: FakeConnectChat) -> Job:
        for _ in range(3):
            try:
                answer = yield start()
            except ClientError as error:
                require(code_of(error) == "TooManyRequestsException", "nothing but the rate refuses a call")
                fake.clock.sleep(1)
            else:
                return answer["ContactId"]
        return None

    with FakeConnectChat(seed=seed, rate_limit=(per_second, burst), max_active_chats=crowd.jobs) as fake:
        answers = flat(crowd.run([job(fake) for _ in range(crowd.jobs)]))
    successes = [contact.initiation_timestamp for contact in fake.contacts.values()]
    require(len(successes) == len([answer for answer in answers if answer]), "every success is a contact")
    tokens, filled = float(burst), fake.clock.start
    for moment in successes:
        tokens = min(burst, tokens + (moment - filled).total_seconds() * per_second)
        filled = moment
        tokens -= 1
        require(tokens > -ROUNDING, "no more chats are started than burst + rate * time")
    require(crowd.jobs <= burst or fake.clock.now() > fake.clock.start, "back-offs move the clock")
    check_history(fake, crowd, seed)


def canned(crowd: Crowd, seed: int) -> None:
    """Every canned answer is used once."""

    def job() -> Job:
        answer = yield start()
        return answer["ContactId"]

    wanted = [f"canned-{number:06d}" for number in range(crowd.jobs)]
    with FakeConnectChat(seed=seed) as fake:
        for contact_id in wanted:
            fake.add_response("start_chat_contact", {"ContactId": contact_id})
        answers = flat(crowd.run([job() for _ in range(crowd.jobs)]))
    require(sorted(answers) == wanted, "every canned answer is used once")
    require(not fake.contacts, "no canned answer starts a contact")
    check_history(fake, crowd, seed)


def chaos(crowd: Crowd, seed: int) -> None:
    """Every call survives survivable chaos."""

    def job() -> Job:
        answer = yield start()
        return answer["ContactId"]

    with FakeConnectChat(seed=seed, chaos=0.3, max_active_chats=crowd.jobs) as fake:
        answers = flat(crowd.run([job() for _ in range(crowd.jobs)]))
    require(sorted(answers) == sorted(fake.contacts), "no contact is lost or doubled by retries")
    check_history(fake, crowd, seed)


def hard_chaos(crowd: Crowd, seed: int) -> None:
    """Every contact belongs to one call, whatever becomes of the call."""

    def job() -> Job:
        try:
            answer = yield start()
        except (ClientError, BotoCoreError) as error:
            return code_of(error)
        return answer["ContactId"]

    with FakeConnectChat(seed=seed, chaos=0.5, chaos_mode="hard", max_active_chats=crowd.jobs) as fake:
        flat(crowd.run([job() for _ in range(crowd.jobs)]))
    concerned = [record.contact.contact_id for record in fake.requests if record.contact]
    require(sorted(concerned) == sorted(fake.contacts), "every contact belongs to one call")
    require(any(record.error for record in fake.requests), "hard chaos fails calls")
    check_history(fake, crowd, seed)


def persistent(crowd: Crowd, seed: int) -> None:
    """A persistent chat continues from what has ended when it starts, and never from less than one before it did."""
    segments: list[tuple[str, str]] = []

    def source(contact_id: str, rehydration: str) -> Step:
        return start(PersistentChat={"RehydrationType": rehydration, "SourceContactId": contact_id})

    def job(number: int) -> Job:
        first, second = segments[number % len(segments)]
        try:
            if number // len(segments) % 4 == 0:
                yield stop(second)
                return "stopped"
            answer = yield source(first, "ENTIRE_PAST_SESSION")
            require(answer["ContinuedFromContactId"] in (first, second), "it continues from a segment that has ended")
            again = yield source(second, "FROM_SEGMENT")
            require(again["ContinuedFromContactId"] == second, "it continues from the named segment")
        except ClientError as error:
            return code_of(error)
        return "continued"

    with FakeConnectChat(seed=seed, max_active_chats=10**6) as fake:
        for _ in range(max(1, crowd.jobs // 16)):
            first = fake.add_contact(instance_id=INSTANCE)
            segments.append((first.contact_id, fake.transfer(first.contact_id).contact_id))
        outcomes = Counter(flat(crowd.run([job(number) for number in range(crowd.jobs)])))
    known = {"stopped", "continued", "InvalidRequestException", "ContactNotFoundException"}
    require(set(outcomes) <= known, f"nothing else came up than {outcomes}")
    require(outcomes["stopped"] == len(segments), "every live segment was stopped once")
    resolved: dict[str, list[str | None]] = {}
    for contact in fake.contacts.values():
        if contact.rehydration_type == "ENTIRE_PAST_SESSION":
            origin = fake.contacts[str(contact.continued_from_contact_id)].initial_contact_id
            resolved.setdefault(origin, []).append(contact.continued_from_contact_id)
    for first_id, second_id in segments:
        sources = resolved.get(first_id, [])
        ordered = [first_id] * sources.count(first_id) + [second_id] * sources.count(second_id)
        require(sources == ordered, "once the last segment has ended, every further chat continues from it")
    check_history(fake, crowd, seed)


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


SCENARIOS: list[Callable[[Crowd, int], None]] = [
    starts,
    churn,
    one_token,
    faults,
    rate,
    canned,
    chaos,
    hard_chaos,
    persistent,
    looked_at,
    reset,
    first_calls,
]


# -- fakes that come and go --------------------------------------------------------------------------------------------


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


# -- the command -------------------------------------------------------------------------------------------------------


def refuse_network() -> None:
    """Make whatever reaches for a network fail."""

    def refused(*_: object, **__: object) -> Any:
        raise BrokenError("no socket is opened")

    socket.socket.connect = refused  # type: ignore[method-assign]
    socket.getaddrinfo = refused


def report(name: str, who: str, calls: int, seconds: float, verdict: str) -> bool:
    """Print one line; return whether the invariants held."""
    speed = f"{calls / seconds:>7.0f}/s" if seconds else f"{'':>9}"
    print(f"{name:<16} {who:<32} {calls:>8} calls {seconds:>8.2f} s {speed}  {verdict}", flush=True)
    return verdict == "held"


def verdict_of(run: Callable[[], object]) -> str:
    """Return `held`, or what is broken."""
    faulthandler.dump_traceback_later(PATIENCE, exit=True, file=sys.__stderr__ or sys.stderr)
    try:
        run()
    except BrokenError as broken:
        return f"BROKEN: {broken}"
    except Exception as error:  # noqa: BLE001  # whatever a call raises that a client of AWS would not
        return f"BROKEN: {type(error).__name__}: {error}".splitlines()[0]
    finally:
        faulthandler.cancel_dump_traceback_later()
    return "held"


def run_scenario(scenario: Callable[[Crowd, int], None], crowd: Crowd, rounds: int, seed: int) -> bool:
    """Run a scenario `rounds` times, with one seed, and print its line."""
    made, crowd.seconds = 0, 0
    verdict = "held"
    for _ in range(rounds):
        crowd.called.clear()
        verdict = verdict_of(lambda: scenario(crowd, seed))
        made += len(crowd.called)
        if verdict != "held":
            break
    return report(scenario.__name__, crowd.name, made, crowd.seconds, verdict)


def run_life(name: str, who: str, run: Callable[[int], int], seed: int) -> bool:
    """Run a scenario of fakes that come and go, and print its line."""
    made: list[int] = []
    start_time = time.perf_counter()
    verdict = verdict_of(lambda: made.append(run(seed)))
    return report(name, who, sum(made), time.perf_counter() - start_time, verdict)


def parsed(arguments: list[str] | None) -> argparse.Namespace:
    """Return what the command line asks for."""
    names = [*(scenario.__name__ for scenario in SCENARIOS), "taken_and_left", "blocked_outside"]
    parser = argparse.ArgumentParser(description="Stress one fake from threads and tasks, and check what has to hold.")
    parser.add_argument("--threads", type=int, default=64, help="how many threads (default: %(default)s)")
    parser.add_argument("--tasks", type=int, default=1000, help="how many gathered tasks (default: %(default)s)")
    parser.add_argument("--calls", type=int, default=16, help="how many jobs each thread does (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=1, help="how often each scenario runs (default: %(default)s)")
    parser.add_argument("--lives", type=int, default=200, help="how many fakes come and go (default: %(default)s)")
    parser.add_argument("--switch-interval", type=float, default=1e-5, help="of threads, in seconds (default: 1e-5)")
    parser.add_argument("--seed", type=int, default=17, help="the seed of every fake (default: %(default)s)")
    parser.add_argument("--only", choices=names, action="append", metavar="NAME", help=f"one of {', '.join(names)}")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    """Run the scenarios; return the exit status."""
    options = parsed(arguments)
    aio = find_spec("aiobotocore") is not None
    crowds = crowds_of_threads(options.threads, options.calls)
    if aio:
        crowds += crowds_of_tasks(options.threads, options.tasks)
    else:
        print("aiobotocore is not installed: the crowds of tasks are skipped")
    held = True
    before = sys.getswitchinterval()
    for crowd in crowds:
        crowd.clients = crowd.new_clients()
        for scenario in SCENARIOS:
            if not options.only or scenario.__name__ in options.only:
                sys.setswitchinterval(options.switch_interval)
                held &= run_scenario(scenario, crowd, options.rounds, options.seed)
                sys.setswitchinterval(before)
    for name, who, run in lives(options.lives, aio=aio):
        if not options.only or name in options.only:
            sys.setswitchinterval(options.switch_interval)
            held &= run_life(name, who, run, options.seed)
            sys.setswitchinterval(before)
    return 0 if held else 1


if __name__ == "__main__":
    os.environ.setdefault("AWS_RETRY_MODE", "standard")
    refuse_network()
    sys.exit(main())
