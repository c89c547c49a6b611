"""The contacts of a fake, as tests see them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from pytest_connect_chat._names import FixedNames, SuggestsNames, in_snake_case
from pytest_connect_chat._service.clock import Clock
from pytest_connect_chat._service.contacts.contact import Contact, ContactRecord, whose_id
from pytest_connect_chat._service.contacts.store import ContactStore
from pytest_connect_chat._service.participants import Participants
from pytest_connect_chat._text import counted, shown


class ContactRegistry(FixedNames, Mapping[str, Contact]):
    """Every contact of the fake by its id, in the order in which they were registered.

    Args:
        store: The contacts.
        participants: Know what an id is that is not a contact's, for messages.
        clock: Lets happen what is due by now.
    """

    def __init__(self, store: ContactStore, participants: Participants, clock: Clock) -> None:
        self._store = store
        self._participants = participants
        self._clock = clock

    @property
    def _known(self) -> dict[str, ContactRecord]:
        self._clock.now()  # what is due by now happens first: a flow may transfer
        return self._store.by_id

    def __getitem__(self, contact_id: str) -> Contact:
        __tracebackhide__ = True
        contact = self._known.get(contact_id) if isinstance(contact_id, str) else None
        if contact is None:
            _refuse_what_has_an_id(contact_id)
            raise KeyError(
                f"no contact has the id {shown(contact_id)}; the fake has {counted(len(self), 'contact')}"
                f"{self._what_it_is(contact_id)}"
            )
        return contact.view

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._known))

    def __len__(self) -> int:
        return len(self._known)

    def __contains__(self, contact_id: object) -> bool:
        __tracebackhide__ = True
        _refuse_what_has_an_id(contact_id)
        return isinstance(contact_id, str) and contact_id in self._known

    def _what_it_is(self, key: object) -> str:
        if isinstance(key, (int, slice)):
            return (
                ": contacts are found by id, the newest is contacts.last, and list(contacts.values()) has them in order"
            )
        what = self._participants.what_is(key) if isinstance(key, str) else None
        return f": this is {what}" if what else ""

    def __repr__(self) -> str:
        return f"<ContactRegistry: {counted(len(self), 'contact')}, {len(self.active)} active>"

    @property
    def last(self) -> Contact:
        """The contact that was registered last.

        Raises:
            LookupError: There is none.
        """
        contacts = list(self._known.values())
        if not contacts:
            raise LookupError("No contact has been started or added yet.")
        return contacts[-1].view

    @property
    def active(self) -> tuple[Contact, ...]:
        """The contacts that have not ended, in order of their start."""
        return self._those_that_are(active=True)

    @property
    def ended(self) -> tuple[Contact, ...]:
        """The contacts that have ended, in order of their start."""
        return self._those_that_are(active=False)

    def _those_that_are(self, *, active: bool) -> tuple[Contact, ...]:
        return tuple(contact.view for contact in list(self._known.values()) if contact.is_active is active)


class PastChat(tuple[Contact, ...], SuggestsNames):
    """The contacts of a past session, oldest first. The error of a test that takes it for one contact says so."""

    __slots__ = ()

    @classmethod
    def _hint_at(cls, name: str) -> str:
        if hasattr(Contact, name):
            return f" It holds the contacts of the session, oldest first: [-1].{name} is that of the last."
        return super()._hint_at(name)

    if TYPE_CHECKING:
        ...
    else:  # out of sight of checkers, who say so themselves

        def __getitem__(self, index: object) -> object:
            __tracebackhide__ = True
            if isinstance(index, str):
                raise TypeError(
                    f"PastChat takes a number or a slice in brackets, not {shown(index)}."
                    f"{self._hint_at(in_snake_case(index))}"
                )
            return super().__getitem__(index)


def _refuse_what_has_an_id(given: object) -> None:
    __tracebackhide__ = True
    hint = whose_id(given)
    if hint:
        raise TypeError(f"contacts are known by their ids, and this is {shown(given)}.{hint}")
