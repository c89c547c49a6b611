"""Dummy credentials while a fake is active, so that no client looks for real ones."""

from __future__ import annotations

import os
import sys
import threading
from typing import Any, Final

_METADATA: Final = "AWS_EC2_METADATA_DISABLED"
DUMMY: Final = {
    "AWS_ACCESS_KEY_ID": "pytest-connect-chat",
    "AWS_SECRET_ACCESS_KEY": "pytest-connect-chat",
    "AWS_SESSION_TOKEN": "pytest-connect-chat",
    "AWS_SECURITY_TOKEN": "pytest-connect-chat",
    _METADATA: "true",
}


class Environment:
    """Puts the dummies into the process's environment while anybody needs them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users = 0
        self._before: dict[str, str | None] = {}

    def enter(self) -> None:
        """Set the variables."""
        with self._lock:
            if self._users == 0:
                self._before = dict.fromkeys(DUMMY)
                if os.environ.get("AWS_ACCESS_KEY_ID") != DUMMY["AWS_ACCESS_KEY_ID"]:  # nobody has brought dummies back
                    self._before[_METADATA] = os.environ.get(_METADATA)  # theirs, also where it says what ours does
            found = {name: os.environ.get(name, dummy) for name, dummy in DUMMY.items()}
            self._before.update((name, value) for name, value in found.items() if value != DUMMY[name])
            self._users += 1
            os.environ.update(DUMMY)

    def leave(self) -> None:
        """Take the variables back once nobody needs them."""
        with self._lock:
            self._users -= 1
            self._take_back()

    def take_back(self) -> None:
        """Put everything back that still is a dummy, also where somebody's undo has brought it back after we left."""
        with self._lock:
            self._take_back()

    def _take_back(self) -> None:
        if self._users:
            return
        for name, before in self._before.items():
            if os.environ.get(name) == DUMMY[name]:
                os.environ.pop(name)
                os.environ.update({} if before is None else {name: before})
        _forget_default_credentials()


def _forget_default_credentials() -> None:
    """Have boto3's default session look for credentials anew, if it has found the dummies."""
    session: Any = getattr(sys.modules.get("boto3"), "DEFAULT_SESSION", None)
    credentials = None if session is None else session._session._credentials
    if credentials is not None and credentials.access_key == DUMMY["AWS_ACCESS_KEY_ID"]:
        session._session._credentials = None


ENVIRONMENT: Final = Environment()
