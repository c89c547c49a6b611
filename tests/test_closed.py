"""No call on the two services opens a socket while a fake is active, and `block` guards what forgets to take one."""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import botocore.session
import pytest
from botocore.awsrequest import AWSResponse
from botocore.client import BaseClient
from botocore.config import Config
from botocore.endpoint import Endpoint
from botocore.exceptions import ParamValidationError
from botocore.hooks import HierarchicalEmitter
from conftest import over_all_drivers

from pytest_connect_chat import FakeConnectChat
from pytest_connect_chat._clients.environment import DUMMY
from pytest_connect_chat.exceptions import ClosedError, UnfakedOperationError

Parameters = dict[str, Any]

PLAIN = ("-p", "no:faker", "-p", "no:hypothesispytest", "-p", "no:asyncio", "-p", "no:randomly")
REAL = {"AWS_ACCESS_KEY_ID": "AKIAREAL", "AWS_SECRET_ACCESS_KEY": "real", "AWS_EC2_METADATA_DISABLED": "false"}


@pytest.fixture(autouse=True)
def closed(models_read_once: None, no_sockets: list[Any], monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No test of these opens a socket."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    yield
    assert no_sockets == []


def signing_client(service: str = "connect", **keywords: Any) -> Any:
    """Return a client that has all it needs to reach the real service."""
    return botocore.session.get_session().create_client(
        service, aws_access_key_id="AKIAREAL", aws_secret_access_key="real", **keywords
    )


every_retry_mode = pytest.mark.parametrize("mode", ["legacy", "standard", "adaptive"])


# -- while a fake is active --------------------------------------------------------------------------------------------


def test_a_faked_operation_opens_no_socket(connect_chat: FakeConnectChat, parameters: Parameters) -> None:
    signing_client().start_chat_contact(**parameters)

    assert len(connect_chat.contacts) == 1


@pytest.mark.connect_chat(strict=False)
@pytest.mark.parametrize(
    ("service", "call", "faked"),
    [
        ("connect", lambda client: client.list_instances(), "StartChatContact"),
        (
            "connectparticipant",
            lambda client: client.describe_view(ViewToken="token", ConnectionToken="token"),
            "SendMessage",
        ),
    ],
    ids=["connect", "connectparticipant"],
)
def test_an_operation_that_is_not_faked_says_the_way_out(
    service: str, call: Callable[[Any], Any], faked: str, connect_chat: FakeConnectChat
) -> None:
    client = signing_client(service)
    with pytest.raises(UnfakedOperationError) as caught:
        call(client)

    message = str(caught.value)
    assert f"of {service} is not faked" in message
    assert faked in message
    assert "connect_chat.add_response('" in message
    assert "unfaked='passthrough'" in message


@every_retry_mode
@pytest.mark.parametrize("service", ["connect", "connectparticipant"])
def test_passthrough_with_nobody_there_is_refused(mode: str, service: str) -> None:
    client = signing_client(service, config=Config(retries={"mode": mode}))
    calls = {"connect": {}, "connectparticipant": {"ViewToken": "token", "ConnectionToken": "token"}}
    method = {"connect": "list_instances", "connectparticipant": "describe_view"}[service]

    with (
        FakeConnectChat(unfaked="passthrough"),
        pytest.raises(ClosedError, match="about to leave the process while connect_chat is active") as caught,
    ):
        getattr(client, method)(**calls[service])

    assert client.meta.endpoint_url in str(caught.value)
    assert "with unfaked='passthrough' something else, such as moto, has to" in str(caught.value)


@pytest.mark.in_process
@over_all_drivers
@pytest.mark.parametrize("service", ["connect", "connectparticipant"])
def test_a_client_of_a_fake_that_is_not_active_is_refused(service: str) -> None:
    client: Any = FakeConnectChat().client(service)  # type: ignore[call-overload]

    with pytest.raises(ClosedError, match=r"this client is of a FakeConnectChat that is not active\. Use `with"):
        client.list_instances() if service == "connect" else client.describe_view(ViewToken="t", ConnectionToken="t")


def test_a_client_of_a_fake_that_is_not_active_is_refused_where_others_are_let_through(
    pytester: pytest.Pytester, no_sockets: list[Any]
) -> None:
    pytester.makeini("[pytest]\nconnect_chat_block = true")
    pytester.makepyfile(
        """
        import pytest
        from pytest_connect_chat import FakeConnectChat
        from pytest_connect_chat.exceptions import ClosedError

        @pytest.mark.connect_chat(block=False)
        def test_let_through():
            with pytest.raises(ClosedError, match="FakeConnectChat that is not active"):
                FakeConnectChat().client().list_instances()
        """
    )

    pytester.runpytest_inprocess("-p", "no:asyncio").assert_outcomes(passed=1)
    assert no_sockets == []


def test_what_a_client_of_a_fake_has_open_goes_with_it() -> None:
    endpoint = weakref.ref(FakeConnectChat().client()._endpoint)

    assert endpoint() is None


def test_a_client_of_a_fake_that_is_not_active_is_left_to_whoever_intercepts(parameters: Parameters) -> None:
    client = FakeConnectChat().client()
    answer = AWSResponse("https://connect", 200, {}, None)
    answer._content = b'{"ContactId": "theirs"}'
    client.meta.events.register("before-send", lambda **kwargs: answer)

    assert client.start_chat_contact(**parameters)["ContactId"] == "theirs"
    with FakeConnectChat() as fake:
        assert client.start_chat_contact(**parameters)["ContactId"] in fake.contacts


def test_passthrough_reaches_whoever_intercepts(parameters: Parameters) -> None:
    client = signing_client()
    seen: list[str] = []

    def refuse(request: Any, **kwargs: Any) -> None:
        seen.append(request.url)
        raise ZeroDivisionError

    client.meta.events.register("before-send.connect", refuse)
    with FakeConnectChat(unfaked="passthrough") as fake, pytest.raises(ZeroDivisionError):
        client.list_instances()

    assert seen == ["https://connect.us-east-1.amazonaws.com/instance"]
    assert not fake.requests.called


@every_retry_mode
def test_a_client_that_has_lost_its_handlers_is_answered(
    mode: str, connect_chat: FakeConnectChat, parameters: Parameters
) -> None:
    client = signing_client(config=Config(retries={"mode": mode}))
    client.start_chat_contact(**parameters)
    client.meta.events._emitter.__dict__.update(HierarchicalEmitter().__dict__)

    client.start_chat_contact(**parameters, ClientToken="order-17")
    assert len(connect_chat.requests) == 2


def test_a_client_is_made_without_credentials_and_without_the_metadata_service(
    connect_chat: FakeConnectChat, parameters: Parameters
) -> None:
    client = boto3.client("connect")

    client.start_chat_contact(**parameters)
    assert client._request_signer._credentials.access_key == DUMMY["AWS_ACCESS_KEY_ID"]


def test_a_request_that_botocore_refuses_opens_no_socket(connect_chat: FakeConnectChat) -> None:
    with pytest.raises(ParamValidationError):
        signing_client().start_chat_contact()

    assert not connect_chat.requests.called


# -- dummy credentials -------------------------------------------------------------------------------------------------


def aws_variables() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name.startswith("AWS_")}


