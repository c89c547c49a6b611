"""Files: what may be sent, its URLs, and who reads it."""

from __future__ import annotations

from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import pytest

from contract.scene import FILE, NOBODY, Scene, code_of
from contract.witness import Witness

pytestmark = [pytest.mark.once, pytest.mark.untraced]

SECOND = timedelta(seconds=1)


def lasts(url_expiry: str, answered: dict[str, Any]) -> timedelta:
    """Return how long a URL lasts, by the clock of the service."""
    date = parsedate_to_datetime(answered["ResponseMetadata"]["HTTPHeaders"]["date"])
    return datetime.fromisoformat(url_expiry) - date


@pytest.mark.settles("attachment-type", "type-by-name", "attachment-size")
def test_a_file_that_may_not_be_sent(scene: Scene, witness: Witness) -> None:
    chat = scene.chat()
    scene.start_upload(chat)  # where that is refused, the instance takes no files
    with witness.refused("attachment-type"):
        scene.start_upload(chat, AttachmentName="a.exe")
    code = code_of(scene.start_upload, chat=chat, AttachmentName="a.csv", ContentType="application/x-msdownload")
    witness.holds("type-by-name", code == "", code)
    with witness.refused("attachment-size"):
        scene.start_upload(chat, AttachmentSizeInBytes=20 * 1024 * 1024 + 1)


@pytest.mark.settles("upload-url-15-minutes", "download-url-5-minutes", "upload-headers")
def test_the_urls_of_a_file(scene: Scene, witness: Witness) -> None:
    chat = scene.chat()
    upload = scene.start_upload(chat)
    metadata = upload["UploadMetadata"]
    expiry = metadata["UrlExpiry"]
    lasting = lasts(expiry, upload)
    witness.holds("upload-url-15-minutes", abs(lasting - timedelta(minutes=15)) <= 2 * SECOND, lasting)
    names = sorted(metadata["HeadersToInclude"])
    witness.holds("upload-headers", names == HEADERS and "." not in expiry, names)
    download = scene.participant.get_attachment(ConnectionToken=chat.connection_token, AttachmentId=scene.upload(chat))
    lasting = lasts(download["UrlExpiry"], download)
    witness.holds("download-url-5-minutes", abs(lasting - timedelta(minutes=5)) <= 2 * SECOND, lasting)


HEADERS = [
    "Content-Disposition",
    "Content-Length",
    "Content-Type",
    "x-amz-acl",
    "x-amz-meta-account_id",
    "x-amz-meta-contact_id",
    "x-amz-meta-initial_contact_id",
    "x-amz-meta-organization_id",
]


@pytest.mark.settles("completed-attachment-exists", "completed-attachment-pending", "attachment-exists")
def test_a_file_that_is_not_there(scene: Scene, witness: Witness) -> None:
    chat = scene.chat()
    with witness.refused("completed-attachment-exists"):
        scene.complete(chat, NOBODY)
    with witness.refused("attachment-exists"):
        scene.participant.get_attachment(ConnectionToken=chat.connection_token, AttachmentId=NOBODY)
    sent = scene.upload(chat)
    with witness.refused("completed-attachment-pending"):
        scene.complete(chat, sent)


@pytest.mark.in_process
@pytest.mark.settles("completed-attachment-arrived", "upload-other-size", "upload-again", "upload-odd-name")
def test_a_file_that_is_sent_by_hand(scene: Scene, witness: Witness) -> None:
    scene.serve()
    chat = scene.chat()
    announced = scene.start_upload(chat)
    with witness.refused("completed-attachment-arrived"):
        scene.complete(chat, announced["AttachmentId"])
    status = scene.put(announced, FILE + b"more")
    witness.holds("upload-other-size", status == 403, status)
    statuses = [scene.put(announced, FILE), scene.put(announced, FILE)]
    witness.holds("upload-again", statuses == [200, 200], statuses)
    odd = scene.start_upload(chat, AttachmentName="grün.csv")
    disposition = odd["UploadMetadata"]["HeadersToInclude"]["Content-Disposition"]
    witness.holds("upload-odd-name", "gr%C3%BCn.csv" in disposition, disposition.partition("_")[2])


@pytest.mark.settles("file-type-at-file")
def test_a_file_in_the_transcript(scene: Scene, witness: Witness) -> None:
    chat = scene.chat()
    scene.upload(chat)
    items = [item for item in scene.items(chat) if item["Type"] == "ATTACHMENT"]
    at_file = items[0]["Attachments"][0].get("ContentType")
    witness.holds("file-type-at-file", at_file == "text/csv" and "ContentType" not in items[0], at_file)


@pytest.mark.settles("attachments-per-chat", "uploads-count-from-start")
def test_more_files_than_a_chat_takes(scene: Scene, witness: Witness) -> None:
    chat = scene.chat()
    scene.start_upload(chat)
    started = 1
    while started < 35 and not code_of(scene.start_upload, chat=chat):
        started += 1
    witness.holds("uploads-count-from-start", started == 35, started)
    with witness.refused("attachments-per-chat"):
        scene.start_upload(chat)


@pytest.mark.settles("attachment-reader")
def test_a_bot_does_not_read_files(scene: Scene, witness: Witness) -> None:
    chat = scene.chat()
    attachment_id = scene.upload(chat)
    bot = scene.bot(chat)
    with witness.refused("attachment-reader"):
        scene.participant.get_attachment(ConnectionToken=bot.connection_token, AttachmentId=attachment_id)


@pytest.mark.settles("attachment-approved", "scan-in-progress")
def test_a_file_that_is_scanned(scene: Scene, witness: Witness) -> None:
    scene.fake.scan_attachments_with(lambda attachment: "REJECTED")
    chat = scene.chat()
    attachment_id = scene.upload(chat)
    with witness.refused("attachment-approved"):
        scene.participant.get_attachment(ConnectionToken=chat.connection_token, AttachmentId=attachment_id)
    scene.fake.scan_attachments_with(lambda attachment: "IN_PROGRESS")
    scene.upload(chat)
    statuses = [file["Status"] for item in scene.transcript(chat)["Transcript"] for file in item.get("Attachments", [])]
    witness.holds("scan-in-progress", sorted(statuses) == ["IN_PROGRESS", "REJECTED"], statuses)
