"""A Faker provider of Amazon Connect chat data, for anyone's `Faker`."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, Protocol

from faker.generator import Generator
from faker.providers import BaseProvider
from faker.providers.person.en_US import Provider as PersonProvider

from pytest_connect_chat._model.catalogue import CATALOGUE
from pytest_connect_chat._names import SuggestsNames, saying_what_it_takes
from pytest_connect_chat._service import identifiers
from pytest_connect_chat._service.records.matching import ABSENT
from pytest_connect_chat._service.rules.messages import INTERACTIVE, INTERACTIVE_RESPONSE, SUPPORTED_CONTENT_TYPES
from pytest_connect_chat._text import shown

if TYPE_CHECKING:
    from pytest_connect_chat.fake import FakeConnectChat

_ATTRIBUTES: Final = {
    "tier": ("basic", "silver", "gold", "platinum"),
    "locale": ("en_US", "de_DE", "fr_FR", "ja_JP"),
    "topic": ("billing", "delivery", "returns", "account"),
    "source": ("web", "app", "kiosk"),
    "authenticated": ("true", "false"),
}
_QUESTIONS: Final = (
    "Where is my order?",
    "I cannot sign in any more.",
    "How do I send an article back?",
    "My invoice shows the wrong amount.",
)


class ConnectChatProvider(SuggestsNames, BaseProvider):
    """Amazon Connect chat data for Faker: ids, tokens, names, messages and whole requests.

    Everything is drawn from the random source of the `Faker` it is added to.

    Example:
        >>> from faker import Faker
        >>> fake = Faker()
        >>> fake.add_provider(ConnectChatProvider)
        >>> len(fake.participant_token())
        612
    """

    def contact_id(self) -> str:
        """Return a contact id: the form of a version 4 UUID."""
        return identifiers.uuid4(self.generator.random)

    def participant_id(self) -> str:
        """Return a participant id: the form of a version 4 UUID."""
        return identifiers.uuid4(self.generator.random)

    def instance_id(self) -> str:
        """Return an instance id: the form of a version 4 UUID."""
        return identifiers.uuid4(self.generator.random)

    def contact_flow_id(self) -> str:
        """Return a flow id: the form of a version 4 UUID."""
        return identifiers.uuid4(self.generator.random)

    def instance_arn(self, region: str = "us-east-1") -> str:
        """Return the ARN of an instance.

        Args:
            region: The region in it.
        """
        account_id = f"{self.generator.random.randrange(10**12):012d}"
        return identifiers.instance_arn(self.instance_id(), region, account_id)

    def participant_token(self) -> str:
        """Return a participant token: 612 characters of base64 with the structure of real ones."""
        source = self.generator.random
        return identifiers.participant_token(identifiers.token_head(source), source)

    def connection_token(self) -> str:
        """Return a connection token; its structure is assumed to be the participant token's."""
        return self.participant_token()

    def display_name(self) -> str:
        """Return a customer's display name, 256 characters at most."""
        name: str = self.generator.name()
        return name[:256]

    def chat_attributes(self) -> dict[str, str]:
        """Return one to five contact attributes as a flow would use them."""
        names = self.random_elements(tuple(_ATTRIBUTES), length=self.random_int(1, len(_ATTRIBUTES)), unique=True)
        return {name: self.random_element(_ATTRIBUTES[name]) for name in names}

    def chat_message(self, content_type: str = "text/plain") -> str:
        """Return the content of a customer's message.

        Args:
            content_type: `"text/plain"`, `"text/markdown"`, `"application/json"` or
                `"application/vnd.amazonaws.connect.message.interactive.response"`.

        Raises:
            ValueError: A customer cannot send this content type.
        """
        text: str = self.random_element(_QUESTIONS)
        if content_type == "text/plain":
            return text
        if content_type == "text/markdown":
            return f"**{self.random_element(_ATTRIBUTES['topic'])}**: {text}"
        if content_type == "application/json":
            return json.dumps({"topic": self.random_element(_ATTRIBUTES["topic"]), "text": text})
        if content_type == INTERACTIVE_RESPONSE:
            action = {"actionName": "ActionSelection", "value": text}
            return json.dumps({"templateIdentifier": self.contact_id(), "version": "1.0", "data": action})
        raise ValueError(
            f"content_type={shown(content_type)} is not valid: a customer sends text/plain, text/markdown, "
            f"application/json or {INTERACTIVE_RESPONSE}."
        )

    def start_chat_contact_request(self, **overrides: Any) -> dict[str, Any]:
        """Return valid parameters of `StartChatContact`, with a random choice of its optional members.

        What is drawn suits what is given: with `SupportedMessagingContentTypes` given, the initial message is of a
        supported type, and the other way round. `PersistentChat`, `RelatedContactId` and `ClientToken` are there only
        when given.

        Args:
            **overrides: Members and their values; `ABSENT` leaves a member out.

        Raises:
            TypeError: The installed model of StartChatContact has no such member.
        """
        unknown = CATALOGUE.unknown_member("StartChatContact", overrides)
        if unknown is not None:
            raise TypeError(unknown)
        request: dict[str, Any] = {
            "InstanceId": self.instance_id(),
            "ContactFlowId": self.contact_flow_id(),
            "ParticipantDetails": {"DisplayName": self.display_name()},
            "Attributes": self.chat_attributes(),
        }
        optional: dict[str, Callable[[], Any]] = {
            "ParticipantConfiguration": lambda: {"ResponseMode": self.random_element(("INCREMENTAL", "COMPLETE"))},
            "ChatDurationInMinutes": lambda: self.random_int(60, 10_080),
            "SupportedMessagingContentTypes": self._supported_content_types,
            "CustomerId": lambda: f"C-{self.random_int(0, 999_999):06d}",
            "DisconnectOnCustomerExit": lambda: ["AGENT"],
        }
        for member, make in optional.items():
            if self._wanted():
                request[member] = make()
        request.update(overrides)
        if "SupportedMessagingContentTypes" not in overrides:
            self._support_what_is_given(request)
        supported = request.get("SupportedMessagingContentTypes", ABSENT)
        if "InitialMessage" not in overrides and self._wanted():
            content_type = self._customers_content_type(supported)
            request["InitialMessage"] = {"ContentType": content_type, "Content": self.chat_message(content_type)}
        if "SegmentAttributes" not in overrides and self._wanted():
            request["SegmentAttributes"] = {"connect:Subtype": {"ValueString": self._subtype(supported)}}
        return {member: value for member, value in request.items() if value is not ABSENT}

    def _wanted(self) -> bool:
        return bool(self.generator.random.getrandbits(1))

    def _support_what_is_given(self, request: dict[str, Any]) -> None:
        """Let the supported content types suit the message and the subtype that are given."""
        message, segments = (request.get(member) for member in ("InitialMessage", "SegmentAttributes"))
        needed = [message.get("ContentType")] if isinstance(message, dict) else []
        if isinstance(segments, dict) and segments.get("connect:Subtype") == {"ValueString": "connect:Guide"}:
            needed += [INTERACTIVE, INTERACTIVE_RESPONSE]
            request.setdefault("SupportedMessagingContentTypes", ["text/plain"])
        supported = request.get("SupportedMessagingContentTypes")
        if supported is not None:
            supported += [kind for kind in SUPPORTED_CONTENT_TYPES if kind in needed and kind not in supported]

    def _supported_content_types(self) -> list[str]:
        others = SUPPORTED_CONTENT_TYPES[1:]
        return ["text/plain", *self.random_elements(others, length=self.random_int(0, len(others)), unique=True)]

    def _customers_content_type(self, supported: Any) -> str:
        sendable = [kind for kind in SUPPORTED_CONTENT_TYPES if kind != INTERACTIVE]
        if isinstance(supported, (list, tuple)):
            sendable = [kind for kind in sendable if kind in supported] or ["text/plain"]
        chosen: str = self.random_element(sendable)
        return chosen

    def _subtype(self, supported: Any) -> str:
        may_guide = isinstance(supported, (list, tuple)) and {INTERACTIVE, INTERACTIVE_RESPONSE} <= set(supported)
        chosen: str = self.random_element(("connect:Chat", "connect:Guide") if may_guide else ("connect:Chat",))
        return chosen


class RequestFactory(Protocol):
    """What the fixture `start_chat_contact_request` gives: it makes valid parameters of `StartChatContact`."""

    def __call__(self, **overrides: Any) -> dict[str, Any]:
        """Return parameters.

        Args:
            **overrides: Members and their values; `ABSENT` leaves a member out.

        Raises:
            TypeError: The installed model of StartChatContact has no such member.
        """


def request_factory(fake: FakeConnectChat) -> RequestFactory:
    """Return a factory of requests that this fake accepts, seeded as the fake is.

    Args:
        fake: The fake; where it has declared instances, requests are for the first of them.
    """
    generator = Generator()  # with a provider of names only: `Faker()` builds two dozen providers
    generator.add_provider(PersonProvider)
    generator.seed_instance(f"{fake.settings.seed}/requests")
    provider = ConnectChatProvider(generator)

    @saying_what_it_takes
    def start_chat_contact_request(**overrides: Any) -> dict[str, Any]:
        declared = fake.declared_place()
        return provider.start_chat_contact_request(**{**declared, **overrides})

    return start_chat_contact_request