@pytest.fixture(params=[{}, REAL], ids=["empty environment", "real credentials"])
def before(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Set the environment as it is before a fake, and return what AWS's libraries read of it."""
    for name, value in request.param.items():
        monkeypatch.setenv(name, value)
    return aws_variables()


def test_dummy_credentials_are_there_while_a_fake_is_active_and_undone_after(before: dict[str, str]) -> None:
    with FakeConnectChat():
        assert aws_variables() == before | DUMMY

    assert aws_variables() == before


def test_the_fixture_brings_dummy_credentials(connect_chat: FakeConnectChat) -> None:
    assert DUMMY.items() <= os.environ.items()


def test_a_variable_that_the_test_changes_is_left_alone(
    before: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with FakeConnectChat():
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "mine")
        monkeypatch.delenv("AWS_SESSION_TOKEN")

    assert os.environ["AWS_ACCESS_KEY_ID"] == "mine"
    assert aws_variables() | {"AWS_ACCESS_KEY_ID": ""} == before | {"AWS_ACCESS_KEY_ID": ""}
    monkeypatch.undo()


def test_nested_fakes_undo_the_environment_once(before: dict[str, str]) -> None:
    with FakeConnectChat():
        with FakeConnectChat():
            assert DUMMY.items() <= os.environ.items()
        assert DUMMY.items() <= os.environ.items()

    assert aws_variables() == before


def test_dummy_credentials_stay_until_the_last_fake_leaves(before: dict[str, str]) -> None:
    first, second, third = FakeConnectChat(), FakeConnectChat(), FakeConnectChat()
    for fake in (first, second, third):
        fake.start()
    for fake in (first, third):
        fake.stop()
        assert DUMMY.items() <= os.environ.items()
    second.stop()

    assert aws_variables() == before


def test_what_a_test_set_between_two_fakes_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = FakeConnectChat(), FakeConnectChat()
    first.start()
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "mine")
    second.start()
    first.stop()
    assert os.environ["AWS_ACCESS_KEY_ID"] == DUMMY["AWS_ACCESS_KEY_ID"]
    second.stop()

    assert os.environ["AWS_ACCESS_KEY_ID"] == "mine"
    assert "AWS_SECRET_ACCESS_KEY" not in os.environ
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")


