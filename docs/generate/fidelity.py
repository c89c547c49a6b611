"""Write `docs/fidelity.md` from the rule table; run it after every change to the rules."""
# ruff: noqa: INP001  # a script, not a package

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import get_args

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

<!-- Written by docs/generate/fidelity.py from the table of rules: change that, and run it. -->

The fake refuses what the service refuses. This page lists every rule by which it does so, and how sure each is:

| evidence | meaning | rules | exception classes |
|---|---|---|---|
| documented | AWS's documentation or the service model of botocore says so | {documented} |
| observed | somebody has seen it: a log, an issue report, code that handles it | {observed} |
| assumed | nobody says so in public; it is our conclusion | {assumed} |

A rule has two pieces of evidence, because AWS documents what is wrong more often than which exception says so: the
first is for the rule, the second for the exception class.

botocore checks some of a request before it reaches the service: required and unknown members, types, and minimum
lengths and values. That is `ParamValidationError`, raised by botocore itself; nothing is recorded then. Maxima and
values of enums are read from the *installed* model, so the numbers below are those of the models of today.

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

A suite that always wants a rule switched does so in a fixture of its conftest. Messages of the fake name the rule that
refused, except where the service's own words are known.

If you know better than an assumption, please say so in an issue, with what you have seen.
"""

OPERATION = """
## {operation}

Looked at in this order; the first rule that a request is against counts.

