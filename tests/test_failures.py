"""What people see when a test fails: tracebacks, the section `connect chat`, mistyped names, texts of any kind."""

from __future__ import annotations

import copy
import re
import warnings
from collections.abc import Callable
from inspect import signature
from textwrap import dedent
from typing import Any
from unicodedata import east_asian_width
from unittest.mock import patch

import pytest
from botocore.exceptions import BotoCoreError, ClientError
from conftest import over_all_drivers

from pytest_connect_chat import FakeConnectChat
from pytest_connect_chat._service.records.recorded_request import Attempt, RecordedError
from pytest_connect_chat.exceptions import LeftoverError, SceneError, SettingError, UnknownCodeWarning

pytestmark = pytest.mark.once

PLAIN = ("-p", "no:faker", "-p", "no:hypothesispytest", "-p", "no:randomly", "-p", "no:xdist")

Parameters = dict[str, Any]


def run(pytester: pytest.Pytester, source: str, *args: str) -> pytest.RunResult:
    pytester.makepyfile(APPLICATION + dedent(source))
    if not {"no:asyncio", "--asyncio-mode=auto"} & set(args):
        args = ("-p", "no:asyncio", *args)
    shown = () if "no:terminal" in args else ("-r", "N", "--color=no", "--no-header")
    return pytester.runpytest_inprocess(*PLAIN, *shown, *args)


def part(result: pytest.RunResult, name: str) -> str:
    """Return what a nested run printed about one of its tests."""
    found = re.search(
        rf"(?ms)^_+ (?:ERROR at \w+ of )?(?:\w+\.)?{name} _+$.*?(?=^_{{2,}} |^={{2,}} )", result.stdout.str()
    )
    assert found is not None, name
    return found[0]


@pytest.fixture(autouse=True)
def as_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


# -- tracebacks --------------------------------------------------------------------------------------------------------

MACHINERY = re.compile(r"\b(?:aio)?botocore[\\/][\w\\/]+\.py\b|\bpytest_connect_chat[\\/][\w\\/]+\.py\b")
RUNNER = re.compile(r"\b(?:_pytest|pluggy)[\\/]\w+\.py\b")

APPLICATION = """\
import unittest
import boto3
import botocore.session
import pytest

REQUEST = {"InstanceId": "i", "ContactFlowId": "f", "ParticipantDetails": {"DisplayName": "Ada"}}

def open_chat(client, **parameters):
    return client.start_chat_contact(**REQUEST, **parameters)

def open_none(client):
    return open_chat(client, CustomerId="c" * 129)

"""

FAILING = """
class ChatError(Exception):
    pass

def test_refused(connect_chat, connect_client):
    open_none(connect_client)

def test_invalid(connect_chat, connect_client):
    open_chat(connect_client, Unknown=1)

def test_unfaked(connect_chat, connect_client):
    connect_client.list_queues(InstanceId="i")

@pytest.mark.connect_chat(block=True)
def test_blocked():
    open_chat(boto3.client("connect", region_name="us-east-1"))

def test_mistyped(connect_chat):
    connect_chat.faults.throttle(atempts=1)

def test_cause(connect_chat, connect_client):
    try:
        open_none(connect_client)
    except Exception as error:
        raise ChatError from error

def test_context(connect_chat, connect_client):
    connect_chat.faults.network_error()
    try:
        open_none(connect_client)
    except Exception:
        assert False

def test_group(connect_chat, connect_client):
    errors = []
    for _ in range(2):
        try:
            open_none(connect_client)
        except Exception as error:
            errors.append(error)
    raise ExceptionGroup("several", errors)

def test_circle(connect_chat, connect_client):
    try:
        open_none(connect_client)
    except Exception as error:
        other = ChatError("other")
        error.__context__ = other
        raise other from error

@pytest.fixture
def opened(connect_chat, connect_client):
    return open_none(connect_client)

def test_setup(opened):
    pass

@pytest.fixture
def closed(connect_chat, connect_client):
    yield
    open_none(connect_client)

def test_teardown(closed):
    pass

class TestCase(unittest.TestCase):
    @pytest.fixture(autouse=True)
    def take(self, connect_client):
        self.client = connect_client

    def test_unittest(self):
        open_none(self.client)

def test_subtest(connect_chat, connect_client, subtests):
    with subtests.test("part"):
        open_none(connect_client)
"""
CALLED = [
    "test_refused",
    "test_invalid",
    "test_blocked",
    "test_cause",
    "test_context",
    "test_group",
    "test_circle",
    "test_setup",
    "test_teardown",
    "test_unittest",
]
KEEPS = """
def pytest_exception_interact(node, call, report):
    waiting, seen = [call.excinfo.value], []
    while waiting:
        error = waiting.pop()
        if error is None or error in seen:
            continue
        seen.append(error)
        waiting += [error.__cause__, error.__context__, *getattr(error, "exceptions", ())]
        entry, names = error.__traceback__, []
        while entry is not None:
            names.append(entry.tb_frame.f_globals["__name__"])
            entry = entry.tb_next
        with open("frames", "a") as file:
            print(node.name, type(error).__name__, any(name.startswith("botocore.") for name in names), file=file)
"""


def test_a_traceback_ends_with_the_callers_line(pytester: pytest.Pytester) -> None:
    result = run(pytester, FAILING)

    outcomes = result.parseoutcomes()
    assert outcomes["failed"] + outcomes["errors"] == FAILING.count("def test_") + 1  # a failed subtest counts twice
    assert MACHINERY.findall(result.stdout.str()) == []
    for name in CALLED:
        assert "return client.start_chat_contact(**REQUEST, **parameters)" in part(result, name), name
    assert 'connect_client.list_queues(InstanceId="i")' in part(result, "test_unfaked")
    assert "connect_chat.faults.throttle(atempts=1)" in part(result, "test_mistyped")


