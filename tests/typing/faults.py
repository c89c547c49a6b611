"""Faults, rules and canned answers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, assert_type

from pytest_connect_chat import FakeConnectChat, Fault, RecordedRequest


def is_from_gold(request: RecordedRequest) -> bool:
    return bool(request.params["Attributes"]["tier"] == "gold")


def plan(connect_chat: FakeConnectChat) -> None:
    faults = connect_chat.faults
    assert_type(faults.throttle(), Fault)
    assert_type(faults.throttle(calls=None, after=2, operation=None, service="connectparticipant"), Fault)
    assert_type(faults.exceed_quota(attempts=1, optional=True), Fault)
    assert_type(faults.error("InternalServiceException", "Sorry", 500, {"Reason": "x"}, calls=2), Fault)
    assert_type(faults.network_error("dns", when={"CustomerId": "C-1"}), Fault)
    assert_type(faults.lose_response(503, when=is_from_gold), Fault)
    assert_type(faults.deny_access(when=lambda request: request.params["CustomerId"] == "C-1"), Fault)
    assert_type(faults.expire_credentials(), Fault)
    assert_type(faults.delay(0.5), Fault)
    assert_type(faults.delay(minutes=2, seconds=30, attempts=1), Fault)
    assert_type(faults.delay(timedelta(minutes=2), operation="StopContact"), Fault)
    assert_type(faults.outage(timedelta(hours=1), error=504), Fault)
    assert_type(faults.outage(minutes=5, error="connect_timeout", service="connect"), Fault)
    faults.chaos(0.2, "hard")
    faults.clear()


def read(connect_chat: FakeConnectChat) -> None:
    faults = connect_chat.faults
    assert_type(faults[0], Fault)
    assert_type(faults[:2], Sequence[Fault])
    assert_type([fault.met for fault in faults], list[int])
    assert_type(faults[0].planned, int | None)
    assert_type(faults[0].effect, str)
    assert_type(faults[0].is_exhausted, bool)
    assert_type(faults.leftovers(), list[str])


def mistakes(connect_chat: FakeConnectChat) -> None:
    faults = connect_chat.faults
    faults.throttle(2)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    faults.throttle(times=2)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    faults.throttle(attempts=None)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    faults.throttle(service="lex")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    faults.throttle(when="gold")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    faults.error()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    faults.network_error("timeout")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    faults.lose_response(404)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    faults.outage(minutes=5, attempts=1)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    faults.delay(minute=2)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    faults.outage(minute=2)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    connect_chat.clock.advance(mins=2)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    faults.chaos(0.2, "soft")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    faults.thottle()  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]


def rules(connect_chat: FakeConnectChat) -> None:
    rule = connect_chat.rules["attributes-size"]
    rule.raises("InvalidRequestException")
    rule.disable()
    rule.enable()
    assert_type(rule.enabled, bool)
    assert_type(rule.code, str | None)
    assert_type(list(connect_chat.rules), list[str])
    rule.raises(400)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    rule.enabled = False  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]


def answer(request: RecordedRequest) -> dict[str, Any]:
    return {"ContactId": request.params["InstanceId"]}


def canned(connect_chat: FakeConnectChat) -> None:
    connect_chat.add_response("describe_contact_flow", {"ContactFlow": {}}, {"InstanceId": "i", "ContactFlowId": "f"})
    connect_chat.add_response("start_chat_contact", answer)
    connect_chat.add_response("describe_view", {}, service="connectparticipant")
    connect_chat.add_client_error("start_chat_contact", "ThrottlingException", "Slow down", http_status_code=429)
    connect_chat.add_response("start_chat_contact", "x")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    connect_chat.add_response("describe_view", {}, service="lex")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
