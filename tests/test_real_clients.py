"""Real clients, each in a process of its own, in one story with an agent that the test plays.

What a client needs and the machine does not have skips its tests, by name; `nox -s clients` installs all of it but node
and Chromium. `CONNECT_CHAT_NODE_MODULES` is a folder with `node_modules`, by default `tests/clients`, and
`CONNECT_CHAT_AWS_CLI` a command instead of `aws`. `CONNECT_CHAT_CLIENT_TABLE` is a file for the table of what each
client has shown; it is complete where all these tests run in one process.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import multiprocessing
import os
import queue
import re
import shutil
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest

from pytest_connect_chat import ChatParticipant, ConnectChatEndpoint, Contact, FakeConnectChat, RecordedRequest

pytestmark = [pytest.mark.once, pytest.mark.untraced]

SCRIPTS: Final = Path(__file__).with_name("clients")
PATIENCE: Final = 60  # seconds: what is waited for comes in milliseconds, on a busy machine too

EVENT: Final = "application/vnd.amazonaws.connect.event."
SUBSCRIBE: Final = '{"topic":"aws/subscribe","content":{"topics":["aws/chat"]}}'
TOO_LONG: Final = "x" * 16_385

STEPS: Final = (
    "starts a chat",
    "retried attempts are one call",
    "connects",
    "hears the flow",
    "sends a message",
    "hears a message",
    "sends typing",
    "hears typing",
    "sends receipts",
    "hears receipts",
    "sends a file",
    "gets a file",
    "transcript",
    "returns when cut off",
    "error's class",
    "hears the end",
    "leaves",
)

Line = dict[str, Any]
Tell = Callable[[Line], object]


class Kind(NamedTuple):
    """A client: what it needs, and how it runs.

    Attributes:
        distributions: What it needs from PyPI.
        packages: What it needs from npm.
        commands: The commands that it needs; of several names in one text, the first that there is.
        script: What node runs; without it, this module runs in Python, with the last distribution for its sockets.
        spawned: Whether `multiprocessing` starts it.
    """

    distributions: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    script: str = ""
    spawned: bool = False


OURS: Final = ("aiohttp", "websocket-client")  # what the endpoint needs, and the tests of clients without sockets
CHROMIUM: Final = "chromium chromium-browser google-chrome"
CHATJS: Final = "amazon-connect-chatjs"
KINDS: Final = {
    "boto3 and websocket-client": Kind(("boto3", "websocket-client")),
    "boto3 and websockets, spawned by multiprocessing": Kind(("boto3", "websockets"), spawned=True),
    "boto3 and aiohttp": Kind(("boto3", "aiohttp")),
    "AWS CLI": Kind(commands=(os.environ.get("CONNECT_CHAT_AWS_CLI", "aws"),)),
    "AWS SDK for JavaScript": Kind(
        packages=("@aws-sdk/client-connect", "@aws-sdk/client-connectparticipant", "ws"),
        commands=("node",),
        script="sdk.mjs",
    ),
    "chatjs in node": Kind(packages=(CHATJS, "ws"), commands=("node",), script="chatjs.mjs"),
    "chatjs in Chromium": Kind(packages=(CHATJS, "playwright-core"), commands=("node", CHROMIUM), script="browser.mjs"),
    "the frame of AWS's library for iOS": Kind(("websocket-client",)),
}

shown: dict[str, set[str]] = {}  # by client: the steps of its story that it has shown


# -- what there is on this machine -------------------------------------------------------------------------------------


def node_modules() -> Path:
    """Return the folder that has `node_modules`."""
    return Path(os.environ.get("CONNECT_CHAT_NODE_MODULES", SCRIPTS)).resolve()


def package_json(package: str) -> Path:
    return node_modules() / "node_modules" / package / "package.json"


def found(command: str) -> str | None:
    """Return the path of the first of some commands that there is."""
    return next(filter(None, map(shutil.which, command.split())), None)


def lacking(kind: Kind) -> list[str]:
    """Return what a client needs and this machine does not have."""
    modules = {"websocket-client": "websocket"}
    return [
        *(name for name in dict.fromkeys((*kind.distributions, *OURS)) if find_spec(modules.get(name, name)) is None),
        *(name for name in kind.packages if not package_json(name).exists()),
        *(command for command in kind.commands if found(command) is None),
    ]


def needs(name: str) -> pytest.MarkDecorator:
    """Return what skips a test where something is not there that its client needs."""
    missing = lacking(KINDS[name])
    reason = f"{name}: this machine has no {', no '.join(missing)} (`nox -s clients` installs packages)"
    return pytest.mark.skipif(bool(missing), reason=reason)


@cache
def version_of(command: str) -> str:
    """Return what a command says of its version: `aws-cli/1.46.3 ...`, `Chromium 156.0.0.0 ...`, `v20.20.2`."""
    said = subprocess.run([str(found(command)), "--version"], capture_output=True, check=True, timeout=PATIENCE)  # noqa: S603
    return re.search(rb"\d+(\.\d+)+", said.stdout + said.stderr)[0].decode()


def versions(kind: Kind) -> str:
    """Return the versions of what a client is made of."""
    packages = {name: json.loads(package_json(name).read_text("utf-8"))["version"] for name in kind.packages}
    commands = {Path(str(found(command))).name: version_of(command) for command in kind.commands}
    every = {name: version(name) for name in kind.distributions} | packages | commands
    return ", ".join(f"{name} {number}" for name, number in every.items())


@pytest.fixture(scope="session", autouse=True)
def table() -> Iterator[None]:
    """Write the table of what each client has shown, where somebody asks for it."""
    yield
    if path := os.environ.get("CONNECT_CHAT_CLIENT_TABLE"):
        names = [name for name in KINDS if name in shown]
        rows = [["", *(str(number + 1) for number in range(len(names)))], ["---"] * (1 + len(names))]
        rows += [[step, *("yes" if step in shown[name] else "-" for name in names)] for step in STEPS]
        lines = [f"{number + 1}. {name}: {versions(KINDS[name])}" for number, name in enumerate(names)]
        lines += ["", *(f"| {' | '.join(row)} |" for row in rows)]
        Path(path).write_text("\n".join([*lines, ""]), "utf-8")


# -- a client in Python: this runs in a process of its own -------------------------------------------------------------


def frames_by_websocket_client(url: str) -> Iterator[str]:
    """Subscribe, and yield what the socket hears until it is closed; so do the two that follow."""
    import websocket

    socket = websocket.create_connection(url, timeout=PATIENCE)
    with contextlib.closing(socket), contextlib.suppress(websocket.WebSocketException, OSError):
        socket.send(SUBSCRIBE)
        while frame := socket.recv():
            yield frame


def frames_by_websockets(url: str) -> Iterator[str]:
    from websockets.exceptions import ConnectionClosed
    from websockets.sync.client import connect

    with connect(url) as socket, contextlib.suppress(ConnectionClosed):
        socket.send(SUBSCRIBE)
        for frame in socket:
            yield str(frame)


def frames_by_aiohttp(url: str) -> Iterator[str]:
    from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType

    async def open_socket() -> tuple[ClientSession, ClientWebSocketResponse]:
        session = ClientSession(trust_env=True)
        socket = await session.ws_connect(url)
        await socket.send_str(SUBSCRIBE)
        return session, socket

    with asyncio.Runner() as runner:
        session, socket = runner.run(open_socket())
        while (message := runner.run(socket.receive())).type is WSMsgType.TEXT:
            yield message.data
        runner.run(session.close())


FRAMES: Final[dict[str, Callable[[str], Iterator[str]]]] = {
    "websocket-client": frames_by_websocket_client,
    "websockets": frames_by_websockets,
    "aiohttp": frames_by_aiohttp,
}


class Customer:
    """A customer with boto3, and one of the libraries for WebSockets: each public method is a command of the test.

    Args:
        library: The library.
        tell: Tells the test what the socket hears.
    """

    def __init__(self, library: str, tell: Tell) -> None:
        import boto3

        self._connect, self._participant = boto3.client("connect"), boto3.client("connectparticipant")
        self._library, self._tell = library, tell

    def start(self, **members: Any) -> str:
        started = self._connect.start_chat_contact(**members)
        self._participant_token = started["ParticipantToken"]
        contact_id: str = started["ContactId"]
        return contact_id

    def connect(self) -> None:
        connection = self._participant.create_participant_connection(
            ParticipantToken=self._participant_token, Type=["WEBSOCKET", "CONNECTION_CREDENTIALS"]
        )
        self._token = connection["ConnectionCredentials"]["ConnectionToken"]
        subscribed = threading.Event()
        arguments = (connection["Websocket"]["Url"], subscribed)
        threading.Thread(target=self._listen, args=arguments, daemon=True).start()
        if not subscribed.wait(PATIENCE):
            raise TimeoutError("the socket is not subscribed")

    def _listen(self, url: str, subscribed: threading.Event) -> None:
        for frame in map(json.loads, FRAMES[self._library](url)):
            if frame["topic"] == "aws/chat":
                self._tell({"by": "socket", "item": json.loads(frame["content"])})
            elif frame["content"]["status"] == "success":
                subscribed.set()
        self._tell({"by": "close"})

    def send(self, content: str) -> str:
        sent = self._participant.send_message(ConnectionToken=self._token, ContentType="text/plain", Content=content)
        message_id: str = sent["Id"]
        return message_id

    def typing(self) -> None:
        self._participant.send_event(ConnectionToken=self._token, ContentType=f"{EVENT}typing")

    def receipt(self, event: str, messageId: str) -> None:  # noqa: N803  # as the scripts in JavaScript have it
        content = json.dumps({"messageId": messageId})
        self._participant.send_event(ConnectionToken=self._token, ContentType=EVENT + event, Content=content)

    def upload(self, name: str, text: str) -> None:
        started = self._participant.start_attachment_upload(
            ConnectionToken=self._token, AttachmentName=name, AttachmentSizeInBytes=len(text), ContentType="text/plain"
        )
        where = started["UploadMetadata"]
        file = urllib.request.Request(where["Url"], text.encode(), where["HeadersToInclude"], method="PUT")  # noqa: S310
        urllib.request.urlopen(file, timeout=PATIENCE).close()  # noqa: S310
        self._participant.complete_attachment_upload(
            ConnectionToken=self._token, AttachmentIds=[started["AttachmentId"]]
        )

    def download(self, attachmentId: str) -> str:  # noqa: N803  # likewise
        url = self._participant.get_attachment(ConnectionToken=self._token, AttachmentId=attachmentId)["Url"]
        with urllib.request.urlopen(url, timeout=PATIENCE) as answer:  # noqa: S310
            text: str = answer.read().decode()
        return text

    def transcript(self) -> list[dict[str, Any]]:
        answer = self._participant.get_transcript(ConnectionToken=self._token, SortOrder="ASCENDING")
        items: list[dict[str, Any]] = answer["Transcript"]
        return items

    def leave(self) -> None:
        self._participant.disconnect_participant(ConnectionToken=self._token)


def obey(library: str, commands: Iterable[Line], tell: Tell) -> None:
    """Do what the test says, and tell what came of it, until there is nothing more to do."""
    customer = Customer(library, tell)
    for command in commands:
        name = command.pop("do")
        try:
            line = {"done": getattr(customer, name)(**command)}
        except Exception as error:  # noqa: BLE001  # which one it is, is the test's to judge
            line = {"failed": type(error).__name__, "message": str(error)}
        tell(line)


def received(pipe: Connection) -> Iterator[Line]:
    """Yield what comes through a pipe, until there is nothing more or its other end is closed."""
    with contextlib.suppress(EOFError):
        while (line := pipe.recv()) is not None:
            yield line


def obey_pipe(library: str, pipe: Connection) -> None:
    """What `multiprocessing` starts."""
    obey(library, received(pipe), pipe.send)


def obey_stdin(library: str) -> None:
    """What a subprocess does."""
    writing = threading.Lock()

    def tell(line: Line) -> None:
        with writing:
            sys.stdout.write(f"{json.dumps(line)}\n")
            sys.stdout.flush()

    obey(library, map(json.loads, sys.stdin), tell)


# -- a client, as a test holds it --------------------------------------------------------------------------------------


class Client:
    """A client in another process.

    Args:
        name: Which one.
        say: Gives it a command.
        lines: What it tells, until its process ends.
        complaints: Where its process writes what goes wrong.
    """

    def __init__(self, name: str, say: Callable[[Line], object], lines: Iterable[Line], complaints: Path) -> None:
        self.name = name
        self.is_chatjs = name.startswith("chatjs")
        self._say = say
        self._complaints = complaints
        self._told: queue.SimpleQueue[Line | None] = queue.SimpleQueue()
        self._kept: list[Line] = []
        threading.Thread(target=self._listen, args=(lines,), daemon=True).start()

    def _listen(self, lines: Iterable[Line]) -> None:
        with contextlib.suppress(ValueError):  # it is closed, or has written what is no JSON
            for line in lines:
                self._told.put(line)
        self._told.put(None)

    def do(self, command: str, /, **members: Any) -> Any:
        """Let it do something, and return what came of it."""
        line = self._answer(command, members)
        if "failed" in line:
            pytest.fail(f"{self.name} could not {command}: {line}. {self._circumstances()}")
        return line["done"]

    def fail_to(self, command: str, /, **members: Any) -> str:
        """Let it do something that fails, and return the class of the error."""
        line = self._answer(command, members)
        assert "failed" in line, f"{self.name} could {command}: {line}"
        return str(line["failed"])

    def _answer(self, command: str, members: dict[str, Any]) -> Line:
        self._say({"do": command, **members})
        return self._next(lambda line: "done" in line or "failed" in line, f"what comes of {command}")

    def hear(self, by: str, **members: Any) -> dict[str, Any]:
        """Wait until it has heard an item with these members, and return that. Each is heard once.

        Args:
            by: The handler of chatjs that gets it; a plain socket has none.
            **members: The members.
        """
        line = self._next(
            lambda line: line.get("by") in (by, "socket") and members.items() <= (line.get("item") or {}).items(),
            f"{members} by {by}",
        )
        return dict(line.get("item") or {})

    def hear_of(self, by: str) -> None:
        """Wait until something has happened that is no item."""
        self._next(lambda line: line.get("by") == by and "item" not in line, by)

    def _next(self, is_wanted: Callable[[Line], bool], what: str) -> Line:
        wanted = next(filter(is_wanted, self._kept), None)
        if wanted is not None:
            self._kept.remove(wanted)
            return wanted
        while True:
            try:
                line = self._told.get(timeout=PATIENCE)
            except queue.Empty:
                line = None
            if line is None:
                pytest.fail(f"{self.name} did not tell of {what}. {self._circumstances()}")
            if is_wanted(line):
                return line
            self._kept.append(line)

    def _circumstances(self) -> str:
        complaints = self._complaints.read_text("utf-8") if self._complaints.exists() else ""
        return f"It has told besides: {self._kept}. {complaints}"

    def shows(self, *steps: str) -> None:
        """Note what it has shown, for the table."""
        assert set(steps) <= set(STEPS)
        shown.setdefault(self.name, set()).update(steps)


@contextlib.contextmanager
def in_subprocess(name: str, environ: dict[str, str], folder: Path) -> Iterator[Client]:
    """Run a client in a subprocess."""
    kind = KINDS[name]
    command = [sys.executable, __file__, kind.distributions[-1]] if not kind.script else ["node", SCRIPTS / kind.script]
    own = {"CONNECT_CHAT_NODE_MODULES": str(node_modules()), "CONNECT_CHAT_CHROMIUM": found(CHROMIUM) or ""}
    complaints = folder / "stderr.txt"
    with (
        complaints.open("wb") as stderr,
        subprocess.Popen(  # noqa: S603
            command,
            env={**os.environ, **environ, **own},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            encoding="utf-8",
        ) as process,
    ):
        assert process.stdin is not None
        assert process.stdout is not None
        stdin = process.stdin

        def say(line: Line) -> None:
            with contextlib.suppress(BrokenPipeError):  # its process is over; what it does not tell fails the test
                stdin.write(f"{json.dumps(line)}\n")
                stdin.flush()

        try:
            yield Client(name, say, map(json.loads, process.stdout), complaints)
            stdin.close()
            assert process.wait(PATIENCE) == 0, complaints.read_text("utf-8")
        finally:
            process.kill()


@contextlib.contextmanager
def in_spawned_process(name: str, environ: dict[str, str], folder: Path) -> Iterator[Client]:
    """Run a client in a process of `multiprocessing`, which takes over this one's environment."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=obey_pipe, args=(KINDS[name].distributions[-1], theirs))
    with pytest.MonkeyPatch.context() as patch:
        for variable, value in environ.items():
            patch.setenv(variable, value)
        process.start()
    theirs.close()
    try:
        yield Client(name, ours.send, received(ours), folder / "stderr.txt")
        ours.send(None)
        process.join(PATIENCE)
        assert process.exitcode == 0
    finally:
        process.kill()
        process.join()
        process.close()