def test_short_tracebacks_end_with_the_callers_line_too(pytester: pytest.Pytester) -> None:
    result = run(pytester, FAILING, "--tb=short", "-k", "cause or group or setup")

    result.assert_outcomes(failed=2, errors=1, deselected=FAILING.count("def test_") - 3)
    assert MACHINERY.findall(result.stdout.str()) == []
    for name in ("test_cause", "test_group", "test_setup"):
        assert "in open_chat" in part(result, name)


def test_exceptions_keep_their_whole_tracebacks(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(KEEPS)

    run(pytester, FAILING, "--tb=line", "-k", "cause or context or group or circle or unittest")

    frames = (pytester.path / "frames").read_text().splitlines()
    assert sorted(frames) == [
        "test_cause ChatError False",
        "test_cause InvalidParameterException True",
        "test_circle ChatError False",
        "test_circle InvalidParameterException True",
        "test_context AssertionError False",
        "test_context ConnectTimeoutError True",
        "test_group ExceptionGroup False",
        "test_group InvalidParameterException True",
        "test_group InvalidParameterException True",
        "test_unittest InvalidParameterException True",
    ]


@pytest.mark.parametrize("option", ["--full-trace", "--tb=native"])
def test_a_full_trace_and_one_of_pythons_own_are_whole(pytester: pytest.Pytester, option: str) -> None:
    result = run(pytester, FAILING, option, "-k", "test_cause")

    result.assert_outcomes(failed=1, deselected=FAILING.count("def test_") - 1)
    assert MACHINERY.search(result.stdout.str())


def test_the_debugger_gets_the_whole_traceback(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        quiet="""
        import pdb

        class Quiet(pdb.Pdb):
            def interaction(self, frame, traceback):
                traceback = getattr(traceback, "__traceback__", traceback)  # since 3.13 it is the exception
                while traceback.tb_next is not None:
                    traceback = traceback.tb_next
                with open("innermost", "w") as file:
                    file.write(traceback.tb_frame.f_globals["__name__"])
        """
    )
    pytester.syspathinsert()

    result = run(
        pytester,
        "def test_it(connect_chat, connect_client): open_none(connect_client)",
        "--pdb",
        "--pdbcls=quiet:Quiet",
    )

    result.assert_outcomes(failed=1)
    assert (pytester.path / "innermost").read_text().startswith("botocore.")


def test_what_others_raise_is_shown_as_it_is(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
        def refuse(**event):
            raise RuntimeError("the application's own handler")

        def test_handler(connect_chat, connect_client):
            connect_client.meta.events.register("before-call.connect.StartChatContact", refuse)
            open_chat(connect_client)

        def answer(request):
            raise RuntimeError("the test's own callable")

        def test_callable(connect_chat, connect_client):
            connect_chat.add_response("start_chat_contact", answer)
            open_chat(connect_client)

        def test_without_the_fixture():
            botocore.session.Session().create_client("sts", "us-east-1").get_caller_identity(Unknown=1)

        def test_without_a_name(connect_chat, connect_client):
            exec("open_none(client)", {"open_none": open_none, "client": connect_client, "__name__": None})
        """,
        "--tb=short",
    )

    result.assert_outcomes(failed=4)
    for name, frame in (("test_handler", "in refuse"), ("test_callable", "in answer")):
        assert frame in part(result, name)
        assert MACHINERY.search(part(result, name))
    assert MACHINERY.search(part(result, "test_without_the_fixture"))
    assert "in open_chat" in part(result, "test_without_a_name")


def test_what_a_fixture_of_ours_raises_is_shown_there(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_RETRY_MODE", "no mode")

    result = run(pytester, "def test_it(connect_client): pass", "--tb=short")

    result.assert_outcomes(errors=1)
    shown = part(result, "test_it")
    assert [re.split(r"[\\/]", frame)[-1] for frame in MACHINERY.findall(shown)] == ["plugin.py"]
    assert "in connect_client" in shown
    assert not RUNNER.search(shown)


def test_an_async_traceback_ends_with_the_callers_line(pytester: pytest.Pytester) -> None:
    pytest.importorskip("aiobotocore")
    pytest.importorskip("pytest_asyncio")

    result = run(
        pytester,
        """
        import asyncio

        async def open_none_async(client):
            return await client.start_chat_contact(**REQUEST, CustomerId="c" * 129)

        async def test_awaited(aio_connect_client):
            await open_none_async(aio_connect_client)

        async def test_tasks(aio_connect_client):
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(open_none_async(aio_connect_client))
        """,
        "--asyncio-mode=auto",
        "-o",
        "asyncio_default_fixture_loop_scope=function",
        "--tb=short",
    )

    result.assert_outcomes(failed=2)
    assert MACHINERY.findall(result.stdout.str()) == []
    for name in ("test_awaited", "test_tasks"):
        assert "in open_none_async" in part(result, name)


def test_a_run_without_the_terminal_reports_failures(pytester: pytest.Pytester) -> None:
    result = run(pytester, "def test_it(connect_client): open_none(connect_client)", "-p", "no:terminal")

    assert result.ret == pytest.ExitCode.TESTS_FAILED


# -- what is printed fits the terminal ---------------------------------------------------------------------------------

WIDE = """
LONG = {
    "words": "word " * 300,
    "one": "w" * 1_500,
    "wide": "\\u5ba2\\u670d" * 300,
    "hostile": "\\x1b[31m\\x00\\n\\t\\u202e\\ud83d\\ufffd" * 20,
    "k" * 90: "v",
}

@pytest.fixture(autouse=True)
def opened(connect_chat, connect_client):
    connect_chat.faults.throttle(attempts=1)
    open_chat(connect_client, Attributes=LONG)
    connect_chat.add_client_error("start_chat_contact", "c\\u00f6de " * 30, "m\\u00e9ssage\\x1b[31m " * 30)
    try:
        open_chat(connect_client, Attributes=LONG)
    except Exception:
        pass

def test_nearest(connect_chat):
    others = {name: value + "!" for name, value in LONG.items()}
    connect_chat.requests.assert_requested_once(Attributes=others)

def test_nearest_by_name(connect_chat):
    requests = connect_chat.requests.matching(CustomerId=LONG["wide"])
    requests.assert_requested(2, Attributes={"\\u5ba2" * 99: LONG})

def test_matching(connect_chat):
    connect_chat.requests.assert_not_requested(Attributes=LONG)

def test_leftovers(connect_chat, connect_client):
    connect_chat.faults.lose_response(when={"CustomerId": LONG["wide"], "Attributes": LONG})
    connect_chat.faults.throttle(operation="CreatePersistentContactAssociation", attempts=3, after=17)
    connect_chat.add_client_error("create_persistent_contact_association", LONG["hostile"])
    try:
        connect_client.list_approved_origins(InstanceId="i")
    except Exception:
        pass
"""


def columns(line: str) -> int:
    return len(line) + sum(east_asian_width(character) in "WF" for character in line)


@pytest.mark.parametrize("verbosity", [(), ("-v",), ("-vv",)], ids=["", "-v", "-vv"])
def test_no_line_is_wider_than_the_terminal(pytester: pytest.Pytester, verbosity: tuple[str, ...]) -> None:
    result = run(pytester, WIDE, *verbosity)

    result.assert_outcomes(failed=3, passed=1, errors=1)
    assert {line for line in result.outlines if columns(line) > 80} == set()
    assert not re.search(r"[\x00-\x09\x0b-\x1f\u202e]", result.stdout.str())
    sections = re.findall(r"(?ms)^-+ connect chat -+$\n(.*?)(?=^[_=]{2})", result.stdout.str())
    assert len(sections) == 4
    assert all(section.isascii() for section in sections)
    values = ["w" * 1_500 in re.sub(r"\s", "", section) for section in sections]
    assert values == ["-vv" in verbosity] * 4


def test_messages_stand_alone(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
        def test_none(connect_chat):
            connect_chat.requests.stop_contact.assert_requested(3, ContactId="c")

        def test_left(connect_chat):
            connect_chat.faults.throttle(attempts=5)
            connect_chat.add_response("list_queues", {})
        """,
    )

    result.assert_outcomes(failed=1, passed=1, errors=1)
    assert "- connect chat -" not in result.stdout.str()
    result.stdout.fnmatch_lines(
        [
            "Left over: the fault [[]throttled: 5 attempts of StartChatContact[]] met no attempt",
            "Left over: the canned response for list_queues() was not asked for",
            "If this is on purpose: strict=False in the marker or in FakeConnectChat().",
        ],
        consecutive=True,
    )
    result.stdout.fnmatch_lines(
        [
            "E       AssertionError: Expected StopContact exactly 3 times with",
            "E           ContactId = 'c',",
            "E       but none reached the service.",
            "E       Calls that botocore refuses itself never reach it, nor do those of a",
            "E           mock, of another process, or of a coroutine that is not awaited.",
        ],
        consecutive=True,
    )


# -- the journal -------------------------------------------------------------------------------------------------------


def journal_of(fake: FakeConnectChat, call: Callable[[], object]) -> list[str]:
    """Return what the journal says of a call that fails, without its first line."""
    with pytest.raises((BotoCoreError, ClientError)):
        call()
    lines = fake.journal().splitlines()
    return lines[max(index for index, line in enumerate(lines) if line.startswith("    ->")) :]


@over_all_drivers
@pytest.mark.parametrize(
    ("plan", "committed"),
    [
        pytest.param(lambda faults: faults.lose_response(), True, id="response lost"),
        pytest.param(lambda faults: faults.lose_response(503), True, id="response lost, 503"),
        pytest.param(lambda faults: faults.delay(3_600), True, id="too slow"),
        pytest.param(lambda faults: faults.network_error(), False, id="network"),
        pytest.param(lambda faults: faults.throttle(), False, id="throttled"),
    ],
)
def test_the_journal_says_what_was_committed_all_the_same(
    connect_chat: FakeConnectChat,
    connect_client: Any,
    parameters: Parameters,
    plan: Callable[[Any], Any],
    committed: bool,
) -> None:
    plan(connect_chat.faults)

    lines = journal_of(connect_chat, lambda: connect_client.start_chat_contact(**parameters))

    said = [f"    committed all the same: contact {contact_id}" for contact_id in connect_chat.contacts]
    assert len(said) == committed
    assert [line for line in lines if "committed" in line] == said


def test_a_call_that_changes_nothing_commits_nothing(connect_chat: FakeConnectChat, connect_client: Any) -> None:
    contact = connect_chat.add_contact()
    connect_chat.faults.lose_response(operation="DescribeContact")

    lines = journal_of(
        connect_chat,
        lambda: connect_client.describe_contact(InstanceId=contact.instance_id, ContactId=contact.contact_id),
    )

    assert "committed" not in "".join(lines)


def test_an_id_of_any_length_is_wrapped(connect_chat: FakeConnectChat, connect_client: Any) -> None:
    contact = connect_chat.add_contact(contact_id="c" * 99)
    connect_chat.faults.lose_response(operation="StopContact")

    lines = journal_of(
        connect_chat,
        lambda: connect_client.stop_contact(InstanceId=contact.instance_id, ContactId=contact.contact_id),
    )

    assert [line.strip() for line in lines[2:4]] == [f"committed all the same: contact {'c' * 43}", "c" * 56]


def test_texts_of_an_error_are_printed_as_every_terminal_can(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: Parameters
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UnknownCodeWarning)
        connect_chat.faults.error("Zu\u00a0viel\n\x1b", "b\u00f6se\x1b[31m\nmore")

    with pytest.raises(ClientError):
        connect_client.start_chat_contact(**parameters)

    assert connect_chat.journal().splitlines()[2:] == [
        r"    attempt 1 +0.000s [Zu\xa0viel\n\x1b] 400 Zu\xa0viel\n\x1b",
        r"    -> 400 Zu\xa0viel\n\x1b: b\xf6se\x1b[31m ...",
    ]


@pytest.mark.parametrize(
    ("token", "shown"),
    [
        ("short", "short"),
        ("12345678901", "12345678901"),
        ("123456789012", "12345678..."),
        ("QVFJREFI" + "-" * 28, "QVFJREFI..."),
        ("QVFJREFI" + "-" * 28 + "the end.", "QVFJREFI...the end."),
    ],
)
def test_the_journal_shows_no_token_in_full(
    connect_chat: FakeConnectChat, connectparticipant_client: Any, token: str, shown: str
) -> None:
    with pytest.raises(ClientError):
        connectparticipant_client.disconnect_participant(ConnectionToken=token)

    for verbosity in range(3):
        assert connect_chat.journal(verbosity).splitlines()[0].endswith(f" ConnectionToken={shown}")


# -- mistyped names ----------------------------------------------------------------------------------------------------


@pytest.fixture
def fake_in_use(connect_chat: FakeConnectChat, connect_client: Any, parameters: Parameters) -> FakeConnectChat:
    connect_client.start_chat_contact(**parameters)
    return connect_chat


MISTYPED: list[tuple[Callable[[FakeConnectChat], object], str]] = [
    (lambda fake: fake.contact, "FakeConnectChat has no attribute 'contact'. Did you mean 'contacts'?"),  # type: ignore[attr-defined]
    (lambda fake: fake.faults.trottle, "FaultPlan has no attribute 'trottle'. Did you mean 'throttle'?"),  # type: ignore[attr-defined]
    (lambda fake: fake.clock.advanse, "Clock has no attribute 'advanse'. Did you mean 'advance'?"),  # type: ignore[attr-defined]
    (lambda fake: fake.contacts.lst, "ContactRegistry has no attribute 'lst'. Did you mean 'last'?"),  # type: ignore[attr-defined]
    (
        lambda fake: fake.contacts.last.contactid,  # type: ignore[attr-defined]
        "Contact has no attribute 'contactid'. Did you mean 'contact_id'?",
    ),
    (
        lambda fake: fake.requests.last.parameters,  # type: ignore[attr-defined]
        "RecordedRequest has no attribute 'parameters'. Did you mean 'params'?",
    ),
    (
        lambda fake: fake.requests.assert_requested_twice,
        (
            "Neither connect nor connectparticipant has an operation 'assert_requested_twice'. "
            "Did you mean 'assert_requested_once'?"
        ),
    ),
    (lambda fake: fake.throttle, "FakeConnectChat has no attribute 'throttle'. Did you mean 'faults.throttle'?"),  # type: ignore[attr-defined]
    (
        lambda fake: fake.clear,  # type: ignore[attr-defined]
        (
            "FakeConnectChat has no attribute 'clear'. Did you mean 'faults.clear' or 'requests.clear' or "
            "'notifications.clear'?"
        ),
    ),
    (
        lambda fake: fake.stop_contact_streaming,  # type: ignore[attr-defined]
        (
            "FakeConnectChat has no attribute 'stop_contact_streaming'. It is an operation: clients have it; "
            "connect_chat.requests.stop_contact_streaming has what came."
        ),
    ),
    (
        lambda fake: fake.seed,  # type: ignore[attr-defined]
        (
            "FakeConnectChat has no attribute 'seed'. It is a setting: @pytest.mark.connect_chat(seed=...) or "
            "FakeConnectChat(seed=...) gives it, connect_chat.settings.seed has its value."
        ),
    ),
    (lambda fake: fake.zzz, "FakeConnectChat has no attribute 'zzz'."),  # type: ignore[attr-defined]
    (lambda fake: fake.contacts.last._contact_id, "Contact has no attribute '_contact_id'."),  # type: ignore[attr-defined]
    (lambda fake: fake.rules.rest(), "RuleBook has no attribute 'rest'. Did you mean 'reset'?"),  # type: ignore[attr-defined]
    (
        lambda fake: fake.rules.disable("active-chats"),  # type: ignore[attr-defined]
        "RuleBook has no attribute 'disable'. Each rule has it: rules['attributes-size'].disable, for example.",
    ),
    (
        lambda fake: fake.contacts.last.status,  # type: ignore[attr-defined]
        (
            "Contact has no attribute 'status'. As on the service there is none: is_active and disconnect_reason say "
            "how it stands."
        ),
    ),
    (
        lambda fake: fake.add_ended_chat(messages=[("CUSTOMER", "Hi")])[0].transcript[0].text,  # type: ignore[attr-defined]
        (
            "TranscriptItem has no attribute 'text'. It has absolute_time, attachments, contact_id, content, "
            "content_type, display_name, id, order, participant_id, participant_role, receipts, type, words."
        ),
    ),
]


@pytest.mark.parametrize(("mistyped", "message"), MISTYPED, ids=[message.split("'")[1] for _, message in MISTYPED])
def test_a_mistyped_attribute_is_refused_with_the_nearest(
    fake_in_use: FakeConnectChat, mistyped: Callable[[FakeConnectChat], object], message: str
) -> None:
    with pytest.raises(AttributeError) as caught:
        mistyped(fake_in_use)

    assert str(caught.value) == message


ASSIGNED: list[tuple[Callable[[FakeConnectChat], object], str, str]] = [
    (lambda fake: fake, "strict", "FakeConnectChat takes no attribute 'strict'. It is a setting: @pytest.mark."),
    (lambda fake: fake, "clock", "'clock' of FakeConnectChat cannot be assigned. It is a setting: @pytest.mark."),
    (lambda fake: fake, "settings", "'settings' of FakeConnectChat cannot be assigned."),
    (
        lambda fake: fake,
        "add_respons",
        "FakeConnectChat takes no attribute 'add_respons'. Did you mean 'add_response'?",
    ),
    (lambda fake: fake.clock, "frozen", "Clock takes no attribute 'frozen'."),
    (lambda fake: fake.clock, "now", "'now' of Clock cannot be assigned. advance() and move_to() move the clock."),
    (lambda fake: fake.faults, "chaos", "'chaos' of FaultPlan cannot be assigned."),
    (
        lambda fake: fake.contacts.last,
        "expires_at",
        "'expires_at' of Contact cannot be assigned. It shows what happens: ",
    ),
    (lambda fake: fake.contacts.last, "is_activ", "Contact takes no attribute 'is_activ'. Did you mean 'is_active'?"),
    (lambda fake: fake.faults.throttle(optional=True), "met", "'met' of Fault cannot be assigned."),
    (lambda fake: fake.contacts, "quota", "ContactRegistry takes no attribute 'quota'."),
    (
        lambda fake: fake.rules,
        "active_chats",
        "RuleBook takes no attribute 'active_chats'. Rules are found by their ids: rules['active-chats'].",
    ),
    (
        lambda fake: fake.add_participant(fake.contacts.last.contact_id),
        "send_mesage",
        "ChatParticipant takes no attribute 'send_mesage'. Did you mean 'send_message'?",
    ),
    (
        lambda fake: fake.requests,
        "start_chat_contact",
        "RequestLog takes no attribute 'start_chat_contact'. Requests are only recorded",
    ),
    (
        lambda fake: fake.requests,
        "side_effect",
        "RequestLog takes no attribute 'side_effect'. Requests are only recorded",
    ),
]


@pytest.mark.parametrize(("owner", "name", "message"), ASSIGNED, ids=[name for _, name, _ in ASSIGNED])
def test_an_assignment_that_would_change_nothing_is_refused(
    fake_in_use: FakeConnectChat, owner: Callable[[FakeConnectChat], object], name: str, message: str
) -> None:
    with pytest.raises(AttributeError) as caught:
        setattr(owner(fake_in_use), name, 0.5)

    assert str(caught.value).startswith(message)
    assert caught.value.name == name


def test_methods_can_be_patched(fake_in_use: FakeConnectChat) -> None:
    with patch.object(fake_in_use.clock, "sleep") as sleep, patch.object(fake_in_use, "journal", return_value="mine"):
        fake_in_use.clock.sleep(3)
        assert fake_in_use.journal() == "mine"

    sleep.assert_called_once_with(3)
    assert fake_in_use.journal() != "mine"


def test_a_class_of_ones_own_has_attributes_of_its_own() -> None:
    class OfOnesOwn(FakeConnectChat):
        pass

    fake = OfOnesOwn(seed=1)
    fake.note = "mine"  # type: ignore[attr-defined]
    assert fake.note == "mine"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "call",
    [
        pytest.param(lambda fake: fake.faults.throttle(2), id="throttle"),
        pytest.param(lambda fake: fake.faults.delay(30, 2), id="delay"),
        pytest.param(lambda fake: fake.add_contact("c"), id="add_contact"),
        pytest.param(lambda fake: type(fake)(7), id="FakeConnectChat"),
    ],
)
def test_a_value_without_its_name_is_refused(fake_in_use: FakeConnectChat, call: Callable[[Any], object]) -> None:
    with pytest.raises(TypeError, match=r"takes (from 1 to )?. positional arguments? but . were given"):
        call(fake_in_use)


