"""Every rule by which the service refuses a request: one entry each.

The entries stand in the order in which they are looked at. `docs/fidelity.md` is generated from this table, and a test
keeps the two equal. How a rule is switched is in `rulebook.py`; what it looks at, in `checks.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from pytest_connect_chat._service import checks
from pytest_connect_chat._service.checks import Check

Evidence = Literal["documented", "observed", "assumed"]

PARAMETER: Final = "InvalidParameterException"
REQUEST: Final = "InvalidRequestException"
NOT_FOUND: Final = "ResourceNotFoundException"

PAGE: Final = "API reference: StartChatContact"
MODEL: Final = "botocore service model"
PERSISTENCE: Final = "administrator guide: chat-persistence"
ATTRIBUTES: Final = "administrator guide: connect-attrib-list"
STREAMING: Final = "administrator guide: chat-message-streaming"
QUOTAS: Final = "administrator guide: amazon-connect-service-limits"
DOCUMENTED: Final = "documented"
OBSERVED: Final = "observed"
ASSUMED: Final = "assumed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule by which the service refuses a request.

    Attributes:
        id: The name by which users switch it.
        member: The top-level member whose presence makes the rule apply.
        sentence: What is asked of the request.
        code: The exception class.
        source: Where the rule is stated.
        evidence: How sure it is that such a request is refused.
        code_evidence: How sure the exception class is.
        check: What looks at the request, `None` where the answer depends on the fake's state.
        enabled: Whether it holds unless somebody switches it.
        operation: The operation it belongs to.
    """

    id: str
    member: str
    sentence: str
    code: str
    source: str
    evidence: Evidence
    code_evidence: Evidence = ASSUMED
    check: Check | None = None
    enabled: bool = True
    operation: str = "StartChatContact"


def _shape(id: str, member: str, sentence: str, source: str, check: Check) -> Rule:
    """A rule on the form of one member; AWS documents the bound, not the exception class."""
    return Rule(
        id=id, member=member, sentence=sentence, code=PARAMETER, source=source, evidence=DOCUMENTED, check=check
    )


def _combination(
    id: str, member: str, sentence: str, source: str, evidence: Evidence, check: Check, *, enabled: bool = True
) -> Rule:
    """A rule across members; the exception class is always assumed."""
    return Rule(
        id=id,
        member=member,
        sentence=sentence,
        code=REQUEST,
        source=source,
        evidence=evidence,
        check=check,
        enabled=enabled,
    )