@pytest.fixture
def client(
    request: pytest.FixtureRequest, connect_chat_endpoint: ConnectChatEndpoint, tmp_path: Path
) -> Iterator[Client]:
    """A client that takes part in the story, in its own process."""
    run = in_spawned_process if KINDS[request.param].spawned else in_subprocess
    with run(request.param, connect_chat_endpoint.environ, tmp_path) as client:
        yield client


def played_by(names: Iterable[str]) -> pytest.MarkDecorator:
    """Return what runs a test once for each of these clients."""
    return pytest.mark.parametrize("client", [pytest.param(name, marks=needs(name)) for name in names], indirect=True)


all_clients = played_by(name for name, kind in KINDS.items() if kind.script or "boto3" in kind.distributions)


# -- the story ---------------------------------------------------------------------------------------------------------


def meet(client: Client, fake: FakeConnectChat, endpoint: ConnectChatEndpoint, parameters: dict[str, Any]) -> Contact:
    """Start a chat and connect: the flow greets."""
    fake.play_flow(lambda chat: chat.send_message("Welcome"))
    if client.is_chatjs:  # starting is the business of a website's server, here of this process
        contact_id = fake.client().start_chat_contact(**parameters)["ContactId"]
        contact = fake.contacts[contact_id]
        details = {
            "contactId": contact_id,
            "participantId": contact.participant_id,
            "participantToken": contact.participant_token,
        }
        client.do("connect", **details)
        client.hear_of("onConnectionEstablished")
        client.hear_of("onDeepHeartbeatSuccess")
    else:
        fake.faults.throttle(attempts=1)
        contact = fake.contacts[client.do("start", **parameters)]
        assert fake.requests.start_chat_contact.one().attempt_count == 2
        client.shows("starts a chat", "retried attempts are one call")
        client.do("connect")
    client.hear("onMessage", Content="Welcome", ParticipantRole="SYSTEM", ContactId=contact.contact_id)
    (socket,) = endpoint.sockets
    assert (socket.contact.contact_id, socket.participant.role, socket.topics) == (
        contact.contact_id,
        "CUSTOMER",
        ("aws/chat",),
    )
    fake.requests.create_participant_connection.assert_requested_once(ParticipantToken=contact.participant_token)
    client.shows("connects", "hears the flow")
    return contact


