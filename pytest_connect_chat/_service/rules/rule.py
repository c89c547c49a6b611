"""What a rule is, and short forms for writing the usual kinds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal, get_args

from pytest_connect_chat._service.request import Request

Check = Callable[[Request], str | None]  # returns what is wrong with a request, or `None`
Evidence = Literal["documented", "observed", "assumed"]

PARAMETER: Final = "InvalidParameterException"
REQUEST: Final = "InvalidRequestException"
NOT_FOUND: Final = "ResourceNotFoundException"
VALIDATION: Final = "ValidationException"
DENIED: Final = "AccessDeniedException"

PAGE: Final = "API reference: StartChatContact"
MODEL: Final = "botocore service model"
PERSISTENCE: Final = "administrator guide: chat-persistence"
ATTRIBUTES: Final = "administrator guide: connect-attrib-list"
STREAMING: Final = "administrator guide: chat-message-streaming"
SENDING: Final = "participant API reference: SendMessage"
SENDING_EVENTS: Final = "participant API reference: SendEvent"
CUSTOM_BOTS: Final = "administrator guide: chat-customize-flow"
FEATURES: Final = "administrator guide: feature-limits"
START: Final = ("StartChatContact",)

DOCUMENTED: Final = "documented"
OBSERVED: Final = "observed"
ASSUMED: Final = "assumed"

CONNECTING: Final = ("CreateParticipantConnection",)
CONNECTED: Final = (
    "CompleteAttachmentUpload",
    "DisconnectParticipant",
    "GetAttachment",
    "GetTranscript",
    "SendEvent",
    "SendMessage",
    "StartAttachmentUpload",
)
WITH_TOKEN: Final = tuple(operation for operation in CONNECTED if not operation.startswith("Get"))
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


Phase = Literal["form", "members", "state"]
PHASES: Final[tuple[Phase, ...]] = get_args(Phase)  # in the order in which a request is checked


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule by which the service refuses a request.

    Attributes:
        id: The name by which users switch it.
        member: The top-level member whose presence makes the rule apply; `None` for every request.
        sentence: What is asked of the request.
        code: The exception class; `None` if such a request is answered, and nothing is done.
        source: Where the rule is stated.
        evidence: How sure it is that such a request is refused.
        code_evidence: How sure the exception class is.
        check: Checks the request; `None` if that depends on the fake's state.
        phase: When it is checked: the form of each member first, then members together, then the fake's state.
        enabled: Whether it is on by default.
        can_be_disabled: Whether a request against it could be served at all.
        operations: The operations it belongs to.
    """

    id: str
    member: str | None
    sentence: str
    code: str | None
    source: str
    evidence: Evidence
    code_evidence: Evidence = ASSUMED
    check: Check | None = None
    phase: Phase = "form"
    enabled: bool = True
    can_be_disabled: bool = True
    operations: tuple[str, ...] = START


def form(
    id: str,
    member: str | None,
    sentence: str,
    source: str,
    check: Check,
    *,
    evidence: Evidence = DOCUMENTED,
    code: str = PARAMETER,
    operations: tuple[str, ...] = START,
) -> Rule:
    """A rule on the form of one member. AWS documents the bound, not the exception class."""
    return Rule(
        id=id,
        member=member,
        sentence=sentence,
        code=code,
        source=source,
        evidence=evidence,
        check=check,
        operations=operations,
    )


def members(
    id: str,
    member: str | None,
    sentence: str,
    source: str,
    evidence: Evidence,
    check: Check,
    *,
    enabled: bool = True,
    operations: tuple[str, ...] = START,
) -> Rule:
    """A rule that looks at several members, or at what they mean. The exception class is always assumed."""
    return Rule(
        id=id,
        member=member,
        sentence=sentence,
        code=REQUEST,
        source=source,
        evidence=evidence,
        check=check,
        phase="members",
        enabled=enabled,
        operations=operations,
    )


def state(
    id: str,
    member: str | None,
    sentence: str,
    code: str | None,
    source: str,
    evidence: Evidence,
    *,
    code_evidence: Evidence = ASSUMED,
    operations: tuple[str, ...] = START,
) -> Rule:
    """A rule that depends on the fake's state. The code of the operation checks it, by `AppliedRules.require`."""
    return Rule(
        id=id,
        member=member,
        sentence=sentence,
        code=code,
        source=source,
        evidence=evidence,
        code_evidence=code_evidence,
        phase="state",
        operations=operations,
    )
