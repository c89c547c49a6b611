"""Rules on the past chats that a request refers to: `PersistentChat`, `RelatedContactId`, associations."""

from __future__ import annotations

from typing import Final

from pytest_connect_chat._service.request import Request
from pytest_connect_chat._service.rules import modelled
from pytest_connect_chat._service.rules.rule import (
    ASSUMED,
    DOCUMENTED,
    FEATURES,
    MODEL,
    NOT_FOUND,
    PAGE,
    PERSISTENCE,
    REQUEST,
    START,
    form,
    members,
    state,
)


def rehydration_type_missing(request: Request) -> str | None:
    """Check that a persistent chat says how it resumes."""
    if request.params["PersistentChat"].get("RehydrationType"):
        return None
    return "PersistentChat.RehydrationType is required for a persistent chat."


def source_contact_missing(request: Request) -> str | None:
    """Check that a persistent chat says what it resumes."""
    if request.params["PersistentChat"].get("SourceContactId"):
        return None
    return "PersistentChat.SourceContactId is required for a persistent chat."


def persistent_and_related(request: Request) -> str | None:
    """Check that a request is not persistent and related at once."""
    if "RelatedContactId" not in request.params:
        return None
    return "You cannot provide data for both RelatedContactId and PersistentChat."


RULES: Final = (
    form(
        "rehydration-type-value",
        "PersistentChat",
        "`PersistentChat.RehydrationType` is one of the model's values (`ENTIRE_PAST_SESSION`, `FROM_SEGMENT`).",
        MODEL,
        modelled.not_in_modelled_enum("PersistentChat.RehydrationType"),
    ),
    form(
        "source-contact-id-length",
        "PersistentChat",
        "`PersistentChat.SourceContactId` is not longer than the model's maximum (256 characters).",
        MODEL,
        modelled.LengthCheck("PersistentChat.SourceContactId"),
    ),
    form(
        "related-contact-id-length",
        "RelatedContactId",
        "`RelatedContactId` is not longer than the model's maximum (256 characters).",
        MODEL,
        modelled.LengthCheck("RelatedContactId"),
    ),
    members(
        "rehydration-type-required",
        "PersistentChat",
        "`PersistentChat` has a `RehydrationType`.",
        PAGE,
        DOCUMENTED,
        rehydration_type_missing,
    ),
    members(
        "source-contact-id-required",
        "PersistentChat",
        "`PersistentChat` has a `SourceContactId`.",
        PAGE,
        ASSUMED,
        source_contact_missing,
    ),
    members(
        "persistent-or-related",
        "PersistentChat",
        "`PersistentChat` and `RelatedContactId` are not given together.",
        PAGE,
        DOCUMENTED,
        persistent_and_related,
    ),
    state(
        "source-contact-exists",
        "PersistentChat",
        "The source of a persistent chat is a contact of the same instance.",
        NOT_FOUND,
        PERSISTENCE,
        ASSUMED,
        operations=(*START, "CreatePersistentContactAssociation"),
    ),
    state(
        "source-contact-chat",
        "PersistentChat",
        "The source of a persistent chat is a chat, and no voice contact.",
        REQUEST,
        PERSISTENCE,
        ASSUMED,
        operations=(*START, "CreatePersistentContactAssociation"),
    ),
    state(
        "source-contact-initial",
        "PersistentChat",
        "With `ENTIRE_PAST_SESSION` the source is the initial contact of its session.",
        REQUEST,
        PAGE,
        DOCUMENTED,
        operations=(*START, "CreatePersistentContactAssociation"),
    ),
    state(
        "source-contact-ended",
        "PersistentChat",
        "The source of a persistent chat has ended; with `ENTIRE_PAST_SESSION`, a contact of its session has.",
        REQUEST,
        PERSISTENCE,
        DOCUMENTED,
        operations=(*START, "CreatePersistentContactAssociation"),
    ),
    state(
        "source-contact-retention",
        "PersistentChat",
        "The source of a persistent chat started no more than 24 months (730 days) ago.",
        NOT_FOUND,
        FEATURES,
        DOCUMENTED,
        operations=(*START, "CreatePersistentContactAssociation"),
    ),
    state(
        "related-contact-exists",
        "RelatedContactId",
        "`RelatedContactId` is a contact of the same instance, active or ended.",
        NOT_FOUND,
        PAGE,
        ASSUMED,
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
)
