"""Write `docs/fidelity.md` from the tables of rules and facts, and from what live runs have seen."""
# ruff: noqa: INP001  # a script, not a package

from __future__ import annotations

import re
import sys
from collections import Counter
from pathlib import Path
from typing import get_args

sys.path.append(str(Path(__file__).parents[2] / "tests"))

from contract.evidence import Run, Seen, latest, runs  # beside the cases, in tests/contract
from contract.facts import FACTS, Fact
from contract.not_live import NOT_LIVE

from pytest_connect_chat import FakeConnectChat
from pytest_connect_chat._service.api_rates import AWS_RATES
from pytest_connect_chat._service.operations import OPERATIONS
from pytest_connect_chat._service.rules import RULES
from pytest_connect_chat._service.rules.rule import Evidence, Rule

TARGET = Path(__file__).parents[1] / "fidelity.md"

DEFAULTS = FakeConnectChat().rules
API = "https://docs.aws.amazon.com/connect/latest/APIReference"
PARTICIPANT_API = "https://docs.aws.amazon.com/connect-participant/latest/APIReference"
GUIDE = "https://docs.aws.amazon.com/connect/latest/adminguide"

INTRODUCTION = """\
# Fidelity

<!-- Written by docs/generate/fidelity.py from the tables of rules and facts and from docs/evidence: change those. -->

The fake refuses what the service refuses. This page lists every rule by which it does so, and how sure each is:

| evidence | meaning | rules | exception classes |
|---|---|---|---|
| documented | AWS's documentation or the service model of botocore says so | {documented} |
| observed | it was seen on the service: in a log, an issue report, or code that handles it | {observed} |
| assumed | nothing public says so; it is our conclusion | {assumed} |

Each rule has two pieces of evidence: the first is for the rule, the second for the exception class, which AWS documents
less often.

botocore checks a part of each request before it reaches the service: required and unknown members, types, and minimum
lengths and values. It raises `ParamValidationError` itself, and nothing is recorded then. Maxima and values of enums
are read from the *installed* model; the numbers below are those of a current one.

## Switching a rule

`connect_chat.rules` maps the ids below to switches:

```python
import pytest


def test_another_service_than_we_assume(connect_chat, connect_client, start_chat_contact_request):
    connect_chat.rules["attribute-key-characters"].disable()
    connect_client.start_chat_contact(**start_chat_contact_request(Attributes={{"first name": "Ada"}}))

    connect_chat.rules["customer-id-length"].raises("InvalidRequestException")
    with pytest.raises(connect_client.exceptions.InvalidRequestException):
        connect_client.start_chat_contact(**start_chat_contact_request(CustomerId="x" * 129))

    connect_chat.rules["custom-chat-duration"].enable()
    with pytest.raises(connect_client.exceptions.InvalidRequestException):
        connect_client.start_chat_contact(**start_chat_contact_request(ChatDurationInMinutes=60))
```

To switch a rule in a whole suite, do so in a fixture of its conftest. Messages of the fake name the rule that refused,
unless the service's own text is known.

If you know that an assumption is wrong, please open an issue with what you have seen. If you have an instance, let
[a live run](contributing-evidence.md) settle it.
"""

OPERATION = """
## {operation}

The rules on the form of a request come first, and those on state follow. A request that is against several gets one
error: see [the order of checks](#the-order-of-checks).

| id | rule | exception class | evidence: rule, class | source | default |
|---|---|---|---|---|---|
"""

FACTS_HEAD = """
## What else the fake does

These are facts about what the fake does apart from refusing requests, and how sure each is:
"""

TOPIC = """
### {topic}

| id | what | evidence | source |
|---|---|---|---|
"""

LIVE = """
## What a live run settles

With an instance of Amazon Connect, [one run](contributing-evidence.md) turns most assumptions into observations. Of the
{rules} rules whose sentence or exception class is assumed it settles {live_rules}, of the {facts} assumed facts
{live_facts}. Seen so far: {seen}.

A run cannot settle these, whose cases run on the fake only:

| why | rules and facts |
|---|---|
{reasons}

"""

