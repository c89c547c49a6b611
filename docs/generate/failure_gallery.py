"""Writes `docs/failure-gallery.md`: what typical failures look like in a terminal, and what each tells to do."""  # noqa: INP001

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import dedent, fill, indent
from typing import Final

PAGE: Final = Path(__file__).parents[1] / "failure-gallery.md"
PLAIN: Final = ("-p", "no:faker", "-p", "no:hypothesispytest", "-p", "no:randomly", "-p", "no:cacheprovider")
COLUMNS: Final = 80

APPLICATION: Final = """\
import boto3

INSTANCE_ID = "12345678-1234-1234-1234-123456789012"
FLOW_ID = "846ec553-a005-41c0-8341-d5d0a5f8a8a1"
connect = boto3.client("connect")


def open_chat(name, **parameters):
    return connect.start_chat_contact(
        InstanceId=INSTANCE_ID,
        ContactFlowId=FLOW_ID,
        ParticipantDetails={"DisplayName": name},
        Attributes={"tier": "gold"},
        **parameters,
    )["ContactId"]


def open_chat_stubbornly(name):
    try:
        return open_chat(name)
    except ReadTimeoutError:
        return open_chat(name)
""".replace("import boto3\n", "import boto3\nfrom botocore.exceptions import ReadTimeoutError\n")

HEAD: Final = f"""\
# Failure gallery

Typical failures, as pytest prints them at 80 columns, and what each of them tells you to do. The tests are of this
small application; its clients are in retry mode `standard`.

<!-- not run -->
```python
# app.py
{APPLICATION}```

The section `connect chat` has a line for each recorded request, one for each attempt if there was more than one or a
fault, and one for the result. Between them, indented, are events that no call shows: contacts that start and end,
agents, flows, notifications. Times are seconds of the fake's clock since the start of the test. Long values of requests
are cut: `-v` shows all lines and whole ids, `-vv` whole values. Lines between requests stay short. Participant and
connection tokens are never shown in full. The traceback ends with the call that your code made; `--full-trace` shows
botocore's part too.
"""


@dataclass(frozen=True)
class Case:
    """One failing test, and what to do about it."""

    title: str
    advice: str
    test: str

    @property
    def name(self) -> str:
        """The name of the test."""
        found = re.search(r"def (\w+)", self.test)
        return found[1] if found else ""


