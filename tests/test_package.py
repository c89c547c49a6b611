"""The package as a whole: its public names, what importing it costs, and how its modules may know each other."""

from __future__ import annotations

import ast
import importlib.metadata
import inspect
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

import pytest_connect_chat
from pytest_connect_chat import exceptions
from pytest_connect_chat._service.operations import OPERATIONS
from pytest_connect_chat._service.request import FAKED

pytestmark = pytest.mark.of_botocore

ROOT = Path(pytest_connect_chat.__file__).parent
MODULES = {
    ".".join(path.relative_to(ROOT.parent).with_suffix("").parts).removesuffix(".__init__"): ast.parse(path.read_text())
    for path in sorted(ROOT.rglob("*.py"))
}
SERVICE = [name for name in MODULES if name.startswith("pytest_connect_chat._service")]

# Who may import whom: a part may import itself and the parts before it, also in functions and for type checkers.
PARTS = (
    "exceptions",
    "_text",
    "_names",
    "_time",
    "_settings",
    "_service",
    "_model",
    "_report",
    "_clients",
    "_endpoint",
    "_diagram",
    "fake",
    "providers",
    "strategies",
    "_tracebacks",
    "_configuration",
    "plugin",
    "__main__",
)


def imports_of(module: str) -> Iterator[str]:
    """Yield what a module imports, wherever the import stands: in a function and for type checkers too."""
    for node in ast.walk(MODULES[module]):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} has a relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def files_imported_by(module: str) -> set[str]:
    """Return the modules of the package that a module imports."""
    found = {name if name in MODULES else name.rpartition(".")[0] for name in imports_of(module)}
    return found & MODULES.keys() - {module}


def part_of(name: str) -> str:
    """Return the part of the package that a module or a name belongs to; nothing for the package itself and others."""
    package, _, rest = name.partition(".")
    return rest.partition(".")[0] if package == "pytest_connect_chat" else ""


# -- public names ------------------------------------------------------------------------------------------------------


def test_the_public_names_are_these() -> None:
    assert set(pytest_connect_chat.__all__) == {
        "ABSENT",
        "Attachment",
        "ChatParticipant",
        "Clock",
        "ConnectChatEndpoint",
        "ConnectChatProvider",
        "Contact",
        "FakeConnectChat",
        "Fault",
        "FlowChat",
        "Notification",
        "RecordedError",
        "RecordedRequest",
        "RequestFactory",
        "RequestLog",
        "ChatSocket",
        "Streaming",
        "TranscriptItem",
        "__version__",
        "exceptions",
    }


def test_the_public_names_are_sorted_and_there() -> None:
    assert pytest_connect_chat.__all__ == sorted(pytest_connect_chat.__all__) == dir(pytest_connect_chat)
    for name in pytest_connect_chat.__all__:
        assert getattr(pytest_connect_chat, name) is not None


def test_public_classes_have_docstrings() -> None:
    for name in pytest_connect_chat.__all__:
        value = getattr(pytest_connect_chat, name)
        if isinstance(value, type):
            assert inspect.getdoc(value), name


@pytest.mark.parametrize("name", pytest_connect_chat.__all__)
def test_each_public_name_is_there_before_anything_else_is_imported(pytester: pytest.Pytester, name: str) -> None:
    result = pytester.runpython_c(f"import pytest_connect_chat; print(hasattr(pytest_connect_chat, {name!r}))")

    assert result.outlines == ["True"]


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError) as caught:
        _ = pytest_connect_chat.FakeConnect

    assert str(caught.value) == "module 'pytest_connect_chat' has no attribute 'FakeConnect'"
    with pytest.raises(ImportError):
        from pytest_connect_chat import FakeConnect  # noqa: F401


def test_the_version_is_that_of_the_distribution() -> None:
    assert pytest_connect_chat.__version__ == importlib.metadata.version("pytest-connect-chat")


def test_the_package_says_that_it_is_typed() -> None:
    assert (ROOT / "py.typed").is_file()


def test_all_errors_have_one_base_and_stand_in_the_overview() -> None:
    errors = [value for _, value in inspect.getmembers(exceptions, inspect.isclass) if issubclass(value, Exception)]

    assert len(errors) > 5
    for error in errors:
        assert issubclass(error, (exceptions.ConnectChatError, Warning))
        assert error.__name__ in str(exceptions.__doc__)


def test_the_operations_that_messages_name_are_those_that_are_faked() -> None:
    assert list(OPERATIONS) == list(FAKED)


# -- what importing costs ----------------------------------------------------------------------------------------------

WATCH = """
import sys

def pytest_unconfigure(config):
    with open("modules", "w") as file:
        file.write("\\n".join(sys.modules))
"""


def modules_of_a_run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, test: str) -> set[str]:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makeconftest(WATCH)
    pytester.makepyfile(test)
    pytester.runpytest_subprocess("-p", "connect_chat", "-p", "no:faker").assert_outcomes(passed=1)
    return set((pytester.path / "modules").read_text().splitlines())


