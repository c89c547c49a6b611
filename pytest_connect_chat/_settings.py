"""The settings: one vocabulary for the marker, the configuration, the command line and `FakeConnectChat`."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, NamedTuple, TypedDict, get_args, get_type_hints

from pytest_connect_chat._names import did_you_mean
from pytest_connect_chat._text import shown
from pytest_connect_chat._time import moment_of_a_fake
from pytest_connect_chat.exceptions import ClockError, SettingError

LONGEST_MINUTES: Final = 60 * 24 * 366
SHOWN: Final = 100

Unfaked = Literal["error", "passthrough"]
MessageLimits = Literal["per-type", "16384-bytes"]
ClientTokenConflict = Literal["replay", "error"]
ThrottleCode = Literal["TooManyRequestsException", "TooManyRequests", "ThrottlingException"]
ChaosMode = Literal["survivable", "hard"]


class Setting(NamedTuple):
    """What is known of one setting beside its name, type and default.

    Attributes:
        valid: The valid values in the configuration and on the command line, in words.
        parse: Returns the value in its proper type, or raises `ValueError`, `TypeError` or `OverflowError`.
        ini_type: Its type in pytest's configuration.
        help: What it does.
        option: Whether the command line has it too.
        in_python: The valid values in the marker and in `FakeConnectChat`, if they are others.
    """

    valid: str
    parse: Callable[[Any], Any]
    ini_type: Literal["string", "int", "float", "bool"]
    help: str
    option: bool = False
    in_python: str = ""


# -- how values are read -----------------------------------------------------------------------------------------------


def _whole_number(value: Any) -> int:
    if isinstance(value, bool):
        raise ValueError(value)
    return int(value) if isinstance(value, str) else operator.index(value)


def _count(value: Any) -> int:
    number = _whole_number(value)
    if number < 0:
        raise ValueError(value)
    return number


def _seed(value: Any) -> int | str:
    if isinstance(value, str):
        value.encode()  # raises for a lone surrogate, which cannot seed
        return value
    return _whole_number(value)


def _number(value: Any) -> float:
    number = math.nan if isinstance(value, (bool, bytes, bytearray)) else float(value)
    if not math.isfinite(number):
        raise ValueError(value)
    return number


def _share(value: Any) -> float:
    share = _number(value)
    if not 0 <= share <= 1:
        raise ValueError(value)
    return share


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
    parts = value.split("/") if isinstance(value, str) else value
    if not isinstance(parts, (list, tuple)):  # a set has no order, and bytes are numbers too
        raise TypeError(value)
    rate, burst = map(_number, parts)
    if rate <= 0 or burst < 1:
        raise ValueError(value)
    return rate, burst


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(value)
    return value


def _region(value: Any) -> str:
    if re.fullmatch(r"(?![0-9]+$)(?!-)[A-Za-z0-9-]{1,63}(?<!-)", value) is None:  # as botocore asks of a region
        raise ValueError(value)
    return str(value)


def _clock(value: Any) -> datetime | str:
    if value == "system":
        return "system"
    try:
        return moment_of_a_fake(value, "clock")
    except ClockError as error:
        raise ValueError(str(error)) from None


def _one_of(kind: Any, help: str, *, option: bool = False) -> Setting:
    """Return a setting that is one of the texts of a `Literal`."""
    choices = get_args(kind)

    def parse(value: Any) -> str:
        if value not in choices:
            raise ValueError(value)
        return str(value)

    *others, last = map(repr, choices)
    return Setting(f"{', '.join(others)} or {last}", parse, "string", help, option)


# -- the settings ------------------------------------------------------------------------------------------------------


class _Values(NamedTuple):
    seed: Annotated[
        int | str | None,
        Setting(
            "a whole number",
            _seed,
            "int",
            "a number mixed into the seed of every test, from which ids and tokens follow (default: the test's name "
            "only)",
            option=True,
            in_python="a whole number or a text",
        ),
    ] = None
    region: Annotated[
        str | None,
        Setting(
            "a region name such as 'us-east-1'",
            _region,
            "string",
            "the region of the fixtures' clients (default: us-east-1), and AWS_DEFAULT_REGION while the fixture is "
            "taken; given here or in the configuration, it is also exported before collection where the environment "
            "has none",
            option=True,
        ),
    ] = None
    clock: Annotated[
        datetime | str | None,
        Setting(
            "an ISO 8601 time with its zone, such as '2026-01-01T00:00:00Z', or 'system'",
            _clock,
            "string",
            "where the fake's clock stands: a time, or 'system' to follow time.time() (default: frozen at the real "
            "now)",
            in_python="an ISO 8601 time with its zone, such as '2026-01-01T00:00:00Z', an aware datetime, or 'system'",
        ),
    ] = None
    strict: Annotated[
        bool,
        Setting(
            "true or false",
            _truth,
            "bool",
            "fail a test that leaves faults or canned answers over, or calls what is not faked (default: true)",
            in_python="True or False",
        ),
    ] = True
    unfaked: Annotated[
        Unfaked,
        _one_of(
            Unfaked,
            "what to do with an operation that is not faked: 'error' (default), or 'passthrough' to whatever else "
            "intercepts it in this process, never to a socket",
        ),
    ] = "error"
    max_active_chats: Annotated[
        int,
        Setting(
            "a whole number, 0 or more",
            _count,
            "int",
            "the quota of concurrent active chats of an instance (default: 500)",
        ),
    ] = 500
    message_limits: Annotated[
        MessageLimits,
        _one_of(
            MessageLimits,
            "how long an initial message may be: 'per-type' (default; 1,024, 12,000 or 12,288 characters) or "
            "'16384-bytes'",
        ),
    ] = "per-type"
    client_token_conflict: Annotated[
        ClientTokenConflict,
        _one_of(
            ClientTokenConflict,
            "the answer to a changed request with a used ClientToken: 'replay' (default: the original one) or 'error'",
        ),
    ] = "replay"
    connect_within: Annotated[
        float,
        Setting(
            "a number of minutes as a text such as '10', or 'none'",
            _minutes,
            "string",
            "how soon a participant must connect before the contact ends with CUSTOMER_CONNECTION_NOT_ESTABLISHED "
            "(default: 5 minutes); 'none' switches that off",
            in_python="a number of minutes, or None",
        ),
    ] = 5
    rate_limit: Annotated[
        tuple[float, float] | Literal["aws"] | None,
        Setting(
            "'none', 'aws', or rate and burst such as '5/8'",
            _rate_limit,
            "string",
            "the API's rate on the fake's clock: none (default), rate and burst of StartChatContact in requests per "
            "second, or 'aws' for the published rates of all operations",
            in_python="None, 'aws', or rate and burst such as (5, 8)",
        ),
    ] = None
    throttle_code: Annotated[
        ThrottleCode,
        _one_of(
            ThrottleCode,
            "the error code of an exceeded API rate where the operation of connect declares none (default: "
            "TooManyRequestsException)",
        ),
    ] = "TooManyRequestsException"
    chaos: Annotated[
        float,
        Setting(
            "a number from 0 to 1",
            _share,
            "float",
            "the share of attempts that meet a seeded random fault, from 0 to 1 (default: 0)",
            option=True,
        ),
    ] = 0
    chaos_mode: Annotated[
        ChaosMode,
        _one_of(
            ChaosMode,
            "'survivable' (default): only faults that a client survives by its own retries; 'hard': any, at any "
            "attempt",
            option=True,
        ),
    ] = "survivable"
    parse_once: Annotated[
        bool,
        Setting(
            "true or false",
            _truth,
            "bool",
            "while the fixture is taken, parse botocore's own data files once in a run instead of once for each "
            "session (default: true)",
            in_python="True or False",
        ),
    ] = True
    block: Annotated[
        bool,
        Setting(
            "true or false",
            _truth,
            "bool",
            "refuse calls on the two services outside a test that takes the fixture connect_chat (default: false)",
            option=True,
            in_python="True or False",
        ),
    ] = False


class Settings(_Values):
    """What a fake is set to. Make one with `settings_from`."""

    __slots__ = ()

    @property
    def client_region(self) -> str:
        """The region of the clients and contacts that the fake makes itself."""
        return self.region or "us-east-1"

    if TYPE_CHECKING:
        ...
    else:  # hidden from type checkers, which report it themselves

        def __setattr__(self, name: str, value: object) -> None:
            __tracebackhide__ = True
            if name not in SETTINGS:
                hint = did_you_mean(name, SETTINGS, f" Valid: {', '.join(SETTINGS)}.")
                raise AttributeError(f"There is no setting {name!r}.{hint}", name=name)
            raise AttributeError(
                f"The settings of a fake do not change. @pytest.mark.connect_chat({name}={shown(value)}) or "
                f"FakeConnectChat({name}={shown(value)}) gives them."
            )


class SettingKeywords(TypedDict, total=False):
    """The settings as keywords, for type checkers: the values that may be given. `Settings` has the parsed ones."""

    seed: int | str | None
    region: str | None
    clock: datetime | str | None
    strict: bool
    unfaked: Unfaked
    max_active_chats: int
    message_limits: MessageLimits
    client_token_conflict: ClientTokenConflict
    connect_within: float | Literal["none"] | None
    rate_limit: tuple[float, float] | str | None
    throttle_code: ThrottleCode
    chaos: float
    chaos_mode: ChaosMode
    parse_once: bool
    block: bool


SETTINGS: Final[dict[str, Setting]] = {
    name: hint.__metadata__[0] for name, hint in get_type_hints(Settings, include_extras=True).items()
}


def settings_from(values: Mapping[str, Any], where: str = "") -> Settings:
    """Return the settings that `values` give.

    Args:
        values: Setting names and values, in any of the forms that the configuration or a keyword may have.
        where: Where they were given, as the end of an error message: for example `" in @pytest.mark.connect_chat"`.

    Raises:
        SettingError: A name or a value is wrong; the message lists the valid ones.
    """
    return Settings(**{name: parse_setting(name, value, where) for name, value in values.items()})


def parse_setting(name: str, value: Any, where: str = "", key: str | None = None) -> Any:
    """Return the value of one setting in its proper type.

    Args:
        name: Its name.
        value: Its value, in any of the forms that the configuration or a keyword may have.
        where: Where it was given, as the end of an error message.
        key: What it was given by in the configuration or on the command line; `None` for a keyword in Python.

    Raises:
        SettingError: The name or the value is wrong.
    """
    setting = SETTINGS.get(name)
    if setting is None:
        hint = did_you_mean(name, SETTINGS)
        raise SettingError(f"{name!r} is not a setting{where}.{hint} Valid: {', '.join(SETTINGS)}.")
    if value is None and Settings._field_defaults[name] is None:
        return None
    try:
        return setting.parse(value)
    except (ValueError, TypeError, OverflowError):
        quoted = isinstance(value, str) and value[:1] == value[-1:] == '"'
        hint = " Leave out the quotes: INI files take them as part of the value." if quoted else ""
        valid = setting.in_python if key is None and setting.in_python else setting.valid
        raise SettingError(
            f"{key or name}={shown(value, SHOWN)} is not valid{where}: {name} takes {valid}.{hint}"
        ) from None
