"""The rules on the form of each member of `StartChatContact`."""

from __future__ import annotations

from typing import Final

from pytest_connect_chat._service.checks import attributes, messages, modelled, segment_attributes, streaming
from pytest_connect_chat._service.rules.rule import ASSUMED, MODEL, PAGE, PARAMETER, START, STREAMING, Rule, shape

SHAPES: Final = (
    shape(
        "instance-id-length",
        "InstanceId",
        "`InstanceId` is not longer than the model's maximum (100 characters).",
        MODEL,
        modelled.longer_than_modelled("InstanceId"),
    ),
    Rule(
        id="contact-flow-id-empty",
        member="ContactFlowId",
        sentence="`ContactFlowId` is not empty (botocore lets it through).",
        code=PARAMETER,
        source=MODEL,
        evidence=ASSUMED,
        check=modelled.empty("ContactFlowId"),
    ),
    shape(
        "contact-flow-id-length",
        "ContactFlowId",
        "`ContactFlowId` is not longer than the model's maximum (500 characters).",
        MODEL,
        modelled.longer_than_modelled("ContactFlowId"),
    ),
    shape(
        "display-name-length",
        "ParticipantDetails",
        "`ParticipantDetails.DisplayName` is not longer than the model's maximum (256 characters).",
        MODEL,
        modelled.longer_than_modelled("ParticipantDetails.DisplayName"),
    ),
    shape(
        "response-mode-value",
        "ParticipantConfiguration",
        "`ParticipantConfiguration.ResponseMode` is one of the model's values (`INCREMENTAL`, `COMPLETE`).",
        MODEL,
        modelled.not_in_modelled_enum("ParticipantConfiguration.ResponseMode"),
    ),
    shape(
        "initial-message-content-type",
        "InitialMessage",
        "`InitialMessage.ContentType` is `text/plain`, `text/markdown`, `application/json` or "
        "`application/vnd.amazonaws.connect.message.interactive.response`.",
        PAGE,
        messages.unknown_content_type("InitialMessage"),
    ),
    shape(
        "initial-message-characters",
        "InitialMessage",
        "`InitialMessage.Content` has at most 1,024 characters (plain text, markdown), 12,000 (JSON) or 12,288 "
        '(interactive response). Holds with `message_limits="per-type"`.',
        PAGE,
        messages.too_many_characters("InitialMessage"),
    ),
    shape(
        "initial-message-bytes",
        "InitialMessage",
        '`InitialMessage.Content` has at most 16,384 UTF-8 bytes. Holds with `message_limits="16384-bytes"`.',
        "API reference since botocore 1.43.22",
        messages.too_many_bytes("InitialMessage"),
    ),
    shape(
        "attributes-size",
        "Attributes",
        "All keys and values of `Attributes` take at most 32,768 UTF-8 bytes, those copied by `RelatedContactId` "
        "included.",
        PAGE,
        attributes.attributes_too_large,
        operations=(*START, "UpdateContactAttributes"),
    ),
    shape(
        "attribute-key-characters",
        "Attributes",
        "Keys of `Attributes` hold only alphanumeric characters, dash and underscore.",
        PAGE,
        attributes.attribute_key_characters,
        operations=(*START, "UpdateContactAttributes"),
    ),
    Rule(
        id="client-token-empty",
        member="ClientToken",
        sentence="`ClientToken` is not empty (botocore lets it through).",
        code=PARAMETER,
        source=MODEL,
        evidence=ASSUMED,
        check=modelled.empty("ClientToken"),
        operations=(*START, "StartContactStreaming"),
    ),
    shape(
        "client-token-length",
        "ClientToken",
        "`ClientToken` is not longer than the model's maximum (500 characters).",
        MODEL,
        modelled.longer_than_modelled("ClientToken"),
    ),
    shape(
        "chat-duration-range",
        "ChatDurationInMinutes",
        "`ChatDurationInMinutes` lies in the model's range (60 to 10,080 minutes).",
        PAGE,
        modelled.outside_modelled_range("ChatDurationInMinutes"),
    ),
    shape(
        "supported-content-type-values",
        "SupportedMessagingContentTypes",
        "Each of `SupportedMessagingContentTypes` is one of the five types that the page lists.",
        PAGE,
        messages.unknown_supported_type,
    ),
    shape(
        "rehydration-type-value",
        "PersistentChat",
        "`PersistentChat.RehydrationType` is one of the model's values (`ENTIRE_PAST_SESSION`, `FROM_SEGMENT`).",
        MODEL,
        modelled.not_in_modelled_enum("PersistentChat.RehydrationType"),
    ),
    shape(
        "source-contact-id-length",
        "PersistentChat",
        "`PersistentChat.SourceContactId` is not longer than the model's maximum (256 characters).",
        MODEL,
        modelled.longer_than_modelled("PersistentChat.SourceContactId"),
    ),
    shape(
        "related-contact-id-length",
        "RelatedContactId",
        "`RelatedContactId` is not longer than the model's maximum (256 characters).",
        MODEL,
        modelled.longer_than_modelled("RelatedContactId"),
    ),
    shape(
        "segment-attribute-key-characters",
        "SegmentAttributes",
        "Keys of `SegmentAttributes` hold only alphanumeric characters, dash and underscore, after `connect:` for the "
        "system's own.",
        PAGE,
        segment_attributes.segment_key_characters,
    ),
    Rule(
        id="segment-attribute-one-value",
        member="SegmentAttributes",
        sentence="Each value of `SegmentAttributes` has exactly one of its members.",
        code=PARAMETER,
        source=PAGE,
        evidence=ASSUMED,
        check=segment_attributes.segment_value_members,
    ),
    shape(
        "segment-attribute-lengths",
        "SegmentAttributes",
        "Keys, `ValueString` and `ValueArn` of `SegmentAttributes` are not longer than the model's maxima (128, 1,024, "
        "1,024 characters).",
        MODEL,
        segment_attributes.segment_lengths,
    ),
    shape(
        "segment-attribute-arn",
        "SegmentAttributes",
        "A `ValueArn` of `SegmentAttributes` is a valid ARN.",
        PAGE,
        segment_attributes.segment_arn,
    ),
    shape(
        "customer-id-length",
        "CustomerId",
        "`CustomerId` is not longer than the model's maximum (128 characters).",
        MODEL,
        modelled.longer_than_modelled("CustomerId"),
    ),
    shape(
        "disconnect-on-customer-exit-values",
        "DisconnectOnCustomerExit",
        "`DisconnectOnCustomerExit` has at most one entry, and that is `AGENT`.",
        MODEL,
        modelled.list_not_as_modelled("DisconnectOnCustomerExit"),
    ),
    shape(
        "connection-types-values",
        "ConnectionTypes",
        "`ConnectionTypes` has at most two entries, each one of the model's values.",
        MODEL,
        modelled.list_not_as_modelled("ConnectionTypes"),
    ),
    shape(
        "streaming-endpoint-length",
        "ChatStreamingConfiguration",
        "`ChatStreamingConfiguration.StreamingEndpointArn` is not longer than the model's maximum (350 characters).",
        MODEL,
        modelled.longer_than_modelled("ChatStreamingConfiguration.StreamingEndpointArn"),
    ),
    shape(
        "streaming-endpoint-arn",
        "ChatStreamingConfiguration",
        "`ChatStreamingConfiguration.StreamingEndpointArn` is the ARN of an SNS topic.",
        STREAMING,
        streaming.not_a_topic,
        operations=(*START, "StartContactStreaming"),
    ),
)
