"""Mistyped names: what was meant."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING


def did_you_mean(name: str, choices: Iterable[str], otherwise: str = "") -> str:
    """Return a sentence that names the choice nearest to a mistyped name, or `otherwise` where none is near."""
    from difflib import get_close_matches

    near = get_close_matches(name, list(choices), n=1)
    return f" Did you mean {near[0]!r}?" if near else otherwise


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, in the plural where that is right."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def public_names(owner: type) -> list[str]:
    """Return the public attributes of a class."""
    return [name for name in dir(owner) if not name.startswith("_")]


class SuggestsNames:
    """Names the nearest attribute where somebody asks for one that is not there."""

    __slots__ = ()

    if TYPE_CHECKING:
        ...
    else:  # out of sight of checkers, to whom every name would be there

        def __getattr__(self, name: str) -> object:
            __tracebackhide__ = True
            owner = type(self)
            if hasattr(owner, name):  # a property of that name failed: its own error says more
                return object.__getattribute__(self, name)
            hint = "" if name.startswith("_") else did_you_mean(name, public_names(owner))
            raise AttributeError(f"{owner.__name__} has no attribute {name!r}.{hint}", name=name)
