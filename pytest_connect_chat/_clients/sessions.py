"""The botocore sessions that our own clients come from."""

from __future__ import annotations

from botocore.session import Session

from pytest_connect_chat._model.loader import OwnLoader


def new_session() -> Session:
    """Return a session that reads the environment anew and the models only once."""
    session = Session()
    if session.get_config_variable("profile") not in (None, *session.available_profiles):
        session = Session(session_vars={"profile": (None, None, None, None)})  # AWS_PROFILE names one that is not here
    session.register_component("data_loader", OwnLoader())
    return session
