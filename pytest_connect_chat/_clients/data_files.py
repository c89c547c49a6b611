"""botocore's own data files, parsed once: each session gets a copy of its own, made part by part when it looks.

A new session reads the model of Connect, and the endpoints of all of AWS, in every test that makes one: most of what
such a test costs. While a fake is active, these files are parsed once in a run, the folders of services listed once,
botocore's own handlers looked through once, and the methods of clients made once. Sessions share nothing: what one does
to what it has read, no other sees.

Only botocore's own folder counts, read by its own loader: models of `AWS_DATA_PATH` or of `~/.aws/models`, and loaders
of the application, are left alone.
"""

from __future__ import annotations

import contextlib
import copy
import os
import pickle
import threading
from collections import OrderedDict
from collections.abc import Callable
from functools import partial, wraps
from types import FunctionType
from typing import Any, Final

import botocore.handlers
from botocore.client import ClientCreator
from botocore.loaders import JSONFileLoader, Loader, instance_cache
from botocore.model import ServiceModel
from botocore.session import Session

from pytest_connect_chat._model import catalogue
from pytest_connect_chat._service.request import SERVICES

OWN: Final = Loader.BUILTIN_DATA_PATH + os.sep
OF_SERVICES: Final = tuple(OWN + service + os.sep for service in SERVICES)
OF_ALL: Final = tuple(OWN + name for name in ("endpoints", "partitions", "sdk-default-configuration", "_retry"))
DEPTH: Final = 3  # how far down there are parts: the endpoints have the services of each of a few partitions
MANY: Final = 50

_lock = threading.RLock()


# -- copies ------------------------------------------------------------------------------------------------------------


class _Part:
    """A part of which nobody has a copy yet."""

    __slots__ = ("make",)

    def __init__(self, make: Callable[[], Any]) -> None:
        self.make = make


class _Piecewise(OrderedDict[str, Any]):
    """What botocore's loader returns, an `OrderedDict`, of which each part is made when somebody looks at it."""

    def __getitem__(self, key: str) -> Any:
        value = super().__getitem__(key)
        if type(value) is not _Part:
            return value
        with _lock:  # two threads have to see the same one
            value = super().__getitem__(key)
            self[key] = made = value.make() if type(value) is _Part else value
        return made

    def get(self, key: str, default: Any = None) -> Any:
        return self[key] if key in self else default  # noqa: SIM401  # this is what it is

    def __reduce__(self) -> Any:
        return OrderedDict, (list(self.items()),)

    def __reduce_ex__(self, protocol: Any) -> Any:
        return self.__reduce__()


def _complete_first(name: str) -> Callable[..., Any]:
    """Return a method that looks at all parts, and then does what the dict's own does."""
    own = getattr(OrderedDict, name)

    @wraps(own)
    def method(self: _Piecewise, *arguments: Any, **keywords: Any) -> Any:
        for one in (self, *arguments):
            for key in one if isinstance(one, _Piecewise) else ():
                one[key]
        return own(self, *arguments, **keywords)

    return method


for _name in ("__eq__", "__ne__", "__or__", "__ror__", "__repr__", "items", "pop", "popitem", "setdefault", "values"):
    setattr(_Piecewise, _name, _complete_first(_name))


_Piecewise.__name__ = OrderedDict.__name__  # what it shows itself as


def copies_of(value: Any) -> Callable[[], Any]:
    """Return what makes copies of a value that has been parsed from JSON."""
    part = _part_of(value, DEPTH)
    return part.make if type(part) is _Part else lambda: part


def _part_of(value: Any, depth: int) -> Any:
    """Return what makes a value: in parts, where it has many, as the shapes of a model and the services of a region."""
    if not isinstance(value, (OrderedDict, list)):
        return value
    is_large = isinstance(value, OrderedDict) and len(value) > MANY
    if not is_large and not depth:
        return _Part(partial(pickle.loads, pickle.dumps(value, pickle.HIGHEST_PROTOCOL)))
    items = value.items() if isinstance(value, OrderedDict) else enumerate(value)
    parts = [(key, _part_of(one, 1 if is_large else depth - 1)) for key, one in items]
    return _Part(partial(_Piecewise if isinstance(value, OrderedDict) else _list_of, parts))


