"""The pytest plugin: options, marker, fixtures and hooks. Nothing heavy is imported until a fixture is taken."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pytest

from pytest_connect_chat import _configuration
from pytest_connect_chat._configuration import NAME, harmless, in_one_line
from pytest_connect_chat._settings import SETTINGS, Settings
from pytest_connect_chat._tracebacks import call_to_aws, linked_errors, shortened_tracebacks
from pytest_connect_chat.exceptions import ConnectChatError

if TYPE_CHECKING:
    from pytest_connect_chat._client_types import (
        AioConnectClient,
        AioConnectParticipantClient,
        ConnectClient,
        ConnectParticipantClient,
    )
    from pytest_connect_chat._clients.blocking import Permission, Refusal
    from pytest_connect_chat._endpoint.endpoint import ConnectChatEndpoint
    from pytest_connect_chat.fake import FakeConnectChat
    from pytest_connect_chat.providers import RequestFactory

MARKER: Final = (
    f"{NAME}(**settings): takes the fixture {NAME} for this test, with these settings, for example "
    f"max_active_chats=1; they are {', '.join(SETTINGS)}"
)
SECTION: Final = "connect chat"
NO_REGION: Final = (
    'A client was made where no region is known. Set connect_chat_region = "us-east-1" in pytest\'s configuration: '
    "it is exported before collection, so that clients made at import time have one."
)
NOT_TAKEN: Final = (
    "No connect_chat was active: take the fixture in the test, or in the fixture that\n"
    "makes the call. The setting block refuses all such calls."
)


@dataclass(slots=True)
class _Taken:
    """The fake of a test that runs, and how the test has fared so far."""

    fake: FakeConnectChat
    passed: bool = False
    failed: bool = False

    def hear(self, report: pytest.TestReport) -> None:
        """Note the outcome of the phase `call`; each subtest reports one too."""
        if report.when == "call":
            self.failed = self.failed or report.failed or (report.skipped and hasattr(report, "wasxfail"))
            self.passed = report.passed and not self.failed


_block = pytest.StashKey[bool | None]()
_refusal: pytest.StashKey[Refusal] = pytest.StashKey()
_taken: pytest.StashKey[_Taken] = pytest.StashKey()


# -- options and configuration -----------------------------------------------------------------------------------------


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add one configuration key for each setting, and a command line option where that makes sense."""
    _configuration.add_options(parser)


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, object, object]:
    """Export the region before conftest files import the application."""
    region = _configuration.configured(early_config, "region")
    if region is not None and "AWS_DEFAULT_REGION" not in os.environ:
        os.environ["AWS_DEFAULT_REGION"] = region
        early_config.add_cleanup(_take_region_back)
    try:
        return (yield)
    except Exception as error:
        with harmless(error.add_note):
            cause = getattr(error, "cause", error)
            if type(cause).__name__ == "NoRegionError":
                cause.add_note(NO_REGION)
        raise


