"""`connect_chat.requests`: what is recorded, and what a test can assert on it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from textwrap import dedent
from typing import Any
from unittest import mock

import botocore.stub
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ParamValidationError, ReadTimeoutError
from conftest import new_client, over_all_drivers

from pytest_connect_chat import ABSENT, FakeConnectChat, RecordedRequest
from pytest_connect_chat.exceptions import UnfakedOperationError

NEW_YEAR = "2026-01-01T00:00:00Z"

PLAIN = ("-p", "no:faker", "-p", "no:asyncio", "-p", "no:hypothesispytest", "-p", "no:randomly")

at_new_year = pytest.mark.connect_chat(clock=NEW_YEAR)


class EndsWith:
    """A matcher as many libraries have them: all that it knows is `==`."""

    def __init__(self, end: str) -> None:
        self.end = end

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str) and other.endswith(self.end)

    def __hash__(self) -> int:
        return hash(self.end)

    def __repr__(self) -> str:
        return f"EndsWith({self.end!r})"


def message_of(failing: Callable[[], object]) -> str:
    with pytest.raises(AssertionError) as caught:
        failing()
    return str(caught.value)


def text(indented: str) -> str:
    return dedent(indented).strip("\n")


def unwrapped(message: str) -> str:
    """Return a text without the spaces and line ends at which a long value may be broken."""
    return "".join(message.split())


# -- a sequence of records ---------------------------------------------------------------------------------------------


def test_nothing_is_recorded_at_first(connect_chat: FakeConnectChat) -> None:
    assert not connect_chat.requests
    assert not connect_chat.requests.called
    assert connect_chat.requests.call_count == 0
    assert list(connect_chat.requests) == []


def test_requests_are_a_sequence_in_their_order(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: dict[str, Any]
) -> None:
    for name in ("Ada", "Bob", "Cleo"):
        connect_client.start_chat_contact(**parameters | {"ParticipantDetails": {"DisplayName": name}})
    requests = connect_chat.requests

    names = [record.params["ParticipantDetails"]["DisplayName"] for record in requests]

    assert names == ["Ada", "Bob", "Cleo"]
    assert isinstance(requests, Sequence)
    assert len(requests) == requests.call_count == 3
    assert requests.called
    assert requests[-1] is requests.last is requests[2]
    assert requests[1:] == [requests[1], requests[2]]
    assert requests[1] in requests
    assert requests.index(requests[2]) == 2
    assert next(reversed(requests)) is requests.last
    with pytest.raises(IndexError):
        _ = requests[3]


def test_a_log_grows_as_requests_come_in(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: dict[str, Any]
) -> None:
    starts = connect_chat.requests.start_chat_contact
    of_ada = starts.matching(ParticipantDetails={"DisplayName": "Ada"})

    connect_client.start_chat_contact(**parameters)

    assert len(starts) == len(of_ada) == 1


def test_there_is_no_last_of_nothing(connect_chat: FakeConnectChat) -> None:
    with pytest.raises(LookupError, match=r"^No request has been recorded\.$"):
        _ = connect_chat.requests.last
    with pytest.raises(LookupError, match=r"^No request of StopContact has been recorded\.$"):
        _ = connect_chat.requests.stop_contact.last


def test_one_is_the_only_request(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: dict[str, Any]
) -> None:
    connect_client.start_chat_contact(**parameters)

    assert connect_chat.requests.one() is connect_chat.requests.last
    assert connect_chat.requests.start_chat_contact.one().params == {
        **parameters,
        "ClientToken": connect_chat.requests.last.client_token,
    }


def test_an_operations_log_has_its_requests_only(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: dict[str, Any]
) -> None:
    contact_id = connect_client.start_chat_contact(**parameters)["ContactId"]
    connect_client.stop_contact(InstanceId=parameters["InstanceId"], ContactId=contact_id)

    assert [record.operation for record in connect_chat.requests] == ["StartChatContact", "StopContact"]
    assert connect_chat.requests.start_chat_contact.one() is connect_chat.requests[0]
    assert connect_chat.requests.stop_contact.one() is connect_chat.requests[1]


@pytest.mark.parametrize("service", ["connect", "connectparticipant"])
def test_every_operation_of_both_services_has_its_log(connect_chat: FakeConnectChat, service: str) -> None:
    methods = connect_chat.client(service).meta.method_to_api_mapping

    logs = {method: getattr(connect_chat.requests, method) for method in methods}

    assert {method: repr(log) for method, log in logs.items()} == {
        method: f"<0 recorded requests of {operation}>" for method, operation in methods.items()
    }


def test_an_unknown_operation_is_refused_with_the_nearest(connect_chat: FakeConnectChat) -> None:
    with pytest.raises(AttributeError) as caught:
        _ = connect_chat.requests.start_chat_contacts

    assert str(caught.value) == (
        "Neither connect nor connectparticipant has an operation 'start_chat_contacts'. "
        "Did you mean 'start_chat_contact'?"
    )


def test_an_unknown_operation_that_is_like_no_other_is_refused(connect_chat: FakeConnectChat) -> None:
    with pytest.raises(AttributeError) as caught:
        _ = connect_chat.requests.zzz

    assert str(caught.value) == "Neither connect nor connectparticipant has an operation 'zzz'."
    assert not hasattr(connect_chat.requests, "_private")


def test_clear_forgets_requests_and_nothing_else(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: dict[str, Any]
) -> None:
    connect_client.start_chat_contact(**parameters)

    connect_chat.requests.clear()

    assert not connect_chat.requests.called
    assert len(connect_chat.contacts) == 1


def test_clear_of_a_selection_leaves_the_others(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: dict[str, Any]
) -> None:
    first = connect_client.start_chat_contact(**parameters)["ContactId"]
    connect_client.start_chat_contact(**parameters, CustomerId="C-2")
    connect_client.stop_contact(InstanceId=parameters["InstanceId"], ContactId=first)

    connect_chat.requests.start_chat_contact.matching(CustomerId="C-2").clear()

    assert [record.operation for record in connect_chat.requests] == ["StartChatContact", "StopContact"]
    connect_chat.requests.assert_not_requested(CustomerId="C-2")


def test_logs_and_records_have_a_short_repr(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: dict[str, Any]
) -> None:
    connect_client.start_chat_contact(**parameters)
    with pytest.raises(connect_client.exceptions.ContactNotFoundException):
        connect_client.stop_contact(InstanceId="other", ContactId="other")

    assert repr(connect_chat) == "<FakeConnectChat: 1 contact, 2 requests>"
    assert repr(connect_chat.requests) == "<2 recorded requests>"
    assert [repr(record) for record in connect_chat.requests] == [
        "<RecordedRequest StartChatContact -> answered>",
        (
            "<RecordedRequest StopContact -> ContactNotFoundException: ContactId other is no contact of the instance "
            "other. (rule stopped-contact-exists of pytest-connect-chat)>"
        ),
    ]


# -- asserts that hold -------------------------------------------------------------------------------------------------


def test_members_that_are_not_named_do_not_matter(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: dict[str, Any]
) -> None:
    connect_client.start_chat_contact(**parameters, Attributes={"tier": "gold"}, CustomerId="C-1")
    starts = connect_chat.requests.start_chat_contact

    starts.assert_requested()
    starts.assert_requested_once(Attributes={"tier": "gold"})
    starts.assert_requested(1, CustomerId="C-1", Attributes={"tier": "gold"})
    starts.assert_requested(count=0, CustomerId="C-2")
    starts.assert_not_requested(Attributes={})
    connect_chat.requests.assert_requested_once(CustomerId="C-1")


@pytest.mark.parametrize(
    "any_value", [pytest.param(mock.ANY, id="unittest.mock"), pytest.param(botocore.stub.ANY, id="botocore.stub")]
)
def test_any_stands_for_any_value_but_not_for_none(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: dict[str, Any], any_value: Any
) -> None:
    connect_client.start_chat_contact(**parameters, Attributes={"tier": "gold"})
    starts = connect_chat.requests.start_chat_contact

    starts.assert_requested_once(Attributes=any_value)
    starts.assert_requested_once(Attributes={"tier": any_value})
    starts.assert_not_requested(CustomerId=any_value)
    starts.assert_not_requested(Attributes={"tier": "gold", "locale": any_value})


def test_a_matcher_is_compared_with_equals(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: dict[str, Any]
) -> None:
    connect_client.start_chat_contact(**parameters, CustomerId="C-17", Attributes={"order": "no-17"})
    starts = connect_chat.requests.start_chat_contact

    starts.assert_requested_once(CustomerId=EndsWith("17"), Attributes={"order": EndsWith("17")})
    starts.assert_not_requested(CustomerId=EndsWith("18"))


def test_absent_says_that_a_member_is_not_there(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: dict[str, Any]
) -> None:
    connect_client.start_chat_contact(**parameters, CustomerId="C-1")
    starts = connect_chat.requests.start_chat_contact

    starts.assert_requested_once(PersistentChat=ABSENT, CustomerId="C-1")
    starts.assert_not_requested(CustomerId=ABSENT)
    assert repr(ABSENT) == "ABSENT"


def test_matching_selects_step_by_step(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: dict[str, Any]
) -> None:
    for customer, tier in (("C-1", "gold"), ("C-1", "basic"), ("C-2", "gold")):
        connect_client.start_chat_contact(**parameters, CustomerId=customer, Attributes={"tier": tier})
    of_customer = connect_chat.requests.matching(CustomerId="C-1")

    assert of_customer.call_count == 2
    assert of_customer.start_chat_contact.matching(Attributes={"tier": "gold"}).one() is connect_chat.requests[0]
    of_customer.assert_requested_once(Attributes={"tier": "basic"})
    of_customer.assert_requested(2)


# -- mistakes of the test ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["matching", "assert_requested", "assert_requested_once", "assert_not_requested"])
def test_a_mistyped_member_is_refused_with_the_nearest(connect_chat: FakeConnectChat, method: str) -> None:
    with pytest.raises(AttributeError) as caught:
        getattr(connect_chat.requests.start_chat_contact, method)(Atributes={})

    assert str(caught.value) == "StartChatContact has no member 'Atributes'. Did you mean 'Attributes'?"


@pytest.mark.parametrize(
    ("members", "message"),
    [
        pytest.param(
            {"ParticipantDetails": {"Displayname": "Ada"}},
            "StartChatContact has no member 'Displayname' in ParticipantDetails. Did you mean 'DisplayName'?",
            id="structure",
        ),
        pytest.param(
            {"SegmentAttributes": {"connect:Subtype": {"ValueStrng": "connect:Chat"}}},
            "StartChatContact has no member 'ValueStrng' in SegmentAttributes. Did you mean 'ValueString'?",
            id="structure in a map",
        ),
        pytest.param(
            {"InitialMessage": {"zzz": 1}},
            "StartChatContact has no member 'zzz' in InitialMessage. Valid: Content, ContentType.",
            id="like no other",
        ),
        pytest.param(
            {"ParticipantDetails": {1: 2}},
            "StartChatContact has no member 1 in ParticipantDetails. Valid: DisplayName.",
            id="no text",
        ),
    ],
)
@pytest.mark.parametrize("method", ["matching", "assert_not_requested"])
def test_a_mistyped_member_is_refused_at_any_depth(
    connect_chat: FakeConnectChat, method: str, members: dict[str, Any], message: str
) -> None:
    with pytest.raises(AttributeError) as caught:
        getattr(connect_chat.requests.start_chat_contact, method)(**members)

    assert str(caught.value) == message


def test_a_mistyped_member_in_a_list_is_refused(connect_chat: FakeConnectChat) -> None:
    with pytest.raises(AttributeError) as caught:
        connect_chat.requests.search_users.assert_not_requested(
            SearchFilter={"TagFilter": {"OrConditions": [[{"TagKy": "a"}]]}}
        )

    assert str(caught.value) == (
        "SearchUsers has no member 'TagKy' in SearchFilter.TagFilter.OrConditions. Did you mean 'TagKey'?"
    )


@pytest.mark.parametrize(
    "members",
    [
        {"Attributes": {"anything": "goes", "Attributes": "too"}},
        {"ParticipantDetails": mock.ANY},
        {"ParticipantDetails": {"DisplayName": {"of": "the wrong kind"}}},
        {"SupportedMessagingContentTypes": ["text/plain", mock.ANY]},
        {"InitialMessage": {"Content": EndsWith("!"), "ContentType": mock.ANY}},
        {"SegmentAttributes": {"a": {"ValueMap": {"b": {"ValueMap": {"c": {"ValueString": "d"}}}}}}},
    ],
    ids=repr,
)
def test_what_the_model_does_not_name_is_no_mistake(connect_chat: FakeConnectChat, members: dict[str, Any]) -> None:
    connect_chat.requests.start_chat_contact.assert_not_requested(**members)


def test_a_member_like_no_other_is_refused_with_the_valid_ones(connect_chat: FakeConnectChat) -> None:
    with pytest.raises(AttributeError) as caught:
        connect_chat.requests.send_event.assert_not_requested(zzz=1)

    assert str(caught.value) == (
        "SendEvent has no member 'zzz'. Valid: ClientToken, ConnectionToken, Content, ContentType."
    )


def test_a_member_of_no_operation_at_all_is_refused(connect_chat: FakeConnectChat) -> None:
    with pytest.raises(AttributeError) as caught:
        connect_chat.requests.assert_not_requested(InitialMesage={})

    assert str(caught.value) == "No operation has a member 'InitialMesage'. Did you mean 'InitialMessage'?"


@pytest.mark.parametrize("count", [-1, True, 1.0, "1", ["gold"]], ids=repr)
def test_a_count_that_is_none_is_refused(connect_chat: FakeConnectChat, count: Any) -> None:
    with pytest.raises(TypeError) as caught:
        connect_chat.requests.assert_requested(count)

    assert str(caught.value) == f"count is a number of requests, 0 or more, not {count!r}."


def test_a_dict_of_members_is_no_count(connect_chat: FakeConnectChat) -> None:
    with pytest.raises(TypeError) as caught:
        connect_chat.requests.assert_requested({"CustomerId": "C-17"})  # type: ignore[arg-type]

    assert str(caught.value) == (
        "count is a number of requests, 0 or more, not {'CustomerId': 'C-17'}. Members are named: CustomerId='C-17'."
    )


@pytest.mark.parametrize("method", ["assert_requested_once", "assert_not_requested"])
def test_a_count_is_for_the_assert_that_takes_one(connect_chat: FakeConnectChat, method: str) -> None:
    with pytest.raises(TypeError, match=rf"^{method}\(\) takes no count: write assert_requested\(count=2, \.\.\.\)\.$"):
        getattr(connect_chat.requests, method)(count=2)


WHOLE = "ABSENT stands for a whole member that is not there"


@pytest.mark.parametrize(
    ("members", "named"),
    [
        ({"CustomerId": None}, f"CustomerId=None; {WHOLE}"),
        ({"ParticipantDetails": {"DisplayName": None}}, f"ParticipantDetails['DisplayName']=None; {WHOLE}"),
        ({"SupportedMessagingContentTypes": ["text/plain", None]}, f"SupportedMessagingContentTypes[1]=None; {WHOLE}"),
        ({"Attributes": {"tier": "gold", "locale": ABSENT}}, f"Attributes['locale']=ABSENT; {WHOLE}"),
        ({"DisconnectOnCustomerExit": {"AGENT"}}, "a set such as DisconnectOnCustomerExit={'AGENT'}; give a list"),
    ],
    ids=["None", "None in a structure", "None in a list", "ABSENT in a map", "a set"],
)
def test_members_that_no_request_can_have_are_refused(
    connect_chat: FakeConnectChat, members: dict[str, Any], named: str
) -> None:
    with pytest.raises(TypeError) as caught:
        connect_chat.requests.start_chat_contact.assert_not_requested(**members)

    assert str(caught.value) == f"This would never match: nobody sends {named}."


def test_a_tuple_stands_for_a_list(connect_chat: FakeConnectChat, parameters: dict[str, Any]) -> None:
    kinds = ("text/plain", "text/markdown")
    new_client().start_chat_contact(**parameters, SupportedMessagingContentTypes=kinds)

    starts = connect_chat.requests.start_chat_contact
    starts.assert_requested_once(SupportedMessagingContentTypes=kinds)
    with pytest.raises(AssertionError):
        starts.assert_not_requested(SupportedMessagingContentTypes=kinds)


# -- asserts that fail -------------------------------------------------------------------------------------------------


def test_message_when_nothing_was_recorded(connect_chat: FakeConnectChat) -> None:
    assert message_of(connect_chat.requests.start_chat_contact.assert_requested) == text(
        """
        Expected StartChatContact at least 1 time,
        but none reached the service.
        Calls that botocore refuses itself never reach it, nor do those of a
            mock, of another process, or of a coroutine that is not awaited.
        """
    )
    assert message_of(connect_chat.requests.one) == text(
        """
        Expected a request exactly 1 time,
        but none reached the service.
        Calls that botocore refuses itself never reach it, nor do those of a
            mock, of another process, or of a coroutine that is not awaited.
        """
    )


@pytest.mark.parametrize(("others", "count"), [(1, "1 request"), (2, "2 requests")])
def test_message_when_only_other_operations_were_requested(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: dict[str, Any], others: int, count: str
) -> None:
    for _ in range(others):
        connect_client.start_chat_contact(**parameters)

    assert message_of(lambda: connect_chat.requests.stop_contact.assert_requested(2, ContactId="C-1")) == text(
        f"""
        Expected StopContact exactly 2 times with
            ContactId = 'C-1',
        but none reached the service; {count} of other operations did.
        Calls that botocore refuses itself never reach it, nor do those of a
            mock, of another process, or of a coroutine that is not awaited.
        """
    )


def test_message_with_the_nearest_request_field_by_field(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: dict[str, Any]
) -> None:
    connect_client.start_chat_contact(
        **parameters,
        CustomerId="C-1",
        Attributes={"tier": "gold", "locale": "de_DE", "source": "web"},
        SegmentAttributes={"connect:Subtype": {"ValueString": "connect:Chat"}},
    )

    assert message_of(
        lambda: connect_chat.requests.start_chat_contact.assert_requested_once(
            InstanceId=parameters["InstanceId"],
            ChatDurationInMinutes=60,
            CustomerId=ABSENT,
            Attributes={"tier": "silver", "topic": "billing", "source": "web"},
            SegmentAttributes={"connect:Subtype": {"ValueString": "connect:Guide"}},
        )
    ) == text(
        """
        Expected StartChatContact exactly 1 time with
            InstanceId = '12345678-1234-1234-1234-123456789012'
            ChatDurationInMinutes = 60
            CustomerId = ABSENT
            Attributes = {'tier': 'silver', 'topic': 'billing', 'source': 'web'}
            SegmentAttributes = {'connect:Subtype': {'ValueString':
                'connect:Guide'}},
        but no request matches. The nearest of 1 request:
          #1 +0.000s StartChatContact, answered
            ChatDurationInMinutes: not given, expected 60
            CustomerId: was 'C-1', expected ABSENT
            Attributes['tier']: was 'gold', expected 'silver'
            Attributes['topic']: not given, expected 'billing'
            Attributes['locale']: was 'de_DE', not expected
            SegmentAttributes['connect:Subtype']['ValueString']: was
                'connect:Chat', expected 'connect:Guide'
        """
    )


def test_message_shows_the_nearest_three_first(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: dict[str, Any]
) -> None:
    for minutes, customer in ((60, "C-1"), (61, "C-2"), (62, "C-2"), (63, "C-1"), (64, "C-2")):
        connect_client.start_chat_contact(**parameters, ChatDurationInMinutes=minutes, CustomerId=customer)

    assert message_of(
        lambda: connect_chat.requests.assert_requested(CustomerId="C-1", ChatDurationInMinutes=90)
    ) == text(
        """
        Expected a request at least 1 time with
            CustomerId = 'C-1'
            ChatDurationInMinutes = 90,
        but no request matches. The nearest of 5 requests:
          #1 +0.000s StartChatContact, answered
            ChatDurationInMinutes: was 60, expected 90
          #4 +0.000s StartChatContact, answered
            ChatDurationInMinutes: was 63, expected 90
          #2 +0.000s StartChatContact, answered
            CustomerId: was 'C-2', expected 'C-1'
            ChatDurationInMinutes: was 61, expected 90
          ... and 2 more
        """
    )


def test_message_when_it_was_requested_too_often(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: dict[str, Any]
) -> None:
    contact_id = connect_client.start_chat_contact(**parameters)["ContactId"]
    connect_client.stop_contact(InstanceId=parameters["InstanceId"], ContactId=contact_id)
    for _ in range(4):
        connect_client.start_chat_contact(**parameters)

    assert message_of(connect_chat.requests.start_chat_contact.one) == text(
        """
        Expected StartChatContact exactly 1 time,
        but 5 requests match:
          #1 +0.000s StartChatContact, answered
          #3 +0.000s StartChatContact, answered
          #4 +0.000s StartChatContact, answered
          ... and 2 more
        """
    )


def test_message_when_it_was_requested_too_seldom(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: dict[str, Any]
) -> None:
    connect_client.start_chat_contact(**parameters)
    connect_client.start_chat_contact(**parameters, CustomerId="C-1")

    assert message_of(lambda: connect_chat.requests.assert_requested(2, CustomerId="C-1")) == text(
        """
        Expected a request exactly 2 times with
            CustomerId = 'C-1',
        but 1 request matches:
          #2 +0.000s StartChatContact, answered
        """
    )


def test_message_when_it_was_requested_against_expectation(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: dict[str, Any]
) -> None:
    connect_client.start_chat_contact(**parameters, CustomerId="C-1")

    assert message_of(
        lambda: connect_chat.requests.matching(CustomerId=mock.ANY).assert_not_requested(Attributes=ABSENT)
    ) == text(
        """
        Expected a request not at all with
            CustomerId = <ANY>
            Attributes = ABSENT,
        but 1 request matches:
          #1 +0.000s StartChatContact, answered
        """
    )


@pytest.mark.connect_chat(max_active_chats=0)
def test_message_tells_how_requests_ended(connect_chat: FakeConnectChat, parameters: dict[str, Any]) -> None:
    client = client_with(connect_chat, retries={"mode": "standard", "total_max_attempts": 3})
    with pytest.raises(ClientError):
        client.start_chat_contact(**parameters)
    with pytest.raises(ClientError):
        client.start_chat_contact(**parameters, CustomerId="x" * 129)

    message = message_of(connect_chat.requests.start_chat_contact.assert_not_requested)

    waited = (connect_chat.clock.now() - connect_chat.clock.start).total_seconds()
    assert message == text(
        f"""
        Expected StartChatContact not at all,
        but 2 requests match:
          #1 +0.000s StartChatContact, refused: LimitExceededException after 3
              attempts
          #2 +{waited:.3f}s StartChatContact, refused: InvalidParameterException
        """
    )


def test_message_cuts_long_values(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: dict[str, Any]
) -> None:
    connect_client.start_chat_contact(**parameters, Attributes={"note": "a" * 300, "kept": "k" * 178})

    message = message_of(
        lambda: connect_chat.requests.start_chat_contact.assert_requested(Attributes={"note": "b" * 400, "kept": "k"})
    )

    assert {line for line in message.splitlines() if len(line) > 72} == set()
    assert unwrapped(message) == unwrapped(
        f"""
        Expected StartChatContact at least 1 time with
            Attributes = {{'note': '{"b" * 170}... (425 characters),
        but no request matches. The nearest of 1 request:
          #1 +0.000s StartChatContact, answered
            Attributes['note']: was '{"a" * 179}... (302 characters), expected '{"b" * 179}... (402 characters)
            Attributes['kept']: was '{"k" * 178}', expected 'k'
        """
    )


@pytest.mark.parametrize(
    ("was", "expected", "shown"),
    [
        pytest.param(
            "a" * 300 + "x" + "c" * 9,
            "a" * 300 + "y",
            f"was ...{'a' * 30}x{'c' * 9}' (312 characters), expected ...{'a' * 30}y' (303 characters)",
            id="far behind",
        ),
        pytest.param(
            "a" * 9 + "x" * 300,
            "a" * 9 + "y",
            f"was '{'a' * 9}{'x' * 170}... (311 characters), expected '{'a' * 9}y'",
            id="at the start",
        ),
        pytest.param(
            "a" * 300 + "x" * 300,
            "a" * 300,
            f"was ...{'a' * 30}{'x' * 150}... (602 characters), expected ...{'a' * 30}' (302 characters)",
            id="longer",
        ),
        pytest.param("Zoe\u0308", "Zo\u00eb", r"was 'Zoe\u0308', expected 'Zo\xeb'", id="alike"),
        pytest.param("Zoe", "Zo\u00eb", "was 'Zoe', expected 'Zo\u00eb'", id="not alike"),
    ],
)
def test_message_shows_where_values_differ(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: dict[str, Any], was: str, expected: str, shown: str
) -> None:
    connect_client.start_chat_contact(**parameters, Attributes={"note": was})

    message = message_of(lambda: connect_chat.requests.assert_requested(Attributes={"note": expected}))

    assert unwrapped(message).endswith(unwrapped(f"Attributes['note']: {shown}"))


def test_message_shows_no_token_in_full(connect_chat: FakeConnectChat, connectparticipant_client: Any) -> None:
    token = connect_chat.add_contact().participant_token
    connectparticipant_client.create_participant_connection(ParticipantToken=token, Type=["CONNECTION_CREDENTIALS"])
    requests = connect_chat.requests.create_participant_connection

    message = message_of(lambda: requests.assert_requested(ParticipantToken="short"))

    assert f"ParticipantToken: was {token[:8]}...{token[-8:]}, expected 'short'" in message
    assert f"ParticipantToken = {token[:8]}...{token[-8:]}," in message_of(
        lambda: requests.assert_not_requested(ParticipantToken=token)
    )
    assert "ConnectionToken: not given, expected QVFJREFI...abcabcab" in message_of(
        lambda: connect_chat.requests.assert_requested(ConnectionToken=f"QVFJREFI{'-' * 60}abcabcab")
    )


@pytest.mark.in_process
@over_all_drivers
def test_message_tells_what_requests_met(connect_chat: FakeConnectChat, parameters: dict[str, Any]) -> None:
    client = client_with(connect_chat, retries={"mode": "standard", "total_max_attempts": 4})
    connect_chat.clock.advance(minutes=2)
    connect_chat.faults.throttle(attempts=2)
    connect_chat.faults.delay(1, attempts=1)
    client.start_chat_contact(**parameters)
    connect_chat.add_response("start_chat_contact", {"ContactId": "c"})
    client.start_chat_contact(**parameters)
    waited = connect_chat.clock.now() - connect_chat.clock.start
    connect_chat.faults.lose_response()
    with pytest.raises(ReadTimeoutError):
        client.start_chat_contact(**parameters)

    assert message_of(connect_chat.requests.assert_not_requested) == text(
        f"""
        Expected a request not at all,
        but 3 requests match:
          #1 +120.000s StartChatContact, answered after 3 attempts [throttled,
              delayed 1 s]
          #2 +{waited.total_seconds():.3f}s StartChatContact, answered [canned answer]
          #3 +{waited.total_seconds():.3f}s StartChatContact, failed: ReadTimeoutError after 4
              attempts [response lost (read timeout)]
        """
    )


@pytest.mark.parametrize(
    "statement",
    [
        "requests.assert_requested()",
        "requests.start_chat_contact.assert_requested_once(CustomerId='C-1')",
        "requests.assert_requested(Attributes={'a': 'b'}, count=2)",
        "requests.stop_contact.one()",
        "requests.assert_not_requested(CustomrId='C-1')",
        "requests.start_chat_contact.matching(CustomrId='C-1')",
        "requests.last",
        "requests.start_chat_contacts",
    ],
)
def test_a_failing_assert_shows_no_frame_of_ours(pytester: pytest.Pytester, statement: str) -> None:
    pytester.makepyfile(f"def test_it(connect_chat):\n    connect_chat.{statement}\n")

    result = pytester.runpytest_inprocess(*PLAIN, "--tb=short")

    result.assert_outcomes(failed=1)
    frames = [line for line in result.outlines if ": in " in line]
    assert len(frames) == 1, frames
    assert frames[0].startswith("test_a_failing_assert_shows_no_frame_of_ours.py:2: in test_it")


def test_a_failing_assert_not_requested_shows_no_frame_of_ours(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        def test_it(connect_chat, connect_client, start_chat_contact_request):
            connect_client.start_chat_contact(**start_chat_contact_request())
            connect_chat.requests.assert_not_requested()
        """
    )

    result = pytester.runpytest_inprocess(*PLAIN, "--tb=long")

    result.assert_outcomes(failed=1)
    assert "_service" not in result.stdout.str()
    result.stdout.fnmatch_lines(["E *Expected a request not at all,", "E *but 1 request matches:"])


