"""Chaos: seeded random faults, over one test or a whole suite."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_connect_chat import FakeConnectChat
from pytest_connect_chat._clients.sessions import new_session
from pytest_connect_chat._service.faults.chaos import Chaos
from pytest_connect_chat._service.request import Request
from pytest_connect_chat.exceptions import SettingError

pytestmark = [pytest.mark.once, pytest.mark.untraced]

Parameters = dict[str, Any]

MODES = ("legacy", "standard", "adaptive")
PLAIN = ("-p", "no:faker", "-p", "no:asyncio", "-p", "no:hypothesispytest", "-p", "no:randomly")
REQUEST = {"InstanceId": "instance", "ContactFlowId": "flow", "ParticipantDetails": {"DisplayName": "Ada"}}

session = cache(new_session)


def new_client(mode: str = "standard", total_max_attempts: int = 3) -> Any:
    return session().create_client(
        "connect",
        region_name="us-east-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
        config=Config(retries={"mode": mode, "total_max_attempts": total_max_attempts}),
    )


def failures(client: Any, calls: int) -> int:
    """Open and stop chats; return how many calls failed."""
    failed = 0
    for _ in range(calls):
        try:
            contact_id = client.start_chat_contact(**REQUEST)["ContactId"]
            client.stop_contact(InstanceId=REQUEST["InstanceId"], ContactId=contact_id)
        except (BotoCoreError, ClientError):
            failed += 1
    return failed


def attempts(fake: FakeConnectChat) -> list[int]:
    return [record.attempt_count for record in fake.requests]


def faults_met(fake: FakeConnectChat) -> list[str]:
    return [attempt.fault for record in fake.requests for attempt in record.attempts if attempt.fault is not None]


# -- survivable chaos --------------------------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    seed=st.integers() | st.text(),
    rate=st.floats(0, 1, exclude_min=True, exclude_max=True),
    mode=st.sampled_from(MODES),
    max_attempts=st.integers(1, 12),
)
def test_no_call_fails_under_survivable_chaos(seed: int | str, rate: float, mode: str, max_attempts: int) -> None:
    client = new_client(mode, max_attempts)
    # In legacy mode a dozen attempts take longer than a contact waits for its participant.
    with FakeConnectChat(seed=seed, chaos=rate, connect_within="none") as fake:
        for count in range(1, 6):
            contact_id = client.start_chat_contact(**REQUEST)["ContactId"]
            assert len(fake.contacts) == count  # a lost response that is retried is a replay
            client.stop_contact(InstanceId=REQUEST["InstanceId"], ContactId=contact_id)


@pytest.mark.parametrize("mode", MODES)
def test_many_calls_in_one_test_do_not_use_up_the_clients_retry_quota(mode: str) -> None:
    with FakeConnectChat(seed=7, chaos=0.99, connect_within="none") as fake:
        assert failures(new_client(mode, 10), calls=60) == 0
        assert len(faults_met(fake)) > 20


@pytest.mark.parametrize("max_attempts", [1, 2, 3, 6])
def test_the_last_attempt_meets_none(max_attempts: int) -> None:
    with FakeConnectChat(chaos=1) as fake:
        assert failures(new_client(total_max_attempts=max_attempts), calls=1) == 0
        assert attempts(fake) == [max_attempts] * 2


def test_a_planned_fault_holds_it_off_until_it_is_used_up() -> None:
    client = new_client()
    with FakeConnectChat(chaos=1) as fake:
        fake.faults.throttle(attempts=2, after=1)
        client.start_chat_contact(**REQUEST)
        client.start_chat_contact(**REQUEST)
        client.start_chat_contact(**REQUEST)

        assert attempts(fake) == [1, 3, 3]
        assert faults_met(fake)[:2] == ["throttled", "throttled"]


def test_the_report_tells_its_faults_from_planned_ones(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import pytest

        @pytest.mark.connect_chat(chaos=1, chaos_mode="hard")
        def test_it(connect_chat, connect_client, start_chat_contact_request):
            connect_chat.faults.throttle(attempts=1)
            connect_client.start_chat_contact(**start_chat_contact_request())
    """)
    result = pytester.runpytest_inprocess("-p", "no:randomly", "-p", "no:asyncio")
    result.stdout.fnmatch_lines(["* attempt 1 * [[]throttled] *", "* attempt 2 * [[]*, by chaos] *", "hard chaos *"])


def test_attempts_that_a_planned_fault_has_taken_count() -> None:
    with FakeConnectChat(chaos=1) as fake:
        fake.faults.throttle(attempts=1)
        fake.faults.network_error("dns", attempts=1)
        assert failures(new_client(), calls=1) == 0
        assert attempts(fake) == [3, 3]


def test_a_planned_fault_of_another_operation_does_not_hold_it_off() -> None:
    with FakeConnectChat(chaos=1) as fake:
        fake.faults.deny_access(operation="StopContact", optional=True)
        new_client().start_chat_contact(**REQUEST)

        assert attempts(fake) == [3]


