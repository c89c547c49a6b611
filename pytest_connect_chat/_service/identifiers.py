"""Ids and tokens in the service's own form, from a random source that the caller gives."""

from __future__ import annotations

from binascii import b2a_base64, hexlify
from datetime import datetime
from functools import cached_property
from random import Random
from struct import Struct
from typing import Final

ACCOUNT_ID: Final = "123456789012"  # of the instances; moto's is the same

# The first bytes of a KMS-encrypted data key. Encoded in base64 twice, they are "QVFJREFI", with which all participant
# tokens begin that were seen in public.
_DATA_KEY_PREFIX: Final = bytes((0x01, 0x02, 0x03, 0x00, 0x78))
_DATA_KEY_REST: Final = 163
_SEALED_BYTES: Final = 173  # gives the 612 characters of most tokens seen
_OWN_BYTES: Final = 50  # the last of them. The bytes before are the same in all tokens, a multiple of three for base64

_UUID_FREE: Final = 0xFFFFFFFF_FFFF_0FFF_3FFF_FFFFFFFFFFFF  # the bits that are drawn
_UUID_FIXED: Final = 0x00000000_0000_4000_8000_000000000000  # version 4, of RFC 4122
_UUID_GROUPS: Final = Struct("8s4s4s4s12s").unpack


def uuid4(source: Random) -> str:
    """Return an id in the form of a version 4 UUID, lower case, 36 characters."""
    number = source.getrandbits(128) & _UUID_FREE | _UUID_FIXED
    return b"-".join(_UUID_GROUPS(hexlify(number.to_bytes(16)))).decode()


def token_head(source: Random) -> str:
    """Return the beginning that tokens of one fake share: the data key, and most of what is sealed with it."""
    data_key = b2a_base64(_DATA_KEY_PREFIX + source.randbytes(_DATA_KEY_REST), newline=False)
    sealed = b2a_base64(source.randbytes(_SEALED_BYTES - _OWN_BYTES), newline=False)
    return b2a_base64(data_key + b"::" + sealed, newline=False).decode()


def participant_token(head: str, source: Random) -> str:
    """Return a token of 612 characters with the structure of the service's participant tokens."""
    own = b2a_base64(source.randbytes(_OWN_BYTES), newline=False)
    return head + b2a_base64(own, newline=False).decode()


class _Streams(dict[str, Random]):
    """The random streams of one fake, by kind. Each is seeded when it is needed first: that takes time."""

    def __init__(self, seed: int | str) -> None:
        super().__init__()
        self._seed = seed

    def __missing__(self, kind: str) -> Random:
        return self.setdefault(kind, Random(f"{self._seed}/{kind}"))  # the first of two threads wins


class Identifiers:
    """The ids and tokens of one fake, each kind from a random stream of its own.

    The n-th contact of a test therefore has the same id whatever else the test does in between.

    Args:
        seed: What all streams follow from.

    """

    def __init__(self, seed: int | str) -> None:
        self._seed = seed
        self._streams = _Streams(seed)

    @cached_property
    def _defaults(self) -> tuple[str, str]:
        source = Random(f"{self._seed}/defaults")
        return uuid4(source), uuid4(source)

    @cached_property
    def _token_head(self) -> str:
        return token_head(self._streams["contact"])  # the first contact has the first token

    @property
    def default_instance_id(self) -> str:
        """The instance of contacts that a test adds without naming one."""
        return self._defaults[0]

    @property
    def default_contact_flow_id(self) -> str:
        """The flow of contacts that a test adds without naming one."""
        return self._defaults[1]

    def contact(self) -> tuple[str, str, str]:
        """Return a new contact id, participant id and participant token."""
        source = self._streams["contact"]
        return uuid4(source), uuid4(source), participant_token(self._token_head, source)

    def participant(self) -> tuple[str, str]:
        """Return a new participant id and participant token, for a participant other than the customer."""
        source = self._streams["participant"]
        return uuid4(source), participant_token(self._token_head, source)

    def flow_participant_id(self) -> str:
        """Return a new participant id for the flow of a chat."""
        return uuid4(self._streams["flow-participant"])

    def attachment_id(self) -> str:
        """Return a new attachment id."""
        return uuid4(self._streams["attachment"])

    def signature(self) -> str:
        """Return a new signature of a URL of a file."""
        return self._streams["attachment"].randbytes(32).hex()

    def connection_token(self) -> str:
        """Return a new connection token (its structure is assumed to be the participant token's)."""
        return participant_token(self._token_head, self._streams["connection"])

    def websocket(self) -> tuple[str, str]:
        """Return the first label of a new WebSocket's host name, and the token that opens it."""
        source = self._streams["connection"]
        return uuid4(source)[:8], participant_token(self._token_head, source)

    def streaming_id(self) -> str:
        """Return a new streaming id (its form is assumed)."""
        return uuid4(self._streams["connection"])

    def transcript_item_id(self) -> str:
        """Return a new id of a message or an event."""
        return uuid4(self._streams["transcript-item"])

    def notification_id(self) -> str:
        """Return a new id of a notification."""
        return uuid4(self._streams["notification"])

    def request_id(self) -> str:
        """Return a new request id."""
        return uuid4(self._streams["request"])

    def client_token(self) -> str:
        """Return a token for a request that came without one, as an AWS SDK fills it in."""
        return uuid4(self._streams["client-token"])


def http_date(moment: datetime) -> str:
    """Return `moment` as an HTTP `date` header writes it, in every locale."""
    day = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")[moment.weekday()]
    month = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")[moment.month - 1]
    return f"{day}, {moment.day:02d} {month} {moment.year:04d} {moment:%H:%M:%S} GMT"
