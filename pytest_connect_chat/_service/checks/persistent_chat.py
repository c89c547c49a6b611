"""Checks of what a request says of a persistent chat."""

from __future__ import annotations

from pytest_connect_chat._service.wire import Request


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
