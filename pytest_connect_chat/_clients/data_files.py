"""botocore's own data files, parsed once: each session gets a copy of its own, made part by part as it is read.

In every test that makes a session, botocore parses the model of Connect and the endpoints of all of AWS, which is most
of what such a test costs. While a fake is active, these files are parsed once in a run, the folders of services are
listed once, botocore's own handlers are registered once, and the methods of clients are made once. A session that
changes what it has read, or its handlers, changes them for itself alone.

Only botocore's own folder counts, read by its own loader: models of `AWS_DATA_PATH` or of `~/.aws/models`, and loaders
of the application, are left alone.
"""

from __future__ import annotations

import contextlib
import copy
import os
import threading
from collections.abc import Callable
from functools import partial, wraps
from types import FunctionType
from typing import Any, Final

import botocore.handlers
from botocore.client import ClientCreator
from botocore.hooks import _PrefixTrie
from botocore.loaders import JSONFileLoader, Loader, instance_cache
from botocore.model import ServiceModel
from botocore.session import Session

from pytest_connect_chat._model import catalogue
from pytest_connect_chat._model.copies import Piecewise, copy_of_file
from pytest_connect_chat._service.request import SERVICES

OWN: Final = Loader.BUILTIN_DATA_PATH + os.sep
OF_SERVICES: Final = tuple(OWN + service + os.sep for service in SERVICES)
OF_ALL: Final = tuple(OWN + name for name in ("endpoints", "partitions", "sdk-default-configuration", "_retry"))

_lock = threading.RLock()


# -- what sessions read ------------------------------------------------------------------------------------------------

_listed: dict[str, list[str]] = {}  # by type of file: the services that botocore has
_methods: dict[tuple[type, str], dict[str, FunctionType]] = {}  # methods of clients, by `ClientCreator` and service
_filled: dict[tuple[Any, ...], _SharedTrie] = {}  # botocore's own handlers, by class of emitter and their ids


