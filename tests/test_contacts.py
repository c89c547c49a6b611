"""Contacts: the registry, their life, and how a test sets them up."""

from __future__ import annotations

import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from typing import Any

import pytest

from pytest_connect_chat import FakeConnectChat
from pytest_connect_chat._service.request import snapshot
from pytest_connect_chat.exceptions import ClockError, SceneError

pytestmark = pytest.mark.once

CHAT_ENDED = "application/vnd.amazonaws.connect.event.chat.ended"
NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)

Members = dict[str, Any]

at_new_year = pytest.mark.connect_chat(clock="2026-01-01T00:00:00Z")


class Tier(str):
    """A text of the caller's own type."""

    __slots__ = ()

    def __str__(self) -> str:
        return "a tier"


class Minutes(IntEnum):
    """A number of the caller's own type."""

    HOUR = 60


class Tiers(dict[Any, Any]):
    """A map of the caller's own type."""


def everything(parameters: Members) -> Members:
    """A request with every member that needs no other contact."""
    return parameters | {
        "Attributes": {"tier": "gold"},
        "ParticipantConfiguration": {"ResponseMode": "INCREMENTAL"},
        "InitialMessage": {"ContentType": "text/markdown", "Content": "**Hello**"},
        "ClientToken": "order-17",
        "ChatDurationInMinutes": 60,
        "SupportedMessagingContentTypes": ["text/plain", "text/markdown"],
        "SegmentAttributes": {"connect:Subtype": {"ValueString": "connect:Chat"}, "mine": {"ValueMap": {}}},
        "CustomerId": "C-1",
        "DisconnectOnCustomerExit": ["AGENT"],
    }


# -- the registry ------------------------------------------------------------------------------------------------------


def test_the_clock_is_a_mapping_in_the_order_of_start(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: Members
) -> None:
    started = [connect_client.start_chat_contact(**parameters)["ContactId"]]
    started.append(connect_chat.add_contact().contact_id)
    started.append(connect_client.start_chat_contact(**parameters)["ContactId"])

    assert isinstance(connect_chat.contacts, Mapping)
    assert list(connect_chat.contacts) == started
    assert [contact.contact_id for contact in connect_chat.contacts.values()] == started
    assert dict(connect_chat.contacts.items())[started[1]] is connect_chat.contacts[started[1]]
    assert len(connect_chat.contacts) == 3
    assert started[0] in connect_chat.contacts
    assert "nobody" not in connect_chat.contacts
    for look_up in (connect_chat.contacts.__contains__, connect_chat.contacts.get, connect_chat.contacts.__getitem__):
        with pytest.raises(TypeError, match=r"^contacts are known by their ids, .* Give its contact_id\.$"):
            look_up(connect_chat.contacts.last)  # type: ignore[arg-type,operator]
    assert connect_chat.contacts.get("nobody") is None


def test_an_unknown_contact_is_a_key_error_that_helps(connect_chat: FakeConnectChat) -> None:
    connect_chat.add_contact()

    with pytest.raises(KeyError, match=r"no contact has the id 'nobody'; the fake \w+ 1 "):
        connect_chat.contacts["nobody"]


def test_last_is_the_contact_registered_last(connect_chat: FakeConnectChat) -> None:
    connect_chat.add_contact()
    last = connect_chat.add_contact()

    assert connect_chat.contacts.last is last


def test_last_of_none_is_a_lookup_error(connect_chat: FakeConnectChat) -> None:
    with pytest.raises(LookupError, match="No contact has been started or added yet"):
        connect_chat.contacts.last  # noqa: B018  # a property that raises


def test_active_and_ended_part_the_contacts(connect_chat: FakeConnectChat) -> None:
    first, second, third = (connect_chat.add_contact() for _ in range(3))
    connect_chat.stop_contact(second.contact_id)

    assert connect_chat.contacts.active == (first, third)
    assert connect_chat.contacts.ended == (second,)
    assert repr(connect_chat.contacts) == "<ContactRegistry: 3 contacts, 2 active>"


def test_contacts_may_start_while_the_clock_is_read(connect_chat: FakeConnectChat) -> None:
    connect_chat.add_contact()
    for _ in connect_chat.contacts:
        connect_chat.add_contact()

    assert len(connect_chat.contacts) == 2


