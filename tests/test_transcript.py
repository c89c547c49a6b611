"""Transcripts: what is in them, and how `GetTranscript` reads them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from conftest import over_all_drivers

from pytest_connect_chat import FakeConnectChat
from pytest_connect_chat.exceptions import SceneError

pytestmark = pytest.mark.once

NOON = "2026-01-01T12:00:00Z"
EVENT = "application/vnd.amazonaws.connect.event."

Read = Callable[..., Any]


class Chat:
    """A connected chat as the customer's side sees it."""

    def __init__(self, fake: FakeConnectChat, parameters: dict[str, Any], **members: Any) -> None:
        self.fake = fake
        self.client = fake.client("connectparticipant")
        started = fake.client().start_chat_contact(**parameters, **members)
        self.contact_id: str = started["ContactId"]
        answer = self.client.create_participant_connection(
            ParticipantToken=started["ParticipantToken"], Type=["WEBSOCKET", "CONNECTION_CREDENTIALS"]
        )
        self.token: str = answer["ConnectionCredentials"]["ConnectionToken"]

    def say(self, *contents: str) -> None:
        """Send messages, a second apart."""
        for content in contents:
            self.fake.clock.advance(seconds=1)
            self.client.send_message(ConnectionToken=self.token, ContentType="text/plain", Content=content)

    def read(self, **members: Any) -> Any:
        return self.client.get_transcript(ConnectionToken=self.token, **members)

    def pages(self, **members: Any) -> list[list[str]]:
        """Read all pages; what stands for an item is its content, or else its type."""
        pages = []
        while True:
            answer = self.read(**members)
            pages.append(names(answer))
            if not answer["NextToken"]:
                return pages
            members["NextToken"] = answer["NextToken"]

    def id_of(self, name: str) -> str:
        (found,) = [item["Id"] for item in self.read(MaxResults=100)["Transcript"] if name == name_of(item)]
        return str(found)


def name_of(item: dict[str, Any]) -> str:
    assert item["Type"] == ("EVENT" if item["ContentType"].startswith(EVENT) else "MESSAGE")
    return str(item.get("Content", item["ContentType"].removeprefix(EVENT)))


def names(answer: Any) -> list[str]:
    return [name_of(item) for item in answer["Transcript"]]


@pytest.fixture
def chat(connect_chat: FakeConnectChat, parameters: dict[str, Any]) -> Chat:
    """A chat in which the customer has said 1, 2, 3, 4."""
    chat = Chat(connect_chat, parameters)
    chat.say("1", "2", "3", "4")
    return chat


JOINED = "participant.joined"


FROM_THE_START = {"ScanDirection": "FORWARD", "StartPosition": {"AbsoluteTime": "2000-01-01T00:00:00Z"}}


def refused(call: Callable[[], Any], rule: str) -> None:
    with pytest.raises(ClientError, match=f"rule {rule} of") as caught:
        call()
    assert type(caught.value).__name__ == "ValidationException"


# -- items -------------------------------------------------------------------------------------------------------------


@pytest.mark.connect_chat(clock=NOON)
def test_an_item_has_the_members_of_a_message(chat: Chat) -> None:
    contact = chat.fake.contacts.last
    item = chat.read(MaxResults=1)["Transcript"][0]

    assert item == {
        "Id": contact.transcript[-1].id,
        "Type": "MESSAGE",
        "ContentType": "text/plain",
        "Content": "4",
        "AbsoluteTime": "2026-01-01T12:00:04.000Z",
        "ParticipantId": contact.participant_id,
        "ParticipantRole": "CUSTOMER",
        "DisplayName": "Ada",
        "ContactId": contact.contact_id,
    }


def test_the_answer_of_a_message_names_its_item(chat: Chat) -> None:
    sent = chat.client.send_message(ConnectionToken=chat.token, ContentType="text/plain", Content="5")
    item = chat.read(MaxResults=1)["Transcript"][0]

    assert (item["Id"], item["AbsoluteTime"]) == (sent["Id"], sent["AbsoluteTime"])


def test_an_initial_message_comes_first(connect_chat: FakeConnectChat, parameters: dict[str, Any]) -> None:
    chat = Chat(connect_chat, parameters, InitialMessage={"ContentType": "text/plain", "Content": "Hello"})

    assert chat.pages(SortOrder="ASCENDING") == [["Hello", JOINED]]


@pytest.mark.parametrize("event", ["typing", "connection.acknowledged"])
def test_events_of_participants_are_answered_and_leave_no_trace(chat: Chat, event: str) -> None:
    before = chat.fake.contacts.last.transcript
    answer = chat.client.send_event(ConnectionToken=chat.token, ContentType=f"{EVENT}{event}")

    assert len(answer["Id"]) == 36
    assert answer["AbsoluteTime"].endswith("Z")
    assert chat.fake.contacts.last.transcript == before