def test_what_asks_for_attributes_still_gets_its_answer(fake_in_use: FakeConnectChat) -> None:
    for value in (fake_in_use, fake_in_use.faults, fake_in_use.contacts, fake_in_use.contacts.last):
        assert getattr(value, "nothing", "default") == "default"
        assert not hasattr(value, "__html__")
    assert copy.copy(fake_in_use.contacts.last).contact_id == fake_in_use.contacts.last.contact_id


def test_an_id_that_no_contact_has_is_refused_with_their_number(fake_in_use: FakeConnectChat) -> None:
    with pytest.raises(KeyError, match="no contact has the id 'c'; the fake has 1 contact\""):
        _ = fake_in_use.contacts["c"]


@pytest.mark.parametrize(
    ("key", "message"),
    [
        (lambda contact: 0, ": contacts are found by id, the newest is contacts.last, and list(contacts.values()) has"),
        (lambda contact: slice(1), ": contacts are found by id, the newest is contacts.last, and list(contacts."),
        (lambda contact: contact.participant_id, ": this is the participant id of the customer of contact {}"),
        (lambda contact: contact.participant_token, ": this is the participant token of the customer of contact {}"),
    ],
    ids=["number", "slice", "participant id", "token"],
)
def test_what_stands_for_a_contact_id_is_named(
    fake_in_use: FakeConnectChat, key: Callable[[Any], Any], message: str
) -> None:
    fake_in_use.add_contact()
    contact = next(iter(fake_in_use.contacts.values()))

    with pytest.raises(KeyError) as caught:
        _ = fake_in_use.contacts[key(contact)]

    assert message.format(contact.contact_id) in str(caught.value)