| id | rule | exception class | evidence: rule, class | source | default |
|---|---|---|---|---|---|
"""

OTHER_SIDE = (  # what, how sure it is, and where it stands
    (
        "the members of a published message, file, event and end, their order, three digits of milliseconds",
        "observed",
        "captures in public code; amazon-connect-chatjs, AWS's SDKs for Android and iOS",
    ),
    (
        "a file's content type stands at the file and not at its item",
        "observed",
        "the same; that GetTranscript writes it so too is assumed",
    ),
    (
        "receipts come as `MESSAGEMETADATA`, without contact ids",
        "observed",
        "AWS's SDK for iOS",
    ),
    (
        "the eight message attributes; `ParticipantRole` absent where nobody acts",
        "documented, observed",
        "[administrator guide: sns-payload]; a log",
    ),
    (
        "`MessageVisibility` is `ALL`",
        "assumed",
        "the guide names `AGENT` and `CUSTOMER`; when the service says so is not known",
    ),
    (
        "typing, joins, leaves, transfers and the end are published",
        "documented",
        "[administrator guide: sns-payload]",
    ),
    (
        "receipts are published, and typing of the one who types",
        "assumed",
        "none",
    ),
    (
        "standard topics of the same region, two for each chat",
        "documented",
        "[administrator guide: chat-message-streaming]",
    ),
    (
        (
            "nothing before the streaming starts, and nothing after it stops or the chat has ended; `chat.ended` "
            "itself is published"
        ),
        "documented, observed",
        "the same; a log",
    ),
    (
        "with `ChatStreamingConfiguration` the initial message is published",
        "assumed",
        "none",
    ),
    (
        "a flow starts once the customer has connected, and takes the initial message with its first wait",
        "observed",
        "public code of two back ends",
    ),
    (
        "the flow's items have the role `SYSTEM` and the name `SYSTEM_MESSAGE`",
        "observed",
        "public transcripts",
    ),
    (
        "a flow may say every content type, whatever `SupportedMessagingContentTypes` has",
        "assumed",
        "none",
    ),
    (
        "`disconnect()` of a flow gives `CONTACT_FLOW_DISCONNECT`",
        "documented",
        "[administrator guide: ctr-data-model]",
    ),
    (
        (
            "with a disconnect flow the chat goes on in a new contact when the agent leaves; `InitiationMethod` "
            "`DISCONNECT`"
        ),
        "documented",
        "[administrator guide: chat-persistence], [administrator guide: ctr-data-model]",
    ),
    (
        "so it does under `DisconnectOnCustomerExit`, with the reason `CUSTOMER_DISCONNECT`",
        "documented",
        "[administrator guide: enable-post-chat-survey]",
    ),
    (
        (
            "no event tells of the change to the disconnect flow's contact; the customer who left by "
            "`DisconnectOnCustomerExit` is still in the chat; the contact has the same flow id"
        ),
        "assumed",
        "none",
    ),
    (
        "scanned files are `APPROVED` or `REJECTED`; a scan that fails rejects",
        "documented",
        "[administrator guide: setup-attachment-scanning]",
    ),
    (
        "the result of a scan comes as one item",
        "documented",
        "amazon-connect-chatjs: its page on the attachment scanner",
    ),
    (
        "a scan that goes on shows as an item with `IN_PROGRESS`, and its result as the same item again",
        "assumed",
        "the model has that status",
    ),
    (
        "the events of Lambda functions",
        "documented",
        "developer guides of SNS and Lambda; signatures are the word `EXAMPLE`",
    ),
    (
        "frames: their envelope, `aws/subscribe`, `aws/heartbeat`, `aws/ping`, the refusal of what is none",
        "observed",
        "captures in public code; amazon-connect-chatjs, AWS's SDKs for Android and iOS",
    ),
    (
        "a participant hears its own messages, also those of its other sockets",
        "observed",
        "public code; amazon-connect-chatjs",
    ),
    (
        "subscribing at the WebSocket connects; its URL holds for 100 seconds",
        "documented",
        "[administrator guide: chat-message-streaming]; participant API reference: CreateParticipantConnection",
    ),
    ("a participant has five sockets", "documented", "[administrator guide: feature-limits]"),
    (
        "the sixth, an expired or unknown `AuthToken`, one of a chat that is over: 403; one URL opens several sockets",
        "assumed",
        "none",
    ),
    (
        "who has left hears of that and of the end only; the service leaves the socket open after the end",
        "assumed",
        "amazon-connect-chatjs waits for `chat.ended` and closes then",
    ),
    ("the headers with which a file is sent", "observed", "amazon-connect-streams, issue 712; AWS's SDK for iOS"),
    (
        "a file has its announced size and headers, arrives before its upload is completed, comes again till then",
        "assumed",
        "S3's `SignatureDoesNotMatch` for another header is in amazon-connect-streams, issue 712",
    ),
    (
        "HTTP: an error's class in `x-amzn-errortype`, its status, `access-control-allow-origin: *`",
        "documented, observed",
        "the models; a log of terraform-provider-aws, issue 40267",
    ),
    (
        "HTTP: members that are unknown or `null` are left out; a path of no operation is `UnknownOperationException`",
        "assumed",
        "none",
    ),
    ("HTTP: no JSON is against the rule of the request's shape; a body over 1 MiB gets 413", "assumed", "none"),
    (
        "HTTP: the message of an error is `message` in the participant service's bodies, `Message` in Connect's",
        "observed, assumed",
        "aws-lex-web-ui, issue 365; amazon-connect-chatjs, issue 19; the model",
    ),
    ("frames: further topics are acknowledged, a subscription without `aws/chat` fails", "assumed", "none"),
    (
        "a WebSocket's sub-protocol is echoed; one without heartbeats stays open, one that closes disconnects nobody",
        "assumed",
        "none",
    ),
    ("S3's status and texts for a file that is refused; percent signs in the file's name", "assumed", "none"),
    (
        "HTTP: pages of every origin may send every header that they ask for",
        "assumed",
        "the service has approved origins",
    ),
)

REST = """
## What the other side does

No request is refused here, so these are no rules. This is how sure each part is:

| what | evidence | source |
|---|---|---|
{other_side}

## What else is assumed

- **The order of checks**: API rate, then for the participant service whether the token is known, then shape,
  combinations, `ClientToken`, instance and flow or contact, referenced contacts, quota.
- **`ClientToken`**: it counts for seven days (stated for other operations), per region, operation and instance; a
  replay returns the same `ParticipantToken`; a failed call does not use its token; a changed request gets the original
  contact (the setting `client_token_conflict`). That a replay repeats the original contact, and may leave out the
  WebSocket once the chat has ended, is documented. Tokens of the other operations count per contact or participant, and
  of SendEvent per event: another event under a used token is a new one, since amazon-connect-chatjs sends all its
  receipts under one token.
