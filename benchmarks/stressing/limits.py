"""Scenarios of what the service decides: contacts, quota, tokens, rate, persistent chats."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress

from botocore.exceptions import ClientError

from pytest_connect_chat import FakeConnectChat
from stressing.callers import Crowd
from stressing.invariants import Gauge, check_history, flat, meanwhile, require
from stressing.jobs import INSTANCE, REQUEST, Job, Step, code_of, start, stop

ROUNDING = 1e-6


def starts(crowd: Crowd, seed: int) -> None:
    """No contact is lost or doubled."""

    def job(number: int) -> Job:
        answer = yield start(Attributes={"job": str(number)})
        return answer["ContactId"], str(number)

    with FakeConnectChat(seed=seed, max_active_chats=crowd.jobs) as fake:
        results = crowd.run([job(number) for number in range(crowd.jobs)])
    answers = flat(results)
    kept = {contact_id: contact.attributes["job"] for contact_id, contact in fake.contacts.items()}
    require(len(dict(answers)) == crowd.jobs, "every call got a contact of its own")
    require(dict(answers) == kept, "every contact is the one that was asked for")
    require(len(fake.contacts.active) == crowd.jobs, "every contact is active")
    require(len({record.client_token for record in fake.requests}) == crowd.jobs, "every call has a token of its own")
    position = {record.contact.contact_id: number for number, record in enumerate(fake.requests) if record.contact}
    for worker in results:
        in_order = [position[contact_id] for contact_id, _ in worker]
        require(in_order == sorted(in_order), "the records of one worker stand in the order of its calls")
    check_history(fake, crowd, seed)


def churn(crowd: Crowd, seed: int) -> None:
    """The quota of active chats is never exceeded, and every slot comes back."""
    quota = max(1, crowd.at_once // 4)
    held = Gauge()

    def job() -> Job:
        try:
            answer = yield start()
        except ClientError as error:
            return code_of(error)
        held.add(1)
        contact_id = answer["ContactId"]
        yield "describe_contact", {"InstanceId": INSTANCE, "ContactId": contact_id}
        held.add(-1)
        yield stop(contact_id)
        return "stopped"

    def watch() -> None:
        require(len(fake.contacts.active) <= quota, "no more chats are active than the quota allows")

    with FakeConnectChat(seed=seed, max_active_chats=quota) as fake:
        with meanwhile(watch):
            outcomes = Counter(flat(crowd.run([job() for _ in range(crowd.jobs)])))
        check_history(fake, crowd, seed)
        require(held.most <= quota, f"no more than {quota} chats were held at once, not {held.most}")
        require(set(outcomes) <= {"stopped", "LimitExceededException"}, f"nothing else came up than {outcomes}")
        require(len(fake.contacts) == outcomes["stopped"] == len(fake.contacts.ended), "every chat was stopped")
        client = fake.client()
        for _ in range(quota):
            client.start_chat_contact(**REQUEST)
        with suppress(client.exceptions.LimitExceededException):
            client.start_chat_contact(**REQUEST)
            require(False, "the quota still holds")
        require(len(fake.contacts.active) == quota, "every slot has come back")


def one_token(crowd: Crowd, seed: int) -> None:
    """One ClientToken gives one contact, and one answer."""

    def job() -> Job:
        answer = yield start(ClientToken="order-17")
        return answer["ContactId"], answer["ParticipantId"], answer["ParticipantToken"]

    with FakeConnectChat(seed=seed, max_active_chats=1) as fake:
        answers = set(flat(crowd.run([job() for _ in range(crowd.jobs)])))
    require(len(fake.contacts) == 1, "one token gives one contact")
    require(len(answers) == 1, "all answers are equal")
    check_history(fake, crowd, seed)


def rate(crowd: Crowd, seed: int) -> None:
    """The rate is never exceeded on the clock, which back-offs move."""
    per_second, burst = 5, 8

    def job(fake: FakeConnectChat) -> Job:
        for _ in range(3):
            try:
                answer = yield start()
            except ClientError as error:
                require(code_of(error) == "TooManyRequestsException", "nothing but the rate refuses a call")
                fake.clock.sleep(1)
            else:
                return answer["ContactId"]
        return None

    with FakeConnectChat(seed=seed, rate_limit=(per_second, burst), max_active_chats=crowd.jobs) as fake:
        answers = flat(crowd.run([job(fake) for _ in range(crowd.jobs)]))
    successes = [contact.initiation_timestamp for contact in fake.contacts.values()]
    require(len(successes) == len([answer for answer in answers if answer]), "every success is a contact")
    tokens, filled = float(burst), fake.clock.start
    for moment in successes:
        tokens = min(burst, tokens + (moment - filled).total_seconds() * per_second)
        filled = moment
        tokens -= 1
        require(tokens > -ROUNDING, "no more chats are started than burst + rate * time")
    require(crowd.jobs <= burst or fake.clock.now() > fake.clock.start, "back-offs move the clock")
    check_history(fake, crowd, seed)


def persistent(crowd: Crowd, seed: int) -> None:
    """A persistent chat continues from what has ended when it starts, and never from less than one before it did."""
    segments: list[tuple[str, str]] = []

    def source(contact_id: str, rehydration: str) -> Step:
        return start(PersistentChat={"RehydrationType": rehydration, "SourceContactId": contact_id})

    def job(number: int) -> Job:
        first, second = segments[number % len(segments)]
        try:
            if number // len(segments) % 4 == 0:
                yield stop(second)
                return "stopped"
            answer = yield source(first, "ENTIRE_PAST_SESSION")
            require(answer["ContinuedFromContactId"] in (first, second), "it continues from a segment that has ended")
            again = yield source(second, "FROM_SEGMENT")
            require(again["ContinuedFromContactId"] == second, "it continues from the named segment")
        except ClientError as error:
            return code_of(error)
        return "continued"

    with FakeConnectChat(seed=seed, max_active_chats=10**6) as fake:
        for _ in range(max(1, crowd.jobs // 16)):
            first = fake.add_contact(instance_id=INSTANCE)
            segments.append((first.contact_id, fake.transfer(first.contact_id).contact_id))
        outcomes = Counter(flat(crowd.run([job(number) for number in range(crowd.jobs)])))
    known = {"stopped", "continued", "InvalidRequestException", "ContactNotFoundException"}
    require(set(outcomes) <= known, f"nothing else came up than {outcomes}")
    require(outcomes["stopped"] == len(segments), "every live segment was stopped once")
    resolved: dict[str, list[str | None]] = {}
    for contact in fake.contacts.values():
        if contact.rehydration_type == "ENTIRE_PAST_SESSION":
            origin = fake.contacts[str(contact.continued_from_contact_id)].initial_contact_id
            resolved.setdefault(origin, []).append(contact.continued_from_contact_id)
    for first_id, second_id in segments:
        sources = resolved.get(first_id, [])
        ordered = [first_id] * sources.count(first_id) + [second_id] * sources.count(second_id)
        require(sources == ordered, "once the last segment has ended, every further chat continues from it")
    check_history(fake, crowd, seed)