# -- block -------------------------------------------------------------------------------------------------------------

APP = """
import botocore.session
from pytest_connect_chat._model.loader import OwnLoader

session = botocore.session.get_session()
session.register_component("data_loader", OwnLoader())

def client(service="connect"):
    return session.create_client(
        service, region_name="us-east-1", aws_access_key_id="AKIA", aws_secret_access_key="secret"
    )

def open_chat(client):
    return client.start_chat_contact(
        InstanceId="instance", ContactFlowId="flow", ParticipantDetails={"DisplayName": "Ada"}
    )
"""

TAKES_THE_FIXTURE = """
from app import client, open_chat

def test_takes_the_fixture(connect_chat):
    assert open_chat(client())["ContactId"] in connect_chat.contacts
"""

FORGETS_THE_FIXTURE = """
import app

def test_forgets_the_fixture():
    app.open_chat(app.client())
"""

SWALLOWS = """
import app

def test_swallows_the_error():
    try:
        app.open_chat(app.client())
    except Exception:
        pass
"""

LETS_THROUGH = """
import pytest
from app import client, open_chat
from botocore.endpoint import Endpoint

class Reached(Exception):
    pass

def send(self, request):
    raise Reached(request.url)

@pytest.mark.connect_chat(block=False)
def test_is_let_through(monkeypatch):
    connect = client()
    monkeypatch.setattr(type(connect._endpoint.http_session), "send", send)
    with pytest.raises(Reached):
        open_chat(connect)
"""

MARKED = """
import pytest
from app import client, open_chat

@pytest.mark.connect_chat(block=True)
def test_is_blocked():
    open_chat(client())

@pytest.mark.connect_chat(block=True)
def test_swallows():
    try:
        open_chat(client())
    except Exception:
        pass

@pytest.mark.connect_chat(block=True)
def test_calls_nothing():
    pass

@pytest.mark.connect_chat(block=True)
def test_takes_the_fixture_too(connect_chat):
    open_chat(client())
"""

MESSAGE = (
    "*StartChatContact was called on a connect client while no connect_chat was active, "
    "and the setting block is on.*@pytest.mark.connect_chat(block=False)*"
)


def run(pytester: pytest.Pytester, module: str, *args: str, ini: str = "") -> pytest.RunResult:
    pytester.makeini(f"[pytest]\n{ini}\n")
    pytester.makepyfile(app=APP, test_it=module)
    return pytester.runpytest_inprocess(*PLAIN, *args)


@pytest.fixture(params=["configuration", "command line"])
def run_blocked(request: pytest.FixtureRequest, pytester: pytest.Pytester) -> Callable[[str], pytest.RunResult]:
    """Run a module with `block` on, switched in either place."""
    if request.param == "configuration":
        return lambda module: run(pytester, module, ini="connect_chat_block = true")
    return lambda module: run(pytester, module, "--connect-chat-block")


def test_block_refuses_a_call_outside_of_the_fixture(run_blocked: Callable[[str], pytest.RunResult]) -> None:
    result = run_blocked(FORGETS_THE_FIXTURE)

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([MESSAGE])


def test_block_fails_a_test_that_swallows_the_error(run_blocked: Callable[[str], pytest.RunResult]) -> None:
    result = run_blocked(SWALLOWS)

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([MESSAGE])


def test_block_leaves_a_test_with_the_fixture_alone(run_blocked: Callable[[str], pytest.RunResult]) -> None:
    run_blocked(TAKES_THE_FIXTURE).assert_outcomes(passed=1)


