"""The scan of files: what comes of it, and how it shows."""

from __future__ import annotations

from typing import Any

import pytest
from conftest import over_all_drivers, plain_looking
from customers import TOPIC, Customer, StreamedChat

from pytest_connect_chat import FakeConnectChat
from pytest_connect_chat._service.chats.attachments import Attachment
from pytest_connect_chat.exceptions import SceneError


@pytest.fixture
def customer(connect_chat: FakeConnectChat, parameters: dict[str, Any]) -> Customer:
    return Customer(connect_chat, parameters).connect()


def status(customer: Customer) -> str | None:
    """Return the status of the only file in the transcript, `None` where there is none."""
    items = customer.participant.get_transcript(ConnectionToken=customer.token)["Transcript"]
    return next((item["Attachments"][0]["Status"] for item in items if item["Type"] == "ATTACHMENT"), None)


def download(customer: Customer) -> Any:
    (item,) = [item for item in customer.fake.contacts.last.transcript if item.attachments]
    return customer.participant.get_attachment(
        ConnectionToken=customer.token, AttachmentId=item.attachments[0].attachment_id
    )


@over_all_drivers
@pytest.mark.parametrize("verdict", ["REJECTED", "IN_PROGRESS"])
def test_a_file_that_is_not_approved_shows_its_status_and_is_not_given(customer: Customer, verdict: Any) -> None:
    customer.fake.scan_attachments_with(lambda attachment: verdict)
    customer.send_file()

    assert status(customer) == verdict
    with pytest.raises(customer.participant.exceptions.ValidationException, match=f"its scan says {verdict}"):
        download(customer)


@over_all_drivers
def test_an_approved_file_is_given(customer: Customer) -> None:
    seen: list[Attachment] = []

    def verdict(attachment: Attachment) -> Any:
        seen.append(attachment)
        return "APPROVED"

    customer.fake.scan_attachments_with(verdict)
    customer.send_file("note.txt")

    assert [(one.attachment_name, one.status, one.is_uploaded) for one in seen] == [("note.txt", "IN_PROGRESS", True)]
    assert status(customer) == "APPROVED"
    assert download(customer)["AttachmentSizeInBytes"] == 1


def test_a_scan_that_goes_on_is_asked_about_again(customer: Customer) -> None:
    customer.fake.scan_attachments_with(lambda attachment: "IN_PROGRESS")
    customer.send_file()
    sent = customer.fake.contacts.last.transcript[-1]
    customer.say("Did you get it?")
    customer.fake.scan_attachments_with(lambda attachment: "IN_PROGRESS")
    customer.fake.clock.advance(minutes=1)
    customer.fake.scan_attachments_with(lambda attachment: "APPROVED")

    scanned = customer.fake.contacts.last.transcript[-2]
    assert (scanned.id, scanned.absolute_time) == (sent.id, sent.absolute_time)
    assert scanned.attachments[0].status == "APPROVED"
    assert download(customer)["Url"]
    customer.fake.scan_attachments_with(lambda attachment: "REJECTED")
    assert status(customer) == "APPROVED"


def test_a_scan_that_goes_on_ends_where_nothing_is_scanned_any_more(customer: Customer) -> None:
    customer.fake.scan_attachments_with(lambda attachment: "IN_PROGRESS")
    customer.send_file()
    customer.fake.scan_attachments_with(None)

    assert status(customer) == "APPROVED"


def test_an_agents_scan_that_goes_on_is_asked_about_too(customer: Customer) -> None:
    grace = customer.fake.add_participant(customer.contact_id)
    grace.send_attachment("note.txt", b"17", status="IN_PROGRESS")
    customer.fake.scan_attachments_with(lambda attachment: "APPROVED")

    assert status(customer) == "APPROVED"
    assert download(customer)["Url"]


def test_nothing_of_a_scan_is_published_after_the_end(
    connect_chat: FakeConnectChat, parameters: dict[str, Any]
) -> None:
    chat = StreamedChat(connect_chat, parameters, TOPIC)
    connect_chat.add_participant(chat.contact_id).send_attachment("note.txt", b"17", status="IN_PROGRESS")
    connect_chat.stop_contact(chat.contact_id)
    before = len(connect_chat.notifications)
    connect_chat.scan_attachments_with(lambda attachment: "APPROVED")

    assert len(connect_chat.notifications) == before


def test_the_result_of_a_scan_is_published(connect_chat: FakeConnectChat, parameters: dict[str, Any]) -> None:
    chat = StreamedChat(connect_chat, parameters, TOPIC)
    customer = Customer.__new__(Customer)
    customer.participant, customer.token = chat.participant, chat.token
    connect_chat.scan_attachments_with(lambda attachment: "IN_PROGRESS")
    customer.send_file()
    connect_chat.scan_attachments_with(lambda attachment: "REJECTED")

    first, second = [item for item in chat.items if item["Type"] == "ATTACHMENT"]
    assert [item["Attachments"][0]["Status"] for item in (first, second)] == ["IN_PROGRESS", "REJECTED"]
    assert first["Id"] == second["Id"]


