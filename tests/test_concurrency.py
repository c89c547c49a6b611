"""Many threads: no contact lost or doubled, every record complete, no limit exceeded, no fault met twice."""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest
from botocore import hooks
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from conftest import new_client, over_all_drivers

from pytest_connect_chat import FakeConnectChat
from pytest_connect_chat._clients import blocking, interception
from pytest_connect_chat._clients.environment import DUMMY, Environment
from pytest_connect_chat._clients.sessions import new_session
from pytest_connect_chat._model import catalogue as model
from pytest_connect_chat._service import clock
from pytest_connect_chat._service.api_rates import ApiRates
from pytest_connect_chat._service.rules.applied import AppliedRules
from pytest_connect_chat.exceptions import ClosedError

pytestmark = pytest.mark.once

Parameters = dict[str, Any]

THREADS = 64
CALLS = 5  # of each thread
ALL = THREADS * CALLS
PATIENCE = 30  # seconds; only a test that fails waits that long


@pytest.fixture(autouse=True)
def threads_that_switch_often() -> Iterator[None]:
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(interval)


def client_with(**retries: Any) -> Any:
    return new_session().create_client(
        "connect",
        region_name="us-east-1",
        aws_access_key_id="AKIA",
        aws_secret_access_key="secret",
        config=Config(retries=retries),
    )


def client_without_retries() -> Any:
    return client_with(total_max_attempts=1)


@pytest.fixture
def client() -> Any:
    """Return the one client of all threads; it retries."""
    return client_with(mode="standard")


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


def test_a_client_has_one_stubber_which_leaves_with_the_fake(client: Any, parameters: Parameters) -> None:
    handlers = dict(client.meta.events._emitter._unique_id_handlers)
    with FakeConnectChat() as fake:
        from_all_threads(lambda thread, number: client.start_chat_contact(**parameters, ClientToken="order-17"))
        assert [stubber.client for stubber in fake._backend._stubbers.values()] == [client]
        assert len(client.meta.events._emitter._unique_id_handlers) == len(handlers) + 2

    assert len(fake.requests) == ALL
    assert client.meta.events._emitter._unique_id_handlers == handlers


def code_of(error: Exception) -> str:
    return str(error.response["Error"]["Code"]) if isinstance(error, ClientError) else type(error).__name__


def test_the_ids_are_those_of_the_seed_in_the_order_of_commits(client: Any, parameters: Parameters) -> None:
    with FakeConnectChat(seed=7, max_active_chats=ALL) as fake:
        from_all_threads(lambda thread, number: client.start_chat_contact(**parameters))
    undisturbed = FakeConnectChat(seed=7)
    assert list(fake.contacts) == [undisturbed.add_contact().contact_id for _ in range(ALL)]


def test_the_records_of_a_thread_stand_in_the_order_of_its_calls(client: Any, parameters: Parameters) -> None:
    def call(thread: int, number: int) -> None:
        with contextlib.suppress(ClientError):
            client.start_chat_contact(**parameters, Attributes={"thread": str(thread), "number": str(number)})

    with FakeConnectChat(max_active_chats=ALL) as fake:
        fake.faults.throttle(attempts=THREADS)
        from_all_threads(call)

    of_thread: dict[str, list[Any]] = {}
    for record in fake.requests:
        of_thread.setdefault(record.params["Attributes"]["thread"], []).append(record)
    for records in of_thread.values():
        assert [record.params["Attributes"]["number"] for record in records] == [str(number) for number in range(CALLS)]
        times = [attempt.time for record in records for attempt in record.attempts]
        assert times == sorted(times)
        assert [record.time for record in records] == [record.attempts[0].time for record in records]


@pytest.mark.untraced
def test_every_fault_is_met_as_often_as_it_was_planned(client: Any, parameters: Parameters) -> None:
    def call(thread: int, number: int) -> str:
        try:
            client.start_chat_contact(**parameters)
        except (ClientError, BotoCoreError) as error:
            return code_of(error)
        return "started"

    with FakeConnectChat(max_active_chats=ALL) as fake:
        throttled = fake.faults.throttle(attempts=40)
        denied = fake.faults.deny_access(calls=50)
        lost = fake.faults.lose_response(calls=30, after=20)
        outcomes = Counter(from_all_threads(call))

    assert (throttled.met, denied.met, lost.met) == (40, 50, 30)
    met = Counter(attempt.fault for record in fake.requests for attempt in record.attempts if attempt.fault)
    assert (met["throttled"], met["access denied"]) == (40, 50)
    assert outcomes["AccessDeniedException"] == 50
    started = [record.contact.contact_id for record in fake.requests if record.contact]
    assert sorted(started) == sorted(fake.contacts)
    assert len(started) == outcomes["started"] + outcomes["ReadTimeoutError"]
    assert outcomes["ReadTimeoutError"] == 30


