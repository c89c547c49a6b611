"""The marker takes the fixture: on functions, classes, modules and parameters, of pytest, unittest and doctest."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.once

QUIET = ("-pno:faker", "-pno:asyncio", "-pno:hypothesispytest", "-pno:randomly", "-pno:xdist")
HELPERS = """
import boto3
import pytest
from botocore.exceptions import BotoCoreError


def opens_a_chat():
    client = boto3.session.Session(region_name="us-east-1").client("connect")
    place = {"InstanceId": "i", "ContactFlowId": "f"}
    return client.start_chat_contact(**place, ParticipantDetails={"DisplayName": "Ada"})["ContactId"]


def is_on_a_fake():
    try:
        return len(opens_a_chat()) == 36
    except BotoCoreError:
        return False
"""


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, no_sockets: list[Any]) -> pytest.Pytester:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    pytester.makepyfile(helpers=HELPERS)
    pytester.syspathinsert()
    return pytester


def run(suite: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    return suite.runpytest_inprocess(*QUIET, *arguments)


def test_the_marker_takes_the_fixture(suite: pytest.Pytester) -> None:
    suite.makepyfile(
        """
        import unittest
        import pytest
        from helpers import is_on_a_fake

        @pytest.mark.connect_chat
        def test_function():
            assert is_on_a_fake()

        @pytest.mark.connect_chat(max_active_chats=3)
        def test_with_settings(request):
            assert request.getfixturevalue("connect_chat").settings.max_active_chats == 3

        @pytest.mark.connect_chat(region="eu-west-1")
        def test_that_takes_it_anyway(connect_chat, connect_client):
            assert is_on_a_fake()
            assert connect_client.meta.region_name == "eu-west-1"

        def test_without():
            assert not is_on_a_fake()

        @pytest.mark.connect_chat
        class TestClass:
            def test_method(self):
                assert is_on_a_fake()

        class TestSubclass(TestClass):
            pass

        class TestMethods:
            @pytest.mark.connect_chat
            def test_with(self):
                assert is_on_a_fake()

            def test_without(self):
                assert not is_on_a_fake()

        @pytest.mark.connect_chat(strict=False)
        class TestOfUnittest(unittest.TestCase):
            def setUp(self):
                assert is_on_a_fake()

            def test_method(self):
                assert is_on_a_fake()

        class TestMethodsOfUnittest(unittest.TestCase):
            @pytest.mark.connect_chat
            def test_with(self):
                assert is_on_a_fake()

            def test_without(self):
                assert not is_on_a_fake()

        class TestAsyncOfUnittest(unittest.IsolatedAsyncioTestCase):
            @pytest.mark.connect_chat
            async def test_with(self):
                assert is_on_a_fake()
        """
    )

    run(suite).assert_outcomes(passed=12)


def test_a_marker_on_the_module_takes_the_fixture_for_all_its_tests(suite: pytest.Pytester) -> None:
    suite.makepyfile(
        """
        import unittest
        import pytest
        from helpers import is_on_a_fake

        pytestmark = pytest.mark.connect_chat(seed=1)

        def test_function():
            assert is_on_a_fake()

        class TestOfUnittest(unittest.TestCase):
            def test_method(self):
                assert is_on_a_fake()
        """
    )

    run(suite).assert_outcomes(passed=2)


def test_one_of_several_parameters_may_have_the_marker(suite: pytest.Pytester) -> None:
    suite.makepyfile(
        """
        import pytest
        from helpers import is_on_a_fake

        MARK = pytest.mark.connect_chat(seed=3)

        @pytest.mark.parametrize("expected", [False, pytest.param(True, marks=MARK), False])
        def test_parameters(expected):
            assert is_on_a_fake() is expected

        @pytest.mark.parametrize("name", ["a", "b"])
        @pytest.mark.connect_chat
        def test_all(name):
            assert is_on_a_fake()
        """
    )

    run(suite).assert_outcomes(passed=5)


def test_markers_that_a_conftest_adds_count_and_skipped_tests_stay_skipped(suite: pytest.Pytester) -> None:
    suite.makeconftest(
        """
        import pytest

        def pytest_collection_modifyitems(items):
            for item in items:
                item.add_marker(pytest.mark.connect_chat(max_active_chats=3))
        """
    )
    suite.makepyfile(
        """
        import unittest
        import pytest
        from helpers import is_on_a_fake

        def test_it():
            assert is_on_a_fake()

        @pytest.mark.skip
        def test_skipped():
            pass

        class TestOfUnittest(unittest.TestCase):
            @unittest.skip("not now")
            def test_skipped(self):
                pass
        """
    )

    run(suite).assert_outcomes(passed=1, skipped=2)


def test_wider_fixtures_come_before_the_fake_and_all_others_after(suite: pytest.Pytester) -> None:
    suite.makepyfile(
        """
        import pytest
        from helpers import is_on_a_fake
        from pytest_connect_chat import FakeConnectChat

        @pytest.fixture(scope="session", autouse=True)
        def of_the_session():
            assert not is_on_a_fake()

        @pytest.fixture(scope="module")
        def of_the_module():
            assert not is_on_a_fake()
            with FakeConnectChat() as fake:
                yield fake

        @pytest.fixture(autouse=True)
        def of_every_test():
            assert is_on_a_fake()
            yield
            assert is_on_a_fake()

        @pytest.fixture(params=["first", "second"])
        def of_one_test(request):
            assert is_on_a_fake()

        @pytest.mark.connect_chat
        def test_it(of_one_test, of_the_module):
            assert is_on_a_fake()
            assert not of_the_module.contacts
        """
    )

    run(suite).assert_outcomes(passed=2)


def test_a_test_that_takes_the_fixture_itself_keeps_its_order(suite: pytest.Pytester) -> None:
    suite.makepyfile(
        """
        import pytest
        from helpers import is_on_a_fake

        @pytest.fixture
        def before():
            assert not is_on_a_fake()

        @pytest.mark.connect_chat(seed=1)
        def test_it(before, connect_chat):
            assert is_on_a_fake()
        """
    )

    run(suite).assert_outcomes(passed=1)


def test_the_fixture_is_taken_in_front_where_pytest_does_not_tell_scopes(suite: pytest.Pytester) -> None:
    suite.makeconftest(
        """
        import pytest

        class Foreign(pytest.Item):
            def __init__(self, **arguments):
                super().__init__(**arguments)
                self.fixturenames = ["tmp_path"]

            def runtest(self):
                assert self.fixturenames == ["connect_chat", "tmp_path"]

        def pytest_collection_modifyitems(session, items):
            foreign = Foreign.from_parent(session, name="foreign")
            foreign.add_marker(pytest.mark.connect_chat)
            items.append(foreign)
        """
    )
    suite.makepyfile("def test_it(): pass")

    run(suite).assert_outcomes(passed=2)


def test_a_marker_of_block_alone_does_not_take_the_fixture(suite: pytest.Pytester) -> None:
    suite.makepyfile(
        """
        import pytest
        from helpers import is_on_a_fake, opens_a_chat
        from pytest_connect_chat.exceptions import ClosedError

        @pytest.mark.connect_chat(block=False)
        def test_is_let_through(request):
            assert "connect_chat" not in request.fixturenames

        @pytest.mark.connect_chat(block=True)
        def test_is_blocked():
            opens_a_chat()

        @pytest.mark.connect_chat(block=True, seed=2)
        def test_with_more_than_block():
            assert is_on_a_fake()

        @pytest.mark.connect_chat(seed=2)
        class TestNested:
            @pytest.mark.connect_chat(block=False)
            def test_the_others_take_it(self):
                assert is_on_a_fake()

        @pytest.mark.connect_chat(block="yes")
        def test_is_a_mistake():
            pass
        """
    )

    result = run(suite)

    result.assert_outcomes(passed=3, failed=1, errors=1)
    assert (
        result.outlines.count("block='yes' is not valid in @pytest.mark.connect_chat: block takes True or False.") == 1
    )


def test_doctests_take_it_too(suite: pytest.Pytester) -> None:
    suite.makepyfile(
        desk='''
        """
        >>> from helpers import is_on_a_fake
        >>> is_on_a_fake()
        True
        """
        import pytest

        pytestmark = pytest.mark.connect_chat
        '''
    )

    run(suite, "--doctest-modules", "desk.py").assert_outcomes(passed=1)


def test_async_tests_take_it_too(suite: pytest.Pytester) -> None:
    pytest.importorskip("pytest_asyncio")
    suite.makepyfile(
        """
        import asyncio
        import pytest
        import pytest_asyncio
        from helpers import is_on_a_fake

        @pytest_asyncio.fixture
        async def of_the_loop():
            assert is_on_a_fake()
            yield asyncio.get_running_loop()

        @pytest.mark.connect_chat
        @pytest.mark.asyncio
        async def test_it(of_the_loop):
            assert asyncio.get_running_loop() is of_the_loop
            assert is_on_a_fake()

        @pytest.mark.connect_chat
        @pytest.mark.asyncio(loop_scope="module")
        async def test_on_a_wider_loop():
            assert is_on_a_fake()
        """
    )
    quiet = [argument for argument in QUIET if not argument.endswith("asyncio")]

    result = suite.runpytest_inprocess(*quiet, "-o", "asyncio_default_fixture_loop_scope=function")

    result.assert_outcomes(passed=2)


def test_leftovers_and_the_journal_are_those_of_any_test_with_the_fixture(suite: pytest.Pytester) -> None:
    suite.makepyfile(
        """
        import pytest
        from helpers import is_on_a_fake

        pytestmark = pytest.mark.connect_chat

        def test_left_over(request):
            request.getfixturevalue("connect_chat").faults.throttle()

        def test_fails():
            assert not is_on_a_fake()
        """
    )

    result = run(suite)

    result.assert_outcomes(passed=1, failed=1, errors=1)
    result.stdout.fnmatch_lines(["Left over: *", "*- connect chat -*", "#1 +0.000s StartChatContact *"])
