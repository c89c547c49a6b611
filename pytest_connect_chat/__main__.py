"""`python -m pytest_connect_chat serve`: the endpoint as a server of its own, for working on a front end."""

from __future__ import annotations

import argparse
import signal
import threading
import traceback
from collections import deque
from collections.abc import Sequence
from importlib import import_module
from typing import Any, Final

from pytest_connect_chat._endpoint.endpoint import ConnectChatEndpoint
from pytest_connect_chat._service.records.recorded_request import RecordedRequest
from pytest_connect_chat._settings import SETTINGS, Settings, parse_setting
from pytest_connect_chat.exceptions import ConnectChatError, SceneError
from pytest_connect_chat.fake import FakeConnectChat, from_its_own_code

RECENT: Final = 100  # calls among which a new one is looked for
OF_TESTS: Final = ("strict", "unfaked", "parse_once", "block")  # settings that mean nothing to a server


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until interrupted."""
    parser = _parser()
    given = vars(parser.parse_args(arguments))
    port, flow = given.pop("port"), given.pop("flow")
    try:
        values = {
            name: parse_setting(name, value, key=_option(name)) for name, value in given.items() if value is not None
        }
        fake = FakeConnectChat.from_settings(Settings(**{"clock": "system", **values, "strict": False}))
        fake.play_flow(None if flow is None else _flow_at(flow))
        with fake, fake.serve(port) as endpoint:
            signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C
            _introduce(endpoint)
            _follow(fake, endpoint)
    except ConnectChatError as error:
        parser.error(str(error))
    except KeyboardInterrupt:
        print("Stopped.")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m pytest_connect_chat", description=__doc__)
    serve = parser.add_subparsers(required=True, metavar="serve").add_parser(
        "serve",
        help="serve HTTP and WebSocket at 127.0.0.1",
        description="Serve a fake of Amazon Connect chat at 127.0.0.1 until it is interrupted.",
    )
    serve.add_argument("--port", type=int, default=0, help="the port (default: one that is free)")
    serve.add_argument("--flow", metavar="MODULE:FUNCTION", help="the flow that is played in every chat")
    for name, setting in SETTINGS.items():
        if name not in OF_TESTS:
            text = f"{setting.help}; here by default: system" if name == "clock" else setting.help
            serve.add_argument(_option(name), metavar="VALUE", help=text.replace("%", "%%"))
    return parser


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _flow_at(place: str) -> Any:
    module, _, name = place.partition(":")
    if not module or not name:
        raise SceneError(f"--flow={place} names no module and function, such as my_flows:support.")
    try:
        return getattr(import_module(module), name)
    except (ImportError, AttributeError, TypeError, ValueError) as error:
        raise SceneError(
            f"--flow={place}: {error}. It takes a module and a function in it: my_flows:support."
        ) from None


def _introduce(endpoint: ConnectChatEndpoint) -> None:
    print(f"Amazon Connect chat is faked at {endpoint.url}. For AWS's SDKs and command line:", flush=True)
    for name, value in endpoint.environ.items():
        print(f"  export {name}={value}", flush=True)


def _follow(fake: FakeConnectChat, endpoint: ConnectChatEndpoint) -> None:
    """Print each call as it ends, again after each further attempt, and whatever a flow raises."""
    told: deque[RecordedRequest] = deque(maxlen=RECENT)

    def tell_news() -> bool:
        for record in fake.requests[-RECENT:]:
            if not any(record is other for other in told):
                told.append(record)
                after = f" after {record.attempt_count} attempts" if record.attempt_count > 1 else ""
                print(f"{record.operation} -> {record.error or 'answered'}{after}", flush=True)
        try:
            fake.raise_failures()
        except (Exception, SystemExit) as error:  # noqa: BLE001  # of a flow: the server goes on
            traceback.print_exception(error.with_traceback(from_its_own_code(error.__traceback__)))
        return False

    endpoint.wait_for(tell_news, timeout=threading.TIMEOUT_MAX)


if __name__ == "__main__":
    main()
