"""Canned answers: `Stubber`'s signatures and meaning, before the fake and for every operation of both services."""

from __future__ import annotations

import importlib
import inspect
import json
import re
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from textwrap import dedent, fill
from typing import Any
from unittest import mock

import botocore.stub
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ParamValidationError, StubAssertionError
from conftest import new_client, over_all_drivers

from pytest_connect_chat import FakeConnectChat, RecordedRequest
from pytest_connect_chat._service.operations import OPERATIONS
from pytest_connect_chat.exceptions import ClosedError, LeftoverError, SceneError, UnfakedOperationError

pytestmark = pytest.mark.of_botocore

PLAIN = ("-p", "no:faker", "-p", "no:asyncio", "-p", "no:hypothesispytest", "-p", "no:randomly")
MESSAGE = {"ContentType": "text/plain", "Content": "Hello", "ConnectionToken": "token"}
CONTACT = {"InstanceId": "i-1", "ContactId": "c-1"}


def described(name: str) -> dict[str, Any]:
    return {"Contact": {"Name": name}}


def name_in(answer: dict[str, Any]) -> str:
    name: str = answer["Contact"]["Name"]
    return name


# -- Stubber's meaning -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["add_response", "add_client_error"])
def test_signatures_are_stubbers_with_the_service_added(method: str) -> None:
    stubbers = list(inspect.signature(getattr(botocore.stub.Stubber, method)).parameters.values())
    ours = list(inspect.signature(getattr(FakeConnectChat, method)).parameters.values())

    assert [(p.name, p.default) for p in ours[:-1]] == [(p.name, p.default) for p in stubbers]
    assert (ours[-1].name, ours[-1].kind) == ("service", inspect.Parameter.KEYWORD_ONLY)


@over_all_drivers
def test_answers_are_first_in_first_out(connect_chat: FakeConnectChat, connect_client: Any) -> None:
    connect_chat.add_response("describe_contact", described("one"))
    connect_chat.add_client_error("describe_contact", "ResourceNotFoundException", "gone", 404)
    connect_chat.add_response("describe_contact", described("three"))

    assert name_in(connect_client.describe_contact(**CONTACT)) == "one"
    with pytest.raises(connect_client.exceptions.ResourceNotFoundException):
        connect_client.describe_contact(**CONTACT)
    assert name_in(connect_client.describe_contact(**CONTACT)) == "three"


@over_all_drivers
def test_each_operation_has_its_own_queue(
    connect_chat: FakeConnectChat, connect_client: Any, connectparticipant_client: Any
) -> None:
    connect_chat.add_response("describe_contact", described("Ada"))
    connect_chat.add_response("describe_user", {"User": {"Username": "bob"}})
    connect_chat.add_response("send_message", {"Id": "m-1"})

    assert connectparticipant_client.send_message(**MESSAGE)["Id"] == "m-1"
    assert connect_client.describe_user(UserId="u", InstanceId="i")["User"]["Username"] == "bob"
    assert name_in(connect_client.describe_contact(**CONTACT)) == "Ada"


@over_all_drivers
def test_a_canned_answer_comes_before_the_fake(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: dict[str, Any]
) -> None:
    connect_chat.add_response("start_chat_contact", {"ContactId": "canned"})

    canned = connect_client.start_chat_contact(**parameters)

    assert canned["ContactId"] == "canned"
    assert not connect_chat.contacts
    faked = connect_client.start_chat_contact(**parameters)
    assert list(connect_chat.contacts) == [faked["ContactId"]]


def test_a_canned_answer_comes_before_every_rule(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: dict[str, Any]
) -> None:
    connect_chat.add_response("start_chat_contact", {"ContactId": "canned"})

    assert connect_client.start_chat_contact(**parameters, CustomerId="x" * 129)["ContactId"] == "canned"


@over_all_drivers
def test_a_call_that_botocore_refuses_takes_no_answer(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: dict[str, Any]
) -> None:
    connect_chat.add_response("start_chat_contact", {"ContactId": "canned"})

    with pytest.raises(ParamValidationError):
        connect_client.start_chat_contact(**parameters, CustomerId="")

    assert connect_client.start_chat_contact(**parameters)["ContactId"] == "canned"