def test_a_run_that_does_not_use_the_plugin_imports_nothing_heavy(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    modules = modules_of_a_run(pytester, monkeypatch, "def test_it(): pass")

    assert "pytest_connect_chat.plugin" in modules
    assert not modules & {"botocore", "boto3", "aiobotocore", "faker", "pytest_connect_chat.fake", "asyncio"}
    assert not {
        name for name in modules if name.startswith(("pytest_connect_chat._service", "pytest_connect_chat._cl"))
    }


def test_a_run_that_takes_the_fixture_imports_neither_faker_nor_aiobotocore(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    modules = modules_of_a_run(pytester, monkeypatch, "def test_it(connect_chat): pass")

    assert "botocore" in modules
    assert not modules & {"boto3", "aiobotocore", "faker"}


def test_of_a_test_that_is_not_ours_two_hooks_hear(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        def test_it(pytestconfig):
            plugin = pytestconfig.pluginmanager.get_plugin("connect_chat")
            hooks = sorted(caller.name for caller in pytestconfig.pluginmanager.get_hookcallers(plugin))
            assert [name for name in hooks if name.startswith("pytest_runtest_")] == [
                "pytest_runtest_makereport", "pytest_runtest_protocol",
            ]
            assert len(hooks) == 8
            implementations = [
                implementation
                for caller in pytestconfig.pluginmanager.get_hookcallers(plugin)
                for implementation in caller.get_hookimpls()
                if implementation.plugin is plugin
            ]
            assert len(implementations) == len(hooks)
        """
    )

    pytester.runpytest_inprocess("-p", "no:faker", "-p", "no:randomly", "-p", "no:asyncio").assert_outcomes(passed=1)


def test_importing_the_package_imports_nothing_of_it(pytester: pytest.Pytester) -> None:
    result = pytester.runpython_c(
        "import sys, pytest_connect_chat; print([name for name in sys.modules if 'connect_chat.' in name])"
    )

    assert result.outlines == ["[]"]


# -- how the modules know each other -----------------------------------------------------------------------------------


def violations(modules: Iterable[str], forbidden: Callable[[str], bool]) -> list[str]:
    return [f"{module} imports {name}" for module in modules for name in imports_of(module) if forbidden(name)]


def test_the_modules_were_found() -> None:
    assert {part_of(module) for module in MODULES} == {"", *PARTS}
    assert set(imports_of("pytest_connect_chat._clients.stubber")) >= {"botocore.awsrequest.AWSResponse"}


@pytest.mark.parametrize("part", PARTS)
def test_imports_point_one_way(part: str) -> None:
    later = PARTS[PARTS.index(part) + 1 :]
    modules = [module for module in MODULES if part_of(module) == part]

    assert violations(modules, lambda name: part_of(name) in later) == []


def test_the_service_knows_neither_pytest_nor_botocore() -> None:
    outside = {"_pytest", "aiobotocore", "asyncio", "boto3", "botocore", "faker", "pytest"}

    assert violations(SERVICE, lambda name: name.split(".")[0] in outside) == []
    assert violations(SERVICE, lambda name: part_of(name) in {"_clients", "fake", "plugin"}) == []


def test_operations_do_not_know_the_service_that_runs_them() -> None:
    operations = [module for module in SERVICE if ".operations" in module]

    assert len(operations) > 2
    assert violations(operations, lambda name: name.startswith(f"{SERVICE[0]}.service.")) == []


def test_no_files_import_each_other_in_a_circle() -> None:
    imported = {module: files_imported_by(module) for module in MODULES}

    def reached_from(module: str) -> set[str]:
        reached: set[str] = set()
        while further := set().union(*(imported[name] for name in (module, *reached))) - reached:
            reached |= further
        return reached

    assert [module for module in MODULES if module in reached_from(module)] == []


def test_only_the_glue_knows_pytest() -> None:
    others = [module for module in MODULES if part_of(module) not in {"plugin", "_configuration", "_tracebacks"}]

    assert violations(others, lambda name: name.split(".")[0] in {"pytest", "_pytest"}) == []


def test_the_adapters_do_not_know_each_other() -> None:
    for one, other in (("_clients", "_endpoint"), ("_endpoint", "_clients")):
        modules = [module for module in MODULES if part_of(module) == one]
        assert violations(modules, lambda name, other=other: part_of(name) == other) == []


def test_one_module_knows_aiohttp() -> None:
    knowing = [module for module in MODULES if violations([module], lambda name: name.split(".")[0] == "aiohttp")]

    assert knowing == ["pytest_connect_chat._endpoint.server"]


def test_only_the_adapters_know_botocore() -> None:
    others = [module for module in MODULES if part_of(module) not in {"_clients", "_model", "strategies"}]

    assert violations(others, lambda name: name.split(".")[0] in {"botocore", "boto3", "aiobotocore"}) == []


# -- no time and no randomness but those of the fake -------------------------------------------------------------------

REAL_TIME = {
    "date.today",
    "datetime.date.today",
    "datetime.datetime.now",
    "datetime.now",
    "datetime.today",
    "datetime.utcnow",
    "time.monotonic",
    "time.perf_counter",
    "time.sleep",
    "time.time",
}


def attributes_of(module: str) -> set[str]:
    return {ast.unparse(node) for node in ast.walk(MODULES[module]) if isinstance(node, ast.Attribute)}


def test_real_time_is_read_by_the_clock_only() -> None:
    readers = {module: attributes_of(module) & REAL_TIME for module in MODULES if attributes_of(module) & REAL_TIME}

    assert readers == {"pytest_connect_chat._service.clock": {"time.time"}}
    assert violations(MODULES, lambda name: name.startswith("time.")) == []


def test_randomness_comes_from_seeded_sources_only() -> None:
    unseeded = {"secrets", "uuid"}

    assert violations(MODULES, lambda name: name.split(".")[0] in unseeded) == []
    assert violations(MODULES, lambda name: name.split(".")[0] == "random" and name != "random.Random") == []
    assert [module for module in MODULES if "os.urandom" in attributes_of(module)] == []
