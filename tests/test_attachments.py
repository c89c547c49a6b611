"""Attachments: announced, uploaded by the test itself, completed, read."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError
from conftest import kind

from pytest_connect_chat import FakeConnectChat
from pytest_connect_chat.exceptions import SceneError

NOON = "2026-01-01T12:00:00Z"
FILE = {"ContentType": "application/pdf", "AttachmentSizeInBytes": 5, "AttachmentName": "invoice.pdf"}
MEGABYTES_20 = 20 * 1024 * 1024


class Chat:
    """A connected chat as the customer's side sees it."""

    def __init__(self, fake: FakeConnectChat, parameters: dict[str, Any]) -> None:
        self.fake = fake
        self.client = fake.client("connectparticipant")
        token = fake.client().start_chat_contact(**parameters)["ParticipantToken"]
        self.token = self.connect(token)

    def connect(self, participant_token: str) -> str:
        answer = self.client.create_participant_connection(
            ParticipantToken=participant_token, Type=["WEBSOCKET", "CONNECTION_CREDENTIALS"]
        )
        return str(answer["ConnectionCredentials"]["ConnectionToken"])

    def start(self, **members: Any) -> Any:
        return self.client.start_attachment_upload(ConnectionToken=self.token, **FILE | members)

    def complete(self, attachment_id: str, **members: Any) -> Any:
        return self.client.complete_attachment_upload(
            ConnectionToken=self.token, AttachmentIds=[attachment_id], **members
        )

    def get(self, attachment_id: str, **members: Any) -> Any:
        return self.client.get_attachment(**{"ConnectionToken": self.token} | members, AttachmentId=attachment_id)

    def send(self) -> str:
        """Send a file, and return the attachment's id."""
        attachment_id: str = self.start()["AttachmentId"]
        self.complete(attachment_id)
        return attachment_id


@pytest.fixture
def chat(connect_chat: FakeConnectChat, parameters: dict[str, Any]) -> Chat:
    return Chat(connect_chat, parameters)


@pytest.mark.connect_chat(clock=NOON)
def test_an_upload_says_where_to_and_how(chat: Chat) -> None:
    answer = chat.start()
    upload = answer["UploadMetadata"]

    assert len(answer["AttachmentId"]) == 36
    url = urlsplit(upload["Url"])
    assert (url.scheme, url.path) == ("https", f"/chat/{answer['AttachmentId']}")
    assert (url.hostname or "").endswith(".s3.us-east-1.amazonaws.com")
    assert "X-Amz-Signature=" in upload["Url"]
    assert upload["UrlExpiry"] == "2026-01-01T12:15:00Z"
    assert upload["HeadersToInclude"] == {
        "x-amz-meta-contact_id": chat.fake.contacts.last.contact_id,
        "x-amz-meta-initial_contact_id": chat.fake.contacts.last.contact_id,
        "x-amz-meta-account_id": "123456789012",
        "x-amz-meta-organization_id": chat.fake.contacts.last.instance_id,
        "x-amz-acl": "bucket-owner-full-control",
        "Content-Disposition": 'attachment; filename="invoice.pdf"',
        "Content-Length": "5",
        "Content-Type": "application/pdf",
    }


def test_a_test_serves_the_upload_itself(chat: Chat) -> None:
    requests = pytest.importorskip("requests")
    responses = pytest.importorskip("responses")
    answer = chat.start()
    upload = answer["UploadMetadata"]
    with responses.RequestsMock() as s3:
        s3.put(upload["Url"])
        requests.put(upload["Url"], data=b"%PDF-", headers=upload["HeadersToInclude"], timeout=1).raise_for_status()
        sent = s3.calls[0].request
    chat.complete(answer["AttachmentId"])

    assert (sent.body, sent.headers["Content-Type"]) == (b"%PDF-", "application/pdf")
    assert chat.get(answer["AttachmentId"])["AttachmentSizeInBytes"] == 5


def test_a_completed_upload_is_an_item_of_the_transcript(chat: Chat) -> None:
    attachment_id = chat.send()
    item = chat.client.get_transcript(ConnectionToken=chat.token)["Transcript"][0]

    assert item["Type"] == "ATTACHMENT"
    assert item["ParticipantRole"] == "CUSTOMER"
    assert item["Attachments"] == [
        {
            "AttachmentId": attachment_id,
            "AttachmentName": "invoice.pdf",
            "ContentType": "application/pdf",
            "Status": "APPROVED",
        }
    ]
    assert "Content" not in item
    (attachment,) = chat.fake.contacts.last.transcript[-1].attachments
    assert (attachment.attachment_id, attachment.size_in_bytes) == (attachment_id, 5)


