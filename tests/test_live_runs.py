"""A live run of the contract cases, against our own endpoint as if it were Amazon Connect; and what becomes of it."""

from __future__ import annotations

import os
import re
import runpy
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from conftest import FLOW_ID, INSTANCE_ID
from contract.evidence import EXPECTED, INCONCLUSIVE, Run, Sighting, contradictions, runs, without_account_data
from contract.facts import FACTS
from contract.not_live import NOT_LIVE
from contract.test_starting_chats import FORMS

from pytest_connect_chat import FakeConnectChat
from pytest_connect_chat._service.identifiers import ACCOUNT_ID
from pytest_connect_chat._service.rules import RULES

pytest.importorskip("aiohttp")
pytestmark = [pytest.mark.once, pytest.mark.untraced]

ROOT = Path(__file__).parents[1]
CASES = ROOT / "tests" / "contract"
PLACE = ("--instance-id", INSTANCE_ID, "--contact-flow-id", FLOW_ID)
ASSUMED = {fact.id for fact in FACTS if "assumed" in fact.evidence}
RULE_IDS = {rule.id for rule in RULES}
# What a run leaves out that may neither wait nor throttle.
WAITING = {
    "five-minutes-reason",
    "custom-bot-connects",
    "bot-counts-fifteen-seconds",
    "closing-disconnects-nobody",
    "transcript-past",
}
OF_OTHER_CONTACTS = {"contact-is-chat", "source-contact-chat", "contact-retention", "source-contact-retention"}
THROTTLING = {"throttle-code", "order-rate-first", "throttle-code-declared"}


class LiveRun(NamedTuple):
    """What a live run said, and what it wrote."""

    output: str
    status: int
    evidence: Path

    @property
    def sightings(self) -> list[Sighting]:
        return Run.of(self.evidence).sightings

    @property
    def settled(self) -> set[str]:
        return {sighting.settles for sighting in self.sightings if sighting.seen != INCONCLUSIVE}

    @property
    def contradicted(self) -> set[str]:
        return {sighting.settles for sighting in self.sightings if sighting.contradicts}


Live = Callable[..., LiveRun]


def run_cases(environ: dict[str, str], *options: str) -> tuple[str, int]:
    """Run the cases in a process of their own; return what it said, and its exit code."""
    # Without the plugins of others, which take long.
    command = [sys.executable, "-m", "pytest", "-p", "connect_chat", "-p", "no:cacheprovider", *options, str(CASES)]
    environ = {**os.environ, "COLUMNS": "120", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", **environ}
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)  # noqa: S603
    return done.stdout + done.stderr, done.returncode


@pytest.fixture
def live(tmp_path: Path) -> Live:
    """Run cases live, against an endpoint behind which something may have been changed."""

    def run(
        *options: str, change: Callable[[FakeConnectChat], object] = id, may_leave: int = 0, **settings: object
    ) -> LiveRun:
        evidence = tmp_path / "evidence" / "run.json"
        with FakeConnectChat(seed=7, clock="system", **settings) as fake:  # type: ignore[arg-type]
            fake.add_instance(INSTANCE_ID, [FLOW_ID])
            change(fake)
            with fake.serve() as endpoint:
                quick = ("--rate", "1000", "--longest-wait", "2", "--evidence", str(evidence))
                environ = {**endpoint.environ, "AWS_MAX_ATTEMPTS": "1"}  # clients wait before they try again
                output, status = run_cases(environ, *PLACE, *quick, *options)
            assert len(fake.contacts.active) <= may_leave, "the run has left chats open"
        return LiveRun(output, status, evidence)

    return run


# -- a live run --------------------------------------------------------------------------------------------------------


def test_a_service_that_does_as_the_fake_confirms_all_that_a_run_can_settle(live: Live) -> None:
    run = live()

    assert run.status == pytest.ExitCode.OK, run.output
    assert run.contradicted == set()
    assert run.settled >= (RULE_IDS | ASSUMED) - NOT_LIVE.keys() - WAITING - THROTTLING - OF_OTHER_CONTACTS
    text = run.evidence.read_text("utf-8")
    assert not [value for value in (INSTANCE_ID, FLOW_ID, ACCOUNT_ID, "QVFJREFI", "127.0.0.1") if value in text]
    assert not re.search(r"[0-9a-f]{8}-[0-9a-f]{4}", text)