def test_a_selection_by_members_stays_one_of_its_operation(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: dict[str, Any]
) -> None:
    contact_id = connect_client.start_chat_contact(**parameters)["ContactId"]
    connect_client.stop_contact(InstanceId=parameters["InstanceId"], ContactId=contact_id)

    stopped = connect_chat.requests.stop_contact.matching(InstanceId=parameters["InstanceId"])

    assert [record.operation for record in stopped] == ["StopContact"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("_private", "^_private$"),
        ("assert_request_once", "Did you mean 'assert_requested_once'\\?$"),
        ("start_chat_contacts", "Did you mean 'start_chat_contact'\\?$"),
        ("assert_called_once", "Did you mean 'assert_requested_once'\\?$"),
        ("assert_any_call", "Did you mean 'assert_requested'\\?$"),
        ("return_value", r"connect_chat\.add_response\(\) and add_client_error\(\) queue an answer"),
        ("call_args", r"A request has its members in params: last\.params\.$"),
    ],
)
def test_an_unknown_attribute_of_a_log_names_the_nearest(
    connect_chat: FakeConnectChat, name: str, message: str
) -> None:
    with pytest.raises(AttributeError, match=message):
        getattr(connect_chat.requests, name)


# -- what a record holds -----------------------------------------------------------------------------------------------


