"""Every rule by which the service refuses a request: one entry each, in the order in which they are looked at.

`docs/fidelity.md` is generated from this table, and a test keeps the two equal. How a rule is switched is in
`rulebook.py`; what it looks at, in `checks`.
"""

from __future__ import annotations

from typing import Final

from pytest_connect_chat._service.rules import (
    contacts,
    participants,
    start_chat_contact,
    start_chat_contact_shapes,
    stop_contact,
    transcripts,
)
from pytest_connect_chat._service.rules.rule import Rule

RULES: Final[tuple[Rule, ...]] = (
    *start_chat_contact_shapes.SHAPES,
    *start_chat_contact.COMBINATIONS,
    *start_chat_contact.STATES,
    *stop_contact.RULES,
    *contacts.RULES,
    *participants.RULES,
    *transcripts.RULES,
)