REST = """\
## The limits of the fake

- The faked operations are {operations}. Other operations take [canned answers](canned-answers.md).
- An instance's own flows and queues do not run; agents, bots and [flows](flows.md) are [played by the
  test](other-side.md). Contacts change only by requests, by the clock and by the test.
- Without an [endpoint](endpoint.md) nothing listens at the WebSocket, upload and download URLs, and no name server is
  asked for their hosts. Then a participant counts as connected after asking for both `WEBSOCKET` and
  `CONNECTION_CREDENTIALS`, and files count as sent. [Notifications](notifications.md) go to the handler of the test,
  not to SNS.
- Files are approved at once unless the test has them scanned. In Python, `TranscriptItem.content_type` of a file's item
  is that of the file.
- A voice contact can be related to, and no more.
- DescribeContact answers what a chat has. Members for other channels (voicemails, recordings, e-mail addresses,
  scheduled times and the like) are absent from its `Contact`.
- There is one account. Signatures, credentials and policies are not checked, over HTTP either (`deny_access` and
  `expire_credentials` plan those failures), nor is the region of an instance.
- Clients are answered after botocore's event `before-call`, where a request would be made. `request-created`,
  `before-sign`, `before-send` and `response-received` do not happen, nothing is signed, and no bytes are parsed.
  `before-parameter-build`, `before-call`, `needs-retry`, `after-call` and `after-call-error` do happen. With
  `unfaked="passthrough"`, calls that are passed on go through all of botocore.
- `needs-retry` is emitted after an answer that failed, and after every further answer to that client. Before a first
  failure a success does not emit it, so handlers of the application are not called for it. The handlers are those that
  the client had when its first attempt failed.
- Contacts and instances are not separated by region; tokens of participants and `ClientToken`s are.
- The wait of adaptive mode before a request happens at `before-send` and is not reproduced: adaptive retries as
  standard does. No answer has a `Retry-After`.
- Network errors and timeouts do not move the clock, except by `delay`. Back-off does.
- Texts of errors are ours, except those that were seen on the service: `Resource not found of Type: null`, the
  denials of access, the refusals of `FORWARD` without a position and of receipts among three participants. The record
  of a request (`error.rule`) and the report of a failed test name the rule for these too.
- Python clients of this process are answered; others reach the [endpoint](endpoint.md). A client on botocore's classes
  is found whenever it was made; one on a copy of them needs `attach()`.

## Published rates

These hold with `rate_limit="aws"`, in requests per second: for `connect` per region, for `connectparticipant` per
instance. SendMessage and SendEvent share one rate, and so do the two operations of an upload. Source: the
[service quotas]({quotas}).

| service | operation | rate | burst |
|---|---|---|---|
"""


def page(seen: list[Run] | None = None) -> str:
    """Return the page, with what these runs saw: by default those of `docs/evidence`."""
    evidence = runs() if seen is None else seen
    newest = latest(evidence)
    pairs = [_evidence_of(rule, rule.operations[0], newest) for rule in RULES]
    rules, classes = (Counter(how.partition(" ")[0] for how in column) for column in zip(*pairs, strict=True))
    counts = {kind: f"{rules[kind]} | {classes[kind]}" for kind in get_args(Evidence)}
    parts = [INTRODUCTION.format(**counts)]
    for _, operation in OPERATIONS:
        parts.append(OPERATION.format(operation=operation))
        parts += [_row(rule, operation, newest) for rule in RULES if operation in rule.operations]
    parts.append(FACTS_HEAD)
    for topic in dict.fromkeys(fact.topic for fact in FACTS):
        parts.append(TOPIC.format(topic=topic))
        parts += [_fact_row(fact, newest) for fact in FACTS if fact.topic == topic]
    parts.append(_live(evidence))
    operations = _listed([name for _, name in OPERATIONS])
    quotas = f"{GUIDE}/amazon-connect-service-limits.html"
    parts.append(REST.format(operations=operations, quotas=quotas))
    for service, rates in AWS_RATES.items():
        parts += [f"| {service} | {name} | {rate:g} | {burst:g} |\n" for name, (rate, burst) in rates.items()]
    parts.append("\n")
    parts += [f"[{source}]: {url}\n" for source, url in SOURCES.items()]
    return "".join(parts)


