"""Where a call comes from."""

from __future__ import annotations

import threading
from inspect import currentframe
from pathlib import PurePath
from typing import Final

LIBRARIES: Final = (
    "pytest_connect_chat",
    "botocore",
    "aiobotocore",
    "boto3",
    "contextlib",
    "concurrent",
    "threading",
)


def place_of_call() -> str:
    """Return the file and line outside of libraries that made a call, and its thread if that is not the main one."""
    frame = currentframe()
    while frame is not None and frame.f_globals.get("__name__", "").partition(".")[0] in LIBRARIES:
        frame = frame.f_back
    places = [] if frame is None else [f"{PurePath(frame.f_code.co_filename).name}:{frame.f_lineno}"]
    thread = threading.current_thread()
    if thread is not threading.main_thread():
        places.append(f"the thread {thread.name}")
    return ", in ".join(places)
