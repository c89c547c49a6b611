"""Dummy credentials while a fake is active."""

from __future__ import annotations

import os
from typing import Final

DUMMY: Final = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_SESSION_TOKEN": "testing",
    "AWS_SECURITY_TOKEN": "testing",
    "AWS_EC2_METADATA_DISABLED": "true",
}


_entered: list[Environment] = []


class Environment:
    """Puts variables into the environment, and takes back those that nobody has changed since."""

    def __init__(self, variables: dict[str, str]) -> None:
        self._variables = variables
        self._before: dict[str, str | None] = {}

    def enter(self) -> None:
        """Set the variables."""
        self._before = {name: os.environ.get(name) for name in self._variables}
        os.environ.update(self._variables)
        _entered.append(self)

    def leave(self) -> None:
        """Put the environment back as it was, or leave that to the one that entered after us and is still there."""
        index = _entered.index(self)
        del _entered[index]
        if index < len(_entered):
            successor = _entered[index]
            unchanged = {name for name, found in successor._before.items() if found == self._variables.get(name)}
            successor._before |= {name: self._before[name] for name in unchanged}
            return
        for name, before in self._before.items():
            if os.environ.get(name) == self._variables[name]:
                if before is None:
                    del os.environ[name]
                else:
                    os.environ[name] = before
        self._before = {}
