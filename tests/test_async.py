"""aiobotocore's clients: found, answered and retried as botocore's are, without an event loop of our own."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from typing import Any

import pytest
from conftest import AwaitedClient

from pytest_connect_chat import FakeConnectChat
from pytest_connect_chat.exceptions import ClosedError, SceneError, UnfakedOperationError

aiobotocore_session = pytest.importorskip("aiobotocore.session", reason="the extra asyncio is not installed")
PLACE = {"region_name": "us-east-1"}
ASYNCIO_CONFIGURATION = """
[tool.pytest]
strict = true
filterwarnings = ["error"]
asyncio_default_fixture_loop_scope = "function"
asyncio_mode = "{mode}"
"""
SUITE = """
import pytest

PARAMETERS = {"InstanceId": "i", "ContactFlowId": "f", "ParticipantDetails": {"DisplayName": "Ada"}}


@pytest.mark.asyncio
async def test_opens_a_chat(connect_chat, aio_connect_client):
    answer = await aio_connect_client.start_chat_contact(**PARAMETERS)
    assert connect_chat.contacts.last.contact_id == answer["ContactId"]


@pytest.mark.asyncio
async def test_calls_the_participant_service(connect_chat, aio_connectparticipant_client):
    connect_chat.add_response("describe_view", {"View": {"Id": "v"}}, service="connectparticipant")
    answer = await aio_connectparticipant_client.describe_view(ViewToken="t", ConnectionToken="c")
    assert answer["View"] == {"Id": "v"}
"""


async def opened(client: Any, parameters: dict[str, Any], calls: int = 1) -> list[Any]:
    return await asyncio.gather(
        *(client.start_chat_contact(**parameters) for _ in range(calls)), return_exceptions=True
    )


def test_clients_made_before_the_fake_are_caught(parameters: dict[str, Any], no_sockets: list[Any]) -> None:
    async def scenario() -> int:
        keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
        async with aiobotocore_session.get_session().create_client("connect", **PLACE, **keys) as client:
            with FakeConnectChat() as fake:
                await client.start_chat_contact(**parameters)
                return len(fake.contacts)

    assert asyncio.run(scenario()) == 1
    assert no_sockets == []


@pytest.mark.filterwarnings("ignore:aiobotocore's httpx backend:DeprecationWarning")
@pytest.mark.parametrize("backend", ["aiohttp", "httpx"])
def test_clients_of_both_http_back_ends_are_caught(
    parameters: dict[str, Any], no_sockets: list[Any], backend: str
) -> None:
    from aiobotocore.config import AioConfig

    config = AioConfig()
    if backend == "httpx":
        httpxsession = pytest.importorskip("aiobotocore.httpxsession", reason="aiobotocore has no such back end yet")
        if httpxsession.httpx is None:
            pytest.skip("httpx is not installed")
        config = AioConfig(http_session_cls=httpxsession.HttpxSession)

    async def scenario() -> int:
        with FakeConnectChat() as fake:
            async with aiobotocore_session.get_session().create_client("connect", **PLACE, config=config) as client:
                fake.faults.throttle(attempts=1)
                await client.start_chat_contact(**parameters)
            return fake.requests.last.attempt_count

    assert asyncio.run(scenario()) == 2
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
        assert not hasattr(AioBaseClient._make_api_call, "__pytest_connect_chat__")
        assert "__init_subclass__" not in BaseClient.__dict__
    """)
    result = pytester.run(sys.executable, str(script))
    result.stdout.fnmatch_lines(["1 contact"])
    assert result.ret == 0


def test_afterwards_the_classes_and_the_client_are_as_before(parameters: dict[str, Any]) -> None:
    from aiobotocore.client import AioBaseClient
    from aiobotocore.endpoint import AioEndpoint

    before = AioBaseClient._make_api_call, AioEndpoint._send
    with FakeConnectChat() as fake:
        client = fake.aio_client()
        emitter = client.meta.events._emitter
        ids = set(emitter._unique_id_handlers)
        asyncio.run(opened(client, parameters))
        assert set(emitter._unique_id_handlers) > ids
    assert set(emitter._unique_id_handlers) == ids
    assert (AioBaseClient._make_api_call, AioEndpoint._send) == before


def test_what_is_not_faked_is_refused_without_a_socket(no_sockets: list[Any]) -> None:
    with FakeConnectChat(strict=False) as fake:
        client = fake.aio_client()
        with pytest.raises(UnfakedOperationError, match="ListQueues of connect is not faked"):
            asyncio.run(_call(client.list_queues, InstanceId="i"))
    assert no_sockets == []


def test_passthrough_never_reaches_a_socket(no_sockets: list[Any]) -> None:
    with FakeConnectChat(unfaked="passthrough") as fake:
        client = fake.aio_client()
        with pytest.raises(ClosedError, match="about to leave the process"):
            asyncio.run(_call(client.list_queues, InstanceId="i"))
    assert no_sockets == []


async def _call(method: Any, **parameters: Any) -> Any:
    return await method(**parameters)


