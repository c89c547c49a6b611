"""The scan of files that customers send: a callable of the test decides its result."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from pytest_connect_chat._service import actions
from pytest_connect_chat._service.arguments import noting, require_function, require_result
from pytest_connect_chat._service.chats.attachments import STATUSES, Attachment, AttachmentStatus
from pytest_connect_chat._service.participants import Participant
from pytest_connect_chat._service.state import ServiceState
from pytest_connect_chat._text import shown
from pytest_connect_chat.exceptions import SceneError


def scan_attachments_with(state: ServiceState, verdict: Any) -> None:
    """Let a callable decide scans from now on; see `FakeConnectChat.scan_attachments_with`."""
    if verdict is not None:
        require_function(verdict, "scan_attachments_with() takes a plain function of an attachment, or None")
    with state.feed:
        state.attachments.verdict = verdict
        scans, state.attachments.scans = state.attachments.scans, {}
        for chat, scan in scans.values():
            state.feed.follow(chat, scan)


def complete(state: ServiceState, participant: Participant, attachment: Attachment, now: datetime) -> None:
    """Note that a file is uploaded. It shows in the chat once it is scanned; without a scan it is approved at once."""
    uploaded = replace(attachment, is_uploaded=True)
    state.attachments.keep(participant.first_contact.contact_id, uploaded)
    if state.attachments.verdict is not None and participant.role == "CUSTOMER":
        state.feed.follow(participant.first_contact.contact_id, partial(_scan, state, participant, uploaded))
    else:
        _settle(state, participant, uploaded, "APPROVED", now)


def _scan(state: ServiceState, participant: Participant, attachment: Attachment, item_id: str | None = None) -> None:
    """Ask the test's callable, without the lock. If that raises, the file is rejected.

    Administrator guide: setup-attachment-scanning.
    """
    status: AttachmentStatus = "REJECTED"
    try:
        status = _verdict_on(state, attachment)
    finally:
        with state.moment() as now:
            _settle(state, participant, attachment, status, now, item_id)


def _verdict_on(state: ServiceState, attachment: Attachment) -> AttachmentStatus:
    if state.attachments.verdict is None:
        return "APPROVED"
    with noting(f"The callable of scan_attachments_with() was given {attachment.attachment_name}."):
        status = require_result(state.attachments.verdict(attachment), "The callable of scan_attachments_with()")
    if status not in STATUSES:
        raise SceneError(
            f"The callable of scan_attachments_with() returns one of {', '.join(STATUSES)}, not {shown(status)}."
        )
    verdict: AttachmentStatus = status
    return verdict


def go_on(state: ServiceState, participant: Participant, attachment: Attachment, item_id: str) -> None:
    """Keep a scan that is in progress, to ask the next callable about it."""
    if attachment.status == "IN_PROGRESS":
        again = partial(_scan, state, participant, attachment, item_id)
        state.attachments.scans[attachment.attachment_id] = (participant.first_contact.contact_id, again)


def _settle(
    state: ServiceState,
    participant: Participant,
    attachment: Attachment,
    status: AttachmentStatus,
    now: datetime,
    item_id: str | None = None,
) -> None:
    scanned = replace(attachment, status=status)
    contact = state.contacts.current(participant.first_contact)
    state.attachments.keep(contact.initial_contact_id, scanned)
    item = actions.find_message(state, participant, item_id) if item_id is not None else None
    if item is None and contact.is_active:
        item = actions.send_attachment(state, participant, scanned, now)
    elif item is not None and status != attachment.status:
        changed = replace(item, attachments=(scanned,))
        state.contacts.replace(item, changed)
        if contact.is_active:
            told = replace(changed, absolute_time=now, order=state.feed.next_order())
            state.contacts.tell(state.contacts.by_id[item.contact_id], told)
    if item is not None:
        go_on(state, participant, scanned, item.id)