def _list_of(parts: list[tuple[int, Any]]) -> list[Any]:
    return [part.make() if type(part) is _Part else part for _, part in parts]


# -- what sessions read ------------------------------------------------------------------------------------------------

_copies: dict[str, Callable[[], Any] | None] = {}  # by path; `None` where a file was read once and may not be again
_listed: dict[str, list[str]] = {}  # by type of file: the services that botocore has
_methods: dict[tuple[type, str], dict[str, FunctionType]] = {}  # of clients, by what makes these, and the service
_filled: dict[tuple[Any, ...], Any] = {}  # an emitter with botocore's own handlers, by what these are


def _load_file(own: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(own)
    def load_file(self: JSONFileLoader, file_path: str) -> Any:
        is_own = type(self) is JSONFileLoader and (file_path in OF_ALL or file_path.startswith(OF_SERVICES))
        if not is_own or not DATA_FILES.are_parsed_once:
            return own(self, file_path)
        with _lock:
            if file_path not in _copies:
                _copies[file_path] = None
                return own(self, file_path)
            make = _copies[file_path] or copies_of(own(self, file_path))
            _copies[file_path] = make
        return make()

    return load_file


def _list_available_services(own: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(own)
    @instance_cache  # type: ignore[untyped-decorator]  # botocore has no types
    def list_available_services(self: Loader, type_name: str) -> Any:
        paths = self.search_paths
        is_own = type(self) is Loader and type(self.file_loader) is JSONFileLoader
        if not is_own or Loader.BUILTIN_DATA_PATH not in paths or not DATA_FILES.are_parsed_once:
            return own(self, type_name)
        if type_name not in _listed:
            _listed[type_name] = own(_loader_of([Loader.BUILTIN_DATA_PATH]), type_name)
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
                _filled[key] = copy.copy(emitter)
            else:
                vars(emitter).update(vars(copy.copy(_filled[key])), _lookup_cache={})

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
                # Their docstrings look into a model and an emitter: into ours, so that nothing of a session is kept.
                creator = copy.copy(self)
                creator._event_emitter = Session().get_component("event_emitter")
                _methods[kind, service] = own(creator, ours)
        return {name: _copy_of(method) for name, method in _methods[kind, service].items()}

    return create_methods


def _copy_of(function: FunctionType) -> FunctionType:
    copied = FunctionType(function.__code__, function.__globals__, function.__name__, None, function.__closure__)
    copied.__doc__ = function.__doc__
    vars(copied).update(vars(function))
    return copied


# -- while a fake is active --------------------------------------------------------------------------------------------

_PATCHES: Final = (
    (JSONFileLoader, "load_file", _load_file),
    (Loader, "list_available_services", _list_available_services),
    (Session, "_register_builtin_handlers", _register_builtin_handlers),
    (ClientCreator, "_create_methods", _create_methods),
)


class DataFiles:
    """Has botocore's data files parsed once while anybody is active. Every step can be taken twice."""

    def __init__(self) -> None:
        self._users: tuple[object, ...] = ()
        self._put: dict[tuple[type, str], tuple[Any, Any]] = {}  # what we have put where, and what was there

    @property
    def are_parsed_once(self) -> bool:
        """Whether somebody is active; a patch of somebody else may keep ours for longer."""
        return bool(self._users)

    def enter(self, user: object) -> None:
        """Parse them once from now on."""
        with _lock:
            self._users = (*self._users, user)
            for owner, name, patch in _PATCHES:
                current = owner.__dict__[name]
                if self._put.get((owner, name), (None, None))[0] is not current:
                    ours = patch(current)
                    self._put[owner, name] = ours, current
                    setattr(owner, name, ours)

    def leave(self, user: object) -> None:
        """Leave botocore as it was, once nobody is active."""
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
    """Leave behind what another thread of the parent held: it does not exist in a forked process."""
    global _lock  # noqa: PLW0603  # one of them may have held it
    _lock = threading.RLock()


with contextlib.suppress(AttributeError):  # Windows has no fork
    os.register_at_fork(after_in_child=_enter_child)