# -- a contact ---------------------------------------------------------------------------------------------------------


@at_new_year
def test_a_contact_has_what_its_request_had(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: Members
) -> None:
    answer = connect_client.start_chat_contact(**everything(parameters))
    contact = connect_chat.contacts[answer["ContactId"]]

    assert contact.contact_id == contact.initial_contact_id == answer["ContactId"]
    assert (contact.participant_id, contact.participant_token) == (answer["ParticipantId"], answer["ParticipantToken"])
    assert (contact.instance_id, contact.contact_flow_id) == (parameters["InstanceId"], parameters["ContactFlowId"])
    assert contact.region == "us-east-1"
    assert contact.display_name == "Ada"
    assert contact.attributes == {"tier": "gold"}
    assert contact.segment_attributes["connect:Subtype"] == {"ValueString": "connect:Chat"}
    assert contact.initial_message == {"ContentType": "text/markdown", "Content": "**Hello**"}
    assert contact.supported_messaging_content_types == ("text/plain", "text/markdown")
    assert contact.disconnect_on_customer_exit == ("AGENT",)
    assert contact.customer_id == "C-1"
    assert contact.initiation_timestamp == NEW_YEAR
    assert contact.expires_at == NEW_YEAR + timedelta(hours=1)
    assert repr(contact) == f"<Contact {contact.contact_id} 'Ada' active>"


def test_a_contact_has_nothing_that_its_request_had_not(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: Members
) -> None:
    connect_client.start_chat_contact(**parameters)
    contact = connect_chat.contacts.last

    assert (contact.attributes, contact.segment_attributes, contact.initial_message) == ({}, {}, None)
    assert contact.supported_messaging_content_types == ("text/plain",)
    assert contact.disconnect_on_customer_exit == ()
    assert contact.transcript == ()
    assert contact.past_contact_ids == ()
    for name in (
        "customer_id",
        "previous_contact_id",
        "related_contact_id",
        "continued_from_contact_id",
        "rehydration_type",
        "disconnect_timestamp",
        "disconnect_reason",
    ):
        assert getattr(contact, name) is None


def test_what_a_contact_gives_are_copies(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: Members
) -> None:
    connect_client.start_chat_contact(**everything(parameters))
    contact = connect_chat.contacts.last
    contact.attributes["tier"] = "changed"
    contact.segment_attributes["connect:Subtype"]["ValueString"] = "changed"
    contact.segment_attributes["mine"]["ValueMap"]["k"] = {"ValueInteger": 1}
    assert contact.initial_message is not None
    contact.initial_message["Content"] = "changed"

    assert contact.attributes == {"tier": "gold"}
    assert contact.segment_attributes == everything(parameters)["SegmentAttributes"]
    assert contact.initial_message["Content"] == "**Hello**"


def test_what_the_caller_changes_later_does_not_reach_a_contact(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: Members
) -> None:
    request = everything(parameters)
    connect_client.start_chat_contact(**request)
    for member in ("Attributes", "SegmentAttributes", "InitialMessage", "ParticipantDetails"):
        request[member].clear()
    request["SupportedMessagingContentTypes"].clear()
    contact = connect_chat.contacts.last

    assert contact.attributes == {"tier": "gold"}
    assert contact.segment_attributes
    assert contact.initial_message
    assert contact.supported_messaging_content_types == ("text/plain", "text/markdown")


def test_a_request_in_types_of_the_callers_own_is_taken_as_plain_data(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: Members
) -> None:
    connect_client.start_chat_contact(
        **parameters,
        Attributes=Tiers({Tier("gold"): Tier("gold")}),
        ChatDurationInMinutes=Minutes.HOUR,
        SupportedMessagingContentTypes=("text/plain",),
    )
    contact, params = connect_chat.contacts.last, connect_chat.requests.last.params

    assert contact.attributes == {"gold": "gold"}
    assert {type(text) for pair in contact.attributes.items() for text in pair} == {str}
    assert type(params["ChatDurationInMinutes"]) is int
    assert params["SupportedMessagingContentTypes"] == ["text/plain"]


def test_what_a_request_cannot_hold_is_left_as_it_is() -> None:
    value = object()

    assert snapshot([value]) == [value]


