"""What Connect publishes to the topics of streamed chats, and how a test receives it."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import md5
from typing import Any
from uuid import UUID

import pytest
from conftest import new_client, over_all_drivers, plain_looking
from customers import TOPIC, StreamedChat

from pytest_connect_chat import FakeConnectChat, FlowChat, Notification
from pytest_connect_chat.exceptions import SceneError

EVENT = "application/vnd.amazonaws.connect.event."
OTHER_TOPIC = "arn:aws:sns:us-east-1:123456789012:archive"


@pytest.fixture
def chat(connect_chat: FakeConnectChat, parameters: dict[str, Any]) -> StreamedChat:
    return StreamedChat(connect_chat, parameters)


def kinds(notifications: Any) -> list[str]:
    return [
        notification.item.get("Content")
        or notification.item.get("ContentType", notification.item["Type"]).removeprefix(EVENT)
        for notification in notifications
    ]


# -- the items ---------------------------------------------------------------------------------------------------------


@over_all_drivers
def test_a_message_of_an_agent_is_published_as_the_service_does(chat: StreamedChat) -> None:
    grace = chat.fake.add_participant(chat.contact_id, display_name="Grace")
    said = grace.send_message("On its way.")

    published = chat.fake.notifications.last
    assert list(published.item.items()) == [
        ("AbsoluteTime", chat.fake.clock.now().isoformat(timespec="milliseconds").replace("+00:00", "Z")),
        ("Content", "On its way."),
        ("ContentType", "text/plain"),
        ("Id", said.id),
        ("Type", "MESSAGE"),
        ("ParticipantId", grace.participant_id),
        ("DisplayName", "Grace"),
        ("ParticipantRole", "AGENT"),
        ("InitialContactId", chat.contact_id),
        ("ContactId", chat.contact_id),
    ]
    assert json.loads(published.message) == published.item
    assert list(published.attributes.items()) == [
        ("InitialContactId", chat.contact_id),
        ("ContactId", chat.contact_id),
        ("ParticipantRole", "AGENT"),
        ("InstanceId", chat.instance_id),
        ("AccountId", "123456789012"),
        ("Type", "MESSAGE"),
        ("ContentType", "text/plain"),
        ("MessageVisibility", "ALL"),
    ]
    assert (published.topic_arn, published.topic, published.contact_id) == (TOPIC, "chats", chat.contact_id)
    assert published.streaming_id == chat.streaming_id
    assert published.time == chat.fake.clock.now()
    assert UUID(published.sns_message_id).version == 4


def test_a_file_has_its_content_type_at_the_file_alone(chat: StreamedChat) -> None:
    grace = chat.fake.add_participant(chat.contact_id, display_name="Grace")
    said = grace.send_attachment("note.txt", b"17")

    item = chat.items[-1]
    assert list(item) == [
        "AbsoluteTime",
        "Attachments",
        "Id",
        "Type",
        "ParticipantId",
        "DisplayName",
        "ParticipantRole",
        "InitialContactId",
        "ContactId",
    ]
    assert item["Attachments"] == [
        {
            "AttachmentName": "note.txt",
            "ContentType": "text/plain",
            "AttachmentId": said.attachments[0].attachment_id,
            "Status": "APPROVED",
        }
    ]
    assert chat.fake.notifications.last.attributes["Type"] == "ATTACHMENT"


def test_the_end_names_no_participant(chat: StreamedChat) -> None:
    chat.fake.stop_contact(chat.contact_id)

    ended = chat.fake.notifications.last
    assert list(ended.item) == ["AbsoluteTime", "ContentType", "Id", "Type", "InitialContactId", "ContactId"]
    assert (ended.item["Type"], ended.item["ContentType"]) == ("EVENT", f"{EVENT}chat.ended")
    assert "ParticipantRole" not in ended.attributes


def test_typing_and_receipts_are_published_and_in_no_transcript(chat: StreamedChat) -> None:
    grace = chat.fake.add_participant(chat.contact_id, display_name="Grace")
    message_id = chat.say("Hello?")
    grace.send_event("typing")
    grace.send_event("message.read", message_id=message_id)

    typing, receipt = list(chat.fake.notifications)[-2:]
    assert (typing.item["Type"], typing.item["ContentType"]) == ("EVENT", f"{EVENT}typing")
    assert receipt.item == {
        "AbsoluteTime": typing.item["AbsoluteTime"],
        "ContentType": f"{EVENT}message.metadata",
        "Id": message_id,
        "Type": "MESSAGEMETADATA",
        "MessageMetadata": {
            "MessageId": message_id,
            "Receipts": [
                {"ReadTimestamp": typing.item["AbsoluteTime"], "RecipientParticipantId": grace.participant_id}
            ],
        },
    }
    assert receipt.attributes["ContactId"] == chat.contact_id


def test_a_delivered_message_says_when(chat: StreamedChat) -> None:
    grace = chat.fake.add_participant(chat.contact_id)
    grace.send_event("message.delivered", message_id=chat.say("Hello?"))

    (receipt,) = chat.items[-1]["MessageMetadata"]["Receipts"]
    assert list(receipt) == ["DeliveredTimestamp", "RecipientParticipantId"]


@over_all_drivers
def test_what_is_published_is_what_get_transcript_gives(chat: StreamedChat) -> None:
    grace = chat.fake.add_participant(chat.contact_id, display_name="Grace")
    chat.say("Hello?")
    grace.send_attachment("note.txt", b"17")
    chat.fake.transfer(chat.contact_id)
    grace.send_message("On its way.")

    answer = chat.participant.get_transcript(ConnectionToken=chat.token, SortOrder="ASCENDING", MaxResults=100)
    expected = [{**item, "InitialContactId": chat.contact_id} for item in answer["Transcript"]]
    assert chat.items == expected


# -- when --------------------------------------------------------------------------------------------------------------


@over_all_drivers
def test_nothing_is_published_before_a_streaming_has_started(
    connect_chat: FakeConnectChat, parameters: dict[str, Any]
) -> None:
    chat = StreamedChat(connect_chat, parameters, topic=None)
    chat.say("Hello?")
    assert list(connect_chat.notifications) == []

    chat.stream(TOPIC)
    chat.say("Anybody?")
    assert kinds(connect_chat.notifications) == ["Anybody?"]


@over_all_drivers
def test_nothing_is_published_after_a_streaming_has_stopped(chat: StreamedChat) -> None:
    chat.connect.stop_contact_streaming(
        InstanceId=chat.instance_id, ContactId=chat.contact_id, StreamingId=chat.streaming_id
    )
    chat.say("Hello?")

    assert kinds(chat.fake.notifications) == ["participant.joined"]


def test_the_end_is_the_last_that_is_published(chat: StreamedChat) -> None:
    grace = chat.fake.add_participant(chat.contact_id)
    grace.disconnect()
    chat.fake.clock.advance(days=8)

    assert kinds(chat.fake.notifications)[-2:] == ["participant.left", "chat.ended"]


def test_two_topics_get_it_twice(chat: StreamedChat) -> None:
    other = chat.stream(OTHER_TOPIC)
    chat.say("Hello?")

    first, second = list(chat.fake.notifications)[-2:]
    assert (first.topic_arn, second.topic_arn) == (TOPIC, OTHER_TOPIC)
    assert (first.streaming_id, second.streaming_id) == (chat.streaming_id, other)
    assert first.item == second.item
    assert first.sns_message_id != second.sns_message_id


def test_a_chat_streams_on_through_a_transfer(chat: StreamedChat) -> None:
    segment = chat.fake.transfer(chat.contact_id)
    chat.say("Are you new?")

    *_, transferred, said = chat.fake.notifications
    assert transferred.item["ContentType"] == f"{EVENT}transfer.succeeded"
    assert (said.contact_id, said.attributes["ContactId"]) == (segment.contact_id, segment.contact_id)
    assert said.attributes["InitialContactId"] == said.item["InitialContactId"] == chat.contact_id


def test_streaming_that_starts_with_the_chat_has_its_initial_message(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: dict[str, Any]
) -> None:
    members = connect_client.meta.service_model.operation_model("StartChatContact").input_shape.members
    if "ChatStreamingConfiguration" not in members:
        pytest.skip("the installed botocore has no member ChatStreamingConfiguration")
    connect_client.start_chat_contact(
        **parameters,
        InitialMessage={"ContentType": "text/plain", "Content": "Hello?"},
        ChatStreamingConfiguration={"StreamingEndpointArn": TOPIC},
    )

    assert kinds(connect_chat.notifications) == ["Hello?"]


def test_a_contact_knows_where_it_is_streamed_to(chat: StreamedChat) -> None:
    contact = chat.fake.contacts.last
    assert contact.streamings == ((chat.streaming_id, TOPIC),)
    assert (contact.streamings[0].streaming_id, contact.streamings[0].topic_arn) == (chat.streaming_id, TOPIC)
    assert repr(contact).endswith("'Ada' active, streamed to chats>")

    segment = chat.fake.transfer(chat.contact_id)
    assert (contact.streamings, segment.streamings) == ((), ((chat.streaming_id, TOPIC),))
    chat.fake.stop_contact(segment.contact_id)
    assert segment.streamings == ()


@pytest.mark.parametrize(
    ("topic", "code", "problem"),
    [
        (f"{TOPIC}.fifo", "InvalidRequestException", "is a FIFO topic; only standard topics are supported"),
        (TOPIC.replace("us-east-1", "eu-west-1"), "InvalidRequestException", "is a topic in eu-west-1; it must be in"),
        (TOPIC.replace(":sns:", ":sqs:"), "InvalidParameterException", "not the ARN of an SNS topic"),
    ],
)
def test_a_topic_that_cannot_be_streamed_to_is_refused(chat: StreamedChat, topic: str, code: str, problem: str) -> None:
    with pytest.raises(getattr(chat.connect.exceptions, code), match=problem):
        chat.stream(topic)


def test_two_runs_publish_the_same(parameters: dict[str, Any]) -> None:
    def run() -> list[Any]:
        with FakeConnectChat(seed=7, clock="2026-01-01T00:00:00Z") as fake:
            StreamedChat(fake, parameters).say("Hello?")
            return [[published.lambda_event(), published.sqs_event()] for published in fake.notifications]

    assert run() == run()


# -- the forms ---------------------------------------------------------------------------------------------------------


SNS = "https://sns.us-east-1.amazonaws.com/"


def test_the_event_of_a_lambda_that_subscribes(chat: StreamedChat) -> None:
    chat.say("Hello?")
    published = chat.fake.notifications.last

    (record,) = published.lambda_event()["Records"]
    subscription, sns = record["EventSubscriptionArn"], record["Sns"]
    assert record == {
        "EventSource": "aws:sns",
        "EventVersion": "1.0",
        "EventSubscriptionArn": subscription,
        "Sns": sns,
    }
    assert subscription.startswith(f"{TOPIC}:")
    assert sns == {
        "Type": "Notification",
        "MessageId": published.sns_message_id,
        "TopicArn": TOPIC,
        "Subject": None,
        "Message": published.message,
        "Timestamp": chat.items[-1]["AbsoluteTime"],
        "SignatureVersion": "1",
        "Signature": "EXAMPLE",
        "SigningCertUrl": f"{SNS}SimpleNotificationService-{'0' * 32}.pem",
        "UnsubscribeUrl": f"{SNS}?Action=Unsubscribe&SubscriptionArn={subscription}",
        "MessageAttributes": sns["MessageAttributes"],
    }
    assert sns["MessageAttributes"]["ParticipantRole"] == {"Type": "String", "Value": "CUSTOMER"}
    assert published.message == json.dumps(published.item, separators=(",", ":"))


def test_the_event_of_a_lambda_behind_a_queue(chat: StreamedChat) -> None:
    chat.say("Hello?")
    published = chat.fake.notifications.last

    (record,) = published.sqs_event()["Records"]
    sent = str(int(published.time.timestamp() * 1000))
    assert record == {
        "messageId": str(UUID(record["messageId"])),
        "receiptHandle": "EXAMPLE",
        "body": record["body"],
        "attributes": {
            "ApproximateReceiveCount": "1",
            "SentTimestamp": sent,
            "SenderId": "EXAMPLE",
            "ApproximateFirstReceiveTimestamp": sent,
        },
        "messageAttributes": {},
        "md5OfBody": md5(record["body"].encode(), usedforsecurity=False).hexdigest(),
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:chats",
        "awsRegion": "us-east-1",
    }
    sns = published.lambda_event()["Records"][0]["Sns"]
    assert json.loads(record["body"]) == {
        "Type": "Notification",
        "MessageId": published.sns_message_id,
        "TopicArn": TOPIC,
        "Message": published.message,
        "Timestamp": sns["Timestamp"],
        "SignatureVersion": "1",
        "Signature": "EXAMPLE",
        "SigningCertURL": sns["SigningCertUrl"],
        "UnsubscribeURL": sns["UnsubscribeUrl"],
        "MessageAttributes": sns["MessageAttributes"],
    }


def test_the_keywords_for_an_sns_client(chat: StreamedChat) -> None:
    published = chat.fake.notifications.last

    arguments = published.publish_arguments()
    assert (arguments["TopicArn"], arguments["Message"]) == (TOPIC, published.message)
    assert arguments["MessageAttributes"]["Type"] == {"DataType": "String", "StringValue": "EVENT"}
    assert len(arguments["MessageAttributes"]) == 8


def test_a_notification_is_frozen_and_gives_copies(chat: StreamedChat) -> None:
    published = chat.fake.notifications.last
    before = published.message

    with pytest.raises(AttributeError):
        published.message = "changed"  # type: ignore[misc]
    published.item["Type"] = "changed"
    published.attributes.clear()
    published.lambda_event()["Records"].clear()
    assert published.message == before
    assert published.item["Type"] == published.attributes["Type"] == "EVENT"
    assert json.dumps([published.item, published.attributes, published.lambda_event(), published.sqs_event()])
    assert isinstance(published, Notification)


def test_a_mistyped_name_of_a_notification_is_an_error(chat: StreamedChat) -> None:
    with pytest.raises(
        AttributeError, match=r"Notification has no attribute 'lambda_evnt'. Did you mean 'lambda_event'?"
    ):
        _ = chat.fake.notifications.last.lambda_evnt


# -- the log -----------------------------------------------------------------------------------------------------------


def test_the_log_is_a_sequence(chat: StreamedChat, parameters: dict[str, Any]) -> None:
    other = StreamedChat(chat.fake, parameters)
    chat.say("Hello?")
    log = chat.fake.notifications

    assert [notification.contact_id for notification in log] == [chat.contact_id, other.contact_id, chat.contact_id]
    assert log[0] is next(iter(log))
    assert list(log[1:]) == list(log)[1:]
    assert log.last is log[-1]
    assert kinds(log.of(chat.contact_id)) == ["participant.joined", "Hello?"]
    assert (
        kinds(log.of(other.contact_id))
        == kinds(log.of(other.contact_id).of(other.contact_id))
        == ["participant.joined"]
    )
    assert repr(log) == "<3 notifications>"
    assert repr(log.of(other.contact_id)) == f"<1 notification of {other.contact_id}>"
    assert repr(log.last) == "<Notification to chats: MESSAGE of CUSTOMER>"
    assert repr(log[0]) == "<Notification to chats: participant.joined of CUSTOMER>"
    assert repr(chat.fake).endswith("3 notifications>")


def test_the_log_can_be_cleared_in_whole_and_in_part(chat: StreamedChat, parameters: dict[str, Any]) -> None:
    other = StreamedChat(chat.fake, parameters)
    chat.fake.notifications.of(chat.contact_id).clear()
    assert [notification.contact_id for notification in chat.fake.notifications] == [other.contact_id]

    chat.fake.notifications.clear()
    assert len(chat.fake.notifications) == 0
    assert chat.fake.contacts[chat.contact_id].is_active


def test_a_log_without_what_is_asked_for_says_so(connect_chat: FakeConnectChat) -> None:
    contact = connect_chat.add_contact()

    with pytest.raises(
        LookupError, match=r"No notification has been published. One is published .* StartContactStreaming"
    ):
        _ = connect_chat.notifications.last
    with pytest.raises(LookupError, match=f"No notification of the contact {contact.contact_id}"):
        _ = connect_chat.notifications.of(contact.contact_id).last
    with pytest.raises(LookupError, match=r"^No contact has the id 3; of\(\) takes the contact_id of one\.$"):
        connect_chat.notifications.of(3)  # type: ignore[arg-type]
    with pytest.raises(LookupError, match="no contact has the id 'nobody'"):
        connect_chat.notifications.of("nobody")
    with pytest.raises(
        LookupError, match=f"this is the participant id of the customer of contact {contact.contact_id}"
    ):
        connect_chat.notifications.of(contact.participant_id)
    with pytest.raises(AttributeError, match="cannot be assigned"):
        connect_chat.notifications.last = None  # type: ignore[misc]


# -- the handler -------------------------------------------------------------------------------------------------------


@over_all_drivers
def test_a_handler_hears_of_all_in_order_and_may_call(chat: StreamedChat) -> None:
    heard: list[str] = []

    def handler(notification: Notification) -> None:
        heard.extend(kinds([notification]))
        if notification.item.get("Content") == "Where is my order?":
            chat.fake.add_participant(chat.contact_id, display_name="Grace").send_message("On its way.")
        if notification.item.get("Content") == "On its way.":
            new_client("connectparticipant", driver="botocore").send_message(
                ConnectionToken=chat.token, ContentType="text/plain", Content="Thanks"
            )

    chat.fake.on_notification(handler)
    chat.say("Where is my order?")

    assert heard == ["Where is my order?", "participant.joined", "On its way.", "Thanks"]
    assert kinds(chat.fake.notifications) == ["participant.joined", *heard]


def test_a_handler_is_called_without_the_lock_in_the_thread_that_caused_it(chat: StreamedChat) -> None:
    threads: list[bool] = []

    def handler(notification: Notification) -> None:
        threads.append(threading.current_thread() is threading.main_thread())
        with ThreadPoolExecutor(1) as pool:
            pool.submit(chat.fake.add_contact).result(timeout=20)

    chat.fake.on_notification(handler)
    chat.say("Hello?")
    assert threads == [True]


def test_a_handler_can_end(chat: StreamedChat) -> None:
    heard: list[Notification] = []
    chat.fake.on_notification(heard.append)
    chat.say("one")
    chat.fake.on_notification(None)
    chat.say("two")

    assert kinds(heard) == ["one"]


def test_a_handler_that_replaces_another_is_the_only_one(chat: StreamedChat) -> None:
    first: list[Notification] = []
    second: list[Notification] = []
    chat.fake.on_notification(first.append)
    chat.fake.on_notification(second.append)
    chat.say("one")

    assert (len(first), len(second)) == (0, 1)


def test_the_end_by_the_clock_reaches_a_handler_at_its_own_time(chat: StreamedChat) -> None:
    times: list[Any] = []
    chat.fake.on_notification(lambda notification: times.append(chat.fake.clock.now() - chat.fake.clock.start))
    chat.fake.clock.advance(days=3)

    assert [time.total_seconds() / 3600 for time in times] == [25]
    assert (chat.fake.clock.now() - chat.fake.clock.start).days == 3


@pytest.mark.parametrize("wrong", [7, "handler"])
def test_what_is_no_handler_is_refused(connect_chat: FakeConnectChat, wrong: Any) -> None:
    with pytest.raises(SceneError, match=r"on_notification\(\) takes a plain function of a notification, or None, not"):
        connect_chat.on_notification(wrong)


def test_a_coroutine_function_is_no_handler(connect_chat: FakeConnectChat) -> None:
    async def handler(notification: Notification) -> None: ...

    with pytest.raises(SceneError, match="takes a plain function"):
        connect_chat.on_notification(handler)


async def coroutine_handler(notification: Notification) -> None: ...


def generator_handler(notification: Notification) -> Iterator[None]:
    yield


@pytest.mark.parametrize(
    ("handler", "problem"),
    [
        (plain_looking(coroutine_handler), "is asynchronous, and nobody awaits it"),
        (plain_looking(generator_handler), "is a generator function, and nobody goes through it"),
    ],
)
def test_a_handler_that_has_run_nothing_is_an_error(chat: StreamedChat, handler: Any, problem: str) -> None:
    with pytest.raises(SceneError, match="takes a plain function"):
        chat.fake.on_notification(generator_handler)
    chat.fake.on_notification(handler)
    chat.say("Hello?")

    with pytest.raises(SceneError, match=rf"The handler of on_notification\(\) {problem}"):
        chat.fake.raise_failures()


def test_a_handler_that_echoes_into_the_chat_is_cut_off(chat: StreamedChat) -> None:
    def echo(notification: Notification) -> None:  # without leaving out what its own side has said
        if notification.item["Type"] == "MESSAGE":
            chat.say(notification.item["Content"])

    chat.fake.on_notification(echo)
    chat.say("Hello?")

    with pytest.raises(SceneError, match=r"caused itself 1,000 times over.*attributes.get\('ParticipantRole'\)"):
        chat.fake.raise_failures()
    chat.fake.on_notification(None)
    chat.say("Goodbye")
    assert kinds(chat.fake.notifications)[-1] == "Goodbye"


def test_a_handler_hears_what_a_failing_flow_has_heard(chat: StreamedChat) -> None:
    def flow(flow_chat: FlowChat) -> Iterator[None]:
        yield
        pytest.fail("the flow says so")

    heard: list[Notification] = []
    chat.fake.play_flow(flow)
    chat.fake.on_notification(heard.append)
    chat.fake.add_participant(chat.contact_id)
    with pytest.raises(pytest.fail.Exception):
        chat.say("Hello?")
    with pytest.raises(pytest.fail.Exception):  # kept too, for a thread that nobody asks
        chat.fake.raise_failures()
    chat.say("Goodbye")

    assert kinds(heard) == ["participant.joined", "Hello?", "Goodbye"]


@pytest.mark.parametrize("first", ["handler", "flow"])
def test_a_handler_sees_the_chat_before_the_flow_answers(chat: StreamedChat, first: str) -> None:
    seen: list[str | None] = []

    def flow(flow_chat: FlowChat) -> Iterator[None]:
        while True:
            yield
            flow_chat.send_message("answered")

    def handler(notification: Notification) -> None:
        seen.append(chat.fake.contacts.last.transcript[-1].content)

    for step in [first, "handler", "flow"]:
        if step == "handler":
            chat.fake.on_notification(handler)
        else:
            chat.fake.play_flow(flow)
    chat.say("asked")

    assert seen == ["asked", "answered"]


def test_a_notification_that_is_taken_for_an_event_says_what_to_pass_on(chat: StreamedChat) -> None:
    with pytest.raises(
        TypeError, match=r"A Notification is no event, and has no 'Records': .*lambda_event\(\) or sqs_event"
    ):
        _ = chat.fake.notifications.last["Records"]


def test_what_is_due_by_the_clock_of_the_system_is_published_when_somebody_looks(
    parameters: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    real, shift = time.time, [0.0]
    monkeypatch.setattr(time, "time", lambda: real() + shift[0])
    with FakeConnectChat(clock="system") as fake:
        StreamedChat(fake, parameters)
        shift[0] = 26 * 3600
        assert kinds(fake.notifications) == ["participant.joined", "chat.ended"]


def test_a_receipt_that_says_nothing_new_is_published_once(chat: StreamedChat) -> None:
    grace = chat.fake.add_participant(chat.contact_id)
    message_id = chat.say("Hello?")
    for _ in range(2):
        grace.send_event("message.read", message_id=message_id)

    assert [item["Type"] for item in chat.items].count("MESSAGEMETADATA") == 1


def test_what_a_handler_raises_fails_the_test_and_not_the_call(chat: StreamedChat) -> None:
    def handler(notification: Notification) -> None:
        raise ZeroDivisionError(notification.item["Content"])

    chat.fake.on_notification(handler)
    chat.say("one")
    chat.say("two")

    with pytest.raises(ZeroDivisionError, match="one") as caught:
        chat.fake.raise_failures()
    assert caught.value.__notes__ == [
        "The handler of on_notification() was given <Notification to chats: MESSAGE of CUSTOMER>.",
        "A further exception of such a callable followed: ZeroDivisionError: two",
    ]
    chat.fake.raise_failures()


def test_a_failing_handler_is_seen_at_teardown(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        f"""
        def outbound(event, context):
            raise KeyError(event["Records"][0]["Sns"]["MessageAttributes"]["Missing"])

        def test_it(connect_chat, connect_client):
            connect_chat.on_notification(lambda notification: outbound(notification.lambda_event(), None))
            contact = connect_chat.add_contact()
            connect_client.start_contact_streaming(
                InstanceId=contact.instance_id, ContactId=contact.contact_id,
                ChatStreamingConfiguration={{"StreamingEndpointArn": {TOPIC!r}}})
            connect_chat.add_participant(contact.contact_id, display_name="Grace").send_message("On its way.")
        """
    )
    result = pytester.runpytest("-p", "no:randomly", "-p", "no:asyncio")

    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*ERROR at teardown of test_it*", ">*raise KeyError*", "E*KeyError: 'Missing'"])