def test_any_client_gets_the_answer(connect_chat: FakeConnectChat) -> None:
    clients = [connect_chat.client(), connect_chat.client()]
    for name in ("one", "two"):
        connect_chat.add_response("describe_contact", described(name))

    assert [name_in(client.describe_contact(**CONTACT)) for client in clients] == ["one", "two"]


def test_threads_get_each_answer_once(connect_chat: FakeConnectChat, connect_client: Any) -> None:
    names = [str(number) for number in range(64)]
    for name in names:
        connect_chat.add_response("describe_contact", described(name))

    with ThreadPoolExecutor(8) as pool:
        got = list(pool.map(lambda _: name_in(connect_client.describe_contact(**CONTACT)), names))

    assert sorted(got) == sorted(names)


@pytest.mark.in_process
@over_all_drivers
@pytest.mark.parametrize("mode", ["legacy", "standard", "adaptive"])
def test_a_canned_error_is_not_retried(connect_chat: FakeConnectChat, parameters: dict[str, Any], mode: str) -> None:
    client = new_client(config=Config(retries={"mode": mode}))
    connect_chat.add_client_error("start_chat_contact", "ThrottlingException", "slowly", 429)

    with pytest.raises(client.exceptions.ThrottlingException) as caught:
        client.start_chat_contact(**parameters)

    assert caught.value.response["ResponseMetadata"]["RetryAttempts"] == 0
    assert connect_chat.requests.one().attempt_count == 1
    assert connect_chat.clock.now() == connect_chat.clock.start


# -- checked by the model ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "response", "problem"),
    [
        pytest.param("start_chat_contact", {"Contact": "c"}, 'Unknown parameter in input: "Contact"', id="unknown"),
        pytest.param("start_chat_contact", {"ContactId": 1}, "Invalid type for parameter ContactId", id="type"),
        pytest.param("describe_contact", {"Contact": {"Nam": "x"}}, 'Unknown parameter in Contact: "Nam"', id="nested"),
    ],
)
def test_a_response_against_the_model_is_refused_when_it_is_added(
    connect_chat: FakeConnectChat, method: str, response: dict[str, Any], problem: str
) -> None:
    with pytest.raises(ParamValidationError, match=problem):
        connect_chat.add_response(method, response)

    connect_chat.assert_nothing_left()


def test_modeled_fields_against_the_model_are_refused(connect_chat: FakeConnectChat) -> None:
    with pytest.raises(ParamValidationError, match='Unknown parameter in input: "Text"'):
        connect_chat.add_client_error(
            "start_chat_contact", "LimitExceededException", modeled_fields={"Text": "no such member"}
        )


def test_a_method_that_no_service_has_is_refused(connect_chat: FakeConnectChat) -> None:
    with pytest.raises(SceneError, match=r"^connect and connectparticipant have no method 'zzz'\.$"):
        connect_chat.add_response("zzz", {})
    with pytest.raises(SceneError, match=r"^connectparticipant has no method 'start_chat_contact'\.$"):
        connect_chat.add_client_error("start_chat_contact", service="connectparticipant")


@pytest.mark.parametrize("mistyped", ["ListQueues", "list_queue"])
def test_a_mistyped_method_is_refused_with_the_one_that_was_meant(connect_chat: FakeConnectChat, mistyped: str) -> None:
    with pytest.raises(SceneError, match=rf"have no method '{mistyped}'\. Did you mean 'list_queues'\?$"):
        connect_chat.add_response(mistyped, {})


@pytest.mark.parametrize(
    ("error", "message"),
    [
        ({"service_error_code": 429}, r"^service_error_code is a text such as 'ThrottlingException', not 429\.$"),
        ({"http_status_code": "429"}, r"^http_status_code is a whole number such as 400, not '429'\.$"),
        ({"service_error_meta": "x"}, r"^service_error_meta maps keys of Error to their values, not 'x'\.$"),
        ({"response_meta": [1]}, r"^response_meta maps keys of ResponseMetadata to their values, not \[1\]\.$"),
        ({"modeled_fields": False}, r"^modeled_fields maps members of the error to their values, not False\.$"),
    ],
    ids=["code", "status", "meta", "response meta", "fields"],
)
def test_an_error_of_wrong_types_is_refused(connect_chat: FakeConnectChat, error: dict[str, Any], message: str) -> None:
    with pytest.raises(SceneError, match=message):
        connect_chat.add_client_error("start_chat_contact", **error)


