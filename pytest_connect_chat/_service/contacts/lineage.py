"""How contacts are related: the contacts of one session, and the sessions that it goes back to.

A session goes back to that of the contact which its first contact is related to. All sessions that go back to the same
one are a tree, and the first contact of that one is its root: the `ContactAssociationId` of DescribeContact.
"""

from __future__ import annotations

from pytest_connect_chat._service.contacts.contact import ContactRecord
from pytest_connect_chat._service.contacts.store import ContactStore


def session_of(contacts: ContactStore, contact: ContactRecord) -> list[ContactRecord]:
    """Return the contacts of a contact's session, oldest first."""
    session = [contacts.current(contact)]
    while session[-1].previous_contact_id is not None:
        session.append(contacts.by_id[session[-1].previous_contact_id])
    return session[::-1]


def first_contacts(contacts: ContactStore, contact: ContactRecord) -> dict[str, ContactRecord]:
    """Return the first contact of a contact's session, and of each session that this one goes back to, by id."""
    found: dict[str, ContactRecord] = {}
    following: ContactRecord | None = contact
    while following is not None and following.initial_contact_id not in found:
        first = contacts.by_id[following.initial_contact_id]
        found[first.contact_id] = first
        following = contacts.by_id.get(first.related_contact_id or "")
    return found


def tree_of(contacts: ContactStore, contact: ContactRecord) -> list[ContactRecord]:
    """Return all contacts of a contact's tree, in order of their start."""
    roots: dict[str, str] = {}  # by first contact: each is found once, since a chain may be long
    for first in contacts.by_id.values():
        if first.contact_id == first.initial_contact_id:
            path: dict[str, ContactRecord] = {}
            following: ContactRecord | None = first
            while following is not None and following.contact_id not in roots and following.contact_id not in path:
                path[following.contact_id] = following
                related = contacts.by_id.get(following.related_contact_id or "")
                following = contacts.by_id[related.initial_contact_id] if related is not None else None
            last = next(reversed(path))
            root = last if following is None else roots.get(following.contact_id, last)
            roots.update(dict.fromkeys(path, root))
    root = roots[contact.initial_contact_id]
    return [other for other in contacts.by_id.values() if roots[other.initial_contact_id] == root]


def root_of(contacts: ContactStore, contact: ContactRecord) -> str:
    """Return the id at the root of a contact's tree."""
    return next(reversed(first_contacts(contacts, contact)))