_SHAPES = (
    _shape(
        "instance-id-length",
        "InstanceId",
        "`InstanceId` is not longer than the model's maximum (100 characters).",
        MODEL,
        checks.longer_than_modelled("InstanceId"),
    ),
    Rule(
        id="contact-flow-id-empty",
        member="ContactFlowId",
        sentence="`ContactFlowId` is not empty (botocore lets it through).",
        code=PARAMETER,
        source=MODEL,
        evidence=ASSUMED,
        check=checks.empty("ContactFlowId"),
    ),
    _shape(
        "contact-flow-id-length",
        "ContactFlowId",
        "`ContactFlowId` is not longer than the model's maximum (500 characters).",
        MODEL,
        checks.longer_than_modelled("ContactFlowId"),
    ),
    _shape(
        "display-name-length",
        "ParticipantDetails",
        "`ParticipantDetails.DisplayName` is not longer than the model's maximum (256 characters).",
        MODEL,
        checks.longer_than_modelled("ParticipantDetails.DisplayName"),
    ),
    _shape(
        "response-mode-value",
        "ParticipantConfiguration",
        "`ParticipantConfiguration.ResponseMode` is one of the model's values (`INCREMENTAL`, `COMPLETE`).",
        MODEL,
        checks.not_in_modelled_enum("ParticipantConfiguration.ResponseMode"),
    ),
    _shape(
        "initial-message-content-type",
        "InitialMessage",
        "`InitialMessage.ContentType` is `text/plain`, `text/markdown`, `application/json` or "
        "`application/vnd.amazonaws.connect.message.interactive.response`.",
        PAGE,
        checks.initial_message_type,
    ),
    _shape(
        "initial-message-characters",
        "InitialMessage",
        "`InitialMessage.Content` has at most 1,024 characters (plain text, markdown), 12,000 (JSON) or 12,288 "
        '(interactive response). Holds with `message_limits="per-type"`.',
        PAGE,
        checks.initial_message_characters,
    ),
    _shape(
        "initial-message-bytes",
        "InitialMessage",
        '`InitialMessage.Content` has at most 16,384 UTF-8 bytes. Holds with `message_limits="16384-bytes"`.',
        "API reference since botocore 1.43.22",
        checks.initial_message_bytes,
    ),
    _shape(
        "attributes-size",
        "Attributes",
        "All keys and values of `Attributes` take at most 32,768 UTF-8 bytes, those copied by `RelatedContactId` "
        "included.",
        PAGE,
        checks.attributes_too_large,
    ),
    _shape(
        "attribute-key-characters",
        "Attributes",
        "Keys of `Attributes` hold only alphanumeric characters, dash and underscore.",
        PAGE,
        checks.attribute_key_characters,
    ),
    Rule(
        id="client-token-empty",
        member="ClientToken",
        sentence="`ClientToken` is not empty (botocore lets it through).",
        code=PARAMETER,
        source=MODEL,
        evidence=ASSUMED,
        check=checks.empty("ClientToken"),
    ),
    _shape(
        "client-token-length",
        "ClientToken",
        "`ClientToken` is not longer than the model's maximum (500 characters).",
        MODEL,
        checks.longer_than_modelled("ClientToken"),
    ),
    _shape(
        "chat-duration-range",
        "ChatDurationInMinutes",
        "`ChatDurationInMinutes` lies in the model's range (60 to 10,080 minutes).",
        PAGE,
        checks.outside_modelled_range("ChatDurationInMinutes"),
    ),
    _shape(
        "supported-content-type-values",
        "SupportedMessagingContentTypes",
        "Each of `SupportedMessagingContentTypes` is one of the five types that the page lists.",
        PAGE,
        checks.unknown_supported_type,
    ),
    _shape(
        "rehydration-type-value",
        "PersistentChat",
        "`PersistentChat.RehydrationType` is one of the model's values (`ENTIRE_PAST_SESSION`, `FROM_SEGMENT`).",
        MODEL,
        checks.not_in_modelled_enum("PersistentChat.RehydrationType"),
    ),
    _shape(
        "source-contact-id-length",
        "PersistentChat",
        "`PersistentChat.SourceContactId` is not longer than the model's maximum (256 characters).",
        MODEL,
        checks.longer_than_modelled("PersistentChat.SourceContactId"),
    ),
    _shape(
        "related-contact-id-length",
        "RelatedContactId",
        "`RelatedContactId` is not longer than the model's maximum (256 characters).",
        MODEL,
        checks.longer_than_modelled("RelatedContactId"),
    ),
    _shape(
        "segment-attribute-key-characters",
        "SegmentAttributes",
        "Keys of `SegmentAttributes` hold only alphanumeric characters, dash and underscore, after `connect:` for the "
        "system's own.",
        PAGE,
        checks.segment_key_characters,
    ),
    Rule(
        id="segment-attribute-one-value",
        member="SegmentAttributes",
        sentence="Each value of `SegmentAttributes` has exactly one of its members.",
        code=PARAMETER,
        source=PAGE,
        evidence=ASSUMED,
        check=checks.segment_value_members,
    ),
    _shape(
        "segment-attribute-lengths",
        "SegmentAttributes",
        "Keys, `ValueString` and `ValueArn` of `SegmentAttributes` are not longer than the model's maxima (128, 1,024, "
        "1,024 characters).",
        MODEL,
        checks.segment_lengths,
    ),
    _shape(
        "segment-attribute-arn",
        "SegmentAttributes",
        "A `ValueArn` of `SegmentAttributes` is a valid ARN.",
        PAGE,
        checks.segment_arn,
    ),
    _shape(
        "customer-id-length",
        "CustomerId",
        "`CustomerId` is not longer than the model's maximum (128 characters).",
        MODEL,
        checks.longer_than_modelled("CustomerId"),
    ),
    _shape(
        "disconnect-on-customer-exit-values",
        "DisconnectOnCustomerExit",
        "`DisconnectOnCustomerExit` has at most one entry, and that is `AGENT`.",
        MODEL,
        checks.list_not_as_modelled("DisconnectOnCustomerExit"),
    ),
    _shape(
        "connection-types-values",
        "ConnectionTypes",
        "`ConnectionTypes` has at most two entries, each one of the model's values.",
        MODEL,
        checks.list_not_as_modelled("ConnectionTypes"),
    ),
    _shape(
        "streaming-endpoint-length",
        "ChatStreamingConfiguration",
        "`ChatStreamingConfiguration.StreamingEndpointArn` is not longer than the model's maximum (350 characters).",
        MODEL,
        checks.longer_than_modelled("ChatStreamingConfiguration.StreamingEndpointArn"),
    ),
    _shape(
        "streaming-endpoint-arn",
        "ChatStreamingConfiguration",
        "`ChatStreamingConfiguration.StreamingEndpointArn` is the ARN of an SNS topic.",
        STREAMING,
        checks.not_a_topic,
    ),
)

