"""Scenarios of what a test plans: faults, canned answers, chaos."""

from __future__ import annotations

from contextlib import suppress

from botocore.exceptions import BotoCoreError, ClientError

from pytest_connect_chat import FakeConnectChat
from stressing.callers import Crowd
from stressing.invariants import check_history, flat, require
from stressing.jobs import Job, code_of, start


def faults(crowd: Crowd, seed: int) -> None:
    """Every fault is met exactly as often as it was planned."""
    few = max(1, crowd.jobs // 20)

    def job() -> Job:
        with suppress(ClientError, BotoCoreError):
            answer = yield start()
            return answer["ContactId"]

    with FakeConnectChat(seed=seed, max_active_chats=crowd.jobs) as fake:
        by_attempt = [fake.faults.throttle(attempts=few), fake.faults.error("ServiceUnavailable", attempts=few)]
        by_call = [
            fake.faults.deny_access(calls=few),
            fake.faults.lose_response(calls=few, after=few),
            fake.faults.error("InternalServiceException", calls=few),
        ]
        answers = flat(crowd.run([job() for _ in range(crowd.jobs)]))
    met = [[attempt.fault for attempt in record.attempts] for record in fake.requests]
    for fault in by_attempt:
        seen = sum(each.count(fault.effect) for each in met)
        require(fault.met == few == seen, f"[{fault}] met {fault.met} attempts, and {seen} records show it")
    for fault in by_call:
        seen = sum(fault.effect in each for each in met)
        require(fault.met == few == seen, f"[{fault}] met {fault.met} calls, and {seen} records show it")
    concerned = [record.contact.contact_id for record in fake.requests if record.contact]
    require(sorted(concerned) == sorted(fake.contacts), "every contact belongs to one call, those of lost answers too")
    require({answer for answer in answers if answer} <= set(concerned), "every answer names a contact")
    check_history(fake, crowd, seed)


def canned(crowd: Crowd, seed: int) -> None:
    """Every canned answer is used once."""

    def job() -> Job:
        answer = yield start()
        return answer["ContactId"]

    wanted = [f"canned-{number:06d}" for number in range(crowd.jobs)]
    with FakeConnectChat(seed=seed) as fake:
        for contact_id in wanted:
            fake.add_response("start_chat_contact", {"ContactId": contact_id})
        answers = flat(crowd.run([job() for _ in range(crowd.jobs)]))
    require(sorted(answers) == wanted, "every canned answer is used once")
    require(not fake.contacts, "no canned answer starts a contact")
    check_history(fake, crowd, seed)


def chaos(crowd: Crowd, seed: int) -> None:
    """Every call survives survivable chaos."""

    def job() -> Job:
        answer = yield start()
        return answer["ContactId"]

    with FakeConnectChat(seed=seed, chaos=0.3, max_active_chats=crowd.jobs) as fake:
        answers = flat(crowd.run([job() for _ in range(crowd.jobs)]))
    require(sorted(answers) == sorted(fake.contacts), "no contact is lost or doubled by retries")
    check_history(fake, crowd, seed)


def hard_chaos(crowd: Crowd, seed: int) -> None:
    """Every contact belongs to one call, whatever becomes of the call."""

    def job() -> Job:
        try:
            answer = yield start()
        except (ClientError, BotoCoreError) as error:
            return code_of(error)
        return answer["ContactId"]

    with FakeConnectChat(seed=seed, chaos=0.5, chaos_mode="hard", max_active_chats=crowd.jobs) as fake:
        flat(crowd.run([job() for _ in range(crowd.jobs)]))
    concerned = [record.contact.contact_id for record in fake.requests if record.contact]
    require(sorted(concerned) == sorted(fake.contacts), "every contact belongs to one call")
    require(any(record.error for record in fake.requests), "hard chaos fails calls")
    check_history(fake, crowd, seed)
