"""The flows that a test gives: their words, their waiting, their ends."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from conftest import new_client, over_all_drivers, plain_looking
from customers import Customer, Waiting

from pytest_connect_chat import FakeConnectChat, FlowChat
from pytest_connect_chat.exceptions import SceneError

INTERACTIVE = "application/vnd.amazonaws.connect.message.interactive"
PLAIN = ("-p", "no:asyncio", "-p", "no:xdist")


@pytest.fixture
def open_chat(connect_chat: FakeConnectChat, parameters: dict[str, Any]) -> Callable[..., Customer]:
    """Opens a chat and connects its customer."""
    return lambda **members: Customer(connect_chat, parameters, **members).connect()


def support(chat: FlowChat) -> Waiting:
    chat.send_message("Welcome. What is it about?")
    item = yield
    chat.update_attributes(topic=item.content)
    if item.content != "human":
        chat.send_message('{"templateType": "ListPicker"}', INTERACTIVE)
        if (yield timedelta(minutes=2)) is None:
            chat.send_message("Goodbye.")
            chat.disconnect()


# -- starting and hearing ----------------------------------------------------------------------------------------------


@over_all_drivers
def test_a_flow_greets_hears_and_goes_on(
    connect_chat: FakeConnectChat, parameters: dict[str, Any], open_chat: Callable[..., Customer]
) -> None:
    connect_chat.play_flow(support)
    customer = open_chat()
    assert customer.heard == ["participant.joined", "Welcome. What is it about?"]

    connect_chat.clock.advance(minutes=1)
    customer.say("human")
    contact = connect_chat.contacts.last
    assert contact.attributes == {"topic": "human"}
    place = {"InstanceId": contact.instance_id, "ContactId": contact.contact_id}
    described = new_client().describe_contact(**place)["Contact"]
    assert described["LastUpdateTimestamp"] == connect_chat.clock.now()
    assert customer.said == ["Welcome. What is it about?", "human"]
    greeting = contact.transcript[1]
    assert (greeting.participant_role, greeting.display_name) == ("SYSTEM", "SYSTEM_MESSAGE")


@over_all_drivers
def test_a_silent_customer_is_sent_away_when_the_time_is_up(
    connect_chat: FakeConnectChat, open_chat: Callable[..., Customer]
) -> None:
    connect_chat.play_flow(support)
    customer = open_chat()
    customer.say("order")
    connect_chat.clock.advance(minutes=2, seconds=-1)
    assert connect_chat.contacts.last.is_active

    connect_chat.clock.advance(seconds=1)
    assert customer.heard[-2:] == ["Goodbye.", "chat.ended"]
    assert connect_chat.contacts.last.disconnect_reason == "CONTACT_FLOW_DISCONNECT"


def test_a_customer_who_answers_in_time_is_not(
    connect_chat: FakeConnectChat, open_chat: Callable[..., Customer]
) -> None:
    connect_chat.play_flow(support)
    customer = open_chat()
    customer.say("order")
    connect_chat.clock.advance(minutes=1)
    customer.say("17")
    connect_chat.clock.advance(minutes=10)

    assert connect_chat.contacts.last.is_active
    assert customer.said[-1] == "17"


def test_a_flow_starts_once_the_customer_is_connected(
    connect_chat: FakeConnectChat, parameters: dict[str, Any]
) -> None:
    connect_chat.play_flow(lambda chat: chat.send_message("Welcome."))
    customer = Customer(connect_chat, parameters)
    connect_chat.add_participant(customer.contact_id).send_message("Nobody is here.")
    assert "Welcome." not in customer.said

    customer.connect()
    customer.connect()
    assert customer.said == ["Nobody is here.", "Welcome."]


def test_what_was_said_before_waits_for_the_flow(connect_chat: FakeConnectChat, parameters: dict[str, Any]) -> None:
    def echo(chat: FlowChat) -> Waiting:
        while True:
            item = yield
            chat.send_message(f"You said {item.content}.")

    connect_chat.play_flow(echo)
    message = {"ContentType": "text/plain", "Content": "Hello"}
    customer = Customer(connect_chat, parameters, InitialMessage=message)
    answer = customer.participant.create_participant_connection(
        ParticipantToken=customer.participant_token, Type=["CONNECTION_CREDENTIALS"]
    )
    customer.token = answer["ConnectionCredentials"]["ConnectionToken"]
    customer.say("Anybody?")
    assert customer.said == ["Hello", "Anybody?"]

    customer.connect()
    assert customer.said[2:] == ["You said Hello.", "You said Anybody?."]


@pytest.mark.parametrize("joins", ["an agent", "the customer again"])
def test_what_was_answered_before_is_not_heard_again(
    connect_chat: FakeConnectChat, open_chat: Callable[..., Customer], joins: str
) -> None:
    customer = open_chat(InitialMessage={"ContentType": "text/plain", "Content": "Hello"})
    customer.say("old")
    connect_chat.reply_with("bot")
    if joins == "an agent":
        connect_chat.add_participant(customer.contact_id)
    else:
        customer.connect()

    assert customer.said == ["Hello", "old"]


def test_each_flow_has_what_was_said_in_its_own_chat(connect_chat: FakeConnectChat, parameters: dict[str, Any]) -> None:
    def echo(chat: FlowChat) -> Waiting:
        chat.send_message(f"You said {(yield).content}.")

    connect_chat.play_flow(echo)
    messages = [{"ContentType": "text/plain", "Content": content} for content in ("Hello", "Good morning")]
    customers = [Customer(connect_chat, parameters, InitialMessage=message) for message in messages]
    for customer in reversed(customers):
        customer.connect()

    assert customers[0].heard == [
        *("Hello", "participant.joined", "You said Hello."),
        *("Good morning", "participant.joined", "You said Good morning."),
    ]


def test_a_flow_that_is_given_after_the_initial_message_has_it(
    connect_chat: FakeConnectChat, parameters: dict[str, Any]
) -> None:
    heard: list[str] = []

    def flow(chat: FlowChat) -> Waiting:
        heard.append((yield).content)

    customer = Customer(connect_chat, parameters, InitialMessage={"ContentType": "text/plain", "Content": "Hello"})
    connect_chat.play_flow(flow)
    customer.connect()

    assert heard == ["Hello"]


def test_a_flow_that_is_given_before_the_customer_connects_has_it_all(
    connect_chat: FakeConnectChat, parameters: dict[str, Any]
) -> None:
    heard: list[str] = []

    def flow(chat: FlowChat) -> Waiting:
        while True:
            heard.append((yield).content)

    message = {"ContentType": "text/plain", "Content": "Hello"}
    customer = Customer(connect_chat, parameters, InitialMessage=message)
    connect_chat.play_flow(flow)
    answer = customer.participant.create_participant_connection(
        ParticipantToken=customer.participant_token, Type=["CONNECTION_CREDENTIALS"]
    )
    customer.token = answer["ConnectionCredentials"]["ConnectionToken"]
    customer.say("Anybody?")
    customer.connect()

    assert heard == ["Hello", "Anybody?"]


def test_a_flow_hears_files_once_their_scan_has_a_result(
    connect_chat: FakeConnectChat, open_chat: Callable[..., Customer]
) -> None:
    statuses: list[str] = []

    def files(chat: FlowChat) -> Waiting:
        while True:
            item = yield
            statuses.extend(attachment.status for attachment in item.attachments)

    connect_chat.play_flow(files)
    connect_chat.scan_attachments_with(lambda attachment: "IN_PROGRESS")
    customer = open_chat()
    customer.send_file()
    assert statuses == []

    connect_chat.scan_attachments_with(lambda attachment: "REJECTED")
    connect_chat.scan_attachments_with(None)
    customer.send_file()
    assert statuses == ["REJECTED", "APPROVED"]


def test_a_flow_does_not_hear_agents_nor_itself(
    connect_chat: FakeConnectChat, open_chat: Callable[..., Customer]
) -> None:
    heard: list[str] = []

    def listen(chat: FlowChat) -> Waiting:
        chat.send_message("Welcome.")
        while True:
            heard.append((yield).content)

    connect_chat.play_flow(listen)
    customer = open_chat()
    connect_chat.add_participant(customer.contact_id).send_message("I am here.")
    customer.say("Fine")

    assert heard == ["Fine"]


def test_each_contact_has_a_flow_of_its_own(connect_chat: FakeConnectChat, open_chat: Callable[..., Customer]) -> None:
    def count(chat: FlowChat) -> Waiting:
        number = 0
        while True:
            yield
            number += 1
            chat.send_message(str(number))

    connect_chat.play_flow(count)
    ada, bob = open_chat(), open_chat()
    ada.say("a")
    ada.say("a")
    bob.say("b")

    counts = [item.content for item in connect_chat.contacts[bob.contact_id].transcript if item.content]
    assert counts == ["b", "1"]


def test_a_flow_of_one_id_comes_before_the_one_of_all(
    connect_chat: FakeConnectChat, parameters: dict[str, Any]
) -> None:
    connect_chat.play_flow(lambda chat: chat.send_message("sales"), contact_flow_id="sales")
    connect_chat.play_flow(lambda chat: chat.send_message("all"))
    for flow_id, expected in (("sales", "sales"), ("other", "all")):
        customer = Customer(connect_chat, {**parameters, "ContactFlowId": flow_id}).connect()
        assert customer.said[-1] == expected

    connect_chat.play_flow(None, contact_flow_id="sales")
    assert Customer(connect_chat, {**parameters, "ContactFlowId": "sales"}).connect().said[-1] == "all"
    connect_chat.play_flow(None)
    assert Customer(connect_chat, parameters).connect().said[-1] == "all"
    assert len(connect_chat.contacts.last.transcript) == 1


def test_a_chat_that_is_connected_already_starts_its_flow_with_what_happens_next(
    connect_chat: FakeConnectChat, open_chat: Callable[..., Customer]
) -> None:
    customer = open_chat()
    customer.say("Hello?")
    connect_chat.play_flow(support)
    assert customer.said == ["Hello?"]

    customer.say("human")
    assert customer.said == ["Hello?", "human", "Welcome. What is it about?"]
    assert connect_chat.contacts.last.attributes == {"topic": "human"}


def test_what_a_flow_cannot_take_yet_waits(connect_chat: FakeConnectChat, open_chat: Callable[..., Customer]) -> None:
    order: list[str] = []
    chats: list[Customer] = []

    def talkative(chat: FlowChat) -> Waiting:
        order.append((yield).content)
        chats[0].say("two")
        chats[0].say("three")
        order.append("busy")
        order.append((yield).content)
        order.append((yield timedelta(seconds=1)).content)

    connect_chat.play_flow(talkative)
    chats.append(open_chat())
    chats[0].say("one")

    assert order == ["one", "busy", "two", "three"]


def test_a_callable_object_is_a_flow(connect_chat: FakeConnectChat, open_chat: Callable[..., Customer]) -> None:
    class Greeting:
        def __call__(self, chat: FlowChat) -> Iterator[None]:
            chat.send_message("Welcome.")
            yield
            chat.send_message("Goodbye.")

    connect_chat.play_flow(Greeting())
    customer = open_chat()
    customer.say("Hi")
    assert customer.said == ["Welcome.", "Hi", "Goodbye."]


# -- what a flow can do ------------------------------------------------------------------------------------------------


def test_a_flow_sends_files_and_events(connect_chat: FakeConnectChat, open_chat: Callable[..., Customer]) -> None:
    def flow(chat: FlowChat) -> Waiting:
        chat.send_event("typing")
        chat.send_attachment("terms.pdf", b"%PDF")
        item = yield
        chat.send_event("message.read", message_id=item.id)

    connect_chat.play_flow(flow)
    customer = open_chat()
    customer.say("Thanks")
    _, file, message = connect_chat.contacts.last.transcript

    assert (file.participant_role, file.attachments[0].attachment_name) == ("SYSTEM", "terms.pdf")
    assert message.receipts[0].recipient_participant_id == file.participant_id


def test_a_flow_transfers_to_the_next_one(connect_chat: FakeConnectChat, open_chat: Callable[..., Customer]) -> None:
    segments: list[Any] = []

    def first(chat: FlowChat) -> Waiting:
        yield
        segments.append(chat.transfer("second"))

    def second(chat: FlowChat) -> Waiting:
        chat.send_message(f"Goes on from {chat.contact.previous_contact_id}.")
        item = yield
        chat.send_message(f"second heard {item.content}")

    connect_chat.play_flow(first)
    connect_chat.play_flow(second, contact_flow_id="second")
    customer = open_chat()
    customer.say("one")
    customer.say("two")

    assert customer.heard == [
        "participant.joined",
        "one",
        "transfer.succeeded",
        f"Goes on from {customer.contact_id}.",
        "two",
        "second heard two",
    ]
    assert segments == [connect_chat.contacts.last]
    assert connect_chat.contacts.last.initiation_method == "TRANSFER"


def test_a_transfer_by_the_test_ends_the_flow_and_starts_the_next(
    connect_chat: FakeConnectChat, open_chat: Callable[..., Customer]
) -> None:
    ended: list[str] = []

    def flow(chat: FlowChat) -> Waiting:
        try:
            chat.send_message(f"flow of {chat.contact.contact_flow_id}")
            yield
        finally:
            ended.append(chat.contact.contact_id)

    connect_chat.play_flow(flow)
    customer = open_chat()
    connect_chat.transfer(customer.contact_id, "second")

    assert ended == [customer.contact_id]
    assert customer.said[-1] == "flow of second"


@pytest.mark.parametrize(
    "end",
    [
        pytest.param(lambda fake, customer: customer.leave(), id="customer"),
        pytest.param(lambda fake, customer: fake.stop_contact(customer.contact_id), id="test"),
        pytest.param(lambda fake, customer: fake.clock.advance(days=8), id="expiry"),
    ],
)
def test_a_flow_ends_with_its_contact(
    connect_chat: FakeConnectChat, open_chat: Callable[..., Customer], end: Callable[..., None]
) -> None:
    ended: list[bool] = []

    def flow(chat: FlowChat) -> Waiting:
        try:
            yield timedelta(days=30)
        finally:
            ended.append(chat.contact.is_active)

    connect_chat.play_flow(flow)
    customer = open_chat()
    end(connect_chat, customer)

    assert ended == [False]
    assert customer.heard[-1] == "chat.ended"


def test_a_flow_whose_contact_ends_under_it_is_cut_off_there(
    connect_chat: FakeConnectChat, open_chat: Callable[..., Customer]
) -> None:
    reached: list[str] = []

    def flow(chat: FlowChat) -> Waiting:
        yield
        connect_chat.stop_contact(chat.contact.contact_id)
        reached.append("ended")
        try:
            chat.send_message("Too late.")
        except Exception:  # noqa: BLE001
            reached.append("caught")
        reached.append("after")

    connect_chat.play_flow(flow)
    open_chat().say("Hello")

    assert reached == ["ended"]
    connect_chat.raise_failures()


@pytest.mark.parametrize("how", ["disconnect", "transfer"])
def test_a_flow_that_goes_on_after_its_own_end_is_wrong(
    connect_chat: FakeConnectChat, open_chat: Callable[..., Customer], how: str
) -> None:
    def flow(chat: FlowChat) -> None:
        if chat.contact.previous_contact_id is None:
            getattr(chat, how)()
            chat.send_message("Too late.")

    connect_chat.play_flow(flow)
    open_chat()

    with pytest.raises(SceneError, match=r"The flow has ended its contact .* already, or transferred it"):
        connect_chat.raise_failures()


@pytest.mark.parametrize(
    ("act", "problem"),
    [
        (lambda chat: chat.send_message(""), "content is a non-empty text, not ''"),
        (
            lambda chat: chat.send_message("Hi", "text/html"),
            "content_type='text/html' is not valid. Valid: text/plain",
        ),
        (lambda chat: chat.send_attachment("a.exe", b"1"), "name is 'a.exe'; valid types are"),
        (lambda chat: chat.send_event("joined"), "event='joined' is not valid"),
        (lambda chat: chat.update_attributes(self=7), "attributes are texts, and self is 7"),
        (lambda chat: chat.update_attributes(tier=7), "attributes are texts, and tier is 7"),
        (lambda chat: chat.update_attributes(), "takes at least one attribute, each with a name"),
        (lambda chat: chat.update_attributes(**{"": "x"}), "at least one attribute, each with a name: topic="),
        (lambda chat: chat.update_attributes(tier="x" * 32_768), "at most 32768 are allowed"),
        (lambda chat: chat.transfer(""), "contact_flow_id='' is no flow of the contact's instance"),
    ],
)
def test_a_wrong_step_fails_the_test_and_commits_nothing(
    connect_chat: FakeConnectChat, open_chat: Callable[..., Customer], act: Callable[[FlowChat], object], problem: str
) -> None:
    connect_chat.play_flow(act)
    customer = open_chat()

    assert customer.heard == ["participant.joined"]
    assert connect_chat.contacts.last.attributes == {}
    with pytest.raises(SceneError, match=problem):
        connect_chat.raise_failures()


def test_a_mistyped_step_names_the_right_one(connect_chat: FakeConnectChat, open_chat: Callable[..., Customer]) -> None:
    connect_chat.play_flow(lambda chat: chat.send_mesage("Hi"))  # type: ignore[attr-defined]
    open_chat()

    with pytest.raises(AttributeError, match=r"FlowChat has no attribute 'send_mesage'. Did you mean 'send_message'"):
        connect_chat.raise_failures()


def test_a_chat_of_a_flow_says_which_it_is(connect_chat: FakeConnectChat, open_chat: Callable[..., Customer]) -> None:
    seen: list[str] = []
    connect_chat.play_flow(lambda chat: seen.append(repr(chat)))
    customer = open_chat()

    assert seen == [f"<FlowChat of <Contact {customer.contact_id} 'Ada' active>>"]


def test_a_flow_that_speaks_at_its_end_says_nothing_and_breaks_nothing(
    connect_chat: FakeConnectChat, open_chat: Callable[..., Customer]
) -> None:
    def flow(chat: FlowChat) -> Waiting:
        try:
            yield
        finally:
            chat.send_message("Bye")

    connect_chat.play_flow(flow)
    open_chat().leave()
    customer = open_chat()
    connect_chat.clock.advance(hours=26)

    assert connect_chat.contacts.last.disconnect_reason == "EXPIRED"
    assert "Bye" not in customer.said
    connect_chat.raise_failures()


def test_a_flow_that_does_not_end_with_its_contact_is_an_error_and_the_next_one_starts(
    connect_chat: FakeConnectChat, open_chat: Callable[..., Customer]
) -> None:
    def stubborn(chat: FlowChat) -> Waiting:
        chat.send_message(f"in {chat.contact.contact_flow_id}")
        if chat.contact.previous_contact_id is None:
            with suppress(GeneratorExit):
                yield
            yield

    connect_chat.play_flow(stubborn)
    customer = open_chat()
    connect_chat.transfer(customer.contact_id, "second")

    assert customer.said[-1] == "in second"
    with pytest.raises(RuntimeError, match="generator ignored GeneratorExit"):
        connect_chat.raise_failures()


def test_a_chat_that_a_flow_has_given_away_says_that_it_is_over(
    connect_chat: FakeConnectChat, open_chat: Callable[..., Customer]
) -> None:
    chats: list[FlowChat] = []
    connect_chat.play_flow(chats.append)
    customer = open_chat()
    chats[0].send_message("Said by the test.")
    assert customer.said == ["Said by the test."]

    customer.leave()
    with pytest.raises(
        SceneError, match=r"The contact .* of this flow is over: it ended at .* \(CUSTOMER_DISCONNECT\)"
    ):
        chats[0].send_message("Too late.")


def test_a_flow_that_speaks_in_another_chat_that_is_over_is_an_error(
    connect_chat: FakeConnectChat, open_chat: Callable[..., Customer]
) -> None:
    chats: list[FlowChat] = []

    def flow(chat: FlowChat) -> Waiting:
        chats.append(chat)
        yield
        chats[0].send_message("Too late.")

    connect_chat.play_flow(flow)
    open_chat().leave()
    open_chat().say("Hello")
    with pytest.raises(SceneError, match="of this flow is over"):
        connect_chat.raise_failures()


def test_what_a_customer_has_sent_waits_for_the_flow_after_a_transfer(
    connect_chat: FakeConnectChat, parameters: dict[str, Any]
) -> None:
    heard: list[str] = []

    def second(chat: FlowChat) -> Waiting:
        while True:
            heard.append((yield).content)

    connect_chat.play_flow(lambda chat: chat.transfer("second"))
    connect_chat.play_flow(second, contact_flow_id="second")
    message = {"ContentType": "text/plain", "Content": "Hello"}
    customer = Customer(connect_chat, parameters, InitialMessage=message).connect()
    customer.say("Anybody?")

    assert heard == ["Hello", "Anybody?"]


def test_no_message_of_many_threads_is_lost_in_transfers(
    connect_chat: FakeConnectChat, open_chat: Callable[..., Customer]
) -> None:
    heard: list[str] = []

    def flow(chat: FlowChat) -> Waiting:
        while len(heard) % 3 < 2:
            heard.append((yield).content)
        heard.append((yield).content)
        chat.transfer()

    connect_chat.play_flow(flow)
    customer = open_chat()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(customer.say, [str(number) for number in range(60)]))

    assert sorted(heard, key=int) == [str(number) for number in range(60)]
    connect_chat.raise_failures()


def test_the_result_of_a_scan_reaches_the_flow_after_a_transfer(
    connect_chat: FakeConnectChat, open_chat: Callable[..., Customer]
) -> None:
    statuses: list[str] = []

    def flow(chat: FlowChat) -> Waiting:
        while True:
            statuses.extend(attachment.status for attachment in (yield).attachments)

    connect_chat.play_flow(flow)
    connect_chat.scan_attachments_with(lambda attachment: "IN_PROGRESS")
    customer = open_chat()
    customer.send_file()
    connect_chat.transfer(customer.contact_id)
    connect_chat.scan_attachments_with(lambda attachment: "APPROVED")

    assert statuses == ["APPROVED"]


@pytest.mark.parametrize("how", ["transfer", "no wait"])
def test_a_flow_that_goes_round_in_a_circle_is_cut_off(
    connect_chat: FakeConnectChat, open_chat: Callable[..., Customer], how: str
) -> None:
    def flow(chat: FlowChat) -> Waiting:
        if how == "transfer":
            chat.transfer()
        while how == "no wait":
            yield timedelta(0)

    connect_chat.play_flow(flow)
    open_chat()

    said = {"transfer": "itself 1,000 times over, and was cut off", "no wait": "for no time at all 1,000 times"}
    with pytest.raises(SceneError, match=said[how]):
        connect_chat.raise_failures()


# -- the end of the fake -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("end", ["stop", "reset"])
def test_a_flow_that_waits_ends_with_the_fake(parameters: dict[str, Any], end: str) -> None:
    ended: list[bool] = []

    def flow(chat: FlowChat) -> Waiting:
        try:
            yield
        finally:
            chat.send_message("Bye")  # the fake is still there
            ended.append(chat.contact.is_active)

    with FakeConnectChat() as fake:
        fake.play_flow(flow)
        Customer(fake, parameters).connect()
        if end == "reset":
            fake.reset()
            assert ended == [True]

    assert ended == [True]


def test_a_flow_that_another_thread_runs_when_the_fake_ends_ends_where_it_waits_next(
    parameters: dict[str, Any],
) -> None:
    begun, ended, stopped = threading.Event(), threading.Event(), threading.Event()

    def flow(chat: FlowChat) -> Waiting:
        try:
            yield
            begun.set()
            stopped.wait(20)
            yield
        finally:
            ended.set()

    with FakeConnectChat() as fake:
        fake.play_flow(flow)
        customer = Customer(fake, parameters).connect()
        thread = threading.Thread(target=customer.say, args=["Hi"])
        thread.start()
        begun.wait(20)
    stopped.set()
    thread.join(20)

    assert ended.is_set()


def test_what_a_flow_raises_after_it_has_reset_the_fake_is_heard_of(
    connect_chat: FakeConnectChat, open_chat: Callable[..., Customer]
) -> None:
    def flow(chat: FlowChat) -> None:
        connect_chat.reset()
        raise ZeroDivisionError("after the reset")

    connect_chat.play_flow(flow)
    open_chat()
    with pytest.raises(ZeroDivisionError, match="after the reset"):
        connect_chat.raise_failures()


def test_what_a_flow_raises_at_the_end_of_the_fake_is_heard_of(parameters: dict[str, Any]) -> None:
    def flow(chat: FlowChat) -> Waiting:
        try:
            yield
        finally:
            raise ZeroDivisionError("at the end")

    def run() -> None:
        with FakeConnectChat() as fake:
            fake.play_flow(flow)
            Customer(fake, parameters).connect()

    with pytest.raises(ZeroDivisionError, match="at the end"):
        run()


def test_a_reset_forgets_no_failure(connect_chat: FakeConnectChat, open_chat: Callable[..., Customer]) -> None:
    def flow(chat: FlowChat) -> None:
        raise ZeroDivisionError("before the reset")

    connect_chat.play_flow(flow)
    open_chat()
    connect_chat.reset()

    with pytest.raises(ZeroDivisionError, match="before the reset"):
        connect_chat.raise_failures()


# -- waiting -----------------------------------------------------------------------------------------------------------


def test_waits_of_several_flows_and_expiries_happen_in_one_order(
    connect_chat: FakeConnectChat, parameters: dict[str, Any]
) -> None:
    happened: list[tuple[str, float]] = []

    def hours() -> float:
        return (connect_chat.clock.now() - connect_chat.clock.start).total_seconds() / 3600

    def patient(chat: FlowChat) -> Waiting:
        name = chat.contact.display_name
        try:
            while (yield timedelta(hours=10 if name == "Ada" else 15)) is None:
                happened.append((name, hours()))
        finally:
            happened.append((f"{name} ended", hours()))

    connect_chat.play_flow(patient)
    for name in ("Ada", "Bob"):
        Customer(
            connect_chat, {**parameters, "ParticipantDetails": {"DisplayName": name}}, ChatDurationInMinutes=25 * 60
        ).connect()
    connect_chat.clock.advance(days=3)

    assert happened == [
        ("Ada", 10),
        ("Bob", 15),
        ("Ada", 20),
        ("Ada ended", 25),
        ("Bob ended", 25),
    ]


def test_a_flow_that_would_wake_in_an_ended_contact_ends(
    connect_chat: FakeConnectChat, open_chat: Callable[..., Customer]
) -> None:
    def flow(chat: FlowChat) -> Waiting:
        yield timedelta(minutes=2)
        chat.send_message("Too late.")

    connect_chat.play_flow(flow)
    customer = open_chat()
    with connect_chat._service.state.feed:  # as a thread that ends it before the flow has come to its turn
        connect_chat.clock.advance(minutes=2)
        connect_chat.stop_contact(customer.contact_id)

    assert customer.said == []
    connect_chat.raise_failures()


def test_what_a_flow_says_when_its_time_is_up_has_that_time(
    connect_chat: FakeConnectChat, open_chat: Callable[..., Customer]
) -> None:
    def flow(chat: FlowChat) -> Waiting:
        yield timedelta(minutes=2)
        chat.send_message("Still there?")
        yield timedelta(microseconds=1)
        chat.send_message("Goodbye.")

    connect_chat.play_flow(flow)
    open_chat()
    connect_chat.clock.advance(hours=1)

    times = [item.absolute_time - connect_chat.clock.start for item in connect_chat.contacts.last.transcript]
    assert times[1:] == [timedelta(minutes=2), timedelta(minutes=2, milliseconds=1)]


def test_back_off_wakes_a_flow_too(
    connect_chat: FakeConnectChat, parameters: dict[str, Any], open_chat: Callable[..., Customer]
) -> None:
    def flow(chat: FlowChat) -> Waiting:
        yield timedelta(milliseconds=1)
        chat.send_message("Still there?")

    connect_chat.play_flow(flow)
    customer = open_chat()
    connect_chat.faults.throttle(attempts=2, operation="DescribeContact")
    new_client().describe_contact(InstanceId=parameters["InstanceId"], ContactId=customer.contact_id)

    assert customer.said == ["Still there?"]


def test_a_wait_that_is_longer_than_the_chat_ends_with_it(
    connect_chat: FakeConnectChat, open_chat: Callable[..., Customer]
) -> None:
    def flow(chat: FlowChat) -> Waiting:
        yield timedelta.max
        chat.send_message("Too late.")

    connect_chat.play_flow(flow)
    customer = open_chat()
    connect_chat.clock.advance(days=2)
    assert customer.heard == ["participant.joined", "chat.ended"]


def test_no_time_at_all_is_no_wait(connect_chat: FakeConnectChat, open_chat: Callable[..., Customer]) -> None:
    def flow(chat: FlowChat) -> Waiting:
        chat.send_message(repr((yield timedelta(0))))
        item = yield
        chat.send_message(item.content)

    connect_chat.play_flow(flow)
    customer = open_chat()
    customer.say("Hi")
    assert customer.said == ["None", "Hi", "Hi"]


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        (5, "5: write timedelta"),
        ("2 minutes", r"'2 minutes'; chat.send_message\(\) says something"),
        (timedelta(seconds=-1), "-1 seconds, which is negative"),
        ([], r"\[\]"),
    ],
)
def test_what_is_no_wait_is_an_error_at_its_line(
    connect_chat: FakeConnectChat, open_chat: Callable[..., Customer], wrong: Any, problem: str
) -> None:
    def flow(chat: FlowChat) -> Waiting:
        yield wrong

    connect_chat.play_flow(flow)
    open_chat()

    with pytest.raises(SceneError, match=f"how long it waits at most as a timedelta, not {problem}") as caught:
        connect_chat.raise_failures()
    assert caught.traceback[-1].name == "flow"


def test_a_flow_that_corrects_its_wait_goes_on(
    connect_chat: FakeConnectChat, open_chat: Callable[..., Customer]
) -> None:
    def flow(chat: FlowChat) -> Waiting:
        try:
            yield 5  # type: ignore[misc]
        except SceneError:
            chat.send_message("corrected")
            yield

    connect_chat.play_flow(flow)
    assert open_chat().said == ["corrected"]
    connect_chat.raise_failures()


def test_with_the_clock_of_the_system_a_wait_ends_when_the_fake_is_used_next(
    parameters: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    real, shift = time.time, [0.0]
    monkeypatch.setattr(time, "time", lambda: real() + shift[0])
    with FakeConnectChat(clock="system") as fake:
        fake.play_flow(support)
        customer = Customer(fake, parameters).connect()
        customer.say("order")
        shift[0] = 30 * 3600  # past the wait, and past the end of the chat

        assert fake.contacts.last.disconnect_reason == "CONTACT_FLOW_DISCONNECT"
        assert customer.said[-1] == "Goodbye."


def test_with_the_clock_of_the_system_a_flow_wakes_before_what_comes_later(
    parameters: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def nag(chat: FlowChat) -> Waiting:
        while (yield timedelta(minutes=1)) is None:
            chat.send_message("Still there?")

    real, shift = time.time, [0.0]
    monkeypatch.setattr(time, "time", lambda: real() + shift[0])
    with FakeConnectChat(clock="system") as fake:
        fake.play_flow(nag)
        customer = Customer(fake, parameters).connect()
        agent = fake.add_participant(customer.contact_id)
        shift[0] = 5 * 60 + 1
        agent.send_message("I am here.")
        assert customer.said == ["Still there?"] * 5 + ["I am here."]

        shift[0] += 60
        assert fake.journal().count("has heard nothing") == 6


# -- threads -----------------------------------------------------------------------------------------------------------


def test_messages_of_many_threads_reach_a_flow_one_at_a_time(
    connect_chat: FakeConnectChat, open_chat: Callable[..., Customer]
) -> None:
    inside, counts = threading.Lock(), [0]

    def flow(chat: FlowChat) -> Waiting:
        while True:
            yield
            assert inside.acquire(blocking=False)
            counts[0] += 1
            chat.send_message(str(counts[0]))
            inside.release()

    connect_chat.play_flow(flow)
    customer = open_chat()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(customer.say, [f"message {number}" for number in range(40)]))

    connect_chat.raise_failures()
    assert [word for word in customer.said if word.isdigit()] == [str(number) for number in range(1, 41)]


def test_flows_of_chats_in_many_threads_are_each_answered_before_the_call_returns(
    connect_chat: FakeConnectChat, parameters: dict[str, Any]
) -> None:
    connect_chat.play_flow(support)

    def talk(number: int) -> str | None:
        customer = Customer(connect_chat, parameters).connect()
        customer.say(f"human {number}")
        contact = connect_chat.contacts[customer.contact_id]
        assert contact.attributes == {"topic": f"human {number}"}
        return contact.transcript[-1].content

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(talk, range(16))) == {'{"templateType": "ListPicker"}'}


def test_two_runs_say_the_same(parameters: dict[str, Any]) -> None:
    def run() -> list[Any]:
        with FakeConnectChat(seed=7, clock="2026-01-01T00:00:00Z") as fake:
            fake.play_flow(support)
            Customer(fake, parameters).connect().say("order")
            fake.clock.advance(minutes=5)
            return list(fake.contacts.last.transcript)

    assert run() == run()


# -- the short form ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("Hello", [("Hello", "text/plain")]),
        (("{}", INTERACTIVE), [("{}", INTERACTIVE)]),
        (
            ["One moment.", ("**Hello**", "text/markdown")],
            [("One moment.", "text/plain"), ("**Hello**", "text/markdown")],
        ),
    ],
)
def test_a_reply_has_several_forms(
    connect_chat: FakeConnectChat, open_chat: Callable[..., Customer], reply: Any, expected: list[tuple[str, str]]
) -> None:
    customer = open_chat()
    for form in (reply, lambda item: reply):
        connect_chat.reply_with(form)
        customer.say("Hi")
        said = connect_chat.contacts.last.transcript[-len(expected) :]
        assert [(item.content, item.content_type) for item in said] == expected


@pytest.mark.parametrize("reply", [("Hi", "text/html"), ["Hi", 7], ["Hi", ("Hello", "text/html")], []])
def test_a_reply_that_is_wrong_in_part_says_nothing(
    connect_chat: FakeConnectChat, open_chat: Callable[..., Customer], reply: Any
) -> None:
    customer = open_chat()
    with pytest.raises(SceneError, match=r"reply_with\(\) takes a non-empty text, a pair of a text and its content"):
        connect_chat.reply_with(reply)
    connect_chat.reply_with(lambda item: reply)
    customer.say("Hi")

    assert customer.said == ["Hi"]
    with pytest.raises(SceneError, match=r"The callable of reply_with\(\) returns a non-empty text"):
        connect_chat.raise_failures()


def test_a_file_gets_no_reply(connect_chat: FakeConnectChat, open_chat: Callable[..., Customer]) -> None:
    connect_chat.reply_with("One moment, please.")
    customer = open_chat()
    customer.send_file()

    assert customer.said == []


def test_a_reply_of_another_content_type_is_told_which_there_are(connect_chat: FakeConnectChat) -> None:
    with pytest.raises(SceneError, match=r"Content types are text/plain, text/markdown, application/json, "):
        connect_chat.reply_with(("<p>Hello</p>", "text/html"))


def test_a_reply_answers_what_no_flow_takes(connect_chat: FakeConnectChat, parameters: dict[str, Any]) -> None:
    connect_chat.play_flow(support, contact_flow_id="support")
    connect_chat.play_flow(lambda chat: chat.send_message("Welcome."), contact_flow_id="greeting")
    connect_chat.reply_with("One moment, please.")
    message = {"ContentType": "text/plain", "Content": "human"}

    def said(flow_id: str) -> list[str | None]:
        customer = Customer(connect_chat, {**parameters, "ContactFlowId": flow_id}, InitialMessage=message).connect()
        customer.say("Hello?")
        transcript = connect_chat.contacts.last.transcript
        return [item.content for item in transcript if item.participant_role == "SYSTEM"]

    assert said("support") == ["Welcome. What is it about?", "One moment, please."]
    assert said("greeting") == ["Welcome.", "One moment, please.", "One moment, please."]
    assert said("none") == ["One moment, please.", "One moment, please."]


def test_a_flow_that_has_not_started_leaves_nothing_to_the_reply(
    connect_chat: FakeConnectChat, parameters: dict[str, Any]
) -> None:
    connect_chat.play_flow(support)
    connect_chat.reply_with("One moment, please.")
    customer = Customer(connect_chat, parameters)
    answer = customer.participant.create_participant_connection(
        ParticipantToken=customer.participant_token, Type=["CONNECTION_CREDENTIALS"]
    )
    customer.token = answer["ConnectionCredentials"]["ConnectionToken"]
    customer.say("Anybody?")

    assert customer.said == ["Anybody?"]


# -- mistakes ----------------------------------------------------------------------------------------------------------


async def coroutine_flow(chat: FlowChat) -> None: ...


async def async_generator_flow(chat: FlowChat) -> Any:
    yield


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (lambda: 7, "not 7"),
        (lambda: support(None), "not <generator object .* It was called already: give the function itself"),  # type: ignore[arg-type]
        (lambda: coroutine_flow(None), "not <coroutine object .* It was called already"),  # type: ignore[arg-type]
        (lambda: coroutine_flow, "and coroutine_flow is asynchronous: write def, and yield where it waits"),
        (lambda: async_generator_flow, "and async_generator_flow is asynchronous: write def"),
    ],
)
@pytest.mark.parametrize("method", ["play_flow", "play_disconnect_flow"])
def test_what_is_no_flow_is_refused(
    connect_chat: FakeConnectChat, method: str, make: Callable[[], Any], problem: str
) -> None:
    takes = rf"{method}\(\) takes a plain function or a generator function, or None, {problem}"
    with pytest.raises(SceneError, match=takes):
        getattr(connect_chat, method)(make())


@pytest.mark.parametrize("flow", [lambda chat: "Welcome.", lambda chat: ["Welcome."]], ids=["text", "list"])
def test_what_a_flow_returns_is_heard_by_nobody(
    connect_chat: FakeConnectChat, open_chat: Callable[..., Customer], flow: Any
) -> None:
    connect_chat.play_flow(flow)
    open_chat()
    with pytest.raises(SceneError, match=r"returned .*Welcome.*, which nobody hears: chat.send_message\(\) says"):
        connect_chat.raise_failures()


@pytest.mark.parametrize("flow", [coroutine_flow, async_generator_flow])
def test_a_flow_that_turns_out_to_be_asynchronous_is_an_error(
    connect_chat: FakeConnectChat, open_chat: Callable[..., Customer], flow: Any
) -> None:
    connect_chat.play_flow(plain_looking(flow))
    open_chat()

    with pytest.raises(SceneError, match="The flow call is asynchronous, and nobody awaits it: give a plain"):
        connect_chat.raise_failures()


@pytest.mark.parametrize("wrong", ["", 7])
def test_a_flow_id_is_a_text(connect_chat: FakeConnectChat, wrong: Any) -> None:
    with pytest.raises(SceneError, match="contact_flow_id is a non-empty text, not"):
        connect_chat.play_flow(support, contact_flow_id=wrong)


def test_a_flow_is_played_for_a_declared_id(connect_chat: FakeConnectChat) -> None:
    connect_chat.add_instance("i", ["sales"])
    connect_chat.add_instance("j", {"support": "Support"})

    with pytest.raises(SceneError, match=r"contact_flow_id='suport' is no declared flow. Valid: sales, support"):
        connect_chat.play_flow(support, contact_flow_id="suport")
    connect_chat.play_flow(support, contact_flow_id="support")


def test_a_reply_that_turns_out_to_be_asynchronous_is_an_error(
    connect_chat: FakeConnectChat, open_chat: Callable[..., Customer]
) -> None:
    connect_chat.reply_with(plain_looking(coroutine_flow))
    open_chat().say("Hi")
    with pytest.raises(SceneError, match=r"The callable of reply_with\(\) is asynchronous, and nobody awaits it"):
        connect_chat.raise_failures()


def test_an_interrupt_in_a_flow_reaches_the_caller(
    connect_chat: FakeConnectChat, open_chat: Callable[..., Customer]
) -> None:
    def flow(chat: FlowChat) -> Waiting:
        yield
        pytest.fail("the flow says so")

    connect_chat.play_flow(flow)
    customer = open_chat()
    with pytest.raises(pytest.fail.Exception, match="the flow says so"):
        customer.say("Hi")
    with pytest.raises(pytest.fail.Exception, match="the flow says so"):
        connect_chat.raise_failures()
    customer.say("Hi again")
    assert customer.said == ["Hi", "Hi again"]


def test_a_flow_that_fails_while_it_ends_is_heard_of(
    connect_chat: FakeConnectChat, open_chat: Callable[..., Customer]
) -> None:
    def flow(chat: FlowChat) -> Waiting:
        try:
            yield
        finally:
            raise ZeroDivisionError("in its end")

    connect_chat.play_flow(flow)
    open_chat().leave()
    with pytest.raises(ZeroDivisionError, match="in its end"):
        connect_chat.raise_failures()


def test_what_a_flow_raises_fails_the_test_once_with_its_line_and_its_story(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        def support(chat):
            chat.send_message("Welcome.")
            while True:
                item = yield
                chat.send_message(f"{item.content}?")
                assert item.content != "refund", "nobody planned for that"

        def test_it(connect_chat, connect_client, connectparticipant_client, start_chat_contact_request):
            connect_chat.play_flow(support)
            started = connect_client.start_chat_contact(**start_chat_contact_request())
            token = connectparticipant_client.create_participant_connection(
                ParticipantToken=started["ParticipantToken"], Type=["WEBSOCKET", "CONNECTION_CREDENTIALS"]
            )["ConnectionCredentials"]["ConnectionToken"]
            upload = connectparticipant_client.start_attachment_upload(
                ConnectionToken=token, AttachmentName="a.txt", AttachmentSizeInBytes=1, ContentType="text/plain")
            connectparticipant_client.complete_attachment_upload(
                ConnectionToken=token, AttachmentIds=[upload["AttachmentId"]])
            for word in ["order"] * 3 + ["refund", "again"]:
                connectparticipant_client.send_message(ConnectionToken=token, ContentType="text/plain", Content=word)
        """
    )
    result = pytester.runpytest(*PLAIN)

    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(
        [
            "*ERROR at teardown of test_it*",
            '>*assert item.content != "refund", "nobody planned for that"',
            "E*AssertionError: nobody planned for that",
            "E*The flow 'support' ran in the contact ????????-*",
            "E*... 2 before ...",
            "E*+0.000s CUSTOMER *: a.txt (APPROVED)",
            "E*+0.000s CUSTOMER *: 'refund'",
            "E*+0.000s SYSTEM 'SYSTEM_MESSAGE': 'refund?'",
        ]
    )
    assert not re.search(r"flow_run\.py|flows\.py|def connect_chat", result.stdout.str())
