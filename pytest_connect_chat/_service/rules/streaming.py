"""Rules on the topics that a chat streams to."""

from __future__ import annotations

import re
from typing import Final

from pytest_connect_chat._service.request import Request
from pytest_connect_chat._service.rules import modelled
from pytest_connect_chat._service.rules.rule import (
    ASSUMED,
    CONNECTING,
    DOCUMENTED,
    MODEL,
    NOT_FOUND,
    START,
    STREAMING,
    form,
    members,
    state,
)
from pytest_connect_chat._text import shown

_TOPIC_ARN = re.compile(
    r"arn:aws[a-z-]*:sns:(?P<region>[a-z0-9-]+):[0-9]{12}:(?P<name>[A-Za-z0-9_-]{1,256}(?:\.fifo)?)\Z"
)


def not_a_topic(request: Request) -> str | None:
    """Check that chat streaming goes to an SNS topic."""
    arn = request.params["ChatStreamingConfiguration"]["StreamingEndpointArn"]
    if _TOPIC_ARN.match(arn):
        return None
    return f"ChatStreamingConfiguration.StreamingEndpointArn is {shown(arn)}, which is not the ARN of an SNS topic."


def not_a_standard_topic_here(request: Request) -> str | None:
    """Check that the SNS topic is a standard one of the same region."""
    topic = _TOPIC_ARN.match(request.params["ChatStreamingConfiguration"]["StreamingEndpointArn"])
    if topic is None:
        return None
    if topic["name"].endswith(".fifo"):
        return "ChatStreamingConfiguration.StreamingEndpointArn is a FIFO topic; only standard topics are supported."
    if topic["region"] != request.region:
        return (
            f"ChatStreamingConfiguration.StreamingEndpointArn is a topic in {topic['region']}; "
            f"it must be in the region of the instance, {request.region}."
        )
    return None


RULES: Final = (
    form(
        "streaming-endpoint-length",
        "ChatStreamingConfiguration",
        "`ChatStreamingConfiguration.StreamingEndpointArn` is not longer than the model's maximum (350 characters).",
        MODEL,
        modelled.LengthCheck("ChatStreamingConfiguration.StreamingEndpointArn"),
    ),
    form(
        "streaming-endpoint-arn",
        "ChatStreamingConfiguration",
        "`ChatStreamingConfiguration.StreamingEndpointArn` is the ARN of an SNS topic.",
        STREAMING,
        not_a_topic,
        operations=(*START, "StartContactStreaming"),
    ),
    members(
        "streaming-endpoint-topic",
        "ChatStreamingConfiguration",
        "The SNS topic of `ChatStreamingConfiguration` is a standard topic in the region of the instance.",
        STREAMING,
        DOCUMENTED,
        not_a_standard_topic_here,
        operations=(*START, "StartContactStreaming"),
    ),
    state(
        "streaming-endpoints",
        "ChatStreamingConfiguration",
        "A chat streams to at most two endpoints.",
        "LimitExceededException",
        STREAMING,
        DOCUMENTED,
        operations=("StartContactStreaming",),
    ),
    state(
        "connect-participant-streaming",
        "ConnectParticipant",
        "`ConnectParticipant` connects a customer whose contact is streamed; for another customer it does nothing.",
        None,
        STREAMING,
        DOCUMENTED,
        operations=CONNECTING,
    ),
    state(
        "streaming-exists",
        "StreamingId",
        "The streaming that is stopped is one of the chat's.",
        NOT_FOUND,
        MODEL,
        ASSUMED,
        operations=("StopContactStreaming",),
    ),
)
