"""Beside other tools of a test suite: pytest's own and plugins, from the side of somebody who uses both."""

from __future__ import annotations

import http.server
import os
import re
import threading
import unittest
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from io import StringIO
from pathlib import Path
from textwrap import dedent
from typing import Any
from unittest import mock

import boto3
import faker.generator  # noqa: F401  # a nested run would import it each time
import moto  # noqa: F401  # likewise
import pytest
import responses
from botocore.client import BaseClient

from pytest_connect_chat import FakeConnectChat
from pytest_connect_chat.exceptions import ClosedError, LeftoverError

Parameters = dict[str, Any]

PAGE = Path(__file__).parents[1] / "docs" / "other-tools.md"
CONFIGURATION = """
[tool.pytest]
strict = true
filterwarnings = ["error"]
connect_chat_region = "us-east-1"
"""
APP = """
import boto3

PLACE = {"InstanceId": "12345678-1234-1234-1234-123456789012", "ContactFlowId": "flow"}
connect = boto3.client("connect")


def open_chat(name):
    return connect.start_chat_contact(**PLACE, ParticipantDetails={"DisplayName": name})["ContactId"]


def open_chat_of_a_new_client(name):
    client = boto3.client("connect")
    return client.start_chat_contact(**PLACE, ParticipantDetails={"DisplayName": name})["ContactId"]


def note(*values):
    with open("noted", "a") as file:
        print(*values, file=file)
"""
QUIET = tuple(f"-pno:{plugin}" for plugin in ("faker", "hypothesispytest", "asyncio", "randomly", "xdist"))
SECTION = re.compile(r"-+ connect chat -+")