def test_what_a_scan_of_an_ended_chat_says_comes_to_nothing(customer: Customer) -> None:
    customer.fake.scan_attachments_with(lambda attachment: "IN_PROGRESS")
    customer.send_file()
    customer.leave()
    customer.fake.scan_attachments_with(lambda attachment: "APPROVED")
    assert customer.heard[-1] == "chat.ended"

    other = Customer(customer.fake, customer_parameters(customer)).connect()

    def verdict(attachment: Attachment) -> Any:
        other.leave()
        return "APPROVED"

    customer.fake.scan_attachments_with(verdict)
    other.send_file()
    assert [item.type for item in customer.fake.contacts.last.transcript] == ["EVENT"] * 3


def test_a_scan_is_asked_once_for_its_result(customer: Customer) -> None:
    asked: list[str] = []

    def ask(name: str, verdict: Any) -> Any:
        return lambda attachment: asked.append(name) or verdict

    def flow(chat: Any) -> None:  # runs where what is queued waits for it
        customer.fake.scan_attachments_with(ask("second", "REJECTED"))
        customer.fake.scan_attachments_with(ask("third", "REJECTED"))

    customer.fake.scan_attachments_with(ask("first", "IN_PROGRESS"))
    customer.send_file()
    customer.fake.play_flow(flow)
    customer.say("Did you get it?")

    assert asked == ["first", "third"]
    assert status(customer) == "REJECTED"


def test_a_result_after_the_end_shows_in_the_transcript(customer: Customer) -> None:
    customer.fake.scan_attachments_with(lambda attachment: "IN_PROGRESS")
    customer.send_file()
    customer.leave()
    customer.fake.scan_attachments_with(lambda attachment: "APPROVED")

    (file,) = [item for item in customer.fake.contacts.last.transcript if item.attachments]
    assert file.attachments[0].status == "APPROVED"


def test_a_scan_that_turns_out_to_be_asynchronous_is_an_error(customer: Customer) -> None:
    customer.fake.scan_attachments_with(plain_looking(coroutine))
    customer.send_file()

    assert status(customer) == "REJECTED"
    with pytest.raises(SceneError, match=r"The callable of scan_attachments_with\(\) is asynchronous"):
        customer.fake.raise_failures()


def customer_parameters(customer: Customer) -> dict[str, Any]:
    contact = customer.fake.contacts[customer.contact_id]
    place = {"InstanceId": contact.instance_id, "ContactFlowId": contact.contact_flow_id}
    return {**place, "ParticipantDetails": {"DisplayName": "Bob"}}


@pytest.mark.parametrize("wrong", ["approved", None, 7])
def test_what_is_no_verdict_rejects_the_file_and_fails_the_test(customer: Customer, wrong: Any) -> None:
    customer.fake.scan_attachments_with(lambda attachment: wrong)
    customer.send_file()

    assert status(customer) == "REJECTED"
    with pytest.raises(SceneError, match=r"returns one of APPROVED, REJECTED, IN_PROGRESS, not "):
        customer.fake.raise_failures()


def test_a_scan_that_raises_rejects_the_file(customer: Customer) -> None:
    def verdict(attachment: Attachment) -> Any:
        raise ZeroDivisionError("scanner")

    customer.fake.scan_attachments_with(verdict)
    customer.send_file()

    assert status(customer) == "REJECTED"
    with pytest.raises(ZeroDivisionError, match="scanner"):
        customer.fake.raise_failures()


async def coroutine(attachment: Attachment) -> Any: ...


@pytest.mark.parametrize("wrong", [7, "APPROVED", coroutine])
def test_what_cannot_be_asked_is_refused(connect_chat: FakeConnectChat, wrong: Any) -> None:
    with pytest.raises(SceneError, match=r"scan_attachments_with\(\) takes a plain function of an attachment, or None"):
        connect_chat.scan_attachments_with(wrong)


@pytest.mark.parametrize("verdict", ["APPROVED", "REJECTED", "IN_PROGRESS"])
def test_a_file_of_an_agent_has_the_status_that_the_test_says(customer: Customer, verdict: Any) -> None:
    customer.fake.scan_attachments_with(lambda attachment: pytest.fail("an agent's file was scanned"))
    grace = customer.fake.add_participant(customer.contact_id)
    grace.send_attachment("note.txt", b"17", status=verdict)

    assert status(customer) == verdict
    if verdict == "APPROVED":
        assert download(customer)["Url"]
    else:
        with pytest.raises(customer.participant.exceptions.ValidationException):
            download(customer)


def test_a_wrong_status_of_an_agents_file_is_an_error(customer: Customer) -> None:
    grace = customer.fake.add_participant(customer.contact_id)
    with pytest.raises(SceneError, match=r"status='SCANNED' is not valid. Valid: APPROVED, REJECTED, IN_PROGRESS"):
        grace.send_attachment("note.txt", b"17", status="SCANNED")  # type: ignore[arg-type]
