"""aiobotocore's clients: found, answered and retried as botocore's are, without an event loop of our own.

Tests of behaviour that both kinds of clients share run over both, see `driver` in conftest.py; here is what only an
application that awaits can meet.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import sys
from collections.abc import Callable
from typing import Any

import pytest
from conftest import AwaitedClient

from pytest_connect_chat import FakeConnectChat
from pytest_connect_chat._clients import interception
from pytest_connect_chat._clients.blocking import Refusal
from pytest_connect_chat.exceptions import ClosedError, SceneError, UnfakedOperationError

aiobotocore_session = pytest.importorskip("aiobotocore.session", reason="the extra asyncio is not installed")
MODES = ["legacy", "standard", "adaptive"]
PLACE = {"region_name": "us-east-1"}
KEYS = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
PLAIN = ("-p", "no:faker", "-p", "no:hypothesispytest", "-p", "no:randomly", "-p", "no:xdist")

Parameters = dict[str, Any]
Plan = Callable[[Any], object]


async def call(method: Any, **parameters: Any) -> Any:
    return await method(**parameters)


async def opened(client: Any, parameters: Parameters, calls: int = 1) -> list[Any]:
    """Return the answers of calls that are gathered, and the errors of those that fail."""
    return await asyncio.gather(
        *(client.start_chat_contact(**parameters) for _ in range(calls)), return_exceptions=True
    )


FACTORIES = [pytest.param(None, id="tasks")]
if sys.version_info >= (3, 12):
    FACTORIES.append(pytest.param(asyncio.eager_task_factory, id="eager tasks"))


def new_config(**options: Any) -> Any:
    from aiobotocore.config import AioConfig

    return AioConfig(**options)


def handlers_of(client: Any) -> set[str]:
    return set(client.meta.events._emitter._unique_id_handlers)


# -- which clients -----------------------------------------------------------------------------------------------------


def test_clients_made_before_the_fake_are_caught(parameters: Parameters, no_sockets: list[Any]) -> None:
    async def scenario() -> int:
        async with aiobotocore_session.get_session().create_client("connect", **PLACE, **KEYS) as client:
            with FakeConnectChat() as fake:
                await client.start_chat_contact(**parameters)
                return len(fake.contacts)

    assert asyncio.run(scenario()) == 1
    assert no_sockets == []


@pytest.mark.filterwarnings("ignore:aiobotocore's httpx backend:DeprecationWarning")
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("backend", ["aiohttp", "httpx"])
def test_clients_of_both_http_back_ends_are_caught(
    parameters: Parameters, no_sockets: list[Any], backend: str, mode: str
) -> None:
    config = new_config(retries={"mode": mode})
    if backend == "httpx":
        httpxsession = pytest.importorskip("aiobotocore.httpxsession", reason="aiobotocore has no such back end yet")
        if httpxsession.httpx is None:
            pytest.skip("httpx is not installed")
        config = new_config(retries={"mode": mode}, http_session_cls=httpxsession.HttpxSession)

    async def scenario() -> list[str | None]:
        with FakeConnectChat() as fake:
            # verify=False: to load certificates takes long.
            new = aiobotocore_session.get_session().create_client("connect", **PLACE, verify=False, config=config)
            async with new as client:
                fake.faults.throttle(attempts=1)
                fake.faults.lose_response(attempts=1)
                await client.start_chat_contact(**parameters)
            return [attempt.fault for attempt in fake.requests.one().attempts]

    assert asyncio.run(scenario()) == ["throttled", "response lost (read timeout)", None]
    assert no_sockets == []


def test_a_late_import_of_aiobotocore_is_caught(pytester: pytest.Pytester) -> None:
    script = pytester.makepyfile("""
        import asyncio, sys
        from pytest_connect_chat import FakeConnectChat

        PARAMETERS = {"InstanceId": "i", "ContactFlowId": "f", "ParticipantDetails": {"DisplayName": "Ada"}}

        async def main():
            from aiobotocore.session import get_session
            async with get_session().create_client("connect", region_name="us-east-1") as client:
                await client.start_chat_contact(**PARAMETERS)

        with FakeConnectChat() as fake:
            assert "aiobotocore" not in sys.modules
            asyncio.run(main())
            print(len(fake.contacts), "contact")
        from aiobotocore.client import AioBaseClient
        from botocore.client import BaseClient
        assert not hasattr(AioBaseClient._make_request, "__pytest_connect_chat__")
        assert "__init_subclass__" not in BaseClient.__dict__
    """)
    result = pytester.run(sys.executable, str(script))
    result.stdout.fnmatch_lines(["1 contact"])
    assert result.ret == 0


def test_clients_of_other_session_classes_are_caught(parameters: Parameters, no_sockets: list[Any]) -> None:
    seen: list[str] = []

    class TracedClient:  # what aioboto3 and tracers put into the classes of clients
        async def _make_api_call(self, operation_name: str, api_params: Parameters) -> Any:
            seen.append(operation_name)
            return await super()._make_api_call(operation_name, api_params)  # type: ignore[misc]

    class Session(aiobotocore_session.AioSession):  # type: ignore[misc, name-defined]
        def client(self, service: str) -> Any:
            return self.create_client(service, **PLACE)

    session = Session()
    session.register("creating-client-class.connect", lambda base_classes, **_: base_classes.insert(0, TracedClient))

    async def scenario(fake: FakeConnectChat) -> None:
        fake.faults.throttle(attempts=1)
        async with session.client("connect") as client:
            await client.start_chat_contact(**parameters)

    with FakeConnectChat() as fake:
        asyncio.run(scenario(fake))
        assert fake.requests.one().attempt_count == 2
    assert seen == ["StartChatContact"]
    assert no_sockets == []


def test_a_client_class_that_calls_its_base_is_answered_once(parameters: Parameters) -> None:
    from aiobotocore.client import AioBaseClient

    class Overriding(AioBaseClient):  # type: ignore[misc]
        async def _emit_api_params(self, *args: Any, **kwargs: Any) -> Any:
            return await super()._emit_api_params(*args, **kwargs)

    session = aiobotocore_session.get_session()
    session.register("creating-client-class.connect", lambda base_classes, **_: base_classes.insert(0, Overriding))

    async def scenario() -> None:
        async with session.create_client("connect", **PLACE) as client:
            await client.start_chat_contact(**parameters)

    with FakeConnectChat() as fake:
        asyncio.run(scenario())
        assert not fake.requests.one().client_token_given


def test_refusals_of_calls_and_of_what_is_not_faked() -> None:
    with FakeConnectChat(strict=False) as fake:
        client = fake.aio_client()
        with pytest.raises(UnfakedOperationError):
            asyncio.run(client.list_instances())
        refusal = Refusal()
        interception.add(refusal)
        with pytest.raises(ClosedError, match="the setting block is on"):
            asyncio.run(client.list_instances())
        interception.remove(refusal)


def test_other_services_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    class ReachedError(Exception):
        pass

    async def send(self: Any, request: Any) -> Any:
        raise ReachedError

    async def scenario() -> None:
        async with aiobotocore_session.get_session().create_client("sts", **PLACE) as client:
            monkeypatch.setattr(type(client._endpoint.http_session), "send", send)
            await client.get_caller_identity()

    with FakeConnectChat(), pytest.raises(ReachedError):
        asyncio.run(scenario())


def test_a_client_of_another_service_is_refused() -> None:
    with FakeConnectChat() as fake, pytest.raises(SceneError, match="connect, connectparticipant"):
        fake.aio_client("dynamodb")  # type: ignore[call-overload]


def test_a_client_that_has_to_wait_while_it_is_made_is_reported() -> None:
    from pytest_connect_chat._clients.aio_client import _result_of

    with pytest.raises(RuntimeError, match="please report this"):
        _result_of(asyncio.sleep(0))


# -- the life of a client ----------------------------------------------------------------------------------------------


def test_afterwards_the_classes_and_the_client_are_as_before(parameters: Parameters) -> None:
    from aiobotocore.client import AioBaseClient
    from aiobotocore.endpoint import AioEndpoint

    before = AioBaseClient._emit_api_params, AioBaseClient._make_request, AioEndpoint._send
    with FakeConnectChat() as fake:
        client = fake.aio_client()
        ids = handlers_of(client)
        asyncio.run(opened(client, parameters))
    assert handlers_of(client) == ids
    assert (AioBaseClient._emit_api_params, AioBaseClient._make_request, AioEndpoint._send) == before


@pytest.mark.parametrize("mode", MODES)
def test_a_client_may_be_used_in_one_event_loop_after_the_other(parameters: Parameters, mode: str) -> None:
    async def made() -> Any:
        new = aiobotocore_session.get_session().create_client("connect", **PLACE, config=new_config())
        return await new.__aenter__()  # an application that keeps its client

    with FakeConnectChat() as fake:
        client = asyncio.run(made())
        for _ in range(2):
            fake.faults.throttle(attempts=2)
            answers = asyncio.run(opened(client, parameters, calls=3))
            assert [type(answer) for answer in answers] == [dict] * 3
        asyncio.run(client.__aexit__(None, None, None))
        assert len(fake.contacts) == 6


def test_a_client_of_the_fake_may_be_entered_and_is_answered_also_after_that(parameters: Parameters) -> None:
    async def scenario(client: Any) -> None:
        for _ in range(2):
            async with client as entered:
                await entered.start_chat_contact(**parameters)
            await client.start_chat_contact(**parameters)

    with FakeConnectChat() as fake:
        asyncio.run(scenario(fake.aio_client()))
        assert len(fake.contacts) == 4


def test_nothing_is_left_open(parameters: Parameters, no_sockets: list[Any]) -> None:
    async def scenario(fake: FakeConnectChat) -> None:
        await opened(fake.aio_client(), parameters, calls=3)
        async with aiobotocore_session.get_session().create_client("connect", **PLACE) as client:
            await opened(client, parameters, calls=3)

    with FakeConnectChat() as fake:
        fake.faults.throttle(attempts=2)
        asyncio.run(scenario(fake), debug=True)
    gc.collect()  # what was left open, or never awaited, is a warning now, and so an error


def test_a_call_that_waits_while_the_fake_ends_is_answered_by_it(parameters: Parameters, no_sockets: list[Any]) -> None:
    async def scenario() -> tuple[Any, list[Any]]:
        with FakeConnectChat() as fake:
            client = fake.aio_client()
            ids = handlers_of(client)
            fake.faults.throttle(attempts=1)
            task = asyncio.create_task(call(client.start_chat_contact, **parameters))
            await asyncio.sleep(0)
        answer = await task
        assert handlers_of(client) == ids
        return answer, list(fake.contacts)

    answer, contacts = asyncio.run(scenario())
    assert contacts == [answer["ContactId"]]
    assert no_sockets == []


# -- what the application adds and uses --------------------------------------------------------------------------------


def test_handlers_of_the_application_are_awaited(parameters: Parameters) -> None:
    heard: list[str] = []

    async def ask_once(attempts: int, event_name: str, **_: Any) -> float | None:
        await asyncio.sleep(0)
        heard.append(event_name)
        return 30 if attempts == 1 else None

    async def hear(event_name: str, **_: Any) -> None:
        await asyncio.sleep(0)
        heard.append(event_name)

    with FakeConnectChat(clock="2026-01-01T00:00:00Z") as fake:
        client = fake.aio_client()
        client.meta.events.register("needs-retry.connect", ask_once)
        client.meta.events.register("after-call.connect", hear)
        fake.faults.error("ResourceNotFoundException", attempts=1)
        asyncio.run(opened(client, parameters))

        assert fake.requests.one().attempt_count == 2
        assert (fake.clock.now() - fake.clock.start).total_seconds() == 30
    assert [event.partition(".")[0] for event in heard] == ["needs-retry", "needs-retry", "after-call"]


def test_paginators_turn_the_pages(no_sockets: list[Any]) -> None:
    async def scenario(client: Any) -> list[list[str]]:
        pages = client.get_paginator("list_contact_flows").paginate(InstanceId="i", PaginationConfig={"PageSize": 2})
        return [[flow["Id"] for flow in page["ContactFlowSummaryList"]] async for page in pages]

    with FakeConnectChat() as fake:
        fake.add_instance("i", ["f-1", "f-2", "f-3"])
        fake.faults.throttle(attempts=1, operation="ListContactFlows")
        assert asyncio.run(scenario(fake.aio_client())) == [["f-1", "f-2"], ["f-3"]]
        assert [record.attempt_count for record in fake.requests.list_contact_flows] == [2, 1]


# -- tasks -------------------------------------------------------------------------------------------------------------


def test_a_thousand_tasks_lose_nothing(parameters: Parameters) -> None:
    with FakeConnectChat(max_active_chats=600) as fake:
        fake.faults.throttle(attempts=100)
        answers = asyncio.run(opened(fake.aio_client(), parameters, calls=1_000))
        contact_ids = {answer["ContactId"] for answer in answers if isinstance(answer, dict)}
        assert len(contact_ids) == len(fake.contacts) == 600
        assert len(fake.requests) == 1_000
        assert sum(attempt.fault == "throttled" for record in fake.requests for attempt in record.attempts) == 100


@pytest.mark.parametrize("factory", FACTORIES)
@pytest.mark.parametrize(
    ("plan", "longest"),
    [
        pytest.param(lambda faults: faults.throttle(attempts=500), 20, id="back-offs"),
        pytest.param(lambda faults: faults.delay(30, calls=100), 30, id="delays"),
    ],
)
def test_waits_of_parallel_tasks_do_not_add_up(
    parameters: Parameters, plan: Plan, longest: float, factory: Any
) -> None:
    async def scenario(client: Any) -> None:
        asyncio.get_running_loop().set_task_factory(factory)
        await opened(client, parameters, calls=100)

    with FakeConnectChat() as fake:
        plan(fake.faults)
        asyncio.run(scenario(fake.aio_client()))
        waited = (fake.clock.now() - fake.clock.start).total_seconds()
    assert 0 < waited <= longest


def test_one_token_from_all_tasks_gives_one_contact(parameters: Parameters) -> None:
    with FakeConnectChat() as fake:
        asyncio.run(opened(fake.aio_client(), {**parameters, "ClientToken": "order-17"}, calls=50))
        assert len(fake.contacts) == 1


def test_gathered_tasks_get_the_same_ids_every_time(parameters: Parameters) -> None:
    def seen() -> list[Any]:
        with FakeConnectChat(seed=7, clock="2026-01-01T00:00:00Z", strict=False) as fake:
            fake.faults.throttle(attempts=20)
            fake.faults.delay(5, calls=5)
            fake.faults.chaos(0.3, mode="hard")
            answers = asyncio.run(opened(fake.aio_client(), parameters, calls=40))
            ids = [answer["ContactId"] if isinstance(answer, dict) else type(answer).__name__ for answer in answers]
            return [ids, [(record.client_token, record.attempts) for record in fake.requests]]

    assert seen() == seen()


def test_a_task_group_cancels_the_calls_that_wait(parameters: Parameters) -> None:
    async def scenario(fake: FakeConnectChat) -> None:
        client = fake.aio_client()
        async with asyncio.TaskGroup() as group:
            for _ in range(3):
                group.create_task(call(client.start_chat_contact, **parameters))
            group.create_task(call(client.stop_contact, InstanceId="i", ContactId="nobody"))

    with FakeConnectChat() as fake:
        fake.faults.throttle(calls=2)
        with pytest.raises(ExceptionGroup) as caught:
            asyncio.run(scenario(fake))
        assert [type(error).__name__ for error in caught.value.exceptions] == ["ContactNotFoundException"]
        ends = [(record.operation, record.error and record.error.code) for record in fake.requests]
        assert sorted(ends, key=str) == [
            ("StartChatContact", "CancelledError"),
            ("StartChatContact", "CancelledError"),
            ("StartChatContact", None),
            ("StopContact", "ContactNotFoundException"),
        ]
        assert len(fake.contacts) == 1


# -- cancellation ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("plan", "contacts", "attempts"),
    [
        pytest.param(lambda faults: faults.throttle(), 0, [("TooManyRequestsException", "throttled")], id="back-off"),
        pytest.param(
            lambda faults: faults.lose_response(503),
            1,
            [("503", "response lost (503)")],
            id="back-off after a lost response",
        ),
        pytest.param(lambda faults: faults.delay(10), 1, [("CancelledError", "delayed 10 s")], id="delay"),
        pytest.param(
            lambda faults: faults.delay(70), 1, [("CancelledError", "delayed 70 s")], id="delay past patience"
        ),
    ],
)
def test_a_call_that_is_cancelled_while_it_waits_leaves_what_the_service_did(
    parameters: Parameters, plan: Plan, contacts: int, attempts: list[tuple[str, str]]
) -> None:
    async def scenario(client: Any) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0):
                await client.start_chat_contact(**parameters)

    with FakeConnectChat() as fake:
        plan(fake.faults)
        client = fake.aio_client()
        before = handlers_of(client)
        asyncio.run(scenario(client))

        record = fake.requests.one()
        assert (record.error and record.error.code, record.response) == ("CancelledError", None)
        assert [(attempt.error and attempt.error.code, attempt.fault) for attempt in record.attempts] == attempts
        assert list(fake.contacts.values()) == [record.contact] * contacts
        assert fake.clock.now() == fake.clock.start
        assert fake.faults.leftovers() == []

        asyncio.run(opened(client, parameters))  # the next call is answered as if nothing had been
        assert fake.requests.last.attempt_count == 1
        assert len(fake.contacts) == contacts + 1
    assert handlers_of(client) == before


def test_a_refusal_that_nobody_waits_for_is_recorded(parameters: Parameters) -> None:
    async def scenario(client: Any) -> None:
        task = asyncio.create_task(call(client.start_chat_contact, **parameters))
        await asyncio.sleep(0)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    with FakeConnectChat() as fake:
        fake.add_instance("another")
        fake.faults.delay(10)
        asyncio.run(scenario(fake.aio_client()))
        assert fake.requests.one().contact is None
        assert len(fake.contacts) == 0


# -- no decision is taken twice ----------------------------------------------------------------------------------------

FAULTS: dict[str, Plan] = {
    "throttle": lambda faults: faults.throttle(),
    "throttle, two attempts": lambda faults: faults.throttle(attempts=2),
    "lost response": lambda faults: faults.lose_response(),
    "delay": lambda faults: faults.delay(70),
    "chaos": lambda faults: faults.chaos(0.5, mode="hard"),
}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_met_as_with_botocore(
    parameters: Parameters, mode: str, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_RETRY_MODE", mode)

    def met(aio: bool) -> list[Any]:
        with FakeConnectChat(clock="2026-01-01T00:00:00Z", seed=7) as fake:
            FAULTS[fault](fake.faults)
            client = AwaitedClient(fake.aio_client()) if aio else fake.client()
            heard: list[str] = []
            client.meta.events.register("after-call-error", lambda exception, **_: heard.append(str(exception)))
            for _ in range(5):
                with contextlib.suppress(Exception):
                    client.start_chat_contact(**parameters)
            records = [(record.attempts, record.error, record.response) for record in fake.requests]
            return [records, list(fake.contacts), fake.clock.now(), heard]

    assert met(aio=True) == met(aio=False)


# -- fixtures ----------------------------------------------------------------------------------------------------------

STRICT = """
[tool.pytest]
strict = true
filterwarnings = ["error"]
"""
SUITE = """
import pytest