@pytest.mark.parametrize("metadata", [5, {"HTTPHeaders": "x"}], ids=repr)
def test_metadata_that_is_no_dict_is_refused(connect_chat: FakeConnectChat, connect_client: Any, metadata: Any) -> None:
    response = {**described("Ada"), "ResponseMetadata": metadata}

    with pytest.raises(ParamValidationError, match="ResponseMetadata is a dict, and so are its HTTPHeaders: "):
        connect_chat.add_response("describe_contact", response)
    connect_chat.add_response("describe_contact", lambda request: response)
    with pytest.raises(ParamValidationError, match="ResponseMetadata is a dict, and so are its HTTPHeaders: "):
        connect_client.describe_contact(**CONTACT)


def test_a_response_that_is_none_is_refused(connect_chat: FakeConnectChat) -> None:
    with pytest.raises(
        SceneError, match=r"^list_queues\(\) is answered with a dict or with a callable, not with None\.$"
    ):
        connect_chat.add_response("list_queues", None)  # type: ignore[arg-type]


def test_a_service_that_is_not_ours_is_refused(connect_chat: FakeConnectChat) -> None:
    with pytest.raises(SceneError, match=r"^service is one of connect, connectparticipant, not 's3'\.$"):
        connect_chat.add_response("start_chat_contact", {}, service="s3")


def test_a_method_of_both_services_needs_the_service(
    connect_chat: FakeConnectChat, connect_client: Any, connectparticipant_client: Any
) -> None:
    with pytest.raises(SceneError) as caught:
        connect_chat.add_response("describe_view", {})
    assert str(caught.value) == (
        "Both services have a method 'describe_view': say which with service='connect' or 'connectparticipant'."
    )

    connect_chat.add_response("describe_view", {"View": {"Id": "of-participant"}}, service="connectparticipant")
    connect_chat.add_response("describe_view", {"View": {"Id": "of-connect"}}, service="connect")

    assert connect_client.describe_view(InstanceId="i", ViewId="v")["View"]["Id"] == "of-connect"
    view = connectparticipant_client.describe_view(ViewToken="t", ConnectionToken="c")["View"]
    assert view["Id"] == "of-participant"


# -- expected parameters -----------------------------------------------------------------------------------------------


@pytest.mark.in_process
@over_all_drivers
def test_another_request_than_expected_is_refused_and_the_answer_stays(
    connect_chat: FakeConnectChat, connect_client: Any
) -> None:
    connect_chat.add_response("describe_contact", described("Ada"), CONTACT)

    with pytest.raises(StubAssertionError) as caught:
        connect_client.describe_contact(InstanceId="i-1", ContactId="c-2")

    assert str(caught.value) == (
        "Error getting response stub for operation DescribeContact: Expected parameters:\n"
        "{'ContactId': 'c-1', 'InstanceId': 'i-1'},\n"
        "but received:\n"
        "{'ContactId': 'c-2', 'InstanceId': 'i-1'}"
    )
    assert name_in(connect_client.describe_contact(**CONTACT)) == "Ada"


@pytest.mark.connect_chat(strict=False)
@pytest.mark.parametrize(
    "expected",
    [
        pytest.param({"InstanceId": "i-1"}, id="a member too few"),
        pytest.param({**CONTACT, "Other": botocore.stub.ANY}, id="a member too many"),
        pytest.param({}, id="none"),
    ],
)
def test_expected_parameters_are_all_of_them(
    connect_chat: FakeConnectChat, connect_client: Any, expected: dict[str, Any]
) -> None:
    connect_chat.add_response("describe_contact", described("Ada"), expected)

    with pytest.raises(StubAssertionError):
        connect_client.describe_contact(**CONTACT)


@pytest.mark.parametrize(
    "any_value", [pytest.param(mock.ANY, id="unittest.mock"), pytest.param(botocore.stub.ANY, id="botocore.stub")]
)
@pytest.mark.parametrize("method", ["add_response", "add_client_error"])
def test_any_stands_for_any_value(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: dict[str, Any], any_value: Any, method: str
) -> None:
    expected = {**parameters, "InstanceId": any_value, "Attributes": {"tier": any_value}}
    if method == "add_response":
        connect_chat.add_response("start_chat_contact", {"ContactId": "canned"}, expected)
        connect_client.start_chat_contact(**parameters, Attributes={"tier": "gold"})
    else:
        connect_chat.add_client_error("start_chat_contact", "InternalServiceException", expected_params=expected)
        with pytest.raises(connect_client.exceptions.InternalServiceException):
            connect_client.start_chat_contact(**parameters, Attributes={"tier": "gold"})