def test_what_a_test_changes_later_does_not_reach_an_added_contact(connect_chat: FakeConnectChat) -> None:
    attributes = {"tier": "gold"}
    contacts = (connect_chat.add_contact(attributes=attributes), *connect_chat.add_ended_chat(2, attributes=attributes))
    attributes["tier"] = "changed"

    assert [contact.attributes for contact in contacts] == [{"tier": "gold"}] * 3


# -- its end -----------------------------------------------------------------------------------------------------------


@at_new_year
def test_a_chat_lasts_1500_minutes_by_default(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: Members
) -> None:
    connect_client.start_chat_contact(**parameters)

    assert connect_chat.contacts.last.expires_at == NEW_YEAR + timedelta(minutes=1_500)
    assert connect_chat.add_contact().expires_at == NEW_YEAR + timedelta(minutes=1_500)


@at_new_year
def test_a_chat_expires_at_the_end_of_its_duration(connect_chat: FakeConnectChat) -> None:
    contact = connect_chat.add_contact()
    connect_chat.clock.advance(minutes=1_499, seconds=59, milliseconds=999)
    assert contact.is_active

    connect_chat.clock.advance(milliseconds=1)
    assert not contact.is_active
    assert contact.disconnect_reason == "EXPIRED"
    assert contact.disconnect_timestamp == NEW_YEAR + timedelta(minutes=1_500)
    assert repr(contact).endswith("'Customer' ended EXPIRED>")


@pytest.mark.parametrize(
    "view",
    [
        lambda contact, contacts: contact.is_active is False,
        lambda contact, contacts: contact.disconnect_reason == "EXPIRED",
        lambda contact, contacts: contact.disconnect_timestamp == contact.expires_at,
        lambda contact, contacts: contact.transcript[-1].content_type == CHAT_ENDED,
        lambda contact, contacts: contacts.active == (),
        lambda contact, contacts: contacts.ended == (contact,),
        lambda contact, contacts: repr(contacts) == "<ContactRegistry: 1 contact, 0 active>",
        lambda contact, contacts: repr(contact).endswith("ended EXPIRED>"),
    ],
    ids=["is_active", "reason", "timestamp", "transcript", "active", "ended", "repr of contacts", "repr"],
)
def test_an_expiry_shows_wherever_one_looks_first(connect_chat: FakeConnectChat, view: Any) -> None:
    contact = connect_chat.add_contact()
    connect_chat.clock.advance(days=2)

    assert view(contact, connect_chat.contacts)


def test_an_expired_chat_cannot_be_stopped_any_more(connect_chat: FakeConnectChat) -> None:
    contact = connect_chat.add_contact()
    connect_chat.clock.advance(days=2)

    with pytest.raises(SceneError, match=f"The contact {contact.contact_id} has ended already: it ended at "):
        connect_chat.stop_contact(contact.contact_id)


def test_a_stopped_chat_does_not_expire(connect_chat: FakeConnectChat) -> None:
    contact = connect_chat.add_contact()
    connect_chat.stop_contact(contact.contact_id)
    stopped = contact.disconnect_timestamp
    connect_chat.clock.advance(days=2)

    assert (contact.disconnect_reason, contact.disconnect_timestamp) == ("API", stopped)
    assert [(item.type, item.content_type) for item in contact.transcript] == [("EVENT", CHAT_ENDED)]


def test_a_client_stops_a_contact(connect_chat: FakeConnectChat, connect_client: Any, parameters: Members) -> None:
    contact_id = connect_client.start_chat_contact(**parameters)["ContactId"]
    connect_chat.clock.advance(minutes=1)
    answer = connect_client.stop_contact(InstanceId=parameters["InstanceId"], ContactId=contact_id)

    assert list(answer) == ["ResponseMetadata"]
    assert connect_chat.contacts[contact_id].disconnect_reason == "API"
    assert connect_chat.contacts[contact_id].disconnect_timestamp == connect_chat.clock.now()
    assert connect_chat.requests.last.contact is connect_chat.contacts[contact_id]


