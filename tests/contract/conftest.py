"""What the cases share: a service to ask, and somebody who notes what it does."""

from __future__ import annotations

import signal
from collections.abc import Generator, Iterator
from dataclasses import fields
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from conftest import FLOW_ID, INSTANCE_ID, new_client
from over_the_wire import Answer, send_to

from contract.evidence import INCONCLUSIVE
from contract.live import LiveRun, Options
from contract.not_live import NOT_LIVE
from contract.scene import Scene
from contract.witness import Witness
from pytest_connect_chat import FakeConnectChat

LIVE = pytest.StashKey[LiveRun]()
WITNESS = pytest.StashKey[Witness]()


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
    if options["instance_id"] is None and options["contact_flow_id"] is None:
        return
    if not (options["instance_id"] and options["contact_flow_id"]):
        raise pytest.UsageError("a live run takes both --instance-id and --contact-flow-id, and neither is empty")
    given = {str(argument).partition("=")[0] for argument in config.invocation_params.args}
    if not {"--instance-id", "--contact-flow-id"} <= given:
        raise pytest.UsageError("a live run is asked for on the command line, not by PYTEST_ADDOPTS or a file")
    if config.getoption("dist", "no") != "no" or config.getoption("tx", None):
        raise pytest.UsageError("a live run has one process: leave out -n, --dist and --tx")
    if options["rate"] <= 0:
        raise pytest.UsageError(f"--rate is a number of requests a second, not {options['rate']:g}")
    config.stash[LIVE] = LiveRun(Options(**options))
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # whoever stops the run wants its chats ended


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
    if live is None:
        result = yield
        _judge(witness)
        return result
    reason, result = None, None
    try:
        result = yield
    except pytest.exit.Exception:
        raise
    except (Exception, pytest.fail.Exception, pytest.skip.Exception) as error:  # noqa: BLE001  # said, and noted
        reason = f"{type(error).__name__}: {error}"
        # What was raised stays here: nobody knows what it quotes.
        witness.cannot_say(f"{type(error).__name__} in the case")
    finally:
        live.note(witness.sightings)
    _judge(witness, live_reason=reason)
    return result


def _judge(witness: Witness, *, live_reason: str | None = None) -> None:
    __tracebackhide__ = True
    inconclusive = [one for one in witness.sightings if one.seen == INCONCLUSIVE]
    wrong = [f"{one} {one.text}".rstrip() for one in witness.sightings if one.contradicts]
    wrong += [f"{settled}: the case has not looked" for settled in witness.unseen]
    if wrong:
        pytest.fail("\n".join(wrong), pytrace=False)
    if live_reason or inconclusive:
        reason = live_reason or f"{inconclusive[0].status} {inconclusive[0].text}"
        raise pytest.skip.Exception(f"inconclusive: {reason.splitlines()[0]}", _use_item_location=True)


@pytest.hookimpl(trylast=True)  # after the last case has been torn down
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write what a live run has seen, and try once more to end what could not be ended."""
    live = session.config.stash.get(LIVE, None)
    if live is None:
        return
    if live.sightings:
        live.write()
    if live.end_chats() and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say what a live run has seen, and what it could not clean up."""
    live = config.stash.get(LIVE, None)
    if live is not None and (live.sightings or live.chats):
        terminalreporter.section("live run")
        for line in live.summary():
            terminalreporter.line(line)


@pytest.fixture(autouse=True)
def bare_environment(request: pytest.FixtureRequest) -> None:
    """Hide the AWS configuration of whoever runs the tests, except from a live run."""
    if LIVE not in request.config.stash:
        request.getfixturevalue("hidden_environment")


@pytest.fixture(scope="session", autouse=True)
def tried_out(request: pytest.FixtureRequest) -> None:
    """Let a live run begin only where an ordinary chat works."""
    live = request.config.stash.get(LIVE, None)
    if live is not None:
        live.try_out()


@pytest.fixture
def scene(request: pytest.FixtureRequest, driver: str) -> Iterator[Scene]:
    """What a case has at hand."""
    live = request.config.stash.get(LIVE, None)
    if live is not None:
        scene = live.scene()
        try:
            yield scene
        finally:
            live.end_chats()
            scene.close()
        return
    marker = request.node.get_closest_marker("faked")
    with FakeConnectChat(**{"seed": request.node.originalname, **(marker.kwargs if marker else {})}) as fake:
        scene = _faked(fake, driver)
        yield scene
        scene.close()


def _without_driver(item: pytest.Function) -> str:
    """Return the name of a case, which is the same over all drivers."""
    driver = str(item.callspec.params["driver"])
    others = item.callspec.id.removeprefix(driver).removesuffix(driver).strip("-")
    return f"{item.originalname}[{others}]" if others else item.originalname


def _faked(fake: FakeConnectChat, driver: str) -> Scene:
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
