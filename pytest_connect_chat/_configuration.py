"""Reads the settings from pytest: configuration, command line and markers, the nearest first."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from typing import Any, Final, TypeVar

import pytest

from pytest_connect_chat._names import did_you_mean
from pytest_connect_chat._settings import SETTINGS, Settings, parse_setting, settings_from
from pytest_connect_chat.exceptions import ConnectChatError, SettingError

PREFIX: Final = "connect_chat_"
# Their fixtures take `request`, and no fixture of ours by it.
TAKE_NOTHING_OF_OURS: Final = ("_pytest", "anyio", "faker", "pytest_asyncio", "pytest_randomly")
T = TypeVar("T")

_given = pytest.StashKey[dict[str, Any]]()


def add_options(parser: pytest.Parser) -> None:
    """Add a configuration key for each setting, and a command line option for some."""
    group = parser.getgroup("connect chat", "Amazon Connect chat (pytest-connect-chat)")
    for name, setting in SETTINGS.items():
        parser.addini(PREFIX + name, setting.help, type=setting.ini_type, default=None)
        if setting.option:
            flag = _option(name)
            if setting.ini_type == "bool":
                group.addoption(flag, action="store_true", default=None, dest=PREFIX + name, help=setting.help)
            else:
                group.addoption(flag, default=None, dest=PREFIX + name, metavar=name.upper(), help=setting.help)


def configured(config: pytest.Config, name: str) -> Any:
    """Return the value of one setting from the command line, else from the configuration; `None` where neither has it.

    Raises:
        pytest.UsageError: The value is not valid.
    """
    value, where, key = config.known_args_namespace.__dict__.get(PREFIX + name), " on the command line", _option(name)
    if value is not None and SETTINGS[name].ini_type in ("int", "float"):
        value = _number(value)
    if value is None:
        value, where, key = _from_configuration(config, name), " in pytest's configuration", PREFIX + name
    if value is None:
        return None
    try:
        return parse_setting(name, value, where)
    except SettingError as error:
        raise pytest.UsageError(str(error).replace(name, key, 1)) from None


def _option(name: str) -> str:
    return "--" + (PREFIX + name).replace("_", "-")


def _number(value: str) -> int | str:
    try:
        return int(value)
    except ValueError:
        return value


def _from_configuration(config: pytest.Config, name: str) -> Any:
    try:
        return config.getini(PREFIX + name)
    except (TypeError, ValueError, pytest.UsageError) as error:  # which one depends on pytest's version
        raise pytest.UsageError(
            f"{PREFIX}{name} is not valid in pytest's configuration: it takes {SETTINGS[name].valid} ({error})."
        ) from None


def given(config: pytest.Config) -> dict[str, Any]:
    """Return the settings that the command line or the configuration give; they are read once."""
    if _given not in config.stash:
        values = {name: configured(config, name) for name in SETTINGS}
        config.stash[_given] = {name: value for name, value in values.items() if value is not None}
    return config.stash[_given].copy()


def checked(config: pytest.Config) -> Settings:
    """Return the settings of the whole run.

    Raises:
        pytest.UsageError: The configuration has a wrong name or value.
    """
    for key in sorted(config._get_unknown_ini_keys()):  # semi-private; there is no public way to a mistyped key
        if key.startswith(PREFIX):
            valid = [PREFIX + setting for setting in SETTINGS]
            hint = did_you_mean(key.removeprefix(PREFIX), SETTINGS).replace("'", f"'{PREFIX}", 1)
            raise pytest.UsageError(f"{key} is not a setting of pytest-connect-chat.{hint} Valid: {', '.join(valid)}.")
    seed = given(config).get("seed")
    if seed is not None and not isinstance(seed, int):
        raise pytest.UsageError(
            f"{_option('seed')}={seed!r} is not valid on the command line: it takes a whole number."
        )
    return Settings(**given(config))


def marker_keywords(item: pytest.Item) -> dict[str, Any]:
    """Return the keywords of all markers of a test; the nearest wins for each."""
    keywords: dict[str, Any] = {}
    for marker in item.iter_markers("connect_chat"):
        keywords = {**marker.kwargs, **keywords}
    return keywords


def check_markers(item: pytest.Item) -> None:
    """Fail a test with one clear line where its markers have a wrong name or value."""
    for marker in item.iter_markers("connect_chat"):
        if marker.args:
            pytest.fail(
                f"@pytest.mark.connect_chat takes keywords only, for example max_active_chats=1, not {marker.args!r}. "
                f"Valid: {', '.join(SETTINGS)}.",
                pytrace=False,
            )

    def merge() -> None:
        settings_from(marker_keywords(item), " in @pytest.mark.connect_chat")

    value_or_fail(merge)


def refuse_vain_marker(item: pytest.Item) -> None:
    """Fail a test that carries the marker where its settings reach no fixture, as far as that is certain.

    Only what is written on the function itself is meant for this very test, and not where others have it too.
    """
    for marker in _own_markers(item):
        if marker.name == "connect_chat" and set(marker.kwargs) != {"block"} and not _may_take_fixture(item):
            keywords = ", ".join(f"{name}={value!r}" for name, value in marker.kwargs.items())
            given = f"({keywords})" if keywords else ""
            pytest.fail(
                f"@pytest.mark.connect_chat{given} has no effect: this test does not take the fixture connect_chat, "
                "itself or through another one. Take it as an argument or with "
                '@pytest.mark.usefixtures("connect_chat").',
                pytrace=False,
            )


def _own_markers(item: pytest.Item) -> Iterable[pytest.Mark]:
    if not isinstance(item, pytest.Function):
        return ()
    home = item.cls or item.module
    is_inherited = item.originalname not in vars(home)
    is_imported = item.function.__module__ != item.module.__name__
    is_skipped = any(getattr(what, "__unittest_skip__", False) for what in (item.function, home))
    return () if is_inherited or is_imported or is_skipped else getattr(item.function, "pytestmark", ())


def _may_take_fixture(item: pytest.Item) -> bool:
    """Return whether a test takes the fixture, or can have it in a way that does not show before it runs."""
    info = getattr(item, "_fixtureinfo", None)  # semi-private; there is no public way to what fixtures take
    if (
        info is None
        or hasattr(item, "callspec")
        or "connect_chat" in getattr(item, "fixturenames", ())
        or "request" in info.argnames
    ):
        return True
    taken = (definition for definitions in info.name2fixturedefs.values() for definition in definitions)
    return any(
        "request" in definition.argnames
        and str(definition.func.__module__).partition(".")[0] not in TAKE_NOTHING_OF_OURS
        for definition in taken
    )


def settings_of(item: pytest.Item) -> Settings:
    """Return the settings of one test; where no marker gives the seed, it follows from the test's own name."""
    values = given(item.config)
    values["seed"] = _seed_of(item, values.get("seed"))
    check_markers(item)  # once more: a fixture may have added one
    marked = {name: parse_setting(name, value) for name, value in marker_keywords(item).items()}
    if marked.get("seed", 0) is None:
        del marked["seed"]  # as if it had not been given: the test's own
    return Settings(**{**values, **marked})


def _seed_of(item: pytest.Item, mixed_in: int | None) -> int:
    """Return a seed from module, qualified name and parameters: the node id differs by working directory and worker."""
    module = getattr(getattr(item, "module", None), "__name__", item.path.stem)
    names = [node.name for node in item.listchain() if isinstance(node, (pytest.Class, pytest.Item))]
    text = "\n".join([module, *names, "" if mixed_in is None else str(mixed_in)])
    return int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:8], "big")


def value_or_fail(make: Callable[[], T]) -> T:
    """Return what a callable makes; fail the test with one clear message, without a traceback, where it cannot."""
    try:
        return make()
    except ConnectChatError as error:
        problem = str(error)
    pytest.fail(problem, pytrace=False)  # outside of the handler: pytest shows no "During handling of ..."
