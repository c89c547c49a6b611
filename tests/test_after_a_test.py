"""Nothing of a fake outlives its test, however the test ends and whatever runs it."""

from __future__ import annotations

import pytest

pytestmark = [pytest.mark.once, pytest.mark.untraced]

QUIET = ("-pno:faker", "-pno:asyncio", "-pno:hypothesispytest", "-pno:randomly")
CONFTEST = """
import gc
import sys

import pytest

taken, of_a_fake = [], set()


def alive():
    gc.collect()
    kinds = {type(value) for value in gc.get_objects()}
    return {kind.__name__ for kind in kinds if str(kind.__module__).startswith("pytest_connect_chat")}


@pytest.fixture(scope="session")
def before():
    from pytest_connect_chat import FakeConnectChat

    with FakeConnectChat() as fake:
        fake.client()  # a run keeps copies of botocore's files, and its handlers
    del fake
    kinds = alive()
    gc.freeze()  # what is there already is looked at no more
    return kinds


@pytest.fixture
def watched(request, before, connect_chat, connect_client):
    connect_client.start_chat_contact(
        InstanceId="i", ContactFlowId="f", ParticipantDetails={"DisplayName": "Ada"}
    )
    of_a_fake.update(alive() - before)
    assert {"FakeConnectChat", "ConnectChatService", "RecordedRequest", "Clock"} < of_a_fake
    taken.append(request.node.nodeid)


def pytest_runtest_logfinish(nodeid):
    # What pytest and Python keep of the last failure is not ours to forget.
    for name in ("last_type", "last_value", "last_traceback", "last_exc"):
        if hasattr(sys, name):
            delattr(sys, name)


def pytest_sessionfinish(session):
    with open("alive", "a") as file:
        print(len(set(taken)), sorted(alive() & of_a_fake), file=file)
"""
TESTS = """
import unittest
import pytest

def test_passes(watched):
    pass

def test_fails(watched):
    assert False

def test_fails_in_a_call(watched, connect_client):
    connect_client.start_chat_contact(InstanceId="i", ContactFlowId="f", ParticipantDetails={"DisplayName": "A" * 257})

def test_leaves_a_fault(watched, connect_chat):
    connect_chat.faults.throttle()

def test_is_skipped(watched):
    pytest.skip("not here")

@pytest.mark.xfail(strict=False)
def test_is_expected_to_fail(watched):
    assert False

@pytest.fixture
def fails_to_set_up(watched):
    assert False

def test_is_not_set_up(fails_to_set_up):
    pass

def test_parts(watched, subtests):
    for part in range(2):
        with subtests.test(part=part):
            assert part

@pytest.mark.connect_chat
def test_with_the_marker(watched):
    pass

class TestOfUnittest(unittest.TestCase):
    @pytest.fixture(autouse=True)
    def take(self, watched):
        pass

    def test_passes(self):
        pass

    def test_fails(self):
        self.fail("on purpose")
"""
FAKES = 11


RUNNERS = {
    "alone": ("-pno:html", "-pno:xdist"),
    "reruns": ("--reruns=1", "-pno:html", "-pno:xdist"),
    "xdist": ("-n1", "-pno:html"),
    "html": ("--html=report.html", "-pno:xdist"),
}


@pytest.mark.parametrize("runner", RUNNERS)
def test_no_fake_outlives_its_test(pytester: pytest.Pytester, runner: str) -> None:
    pytest.importorskip({"reruns": "pytest_rerunfailures", "html": "pytest_html"}.get(runner, "xdist"))
    without_reruns = () if runner == "reruns" else ("-pno:rerunfailures",)  # it keeps failures when it reruns nothing
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile(TESTS)

    result = pytester.runpytest_subprocess(*QUIET, *RUNNERS[runner], *without_reruns)

    assert "INTERNALERROR" not in result.stdout.str()
    seen = (pytester.path / "alive").read_text().splitlines()
    assert f"{FAKES} []" in seen
    assert {line.partition(" ")[2] for line in seen} == {"[]"}