- **Throttling**: the wire code of an exceeded rate is the `ThrottlingException` that the operation's model declares;
  for operations that declare none, StartChatContact among them, `TooManyRequestsException` (the setting
  `throttle_code`): the documentation says only "TooManyRequests".
- **The five-minute rule** is documented, and so is the reason `CUSTOMER_CONNECTION_NOT_ESTABLISHED`; that the one leads
  to the other is assumed (the setting `connect_within`). Without an [endpoint](endpoint.md), having asked for both
  `WEBSOCKET` and `CONNECTION_CREDENTIALS` counts as connected, because nobody can subscribe then. That
  `ConnectParticipant` needs a streamed contact is documented; that it has to be streamed at that moment, and that the
  vain flag is answered with 200, is assumed.
- **`RelatedContactId`**: that attributes are copied is documented for another operation; that those of the request win,
  and that both together count towards the size, is assumed.
- **Persistent chat**: one source may serve several new chats; a chat can be resumed at once, while the service needs
  some 30 to 60 seconds for the transcript; a transfer ends a contact without a reason.
- **Forms**: participant tokens have the structure and length that were observed; connection tokens are assumed to look
  the same, streaming ids to be UUIDs.
- **Participants**: only the first connection of a participant shows in the transcript; a customer who left before the
  last agent stays the reason of the end; the flow's own items have one participant id in each chat; contacts of one
  session share their attributes, and a chat streams on through its transfers; a custom bot that CreateParticipant
  added counts from then on, and for 15 seconds if it never connects.
- **A file's content type** is that of the item in Python, `TranscriptItem.content_type`, and that of its notification's
  attribute `ContentType`.
- **Transcripts**: joins, leaves, transfers and the end have the type `EVENT`, as in all that AWS publishes of a chat;
  the model has types of their own too. An empty `NextToken`, the empty page for another chat's `ContactId` and the
  refusal of `FORWARD` without a position were seen in reports of 2020; `MostRecent` 0 as the newest page is a reading
  of a sample. A receipt shows in `MessageMetadata` of its message, and the first one of each kind counts.
- **Attachments** count towards the quota from the start of their upload, are approved at once unless the test has them
  scanned, and their URLs last 15
  minutes for the upload and 5 for the download. The headers of an upload and the form of `UrlExpiry` were recorded. The
  type is told by the name.
- **Times that end**: contacts that started more than 24 months ago are unknown, also to ListAssociatedContacts; the
  transcript of a persistent chat still goes back to them. `DisconnectTimestamp` is the customer's where they left
  first.
- **`connect:Subtype`** is `connect:Chat` in DescribeContact where the request named none.
- **Plain text only** where `SupportedMessagingContentTypes` is not given.
- **Two limits of `InitialMessage`**: older documentation has one for each content type, newer models 16,384 bytes for
  all (the setting `message_limits`). SendMessage takes 16,384 bytes, as its page says.
- **Errors of the participant service** have no top-level `Message` in `e.response`: their bodies were recorded with
  `message`. For those of `connect` the spelling is not known; they have one.

## The limits of the fake

- Faked are {operations}. Other operations take [canned answers](canned-answers.md).
- Flows of an instance and queues do not run; agents, bots and [flows](flows.md) are [played by the
  test](other-side.md): a contact changes by what requests do, by the clock and by the test.
- Without an [endpoint](endpoint.md) nothing listens at the WebSocket, upload and download URLs, whose hosts no name
  server can be asked for. [Notifications](notifications.md) reach the handler of the test, and no SNS.
- A voice contact is there to be related to, and no more.
- DescribeContact answers what a chat has. What contacts of other channels have (voicemails, recordings, e-mail
  addresses, scheduled times and the like) is absent from its `Contact`.
- There is one account. Signatures, credentials and policies are not looked at, over HTTP either (`deny_access` and
  `expire_credentials` plan those failures), nor is what region an instance is in.