def receipt(message_id: str, kind: str = "read") -> dict[str, str]:
    return {"ContentType": f"{EVENT}message.{kind}", "Content": f'{{"messageId": "{message_id}"}}'}


@over_all_drivers
@pytest.mark.connect_chat(clock=NOON)
def test_a_receipt_shows_in_the_item_of_its_message(connect_chat: FakeConnectChat, parameters: dict[str, Any]) -> None:
    chat = Chat(connect_chat, parameters)
    grace = connect_chat.add_participant(chat.contact_id)
    said = [grace.send_message("Hello"), grace.send_message("Are you there?")]
    for seconds, (message, kind) in enumerate([(said[0], "delivered"), (said[0], "read"), (said[1], "read")]):
        connect_chat.clock.advance(seconds=1)
        chat.client.send_event(
            ConnectionToken=chat.token, ClientToken="INCOMING_READ_RECEIPT", **receipt(message.id, kind)
        )
        assert connect_chat.clock.now().second == seconds + 1

    items = {item["Id"]: item for item in chat.read()["Transcript"]}
    me = connect_chat.contacts.last.participant_id
    assert items[said[0].id]["MessageMetadata"] == {
        "MessageId": said[0].id,
        "Receipts": [
            {
                "DeliveredTimestamp": "2026-01-01T12:00:01.000Z",
                "ReadTimestamp": "2026-01-01T12:00:02.000Z",
                "RecipientParticipantId": me,
            }
        ],
    }
    assert items[said[1].id]["MessageMetadata"]["Receipts"] == [
        {"ReadTimestamp": "2026-01-01T12:00:03.000Z", "RecipientParticipantId": me}
    ]
    (read,) = connect_chat.contacts.last.transcript[-1].receipts
    assert (read.recipient_participant_id, read.delivered_timestamp, read.read_timestamp) == (
        me,
        None,
        connect_chat.clock.now(),
    )


def test_the_first_receipt_of_a_message_counts(chat: Chat) -> None:
    message = chat.fake.add_participant(chat.contact_id).send_message("Hello")
    for _ in range(2):
        chat.fake.clock.advance(seconds=1)
        chat.client.send_event(ConnectionToken=chat.token, **receipt(message.id))

    (read,) = chat.fake.contacts.last.transcript[-1].receipts
    assert read.read_timestamp == chat.fake.clock.now() - timedelta(seconds=1)


def test_the_other_side_sends_receipts(chat: Chat) -> None:
    grace = chat.fake.add_participant(chat.contact_id)
    chat.fake.transfer(chat.contact_id)  # the message is in the contact before
    grace.send_event("message.read", message_id=chat.id_of("4"))

    grace.send_event("message.delivered", message_id=chat.id_of("3"))

    receipts = {
        item["Content"]: item["MessageMetadata"]["Receipts"]
        for item in chat.read()["Transcript"]
        if "MessageMetadata" in item
    }
    assert {content: [set(one) for one in several] for content, several in receipts.items()} == {
        "3": [{"DeliveredTimestamp", "RecipientParticipantId"}],
        "4": [{"ReadTimestamp", "RecipientParticipantId"}],
    }
    assert receipts["4"][0]["RecipientParticipantId"] == grace.participant_id
    with pytest.raises(SceneError, match="is no message of another participant"):
        grace.send_event("message.read", message_id="nobody")
    with pytest.raises(SceneError, match="is no message of another participant"):
        grace.send_event("message.read", message_id=grace.send_message("Hello").id)
    with pytest.raises(SceneError, match=r"is no message of another participant of the chat\. Give its id\.$"):
        grace.send_event("message.read", message_id=grace.send_message("Hello"))  # type: ignore[arg-type]
    with pytest.raises(SceneError, match=r"message_id goes with message.delivered or message.read, not with 'typing'"):
        grace.send_event("typing", message_id=chat.id_of("4"))


def test_a_receipt_is_for_a_message_of_somebody_else(chat: Chat) -> None:
    joined = chat.fake.contacts.last.transcript[0].id
    refused(lambda: chat.client.send_event(ConnectionToken=chat.token, **receipt("nobody")), "receipt-message")
    refused(lambda: chat.client.send_event(ConnectionToken=chat.token, **receipt(joined)), "receipt-message")
    own = receipt(chat.id_of("4"))
    refused(lambda: chat.client.send_event(ConnectionToken=chat.token, **own), "receipt-of-another")