def test_a_response_is_lost_only_where_a_token_makes_the_retry_a_replay() -> None:
    with FakeConnectChat(chaos=0.9) as fake:
        failures(new_client(total_max_attempts=4), calls=40)

        def met(operation: str) -> set[str]:
            selected = [record for record in fake.requests if record.operation == operation]
            return {attempt.fault for record in selected for attempt in record.attempts if attempt.fault}

        always = {"throttled, by chaos", "InternalServiceException, by chaos", "connect timeout, by chaos"}
        lost = {"response lost (read timeout), by chaos", "response lost (connection closed), by chaos"}
        assert met("StopContact") == always
        assert met("StartChatContact") == always | lost


def test_the_participant_service_fails_in_its_own_words() -> None:
    request = Request(service="connectparticipant", operation="SendEvent", params={}, region="us-east-1", limits={})
    chaos = Chaos(seed=7, rate=1, mode="survivable")

    met = {str(chaos.meet(request, may_retry=True)) for _ in range(50)}

    assert met == {"throttled", "InternalServerException", "connect timeout"}


# -- rate, mode, seed --------------------------------------------------------------------------------------------------


def test_survivable_chaos_is_this_mix() -> None:
    chaos = Chaos(seed=7, rate=1.0, mode="survivable")
    request = Request(
        service="connect",
        operation="StartChatContact",
        params={"ClientToken": "t"},
        region="us-east-1",
        limits={},
    )
    met = {repr(chaos.meet(request, may_retry=True)) for _ in range(200)}

    assert met == {
        "Throttle(code='ThrottlingException')",
        "Refuse(code='InternalServiceException', message='Injected by chaos', http_status=None, fields={})",
        "BreakNetwork(kind='connect_timeout')",
        "LoseResponse(instead='read_timeout')",
        "LoseResponse(instead='connection_closed')",
    }


def test_a_rate_of_0_is_none() -> None:
    with FakeConnectChat(chaos=0, chaos_mode="hard") as fake:
        failures(new_client(), calls=20)

        assert faults_met(fake) == []
        assert repr(fake.faults) == "<FaultPlan: no chaos, no faults>"


def test_the_rate_says_how_many_attempts_meet_one() -> None:
    with FakeConnectChat(seed=7, chaos=0.3) as fake:
        failures(new_client("legacy", 8), calls=150)

        assert 0.2 < len(faults_met(fake)) / sum(attempts(fake)) < 0.4


def test_hard_chaos_makes_calls_fail() -> None:
    with FakeConnectChat(chaos=1, chaos_mode="hard") as fake:
        assert failures(new_client(total_max_attempts=1), calls=40) == 40
        assert {"access denied, by chaos", "tls, by chaos"} < set(faults_met(fake))


def test_hard_chaos_does_not_wait_for_planned_faults() -> None:
    with FakeConnectChat(chaos=1, chaos_mode="hard") as fake:
        fake.faults.throttle(attempts=1, after=1, optional=True)

        assert failures(new_client(), calls=1) == 1


def test_the_plan_may_set_and_end_it() -> None:
    client = new_client(total_max_attempts=2)
    with FakeConnectChat() as fake:
        fake.faults.chaos(rate=1)
        assert repr(fake.faults) == "<FaultPlan: survivable chaos at a rate of 1, no faults>"
        failures(client, calls=2)
        assert attempts(fake) == [2] * 4

        fake.faults.chaos(0.25, mode="hard")
        assert repr(fake.faults) == "<FaultPlan: hard chaos at a rate of 0.25, no faults>"
        fake.faults.clear()
        assert repr(fake.faults) == "<FaultPlan: no chaos, no faults>"
        assert failures(client, calls=20) == 0
        assert attempts(fake) == [2] * 4 + [1] * 40


def test_the_seed_decides() -> None:
    def run(seed: int) -> list[int]:
        with FakeConnectChat(seed=seed, chaos=0.5) as fake:
            failures(new_client(), calls=10)
            return attempts(fake)

    assert run(7) == run(7)
    assert run(7) != run(8)


def test_reset_starts_it_anew() -> None:
    client = new_client()
    with FakeConnectChat(seed=7, chaos=0.5) as fake:
        failures(client, calls=10)
        before = attempts(fake)
        fake.reset()
        failures(client, calls=10)

        assert attempts(fake) == before


def test_it_disturbs_no_ids() -> None:
    def contact_ids(rate: float) -> list[str]:
        with FakeConnectChat(seed=7, chaos=rate) as fake:
            failures(new_client(), calls=10)
            return list(fake.contacts)

    assert contact_ids(0.9) == contact_ids(0)