_COMBINATIONS = (
    _combination(
        "initial-message-supported",
        "InitialMessage",
        "`InitialMessage.ContentType` is among `SupportedMessagingContentTypes` where those are given.",
        "none",
        ASSUMED,
        checks.initial_message_not_supported,
    ),
    _combination(
        "initial-message-json",
        "InitialMessage",
        "An initial message of type `application/json` is JSON.",
        "none",
        ASSUMED,
        checks.initial_message_not_json,
    ),
    _combination(
        "custom-chat-duration",
        "ChatDurationInMinutes",
        "The account supports custom chat durations. Off unless enabled: an account without them.",
        PAGE,
        DOCUMENTED,
        checks.given("ChatDurationInMinutes"),
        enabled=False,
    ),
    _combination(
        "supported-content-types-plain",
        "SupportedMessagingContentTypes",
        "`SupportedMessagingContentTypes` always contains `text/plain`.",
        PAGE,
        DOCUMENTED,
        checks.no_plain_text,
    ),
    _combination(
        "rehydration-type-required",
        "PersistentChat",
        "`PersistentChat` has a `RehydrationType`.",
        PAGE,
        DOCUMENTED,
        checks.rehydration_type_missing,
    ),
    _combination(
        "source-contact-id-required",
        "PersistentChat",
        "`PersistentChat` has a `SourceContactId`.",
        PAGE,
        ASSUMED,
        checks.source_contact_missing,
    ),
    _combination(
        "persistent-or-related",
        "PersistentChat",
        "`PersistentChat` and `RelatedContactId` are not given together.",
        PAGE,
        DOCUMENTED,
        checks.persistent_and_related,
    ),
    _combination(
        "segment-attribute-system-only",
        "SegmentAttributes",
        "`ValueList` and `ValueArn` are used with system-defined segment attributes (`connect:...`) only.",
        PAGE,
        DOCUMENTED,
        checks.segment_system_only,
    ),
    _combination(
        "guide-content-types",
        "SegmentAttributes",
        "The subtype `connect:Guide` is used only where both interactive content types are supported.",
        PAGE,
        DOCUMENTED,
        checks.guide_without_interactive,
    ),
    _combination(
        "segment-attribute-predefined",
        "SegmentAttributes",
        "User-defined segment attributes are predefined in the instance. Off unless enabled: an instance without any.",
        ATTRIBUTES,
        DOCUMENTED,
        checks.user_defined_segment,
        enabled=False,
    ),
    _combination(
        "streaming-endpoint-topic",
        "ChatStreamingConfiguration",
        "The SNS topic of `ChatStreamingConfiguration` is a standard topic in the region of the instance.",
        STREAMING,
        DOCUMENTED,
        checks.not_a_standard_topic_here,
    ),
)


