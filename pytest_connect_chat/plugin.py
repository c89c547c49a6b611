"""What pytest sees: options, the marker, the fixtures and hooks. Nothing heavy is imported until a fixture is taken."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Final

import pytest

from pytest_connect_chat import _configuration
from pytest_connect_chat._settings import SETTINGS, Settings
from pytest_connect_chat._tracebacks import WholeTraceback, call_to_aws, put_back, without_machinery
from pytest_connect_chat.exceptions import ConnectChatError

if TYPE_CHECKING:
    from pytest_connect_chat._client_types import (
        AioConnectClient,
        AioConnectParticipantClient,
        ConnectClient,
        ConnectParticipantClient,
    )
    from pytest_connect_chat._clients.blocking import Refusal
    from pytest_connect_chat.fake import FakeConnectChat
    from pytest_connect_chat.providers import RequestFactory

MARKER: Final = (
    "connect_chat(**settings): settings of the fixture connect_chat for this test, for example max_active_chats=1; "
    f"they are {', '.join(SETTINGS)}"
)
NO_REGION: Final = (
    'A client was made where no region is known. Set connect_chat_region = "us-east-1" in pytest\'s configuration: '
    "it is exported before collection, so that clients made at import time have one."
)
NOT_TAKEN: Final = (
    "No connect_chat was active: take the fixture in the test, or in the fixture that\n"
    "makes the call. The setting block refuses all such calls."
)

_exported = pytest.StashKey[list[str]]()
_refusal: pytest.StashKey[Refusal] = pytest.StashKey()
_call_passed = pytest.StashKey[bool]()
_call_failed = pytest.StashKey[bool]()
_fake: pytest.StashKey[FakeConnectChat | None] = pytest.StashKey()
_whole_tracebacks = pytest.StashKey[list[WholeTraceback]]()


# -- options and configuration -----------------------------------------------------------------------------------------


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add one configuration key for each setting, and a command line option where that makes sense."""
    _configuration.add_options(parser)


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, object, object]:
    """Export the region before conftest files import the application."""
    region = _configuration.configured(early_config, "region")
    exported = early_config.stash.setdefault(_exported, [])
    if region is not None and "AWS_DEFAULT_REGION" not in os.environ:
        os.environ["AWS_DEFAULT_REGION"] = region
        exported.append("AWS_DEFAULT_REGION")
    try:
        return (yield)
    except Exception as error:
        cause = getattr(error, "cause", error)
        if type(cause).__name__ == "NoRegionError":
            cause.add_note(NO_REGION)
        raise


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker, and refuse wrong configuration in one line."""
    config.addinivalue_line("markers", MARKER)
    settings = _configuration.checked(config)
    if settings.block:
        from pytest_connect_chat._clients import blocking, interception

        config.stash[_refusal] = blocking.Refusal()
        interception.add(config.stash[_refusal])


def pytest_unconfigure(config: pytest.Config) -> None:
    """Undo what `pytest_configure` and the export of the region did."""
    for name in config.stash.get(_exported, []):
        os.environ.pop(name, None)
    refusal = config.stash.get(_refusal, None)
    if refusal is not None:
        from pytest_connect_chat._clients import interception

        interception.remove(refusal)


def pytest_report_header(config: pytest.Config) -> str | None:
    """Show the settings that differ from the default."""
    default, given = Settings()._asdict(), _configuration.given(config)
    shown = [f"{name}={value}" for name, value in given.items() if value != default[name]]
    return f"connect chat: {', '.join(shown)}" if shown else None


# -- failures ----------------------------------------------------------------------------------------------------------


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Note whether the test passed, show what happened, and say what to do about a missing region."""
    fake = item.stash.get(_fake, None)
    try:
        report = yield
    finally:
        put_back(item.stash.get(_whole_tracebacks, []))
    if report.when == "setup":
        item.stash[_call_passed] = False
        item.stash[_call_failed] = False
    elif report.when == "call":  # one for each subtest too
        failed = report.failed or (report.skipped and hasattr(report, "wasxfail"))
        item.stash[_call_failed] = item.stash[_call_failed] or failed
        item.stash[_call_passed] = report.passed and not item.stash[_call_failed]
    _hint_at_region(report)
    if report.failed and call.excinfo is not None:
        _hint_at_fixture(call.excinfo.value, report)
    _fail_if_refused(item.stash.get(_refusal, None) or item.config.stash.get(_refusal, None), report)
    if report.failed and fake is not None:
        journal = fake.journal(item.config.get_verbosity())
        if journal:
            report.sections.append(("connect chat", journal))
            _attach_picture(item, report, fake)
    return report


