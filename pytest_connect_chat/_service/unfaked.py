"""Messages on operations that are not faked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from pytest_connect_chat._service.request import FAKED, Request
from pytest_connect_chat._text import wrapped


def unfaked_message(request: Request, method: str) -> str:
    """Return a message on a call that nothing answers: what was called, what is faked, and how to answer it."""
    faked = ", ".join(name for service, name in FAKED if service == request.service)
    listed = "\n".join(wrapped(f"  Faked are: {faked}.", indent=2))
    return (
        f"{request.operation} of {request.service} is not faked.\n"
        f"  Called at {request.place()}.\n"
        f"{listed}\n"
        "  To answer it:\n"
        f"    connect_chat.add_response({method!r}, {{...}})\n"
        f"    connect_chat.add_client_error({method!r}, ...)\n"
        "  To hand it to whatever else intercepts it here, such as moto:\n"
        "    the setting unfaked='passthrough'"
    )


def unfaked_calls(messages: Iterable[str]) -> list[str]:
    """Return the different messages of such calls, each with the number of calls."""
    return [
        f"{'a call' if count == 1 else f'{count} calls'} that nothing answers. {message}"
        for message, count in Counter(messages).items()
    ]
