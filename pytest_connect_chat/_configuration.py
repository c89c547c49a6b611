"""Reads the settings from pytest: configuration, command line and markers, the nearest first."""

from __future__ import annotations

import hashlib
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, Final

import pytest

from pytest_connect_chat._names import did_you_mean
from pytest_connect_chat._settings import SETTINGS, Settings, parse_setting
from pytest_connect_chat._text import shown
from pytest_connect_chat._tracebacks import comes_from_a_callable
from pytest_connect_chat.exceptions import ConnectChatError, SettingError

NAME: Final = "connect_chat"  # of the fixture and of the marker
PREFIX: Final = f"{NAME}_"

_given = pytest.StashKey[dict[str, Any]]()
_fail: Final = partial(pytest.fail.Exception, pytrace=False)


# -- the configuration and the command line ----------------------------------------------------------------------------


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


def _option(name: str) -> str:
    return "--" + (PREFIX + name).replace("_", "-")


def configured(config: pytest.Config, name: str) -> Any:
    """Return the value of one setting from the command line, else from the configuration; `None` where neither has it.

    Raises:
        pytest.UsageError: The value is not valid.
    """
    value, where, key = config.known_args_namespace.__dict__.get(PREFIX + name), " on the command line", _option(name)
    if value is not None and name == "seed":
        try:
            value = int(value)
        except ValueError:
            raise pytest.UsageError(f"{key}={value!r} is not valid{where}: it takes a whole number.") from None
    if value is None:
        value, where, key = _from_configuration(config, name), " in pytest's configuration", PREFIX + name
    if value is None:
        return None
    try:
        return parse_setting(name, value, where, key)
    except SettingError as error:
        raise pytest.UsageError(str(error)) from None


def _from_configuration(config: pytest.Config, name: str) -> Any:
    try:
        return config.getini(PREFIX + name)
    except (TypeError, ValueError, pytest.UsageError) as error:  # which one depends on pytest's version
        value = _time_in_toml(config, PREFIX + name) if name == "clock" else None
        if value is not None:
            return value
        raise pytest.UsageError(
            f"{PREFIX}{name} is not valid in pytest's configuration: it takes {SETTINGS[name].valid} ({error})."
        ) from None


def _time_in_toml(config: pytest.Config, key: str) -> Any:
    """Return TOML's own date and time, for which pytest has no type."""
    import tomllib

    path = config.inipath
    tables = tomllib.loads(path.read_text("utf-8")) if path is not None and path.suffix == ".toml" else {}
    return tables.get("tool", tables).get("pytest", {}).get(key)


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
    unknown_keys: Iterable[str] = getattr(config, "_get_unknown_ini_keys", tuple)()  # private: there is no public way
    for key in sorted(unknown_keys):
        if key.startswith(PREFIX):
            valid = [PREFIX + setting for setting in SETTINGS]
            hint = did_you_mean(key.removeprefix(PREFIX), SETTINGS).replace("'", f"'{PREFIX}", 1)
            raise pytest.UsageError(f"{key} is not a setting of pytest-connect-chat.{hint} Valid: {', '.join(valid)}.")
    return Settings(**given(config))


# -- markers -----------------------------------------------------------------------------------------------------------


def take_fixture(item: pytest.Item) -> None:
    """Let a test that has the marker take the fixture, after the fixtures of wider scopes and before all others.

    A test that names the fixture itself keeps the order of its fixtures. A marker with nothing but `block` does not ask
    for a fake. Items without fixtures are left alone.
    """
    names = vars(item).get("fixturenames")  # of its own: what a class has in its place may be anything
    if names is None or NAME in names or all(_is_of_block_only(marker) for marker in item.iter_markers(NAME)):
        return
    definitions = getattr(getattr(item, "_fixtureinfo", None), "name2fixturedefs", {})  # private; else ours is first
    wider = [name for name in names if name in definitions and definitions[name][-1].scope != "function"]
    others = [name for name in names if name not in wider]
    item.fixturenames = [*wider, NAME, *others]  # type: ignore[attr-defined]  # a new list: parametrised items share one


def _is_of_block_only(marker: pytest.Mark) -> bool:
    return set(marker.kwargs) == {"block"} and not marker.args and isinstance(marker.kwargs["block"], bool)


def block_of(item: pytest.Item) -> bool | None:
    """Return what the markers of a test say of `block`, `None` where they say nothing."""
    block = _keywords(item).get("block")
    return block if isinstance(block, bool) else None


def _keywords(item: pytest.Item) -> dict[str, Any]:
    """Return the keywords of all markers of a test; the nearest wins for each."""
    keywords: dict[str, Any] = {}
    for marker in item.iter_markers(NAME):
        keywords = {**marker.kwargs, **keywords}
    return keywords


def settings_of(item: pytest.Item) -> Settings:
    """Return the settings of one test; where no marker gives the seed, it follows from the test's own name.

    Raises:
        SettingError: A marker has a wrong name or value.
    """
    for marker in item.iter_markers(NAME):
        if marker.args:
            raise SettingError(
                f"@pytest.mark.{NAME} takes keywords only, for example max_active_chats=1, not {shown(marker.args)}. "
                f"Valid: {', '.join(SETTINGS)}."
            )
    values = given(item.config)
    marked = {name: parse_setting(name, value, f" in @pytest.mark.{NAME}") for name, value in _keywords(item).items()}
    if marked.get("seed") is None:
        marked["seed"] = _seed_of(item, values.get("seed"))
    return Settings(**{**values, **marked})


def _seed_of(item: pytest.Item, mixed_in: int | None) -> int:
    """Return a seed from module, qualified name and parameters. A node id differs by working directory and worker."""
    module = getattr(getattr(item, "module", None), "__name__", item.path.stem)
    names = [node.name for node in item.listchain() if isinstance(node, (pytest.Class, pytest.Item))]
    text = "\n".join([module, *names, "" if mixed_in is None else str(mixed_in)])
    return int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:8], "big")


# -- what goes wrong ---------------------------------------------------------------------------------------------------


@contextmanager
def in_one_line(error: Callable[[str], BaseException] = _fail) -> Iterator[None]:
    """Report a mistake of the user's, or a missing dependency, in one line and without a traceback.

    Where the user's own code leads to the mistake, its traceback is shown.

    Args:
        error: Makes what is raised instead; a failure of the test by default.
    """
    try:
        yield
    except ConnectChatError as problem:
        if comes_from_a_callable(problem):
            raise
        raise error("\n".join([str(problem), *getattr(problem, "__notes__", ())])) from None
    except ModuleNotFoundError as missing:
        raise error(f"pytest-connect-chat needs {missing.name}, which is not installed.") from None


@contextmanager
def harmless(say: Callable[[str], object]) -> Iterator[None]:
    """Run code that only adds to a report: if it fails, say so, and let the run go on.

    Args:
        say: Takes the sentence that says so.
    """
    try:
        yield
    except Exception as error:  # noqa: BLE001  # a report calls code of others, such as `__repr__`
        place = traceback.extract_tb(error.__traceback__)[-1]
        say(f"The report could not be made: {type(error).__name__} in {place.filename}:{place.lineno}")