def test_an_upload_that_is_not_completed_is_no_item(chat: Chat) -> None:
    chat.start()

    assert [kind(item) for item in chat.fake.contacts.last.transcript] == ["participant.joined"]


@pytest.mark.connect_chat(clock=NOON)
@pytest.mark.parametrize(
    ("members", "expiry"),
    [({}, "2026-01-01T12:05:00Z"), ({"UrlExpiryInSeconds": 5}, "2026-01-01T12:00:05Z")],
)
def test_an_attachment_can_be_read_for_a_while(chat: Chat, members: dict[str, Any], expiry: str) -> None:
    attachment_id = chat.send()
    answer = chat.get(attachment_id, **members)

    assert answer["Url"].startswith("https://")
    assert attachment_id in answer["Url"]
    assert answer["UrlExpiry"] == expiry
    assert answer["AttachmentSizeInBytes"] == 5


def test_an_attachment_survives_a_transfer(chat: Chat) -> None:
    attachment_id = chat.send()
    chat.fake.transfer(chat.fake.contacts.last.contact_id)

    assert chat.get(attachment_id)["AttachmentSizeInBytes"] == 5


def test_the_attachments_of_another_chat_are_unknown(chat: Chat, parameters: dict[str, Any]) -> None:
    attachment_id = chat.send()
    other = Chat(chat.fake, parameters)

    for call in (other.get, other.complete):
        with pytest.raises(other.client.exceptions.ValidationException):
            call(attachment_id)


def test_a_custom_bot_may_send_files_and_not_read_them(chat: Chat, parameters: dict[str, Any]) -> None:
    bot = chat.fake.client().create_participant(
        InstanceId=parameters["InstanceId"],
        ContactId=chat.fake.contacts.last.contact_id,
        ParticipantDetails={"ParticipantRole": "CUSTOM_BOT", "DisplayName": "Bot"},
    )
    customers_token, chat.token = chat.token, chat.connect(bot["ParticipantCredentials"]["ParticipantToken"])
    attachment_id = chat.send()

    with pytest.raises(chat.client.exceptions.AccessDeniedException, match="rule attachment-reader"):
        chat.get(attachment_id)
    assert chat.get(attachment_id, ConnectionToken=customers_token)["AttachmentSizeInBytes"] == 5
    assert chat.fake.contacts.last.transcript[-1].display_name == "Bot"


def test_a_chat_has_35_attachments(chat: Chat) -> None:
    for _ in range(35):
        chat.start()

    with pytest.raises(ClientError, match="rule attachments-per-chat") as caught:
        chat.start()
    assert type(caught.value).__name__ == "ServiceQuotaExceededException"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 402


def test_an_attachment_has_20_megabytes(chat: Chat) -> None:
    chat.start(AttachmentSizeInBytes=MEGABYTES_20)

    with pytest.raises(chat.client.exceptions.ValidationException, match="rule attachment-size"):
        chat.start(AttachmentSizeInBytes=MEGABYTES_20 + 1)


def test_an_upload_is_completed_once(chat: Chat) -> None:
    attachment_id = chat.send()

    with pytest.raises(chat.client.exceptions.ConflictException, match="rule completed-attachment-pending"):
        chat.complete(attachment_id)


def test_a_repeated_request_is_answered_as_before(chat: Chat) -> None:
    first, again = (chat.start(ClientToken="a") for _ in range(2))
    assert again["AttachmentId"] == first["AttachmentId"]
    assert again["UploadMetadata"] == first["UploadMetadata"]

    for _ in range(2):
        chat.complete(first["AttachmentId"], ClientToken="b")
    assert [kind(item) for item in chat.fake.contacts.last.transcript] == ["participant.joined", "ATTACHMENT"]


def test_lost_responses_of_an_upload_are_survived(chat: Chat) -> None:
    for operation in ("StartAttachmentUpload", "CompleteAttachmentUpload"):
        chat.fake.faults.lose_response(attempts=1, operation=operation)
    chat.send()

    assert [kind(item) for item in chat.fake.contacts.last.transcript] == ["participant.joined", "ATTACHMENT"]


