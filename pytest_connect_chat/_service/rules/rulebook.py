"""The rules as one fake applies them: each can be switched off, switched on, or given another exception class."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from pytest_connect_chat._names import FixedNames, did_you_mean
from pytest_connect_chat._service.answer import OBSERVED_TEXTS, ServiceError
from pytest_connect_chat._service.model_facts import ModelFacts
from pytest_connect_chat._service.request import SERVICES, Request
from pytest_connect_chat._service.rules import RULES
from pytest_connect_chat._service.rules.rule import Check, Evidence, Rule
from pytest_connect_chat._text import printable
from pytest_connect_chat.exceptions import SettingError

_BY_ID = {rule.id: rule for rule in RULES}
_CODE = re.compile(r"[A-Za-z][A-Za-z0-9._-]*\Z")


class RuleSwitch(FixedNames):
    """One rule of a fake, with what can be changed about it."""

    def __init__(self, rule: Rule, book: RuleBook, facts: ModelFacts, *, enabled: bool) -> None:
        self._rule = rule
        self._facts = facts
        self._book = book
        self._code = rule.code
        self._enabled = enabled

    @classmethod
    def _hint_at(cls, name: str) -> str:
        does_it = {"enabled": " enable() and disable() do it.", "code": " raises() does it."}
        return does_it.get(name) or super()._hint_at(name)

    def __repr__(self) -> str:
        return f"<rule {self.id}: {self.code}{'' if self.enabled else ', disabled'}>"

    @property
    def id(self) -> str:
        """The name of the rule."""
        return self._rule.id

    @property
    def sentence(self) -> str:
        """What the rule asks of a request."""
        return self._rule.sentence

    @property
    def source(self) -> str:
        """Where the rule is stated."""
        return self._rule.source

    @property
    def evidence(self) -> Evidence:
        """`"documented"`, `"observed"` or `"assumed"`."""
        return self._rule.evidence

    @property
    def code(self) -> str | None:
        """The exception class that a request against the rule gets; `None` where it is answered, and nothing done."""
        return self._code

    @property
    def enabled(self) -> bool:
        """Whether the fake applies the rule."""
        return self._enabled

    def disable(self) -> None:
        """Let requests against this rule pass.

        Raises:
            SettingError: What is against this rule could not be served at all.
        """
        if not self._rule.can_be_disabled:
            raise SettingError(
                f"The rule {self.id!r} cannot be disabled: such a request cannot be served. raises() changes its class."
            )
        self._switch(enabled=False)

    def enable(self) -> None:
        """Refuse requests against this rule."""
        self._switch(enabled=True)

    def raises(self, code: str) -> None:
        """Refuse requests against this rule with another exception class, and enable the rule.

        Args:
            code: The class's name, for example `"InvalidRequestException"`.

        Raises:
            SettingError: `code` is no error code.

        Warns:
            UnknownCodeWarning: The services' models have no such code.
        """
        if not isinstance(code, str) or not _CODE.match(code):
            raise SettingError(
                f"rules[{self.id!r}].raises() takes an error code such as 'InvalidRequestException', not {code!r}."
            )
        self._facts.check_error_code(code, [], None, SERVICES)
        self._code = code
        self._switch(enabled=True)

    def _switch(self, *, enabled: bool) -> None:
        self._enabled = enabled
        self._book.refresh()


class RuleBook(FixedNames, Mapping[str, RuleSwitch], methods_are_for_tests=False):
    """The rules of one fake, by id.

    Args:
        initially: Rules that a setting switches on or off.
        facts: Tells which error codes the models have.

    Example:
        >>> from pytest_connect_chat import FakeConnectChat
        >>> rules = FakeConnectChat().rules
        >>> rules["attributes-size"].disable()
        >>> rules["attributes-size"].enabled
        False
    """

    def __init__(self, initially: Mapping[str, bool], facts: ModelFacts) -> None:
        self._initially = dict(initially)
        self._facts = facts
        self.reset()

    def __getitem__(self, rule_id: str) -> RuleSwitch:
        try:
            rule = _BY_ID[rule_id]
        except (KeyError, TypeError):
            hint = did_you_mean(str(rule_id), _BY_ID, " list(connect_chat.rules) names them all.")
            raise KeyError(f"No rule has the id {rule_id!r}.{hint}") from None
        switch = self._switches.get(rule_id)
        if switch is None:  # few tests look at any of them
            switch = self._switches.setdefault(
                rule_id, RuleSwitch(rule, self, self._facts, enabled=self._is_enabled(rule))
            )
        return switch

    if TYPE_CHECKING:
        ...
    else:  # out of sight of checkers, who say so themselves

        def __setitem__(self, rule_id: str, value: object) -> None:
            __tracebackhide__ = True
            raise TypeError(
                f"A rule is not assigned: rules[{rule_id!r}].disable(), .enable() or .raises(code) changes it."
            )

    def __iter__(self) -> Iterator[str]:
        return iter(_BY_ID)

    def __len__(self) -> int:
        return len(_BY_ID)

    def _is_enabled(self, rule: Rule) -> bool:
        switch = self._switches.get(rule.id)
        return self._initially.get(rule.id, rule.enabled) if switch is None else switch.enabled

    def reset(self) -> None:
        """Put every rule back to where the settings had it."""
        self._switches: dict[str, RuleSwitch] = {}
        self.refresh()

    def refresh(self) -> None:
        """Forget which checks requests have to pass, so that it is worked out anew."""
        self._applicable: dict[tuple[str, frozenset[str]], list[tuple[Check, str]]] = {}

    def check(self, request: Request) -> None:
        """Look at everything about a request that does not depend on state.

        Raises:
            ServiceError: The request is against a rule; of several, the first in the table counts.
        """
        kind = (request.operation, frozenset(request.params))
        known = self._applicable  # `refresh` replaces it: what was found before a switch must not stay after it
        applicable = known.get(kind)
        if applicable is None:
            applicable = known[kind] = self._find_applicable(*kind)
        for check, rule_id in applicable:
            message = check(request)
            if message is not None:
                self._refuse(self[rule_id], message)

    def _find_applicable(self, operation: str, members: frozenset[str]) -> list[tuple[Check, str]]:
        return [
            (rule.check, rule.id)
            for rule in RULES
            if rule.check is not None
            and operation in rule.operations
            and (rule.member is None or rule.member in members)
            and self._is_enabled(rule)
        ]

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
        if self._is_enabled(_BY_ID[rule_id]):
            self._refuse(self[rule_id], message)

    def _refuse(self, switch: RuleSwitch, message: str) -> None:
        if switch.code is None:
            return
        if message not in OBSERVED_TEXTS:
            message = f"{printable(message)} (rule {switch.id} of pytest-connect-chat)"
        refusal = ServiceError(switch.code, message)
        refusal.rule = switch.id
        raise refusal