@pytest.mark.parametrize(
    ("given", "hint"),
    [
        (lambda contact: contact, "Give its contact_id."),
        (lambda contact: {"ContactId": contact.contact_id, "ParticipantId": "p"}, "Give its ['ContactId']."),
        (lambda contact: (contact,), "Give the contact_id of one of them, such as [-1].contact_id."),
    ],
    ids=["contact", "answer", "past chat"],
)
@pytest.mark.parametrize(
    "use",
    [
        lambda fake, given: fake.contacts[given],
        lambda fake, given: fake.contacts.get(given),
        lambda fake, given: given in fake.contacts,
        lambda fake, given: fake.stop_contact(given),
        lambda fake, given: fake.add_participant(given),
        lambda fake, given: fake.transfer(given),
    ],
    ids=["[]", "get", "in", "stop_contact", "add_participant", "transfer"],
)
def test_what_has_a_contact_id_is_not_taken_for_one(
    fake_in_use: FakeConnectChat, given: Callable[[Any], Any], use: Callable[[Any, Any], object], hint: str
) -> None:
    contact = fake_in_use.add_contact()

    with pytest.raises((TypeError, SceneError)) as caught:
        use(fake_in_use, given(contact))

    assert str(caught.value).endswith(f". {hint}")
    assert contact.is_active