PARAMETERS = {{"InstanceId": "i", "ContactFlowId": "f", "ParticipantDetails": {{"DisplayName": "Ada"}}}}


{fixture}
async def first_chat(aio_connect_client):
    yield await aio_connect_client.start_chat_contact(**PARAMETERS)
    await aio_connect_client.start_chat_contact(**PARAMETERS)


{mark}
async def test_opens_a_chat(connect_chat, aio_connect_client):
    connect_chat.faults.throttle(attempts=1)
    connect_chat.faults.delay(10)
    answer = await aio_connect_client.start_chat_contact(**PARAMETERS)
    assert connect_chat.contacts.last.contact_id == answer["ContactId"]


{mark}
async def test_calls_the_participant_service(connect_chat, aio_connectparticipant_client):
    connect_chat.add_response("describe_view", {{"View": {{"Id": "v"}}}}, service="connectparticipant")
    answer = await aio_connectparticipant_client.describe_view(ViewToken="t", ConnectionToken="c")
    assert answer["View"] == {{"Id": "v"}}


{mark}
async def test_takes_a_fixture_that_awaits(connect_chat, first_chat):
    assert list(connect_chat.contacts) == [first_chat["ContactId"]]


def test_awaits_nothing(connect_chat, connect_client):
    connect_client.start_chat_contact(**PARAMETERS)
