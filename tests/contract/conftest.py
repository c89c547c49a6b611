"""What the cases share: a service to ask, and somebody who notes what it does."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import fields
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from conftest import FLOW_ID, INSTANCE_ID, new_client
from over_the_wire import Answer, send_to

from contract.evidence import ANSWERED, DOES_NOT_HOLD, EXPECTED, HOLDS, INCONCLUSIVE, Sighting
from contract.facts import NOT_LIVE
from contract.live import LiveRun, Options
from contract.scene import Scene
from pytest_connect_chat import FakeConnectChat

LIVE = pytest.StashKey[LiveRun]()
WITNESS = pytest.StashKey["Witness"]()
THROTTLED = ("ThrottlingException", "TooManyRequestsException", "TooManyRequests")


class Witness:
    """Notes what a case sees, and holds it to what the fake says.

    Args:
        case: The name of the case.
        settles: The ids of the rules and facts that it is about.
    """

    def __init__(self, case: str, settles: tuple[str, ...]) -> None:
        self._case = case
        self.settles = settles
        self.sightings: list[Sighting] = []

    @contextmanager
    def refused(self, settled: str, *, within: bool = False) -> Iterator[None]:
        """Note whether the request inside is refused, by which class and in which words."""
        try:
            yield
        except ClientError as error:
            answer = error.response
            code = answer["Error"]["Code"]
            seen = INCONCLUSIVE if self._says_nothing(code, settled) else code
            status = answer["ResponseMetadata"]["HTTPStatusCode"]
            self._note(settled, seen, status, answer["Error"]["Message"], within=within)
        else:
            self._note(settled, ANSWERED, 200, within=within)

    def answered(self, settled: str) -> AbstractContextManager[None]:
        """Note whether the request inside, which is just within a rule, is answered."""
        return self.refused(settled, within=True)

    def holds(self, settled: str, condition: bool, text: object = "") -> None:
        """Note whether a fact holds, with what was there."""
        self._note(settled, HOLDS if condition else DOES_NOT_HOLD, text=str(text))

    def cannot_say(self, reason: str) -> None:
        """Note that what the case has not seen yet could not be seen."""
        seen = {sighting.settles for sighting in self.sightings}
        for settled in [settled for settled in self.settles if settled not in seen] or self.settles[-1:]:
            self._note(settled, INCONCLUSIVE, text=reason)

    @staticmethod
    def _says_nothing(code: str, settled: str) -> bool:
        """Whether an error is about the caller and not about the request."""
        return code != EXPECTED[settled] and code in (
            *THROTTLED,
            "AccessDeniedException",
            "UnrecognizedClientException",
        )

    def _note(
        self, settled: str, seen: str, status: int | None = None, text: str = "", *, within: bool = False
    ) -> None:
        assert settled in self.settles, f"the case is not marked with settles({settled!r})"
        self.sightings.append(Sighting(settled, self._case, seen, status, text, within))


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add what a live run takes; the first two together ask for it, and nothing else does."""
    group = parser.getgroup("live", "a live run of the contract cases")
    group.addoption("--instance-id", help="the instance of Amazon Connect; with --contact-flow-id: a live run")
    group.addoption("--contact-flow-id", help="a published flow of the instance that keeps a chat open")
    group.addoption("--voice-contact-id", metavar="ID", help="an ended voice contact of the instance, if there is one")
    group.addoption("--old-contact-id", metavar="ID", help="a chat of more than 24 months ago, if its id is known")
    group.addoption("--region", help="the region of the instance")
    group.addoption(
        "--evidence", type=Path, metavar="FILE", help="where to write what is seen (default: docs/evidence)"
    )
    group.addoption(
        "--longest-wait", type=float, default=330, metavar="SECONDS", help="leave out cases that wait longer"
    )
    group.addoption("--rate", type=float, default=2, help="requests a second")
    group.addoption("--throttle", action="store_true", help="also find out what throttling looks like")


def pytest_configure(config: pytest.Config) -> None:
    """Begin a live run where one is asked for."""
    options = {field.name: config.getoption(field.name, default=None) for field in fields(Options)}
    if not options["instance_id"] and not options["contact_flow_id"]:
        return
    if not (options["instance_id"] and options["contact_flow_id"]):
        raise pytest.UsageError("a live run takes both --instance-id and --contact-flow-id")
    if config.getoption("numprocesses", default=None):
        raise pytest.UsageError("a live run has one process: leave out -n")
    config.stash[LIVE] = LiveRun(Options(**options))


