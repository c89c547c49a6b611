"""`FakeConnectChat.diagram`: what happened, to be looked at."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import time_machine
from botocore.exceptions import BotoCoreError, ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_connect_chat import FakeConnectChat, FlowChat
from pytest_connect_chat.exceptions import SceneError

pytestmark = pytest.mark.once

START = "2026-01-01T00:00:00Z"
OURS_ALONE = [f"-pno:{plugin}" for plugin in ("faker", "hypothesispytest", "asyncio", "randomly")]
NOTE = r"Note over (?:service|app,service|app,other)"
ARROW = rf"(?:app->>service|service-->>app|service--xapp|service-\)app|other->>service|{NOTE})"
STATEMENT = re.compile(rf"    {ARROW}: (?:[^#;<>&%$\\\n]|#\d+;|<br/>)+")

Chat = tuple[Any, str, str]


@pytest.fixture
def fake() -> Iterator[FakeConnectChat]:
    with FakeConnectChat(seed=7, clock=START, strict=False) as active:
        yield active


def tried(client: Any, method: str = "start_chat_contact", **members: Any) -> Any:
    """Call, and go on after an error."""
    try:
        return getattr(client, method)(**members)
    except (BotoCoreError, ClientError):
        return None


def connected(fake: FakeConnectChat, parameters: dict[str, Any]) -> Chat:
    """Start a chat and connect its customer; return the participant client, the contact's id and the token."""
    started = fake.client().start_chat_contact(**parameters)
    participant = fake.client("connectparticipant")
    connection = participant.create_participant_connection(
        ParticipantToken=started["ParticipantToken"], Type=["WEBSOCKET", "CONNECTION_CREDENTIALS"]
    )
    return participant, started["ContactId"], connection["ConnectionCredentials"]["ConnectionToken"]


def rows(fake: FakeConnectChat) -> list[str]:
    """Return the rows of the diagram, with `first`, `second`, ... for the ids of contacts in order of their start."""
    _, *statements = fake.diagram().splitlines()
    text = "\n".join(line.strip() for line in statements if not line.startswith("    participant "))
    for contact_id, name in zip(fake.contacts, ("first", "second", "third"), strict=False):
        text = text.replace(contact_id[:8], name)
    return text.split("\n")


def texts(fake: FakeConnectChat) -> list[str]:
    """Return the texts of the picture as they are seen."""
    picture = ET.fromstring(fake.diagram("svg"))  # noqa: S314
    found = [element.text or "" for element in picture.iter() if element.tag.endswith("text")]
    return [text for text in found if not re.fullmatch(r"[+-][\d.]+s|\+\d+d [\d:.]+", text)]


# -- what is drawn -----------------------------------------------------------------------------------------------------

ADA = "StartChatContact ParticipantDetails={'DisplayName': 'Ada'}"


def test_a_call_its_contact_and_its_answer(fake: FakeConnectChat, parameters: dict[str, Any]) -> None:
    contact_id = fake.client().start_chat_contact(**parameters, Attributes={"tier": "gold"})["ContactId"]

    assert fake.diagram() == (
        "sequenceDiagram\n"
        "    participant app as application\n"
        "    participant service as Amazon Connect\n"
        f"    app->>service: 1. {ADA} Attributes={{'tier': 'gold'}}\n"
        f"    Note over service: contact {contact_id[:8]} starts: Ada\n"
        f"    service-->>app: contact {contact_id[:8]}"
    )


def test_attempts_and_back_off(fake: FakeConnectChat, parameters: dict[str, Any]) -> None:
    fake.faults.throttle(attempts=1)
    fake.faults.network_error("connect_timeout", attempts=1)
    fake.client().start_chat_contact(**parameters)

    waited = [f"{attempt.time.timestamp() - fake.clock.start.timestamp():.3f}" for attempt in fake.requests[0].attempts]
    assert rows(fake) == [
        f"app->>service: 1. {ADA}",
        "service-->>app: 429 TooManyRequestsException [throttled]",
        f"Note over app,service: +{float(waited[1]):g} s back-off",
        "app->>service: 1. StartChatContact, attempt 2",
        "service--xapp: ConnectTimeoutError [connect timeout]",
        f"Note over app,service: +{round(float(waited[2]) - float(waited[1]), 3):g} s back-off",
        "app->>service: 1. StartChatContact, attempt 3",
        "Note over service: contact first starts: Ada",
        "service-->>app: contact first",
    ]


