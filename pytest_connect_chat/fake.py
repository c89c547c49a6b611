"""`FakeConnectChat`: what a test holds."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from pathlib import PurePath
from traceback import walk_tb
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, NoReturn, Self, Unpack, overload
from weakref import WeakSet

from pytest_connect_chat._clients import interception
from pytest_connect_chat._clients.backend import Backend, is_chat_client
from pytest_connect_chat._clients.blocking import guarded
from pytest_connect_chat._clients.data_files import DATA_FILES
from pytest_connect_chat._clients.environment import DUMMY, ENVIRONMENT, REGION
from pytest_connect_chat._clients.sessions import new_session
from pytest_connect_chat._model.catalogue import CATALOGUE
from pytest_connect_chat._names import OURS, FixedNames, public_names, saying_what_it_takes
from pytest_connect_chat._report.events import History
from pytest_connect_chat._report.journal import describe_journal
from pytest_connect_chat._report.leftovers import describe_leftovers
from pytest_connect_chat._service.canned import CallableResponse
from pytest_connect_chat._service.chats.attachments import Attachment, AttachmentStatus
from pytest_connect_chat._service.chats.notifications import Notification, NotificationLog
from pytest_connect_chat._service.clock import Clock
from pytest_connect_chat._service.contacts.contact import Contact
from pytest_connect_chat._service.contacts.registry import ContactRegistry, PastChat
from pytest_connect_chat._service.faults.plan import FaultPlan
from pytest_connect_chat._service.other_side import scene
from pytest_connect_chat._service.other_side.chat_participant import ChatParticipant, add_participant
from pytest_connect_chat._service.other_side.flow_run import Flow
from pytest_connect_chat._service.other_side.flows import BotReply
from pytest_connect_chat._service.other_side.scanning import scan_attachments_with
from pytest_connect_chat._service.records.request_log import RequestLog
from pytest_connect_chat._service.request import SERVICES
from pytest_connect_chat._service.rules.rulebook import RuleBook
from pytest_connect_chat._service.service import ConnectChatService
from pytest_connect_chat._settings import SETTINGS, SettingKeywords, Settings, settings_from
from pytest_connect_chat._text import counted, raised, shown
from pytest_connect_chat.exceptions import LeftoverError, SceneError, SettingError

if TYPE_CHECKING:
    from pytest_connect_chat._client_types import (
        AioConnectClient,
        AioConnectParticipantClient,
        ConnectClient,
        ConnectParticipantClient,
    )
    from pytest_connect_chat._endpoint.endpoint import ConnectChatEndpoint


class FakeConnectChat(FixedNames):
    """A stateful fake of Amazon Connect chat, answering every `connect` and `connectparticipant` client.

    In pytest, take the fixture `connect_chat`; elsewhere, use it as a context manager.

    Args:
        **settings: Those of the documentation's page "Fixtures and settings", for example `seed=7`.

    Raises:
        SettingError: A setting has a wrong name or value.

    Example:
        >>> import botocore.session
        >>> with FakeConnectChat(seed=7) as fake:
        ...     client = fake.client("connect")
        ...     answer = client.start_chat_contact(
        ...         InstanceId="instance", ContactFlowId="flow", ParticipantDetails={"DisplayName": "Ada"}
        ...     )
        ...     fake.contacts[answer["ContactId"]].display_name
        'Ada'
    """

    _started = False
    _endpoint: ConnectChatEndpoint | None = None
    _older_threads: Collection[threading.Thread] = ()

    @saying_what_it_takes
    def __init__(self, **settings: Unpack[SettingKeywords]) -> None:
        self._begin(settings_from(settings))

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """Return a fake with settings that have been read already, as `fake.settings` gives them.

        Raises:
            SettingError: They are none.
        """
        if not isinstance(settings, Settings):
            raise SettingError(
                f"from_settings() takes the settings of another fake, as fake.settings gives them, not "
                f"{shown(settings)}; FakeConnectChat(seed=7) takes keywords."
            )
        fake = cls.__new__(cls)
        fake._begin(settings)  # noqa: SLF001  # of this class
        return fake

    def _begin(self, settings: Settings) -> None:
        self._settings = settings
        seed = 0 if settings.seed is None else settings.seed
        self._service = ConnectChatService(settings, seed, CATALOGUE)
        self._backend = Backend(self._service, seed=seed)
        contacts, participants = self._service.state.contacts, self._service.state.participants
        self._contacts = ContactRegistry(contacts, participants, self.clock)
        self._requests = RequestLog(self._service.calls.records, CATALOGUE, self.clock.start)
        self._rules = RuleBook(self._service.state.rules, CATALOGUE)
        self._notifications = NotificationLog(
            contacts.notifications, self._contacts, self.clock, self._service.state.feed
        )

    def __repr__(self) -> str:
        contacts, requests = counted(len(self.contacts), "contact"), counted(len(self.requests), "request")
        published = f", {counted(len(self.notifications), 'notification')}" if self.notifications else ""
        return f"<FakeConnectChat: {contacts}, {requests}{published}>"

    @classmethod
    def _hint_at(cls, name: str) -> str:
        if name in SETTINGS:
            return (
                f" It is a setting: @pytest.mark.connect_chat({name}=...) or FakeConnectChat({name}=...) gives it, "
                f"connect_chat.settings.{name} has its value."
            )
        if name in RequestLog.__annotations__ and not hasattr(cls, name):
            return f" It is an operation: clients have it; connect_chat.requests.{name} has what came."
        parts = {
            "faults": FaultPlan,
            "clock": Clock,
            "requests": RequestLog,
            "contacts": ContactRegistry,
            "notifications": NotificationLog,
        }
        meant = [f"{part}.{name}" for part, kind in parts.items() if name in public_names(kind)]
        if meant:
            return f" Did you mean {' or '.join(map(repr, meant))}?"
        return super()._hint_at(name)

    if TYPE_CHECKING:
        ...
    else:  # hidden from type checkers, which report it themselves

        def __call__(self, *decorated: object) -> NoReturn:
            """Refuse to decorate."""
            __tracebackhide__ = True
            raise TypeError(
                "FakeConnectChat is no decorator: @pytest.mark.connect_chat takes the fixture, for a function, a class "
                "or a module; without pytest, write `with FakeConnectChat() as fake:`."
            )

    # -- start and stop ---------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Answer every client of the process from now on. A start that fails or is interrupted is undone.

        Raises:
            SceneError: It is active already.
        """
        if self._started:
            raise SceneError(
                "This FakeConnectChat is active already: the fixture connect_chat starts its own, and so does `with`."
            )
        try:
            self._older_threads = WeakSet(threading.enumerate())
            self._started = True
            ENVIRONMENT.enter(self, self._settings.region)
            if self._settings.parse_once:
                DATA_FILES.enter(self)
            interception.add(self._backend, self)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop answering, and leave everything as it was before. Stopping twice does no harm."""
        try:
            self._stop()
        except BaseException:
            self._stop()  # an interrupt may have cut it off; each step can be taken twice
            raise

    def _stop(self) -> None:
        if self._endpoint is not None:
            self._endpoint.close()
        self._service.flows.close()
        newer = [thread for thread in threading.enumerate() if thread not in self._older_threads]
        interception.remove(self, newer if self._started else [])
        DATA_FILES.leave(self)
        ENVIRONMENT.leave(self)
        self._started = False

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()
        if error is None:
            self.raise_failures()
            if self.settings.strict:
                self.assert_nothing_left()

    def reset(self) -> None:
        """Put everything back to the start: contacts, requests, faults, canned answers, rules, ids, clock, flows.

        Notifications are forgotten too, and so are the handlers of notifications and scans.

        An object taken from the fake before, such as `faults = connect_chat.faults`, no longer belongs to it. What
        flows and other callables of the test have raised is kept, and still fails the test.
        """
        settings = self._settings
        self._service.flows.close()
        failures = self._service.state.feed.failures
        self._begin(settings._replace(clock=settings.clock or self.clock.start))
        self._service.state.feed.failures = failures  # the same list: a callable may reset the fake, and then raise
        self._settings = settings
        if self._started:
            interception.add(self._backend, self)
        if self._endpoint is not None and self._endpoint.is_open:
            from pytest_connect_chat._endpoint.endpoint import follow

            follow(self._endpoint, self._service)

    def serve(self, port: int = 0) -> ConnectChatEndpoint:
        """Serve other processes, browsers and sockets on loopback, until the endpoint is closed or the fake stops.

        It needs the extra `endpoint`. Applications in other processes wait in real time.

        Args:
            port: The port at 127.0.0.1; 0 lets the system choose a free one.

        Raises:
            MissingExtraError: aiohttp is not installed.
            EndpointError: The port is not valid or is taken, or something forbids to listen.
            SceneError: The fake is served already.
        """
        if self._endpoint is not None and self._endpoint.is_open:
            raise SceneError(
                f"This FakeConnectChat is served already, at {self._endpoint.url}: use that endpoint, or close() it."
            )
        from pytest_connect_chat._endpoint.endpoint import ConnectChatEndpoint

        region = self.settings.region or os.environ.get(REGION) or self.settings.client_region
        self._endpoint = ConnectChatEndpoint(
            self._service, port=port, region=region, credentials=DUMMY, journal=self.journal
        )
        return self._endpoint

    def attach(self, client: Any) -> None:
        """Answer a client whose calls do not pass through botocore's `BaseClient`.

        Raises:
            SceneError: It is not a botocore client of `connect` or `connectparticipant`, or the fake is not active.
        """
        if not is_chat_client(client):
            raise SceneError(f"attach() takes a botocore client of connect or connectparticipant, not {shown(client)}.")
        if not self._started:
            raise SceneError(
                "attach() needs an active fake: take the fixture, or use `with FakeConnectChat() as fake:`."
            )
        interception.attach(client)

    @overload
    def client(self, service: Literal["connect"] = "connect") -> ConnectClient: ...
    @overload
    def client(self, service: Literal["connectparticipant"]) -> ConnectParticipantClient: ...
    def client(self, service: str = "connect") -> Any:
        """Return a new client, in the region of the settings.

        Args:
            service: `"connect"` or `"connectparticipant"`.

        Raises:
            SceneError: It is neither.
        """
        _require_service(service)
        return guarded(new_session().create_client(service, **self._client_settings()))

    @overload
    def aio_client(self, service: Literal["connect"] = "connect") -> AioConnectClient: ...
    @overload
    def aio_client(self, service: Literal["connectparticipant"]) -> AioConnectParticipantClient: ...
    def aio_client(self, service: str = "connect") -> Any:
        """Return a new aiobotocore client, as `client` does; it needs no event loop until it is called.

        Args:
            service: `"connect"` or `"connectparticipant"`.

        Raises:
            SceneError: It is neither.
            MissingExtraError: aiobotocore is not installed.
        """
        _require_service(service)
        from pytest_connect_chat._clients.aio_client import new_aio_client

        return guarded(new_aio_client(service, **self._client_settings()))

    @property
    def settings(self) -> Settings:
        """What the fake is set to."""
        return self._settings

    # -- what happened ----------------------------------------------------------------------------------------------

    @property
    def requests(self) -> RequestLog:
        """Every request that reached the service, in order."""
        return self._requests

    @property
    def contacts(self) -> ContactRegistry:
        """Every contact by its id, in order of start."""
        return self._contacts

    @property
    def notifications(self) -> NotificationLog:
        """Every notification that Connect has published to the topics of streamed chats, in order."""
        return self._notifications

    def on_notification(self, handler: Callable[[Notification], object] | None) -> None:
        """Call a handler with each notification from now on, as if it subscribed to every topic.

        The notifications of one chat are handed over one at a time, in order: after what happened is committed, and
        before the call that caused it returns. What happens while the handler runs, in any thread, is handed over after
        that, in the handler's thread. The handler may call clients and the fake. An exception in it does not reach the
        application: it fails the test at its end. `pytest.fail()` in it ends the test at once.

        Args:
            handler: A plain function that takes a `Notification`. `None` ends it.

        Raises:
            SceneError: It is neither.
        """
        self._service.subscriber.on_notification(handler)

    def journal(self, verbosity: int = 0) -> str:
        """Return what happened so far: a line per request, per attempt where that matters, and what came of it.

        Args:
            verbosity: 0 cuts long values and leaves out the middle of many lines, 1 shows all lines and whole ids,
                2 shows whole values too.

        Raises:
            SceneError: It is not a number.
        """
        if not isinstance(verbosity, int):
            raise SceneError(f"verbosity is a number, 0 to 2, not {shown(verbosity)}.")
        remarks = [_told_of(error) for error in self._service.state.feed.failures]
        remarks += self._service.remarks()
        return describe_journal(self._history(), verbosity, remarks)

    def diagram(self, format: Literal["mermaid", "svg"] = "mermaid") -> str:
        """Return a sequence diagram of what happened so far: calls, attempts, contacts, the other side, the clock.

        Args:
            format: `"mermaid"` for the text of a Mermaid `sequenceDiagram`, `"svg"` for an `svg` element that needs
                nothing else.

        Raises:
            SceneError: There is no such format.
        """
        from pytest_connect_chat._diagram.mermaid import mermaid
        from pytest_connect_chat._diagram.rows import rows_of
        from pytest_connect_chat._diagram.svg import svg

        writers = {"mermaid": mermaid, "svg": svg}
        if not isinstance(format, str) or format not in writers:
            raise SceneError(f"format is one of {', '.join(writers)}, not {shown(format)}.")
        return writers[format](rows_of(self._history()))

    def _history(self) -> History:
        service, contacts = self._service, self._service.state.contacts
        self.clock.now()  # what is due by now belongs to it
        return History(
            records=list(service.calls.records),
            contacts=list(contacts.by_id.values()),
            passing=list(contacts.passing),
            steps=list(service.flows.steps),
            notifications=list(contacts.notifications),
            strays=list(service.calls.strays),
            clock=self.clock,
        )

    def raise_failures(self) -> None:
        """Raise the exceptions of the test's callables that no client call could raise, such as those of `reply_with`.

        The first one is raised, with a note on each of the others. After that they are forgotten.
        """
        __tracebackhide__ = True
        failures = self._service.state.feed.failures
        if failures:
            first, *others = failures
            failures.clear()
            for other in others:
                first.add_note(f"A further exception of such a callable followed: {raised(other)}")
            raise first.with_traceback(from_its_own_code(first.__traceback__))

    def assert_nothing_left(self) -> None:
        """Assert that all faults and canned answers were used, and that no operation was called that is not faked.

        Raises:
            LeftoverError: Something is left; the message says what.
        """
        __tracebackhide__ = True
        if self._backend.is_copy:
            return  # the parent process asserts it
        problems = self._service.leftovers()
        if problems:
            raise LeftoverError(describe_leftovers(problems))

    # -- setting the scene ------------------------------------------------------------------------------------------

    @property
    def faults(self) -> FaultPlan:
        """The faults that requests are to meet."""
        return self._service.faults

    @property
    def clock(self) -> Clock:
        """The fake's clock."""
        return self._service.state.clock

    @property
    def rules(self) -> RuleBook:
        """The rules by which requests are refused, by id; each can be switched."""
        return self._rules

    def add_instance(self, instance_id: str, contact_flow_ids: Iterable[str] | Mapping[str, str] = ()) -> None:
        """Declare an instance and its published flows. From the first on, only declared instances and flows exist.

        Args:
            instance_id: The id of the instance.
            contact_flow_ids: The ids of its flows, or a mapping of their ids to their names, which ListContactFlows
                gives; further calls add to them.

        Raises:
            SceneError: An id or a name is empty, or not a text.
        """
        with self._service.state.feed:
            self._service.state.instances.add(instance_id, contact_flow_ids)

    def declared_place(self) -> dict[str, str]:
        """Return the members of a request that name the first declared instance and flow; empty if none is declared."""
        instance_id, contact_flow_id = self._service.state.instances.first() or (None, None)
        place = {"InstanceId": instance_id, "ContactFlowId": contact_flow_id}
        return {member: value for member, value in place.items() if value is not None}

    def add_contact(
        self,
        *,
        instance_id: str | None = None,
        contact_flow_id: str | None = None,
        contact_id: str | None = None,
        display_name: str = "Customer",
        attributes: Mapping[str, str] | None = None,
        customer_id: str | None = None,
        initial_message: str | Mapping[str, str] | None = None,
        tags: Mapping[str, str] | None = None,
        channel: Literal["CHAT", "VOICE"] = "CHAT",
    ) -> Contact:
        """Add an active contact without a client. A chat counts as an active chat, but no quota refuses it.

        Its customer is connected. A flow starts in it with the next message, join or other event.

        Args:
            instance_id: Its instance. By default the first declared one; if none is declared, one for the whole test.
            contact_flow_id: Its flow. The default is as for the instance.
            contact_id: Its id, where the application holds one already.
            display_name: The customer's display name.
            attributes: Its contact attributes.
            customer_id: Its `CustomerId`.
            initial_message: What the customer said at the start: a text, or the `InitialMessage` of a request.
            tags: Its tags.
            channel: `"VOICE"` for a call that a chat can be related to. It does not count as an active chat, has no
                transcript, and lasts until `stop_contact()`.

        Raises:
            SceneError: The id is taken, the instance or flow is not declared, or a value is of the wrong kind.
        """
        return scene.add_contact(
            self._service.state,
            region=self.settings.client_region,
            instance_id=instance_id,
            contact_flow_id=contact_flow_id,
            contact_id=contact_id,
            display_name=display_name,
            attributes=attributes,
            customer_id=customer_id,
            initial_message=initial_message,
            tags=tags,
            channel=channel,
        ).view

    def add_ended_chat(
        self,
        segments: int = 1,
        *,
        instance_id: str | None = None,
        contact_id: str | None = None,
        display_name: str = "Customer",
        attributes: Mapping[str, str] | None = None,
        customer_id: str | None = None,
        messages: Iterable[tuple[Literal["CUSTOMER", "AGENT", "SYSTEM"], str]] = (),
        ended_at: datetime | str | None = None,
    ) -> tuple[Contact, ...]:
        """Add a past session of ended contacts; each but the first is a transfer of the one before.

        Args:
            segments: How many contacts the session has.
            instance_id: Their instance. By default the first declared one; if none is declared, one for the whole test.
            contact_id: The id of the first contact, where the application holds one already.
            display_name: The customer's display name.
            attributes: Their contact attributes.
            customer_id: Their `CustomerId`.
            messages: Pairs of a role and a text, oldest first. They are spread evenly over the contacts.
            ended_at: When the last one ended: an aware datetime or an ISO 8601 text; one hour ago by default.

        Returns:
            The contacts, oldest first. Each lasted ten minutes.

        Raises:
            SceneError: The id is taken, the instance is not declared, or a value is of the wrong kind.
            ClockError: `ended_at` is no time.
        """
        past = scene.add_ended_chat(
            self._service.state,
            region=self.settings.client_region,
            segments=segments,
            instance_id=instance_id,
            contact_id=contact_id,
            display_name=display_name,
            attributes=attributes,
            customer_id=customer_id,
            messages=messages,
            ended_at=ended_at,
        )
        return PastChat(contact.view for contact in past)

    def stop_contact(self, contact_id: str, disconnect_reason: str = "API") -> None:
        """End an active contact without a client. It no longer counts as an active chat.

        Args:
            contact_id: The contact.
            disconnect_reason: Why it ends, for example `"AGENT_DISCONNECT"`.

        Raises:
            SceneError: There is no such contact, or it has ended.
        """
        scene.stop_contact(self._service.state, contact_id, disconnect_reason)

    # -- the other side of the conversation -------------------------------------------------------------------------

    def add_participant(
        self,
        contact_id: str,
        role: Literal["AGENT", "CUSTOM_BOT", "SUPERVISOR"] = "AGENT",
        display_name: str = "Agent",
    ) -> ChatParticipant:
        """Let a participant that the test plays join an active chat.

        Args:
            contact_id: The contact.
            role: `"AGENT"`, `"CUSTOM_BOT"` or `"SUPERVISOR"`.
            display_name: The name that the customer sees.

        Returns:
            The participant, with `send_message`, `send_attachment`, `send_event` and `disconnect`.

        Raises:
            SceneError: There is no such contact, it has ended, or a value is not valid.
        """
        return add_participant(self._service.state, contact_id, role, display_name)

    def transfer(self, contact_id: str, contact_flow_id: str | None = None) -> Contact:
        """Transfer an active contact: it ends, and the chat goes on in a new one. Participants and tokens stay.

        Args:
            contact_id: The contact.
            contact_flow_id: The flow of the new contact; the same by default.

        Returns:
            The new contact: the next segment of the same session.

        Raises:
            SceneError: There is no such contact or flow, or the contact has ended.
        """
        return scene.transfer(self._service.state, contact_id, contact_flow_id).view

    def play_flow(self, flow: Flow | None, contact_flow_id: str | None = None) -> None:
        """Play a flow in every chat from now on: once in each contact, after its customer has connected.

        A flow is a generator function that takes a `FlowChat`. `item = yield` waits for the customer's next message or
        file. `item = yield timedelta(minutes=2)` waits that long at most, and gives `None` if nothing came. What the
        customer sent before the first `yield`, the initial message too, is kept for it. A plain function is a flow that
        never waits. The flow ends with its contact. An exception in it fails the test at its end.

        Args:
            flow: The flow. `None` takes away the one that was given for this id, or the one for all contacts.
            contact_flow_id: Plays it only in contacts with this flow, instead of the one for all contacts.

        Raises:
            SceneError: It is not such a function, or no declared instance has this flow.
        """
        self._service.flows.play_flow(flow, contact_flow_id)

    def play_disconnect_flow(self, flow: Flow | None) -> None:
        """Let chats go on when their last agent has left, until this flow returns.

        Administrator guide: chat-persistence, enable-post-chat-survey.

        The contact ends with its reason, and the flow plays in a new one, whose `initiation_method` is `"DISCONNECT"`,
        with the customer and the tokens. When it returns, that contact ends with `CONTACT_FLOW_DISCONNECT`. The same
        happens when a customer leaves a chat with `DisconnectOnCustomerExit=["AGENT"]`.

        Args:
            flow: The flow, as for `play_flow`. With `None` chats end with their last agent again, as at first.

        Raises:
            SceneError: It is not such a function.
        """
        self._service.flows.play_disconnect_flow(flow)

    def reply_with(self, reply: BotReply | None) -> None:
        """Answer every message of a customer that no flow takes, in every chat: the short form of `play_flow`.

        The initial message is answered once the customer has connected, when a flow would start.

        Args:
            reply: A text, a pair of a text and its content type, or a list of these. Or a callable that takes the
                customer's `TranscriptItem` and returns one of these, or `None` for no answer: it is called after the
                message is committed, and may call clients and the fake, and an exception in it fails the test at its
                end. `None` ends the answers.

        Raises:
            SceneError: It is none of these.
        """
        self._service.flows.reply_with(reply)

    def scan_attachments_with(self, verdict: Callable[[Attachment], AttachmentStatus] | None) -> None:
        """Let a callable decide the result of the scan of each file that a customer sends.

        It is called after CompleteAttachmentUpload is committed, and what it returns becomes the file's `Status` in the
        chat. To decide files that are still `"IN_PROGRESS"`, call this method again. If the callable raises, the file
        is rejected, and the test fails at its end. Administrator guide: setup-attachment-scanning.

        Args:
            verdict: Takes an `Attachment`, and returns `"APPROVED"`, `"REJECTED"` or `"IN_PROGRESS"`. `None` approves
                every file at once, as at first.

        Raises:
            SceneError: It is neither a plain function nor `None`.
        """
        scan_attachments_with(self._service.state, verdict)

    # -- canned answers ---------------------------------------------------------------------------------------------

    def add_response(
        self,
        method: str,
        service_response: dict[str, Any] | CallableResponse,
        expected_params: Mapping[str, Any] | None = None,
        *,
        service: Literal["connect", "connectparticipant"] | None = None,
    ) -> None:
        """Queue a response, as `botocore.stub.Stubber.add_response` does: first in, first out for each operation.

        Args:
            method: The client method, of any operation of the two services.
            service_response: The response, which is checked against the model; or a callable that takes the
                `RecordedRequest` and returns a response.
            expected_params: What the request must be; `botocore.stub.ANY` stands for any value.
            service: `"connect"` or `"connectparticipant"`, where both have the method.

        Raises:
            botocore.exceptions.ParamValidationError: The model of the operation does not allow the response.
            SceneError: No service has the method, or both have it; or the response is neither a dict nor a callable.
        """
        self._service.canned.add_response(method, service_response, expected_params, service)

    def add_client_error(
        self,
        method: str,
        service_error_code: str = "",
        service_message: str = "",
        http_status_code: int = 400,
        service_error_meta: dict[str, Any] | None = None,
        expected_params: Mapping[str, Any] | None = None,
        response_meta: dict[str, Any] | None = None,
        modeled_fields: dict[str, Any] | None = None,
        *,
        service: Literal["connect", "connectparticipant"] | None = None,
    ) -> None:
        """Queue an error, as `botocore.stub.Stubber.add_client_error` does; it is not retried.

        Args:
            method: The client method, of any operation of the two services.
            service_error_code: The error code, for example `"ThrottlingException"`.
            service_message: The error's message.
            http_status_code: The HTTP status.
            service_error_meta: Further keys of the answer's `Error`.
            expected_params: What the request must be.
            response_meta: Further keys of the answer's `ResponseMetadata`.
            modeled_fields: Further members that the model has for this error code.
            service: `"connect"` or `"connectparticipant"`, where both have the method.

        Raises:
            botocore.exceptions.ParamValidationError: The model of the error does not allow `modeled_fields`.
            SceneError: No service has the method, or both have it; or a value is of the wrong kind.
        """
        self._service.canned.add_client_error(
            method,
            service,
            code=service_error_code,
            message=service_message,
            http_status=http_status_code,
            error_meta=service_error_meta,
            response_meta=response_meta,
            fields=modeled_fields,
            expected_params=expected_params,
        )

    def _client_settings(self) -> dict[str, str]:
        return {
            "region_name": self.settings.client_region,
            "aws_access_key_id": DUMMY["AWS_ACCESS_KEY_ID"],
            "aws_secret_access_key": DUMMY["AWS_SECRET_ACCESS_KEY"],
        }


def _told_of(error: BaseException) -> str:
    """Return a line on an exception that a callable of the test has raised, with the place."""
    place = ""
    for frame, line in walk_tb(error.__traceback__):
        place = f" at {PurePath(frame.f_code.co_filename).name}:{line}"
    given = next(iter(getattr(error, "__notes__", ())), "")
    return f"a callable of the test raised {raised(error)}{place}. {given}".rstrip()


def from_its_own_code(traceback: TracebackType | None) -> TracebackType | None:
    """Return the part of a traceback that begins in the test's callable, after the frames of this package."""
    while (
        traceback is not None
        and traceback.tb_next is not None
        and (traceback.tb_frame.f_globals.get("__package__") or "").partition(".")[0] == OURS
    ):
        traceback = traceback.tb_next
    return traceback


def _require_service(service: str) -> None:
    if service not in SERVICES:
        raise SceneError(f"service is one of {', '.join(SERVICES)}, not {shown(service)}.")