def _take_region_back() -> None:
    os.environ.pop("AWS_DEFAULT_REGION", None)


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker, and refuse wrong configuration in one line."""
    config.addinivalue_line("markers", MARKER)
    settings = _configuration.checked(config)
    if settings.block:
        with in_one_line(pytest.UsageError):
            from pytest_connect_chat._clients import blocking, interception

        refusal = config.stash[_refusal] = blocking.Refusal()
        interception.add(refusal)
        config.add_cleanup(lambda: interception.remove(refusal))


def pytest_report_header(config: pytest.Config) -> list[str]:
    """Show the settings that differ from the default."""
    lines: list[str] = []
    with harmless(lines.append):
        default, given = Settings()._asdict(), _configuration.given(config)
        shown = [f"{name}={value}" for name, value in given.items() if value != default[name]]
        lines += [f"connect chat: {', '.join(shown)}"] if shown else []
    return lines


# -- the marker --------------------------------------------------------------------------------------------------------


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let tests with the marker take the fixture, and note their `block`; last, after plugins that add markers."""
    for item in items:
        if item.get_closest_marker(NAME) is not None:
            _configuration.take_fixture(item)
            item.stash[_block] = _configuration.block_of(item)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Let a test through the block, or put it under one, as its marker says."""
    block = item.stash.get(_block, None)
    if block is None or block is (_refusal in item.config.stash):
        return (yield)
    with in_one_line(pytest.UsageError):
        from pytest_connect_chat._clients import blocking, interception

    interceptor: Refusal | Permission = blocking.Permission()
    if block:
        interceptor = item.stash[_refusal] = blocking.Refusal()
    interception.add(interceptor)
    try:
        return (yield)
    finally:
        interception.remove(interceptor)


# -- reports -----------------------------------------------------------------------------------------------------------


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show what happened on the fake of a failed test, or say what to do about the lack of one."""
    taken = item.stash.get(_taken, None)
    refusal = item.stash.get(_refusal, None) or item.config.stash.get(_refusal, None)
    if taken is None and refusal is None and call.excinfo is None:
        report = yield
        if report.failed and call.excinfo is not None:  # unittest's hook has set it meanwhile
            with _harmless_to(report):
                _add_hints(call.excinfo.value, report)
        return report
    with shortened_tracebacks(item, lambda error: taken is not None or isinstance(error, ConnectChatError)):
        report = yield
    with _harmless_to(report):
        _fail_if_refused(refusal, report)
    if taken is not None:
        taken.hear(report)
        if call.when == "teardown":
            with _harmless_to(report):
                _forget(item)
    if report.failed:
        if call.excinfo is not None:
            with _harmless_to(report):
                _add_hints(call.excinfo.value, report)
        if taken is not None:
            with _harmless_to(report):
                _add_journal(item, taken, report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Say what to do where a module makes a client and no region is known."""
    report = yield
    with _harmless_to(report):
        if report.failed and "NoRegionError" in str(report.longrepr):
            report.sections.append((SECTION, NO_REGION))
        _fail_if_refused(collector.config.stash.get(_refusal, None), report)
    return report


def _harmless_to(report: pytest.TestReport | pytest.CollectReport) -> AbstractContextManager[None]:
    return harmless(lambda text: report.sections.append((SECTION, text)))


def _add_hints(error: BaseException, report: pytest.TestReport) -> None:
    if any(type(linked).__name__ == "NoRegionError" for linked in linked_errors(error)):
        report.sections.append((SECTION, NO_REGION))
    called = call_to_aws(error)
    if called is not None:
        report.sections.append((SECTION, f"{called} was on its way to AWS.\n{NOT_TAKEN}"))


def _add_journal(item: pytest.Item, taken: _Taken, report: pytest.TestReport) -> None:
    """Add the journal, and for pytest-html a picture: once, since it shows the extras of all phases of a test."""
    journal = taken.fake.journal(item.config.get_verbosity())
    if not journal:
        return
    report.sections.append((SECTION, journal))
    shown_already = report.when == "teardown" and taken.failed
    if item.config.getoption("htmlpath", None) and not shown_already:
        extra = {"format_type": "html", "content": taken.fake.diagram("svg")}
        nothing = {"name": None, "mime_type": None, "extension": None}
        vars(report).setdefault("extras", []).append({**extra, **nothing})


def _fail_if_refused(refusal: Refusal | None, report: pytest.TestReport | pytest.CollectReport) -> None:
    """Fail the test or module in which a call was refused, even if its code swallowed the error."""
    if refusal is not None and refusal.refused:
        message, *_ = refusal.refused
        refusal.refused.clear()
        if report.passed:
            report.outcome = "failed"
            report.longrepr = message


def _forget(item: pytest.Item) -> None:
    """Forget the fake, and take back dummy credentials that the undo of an earlier fixture has restored."""
    from pytest_connect_chat._clients.environment import ENVIRONMENT

    taken = item.stash[_taken]
    del item.stash[_taken]
    taken.fake.stop()  # again: an interrupt may have cut off the first time
    ENVIRONMENT.take_back()


# -- fixtures ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def connect_chat(request: pytest.FixtureRequest) -> Iterator[FakeConnectChat]:
    """A stateful fake of Amazon Connect chat; it answers every connect and connectparticipant client."""
    __tracebackhide__ = True  # an exception of a callable of the test shows that callable's lines only
    with in_one_line():
        settings = _configuration.settings_of(request.node)
        from pytest_connect_chat.fake import FakeConnectChat

    fake = FakeConnectChat.from_settings(settings)
    taken = request.node.stash[_taken] = _Taken(fake)
    try:
        fake.start()
        yield fake
    finally:
        fake.stop()
    if taken.passed:
        with in_one_line():
            fake.raise_failures()
            if settings.strict:
                fake.assert_nothing_left()


@pytest.fixture
def connect_client(connect_chat: FakeConnectChat) -> ConnectClient:
    """A botocore client of Amazon Connect on the fake; it needs neither region nor credentials."""
    return connect_chat.client("connect")


@pytest.fixture
def connectparticipant_client(connect_chat: FakeConnectChat) -> ConnectParticipantClient:
    """A botocore client of the Amazon Connect Participant Service on the fake."""
    return connect_chat.client("connectparticipant")


@pytest.fixture
def aio_connect_client(connect_chat: FakeConnectChat) -> AioConnectClient:
    """An aiobotocore client of Amazon Connect on the fake, for async tests; needs the extra asyncio."""
    with in_one_line():
        return connect_chat.aio_client("connect")


@pytest.fixture
def aio_connectparticipant_client(connect_chat: FakeConnectChat) -> AioConnectParticipantClient:
    """An aiobotocore client of the Participant Service on the fake, for async tests; needs the extra asyncio."""
    with in_one_line():
        return connect_chat.aio_client("connectparticipant")


@pytest.fixture
def start_chat_contact_request(connect_chat: FakeConnectChat) -> RequestFactory:
    """A factory of valid, realistic parameters of StartChatContact; keywords override what it draws."""
    with in_one_line():
        from pytest_connect_chat.providers import request_factory

    return request_factory(connect_chat)


@pytest.fixture
def connect_chat_endpoint(connect_chat: FakeConnectChat) -> Iterator[ConnectChatEndpoint]:
    """The same fake on loopback HTTP and WebSocket, for other processes and languages; needs the extra endpoint."""
    with in_one_line():
        endpoint = connect_chat.serve()
    with endpoint:
        yield endpoint