def talk(client: Client, fake: FakeConnectChat, contact: Contact, agent: ChatParticipant) -> None:
    """Messages, typing and receipts, both ways."""
    questions = [agent.send_message("How can I help?"), agent.send_message("Which order is it?")]
    for question in questions:
        heard = client.hear("onMessage", Content=question.content)
        assert (heard["Id"], heard["ParticipantRole"], heard["DisplayName"]) == (question.id, "AGENT", "Grace")
    client.shows("hears a message")

    message_id = client.do("send", content="Order 4711 \N{PACKAGE}")
    assert client.hear("onMessage", Id=message_id)["Content"] == "Order 4711 \N{PACKAGE}"
    said = contact.transcript[-1]
    assert (said.id, said.content, said.participant_role) == (message_id, "Order 4711 \N{PACKAGE}", "CUSTOMER")
    client.shows("sends a message")

    agent.send_event("typing")
    client.hear("onTyping", ContentType=f"{EVENT}typing", ParticipantRole="AGENT")
    client.do("typing")
    client.hear("onTyping", ContentType=f"{EVENT}typing", ParticipantRole="CUSTOMER")
    fake.requests.send_event.assert_requested_once(ContentType=f"{EVENT}typing")
    client.shows("sends typing", "hears typing")

    for event, handler in [("message.delivered", "onDeliveredReceipt"), ("message.read", "onReadReceipt")]:
        agent.send_event(event, message_id=message_id)
        (receipt,) = client.hear(handler, Type="MESSAGEMETADATA")["MessageMetadata"]["Receipts"]
        assert receipt["RecipientParticipantId"] == agent.participant_id
        assert ("ReadTimestamp" in receipt) is (event == "message.read")
    client.shows("hears receipts")

    first, second = questions
    client.do("receipt", event="message.delivered", messageId=first.id)
    client.do("receipt", event="message.read", messageId=first.id)
    client.do("receipt", event="message.read", messageId=second.id)
    (of_first,), (of_second,) = (item.receipts for item in contact.transcript if item.id in (first.id, second.id))
    assert None not in (of_first.delivered_timestamp, of_first.read_timestamp, of_second.read_timestamp)
    assert of_second.delivered_timestamp is None
    client.shows("sends receipts")


