"""What a rule is, and short ways to write the usual kinds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from pytest_connect_chat._service.checks.check import Check

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
START: Final = ("StartChatContact",)

DOCUMENTED: Final = "documented"
OBSERVED: Final = "observed"
ASSUMED: Final = "assumed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule by which the service refuses a request.

    Attributes:
        id: The name by which users switch it.
        member: The top-level member whose presence makes the rule apply; `None` for every request.
        sentence: What is asked of the request.
        code: The exception class.
        source: Where the rule is stated.
        evidence: How sure it is that such a request is refused.
        code_evidence: How sure the exception class is.
        check: What looks at the request, `None` where the answer depends on the fake's state.
        enabled: Whether it holds unless somebody switches it.
        operations: The operations it belongs to.
    """

    id: str
    member: str | None
    sentence: str
    code: str
    source: str
    evidence: Evidence
    code_evidence: Evidence = ASSUMED
    check: Check | None = None
    enabled: bool = True
    operations: tuple[str, ...] = START


def shape(
    id: str, member: str | None, sentence: str, source: str, check: Check, *, operations: tuple[str, ...] = START
) -> Rule:
    """A rule on the form of one member; AWS documents the bound, not the exception class."""
    return Rule(
        id=id,
        member=member,
        sentence=sentence,
        code=PARAMETER,
        source=source,
        evidence=DOCUMENTED,
        check=check,
        operations=operations,
    )


def combination(
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
        operations=operations,
    )


def state(
    id: str,
    member: str | None,
    sentence: str,
    code: str,
    source: str,
    evidence: Evidence,
    *,
    code_evidence: Evidence = ASSUMED,
    operations: tuple[str, ...] = START,
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
        operations=operations,
    )