@pytest.mark.parametrize("key", [[], {}, None, 1.5, b"c"], ids=repr)
def test_what_is_no_text_is_no_contact(fake_in_use: FakeConnectChat, key: Any) -> None:
    assert key not in fake_in_use.contacts
    assert fake_in_use.contacts.get(key) is None
    with pytest.raises(KeyError, match=r"no contact has the id "):
        _ = fake_in_use.contacts[key]


def test_settings_say_where_they_are_given(fake_in_use: FakeConnectChat) -> None:
    with pytest.raises(AttributeError) as caught:
        fake_in_use.settings.strict = False  # type: ignore[misc]

    assert str(caught.value) == (
        "The settings of a fake do not change. @pytest.mark.connect_chat(strict=False) or "
        "FakeConnectChat(strict=False) gives them."
    )
    with pytest.raises(AttributeError, match=r"^There is no setting 'strct'\. Did you mean 'strict'\?$"):
        fake_in_use.settings.strct = False  # type: ignore[attr-defined]


def test_a_rule_is_not_assigned(fake_in_use: FakeConnectChat) -> None:
    with pytest.raises(TypeError, match=r"rules\['active-chats'\]\.disable\(\), \.enable\(\) or \.raises\(code\)"):
        fake_in_use.rules["active-chats"] = False  # type: ignore[index]


