"""Ids and tokens of one thing that are given for those of another: the fake knows whose they are, and says so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from conftest import new_client, over_all_drivers

from pytest_connect_chat import Contact, FakeConnectChat
from pytest_connect_chat.exceptions import SceneError

pytestmark = pytest.mark.once

OTHER_IDS: dict[str, Callable[[FakeConnectChat, Contact], tuple[str, str]]] = {
    "a customer's id": lambda fake, contact: (contact.participant_id, "the participant id of the customer"),
    "a customer's token": lambda fake, contact: (contact.participant_token, "the participant token of the customer"),
    "an agent's id": lambda fake, contact: (
        fake.add_participant(contact.contact_id).participant_id,
        "the participant id of the agent",
    ),
    "the flow's id": lambda fake, contact: (flow_participant_id(fake, contact), "the participant id of the system"),
    "a connection token": lambda fake, contact: (connection_token(contact), "a connection token of the customer"),
}


def flow_participant_id(fake: FakeConnectChat, contact: Contact) -> str:
    fake.play_flow(lambda chat: chat.send_message("Welcome."))
    fake.add_participant(contact.contact_id)
    return str(contact.transcript[-1].participant_id)


def connection_token(contact: Contact) -> str:
    connection = new_client("connectparticipant").create_participant_connection(
        ParticipantToken=contact.participant_token, Type=["CONNECTION_CREDENTIALS"]
    )
    return str(connection["ConnectionCredentials"]["ConnectionToken"])


@pytest.mark.parametrize("other", OTHER_IDS)
def test_what_is_given_for_a_contact_id_is_told(connect_chat: FakeConnectChat, other: str) -> None:
    contact = connect_chat.add_contact()
    given, what = OTHER_IDS[other](connect_chat, contact)

    with pytest.raises(KeyError) as by_key:
        _ = connect_chat.contacts[given]
    with pytest.raises(SceneError) as by_scene:
        connect_chat.stop_contact(given)

    assert f": this is {what} of contact {contact.contact_id}" in str(by_key.value)
    assert str(by_scene.value).endswith(f" It is {what} of contact {contact.contact_id}.")
    assert max(map(len, (str(by_key.value), str(by_scene.value)))) < 250  # a token is not shown in full


REQUESTS: dict[str, Callable[[Any, dict[str, Any], str], object]] = {
    "ContactId of DescribeContact": lambda client, request, given: client.describe_contact(
        InstanceId=request["InstanceId"], ContactId=given
    ),
    "ContactId of StopContact": lambda client, request, given: client.stop_contact(
        InstanceId=request["InstanceId"], ContactId=given
    ),
    "RelatedContactId": lambda client, request, given: client.start_chat_contact(**request, RelatedContactId=given),
    "SourceContactId": lambda client, request, given: client.start_chat_contact(
        **request, PersistentChat={"RehydrationType": "FROM_SEGMENT", "SourceContactId": given}
    ),
}


@pytest.mark.parametrize("request_with", REQUESTS)
@over_all_drivers
def test_a_request_with_another_id_for_a_contacts_is_told_what_it_is(
    connect_chat: FakeConnectChat, parameters: dict[str, Any], request_with: str
) -> None:
    client = new_client()
    answer = client.start_chat_contact(**parameters)
    member = request_with.partition(" ")[0]
    given = answer["ParticipantId"]

    with pytest.raises(ClientError) as refused:
        REQUESTS[request_with](client, parameters, given)

    assert refused.value.response["Error"]["Message"].startswith(
        f"{member} {given} is no contact of the instance {parameters['InstanceId']}. It is the participant id of the "
        f"customer of contact {answer['ContactId']}. (rule "
    )


@pytest.mark.parametrize("request_with", REQUESTS)
def test_a_contact_of_another_instance_is_told_from_an_unknown_one(
    connect_chat: FakeConnectChat, parameters: dict[str, Any], request_with: str
) -> None:
    contact = connect_chat.add_contact(instance_id="elsewhere")
    with pytest.raises(ClientError, match=r"is no contact of .* It belongs to the instance elsewhere\. \(rule "):
        REQUESTS[request_with](new_client(), parameters, contact.contact_id)
    with pytest.raises(ClientError, match=rf"is no contact of the instance {parameters['InstanceId']}\. \(rule "):
        REQUESTS[request_with](new_client(), parameters, "unknown")