@pytest.mark.parametrize(
    ("wrong", "valid"),
    [
        ({"chaos": 1.5}, "chaos takes a number from 0 to 1."),
        ({"chaos": -0.1}, "chaos takes a number from 0 to 1."),
        ({"chaos": "much"}, "chaos takes a number from 0 to 1."),
        ({"chaos": True}, "chaos takes a number from 0 to 1."),
        ({"chaos_mode": "wild"}, "chaos_mode takes 'survivable' or 'hard'."),
    ],
    ids=str,
)
def test_wrong_values_are_refused(wrong: dict[str, Any], valid: str) -> None:
    with pytest.raises(SettingError) as error:
        FakeConnectChat(**wrong)

    assert str(error.value).endswith(valid)


# -- over a whole suite ------------------------------------------------------------------------------------------------

SUITE = """
    from pathlib import Path

    import botocore.config
    import botocore.session
    import pytest

    REQUEST = {"InstanceId": "i", "ContactFlowId": "f", "ParticipantDetails": {"DisplayName": "Ada"}}
    SESSION = botocore.session.Session()

    @pytest.mark.parametrize("number", range(4))
    @pytest.mark.parametrize("mode", ["legacy", "standard", "adaptive"])
    def test_opens_chats(connect_chat, mode, number):
        client = SESSION.create_client("connect", "us-east-1", config=botocore.config.Config(retries={"mode": mode}))
        try:
            for _ in range(6):
                contact_id = client.start_chat_contact(**REQUEST)["ContactId"]
                client.stop_contact(InstanceId="i", ContactId=contact_id)
        finally:
            met = [attempt.fault for record in connect_chat.requests for attempt in record.attempts]
            Path("met", f"{mode}-{number}").write_text("\\n".join(map(str, met)))
"""
CHAOS = ("--connect-chat-chaos=0.3", "--connect-chat-seed=7")


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A suite that opens 72 chats, and writes what each test has met."""
    pytester.makepyfile(SUITE)
    pytester.mkdir("met")
    return pytester


def met_by_test(suite: pytest.Pytester) -> dict[str, list[str]]:
    return {path.name: path.read_text().splitlines() for path in Path(suite.path, "met").iterdir()}


def test_a_suite_survives_it(suite: pytest.Pytester) -> None:
    result = suite.runpytest_inprocess(*PLAIN, *CHAOS)

    result.assert_outcomes(passed=12)
    met = met_by_test(suite)
    assert len(met) == 12
    assert all(set(faults) != {"None"} for faults in met.values())
    result.stdout.fnmatch_lines(["connect chat: seed=7, chaos=0.3"])


def test_a_suite_meets_the_same_alone_in_any_order_and_every_time(suite: pytest.Pytester) -> None:
    suite.runpytest_inprocess(*PLAIN, *CHAOS).assert_outcomes(passed=12)
    met = met_by_test(suite)

    module = "test_a_suite_meets_the_same_alone_in_any_order_and_every_time.py"
    reverse = [f"{module}::test_opens_chats[{name}]" for name in sorted(met, reverse=True)]
    suite.runpytest_inprocess(*PLAIN, *CHAOS, *reverse).assert_outcomes(passed=12)

    assert met_by_test(suite) == met


def test_another_seed_meets_other_faults(suite: pytest.Pytester) -> None:
    suite.runpytest_inprocess(*PLAIN, *CHAOS)
    met = met_by_test(suite)
    suite.runpytest_inprocess(*PLAIN, CHAOS[0], "--connect-chat-seed=8").assert_outcomes(passed=12)

    assert met_by_test(suite) != met


def test_without_it_a_suite_meets_nothing(suite: pytest.Pytester) -> None:
    result = suite.runpytest_inprocess(*PLAIN)

    result.assert_outcomes(passed=12)
    assert {fault for faults in met_by_test(suite).values() for fault in faults} == {"None"}
    result.stdout.no_fnmatch_line("connect chat:*")


def test_hard_chaos_makes_tests_fail_and_each_says_what_it_met(suite: pytest.Pytester) -> None:
    result = suite.runpytest_inprocess(*PLAIN, *CHAOS, "--connect-chat-chaos-mode=hard")

    assert result.parseoutcomes()["failed"] > 0
    result.stdout.fnmatch_lines(
        ["connect chat: seed=7, chaos=0.3, chaos_mode=hard", "*- connect chat -*", "*attempt 1 *[[]*[]]*"]
    )


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("--connect-chat-chaos=1.5", "*chaos='1.5' is not valid*: chaos takes a number from 0 to 1."),
        ("--connect-chat-chaos=much", "*chaos='much' is not valid*: chaos takes a number from 0 to 1."),
        (
            "--connect-chat-chaos-mode=wild",
            "*chaos?mode='wild' is not valid*takes 'survivable' or 'hard'.",
        ),
    ],
)
def test_a_wrong_option_ends_the_run_in_one_line(pytester: pytest.Pytester, option: str, message: str) -> None:
    result = pytester.runpytest_inprocess(*PLAIN, option)

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([message])
