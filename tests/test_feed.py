"""What happened, as listeners hear of it: everything, in the order of commits, after the commit."""

from __future__ import annotations

import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from conftest import new_client

from pytest_connect_chat import FakeConnectChat
from pytest_connect_chat._service.contacts.store import Happening

pytestmark = pytest.mark.once

PATIENCE = 20
EVENT = "application/vnd.amazonaws.connect.event."


@pytest.fixture
def heard(connect_chat: FakeConnectChat) -> list[Happening]:
    """What a listener hears from now on."""
    happenings: list[Happening] = []
    connect_chat._service.state.feed.listen(happenings.append)
    return happenings


def kinds(happenings: list[Happening]) -> list[str]:
    return [item.content or item.content_type.removeprefix(EVENT) for _, item, _ in happenings]


def open_chat(parameters: dict[str, Any], **members: Any) -> tuple[str, str]:
    answer = new_client().start_chat_contact(
        **parameters, ConnectionTypes=["WEBSOCKET", "CONNECTION_CREDENTIALS"], **members
    )
    return answer["ContactId"], answer["ConnectionCredentials"]["ConnectionToken"]


def test_all_that_happens_is_told_in_its_order(
    connect_chat: FakeConnectChat, parameters: dict[str, Any], heard: list[Happening]
) -> None:
    participant = new_client("connectparticipant")
    contact_id, token = open_chat(parameters, InitialMessage={"ContentType": "text/plain", "Content": "Hi"})
    grace = connect_chat.add_participant(contact_id, display_name="Grace")
    grace.send_event("typing")
    message = grace.send_message("Hello")
    receipt = f'{{"messageId": "{message.id}"}}'
    participant.send_event(ConnectionToken=token, ContentType=f"{EVENT}message.read", Content=receipt)
    participant.send_event(ConnectionToken=token, ContentType=f"{EVENT}typing")
    participant.send_event(ConnectionToken=token, ContentType=f"{EVENT}connection.acknowledged")
    connect_chat.transfer(contact_id)
    grace.disconnect()

    assert kinds(heard) == [
        "Hi",
        "participant.joined",
        "participant.joined",
        "typing",
        "Hello",
        "message.metadata",
        "typing",
        "transfer.succeeded",
        "participant.left",
        "chat.ended",
    ]
    assert [item.order for _, item, _ in heard] == sorted(item.order for _, item, _ in heard)
    metadata = heard[5].item
    assert (metadata.id, metadata.type, metadata.participant_id) == (message.id, "MESSAGEMETADATA", None)
    assert [receipt.read_timestamp for receipt in metadata.receipts] == [connect_chat.clock.now()]


def test_what_is_kept_is_what_was_told_but_typing_and_receipts(
    connect_chat: FakeConnectChat, parameters: dict[str, Any], heard: list[Happening]
) -> None:
    contact_id, _ = open_chat(parameters)
    agent = connect_chat.add_participant(contact_id)
    agent.send_event("typing")
    agent.send_message("Hello")
    connect_chat.stop_contact(contact_id)

    kept = connect_chat.contacts[contact_id].transcript
    assert [item for _, item, _ in heard if not item.content_type.endswith("typing")] == list(kept)


def test_an_end_is_told_when_the_clock_moves_and_not_when_somebody_looks(
    connect_chat: FakeConnectChat, parameters: dict[str, Any], heard: list[Happening]
) -> None:
    open_chat(parameters, ChatDurationInMinutes=120)
    open_chat(parameters, ChatDurationInMinutes=60)
    heard.clear()
    connect_chat.clock.advance(minutes=59)
    assert heard == []
    connect_chat.clock.advance(hours=25)

    assert kinds(heard) == ["chat.ended", "chat.ended"]
    ended = [item.absolute_time - connect_chat.clock.start for _, item, _ in heard]
    assert ended == [timedelta(minutes=60), timedelta(minutes=120)]


def test_listeners_hear_after_the_commit_and_may_change_the_fake(
    connect_chat: FakeConnectChat, parameters: dict[str, Any]
) -> None:
    states: list[tuple[str, bool]] = []

    def listen(happening: Happening) -> None:
        contact = connect_chat.contacts[happening.contact.contact_id]
        states.append((happening.item.content_type.removeprefix(EVENT), contact.is_active))
        if contact.is_active:
            connect_chat.stop_contact(contact.contact_id)

    connect_chat._service.state.feed.listen(listen)
    open_chat(parameters)

    assert states == [("participant.joined", True), ("chat.ended", False)]


def test_what_happened_before_a_listener_came_is_not_told(
    connect_chat: FakeConnectChat, parameters: dict[str, Any]
) -> None:
    open_chat(parameters)
    heard: list[Happening] = []
    connect_chat._service.state.feed.listen(heard.append)
    connect_chat.stop_contact(connect_chat.contacts.last.contact_id)

    assert kinds(heard) == ["chat.ended"]


