"""Checks of the topic that a chat streams to."""

from __future__ import annotations

import re

from pytest_connect_chat._service.checks.check import shown
from pytest_connect_chat._service.wire import Request

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