def test_a_lost_response_shows_what_was_committed(fake: FakeConnectChat, parameters: dict[str, Any]) -> None:
    fake.faults.lose_response(attempts=1)
    fake.client().start_chat_contact(**parameters)

    calls = [row for row in rows(fake) if "back-off" not in row]
    assert calls == [
        f"app->>service: 1. {ADA}",
        "Note over service: contact first starts: Ada",
        "service--xapp: ReadTimeoutError [response lost (read timeout)]",
        "app->>service: 1. StartChatContact, attempt 2",
        "service-->>app: contact first again",
    ]


def test_a_replay_says_that_the_contact_is_known(fake: FakeConnectChat, parameters: dict[str, Any]) -> None:
    for _ in range(2):
        fake.client().start_chat_contact(**parameters, ClientToken="order-17")

    assert rows(fake)[-2:] == [
        f"app->>service: 2. {ADA} ClientToken='order-17'",
        "service-->>app: contact first again",
    ]


def test_a_refusal_names_its_rule(fake: FakeConnectChat, parameters: dict[str, Any]) -> None:
    tried(fake.client(), "stop_contact", InstanceId=parameters["InstanceId"], ContactId="nobody")

    assert rows(fake) == [
        "app->>service: 1. StopContact ContactId='nobody'",
        "service-->>app: 410 ContactNotFoundException [rule stopped-contact-exists]",
    ]


def test_a_status_without_a_code_and_a_lost_answer_behind_it(fake: FakeConnectChat, parameters: dict[str, Any]) -> None:
    fake.faults.lose_response(503, attempts=1)
    fake.faults.error("InternalServiceException", attempts=1)
    fake.client().start_chat_contact(**parameters)

    assert "service--xapp: 503 [response lost (503)]" in rows(fake)
    assert "service-->>app: 500 InternalServiceException [InternalServiceException]" in rows(fake)


def test_a_delayed_and_a_canned_answer(fake: FakeConnectChat, parameters: dict[str, Any]) -> None:
    fake.faults.delay(seconds=3)
    fake.client().start_chat_contact(**parameters)
    fake.add_client_error("describe_contact", "ThrottlingException", http_status_code=429)
    tried(fake.client(), "describe_contact", InstanceId="i", ContactId="c")

    assert rows(fake)[2:] == [
        "service-->>app: contact first [delayed 3 s]",
        "Note over app,service: +3 s",
        "app->>service: 2. DescribeContact ContactId='c'",
        "service-->>app: 429 ThrottlingException [canned answer]",
    ]


def test_the_other_side_has_a_lane(fake: FakeConnectChat, parameters: dict[str, Any]) -> None:
    fake.reply_with("One moment.")
    participant, contact_id, token = connected(fake, parameters)
    participant.send_message(ConnectionToken=token, ContentType="text/plain", Content="Hello?")
    agent = fake.add_participant(contact_id, display_name="Sam")
    agent.send_message("Hi, Ada!")
    fake.transfer(contact_id)
    agent.disconnect()

    assert "    participant other as other side" in fake.diagram().splitlines()
    assert rows(fake)[5:] == [
        "app->>service: 3. SendMessage ContentType='text/plain' Content='Hello?'",
        "service-->>app: answered",
        "other->>service: bot: 'One moment.'",
        "other->>service: Sam (AGENT) joins",
        "other->>service: Sam: 'Hi, Ada!'",
        "Note over service: contact second goes on from first (transfer)",
        "other->>service: Sam leaves",
        "Note over service: contact second ends: AGENT_DISCONNECT",
    ]


