"""The server on loopback: a thread with an event loop, and the one module that imports aiohttp."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, InvalidStateError
from dataclasses import replace
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qsl

from aiohttp import web

from pytest_connect_chat._endpoint.http import LOOPBACK, HttpAnswer, HttpRequest
from pytest_connect_chat._endpoint.served_fake import ServedFake
from pytest_connect_chat._service.chats.attachments import ATTACHMENT_BYTES
from pytest_connect_chat._service.sockets import OpenSocket
from pytest_connect_chat._service.urls import FILES

LARGEST_CALL: Final = 1024 * 1024  # bytes: many times what any operation takes
LARGEST_FRAME: Final = 128 * 1024  # bytes: what an API gateway of AWS takes
MOST_WAITING: Final = 10_000  # frames that a client has not read
FAREWELL: Final = 0.1  # seconds that connections get to close
TICK: Final = 0.1  # seconds between looks at a clock that follows the system's


# aiohttp logs nothing: a client is answered what is malformed in its HTTP, and errors of the server fail the test.
_LOGGER: Final = logging.getLogger("pytest_connect_chat.endpoint")
_LOGGER.disabled = True


def _real_seconds(loop: asyncio.AbstractEventLoop) -> float:
    """Return a time that goes on even if a test has frozen `time.monotonic`, which asyncio takes, as freezegun does."""
    return time.clock_gettime(time.CLOCK_MONOTONIC)


class _Loop(asyncio.SelectorEventLoop):
    """An event loop in real time, if the system has a clock for that: Windows has none."""

    time = _real_seconds if hasattr(time, "clock_gettime") else asyncio.SelectorEventLoop.time


class Server:
    """Listens from `start` to `stop`.

    Args:
        served: Gives the answers.
        ticks: Whether the fake's clock follows the system's, so that somebody has to look what is due.
    """

    def __init__(self, served: ServedFake, *, ticks: bool) -> None:
        self._served = served
        self._ticks = ticks
        self._handshakes: dict[int, web.BaseRequest] = {}  # by identity: those of WebSockets that are open
        self._tasks: set[asyncio.Task[Any]] = set()

    def start(self, port: int) -> int:
        """Listen, and return the port.

        Args:
            port: The port, 0 for one of the system's choice.

        Raises:
            OSError: The port is taken, or something forbids to listen.
        """
        listening = socket.create_server((LOOPBACK, port))
        try:
            self._loop = _Loop()
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

    def drop(self) -> None:
        """Cut off every WebSocket, as a network does."""
        with contextlib.suppress(RuntimeError):  # it is closed already
            self._loop.call_soon_threadsafe(self._abort_all)

    def _abort_all(self) -> None:
        for request in list(self._handshakes.values()):
            _cut_off(request, at_once=True)

    def _run(self, listening: socket.socket, started: Future[None]) -> None:
        try:
            with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
                runner.run(self._serve(listening, started))
        except BaseException as error:  # noqa: BLE001  # it is raised in `start`
            started.set_exception(error)

    async def _serve(self, listening: socket.socket, started: Future[None]) -> None:
        self._stopping = asyncio.Event()
        server = web.Server(self._handle, access_log=None, logger=_LOGGER)
        accepting = await self._loop.create_server(server, sock=listening)
        started.set_result(None)
        if self._ticks:
            await self._tick()
        await self._stopping.wait()
        with contextlib.suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)  # a forked child may have a copy of it
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
        """Call a function: in a thread of its own if a callable of the test may block it, else here (faster)."""
        if not self._served.has_callables:
            return function(*arguments)
        done: Future[Any] = Future()

        def work() -> None:
            with contextlib.suppress(InvalidStateError):  # nobody waits for it any more
                try:
                    done.set_result(function(*arguments))
                except BaseException as error:  # noqa: BLE001  # it is raised where it is waited for
                    done.set_exception(error)

        threading.Thread(target=work, name="connect_chat_endpoint_call", daemon=True).start()
        return await asyncio.wrap_future(done)

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer a request. What goes wrong here fails the test."""
        try:
            return await self._answer(request)
        except Exception as error:  # noqa: BLE001
            self._served.fail(error)
            return web.Response(status=HTTPStatus.INTERNAL_SERVER_ERROR, text="The endpoint has failed.\n")

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
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
        except web.RequestPayloadError as error:
            return self._refuse(http, HTTPStatus.BAD_REQUEST, f"The body cannot be read: {error}")
        if body is None:
            return self._refuse(http, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The body is too large.")
        answer = await self._run_aside(self._served.answer, replace(http, body=body))
        if isinstance(answer, HttpAnswer):
            return _response(answer)
        if answer.after_silence:
            await self._stops_within(self._served.silent_seconds)
        _cut_off(request)
        return web.Response()

    def _refuse(self, http: HttpRequest, status: HTTPStatus, reason: str) -> web.Response:
        self._served.turn_away(http, status.value, reason)
        return web.Response(status=status, text=f"{reason}\n")

    async def _handle_socket(self, request: web.BaseRequest, http: HttpRequest) -> web.StreamResponse:
        outgoing: asyncio.Queue[str] = asyncio.Queue()

        def put(frame: str) -> None:
            outgoing.put_nowait(frame)
            if outgoing.qsize() > MOST_WAITING:  # it does not read: a farewell would not reach it either
                _cut_off(request, at_once=True)

        def send(frame: str) -> None:
            with contextlib.suppress(RuntimeError):  # the loop is closed
                self._loop.call_soon_threadsafe(put, frame)

        asked = [name.strip() for name in http.headers.get("sec-websocket-protocol", "").split(",") if name.strip()]
        ws = web.WebSocketResponse(protocols=asked, max_msg_size=LARGEST_FRAME, timeout=FAREWELL)
        if not ws.can_prepare(request).ok:
            return self._refuse(http, HTTPStatus.BAD_REQUEST, "This is no WebSocket handshake.")
        # Before anybody sees the socket, so that it can be cut off from then on.
        self._handshakes[id(request)] = request
        try:
            opened = await self._run_aside(self._served.open_socket, http, send)
            if isinstance(opened, HttpAnswer):
                return _response(opened)
            await self._converse(request, ws, opened, outgoing)
        finally:
            del self._handshakes[id(request)]
        return ws if ws.prepared else web.Response()

    async def _converse(
        self, request: web.BaseRequest, ws: web.WebSocketResponse, opened: OpenSocket, outgoing: asyncio.Queue[str]
    ) -> None:
        """Carry frames in both directions until the WebSocket is closed."""
        writing = asyncio.create_task(_write(ws, outgoing))
        try:
            with contextlib.suppress(ConnectionError):  # it has been cut off already
                await ws.prepare(request)
                async for message in ws:
                    # A flow may take its time to answer one frame: heartbeats do not wait for it.
                    text = message.data if isinstance(message.data, str) else ""
                    task = asyncio.create_task(self._run_aside(self._served.receive, opened, text))
                    self._tasks.add(task)
                    task.add_done_callback(self._tasks.discard)
        finally:
            writing.cancel()
            self._served.close_socket(opened)


def _cut_off(request: web.BaseRequest, *, at_once: bool = False) -> None:
    """Close the connection of a request after what has been sent, or at once, as a broken network does."""
    transport = request.transport
    if transport is None:  # the client is gone
        return
    with contextlib.suppress(OSError):
        transport.get_extra_info("socket").shutdown(socket.SHUT_RDWR)  # a forked child may have a copy of it
    if at_once:
        transport.abort()
    else:
        transport.close()


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
