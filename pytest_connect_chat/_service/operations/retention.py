"""How long the service keeps a contact."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from pytest_connect_chat._service.contacts.contact import ContactRecord
from pytest_connect_chat._service.rules.applied import AppliedRules
from pytest_connect_chat._time import iso_timestamp

RETENTION: Final = timedelta(days=730)  # "24 months from the InitiationTimestamp": API reference, DescribeContact


def require_retained(
    contact: ContactRecord, rules: AppliedRules, now: datetime, rule_id: str = "contact-retention"
) -> None:
    """Refuse a request about a contact that started more than 24 months ago.

    Raises:
        ServiceError: It did, and the rule is enabled.
    """
    rules.require(
        rule_id,
        now - contact.initiation_timestamp <= RETENTION,
        f"The contact {contact.contact_id} started at {iso_timestamp(contact.initiation_timestamp)}, more than "
        "24 months ago, and is not known any more.",
    )