def _state(
    id: str,
    member: str,
    sentence: str,
    code: str,
    source: str,
    evidence: Evidence,
    *,
    code_evidence: Evidence = ASSUMED,
) -> Rule:
    """A rule whose answer depends on what the fake holds; the operation's own code looks at it."""
    return Rule(
        id=id,
        member=member,
        sentence=sentence,
        code=code,
        source=source,
        evidence=evidence,
        code_evidence=code_evidence,
    )


_STATES = (
    _state(
        "client-token-conflict",
        "ClientToken",
        'A used `ClientToken` comes with the same request. Holds with `client_token_conflict="error"`; otherwise the '
        "original contact is returned.",
        "IdempotencyException",
        "none",
        ASSUMED,
    ),
    _state(
        "instance-id-arn",
        "InstanceId",
        "`InstanceId` is the id, not the ARN.",
        NOT_FOUND,
        PAGE,
        ASSUMED,
    ),
    _state(
        "instance-exists",
        "InstanceId",
        "The instance exists. Holds once a test has declared instances with `add_instance()`.",
        NOT_FOUND,
        "public issue reports",
        OBSERVED,
        code_evidence=OBSERVED,
    ),
    _state(
        "contact-flow-id-arn",
        "ContactFlowId",
        "`ContactFlowId` is the last part of the flow's ARN, not the ARN.",
        NOT_FOUND,
        PAGE,
        ASSUMED,
    ),
    _state(
        "contact-flow-exists",
        "ContactFlowId",
        "The flow exists in the instance and is published. Holds once a test has declared instances.",
        NOT_FOUND,
        "public issue reports",
        OBSERVED,
        code_evidence=OBSERVED,
    ),
    _state(
        "source-contact-exists",
        "PersistentChat",
        "The source of a persistent chat is a contact of the same instance.",
        NOT_FOUND,
        PERSISTENCE,
        ASSUMED,
    ),
    _state(
        "source-contact-initial",
        "PersistentChat",
        "With `ENTIRE_PAST_SESSION` the source is the initial contact of its session.",
        REQUEST,
        PAGE,
        DOCUMENTED,
    ),
    _state(
        "source-contact-ended",
        "PersistentChat",
        "The source of a persistent chat has ended; with `ENTIRE_PAST_SESSION`, a contact of its session has.",
        REQUEST,
        PERSISTENCE,
        DOCUMENTED,
    ),
    _state(
        "source-contact-retention",
        "PersistentChat",
        "The source of a persistent chat ended no more than 24 months (730 days) ago.",
        NOT_FOUND,
        "API reference: DescribeContact",
        ASSUMED,
    ),
    _state(
        "related-contact-exists",
        "RelatedContactId",
        "`RelatedContactId` is a contact of the same instance, active or ended.",
        NOT_FOUND,
        PAGE,
        ASSUMED,
    ),
    _state(
        "active-chats",
        "InstanceId",
        "The instance has fewer active chats than its quota (the setting `max_active_chats`).",
        "LimitExceededException",
        PAGE,
        DOCUMENTED,
        code_evidence=DOCUMENTED,
    ),
)

_STOP_CONTACT = (
    Rule(
        id="stopped-contact-exists",
        operation="StopContact",
        member="ContactId",
        sentence="The contact to stop is one of the instance.",
        code="ContactNotFoundException",
        source="botocore service model",
        evidence=ASSUMED,
    ),
    Rule(
        id="stopped-contact-active",
        operation="StopContact",
        member="ContactId",
        sentence="The contact to stop has not ended.",
        code="ContactNotFoundException",
        source="public code that handles it",
        evidence=OBSERVED,
        code_evidence=OBSERVED,
    ),
)

RULES: Final[tuple[Rule, ...]] = (*_SHAPES, *_COMBINATIONS, *_STATES, *_STOP_CONTACT)
