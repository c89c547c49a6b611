"""The rules of the operations of `connect` around a chat that has started."""

from __future__ import annotations

from typing import Final

from pytest_connect_chat._service.checks import companions, modelled
from pytest_connect_chat._service.rules.rule import (
    ASSUMED,
    DOCUMENTED,
    MODEL,
    NOT_FOUND,
    PERSISTENCE,
    REQUEST,
    STREAMING,
    combination,
    shape,
    state,
)

LISTS: Final = ("ListAssociatedContacts", "ListContactFlows")
OF_AN_OPEN_CHAT: Final = ("StartContactStreaming", "CreateParticipant", "CreatePersistentContactAssociation")
OF_A_CONTACT: Final = (
    *OF_AN_OPEN_CHAT,
    "DescribeContact",
    "GetContactAttributes",
    "ListAssociatedContacts",
    "StopContactStreaming",
    "TagContact",
    "UntagContact",
    "UpdateContactAttributes",
)
WITHOUT_PARAMETER_EXCEPTION: Final = ("CreateParticipant", "GetContactAttributes")

RULES: Final = (
    shape(
        "contact-request-bounds",
        None,
        "Every member of a request about a contact is within the model's bounds and enums.",
        MODEL,
        modelled.outside_the_model,
        operations=(
            *(operation for operation in OF_A_CONTACT if operation not in WITHOUT_PARAMETER_EXCEPTION),
            "ListContactFlows",
            "StopContact",
        ),
    ),
    combination(
        "contact-request-bounds-invalid-request",
        None,
        "Every member of a request about a contact is within the model's bounds and enums; of operations whose model "
        "does not list `InvalidParameterException`.",
        MODEL,
        DOCUMENTED,
        modelled.outside_the_model,
        operations=WITHOUT_PARAMETER_EXCEPTION,
    ),
    combination(
        "client-token-empty-invalid-request",
        "ClientToken",
        "`ClientToken` is not empty; of an operation whose model does not list `InvalidParameterException`.",
        MODEL,
        ASSUMED,
        modelled.empty("ClientToken"),
        operations=("CreateParticipant",),
    ),
    shape(
        "tag-key-characters",
        None,
        "The keys of tags have the characters of the model's pattern, and do not begin with `aws:`.",
        MODEL,
        companions.tag_key_characters,
        operations=("TagContact", "UntagContact"),
    ),
    combination(
        "added-participant-role",
        "ParticipantDetails",
        "What `CreateParticipant` adds to a chat is a `CUSTOM_BOT`.",
        "API reference: CreateParticipant",
        DOCUMENTED,
        companions.participant_role,
        operations=("CreateParticipant",),
    ),
    state(
        "contact-exists",
        None,
        "The contact is one of the instance.",
        NOT_FOUND,
        MODEL,
        ASSUMED,
        operations=OF_A_CONTACT,
    ),
    state(
        "contact-active",
        None,
        "The chat of the contact has not ended.",
        REQUEST,
        "none",
        ASSUMED,
        operations=OF_AN_OPEN_CHAT,
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
        "streaming-exists",
        "StreamingId",
        "The streaming that is stopped is one of the chat's.",
        NOT_FOUND,
        MODEL,
        ASSUMED,
        operations=("StopContactStreaming",),
    ),
    state(
        "association-new",
        "SourceContactId",
        "The chat does not continue from a past one yet: that can be enabled once.",
        REQUEST,
        PERSISTENCE,
        DOCUMENTED,
        operations=("CreatePersistentContactAssociation",),
    ),
    state(
        "association-source",
        "SourceContactId",
        "The chat does not continue from itself, nor from a chat that continues from it.",
        REQUEST,
        "none",
        ASSUMED,
        operations=("CreatePersistentContactAssociation",),
    ),
    state(
        "list-next-token",
        "NextToken",
        "`NextToken` comes from an answer of the same operation.",
        "InvalidParameterException",
        "none",
        ASSUMED,
        operations=LISTS,
    ),
)
