"""`GetTranscript`: the current session page by page, then the past ones that a persistent chat continues from."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import chain, islice
from typing import Any, Final, NamedTuple

from pytest_connect_chat._service.answer import Answer
from pytest_connect_chat._service.chats.items import transcript_item
from pytest_connect_chat._service.chats.transcript import TranscriptItem
from pytest_connect_chat._service.contacts.lineage import session_of
from pytest_connect_chat._service.operations.pages import read_token, write_token
from pytest_connect_chat._service.participants import Participant
from pytest_connect_chat._service.request import Request
from pytest_connect_chat._service.rules.transcript_pages import moment_of
from pytest_connect_chat._service.state import ServiceState

PER_PAGE: Final = 10  # "Default: 10"; also for `MaxResults` 0 (assumed)

Entry = tuple[int, TranscriptItem]

_POSITION = re.compile(r"(FORWARD|BACKWARD|PAST) ([0-9]{1,9})\Z")


class Start(NamedTuple):
    """Where a page starts.

    Attributes:
        direction: `"FORWARD"` or `"BACKWARD"` in the current session, `"PAST"` in the sessions before it.
        place: Forward, the index of the first item of the page. Backward, one more than that. In the past, the number
            of items that have been read, the latest first.
    """

    direction: str
    place: int


def get_transcript(state: ServiceState, request: Request, now: datetime, participant: Participant) -> Answer:
    """Answer one `GetTranscript`."""
    params, chat = request.params, participant.first_contact.contact_id
    contact = state.contacts.current(participant.first_contact)
    current = _joined([segment.transcript for segment in session_of(state.contacts, contact)])
    past = (reversed(state.contacts.by_id[contact_id].transcript) for contact_id in contact.past_contact_ids)
    only = params.get("ContactId")  # one of another chat gives a page without items, as was seen
    start = _start(state, request, current, chat)
    items: Iterator[Entry]
    if start.direction == "PAST":
        _require_past_is_readable(state, request)
        # Past items are numbered backward from the session, -1 first, so that the numbers sort by time.
        items = ((-1 - index, item) for index, item in islice(enumerate(chain(*past)), start.place, None))
    elif start.direction == "BACKWARD":
        items = ((index, current[index]) for index in range(min(start.place, len(current)) - 1, -1, -1))
    else:
        items = ((index, current[index]) for index in range(start.place, len(current)))
    wanted = (entry for entry in items if only in (None, entry[1].contact_id))  # lazy: only a page is read
    page = list(islice(wanted, _page_size(params)))
    members: dict[str, Any] = {"InitialContactId": chat, "Transcript": _sorted(page, params)}
    following: Start | None = None
    if next(wanted, None) is not None:
        following = _after(start.direction, page[-1][0])
    elif start.direction == "BACKWARD" and only is None and any(True for _ in chain(*past)):
        following = Start("PAST", 0)
    # Empty if nothing follows: that was seen, although the model requires a character.
    members["NextToken"] = write_token(f"{following.direction} {following.place}", chat) if following else ""
    return Answer(members, contact)


def _joined(transcripts: list[list[TranscriptItem]]) -> list[TranscriptItem]:
    """Return the items of a session. Those of a single contact are not copied, since there may be many."""
    return transcripts[0] if len(transcripts) == 1 else [*chain(*transcripts)]


def _page_size(params: dict[str, Any]) -> int:
    size: int = params.get("MaxResults") or PER_PAGE
    return size


def _start(state: ServiceState, request: Request, current: Sequence[TranscriptItem], chat: str) -> Start:
    params = request.params
    if params.get("NextToken"):
        read = _POSITION.match(read_token(params["NextToken"], chat))
        state.rules.require("transcript-next-token", read is not None, "NextToken is not one of this chat.")
        if read is not None:
            direction: str = read[1]
            if direction != "PAST":
                direction = params.get("ScanDirection", direction)
            return Start(direction, int(read[2]))
    position = params.get("StartPosition")  # `{}` counts as none: amazon-connect-chatjs sends it with every call
    if not position:
        direction = params.get("ScanDirection", "BACKWARD")
        return Start(direction, len(current) if direction == "BACKWARD" else 0)
    direction = params.get("ScanDirection", "FORWARD")
    index = _index(state, params, direction, current)
    return Start(direction, index + 1 if direction == "BACKWARD" else index)


def _index(state: ServiceState, params: dict[str, Any], direction: str, current: Sequence[TranscriptItem]) -> int:
    """Return the index of the item at a position. In both directions the page includes it."""
    position = params["StartPosition"]
    if "Id" in position:
        ids = [item.id for item in current]
        known = position["Id"] in ids
        state.rules.require("transcript-start-exists", known, f"StartPosition.Id {position['Id']} is no item.")
        return ids.index(position["Id"]) if known else 0
    moment = moment_of(position.get("AbsoluteTime", ""))
    if moment is None:
        most_recent = position.get("MostRecent", 0)
        if direction == "FORWARD":  # 0 gives the newest page (assumed)
            most_recent = most_recent or _page_size(params)
        return max(0, len(current) - int(most_recent))
    if direction == "BACKWARD":
        return sum(item.absolute_time <= moment for item in current) - 1
    return sum(item.absolute_time < moment for item in current)


def _require_past_is_readable(state: ServiceState, request: Request) -> None:
    params = request.params
    state.rules.require(
        "transcript-past",
        params.get("ScanDirection") != "FORWARD" and not params.get("StartPosition") and "ContactId" not in params,
        "Past chats are read with ScanDirection BACKWARD, and without StartPosition and ContactId.",
    )


def _after(direction: str, last: int) -> Start:
    """Return the start of the next page, after one whose last item has this index."""
    index = {"BACKWARD": last, "FORWARD": last + 1, "PAST": -last}
    return Start(direction, index[direction])


def _sorted(page: list[Entry], params: dict[str, Any]) -> list[dict[str, Any]]:
    descending = params.get("SortOrder", "DESCENDING") == "DESCENDING"
    in_order = sorted(page, key=lambda entry: entry[0], reverse=descending)
    return [transcript_item(item, is_past=index < 0) for index, item in in_order]