@pytest.fixture
def suite(pytester: pytest.Pytester, models_read_once: None, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A strict suite with an application whose client is made at import time."""
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")  # botocore looks for credentials when a client is made
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    pytester.makepyprojecttoml(CONFIGURATION)
    pytester.makepyfile(app=APP)
    return pytester


def run(suite: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    return suite.runpytest_inprocess(*QUIET, *arguments)


def sections(result: pytest.RunResult) -> list[str]:
    """Return, for each section of ours, its first line."""
    lines = result.outlines
    return [lines[number + 1] for number, line in enumerate(lines) if SECTION.fullmatch(line)]


def noted(suite: pytest.Pytester) -> list[str]:
    return (suite.path / "noted").read_text().splitlines()


# -- the page ----------------------------------------------------------------------------------------------------------


def module_of(block: str) -> str:
    """Return what an example needs: the tool that it imports, or else the one whose fixture it takes."""
    imported = re.search(r"(?m)^(?:import|from) (vcr|freezegun)\b", block)
    return imported[1] if imported else "pytest_mock"


# They need what not every environment has, so the other tests of the documentation leave them out.
NOT_RUN = re.findall(r"(?ms)^<!-- not run -->\n```python\n(.*?)^```$", PAGE.read_text("utf-8"))


@pytest.mark.parametrize(
    ("module", "block"), [pytest.param(module_of(block), block, id=module_of(block)) for block in NOT_RUN]
)
def test_an_example_of_the_page_that_needs_another_tool_runs(
    module: str, block: str, suite: pytest.Pytester, no_sockets: list[Any]
) -> None:
    pytest.importorskip(module)
    suite.makepyfile(test_page=block)

    result = run(suite)

    assert set(result.parseoutcomes()) == {"passed"}
    assert no_sockets == []


# -- mocks -------------------------------------------------------------------------------------------------------------


def test_beside_pytest_mock(suite: pytest.Pytester) -> None:
    pytest.importorskip("pytest_mock")
    suite.makepyfile(
        """
        import app
        import pytest


        def test_what_a_mock_swallows_is_not_recorded(connect_chat, mocker):
            mocker.patch.object(app.connect, "start_chat_contact", return_value={"ContactId": "mocked"})
            assert app.open_chat("Ada") == "mocked"
            assert app.open_chat_of_a_new_client("Bob") in connect_chat.contacts
            assert connect_chat.requests.call_count == 1

            mocker.stopall()
            app.open_chat("Cy")
            assert [contact.display_name for contact in connect_chat.contacts.values()] == ["Bob", "Cy"]


        @pytest.mark.connect_chat(max_active_chats=1)
        def test_a_spy_sees_what_the_fake_answers(connect_chat, mocker):
            spy = mocker.spy(app.connect, "start_chat_contact")
            assert spy.spy_return is None
            contact_id = app.open_chat("Ada")
            assert spy.spy_return["ContactId"] == contact_id
            assert {**spy.call_args.kwargs, "ClientToken": mocker.ANY} == connect_chat.requests.one().params
            with pytest.raises(app.connect.exceptions.LimitExceededException) as caught:
                app.open_chat("Bob")
            assert spy.spy_exception is caught.value
            assert spy.call_count == connect_chat.requests.call_count == 2


        def test_a_mock_for_boto3s_client(connect_chat, mocker):
            mocker.patch("boto3.client").return_value.start_chat_contact.return_value = {"ContactId": "mocked"}
            assert app.open_chat_of_a_new_client("Ada") == "mocked"
            assert not connect_chat.requests.called


        def test_a_client_of_ours_for_boto3s_client(connect_chat, connect_client, mocker):
            make = mocker.patch("boto3.client", return_value=connect_client)
            assert app.open_chat_of_a_new_client("Ada") in connect_chat.contacts
            make.assert_called_once_with("connect")


        def test_any(connect_chat, mocker):
            app.open_chat("Ada")
            connect_chat.requests.assert_requested_once(
                ClientToken=mocker.ANY, ParticipantDetails={"DisplayName": mocker.ANY}
            )


        def test_a_fault_that_a_mock_swallowed_was_not_met(connect_chat, mocker):
            mocker.patch.object(app.connect, "start_chat_contact", return_value={"ContactId": "mocked"})
            connect_chat.faults.throttle()
            app.open_chat("Ada")
        """
    )

    result = run(suite)

    result.assert_outcomes(passed=6, errors=1)
    result.stdout.fnmatch_lines(["*ERROR at teardown of test_a_fault_that_a_mock_swallowed_was_not_met*"])
    assert "met no call" in result.stdout.str()


# -- unittest ----------------------------------------------------------------------------------------------------------


def test_beside_unittest_classes(suite: pytest.Pytester) -> None:
    suite.makepyfile(
        """
        import unittest

        import app
        import pytest


        @pytest.mark.usefixtures("connect_chat")
        class TestWithoutAHandle(unittest.TestCase):
            def test_opens_a_chat(self):
                assert len(app.open_chat("Ada")) == 36


        @pytest.mark.connect_chat(max_active_chats=9)
        class TestDesk(unittest.TestCase):
            @pytest.fixture(autouse=True)
            def take_the_fake(self, connect_chat):
                self.connect_chat = connect_chat

            def names(self):
                return [contact.display_name for contact in self.connect_chat.contacts.values()]

            def setUp(self):
                app.open_chat("set up")
                self.addCleanup(self.clean_up)

            def tearDown(self):
                app.open_chat("tear down")

            def clean_up(self):
                app.open_chat("clean up")
                app.note(self.id().rpartition(".")[2], *self.names())

            def test_a_life(self):
                app.open_chat("test")

            @pytest.mark.connect_chat(max_active_chats=7)
            def test_markers(self):
                assert self.connect_chat.settings.max_active_chats == 7

            def test_leaves_a_fault(self):
                self.connect_chat.faults.throttle(after=9)

            def test_fails(self):
                self.connect_chat.faults.throttle(after=9)
                self.fail("on purpose")

            def test_fails_in_part(self):
                self.connect_chat.faults.throttle(after=9)
                for name in ("Ada", "Bob"):
                    with self.subTest(name=name):
                        app.open_chat(name)
                        assert name == "Ada"

            def test_is_skipped(self):
                self.connect_chat.faults.throttle(after=9)
                self.skipTest("on purpose")

            @unittest.expectedFailure
            def test_is_expected_to_fail(self):
                self.connect_chat.faults.throttle(after=9)
                self.fail("on purpose")
        """
    )

    result = run(suite)

    outcomes = result.parseoutcomes()
    assert (outcomes["errors"], outcomes["skipped"], outcomes["xfailed"]) == (1, 1, 1)
    result.stdout.fnmatch_lines(["*ERROR at teardown of TestDesk.test_leaves_a_fault*", "Left over: *"])
    assert "test_a_life set up test tear down clean up" in noted(suite)
    assert len(noted(suite)) == 7
    assert all(line.startswith("#1 +0.000s StartChatContact") for line in sections(result))
    assert len(sections(result)) == 3  # the teardown, the failure, the subtest
    result.stdout.fnmatch_lines(["*TestDesk.test_fails_in_part (name='Bob')*", "*'DisplayName': 'Bob'*"])


def test_beside_unittests_async_classes(suite: pytest.Pytester) -> None:
    pytest.importorskip("aiobotocore", reason="the extra asyncio is not installed")
    suite.makepyfile(
        """
        import unittest

        import app
        import pytest


        class TestDesk(unittest.IsolatedAsyncioTestCase):
            @pytest.fixture(autouse=True)
            def take_the_fake(self, connect_chat, aio_connect_client):
                self.connect_chat, self.client = connect_chat, aio_connect_client

            async def open_chat(self, name):
                return await self.client.start_chat_contact(**app.PLACE, ParticipantDetails={"DisplayName": name})

            async def asyncSetUp(self):
                await self.open_chat("set up")
                self.addAsyncCleanup(self.open_chat, "clean up")

            async def test_opens_a_chat(self):
                self.connect_chat.faults.throttle(attempts=1)
                answer = await self.open_chat("Ada")
                assert self.connect_chat.contacts.last.contact_id == answer["ContactId"]
                assert [request.attempt_count for request in self.connect_chat.requests] == [1, 2]
        """
    )

    run(suite).assert_outcomes(passed=1)


def test_in_unittest_without_pytest(parameters: Parameters) -> None:
    class Desk(unittest.TestCase):
        def setUp(self) -> None:
            self.connect_chat = self.enterContext(FakeConnectChat(seed=self.id()))

        def test_opens_a_chat(self) -> None:
            self.connect_chat.client().start_chat_contact(**parameters)
            self.connect_chat.requests.assert_requested_once()

        def test_leaves_a_fault(self) -> None:
            self.connect_chat.faults.throttle()

    result = unittest.TextTestRunner(StringIO()).run(unittest.defaultTestLoader.loadTestsFromTestCase(Desk))

    assert result.testsRun == 2
    assert [test.id().rpartition(".")[2] for test, _ in result.failures] == ["test_leaves_a_fault"]
    assert LeftoverError.__name__ in result.failures[0][1]


# -- wider scopes ------------------------------------------------------------------------------------------------------


def what_fakes_change() -> tuple[Any, dict[str, str]]:
    variables = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    return BaseClient.__dict__["_make_request"], variables


def test_fakes_of_wider_scopes(suite: pytest.Pytester) -> None:
    before = what_fakes_change()
    suite.makepyfile(
        """
        import app
        import pytest
        from pytest_connect_chat import FakeConnectChat


        def names(fake):
            return [contact.display_name for contact in fake.contacts.values()]


        @pytest.fixture(scope="session")
        def of_the_session():
            with FakeConnectChat(seed=7) as fake:
                yield fake


        @pytest.fixture(scope="module")
        def of_the_module():
            with FakeConnectChat(seed=7) as fake:
                yield fake


        def test_the_widest(of_the_session):
            app.open_chat("1")
            assert names(of_the_session) == ["1"]


        def test_the_innermost_answers(of_the_session, connect_chat):
            app.open_chat("2")
            assert (names(of_the_session), names(connect_chat)) == (["1"], ["2"])


        def test_the_outer_one_resumes_also_for_tests_that_do_not_take_it(request):
            app.open_chat("3")
            assert names(request.getfixturevalue("of_the_session")) == ["1", "3"]


        @pytest.fixture(scope="class")
        def of_the_class():
            with FakeConnectChat(seed=7) as fake:
                yield fake


        class TestOfAClass:
            def test_first(self, of_the_class, of_the_session):
                app.open_chat("4")
                assert (names(of_the_session), names(of_the_class)) == (["1", "3"], ["4"])

            def test_second(self, of_the_class, connect_chat):
                app.open_chat("5")
                assert (names(of_the_class), names(connect_chat)) == (["4"], ["5"])

            def test_third(self, of_the_class):
                app.open_chat("6")
                assert names(of_the_class) == ["4", "6"]


        def test_what_starts_last_is_the_innermost(connect_chat, request):
            late = request.getfixturevalue("of_the_module")
            app.open_chat("7")
            assert (names(connect_chat), names(late)) == ([], ["7"])


        def test_it_outlives_the_narrower_one(of_the_module, of_the_session):
            app.open_chat("8")
            assert (names(of_the_session), names(of_the_module)) == (["1", "3"], ["7", "8"])
            of_the_module.faults.throttle()


        @pytest.fixture(scope="module")
        def too_wide(connect_chat):
            pass


        def test_the_fixture_itself_is_of_one_test(too_wide):
            pass
        """
    )

    result = run(suite)

    result.assert_outcomes(passed=8, errors=2)
    result.stdout.fnmatch_lines(["*ScopeMismatch: You tried to access the function scoped fixture connect_chat *"])
    result.stdout.fnmatch_lines(["*LeftoverError: Left over: the fault * met no call*"])
    assert what_fakes_change() == before


def test_a_metadata_service_that_is_off_anyway_stays_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    before = what_fakes_change()
    for _ in range(2):
        with FakeConnectChat(), FakeConnectChat():
            pass
        assert what_fakes_change() == before


def test_dummies_that_an_undo_brought_back_are_not_the_users() -> None:
    theirs, names = pytest.MonkeyPatch(), ("AWS_ACCESS_KEY_ID", "AWS_EC2_METADATA_DISABLED")
    before = what_fakes_change()
    with FakeConnectChat():
        for name in names:
            theirs.setenv(name, "theirs")
    theirs.undo()
    assert set(names) <= set(os.environ)

    with FakeConnectChat():
        pass
    assert what_fakes_change() == before


# -- doctest -----------------------------------------------------------------------------------------------------------


def test_in_doctests(suite: pytest.Pytester) -> None:
    suite.makepyfile(
        desk='''
        """
        >>> getfixture("connect_chat").settings.max_active_chats
        3
        """
        import app
        import pytest


        def open_chat(name):
            """
            >>> connect_chat = getfixture("connect_chat")
            >>> contact_id = open_chat("Ada")
            >>> connect_chat.contacts[contact_id].display_name
            'Ada'
            >>> app.note(contact_id)
            """
            return app.open_chat(name)


        pytestmark = pytest.mark.connect_chat(max_active_chats=3)


        class Desk:
            """
            >>> connect_chat = getfixture("connect_chat")
            >>> app.note(open_chat("Bob"))
            >>> fault = connect_chat.faults.throttle()
            >>> connect_chat.contacts.last.display_name
            'Ada'
            """

            def leave_a_fault(self):
                """
                >>> fault = getfixture("connect_chat").faults.throttle()
                """
        '''
    )
    (suite.path / "page.txt").write_text(
        dedent(
            """
            Open a chat:

            >>> import app
            >>> connect_chat = getfixture("connect_chat")
            >>> app.note(app.open_chat("Ada"))
            >>> connect_chat.requests.call_count
            1
            """
        )
    )
    options = ("--doctest-modules", "--doctest-glob=*.txt")

    result = run(suite, *options)
    run(suite, *options, "page.txt", "desk.py")

    result.assert_outcomes(passed=4, failed=1, errors=1)
    assert len(sections(result)) == 1
    result.stdout.fnmatch_lines(["*ERROR at teardown of *desk.Desk.leave_a_fault*", "Left over: *"])
    first, again = noted(suite)[:3], noted(suite)[3:]
    assert sorted(first) == sorted(again)
    assert len(set(first)) == 3


# -- subtests ----------------------------------------------------------------------------------------------------------


def test_beside_subtests(suite: pytest.Pytester) -> None:
    suite.makepyfile(
        """
        import app
        import pytest


        def test_all_pass(connect_chat, subtests):
            for name in ("Ada", "Bob"):
                with subtests.test(name=name):
                    app.open_chat(name)
            assert len(connect_chat.contacts) == 2


        def test_fails_in_part(connect_chat, subtests):
            connect_chat.faults.throttle(after=9)
            for name in ("Cy", "Di", "Ed"):
                with subtests.test(name=name):
                    app.open_chat(name)
                    assert name != "Di"


        def test_leaves_a_fault(connect_chat, subtests):
            with subtests.test("passes"):
                connect_chat.faults.throttle(after=9)


        def test_leaves_a_fault_beside_a_skip(connect_chat, subtests):
            connect_chat.faults.throttle(after=9)
            with subtests.test("is skipped"):
                pytest.skip("on purpose")
        """
    )

    result = run(suite, "-rA")

    assert result.parseoutcomes()["errors"] == 2
    for name in ("test_leaves_a_fault", "test_leaves_a_fault_beside_a_skip"):
        result.stdout.fnmatch_lines([f"*ERROR at teardown of {name} *", "Left over: *"])
    assert len(sections(result)) == 1
    after = result.stdout.str().partition(" connect chat ")[2]
    assert ("Cy" in after, "'Di'" in after, "'Ed'" in after) == (True, True, False)


# -- without the plugin ------------------------------------------------------------------------------------------------


def test_without_the_plugin_nothing_of_ours_is_there(suite: pytest.Pytester) -> None:
    suite.makepyprojecttoml(CONFIGURATION.replace('connect_chat_region = "us-east-1"', ""))
    suite.makepyfile(
        """
        import os

        def test_it(request, pytestconfig):
            assert not pytestconfig.pluginmanager.has_plugin("connect_chat")
            assert not [line for line in pytestconfig.getini("markers") if "connect_chat" in line]
            assert not [name for name in vars(pytestconfig.option) if "connect_chat" in name]
            assert "AWS_DEFAULT_REGION" not in os.environ
        """
    )

    result = run(suite, "-p", "no:connect_chat")

    result.assert_outcomes(passed=1)
    assert "connect chat" not in result.stdout.str()


@pytest.mark.parametrize(
    ("line", "arguments", "shown", "strictly"),
    [
        ("connect_chat_seed = 7", [], "*Unknown config option: connect_chat_seed", "stops"),
        ("", [], "*connect_chat* not *marker*", "stops"),
        ("", ["--connect-chat-seed=7"], "*unrecognized arguments: --connect-chat-seed=7", "stops"),
        ("", ["-oconnect_chat_seed=7"], "*Unknown config option: connect_chat_seed", "stops"),
        ("connect_chat_seed = 7", [], "*Unknown config option: connect_chat_seed", "warns"),
        ("", [], "*Unknown pytest.mark.connect_chat *", "warns"),
    ],
    ids=["strict, key", "strict, marker", "strict, option", "strict, -o", "key", "marker"],
)
def test_without_the_plugin_what_is_left_of_it_is_unknown_to_pytest(
    suite: pytest.Pytester,
    monkeypatch: pytest.MonkeyPatch,
    line: str,
    arguments: list[str],
    shown: str,
    strictly: str,
) -> None:
    monkeypatch.setattr(pytest.mark, "_markers", set())  # pytest remembers the markers of the outer run
    strictness = "strict = true" if strictly == "stops" else 'filterwarnings = ["default"]'
    suite.makepyprojecttoml(f"[tool.pytest]\n{strictness}\n{line}\n")
    suite.makepyfile("import pytest\n\n@pytest.mark.connect_chat(seed=7)\ndef test_it():\n    pass\n")

    result = run(suite, "-p", "no:connect_chat", *arguments)

    assert (result.ret == pytest.ExitCode.OK) is (strictly == "warns")
    pytest.LineMatcher([*result.outlines, *result.errlines]).fnmatch_lines([shown])


# -- sockets and HTTP --------------------------------------------------------------------------------------------------


def test_beside_pytest_socket(suite: pytest.Pytester) -> None:
    pytest.importorskip("pytest_socket")
    suite.makepyfile(
        """
        import socket

        import app
        import pytest


        def test_opens_a_chat(connect_chat):
            connect_chat.faults.lose_response(attempts=1)
            assert app.open_chat("Ada") in connect_chat.contacts
            assert app.open_chat_of_a_new_client("Bob") in connect_chat.contacts
            with pytest.raises(Exception, match="tried to use socket.socket"):
                socket.socket()
        """
    )

    run(suite, "--disable-socket").assert_outcomes(passed=1)


def test_async_beside_pytest_socket(suite: pytest.Pytester) -> None:
    pytest.importorskip("pytest_socket")
    pytest.importorskip("aiobotocore", reason="the extra asyncio is not installed")
    suite.makepyfile(
        """
        import asyncio

        import app


        def test_opens_a_chat(connect_chat, aio_connect_client):
            async def open_chat(name):
                return await aio_connect_client.start_chat_contact(**app.PLACE, ParticipantDetails=name)

            assert asyncio.run(open_chat({"DisplayName": "Ada"}))["ContactId"] in connect_chat.contacts
        """
    )

    run(suite, "--disable-socket", "--allow-unix-socket").assert_outcomes(passed=1)


class Local(http.server.BaseHTTPRequestHandler):
    """Answers everything with one text."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"local")

    def log_message(self, *_: Any) -> None:
        """Stay quiet."""


@pytest.fixture
def local_url() -> Iterator[str]:
    with http.server.HTTPServer(("127.0.0.1", 0), Local) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


def fetch(url: str) -> bytes:
    with urllib.request.urlopen(url) as response:  # noqa: S310  # a server of this test
        return bytes(response.read())


@pytest.mark.in_process
def test_a_cassette_of_vcrpy_records_others_only(
    driver: str, parameters: Parameters, local_url: str, tmp_path: Path
) -> None:
    vcr = pytest.importorskip("vcr")
    tape = tmp_path / "tape.yaml"
    with FakeConnectChat() as fake, vcr.use_cassette(str(tape), record_mode="once") as cassette:
        fake.faults.throttle(attempts=1)
        fake.client().start_chat_contact(**parameters)
        assert cassette.requests == []

        assert fetch(local_url) == b"local"
        fake.client().start_chat_contact(**parameters)
        assert [request.uri for request in cassette.requests] == [local_url]

    assert (len(fake.contacts), fake.requests[0].attempt_count) == (2, 2)
    assert "StartChatContact" not in tape.read_text()


@pytest.mark.parametrize("vcr_is", ["around", "inside"])
def test_a_cassette_that_may_not_record_is_not_asked(vcr_is: str, parameters: Parameters, tmp_path: Path) -> None:
    vcr = pytest.importorskip("vcr")
    tape = vcr.use_cassette(str(tmp_path / "tape.yaml"), record_mode="none")
    fake = FakeConnectChat(unfaked="passthrough")
    first, second = (tape, fake) if vcr_is == "around" else (fake, tape)
    with first, second:
        fake.client().start_chat_contact(**parameters)
        with pytest.raises(vcr.errors.CannotOverwriteExistingCassetteException):
            fetch("http://127.0.0.1:9/")
        with pytest.raises(ClosedError):  # a cassette stands behind the point that nothing passes
            fake.client().list_instances()

    assert len(fake.contacts) == 1


def nobody(*_: Any, **__: Any) -> Any:
    raise AssertionError("it was asked")


REPLACED: dict[str, Callable[[], AbstractContextManager[Any]]] = {
    "responses": responses.RequestsMock,
    "urllib3": lambda: mock.patch("urllib3.connectionpool.HTTPConnectionPool.urlopen", nobody),
    "botocore's session": lambda: mock.patch("botocore.httpsession.URLLib3Session.send", nobody),
}


@pytest.mark.parametrize("replaced", REPLACED)
def test_what_replaces_the_http_stack_is_not_asked(
    replaced: str, connect_chat: FakeConnectChat, parameters: Parameters
) -> None:
    with REPLACED[replaced]() as stack:
        connect_chat.client().start_chat_contact(**parameters)
    assert len(connect_chat.contacts) == 1
    assert not getattr(stack, "calls", [])


# -- randomness --------------------------------------------------------------------------------------------------------


def test_fakers_plugin_and_ours_do_not_disturb_each_other(suite: pytest.Pytester) -> None:
    suite.makepyfile(
        """
        import random

        import app
        import pytest
        from faker import Faker

        pytestmark = pytest.mark.connect_chat(seed=7)


        def seed_all():
            Faker.seed(0)
            random.seed(0)


        def note(name, connect_chat, start_chat_contact_request):
            contact = connect_chat.contacts[app.open_chat("Ada")]
            app.note(name, contact.contact_id, contact.participant_token, start_chat_contact_request())


        def test_as_it_is(connect_chat, start_chat_contact_request):
            note("ours", connect_chat, start_chat_contact_request)


        @pytest.fixture
        def seeded_before():
            seed_all()


        def test_seeded_before(seeded_before, connect_chat, start_chat_contact_request):
            note("ours", connect_chat, start_chat_contact_request)


        def test_seeded_inside(connect_chat, start_chat_contact_request):
            seed_all()
            note("ours", connect_chat, start_chat_contact_request)


        @pytest.fixture(scope="session")
        def faker_locale():
            return ["de_DE"]


        @pytest.fixture
        def faker_seed():
            return 17


        def test_beside_the_fixture(faker, connect_chat, start_chat_contact_request):
            faker.name()
            note("ours", connect_chat, start_chat_contact_request)


        @pytest.mark.parametrize("calls", [0, 1, 2])
        def test_seeds_of_the_user_hold(faker, calls, request):
            seed_all()
            drawn = [faker.name(), Faker().name(), random.random()]
            for _ in range(calls):
                note("more", *map(request.getfixturevalue, ("connect_chat", "start_chat_contact_request")))
            app.note("theirs", *drawn, faker.name(), Faker().name(), random.random())
        """
    )

    result = suite.runpytest_inprocess(*(argument for argument in QUIET if not argument.endswith("faker")))

    result.assert_outcomes(passed=7)
    lines = noted(suite)
    for whose, times in (("ours", 4), ("theirs", 3)):
        same = [line for line in lines if line.startswith(whose)]
        assert len(same) == times
        assert len(set(same)) == 1


# -- a plain install ---------------------------------------------------------------------------------------------------


def test_a_plain_install_is_enough(suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTHONPATH", str(suite.path))
    suite.makepyfile(
        plain_install="""
        import sys

        for name in ("aiobotocore", "aiohttp", "anyio", "httpx", "hypothesis", "moto", "pytest_asyncio", "pytest_mock"):
            sys.modules[name] = None
        """,
        test_it="""
        import app


        def test_opens_a_chat(connect_chat, start_chat_contact_request):
            connect_chat.faults.throttle(attempts=2)
            assert app.open_chat("Ada") in connect_chat.contacts
            app.connect.start_chat_contact(**start_chat_contact_request())


        def test_the_participant_service(connect_chat, connectparticipant_client):
            app.open_chat("Ada")
            connectparticipant_client.create_participant_connection(
                ParticipantToken=connect_chat.contacts.last.participant_token, Type=["CONNECTION_CREDENTIALS"]
            )


        def test_async_client(aio_connect_client):
            pass


        def test_async_participant_client(aio_connectparticipant_client):
            pass
        """,
    )

    result = suite.runpytest_subprocess("-W", "error", "-p", "plain_install", "-p", "connect_chat")

    result.assert_outcomes(passed=2, errors=2)
    hint = "The async clients need aiobotocore: install pytest-connect-chat[asyncio], and pytest-asyncio with it."
    assert result.outlines.count(hint) == 2
    assert not [line for line in result.outlines if line.startswith("E  ")]
