"""Mistyped and assigned names: what was meant."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

OURS: Final = __name__.partition(".")[0]
FEW: Final = 16  # names that are listed where none is near


def did_you_mean(name: str, choices: Iterable[str], otherwise: str = "") -> str:
    """Return a sentence that names the choice nearest to a mistyped name, or `otherwise` where none is near."""
    from difflib import get_close_matches

    near = get_close_matches(name, list(choices), n=1)
    return f" Did you mean {near[0]!r}?" if near else otherwise


def public_names(owner: type) -> list[str]:
    """Return the public attributes of a class."""
    return [name for name in dir(owner) if not name.startswith("_")]


class SuggestsNames:
    """Names the nearest attribute where somebody asks for one that is not there."""

    __slots__ = ()

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