def client_with(fake: FakeConnectChat, **config: Any) -> Any:
    return new_client(region_name=fake.settings.region, config=Config(**config))


@over_all_drivers
@at_new_year
def test_a_record_of_a_success(connect_chat: FakeConnectChat, connect_client: Any, parameters: dict[str, Any]) -> None:
    answer = connect_client.start_chat_contact(**parameters, ClientToken="order-17")

    record = connect_chat.requests.one()

    assert isinstance(record, RecordedRequest)
    assert record.service == "connect"
    assert record.operation == "StartChatContact"
    assert record.params == {**parameters, "ClientToken": "order-17"}
    assert record.client_token == "order-17"
    assert record.client_token_given is True
    assert record.response == {name: answer[name] for name in ("ContactId", "ParticipantId", "ParticipantToken")}
    assert record.error is None
    assert record.contact is connect_chat.contacts[answer["ContactId"]]
    assert record.region == "us-east-1"
    assert record.time == datetime(2026, 1, 1, tzinfo=UTC)
    assert record.attempt_count == len(record.attempts) == 1
    assert record.attempts[0].time == record.time
    assert record.attempts[0].error is None


@over_all_drivers
@at_new_year
def test_a_record_of_a_refused_request(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: dict[str, Any]
) -> None:
    with pytest.raises(connect_client.exceptions.InvalidRequestException) as caught:
        connect_client.start_chat_contact(**parameters, PersistentChat={"RehydrationType": "FROM_SEGMENT"})

    record = connect_chat.requests.one()

    assert record.response is None
    assert record.contact is None
    assert record.error is not None
    assert record.error.code == "InvalidRequestException"
    assert record.error.message == caught.value.response["Error"]["Message"]
    assert record.error.http_status == 400
    assert str(record.error) == f"InvalidRequestException: {record.error.message}"
    assert [attempt.error for attempt in record.attempts] == [record.error]


