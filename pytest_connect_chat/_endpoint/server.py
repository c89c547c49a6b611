"""The server on loopback: a thread with an event loop, and the one module that imports aiohttp."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qsl

from aiohttp import web

from pytest_connect_chat._endpoint.http import LOOPBACK, HttpAnswer, HttpRequest
from pytest_connect_chat._endpoint.served_fake import ServedFake
from pytest_connect_chat._service.chats.attachments import ATTACHMENT_BYTES
from pytest_connect_chat._service.sockets import ChatSocket
from pytest_connect_chat._service.urls import FILES

LARGEST_CALL: Final = 1024 * 1024  # bytes: many times what any operation takes
LARGEST_FRAME: Final = 128 * 1024  # bytes: what an API gateway of AWS takes
WORKERS: Final = 32  # callables of a test may wait for other requests to be answered
FAREWELL: Final = 0.1  # seconds that connections have for their end
TICK: Final = 0.1  # seconds after which a clock that follows the system's is looked at


class Server:
    """Listens from `start` to `stop`.

    Args:
        served: Gives the answers.
        ticks: Whether time passes by itself, so that what is due has to be looked after.
    """

    def __init__(self, served: ServedFake, *, ticks: bool) -> None:
        self._served = served
        self._ticks = ticks
        self._pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="connect_chat_endpoint")
        self._connections: set[asyncio.Transport] = set()  # those of WebSockets

    def start(self, port: int) -> int:
        """Listen, and return the port.

        Args:
            port: The port, 0 for one of the system's choice.

        Raises:
            OSError: The port is taken, or something forbids to listen.
        """
        listening = socket.create_server((LOOPBACK, port))
        try:
            self._loop = asyncio.new_event_loop()
            started: Future[None] = Future()
            self._thread = threading.Thread(
                target=self._run, args=(listening, started), name="connect_chat_endpoint", daemon=True
            )
            self._thread.start()
            started.result()
        except BaseException:
            listening.close()
            raise
        bound: int = listening.getsockname()[1]
        return bound

    def stop(self) -> None:
        """Close everything, and wait until it is."""
        with contextlib.suppress(RuntimeError):  # it is closed already
            self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def drop(self) -> None:
        """Cut off every WebSocket, as a network does."""
        with contextlib.suppress(RuntimeError):  # it is closed already
            self._loop.call_soon_threadsafe(self._abort_all)

    def _abort_all(self) -> None:
        for transport in list(self._connections):
            transport.abort()

    def _run(self, listening: socket.socket, started: Future[None]) -> None:
        try:
            with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
                runner.run(self._serve(listening, started))
        except BaseException as error:  # noqa: BLE001  # whoever starts it gets to know
            started.set_exception(error)

    async def _serve(self, listening: socket.socket, started: Future[None]) -> None:
        self._stopping = asyncio.Event()
        server = web.Server(self._handle, access_log=None)
        accepting = await self._loop.create_server(server, sock=listening)
        started.set_result(None)
        if self._ticks:
            await self._tick()
        await self._stopping.wait()
        accepting.close()
        self._abort_all()
        server.pre_shutdown()
        await server.shutdown(FAREWELL)

    async def _tick(self) -> None:
        while not await self._stops_within(TICK):
            await self._run_aside(self._served.tick)

    async def _stops_within(self, seconds: float) -> bool:
        """Wait, and return whether the server stops meanwhile; tests replace `asyncio.sleep`."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)
        return self._stopping.is_set()

    async def _run_aside(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Call a function in another thread where a callable of the test may block it; else here, which is faster."""
        if self._served.has_callables:
            return await self._loop.run_in_executor(self._pool, partial(function, *arguments))
        return function(*arguments)

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        path, _, query = request.raw_path.partition("?")
        http = HttpRequest(
            method=request.method,
            path=path,
            query=parse_qsl(query, keep_blank_values=True),
            headers={name.lower(): value for name, value in request.headers.items()},
        )
        if http.headers.get("upgrade", "").lower() == "websocket":
            return await self._handle_socket(request, http)
        try:
            body = await _body(request, ATTACHMENT_BYTES if path.startswith(FILES) else LARGEST_CALL)
        except ConnectionError:  # the client is gone
            return web.Response()
        if body is None:
            return web.Response(status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE, text="The body is too large.\n")
        answer = await self._run_aside(self._served.answer, replace(http, body=body))
        if isinstance(answer, HttpAnswer):
            return _response(answer)
        if answer.after_silence:
            await self._stops_within(self._served.silent_seconds)
        _transport(request).close()
        return web.Response()

    async def _handle_socket(self, request: web.BaseRequest, http: HttpRequest) -> web.StreamResponse:
        outgoing: asyncio.Queue[str] = asyncio.Queue()

        def send(frame: str) -> None:
            with contextlib.suppress(RuntimeError):  # the loop is closed
                self._loop.call_soon_threadsafe(outgoing.put_nowait, frame)

        asked = [name.strip() for name in http.headers.get("sec-websocket-protocol", "").split(",") if name.strip()]
        ws = web.WebSocketResponse(protocols=asked, max_msg_size=LARGEST_FRAME, timeout=FAREWELL)
        if not ws.can_prepare(request).ok:
            return web.Response(status=HTTPStatus.BAD_REQUEST, text="This is no WebSocket handshake.\n")
        transport = _transport(request)
        self._connections.add(transport)  # before anybody sees the socket, so that it can be cut off from then on
        try:
            opened = await self._run_aside(self._served.open_socket, http, send)
            if isinstance(opened, HttpAnswer):
                return _response(opened)
            await self._converse(request, ws, opened, outgoing)
        finally:
            self._connections.discard(transport)
        return ws

    async def _converse(
        self, request: web.BaseRequest, ws: web.WebSocketResponse, opened: ChatSocket, outgoing: asyncio.Queue[str]
    ) -> None:
        """Carry frames in both directions until the WebSocket is closed."""
        writing = asyncio.create_task(_write(ws, outgoing))
        try:
            with contextlib.suppress(ConnectionError):  # it has been cut off already
                await ws.prepare(request)
                async for message in ws:
                    text = message.data if isinstance(message.data, str) else ""
                    await self._run_aside(self._served.receive, opened, text)
        finally:
            writing.cancel()
            self._served.close_socket(opened)


def _transport(request: web.BaseRequest) -> Any:
    """Return the connection of a request; where its client is gone, something that can be closed as well."""
    return request.transport or asyncio.Transport()


async def _body(request: web.BaseRequest, limit: int) -> bytes | None:
    """Return the body of a request, `None` for one that is larger than the limit: it is not read to its end."""
    if request.headers.get("expect", "").lower() == "100-continue":
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > limit:
            return None
    return bytes(body)


async def _write(ws: web.WebSocketResponse, outgoing: asyncio.Queue[str]) -> None:
    with contextlib.suppress(ConnectionError):
        while True:
            await ws.send_str(await outgoing.get())


def _response(answer: HttpAnswer) -> web.Response:
    headers: Mapping[str, str] = {name: value for name, value in answer.headers.items() if value}
    return web.Response(status=answer.status, headers=headers, body=answer.body)