def test_the_marker_lets_a_test_through(run_blocked: Callable[[str], pytest.RunResult]) -> None:
    run_blocked(LETS_THROUGH).assert_outcomes(passed=1)


def test_the_marker_opens_for_its_own_test_only(pytester: pytest.Pytester) -> None:
    module = LETS_THROUGH + "\ndef test_forgets():\n    open_chat(client())\n"

    run(pytester, module, ini="connect_chat_block = true").assert_outcomes(passed=1, failed=1)


def test_the_marker_blocks_without_configuration(pytester: pytest.Pytester) -> None:
    result = run(pytester, MARKED)

    result.assert_outcomes(passed=2, failed=2)
    result.stdout.fnmatch_lines([MESSAGE])


def test_without_block_nothing_is_refused(pytester: pytest.Pytester) -> None:
    run(pytester, LETS_THROUGH.replace("@pytest.mark.connect_chat(block=False)\n", "")).assert_outcomes(passed=1)


def test_block_refuses_at_import(run_blocked: Callable[[str], pytest.RunResult]) -> None:
    result = run_blocked("import app\n\napp.open_chat(app.client())\n")

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([MESSAGE])


@every_retry_mode
def test_block_refuses_what_does_not_pass_through_a_client(mode: str, pytester: pytest.Pytester) -> None:
    module = f"""
        import app
        from botocore.client import BaseClient
        from botocore.config import Config

        def test_past_the_client(monkeypatch):
            client = app.session.create_client(
                "connect", region_name="us-east-1", aws_access_key_id="AKIA", aws_secret_access_key="secret",
                config=Config(retries={{"mode": "{mode}"}}),
            )
            monkeypatch.setattr(BaseClient, "_emit_api_params", BaseClient._emit_api_params.__wrapped__)
            client.list_instances()
    """
    result = run(pytester, module, ini="connect_chat_block = true")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["*GET https://connect.us-east-1.amazonaws.com/instance was about to leave the process*"]
    )


def test_block_leaves_other_services_alone(pytester: pytest.Pytester) -> None:
    module = """
        import app
        import pytest

        def test_another_service(monkeypatch):
            client = app.client("sts")
            def send(self, request):
                raise ZeroDivisionError
            monkeypatch.setattr(type(client._endpoint.http_session), "send", send)
            monkeypatch.setattr(client._endpoint, "_endpoint_prefix", "connect")
            with pytest.raises(ZeroDivisionError):
                client.get_caller_identity()
    """
    run(pytester, module, ini="connect_chat_block = true").assert_outcomes(passed=1)


def test_block_ends_with_the_run(pytester: pytest.Pytester) -> None:
    before = BaseClient._make_request, Endpoint._send

    run(pytester, TAKES_THE_FIXTURE, ini="connect_chat_block = true").assert_outcomes(passed=1)

    assert (BaseClient._make_request, Endpoint._send) == before


def test_the_undo_of_an_older_fixture_does_not_bring_the_dummies_back(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
        import os, pytest

        @pytest.fixture(autouse=True)
        def older(monkeypatch):
            pass

        def test_sets_a_key(connect_chat, monkeypatch):
            monkeypatch.setenv("AWS_ACCESS_KEY_ID", "mine")

        def test_later():
            assert "AWS_ACCESS_KEY_ID" not in os.environ
        """,
    )
    result.assert_outcomes(passed=2)


def test_the_default_session_of_boto3_forgets_the_dummies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    with FakeConnectChat():
        boto3.client("connect", region_name="us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "mine")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "mine too")
    assert boto3.DEFAULT_SESSION.get_credentials().access_key == "mine"


@pytest.mark.parametrize("phase", ["setup", "teardown"])
def test_a_refusal_that_a_fixture_swallowed_fails_the_test(
    run_blocked: Callable[[str], pytest.RunResult], phase: str
) -> None:
    swallow = "try:\n        app.open_chat(app.client())\n    except Exception:\n        pass"
    before, after = (swallow, "pass") if phase == "setup" else ("pass", swallow)
    result = run_blocked(
        "import app, pytest\n\n"
        f"@pytest.fixture\ndef scene():\n    {before}\n    yield\n    {after}\n\n"
        "def test_takes_it(scene):\n    pass\n"
    )
    result.assert_outcomes(errors=1, passed=int(phase == "teardown"))
    result.stdout.fnmatch_lines([MESSAGE])