@over_all_drivers
def test_an_operation_without_client_token_has_none(connect_chat: FakeConnectChat, connect_client: Any) -> None:
    contact = connect_chat.add_contact()

    connect_client.stop_contact(InstanceId=contact.instance_id, ContactId=contact.contact_id)

    record = connect_chat.requests.one()
    assert (record.client_token, record.client_token_given) == (None, False)
    assert record.contact is contact
    assert record.response == {}


@over_all_drivers
@pytest.mark.connect_chat(clock=NEW_YEAR, max_active_chats=0)
def test_a_record_has_every_attempt_of_its_call(connect_chat: FakeConnectChat, parameters: dict[str, Any]) -> None:
    client = client_with(connect_chat, retries={"mode": "standard", "total_max_attempts": 4})

    with pytest.raises(client.exceptions.LimitExceededException):
        client.start_chat_contact(**parameters)

    record = connect_chat.requests.one()
    times = [attempt.time for attempt in record.attempts]
    assert record.attempt_count == 4
    assert record.time == times[0] == connect_chat.clock.start
    assert times == sorted(set(times))
    assert times[-1] == connect_chat.clock.now()
    assert [attempt.error for attempt in record.attempts] == [record.error] * 4


@over_all_drivers
def test_a_record_tells_the_region_of_its_client(connect_chat: FakeConnectChat, parameters: dict[str, Any]) -> None:
    new_client(region_name="eu-central-1").start_chat_contact(**parameters)

    assert connect_chat.requests.one().region == "eu-central-1"


