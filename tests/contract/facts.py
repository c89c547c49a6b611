"""What the fake does that no rule covers, and how sure that is.

`docs/fidelity.md` is generated from this table, beside that of the rules.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pytest_connect_chat._service.rules.rule import ASSUMED, DOCUMENTED, OBSERVED

ORDER: Final = "The order of checks"
TOKENS: Final = "`ClientToken`"
RATES: Final = "Throttling"
CONNECTING: Final = "Connecting in time"
ORIGINS: Final = "Related and persistent chats"
CONTACTS: Final = "Contacts"
FORMS: Final = "Forms of ids and tokens"
PARTICIPANTS: Final = "Participants"
TRANSCRIPTS: Final = "Transcripts"
ATTACHMENTS: Final = "Attachments"
ERRORS: Final = "Errors"
NOTIFICATIONS: Final = "Notifications"
FLOWS: Final = "Flows"
SOCKETS: Final = "WebSocket"
HTTP: Final = "HTTP"

BOTH: Final = f"{DOCUMENTED}, {OBSERVED}"
NONE: Final = "none"
PAYLOAD: Final = "[administrator guide: sns-payload]"
STREAMING: Final = "[administrator guide: chat-message-streaming]"
CONTACT_RECORDS: Final = "[administrator guide: ctr-data-model]"
SDKS: Final = "amazon-connect-chatjs, AWS's SDKs for Android and iOS"
PERSISTENCE: Final = "[administrator guide: chat-persistence]"
SURVEY: Final = "[administrator guide: enable-post-chat-survey]"
SCANNING: Final = "[administrator guide: setup-attachment-scanning]"
LIMITS: Final = "[administrator guide: feature-limits]"
START: Final = "[API reference: StartChatContact]"
CONNECTION: Final = "[participant API reference: CreateParticipantConnection]"


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that the fake does as the service does.

    Attributes:
        id: The name by which a case settles it.
        topic: What it is about.
        sentence: What happens.
        evidence: `documented`, `observed`, `assumed`, or two of them.
        source: Where it is stated or was seen.
    """

    id: str
    topic: str
    sentence: str
    evidence: str = ASSUMED
    source: str = NONE


