"""A live run of the contract cases, against our own endpoint as if it were Amazon Connect; and what becomes of it."""

from __future__ import annotations

import os
import re
import runpy
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from conftest import FLOW_ID, INSTANCE_ID
from contract.evidence import EXPECTED, INCONCLUSIVE, Run, Sighting, contradictions, latest, runs, without_account_data
from contract.facts import FACTS, NOT_LIVE

from pytest_connect_chat import FakeConnectChat
from pytest_connect_chat._service.identifiers import ACCOUNT_ID
from pytest_connect_chat._service.rules import RULES

pytest.importorskip("aiohttp")
pytestmark = pytest.mark.once

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
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *options, str(CASES)]
    environ = {**os.environ, "COLUMNS": "120", **environ}
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)  # noqa: S603
    return done.stdout + done.stderr, done.returncode


@pytest.fixture
def live(tmp_path: Path) -> Live:
    """Run cases live, against an endpoint behind which something may have been changed."""

    def run(*options: str, change: Callable[[FakeConnectChat], object] = id, **settings: object) -> LiveRun:
        evidence = tmp_path / "evidence" / "run.json"
        with FakeConnectChat(seed=7, clock="system", **settings) as fake:  # type: ignore[arg-type]
            fake.add_instance(INSTANCE_ID, [FLOW_ID])
            change(fake)
            with fake.serve() as endpoint:
                quick = ("--rate", "1000", "--longest-wait", "2", "--evidence", str(evidence))
                output, status = run_cases(dict(endpoint.environ), *PLACE, *quick, *options)
            assert not fake.contacts.active, "the run has left chats open"
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
        "display-name-length: of it the fake says InvalidParameterException, "
        "test_a_request_against_a_rule[display-name-length] saw InvalidRequestException" in run.output
    )


def test_what_throttling_looks_like_is_asked_for(live: Live) -> None:
    run = live("--throttle", "-k", "too_fast", rate_limit="aws", throttle_code="TooManyRequests")

    assert run.settled == THROTTLING
    assert run.contradicted == {"throttle-code"}


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


def test_a_caller_who_may_not_call_settles_nothing(live: Live) -> None:
    run = live("-k", "against_a_rule", change=lambda fake: fake.faults.deny_access(calls=None, optional=True))

    assert run.settled == set()
    assert "inconclusive: " in run.output


def test_both_ids_are_needed() -> None:
    output, status = run_cases({}, "--instance-id", INSTANCE_ID)

    assert status == pytest.ExitCode.USAGE_ERROR
    assert "a live run takes both --instance-id and --contact-flow-id" in output


def test_nothing_is_asked_before_it_is_said_what_that_will_be() -> None:
    output, status = run_cases({"AWS_DEFAULT_REGION": "eu-west-1"}, *PLACE, "--collect-only", "-q")

    assert status == pytest.ExitCode.OK
    output, _ = run_cases({"AWS_DEFAULT_REGION": "eu-west-1"}, *PLACE, "--collect-only")
    assert f"live: instance {INSTANCE_ID} in eu-west-1" in output
    assert "opens at most 160 chats" in output


# -- every rule and fact -----------------------------------------------------------------------------------------------


def test_every_rule_and_assumed_fact_has_a_case() -> None:
    cases = "".join(path.read_text("utf-8") for path in CASES.glob("test_*.py"))

    assert [settled for settled in sorted(RULE_IDS | ASSUMED) if f'"{settled}"' not in cases] == []
    assert len(EXPECTED) == len(RULES) + len(FACTS)
    assert NOT_LIVE.keys() <= EXPECTED.keys()


# -- evidence ----------------------------------------------------------------------------------------------------------


def test_no_evidence_contradicts_the_fake() -> None:
    found = contradictions(runs())

    assert found == [], "a live run saw something else: let the rule follow, or give the fact another id and sentence"


def run_of(date: str, *sightings: Sighting) -> Run:
    return Run(date, "us-east-1", "botocore 1.44.8", list(sightings))


def test_the_newest_run_counts() -> None:
    old = run_of("2026-01-01", Sighting("contact-exists", "case", "ContactNotFoundException"))
    new = run_of("2026-02-01", Sighting("contact-exists", "case", "ResourceNotFoundException"))
    later = run_of("2026-03-01", Sighting("contact-exists", "case", INCONCLUSIVE))

    said = "contact-exists: of it the fake says ResourceNotFoundException, case saw ContactNotFoundException"
    assert contradictions([old]) == [f"{said} (2026-01-01, us-east-1, botocore 1.44.8)"]
    assert contradictions([old, new, later]) == []
    assert latest([old, new, later])["contact-exists"][0] is new


def test_a_request_just_within_a_rule_is_to_be_answered() -> None:
    refused = Sighting("contact-exists", "case", "ResourceNotFoundException", within=True)

    assert refused.contradicts
    assert not Sighting("contact-exists", "case", "answered", within=True).contradicts


def test_evidence_is_read_as_it_was_written(tmp_path: Path) -> None:
    run = run_of("2026-01-01", Sighting("contact-exists", "case", "ResourceNotFoundException", 404, "No."))
    (tmp_path / "run.json").write_text(run.written(), "utf-8")

    assert runs(tmp_path) == [run]


def test_evidence_of_nothing_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    path.write_text(run_of("2026-01-01", Sighting("no-such-rule", "case", "answered")).written(), "utf-8")

    with pytest.raises(ValueError, match=r"run\.json settles no-such-rule: neither a rule nor a fact has that id"):
        runs(tmp_path)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Invalid parameter:  acme-support", "Invalid parameter:  <id>"),
        (f"User: arn:aws:iam::{ACCOUNT_ID}:user/ada is not authorized", "User: <arn> is not authorized"),
        (f"the account {ACCOUNT_ID}", "the account <account>"),
        ("contact 12345678-1234-1234-1234-123456789012 is gone", "contact <id> is gone"),
        ("at https://acme.my.connect.aws/x?y=1 now", "at <url> now"),
        ("token " + "QVFJREFI" * 20, "token <long>"),
    ],
)
def test_evidence_has_no_account_data(text: str, shown: str) -> None:
    assert without_account_data(text, ["acme-support"]) == shown


# -- the page ----------------------------------------------------------------------------------------------------------


def test_the_page_shows_what_was_seen(tmp_path: Path) -> None:
    page = runpy.run_path(str(ROOT / "docs" / "generate" / "fidelity.py"))["page"]
    seen = run_of(
        "2026-01-01",
        Sighting("contact-exists", "case", "ResourceNotFoundException"),
        Sighting("token-failed-call", "case", "holds"),
    )
    before, after = page([]), page([seen])
    changed = [new for old, new in zip(before.splitlines(), after.splitlines(), strict=True) if old != new]

    row = next(line for line in changed if line.startswith("| `contact-exists`"))
    assert "| observed (2026-01-01, us-east-1, botocore 1.44.8) |" in row
    assert any(line.startswith("| `token-failed-call`") and "observed (2026-01-01" in line for line in changed)