CASES: Final = [
    Case(
        "The request is not as expected",
        "The nearest request is compared field by field: mend the application, or what the test expects.",
        """
        def test_gold_customers_are_marked(connect_chat):
            open_chat("Ada")
            connect_chat.requests.start_chat_contact.assert_requested_once(Attributes={"tier": "silver", "via": "web"})
        """,
    ),
    Case(
        "A chat too many",
        "The first call's response was lost, its contact was started all the same, and the second call drew a new "
        "token: give a `ClientToken` of your own and keep it over both.",
        """
        def test_a_lost_response_opens_one_chat(connect_chat):
            connect_chat.faults.lose_response()
            open_chat_stubbornly("Ada")
            assert len(connect_chat.contacts) == 1
        """,
    ),
    Case(
        "The application does not survive an error",
        "Every attempt of the call was throttled, with the back-off that the client's retry mode has: catch the "
        "exception, or plan the fault with `attempts=` if the client alone should absorb it.",
        """
        def test_a_throttled_call_is_survived(connect_chat):
            connect_chat.faults.throttle()
            open_chat("Ada")
        """,
    ),
    Case(
        "A fault that is not used up",
        "The client gave up after three attempts: plan as many attempts as it makes, raise its `max_attempts`, or say "
        "`optional=True`.",
        """
        def test_five_throttled_attempts(connect_chat):
            connect_chat.faults.throttle(attempts=5)
            with pytest.raises(connect.exceptions.TooManyRequestsException):
                open_chat("Ada")
        """,
    ),
    Case(
        "A request that the service refuses",
        "The message names the rule; `connect_chat.rules` has its source, and can switch it off. Here: end the chat "
        "before it is resumed.",
        """
        def test_a_chat_is_resumed(connect_chat):
            past = open_chat("Ada")
            open_chat("Ada", PersistentChat={"RehydrationType": "ENTIRE_PAST_SESSION", "SourceContactId": past})
        """,
    ),
    Case(
        "The instance is full",
        "The quota is computed from the active contacts: end one, or raise the setting that the message names.",
        """
        @pytest.mark.connect_chat(max_active_chats=1)
        def test_two_chats(connect_chat):
            open_chat("Ada")
            open_chat("Bob")
        """,
    ),
    Case(
        "An operation that is not faked",
        "Queue an answer for it, or let something else have it.",
        """
        def test_the_queues_are_listed(connect_chat):
            connect.list_queues(InstanceId=INSTANCE_ID)
        """,
    ),
    Case(
        "An operation that is not faked, and the application swallows the error",
        "The call is told with its place.",
        """
        def test_the_queues_are_listed_if_possible(connect_chat):
            try:
                connect.list_queues(InstanceId=INSTANCE_ID)
            except Exception:
                pass
        """,
    ),
    Case(
        "A call outside of the fixture, under the block",
        "The block refuses what would reach AWS, and says where it came from, also where the application swallows the "
        "error.",
        """
        @pytest.mark.connect_chat(block=True)
        def test_forgets_the_fixture():
            try:
                open_chat("Ada")
            except Exception:
                pass
        """,
    ),
    Case(
        "The wrong token",
        "The fake answers as the service does, and the section says what it knows: CreateParticipantConnection gives "
        "the connection token for the participant token.",
        """
        def test_a_transcript(connect_chat):
            contact = connect_chat.add_contact()
            participant = connect_chat.client("connectparticipant")
            participant.get_transcript(ConnectionToken=contact.participant_token)
        """,
    ),
    Case(
        "A participant id for a contact id",
        "The fake knows whose id it is: take `ContactId` of the answer.",
        """
        def test_a_chat_is_ended(connect_chat):
            contact = connect_chat.add_contact()
            connect.stop_contact(InstanceId=contact.instance_id, ContactId=contact.participant_id)
        """,
    ),
    Case(
        "Nothing is published, and the customer never connects",
        "ConnectParticipant takes a contact that is streamed. What the test waited for is named too: the flow, and the "
        "handler.",
        """
        def test_the_customer_is_greeted(connect_chat):
            connect_chat.play_flow(lambda chat: chat.send_message("Welcome."))
            connect_chat.on_notification(print)
            open_chat("Ada")
            contact = connect_chat.contacts.last
            connect_chat.client("connectparticipant").create_participant_connection(
                ParticipantToken=contact.participant_token, Type=["CONNECTION_CREDENTIALS"], ConnectParticipant=True
            )
            assert contact.transcript[-1].content == "Welcome."
        """,
    ),
    Case(
        "A fault that nobody has planned",
        "Faults of chaos say so, and the last lines how to have the same again.",
        """
        @pytest.mark.connect_chat(chaos=1, chaos_mode="hard")
        def test_under_chaos(connect_chat):
            open_chat("Ada")
        """,
    ),
    Case(
        "A fault beside a canned answer",
        "A call that a canned answer answers meets no fault: use one of the two.",
        """
        def test_a_canned_answer_is_throttled(connect_chat):
            connect_chat.add_response("start_chat_contact", {"ContactId": "c"})
            connect_chat.faults.throttle()
            open_chat("Ada")
        """,
    ),
    Case(
        "A canned answer that nobody asked for",
        "The application did not call what the test prepared for.",
        """
        def test_no_queue_is_there(connect_chat):
            connect_chat.add_response("list_queues", {"QueueSummaryList": []})
            open_chat("Ada")
        """,
    ),
    Case(
        "A mistyped member",
        "Names are looked up in the installed model, at any depth, so that a typing error does not look like a request "
        "that never came.",
        """
        def test_the_customer_is_named(connect_chat):
            open_chat("Ada")
            connect_chat.requests.start_chat_contact.assert_requested(ParticipantDetails={"Displayname": "Ada"})
        """,
    ),
    Case(
        "A mistyped fault",
        "The same goes for faults, selectors, rules, settings and attributes.",
        """
        def test_a_mistyped_selector(connect_chat):
            connect_chat.faults.throttle(atempts=2)
        """,
    ),
    Case(
        "A selector without its name",
        "Selectors are keywords, since `2` may be calls or attempts.",
        """
        def test_a_selector_without_its_name(connect_chat):
            connect_chat.faults.throttle(2)
        """,
    ),
    Case(
        "A mistyped unit",
        "Durations have the keywords of `datetime.timedelta`, in faults and in the clock.",
        """
        def test_a_mistyped_unit(connect_chat):
            connect_chat.faults.outage(minute=5)
        """,
    ),
    Case(
        "A Lambda handler for notifications",
        "Callables are looked at where they are handed over: what they take, and whether somebody would have to await "
        "them.",
        """
        def test_a_lambda_handler(connect_chat):
            def outbound(event, context): ...

            connect_chat.on_notification(outbound)
        """,
    ),
    Case(
        "A keyword of another fault",
        "The keywords of `error()` itself are among the valid ones.",
        """
        def test_a_status_of_an_error(connect_chat):
            connect_chat.faults.error("LimitExceededException", status=429)
        """,
    ),
    Case(
        "A mistyped keyword",
        "Every method says what it takes.",
        """
        def test_a_mistyped_keyword(connect_chat):
            connect_chat.add_contact(name="Ada")
        """,
    ),
    Case(
        "How often, in a mock's word",
        "The keyword is `count`; `call_count` is the number itself.",
        """
        def test_one_request(connect_chat):
            open_chat("Ada")
            connect_chat.requests.start_chat_contact.assert_requested(times=1)
        """,
    ),
    Case(
        "A contact that is assigned to",
        "Contacts change by what happens to them: the message says by what.",
        """
        def test_a_chat_expires(connect_chat):
            contact = connect_chat.add_contact()
            contact.expires_at = connect_chat.clock.start
        """,
    ),
    Case(
        "A member of a response, asked of our objects",
        "Attributes have AWS's names in snake case.",
        """
        def test_what_was_said(connect_chat):
            contact = connect_chat.add_contact(initial_message="Hi")
            assert contact["InitialMessage"] == {"ContentType": "text/plain", "Content": "Hi"}
        """,
    ),
    Case(
        "An operation in brackets",
        "The requests of an operation are an attribute.",
        """
        def test_requests_of_an_operation(connect_chat):
            open_chat("Ada")
            assert connect_chat.requests["StartChatContact"].call_count == 1
        """,
    ),
    Case(
        "A mistyped setting",
        "The message lists the settings.",
        """
        @pytest.mark.connect_chat(max_active_chat=1)
        def test_a_mistyped_setting(connect_chat):
            open_chat("Ada")
        """,
    ),
    Case(
        "A setting that is assigned",
        "Settings are fixed when the fake is made: give it in the marker.",
        """
        def test_an_assigned_setting(connect_chat):
            connect_chat.max_active_chats = 1
        """,
    ),
    Case(
        "A habit from mocks",
        "Requests are only recorded: queue an answer, or plan a fault.",
        """
        def test_a_return_value(connect_chat):
            connect_chat.requests.start_chat_contact.return_value = {"ContactId": "c"}
        """,
    ),
    Case(
        "Nothing reached the service",
        "botocore refuses some requests itself; they are not recorded.",
        """
        def test_the_duration_is_handed_on(connect_chat):
            with pytest.raises(ParamValidationError):
                open_chat("Ada", ChatDurationInMinutes=5)
            connect_chat.requests.start_chat_contact.assert_requested_once(ChatDurationInMinutes=5)
        """,
    ),
]
IMPORTS: Final = """\
import pytest
from botocore.exceptions import ParamValidationError

from app import INSTANCE_ID, connect, open_chat, open_chat_stubbornly
"""