def test_notifications_files_events_and_the_steps_of_flows(fake: FakeConnectChat, parameters: dict[str, Any]) -> None:
    def flow(chat: FlowChat) -> Iterator[timedelta]:
        chat.send_event("typing")
        while (yield timedelta(minutes=1)) is not None:
            pass
        chat.update_attributes(tier="gold")

    fake.play_flow(flow)
    participant, contact_id, token = connected(fake, parameters)
    fake.client().start_contact_streaming(
        InstanceId=parameters["InstanceId"],
        ContactId=contact_id,
        ChatStreamingConfiguration={"StreamingEndpointArn": "arn:aws:sns:us-east-1:123456789012:chats"},
    )
    grace = fake.add_participant(contact_id, display_name="Grace")
    sent = participant.send_message(ConnectionToken=token, ContentType="text/plain", Content="Hi")
    for event in ("message.delivered", "message.read"):
        grace.send_event(event, message_id=sent["Id"])
    grace.send_attachment("note.txt", b"1")
    for event in ("typing", "message.read"):
        participant.send_event(
            ConnectionToken=token,
            ContentType=f"application/vnd.amazonaws.connect.event.{event}",
            Content=f'{{"messageId": "{fake.contacts.last.transcript[-1].id}"}}',
        )
    fake.clock.advance(minutes=1)

    assert [row for row in rows(fake) if "other" in row or ")app" in row] == [
        "other->>service: flow flow starts",
        "other->>service: bot types",
        "other->>service: Grace (AGENT) joins",
        "service-)app: notification to chats: participant.joined of AGENT",
        "service-)app: notification to chats: MESSAGE of CUSTOMER",
        "other->>service: Grace has got a message",
        "service-)app: notification to chats: MESSAGEMETADATA",
        "other->>service: Grace has read a message",
        "service-)app: notification to chats: MESSAGEMETADATA",
        "other->>service: Grace sends note.txt (APPROVED)",
        "service-)app: notification to chats: ATTACHMENT of AGENT",
        "service-)app: notification to chats: typing of CUSTOMER",
        "service-)app: notification to chats: MESSAGEMETADATA",
        "Note over app,other: +1 min",
        "other->>service: flow flow has heard nothing",
        "other->>service: flow flow sets tier='gold'",
        "other->>service: flow flow ends",
    ]
    assert any("notification to chats" in text for text in texts(fake))


def test_a_disconnect_flow_and_a_call_have_their_notes(fake: FakeConnectChat, parameters: dict[str, Any]) -> None:
    fake.play_disconnect_flow(lambda chat: chat.send_message("Goodbye."))
    _, contact_id, _ = connected(fake, parameters)
    call = fake.add_contact(channel="VOICE", display_name="Bob")
    fake.add_participant(contact_id).disconnect()
    fake.stop_contact(call.contact_id)

    assert [row.removeprefix("Note over service: ") for row in rows(fake) if row.startswith("Note over service")] == [
        "contact first starts: Ada",
        "contact second starts (VOICE): Bob",
        "contact first ends: AGENT_DISCONNECT",
        "contact third goes on from first (disconnect flow)",
        "contact third ends: CONTACT_FLOW_DISCONNECT",
        "contact second ends: API",
    ]


def test_a_participant_that_the_application_plays_is_not_on_the_other_side(
    fake: FakeConnectChat, parameters: dict[str, Any]
) -> None:
    _, contact_id, _ = connected(fake, parameters)
    added = fake.client().create_participant(
        InstanceId=parameters["InstanceId"],
        ContactId=contact_id,
        ParticipantDetails={"ParticipantRole": "CUSTOM_BOT", "DisplayName": "Robo"},
    )
    fake.client("connectparticipant").create_participant_connection(
        ParticipantToken=added["ParticipantCredentials"]["ParticipantToken"], ConnectParticipant=True
    )

    assert "other" not in fake.diagram()


@pytest.mark.parametrize("ending", ["stopped by a call", "left by a call", "not connected", "stopped by the test"])
def test_the_end_of_a_contact_and_its_reason(ending: str, fake: FakeConnectChat, parameters: dict[str, Any]) -> None:
    if ending == "left by a call":
        participant, contact_id, token = connected(fake, parameters)
        participant.disconnect_participant(ConnectionToken=token)
        expected = "CUSTOMER_DISCONNECT"
    else:
        contact_id = fake.client().start_chat_contact(**parameters)["ContactId"]
        expected = "API"
    if ending == "stopped by a call":
        fake.client().stop_contact(InstanceId=parameters["InstanceId"], ContactId=contact_id)
    elif ending == "stopped by the test":
        fake.stop_contact(contact_id)
    fake.clock.advance(minutes=6)
    if ending == "not connected":
        expected = "CUSTOMER_CONNECTION_NOT_ESTABLISHED"
        assert rows(fake)[-3:] == [
            "Note over app,service: +5 min",
            f"Note over service: contact first ends: {expected}",
            "Note over app,service: +1 min",
        ]
    else:
        assert rows(fake)[-2:] == [
            f"Note over service: contact first ends: {expected}",
            "Note over app,service: +6 min",
        ]