- Clients are answered after botocore's event `before-call`, where a request would be made. `request-created`,
  `before-sign`, `before-send` and `response-received` do not happen, nothing is signed, and no bytes are parsed.
  `before-parameter-build`, `before-call`, `needs-retry`, `after-call` and `after-call-error` do happen. With
  `unfaked="passthrough"`, calls that are handed on take the whole way.
- `needs-retry` is emitted after an answer that failed, and after every answer once a client's retries have been at
  work; a first success alone does not emit it, so that a handler of the application's own is not asked about it. Asked
  are the handlers that the client had when its first attempt failed.
- Contacts and instances are not told apart by region; tokens of participants and `ClientToken`s are.
- The wait that adaptive mode puts before a request hangs on `before-send` and is not reproduced: adaptive retries as
  standard does. No answer carries a `Retry-After`.
- Network errors and timeouts take no time of the clock, except by `delay`. Back-off does.
- Texts of errors are ours, except those that were seen on the service: `Resource not found of Type: null`, the
  denials of access, the refusals of `FORWARD` without a position and of receipts among three. The record of a request
  (`error.rule`) and the report of a failed test name the rule for these too.
- Clients of this process are answered, in Python; others reach the [endpoint](endpoint.md). A client on botocore's
  classes is found whenever it was made;
  one on a copy of them needs `attach()`.

## Published rates

With `rate_limit="aws"`, in requests per second; of `connect` per region, of `connectparticipant` per instance.
SendMessage and SendEvent share one rate, and so do the two operations of an upload. From the
[service quotas]({quotas}).

| service | operation | rate | burst |
|---|---|---|---|
"""


def page() -> str:
    """Return the page."""
    rules = Counter(rule.evidence for rule in RULES)
    classes = Counter(rule.code_evidence for rule in RULES)
    counts = {evidence: f"{rules[evidence]} | {classes[evidence]}" for evidence in get_args(Evidence)}
    parts = [INTRODUCTION.format(**counts)]
    for _, operation in OPERATIONS:
        parts.append(OPERATION.format(operation=operation))
        parts += [_row(rule) for rule in RULES if operation in rule.operations]
    operations = _listed([name for _, name in OPERATIONS])
    other_side = "\n".join(f"| {' | '.join(row)} |" for row in OTHER_SIDE)
    quotas = f"{GUIDE}/amazon-connect-service-limits.html"
    parts.append(REST.format(operations=operations, quotas=quotas, other_side=other_side))
    for service, rates in AWS_RATES.items():
        parts += [f"| {service} | {name} | {rate:g} | {burst:g} |\n" for name, (rate, burst) in rates.items()]
    parts.append("\n")
    parts += [f"[{source}]: {url}\n" for source, url in SOURCES.items()]
    return "".join(parts)


def _row(rule: Rule) -> str:
    evidence = f"{rule.evidence}, {rule.code_evidence}"
    source = f"[{rule.source}]" if rule.source in SOURCES else rule.source
    default = "on" if DEFAULTS[rule.id].enabled else "off"
    code = f"`{rule.code}`" if rule.code else "none: it is answered"
    return f"| `{rule.id}` | {rule.sentence} | {code} | {evidence} | {source} | {default} |\n"


def _url(source: str) -> str | None:
    """Return the address of the page that a source names, if it names one."""
    kind, _, name = source.partition(": ")
    if kind == "participant API reference":
        return f"{PARTICIPANT_API}/API_{name}.html"
    if kind == "API reference" and name:
        return f"{API}/API_{name}.html"
    return f"{GUIDE}/{name}.html" if kind == "administrator guide" else None


NAMED = ("sns-payload", "chat-message-streaming", "ctr-data-model", "enable-post-chat-survey")  # beside rules
NAMED_SOURCES = [f"administrator guide: {name}" for name in NAMED]
ALL_SOURCES = dict.fromkeys([*(rule.source for rule in RULES), *NAMED_SOURCES])
SOURCES = {source: url for source in ALL_SOURCES if (url := _url(source))}


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


if __name__ == "__main__":
    TARGET.write_text(page(), "utf-8")
