"""Sequences that tests read while they grow."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from typing import TypeVar, overload

from pytest_connect_chat._names import FixedNames, meant_by_key
from pytest_connect_chat._text import shown

T = TypeVar("T")


class GrowingSequence(FixedNames, Sequence[T]):
    """A sequence that is looked up again at each use: other threads may add to it."""

    @abstractmethod
    def _selected(self) -> list[T]:
        """Return the items that there are now."""

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[T]: ...
    def __getitem__(self, index: int | slice) -> T | Sequence[T]:
        __tracebackhide__ = True
        if not isinstance(index, slice) and not hasattr(index, "__index__"):
            hint = meant_by_key(self, index)
            raise TypeError(f"{type(self).__name__} takes a number or a slice in brackets, not {shown(index)}.{hint}")
        try:
            return self._selected()[index]
        except IndexError:
            raise IndexError(f"There is no [{index}] in {self!r}.") from None

    def __iter__(self) -> Iterator[T]:
        return iter(list(self._selected()))  # once, and not for each index as a `Sequence` would

    def __len__(self) -> int:
        return len(self._selected())