def test_a_service_that_does_otherwise_contradicts_just_that(live: Live) -> None:
    def change(fake: FakeConnectChat) -> None:
        fake.rules["display-name-length"].raises("InvalidRequestException")
        fake.rules["message-json"].disable()
        fake.rules["connection-token-live"].raises("ValidationException")
        fake.rules["customer-id-length"].disable()
        fake.rules["contact-exists"].raises("ContactNotFoundException")

    run = live(change=change, client_token_conflict="error")

    assert run.status == pytest.ExitCode.TESTS_FAILED
    assert run.contradicted == {
        "display-name-length",
        "message-json",
        "connection-token-live",
        "customer-id-length",
        "contact-exists",
        "token-changed-request",
    }
    assert (
        "display-name-length: the fake says InvalidParameterException, seen was InvalidRequestException "
        "(test_a_request_against_a_rule[display-name-length])" in run.output
    )


def test_what_throttling_looks_like_is_asked_for(live: Live) -> None:
    run = live("--throttle", "-k", "too_fast", rate_limit="aws", throttle_code="TooManyRequests")

    assert run.settled == THROTTLING
    assert run.contradicted == {"throttle-code"}
    assert "requests: 8" in run.output  # 80 and some: no fake in the process of the run has answered them


def test_a_service_that_does_not_throttle_settles_nothing_of_that(live: Live) -> None:
    run = live("--throttle", "-k", "too_fast")

    assert run.settled == set()


def test_contacts_that_a_run_cannot_make_are_named(live: Live) -> None:
    def change(fake: FakeConnectChat) -> None:
        fake.add_ended_chat(instance_id=INSTANCE_ID, contact_id="old", ended_at="2020-01-01T00:00:00Z")
        fake.add_contact(instance_id=INSTANCE_ID, contact_id="call", channel="VOICE")
        fake.stop_contact("call")

    run = live(
        "--voice-contact-id", "call", "--old-contact-id", "old", "-k", "call_as or call_is or 24_months", change=change
    )

    assert run.settled == OF_OTHER_CONTACTS
    assert run.contradicted == set()


def always(plan: str, *given: str, **selector: Any) -> Callable[[FakeConnectChat], object]:
    """Return what lets a fault happen behind the endpoint until the end."""
    return lambda fake: getattr(fake.faults, plan)(*given, **{"calls": None, "optional": True, **selector})


@pytest.mark.parametrize(
    "change",
    [
        always("deny_access", after=1),
        always("expire_credentials", after=1),
        always("error", "InternalServiceException", after=1),
        always("throttle", after=1),
    ],
    ids=["denied", "expired", "broken", "throttled"],
)
def test_an_error_about_the_caller_settles_nothing(live: Live, change: Callable[[FakeConnectChat], object]) -> None:
    run = live("-k", "customer-id-length or looked_at_first or no_client_sends", change=change)

    assert (run.settled, run.status) == (set(), pytest.ExitCode.OK), run.output
    assert "inconclusive: " in run.output


def test_a_denial_by_the_participant_service_is_about_the_request(live: Live) -> None:
    run = live("-k", "out_of_form", change=lambda fake: fake.rules["message-bytes"].raises("AccessDeniedException"))

    assert run.contradicted == {"message-bytes"}


@pytest.mark.parametrize("operation", ["StartChatContact", "SendMessage", "StopContact"])
def test_a_run_does_not_begin_where_no_chat_works(live: Live, operation: str) -> None:
    run = live(change=always("error", "AccessDeniedException", operation=operation), may_leave=1)

    assert run.status == pytest.ExitCode.USAGE_ERROR
    assert "the live run does not begin: a chat cannot be opened, spoken in and ended here." in run.output
    assert not run.evidence.exists()
    assert ("STILL OPEN, to be stopped by hand: " in run.output) == (operation == "StopContact")


def test_a_chat_that_could_not_be_ended_is_tried_again(live: Live) -> None:
    once = always("error", "InternalServiceException", operation="StopContact", calls=1, after=1)
    run = live("-k", "subtype", change=once)

    assert run.status == pytest.ExitCode.OK
    assert "STILL OPEN" not in run.output