def test_the_time_of_a_record_is_the_clocks(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: dict[str, Any]
) -> None:
    connect_chat.clock.advance(minutes=6)

    connect_client.start_chat_contact(**parameters)

    assert connect_chat.requests.one().time == connect_chat.clock.start + timedelta(minutes=6)


@over_all_drivers
def test_a_replay_is_recorded_with_the_original_contact(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: dict[str, Any]
) -> None:
    for _ in range(2):
        connect_client.start_chat_contact(**parameters, ClientToken="order-17")
    first, second = connect_chat.requests

    assert len(connect_chat.contacts) == 1
    assert first.contact is second.contact is connect_chat.contacts.last
    assert first.response == second.response


@over_all_drivers
@pytest.mark.in_process
def test_a_canned_answer_is_recorded(connect_chat: FakeConnectChat, connectparticipant_client: Any) -> None:
    connect_chat.add_response("send_message", {"Id": "m-1", "AbsoluteTime": NEW_YEAR})
    connect_chat.add_client_error("send_message", "ThrottlingException", "slowly", 429)
    message = {"ContentType": "text/plain", "Content": "Hello", "ConnectionToken": "c"}

    connectparticipant_client.send_message(**message)
    with pytest.raises(connectparticipant_client.exceptions.ThrottlingException):
        connectparticipant_client.send_message(**message)

    answered, refused = connect_chat.requests.send_message
    assert answered.service == "connectparticipant"
    assert answered.response == {"Id": "m-1", "AbsoluteTime": NEW_YEAR}
    assert (answered.error, answered.attempt_count) == (None, 1)
    assert str(refused.error) == "ThrottlingException: slowly"
    assert refused.error is not None
    assert refused.error.http_status == 429
    assert (refused.response, refused.attempt_count) == (None, 1)