def test_nothing_is_left_untold_where_threads_meet_in_chats(
    connect_chat: FakeConnectChat, heard: list[Happening]
) -> None:
    # One thread tells of two chats; while it tells of the first, another says something in that one.
    first, second = (connect_chat.add_contact().contact_id for _ in range(2))
    agents = {contact_id: connect_chat.add_participant(contact_id) for contact_id in (first, second)}
    heard.clear()
    said = threading.Event()

    def listen(happening: Happening) -> None:
        if happening.item.content == "1" and not said.is_set():
            said.set()
            thread = threading.Thread(target=agents[first].send_message, args=["2"])
            thread.start()
            thread.join(PATIENCE)

    feed = connect_chat._service.state.feed
    feed.listen(listen)
    with feed:
        agents[first].send_message("1")
        agents[second].send_message("3")

    assert kinds(heard) == ["1", "3", "2"]


def test_what_an_interrupt_has_left_is_told_first(connect_chat: FakeConnectChat) -> None:
    contact_id = connect_chat.add_contact().contact_id
    agent, heard = connect_chat.add_participant(contact_id), []

    def listen(happening: Happening) -> None:
        heard.append(happening.item.content)
        if happening.item.content == "one":
            thread = threading.Thread(target=agent.send_message, args=["two"])
            thread.start()
            thread.join(PATIENCE)
            raise KeyboardInterrupt

    connect_chat._service.state.feed.listen(listen)
    with pytest.raises(KeyboardInterrupt):
        agent.send_message("one")
    agent.send_message("three")

    assert heard == ["one", "two", "three"]


def test_what_is_said_while_the_feed_looks_for_what_is_next_is_told_after_it(
    connect_chat: FakeConnectChat, heard: list[Happening], monkeypatch: pytest.MonkeyPatch
) -> None:
    # As by a signal handler, which runs between any two steps of its thread.
    agent = connect_chat.add_participant(connect_chat.add_contact().contact_id)
    heard.clear()
    feed = connect_chat._service.state.feed
    take, said = feed._take, []

    def interrupted_take(thread: int, chats: set[str]) -> Any:
        if not said:
            said.append("two")
            agent.send_message("two")
        return take(thread, chats)

    monkeypatch.setattr(feed, "_take", interrupted_take)
    agent.send_message("one")

    assert kinds(heard) == ["one", "two"]


def test_threads_in_one_chat_are_heard_in_the_order_of_commits(connect_chat: FakeConnectChat) -> None:
    contact_id = connect_chat.add_contact().contact_id
    agent, orders = connect_chat.add_participant(contact_id), []
    connect_chat._service.state.feed.listen(lambda happening: orders.append(happening.item.order))
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(agent.send_message, map(str, range(200))))
    finally:
        sys.setswitchinterval(interval)

    assert len(orders) == 200
    assert orders == sorted(orders)


def test_what_a_thread_has_left_when_it_was_cut_off_is_told_with_what_follows(connect_chat: FakeConnectChat) -> None:
    told: list[str | None] = []
    agent = connect_chat.add_participant(connect_chat.add_contact().contact_id)

    def listen(happening: Happening) -> None:
        told.append(happening.item.content)
        if happening.item.content == "one":
            agent.send_message("two")
            pytest.fail("cut off")

    connect_chat._service.state.feed.listen(listen)
    with ThreadPoolExecutor(1) as pool:
        with pytest.raises(pytest.fail.Exception):
            pool.submit(agent.send_message, "one").result(PATIENCE)
        agent.send_message("three")
        pool.submit(agent.send_message, "four").result(PATIENCE)

    assert told == ["one", "two", "three", "four"]
    with pytest.raises(pytest.fail.Exception):
        connect_chat.raise_failures()


def test_what_was_cut_off_is_told_when_the_clock_moves_on(connect_chat: FakeConnectChat) -> None:
    told: list[str] = []
    contacts = [connect_chat.add_contact() for _ in range(3)]

    def listen(happening: Happening) -> None:
        told.append(happening.contact.contact_id)
        if len(told) == 1:
            raise KeyboardInterrupt

    connect_chat._service.state.feed.listen(listen)
    with pytest.raises(KeyboardInterrupt):
        connect_chat.clock.advance(hours=26)
    connect_chat.clock.advance(hours=1)

    assert told == [contact.contact_id for contact in contacts]


def test_what_a_thread_finds_busy_is_told_by_who_is_at_work(connect_chat: FakeConnectChat) -> None:
    told: list[tuple[str | None, bool]] = []
    agent = connect_chat.add_participant(connect_chat.add_contact().contact_id)

    def listen(happening: Happening) -> None:
        told.append((happening.item.content, threading.current_thread() is threading.main_thread()))
        if happening.item.content == "one":
            with ThreadPoolExecutor(1) as pool:
                pool.submit(agent.send_message, "two").result(PATIENCE)  # does not wait for who is at work

    connect_chat._service.state.feed.listen(listen)
    agent.send_message("one")

    assert told == [("one", True), ("two", True)]