def pytest_report_header(config: pytest.Config) -> list[str]:
    """Say what a live run will do."""
    return config.stash[LIVE].announcement() if LIVE in config.stash else []


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out of a live run what it cannot settle, each case with its reason."""
    live = config.stash.get(LIVE, None)
    if live is None:
        return
    for item in items:
        reasons = [NOT_LIVE[settled] for settled in _settled_by(item) if settled in NOT_LIVE]
        if item.get_closest_marker("throttles") and not live.options.throttle:
            reasons.append("throttles the account for a second: --throttle")
        if reasons:
            item.add_marker(pytest.mark.skip(reason=reasons[0]))


def _settled_by(item: pytest.Item) -> tuple[str, ...]:
    return tuple(settled for marker in item.iter_markers("settles") for settled in marker.args)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Fail a case that saw something else than the fake says; in a live run, note what the others could not see."""
    __tracebackhide__ = True
    witness = item.stash.get(WITNESS, None)
    if witness is None:
        return (yield)
    live = item.config.stash.get(LIVE, None)
    try:
        result = yield
    except (Exception, pytest.fail.Exception) as error:
        if live is None or isinstance(error, pytest.exit.Exception):
            raise
        witness.cannot_say(f"{type(error).__name__}: {error}")
        result = None
    finally:
        if live is not None:
            live.note(witness.sightings)
    _judge(witness, is_live=live is not None)
    return result


def _judge(witness: Witness, *, is_live: bool) -> None:
    __tracebackhide__ = True
    wrong = [
        f"{one} {one.text}".rstrip()
        for one in witness.sightings
        if one.contradicts or (one.seen == INCONCLUSIVE and not is_live)
    ]
    unseen = set(witness.settles) - {one.settles for one in witness.sightings}
    if wrong or unseen:
        pytest.fail("\n".join([*wrong, *(f"{settled}: the case has not looked" for settled in unseen)]), pytrace=False)
    inconclusive = [one.text for one in witness.sightings if one.seen == INCONCLUSIVE]
    if inconclusive:
        pytest.skip(f"inconclusive: {inconclusive[0]}")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write what a live run has seen."""
    live = session.config.stash.get(LIVE, None)
    if live is not None and live.sightings:
        live.write()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say what a live run has seen, and what it could not clean up."""
    live = config.stash.get(LIVE, None)
    if live is not None and live.sightings:
        terminalreporter.section("live run")
        for line in live.summary():
            terminalreporter.line(line)


@pytest.fixture(autouse=True)
def bare_environment(request: pytest.FixtureRequest) -> None:
    """Hide the AWS configuration of whoever runs the tests, except from a live run."""
    if LIVE not in request.config.stash:
        request.getfixturevalue("hidden_environment")


@pytest.fixture
def scene(request: pytest.FixtureRequest, driver: str) -> Iterator[Scene]:
    """What a case has at hand."""
    live = request.config.stash.get(LIVE, None)
    scene = _faked(request, driver) if live is None else live.scene()
    yield scene
    scene.close()
    if live is not None:
        left = live.end_chats()
        assert not left, f"these contacts are still open, and could not be stopped: {', '.join(left)}"


def _without_driver(item: pytest.Function) -> str:
    """Return the name of a case, which is the same over all drivers."""
    driver = str(item.callspec.params["driver"])
    others = item.callspec.id.removeprefix(driver).removesuffix(driver).strip("-")
    return f"{item.originalname}[{others}]" if others else item.originalname


def _faked(request: pytest.FixtureRequest, driver: str) -> Scene:
    fake: FakeConnectChat = request.getfixturevalue("connect_chat")
    fake.add_instance(INSTANCE_ID, [FLOW_ID])

    def send(service: str, method: str, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        assert fake._endpoint is not None
        return send_to(fake._endpoint.url, method, path, body, headers, 30)

    def wait(seconds: float) -> None:
        fake.clock.advance(seconds=seconds)

    return Scene(
        new_client,
        INSTANCE_ID,
        FLOW_ID,
        wait=wait,
        at_once=lambda call: {call() for _ in range(40)},
        fake=fake,
        sends=send if driver == "http" else None,
    )


@pytest.fixture
def ended_call(request: pytest.FixtureRequest, scene: Scene) -> str:
    """The id of a voice contact that has ended."""
    if LIVE in request.config.stash:
        return _named(request, "--voice-contact-id")
    call = scene.fake.add_contact(instance_id=scene.instance_id, channel="VOICE").contact_id
    scene.fake.stop_contact(call)
    return call


@pytest.fixture
def old_contact(request: pytest.FixtureRequest, scene: Scene) -> str:
    """The id of a chat that started more than 24 months ago."""
    if LIVE in request.config.stash:
        return _named(request, "--old-contact-id")
    ended_at = scene.fake.clock.now() - timedelta(days=750)
    return scene.fake.add_ended_chat(instance_id=scene.instance_id, ended_at=ended_at)[0].contact_id


def _named(request: pytest.FixtureRequest, option: str) -> str:
    contact_id: str | None = request.config.getoption(option)
    if contact_id is None:
        pytest.skip(f"needs {option}")
    return contact_id


@pytest.fixture
def witness(request: pytest.FixtureRequest) -> Any:
    """Notes what the case sees."""
    witness = Witness(_without_driver(request.node), _settled_by(request.node))
    request.node.stash[WITNESS] = witness
    return witness