@pytest.mark.parametrize("given", [("text/plain",), ["text/plain"]], ids=repr)
@pytest.mark.parametrize("expected", [("text/plain",), ["text/plain"]], ids=repr)
def test_tuples_and_lists_are_the_same_on_the_wire(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: dict[str, Any], given: Any, expected: Any
) -> None:
    wanted = {**parameters, "SupportedMessagingContentTypes": expected}
    connect_chat.add_response("start_chat_contact", {"ContactId": "canned"}, wanted)
    connect_chat.add_response("start_chat_contact", lambda request: {"ContactId": "made"}, wanted)
    connect_chat.add_client_error("start_chat_contact", "LimitExceededException", expected_params=wanted)

    for _ in range(2):
        connect_client.start_chat_contact(**parameters, SupportedMessagingContentTypes=given)
    with pytest.raises(connect_client.exceptions.LimitExceededException):
        connect_client.start_chat_contact(**parameters, SupportedMessagingContentTypes=given)


@pytest.mark.in_process
@over_all_drivers
def test_a_filled_in_client_token_matters_only_when_it_is_expected(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: dict[str, Any]
) -> None:
    connect_chat.add_response("start_chat_contact", {"ContactId": "1"}, parameters)
    connect_chat.add_response("start_chat_contact", {"ContactId": "2"}, {**parameters, "ClientToken": mock.ANY})
    connect_chat.add_response("start_chat_contact", {"ContactId": "3"}, {**parameters, "ClientToken": "order-17"})
    connect_chat.add_response("start_chat_contact", {"ContactId": "4"}, parameters)

    connect_client.start_chat_contact(**parameters)
    connect_client.start_chat_contact(**parameters)
    connect_client.start_chat_contact(**parameters, ClientToken="order-17")

    with pytest.raises(StubAssertionError):
        connect_client.start_chat_contact(**parameters, ClientToken="order-17")
    connect_client.start_chat_contact(**parameters)


# -- what the answers look like ----------------------------------------------------------------------------------------


@over_all_drivers
def test_a_canned_response_is_whole(connect_chat: FakeConnectChat, connect_client: Any) -> None:
    connect_chat.add_response("describe_contact", described("Ada"))

    answer = connect_client.describe_contact(**CONTACT)

    metadata = answer["ResponseMetadata"]
    assert json.loads(json.dumps(answer)) == answer
    assert metadata["HTTPStatusCode"] == 200
    assert metadata["RetryAttempts"] == 0
    assert metadata["HTTPHeaders"]["x-amzn-requestid"] == metadata["RequestId"]


@over_all_drivers
def test_metadata_of_the_response_wins(connect_chat: FakeConnectChat, connect_client: Any) -> None:
    connect_chat.add_response("describe_contact", {**described("Ada"), "ResponseMetadata": {"RequestId": "mine"}})

    metadata = connect_client.describe_contact(**CONTACT)["ResponseMetadata"]

    assert metadata["RequestId"] == "mine"
    assert metadata["HTTPStatusCode"] == 200


@pytest.mark.in_process
@over_all_drivers
def test_a_canned_error_is_whole(connect_chat: FakeConnectChat, connect_client: Any) -> None:
    connect_chat.add_client_error(
        "start_chat_contact",
        "InvalidRequestException",
        "No.",
        422,
        service_error_meta={"Type": "Sender"},
        response_meta={"RequestId": "mine"},
        modeled_fields={"Reason": {"AttachedFileInvalidRequestExceptionReason": "INVALID_FILE_SIZE"}},
    )

    with pytest.raises(connect_client.exceptions.InvalidRequestException) as caught:
        connect_client.start_chat_contact(InstanceId="i", ContactFlowId="f", ParticipantDetails={"DisplayName": "Ada"})

    response = caught.value.response
    assert json.loads(json.dumps(response)) == response
    assert response["Error"] == {"Code": "InvalidRequestException", "Message": "No.", "Type": "Sender"}
    assert response["Reason"] == {"AttachedFileInvalidRequestExceptionReason": "INVALID_FILE_SIZE"}
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 422
    assert response["ResponseMetadata"]["RequestId"] == "mine"
    assert response["ResponseMetadata"]["RetryAttempts"] == 0