def test_the_rate_is_never_exceeded(client: Any, parameters: Parameters) -> None:
    def call(thread: int, number: int) -> str:
        try:
            client.start_chat_contact(**parameters)
        except ClientError as error:
            fake.clock.sleep(0.3)
            return code_of(error)
        return "started"

    with FakeConnectChat(rate_limit=(5, 8)) as fake:
        outcomes = Counter(from_all_threads(call))

    assert set(outcomes) <= {"started", "TooManyRequestsException"}
    assert any(attempt.error for record in fake.requests for attempt in record.attempts)
    assert len(fake.contacts) == outcomes["started"]
    tokens, filled = 8.0, fake.clock.start
    for contact in fake.contacts.values():
        elapsed = (contact.initiation_timestamp - filled).total_seconds()
        tokens, filled = min(8.0, tokens + elapsed * 5) - 1, contact.initiation_timestamp
        assert tokens > -1e-6
    assert outcomes["started"] > 8  # the clock has moved, by what was waited for


def test_a_contact_starts_when_its_call_was_counted_although_the_clock_moves_meanwhile(
    client: Any, parameters: Parameters, monkeypatch: pytest.MonkeyPatch
) -> None:
    take = ApiRates.take

    def take_while_another_call_waits(rates: ApiRates, request: Any, now: Any) -> None:
        take(rates, request, now)
        fake.clock.advance(seconds=1)

    monkeypatch.setattr(ApiRates, "take", take_while_another_call_waits)
    with FakeConnectChat(rate_limit=(5, 8)) as fake:
        client.start_chat_contact(**parameters)
        assert fake.contacts.last.initiation_timestamp == fake.clock.start


def test_every_call_survives_survivable_chaos(client: Any, parameters: Parameters) -> None:
    with FakeConnectChat(chaos=0.3, max_active_chats=ALL) as fake:
        answers = from_all_threads(lambda thread, number: client.start_chat_contact(**parameters)["ContactId"])

    assert sorted(answers) == sorted(fake.contacts)
    assert any(record.attempt_count > 1 for record in fake.requests)


def test_clearing_a_log_while_calls_run_loses_no_other_record(client: Any, parameters: Parameters) -> None:
    def call(thread: int, number: int) -> None:
        contact_id = client.start_chat_contact(**parameters)["ContactId"]
        client.stop_contact(InstanceId=parameters["InstanceId"], ContactId=contact_id)
        fake.requests.stop_contact.clear()

    with FakeConnectChat() as fake:
        from_all_threads(call)

    assert len(fake.requests.start_chat_contact) == ALL
    assert len(fake.requests) == ALL


def test_a_reset_while_calls_run_loses_no_call(client: Any, parameters: Parameters) -> None:
    times: list[tuple[Any, Any]] = []

    def call(thread: int, number: int) -> str | None:
        if thread == 0:
            times.append((fake.contacts, fake.requests))
            fake.reset()
            return None
        return str(client.start_chat_contact(**parameters)["ContactId"])

    with FakeConnectChat() as fake:
        answers = from_all_threads(call)
    times.append((fake.contacts, fake.requests))

    assert Counter(contact_id for contacts, _ in times for contact_id in contacts) == Counter(filter(None, answers))
    assert sum(len(requests) for _, requests in times) == ALL - CALLS


def test_the_last_contact_can_be_asked_for_while_contacts_are_started() -> None:
    sys.setswitchinterval(1e-6)
    with FakeConnectChat() as fake, ThreadPoolExecutor(4) as pool:
        fake.add_contact()
        adding = pool.submit(lambda: [fake.add_contact() for _ in range(3_000)])

        def look() -> None:
            while not adding.done():
                assert fake.contacts.last.contact_id in fake.contacts

        for looking in [pool.submit(look) for _ in range(3)]:
            looking.result()