def send_files(client: Client, contact: Contact, agent: ChatParticipant) -> None:
    """A file each way, and all that has been said until then."""
    client.do("upload", name="note.txt", text="It is urgent.")
    heard = client.hear("onMessage", Type="ATTACHMENT", ParticipantRole="CUSTOMER")
    assert [(file["AttachmentName"], file["Status"]) for file in heard["Attachments"]] == [("note.txt", "APPROVED")]
    (file,) = contact.transcript[-1].attachments
    assert (file.attachment_name, file.content_type, file.content) == ("note.txt", "text/plain", b"It is urgent.")
    client.shows("sends a file")

    agent.send_attachment("label.txt", b"Send it to Grace.")
    (label,) = client.hear("onMessage", Type="ATTACHMENT", ParticipantRole="AGENT")["Attachments"]
    assert client.do("download", attachmentId=label["AttachmentId"]) == "Send it to Grace."
    client.shows("gets a file")

    assert [item["Id"] for item in client.do("transcript")] == [item.id for item in contact.transcript]
    client.shows("transcript")


def come_back(client: Client, fake: FakeConnectChat, endpoint: ConnectChatEndpoint, agent: ChatParticipant) -> None:
    """Cut the client off: with a new connection it hears what is said next."""
    endpoint.drop_sockets()
    if not client.is_chatjs:  # which comes back by itself
        client.hear_of("close")
        client.do("connect")
    endpoint.wait_for(lambda: any(socket.topics for socket in endpoint.sockets), timeout=PATIENCE)
    fake.requests.create_participant_connection.assert_requested(2)
    agent.send_message("Are you still there?")
    client.hear("onMessage", Content="Are you still there?")
    client.do("send", content="I am.")
    client.hear("onMessage", Content="I am.", ParticipantRole="CUSTOMER")
    client.shows("returns when cut off")