@pytest.mark.in_process
@over_all_drivers
@pytest.mark.connect_chat(strict=False)
def test_a_call_of_an_unfaked_operation_is_recorded(connect_chat: FakeConnectChat, connect_client: Any) -> None:
    with pytest.raises(UnfakedOperationError) as caught:
        connect_client.describe_user(InstanceId="i", UserId="u")

    record = connect_chat.requests.describe_user.one()
    assert record.error is not None
    assert (record.error.code, record.error.http_status) == ("UnfakedOperationError", None)
    assert record.error.message == str(caught.value)
    assert record.attempt_count == 1


# -- the journal of a failed test --------------------------------------------------------------------------------------


@pytest.mark.in_process
@over_all_drivers
def test_the_journal_tells_what_happened(connect_chat: FakeConnectChat, parameters: dict[str, Any]) -> None:
    client = client_with(connect_chat, retries={"mode": "standard"})
    participant = connect_chat.client("connectparticipant")
    contact_id = client.start_chat_contact(**parameters, ClientToken="order-17")["ContactId"]
    connect_chat.clock.advance(seconds=1.5)
    client.stop_contact(InstanceId=parameters["InstanceId"], ContactId=contact_id)
    with pytest.raises(ClientError):
        client.start_chat_contact(**parameters, ChatDurationInMinutes=10_081)
    connect_chat.add_response("send_message", {"Id": "m-1"})
    participant.send_message(ContentType="text/plain", Content="Hello", ConnectionToken="QVFJREFI-secret")

    assert connect_chat.journal() == text(
        f"""
        #1 +0.000s StartChatContact ParticipantDetails={{'DisplayName': 'Ada'}}
                ClientToken='order-17' InstanceId=12345678... ContactFlowId=846ec553...
            -> contact {contact_id}
        #2 +1.500s StopContact ContactId='{contact_id}'
                InstanceId=12345678...
            -> contact {contact_id}
        #3 +1.500s StartChatContact ParticipantDetails={{'DisplayName': 'Ada'}}
                ChatDurationInMinutes=10081 InstanceId=12345678...
                ContactFlowId=846ec553...
            -> 400 InvalidParameterException: ChatDurationInMinutes is 10081; valid are
                60 to 10080. (rule chat-duration-range of pytest-connect-chat)
        #4 +1.500s SendMessage ContentType='text/plain' Content='Hello'
                ConnectionToken=QVFJREFI...
            attempt 1 +1.500s [canned answer] answered
            -> answered
        """
    )


