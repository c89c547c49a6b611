"""The rules of one fake, as tests see them: each can be switched off, switched on, or given another exception class."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from pytest_connect_chat._names import FixedNames, did_you_mean, public_names
from pytest_connect_chat._service.model_facts import ModelFacts
from pytest_connect_chat._service.request import SERVICES
from pytest_connect_chat._service.rules.applied import BY_ID, AppliedRules
from pytest_connect_chat._service.rules.rule import Evidence, Rule
from pytest_connect_chat._text import shown
from pytest_connect_chat.exceptions import SettingError

_CODE = re.compile(r"[A-Za-z][A-Za-z0-9._-]*\Z")


class RuleSwitch(FixedNames):
    """One rule of a fake, with what can be changed about it."""

    def __init__(self, rule: Rule, applied: AppliedRules, facts: ModelFacts) -> None:
        self._rule = rule
        self._applied = applied
        self._facts = facts

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
        """The exception class for a request against the rule; `None` if it is answered, and nothing is done."""
        return self._applied.code(self._rule)

    @property
    def enabled(self) -> bool:
        """Whether the fake applies the rule."""
        return self._applied.is_enabled(self.id)

    def disable(self) -> None:
        """Let requests against this rule pass.

        Raises:
            SettingError: A request against this rule could not be served at all.
        """
        if not self._rule.can_be_disabled:
            raise SettingError(
                f"The rule {self.id!r} cannot be disabled: such a request cannot be served. raises() changes its class."
            )
        self._applied.switch(self._rule, enabled=False)

    def enable(self) -> None:
        """Refuse requests against this rule."""
        self._applied.switch(self._rule, enabled=True)

    def raises(self, code: str) -> None:
        """Refuse requests against this rule with another exception class, and enable the rule.

        Args:
            code: The class's name, for example `"InvalidRequestException"`.

        Raises:
            SettingError: `code` is not an error code.

        Warns:
            UnknownCodeWarning: The services' models have no such code.
        """
        if not isinstance(code, str) or not _CODE.match(code):
            raise SettingError(
                f"rules[{self.id!r}].raises() takes an error code such as 'InvalidRequestException', not {shown(code)}."
            )
        self._facts.check_error_code(code, [], None, SERVICES)
        self._applied.switch(self._rule, enabled=True, code=code)


class RuleBook(FixedNames, Mapping[str, RuleSwitch]):
    """The rules of one fake, by id.

    Args:
        applied: How the fake applies them.
        facts: Knows the error codes of the models.

    Example:
        >>> from pytest_connect_chat import FakeConnectChat
        >>> rules = FakeConnectChat().rules
        >>> rules["attributes-size"].disable()
        >>> rules["attributes-size"].enabled
        False
    """

    def __init__(self, applied: AppliedRules, facts: ModelFacts) -> None:
        self._applied = applied
        self._facts = facts

    @classmethod
    def _hint_at(cls, name: str) -> str:
        rule_id = name.replace("_", "-")
        if rule_id in BY_ID:
            return f" Rules are found by their ids: rules[{rule_id!r}]."
        if name in public_names(RuleSwitch):
            return f" Each rule has it: rules['attributes-size'].{name}, for example."
        return super()._hint_at(name)

    def __getitem__(self, rule_id: str) -> RuleSwitch:
        try:
            return RuleSwitch(BY_ID[rule_id], self._applied, self._facts)
        except (KeyError, TypeError):
            all_of_them = " list(connect_chat.rules) names them all."
            hint = did_you_mean(rule_id, BY_ID, all_of_them) if isinstance(rule_id, str) else all_of_them
            raise KeyError(f"No rule has the id {shown(rule_id)}.{hint}") from None

    if TYPE_CHECKING:
        ...
    else:  # hidden from type checkers, which report it themselves

        def __setitem__(self, rule_id: str, value: object) -> None:
            __tracebackhide__ = True
            raise TypeError(
                f"A rule is not assigned: rules[{shown(rule_id)}].disable(), .enable() or .raises(code) changes it."
            )

    def __iter__(self) -> Iterator[str]:
        return iter(BY_ID)

    def __len__(self) -> int:
        return len(BY_ID)

    def reset(self) -> None:
        """Put every rule back to its state at the start."""
        self._applied.reset()