@pytest.mark.parametrize("ends", ["stop", "expiry"])
def test_a_client_cannot_stop_an_ended_contact(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: Members, ends: str
) -> None:
    contact = connect_chat.add_contact(instance_id=parameters["InstanceId"])
    if ends == "stop":
        connect_chat.stop_contact(contact.contact_id)
    else:
        connect_chat.clock.advance(days=2)

    with pytest.raises(connect_client.exceptions.ContactNotFoundException, match="it has ended") as caught:
        connect_client.stop_contact(InstanceId=parameters["InstanceId"], ContactId=contact.contact_id)

    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 410


def test_a_lenient_fake_lets_a_client_stop_anything(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: Members
) -> None:
    for rule in ("stopped-contact-exists", "stopped-contact-active"):
        connect_chat.rules[rule].disable()
    (past,) = connect_chat.add_ended_chat(instance_id=parameters["InstanceId"])
    ended = past.disconnect_timestamp
    for contact_id in (past.contact_id, "nobody"):
        connect_client.stop_contact(InstanceId=parameters["InstanceId"], ContactId=contact_id)

    assert (past.disconnect_reason, past.disconnect_timestamp) == ("CUSTOMER_DISCONNECT", ended)


def test_a_lenient_fake_lets_a_client_stop_the_contact_of_another_instance(
    connect_chat: FakeConnectChat, connect_client: Any
) -> None:
    connect_chat.rules["stopped-contact-exists"].disable()
    contact = connect_chat.add_contact(instance_id="another")
    connect_client.stop_contact(InstanceId="i", ContactId=contact.contact_id)

    assert contact.disconnect_reason == "API"


@pytest.mark.parametrize("reason", ["API", "AGENT_DISCONNECT"])
def test_a_test_stops_a_contact(connect_chat: FakeConnectChat, reason: str) -> None:
    contact = connect_chat.add_contact()
    connect_chat.stop_contact(contact.contact_id, reason)

    assert contact.disconnect_reason == reason
    assert contact.disconnect_timestamp == connect_chat.clock.now()


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("nobody",), "No contact has the id 'nobody'; the fake knows 1 contact."),
        (("",), "contact_id is a non-empty text, not ''."),
        (({"ContactId": "c"},), "contact_id is a non-empty text, not {'ContactId': 'c'}."),
        (("live", None), "disconnect_reason is a non-empty text, not None."),
    ],
    ids=str,
)
def test_stopping_refuses_what_is_no_active_contact(
    connect_chat: FakeConnectChat, arguments: tuple[Any, ...], problem: str
) -> None:
    contact = connect_chat.add_contact(contact_id="live")

    with pytest.raises(SceneError, match=re.escape(problem)):
        connect_chat.stop_contact(*arguments)

    assert contact.is_active


# -- the transcript ----------------------------------------------------------------------------------------------------


@at_new_year
def test_the_initial_message_opens_the_transcript(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: Members
) -> None:
    connect_client.start_chat_contact(**everything(parameters))
    contact = connect_chat.contacts.last
    (item,) = contact.transcript

    assert (item.type, item.content_type, item.content) == ("MESSAGE", "text/markdown", "**Hello**")
    assert (item.participant_role, item.display_name) == ("CUSTOMER", "Ada")
    assert (item.participant_id, item.contact_id) == (contact.participant_id, contact.contact_id)
    assert item.absolute_time == NEW_YEAR
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", item.id)


@at_new_year
def test_the_end_closes_the_transcript(connect_chat: FakeConnectChat, connect_client: Any, parameters: Members) -> None:
    connect_client.start_chat_contact(**everything(parameters))
    contact = connect_chat.contacts.last
    connect_chat.clock.advance(minutes=1)
    connect_chat.stop_contact(contact.contact_id)
    first, item = contact.transcript

    assert (item.type, item.content_type, item.content) == ("EVENT", CHAT_ENDED, None)
    assert (item.participant_id, item.participant_role, item.display_name) == (None, None, None)
    assert item.absolute_time == NEW_YEAR + timedelta(minutes=1)
    assert item.id != first.id


# -- the quota ---------------------------------------------------------------------------------------------------------


def free_by_client(fake: FakeConnectChat, client: Any, instance_id: str, contact_id: str) -> None:
    client.stop_contact(InstanceId=instance_id, ContactId=contact_id)


def free_by_test(fake: FakeConnectChat, client: Any, instance_id: str, contact_id: str) -> None:
    fake.stop_contact(contact_id, "AGENT_DISCONNECT")