def _load_file(own: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(own)
    def load_file(self: JSONFileLoader, file_path: str) -> Any:
        is_own = type(self) is JSONFileLoader and (file_path in OF_ALL or file_path.startswith(OF_SERVICES))
        if not is_own or not DATA_FILES.are_parsed_once:
            return own(self, file_path)
        return copy_of_file(file_path, partial(own, self))

    return load_file


def _list_available_services(own: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(own)
    @instance_cache  # type: ignore[untyped-decorator]  # botocore has no types
    def list_available_services(self: Loader, type_name: str) -> Any:
        paths = self.search_paths
        is_own = type(self) is Loader and type(self.file_loader) is JSONFileLoader
        if not is_own or Loader.BUILTIN_DATA_PATH not in paths or not DATA_FILES.are_parsed_once:
            return own(self, type_name)
        _listed[type_name] = _listed.get(type_name) or own(_loader_of([Loader.BUILTIN_DATA_PATH]), type_name)
        others = own(_loader_of([path for path in paths if path != Loader.BUILTIN_DATA_PATH]), type_name)
        return sorted({*others, *_listed[type_name]})

    return list_available_services


def _loader_of(paths: list[str]) -> Loader:
    return Loader(extra_search_paths=paths, include_default_search_paths=False)


def _register_builtin_handlers(own: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(own)
    def register_builtin_handlers(self: Session, events: Any) -> None:
        emitter: Any = getattr(events, "_emitter", None)
        kind = type(emitter)
        is_own = kind.__module__ in ("botocore.hooks", "aiobotocore.hooks") and not emitter._handlers._root["children"]
        if not is_own or not DATA_FILES.are_parsed_once:
            own(self, events)
            return
        key = (kind, *map(id, botocore.handlers.BUILTIN_HANDLERS))  # moto, for one, adds some
        with _lock:
            if key not in _filled:
                own(self, events)
                _filled.clear()
                _filled[key] = _SharedTrie(emitter._handlers)
            emitter._handlers = copy.copy(_filled[key])

    return register_builtin_handlers


def _create_methods(own: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(own)
    def create_methods(self: ClientCreator, service_model: ServiceModel) -> Any:
        kind, service = type(self), service_model.service_name
        ours = service in SERVICES and DATA_FILES.are_parsed_once and catalogue.service_model(service)
        if not ours or ours.operation_names != service_model.operation_names:
            return own(self, service_model)
        with _lock:
            if (kind, service) not in _methods:
                # Their docstrings keep a model and an emitter: ours, so that no session is kept alive.
                creator = copy.copy(self)
                creator._event_emitter = Session().get_component("event_emitter")
                _methods[kind, service] = own(creator, ours)
        return {name: _copy_of(method) for name, method in _methods[kind, service].items()}

    return create_methods


def _copy_of(function: FunctionType) -> FunctionType:
    copied = FunctionType(function.__code__, function.__globals__, function.__name__, None, function.__closure__)
    copied.__doc__ = function.__doc__
    copied.__dict__.update(function.__dict__)
    return copied


def _endpoint_discovery_operation(own: Any) -> Any:
    @type(own)  # type: ignore[untyped-decorator]  # botocore has no types
    def endpoint_discovery_operation(self: ServiceModel) -> Any:
        operations = self._service_description.get("operations")
        if not isinstance(operations, Piecewise) or not DATA_FILES.are_parsed_once:
            return own.__get__(self, type(self))
        # botocore's own models of the two services have none. A test may have changed a part that has been read.
        models = map(self.operation_model, operations.keys_looked_at())
        return next((model for model in models if model.is_endpoint_discovery_operation), None)

    return endpoint_discovery_operation


# -- handlers ----------------------------------------------------------------------------------------------------------


class _SharedTrie(_PrefixTrie):  # type: ignore[misc]  # botocore has no types
    """The handlers of an emitter, copied on write: copies share their nodes, and a change renews those on its path.

    Args:
        original: The trie whose nodes are shared.
    """

    def __init__(self, original: _PrefixTrie) -> None:
        self._root = original._root

    def __copy__(self) -> _SharedTrie:
        return _SharedTrie(self)

    def append_item(self, key: str, *arguments: Any, **keywords: Any) -> None:
        with _lock:
            self._renew(key)
            super().append_item(key, *arguments, **keywords)

    def remove_item(self, key: str, value: Any) -> None:
        with _lock:
            self._renew(key)
            super().remove_item(key, value)

    def _renew(self, key: str) -> None:
        node = self._root = _copy_of_node(self._root)
        for chunk in key.split("."):
            if chunk not in node["children"]:
                return
            node["children"][chunk] = node = _copy_of_node(node["children"][chunk])


def _copy_of_node(node: Any) -> Any:
    return {**node, "children": dict(node["children"]), "values": copy.copy(node["values"])}


# -- while a fake is active --------------------------------------------------------------------------------------------

_PATCHES: Final = (
    (JSONFileLoader, "load_file", _load_file),
    (Loader, "list_available_services", _list_available_services),
    (Session, "_register_builtin_handlers", _register_builtin_handlers),
    (ClientCreator, "_create_methods", _create_methods),
    (ServiceModel, "endpoint_discovery_operation", _endpoint_discovery_operation),
)


class DataFiles:
    """Patches botocore to parse its data files once, while there is a user. Each step can be taken twice."""

    def __init__(self) -> None:
        self._users: tuple[object, ...] = ()
        self._put: dict[tuple[type, str], tuple[Any, Any]] = {}  # by place: what we have put there, and what was there

    @property
    def are_parsed_once(self) -> bool:
        """Whether there is a user. Our patches ask, because those of others may keep ours in place for longer."""
        return bool(self._users)

    def enter(self, user: object) -> None:
        """Parse the files once from now on."""
        with _lock:
            self._users = (*self._users, user)
            for owner, name, patch in _PATCHES:
                current = owner.__dict__[name]
                if self._put.get((owner, name), (None, None))[0] is not current:
                    ours = patch(current)
                    self._put[owner, name] = ours, current
                    setattr(owner, name, ours)

    def leave(self, user: object) -> None:
        """Leave botocore as it was, once there is no other user."""
        with _lock:
            self._users = tuple(other for other in self._users if other is not user)
            if self._users:
                return
            for (owner, name), (ours, before) in self._put.items():
                if owner.__dict__[name] is ours:
                    setattr(owner, name, before)
            self._put.clear()


DATA_FILES: Final = DataFiles()


def _enter_child() -> None:
    """Take a new lock in a forked process: the thread that held the parent's does not exist there."""
    global _lock  # noqa: PLW0603  # one of them may have held it
    _lock = threading.RLock()


with contextlib.suppress(AttributeError):  # Windows has no fork
    os.register_at_fork(after_in_child=_enter_child)
