"""Callables of the test: bot replies, predicates of faults, canned answers. They run where they can do no harm."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial, wraps
from typing import Any
from unittest.mock import Mock

import pytest
from conftest import new_client, over_all_drivers, plain_looking

from pytest_connect_chat import FakeConnectChat, RecordedRequest
from pytest_connect_chat._service.chats.transcript import TranscriptItem
from pytest_connect_chat.exceptions import FaultError, SceneError

pytestmark = pytest.mark.once

PATIENCE = 20
PLAIN = ("-p", "no:faker", "-p", "no:asyncio", "-p", "no:hypothesispytest", "-p", "no:randomly")
CONNECTED = {"ConnectionTypes": ["WEBSOCKET", "CONNECTION_CREDENTIALS"]}
HELLO = {"InitialMessage": {"ContentType": "text/plain", "Content": "Hello"}}


def said(fake: FakeConnectChat) -> list[str | None]:
    return [item.content for contact in fake.contacts.values() for item in contact.transcript if item.type == "MESSAGE"]


def customer(fake: FakeConnectChat, parameters: dict[str, Any], client: Any = None) -> tuple[Any, str]:
    """Return a client of the participant service and a connection token."""
    started = (client or new_client()).start_chat_contact(**parameters)
    participant = new_client("connectparticipant")
    answer = participant.create_participant_connection(
        ParticipantToken=started["ParticipantToken"], Type=["WEBSOCKET", "CONNECTION_CREDENTIALS"]
    )
    return participant, answer["ConnectionCredentials"]["ConnectionToken"]


def send(participant: Any, token: str, content: str = "Hello") -> None:
    participant.send_message(ConnectionToken=token, ContentType="text/plain", Content=content)


# -- replies -----------------------------------------------------------------------------------------------------------


@over_all_drivers
def test_a_reply_that_raises_leaves_one_contact_for_a_client_token(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: dict[str, Any]
) -> None:
    def reply(message: TranscriptItem) -> str:
        raise ZeroDivisionError("no answer")

    connect_chat.reply_with(reply)
    members = parameters | CONNECTED | HELLO | {"ClientToken": "order-17"}
    first = connect_client.start_chat_contact(**members)
    again = connect_client.start_chat_contact(**members)

    assert first["ContactId"] == again["ContactId"]
    assert len(connect_chat.contacts) == 1
    with pytest.raises(ZeroDivisionError, match="no answer"):
        connect_chat.raise_failures()
    connect_chat.raise_failures()  # each once


def test_nothing_is_said_in_a_contact_that_a_reply_has_ended(
    connect_chat: FakeConnectChat, parameters: dict[str, Any]
) -> None:
    def reply(message: TranscriptItem) -> str:
        connect_chat.stop_contact(message.contact_id)
        return "Bye"

    connect_chat.reply_with(reply)
    send(*customer(connect_chat, parameters))

    assert said(connect_chat) == ["Hello"]
    assert connect_chat.contacts.last.disconnect_reason == "API"


@pytest.mark.in_process
@over_all_drivers
def test_a_reply_may_call_clients_and_the_fake_and_wait_for_threads_that_do(
    connect_chat: FakeConnectChat, parameters: dict[str, Any]
) -> None:
    participant, token = customer(connect_chat, parameters)
    client, pool = new_client(driver="botocore"), ThreadPoolExecutor(1)
    caller = threading.get_ident()

    def reply(message: TranscriptItem) -> str:
        client.describe_contact(InstanceId=parameters["InstanceId"], ContactId=message.contact_id)
        connect_chat.clock.advance(seconds=1)
        pool.submit(client.start_chat_contact, **parameters).result(PATIENCE)
        return f"{message.content} from {'the same' if threading.get_ident() == caller else 'another'} thread"

    connect_chat.reply_with(reply)
    with pool:
        send(participant, token)

    assert said(connect_chat) == ["Hello", "Hello from the same thread"]
    assert len(connect_chat.contacts) == 2


def test_what_a_reply_causes_is_answered_after_it(connect_chat: FakeConnectChat, parameters: dict[str, Any]) -> None:
    participant, token = customer(connect_chat, parameters)

    def reply(message: TranscriptItem) -> str:
        if message.content == "1":
            send(participant, token, "2")
        return f"to {message.content}"

    connect_chat.reply_with(reply)
    send(participant, token, "1")

    assert said(connect_chat) == ["1", "2", "to 1", "to 2"]


def test_each_call_of_many_threads_is_answered_before_it_returns(
    connect_chat: FakeConnectChat, parameters: dict[str, Any]
) -> None:
    connect_chat.reply_with(lambda message: f"to {message.content}")

    def talk(number: int) -> list[str]:
        participant, token = customer(connect_chat, parameters)
        heard = []
        for turn in range(5):
            send(participant, token, f"{number}.{turn}")
            heard.append(participant.get_transcript(ConnectionToken=token)["Transcript"][0]["Content"])
        return heard

    with ThreadPoolExecutor(8) as pool:
        heard = list(pool.map(talk, range(8)))

    assert heard == [[f"to {number}.{turn}" for turn in range(5)] for number in range(8)]


def test_messages_of_threads_in_one_chat_are_each_answered_once(
    connect_chat: FakeConnectChat, parameters: dict[str, Any]
) -> None:
    connect_chat.reply_with(lambda message: f"to {message.content}")
    participant, token = customer(connect_chat, parameters)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: send(participant, token, str(number)), range(40)))

    asked = [content for content in said(connect_chat) if content and not content.startswith("to ")]
    answered = [content for content in said(connect_chat) if content and content.startswith("to ")]
    assert sorted(map(int, asked)) == list(range(40))
    assert answered == [f"to {content}" for content in asked]


def test_an_interrupt_in_a_reply_reaches_the_caller_and_the_next_message_is_answered(
    connect_chat: FakeConnectChat, parameters: dict[str, Any]
) -> None:
    def interrupt(message: TranscriptItem) -> str:
        raise KeyboardInterrupt

    participant, token = customer(connect_chat, parameters)
    connect_chat.reply_with(interrupt)
    with pytest.raises(KeyboardInterrupt):
        send(participant, token, "1")
    connect_chat.reply_with("Hello.")
    send(participant, token, "2")

    assert said(connect_chat) == ["1", "2", "Hello."]


def test_a_failing_reply_fails_the_test_at_teardown_with_its_own_traceback(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        def reply(message):
            raise ZeroDivisionError("no answer to " + message.content)

        def open_chat(connect, participant, request):
            started = connect.start_chat_contact(**request)
            token = participant.create_participant_connection(
                ParticipantToken=started["ParticipantToken"], Type=["CONNECTION_CREDENTIALS"])
            return token["ConnectionCredentials"]["ConnectionToken"]

        def test_it(connect_chat, connect_client, connectparticipant_client, start_chat_contact_request):
            connect_chat.reply_with(reply)
            token = open_chat(connect_client, connectparticipant_client, start_chat_contact_request())
            for word in ("one", "two"):
                connectparticipant_client.send_message(ConnectionToken=token, ContentType="text/plain", Content=word)

        def test_a_test_that_fails_is_not_blamed_twice(connect_chat, connect_client, connectparticipant_client,
                                                       start_chat_contact_request):
            test_it(connect_chat, connect_client, connectparticipant_client, start_chat_contact_request)
            assert False
        """
    )
    result = pytester.runpytest(*PLAIN)

    result.assert_outcomes(passed=1, failed=1, errors=1)
    result.stdout.fnmatch_lines(
        [
            "*ERROR at teardown of test_it*",
            '>*raise ZeroDivisionError("no answer to " + message.content)',
            "E*ZeroDivisionError: no answer to one",
            "E*A further exception of such a callable followed: ZeroDivisionError: no answer to two",
        ]
    )
    result.stdout.fnmatch_lines(
        ["*test_a_test_that_fails*", "a callable of the test raised ZeroDivisionError: no answer to two at"]
    )