def free_by_expiry(fake: FakeConnectChat, client: Any, instance_id: str, contact_id: str) -> None:
    fake.clock.advance(minutes=1_500)


@pytest.mark.connect_chat(max_active_chats=2)
@pytest.mark.parametrize("free", [free_by_client, free_by_test, free_by_expiry])
def test_any_end_frees_a_slot(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: Members, free: Any
) -> None:
    first = connect_client.start_chat_contact(**parameters)["ContactId"]
    connect_client.start_chat_contact(**parameters)
    with pytest.raises(connect_client.exceptions.LimitExceededException, match="max_active_chats"):
        connect_client.start_chat_contact(**parameters)
    assert len(connect_chat.contacts) == 2

    free(connect_chat, connect_client, parameters["InstanceId"], first)
    connect_client.start_chat_contact(**parameters)
    assert len(connect_chat.contacts) == 3


@pytest.mark.connect_chat(max_active_chats=1)
def test_the_quota_is_one_of_each_instance(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: Members
) -> None:
    connect_client.start_chat_contact(**parameters)
    connect_client.start_chat_contact(**parameters | {"InstanceId": "another"})

    with pytest.raises(connect_client.exceptions.LimitExceededException, match="another has reached its quota"):
        connect_client.start_chat_contact(**parameters | {"InstanceId": "another"})


@pytest.mark.connect_chat(max_active_chats=1)
def test_added_contacts_count_but_are_never_refused(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: Members
) -> None:
    for _ in range(2):
        connect_chat.add_contact(instance_id=parameters["InstanceId"])
    connect_chat.add_ended_chat(2, instance_id=parameters["InstanceId"])

    with pytest.raises(connect_client.exceptions.LimitExceededException, match="its quota of active chats: 2 of 1"):
        connect_client.start_chat_contact(**parameters)


@pytest.mark.connect_chat(max_active_chats=1)
def test_ended_contacts_do_not_count(connect_chat: FakeConnectChat, connect_client: Any, parameters: Members) -> None:
    connect_chat.add_ended_chat(3, instance_id=parameters["InstanceId"])
    connect_client.start_chat_contact(**parameters)

    assert len(connect_chat.contacts.active) == 1


def test_an_instance_has_500_slots_by_default(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: Members
) -> None:
    for _ in range(499):
        connect_chat.add_contact(instance_id=parameters["InstanceId"])
    connect_client.start_chat_contact(**parameters)

    with pytest.raises(connect_client.exceptions.LimitExceededException):
        connect_client.start_chat_contact(**parameters)


@pytest.mark.connect_chat(max_active_chats=20)
def test_threads_together_do_not_exceed_the_quota(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: Members
) -> None:
    # botocore makes a client's classes of errors when it is asked first, in two threads twice, with no lock.
    full = connect_client.exceptions.LimitExceededException

    def start(_: int) -> bool:
        try:
            connect_client.start_chat_contact(**parameters)
        except full:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(start, range(40)))

    assert outcomes.count(True) == len(connect_chat.contacts.active) == len(connect_chat.contacts) == 20


# -- setting the scene -------------------------------------------------------------------------------------------------


def test_an_added_contact_is_active_and_as_asked(connect_chat: FakeConnectChat) -> None:
    contact = connect_chat.add_contact(
        instance_id="i", contact_flow_id="f", contact_id="c", display_name="Ada", attributes={"tier": "gold"}
    )

    assert connect_chat.contacts["c"] is contact
    assert (contact.instance_id, contact.contact_flow_id, contact.display_name) == ("i", "f", "Ada")
    assert (contact.attributes, contact.is_active) == ({"tier": "gold"}, True)
    assert contact.initiation_timestamp == connect_chat.clock.now()


def test_added_contacts_share_an_instance_and_a_flow_by_default(connect_chat: FakeConnectChat) -> None:
    contacts = (connect_chat.add_contact(), connect_chat.add_contact(), *connect_chat.add_ended_chat(2))

    assert len({contact.instance_id for contact in contacts}) == 1
    assert len({contact.contact_flow_id for contact in contacts}) == 1
    assert len({contact.participant_id for contact in contacts}) == 3