"""
RUNNERS = {
    "pytest-asyncio, strict": (
        {"mark": "@pytest.mark.asyncio", "fixture": "import pytest_asyncio\n\n@pytest_asyncio.fixture"},
        'asyncio_default_fixture_loop_scope = "function"\nasyncio_mode = "strict"',
    ),
    "pytest-asyncio, auto": (
        {"mark": "", "fixture": "@pytest.fixture"},
        'asyncio_default_fixture_loop_scope = "module"\nasyncio_mode = "auto"',
    ),
    "anyio": ({"mark": "@pytest.mark.anyio", "fixture": "@pytest.fixture"}, ""),
}


@pytest.mark.parametrize("runner", RUNNERS)
def test_the_fixtures_work_under(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, runner: str) -> None:
    pytest.importorskip("anyio" if runner == "anyio" else "pytest_asyncio")
    parts, options = RUNNERS[runner]
    pytester.makepyprojecttoml(STRICT + options)
    pytester.makeconftest("import pytest\n\n@pytest.fixture\ndef anyio_backend():\n    return 'asyncio'\n")
    pytester.makepyfile(SUITE.format(**parts))
    monkeypatch.setenv("PYTHONASYNCIODEBUG", "1")  # what is never awaited, or called from elsewhere, is a warning

    result = pytester.runpytest_inprocess(*PLAIN, *(("-p", "no:asyncio") if runner == "anyio" else ()))

    result.assert_outcomes(passed=4)


def test_without_the_extra_the_fixtures_say_what_to_install(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("aiobotocore", "aiobotocore.session"):
        monkeypatch.setitem(sys.modules, name, None)
    pytester.makepyfile("def test_asks_for_a_client(aio_connect_client):\n    pass\n")
    result = pytester.runpytest_inprocess(*PLAIN, "-p", "no:asyncio")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["The async clients need aiobotocore: install pytest-connect-chat?asyncio?*"])


def test_a_client_that_has_lost_its_handlers_is_answered(parameters: Parameters) -> None:
    with FakeConnectChat() as fake:
        client = fake.aio_client()
        asyncio.run(call(client.start_chat_contact, **parameters))
        [stubber] = fake._backend._stubbers.values()  # which lives on its handlers otherwise
        for event, handler in (("before-parameter-build", "claim"), ("before-call", "answer")):
            client.meta.events.unregister(event, unique_id=f"pytest_connect_chat_{id(fake._backend)}_{handler}")
        asyncio.run(call(client.start_chat_contact, **parameters))

        assert stubber.is_active
        assert len(fake.contacts) == 2
