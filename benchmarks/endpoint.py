"""What the endpoint costs: its start, a call over loopback, a message to a frame, crowds of sockets and chats."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import peers
from botocore.session import Session
from measuring import Row, Scale, in_turn, ratios

from pytest_connect_chat import FakeConnectChat

KEYS: Final = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing", "region_name": "us-east-1"}
SUBSCRIBE: Final = '{"topic":"aws/subscribe","content":{"topics":["aws/chat"]}}'
FEWER: Final = 4  # the calls of a round, against those in this process
SOCKETS: Final = 100
MILLISECONDS: Final = 1_000


def endpoint(scale: Scale) -> Iterator[Row]:
    """Measure the endpoint; what waits for a connection is timed by a real clock."""
    import aiohttp  # noqa: F401  # not what is measured
    import websocket

    def start_and_stop() -> float:
        fake = FakeConnectChat()
        begin = time.perf_counter()
        fake.serve().close()
        return (time.perf_counter() - begin) * MILLISECONDS

    start_and_stop()
    yield Row("start and stop", [start_and_stop() for _ in range(scale.rounds)], "ms")

    # A fake that is not active leaves the clients of this process alone.
    fake = FakeConnectChat(max_active_chats=peers.UNBOUNDED)
    calls = max(scale.calls // FEWER, peers.BURST)
    with fake.serve() as served, _bare_server() as bare:
        ours, theirs = (_client(url) for url in (served.url, bare))
        values, floor = in_turn(scale.rounds, lambda: _seconds(ours, calls), lambda: _seconds(theirs, calls))
        yield Row("a boto3 call / one to a bare aiohttp handler", ratios(values, floor), bound=1.3)
        yield Row("a boto3 call", [value / calls * MILLISECONDS for value in values], "ms")

        chats = scale.crowds[0] * 10
        begin = time.perf_counter()
        _seconds(ours, chats)
        yield Row(f"{chats:,} chats, each", [(time.perf_counter() - begin) / chats * MILLISECONDS], "ms")

    fake = FakeConnectChat(max_active_chats=peers.UNBOUNDED)
    with fake, fake.serve():
        chat = _Chat(fake, websocket, 5)
        yield Row("a message of the test to a socket's frame", [chat.heard() for _ in range(scale.rounds)], "ms", 1)
        crowd = [_Chat(fake, websocket, 5) for _ in range(SOCKETS // 5 - 1)]
        yield Row(f"the same among {SOCKETS} open sockets", [chat.heard() for _ in range(scale.rounds)], "ms", 1)
        for one in (chat, *crowd):
            one.close()


def _client(url: str) -> Any:
    return Session().create_client("connect", endpoint_url=url, **KEYS)


def _seconds(client: Any, calls: int) -> float:
    begin = time.perf_counter()
    for _ in range(calls):
        client.start_chat_contact(**peers.REQUEST)
    return time.perf_counter() - begin


@contextmanager
def _bare_server() -> Iterator[str]:
    """Serve a constant answer."""
    from aiohttp import web

    answer = json.dumps({"ContactId": "c" * 36, "ParticipantId": "p" * 36, "ParticipantToken": "t" * 612}).encode()
    ready, stop, places = threading.Event(), asyncio.Event(), []

    async def handle(request: web.BaseRequest) -> web.Response:
        await request.read()
        return web.Response(body=answer, content_type="application/json")

    async def serve() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(web.Server(handle, access_log=None), "127.0.0.1", 0)
        places.append((server.sockets[0].getsockname()[1], loop))
        ready.set()
        await stop.wait()
        server.close()

    thread = threading.Thread(target=asyncio.run, args=[serve()], daemon=True)
    thread.start()
    ready.wait()
    port, loop = places[0]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()


class _Chat:
    """A chat with an agent of the test, and some sockets of its customer."""

    def __init__(self, fake: FakeConnectChat, websocket: Any, sockets: int) -> None:
        started = fake.client().start_chat_contact(**peers.REQUEST)
        connection = fake.client("connectparticipant").create_participant_connection(
            ParticipantToken=started["ParticipantToken"], Type=["WEBSOCKET", "CONNECTION_CREDENTIALS"]
        )
        self._sockets = [websocket.create_connection(connection["Websocket"]["Url"]) for _ in range(sockets)]
        for socket in self._sockets:
            socket.send(SUBSCRIBE)
            socket.recv()
        self._sockets[0].recv()  # that the customer has joined
        self._agent = fake.add_participant(started["ContactId"])
        for socket in self._sockets:
            socket.recv()

    def heard(self) -> float:
        """Return how many milliseconds a message takes to the first of the sockets."""
        begin = time.perf_counter()
        self._agent.send_message("Hello")
        self._sockets[0].recv()
        taken = (time.perf_counter() - begin) * MILLISECONDS
        for socket in self._sockets[1:]:
            socket.recv()
        return taken

    def close(self) -> None:
        for socket in self._sockets:
            socket.close()
