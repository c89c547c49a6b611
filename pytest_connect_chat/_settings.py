"""The settings: one vocabulary for the marker, the configuration, the command line and `FakeConnectChat`."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final, Literal, NamedTuple

from pytest_connect_chat._names import did_you_mean
from pytest_connect_chat._time import moment_of_a_fake
from pytest_connect_chat.exceptions import ClockError, SettingError


class Settings(NamedTuple):
    """What a fake is set to. Make one with `settings_from`."""

    seed: int | str | None = None
    region: str | None = None
    clock: datetime | str | None = None
    strict: bool = True
    unfaked: Literal["error", "passthrough"] = "error"
    max_active_chats: int = 500
    message_limits: Literal["per-type", "16384-bytes"] = "per-type"
    client_token_conflict: Literal["replay", "error"] = "replay"
    connect_within: float = 5
    rate_limit: tuple[float, float] | Literal["aws"] | None = None
    throttle_code: str = "TooManyRequestsException"
    chaos: float = 0
    chaos_mode: Literal["survivable", "hard"] = "survivable"
    block: bool = False

    @property
    def client_region(self) -> str:
        """The region of what the fake makes itself."""
        return self.region or "us-east-1"


class Setting(NamedTuple):
    """One setting: how its values are read, and what the configuration and the command line know of it.

    Attributes:
        valid: The valid values, in words.
        parse: Returns the value in its proper type, or raises `ValueError`.
        ini_type: Its type in pytest's configuration.
        help: What it does.
        option: Whether the command line has it too.
    """

    valid: str
    parse: Callable[[Any], Any]
    ini_type: Literal["string", "int", "float", "bool"]
    help: str
    option: bool = False


def _whole_number(least: int) -> Callable[[Any], int]:
    def parse(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, (int, str)):
            raise ValueError(value)
        number = int(value)
        if number < least:
            raise ValueError(value)
        return number

    return parse


def _seed(value: Any) -> int | str:
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise ValueError(value)
    return value


def _one_of(*choices: str) -> Callable[[Any], str]:
    def parse(value: Any) -> str:
        if value not in choices:
            raise ValueError(value)
        return str(value)

    return parse


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(value)
    return value


def _region(value: Any) -> str:
    if not isinstance(value, str) or not value or not value.replace("-", "").isalnum():
        raise ValueError(value)
    return value


def _clock(value: Any) -> datetime | str:
    if value == "system":
        return "system"
    try:
        return moment_of_a_fake(value, "clock")
    except ClockError as error:
        raise ValueError(str(error)) from None


LONGEST_MINUTES: Final = 60 * 24 * 366


def _minutes(value: Any) -> float:
    minutes = 0.0 if value in (None, "none") else _number(value)
    if not 0 <= minutes <= LONGEST_MINUTES or (minutes == 0 and value not in (None, "none")):
        raise ValueError(value)
    return minutes


def _rate_limit(value: Any) -> tuple[float, float] | str | None:
    if value in (None, "none"):
        return None
    if value == "aws":
        return "aws"
    rate, burst = (_number(part) for part in (value.split("/") if isinstance(value, str) else value))
    if rate <= 0 or burst < 1:
        raise ValueError(value)
    return rate, burst


def _share(value: Any) -> float:
    share = _number(value)
    if not 0 <= share <= 1:
        raise ValueError(value)
    return share


def _number(value: Any) -> float:
    number = math.nan if isinstance(value, bool) else float(value)
    if not math.isfinite(number):
        raise ValueError(value)
    return number


SETTINGS: Final[dict[str, Setting]] = {
    "seed": Setting(
        "a whole number (or, outside of the configuration, a text)",
        _seed,
        "int",
        "a number mixed into the seed of every test, from which ids and tokens follow (default: the test's name only)",
        option=True,
    ),
    "region": Setting(
        "a region name such as 'us-east-1'",
        _region,
        "string",
        "the region of the fixtures' clients (default: us-east-1), and AWS_DEFAULT_REGION while the fixture is taken; "
        "given here or in the configuration, it is also exported before collection where the environment has none",
        option=True,
    ),
    "clock": Setting(
        "an ISO 8601 time with its zone, or 'system'",
        _clock,
        "string",
        "where the fake's clock stands: a time, or 'system' to follow time.time() (default: frozen at the real now)",
    ),
    "strict": Setting(
        "true or false",
        _truth,
        "bool",
        "fail a test that leaves faults or canned answers over, or calls what is not faked (default: true)",
    ),
    "unfaked": Setting(
        "'error' or 'passthrough'",
        _one_of("error", "passthrough"),
        "string",
        "what to do with an operation that is not faked: 'error' (default), or 'passthrough' to whatever else "
        "intercepts it in this process, never to a socket",
    ),
    "max_active_chats": Setting(
        "a whole number, 0 or more",
        _whole_number(0),
        "int",
        "the quota of concurrent active chats of an instance (default: 500)",
    ),
    "message_limits": Setting(
        "'per-type' or '16384-bytes'",
        _one_of("per-type", "16384-bytes"),
        "string",
        "how long an initial message may be: 'per-type' (default; 1,024, 12,000 or 12,288 characters) or '16384-bytes'",
    ),
    "client_token_conflict": Setting(
        "'replay' or 'error'",
        _one_of("replay", "error"),
        "string",
        "what a changed request under a used ClientToken gets: 'replay' (default; the original contact) or 'error'",
    ),
    "connect_within": Setting(
        "a number of minutes (a text such as '10' in the configuration), or 'none'",
        _minutes,
        "string",
        "how soon a participant must connect before the contact ends with CUSTOMER_CONNECTION_NOT_ESTABLISHED "
        "(default: 5 minutes); 'none' switches that off",
    ),
    "rate_limit": Setting(
        "'none', 'aws', or rate and burst such as '5/8' or (5, 8)",
        _rate_limit,
        "string",
        "the API's rate on the fake's clock: none (default), rate and burst of StartChatContact in requests per "
        "second, or 'aws' for the published rates of all operations",
    ),
    "throttle_code": Setting(
        "'TooManyRequestsException', 'TooManyRequests' or 'ThrottlingException'",
        _one_of("TooManyRequestsException", "TooManyRequests", "ThrottlingException"),
        "string",
        "the error code of an exceeded API rate where the operation of connect declares none (default: "
        "TooManyRequestsException)",
    ),
    "chaos": Setting(
        "a number from 0 to 1",
        _share,
        "float",
        "how many of all attempts meet a seeded random fault (default: 0)",
        option=True,
    ),
    "chaos_mode": Setting(
        "'survivable' or 'hard'",
        _one_of("survivable", "hard"),
        "string",
        "'survivable' (default): only faults that a client survives by its own retries; 'hard': any, at any attempt",
        option=True,
    ),
    "block": Setting(
        "true or false",
        _truth,
        "bool",
        "refuse calls on the two services outside a test that takes the fixture connect_chat (default: false)",
        option=True,
    ),
}


_DEFAULT_IS_NONE: Final = ("seed", "region", "clock")


def settings_from(values: Mapping[str, Any], where: str = "") -> Settings:
    """Return the settings that `values` give.

    Args:
        values: Setting names and values, in any of the forms that the configuration or a keyword may have.
        where: What the values belong to, as the end of an error message.

    Raises:
        SettingError: A name or a value is wrong; the message lists the valid ones.
    """
    return Settings(**{name: parse_setting(name, value, where) for name, value in values.items()})


def parse_setting(name: str, value: Any, where: str = "") -> Any:
    """Return the value of one setting in its proper type.

    Raises:
        SettingError: The name or the value is wrong.
    """
    setting = SETTINGS.get(name)
    if setting is None:
        hint = did_you_mean(name, SETTINGS)
        raise SettingError(f"{name!r} is not a setting{where}.{hint} Valid: {', '.join(SETTINGS)}.")
    if value is None and name in _DEFAULT_IS_NONE:
        return None
    try:
        return setting.parse(value)
    except (ValueError, TypeError):
        quoted = isinstance(value, str) and value[:1] == value[-1:] == '"'
        hint = " Leave out the quotes: INI files take them as part of the value." if quoted else ""
        raise SettingError(f"{name}={value!r} is not valid{where}: {name} takes {setting.valid}.{hint}") from None