def test_the_journal_tells_what_no_call_shows(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: dict[str, Any]
) -> None:
    first = connect_client.start_chat_contact(**parameters)["ContactId"]
    grace = connect_chat.add_participant(first, display_name="Grace")
    second = connect_client.start_chat_contact(**parameters)["ContactId"]
    connect_client.stop_contact(InstanceId=parameters["InstanceId"], ContactId=second)
    grace.disconnect()

    lines = [line for line in connect_chat.journal().splitlines() if line.startswith(("#", "   +"))]
    assert (
        [line.split(" ", 3)[-1] if line.startswith(" ") else line[:2] for line in lines]
        == [
            "#1",
            "+0.000s Grace (AGENT) joins",
            "#2",
            "#3",  # and not that the contact has ended, which that call asked for
            "+0.000s Grace leaves",
            f"+0.000s contact {first[:8]} ends: AGENT_DISCONNECT",
        ]
    )


def test_a_journal_that_leaves_events_out_counts_them(connect_chat: FakeConnectChat, connect_client: Any) -> None:
    grace = connect_chat.add_participant(connect_chat.add_contact().contact_id, display_name="Grace")
    for number in range(60):
        grace.send_message(str(number))
    assert "... 22 events left out; -v shows all ..." in connect_chat.journal().splitlines()

    contact = connect_chat.contacts.last
    for _ in range(30):
        connect_client.describe_contact(InstanceId=contact.instance_id, ContactId=contact.contact_id)
        grace.send_message("again")
    assert "... 25 requests and 67 events left out; -v shows all ..." in connect_chat.journal().splitlines()


@pytest.mark.connect_chat(max_active_chats=0)
def test_the_journal_has_every_attempt(connect_chat: FakeConnectChat, parameters: dict[str, Any]) -> None:
    client = client_with(connect_chat, retries={"mode": "standard"})
    with pytest.raises(ClientError):
        client.start_chat_contact(**parameters)

    lines = [line.strip() for line in connect_chat.journal().splitlines() if line.startswith("    attempt")]

    assert len(lines) == 3
    assert lines[0] == "attempt 1 +0.000s 429 LimitExceededException"


@pytest.mark.connect_chat(strict=False)
def test_the_journal_tells_of_calls_that_nothing_answered(connect_chat: FakeConnectChat, connect_client: Any) -> None:
    with pytest.raises(UnfakedOperationError):
        connect_client.describe_user(InstanceId="i", UserId="u")

    assert "    -> UnfakedOperationError: DescribeUser of connect is not faked." in connect_chat.journal()


