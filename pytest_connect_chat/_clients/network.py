"""Network errors as a client sees them: botocore's own exceptions."""

from __future__ import annotations

from typing import Final

from botocore import exceptions

from pytest_connect_chat._service.faults.effects import NETWORK_ERRORS

_REASONS: Final = {
    "endpoint_unreachable": "[Errno 111] Connection refused",
    "dns": "[Errno -2] Name or service not known",
    "proxy": "Tunnel connection failed: 503 Service Unavailable",
    "tls": "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed",
}
_PROXY_URL: Final = "http://proxy.invalid:3128"


def network_exception(kind: str, endpoint_url: str) -> Exception:
    """Return botocore's exception for one kind of network error.

    Args:
        kind: One of `effects.NETWORK_ERRORS`.
        endpoint_url: The URL that the request was sent to; botocore names it in the message.
    """
    reason = _REASONS.get(kind, "injected by pytest-connect-chat")
    where = {"proxy_url": _PROXY_URL} if kind == "proxy" else {"endpoint_url": endpoint_url}
    exception: Exception = getattr(exceptions, NETWORK_ERRORS[kind])(**where, error=reason)
    return exception