def hear_the_end(client: Client, contact: Contact, reason: str) -> None:
    """Check that a chat has ended, and that the client has heard it."""
    assert not contact.is_active
    assert contact.disconnect_reason == reason
    ended = client.hear("onMessage", ContentType=f"{EVENT}chat.ended")
    assert ended["Id"] == contact.transcript[-1].id
    if client.is_chatjs:
        client.hear_of("onEnded")
    client.shows("hears the end")


@all_clients
def test_a_chat_that_its_agent_ends(
    client: Client,
    connect_chat: FakeConnectChat,
    connect_chat_endpoint: ConnectChatEndpoint,
    parameters: dict[str, Any],
) -> None:
    contact = meet(client, connect_chat, connect_chat_endpoint, parameters)
    agent = connect_chat.add_participant(contact.contact_id, display_name="Grace")
    talk(client, connect_chat, contact, agent)
    send_files(client, contact, agent)
    come_back(client, connect_chat, connect_chat_endpoint, agent)
    agent.disconnect()
    hear_the_end(client, contact, "AGENT_DISCONNECT")


@all_clients
def test_a_chat_that_its_customer_leaves(
    client: Client,
    connect_chat: FakeConnectChat,
    connect_chat_endpoint: ConnectChatEndpoint,
    parameters: dict[str, Any],
) -> None:
    contact = meet(client, connect_chat, connect_chat_endpoint, parameters)
    assert client.fail_to("send", content=TOO_LONG) == "ValidationException"
    error = connect_chat.requests.send_message.one().error
    assert error is not None
    assert (error.code, error.http_status) == ("ValidationException", 400)
    client.shows("error's class")
    client.do("leave")
    hear_the_end(client, contact, "CUSTOMER_DISCONNECT")
    connect_chat.requests.disconnect_participant.assert_requested_once()
    client.shows("leaves")


