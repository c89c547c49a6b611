"""The rules of `StopContact`."""

from __future__ import annotations

from typing import Final

from pytest_connect_chat._service.rules.rule import ASSUMED, OBSERVED, Rule

RULES: Final = (
    Rule(
        id="stopped-contact-exists",
        operations=("StopContact",),
        member="ContactId",
        sentence="The contact to stop is one of the instance.",
        code="ContactNotFoundException",
        source="botocore service model",
        evidence=ASSUMED,
    ),
    Rule(
        id="stopped-contact-active",
        operations=("StopContact",),
        member="ContactId",
        sentence="The contact to stop has not ended.",
        code="ContactNotFoundException",
        source="public code that handles it",
        evidence=OBSERVED,
        code_evidence=OBSERVED,
    ),
)