def test_while_the_clock_stands_still_rows_stand_as_things_happened(parameters: dict[str, Any]) -> None:
    with FakeConnectChat(seed=7) as fake:
        client = fake.client()
        contact_id = client.start_chat_contact(**parameters)["ContactId"]
        client.describe_contact(InstanceId=parameters["InstanceId"], ContactId=contact_id)
        fake.stop_contact(contact_id)
        contact_id = client.start_chat_contact(**parameters)["ContactId"]
        agent = fake.add_participant(contact_id)
        client.describe_contact(InstanceId=parameters["InstanceId"], ContactId=contact_id)
        agent.send_message("Hello?")

        assert [row.partition(": ")[2].partition(" Par")[0] for row in rows(fake)] == [
            "1. StartChatContact",
            "contact first starts: Ada",
            "contact first",
            "2. DescribeContact ContactId='first'",
            "answered",
            "contact first ends: API",
            "3. StartChatContact",
            "contact second starts: Ada",
            "contact second",
            "Agent (AGENT) joins",
            "4. DescribeContact ContactId='second'",
            "answered",
            "Agent: 'Hello?'",
        ]


def test_past_contacts_are_one_note(fake: FakeConnectChat, parameters: dict[str, Any]) -> None:
    past = fake.add_ended_chat(segments=5, instance_id=parameters["InstanceId"])
    source = {"RehydrationType": "ENTIRE_PAST_SESSION", "SourceContactId": past[0].contact_id}
    fake.client().start_chat_contact(**parameters, PersistentChat=source)

    ids = [contact.contact_id[:8] for contact in past]
    resumed = fake.contacts.last.contact_id[:8]
    statements = fake.diagram().splitlines()
    assert statements[3].endswith(f"5 past contacts: {ids[0]}, ..., {ids[-1]}, ended 1 h before")
    assert f"contact {resumed} starts: Ada, continues {ids[-1]} (ENTIRE_PAST_SESSION)" in statements[5]


def test_a_past_that_was_associated_later_is_not_told_at_the_start(
    fake: FakeConnectChat, parameters: dict[str, Any]
) -> None:
    past = fake.add_ended_chat(instance_id=parameters["InstanceId"])
    client = fake.client()
    contact_id = client.start_chat_contact(**parameters)["ContactId"]
    client.create_persistent_contact_association(
        InstanceId=parameters["InstanceId"],
        InitialContactId=contact_id,
        RehydrationType="ENTIRE_PAST_SESSION",
        SourceContactId=past[0].contact_id,
    )

    assert "Note over service: contact second starts: Ada" in rows(fake)


def test_a_contact_that_was_added_stands_before_the_calls(fake: FakeConnectChat, parameters: dict[str, Any]) -> None:
    fake.add_contact(contact_id="desk-4", display_name="Bob")
    fake.client().start_chat_contact(**parameters)

    assert "Note over service: contact desk-4 starts: Bob" in fake.diagram().splitlines()[3]


def test_a_contact_that_ended_after_the_clock_started_but_began_before(fake: FakeConnectChat) -> None:
    fake.clock.advance(days=1, hours=2, seconds=2.5)
    fake.add_ended_chat(ended_at="2026-01-01T00:04:00Z")

    assert rows(fake) == [
        "Note over service: contact first starts: Customer",
        "Note over app,service: +10 min",
        "Note over service: contact first ends: CUSTOMER_DISCONNECT",
        "Note over app,service: +1 day 1 h 56 min 2.5 s",
    ]
    assert "-360.000s" in fake.diagram("svg")


def test_cleared_requests_leave_the_contacts(fake: FakeConnectChat, parameters: dict[str, Any]) -> None:
    client = fake.client()
    client.start_chat_contact(**parameters, ClientToken="t")
    fake.requests.clear()
    fake.clock.advance(seconds=1)
    client.start_chat_contact(**parameters, ClientToken="t")

    assert rows(fake) == [
        "Note over service: contact first starts: Ada",
        "Note over app,service: +1 s",
        f"app->>service: 1. {ADA} ClientToken='t'",
        "service-->>app: contact first again",
    ]