@over_all_drivers
def test_an_error_without_a_code_is_a_plain_client_error(connect_chat: FakeConnectChat, connect_client: Any) -> None:
    connect_chat.add_client_error("stop_contact")

    with pytest.raises(ClientError) as caught:
        connect_client.stop_contact(**CONTACT)

    assert type(caught.value) is ClientError
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_what_was_passed_may_change_later(connect_chat: FakeConnectChat, connect_client: Any) -> None:
    response, expected = described("Ada"), dict(CONTACT)
    fields, meta = {"Message": "modelled"}, {"Type": "Sender"}
    connect_chat.add_response("describe_contact", response, expected)
    connect_chat.add_client_error(
        "describe_contact", "ResourceNotFoundException", service_error_meta=meta, modeled_fields=fields
    )

    response["Contact"]["Name"] = "Bob"
    expected["ContactId"] = fields["Message"] = meta["Type"] = "changed"

    assert name_in(connect_client.describe_contact(**CONTACT)) == "Ada"
    with pytest.raises(connect_client.exceptions.ResourceNotFoundException) as caught:
        connect_client.describe_contact(**CONTACT)
    assert caught.value.response["Message"] == "modelled"
    assert caught.value.response["Error"]["Type"] == "Sender"


def test_what_was_answered_may_change_later(connect_chat: FakeConnectChat, connect_client: Any) -> None:
    response = described("Ada")
    for _ in range(2):
        connect_chat.add_response("describe_contact", response)
    made = described("Cleo")
    connect_chat.add_response("describe_contact", lambda request: made)

    connect_client.describe_contact(**CONTACT)["Contact"]["Name"] = "Bob"
    connect_client.describe_contact(**CONTACT)["Contact"].clear()
    connect_client.describe_contact(**CONTACT)["Contact"].clear()

    assert response == described("Ada")
    assert made == described("Cleo")
    records = connect_chat.requests.describe_contact
    assert [record.response for record in records] == [described("Ada"), described("Ada"), described("Cleo")]


# -- callables ---------------------------------------------------------------------------------------------------------


@over_all_drivers
def test_a_callable_makes_the_response_of_the_request(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: dict[str, Any]
) -> None:
    seen: list[RecordedRequest] = []

    def answer(request: RecordedRequest) -> dict[str, Any]:
        seen.append(request)
        return {"ContactId": f"of-{request.params['CustomerId']}"}

    connect_chat.add_response("start_chat_contact", answer)

    assert connect_client.start_chat_contact(**parameters, CustomerId="C-1")["ContactId"] == "of-C-1"
    assert isinstance(seen[0], RecordedRequest)
    assert (seen[0].operation, seen[0].region) == ("StartChatContact", "us-east-1")
    assert connect_chat.requests.one().response == {"ContactId": "of-C-1"}


@pytest.mark.in_process
@over_all_drivers
def test_what_a_callable_makes_is_checked(connect_chat: FakeConnectChat, connect_client: Any) -> None:
    connect_chat.add_response("describe_contact", lambda request: {"Contact": {"Nam": "Ada"}})

    with pytest.raises(ParamValidationError, match='Unknown parameter in Contact: "Nam"'):
        connect_client.describe_contact(**CONTACT)


@pytest.mark.in_process
@over_all_drivers
def test_a_callable_may_raise(connect_chat: FakeConnectChat, connect_client: Any) -> None:
    error = ClientError({"Error": {"Code": "Custom", "Message": "no"}}, "DescribeContact")

    def refuse(request: RecordedRequest) -> dict[str, Any]:
        raise error

    connect_chat.add_response("describe_contact", refuse)

    with pytest.raises(ClientError) as caught:
        connect_client.describe_contact(**CONTACT)
    assert caught.value is error


# -- leftovers ---------------------------------------------------------------------------------------------------------


