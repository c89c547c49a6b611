"""Every rule by which the service refuses a request: one entry each, with its check beside it.

`docs/fidelity.md` is generated from this table, and a test keeps the two equal. A fake applies the rules in
`applied.py`, and a test switches them by `rulebook.py`.
"""

from __future__ import annotations

from typing import Final

from pytest_connect_chat._service.rules import (
    access,
    attributes,
    events,
    existence,
    files,
    messages,
    modelled,
    past_chats,
    request_members,
    segment_attributes,
    streaming,
    transcript_pages,
)
from pytest_connect_chat._service.rules.rule import PHASES, Rule

_BY_SUBJECT: Final[tuple[Rule, ...]] = (
    *request_members.RULES,
    *messages.RULES,
    *attributes.RULES,
    *segment_attributes.RULES,
    *past_chats.RULES,
    *streaming.RULES,
    *existence.RULES,
    *access.RULES,
    *events.RULES,
    *transcript_pages.RULES,
    *files.RULES,
    *modelled.RULES,
)
RULES: Final = tuple(sorted(_BY_SUBJECT, key=lambda rule: PHASES.index(rule.phase)))  # in the order of the checks
