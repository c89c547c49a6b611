"""Chats that continue from past ones, and chats that are related to others."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from conftest import over_all_drivers

from pytest_connect_chat import Contact, FakeConnectChat
from pytest_connect_chat._service.other_side import scene

pytestmark = pytest.mark.once

FROM_SEGMENT, ENTIRE_PAST_SESSION = "FROM_SEGMENT", "ENTIRE_PAST_SESSION"

Members = dict[str, Any]
Resume = Callable[..., Members]

both_types = pytest.mark.parametrize("rehydration_type", [FROM_SEGMENT, ENTIRE_PAST_SESSION])


@pytest.fixture
def resume(connect_client: Any, parameters: Members) -> Resume:
    """A function that resumes a past contact from a client."""

    def call(source: Contact | str, rehydration_type: str = FROM_SEGMENT, **members: Any) -> Members:
        source_id = source if isinstance(source, str) else source.contact_id
        persistent_chat = {"RehydrationType": rehydration_type, "SourceContactId": source_id}
        answer: Members = connect_client.start_chat_contact(**parameters, PersistentChat=persistent_chat, **members)
        return answer

    return call


@pytest.fixture
def past(connect_chat: FakeConnectChat, parameters: Members) -> tuple[Contact, ...]:
    """The past session of the administrator guide: C1, transferred to C2, transferred to C3, all ended."""
    return connect_chat.add_ended_chat(3, instance_id=parameters["InstanceId"])


def transfer(fake: FakeConnectChat, previous: Contact) -> Contact:
    """Add an active contact to the session of another; no faked operation transfers a chat."""
    return scene.add_contact(
        fake._service.state,
        region="us-east-1",
        instance_id=previous.instance_id,
        contact_flow_id=None,
        contact_id=None,
        display_name="Ada",
        attributes=None,
        previous=previous._record,
    ).view


def ids(contacts: tuple[Contact, ...]) -> tuple[str, ...]:
    return tuple(contact.contact_id for contact in contacts)


# -- what a persistent chat continues from -----------------------------------------------------------------------------


@over_all_drivers
@pytest.mark.parametrize("segment", [0, 1, 2], ids=["C1", "C2", "C3"])
def test_from_segment_continues_from_the_contact_that_is_named(
    resume: Resume, past: tuple[Contact, ...], segment: int
) -> None:
    assert resume(past[segment])["ContinuedFromContactId"] == past[segment].contact_id


@over_all_drivers
def test_the_entire_past_session_continues_from_its_most_recently_ended_contact(
    resume: Resume, past: tuple[Contact, ...]
) -> None:
    assert resume(past[0], ENTIRE_PAST_SESSION)["ContinuedFromContactId"] == past[2].contact_id


def test_from_segment_leaves_later_contacts_of_the_session_out(
    connect_chat: FakeConnectChat, resume: Resume, past: tuple[Contact, ...]
) -> None:
    first, second, _ = ids(past)
    resume(past[1])

    assert connect_chat.contacts.last.past_contact_ids == (second, first)


def test_the_entire_past_session_shows_all_its_contacts(
    connect_chat: FakeConnectChat, resume: Resume, past: tuple[Contact, ...]
) -> None:
    resume(past[0], ENTIRE_PAST_SESSION)

    assert connect_chat.contacts.last.past_contact_ids == ids(past)[::-1]


@over_all_drivers
@both_types
def test_a_persistent_chat_is_a_new_session_related_to_its_source(
    connect_chat: FakeConnectChat, resume: Resume, past: tuple[Contact, ...], rehydration_type: str
) -> None:
    answer = resume(past[0], rehydration_type)
    contact = connect_chat.contacts[answer["ContactId"]]

    assert contact.initial_contact_id == contact.contact_id
    assert contact.previous_contact_id is None
    assert contact.related_contact_id == contact.continued_from_contact_id == answer["ContinuedFromContactId"]
    assert contact.rehydration_type == rehydration_type


def test_a_later_live_contact_of_the_session_does_not_matter(
    connect_chat: FakeConnectChat, resume: Resume, past: tuple[Contact, ...]
) -> None:
    live = transfer(connect_chat, past[-1])

    assert live.is_active
    assert resume(past[0], ENTIRE_PAST_SESSION)["ContinuedFromContactId"] == past[-1].contact_id


def test_a_contact_that_ends_later_becomes_the_source(
    connect_chat: FakeConnectChat, resume: Resume, past: tuple[Contact, ...]
) -> None:
    transferred = transfer(connect_chat, past[-1])
    connect_chat.stop_contact(transferred.contact_id)

    assert resume(past[0], ENTIRE_PAST_SESSION)["ContinuedFromContactId"] == transferred.contact_id


def test_a_contact_that_expires_becomes_the_source(
    connect_chat: FakeConnectChat, resume: Resume, past: tuple[Contact, ...]
) -> None:
    transferred = transfer(connect_chat, past[-1])
    connect_chat.clock.advance(minutes=1_500)

    assert resume(past[0], ENTIRE_PAST_SESSION)["ContinuedFromContactId"] == transferred.contact_id


@pytest.mark.parametrize("ended_first", [0, 1])
def test_of_two_that_ended_at_one_moment_the_one_ended_last_counts(
    connect_chat: FakeConnectChat, resume: Resume, past: tuple[Contact, ...], ended_first: int
) -> None:
    live = [transfer(connect_chat, past[-1]), transfer(connect_chat, past[-1])]
    for contact in (live[ended_first], live[1 - ended_first]):
        connect_chat.stop_contact(contact.contact_id)

    assert live[0].disconnect_timestamp == live[1].disconnect_timestamp
    assert resume(past[0], ENTIRE_PAST_SESSION)["ContinuedFromContactId"] == live[1 - ended_first].contact_id


def test_a_contact_that_ended_earlier_does_not_replace_the_source(
    connect_chat: FakeConnectChat, resume: Resume, past: tuple[Contact, ...]
) -> None:
    transferred = transfer(connect_chat, past[0])
    assert past[-1].disconnect_timestamp is not None
    connect_chat._service.state.contacts.end(
        transferred._record, None, past[-1].disconnect_timestamp - timedelta(milliseconds=1)
    )

    assert resume(past[0], ENTIRE_PAST_SESSION)["ContinuedFromContactId"] == past[-1].contact_id


def test_sessions_do_not_mix(connect_chat: FakeConnectChat, resume: Resume, past: tuple[Contact, ...]) -> None:
    other = connect_chat.add_ended_chat(2, instance_id=past[0].instance_id)

    assert resume(past[0], ENTIRE_PAST_SESSION)["ContinuedFromContactId"] == past[-1].contact_id
    assert resume(other[0], ENTIRE_PAST_SESSION)["ContinuedFromContactId"] == other[-1].contact_id


@over_all_drivers
def test_a_chat_that_a_client_started_and_stopped_can_be_resumed_at_once(
    connect_chat: FakeConnectChat, connect_client: Any, resume: Resume, parameters: Members
) -> None:
    first = connect_client.start_chat_contact(**parameters)["ContactId"]
    connect_client.stop_contact(InstanceId=parameters["InstanceId"], ContactId=first)

    assert resume(first)["ContinuedFromContactId"] == first
    assert resume(first, ENTIRE_PAST_SESSION)["ContinuedFromContactId"] == first


def test_one_source_serves_two_new_chats(
    connect_chat: FakeConnectChat, resume: Resume, past: tuple[Contact, ...]
) -> None:
    resume(past[2])
    resume(past[2])

    assert [contact.continued_from_contact_id for contact in connect_chat.contacts.active] == [past[2].contact_id] * 2


@over_all_drivers
def test_the_member_is_absent_from_other_answers(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: Members, past: tuple[Contact, ...]
) -> None:
    plain = connect_client.start_chat_contact(**parameters)
    related = connect_client.start_chat_contact(**parameters, RelatedContactId=past[0].contact_id)

    assert "ContinuedFromContactId" not in plain
    assert "ContinuedFromContactId" not in related
    assert connect_chat.contacts.last.past_contact_ids == ()


# -- chains ------------------------------------------------------------------------------------------------------------


def test_a_chat_continued_from_a_continued_chat_shows_all_earlier_sessions(
    connect_chat: FakeConnectChat, resume: Resume, past: tuple[Contact, ...]
) -> None:
    resume(past[0], ENTIRE_PAST_SESSION)
    second = connect_chat.contacts.last
    connect_chat.stop_contact(second.contact_id)
    transferred = transfer(connect_chat, second)
    connect_chat.stop_contact(transferred.contact_id)
    resume(second, ENTIRE_PAST_SESSION)

    expected = (transferred.contact_id, second.contact_id, *ids(past)[::-1])
    assert connect_chat.contacts.last.past_contact_ids == expected


def test_a_transferred_contact_shows_what_its_session_continues(
    connect_chat: FakeConnectChat, resume: Resume, past: tuple[Contact, ...]
) -> None:
    resume(past[1])

    assert transfer(connect_chat, connect_chat.contacts.last).past_contact_ids == ids(past[:2])[::-1]


def test_at_most_100_past_contacts_of_a_chain_are_traversed(
    connect_chat: FakeConnectChat, resume: Resume, past: tuple[Contact, ...]
) -> None:
    chain = [past[0].contact_id]
    for _ in range(101):
        chain.append(resume(chain[-1])["ContactId"])
        connect_chat.stop_contact(chain[-1])

    assert connect_chat.contacts[chain[99]].past_contact_ids == tuple(chain[98::-1])
    assert connect_chat.contacts[chain[100]].past_contact_ids == tuple(chain[99::-1])
    assert connect_chat.contacts[chain[101]].past_contact_ids == tuple(chain[100:0:-1])


def test_at_most_100_past_contacts_of_a_session_are_traversed(
    connect_chat: FakeConnectChat, resume: Resume, parameters: Members
) -> None:
    long_session = connect_chat.add_ended_chat(101, instance_id=parameters["InstanceId"])
    resume(long_session[0], ENTIRE_PAST_SESSION)

    assert connect_chat.contacts.last.past_contact_ids == ids(long_session)[:0:-1]


# -- what cannot be resumed --------------------------------------------------------------------------------------------


@pytest.fixture
def sources(connect_chat: FakeConnectChat, past: tuple[Contact, ...]) -> dict[str, str]:
    """Contact ids to resume from, by what is to be said of them."""
    instance_id = past[0].instance_id
    return {
        "unknown": "nobody",
        "of another instance": connect_chat.add_ended_chat(instance_id="elsewhere")[0].contact_id,
        "live": connect_chat.add_contact(instance_id=instance_id).contact_id,
        "live transfer": transfer(connect_chat, past[-1]).contact_id,
        "not initial": past[-1].contact_id,
        "too old": connect_chat.add_ended_chat(
            instance_id=instance_id,
            ended_at=connect_chat.clock.now() - timedelta(days=730, milliseconds=1) + scene.SEGMENT_LENGTH,
        )[0].contact_id,
    }


@over_all_drivers
@pytest.mark.parametrize(
    ("source", "rehydration_type", "code", "rule"),
    [
        ("unknown", FROM_SEGMENT, "ResourceNotFoundException", "source-contact-exists"),
        ("unknown", ENTIRE_PAST_SESSION, "ResourceNotFoundException", "source-contact-exists"),
        ("of another instance", FROM_SEGMENT, "ResourceNotFoundException", "source-contact-exists"),
        ("of another instance", ENTIRE_PAST_SESSION, "ResourceNotFoundException", "source-contact-exists"),
        ("live", FROM_SEGMENT, "InvalidRequestException", "source-contact-ended"),
        ("live", ENTIRE_PAST_SESSION, "InvalidRequestException", "source-contact-ended"),
        ("live transfer", FROM_SEGMENT, "InvalidRequestException", "source-contact-ended"),
        ("not initial", ENTIRE_PAST_SESSION, "InvalidRequestException", "source-contact-initial"),
        ("too old", FROM_SEGMENT, "ResourceNotFoundException", "source-contact-retention"),
        ("too old", ENTIRE_PAST_SESSION, "ResourceNotFoundException", "source-contact-retention"),
    ],
)
def test_what_cannot_be_resumed_is_refused(
    connect_chat: FakeConnectChat,
    connect_client: Any,
    resume: Resume,
    sources: dict[str, str],
    source: str,
    rehydration_type: str,
    code: str,
    rule: str,
) -> None:
    before = len(connect_chat.contacts)

    with pytest.raises(getattr(connect_client.exceptions, code), match=f"{sources[source]}.*rule {rule} "):
        resume(sources[source], rehydration_type)

    assert len(connect_chat.contacts) == before


@pytest.mark.parametrize(
    "persistent_chat",
    [{}, {"RehydrationType": FROM_SEGMENT}, {"SourceContactId": "past"}],
    ids=["empty", "no source", "no type"],
)
def test_half_a_persistent_chat_is_refused(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: Members, persistent_chat: Members
) -> None:
    connect_chat.add_ended_chat(instance_id=parameters["InstanceId"], contact_id="past")

    with pytest.raises(connect_client.exceptions.InvalidRequestException, match="is required for a persistent chat"):
        connect_client.start_chat_contact(**parameters, PersistentChat=persistent_chat)


@over_all_drivers
def test_persistent_and_related_at_once_is_refused(
    connect_client: Any, resume: Resume, past: tuple[Contact, ...]
) -> None:
    with pytest.raises(connect_client.exceptions.InvalidRequestException, match="both RelatedContactId and Persistent"):
        resume(past[0], RelatedContactId=past[0].contact_id)


@both_types
def test_a_chat_can_be_resumed_for_24_months(
    connect_chat: FakeConnectChat,
    connect_client: Any,
    resume: Resume,
    past: tuple[Contact, ...],
    rehydration_type: str,
) -> None:
    only = connect_chat.add_ended_chat(instance_id=past[0].instance_id)[0]
    connect_chat.clock.move_to(only.initiation_timestamp + timedelta(days=730))
    resume(only, rehydration_type)
    connect_chat.clock.advance(milliseconds=1)

    with pytest.raises(connect_client.exceptions.ResourceNotFoundException, match="more than 24 months ago"):
        resume(only, rehydration_type)


def test_the_age_that_counts_is_that_of_the_resolved_source(
    connect_chat: FakeConnectChat, connect_client: Any, resume: Resume, past: tuple[Contact, ...]
) -> None:
    connect_chat.clock.move_to(past[0].initiation_timestamp + timedelta(days=730, minutes=1))

    assert resume(past[0], ENTIRE_PAST_SESSION)["ContinuedFromContactId"] == past[2].contact_id
    with pytest.raises(connect_client.exceptions.ResourceNotFoundException):
        resume(past[0], FROM_SEGMENT)


# -- with a rule switched off ------------------------------------------------------------------------------------------


def test_a_lenient_fake_resolves_any_contact_through_its_session(
    connect_chat: FakeConnectChat, resume: Resume, past: tuple[Contact, ...]
) -> None:
    connect_chat.rules["source-contact-initial"].disable()

    assert resume(past[1], ENTIRE_PAST_SESSION)["ContinuedFromContactId"] == past[2].contact_id


@both_types
def test_a_lenient_fake_continues_from_a_live_contact(
    connect_chat: FakeConnectChat, resume: Resume, parameters: Members, rehydration_type: str
) -> None:
    connect_chat.rules["source-contact-ended"].disable()
    live = connect_chat.add_contact(instance_id=parameters["InstanceId"])

    assert resume(live, rehydration_type)["ContinuedFromContactId"] == live.contact_id


def test_a_lenient_fake_starts_a_plain_chat_where_the_source_is_unknown(
    connect_chat: FakeConnectChat, resume: Resume
) -> None:
    connect_chat.rules["source-contact-exists"].disable()

    assert "ContinuedFromContactId" not in resume("nobody")
    assert connect_chat.contacts.last.rehydration_type is None


def test_a_lenient_fake_takes_the_persistent_source_before_the_related_contact(
    connect_chat: FakeConnectChat, resume: Resume, past: tuple[Contact, ...]
) -> None:
    connect_chat.rules["persistent-or-related"].disable()
    related = connect_chat.add_contact(instance_id=past[0].instance_id, attributes={"tier": "gold"})
    resume(past[2], RelatedContactId=related.contact_id)

    assert connect_chat.contacts.last.related_contact_id == past[2].contact_id
    assert connect_chat.contacts.last.attributes == {"tier": "gold"}


# -- related contacts --------------------------------------------------------------------------------------------------


@over_all_drivers
def test_a_related_contact_gives_a_copy_of_its_attributes(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: Members
) -> None:
    related = connect_chat.add_contact(
        instance_id=parameters["InstanceId"], attributes={"tier": "gold", "locale": "de_DE"}
    )
    connect_client.start_chat_contact(
        **parameters, RelatedContactId=related.contact_id, Attributes={"tier": "basic", "topic": "billing"}
    )

    contact = connect_chat.contacts.last
    assert contact.attributes == {"tier": "basic", "locale": "de_DE", "topic": "billing"}
    assert related.attributes == {"tier": "gold", "locale": "de_DE"}
    assert contact.related_contact_id == related.contact_id
    assert contact.initial_contact_id == contact.contact_id
    assert (contact.continued_from_contact_id, contact.rehydration_type) == (None, None)


@pytest.mark.parametrize("ended", [False, True], ids=["active", "ended"])
def test_a_related_contact_may_be_active_or_ended(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: Members, ended: bool
) -> None:
    related = connect_chat.add_contact(instance_id=parameters["InstanceId"])
    if ended:
        connect_chat.stop_contact(related.contact_id)

    connect_client.start_chat_contact(**parameters, RelatedContactId=related.contact_id)

    assert connect_chat.contacts.last.related_contact_id == related.contact_id


@pytest.mark.parametrize(("more", "accepted"), [("v" * 7, True), ("v" * 8, False), ("ä" * 4, False)])
def test_copied_attributes_count_towards_the_size(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: Members, more: str, accepted: bool
) -> None:
    related = connect_chat.add_contact(
        instance_id=parameters["InstanceId"], attributes={"replaced": "v" * 500, "kept": "v" * 32_748}
    )
    request = parameters | {"RelatedContactId": related.contact_id, "Attributes": {"replaced": "", "n": more}}

    if accepted:
        connect_client.start_chat_contact(**request)
        assert len(connect_chat.contacts) == 2
    else:
        with pytest.raises(connect_client.exceptions.InvalidParameterException, match="at most 32768"):
            connect_client.start_chat_contact(**request)
        assert list(connect_chat.contacts) == [related.contact_id]


@pytest.mark.parametrize("related", ["nobody", "elsewhere"])
def test_an_unknown_related_contact_is_refused(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: Members, related: str
) -> None:
    connect_chat.add_contact(instance_id="another", contact_id="elsewhere")

    with pytest.raises(connect_client.exceptions.ResourceNotFoundException, match=f"RelatedContactId {related}"):
        connect_client.start_chat_contact(**parameters, RelatedContactId=related)


def test_a_lenient_fake_keeps_an_unknown_related_contact(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: Members
) -> None:
    connect_chat.rules["related-contact-exists"].disable()
    connect_client.start_chat_contact(**parameters, RelatedContactId="nobody", Attributes={"tier": "gold"})

    assert connect_chat.contacts.last.related_contact_id == "nobody"
    assert connect_chat.contacts.last.attributes == {"tier": "gold"}
