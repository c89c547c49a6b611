"""Many threads: no contact lost or doubled, every record complete, no limit exceeded."""

from __future__ import annotations

import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from pytest_connect_chat import FakeConnectChat
from pytest_connect_chat._clients.model import new_session

Parameters = dict[str, Any]

THREADS = 32
CALLS = 20  # of each thread
ALL = THREADS * CALLS
PATIENCE = 30  # seconds; only a test that fails waits that long


@pytest.fixture(autouse=True)
def threads_that_switch_often() -> Iterator[None]:
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(interval)


def client_without_retries() -> Any:
    return new_session().create_client(
        "connect",
        region_name="us-east-1",
        aws_access_key_id="AKIA",
        aws_secret_access_key="secret",
        config=Config(retries={"total_max_attempts": 1}),
    )


@pytest.fixture(params=[1, 4], ids=["one client", "several clients"])
def client_of(request: pytest.FixtureRequest) -> Callable[[int], Any]:
    """Gives each thread its client, by the thread's number."""
    clients = [client_without_retries() for _ in range(request.param)]
    return lambda thread: clients[thread % len(clients)]


def from_all_threads(call: Callable[[int, int], Any]) -> list[Any]:
    """Return what `call(thread, number)` gave, from all threads at once."""
    together = threading.Barrier(THREADS, timeout=PATIENCE)

    def work(thread: int) -> list[Any]:
        together.wait()
        return [call(thread, number) for number in range(CALLS)]

    with ThreadPoolExecutor(THREADS) as pool:
        return [answer for answers in pool.map(work, range(THREADS)) for answer in answers]


def test_no_contact_is_lost_or_doubled_and_every_record_is_complete(
    client_of: Callable[[int], Any], parameters: Parameters, no_sockets: list[Any]
) -> None:
    def call(thread: int, number: int) -> tuple[str, dict[str, str]]:
        attributes = {"thread": str(thread), "number": str(number)}
        answer = client_of(thread).start_chat_contact(**parameters, Attributes=attributes)
        return answer["ContactId"], attributes

    with FakeConnectChat(max_active_chats=ALL) as fake:
        answers = from_all_threads(call)

    assert len(dict(answers)) == ALL
    assert {contact_id: contact.attributes for contact_id, contact in fake.contacts.items()} == dict(answers)
    assert len(fake.contacts.active) == ALL
    assert len({record.client_token for record in fake.requests}) == ALL
    recorded = [
        (record.response["ContactId"], record.params["Attributes"])
        for record in fake.requests
        if record.response and record.error is None and record.attempt_count == 1
    ]
    assert dict(recorded) == dict(answers)
    assert len(recorded) == ALL
    assert all(record.contact is fake.contacts[record.contact.contact_id] for record in fake.requests if record.contact)
    assert no_sockets == []


def test_the_quota_is_never_exceeded(client_of: Callable[[int], Any], parameters: Parameters) -> None:
    quota = ALL // 4

    def call(thread: int, number: int) -> str:
        try:
            client_of(thread).start_chat_contact(**parameters)
        except ClientError as error:
            return str(error.response["Error"]["Code"])
        return "started"

    with FakeConnectChat(max_active_chats=quota) as fake:
        outcomes = from_all_threads(call)

    assert Counter(outcomes) == {"started": quota, "LimitExceededException": ALL - quota}
    assert len(fake.contacts.active) == quota
    assert len(fake.requests) == ALL


def test_the_quota_holds_while_chats_end(client_of: Callable[[int], Any], parameters: Parameters) -> None:
    instance_id = parameters["InstanceId"]

    def call(thread: int, number: int) -> None:
        contact_id = client_of(thread).start_chat_contact(**parameters)["ContactId"]
        client_of(thread + 1).stop_contact(InstanceId=instance_id, ContactId=contact_id)

    with FakeConnectChat(max_active_chats=THREADS) as fake:
        from_all_threads(call)
        for _ in range(THREADS):
            client_of(0).start_chat_contact(**parameters)
        with pytest.raises(client_of(0).exceptions.LimitExceededException):
            client_of(0).start_chat_contact(**parameters)

    assert (len(fake.contacts.ended), len(fake.contacts.active)) == (ALL, THREADS)


def test_one_client_token_gives_one_contact(client_of: Callable[[int], Any], parameters: Parameters) -> None:
    def call(thread: int, number: int) -> str:
        return str(client_of(thread).start_chat_contact(**parameters, ClientToken="order-17")["ContactId"])

    with FakeConnectChat(max_active_chats=1) as fake:
        answers = from_all_threads(call)

    assert set(answers) == set(fake.contacts)
    assert len(fake.contacts) == 1
    assert len(fake.requests) == ALL


def test_each_canned_answer_is_used_once(client_of: Callable[[int], Any], parameters: Parameters) -> None:
    canned = [f"canned-{number}" for number in range(ALL)]

    def call(thread: int, number: int) -> str:
        return str(client_of(thread).start_chat_contact(**parameters)["ContactId"])

    with FakeConnectChat() as fake:
        for contact_id in canned:
            fake.add_response("start_chat_contact", {"ContactId": contact_id})
        answers = from_all_threads(call)

    assert sorted(answers) == sorted(canned)
    assert len(fake.requests) == ALL
    assert not fake.contacts


def test_handlers_are_put_on_a_client_once(parameters: Parameters) -> None:
    client = client_without_retries()
    with FakeConnectChat() as fake:
        from_all_threads(lambda thread, number: client.start_chat_contact(**parameters, ClientToken="order-17"))
        ids = client.meta.events._emitter._unique_id_handlers
        assert len([unique_id for unique_id in ids if unique_id.startswith("pytest_connect_chat")]) == 3

    assert len(fake.requests) == ALL
    assert not [unique_id for unique_id in ids if unique_id.startswith("pytest_connect_chat")]