def test_a_thousand_tasks_lose_nothing(parameters: dict[str, Any]) -> None:
    with FakeConnectChat(max_active_chats=600) as fake:
        fake.faults.throttle(attempts=100)
        answers = asyncio.run(opened(fake.aio_client(), parameters, calls=1_000))
        contact_ids = {answer["ContactId"] for answer in answers if isinstance(answer, dict)}
        assert len(contact_ids) == len(fake.contacts) == 600
        assert len(fake.requests) == 1_000
        assert sum(attempt.fault == "throttled" for record in fake.requests for attempt in record.attempts) == 100


def test_back_offs_of_parallel_tasks_do_not_add_up(parameters: dict[str, Any]) -> None:
    with FakeConnectChat() as fake:
        fake.faults.throttle(attempts=500)
        asyncio.run(opened(fake.aio_client(), parameters, calls=100))
        waited = (fake.clock.now() - fake.clock.start).total_seconds()
    assert 0 < waited < 20


def test_one_token_from_all_tasks_gives_one_contact(parameters: dict[str, Any]) -> None:
    with FakeConnectChat() as fake:
        asyncio.run(opened(fake.aio_client(), {**parameters, "ClientToken": "order-17"}, calls=50))
        assert len(fake.contacts) == 1


def test_a_client_of_another_service_is_refused() -> None:
    with FakeConnectChat() as fake, pytest.raises(SceneError, match="connect, connectparticipant"):
        fake.aio_client("dynamodb")


@pytest.mark.parametrize("mode", ["strict", "auto"])
def test_the_fixtures_work_under_pytest_asyncio(pytester: pytest.Pytester, mode: str) -> None:
    pytester.makepyprojecttoml(ASYNCIO_CONFIGURATION.format(mode=mode))
    pytester.makepyfile(SUITE)
    pytester.runpytest_subprocess("-p", "no:hypothesispytest", "-p", "no:faker").assert_outcomes(passed=2)


def test_the_fixtures_work_under_anyio(pytester: pytest.Pytester) -> None:
    pytest.importorskip("anyio")
    pytester.makeconftest("import pytest\n\n@pytest.fixture\ndef anyio_backend():\n    return 'asyncio'\n")
    pytester.makepyfile(SUITE.replace("mark.asyncio", "mark.anyio"))
    result = pytester.runpytest_subprocess("-p", "no:asyncio", "-p", "no:hypothesispytest", "-p", "no:faker")
    result.assert_outcomes(passed=2)


def test_without_the_extra_the_fixtures_say_what_to_install(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(
        "import sys\n\nsys.modules['aiobotocore'] = None\nsys.modules['aiobotocore.session'] = None\n"
    )
    pytester.makepyfile("def test_asks_for_a_client(aio_connect_client):\n    pass\n")
    result = pytester.runpytest_subprocess("-p", "no:asyncio", "-p", "no:hypothesispytest", "-p", "no:faker")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["The async clients need aiobotocore: install pytest-connect-chat?asyncio?*"])


def test_a_client_that_has_to_wait_while_it_is_made_is_reported() -> None:
    from pytest_connect_chat._clients.aio_client import _result_of

    with pytest.raises(RuntimeError, match="please report this"):
        _result_of(asyncio.sleep(0))


FAULTS = {
    "throttle": lambda faults: faults.throttle(),
    "throttle, two attempts": lambda faults: faults.throttle(attempts=2),
    "lost response": lambda faults: faults.lose_response(),
    "lost response, 503": lambda faults: faults.lose_response(503, attempts=1),
    "connect timeout": lambda faults: faults.network_error("connect_timeout"),
    "delay": lambda faults: faults.delay(70),
    "denied": lambda faults: faults.deny_access(),
}


@pytest.mark.parametrize("mode", ["legacy", "standard", "adaptive"])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_met_as_with_botocore(
    parameters: dict[str, Any], mode: str, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_RETRY_MODE", mode)

    def met(aio: bool) -> dict[str, Any]:
        with FakeConnectChat(clock="2026-01-01T00:00:00Z") as fake:
            FAULTS[fault](fake.faults)
            client = AwaitedClient(fake.aio_client()) if aio else fake.client()
            heard: list[str] = []
            client.meta.events.register("after-call-error", lambda exception, **_: heard.append(str(exception)))
            with contextlib.suppress(Exception):
                client.start_chat_contact(**parameters)
            record = fake.requests.one()
            return {
                "attempts": record.attempts,
                "error": record.error,
                "contacts": list(fake.contacts),
                "clock": fake.clock.now(),
                "after-call-error": heard,
            }

    assert met(aio=True) == met(aio=False)


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


def test_a_call_that_is_cancelled_while_it_waits_is_recorded(parameters: dict[str, Any]) -> None:
    async def scenario(client: Any) -> None:
        task = asyncio.create_task(_call(client.start_chat_contact, **parameters))
        await asyncio.sleep(0)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    with FakeConnectChat() as fake:
        fake.faults.delay(10)
        asyncio.run(scenario(fake.aio_client()))
        assert len(fake.contacts) == 1
        error = fake.requests.one().error
        assert error is not None
        assert error.code == "CancelledError"
