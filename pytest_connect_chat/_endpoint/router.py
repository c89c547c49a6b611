"""Routes requests over HTTP: those for another host, preflights, files, and calls of operations."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Final
from xml.sax.saxutils import escape

from pytest_connect_chat._endpoint.http import HttpAnswer, HttpRequest, NoAnswer
from pytest_connect_chat._endpoint.operations import OperationHandler
from pytest_connect_chat._service.files import serve_file
from pytest_connect_chat._service.service import ConnectChatService
from pytest_connect_chat._service.urls import FILES

# Pages of other origins may send every request, and read which error they got. The first header was seen in a log of
# the service; AWS's chat library for browsers needs the second to tell errors apart.
CORS: Final = {
    "access-control-allow-origin": "*",
    "access-control-expose-headers": "x-amzn-errortype, x-amzn-requestid",
}
METHODS: Final = "GET, PUT, POST, DELETE"
PREFLIGHT_SECONDS: Final = "600"


class Router:
    """Answers the requests of one service.

    Args:
        service: The service.
        region: The region of requests that are not signed.
        hosts: The valid values of the header `Host`. A web page whose host name resolves to this machine sends its own.
    """

    def __init__(self, service: ConnectChatService, region: str, hosts: frozenset[str]) -> None:
        self._service = service
        self._operations = OperationHandler(service, region)
        self._hosts = hosts

    def answer(self, request: HttpRequest) -> HttpAnswer | NoAnswer:
        """Answer one request."""
        refusal = self.refusal(request)
        if refusal is not None:
            return refusal
        if request.method == "OPTIONS":
            return _preflight(request.headers)
        answer = self._file(request) if request.path.startswith(FILES) else self._operations.answer(request)
        return replace(answer, headers={**answer.headers, **CORS}) if isinstance(answer, HttpAnswer) else answer

    def refusal(self, request: HttpRequest) -> HttpAnswer | None:
        """Return the answer to a request that is meant for another host, `None` for one of ours."""
        host = request.headers.get("host", "")
        if host.lower() in self._hosts:
            return None
        text = f"This server answers {' and '.join(sorted(self._hosts))} only, not the host {host!r}."
        self.turn_away(request, HTTPStatus.FORBIDDEN.value, text)
        headers = {"content-type": "text/plain; charset=utf-8"}
        return HttpAnswer(HTTPStatus.FORBIDDEN.value, headers, f"{text}\n".encode())

    def turn_away(self, request: HttpRequest, status: int, reason: str) -> None:
        """Note a refused request that belongs to no call."""
        self._service.turn_away(request.method, request.path, status, reason)

    def forbidden(self, request: HttpRequest, reason: str) -> HttpAnswer:
        """Return the answer to a WebSocket's handshake that is refused."""
        self.turn_away(request, HTTPStatus.FORBIDDEN.value, f"the WebSocket is refused: {reason}.")
        body = json.dumps({"message": f"Forbidden: {reason}."}).encode()
        return HttpAnswer(HTTPStatus.FORBIDDEN.value, {"content-type": "application/json", **CORS}, body)

    def _file(self, request: HttpRequest) -> HttpAnswer:
        signature = dict(request.query).get("X-Amz-Signature", "")
        attachment_id = request.path.removeprefix(FILES)
        given = serve_file(self._service.state, request.method, attachment_id, signature, request.headers, request.body)
        if given.code:
            self.turn_away(request, given.status, f"{given.code}: {given.message}")
            xml = f"<Error><Code>{given.code}</Code><Message>{escape(given.message)}</Message></Error>"
            body = f'<?xml version="1.0" encoding="UTF-8"?>\n{xml}'.encode()
            return HttpAnswer(given.status, {"content-type": "application/xml"}, body)
        return HttpAnswer(given.status, given.headers, given.content)


def _preflight(headers: Mapping[str, str]) -> HttpAnswer:
    answer = {
        "access-control-allow-origin": "*",
        "access-control-allow-methods": METHODS,
        "access-control-allow-headers": headers.get("access-control-request-headers", ""),
        "access-control-max-age": PREFLIGHT_SECONDS,
    }
    if "access-control-request-private-network" in headers:
        answer["access-control-allow-private-network"] = "true"
    return HttpAnswer(HTTPStatus.NO_CONTENT.value, answer)