MISTYPED_KEYWORDS: list[tuple[Callable[[Any], object], str]] = [
    (
        lambda fake: fake.add_contact(name="Ada"),
        (
            "FakeConnectChat.add_contact() has no keyword 'name'. Did you mean 'display_name'? It takes instance_id, "
            "contact_flow_id, contact_id, display_name, attributes, customer_id, initial_message, tags, channel."
        ),
    ),
    (
        lambda fake: fake.add_ended_chat(segment=2),
        (
            "FakeConnectChat.add_ended_chat() has no keyword 'segment'. Did you mean 'segments'? It takes segments, "
            "instance_id, contact_id, display_name, attributes, customer_id, messages, ended_at."
        ),
    ),
    (
        lambda fake: fake.faults.throttle(2),
        (
            "FaultPlan.throttle() takes 1 positional argument but 2 were given. It takes calls=, attempts=, after=, "
            "operation=, service=, when=, optional=."
        ),
    ),
    (
        lambda fake: fake.faults.network_error("dns", 2),
        (
            "FaultPlan.network_error() takes from 1 to 2 positional arguments but 3 were given. It takes error, "
            "calls=, attempts=, after=, operation=, service=, when=, optional=."
        ),
    ),
    (
        lambda fake: fake.faults.delay(5, 2),
        (
            "FaultPlan.delay() takes from 1 to 2 positional arguments but 3 were given. It takes calls=, attempts=, "
            "after=, operation=, service=, when=, optional=, weeks=, days=, hours=, minutes=, seconds=, "
            "milliseconds=, microseconds=."
        ),
    ),
    (
        lambda fake: fake.requests.assert_requested(2, 3),
        (
            "RequestLog.assert_requested() takes from 1 to 2 positional arguments but 3 were given. It takes count, "
            "**members."
        ),
    ),
    (
        lambda fake: fake.rules["active-chats"].raises(error="LimitExceededException"),
        "RuleSwitch.raises() has no keyword 'error'. It takes code.",
    ),
    (
        lambda fake: fake.add_participant(fake.contacts.last.contact_id).send_message(text="Hi"),
        "ChatParticipant.send_message() has no keyword 'text'. It takes content, content_type.",
    ),
    (
        lambda fake: fake.clock.move_to(),
        "Clock.move_to() missing 1 required positional argument: 'moment'. It takes moment.",
    ),
    (
        lambda fake: fake.requests.one("CustomerId"),
        "RequestLog.one() takes 1 positional argument but 2 were given",
    ),
]


