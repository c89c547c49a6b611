"""One suite, run in many ways: over processes, elsewhere, in parts, in another order, again: always the same bytes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from pytest_connect_chat import FakeConnectChat, providers

pytestmark = [pytest.mark.once, pytest.mark.untraced]

IMPORTED_ONCE = (providers,)  # a nested run forgets what it was the first to import
ARGUMENTS = ("-p", "connect_chat", "--connect-chat-chaos=0.3", "--connect-chat-seed=7")

SUITE = {
    "pyproject.toml": """
        [tool.pytest]
        pythonpath = ["."]
        markers = ["xdist_group"]
        connect_chat_region = "us-east-1"
        connect_chat_clock = "2026-01-01T00:00:00Z"
    """,
    "app.py": """
        import botocore.session

        session = botocore.session.Session()
        connect = session.create_client("connect")  # outlives tests, and may carry nothing over
        participant = session.create_client("connectparticipant")
        heard = []

        def open_chat(name, **parameters):
            customer = {"DisplayName": name}
            place = {"InstanceId": "i", "ContactFlowId": "f"}
            heard.append(connect.start_chat_contact(**place, ParticipantDetails=customer, **parameters))
            return heard[-1]["ContactId"]
    """,
    "tests/test_desk.py": """
        import pytest
        from app import open_chat

        @pytest.mark.parametrize("name", ["Ada", "Bob", "Zoë/1"])
        def test_opens(connect_chat, name):
            for _ in range(8):
                open_chat(name)

        @pytest.mark.xdist_group("faults")
        class TestFaults:
            def test_are_met(self, connect_chat):
                connect_chat.faults.throttle(attempts=2)
                connect_chat.faults.lose_response(attempts=1, after=1)
                for name in ("Ada", "Bob"):
                    open_chat(name)

            class TestOutages:
                @pytest.mark.connect_chat(chaos=0)
                def test_end(self, connect_chat):
                    connect_chat.faults.outage(seconds=0.001)
                    open_chat("Ada")
    """,
    "tests/far/test_chats.py": """
        import pytest
        from app import heard, open_chat, participant

        pytestmark = pytest.mark.xdist_group("far")

        @pytest.mark.parametrize("name", ["Ada", "Bob"])
        def test_opens(connect_chat, name):
            open_chat(name)

        def test_talks(connect_chat):
            for name in ("Ada", "Bob", "Cleo"):
                contact = connect_chat.contacts[open_chat(name)]
                connection = participant.create_participant_connection(
                    ParticipantToken=contact.participant_token, Type=["WEBSOCKET", "CONNECTION_CREDENTIALS"]
                )
                heard.append(connection)
                token = connection["ConnectionCredentials"]["ConnectionToken"]
                participant.send_message(ConnectionToken=token, ContentType="text/plain", Content="hi")
            heard.append(connect_chat.add_participant(contact.contact_id).participant_id)
            connect_chat.add_ended_chat(segments=2)

        @pytest.mark.connect_chat(clock=None)  # the real now
        def test_fails(connect_chat):
            connect_chat.faults.network_error("dns", attempts=1, after=1)
            open_chat("Ada", ClientToken="order-17")
            heard.clear()  # the answer has the time in it
            open_chat("Bob", InitialMessage={"ContentType": "text/html", "Content": "hi"})
    """,
    # What a test saw travels with its report, also from a worker of pytest-xdist, and is written where reports arrive.
    "conftest.py": """
        import json, os
        import pytest

        def pytest_runtest_setup():
            from app import heard  # not before: a process that only hands out tests needs no client

            heard.clear()

        @pytest.hookimpl(wrapper=True)
        def pytest_runtest_makereport(item, call):
            report = yield
            if call.when == "call":
                places = [item.module.__name__, *([item.cls.__qualname__] if item.cls else [])]
                report.test = "::".join([*places, item.name])
                report.worker = os.environ["PYTEST_XDIST_WORKER"] if hasattr(item.config, "workerinput") else ""
                report.seen = json.dumps(seen(item.funcargs["connect_chat"]), default=str)
            return report

        def seen(fake):
            from app import heard

            return {
                "seed": fake.settings.seed,
                "contacts": [
                    [contact.contact_id, contact.participant_id, contact.participant_token,
                     [entry.id for entry in contact.transcript]]
                    for contact in fake.contacts.values()
                ],
                "requests": [[record.client_token, record.params] for record in fake.requests],
                "attempts": [
                    [attempt.time - fake.clock.start, attempt.fault, attempt.error]
                    for record in fake.requests for attempt in record.attempts
                ],
                "heard": heard,
            }

        def pytest_configure(config):
            if not hasattr(config, "workerinput"):
                config.pluginmanager.register(Writer())

        class Writer:
            def pytest_runtest_logreport(self, report):
                if report.when == "call":
                    section = [text for name, text in report.sections if name == "connect chat"]
                    line = [report.test, report.nodeid, report.worker, report.outcome, report.seen, section]
                    with open(os.environ["SEEN"], "a") as file:
                        print(json.dumps(line), file=file)
    """,
}


@dataclass
class Run:
    """One nested run: for each test what it saw, its report section included, each time that it ran."""

    seen: dict[str, list[Any]] = field(default_factory=dict)
    outcomes: dict[str, list[str]] = field(default_factory=dict)
    node_ids: list[str] = field(default_factory=list)
    workers: set[str] = field(default_factory=set)

    @classmethod
    def read(cls, path: Path) -> Run:
        run = cls()
        for line in path.read_text("utf-8").splitlines():
            test, node_id, worker, outcome, seen, section = json.loads(line)
            run.seen.setdefault(test, []).append({**json.loads(seen), "section": section})
            run.outcomes.setdefault(test, []).append(outcome)
            run.node_ids.append(node_id)
            run.workers.add(worker)
        return run


def environment(seen: Path) -> dict[str, str]:
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "BOTO_", "PYTEST_"))}
    return {**plain, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "SEEN": str(seen)}


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("parallel") / "project"
    for name, text in SUITE.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text), "utf-8")
    return root


@pytest.fixture(scope="module")
def alone(suite: Path) -> Run:
    """What the suite sees in a process of its own, with nothing else at work."""
    seen = suite.with_name("seen-alone")
    command = [sys.executable, "-m", "pytest", *ARGUMENTS]
    ended = subprocess.run(  # noqa: S603
        command, cwd=suite, env=environment(seen), capture_output=True, text=True, check=False
    )
    assert seen.exists(), ended.stdout + ended.stderr
    return Run.read(seen)


@pytest.fixture
def run(suite: Path, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Run]:
    """Runs the suite from here, in a directory relative to its root."""
    numbers = count()

    def run(*args: str, directory: str = ".") -> Run:
        seen = pytester.path / f"seen-{next(numbers)}"
        for name, value in environment(seen).items():
            monkeypatch.setenv(name, value)
        monkeypatch.chdir(suite / directory)
        pytester.runpytest_inprocess(*ARGUMENTS, *args)
        return Run.read(seen)

    return run


# -- over processes ----------------------------------------------------------------------------------------------------


def test_the_suite_has_something_to_show(alone: Run) -> None:
    runs = [once for [once] in alone.seen.values()]
    ids = [contact[0] for once in runs for contact in once["contacts"]]
    met = [fault for once in runs for _, fault, _ in once["attempts"] if fault]

    assert len(runs) == len({once["seed"] for once in runs}) == 9
    assert len(ids) == len(set(ids)) == 8 * 3 + 2 + 1 + 2 + 5 + 1
    assert len(met) > 10
    assert len(set(met)) > 4
    assert [test for test, [once] in alone.seen.items() if once["section"]] == ["test_chats::test_fails"]


@pytest.mark.parametrize("distribution", ["load", "loadfile", "loadscope", "loadgroup", "worksteal"])
def test_over_two_processes_all_is_the_same(run: Callable[..., Run], alone: Run, distribution: str) -> None:
    pytest.importorskip("xdist")

    shared_out = run("-p", "xdist", "-n", "2", f"--dist={distribution}")

    assert shared_out.workers == {"gw0", "gw1"}
    assert shared_out.seen == alone.seen
    assert shared_out.outcomes == alone.outcomes


# -- elsewhere, in another order, in parts, again ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("directory", "args", "node_ids"),
    [
        pytest.param(".", ["-p", "xdist", "-n", "0"], "as they were", id="-n 0"),
        pytest.param("..", ["-p", "no:cacheprovider", "project"], "as they were", id="from above, without the cache"),
        pytest.param("tests", ["--rootdir=../.."], "others", id="another rootdir"),
        pytest.param(".", ["tests/test_desk.py", "tests/far"], "in another order", id="by path"),
        pytest.param(".", ["-p", "randomly", "--randomly-seed=1"], "in another order", id="random order"),
    ],
)
def test_run_otherwise_all_is_the_same(
    run: Callable[..., Run], alone: Run, directory: str, args: list[str], node_ids: str
) -> None:
    if "randomly" in args:
        pytest.importorskip("pytest_randomly")
    if "xdist" in args:
        pytest.importorskip("xdist")

    otherwise = run(*args, directory=directory)

    assert otherwise.seen == alone.seen
    assert otherwise.outcomes == alone.outcomes
    assert (otherwise.node_ids == alone.node_ids) is (node_ids == "as they were")
    assert (sorted(otherwise.node_ids) == sorted(alone.node_ids)) is (node_ids != "others")


@pytest.mark.parametrize(
    ("args", "tests"),
    [
        pytest.param(["-k", "opens and Bob"], ["test_chats::test_opens[Bob]", "test_desk::test_opens[Bob]"], id="-k"),
        pytest.param(["tests/far/test_chats.py::test_talks"], ["test_chats::test_talks"], id="one function"),
        pytest.param(
            ["tests/test_desk.py::TestFaults::TestOutages"],
            ["test_desk::TestFaults.TestOutages::test_end"],
            id="one class",
        ),
    ],
)
def test_a_part_sees_the_same_as_in_the_whole(
    run: Callable[..., Run], alone: Run, args: list[str], tests: list[str]
) -> None:
    assert run(*args).seen == {test: alone.seen[test] for test in tests}


def test_what_failed_last_fails_the_same_way(run: Callable[..., Run], alone: Run) -> None:
    first, again = run("tests/far"), run("--lf")

    assert len(first.seen) == 4
    assert again.seen == {"test_chats::test_fails": alone.seen["test_chats::test_fails"]}


def test_a_rerun_sees_the_same(run: Callable[..., Run], alone: Run) -> None:
    pytest.importorskip("pytest_rerunfailures")

    twice = run("-p", "rerunfailures", "--reruns", "1")

    failing = alone.seen["test_chats::test_fails"]
    assert twice.seen == {**alone.seen, "test_chats::test_fails": failing * 2}
    assert twice.outcomes["test_chats::test_fails"] == ["rerun", "failed"]


# -- beside pytest-rerunfailures and pytest-randomly -------------------------------------------------------------------


@pytest.fixture
def nested(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    return pytester


def test_leftovers_are_judged_for_each_run(nested: pytest.Pytester) -> None:
    pytest.importorskip("pytest_rerunfailures")
    nested.makepyfile(
        """
        from collections import Counter
        runs = Counter()

        def test_left_over_at_first(connect_chat):
            runs["first"] += 1
            if runs["first"] == 1:
                connect_chat.faults.throttle()

        def test_left_over_at_last(connect_chat):
            runs["last"] += 1
            connect_chat.faults.throttle(calls=runs["last"])
            assert runs["last"] == 2

        def test_always_left_over(connect_chat):
            connect_chat.faults.throttle()
        """
    )

    result = nested.runpytest_inprocess("-p", "connect_chat", "-p", "rerunfailures", "--reruns", "1")

    outcomes = result.parseoutcomes()
    assert (outcomes["rerun"], outcomes["errors"]) == (3, 2)
    assert "failed" not in outcomes
    result.stdout.fnmatch_lines(
        [
            "*ERROR at teardown of test_left_over_at_last*",
            "Left over: the fault [[]throttled: 2 calls of StartChatContact[]] met no call",
            "*ERROR at teardown of test_always_left_over*",
            "Left over: the fault [[]throttled: 1 call of StartChatContact[]] met no call",
        ]
    )


def test_a_rerun_that_ends_before_the_fixture_shows_no_requests_of_the_run_before(nested: pytest.Pytester) -> None:
    pytest.importorskip("pytest_rerunfailures")
    nested.makepyfile(
        """
        import pytest
        runs = []

        @pytest.fixture
        def database():
            assert not runs, "the database is gone"

        def test_fails(database, connect_chat, connect_client, start_chat_contact_request):
            runs.append("one")
            connect_client.start_chat_contact(**start_chat_contact_request())
            assert False
        """
    )

    result = nested.runpytest_inprocess("-p", "connect_chat", "-p", "rerunfailures", "--reruns", "1")

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*the database is gone*"])
    result.stdout.no_fnmatch_line("*connect chat*")


def test_the_seeds_of_pytest_randomly_and_ours_do_not_meet(
    nested: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("pytest_randomly")
    nested.makepyfile(
        """
        import json, os, random
        import pytest
        from faker import Faker

        FAKER = Faker()

        def draw():
            return [random.random(), FAKER.name(), str(FAKER.uuid4())]

        @pytest.mark.parametrize("number", range(2))
        def test_draws(request, number):
            drawn, ids = draw(), []
            if "TAKEN" in os.environ:
                fake = request.getfixturevalue("connect_chat")
                client = request.getfixturevalue("connect_client")
                make_request = request.getfixturevalue("start_chat_contact_request")
                fake.faults.throttle(attempts=2)
                fake.faults.chaos(0.3)
                for _ in range(8):
                    client.start_chat_contact(**make_request())
                ids = list(fake.contacts)
            with open(os.environ["SEEN"], "a") as file:
                print(json.dumps([number, drawn + draw(), ids]), file=file)
        """
    )

    def drawn(*args: str) -> dict[int, Any]:
        (nested.path / "seen").unlink(missing_ok=True)
        result = nested.runpytest_inprocess("-p", "connect_chat", "-p", "randomly", *args)
        result.assert_outcomes(passed=2)
        return {
            number: (values, ids)
            for number, values, ids in map(json.loads, (nested.path / "seen").read_text("utf-8").splitlines())
        }

    monkeypatch.setenv("SEEN", str(nested.path / "seen"))
    without = drawn("--randomly-seed=1")
    monkeypatch.setenv("TAKEN", "1")
    taken, other = drawn("--randomly-seed=1"), drawn("--randomly-seed=2")

    for number in range(2):
        assert taken[number][0] == without[number][0] != other[number][0]
        assert taken[number][1] == other[number][1]
        assert len(taken[number][1]) == 8


# -- in threads --------------------------------------------------------------------------------------------------------


def test_threads_share_out_the_ids_of_one_thread(parameters: dict[str, Any]) -> None:
    def opened(threads: int) -> tuple[list[tuple[str, str, str]], set[str | None]]:
        with FakeConnectChat(seed=7) as fake:
            client = fake.client()
            with ThreadPoolExecutor(threads) as pool:
                list(pool.map(lambda _: client.start_chat_contact(**parameters), range(100)))
        ids = [(one.contact_id, one.participant_id, one.participant_token) for one in fake.contacts.values()]
        return ids, {record.client_token for record in fake.requests}

    in_turn = opened(1)
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        at_once = opened(8)
    finally:
        sys.setswitchinterval(interval)

    assert at_once == in_turn
    assert len(set(at_once[0])) == len(at_once[1]) == 100