def run(pytester: pytest.Pytester, source: str, *args: str) -> pytest.RunResult:
    pytester.makepyfile("import pytest\n" + dedent(source))
    return pytester.runpytest_inprocess(*PLAIN, *args)


def test_answers_left_over_fail_the_test(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
        def test_it(connect_chat):
            connect_chat.add_response("describe_contact", {})
            connect_chat.add_response("describe_contact", lambda request: {})
            connect_chat.add_client_error("send_message", "ThrottlingException")
            connect_chat.add_client_error("send_message")
        """,
    )

    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(
        [
            "*ERROR at teardown of test_it*",
            "Left over: the canned response for describe_contact() was not asked for",
            "Left over: the canned response for describe_contact() was not asked for",
            "Left over: the canned error ThrottlingException for send_message() was not",
            "    asked for",
            "Left over: the canned error without a code for send_message() was not asked for",
            "If this is on purpose: strict=False in the marker or in FakeConnectChat().",
            "*short test summary info*",
        ],
        consecutive=True,
    )


def unfaked(method: str, operation: str, service: str, place: str) -> str:
    """Return what is said of a call that nothing answers."""
    faked = ", ".join(name for of_service, name in OPERATIONS if of_service == service)
    listed = fill(f"Faked are: {faked}.", 72, initial_indent="  ", subsequent_indent="    ")
    return (
        f"{operation} of {service} is not faked.\n"
        f"  Called at {place}.\n"
        f"{listed}\n"
        "  To answer it:\n"
        f"    connect_chat.add_response('{method}', {{...}})\n"
        f"    connect_chat.add_client_error('{method}', ...)\n"
        "  To hand it to whatever else intercepts it here, such as moto:\n"
        "    the setting unfaked='passthrough'"
    )


@pytest.mark.parametrize(("calls", "count"), [(1, "a call"), (2, "2 calls")])
def test_a_swallowed_error_of_an_unfaked_operation_fails_the_test(
    pytester: pytest.Pytester, calls: int, count: str
) -> None:
    result = run(
        pytester,
        f"""
        def test_it(connect_chat, connect_client):
            for _ in range({calls}):
                try:
                    connect_client.describe_user(InstanceId="i", UserId="u")
                except Exception:
                    pass
        """,
    )

    result.assert_outcomes(passed=1, errors=1)
    place = f"{pytester.path.name.rstrip('01')}.py:6"  # also where the code has swallowed the error
    head, *more = unfaked("describe_user", "DescribeUser", "connect", place).splitlines()
    first = fill(f"Left over: {count} that nothing answers. {head}", 79, subsequent_indent="    ")
    assert (
        "\n".join([first, *more]) + "\nIf this is on purpose: strict=False in the marker or in FakeConnectChat().\n"
    ) in result.stdout.str()


@pytest.mark.parametrize(
    ("ending", "outcome"),
    [
        pytest.param("assert False", {"failed": 1}, id="failed"),
        pytest.param("pytest.skip('no')", {"skipped": 1}, id="skipped"),
        pytest.param("pytest.xfail('yes')", {"xfailed": 1}, id="xfailed"),
    ],
)
def test_leftovers_of_a_test_that_did_not_pass_are_no_second_failure(
    pytester: pytest.Pytester, ending: str, outcome: dict[str, int]
) -> None:
    result = run(
        pytester,
        f"""
        def test_it(connect_chat):
            connect_chat.add_response("describe_contact", {{}})
            {ending}
        """,
    )

    result.assert_outcomes(**outcome)


def test_leftovers_of_a_test_marked_xfail_are_no_failure(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
        @pytest.mark.xfail
        def test_it(connect_chat):
            connect_chat.add_response("describe_contact", {})
            assert False
        """,
    )

    result.assert_outcomes(xfailed=1)