def test_a_repeated_event_is_answered_as_before_and_another_under_its_token_is_not(chat: Chat) -> None:
    grace = chat.fake.add_participant(chat.contact_id)
    one, another = (receipt(grace.send_message(text).id) for text in ("Hello", "Hello?"))
    sent = [
        chat.client.send_event(ConnectionToken=chat.token, ClientToken="t", **event)["Id"]
        for event in (one, one, another)
    ]

    assert sent[0] == sent[1] != sent[2]


def test_the_end_of_a_chat_has_no_participant(chat: Chat) -> None:
    chat.fake.stop_contact(chat.contact_id)
    ended = chat.fake.contacts.last.transcript[-1]

    assert (ended.type, ended.content_type) == ("EVENT", f"{EVENT}chat.ended")
    assert (ended.participant_id, ended.participant_role, ended.display_name) == (None, None, None)


# -- pages -------------------------------------------------------------------------------------------------------------


def test_the_latest_ten_come_latest_first(chat: Chat) -> None:
    chat.say(*"56789abc")

    answer = chat.read()
    assert names(answer) == list("cba9876543")
    assert answer["InitialContactId"] == chat.contact_id


@pytest.mark.parametrize(
    ("members", "pages"),
    [
        ({"MaxResults": 2}, [["4", "3"], ["2", "1"], [JOINED]]),
        ({"MaxResults": 2, "SortOrder": "ASCENDING"}, [["3", "4"], ["1", "2"], [JOINED]]),
        ({"MaxResults": 2, **FROM_THE_START}, [["1", JOINED], ["3", "2"], ["4"]]),
        ({"MaxResults": 2, **FROM_THE_START, "SortOrder": "ASCENDING"}, [[JOINED, "1"], ["2", "3"], ["4"]]),
        ({"MaxResults": 2, "StartPosition": {}, "ScanDirection": "BACKWARD"}, [["4", "3"], ["2", "1"], [JOINED]]),
        ({"MaxResults": 5}, [["4", "3", "2", "1", JOINED]]),
        ({"MaxResults": 0}, [["4", "3", "2", "1", JOINED]]),
    ],
    ids=repr,
)
def test_pages_follow_the_scan_and_each_is_sorted(chat: Chat, members: dict[str, Any], pages: list[list[str]]) -> None:
    assert chat.pages(**members) == pages


def test_a_page_keeps_its_place_while_the_chat_goes_on(chat: Chat) -> None:
    first = chat.read(MaxResults=2)
    chat.say("5", "6")

    assert names(chat.read(MaxResults=2, NextToken=first["NextToken"])) == ["2", "1"]


def test_a_scan_can_turn_around(chat: Chat) -> None:
    first = chat.read(MaxResults=2)

    turned = chat.read(NextToken=first["NextToken"], ScanDirection="FORWARD")
    assert names(turned) == ["4", "3"]


def test_an_empty_next_token_says_that_nothing_follows(chat: Chat) -> None:
    assert chat.read()["NextToken"] == ""
    assert chat.read(MaxResults=1)["NextToken"]


@over_all_drivers
@pytest.mark.parametrize("members", [{}, {"StartPosition": {}}])
def test_a_transcript_is_read_forward_from_a_position(
    connect_chat: FakeConnectChat, parameters: dict[str, Any], members: dict[str, Any]
) -> None:
    chat = Chat(connect_chat, parameters)
    with pytest.raises(ClientError) as caught:
        chat.read(ScanDirection="FORWARD", **members)

    response = caught.value.response
    assert response["Error"] == {
        "Code": "ValidationException",
        "Message": "Validation exception due to invalid parameter",
    }
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 400
    error = connect_chat.requests.last.error
    assert error is not None
    assert error.rule == "transcript-forward-position"


def test_a_transcript_can_be_read_forward_from_nowhere_where_that_is_wanted(chat: Chat) -> None:
    chat.fake.rules["transcript-forward-position"].disable()

    pages = chat.pages(ScanDirection="FORWARD", SortOrder="ASCENDING", MaxResults=2)
    assert pages == [[JOINED, "1"], ["2", "3"], ["4"]]


@pytest.mark.parametrize("token", ["x", "eA==", "Z2FyYmFnZS9CQUNLV0FSRCAx", "\u20ac"])
def test_an_invented_next_token_is_refused(chat: Chat, token: str) -> None:
    with pytest.raises(ClientError, match=r"NextToken is not one of this chat\. \(rule transcript-next-token of"):
        chat.read(NextToken=token)