def page() -> str:
    """Return the whole page."""
    printed = _run()
    parts = [HEAD]
    for case in CASES:
        shown = _shown(printed, case.name)
        test = dedent(case.test).strip()
        parts.append(f"\n## {case.title}\n\n{fill(case.advice, 120)}\n\n")
        parts.append(f"<!-- not run -->\n```python\n{test}\n```\n\n```text\n{shown}\n```\n")
    return "".join(parts)


def _run() -> str:
    """Return what pytest prints about the failing tests."""
    with TemporaryDirectory() as directory:
        place = Path(directory)
        (place / "app.py").write_text(APPLICATION, "utf-8")
        (place / "test_gallery.py").write_text(IMPORTS + "".join(f"\n\n{dedent(case.test)}" for case in CASES), "utf-8")
        settings = 'connect_chat_region = "us-east-1"\npythonpath = ["."]\n'
        (place / "pyproject.toml").write_text(f"[tool.pytest]\n{settings}", "utf-8")
        ours = {"COLUMNS": str(COLUMNS), "AWS_RETRY_MODE": "standard", "AWS_MAX_ATTEMPTS": "3"}
        run = subprocess.run(  # noqa: S603  # it runs the interpreter that runs it
            [sys.executable, "-m", "pytest", *PLAIN, "--color=no", "-q", "-r", "N"],
            cwd=place,
            env={**os.environ, **ours},
            capture_output=True,
            text=True,
            check=False,
        )
        return run.stdout.replace(str(place), "...")


def _shown(printed: str, name: str) -> str:
    """Return what was printed about one test, without the lines that show columns: they differ by Python."""
    heading = rf"^_+ (?:ERROR at \w+ of )?{name} _+$"
    found = re.search(rf"(?ms){heading}.*?(?=^(?:_{{2,}} |={{2,}} |\d+ failed))", printed)
    if found is None:
        raise LookupError(f"{name} did not fail as it should:\n{indent(printed, '  ')}")
    return "\n".join(line for line in found[0].rstrip().splitlines() if not re.fullmatch(r"[ E]*[\^~]+", line))


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