def test_no_call_is_checked_by_half_of_the_limits(
    client: Any, parameters: Parameters, monkeypatch: pytest.MonkeyPatch
) -> None:
    walking, go_on = threading.Event(), threading.Event()
    walk = model._walk

    def slow_for_the_first(*arguments: Any) -> None:
        if not walking.is_set():
            walking.set()
            go_on.wait(PATIENCE)
        walk(*arguments)

    monkeypatch.setattr(model, "_walk", slow_for_the_first)
    with FakeConnectChat() as fake, ThreadPoolExecutor(1) as pool:
        first = pool.submit(client.start_chat_contact, **parameters)
        walking.wait(PATIENCE)
        try:
            with pytest.raises(client.exceptions.InvalidParameterException):
                client.start_chat_contact(**{**parameters, "ParticipantDetails": {"DisplayName": "Ada" * 100}})
        finally:
            go_on.set()
        assert first.result()["ContactId"] in fake.contacts


def test_a_rule_that_is_switched_while_a_call_looks_for_its_rules_stays_switched(
    client: Any, parameters: Parameters, monkeypatch: pytest.MonkeyPatch
) -> None:
    find = AppliedRules._find_applicable

    def find_and_lose_the_race(applied: AppliedRules, *kind: Any) -> Any:
        found = find(applied, *kind)
        fake.rules["attribute-key-characters"].disable()
        return found

    monkeypatch.setattr(AppliedRules, "_find_applicable", find_and_lose_the_race)
    with FakeConnectChat() as fake:
        with pytest.raises(client.exceptions.InvalidParameterException):
            client.start_chat_contact(**parameters, Attributes={"a b": "c"})
        client.start_chat_contact(**parameters, Attributes={"a b": "c"})
        assert len(fake.contacts) == 1


def test_a_fault_that_is_planned_while_a_call_runs_is_counted(client: Any, parameters: Parameters) -> None:
    def plan_anew(attempts: int, **_: Any) -> None:
        if attempts == 1:
            fake.faults.clear()
            fake.faults.deny_access()

    with FakeConnectChat() as fake:
        fake.faults.throttle()
        client.meta.events.register("needs-retry.connect", plan_anew)
        with pytest.raises(client.exceptions.ClientError, match="AccessDenied"):
            client.start_chat_contact(**parameters)
        assert [fault.met for fault in fake.faults] == [1]


def test_a_record_begins_with_its_first_attempt(
    client: Any, parameters: Parameters, monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = iter(range(1_800_000_000, 1_800_001_000))
    monkeypatch.setattr(clock, "time", SimpleNamespace(time=lambda: next(seconds)))  # it moves whenever it is read
    with FakeConnectChat(clock="system") as fake:
        client.start_chat_contact(**parameters)
        record = fake.requests.one()
        assert record.time == record.attempts[0].time


def test_fakes_of_several_threads_give_the_environment_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "mine")
    environment = Environment()
    waiting: list[Callable[[], None]] = []

    class FoughtForLock:
        """A lock that another thread gets the moment it is free."""

        def __enter__(self) -> None: ...

        def __exit__(self, *_: object) -> None:
            if waiting:
                waiting.pop()()

    monkeypatch.setattr(environment, "_lock", FoughtForLock())
    environment.enter("one", None)
    waiting.append(lambda: environment.enter("two", None))
    environment.leave("one")
    environment.leave("two")
    assert {name: os.environ[name] for name in DUMMY if name in os.environ} == {"AWS_ACCESS_KEY_ID": "mine"}