def test_the_next_token_of_another_chat_is_refused(chat: Chat, parameters: dict[str, Any]) -> None:
    token = chat.read(MaxResults=1)["NextToken"]
    other = Chat(chat.fake, parameters)

    refused(lambda: other.read(NextToken=token), "transcript-next-token")


# -- start positions ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("direction", "expected"),
    [({}, ["2", "3", "4"]), ({"ScanDirection": "BACKWARD"}, [JOINED, "1", "2"])],
    ids=["forward by default", "backward"],
)
def test_a_page_starts_at_an_item(chat: Chat, direction: dict[str, str], expected: list[str]) -> None:
    start = {"Id": chat.id_of("2")}

    assert names(chat.read(StartPosition=start, SortOrder="ASCENDING", **direction)) == expected


@pytest.mark.connect_chat(clock=NOON)
@pytest.mark.parametrize(
    ("time", "forward", "backward"),
    [
        ("2026-01-01T12:00:02.000Z", ["2", "3", "4"], [JOINED, "1", "2"]),
        ("2026-01-01T12:00:02.500Z", ["3", "4"], [JOINED, "1", "2"]),
        ("2026-01-01T11:00:00.000Z", [JOINED, "1", "2", "3", "4"], []),
        ("2026-01-01T14:00:00.000+01:00", [], [JOINED, "1", "2", "3", "4"]),
    ],
)
def test_a_page_starts_at_a_time(chat: Chat, time: str, forward: list[str], backward: list[str]) -> None:
    start = {"StartPosition": {"AbsoluteTime": time}, "SortOrder": "ASCENDING"}

    assert names(chat.read(**start)) == forward
    assert names(chat.read(**start, ScanDirection="BACKWARD")) == backward


@pytest.mark.parametrize(
    ("most_recent", "forward", "backward"),
    [
        (1, ["4"], [JOINED, "1", "2", "3", "4"]),
        (3, ["2", "3", "4"], [JOINED, "1", "2"]),
        (100, [JOINED, "1", "2", "3", "4"], [JOINED]),
        (0, [JOINED, "1", "2", "3", "4"], [JOINED, "1", "2", "3", "4"]),
    ],
)
def test_a_page_starts_at_the_most_recent(
    chat: Chat, most_recent: int, forward: list[str], backward: list[str]
) -> None:
    start = {"StartPosition": {"MostRecent": most_recent}, "SortOrder": "ASCENDING"}

    assert names(chat.read(**start)) == forward
    assert names(chat.read(**start, ScanDirection="BACKWARD")) == backward


def test_the_most_recent_zero_is_the_newest_page(chat: Chat) -> None:
    start = {"StartPosition": {"MostRecent": 0}, "SortOrder": "ASCENDING", "MaxResults": 2}

    assert chat.pages(**start) == [["3", "4"]]
    assert chat.pages(**start, ScanDirection="BACKWARD") == [["3", "4"], ["1", "2"], [JOINED]]


def test_the_pages_after_a_start_position_go_on_from_there(chat: Chat) -> None:
    start = {"StartPosition": {"Id": chat.id_of("1")}, "SortOrder": "ASCENDING", "MaxResults": 2}

    assert chat.pages(**start) == [["1", "2"], ["3", "4"]]


@pytest.mark.parametrize(
    "position", [{"Id": "x", "MostRecent": 1}, {"AbsoluteTime": "noon"}, {"AbsoluteTime": "2026-01-01T12:00:00"}]
)
def test_a_start_position_that_is_none_is_refused(chat: Chat, position: dict[str, Any]) -> None:
    refused(lambda: chat.read(StartPosition=position), "transcript-start-position")


def test_a_start_position_at_an_unknown_item_is_refused(chat: Chat) -> None:
    refused(lambda: chat.read(StartPosition={"Id": "unknown"}), "transcript-start-exists")


# -- transfers ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def transferred(chat: Chat) -> Chat:
    """The chat after a transfer, with one more message."""
    chat.fake.transfer(chat.contact_id)
    chat.say("5")
    return chat


def test_a_transcript_goes_on_through_a_transfer(transferred: Chat) -> None:
    first, second = transferred.fake.contacts
    items = transferred.read(SortOrder="ASCENDING")["Transcript"]

    assert [name_of(item) for item in items] == [JOINED, "1", "2", "3", "4", "transfer.succeeded", "5"]
    assert [item["ContactId"] for item in items] == [first] * 6 + [second]


def test_a_transcript_can_be_of_one_contact(transferred: Chat) -> None:
    _, second = transferred.fake.contacts

    assert transferred.pages(ContactId=second) == [["5"]]
    assert transferred.pages(ContactId=transferred.contact_id, MaxResults=4) == [
        ["transfer.succeeded", "4", "3", "2"],
        ["1", JOINED],
    ]