@pytest.mark.parametrize("name", ["order.txt", "order 17.pdf", 'a "quoted" name.csv'])
def test_the_headers_of_an_upload_name_the_file_after_a_transfer_too(chat: Chat, name: str) -> None:
    first = chat.fake.contacts.last.contact_id
    second = chat.fake.transfer(first).contact_id
    headers = chat.start(AttachmentName=name)["UploadMetadata"]["HeadersToInclude"]

    shown = name.replace('"', "%22")
    assert headers["Content-Disposition"] == f'attachment; filename="{shown}"'
    assert (headers["x-amz-meta-contact_id"], headers["x-amz-meta-initial_contact_id"]) == (second, first)


def test_file_types_can_be_those_of_another_instance(chat: Chat) -> None:
    refusal = r"AttachmentName is 'a.svg'; valid types are csv, doc"
    with pytest.raises(chat.client.exceptions.ValidationException, match=refusal):
        chat.start(AttachmentName="a.svg")

    chat.fake.rules["attachment-type"].disable()
    assert chat.start(AttachmentName="a.svg")["AttachmentId"]


def test_an_agent_sends_a_file_that_the_customer_can_read(chat: Chat) -> None:
    grace = chat.fake.add_participant(chat.fake.contacts.last.contact_id, "AGENT", "Grace")

    item = grace.send_attachment("Receipt.PDF", b"%PDF-")

    (attachment,) = item.attachments
    assert attachment.content == b"%PDF-"
    assert (attachment.size_in_bytes, attachment.content_type) == (5, "application/pdf")
    assert chat.get(attachment.attachment_id)["AttachmentSizeInBytes"] == 5
    shown = chat.client.get_transcript(ConnectionToken=chat.token)["Transcript"]
    (file,) = [one for one in shown if one["Type"] == "ATTACHMENT"]
    assert file["ParticipantRole"] == "AGENT"
    assert "ContentType" not in file  # it stands at the attachment
    assert file["Attachments"] == [
        {
            "AttachmentId": attachment.attachment_id,
            "AttachmentName": "Receipt.PDF",
            "ContentType": "application/pdf",
            "Status": "APPROVED",
        }
    ]


def test_an_agents_file_has_the_type_that_the_test_says(chat: Chat) -> None:
    grace = chat.fake.add_participant(chat.fake.contacts.last.contact_id, "AGENT", "Grace")

    assert grace.send_attachment("a.txt", b"a", "text/x-log").content_type == "text/x-log"
    assert grace.send_attachment("a.jfif", b"a").attachments[0].content_type


def test_the_files_of_all_participants_count(chat: Chat) -> None:
    grace = chat.fake.add_participant(chat.fake.contacts.last.contact_id, "AGENT", "Grace")
    for _ in range(34):
        grace.send_attachment("a.txt", b"a")
    chat.send()

    with pytest.raises(SceneError, match="The chat has 35 attachments, and takes no more"):
        grace.send_attachment("a.txt", b"a")
    with pytest.raises(ClientError) as refused:
        chat.start()
    assert refused.value.response["Error"]["Code"] == "ServiceQuotaExceededException"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("a.exe", b"a"), "name is 'a.exe'; valid types are csv, "),
        (("pdf", b"a"), "name is 'pdf'; valid types are csv, "),
        ((1, b"a"), "name is a text, not 1"),
        (("a.txt", b""), "content is bytes, 1 to 20971520, and not 0 of them"),
        (("a.txt", b"a" * (MEGABYTES_20 + 1)), "content is bytes, 1 to 20971520, and not 20971521 of them"),
        (("a.txt", "a"), "content is bytes, 1 to 20971520, and not str"),
        (("a.txt", b"a", ""), "content_type is a non-empty text, not ''"),
    ],
)
def test_a_file_that_is_not_valid_changes_nothing(chat: Chat, arguments: tuple[Any, ...], message: str) -> None:
    grace = chat.fake.add_participant(chat.fake.contacts.last.contact_id, "AGENT", "Grace")
    before = chat.fake.contacts.last.transcript

    with pytest.raises(SceneError, match=re.escape(message)):
        grace.send_attachment(*arguments)

    assert chat.fake.contacts.last.transcript == before


def test_who_has_left_sends_no_file(chat: Chat) -> None:
    contact_id = chat.fake.contacts.last.contact_id
    grace = chat.fake.add_participant(contact_id, "AGENT", "Grace")
    chat.fake.add_participant(contact_id, "AGENT", "Ada")
    grace.disconnect()

    with pytest.raises(SceneError, match="has left the chat"):
        grace.send_attachment("a.txt", b"a")