@pytest.mark.parametrize(
    ("call", "message"), MISTYPED_KEYWORDS, ids=[text.split("(")[0] for _, text in MISTYPED_KEYWORDS]
)
def test_a_mistyped_keyword_is_refused_with_those_that_there_are(
    fake_in_use: FakeConnectChat, call: Callable[[Any], object], message: str
) -> None:
    with pytest.raises(TypeError) as caught:
        call(fake_in_use)

    assert str(caught.value) == message


def test_a_type_error_from_inside_of_a_method_stays_as_it_is(fake_in_use: FakeConnectChat) -> None:
    with pytest.raises(TypeError, match=r"^contacts are known by their ids"):
        fake_in_use.contacts.get(fake_in_use.contacts.last)  # type: ignore[call-overload]
    with pytest.raises(TypeError, match=r"^This would never match: "):
        fake_in_use.requests.matching(InstanceId=None)


def test_editors_and_help_see_the_signatures_of_methods() -> None:
    assert [*signature(FakeConnectChat.stop_contact).parameters] == ["self", "contact_id", "disconnect_reason"]
    assert str(FakeConnectChat.stop_contact.__doc__).startswith("End an active contact")


@pytest.mark.parametrize(
    ("subscripted", "message"),
    [
        (
            lambda fake: fake.contacts.last["ContactId"],
            "Contact has attributes and is not subscriptable. Did you mean .contact_id?",
        ),
        (
            lambda fake: fake.requests.last["Tier"],
            (
                "RecordedRequest has attributes and is not subscriptable. params has the members of the request, "
                "response those of the answer."
            ),
        ),
        (
            lambda fake: fake.requests.last["ClientToken"],
            "RecordedRequest has attributes and is not subscriptable. Did you mean .client_token?",
        ),
        (
            lambda fake: fake.add_ended_chat()["ContactId"],
            (
                "PastChat takes a number or a slice in brackets, not 'ContactId'. It holds the contacts of the "
                "session, oldest first: [-1].contact_id is that of the last."
            ),
        ),
        (lambda fake: fake[0], "FakeConnectChat has attributes and is neither subscriptable nor iterable."),
        (list, "FakeConnectChat has attributes and is neither subscriptable nor iterable."),
        (lambda fake: fake.requests[1.5], "RequestLog takes a number or a slice in brackets, not 1.5."),
        (
            lambda fake: fake.requests["StartChatContact"],
            (
                "RequestLog takes a number or a slice in brackets, not 'StartChatContact'. "
                "Did you mean .start_chat_contact?"
            ),
        ),
        (
            lambda fake: fake.requests["last"],
            "RequestLog takes a number or a slice in brackets, not 'last'. Did you mean .last?",
        ),
        (lambda fake: fake.faults["throttled"], "FaultPlan takes a number or a slice in brackets, not 'throttled'."),
    ],
    ids=["member", "unknown", "record", "past", "number", "iterated", "fraction", "operation", "attribute", "fault"],
)
def test_what_has_attributes_is_not_subscripted(
    fake_in_use: FakeConnectChat, parameters: Parameters, subscripted: Callable[[Any], object], message: str
) -> None:
    fake_in_use.client().start_chat_contact(**parameters)
    with pytest.raises(TypeError) as caught:
        subscripted(fake_in_use)

    assert str(caught.value) == message


def test_a_number_that_nothing_has_says_what_there_is(fake_in_use: FakeConnectChat) -> None:
    with pytest.raises(IndexError, match=r"^There is no \[1\] in <0 recorded requests of StopContact>\.$"):
        _ = fake_in_use.requests.stop_contact[1]


def test_a_past_chat_is_told_from_its_contacts(fake_in_use: FakeConnectChat) -> None:
    past = fake_in_use.add_ended_chat(segments=2)
    with pytest.raises(AttributeError) as caught:
        _ = past.contact_id  # type: ignore[attr-defined]
    with pytest.raises(AttributeError, match=r"^PastChat has no attribute 'nothing'\.( It has count, index\.)?$"):
        _ = past.nothing  # type: ignore[attr-defined]

    assert str(caught.value) == (
        "PastChat has no attribute 'contact_id'. It holds the contacts of the session, oldest first: [-1].contact_id "
        "is that of the last."
    )
    assert past == (past[0], past[1]) == tuple(past)


def test_a_setting_without_its_name_is_refused() -> None:
    with pytest.raises(TypeError, match=r"takes 1 positional argument but 2 were given\. It takes seed=, region=, "):
        FakeConnectChat("us-east-1")  # type: ignore[call-arg]
    with pytest.raises(SettingError, match=r"^from_settings\(\) takes the settings of another fake, .* {'seed': 7}; "):
        FakeConnectChat.from_settings({"seed": 7})  # type: ignore[arg-type]


def test_a_fake_is_no_decorator() -> None:
    with pytest.raises(TypeError, match=r"no decorator: @pytest\.mark\.connect_chat takes the fixture.*`with FakeConn"):

        @FakeConnectChat()  # type: ignore[operator]
        def opens_a_chat() -> None: ...