def test_a_clock_that_follows_the_system_shows_jumps_only(parameters: dict[str, Any]) -> None:
    with time_machine.travel("2026-01-01T00:00:00Z", tick=False) as now, FakeConnectChat(clock="system") as fake:
        for seconds in (0, 0.1, 60):
            now.shift(seconds)
            fake.client().start_chat_contact(**parameters)

        assert [row for row in rows(fake) if row.startswith("Note over app")] == ["Note over app,service: +1 min"]


def test_nothing_happened(fake: FakeConnectChat) -> None:
    assert rows(fake) == [""]
    assert texts(fake) == ["application", "Amazon Connect"]


# -- in what form ------------------------------------------------------------------------------------------------------


def test_the_formats_are_named(fake: FakeConnectChat) -> None:
    with pytest.raises(SceneError, match=r"format is one of mermaid, svg, not 'png'\."):
        fake.diagram("png")  # type: ignore[arg-type]


def test_both_formats_say_the_same(fake: FakeConnectChat, parameters: dict[str, Any]) -> None:
    fake.faults.lose_response(attempts=1)
    _, contact_id, _ = connected(fake, parameters)
    fake.add_participant(contact_id).send_message("So?")

    assert texts(fake)[3:] == [row.partition(": ")[2] for row in rows_unnamed(fake)]


def rows_unnamed(fake: FakeConnectChat) -> list[str]:
    return [line.strip() for line in "\n".join(fake.diagram().splitlines()[4:]).replace("<br/>", "\n: ").splitlines()]


def test_a_seed_gives_the_same_bytes_at_any_time(parameters: dict[str, Any]) -> None:
    pictures = set()
    for start in (START, "2031-05-06T07:08:09Z"):
        with FakeConnectChat(seed=7, clock=start, chaos=0.6) as fake:
            client = fake.client()
            for _ in range(4):
                tried(client, **parameters)
            pictures.add(fake.diagram() + fake.diagram("svg"))

    assert len(pictures) == 1


def test_the_svg_needs_nothing_and_shares_nothing(fake: FakeConnectChat, parameters: dict[str, Any]) -> None:
    fake.faults.throttle()
    tried(fake.client(), **parameters)

    picture = fake.diagram("svg")
    assert not re.search(r"<script|<style|<image|<use|href|url\(|\bid=|\bon\w+=", picture)
    assert re.findall(r"https?://[^\"]+", picture) == ["http://www.w3.org/2000/svg"]


def test_the_svg_has_room_for_every_label_and_fits_its_page(fake: FakeConnectChat) -> None:
    fake.clock.advance(days=731, seconds=3.5)
    fake.add_contact()

    picture = fake.diagram("svg")
    found = re.search(r'<text x="(\d+)"[^>]*text-anchor="end"[^>]*>(\+731d 00:00:03\.500)</text>', picture)
    assert found is not None
    assert int(found[1]) > len(found[2]) * 0.62 * 11
    assert 'style="max-width: 100%; height: auto"' in picture.partition(">")[0]


def test_events_are_named(fake: FakeConnectChat, parameters: dict[str, Any]) -> None:
    participant, _, token = connected(fake, parameters)
    participant.send_event(ConnectionToken=token, ContentType="application/vnd.amazonaws.connect.event.typing")

    assert "app->>service: 3. SendEvent ContentType='.../event.typing'" in rows(fake)


def test_tokens_are_not_shown(fake: FakeConnectChat, parameters: dict[str, Any]) -> None:
    token = "T" * 100
    participant, _, connection = connected(fake, {**parameters, "ClientToken": token, "Attributes": {"jwt": token}})
    participant.get_transcript(ConnectionToken=connection)

    for picture in (fake.diagram(), fake.diagram("svg")):
        assert "TTTTTTTT" in picture
        assert not re.search(r"[A-Za-z0-9+/=]{41,}", picture)
        assert "QVFJREFI" not in picture


def test_of_many_rows_the_first_and_the_last_are_drawn(fake: FakeConnectChat, parameters: dict[str, Any]) -> None:
    client = fake.client()
    for _ in range(40):
        client.start_chat_contact(**parameters)

    drawn = rows(fake)
    assert len(drawn) == 61
    assert drawn[30] == "Note over app,service: ... 60 rows left out ..."
    assert (drawn[27], drawn[-3]) == (f"app->>service: 10. {ADA}", f"app->>service: 40. {ADA}")


