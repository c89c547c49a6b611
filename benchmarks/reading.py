"""What reading and asserting costs in a test that has called very often, or has said very much."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from typing import Any

import peers
from measuring import Row, Scale, now

from pytest_connect_chat import FakeConnectChat

PLACE = {"InstanceId": peers.INSTANCE_ID}
MILLISECONDS = 1_000


def reading(scale: Scale) -> Iterator[Row]:
    """Compare each way to look at many things with the same among few: none grows faster than what it looks at."""
    _, few, many = scale.crowds
    few_ms, many_ms = _all(few), _all(many)
    for name, milliseconds in many_ms.items():
        yield Row(f"{name}, {many:,}", [milliseconds], "ms")
    for name, milliseconds in many_ms.items():
        yield Row(f"{name}, {many:,} / {few:,}", [milliseconds / few_ms[name]], bound=1.5 * many / few)


def _all(crowd: int) -> dict[str, float]:
    """Return what each takes in milliseconds."""
    with FakeConnectChat(max_active_chats=peers.UNBOUNDED, strict=False) as fake:
        client, participant = fake.client(), fake.client("connectparticipant")
        answer = client.start_chat_contact(**peers.REQUEST)
        contact_id = answer["ContactId"]
        connection = participant.create_participant_connection(
            ParticipantToken=answer["ParticipantToken"], Type=["WEBSOCKET", "CONNECTION_CREDENTIALS"]
        )
        token = connection["ConnectionCredentials"]["ConnectionToken"]
        for _ in range(crowd):
            client.describe_contact(**PLACE, ContactId=contact_id)
        said = fake.add_participant(contact_id).send_message
        for _ in range(crowd):
            said("Hello")
        past = _chain(fake, client, crowd // 10)
        requests = fake.requests.describe_contact
        ways: dict[str, Callable[[], Any]] = {
            "requests.last": lambda: fake.requests.last,
            "a passing assert": lambda: requests.assert_requested(ContactId=contact_id),
            "a failing assert, all match": lambda: _failing(requests, ContactId=contact_id),
            "a failing assert, none matches": lambda: _failing(requests, ContactId="another"),
            "the section of a failed test": fake.journal,
            "a page of GetTranscript": lambda: participant.get_transcript(ConnectionToken=token, MaxResults=100),
            "ListAssociatedContacts, a tenth": lambda: client.list_associated_contacts(**PLACE, ContactId=past),
        }
        return {name: _milliseconds(way) for name, way in ways.items()}


def _chain(fake: FakeConnectChat, client: Any, chats: int) -> str:
    """Let each of many chats continue the one before; return the first."""
    first = source = fake.add_ended_chat(instance_id=peers.INSTANCE_ID)[0].contact_id
    for _ in range(chats):
        persistent = {"RehydrationType": "FROM_SEGMENT", "SourceContactId": source}
        source = client.start_chat_contact(**peers.REQUEST, PersistentChat=persistent)["ContactId"]
        fake.stop_contact(source)
    return first


def _failing(requests: Any, **members: Any) -> None:
    try:
        requests.assert_requested_once(**members)
    except AssertionError:
        return


def _milliseconds(way: Callable[[], Any]) -> float:
    way()
    gc.disable()  # which passes over all that is kept
    try:
        start = now()
        way()
        return max(now() - start, 1e-5) * MILLISECONDS
    finally:
        gc.enable()