@pytest.hookimpl(specname="pytest_runtest_makereport")
def pytest_runtest_shorten_traceback(item: pytest.Item, call: pytest.CallInfo[None]) -> None:
    """Show the traceback that matters; a wrapper would be too early, unittest's hook brings an exception of its own."""
    failure, whole = call.excinfo, any(item.config.getoption(name, False) for name in ("fulltrace", "usepdb"))
    taken = item.stash.get(_fake, None) is not None
    if failure is not None and not whole and (taken or isinstance(failure.value, ConnectChatError)):
        call.excinfo, item.stash[_whole_tracebacks] = without_machinery(failure)


def _attach_picture(item: pytest.Item, report: pytest.TestReport, fake: FakeConnectChat) -> None:
    """Give pytest-html, where it writes a report, a picture; it shows what all phases of a test attach."""
    shown_already = report.when == "teardown" and item.stash[_call_failed]
    if item.config.getoption("htmlpath", None) and not shown_already:
        extra = {"format_type": "html", "content": fake.diagram("svg")}
        nothing = {"name": None, "mime_type": None, "extension": None}
        vars(report).setdefault("extras", []).append({**extra, **nothing})


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Say what to do where a module makes a client and no region is known."""
    report = yield
    _hint_at_region(report)
    _fail_if_refused(collector.config.stash.get(_refusal, None), report)
    return report


def _hint_at_region(report: pytest.TestReport | pytest.CollectReport) -> None:
    if report.failed and "NoRegionError" in str(report.longrepr):
        report.sections.append(("connect chat", NO_REGION))


def _hint_at_fixture(error: BaseException, report: pytest.TestReport) -> None:
    called = call_to_aws(error)
    if called is not None:
        report.sections.append(("connect chat", f"{called} was on its way to AWS.\n{NOT_TAKEN}"))


# -- calls outside of the fixture --------------------------------------------------------------------------------------


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Let a test through the block, or put it under one, as its marker says."""
    block = _configuration.marker_keywords(item).get("block")
    blocked_by_configuration = _refusal in item.config.stash
    if not isinstance(block, bool) or block is blocked_by_configuration:
        return (yield)
    from pytest_connect_chat._clients import blocking, interception

    interceptor = blocking.Refusal() if block else blocking.Permission()
    if isinstance(interceptor, blocking.Refusal):
        item.stash[_refusal] = interceptor
    interception.add(interceptor)
    try:
        return (yield)
    finally:
        interception.remove(interceptor)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Refuse wrong markers, also those of a test that does not take the fixture; forget the fake of a run before."""
    item.stash[_fake] = None
    _configuration.check_markers(item)


@pytest.hookimpl(trylast=True, specname="pytest_runtest_setup")
def pytest_runtest_refuse_vain_marker(item: pytest.Item) -> None:
    """Refuse a marker that has no effect; last, so that marks and fixtures can skip the test before."""
    _configuration.refuse_vain_marker(item)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, object, object]:
    """Take the dummy credentials back once more: the undo of a fixture older than ours may have put them back."""
    try:
        return (yield)
    finally:
        if item.stash.get(_fake, None) is not None:
            from pytest_connect_chat._clients.environment import ENVIRONMENT

            ENVIRONMENT.take_back()


def _fail_if_refused(refusal: Refusal | None, report: pytest.TestReport | pytest.CollectReport) -> None:
    """Fail what a call was refused in, also where the code swallowed the error."""
    if refusal is not None and refusal.refused:
        message, *_ = refusal.refused
        refusal.refused.clear()
        if report.passed:
            report.outcome = "failed"
            report.longrepr = message


# -- fixtures ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def connect_chat(request: pytest.FixtureRequest) -> Iterator[FakeConnectChat]:
    """A stateful fake of Amazon Connect chat; it answers every connect and connectparticipant client."""
    settings = _configuration.settings_of(request.node)
    from pytest_connect_chat.fake import FakeConnectChat

    fake = FakeConnectChat._from_settings(settings)
    request.node.stash[_fake] = fake
    fake.start()
    try:
        yield fake
    finally:
        fake.stop()
    if request.node.stash.get(_call_passed, False):
        fake.raise_failures()
        if settings.strict:
            _configuration.value_or_fail(fake.assert_nothing_left)


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
    return _configuration.value_or_fail(lambda: connect_chat.aio_client("connect"))


@pytest.fixture
def aio_connectparticipant_client(connect_chat: FakeConnectChat) -> AioConnectParticipantClient:
    """An aiobotocore client of the Participant Service on the fake, for async tests; needs the extra asyncio."""
    return _configuration.value_or_fail(lambda: connect_chat.aio_client("connectparticipant"))


@pytest.fixture
def start_chat_contact_request(connect_chat: FakeConnectChat) -> RequestFactory:
    """A factory of valid, realistic parameters of StartChatContact; keywords override what it draws."""
    from pytest_connect_chat.providers import request_factory

    return request_factory(connect_chat)