def test_a_long_journal_leaves_the_middle_out(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: dict[str, Any]
) -> None:
    for _ in range(30):
        connect_client.start_chat_contact(**parameters, Attributes={"note": "n" * 100})

    lines, all_lines, whole_values = (connect_chat.journal(verbosity).splitlines() for verbosity in range(3))

    shown = sum(line.startswith("#") for line in lines)
    assert 30 < len(lines) <= 41
    assert f"... {30 - shown} requests left out; -v shows all ..." in lines
    assert lines[-1] == all_lines[-1] == whole_values[-1]
    for shown in (all_lines, whole_values):
        assert sum(line.startswith("#") for line in shown) == 30
        assert parameters["InstanceId"] in "\n".join(shown)
    assert ["n" * 61 in unwrapped("".join(shown)) for shown in (lines, all_lines, whole_values)] == [False, False, True]
    assert "n" * 100 in unwrapped("".join(whole_values))
    assert connect_chat.journal(7) == connect_chat.journal(2)


@pytest.mark.parametrize(("args", "shown"), [((), "InstanceId=12345678..."), (("-v",), "InstanceId='12345678-1234-")])
def test_a_failed_test_shows_its_journal(
    pytester: pytest.Pytester, parameters: dict[str, Any], args: tuple[str, ...], shown: str
) -> None:
    pytester.makepyfile(
        f"""
        def test_that_fails(connect_chat, connect_client):
            connect_client.start_chat_contact(**{parameters!r})
            assert False

        def test_without_requests(connect_chat):
            assert False

        def test_that_passes(connect_chat, connect_client):
            connect_client.start_chat_contact(**{parameters!r})
        """
    )

    result = pytester.runpytest_inprocess(*PLAIN, *args)

    result.assert_outcomes(failed=2, passed=1)
    assert sum("- connect chat -" in line for line in result.outlines) == 1
    assert sum(shown in line for line in result.outlines) == 1


# -- calls that botocore refuses itself --------------------------------------------------------------------------------


@over_all_drivers
@pytest.mark.connect_chat(seed=7)
def test_a_call_that_botocore_refuses_never_reached_the_service(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: dict[str, Any]
) -> None:
    for wrong in ({"ChatDurationInMinutes": 59}, {"Attributes": {"tier": 1}}, {"Unknown": "x"}, {"ClientToken": None}):
        with pytest.raises(ParamValidationError):
            connect_client.start_chat_contact(**parameters, **wrong)
    with pytest.raises(ParamValidationError):
        connect_client.start_chat_contact(**parameters, ClientToken="order-17", CustomerId="")

    assert not connect_chat.requests.called
    assert not connect_chat.contacts
    first = connect_client.start_chat_contact(**parameters, ClientToken="order-17")
    second = connect_client.start_chat_contact(**parameters)
    with FakeConnectChat(seed=7) as untroubled:
        client = untroubled.client()
        assert client.start_chat_contact(**parameters, ClientToken="order-17") == {
            **first,
            "ResponseMetadata": mock.ANY,
        }
        assert client.start_chat_contact(**parameters)["ContactId"] == second["ContactId"]


# -- nothing is aliased ------------------------------------------------------------------------------------------------


@over_all_drivers
def test_nothing_that_the_caller_does_later_changes_a_record(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: dict[str, Any]
) -> None:
    given = {
        **parameters,
        "Attributes": {"tier": "gold"},
        "SupportedMessagingContentTypes": ["text/plain"],
        "SegmentAttributes": {"connect:Subtype": {"ValueString": "connect:Chat"}},
        "ClientToken": "order-17",
    }
    before = deepcopy(given)
    answer = connect_client.start_chat_contact(**given)
    original = deepcopy(answer)
    record = connect_chat.requests.one()

    given["Attributes"]["tier"] = "basic"
    given["SupportedMessagingContentTypes"].append("text/markdown")
    given["SegmentAttributes"]["connect:Subtype"]["ValueString"] = "connect:Guide"
    given["ParticipantDetails"]["DisplayName"] = "Bob"
    answer["ContactId"] = "changed"
    answer["ResponseMetadata"]["HTTPHeaders"].clear()

    assert record.params == before
    assert record.response == {name: value for name, value in original.items() if name != "ResponseMetadata"}
    assert connect_chat.contacts.last.attributes == {"tier": "gold"}
    replayed = connect_client.start_chat_contact(**before)
    assert {**replayed, "ResponseMetadata": None} == {**original, "ResponseMetadata": None}


def test_nothing_that_is_done_to_a_record_changes_it(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: dict[str, Any]
) -> None:
    answer = connect_client.start_chat_contact(**parameters, Attributes={"tier": "gold"}, ClientToken="order-17")
    record = connect_chat.requests.one()

    record.params["Attributes"]["tier"] = "basic"
    record.params.clear()
    assert record.response is not None
    record.response["ContactId"] = "changed"
    record.response.clear()

    assert record.params["Attributes"] == {"tier": "gold"}
    assert record.response["ContactId"] == answer["ContactId"]
    replayed = connect_client.start_chat_contact(**parameters, Attributes={"tier": "gold"}, ClientToken="order-17")
    assert replayed["ContactId"] == answer["ContactId"]


@pytest.mark.parametrize("attribute", ["params", "response", "operation", "attempts", "error", "contact", "time"])
def test_a_record_is_frozen(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: dict[str, Any], attribute: str
) -> None:
    connect_client.start_chat_contact(**parameters)

    with pytest.raises((AttributeError, TypeError)):  # which one depends on Python's version
        setattr(connect_chat.requests.one(), attribute, None)


def test_operations_are_completed(connect_chat: FakeConnectChat) -> None:
    names = dir(connect_chat.requests)

    assert {"start_chat_contact", "send_message", "assert_requested", "matching"} <= set(names)


def test_a_count_under_another_name_is_told_the_right_one(connect_chat: FakeConnectChat) -> None:
    with pytest.raises(AttributeError, match=r"^times= is no member: count= of assert_requested\(\) says how often\.$"):
        connect_chat.requests.start_chat_contact.assert_requested(times=2)
    with pytest.raises(AttributeError, match="CustomerId") as caught:
        connect_chat.requests.start_chat_contact.assert_requested(CustomerID="C-1")
    assert "how often" not in str(caught.value)