@pytest.mark.parametrize(
    ("planned", "said"),
    [
        (
            "connect_chat.reply_with(lambda message: 7)",
            "The callable of reply_with() returns a non-empty text, *, not 7.",
        ),
        (
            "connect_chat.play_flow(lambda chat: 'Welcome.')",
            "The flow <lambda> returned 'Welcome.', which nobody hears: *\nThe flow '<lambda>' ran in the contact *:",
        ),
    ],
    ids=["reply", "flow"],
)
def test_what_a_callable_returns_is_refused_without_a_traceback(
    pytester: pytest.Pytester, planned: str, said: str
) -> None:
    pytester.makepyfile(
        f"""
        def test_it(connect_chat, connect_client, connectparticipant_client, start_chat_contact_request):
            {planned}
            started = connect_client.start_chat_contact(**start_chat_contact_request())
            token = connectparticipant_client.create_participant_connection(
                ParticipantToken=started["ParticipantToken"], Type=["WEBSOCKET", "CONNECTION_CREDENTIALS"])
            connectparticipant_client.send_message(
                ConnectionToken=token["ConnectionCredentials"]["ConnectionToken"],
                ContentType="text/plain", Content="Hello.")
        """
    )

    result = pytester.runpytest(*PLAIN)

    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*ERROR at teardown of test_it*", *said.split("\n")], consecutive=True)
    result.stdout.no_fnmatch_line("*traceback entries are hidden*")


