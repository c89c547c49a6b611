"""A live run: its clients, how fast and how much they may ask, what they have opened, and what was seen."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from http import HTTPStatus
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import pytest
from over_the_wire import Answer, send_to

from contract.evidence import FOLDER, INCONCLUSIVE, Run, Sighting, contradictions, without_account_data
from contract.scene import Scene, says_nothing
from pytest_connect_chat._clients import interception

MOST_CHATS: Final = 160
MOST_CALLS: Final = 1_500
MOST_MINUTES: Final = 40
CALLS_AT_ONCE: Final = 40
START: Final = "/contact/chat"


@dataclass(frozen=True, kw_only=True)
class Options:
    """What the command line says of a live run."""

    instance_id: str
    contact_flow_id: str
    voice_contact_id: str | None
    old_contact_id: str | None
    region: str | None
    evidence: Path | None
    longest_wait: float
    rate: float
    throttle: bool


class LiveRun:
    """One run against an instance of Amazon Connect.

    Args:
        options: What the command line says.
    """

    def __init__(self, options: Options) -> None:
        from botocore.session import Session

        self.options = options
        self._session: Any = Session()
        self.region: str = options.region or self._session.get_config_variable("region")
        if not self.region:
            raise pytest.UsageError("a live run needs the region of the instance: --region")
        self.sightings: list[Sighting] = []
        self.chats: list[str] = []
        self._ended: set[str] = set()
        ids = (options.instance_id, options.contact_flow_id, options.voice_contact_id, options.old_contact_id)
        self._known: set[str] = set(filter(None, ids))
        self._lost = 0  # answers of StartChatContact: nobody knows the ids of these chats
        self._calls = 0
        self._next_call = 0.0
        self._is_at_once = False
        self._until = time.monotonic() + MOST_MINUTES * 60
        self._date = f"{datetime.now(UTC):%Y-%m-%d}"
        names = (f"{self._date}-{self.region}{number}.json" for number in ("", *(f"-{n}" for n in range(2, 100))))
        self.evidence: Path = options.evidence or next(FOLDER / name for name in names if not (FOLDER / name).exists())

    def announcement(self) -> list[str]:
        """Return what a run will do, before it does."""
        throttle = ", and once as fast as it takes to be throttled (--throttle)" if self.options.throttle else ""
        return [
            f"live: instance {self.options.instance_id} in {self.region}, flow {self.options.contact_flow_id}",
            f"live: opens at most {MOST_CHATS} chats, each for seconds, or minutes where a case waits for a time;",
            f"      at most {MOST_CALLS:,} requests, {self.options.rate:g} a second{throttle}; {MOST_MINUTES} minutes",
            "live: AWS bills chats: look at its price list. The records of the contacts stay, as those of all do.",
            f"live: what is seen goes to {self.evidence}, without account data; look at it before you send it",
        ]

    def scene(self) -> Scene:
        """Return what a case has at hand."""
        assert not interception._active, "a fake would answer instead of the service"
        return Scene(
            self.client,
            self.options.instance_id,
            self.options.contact_flow_id,
            wait=self.wait,
            at_once=self.at_once,
            sends=self.send,
            subscribes=True,
        )

    def client(self, service: str, **settings: Any) -> Any:
        """Return a client that asks no faster and no more than a run may."""
        client = self._session.create_client(service, region_name=self.region, **settings)
        client.meta.events.register("before-send", self.pace)
        client.meta.events.register("after-call.connect.StartChatContact", self._note_chat)
        client.meta.events.register("after-call-error.connect.StartChatContact", self._note_lost_answer)
        client.meta.events.register("after-call", self._note_ids)
        return client

    def pace(self, **kwargs: Any) -> None:
        """Wait for the next request's turn.

        Raises:
            pytest.exit.Exception: The run has asked as much as it may.
        """
        opened = len(self.chats) + self._lost
        if self._calls >= MOST_CALLS or opened >= MOST_CHATS or time.monotonic() > self._until:
            pytest.exit(
                f"the live run stops at its bounds: {self._calls} requests, {opened} chats. "
                f"What it has seen is in {self.evidence}.",
                returncode=pytest.ExitCode.INTERRUPTED,
            )
        self._take_turn()

    def _take_turn(self, **kwargs: Any) -> None:
        self._calls += 1
        if self._is_at_once:
            return
        time.sleep(max(0.0, self._next_call - time.monotonic()))
        self._next_call = time.monotonic() + 1 / self.options.rate

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        if seconds > self.options.longest_wait:
            pytest.skip(f"waits {seconds:g} seconds: --longest-wait allows {self.options.longest_wait:g}")
        if time.monotonic() + seconds > self._until:
            pytest.skip(f"waits {seconds:g} seconds, and the run has less time left")
        time.sleep(seconds)

    def at_once(self, call: Callable[[], str]) -> set[str]:
        """Make a call so often at once that it is throttled; return what came of the calls."""
        self._is_at_once = True
        try:
            with ThreadPoolExecutor(CALLS_AT_ONCE) as pool:
                return {one.result() for one in [pool.submit(call) for _ in range(CALLS_AT_ONCE)]}
        finally:
            self._is_at_once = False

    def send(self, service: str, method: str, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        """Send one request, signed where the service asks for that."""
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest

        url = self.client(service).meta.endpoint_url
        request = AWSRequest(method=method, url=url + path, data=body, headers=headers)
        if service == "connect" and method != "OPTIONS":
            SigV4Auth(self._session.get_credentials(), "connect", self.region).add_auth(request)
        self.pace()
        answer = send_to(url, method, path, body, dict(request.headers.items()), 30)
        if answer.status == HTTPStatus.OK and path == START:
            self._note_chat(answer.json)
        assert not says_nothing(path, answer.code, answer.status), f"{answer.status} {answer.code}"
        return answer

    def try_out(self) -> None:
        """Open a chat as every case does, speak in it and end it.

        Raises:
            pytest.exit.Exception: One of that does not work, so that no case would see what it is about.
        """
        scene = self.scene()
        try:
            chat = scene.chat()
            time.sleep(min(2, self.options.longest_wait))  # a flow that ends its chats does so by then
            scene.say(chat)
            scene.stop(chat.contact_id)
        except Exception as error:  # noqa: BLE001  # whatever it is, a run would come to nothing
            pytest.exit(
                f"the live run does not begin: a chat cannot be opened, spoken in and ended here. {error}",
                returncode=pytest.ExitCode.USAGE_ERROR,
            )
        finally:
            scene.close()
            self.end_chats()

    def end_chats(self) -> list[str]:
        """End what the cases have left open; return the contacts that could not be ended, and are tried again."""
        from botocore.exceptions import BotoCoreError, ClientError

        connect = self._session.create_client("connect", region_name=self.region)
        connect.meta.events.register("before-send", self._take_turn)  # without bounds: what is open has to end
        for contact_id in self.open_chats:
            try:
                connect.stop_contact(InstanceId=self.options.instance_id, ContactId=contact_id)
            except ClientError as error:
                if error.response["Error"]["Code"] not in ("ContactNotFoundException", "ResourceNotFoundException"):
                    continue
            except BotoCoreError:
                continue
            self._ended.add(contact_id)
        return self.open_chats

    @property
    def open_chats(self) -> list[str]:
        """The contacts that have not been ended."""
        return [contact_id for contact_id in self.chats if contact_id not in self._ended]

    def note(self, sightings: list[Sighting]) -> None:
        """Keep what a case has seen."""
        self.sightings += [replace(one, text=without_account_data(one.text, self._known)) for one in sightings]

    def write(self) -> None:
        """Write the evidence."""
        self.evidence.parent.mkdir(parents=True, exist_ok=True)
        self.evidence.write_text(self._run().written(), "utf-8", newline="\n")

    def summary(self) -> list[str]:
        """Return what the run has seen, in short."""
        conclusive = {one.settles for one in self.sightings if one.seen != INCONCLUSIVE}
        contradicted = contradictions([self._run()])
        settled = f"rules and facts settled: {len(conclusive)}; sightings that contradict the fake: {len(contradicted)}"
        lost = f"answers to StartChatContact that were lost: {self._lost}; their chats end with their flow"
        return [
            f"{settled}; requests: {self._calls}; chats: {len(self.chats)}",
            *map(str, contradicted),
            *(f"STILL OPEN, to be stopped by hand: {contact_id}" for contact_id in self.open_chats),
            *([lost] if self._lost else []),
            f"written to {self.evidence}",
        ]

    def _run(self) -> Run:
        return Run(self._date, self.region, f"botocore {version('botocore')}", self.sightings)

    def _note_chat(self, parsed: dict[str, Any], **kwargs: Any) -> None:
        if "ContactId" in parsed and parsed["ContactId"] not in self.chats:
            self.chats.append(parsed["ContactId"])

    def _note_lost_answer(self, **kwargs: Any) -> None:
        self._lost += 1

    def _note_ids(self, parsed: dict[str, Any], **kwargs: Any) -> None:
        self._known |= {
            value for name, value in parsed.items() if isinstance(value, str) and name.endswith(("Id", "Token"))
        }
