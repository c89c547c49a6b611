"""`StartContactStreaming` and `StopContactStreaming`."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from pytest_connect_chat._service.answer import Answer
from pytest_connect_chat._service.chats.notifications import Streaming
from pytest_connect_chat._service.contacts.contact import ContactRecord
from pytest_connect_chat._service.operations.subjects import require_open_chat
from pytest_connect_chat._service.request import Request
from pytest_connect_chat._service.state import ServiceState

ENDPOINTS: Final = 2  # administrator guide, chat-message-streaming: two topics for each contact


def start_contact_streaming(state: ServiceState, request: Request, now: datetime, contact: ContactRecord) -> Answer:
    """Answer one `StartContactStreaming`. A chat streams on through its transfers (assumed)."""
    require_open_chat(state, contact)
    first = state.contacts.initial(contact)
    state.rules.require(
        "streaming-endpoints",
        len(first.streamings) < ENDPOINTS,
        f"The contact {contact.contact_id} streams to {len(first.streamings)} endpoints already.",
    )
    streaming_id = state.identifiers.streaming_id()
    topic_arn = request.params["ChatStreamingConfiguration"]["StreamingEndpointArn"]
    first.streamings += (Streaming(streaming_id, topic_arn),)
    return Answer({"StreamingId": streaming_id}, contact)


def stop_contact_streaming(state: ServiceState, request: Request, now: datetime, contact: ContactRecord) -> Answer:
    """Answer one `StopContactStreaming`."""
    streaming_id = request.params["StreamingId"]
    first = state.contacts.initial(contact)
    state.rules.require(
        "streaming-exists",
        any(streaming.streaming_id == streaming_id for streaming in first.streamings),
        f"StreamingId {streaming_id} is no streaming of the contact {contact.contact_id}.",
    )
    first.streamings = tuple(streaming for streaming in first.streamings if streaming.streaming_id != streaming_id)
    return Answer({}, contact)
