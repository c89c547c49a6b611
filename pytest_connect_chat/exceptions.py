"""The errors of pytest-connect-chat. Errors that the service answers are raised as botocore's own classes.

ConnectChatError
├── SettingError            a setting has a wrong name or value (also a ValueError)
├── ClockError              the clock was asked for something it cannot do (also a ValueError)
├── FaultError              a fault cannot be planned as asked (also a ValueError)
├── SceneError              a contact or instance cannot be set up as asked (also a ValueError)
├── MissingExtraError       an optional dependency is not installed
├── EndpointError           the endpoint cannot listen, or what a test waits for does not happen
├── UnfakedOperationError   an operation that is not faked, and has no canned answer, was called
├── ClosedError             a request was about to leave the process
└── LeftoverError           something that was planned did not happen (also an AssertionError)

UnknownCodeWarning          a planned error code is in no model (a UserWarning)
"""

from __future__ import annotations


class ConnectChatError(Exception):
    """The base of every error that pytest-connect-chat itself raises."""


class SettingError(ConnectChatError, ValueError):
    """A setting has a name or a value that does not exist."""


class ClockError(ConnectChatError, ValueError):
    """The clock was given something that is no moment or duration, or was asked to go backwards."""


class FaultError(ConnectChatError, ValueError):
    """A test planned a fault that is not possible."""


class SceneError(ConnectChatError, ValueError):
    """A test set up something that is not possible: a contact, an instance, a flow, a participant."""


class MissingExtraError(ConnectChatError):
    """Something needs an optional dependency that is not installed."""


class EndpointError(ConnectChatError):
    """The endpoint cannot listen, or what a test waited for did not happen."""


class UnfakedOperationError(ConnectChatError):
    """An operation that is not faked, and has no canned answer, was called."""


class ClosedError(ConnectChatError):
    """A request was about to leave the process."""


class LeftoverError(ConnectChatError, AssertionError):
    """A test ended with canned answers or faults left over, or had called operations that are not faked."""


class UnknownCodeWarning(UserWarning):
    """A fault is planned with an error code that neither service's model has."""