@played_by(["chatjs in node", "chatjs in Chromium"])
def test_a_chat_that_ends_while_chatjs_is_cut_off(
    client: Client,
    connect_chat: FakeConnectChat,
    connect_chat_endpoint: ConnectChatEndpoint,
    parameters: dict[str, Any],
) -> None:
    contact = meet(client, connect_chat, connect_chat_endpoint, parameters)

    def ends_it_first(request: RecordedRequest) -> bool:
        if contact.is_active:
            connect_chat.stop_contact(contact.contact_id)
        return False

    connect_chat.faults.throttle(operation="CreateParticipantConnection", when=ends_it_first, optional=True)
    connect_chat_endpoint.drop_sockets()
    client.hear_of("onEnded")
    error = connect_chat.requests.create_participant_connection.last.error
    assert error is not None
    assert error.http_status == 403


@needs("AWS CLI")
def test_the_aws_cli(
    connect_chat: FakeConnectChat, connect_chat_endpoint: ConnectChatEndpoint, parameters: dict[str, Any]
) -> None:
    (command,) = KINDS["AWS CLI"].commands
    major, minor, *_ = map(int, version_of(command).split("."))
    reads_environment = (major, minor) >= ((2, 13) if major > 1 else (1, 29))
    where = [] if reads_environment else ["--endpoint-url", connect_chat_endpoint.url]

    def aws(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # noqa: S603
            [str(found(command)), *arguments, "--output", "json", *where],
            env={**os.environ, **connect_chat_endpoint.environ, "AWS_PAGER": ""},
            capture_output=True,
            encoding="utf-8",
            timeout=PATIENCE,
            check=False,
        )

    def answered(*arguments: str) -> dict[str, Any]:
        result = aws(*arguments)
        assert result.returncode == 0, result.stderr
        return dict(json.loads(result.stdout or "{}"))

    connect_chat.faults.throttle(attempts=1)
    started = answered("connect", "start-chat-contact", "--cli-input-json", json.dumps(parameters))
    contact = connect_chat.contacts[started["ContactId"]]
    assert connect_chat.requests.start_chat_contact.one().attempt_count == 2
    types = ["--type", "WEBSOCKET", "CONNECTION_CREDENTIALS"]
    token = ["--participant-token", started["ParticipantToken"]]
    connection = answered("connectparticipant", "create-participant-connection", *token, *types)
    frames = frames_by_websocket_client(connection["Websocket"]["Url"])  # it has no sockets of its own
    assert json.loads(next(frames))["content"]["status"] == "success"

    token = ["--connection-token", connection["ConnectionCredentials"]["ConnectionToken"]]
    send = ["connectparticipant", "send-message", *token, "--content-type", "text/plain", "--content"]
    message_id = answered(*send, "Hello")["Id"]
    assert [item.id for item in contact.transcript if item.content == "Hello"] == [message_id]
    transcript = answered("connectparticipant", "get-transcript", *token, "--sort-order", "ASCENDING")["Transcript"]
    assert [item["Id"] for item in transcript] == [item.id for item in contact.transcript]
    refused = aws(*send, TOO_LONG)
    assert refused.returncode != 0
    assert "An error occurred (ValidationException) when calling the SendMessage operation" in refused.stderr
    answered("connectparticipant", "disconnect-participant", *token)
    assert contact.disconnect_reason == "CUSTOMER_DISCONNECT"
    frames.close()
    steps = {"starts a chat", "retried attempts are one call", "connects", "sends a message", "transcript"}
    shown["AWS CLI"] = steps | {"error's class", "leaves"}


@needs("the frame of AWS's library for iOS")
def test_the_frame_with_which_the_library_for_ios_subscribes(
    connect_chat: FakeConnectChat, connect_chat_endpoint: ConnectChatEndpoint, parameters: dict[str, Any]
) -> None:
    import websocket

    connect_chat.play_flow(lambda chat: chat.send_message("Welcome"))
    token = connect_chat.client().start_chat_contact(**parameters)["ParticipantToken"]
    connection = connect_chat.client("connectparticipant").create_participant_connection(
        ParticipantToken=token, Type=["WEBSOCKET", "CONNECTION_CREDENTIALS"]
    )
    socket = websocket.create_connection(connection["Websocket"]["Url"], timeout=PATIENCE)
    socket.send(f"{SUBSCRIBE})")
    assert json.loads(socket.recv()) == {
        "topic": "aws/subscribe",
        "content": {"status": "success", "topics": ["aws/chat"]},
    }
    heard = [json.loads(json.loads(socket.recv())["content"]) for _ in range(2)]
    assert heard[-1]["Content"] == "Welcome"
    socket.close()
    shown["the frame of AWS's library for iOS"] = {"connects", "hears the flow"}


if __name__ == "__main__":
    obey_stdin(sys.argv[1])
