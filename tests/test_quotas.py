"""Quotas from state: the API's rate on the fake's clock, and the number of active chats."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import conftest
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from conftest import over_all_drivers

from pytest_connect_chat import FakeConnectChat

pytestmark = pytest.mark.once

Parameters = dict[str, Any]

THROTTLED = "TooManyRequestsException"
FULL = "LimitExceededException"


def new_client(
    total_max_attempts: int = 1, region: str = "us-east-1", mode: str = "standard", service: str = "connect"
) -> Any:
    """Return a client; by default it does not retry."""
    retries = {"mode": mode, "total_max_attempts": total_max_attempts}
    return conftest.new_client(service, region_name=region, config=Config(retries=retries))


def outcome(call: Callable[..., Any], **parameters: Any) -> str:
    """Return `"answered"` or an error code."""
    try:
        call(**parameters)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return "answered"


def outcomes(client: Any, parameters: Parameters, count: int) -> list[str]:
    """Return what some calls of StartChatContact show, one after the other."""
    return [outcome(client.start_chat_contact, **parameters) for _ in range(count)]


# -- the API's rate ----------------------------------------------------------------------------------------------------

FIVE_EIGHT = [(5, 8), [5, 8], "5/8", "aws"]


@over_all_drivers
@pytest.mark.parametrize("rate_limit", FIVE_EIGHT, ids=str)
def test_a_burst_passes_and_the_next_request_is_throttled(parameters: Parameters, rate_limit: Any) -> None:
    with FakeConnectChat(rate_limit=rate_limit):
        assert outcomes(new_client(), parameters, 10) == ["answered"] * 8 + [THROTTLED] * 2


@pytest.mark.parametrize("rate_limit", FIVE_EIGHT, ids=str)
def test_the_rate_refills_on_the_clock(parameters: Parameters, rate_limit: Any) -> None:
    client = new_client()
    with FakeConnectChat(rate_limit=rate_limit) as fake:
        outcomes(client, parameters, 8)

        fake.clock.advance(milliseconds=199)
        assert outcomes(client, parameters, 1) == [THROTTLED]
        fake.clock.advance(milliseconds=1)
        assert outcomes(client, parameters, 2) == ["answered", THROTTLED]
        fake.clock.advance(seconds=1)
        assert outcomes(client, parameters, 6) == ["answered"] * 5 + [THROTTLED]


def test_what_is_not_used_does_not_add_up_beyond_the_burst(parameters: Parameters) -> None:
    with FakeConnectChat(rate_limit="2/3") as fake:
        fake.clock.advance(hours=1)
        assert outcomes(new_client(), parameters, 4) == ["answered"] * 3 + [THROTTLED]
        fake.clock.advance(hours=1)
        assert outcomes(new_client(), parameters, 4) == ["answered"] * 3 + [THROTTLED]


def test_less_than_one_request_per_second(parameters: Parameters) -> None:
    client = new_client()
    with FakeConnectChat(rate_limit=(0.5, 1)) as fake:
        assert outcomes(client, parameters, 2) == ["answered", THROTTLED]
        fake.clock.advance(seconds=1)
        assert outcomes(client, parameters, 1) == [THROTTLED]
        fake.clock.advance(seconds=1)
        assert outcomes(client, parameters, 1) == ["answered"]


@pytest.mark.parametrize("settings", [{}, {"rate_limit": None}, {"rate_limit": "none"}], ids=str)
def test_there_is_no_rate_unless_it_is_set(parameters: Parameters, settings: dict[str, Any]) -> None:
    with FakeConnectChat(**settings):
        assert outcomes(new_client(), parameters, 50) == ["answered"] * 50


def stops(fake: FakeConnectChat, client: Any, count: int) -> list[str]:
    contacts = [fake.add_contact() for _ in range(count)]
    return [
        outcome(client.stop_contact, InstanceId=contact.instance_id, ContactId=contact.contact_id)
        for contact in contacts
    ]


@over_all_drivers
def test_the_published_rates_are_per_operation(parameters: Parameters) -> None:
    client = new_client()
    with FakeConnectChat(rate_limit="aws") as fake:
        assert stops(fake, client, 16) == ["answered"] * 15 + [THROTTLED]
        assert outcomes(client, parameters, 9) == ["answered"] * 8 + [THROTTLED]
        fake.clock.advance(milliseconds=100)
        assert stops(fake, client, 2) == ["answered", THROTTLED]


def test_a_rate_of_ones_own_is_that_of_start_chat_contact(parameters: Parameters) -> None:
    client = new_client()
    with FakeConnectChat(rate_limit=(1, 1)) as fake:
        assert stops(fake, client, 20) == ["answered"] * 20
        assert outcomes(client, parameters, 2) == ["answered", THROTTLED]


def test_all_clients_and_instances_of_a_region_share_the_rate(parameters: Parameters) -> None:
    another = {**parameters, "InstanceId": "another"}
    with FakeConnectChat(rate_limit=(5, 2)):
        assert outcomes(new_client(), parameters, 1) == ["answered"]
        assert outcomes(new_client(), another, 2) == ["answered", THROTTLED]


def test_each_region_has_its_own_rate(parameters: Parameters) -> None:
    with FakeConnectChat(rate_limit=(5, 1)):
        assert outcomes(new_client(region="us-east-1"), parameters, 2) == ["answered", THROTTLED]
        assert outcomes(new_client(region="eu-central-1"), parameters, 2) == ["answered", THROTTLED]


def connection_token(fake: FakeConnectChat, client: Any, instance_id: str) -> str:
    answer = client.create_participant_connection(
        ParticipantToken=fake.add_contact(instance_id=instance_id).participant_token, Type=["CONNECTION_CREDENTIALS"]
    )
    return str(answer["ConnectionCredentials"]["ConnectionToken"])


@over_all_drivers
def test_the_participant_service_has_rates_per_instance_and_its_own_code() -> None:
    client = new_client(service="connectparticipant")

    def send(token: str, count: int) -> list[str]:
        message = {"ConnectionToken": token, "ContentType": "text/plain", "Content": "hello"}
        event = {"ConnectionToken": token, "ContentType": "application/vnd.amazonaws.connect.event.typing"}
        sends = [(client.send_message, message), (client.send_event, event)]
        return [outcome(call, **parameters) for call, parameters in (sends[number % 2] for number in range(count))]

    with FakeConnectChat(rate_limit="aws") as fake:
        first, second = (connection_token(fake, client, instance_id) for instance_id in ("one", "another"))
        assert send(first, 17) == ["answered"] * 15 + ["ThrottlingException"] * 2  # messages and events share a rate
        assert send(second, 15) == ["answered"] * 15
        fake.clock.advance(milliseconds=100)
        assert send(first, 2) == ["answered", "ThrottlingException"]


def test_operations_without_a_published_rate_have_the_general_one() -> None:
    client = new_client()
    with FakeConnectChat(rate_limit="aws") as fake:
        fake.add_instance("instance")
        seen = [outcome(client.list_contact_flows, InstanceId="instance") for _ in range(6)]

        assert seen == ["answered"] * 5 + ["ThrottlingException"]  # the one that the model of this operation declares


def test_a_refused_request_counts(parameters: Parameters) -> None:
    with FakeConnectChat(rate_limit=(5, 2)):
        invalid = {**parameters, "ContactFlowId": ""}
        assert outcomes(new_client(), invalid, 3) == ["InvalidParameterException"] * 2 + [THROTTLED]


def test_a_throttled_request_commits_nothing(parameters: Parameters) -> None:
    with FakeConnectChat(rate_limit=(5, 1)) as fake:
        outcomes(new_client(), parameters, 3)

        assert len(fake.contacts) == 1
        assert [record.contact is None for record in fake.requests] == [False, True, True]


@over_all_drivers
@pytest.mark.parametrize(
    ("plan", "counts"),
    [
        pytest.param(lambda fake: fake.faults.network_error(), False, id="network error"),
        pytest.param(lambda fake: fake.faults.throttle(), False, id="throttled"),
        pytest.param(lambda fake: fake.add_client_error("start_chat_contact", "X"), False, id="canned answer"),
        pytest.param(lambda fake: fake.faults.lose_response(503), True, id="lost response"),
        pytest.param(lambda fake: fake.faults.delay(seconds=0), True, id="delay"),
    ],
)
def test_what_reaches_the_service_counts(
    parameters: Parameters, plan: Callable[[FakeConnectChat], object], counts: bool
) -> None:
    client = new_client()
    with FakeConnectChat(rate_limit=(5, 1)) as fake:
        plan(fake)
        try:
            outcome(client.start_chat_contact, **parameters)
        except Exception:  # noqa: BLE001  # a network error; what it is does not matter here
            assert not counts
        assert outcomes(client, parameters, 1) == [THROTTLED if counts else "answered"]


@over_all_drivers
def test_a_replay_costs_rate_but_no_slot(parameters: Parameters) -> None:
    client = new_client()
    with FakeConnectChat(rate_limit=(5, 3), max_active_chats=1) as fake:
        same = {**parameters, "ClientToken": "order-17"}
        assert outcomes(client, same, 4) == ["answered"] * 3 + [THROTTLED]
        assert len(fake.contacts) == 1


@pytest.mark.in_process
@over_all_drivers
@pytest.mark.parametrize("mode", ["legacy", "standard", "adaptive"])
def test_a_clients_retries_wait_until_the_rate_has_refilled(parameters: Parameters, mode: str) -> None:
    client = new_client(10, mode=mode)
    with FakeConnectChat(rate_limit=(5, 1), seed=7) as fake:
        assert outcomes(client, parameters, 10) == ["answered"] * 10
        assert sum(record.attempt_count for record in fake.requests) > 10
        assert (fake.clock.now() - fake.clock.start).total_seconds() >= 9 / 5


@pytest.mark.parametrize("code", ["TooManyRequestsException", "TooManyRequests", "ThrottlingException"])
def test_a_throttled_request_has_the_code_of_the_setting(parameters: Parameters, code: str) -> None:
    client = new_client()
    with FakeConnectChat(rate_limit=(5, 1), throttle_code=code):
        client.start_chat_contact(**parameters)
        with pytest.raises(ClientError) as error:
            client.start_chat_contact(**parameters)

    assert error.value.response["Error"] == {"Code": code, "Message": "Too Many Requests"}
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 429


def test_threads_never_exceed_the_rate(parameters: Parameters) -> None:
    client = new_client()
    with FakeConnectChat(rate_limit=(5, 8)) as fake, ThreadPoolExecutor(16) as pool:
        seen = list(pool.map(lambda _: outcome(client.start_chat_contact, **parameters), range(64)))

        assert seen.count("answered") == len(fake.contacts) == 8
        assert seen.count(THROTTLED) == 56


def test_reset_refills(parameters: Parameters) -> None:
    client = new_client()
    with FakeConnectChat(rate_limit=(5, 1)) as fake:
        assert outcomes(client, parameters, 2) == ["answered", THROTTLED]
        fake.reset()
        assert outcomes(client, parameters, 1) == ["answered"]


# -- active chats ------------------------------------------------------------------------------------------------------


def stop_as_a_client(fake: FakeConnectChat, client: Any) -> None:
    contact = fake.contacts.last
    client.stop_contact(InstanceId=contact.instance_id, ContactId=contact.contact_id)


@over_all_drivers
@pytest.mark.parametrize(
    ("settings", "end", "reason"),
    [
        pytest.param({}, stop_as_a_client, "API", id="StopContact"),
        pytest.param(
            {},
            lambda fake, client: fake.stop_contact(fake.contacts.last.contact_id, "AGENT_DISCONNECT"),
            "AGENT_DISCONNECT",
            id="stop_contact",
        ),
        pytest.param(
            {"connect_within": "none"},
            lambda fake, client: fake.clock.advance(minutes=1_500),
            "EXPIRED",
            id="expired",
        ),
        pytest.param(
            {},
            lambda fake, client: fake.clock.advance(minutes=5),
            "CUSTOMER_CONNECTION_NOT_ESTABLISHED",
            id="not connected",
        ),
    ],
)
def test_every_end_of_a_contact_frees_its_slot(
    parameters: Parameters,
    settings: dict[str, Any],
    end: Callable[[FakeConnectChat, Any], object],
    reason: str,
) -> None:
    client = new_client()
    with FakeConnectChat(max_active_chats=1, **settings) as fake:
        assert outcomes(client, parameters, 2) == ["answered", FULL]
        end(fake, client)
        assert fake.contacts.last.disconnect_reason == reason
        assert outcomes(client, parameters, 2) == ["answered", FULL]


@over_all_drivers
def test_the_error_says_which_setting_raises_the_quota(parameters: Parameters) -> None:
    client = new_client(3)
    with FakeConnectChat(max_active_chats=1) as fake:
        client.start_chat_contact(**parameters)
        with pytest.raises(client.exceptions.LimitExceededException, match="The setting max_active_chats raises it"):
            client.start_chat_contact(**parameters)

        assert fake.requests.last.attempt_count == 3  # clients retry it, in vain


def test_the_quota_is_500_and_per_instance(parameters: Parameters) -> None:
    client = new_client()
    with FakeConnectChat() as fake:
        for _ in range(499):
            fake.add_contact(instance_id=parameters["InstanceId"])
        assert outcomes(client, parameters, 2) == ["answered", FULL]
        assert outcomes(client, {**parameters, "InstanceId": "another"}, 1) == ["answered"]


@over_all_drivers
def test_a_back_off_may_outlast_what_holds_the_slot(parameters: Parameters) -> None:
    client = new_client(12, mode="legacy")
    with FakeConnectChat(max_active_chats=1, connect_within=0.01) as fake:  # 0.6 seconds
        assert outcomes(client, parameters, 2) == ["answered", "answered"]
        assert fake.requests.last.attempt_count > 1
        assert [contact.is_active for contact in fake.contacts.values()] == [False, True]