# -- remarks -----------------------------------------------------------------------------------------------------------


def test_a_participant_token_for_a_connection_token_is_remarked(
    connect_chat: FakeConnectChat, parameters: Parameters
) -> None:
    token = connect_chat.client().start_chat_contact(**parameters)["ParticipantToken"]
    participant = connect_chat.client("connectparticipant")
    for wrong in (token, "something else"):
        with pytest.raises(ClientError):
            participant.send_message(ContentType="text/plain", Content="Hi", ConnectionToken=wrong)

    remarks = " ".join(connect_chat.journal().split())

    whose = f"the participant token of the customer of contact {connect_chat.contacts.last.contact_id[:8]}..."
    assert remarks.count("for its ConnectionToken") == 1
    assert f"#2 has {whose} for its ConnectionToken: CreateParticipantConnection gives one for it" in remarks


def test_chaos_is_remarked_with_how_to_have_it_again(connect_chat: FakeConnectChat) -> None:
    def remarks() -> str:
        return " ".join(connect_chat.journal().split())

    assert "chaos" not in remarks()
    connect_chat.faults.chaos(rate=0.3)
    assert "survivable chaos at a rate of 0.3 was on" in remarks()
    assert "--connect-chat-chaos=0.3 gives this test the same again" in remarks()
    connect_chat.faults.chaos(rate=0.3, mode="hard")
    assert "--connect-chat-chaos=0.3 --connect-chat-chaos-mode=hard gives" in remarks()


def test_ids_in_lists_and_dicts_are_shortened_and_under_v_whole(
    connect_chat: FakeConnectChat, parameters: Parameters
) -> None:
    [contact] = connect_chat.add_ended_chat(instance_id=parameters["InstanceId"])
    connect_chat.client().start_chat_contact(
        **parameters, PersistentChat={"RehydrationType": "ENTIRE_PAST_SESSION", "SourceContactId": contact.contact_id}
    )

    assert f"'SourceContactId': '{contact.contact_id[:8]}...'" in connect_chat.journal()
    assert contact.contact_id not in connect_chat.journal()
    assert contact.contact_id in connect_chat.journal(1)


# -- records -----------------------------------------------------------------------------------------------------------


def test_attempts_and_errors_are_tuples_with_names(connect_chat: FakeConnectChat, parameters: Parameters) -> None:
    connect_chat.faults.deny_access()
    with pytest.raises(ClientError):
        connect_chat.client().start_chat_contact(**parameters)

    (attempt,) = connect_chat.requests.one().attempts
    time, error, fault = attempt

    assert attempt == Attempt(connect_chat.clock.start, error, "access denied")
    assert (time, fault) == (connect_chat.clock.start, "access denied")
    assert isinstance(error, RecordedError)
    assert (error.code, error.http_status, error.rule) == ("AccessDeniedException", 403, None)
    with pytest.raises(AttributeError):
        error.code = "Other"  # type: ignore[misc]


def test_a_record_takes_no_further_attribute(fake_in_use: FakeConnectChat) -> None:
    record = fake_in_use.requests.one()

    with pytest.raises(AttributeError):
        record.note = "mine"  # type: ignore[attr-defined]
    assert not hasattr(record, "__dict__")


def test_leftovers_of_a_context_manager_say_how_to_allow_them() -> None:
    with pytest.raises(LeftoverError) as caught, FakeConnectChat() as fake:
        fake.faults.lose_response(when={"CustomerId": "\u5ba2" * 99}, operation="StartChatContact", after=3)

    *left, last = str(caught.value).splitlines()
    assert all(columns(line) <= 79 for line in left)
    assert left[0].startswith("Left over: the fault [response lost")
    assert all(line.startswith("    ") for line in left[1:])
    assert last == "If this is on purpose: strict=False in the marker or in FakeConnectChat()."


def test_what_a_request_says_does_not_reach_the_terminal_as_it_is(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: Parameters
) -> None:
    escape, instance = "\x1b[31m\nred", {"InstanceId": "i"}
    connect_chat.faults.deny_access(when={"ContactFlowId": escape})
    calls: list[Callable[[], object]] = [
        lambda: connect_client.stop_contact(ContactId=escape, **instance),
        lambda: connect_client.describe_contact(ContactId=escape, **instance),
        lambda: connect_client.start_chat_contact(**parameters, RelatedContactId=escape),
        lambda: connect_client.start_chat_contact(**parameters | {"ContactFlowId": escape}),
        lambda: connect_client.start_chat_contact(
            **parameters, PersistentChat={"RehydrationType": "FROM_SEGMENT", "SourceContactId": escape}
        ),
    ]
    for call in calls:
        with pytest.raises(ClientError) as refused:
            call()
        assert str(refused.value).isprintable()
        assert r"\x1b[31m\nred" in str(refused.value)


def test_a_journal_takes_a_number(connect_chat: FakeConnectChat) -> None:
    with pytest.raises(SceneError, match="verbosity is a number, 0 to 2, not 'x'"):
        connect_chat.journal("x")  # type: ignore[arg-type]


def test_a_callables_exception_whose_text_fails_is_named(connect_chat: FakeConnectChat) -> None:
    class Mute(Exception):  # noqa: N818
        def __str__(self) -> str:
            raise ZeroDivisionError

    connect_chat._service.state.feed.failures.append(Mute())
    assert "a callable of the test raised Mute: its text raises ZeroDivisionError" in connect_chat.journal()
    with pytest.raises(Mute):
        connect_chat.raise_failures()
