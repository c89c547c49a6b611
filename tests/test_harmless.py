"""No hook of ours harms a run, whatever fails and of whatever kind the tests are."""

from __future__ import annotations

import os
from typing import Any

import pytest

from pytest_connect_chat import FakeConnectChat
from pytest_connect_chat._report import journal

pytestmark = pytest.mark.once

QUIET = ("-pno:faker", "-pno:asyncio", "-pno:hypothesispytest", "-pno:randomly", "-pno:xdist", "-pno:rerunfailures")
FIXTURE = pytest.mark.parametrize("fixture", ["", "connect_chat"], ids=["without the fixture", "with it"])


def run(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    html = () if "--html=report.html" in arguments else ("-pno:html",)  # it wants to know of each report
    result = pytester.runpytest_inprocess(*QUIET, *html, *arguments)
    assert "INTERNALERROR" not in result.stdout.str() + result.stderr.str()
    return result


# -- exceptions of others ----------------------------------------------------------------------------------------------

EXCEPTIONS = {
    "a text for an error": 'class Odd(Exception):\n    response = {"Error": "not found"}',
    "none for an error": 'class Odd(Exception):\n    response = {"Error": None}',
    "a list for a response": 'class Odd(Exception):\n    response = ["x"]',
    "a property that raises": "class Odd(Exception):\n    response = property(lambda self: 1 / 0)",
    "properties that skip": (
        "class Odd(Exception):\n    response = exceptions = cause = property(lambda self: pytest.skip('not here'))"
    ),
    "a with_traceback that raises": (
        "class Odd(Exception):\n    def with_traceback(self, traceback):\n        raise OSError"
    ),
    "a cause that goes round": (
        "class Odd(Exception):\n    def __init__(self):\n        self.__cause__ = OSError()\n"
        "        self.__cause__.__cause__ = self"
    ),
    "one of botocore's, with an answer of ours": (
        "from botocore.exceptions import ClientError\n"
        "class Odd(ClientError):\n    def __init__(self):\n        self.response = {'Error': None}\n"
        "Odd.__module__ = ClientError.__module__"
    ),
    "a module that is no text": "class Odd(Exception):\n    pass\nOdd.__module__ = None",
}


@FIXTURE
@pytest.mark.parametrize("odd", EXCEPTIONS)
def test_an_exception_of_any_form_is_a_failed_test(pytester: pytest.Pytester, fixture: str, odd: str) -> None:
    pytester.makepyfile(
        f"import unittest\nimport pytest\n{EXCEPTIONS[odd]}\n"
        f"""
@pytest.fixture
def sets_up({fixture}):
    raise Odd

@pytest.fixture
def tears_down({fixture}):
    yield
    raise Odd

def test_call({fixture}):
    raise Odd

def test_cause({fixture}):
    raise RuntimeError("the cause is odd") from Odd()

def test_setup(sets_up):
    pass

def test_teardown(tears_down):
    pass

class TestOfUnittest(unittest.TestCase):
    def test_call(self):
        raise Odd

def test_next({fixture}):
    pass
"""
    )

    run(pytester).assert_outcomes(failed=3, errors=2, passed=2)


@pytest.mark.parametrize("property", ["cause", "add_note"])
def test_a_conftest_that_fails_in_an_odd_way_is_reported_as_ever(pytester: pytest.Pytester, property: str) -> None:
    pytester.makeconftest(
        f"""
        class Odd(Exception):
            {property} = property(lambda self: 1 / 0)

        raise Odd("the conftest's own")
        """
    )

    result = run(pytester)

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*Odd: the conftest's own*"])


def test_a_module_that_fails_in_an_odd_way_is_reported_as_ever(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("class Odd(Exception):\n    response = property(lambda self: 1 / 0)\nraise Odd('its own')")

    result = run(pytester)

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["E   *Odd: its own"])


# -- a report that cannot be made --------------------------------------------------------------------------------------


def test_an_error_code_of_thousands_of_digits_is_shown(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.filterwarnings("ignore::UserWarning")
        def test_it(connect_chat, connect_client, start_chat_contact_request):
            connect_chat.faults.error("9" * 5000)
            connect_client.start_chat_contact(**start_chat_contact_request())
        """
    )

    result = run(pytester)

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*- connect chat -*", "#1 +0.000s StartChatContact *", "*9999999999*"])


BROKEN = """
import pytest
from pytest_connect_chat import FakeConnectChat

@pytest.fixture(autouse=True)
def broken(monkeypatch):
    monkeypatch.setattr(FakeConnectChat, "METHOD", lambda *arguments: {}["no such thing"])
    yield

def test_fails(connect_chat):
    connect_chat.client().stop_contact(InstanceId="i", ContactId="c")

def test_next(connect_chat):
    pass
"""


@pytest.mark.parametrize(("method", "arguments"), [("journal", ()), ("diagram", ("--html=report.html",))])
def test_a_report_that_cannot_be_made_says_so_and_harms_nothing(
    pytester: pytest.Pytester, method: str, arguments: tuple[str, ...]
) -> None:
    if arguments:
        pytest.importorskip("pytest_html")
    pytester.makepyfile(BROKEN.replace("METHOD", method))

    result = run(pytester, *arguments)

    result.assert_outcomes(failed=1, passed=1)
    result.stdout.fnmatch_lines(["*- connect chat -*", "The report could not be made: KeyError in *.py:6"])


def test_a_header_that_cannot_be_made_says_so_and_harms_nothing(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytester.makepyfile("def test_it(): pass")
    monkeypatch.setattr("pytest_connect_chat.plugin.Settings", None)

    result = run(pytester, "--connect-chat-seed=7", "-pno:terminal")
    shown = run(pytester, "--connect-chat-seed=7")

    assert result.ret == 0
    shown.stdout.fnmatch_lines(["The report could not be made: TypeError in *plugin.py:*"])


def test_an_interrupt_passes(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(BROKEN.replace("METHOD", "journal").replace('{}["no such thing"]', "interrupt()"))
    pytester.makeconftest(
        """
        import builtins

        def interrupt():
            raise KeyboardInterrupt

        builtins.interrupt = interrupt
        """
    )

    result = pytester.runpytest_inprocess(*QUIET, "-pno:html", no_reraise_ctrlc=True)

    assert result.ret == pytest.ExitCode.INTERRUPTED


# -- a report while others go on calling -------------------------------------------------------------------------------


@pytest.fixture
def fake_of_many(connect_chat: FakeConnectChat, connect_client: Any, parameters: dict[str, Any]) -> FakeConnectChat:
    for _ in range(300):
        connect_client.start_chat_contact(**parameters)
    return connect_chat


def test_the_journal_does_not_chase_calls_that_go_on(
    fake_of_many: FakeConnectChat, monkeypatch: pytest.MonkeyPatch
) -> None:
    records, lines_of = fake_of_many._service.calls.records, journal._lines_of

    def while_one_more_call_comes(*arguments: Any) -> list[str]:
        if len(records) < 9_000:
            records.append(records[0])
        return lines_of(*arguments)

    monkeypatch.setattr(journal, "_lines_of", while_one_more_call_comes)

    text = fake_of_many.journal(verbosity=1)

    assert "#300 " in text
    assert "#301 " not in text


def test_the_journal_words_only_the_requests_that_it_shows(
    fake_of_many: FakeConnectChat, monkeypatch: pytest.MonkeyPatch
) -> None:
    worded, lines_of = [], journal._lines_of

    def note(number: int, *arguments: Any) -> list[str]:
        worded.append(number)
        return lines_of(number, *arguments)

    monkeypatch.setattr(journal, "_lines_of", note)

    lines = fake_of_many.journal().splitlines()

    assert len(worded) <= 42
    assert len(lines) <= 41
    assert lines[0].startswith("#1 ")
    assert any(line.startswith("#300 ") for line in lines)


# -- tests of other kinds ----------------------------------------------------------------------------------------------

KINDS = """
import pytest


class Cells(pytest.File):
    def collect(self):
        def test_cell():
            assert FAILS

        def test_with_the_fixture(connect_chat):
            assert connect_chat.settings.seed is not None

        yield pytest.Function.from_parent(self, name="test_cell", callobj=test_cell)
        yield pytest.Function.from_parent(self, name="test_with", callobj=test_with_the_fixture)
        yield Plain.from_parent(self, name="plain")
        yield WithItsOwnWords.from_parent(self, name="with its own words")
        yield WithNoFixtures.from_parent(self, name="with no fixtures")


class Plain(pytest.Item):
    def runtest(self):
        assert FAILS


class WithNoFixtures(Plain):
    @property
    def fixturenames(self):
        return []


class WithItsOwnWords(Plain):
    _traceback_filter = None

    def repr_failure(self, excinfo):
        return "a cell has failed"


def pytest_collect_file(file_path, parent):
    if file_path.suffix == ".cells":
        return Cells.from_parent(parent, path=file_path)
"""
MARKED = """

def pytest_collection_modifyitems(items):
    for item in items:
        item.add_marker(pytest.mark.connect_chat(seed=1))
"""


@pytest.mark.parametrize("marked", ["", MARKED], ids=["without the marker", "with it"])
@pytest.mark.parametrize("fails", [False, True], ids=["passing", "failing"])
def test_items_of_other_kinds_run_as_ever(pytester: pytest.Pytester, fails: bool, marked: str) -> None:
    pytester.makeconftest(KINDS.replace("FAILS", str(not fails)) + marked)
    pytester.makefile(".cells", a="")
    pytester.makefile(".txt", test_doctest=f">>> {fails}\nFalse\n")
    pytester.makepyfile(
        f"""
        import unittest

        class TestOfUnittest(unittest.TestCase):
            def test_it(self):
                assert {not fails}

            def test_parts(self):
                for part in range(2):
                    with self.subTest(part=part):
                        assert {not fails}

        def test_parts(subtests):
            for part in range(2):
                with subtests.test(part=part):
                    assert {not fails}
        """
    )

    result = run(pytester)

    outcomes = result.parseoutcomes()
    assert outcomes["passed"] >= (1 if fails else 8)
    assert bool(outcomes.get("failed")) is fails
    assert "errors" not in outcomes
    assert "could not be made" not in result.stdout.str()


# -- the teardown of others --------------------------------------------------------------------------------------------


def test_no_frame_of_ours_is_in_the_traceback_of_anothers_teardown(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        of_another_plugin="""
        import pytest

        @pytest.fixture
        def of_another_plugin():
            yield
            assert False, "something was not requested"
        """,
        test_it="""
        import pytest

        def test_without(of_another_plugin):
            pass

        def test_with(of_another_plugin, connect_chat):
            pass

        @pytest.mark.connect_chat
        def test_with_the_marker(of_another_plugin):
            pass
        """,
    )
    pytester.syspathinsert()

    result = run(pytester, "-p", "of_another_plugin", "-rN")

    result.assert_outcomes(passed=3, errors=3)
    assert "pytest_connect_chat" not in result.stdout.str()
    assert result.stdout.str().count("def of_another_plugin():") == 3


def test_dummy_credentials_that_an_older_undo_brings_back_are_taken_away(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import os

        def test_sets_its_own(monkeypatch, connect_chat):
            monkeypatch.setenv("AWS_ACCESS_KEY_ID", "theirs")

        def test_next():
            assert "AWS_ACCESS_KEY_ID" not in os.environ
        """
    )

    run(pytester).assert_outcomes(passed=2)


# -- botocore is not installed -----------------------------------------------------------------------------------------

NOT_INSTALLED = """
import sys

class NotInstalled:
    def find_spec(name, path=None, target=None):
        if name.partition(".")[0] == "botocore":
            raise ModuleNotFoundError("No module named 'botocore'", name="botocore")

sys.meta_path.insert(0, NotInstalled)
"""
LINE = "pytest-connect-chat needs botocore, which is not installed."


@pytest.fixture
def without_botocore(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    monkeypatch.setenv("PYTHONPATH", str(pytester.path), prepend=os.pathsep)
    pytester.makepyfile(
        not_installed=NOT_INSTALLED,
        test_it="import pytest\n\ndef test_plain(): pass\n\nMARK\ndef test_it(FIXTURE): pass\n",
    )
    return pytester


def run_without_botocore(
    pytester: pytest.Pytester, *arguments: str, marker: str = "", fixture: str = ""
) -> pytest.RunResult:
    path = pytester.path / "test_it.py"
    path.write_text(path.read_text().replace("MARK", marker).replace("FIXTURE", fixture))
    result = pytester.runpytest_subprocess(*QUIET, "-p", "not_installed", *arguments)
    assert "INTERNALERROR" not in result.stdout.str()
    assert "Traceback" not in result.stdout.str() + result.stderr.str()
    return result


def test_without_botocore_other_tests_run(without_botocore: pytest.Pytester) -> None:
    run_without_botocore(without_botocore).assert_outcomes(passed=2)


@pytest.mark.parametrize(
    ("marker", "fixture"),
    [("", "connect_chat"), ("@pytest.mark.connect_chat", ""), ("", "start_chat_contact_request")],
    ids=["fixture", "marker", "request"],
)
def test_without_botocore_the_fixture_says_so_in_one_line(
    without_botocore: pytest.Pytester, marker: str, fixture: str
) -> None:
    result = run_without_botocore(without_botocore, marker=marker, fixture=fixture)

    result.assert_outcomes(passed=1, errors=1)
    assert result.outlines.count(LINE) == 1


def test_without_botocore_the_block_says_so_in_one_line(without_botocore: pytest.Pytester) -> None:
    result = run_without_botocore(without_botocore, "--connect-chat-block")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert [line for line in result.errlines if line] == [f"ERROR: {LINE}"]


def test_without_botocore_a_marker_of_the_block_says_so_in_one_line(without_botocore: pytest.Pytester) -> None:
    result = run_without_botocore(without_botocore, marker="@pytest.mark.connect_chat(block=True)")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert [line for line in result.errlines if line] == [f"ERROR: {LINE}"]


def test_the_traceback_filter_of_another_plugin_stays(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(
        """
        import pytest

        used = []

        @pytest.hookimpl(tryfirst=True)
        def pytest_runtest_setup(item):
            own = item._traceback_filter
            item._traceback_filter = lambda info: (used.append(info.typename), own(info))[1]

        def pytest_terminal_summary(terminalreporter):
            terminalreporter.write_line(f"used {len(used)} times")
        """
    )
    pytester.makepyfile(
        """
        import pytest

        @pytest.fixture
        def fails():
            yield
            raise ValueError("later")

        def test_it(fails):
            raise KeyError("now")
        """
    )
    ours, theirs = (run(pytester, *without).outlines for without in ([], ["-pno:connect_chat"]))

    assert [line for line in ours if line.startswith("used")] == [line for line in theirs if line.startswith("used")]
