"""The botocore sessions that our own clients come from."""

from __future__ import annotations

import copy
from typing import Any

import botocore.handlers
from botocore.hooks import HierarchicalEmitter
from botocore.session import Session

from pytest_connect_chat._model.catalogue import shared_loader

_filled: dict[tuple[int, ...], HierarchicalEmitter] = {}


def new_session() -> Session:
    """Return a session that reads the environment anew and the models only once."""
    session = _session()
    if session.get_config_variable("profile") not in (None, *session.available_profiles):
        session = _session(session_vars={"profile": (None, None, None, None)})  # AWS_PROFILE is of another machine
    session.register_component("data_loader", shared_loader())
    return session


def _session(**settings: Any) -> Session:
    """Return a session with botocore's own handlers, whose registration is most of what a session costs.

    They are registered once for each list of them, which moto, for one, adds to; each session gets a copy.
    """
    handlers = tuple(map(id, botocore.handlers.BUILTIN_HANDLERS))
    if handlers not in _filled:
        _filled.clear()
        emitter = HierarchicalEmitter()
        Session(event_hooks=emitter)
        _filled[handlers] = emitter
    return Session(event_hooks=copy.copy(_filled[handlers]), include_builtin_handlers=False, **settings)
