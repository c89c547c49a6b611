"""The rules as one fake applies them to requests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from pytest_connect_chat._service.answer import OBSERVED_TEXTS, ServiceError
from pytest_connect_chat._service.request import FAKED, Limit, Request
from pytest_connect_chat._service.rules import RULES
from pytest_connect_chat._service.rules.modelled import LengthCheck, are_short
from pytest_connect_chat._service.rules.rule import Check, Rule
from pytest_connect_chat._text import printable

BY_ID: Final = {rule.id: rule for rule in RULES}
_CHECKS: Final = {  # by operation: the rules whose checks need nothing but the request
    operation: [(rule, rule.check) for rule in RULES if rule.check is not None and operation in rule.operations]
    for _, operation in FAKED
}


@dataclass(frozen=True, slots=True)
class Applicable:
    """The checks that requests with the same members have to pass, each with the id of its rule.

    Attributes:
        limits: The limits of the model, from which the bounds are made.
        all: All checks, in the order of the table.
        bounds: The texts that the checks of lengths look at, with their longest lengths.
        others: All checks but those of lengths.
    """

    limits: Mapping[str, Limit]
    all: list[tuple[Check, str]]
    bounds: list[tuple[str, str, int]]
    others: list[tuple[Check, str]]


class AppliedRules:
    """Which rules one fake applies, and with which exception classes. `RuleBook` shows them to tests.

    Args:
        initially: Rules that a setting switches on or off.
    """

    def __init__(self, initially: Mapping[str, bool]) -> None:
        self._initially = dict(initially)
        self.reset()

    def reset(self) -> None:
        """Put every rule back to its state at the start."""
        self._enabled: dict[str, bool] = {}
        self._codes: dict[str, str] = {}
        self._forget_applicable()

    def is_enabled(self, rule_id: str) -> bool:
        """Return whether a rule is applied."""
        return self._enabled.get(rule_id, self._initially.get(rule_id, BY_ID[rule_id].enabled))

    def code(self, rule: Rule) -> str | None:
        """Return the exception class that a request against a rule gets."""
        return self._codes.get(rule.id, rule.code)

    def switch(self, rule: Rule, *, enabled: bool, code: str | None = None) -> None:
        """Apply a rule or not from now on, with another exception class if one is given."""
        self._enabled[rule.id] = enabled
        if code is not None:
            self._codes[rule.id] = code
        self._forget_applicable()

    def _forget_applicable(self) -> None:
        """Forget which checks requests have to pass, so that they are found again."""
        self._applicable: dict[tuple[str, ...], Applicable] = {}

    def check(self, request: Request) -> None:
        """Check a request by all rules that do not depend on state.

        Raises:
            ServiceError: The request is against a rule; of several, the first in the table counts.
        """
        kind = (request.operation, *request.params)
        known = self._applicable  # a switch in another thread replaces the dict, and this must not get into the new one
        applicable = known.get(kind)
        if applicable is None or applicable.limits is not request.limits:
            applicable = known[kind] = self._find_applicable(request)
        for check, rule_id in applicable.others if are_short(request.params, applicable.bounds) else applicable.all:
            message = check(request)
            if message is not None:
                self._refuse(BY_ID[rule_id], message)

    def _find_applicable(self, request: Request) -> Applicable:
        checks = [
            (check, rule.id)
            for rule, check in _CHECKS[request.operation]
            if (rule.member is None or rule.member in request.params) and self.is_enabled(rule.id)
        ]
        bounds = [
            bound for check, _ in checks if isinstance(check, LengthCheck) for bound in check.bounds(request.limits)
        ]
        others = [(check, rule_id) for check, rule_id in checks if not isinstance(check, LengthCheck)]
        return Applicable(request.limits, checks, bounds, others)

    def require(self, rule_id: str, holds: bool, message: str) -> None:
        """Refuse the request if a rule on state does not hold.

        Raises:
            ServiceError: It does not hold, and the rule is enabled.
        """
        if not holds:
            self.refuse(rule_id, message)

    def refuse(self, rule_id: str, message: str) -> None:
        """Refuse a request that is against a rule on state.

        Raises:
            ServiceError: The rule is enabled.
        """
        if self.is_enabled(rule_id):
            self._refuse(BY_ID[rule_id], message)

    def _refuse(self, rule: Rule, message: str) -> None:
        code = self.code(rule)
        if code is None:
            return
        if message not in OBSERVED_TEXTS:
            message = f"{printable(message)} (rule {rule.id} of pytest-connect-chat)"
        refusal = ServiceError(code, message)
        refusal.rule = rule.id
        raise refusal
