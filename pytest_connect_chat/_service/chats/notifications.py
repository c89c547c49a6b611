"""What Connect publishes to the SNS topics of a streamed chat."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import md5
from random import Random
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pytest_connect_chat._names import SuggestsNames
from pytest_connect_chat._service.chats.items import published_item
from pytest_connect_chat._service.chats.transcript import TranscriptItem, event_name
from pytest_connect_chat._service.clock import Clock
from pytest_connect_chat._service.feed import Feed
from pytest_connect_chat._service.identifiers import ACCOUNT_ID, uuid4
from pytest_connect_chat._service.records.growing import GrowingSequence
from pytest_connect_chat._text import counted, shown
from pytest_connect_chat._time import iso_timestamp

VISIBLE_TO_ALL: Final = "ALL"  # the guide names AGENT and CUSTOMER too; when the service says so is not known


class Streaming(NamedTuple):
    """One topic to which a chat is streamed.

    Attributes:
        streaming_id: The id that StopContactStreaming takes.
        topic_arn: The ARN of the SNS topic.
    """

    streaming_id: str
    topic_arn: str


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Notification(SuggestsNames):
    """One message, file, event or receipt as it was published to one topic. Administrator guide: sns-payload.

    Attributes:
        topic_arn: The topic.
        streaming_id: The streaming that it belongs to.
        contact_id: The contact in which it happened.
        sns_message_id: Its id in SNS, a UUID.
        message: What is published: the JSON text of `item`.
        time: When it was published (aware, UTC).
        order: Its place in the order of all that happened.
    """

    topic_arn: str
    streaming_id: str
    contact_id: str
    sns_message_id: str
    message: str
    time: datetime
    order: int
    _attributes: tuple[tuple[str, str], ...] = field(repr=False)

    def __repr__(self) -> str:
        return f"<Notification to {self.topic}: {self.words}>"

    if TYPE_CHECKING:
        ...
    else:  # hidden from type checkers, which report it themselves

        def __getitem__(self, key: object) -> None:
            __tracebackhide__ = True
            raise TypeError(
                f"A Notification is no event, and has no {shown(key)}: handlers get notification.lambda_event() or "
                "sqs_event(); item has the members that are published."
            )

    @property
    def topic(self) -> str:
        """The name of the topic, which its ARN ends with."""
        return self.topic_arn.rpartition(":")[2]

    @property
    def words(self) -> str:
        """What was published, in a few words."""
        attributes = self.attributes
        kind = event_name(attributes["ContentType"]) if attributes["Type"] == "EVENT" else attributes["Type"]
        role = attributes.get("ParticipantRole")
        return f"{kind} of {role}" if role else kind

    @property
    def item(self) -> dict[str, Any]:
        """The members that are published, as a copy."""
        item: dict[str, Any] = json.loads(self.message)
        return item

    @property
    def attributes(self) -> dict[str, str]:
        """The message attributes by name, as a copy. `ParticipantRole` is there only if a participant acts."""
        return dict(self._attributes)

    def lambda_event(self) -> dict[str, Any]:
        """Return the event of a Lambda function that subscribes to the topic."""
        envelope = {
            "Type": "Notification",
            "MessageId": self.sns_message_id,
            "TopicArn": self.topic_arn,
            "Subject": None,
            "Message": self.message,
            "Timestamp": iso_timestamp(self.time),
            "SignatureVersion": "1",
            "Signature": "EXAMPLE",
            "SigningCertUrl": self._signing_url,
            "UnsubscribeUrl": self._unsubscribe_url,
            "MessageAttributes": self._message_attributes,
        }
        record = {
            "EventSource": "aws:sns",
            "EventVersion": "1.0",
            "EventSubscriptionArn": self._subscription_arn,
            "Sns": envelope,
        }
        return {"Records": [record]}

    def sqs_event(self) -> dict[str, Any]:
        """Return the event of a Lambda function behind an SQS queue that subscribes, without raw delivery.

        The queue has the topic's name.
        """
        envelope = {
            "Type": "Notification",
            "MessageId": self.sns_message_id,
            "TopicArn": self.topic_arn,
            "Message": self.message,
            "Timestamp": iso_timestamp(self.time),
            "SignatureVersion": "1",
            "Signature": "EXAMPLE",
            "SigningCertURL": self._signing_url,
            "UnsubscribeURL": self._unsubscribe_url,
            "MessageAttributes": self._message_attributes,
        }
        body, sent = json.dumps(envelope), str(int(self.time.timestamp() * 1000))
        record = {
            "messageId": uuid4(Random(self.sns_message_id)),
            "receiptHandle": "EXAMPLE",
            "body": body,
            "attributes": {
                "ApproximateReceiveCount": "1",
                "SentTimestamp": sent,
                "SenderId": "EXAMPLE",
                "ApproximateFirstReceiveTimestamp": sent,
            },
            "messageAttributes": {},
            "md5OfBody": md5(body.encode(), usedforsecurity=False).hexdigest(),
            "eventSource": "aws:sqs",
            "eventSourceARN": self.topic_arn.replace(":sns:", ":sqs:"),
            "awsRegion": self._region,
        }
        return {"Records": [record]}

    def publish_arguments(self) -> dict[str, Any]:
        """Return the keywords for `publish` of an SNS client, for example of one on moto."""
        attributes = {name: {"DataType": "String", "StringValue": value} for name, value in self._attributes}
        return {"TopicArn": self.topic_arn, "Message": self.message, "MessageAttributes": attributes}

    @property
    def _message_attributes(self) -> dict[str, dict[str, str]]:
        return {name: {"Type": "String", "Value": value} for name, value in self._attributes}

    @property
    def _region(self) -> str:
        return self.topic_arn.split(":")[3]

    @property
    def _subscription_arn(self) -> str:
        return f"{self.topic_arn}:{uuid4(Random(self.topic_arn))}"

    @property
    def _signing_url(self) -> str:
        return f"https://sns.{self._region}.amazonaws.com/SimpleNotificationService-{'0' * 32}.pem"

    @property
    def _unsubscribe_url(self) -> str:
        return f"https://sns.{self._region}.amazonaws.com/?Action=Unsubscribe&SubscriptionArn={self._subscription_arn}"


def notifications_of(
    item: TranscriptItem,
    streamings: Sequence[Streaming],
    *,
    initial_contact_id: str,
    instance_id: str,
    new_id: Callable[[], str],
) -> tuple[Notification, ...]:
    """Return the notifications of an item: one for each topic."""
    message = json.dumps(published_item(item, initial_contact_id), separators=(",", ":"))
    attributes = {
        "InitialContactId": initial_contact_id,
        "ContactId": item.contact_id,
        "ParticipantRole": item.participant_role,
        "InstanceId": instance_id,
        "AccountId": ACCOUNT_ID,
        "Type": item.type,
        "ContentType": item.content_type,
        "MessageVisibility": VISIBLE_TO_ALL,
    }
    texts = tuple((name, value) for name, value in attributes.items() if value is not None)
    return tuple(
        Notification(
            topic_arn=streaming.topic_arn,
            streaming_id=streaming.streaming_id,
            contact_id=item.contact_id,
            sns_message_id=new_id(),
            message=message,
            time=item.absolute_time,
            order=item.order,
            _attributes=texts,
        )
        for streaming in streamings
    )


class NotificationLog(GrowingSequence[Notification]):
    """Notifications in their order, all or those of one contact. It grows as they are published.

    Args:
        notifications: The list of all notifications.
        contacts: All contacts, by id.
        clock: Lets happen what is due.
        feed: The lock under which the list changes.
        contact_id: The contact whose notifications these are, `None` for all.
    """

    def __init__(
        self,
        notifications: list[Notification],
        contacts: Mapping[str, object],
        clock: Clock,
        feed: Feed,
        contact_id: str | None = None,
    ) -> None:
        self._all = notifications
        self._contacts = contacts
        self._clock = clock
        self._feed = feed
        self._contact_id = contact_id

    def _selected(self) -> list[Notification]:
        self._clock.now()
        if self._contact_id is None:
            return self._all
        return [one for one in list(self._all) if one.contact_id == self._contact_id]

    def __repr__(self) -> str:
        return f"<{counted(len(self), 'notification')}{f' of {self._contact_id}' if self._contact_id else ''}>"

    @property
    def last(self) -> Notification:
        """The notification that was published last.

        Raises:
            LookupError: There is none.
        """
        __tracebackhide__ = True
        selected = self._selected()
        if not selected:
            of_contact = f" of the contact {self._contact_id}" if self._contact_id else ""
            raise LookupError(
                f"No notification{of_contact} has been published. One is published for what happens in a chat while "
                "the chat is streamed: see StartContactStreaming."
            )
        return selected[-1]

    def of(self, contact_id: str) -> NotificationLog:
        """Return the notifications of one contact.

        Raises:
            LookupError: There is no such contact.
        """
        __tracebackhide__ = True
        if not isinstance(contact_id, str):
            raise LookupError(f"No contact has the id {shown(contact_id)}; of() takes the contact_id of one.")
        _ = self._contacts[contact_id]  # raises for an unknown id, and says what else it is
        return NotificationLog(self._all, self._contacts, self._clock, self._feed, contact_id)

    def clear(self) -> None:
        """Forget these notifications; the fake's state stays as it is."""
        with self._feed:
            forgotten = set(map(id, self._selected()))
            self._all[:] = [one for one in self._all if id(one) not in forgotten]