def test_long_texts_are_broken_and_cut(fake: FakeConnectChat, parameters: dict[str, Any]) -> None:
    participant, contact_id, token = connected(fake, parameters)
    participant.send_message(ConnectionToken=token, ContentType="text/plain", Content="word " * 200)
    agent = fake.add_participant(contact_id)
    agent.send_message("word " * 200)
    agent.send_message("\u6587" * 20 + " " + "\u5b57" * 20)

    said = [text for text in texts(fake) if "word" in text or "\u6587" in text or "\u5b57" in text]
    assert max(len(text) for text in said) <= 92
    assert max(len(text) for text in said if "\u6587" in text) <= 24
    assert sum("word" in text for text in said) <= 6
    assert any(text.endswith("...") for text in said)


HOSTILE = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60),
    st.text("#;:<>&\"'%{}\\$`-x\n\r\t\u2028\u202e\ufffe end", min_size=1, max_size=60),
    st.sampled_from(
        ["wrap: x", "nowrap:x", "%%{init: {}}%%", "a\nend", "</text><script>", "]]>", "&#59;", "style:#a;"]
    ),
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said=HOSTILE, name=HOSTILE)
def test_no_text_breaks_out_of_its_row(fake: FakeConnectChat, said: str, name: str) -> None:
    fake.reset()
    contact = fake.add_contact(display_name=name)
    fake.add_participant(contact.contact_id, display_name=name).send_message(said)

    diagram = fake.diagram()
    _, _, _, other, *statements = diagram.split("\n")
    assert other == "    participant other as other side"
    assert len(statements) == len(diagram.splitlines()) - 4 == 3
    for statement in statements:
        assert STATEMENT.fullmatch(statement), statement
        assert statement.isprintable()
        assert not re.match(rf"    {ARROW}: (no)?wrap:", statement)
    seen = unescape(" ".join(re.sub(r"#(\d+);", r"&#\1;", s.partition(": ")[2]) for s in statements)).replace(
        "<br/>", " "
    )
    assert "".join(texts(fake)[3:]).replace(" ", "") == seen.replace(" ", "")


# -- pytest-html -------------------------------------------------------------------------------------------------------

SUITE = """
import pytest

P = {"InstanceId": "i", "ContactFlowId": "f", "ParticipantDetails": {"DisplayName": "Ada"}}

def test_fails(connect_chat, connect_client):
    connect_client.start_chat_contact(**P)
    connect_chat.faults.throttle()
    raise ValueError

def test_has_set_a_scene(connect_chat):
    connect_chat.add_contact()
    raise ValueError

def test_fails_twice(connect_chat, connect_client, request):
    request.addfinalizer(lambda: 1 / 0)
    connect_client.start_chat_contact(**P)
    raise ValueError

def test_leaves_a_fault(connect_chat, connect_client):
    connect_client.start_chat_contact(**P)
    connect_chat.faults.throttle()

def test_passes(connect_chat, connect_client):
    connect_client.start_chat_contact(**P)

def test_calls_nothing(connect_chat):
    raise ValueError

def test_takes_nothing():
    raise ValueError
"""


def test_a_failed_test_has_its_picture_in_the_report_of_pytest_html(pytester: pytest.Pytester) -> None:
    pytest.importorskip("pytest_html")
    pytester.makepyfile(SUITE)
    pytester.runpytest_inprocess(*OURS_ALONE, "--html=report.html", "--self-contained-html")

    found = re.search(r'data-jsonblob="([^"]*)"', (pytester.path / "report.html").read_text("utf-8"))
    assert found is not None
    tests = json.loads(unescape(found[1]))["tests"]
    pictures = {
        name.partition("::")[2]: [extra["content"][:4] for extra in runs[0]["extras"]] for name, runs in tests.items()
    }
    assert pictures == {
        "test_fails": ["<svg"],
        "test_has_set_a_scene": ["<svg"],
        "test_fails_twice": ["<svg"],
        "test_leaves_a_fault": ["<svg"],
        "test_passes": [],
        "test_calls_nothing": [],
        "test_takes_nothing": [],
    }


def test_nothing_is_attached_where_no_html_report_is_written(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(SUITE)
    reports = pytester.inline_run(*OURS_ALONE, "-k", "test_fails").getreports("pytest_runtest_logreport")

    assert [report for report in reports if getattr(report, "extras", None)] == []
