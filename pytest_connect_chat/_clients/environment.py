"""Dummy credentials and a region while a fake is active, so that no client looks for real ones."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from typing import Any, Final

from botocore.credentials import Credentials

_KEY: Final = "AWS_ACCESS_KEY_ID"
REGION: Final = "AWS_DEFAULT_REGION"
DUMMY: Final = {
    _KEY: "pytest-connect-chat",
    "AWS_SECRET_ACCESS_KEY": "pytest-connect-chat",
    "AWS_SESSION_TOKEN": "pytest-connect-chat",
    "AWS_SECURITY_TOKEN": "pytest-connect-chat",
    "AWS_EC2_METADATA_DISABLED": "true",
}

# What each variable was before, `None` for not there, and what it was set to.
Changes = dict[str, tuple[str | None, str]]


class Environment:
    """Sets the variables in the process's environment while anybody needs them, and puts them back.

    Every step can be taken twice, since an interrupt may have cut off the first.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._changes: dict[object, Changes] = {}  # by user, in the order in which they came
        self._last: Changes = {}

    def enter(self, user: object, region: str | None) -> None:
        """Set the variables.

        Args:
            user: Who needs them.
            region: The region, `None` for the one that is there or else us-east-1.
        """
        with self._lock:
            if os.environ.get(_KEY) == DUMMY[_KEY] and not self._changes:
                _put_back(self._last)  # the undo of another fixture has restored the dummies after we left
            variables = {**DUMMY, REGION: region or os.environ.get(REGION) or "us-east-1"}
            self._changes[user] = {name: (os.environ.get(name), value) for name, value in variables.items()}
            os.environ.update(variables)

    def leave(self, user: object) -> None:
        """Put the variables back as they were before this user came; one that came later goes on with its own."""
        with self._lock:
            if user not in self._changes:
                return
            changes = self._changes[user]
            users = list(self._changes)
            later = users[users.index(user) + 1 :]
            if later:
                _hand_down(changes, self._changes[later[0]])
            else:
                _put_back(changes)
            if len(users) == 1:
                _forget_default_credentials()
            self._last = changes
            del self._changes[user]

    def take_back(self) -> None:
        """Take back the dummies that the undo of another fixture has restored after we left."""
        with self._lock:
            if not self._changes:
                _put_back(self._last)
                _forget_default_credentials()

    def enter_child(self) -> None:
        """Take a new lock in a forked process: the thread that held the parent's does not exist there."""
        self._lock = threading.RLock()


def _put_back(changes: Changes) -> None:
    for name, (before, ours) in changes.items():
        if os.environ.get(name) == ours:
            if before is None:
                del os.environ[name]
            else:
                os.environ[name] = before


def _hand_down(changes: Changes, later: Changes) -> None:
    """Let a later user put back what was there before one that leaves now."""
    for name, (before, ours) in changes.items():
        if later[name][0] == ours:
            later[name] = (before, later[name][1])


def _forget_default_credentials() -> None:
    """Let boto3's default session look for credentials again, if it has found the dummies."""
    session: Any = getattr(getattr(sys.modules.get("boto3"), "DEFAULT_SESSION", None), "_session", None)
    credentials: Any = getattr(session, "_credentials", None)
    # Exactly this class: to read the key of a subclass, such as a role's credentials, may be to fetch it.
    if type(credentials) is Credentials and credentials.access_key == DUMMY[_KEY]:
        session._credentials = None


ENVIRONMENT: Final = Environment()

with contextlib.suppress(AttributeError):  # Windows has no fork
    os.register_at_fork(after_in_child=ENVIRONMENT.enter_child)