def _row(rule: Rule, operation: str, newest: list[Seen]) -> str:
    evidence = ", ".join(_evidence_of(rule, operation, newest))
    source = f"[{rule.source}]" if rule.source in SOURCES else rule.source
    default = "on" if DEFAULTS[rule.id].enabled else "off"
    code = f"`{rule.code}`" if rule.code else "none: it is answered"
    return f"| `{rule.id}` | {rule.sentence} | {code} | {evidence} | {source} | {default} |\n"


def _evidence_of(rule: Rule, operation: str, newest: list[Seen]) -> tuple[str, str]:
    """Return how sure the rule and its exception class are.

    A refusal that somebody has seen shows the class; that a request just within is answered shows the rule.
    """
    refused = [
        seen
        for seen in newest
        if seen.sighting.settles == rule.id and not seen.sighting.within and seen.sighting.operation in ("", operation)
    ]
    within = [seen for seen in newest if seen.sighting.settles == rule.id and seen.sighting.within]
    how = _how_it_was_seen(refused)
    return (_how_it_was_seen(within) if refused and within else "") or rule.evidence, how or rule.code_evidence


def _fact_row(fact: Fact, newest: list[Seen]) -> str:
    how = _how_it_was_seen([seen for seen in newest if seen.sighting.settles == fact.id]) or fact.evidence
    return f"| `{fact.id}` | {fact.sentence} | {how} | {fact.source} |\n"


def _how_it_was_seen(sightings: list[Seen]) -> str:
    """Return which run has seen something, the newest if many have; a test fails while one contradicts the fake."""
    if not sightings:
        return ""
    contradicting = [seen for seen in sightings if seen.sighting.contradicts]
    return f"contradicted ({contradicting[-1].run})" if contradicting else f"observed ({sightings[-1].run})"


def _live(evidence: list[Run]) -> str:
    rules = {rule.id for rule in RULES if "assumed" in (rule.evidence, rule.code_evidence)}
    facts = {fact.id for fact in FACTS if "assumed" in fact.evidence}
    reasons: dict[str, list[str]] = {}
    for settled, reason in NOT_LIVE.items():
        reasons.setdefault(reason, []).append(f"`{settled}`")
    return LIVE.format(
        rules=len(rules),
        live_rules=len(rules - NOT_LIVE.keys()),
        facts=len(facts),
        live_facts=len(facts - NOT_LIVE.keys()),
        seen="; ".join(map(str, evidence)) or "nothing yet",
        reasons="\n".join(f"| {reason} | {', '.join(settled)} |" for reason, settled in reasons.items()),
    )


def _url(source: str) -> str | None:
    """Return the address of the page that a source names, if it names one."""
    kind, _, name = source.partition(": ")
    if kind == "participant API reference":
        return f"{PARTICIPANT_API}/API_{name}.html"
    if kind == "API reference" and name:
        return f"{API}/API_{name}.html"
    return f"{GUIDE}/{name}.html" if kind == "administrator guide" else None


OF_FACTS = re.findall(r"\[([^]]+)\]", "".join(fact.source for fact in FACTS))
ALL_SOURCES = dict.fromkeys([*(rule.source for rule in RULES), *OF_FACTS])
SOURCES = {source: url for source in ALL_SOURCES if (url := _url(source))}


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


if __name__ == "__main__":
    TARGET.write_text(page(), "utf-8")