def test_a_call_from_before_the_fake_does_not_disturb_those_inside(
    client: Any, parameters: Parameters, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_up, go_on = threading.Event(), threading.Event()
    search = hooks._PrefixTrie.prefix_search

    def search_slowly_for_the_first(trie: Any, event: str) -> Any:
        found = search(trie, event)
        if event.startswith("before-parameter-build.connect") and not looked_up.is_set():
            looked_up.set()
            go_on.wait(PATIENCE)
        return found

    class ElsewhereError(Exception):
        pass

    def go_elsewhere(**_: Any) -> None:
        raise ElsewhereError

    client.meta.events.register("before-send.connect", go_elsewhere)
    monkeypatch.setattr(hooks._PrefixTrie, "prefix_search", search_slowly_for_the_first)
    with ThreadPoolExecutor(1) as pool:
        outside = pool.submit(client.start_chat_contact, **parameters)
        looked_up.wait(PATIENCE)
        with FakeConnectChat() as fake:
            client.start_chat_contact(**parameters)
            go_on.set()
            with pytest.raises(ElsewhereError):
                outside.result()
            client.start_chat_contact(**parameters)
            assert len(fake.contacts) == 2


# -- fakes that come and go while somebody calls -----------------------------------------------------------------------


@contextlib.contextmanager
def meanwhile(act: Callable[[], object]) -> Iterator[None]:
    """Do something again and again in another thread."""
    done = threading.Event()

    def loop() -> None:
        while not done.is_set():
            act()

    with ThreadPoolExecutor(1) as pool:
        acting = pool.submit(loop)
        try:
            yield
        finally:
            done.set()
        acting.result(PATIENCE)


def test_whoever_looks_while_calls_run_sees_something_whole(client: Any, parameters: Parameters) -> None:
    def look() -> None:
        assert repr((fake, fake.contacts, fake.requests, fake.faults, fake.clock))
        assert "StartChatContact" in fake.journal()
        ended = {contact.contact_id for contact in fake.contacts.ended}
        assert not ended & {contact.contact_id for contact in fake.contacts.active}

    with FakeConnectChat(max_active_chats=ALL) as fake:
        client.start_chat_contact(**parameters)
        with meanwhile(look):
            for _ in range(CALLS):
                started = client.start_chat_contact(**parameters)
                client.stop_contact(InstanceId=parameters["InstanceId"], ContactId=started["ContactId"])


def come_and_go(client: Any, parameters: Parameters) -> set[str]:
    """Take and leave a fake while another thread calls; return what that thread got."""
    got: set[str] = set()
    fakes: list[FakeConnectChat] = []

    def call() -> None:
        try:
            got.add(client.start_chat_contact(**parameters)["ContactId"])
        except ClosedError:
            got.add("refused")

    with meanwhile(call):
        for seed in range(20):
            with FakeConnectChat(seed=seed) as fake:
                assert client.start_chat_contact(**parameters)["ContactId"] in fake.contacts
                with FakeConnectChat(seed=f"inner {seed}") as inner:
                    assert client.start_chat_contact(**parameters)["ContactId"] in inner.contacts
                assert client.start_chat_contact(**parameters)["ContactId"] in fake.contacts
            fakes += [fake, inner]
    return got - {contact_id for fake in fakes for contact_id in fake.contacts}


class Elsewhere:
    """The body of an answer that a handler of the application gives, for either driver."""

    async def read(self) -> bytes:
        return b'{"ContactId": "elsewhere"}'

    def stream(self, *_: object, **__: object) -> Iterator[bytes]:
        yield b'{"ContactId": "elsewhere"}'


@pytest.mark.in_process
def test_a_call_outside_of_a_fake_goes_where_it_would_go_without_one(parameters: Parameters, driver: str) -> None:
    client = new_client()
    module = importlib.import_module(f"{driver}.awsrequest")
    response_class = module.AWSResponse if driver == "botocore" else module.AioAWSResponse
    client.meta.events.register("before-send.connect", lambda **_: response_class(None, 200, {}, Elsewhere()))

    assert come_and_go(client, parameters) <= {"elsewhere"}


@pytest.mark.in_process
@over_all_drivers
def test_with_block_a_call_outside_of_a_fake_is_refused(parameters: Parameters) -> None:
    refusal = blocking.Refusal()
    interception.add(refusal)
    try:
        assert come_and_go(new_client(), parameters) <= {"refused"}
    finally:
        interception.remove(refusal)


def test_a_chat_continues_from_what_has_ended_when_it_starts(client: Any, parameters: Parameters) -> None:
    with FakeConnectChat(max_active_chats=10 * ALL) as fake:
        first = fake.add_contact(instance_id=parameters["InstanceId"]).contact_id
        second = fake.transfer(first).contact_id

        def call(thread: int, number: int) -> str:
            if thread == THREADS // 2 and number == 0:
                client.stop_contact(InstanceId=parameters["InstanceId"], ContactId=second)
            past = {"RehydrationType": "ENTIRE_PAST_SESSION", "SourceContactId": first}
            return str(client.start_chat_contact(**parameters, PersistentChat=past)["ContactId"])

        from_all_threads(call)
        resumed = [contact.continued_from_contact_id for contact in fake.contacts.values()][2:]

    assert len(resumed) == ALL
    assert resumed == [first] * resumed.count(first) + [second] * resumed.count(second)
    assert second in resumed
