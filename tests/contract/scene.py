"""What a case has at hand: two plain clients, an instance with a flow, and chats that its requests have opened."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from over_the_wire import BOTH, EVENT, SUBSCRIBE, Answer

from pytest_connect_chat import FakeConnectChat
from pytest_connect_chat._service.operations import OPERATIONS

NOBODY: Final = "00000000-0000-4000-8000-000000000000"  # no contact, instance or flow has this id
PLAIN: Final = "text/plain"
MARKDOWN: Final = "text/markdown"
JSON: Final = "application/json"
BOT: Final = {"ParticipantRole": "CUSTOM_BOT", "DisplayName": "Bot"}
FILE: Final = b"a,b\n"

OF_CALLERS: Final = (
    "Throttl",
    "TooManyRequests",
    "RequestLimitExceeded",
    "ExpiredToken",
    "RequestExpired",
    "UnrecognizedClient",
    "InvalidClientTokenId",
    "Signature",
    "MissingAuthenticationToken",
    "OptInRequired",
)
OF_PARTICIPANTS: Final = {operation for service, operation in OPERATIONS if service == "connectparticipant"}

T = TypeVar("T")
Members = dict[str, Any]


def persistent(source: str, rehydration_type: str = "FROM_SEGMENT") -> Members:
    """Return the members that resume a past chat."""
    return {"PersistentChat": {"RehydrationType": rehydration_type, "SourceContactId": source}}


@dataclass(frozen=True, slots=True)
class Participant:
    """Somebody who is connected to a chat."""

    contact_id: str
    participant_id: str
    participant_token: str
    connection_token: str
    url: str


class Scene:
    """The service as one case reaches it.

    Args:
        make_client: Makes a client of a service; keywords are those of `create_client`.
        instance_id: An instance.
        contact_flow_id: A flow of it.
        wait: Lets so many seconds pass, on the fake's clock or in truth.
        at_once: Makes a call so often at once that the service throttles it, and returns what came of the calls.
        fake: The fake, where it is one: what no client can do is done there.
        sends: Sends a request as bytes, where there is a wire.
        subscribes: Whether a customer has to open the WebSocket and send files itself: on a live instance.
    """

    def __init__(
        self,
        make_client: Callable[..., Any],
        instance_id: str,
        contact_flow_id: str,
        *,
        wait: Callable[[float], None],
        at_once: Callable[[Callable[[], str]], set[str]],
        fake: FakeConnectChat | None = None,
        sends: Callable[..., Answer] | None = None,
        subscribes: bool = False,
    ) -> None:
        self._make_client = make_client
        self._fake = fake
        self._sends = sends
        self._subscribes = subscribes
        self._sockets: list[Any] = []
        self.instance_id = instance_id
        self.contact_flow_id = contact_flow_id
        self.wait = wait
        self.at_once = at_once
        self.connect = make_client("connect")
        self.participant = make_client("connectparticipant")

    @property
    def fake(self) -> FakeConnectChat:
        """The fake; only cases that no live run settles ask for it."""
        assert self._fake is not None, "a case that needs the fake stands in NOT_LIVE, with the reason"
        return self._fake

    @property
    def region(self) -> str:
        """The region of the clients."""
        return str(self.connect.meta.region_name)

    @property
    def smallest(self) -> Members:
        """The smallest valid request of StartChatContact."""
        return {
            "InstanceId": self.instance_id,
            "ContactFlowId": self.contact_flow_id,
            "ParticipantDetails": {"DisplayName": "Contract case"},
        }

    def client(self, service: str, **settings: Any) -> Any:
        """Return a further client, with settings of botocore's `Config`."""
        return self._make_client(service, config=Config(**settings))

    def knows(self, operation: str, *members: str) -> None:
        """Skip the case where the installed model of botocore is older than a member."""
        missing = set(members) - set(self.connect.meta.service_model.operation_model(operation).input_shape.members)
        if missing:
            pytest.skip(f"this botocore does not know {', '.join(sorted(missing))}")

    # -- chats ---------------------------------------------------------------------------------------------------------

    def start(self, **members: Any) -> Members:
        """Open a chat; return the answer."""
        answer: Members = self.connect.start_chat_contact(**self.smallest | members)
        return answer

    def chat(self, **members: Any) -> Participant:
        """Open a chat, and connect its customer."""
        started = self.start(**members)
        return self.join(started["ContactId"], started["ParticipantId"], started["ParticipantToken"])

    def join(self, contact_id: str, participant_id: str, participant_token: str) -> Participant:
        """Connect a participant."""
        connection = self.participant.create_participant_connection(ParticipantToken=participant_token, Type=BOTH)
        url = connection["Websocket"]["Url"]
        if self._subscribes:
            self.open(url)
        token = connection["ConnectionCredentials"]["ConnectionToken"]
        return Participant(contact_id, participant_id, participant_token, token, url)

    def bot(self, chat: Participant) -> Participant:
        """Add a custom bot to a chat, and connect it."""
        added = self.connect.create_participant(
            InstanceId=self.instance_id, ContactId=chat.contact_id, ParticipantDetails=BOT
        )
        return self.join(chat.contact_id, added["ParticipantId"], added["ParticipantCredentials"]["ParticipantToken"])

    def past(self, **members: Any) -> str:
        """Open a chat and end it; return its contact id."""
        contact_id = str(self.start(**members)["ContactId"])
        self.stop(contact_id)
        return contact_id

    def stop(self, contact_id: str) -> None:
        """End a contact, and wait until that shows."""
        self.connect.stop_contact(InstanceId=self.instance_id, ContactId=contact_id)
        self.until(lambda: "DisconnectTimestamp" in self.describe(contact_id))

    def until(self, look: Callable[[], T], seconds: float = 10) -> T:
        """Return what there is to see once there is something, or what there is after so many seconds.

        What a service shows may lag behind what it has done.
        """
        seen = look()
        while not seen and seconds > 0:
            self.wait(1)
            seconds -= 1
            seen = look()
        return seen

    def attributes(self, contact_id: str) -> dict[str, str]:
        """Return the attributes of a contact."""
        answer = self.connect.get_contact_attributes(InstanceId=self.instance_id, InitialContactId=contact_id)
        return dict(answer["Attributes"])

    def describe(self, contact_id: str) -> Members:
        """Return what DescribeContact says of a contact."""
        described = self.connect.describe_contact(InstanceId=self.instance_id, ContactId=contact_id)
        return dict(described["Contact"])

    def say(self, chat: Participant, content: str = "m", **members: Any) -> str:
        """Send a message; return its id."""
        sent = self.participant.send_message(
            **{"ConnectionToken": chat.connection_token, "ContentType": PLAIN, "Content": content} | members
        )
        return str(sent["Id"])

    def read(self, chat: Participant, message_id: str) -> None:
        """Send the receipt of a message."""
        self.participant.send_event(
            ConnectionToken=chat.connection_token,
            ContentType=f"{EVENT}message.read",
            Content=json.dumps({"messageId": message_id}),
        )

    def items(self, chat: Participant) -> list[Members]:
        """Return the transcript up to a message that is sent for that, so that all before it shows."""
        last = self.say(chat, "up to here")
        shown = self.until(
            lambda: [
                items
                for items in [self.transcript(chat, MaxResults=100)["Transcript"]]
                if any(item["Id"] == last for item in items)
            ]
        )
        assert shown, "a message does not show in the transcript"
        return list(shown[0])

    def transcript(self, chat: Participant, **members: Any) -> Members:
        """Return a page of the transcript."""
        page: Members = self.participant.get_transcript(ConnectionToken=chat.connection_token, **members)
        return page

    # -- files ---------------------------------------------------------------------------------------------------------

    def start_upload(self, chat: Participant, **members: Any) -> Members:
        """Announce a file; return the answer."""
        file = {"AttachmentName": "a.csv", "ContentType": "text/csv", "AttachmentSizeInBytes": len(FILE)}
        answer: Members = self.participant.start_attachment_upload(
            ConnectionToken=chat.connection_token, **file | members
        )
        return answer

    def serve(self) -> None:
        """Give files and WebSockets somewhere to go, also where the clients are in this process."""
        if self._fake is not None:
            pytest.importorskip("aiohttp")
            self._fake.serve()

    def upload(self, chat: Participant) -> str:
        """Send a file to a chat; return its id."""
        announced = self.start_upload(chat)
        if self._subscribes:
            self.put(announced, FILE)
        self.complete(chat, announced["AttachmentId"])
        return str(announced["AttachmentId"])

    def complete(self, chat: Participant, attachment_id: str) -> None:
        """Say that a file has been sent."""
        self.participant.complete_attachment_upload(
            ConnectionToken=chat.connection_token, AttachmentIds=[attachment_id]
        )

    def put(self, announced: Members, content: bytes) -> int:
        """Send a file to the URL that an answer of StartAttachmentUpload has; return the status."""
        headers = announced["UploadMetadata"]["HeadersToInclude"] | {"Content-Length": str(len(content))}
        request = urllib.request.Request(  # noqa: S310  # a URL of the service
            announced["UploadMetadata"]["Url"], content, headers, method="PUT"
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
                return int(answer.status)
        except urllib.error.HTTPError as error:
            error.close()
            return error.code

    # -- the wire ------------------------------------------------------------------------------------------------------

    def send(self, service: str, method: str, path: str, body: bytes = b"", **headers: str) -> Answer:
        """Send a request as it stands."""
        assert self._sends is not None, "a case on the wire has the marker `over_http`"
        return self._sends(service, method, path, body, headers)

    def open(self, url: str, *, subscribe: bool = True, **options: Any) -> Any:
        """Open a WebSocket, and subscribe to its chat."""
        import websocket

        socket = websocket.create_connection(url, timeout=30, **options)
        self._sockets.append(socket)
        if subscribe:
            socket.send(SUBSCRIBE)
            socket.recv()
        return socket

    def frame_of(self, socket: Any, topic: str) -> Members:
        """Return the next frame of a topic."""
        deadline = time.monotonic() + 30  # a socket's own timeout begins anew with each ping of the server
        while time.monotonic() < deadline:
            frame: Members = json.loads(socket.recv())
            if frame.get("topic") == topic:
                return frame
        raise TimeoutError(f"no frame of {topic} has come")

    def status_of_socket(self, url: str) -> int:
        """Return the status with which a WebSocket is opened: 101, or the one with which it is refused."""
        import websocket

        try:
            self.open(url, subscribe=False)
        except websocket.WebSocketBadStatusException as error:
            return int(error.status_code)
        return 101

    def close(self) -> None:
        """Close the WebSockets."""
        while self._sockets:
            socket = self._sockets.pop()
            socket.close()
            socket.shutdown()  # one that was cut off is not closed by its farewell


def is_about_the_caller(error: ClientError) -> bool:
    """Whether an error is about the caller, the rate or the service's health, and says nothing of the request."""
    answer = error.response
    return says_nothing(error.operation_name, answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"])


def says_nothing(operation: str, code: str, status: int) -> bool:
    """Whether an answer is about the caller, the rate or the service's health, and not about the request.

    The participant service knows no policies: there a denial is about the request.
    """
    is_denied = code.startswith("AccessDenied") and operation not in OF_PARTICIPANTS
    return status >= 500 or is_denied or any(part in code for part in OF_CALLERS)


def outcome(call: Callable[..., Any], **parameters: Any) -> tuple[Any, str]:
    """Return what a call answers, or an empty answer and the error code of one that is refused.

    Raises:
        ClientError: The error says nothing of the request.
    """
    try:
        return call(**parameters), ""
    except ClientError as error:
        if is_about_the_caller(error):
            raise
        return {}, str(error.response["Error"]["Code"])


def code_of(call: Callable[..., Any], **parameters: Any) -> str:
    """Return the error code of a call that is refused; empty where it is answered."""
    return outcome(call, **parameters)[1]