FACTS: Final = (
    Fact("order-token-first", ORDER, "The participant service looks at the token before all else of a request."),
    Fact("order-form-before-state", ORDER, "The form of a request is looked at before instance, flow and contacts."),
    Fact("order-form-before-combinations", ORDER, "The form of each member is looked at before members together."),
    Fact("order-replay-before-state", ORDER, "A used `ClientToken` is looked at before the state of the chat."),
    Fact("order-contacts-before-quota", ORDER, "Contacts that a request refers to are looked at before the quota."),
    Fact("order-rate-first", ORDER, "The API rate is looked at first: requests that are wrong count as well."),
    Fact(
        "replay-same-contact",
        TOKENS,
        "A replay repeats the original contact.",
        DOCUMENTED,
        START,
    ),
    Fact("replay-same-participant-token", TOKENS, "A replay returns the same `ParticipantToken`."),
    Fact(
        "replay-ended-without-socket", TOKENS, "The replay of a chat that has ended has no WebSocket.", ASSUMED, START
    ),
    Fact("token-failed-call", TOKENS, "A failed call does not use its token."),
    Fact(
        "token-changed-request",
        TOKENS,
        "A changed request under a used token gets the original answer (the setting `client_token_conflict`).",
    ),
    Fact("token-case", TOKENS, "Tokens are case-sensitive.", DOCUMENTED, "botocore service model"),
    Fact("token-seven-days", TOKENS, "A token counts for seven days.", ASSUMED, "stated for other operations"),
    Fact("token-scope", TOKENS, "A token of StartChatContact counts per region, operation and instance."),
    Fact("token-per-chat", TOKENS, "Tokens of the other operations count per contact or participant."),
    Fact(
        "token-per-event",
        TOKENS,
        "Another event under a used token of SendEvent is a new one.",
        ASSUMED,
        "amazon-connect-chatjs sends all its receipts under one token",
    ),
    Fact(
        "throttle-code",
        RATES,
        "StartChatContact over its rate gets `TooManyRequestsException` (the setting `throttle_code`), and so do all "
        "operations whose model declares no `ThrottlingException`.",
        ASSUMED,
        "the documentation says only “TooManyRequests”",
    ),
    Fact(
        "throttle-code-declared", RATES, "Operations that declare `ThrottlingException` get that.", ASSUMED, "the model"
    ),
    Fact(
        "five-minutes-reason",
        CONNECTING,
        "A customer who has not connected within five minutes ends the chat with the reason "
        "`CUSTOMER_CONNECTION_NOT_ESTABLISHED` (the setting `connect_within`); each of the two is documented.",
        ASSUMED,
        CONTACT_RECORDS,
    ),
    Fact("vain-flag-answered", CONNECTING, "`ConnectParticipant` of a chat that is not streamed is answered with 200."),
    Fact("flag-needs-streaming-now", CONNECTING, "The chat has to be streamed at the moment of `ConnectParticipant`."),
    Fact(
        "related-attributes-copied",
        ORIGINS,
        "`RelatedContactId` copies the attributes of that contact.",
        ASSUMED,
        "documented for another operation",
    ),
    Fact("related-own-attributes-win", ORIGINS, "Attributes of the request win over those that are copied."),
    Fact("related-attributes-together", ORIGINS, "Both together count towards the size of attributes."),
    Fact("persistent-no-attributes", ORIGINS, "A persistent chat starts with the attributes of its request alone."),
    Fact("persistent-source-again", ORIGINS, "One source may serve several new chats."),
    Fact(
        "persistent-at-once",
        ORIGINS,
        "A chat can be resumed as soon as it has ended; the service needs some 30 to 60 seconds for its transcript.",
    ),
    Fact(
        "persistent-transcript-older",
        ORIGINS,
        "The transcript of a persistent chat goes back to contacts that are older than 24 months.",
    ),
    Fact("associated-retention", ORIGINS, "ListAssociatedContacts leaves out contacts older than 24 months."),
    Fact("transfer-no-reason", CONTACTS, "A transfer ends a contact without a reason."),
    Fact("session-shares-attributes", CONTACTS, "Contacts of one session share their attributes."),
    Fact("streams-through-transfers", CONTACTS, "A chat streams on through its transfers."),
    Fact(
        "disconnect-timestamp-customer",
        CONTACTS,
        "`DisconnectTimestamp` is the customer's where they left first.",
        DOCUMENTED,
        CONTACT_RECORDS,
    ),
    Fact("first-leaver-is-reason", CONTACTS, "A customer who left before the last agent stays the reason of the end."),
    Fact(
        "subtype-always-there",
        CONTACTS,
        "DescribeContact has `connect:Subtype` `connect:Chat` where the request named none.",
    ),
    Fact("plain-by-default", CONTACTS, "Only plain text is taken where `SupportedMessagingContentTypes` is not given."),
    Fact(
        "participant-token-form",
        FORMS,
        "Participant tokens have the structure and length that were seen.",
        OBSERVED,
        "logs",
    ),
    Fact("connection-token-form", FORMS, "Connection tokens look the same."),
    Fact("streaming-id-uuid", FORMS, "Streaming ids are UUIDs."),
    Fact("joined-once", PARTICIPANTS, "Only the first connection of a participant shows in the transcript."),
    Fact("flow-one-id", PARTICIPANTS, "The flow's own items have one participant id in each chat."),
    Fact(
        "bot-counts-fifteen-seconds",
        PARTICIPANTS,
        "A custom bot counts from CreateParticipant on, and for 15 seconds if it never connects.",
    ),
    Fact(
        "events-are-events",
        TRANSCRIPTS,
        "Joins, leaves, transfers and the end have the type `EVENT`; the model has types of their own too.",
        OBSERVED,
        "all that AWS publishes of a chat",
    ),
    Fact("last-page-empty-token", TRANSCRIPTS, "The last page has an empty `NextToken`.", OBSERVED, "reports of 2020"),
    Fact(
        "other-contact-empty-page",
        TRANSCRIPTS,
        "The `ContactId` of another chat gets an empty page.",
        OBSERVED,
        "amazon-connect-chatjs, issue 28",
    ),
    Fact("most-recent-zero", TRANSCRIPTS, "`MostRecent` 0 is the newest page.", ASSUMED, "reading of a sample"),
    Fact("receipt-in-metadata", TRANSCRIPTS, "A receipt shows in `MessageMetadata` of its message."),
    Fact("first-receipt-counts", TRANSCRIPTS, "The first receipt of each kind counts."),
    Fact(
        "file-type-at-file",
        TRANSCRIPTS,
        "A file's content type stands at the file and not at its item, in GetTranscript too.",
        ASSUMED,
        f"frames and notifications: {SDKS}",
    ),
    Fact("uploads-count-from-start", ATTACHMENTS, "A file counts towards the quota from the start of its upload."),
    Fact("upload-url-15-minutes", ATTACHMENTS, "An upload's URL lasts 15 minutes."),
    Fact("download-url-5-minutes", ATTACHMENTS, "A download's URL lasts 5 minutes."),
    Fact(
        "upload-headers",
        ATTACHMENTS,
        "The headers with which a file is sent, and `UrlExpiry` without milliseconds.",
        OBSERVED,
        "amazon-connect-streams, issue 712; AWS's SDK for iOS",
    ),
    Fact(
        "upload-other-size",
        ATTACHMENTS,
        "A file of another size or with other headers than announced is refused by S3, with its status and text.",
        ASSUMED,
        "`SignatureDoesNotMatch` for another header: amazon-connect-streams, issue 712",
    ),
    Fact("upload-again", ATTACHMENTS, "A file may be sent again until its upload is completed."),
    Fact("upload-odd-name", ATTACHMENTS, "Percent signs stand for what is not ASCII in the headers' file name."),
    Fact("type-by-name", ATTACHMENTS, "The type of a file is told by its name."),
    Fact(
        "scan-verdicts",
        ATTACHMENTS,
        "Scanned files are `APPROVED` or `REJECTED`; a scan that fails rejects.",
        DOCUMENTED,
        SCANNING,
    ),
    Fact(
        "scan-one-item",
        ATTACHMENTS,
        "The result of a scan comes as one item.",
        DOCUMENTED,
        "amazon-connect-chatjs: its page on the attachment scanner",
    ),
    Fact(
        "scan-in-progress",
        ATTACHMENTS,
        "A scan that goes on shows as an item with `IN_PROGRESS`, and its result as the same item again.",
        ASSUMED,
        "the model has that status",
    ),
    Fact(
        "participant-message-key",
        ERRORS,
        "Errors of the participant service have `message` in their body, and no top-level `Message` in `e.response`.",
        OBSERVED,
        "aws-lex-web-ui, issue 365; amazon-connect-chatjs, issue 19",
    ),
    Fact("connect-message-key", ERRORS, "Errors of `connect` have `Message` in their body.", ASSUMED, "the model"),
    Fact(
        "item-members",
        NOTIFICATIONS,
        "The members of a published message, file, event and end, their order, three digits of milliseconds.",
        OBSERVED,
        f"captures in public code; {SDKS}",
    ),
    Fact(
        "published-receipts-form",
        NOTIFICATIONS,
        "Receipts come as `MESSAGEMETADATA`, without contact ids.",
        OBSERVED,
        "AWS's SDK for iOS",
    ),
    Fact(
        "message-attributes",
        NOTIFICATIONS,
        "The eight message attributes; `ParticipantRole` absent where nobody acts.",
        BOTH,
        f"{PAYLOAD}; a log",
    ),
    Fact(
        "visibility-all",
        NOTIFICATIONS,
        "`MessageVisibility` is `ALL`.",
        ASSUMED,
        "the guide names `AGENT` and `CUSTOMER`; when the service says so is not known",
    ),
    Fact(
        "published-events",
        NOTIFICATIONS,
        "Typing, joins, leaves, transfers and the end are published.",
        DOCUMENTED,
        PAYLOAD,
    ),
    Fact("published-receipts", NOTIFICATIONS, "Receipts are published, and typing of the one who types."),
    Fact("topics", NOTIFICATIONS, "Standard topics of the same region, two for each chat.", DOCUMENTED, STREAMING),
    Fact(
        "published-while-streamed",
        NOTIFICATIONS,
        "Nothing before the streaming starts, and nothing after it stops or the chat has ended; `chat.ended` itself is "
        "published.",
        BOTH,
        f"{STREAMING}; a log",
    ),
    Fact(
        "published-initial-message",
        NOTIFICATIONS,
        "With `ChatStreamingConfiguration` the initial message is published.",
    ),
    Fact(
        "lambda-events",
        NOTIFICATIONS,
        "The events of Lambda functions.",
        DOCUMENTED,
        "developer guides of SNS and Lambda; signatures are the word `EXAMPLE`",
    ),
    Fact(
        "flow-starts-with-customer",
        FLOWS,
        "A flow starts once the customer has connected, and takes the initial message with its first wait.",
        OBSERVED,
        "public code of two back ends",
    ),
    Fact(
        "flow-role",
        FLOWS,
        "The flow's items have the role `SYSTEM` and the name `SYSTEM_MESSAGE`.",
        OBSERVED,
        "public transcripts",
    ),
    Fact(
        "flow-content-types", FLOWS, "A flow may say every content type, whatever `SupportedMessagingContentTypes` has."
    ),
    Fact(
        "flow-disconnect",
        FLOWS,
        "`disconnect()` of a flow gives `CONTACT_FLOW_DISCONNECT`.",
        DOCUMENTED,
        CONTACT_RECORDS,
    ),
    Fact(
        "disconnect-flow",
        FLOWS,
        "With a disconnect flow the chat goes on in a new contact when the agent leaves; `InitiationMethod` "
        "`DISCONNECT`.",
        DOCUMENTED,
        f"{PERSISTENCE}, {CONTACT_RECORDS}",
    ),
    Fact(
        "disconnect-flow-on-exit",
        FLOWS,
        "So it does under `DisconnectOnCustomerExit`, with the reason `CUSTOMER_DISCONNECT`.",
        DOCUMENTED,
        SURVEY,
    ),
    Fact(
        "disconnect-flow-silent",
        FLOWS,
        "No event tells of the change to the disconnect flow's contact; the customer who left by "
        "`DisconnectOnCustomerExit` is still in the chat; the contact has the same flow id.",
    ),
    Fact(
        "frames",
        SOCKETS,
        "Frames: their envelope, `aws/subscribe`, `aws/heartbeat`, `aws/ping`, the refusal of what is none.",
        OBSERVED,
        f"captures in public code; {SDKS}",
    ),
    Fact(
        "own-messages",
        SOCKETS,
        "A participant hears its own messages, also those of its other sockets.",
        OBSERVED,
        "public code; amazon-connect-chatjs",
    ),
    Fact(
        "socket-url-100-seconds",
        SOCKETS,
        "Subscribing connects; the URL holds for 100 seconds.",
        DOCUMENTED,
        f"{STREAMING}; {CONNECTION}",
    ),
    Fact("five-sockets", SOCKETS, "A participant has five sockets.", DOCUMENTED, LIMITS),
    Fact("sixth-socket", SOCKETS, "The sixth socket of a participant is refused with 403."),
    Fact("unknown-socket", SOCKETS, "An unknown `AuthToken` is refused with 403."),
    Fact("ended-socket", SOCKETS, "A socket of a chat that is over is refused with 403."),
    Fact("url-opens-several", SOCKETS, "One URL opens several sockets."),
    Fact(
        "open-after-end",
        SOCKETS,
        "The service leaves a socket open after the end of its chat.",
        ASSUMED,
        "amazon-connect-chatjs waits for `chat.ended` and closes then",
    ),
    Fact("left-hears-end-only", SOCKETS, "Who has left hears of that and of the end only."),
    Fact("further-topics", SOCKETS, "Further topics are acknowledged; a subscription without `aws/chat` fails."),
    Fact("sub-protocol", SOCKETS, "A sub-protocol is echoed."),
    Fact("no-heartbeats", SOCKETS, "A socket without heartbeats stays open."),
    Fact("closing-disconnects-nobody", SOCKETS, "A socket that closes disconnects nobody."),
    Fact(
        "error-headers",
        HTTP,
        "An error's class in `x-amzn-errortype`, its status, `access-control-allow-origin: *`.",
        BOTH,
        "the models; a log of terraform-provider-aws, issue 40267",
    ),
    Fact("unknown-members", HTTP, "Members that are unknown or `null` are left out."),
    Fact("unknown-path", HTTP, "A path of no operation gets `UnknownOperationException`."),
    Fact("no-json", HTTP, "A body that is no JSON is against the rule of the request's shape."),
    Fact("large-body", HTTP, "A body over 1 MiB gets 413."),
    Fact(
        "every-origin",
        HTTP,
        "Pages of every origin may send every header that they ask for.",
        ASSUMED,
        "the service has approved origins",
    ),
)