def test_lost_answers_are_said(live: Live) -> None:
    run = live("-k", "subtype", change=always("lose_response", calls=1, after=1), may_leave=1)

    assert "answers to StartChatContact that were lost: 1" in run.output


@pytest.mark.parametrize(
    ("options", "environ", "said"),
    [
        (PLACE[:2], {}, "a live run takes both --instance-id and --contact-flow-id"),
        (("--instance-id", "", "--contact-flow-id", ""), {}, "and neither is empty"),
        ((), {"PYTEST_ADDOPTS": " ".join(PLACE)}, "on the command line, not by PYTEST_ADDOPTS or a file"),
        ((*PLACE, "-p", "xdist", "-n", "2"), {}, "a live run has one process: leave out -n, --dist and --tx"),
        ((*PLACE, "-p", "xdist", "--dist", "each", "--tx", "2*popen"), {}, "a live run has one process"),
        ((*PLACE, "--rate", "0"), {}, "--rate is a number of requests a second, not 0"),
        (PLACE, {"AWS_CONFIG_FILE": "/nowhere"}, "a live run needs the region of the instance: --region"),
    ],
)
def test_a_run_that_is_not_clearly_asked_for_is_refused(
    options: tuple[str, ...], environ: dict[str, str], said: str
) -> None:
    output, status = run_cases(environ, *options)

    assert status == pytest.ExitCode.USAGE_ERROR, output
    assert said in output


def test_nothing_is_asked_before_it_is_said_what_that_will_be() -> None:
    output, status = run_cases({"AWS_DEFAULT_REGION": "eu-west-1"}, *PLACE, "--collect-only")

    assert status == pytest.ExitCode.OK
    assert f"live: instance {INSTANCE_ID} in eu-west-1" in output
    assert "opens at most 160 chats" in output


# -- every rule and fact -----------------------------------------------------------------------------------------------


def test_every_rule_and_assumed_fact_has_a_case() -> None:
    cases = "".join(path.read_text("utf-8") for path in CASES.glob("test_*.py"))
    marks = re.findall(r"mark\.settles\(([^)]+)\)", cases)
    settled = {settled for mark in marks for settled in re.findall(r'"([\w-]+)"', mark)} | {form[0] for form in FORMS}

    assert settled >= RULE_IDS | ASSUMED
    assert len(EXPECTED) == len(RULES) + len(FACTS)
    assert NOT_LIVE.keys() <= EXPECTED.keys()


# -- evidence ----------------------------------------------------------------------------------------------------------


def test_no_evidence_contradicts_the_fake() -> None:
    found = "\n".join(map(str, contradictions(runs())))

    assert not found, f"let the rule follow, or give the fact another id and sentence:\n{found}"


NOT_FOUND = "ResourceNotFoundException"


def run_of(date: str, *sightings: Sighting, region: str = "us-east-1") -> Run:
    return Run(date, region, "botocore 1.44.8", list(sightings))


def seen(code: str, operation: str = "DescribeContact", *, within: bool = False) -> Sighting:
    return Sighting("contact-exists", "case", operation, code, within=within)


def test_the_newest_run_counts() -> None:
    old = run_of("2026-01-01", seen("ContactNotFoundException"))
    new = run_of("2026-02-01", seen(NOT_FOUND))
    later = run_of("2026-03-01", seen(INCONCLUSIVE))

    said = "contact-exists: the fake says ResourceNotFoundException, seen was ContactNotFoundException (case)"
    assert [str(one) for one in contradictions([old])] == [f"{said}, 2026-01-01, us-east-1, botocore 1.44.8"]
    assert contradictions([old, new, later]) == []


@pytest.mark.parametrize(
    "later",
    [
        run_of("2026-02-01", seen(NOT_FOUND, "TagContact")),
        run_of("2026-02-01", seen("answered", within=True)),
        run_of("2026-02-01", seen(NOT_FOUND), region="eu-west-1"),
    ],
    ids=["another operation", "a request just within", "another region"],
)
def test_a_run_does_not_hide_what_it_has_not_looked_at(later: Run) -> None:
    assert contradictions([run_of("2026-01-01", seen("ContactNotFoundException")), later]) != []


