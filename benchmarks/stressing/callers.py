"""Who calls: threads, tasks and event loops, with one client or many."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from pytest_connect_chat import FakeConnectChat
from stressing.jobs import Calls, Job

PATIENCE = 120  # seconds after which a scenario counts as hung
LOOPS = 8


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
        calls = Calls(job, self.called)
        for call in calls:
            with call:
                call.answer = getattr(client, call.method)(**call.params)
        return calls.result

    async def drive_awaiting(self, client: Any, job: Job) -> Any:
        """Do a job through a client of aiobotocore."""
        calls = Calls(job, self.called)
        for call in calls:
            await asyncio.sleep(0)  # a call on the fake awaits nothing that lets other tasks run
            with call:
                call.answer = await getattr(client, call.method)(**call.params)
        return calls.result


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