@pytest.mark.parametrize("of", ["another chat", "nobody"])
def test_a_transcript_of_another_chat_is_empty(chat: Chat, of: str) -> None:
    other = "nobody" if of == "nobody" else chat.fake.add_contact().contact_id
    answer = chat.read(ContactId=other)
    answer.pop("ResponseMetadata")

    assert answer == {"InitialContactId": chat.contact_id, "Transcript": [], "NextToken": ""}


# -- past sessions of a persistent chat --------------------------------------------------------------------------------


@pytest.fixture
def resumed(chat: Chat, parameters: dict[str, Any]) -> Chat:
    """A persistent chat that continues from the chat above."""
    chat.fake.transfer(chat.contact_id)
    chat.say("5")
    chat.fake.stop_contact(chat.fake.contacts.last.contact_id)
    persistent = {"RehydrationType": "ENTIRE_PAST_SESSION", "SourceContactId": chat.contact_id}
    resumed = Chat(chat.fake, parameters, PersistentChat=persistent)
    resumed.say("6")
    return resumed


def test_past_sessions_follow_the_current_one_on_pages_of_their_own(resumed: Chat) -> None:
    assert resumed.pages(MaxResults=3) == [
        ["6", JOINED],
        ["chat.ended", "5", "transfer.succeeded"],
        ["4", "3", "2"],
        ["1", JOINED],
    ]


def test_past_pages_are_sorted_as_asked(resumed: Chat) -> None:
    assert resumed.pages(MaxResults=3, SortOrder="ASCENDING", ScanDirection="BACKWARD") == [
        [JOINED, "6"],
        ["transfer.succeeded", "5", "chat.ended"],
        ["2", "3", "4"],
        [JOINED, "1"],
    ]


def test_past_items_have_a_related_contact_and_current_ones_a_contact(resumed: Chat) -> None:
    first, second, third = resumed.fake.contacts
    current = resumed.read()
    past = resumed.read(NextToken=current["NextToken"])["Transcript"]

    assert {item["ContactId"] for item in current["Transcript"]} == {third}
    assert [item["RelatedContactId"] for item in past] == [second, second, *[first] * 6]
    assert not any("ContactId" in item for item in past)


@pytest.mark.parametrize("token_of", ["the first past page", "the second past page"])
@pytest.mark.parametrize(
    "members", [{"ScanDirection": "FORWARD"}, {"StartPosition": {"MostRecent": 1}}, {"ContactId": "?"}], ids=repr
)
def test_the_past_is_read_backward_and_without_filters(resumed: Chat, members: dict[str, Any], token_of: str) -> None:
    token = resumed.read()["NextToken"]
    if token_of == "the second past page":
        token = resumed.read(NextToken=token, MaxResults=1)["NextToken"]
    if "ContactId" in members:
        members = {"ContactId": resumed.contact_id}

    refused(lambda: resumed.read(NextToken=token, **members), "transcript-past")


def test_a_filter_or_a_forward_scan_does_not_lead_to_the_past(resumed: Chat) -> None:
    assert resumed.pages(ContactId=resumed.contact_id) == [["6", JOINED]]
    assert resumed.pages(**FROM_THE_START) == [["6", JOINED]]


def test_an_empty_start_position_leads_to_the_past(resumed: Chat) -> None:
    assert len(resumed.pages(StartPosition={}, ScanDirection="BACKWARD")) == 2


def test_the_past_of_a_segment_ends_with_that_segment(chat: Chat, parameters: dict[str, Any]) -> None:
    chat.fake.transfer(chat.contact_id)
    chat.say("left out")
    chat.fake.stop_contact(chat.fake.contacts.last.contact_id)
    persistent = {"RehydrationType": "FROM_SEGMENT", "SourceContactId": chat.contact_id}
    resumed = Chat(chat.fake, parameters, PersistentChat=persistent)

    assert resumed.pages() == [[JOINED], ["transfer.succeeded", "4", "3", "2", "1", JOINED]]


def test_a_chat_continued_from_a_continued_one_shows_all_earlier_ones(
    resumed: Chat, parameters: dict[str, Any]
) -> None:
    resumed.fake.stop_contact(resumed.contact_id)
    persistent = {"RehydrationType": "ENTIRE_PAST_SESSION", "SourceContactId": resumed.contact_id}
    again = Chat(resumed.fake, parameters, PersistentChat=persistent)

    assert [name for page in again.pages() for name in page if name.isdigit()] == list("654321")
