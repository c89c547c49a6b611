"""Print the way of a StartChatContact call through the package: the files that it enters, and the functions in each."""
# ruff: noqa: INP001, T201  # a script, not a package

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Final

from botocore.session import Session

import pytest_connect_chat
from pytest_connect_chat import FakeConnectChat

PACKAGE: Final = Path(pytest_connect_chat.__file__).parent
REQUEST: Final = {
    "InstanceId": "12345678-1234-1234-1234-123456789012",
    "ContactFlowId": "846ec553-a005-41c0-8341-d5d0a5f8a8a1",
    "ParticipantDetails": {"DisplayName": "Ada"},
}


def entered() -> dict[str, list[str]]:
    """Return the functions that a plain call enters by their files, both in the order in which it comes to them.

    It is the second call of a client that is older than the fake: the first one also makes what the later ones find.
    """
    functions: dict[str, list[str]] = {}

    def watch(frame: Any, event: str, _: object) -> None:
        code = frame.f_code
        path = Path(code.co_filename)
        # Comprehensions are functions in some versions of Python only.
        if event == "call" and path.is_relative_to(PACKAGE) and not code.co_name.startswith("<"):
            in_file = functions.setdefault(path.relative_to(PACKAGE).as_posix(), [])
            if code.co_qualname not in in_file:
                in_file.append(code.co_qualname)

    keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
    client = Session().create_client("connect", region_name="us-east-1", **keys)
    with FakeConnectChat(seed=1):
        client.start_chat_contact(**REQUEST)
        before = sys.getprofile()
        sys.setprofile(watch)
        try:
            client.start_chat_contact(**REQUEST)
        finally:
            sys.setprofile(before)
    return functions


if __name__ == "__main__":
    path = entered()
    for number, (file, functions) in enumerate(path.items(), 1):
        print(f"{number:3} {file}: {', '.join(functions)}")
    print(f"{len(path)} files, {sum(map(len, path.values()))} functions")
