"""Mistyped and assigned names: what was meant."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import wraps
from inspect import CO_VARARGS, CO_VARKEYWORDS
from types import FunctionType
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast, get_args, get_type_hints

OURS: Final = __name__.partition(".")[0]
Function = TypeVar("Function", bound=Callable[..., Any])
FEW: Final = 16  # names that are listed where none is near


def did_you_mean(name: str, choices: Iterable[str], otherwise: str = "") -> str:
    """Return a sentence that names the choice nearest to a mistyped name, or `otherwise` where none is near."""
    from difflib import get_close_matches

    choices = list(choices)
    part_of = [choice for choice in choices if name in choice.split("_")]
    near = get_close_matches(name, choices, n=1) or (part_of if len(part_of) == 1 else [])
    return f" Did you mean {near[0]!r}?" if near else otherwise


def public_names(owner: type) -> list[str]:
    """Return the public attributes of a class."""
    return [name for name in dir(owner) if not name.startswith("_")]


def meant_by_key(value: object, key: object) -> str:
    """Return a sentence that names the attribute of a value that is meant by a key, if there is one."""
    name = in_snake_case(key) if isinstance(key, str) else ""
    return f" Did you mean .{name}?" if name in dir(value) else ""


class SuggestsNames:
    """Names the nearest attribute, or keyword of a method, where somebody asks for one that is not there."""

    __slots__ = ()

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if cls.__module__.partition(".")[0] == OURS:
            for name, method in list(vars(cls).items()):
                if isinstance(method, FunctionType) and name[0] != "_" and _takes_something(method):
                    setattr(cls, name, saying_what_it_takes(method))

    @classmethod
    def _hint_at(cls, name: str) -> str:
        """Return a sentence that says what to do instead of using a name that is not there."""
        if name.startswith("_") or hasattr(cls, name):
            return ""
        names = public_names(cls)
        return did_you_mean(name, names, f" It has {', '.join(names)}." if len(names) <= FEW else "")

    if TYPE_CHECKING:
        ...
    else:  # out of sight of checkers, to whom every name would be there

        def __getattr__(self, name: str) -> object:
            __tracebackhide__ = True
            owner = type(self)
            if hasattr(owner, name):  # a property of that name failed: its own error says more
                return object.__getattribute__(self, name)
            raise AttributeError(f"{owner.__name__} has no attribute {name!r}.{self._hint_at(name)}", name=name)

        def __getitem__(self, key: object) -> object:
            __tracebackhide__ = True
            is_not = "neither subscriptable nor iterable" if isinstance(key, int) else "not subscriptable"
            raise TypeError(f"{type(self).__name__} has attributes and is {is_not}.{meant_by_key(self, key)}")


class FixedNames(SuggestsNames):
    """Takes no further attribute either: an assignment that changes nothing would pass in silence.

    Methods can be replaced, as `unittest.mock.patch.object` does, and classes of others that derive from ours are free.
    """

    __slots__ = ()

    if TYPE_CHECKING:
        ...
    else:

        def __setattr__(self, name: str, value: object) -> None:
            __tracebackhide__ = True
            if name[0] != "_":
                self._refuse_assignment(name, value)
            object.__setattr__(self, name, value)

    def _refuse_assignment(self, name: str, value: object) -> None:
        __tracebackhide__ = True
        owner = type(self)
        if owner.__module__.partition(".")[0] != OURS or (callable(value) and callable(getattr(owner, name, None))):
            return
        refused = f"{owner.__name__} takes no attribute {name!r}."
        if hasattr(owner, name):
            refused = f"{name!r} of {owner.__name__} cannot be assigned."
        raise AttributeError(refused + self._hint_at(name), name=name)


# -- what functions and methods take -----------------------------------------------------------------------------------


def _is_method(function: FunctionType) -> bool:
    return function.__code__.co_varnames[:1] == ("self",)


def _names_of(function: FunctionType) -> list[str]:
    """Return the names by which a function can be given something."""
    code = function.__code__
    first = max(int(_is_method(function)), code.co_posonlyargcount)
    return list(code.co_varnames[first : code.co_argcount + code.co_kwonlyargcount])


def _takes_something(method: FunctionType) -> bool:
    return bool(_names_of(method) or method.__code__.co_flags & (CO_VARARGS | CO_VARKEYWORDS))


def saying_what_it_takes(function: Function) -> Function:
    """Let a function say what it takes where it is given something else; Python names only what is wrong."""
    known = cast("FunctionType", function)

    @wraps(function)
    def call(*given: Any, **named: Any) -> Any:
        __tracebackhide__ = True
        try:
            return function(*given, **named)
        except TypeError as error:
            if error.__traceback__ is not None and error.__traceback__.tb_next is not None:
                raise  # it comes from inside of the function
            owner = f"{type(given[0]).__name__}." if _is_method(known) else ""
            problem = str(error).rpartition("<locals>.")[2]
            raise TypeError(_what_it_takes(known, owner, named, problem)) from None

    return cast("Function", call)


def _what_it_takes(function: FunctionType, owner: str, named: Iterable[str], problem: str) -> str:
    names = _names_of(function)
    unknown = next((name for name in named if name not in names), None)
    takes_any = function.__code__.co_flags & CO_VARKEYWORDS
    if unknown is not None and not takes_any:
        problem = f"{owner}{function.__name__}() has no keyword {unknown!r}"
    hint = "" if unknown is None else did_you_mean(unknown, names)
    if takes_any:
        names += _further_names(function)
    return f"{problem}.{hint} It takes {', '.join(names)}."


def _further_names(function: FunctionType) -> list[str]:
    """Return the keywords that a function takes without having a parameter for each."""
    code = function.__code__
    name = code.co_varnames[code.co_argcount + code.co_kwonlyargcount + bool(code.co_flags & CO_VARARGS)]
    if "Unpack" in str(function.__annotations__.get(name)):
        (typed,) = get_args(get_type_hints(function)[name])
        return [f"{keyword}=" for keyword in get_type_hints(typed)]
    return [f"**{name}"]


def in_snake_case(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