def test_a_request_just_within_a_rule_is_to_be_answered() -> None:
    assert seen(NOT_FOUND, within=True).contradicts
    assert not seen("answered", within=True).contradicts


def test_evidence_is_read_as_it_was_written(tmp_path: Path) -> None:
    run = run_of("2026-01-01", Sighting("contact-exists", "case", "TagContact", NOT_FOUND, 404, "No."))
    (tmp_path / "run.json").write_text(run.written(), "utf-8")

    assert runs(tmp_path) == [run]


def test_evidence_of_nothing_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    path.write_text(run_of("2026-01-01", Sighting("no-such-rule", "case", "", "answered")).written(), "utf-8")

    with pytest.raises(ValueError, match=r"run\.json settles no-such-rule: neither a rule nor a fact has that id"):
        runs(tmp_path)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"sightings": [{}]}'])
def test_a_file_that_is_no_evidence_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "run.json").write_text(text, "utf-8")

    with pytest.raises(ValueError, match=r"run\.json is no evidence of a live run"):
        runs(tmp_path)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Invalid parameter:  acme-support", "Invalid parameter:  <id>"),
        (f"User: arn:aws-us-gov:iam::{ACCOUNT_ID}:user/ada,lovelace is not", "User: <arn> is not"),
        (f"the account {ACCOUNT_ID}, x_{ACCOUNT_ID}_x", "the account <account>, x_<account>_x"),
        ("the account 1234-5678-9012", "the account <account>"),
        ("contact 12345678-1234-1234-1234-123456789012 is gone", "contact <id> is gone"),
        ("request 0123456789abcdef0123456789abcdef", "request <id>"),
        ("at https://acme.my.connect.aws/x?y=1,2 now", "at <url> now"),
        ("at acme.my.connect.aws, acme.awsapps.com", "at <url> <url>"),
        ("by ada.lovelace+x@example.com from 10.0.0.1", "by <address> from <ip>"),
        ("key AKIAIOSFODNN7EXAMPLE", "key <key>"),
        ("token " + "QVFJREFI7" * 20, "token <long>"),
        ("ChatStreamingConfiguration.StreamingEndpointArn is", "ChatStreamingConfiguration.StreamingEndpointArn is"),
    ],
)
def test_evidence_has_no_account_data(text: str, shown: str) -> None:
    assert without_account_data(text, ["acme-support"]) == shown


# -- the page ----------------------------------------------------------------------------------------------------------


def evidence_in(page: str, settled: str) -> list[str]:
    """Return the evidence in each row of a rule or fact."""
    column = 3 if settled in RULE_IDS else 2
    return [line.split(" | ")[column] for line in page.splitlines() if line.startswith(f"| `{settled}` |")]


def test_the_page_shows_what_was_seen() -> None:
    page = runpy.run_path(str(ROOT / "docs" / "generate" / "fidelity.py"))["page"]
    first = run_of("2026-01-01", seen(NOT_FOUND), Sighting("token-failed-call", "case", "", "holds"))
    second = run_of(
        "2026-02-01",
        Sighting("customer-id-length", "case", "StartChatContact", "InvalidParameterException"),
        Sighting("customer-id-length", "case", "", "answered", within=True),
        Sighting("attributes-size", "case", "", "answered", within=True),
        Sighting("display-name-length", "case", "StartChatContact", "InvalidRequestException"),
    )
    before, shown = page([]), page([first, second])

    when = "observed (2026-01-01, us-east-1, botocore 1.44.8)"
    rows = evidence_in(shown, "contact-exists")
    assert (rows.count(f"assumed, {when}"), rows.count("assumed, assumed")) == (1, len(rows) - 1)
    assert evidence_in(shown, "token-failed-call") == [when]
    later = "(2026-02-01, us-east-1, botocore 1.44.8)"
    assert evidence_in(shown, "customer-id-length") == [f"observed {later}, observed {later}"]
    assert evidence_in(shown, "attributes-size") == evidence_in(before, "attributes-size")
    assert evidence_in(shown, "display-name-length") == [f"documented, contradicted {later}"]
