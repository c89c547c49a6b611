"""How contacts are related: the contacts of one session, and the sessions that it goes back to.

A session goes back to that of the contact which its first contact is related to. All sessions that go back to the same
one are a tree, and the first contact of that one is its root: the `ContactAssociationId` of DescribeContact.
"""

from __future__ import annotations

from collections import defaultdict

from pytest_connect_chat._service.contacts.contact import ContactRecord
from pytest_connect_chat._service.contacts.store import ContactStore


def session_of(contacts: ContactStore, contact: ContactRecord) -> list[ContactRecord]:
    """Return the contacts of a contact's session, oldest first."""
    session = [contacts.current(contact)]
    while session[-1].previous_contact_id is not None:
        session.append(contacts.by_id[session[-1].previous_contact_id])
    return session[::-1]


def first_contacts(contacts: ContactStore, contact: ContactRecord) -> list[ContactRecord]:
    """Return the first contact of a contact's session, and of each session that this one goes back to."""
    found: list[ContactRecord] = []
    known: set[str] = set()  # a chain may be long
    first: ContactRecord | None = contacts.initial(contact)
    while first is not None and first.contact_id not in known:
        known.add(first.contact_id)
        found.append(first)
        first = _related_first(contacts, first)
    return found


def tree_of(contacts: ContactStore, contact: ContactRecord) -> list[ContactRecord]:
    """Return all contacts of a contact's tree, in order of their start."""
    related: defaultdict[str, list[str]] = defaultdict(list)  # sessions, by their first contacts
    for one in contacts.by_id.values():
        other = _related_first(contacts, one)
        if other is not None:
            related[one.initial_contact_id].append(other.contact_id)
            related[other.contact_id].append(one.initial_contact_id)
    tree: set[str] = set()
    following = [contact.initial_contact_id]
    while following:
        session = following.pop()
        if session not in tree:
            tree.add(session)
            following += related[session]
    return [other for other in contacts.by_id.values() if other.initial_contact_id in tree]


def root_of(contacts: ContactStore, contact: ContactRecord) -> str:
    """Return the id at the root of a contact's tree."""
    return first_contacts(contacts, contact)[-1].contact_id


def _related_first(contacts: ContactStore, contact: ContactRecord) -> ContactRecord | None:
    """Return the first contact of the session that a contact goes back to, if any."""
    related_id = contact.related_contact_id
    return contacts.initial(contacts.by_id[related_id]) if related_id in contacts.by_id else None