def test_leftovers_of_a_test_whose_setup_failed_are_no_second_failure(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
        @pytest.fixture
        def broken(connect_chat):
            connect_chat.add_response("describe_contact", {})
            raise RuntimeError

        def test_it(broken):
            pass
        """,
    )

    result.assert_outcomes(errors=1)


@pytest.mark.parametrize("where", ["marker", "configuration"])
def test_leftovers_are_fine_where_strict_is_off(pytester: pytest.Pytester, where: str) -> None:
    marker = "@pytest.mark.connect_chat(strict=False)" if where == "marker" else ""
    strict = "true" if where == "marker" else "false"
    pytester.makeini(f"[pytest]\nconnect_chat_strict = {strict}\n")

    result = run(
        pytester,
        f"""
        {marker}
        def test_it(connect_chat, connect_client):
            connect_chat.add_response("describe_contact", {{}})
            with pytest.raises(Exception):
                connect_client.describe_user(InstanceId="i", UserId="u")
        """,
    )

    result.assert_outcomes(passed=1)


def test_leftovers_fail_the_context_manager() -> None:
    with pytest.raises(LeftoverError) as caught, FakeConnectChat() as fake:
        fake.add_response("describe_contact", {})

    assert str(caught.value) == (
        "Left over: the canned response for describe_contact() was not asked for\n"
        "If this is on purpose: strict=False in the marker or in FakeConnectChat()."
    )


def test_leftovers_do_not_hide_the_error_of_the_context_manager() -> None:
    def use() -> None:
        with FakeConnectChat() as fake:
            fake.add_response("describe_contact", {})
            raise RuntimeError

    with pytest.raises(RuntimeError):
        use()


def test_leftovers_are_fine_in_a_context_manager_that_is_not_strict() -> None:
    with FakeConnectChat(strict=False) as fake:
        fake.add_response("describe_contact", {})


def test_reset_forgets_canned_answers(connect_chat: FakeConnectChat, connect_client: Any) -> None:
    connect_chat.add_response("stop_contact", {})

    connect_chat.reset()

    with pytest.raises(connect_client.exceptions.ContactNotFoundException):
        connect_client.stop_contact(**CONTACT)


@pytest.mark.in_process
@over_all_drivers
@pytest.mark.connect_chat(strict=False)
@pytest.mark.parametrize(
    ("service", "method", "operation", "parameters"),
    [
        ("connect", "describe_user", "DescribeUser", {"InstanceId": "i", "UserId": "u"}),
        (
            "connectparticipant",
            "get_authentication_url",
            "GetAuthenticationUrl",
            {"SessionId": "s" * 36, "RedirectUri": "https://example.com", "ConnectionToken": "c"},
        ),
    ],
    ids=["connect", "connectparticipant"],
)
def test_an_operation_without_fake_and_answer_is_refused(
    connect_chat: FakeConnectChat,
    service: str,
    method: str,
    operation: str,
    parameters: dict[str, Any],
    no_sockets: list[Any],
) -> None:
    with pytest.raises(UnfakedOperationError) as caught:
        getattr(connect_chat.client(service), method)(**parameters)

    place = re.search(r"test_canned\.py:\d+|conftest\.py:\d+", str(caught.value))
    assert place is not None
    assert str(caught.value) == unfaked(method, operation, service, place[0])
    assert no_sockets == []


@pytest.mark.in_process
@over_all_drivers
@pytest.mark.connect_chat(unfaked="passthrough", max_active_chats=1)
def test_canned_answers_and_the_fake_go_before_the_passthrough(
    connect_chat: FakeConnectChat, connect_client: Any, parameters: dict[str, Any], no_sockets: list[Any]
) -> None:
    connect_chat.add_response("describe_contact", described("Ada"))
    before = deepcopy(parameters)

    assert name_in(connect_client.describe_contact(**CONTACT)) == "Ada"
    connect_client.start_chat_contact(**parameters)

    assert parameters == before
    assert len(connect_chat.contacts) == 1
    assert no_sockets == []


@pytest.mark.in_process
@pytest.mark.connect_chat(unfaked="passthrough")
def test_an_unfaked_operation_is_handed_to_whoever_else_intercepts_it(
    driver: str, connect_chat: FakeConnectChat, connect_client: Any, no_sockets: list[Any]
) -> None:
    module = importlib.import_module("botocore.awsrequest" if driver == "botocore" else "aiobotocore.awsrequest")
    response_class = module.AWSResponse if driver == "botocore" else module.AioAWSResponse  # its body is awaited

    def answer(request: Any, **kwargs: Any) -> Any:
        response = response_class(request.url, 200, {}, None)
        response._content = b'{"User": {"Username": "bob"}}'
        return response

    connect_client.meta.events.register("before-send.connect.DescribeUser", answer)

    assert connect_client.describe_user(InstanceId="i", UserId="u")["User"]["Username"] == "bob"
    assert no_sockets == []


@pytest.mark.in_process
@over_all_drivers
@pytest.mark.connect_chat(unfaked="passthrough")
def test_an_unfaked_operation_that_nobody_intercepts_never_leaves(
    connect_chat: FakeConnectChat, connect_client: Any, no_sockets: list[Any]
) -> None:
    with pytest.raises(ClosedError, match="was about to leave the process"):
        connect_client.describe_user(InstanceId="i", UserId="u")

    assert no_sockets == []


@pytest.mark.in_process
@over_all_drivers
def test_a_callable_that_fails_is_recorded(connect_chat: FakeConnectChat, connect_client: Any) -> None:
    def fail(request: RecordedRequest) -> dict[str, Any]:
        raise RuntimeError("broken callable")

    connect_chat.add_response("describe_contact", fail)
    with pytest.raises(RuntimeError, match="broken callable"):
        connect_client.describe_contact(InstanceId="i", ContactId="c")
    assert str(connect_chat.requests.one().error) == "RuntimeError: broken callable"


def test_a_callable_that_returns_no_response_is_named(connect_chat: FakeConnectChat, connect_client: Any) -> None:
    connect_chat.add_response("describe_contact", lambda request: None)  # type: ignore[arg-type,return-value]
    with pytest.raises(SceneError, match=r"The callable that answers describe_contact\(\) returned None"):
        connect_client.describe_contact(InstanceId="i", ContactId="c")


def test_clearing_the_requests_hides_no_unfaked_call(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        def test_clears(connect_chat, connect_client):
            try:
                connect_client.list_queues(InstanceId="i")
            except Exception:
                pass
            connect_chat.requests.clear()
        """
    )
    result = pytester.runpytest_inprocess("-p", "no:hypothesispytest", "-p", "no:asyncio")
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["Left over: a call that nothing answers. ListQueues of connect is not faked."])


