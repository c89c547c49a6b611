"""What many contacts and many threads cost."""

from __future__ import annotations

import gc
import time
import tracemalloc
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any, Final

import peers
from measuring import Measure, Row, Scale, in_turn, ratios

from pytest_connect_chat import FakeConnectChat

SEGMENTS: Final = 100
TIMED: Final = 20  # few, since each call adds a contact
THREADS: Final = (1, 8, 64)
KIB: Final = 1024


def growth(scale: Scale) -> Iterator[Row]:
    """Compare calls among many contacts with calls among few: plain ones, and ones that resume a long session."""
    few, *more = scale.crowds
    client = FakeConnectChat().client()
    crowded = {contacts: _crowded(contacts) for contacts in more}

    def among(contacts: int, *, resuming: bool) -> float:
        fake, session = crowded.get(contacts) or _crowded(contacts)  # the small one stays small
        source = {"RehydrationType": "ENTIRE_PAST_SESSION", "SourceContactId": session}
        members = {"PersistentChat": source} if resuming else {}
        with fake:
            return peers.seconds(client, TIMED, **members)

    for name, resuming in {"a call": False, f"resuming a session of {SEGMENTS} segments": True}.items():
        measures: list[Measure] = [
            lambda contacts=contacts, resuming=resuming: among(contacts, resuming=resuming) for contacts in scale.crowds
        ]
        base, *taken = in_turn(scale.rounds, *measures)
        for contacts, values in zip(more, taken, strict=True):
            yield Row(f"{name} among {contacts:,} / {few:,} contacts", ratios(values, base), bound=1.15)


def _crowded(contacts: int) -> tuple[FakeConnectChat, str]:
    """Return a fake with that many contacts beside a past session, and the session's id."""
    fake = FakeConnectChat(max_active_chats=peers.UNBOUNDED)
    session = fake.add_ended_chat(SEGMENTS, instance_id=peers.INSTANCE_ID)[0].contact_id
    for _ in range(contacts):
        fake.add_contact(instance_id=peers.INSTANCE_ID)
    return fake, session


def memory(scale: Scale) -> Iterator[Row]:
    """Measure what a started contact keeps, with its record and its empty transcript."""
    client = FakeConnectChat().client()
    with FakeConnectChat(max_active_chats=peers.UNBOUNDED) as fake:
        peers.seconds(client, peers.BURST)  # what is made once for all
        before = len(fake.contacts)
        gc.collect()
        tracemalloc.start()
        peers.seconds(client, scale.kept)
        gc.collect()
        kept, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        started = len(fake.contacts) - before
    yield Row("memory per started contact with its record", [kept / started / KIB], "KiB", 3)


def threads(scale: Scale) -> Iterator[Row]:
    """Compare how many calls threads make on one client in a second with how many one makes."""
    client = FakeConnectChat().client()
    wrong: list[float] = []

    def calls_per_second(crowd: int) -> float:
        barrier = Barrier(crowd + 1)

        def work() -> list[Any]:
            barrier.wait()
            return [client.start_chat_contact(**peers.REQUEST)["ContactId"] for _ in range(scale.threaded // crowd)]

        with FakeConnectChat(max_active_chats=peers.UNBOUNDED) as fake, ThreadPoolExecutor(crowd) as pool:
            works = [pool.submit(work) for _ in range(crowd)]
            barrier.wait()
            start = time.perf_counter()
            answered = Counter(contact_id for done in works for contact_id in done.result())
            elapsed = time.perf_counter() - start
            registered = Counter(iter(fake.contacts))  # of a mapping it would take the values for counts
        wrong.append(((answered - registered) + (registered - answered)).total())
        return answered.total() / elapsed

    measures: list[Measure] = [lambda crowd=crowd: calls_per_second(crowd) for crowd in THREADS]
    one, *taken = in_turn(scale.rounds, *measures)
    for crowd, values in zip(THREADS[1:], taken, strict=True):
        yield Row(f"calls per second of {crowd} threads on one client / of one", ratios(values, one))
    yield Row("contacts that these threads lost or doubled", [sum(wrong)], "", 0)
