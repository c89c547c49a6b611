"""Network errors as a client sees them: botocore's own exceptions."""

from __future__ import annotations

from typing import Final

from botocore import exceptions

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
    exception: Exception
    if kind == "connect_timeout":
        exception = exceptions.ConnectTimeoutError(endpoint_url=endpoint_url, error=reason)
    elif kind == "read_timeout":
        exception = exceptions.ReadTimeoutError(endpoint_url=endpoint_url, error=reason)
    elif kind == "connection_closed":
        exception = exceptions.ConnectionClosedError(endpoint_url=endpoint_url, error=reason)
    elif kind == "proxy":
        exception = exceptions.ProxyConnectionError(proxy_url=_PROXY_URL, error=reason)
    elif kind == "tls":
        exception = exceptions.SSLError(endpoint_url=endpoint_url, error=reason)
    else:  # botocore tells a name that is not resolved from a refused connection no more than this
        exception = exceptions.EndpointConnectionError(endpoint_url=endpoint_url, error=reason)
    return exception