def test_a_failed_subtest_gets_no_second_error(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        def test_fails_in_part(connect_chat, subtests):
            connect_chat.add_response("describe_contact", {})
            with subtests.test("part"):
                assert False
        """
    )
    result = pytester.runpytest_inprocess("-p", "no:hypothesispytest", "-p", "no:asyncio")
    assert result.parseoutcomes().get("errors", 0) == 0
    assert "Left over" not in result.stdout.str()


def test_a_call_swallowed_while_a_module_is_collected_fails_that_module(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nconnect_chat_block = true\n")
    pytester.makepyfile(
        test_a="""
        import boto3

        try:
            boto3.client("connect", region_name="us-east-1").list_queues(InstanceId="i")
        except Exception:
            pass

        def test_a():
            pass
        """,
        test_b="def test_b():\n    pass\n",
    )
    result = pytester.runpytest_inprocess(
        "-p", "no:hypothesispytest", "-p", "no:asyncio", "--continue-on-collection-errors"
    )
    result.assert_outcomes(errors=1, passed=1)


@pytest.mark.parametrize("method", [7, [], None])
def test_a_method_is_a_name(connect_chat: FakeConnectChat, method: Any) -> None:
    with pytest.raises(SceneError, match="method is the name of a client method such as 'start_chat_contact', not"):
        connect_chat.add_response(method, {})


def test_expected_params_are_members(connect_chat: FakeConnectChat) -> None:
    with pytest.raises(SceneError, match="expected_params maps members to what each must be, not 'x'"):
        connect_chat.add_response("describe_contact", {}, "x")  # type: ignore[arg-type]


def test_what_has_no_members_is_answered_with_none(connect_chat: FakeConnectChat, connect_client: Any) -> None:
    connect_chat.add_response("associate_bot", {"ResponseMetadata": {"RequestId": "r"}})
    assert connect_client.associate_bot(InstanceId="i")["ResponseMetadata"]["RequestId"] == "r"
    with pytest.raises(ParamValidationError, match="The model has no members here, so A, B cannot be given"):
        connect_chat.add_response("associate_bot", {"A": 1, "B": 2})
    with pytest.raises(ParamValidationError, match="so Reason cannot be given"):
        connect_chat.add_client_error("associate_bot", "NoSuchError", modeled_fields={"Reason": "none"})