@at_new_year
def test_an_ended_chat_is_one_session_of_ten_minutes_each(connect_chat: FakeConnectChat) -> None:
    past = connect_chat.add_ended_chat(3)
    hour_ago = NEW_YEAR - timedelta(hours=1)
    ends = [hour_ago - timedelta(minutes=20), hour_ago - timedelta(minutes=10), hour_ago]

    assert connect_chat.contacts.ended == past
    assert [contact.disconnect_timestamp for contact in past] == ends
    assert [contact.initiation_timestamp for contact in past] == [end - timedelta(minutes=10) for end in ends]
    assert {contact.initial_contact_id for contact in past} == {past[0].contact_id}
    assert [contact.previous_contact_id for contact in past] == [None, past[0].contact_id, past[1].contact_id]
    assert {contact.participant_token for contact in past} == {past[0].participant_token}
    assert [contact.disconnect_reason for contact in past] == [None, None, "CUSTOMER_DISCONNECT"]
    assert [[item.absolute_time for item in contact.transcript] for contact in past] == [[end] for end in ends]


def test_an_ended_chat_takes_what_the_application_holds(connect_chat: FakeConnectChat) -> None:
    first, second = connect_chat.add_ended_chat(
        2, instance_id="i", contact_id="c", attributes={"tier": "gold"}, ended_at="2020-01-01T00:00:00Z"
    )

    assert (first.contact_id, first.instance_id, second.instance_id) == ("c", "i", "i")
    assert first.attributes == second.attributes == {"tier": "gold"}
    assert second.disconnect_timestamp == datetime(2020, 1, 1, tzinfo=UTC)


def test_a_chat_may_have_ended_just_now(connect_chat: FakeConnectChat) -> None:
    (past,) = connect_chat.add_ended_chat(ended_at=connect_chat.clock.now())

    assert past.disconnect_timestamp == connect_chat.clock.now()


def test_a_past_session_may_be_longer_than_a_chat_lasts(connect_chat: FakeConnectChat) -> None:
    past = connect_chat.add_ended_chat(200)

    assert connect_chat.contacts.ended == past
    assert "EXPIRED" not in {contact.disconnect_reason for contact in past}


@pytest.mark.parametrize(
    ("method", "arguments", "problem"),
    [
        ("add_contact", {"contact_id": "taken"}, "A contact has the id 'taken' already."),
        ("add_contact", {"contact_id": ""}, "contact_id is a non-empty text, not ''."),
        ("add_contact", {"contact_id": 7}, "contact_id is a non-empty text, not 7."),
        ("add_contact", {"instance_id": ""}, "instance_id is a non-empty text, not ''."),
        ("add_contact", {"instance_id": ["i"]}, "instance_id is a non-empty text, not ['i']."),
        ("add_contact", {"contact_flow_id": 7}, "contact_flow_id is a non-empty text, not 7."),
        ("add_contact", {"display_name": None}, "display_name is a non-empty text, not None."),
        ("add_contact", {"attributes": [("k", "v")]}, "attributes maps texts to texts, not [('k', 'v')]."),
        ("add_contact", {"attributes": {"k": 7}}, "attributes maps texts to texts, not 'k' to 7."),
        ("add_contact", {"attributes": {7: "v"}}, "attributes maps texts to texts, not 7 to 'v'."),
        (
            "add_ended_chat",
            {"segments": 0},
            "segments is the number of contacts of the past session, 1 to 1000, not 0.",
        ),
        ("add_ended_chat", {"segments": True}, "1 to 1000, not True."),
        ("add_ended_chat", {"segments": "3"}, "1 to 1000, not '3'."),
        ("add_ended_chat", {"contact_id": "taken"}, "A contact has the id 'taken' already."),
        ("add_ended_chat", {"instance_id": ""}, "instance_id is a non-empty text, not ''."),
        ("add_ended_chat", {"attributes": "gold"}, "attributes maps texts to texts, not 'gold'."),
        (
            "add_ended_chat",
            {"ended_at": "2026-01-01T00:00:00.001Z"},
            "ended_at=2026-01-01T00:00:00.001Z lies in the future: the clock stands at 2026-01-01T00:00:00.000Z.",
        ),
        ("add_ended_chat", {"ended_at": "soon"}, "ended_at='soon' is not a time"),
        ("add_ended_chat", {"ended_at": 7}, "ended_at must be a datetime or an ISO 8601 text, not int: 7"),
        (
            "add_instance",
            {"instance_id": ""},
            "Instance and flow ids, and names of flows, are non-empty texts, not ''.",
        ),
        (
            "add_instance",
            {"instance_id": None},
            "Instance and flow ids, and names of flows, are non-empty texts, not None.",
        ),
        (
            "add_instance",
            {"instance_id": "i", "contact_flow_ids": "f"},
            "a list of ids, or maps ids to names, not 'f'.",
        ),
        (
            "add_instance",
            {"instance_id": "i", "contact_flow_ids": 7},
            "a list of ids, or maps ids to names, not 7.",
        ),
        ("add_instance", {"instance_id": "i", "contact_flow_ids": ["f", ""]}, "are non-empty texts, not ''."),
    ],
    ids=str,
)
@at_new_year
def test_a_scene_that_is_not_possible_is_refused(
    connect_chat: FakeConnectChat, method: str, arguments: Members, problem: str
) -> None:
    connect_chat.add_contact(contact_id="taken")

    with pytest.raises((SceneError, ClockError), match=re.escape(problem)):
        getattr(connect_chat, method)(**arguments)

    assert list(connect_chat.contacts) == ["taken"]
    connect_chat.add_contact(instance_id="undeclared")  # nothing has been declared