def test_a_mistake_in_a_flow_is_shown_at_its_line(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        def flow(chat):
            chat.update_attributes(topic=7)

        def test_it(connect_chat):
            connect_chat.play_flow(flow)
            connect_chat.add_participant(connect_chat.add_contact().contact_id)
        """
    )

    result = pytester.runpytest(*PLAIN)

    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(
        [">*chat.update_attributes(topic=7)", "E*SceneError: attributes are texts, and topic is 7."]
    )


def test_nothing_is_said_in_a_contact_that_has_expired_meanwhile(
    parameters: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    real, shift = time.time, [0.0]
    monkeypatch.setattr(time, "time", lambda: real() + shift[0])

    def reply(message: TranscriptItem) -> str:
        shift[0] += 26 * 3600
        return "too late"

    with FakeConnectChat(clock="system") as fake:
        participant, token = customer(fake, parameters)
        fake.reply_with(reply)
        send(participant, token)

        assert said(fake) == ["Hello"]
        assert fake.contacts.last.disconnect_reason == "EXPIRED"


def test_a_failure_of_the_test_in_a_reply_ends_the_test_at_once(
    connect_chat: FakeConnectChat, parameters: dict[str, Any]
) -> None:
    connect_chat.reply_with(lambda message: pytest.fail("timeout"))
    participant, token = customer(connect_chat, parameters)
    with pytest.raises(pytest.fail.Exception, match="timeout"):
        send(participant, token)
    with pytest.raises(pytest.fail.Exception, match="timeout"):  # kept too, for a thread that nobody asks
        connect_chat.raise_failures()


def test_a_coroutine_function_is_no_reply(connect_chat: FakeConnectChat) -> None:
    async def reply(message: TranscriptItem) -> str:
        return "Hello"

    with pytest.raises(
        SceneError, match=r"reply_with\(\) takes a plain function of a message, and reply is asynchronous: write def"
    ):
        connect_chat.reply_with(reply)  # type: ignore[arg-type]


# -- predicates --------------------------------------------------------------------------------------------------------


@over_all_drivers
def test_a_fault_for_one_call_is_met_once_also_where_its_predicate_calls(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: dict[str, Any]
) -> None:
    calling, other_client = [], new_client(driver="botocore")

    def predicate(request: RecordedRequest) -> bool:
        if not calling:
            calling.append(request)
            with pytest.raises(other_client.exceptions.InternalServiceException):
                other_client.start_chat_contact(**parameters)
        return True

    fault = connect_chat.faults.error("InternalServiceException", when=predicate)
    connect_client.start_chat_contact(**parameters)

    assert fault.met == 1


def test_a_predicate_may_wait_for_a_thread_that_calls(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: dict[str, Any]
) -> None:
    def predicate(request: RecordedRequest) -> bool:
        stop = {"InstanceId": parameters["InstanceId"], "ContactId": contact.contact_id}
        with ThreadPoolExecutor(1) as pool:
            pool.submit(connect_client.stop_contact, **stop).result(PATIENCE)
        return False

    contact = connect_chat.add_contact(instance_id=parameters["InstanceId"])
    connect_chat.faults.throttle(when=predicate, optional=True)
    connect_client.start_chat_contact(**parameters)

    assert not contact.is_active


def test_predicates_are_asked_in_the_order_of_the_plan_and_only_where_it_matters(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: dict[str, Any]
) -> None:
    asked: list[str] = []

    def answering(name: str, *, answer: bool) -> Any:
        return lambda request: asked.append(f"{name} at attempt {request.attempt_count + 1}") or answer

    connect_chat.faults.throttle(attempts=1, when=answering("first", answer=False), optional=True)
    connect_chat.faults.throttle(attempts=1, when=answering("second", answer=True))
    connect_chat.faults.throttle(attempts=1, when=answering("third", answer=False), optional=True)
    connect_client.start_chat_contact(**parameters)

    assert asked == [
        "first at attempt 1",
        "second at attempt 1",
        "first at attempt 2",
        "third at attempt 2",
    ]


def test_a_fault_lets_pass_as_many_as_it_should_also_before_a_predicate(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: dict[str, Any]
) -> None:
    passing = connect_chat.faults.throttle(after=2)
    connect_chat.faults.deny_access(when=lambda request: False, optional=True)
    for _ in range(2):
        connect_client.start_chat_contact(**parameters)
    with pytest.raises(connect_client.exceptions.TooManyRequestsException):
        connect_client.start_chat_contact(**parameters)

    assert passing.met == 1


# -- canned answers ----------------------------------------------------------------------------------------------------


@pytest.mark.in_process
@over_all_drivers
def test_a_canned_callable_that_fails_the_test_is_recorded(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: dict[str, Any]
) -> None:
    connect_chat.add_response("start_chat_contact", lambda request: pytest.fail("not this one"))
    with pytest.raises(pytest.fail.Exception, match="not this one"):
        connect_client.start_chat_contact(**parameters)

    assert connect_chat.requests.one().error is not None
    assert str(connect_chat.requests.one().error) == "Failed: not this one"


def test_a_matcher_of_expected_params_may_call_clients(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: dict[str, Any]
) -> None:
    class Calls:
        __hash__ = None  # type: ignore[assignment]

        def __eq__(self, other: object) -> bool:
            with ThreadPoolExecutor(1) as pool:
                pool.submit(connect_client.start_chat_contact, **parameters).result(PATIENCE)
            return True

    connect_chat.add_response("describe_contact", {}, {"InstanceId": Calls(), "ContactId": "c"})
    connect_client.describe_contact(InstanceId="i", ContactId="c")

    assert len(connect_chat.contacts) == 1


def test_an_answer_that_is_taken_while_its_expectation_is_compared_is_given_once(
    connect_chat: FakeConnectChat, connect_client: Any
) -> None:
    class Takes:
        __hash__ = None  # type: ignore[assignment]

        def __eq__(self, other: object) -> bool:
            if not taken:
                taken.append(None)
                taken.append(connect_client.describe_contact(InstanceId="i", ContactId="c")["Contact"]["Name"])
            return True

    taken: list[Any] = []
    connect_chat.add_response(
        "describe_contact", {"Contact": {"Name": "first"}}, {"InstanceId": Takes(), "ContactId": "c"}
    )
    connect_chat.add_response("describe_contact", {"Contact": {"Name": "second"}})
    answer = connect_client.describe_contact(InstanceId="i", ContactId="c")

    assert (taken[1], answer["Contact"]["Name"]) == ("first", "second")


# -- what is handed over -----------------------------------------------------------------------------------------------

HANDED_OVER: dict[str, tuple[Callable[[FakeConnectChat, Any], object], str]] = {
    "play_flow": (
        lambda fake, function: fake.play_flow(function),
        "play_flow() takes a plain function or a generator function, or None",
    ),
    "play_disconnect_flow": (
        lambda fake, function: fake.play_disconnect_flow(function),
        "play_disconnect_flow() takes a plain function or a generator function, or None",
    ),
    "reply_with": (
        lambda fake, function: fake.reply_with(function),
        "reply_with() takes a plain function of a message",
    ),
    "on_notification": (
        lambda fake, function: fake.on_notification(function),
        "on_notification() takes a plain function of a notification, or None",
    ),
    "scan_attachments_with": (
        lambda fake, function: fake.scan_attachments_with(function),
        "scan_attachments_with() takes a plain function of an attachment, or None",
    ),
    "add_response": (
        lambda fake, function: fake.add_response("list_queues", function),
        "list_queues() is answered with a dict or a plain function of the request",
    ),
    "when": (
        lambda fake, function: fake.faults.throttle(when=function),
        "when= takes members, as a dict, or a plain function of the request",
    ),
}


class AsynchronouslyCalled:
    """A callable that has to be awaited."""

    async def __call__(self, given: object) -> None: ...


class CalledWithTwo:
    """A callable of two arguments."""

    def __call__(self, event: object, context: object) -> None: ...


async def asynchronous(given: object) -> None: ...


def of_two(event: object, context: object) -> None: ...


def of_none() -> None: ...


def of_a_keyword(*, given: object) -> None: ...


@pytest.mark.parametrize(
    ("function", "problem"),
    [
        (asynchronous, "and asynchronous is asynchronous: write def"),
        (AsynchronouslyCalled(), "and AsynchronouslyCalled is asynchronous: write def"),
        (of_two, "and of_two(event, context) cannot be called with one argument."),
        (CalledWithTwo(), "and CalledWithTwo(event, context) cannot be called with one argument."),
        (of_none, "and of_none() cannot be called with one argument."),
        (of_a_keyword, "and of_a_keyword(given) cannot be called with one argument."),
    ],
    ids=lambda value: getattr(value, "__name__", None) or type(value).__name__,
)
@pytest.mark.parametrize("handed_over", HANDED_OVER)
def test_a_callable_that_cannot_be_called_is_refused_where_it_is_given(
    connect_chat: FakeConnectChat, handed_over: str, function: object, problem: str
) -> None:
    hand_over, complaint = HANDED_OVER[handed_over]
    with pytest.raises((SceneError, FaultError)) as caught:
        hand_over(connect_chat, function)

    assert str(caught.value).startswith(f"{complaint}, {problem}")
    connect_chat.assert_nothing_left()  # nothing is planned


def of_one(given: object, more: object = None, *others: object, **named: object) -> None: ...


@wraps(of_two)
def giving_the_second(given: object) -> None:
    of_two(given, None)


@pytest.mark.parametrize(
    "function",
    [of_one, giving_the_second, partial(of_two, None), [].append, Mock(), dict, type("Made", (), {"__init__": of_two})],
    ids=lambda function: getattr(function, "__name__", None) or type(function).__name__,
)
@pytest.mark.parametrize("handed_over", [name for name in HANDED_OVER if name not in ("add_response", "when")])
def test_a_callable_of_any_kind_is_taken(connect_chat: FakeConnectChat, handed_over: str, function: object) -> None:
    HANDED_OVER[handed_over][0](connect_chat, function)


def test_a_lambda_handler_for_notifications_is_told_how(connect_chat: FakeConnectChat) -> None:
    with pytest.raises(SceneError, match=r"lambda notification: handler\(notification\.lambda_event\(\), None\)\.$"):
        connect_chat.on_notification(of_two)  # type: ignore[arg-type]


def test_an_answer_that_hides_that_it_is_asynchronous_is_refused_when_it_is_asked(
    connect_chat: FakeConnectChat, parameters: dict[str, Any]
) -> None:
    connect_chat.add_response("start_chat_contact", plain_looking(asynchronous))
    with pytest.raises(
        SceneError, match=r"The callable that answers start_chat_contact\(\) is asynchronous, and nobody"
    ):
        new_client().start_chat_contact(**parameters)


def test_a_predicate_that_hides_that_it_is_asynchronous_is_refused_when_it_is_asked(
    connect_chat: FakeConnectChat, parameters: dict[str, Any]
) -> None:
    connect_chat.faults.throttle(when=plain_looking(asynchronous), optional=True)
    with pytest.raises(SceneError, match="The predicate of a fault is asynchronous, and nobody awaits it"):
        new_client().start_chat_contact(**parameters)