# -- instances ---------------------------------------------------------------------------------------------------------


def test_any_instance_and_flow_exists_until_one_is_declared(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: Members
) -> None:
    connect_client.start_chat_contact(**parameters | {"InstanceId": "any", "ContactFlowId": "any"})

    assert connect_chat.contacts.last.instance_id == "any"


def test_flows_of_several_calls_add_up(connect_chat: FakeConnectChat, connect_client: Any, parameters: Members) -> None:
    connect_chat.add_instance("i", ["f"])
    connect_chat.add_instance("i", (flow for flow in ("g", "f")))
    connect_chat.add_instance("i")
    for flow in ("f", "g"):
        connect_client.start_chat_contact(**parameters | {"InstanceId": "i", "ContactFlowId": flow})

    with pytest.raises(connect_client.exceptions.ResourceNotFoundException):
        connect_client.start_chat_contact(**parameters | {"InstanceId": "i", "ContactFlowId": "h"})


def test_added_contacts_are_of_the_first_declared_instance(connect_chat: FakeConnectChat) -> None:
    connect_chat.add_instance("i", ["f", "g"])
    connect_chat.add_instance("j", ["h"])
    added, (past,) = connect_chat.add_contact(), connect_chat.add_ended_chat()

    assert (added.instance_id, added.contact_flow_id) == (past.instance_id, past.contact_flow_id) == ("i", "f")


def test_a_declared_instance_may_have_no_flow(connect_chat: FakeConnectChat) -> None:
    connect_chat.add_instance("i")

    assert connect_chat.add_contact().instance_id == "i"


@pytest.mark.parametrize("method", ["add_contact", "add_ended_chat"])
def test_nothing_is_added_to_an_instance_that_is_not_declared(connect_chat: FakeConnectChat, method: str) -> None:
    connect_chat.add_instance("i", ["f"])

    with pytest.raises(SceneError, match=r"'j' is not declared: call add_instance\('j', \[...\]\) first"):
        getattr(connect_chat, method)(instance_id="j")

    assert not connect_chat.contacts


def test_a_refused_contact_uses_up_no_id(parameters: dict[str, Any]) -> None:
    def added(*, refused: bool) -> str:
        with FakeConnectChat(seed=7) as fake:
            fake.add_contact(contact_id="taken")
            if refused:
                with pytest.raises(SceneError):
                    fake.add_contact(contact_id="taken")
            return fake.add_contact().contact_id

    assert added(refused=True) == added(refused=False)


def test_a_contact_ends_once() -> None:
    with FakeConnectChat() as fake:
        contact = fake.add_contact()
        fake.stop_contact(contact.contact_id)
        fake._service.state.contacts.end(contact._record, "EXPIRED", fake.clock.now())
        assert contact.disconnect_reason == "API"
        assert fake._service.state.contacts.active_count(contact.instance_id) == 0
